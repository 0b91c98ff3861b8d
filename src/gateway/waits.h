/* waits.h: how long something took, counted by powers of two. Pure. */
#ifndef FG_GATEWAY_WAITS_H
#define FG_GATEWAY_WAITS_H

#include <stdint.h>

#define WAITS_N     20 /* ranges; the last one has no end */
#define WAITS_SHIFT 14 /* the first one ends at 2^14 ns, 16 us */

/* All-zero is empty. */
struct waits {
	/* of i: those of more than waits_bound(i - 1), up to waits_bound(i) */
	uint64_t count[WAITS_N];
	uint64_t n;
	int64_t sum; /* ns */
};

static inline int64_t
waits_bound(unsigned i)
{
	return INT64_C(1) << (WAITS_SHIFT + i);
}

static inline void
waits_add(struct waits *w, int64_t ns)
{
	unsigned i = 0;

	while (i < WAITS_N - 1 && ns > waits_bound(i))
		i++;
	w->count[i]++;
	w->n++;
	w->sum += ns;
}

#endif
