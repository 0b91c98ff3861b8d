/*
 * lane.h: the events of one lane: sent in order, so many in flight, answered in
 * any order. An event goes out again, and with it all after it, when the
 * handler asks for it later (a retryable NACK), and when the connection was
 * lost before the answer came. Pure.
 *
 * Each time an event is sent it gets a number of its own, by which its answer
 * is known: the answer to an earlier sending is then no answer to a later one.
 */
#ifndef FG_CLIENT_LANE_H
#define FG_CLIENT_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

/* A retryable NACK: wait at first, doubled each time, at most. */
#define LANE_WAIT_MIN (100 * NS_PER_MS)
#define LANE_WAIT_MAX (10 * NS_PER_S)

/* What the lanes of a send share: its eventHandlerBuffer. */
struct lane_window {
	size_t max;
	size_t unanswered; /* sent, and without answer */
};

struct lane_event {
	uint64_t seq;  /* of the row */
	uint32_t part; /* of the row's events, from 0 */
	uint32_t attempt;
	wall_t stamp; /* of the row */
	mono_t came;  /* when that was read; 0: some other time */
	uint32_t sent; /* how often */
	void *body;   /* malloc(3)ed */
	size_t len;
	uint64_t ref; /* of its sending; 0: not sent, or to be sent again */
};

struct lane;

/* w is borrowed. Returns owned, and down; NULL: no memory. */
struct lane *lane_new(struct lane_window *w);
void lane_free(struct lane *l);

/* Queue an event, after all others; takes body (also on error). 0 or
 * FG_ENOMEM. */
int lane_put(struct lane *l, const struct lane_event *e);

/* The way to the handler is there, or gone: what is unanswered is sent again
 * when it is there again. */
void lane_up(struct lane *l);
void lane_down(struct lane *l);

/*
 * The next event to be sent now, marked as sent with ref; valid until the next
 * call on l. NULL: none, the window is full, the lane is down, or it waits
 * (lane_due).
 */
const struct lane_event *lane_send(struct lane *l, uint64_t ref, mono_t now);

/* When lane_send, which said NULL, is to be asked though nothing has happened;
 * MONO_NEVER. */
mono_t lane_due(const struct lane *l);

enum lane_answer {
	LANE_DONE,    /* acknowledged, or parked by the handler */
	LANE_ASIDE,   /* refused for good: it is parked by its client */
	LANE_RETRY,   /* go back to it, after a while */
	LANE_STOPPED, /* an event before it was to be sent again */
};

/*
 * The answer to the sending ref. 0 and *e: LANE_DONE and LANE_ASIDE, the event,
 * out of the lane, its body owned by the caller; LANE_RETRY and LANE_STOPPED, a copy whose
 * body stays the lane's. FG_ENOENT: no sending that waits has that number.
 */
int lane_answer(struct lane *l, uint64_t ref, enum lane_answer answer,
    mono_t now, struct lane_event *e);

/* Take the first event out of the lane, sent or not, for it is handled in
 * another way; its body is then the caller's. 0 or FG_ENOENT. */
int lane_take(struct lane *l, struct lane_event *e);

/* The row of the first event that has no answer; 0: there is none. */
uint64_t lane_first(const struct lane *l);
size_t lane_queued(const struct lane *l);     /* in the lane, all of them */
size_t lane_unanswered(const struct lane *l); /* of them, sent */
/* The last row whose events the handler has acknowledged, and of all rows
 * before it; 0: none yet. */
uint64_t lane_acked(const struct lane *l);

#endif
