/*
 * consumers.h: what is known of who has a cursor, besides the cursor: since when
 * it is there, and when it was last heard of. Kept for as long as the process
 * runs. Pure.
 */
#ifndef FG_GATEWAY_CONSUMERS_H
#define FG_GATEWAY_CONSUMERS_H

#include <stdint.h>

#include "base/clock.h"

/* All-zero: nothing was heard of it since the start. */
struct consumer {
	wall_t seen;   /* when it last asked for its cursor, or moved it */
	mono_t moved;  /* when the cursor last moved */
	uint64_t live; /* rows behind this one came since it asked */
	/* So that it is not read again and again: */
	uint64_t row;  /* the first one that is not settled; 0: not known */
	wall_t came;   /* when that came */
};

/* All-zero is empty. */
struct consumers {
	struct consumer *of; /* by the mark of the cursor */
	uint32_t n;
};

/* Of this mark, made if it is new; valid until the next call. NULL: no
 * memory. */
struct consumer *consumers_get(struct consumers *c, uint32_t mark);
void consumers_free(struct consumers *c);

#endif
