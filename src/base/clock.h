/*
 * clock.h: the two times as two types, and UTC times as text. Nothing here
 * reads a clock: whoever runs a loop reads it once per wake-up and passes it.
 */
#ifndef FG_BASE_CLOCK_H
#define FG_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* Monotonic time, for intervals and timers; ns since an arbitrary start. */
typedef struct {
	int64_t ns;
} mono_t;

/* Wall-clock time, for what is written; ns since 1970-01-01 UTC. */
typedef struct {
	int64_t ns;
} wall_t;

/* What a wake-up calls "now". */
struct now {
	mono_t mono;
	wall_t wall;
};

#define NS_PER_US 1000LL
#define NS_PER_MS 1000000LL
#define NS_PER_S  1000000000LL

#define MONO_NEVER ((mono_t){ INT64_MAX })

/* t + ns, held at MONO_NEVER on overflow. */
mono_t mono_add(mono_t t, int64_t ns);
int mono_before(mono_t a, mono_t b);
mono_t mono_min(mono_t a, mono_t b);

#define WALL_TEXT_MAX 27 /* YYYYMMDD-HH:MM:SS.nnnnnnnnn */

/* Write FIX's UTCTimestamp with 0-9 fraction digits (truncated), no NUL;
 * returns the length. Room for WALL_TEXT_MAX bytes is needed. */
size_t wall_format(char *out, wall_t t, unsigned digits);

/* Parse YYYYMMDD-HH:MM:SS with nothing or '.' and 1-12 digits (digits beyond
 * nanoseconds are cut). Seconds up to 60 are legal (leap second).
 * 0 or FG_EINVAL. Range of years: 1678-2261. */
int wall_parse(const char *s, size_t n, wall_t *out);

/* Days since 1970-01-01 of a proleptic Gregorian date, and back. */
int64_t days_from_civil(int64_t y, unsigned m, unsigned d);
void civil_from_days(int64_t days, int64_t *y, unsigned *m, unsigned *d);

#endif
