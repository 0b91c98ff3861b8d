/*
 * arrivals.h: when the rows of a table came, for the newest ones: exact for
 * some thousands of wake-ups, to 5 ms for 20 seconds at least. So what happens
 * to a row later (it is streamed, it is acknowledged) can be timed though only
 * its sequence is known then. Pure.
 */
#ifndef FG_GATEWAY_ARRIVALS_H
#define FG_GATEWAY_ARRIVALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

#define ARRIVALS_N         4096
#define ARRIVALS_COARSE_NS (5 * NS_PER_MS)

/* Rows up to upto, from that of the one before, came at this time. */
struct arrival {
	uint64_t upto;
	mono_t at;
};

struct arrival_ring {
	struct arrival a[ARRIVALS_N];
	size_t first, n;
};

/* All-zero is empty. */
struct arrivals {
	struct arrival_ring fine, coarse; /* coarse: older ones, some of them */
	uint64_t before; /* nothing is known of the rows up to this one */
	bool begun;
};

/* Rows up to upto came, all after those of the call before. n of them. */
void arrivals_add(struct arrivals *s, uint64_t upto, uint64_t n, mono_t at);
/* Those that came did not happen. */
void arrivals_clear(struct arrivals *s);

/* fn for the rows after, ... upto that are known, at most max of them, the
 * oldest first: n came at one time. */
void arrivals_each(const struct arrivals *s, uint64_t after, uint64_t upto,
    uint64_t max, void (*fn)(void *arg, mono_t at, uint64_t n), void *arg);

#endif
