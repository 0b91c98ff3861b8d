/*
 * now.h: the two clocks, read. Code with a loop takes the time of its wake-up
 * instead, and the pure layers get it from their callers: they may not use this
 * (it is no part of a library, so t/tree/layers.sh finds who does).
 */
#ifndef FG_BASE_NOW_H
#define FG_BASE_NOW_H

#include <time.h>

#include "base/clock.h"

static inline int64_t
now_read(clockid_t which)
{
	struct timespec ts;

	clock_gettime(which, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static inline mono_t
mono_now(void)
{
	return (mono_t){ now_read(CLOCK_MONOTONIC) };
}

static inline wall_t
wall_now(void)
{
	return (wall_t){ now_read(CLOCK_REALTIME) };
}

/* For people. */
static inline double
seconds_since(mono_t start)
{
	return (double)(mono_now().ns - start.ns) / NS_PER_S;
}

#endif
