/*
 * latency.h: how long something took: counted in fixed ranges since the start,
 * for Prometheus, and in fine ones for the last minute, for people. Cheap: a
 * count is a few additions. Pure; the caller has read the clock.
 */
#ifndef FG_BASE_LATENCY_H
#define FG_BASE_LATENCY_H

#include <stdint.h>

#include "base/clock.h"

#define LATENCY_BOUNDS 22 /* 1, 2, 5 us ... 10 s */

/* All-zero is empty. */
struct latency {
	/* of i: those of more than latency_bound(i - 1), up to
	 * latency_bound(i); the last range has no end */
	uint64_t count[LATENCY_BOUNDS + 1];
	uint64_t n;
	int64_t sum; /* ns */
};

/* ns; i is less than LATENCY_BOUNDS. */
int64_t latency_bound(unsigned i);
/* n of them took ns each; less than 0 is 0. */
void latency_add(struct latency *l, int64_t ns, uint64_t n);

/* ---- the last minute ---- */

#define LATENCY_SLOT_NS (10 * NS_PER_S)
#define LATENCY_SLOTS   7   /* the one that is filled, and 60 s before it */
#define LATENCY_FINE    194 /* 8 for each power of 2 from 1 us to 17 s */

struct latency_slot {
	int64_t when; /* number of the slot, from 1 */
	int64_t most; /* ns */
	uint32_t count[LATENCY_FINE];
};

/* All-zero is empty. */
struct latency_minute {
	struct latency_slot slot[LATENCY_SLOTS];
};

struct latency_sum {
	uint64_t n;
	/* ns; 0 if n is. The first two to an eighth, never too small. */
	int64_t p50, p99, most;
};

void latency_minute_add(struct latency_minute *m, mono_t now, int64_t ns,
    uint64_t n);
void latency_minute_sum(const struct latency_minute *m, mono_t now,
    struct latency_sum *out);

#endif
