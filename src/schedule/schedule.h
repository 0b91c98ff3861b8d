/*
 * schedule.h: when a session is open, and when its numbers begin again. Pure:
 * the time is a parameter, zones and holidays are data.
 *
 *	start      logon                     logout       end
 *	|----------|=========================|------------|
 *	the numbers live from start to end; the session is connected from
 *	logon to logout only
 *
 * Local times that the clock skips, or shows twice: see zone_utc. Both ends of
 * a window follow the same rule, so that it is longer than it looks only by
 * what the clock was set back.
 */
#ifndef FG_SCHEDULE_SCHEDULE_H
#define FG_SCHEDULE_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "schedule/zone.h"

#define SCHEDULE_UNSET     (-1) /* of a time: there is none */
#define SCHEDULE_EVERY_DAY (-1) /* of a day */
#define SCHEDULE_ALL_DAYS  0x7f

/* A time of day in a zone (NULL: UTC; borrowed). */
struct schedule_time {
	int32_t second; /* of the day */
	int day;        /* 0 is Sunday; of all four or of none */
	const struct zone *zone;
};

/* A date in the zone of the start: no window begins on it (end is
 * SCHEDULE_UNSET), or what is open on it ends at this time, in the zone of the
 * end, unless it ends before. */
struct schedule_holiday {
	int64_t date; /* days since 1970 */
	int32_t end;
};

struct schedule {
	/* No windows: always open. The times but reset are not looked at. */
	bool non_stop;
	struct schedule_time start, end;
	/* If unset, start and end. */
	struct schedule_time logon, logout;
	/* The numbers begin again at this time, without a disconnect. */
	struct schedule_time reset;
	unsigned weekdays; /* on which daily windows begin; bit 0 is Sunday */
	const struct schedule_holiday *holiday; /* ascending; borrowed */
	size_t nholidays;
};

/* One window; logon and logout are within it. */
struct schedule_window {
	wall_t start, logon, logout, end;
};

/*
 * The window that t is in, or else the first one after it; an end does not
 * belong to its window. EndTime is the first one after StartTime; where they
 * are equal, 24 hours (or a week) later. false: there is none within a year.
 * A non-stop schedule has one window, all of the time there is.
 */
bool schedule_window(const struct schedule *s, wall_t t,
    struct schedule_window *w);
bool schedule_is_in(const struct schedule_window *w, wall_t t);
bool schedule_is_open(const struct schedule_window *w, wall_t t);

/* The first moment of ResetSeqTime after t. false: there is none. */
bool schedule_reset_after(const struct schedule *s, wall_t t, wall_t *at);

/* What happens at an edge; ends and starts may coincide. */
enum schedule_edge {
	SCHEDULE_START = 1 << 0,
	SCHEDULE_LOGON = 1 << 1,
	SCHEDULE_LOGOUT = 1 << 2,
	SCHEDULE_END = 1 << 3,
	SCHEDULE_RESET = 1 << 4,
};

/* The first edge after t, *at; what it is, or 0: there is none. LOGON and
 * LOGOUT are given only where they are not at START and END. */
unsigned schedule_next(const struct schedule *s, wall_t t, wall_t *at);

#endif
