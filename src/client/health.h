/*
 * health.h: is a handler keeping up? From when events were sent and answered.
 * Pure.
 */
#ifndef FG_CLIENT_HEALTH_H
#define FG_CLIENT_HEALTH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"

/* Worse is higher. */
enum health { HEALTH_HEALTHY, HEALTH_WARNING, HEALTH_ERROR };

/* ns: from low on a WARNING, beyond high an ERROR. */
struct health_range {
	int64_t low, high;
};

/* What is known of the events of one send. */
struct health_facts {
	size_t unanswered; /* events that were sent and wait for their answer */
	bool full;         /* no more may be sent before an answer comes */
	mono_t sent;       /* the last event was sent */
	mono_t answered;   /* the last answer came */
	mono_t waiting;    /* unanswered has been over 0 since */
};

/*
 * Nothing unanswered: HEALTHY. If the buffer is full, the time since the last
 * event was sent counts (sent range). In any case, unless one was sent within
 * the sent range's low bound, the time counts since the last answer, or since
 * there has been something to answer if that is later: a handler that was idle
 * is not late (receive range). The worse holds.
 */
enum health health_look(const struct health_facts *f,
    const struct health_range *sent, const struct health_range *receive,
    mono_t now);

/* What it is to wait so many ns. */
enum health health_in(const struct health_range *r, int64_t ns);

const char *health_name(enum health h); /* "HEALTHY" ...; static */

#endif
