/* arena.h: memory that is freed all at once. For libdict and libscript. */
#ifndef FG_DICT_ARENA_H
#define FG_DICT_ARENA_H

#include <stddef.h>

struct arena_block;

/* All-zero is a valid empty arena. */
struct arena {
	struct arena_block *last;
	size_t used;  /* of the last block */
	size_t bytes; /* of all the blocks */
};

/* Zeroed memory for n objects of a size; NULL if there is none. n may be 0. */
void *arena_alloc(struct arena *a, size_t n, size_t size);
void arena_free(struct arena *a);
/* The same, but memory of the usual size is kept for what comes next. */
void arena_reset(struct arena *a);

#endif
