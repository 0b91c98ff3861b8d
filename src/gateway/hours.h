/*
 * hours.h: when a session may be logged on, by its schedule. What is to be done
 * is found from the time alone, at the edges of windows and before each
 * connection, so that a late timer, a restart or a clock that was set does no
 * harm.
 */
#ifndef FG_GATEWAY_HOURS_H
#define FG_GATEWAY_HOURS_H

#include "gateway/driver.h"
#include "schedule/schedule.h"

/* All-zero but the schedule: not looked at yet, and closed. */
struct hours {
	const struct schedule *schedule; /* borrowed */
	bool open;
	wall_t looked; /* last */
	wall_t opened; /* since when it is open */
};

/* What does the schedule want now? Sets open, and tells the driver of a new
 * window, of its end, and of ResetSeqTime. */
void hours_look(struct hours *h, struct driver *d, struct fgsess *fs,
    wall_t now);
/* Nanoseconds until the next look, by the clock of timers: it is another one
 * than that of the schedule, so never very long. */
int64_t hours_wait(const struct hours *h, wall_t now);
/* When it is open next; false: not within a year. */
bool hours_opens(const struct hours *h, wall_t now, wall_t *at);

#endif
