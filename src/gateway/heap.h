/* heap.h: sessions by the time of their next timer, the earliest on top. */
#ifndef FG_GATEWAY_HEAP_H
#define FG_GATEWAY_HEAP_H

#include <stddef.h>

#include "gateway/driver.h"

#define HEAP_NOWHERE ((size_t)-1)

/* All-zero is empty. A session's place is in its heap_at, its time in due. */
struct heap {
	struct fgsess **at;
	size_t n, cap;
};

/* Room for n sessions in all; 0 or FG_ENOMEM. */
int heap_reserve(struct heap *h, size_t n);
/* Put fs where its due belongs (in, out if it is MONO_NEVER, or moved). */
void heap_update(struct heap *h, struct fgsess *fs, mono_t due);
/* The session that is due first, or NULL. */
struct fgsess *heap_top(const struct heap *h);
void heap_free(struct heap *h);

#endif
