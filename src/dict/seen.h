/* seen.h: what a walk over shared groups has met: a number for a pair of
 * pointers. For libdict only. */
#ifndef FG_DICT_SEEN_H
#define FG_DICT_SEEN_H

#include <stddef.h>
#include <stdint.h>

struct seen_entry {
	const void *a, *b;
	uint32_t n;
};

/* All-zero is a valid empty set. */
struct seen {
	struct seen_entry *entry; /* open addressing; a NULL: free */
	size_t cap;
	size_t used;
};

/* The number of (a, b), 0 at first; valid until the next call. a is not NULL.
 * NULL: no memory. */
uint32_t *seen_at(struct seen *s, const void *a, const void *b);
void seen_free(struct seen *s);

#endif
