#include "dict/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES (64 * 1024)

struct arena_block {
	struct arena_block *prev;
	size_t cap;
	alignas(max_align_t) char bytes[];
};

void *
arena_alloc(struct arena *a, size_t n, size_t size)
{
	size_t align = alignof(max_align_t), need, cap;
	struct arena_block *b;
	void *p;

	if (size != 0 && n > (SIZE_MAX / 4) / size)
		return NULL;
	need = (n * size + align) / align * align;
	if (a->last == NULL || a->last->cap - a->used < need) {
		cap = need > BLOCK_BYTES ? need : BLOCK_BYTES;
		b = calloc(1, sizeof(*b) + cap);
		if (b == NULL)
			return NULL;
		b->cap = cap;
		b->prev = a->last;
		a->bytes += cap;
		a->last = b;
		a->used = 0;
	}
	p = a->last->bytes + a->used;
	a->used += need;
	return p;
}

void
arena_free(struct arena *a)
{
	struct arena_block *b;

	while ((b = a->last) != NULL) {
		a->last = b->prev;
		free(b);
	}
	*a = (struct arena){ 0 };
}

void
arena_reset(struct arena *a)
{
	struct arena_block *b;
	size_t used = a->used;

	while ((b = a->last) != NULL && b->prev != NULL) {
		a->last = b->prev;
		used = a->last->cap;
		free(b);
	}
	if (b != NULL && b->cap > BLOCK_BYTES) {
		arena_free(a);
		return;
	}
	if (b != NULL)
		memset(b->bytes, 0, used);
	a->used = 0;
	a->bytes = b == NULL ? 0 : b->cap;
}
