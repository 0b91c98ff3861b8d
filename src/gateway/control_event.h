/*
 * control_event.h: events, on a lane or without one. Each handler takes the
 * envelope, tries the effect, and accepts or refuses; what that means for the
 * lane is here.
 */
#ifndef FG_GATEWAY_CONTROL_EVENT_H
#define FG_GATEWAY_CONTROL_EVENT_H

#include "gateway/control_int.h"
#include "gateway/lanes.h"

#define EVENT_PROCESS "GATEWAY" /* our name in QUARANTINE */

struct event {
	const struct server_ask *ask;
	const char *type;               /* of the event */
	const struct link_val *details; /* of it */
	struct lane *lane;              /* NULL: none */
	struct lane_at at;
	uint32_t attempt;
	uint64_t settles; /* the QUARANTINE row that is tried again; 0: none */
	const char *who;  /* wants that */
};

/* An event whose commit is awaited; released by its answer. */
struct event_wait;

/* Read the envelope; false: it was answered, there is to be no effect. */
bool event_take(const struct server_ask *a, struct event *ev);
/* Has the peer the right? If not, it was refused. */
bool event_may(struct event *ev, const struct fgsess *fs, enum right right,
    const char *name);
/* Older than its client or limit (seconds; 0: none) allows? Then it was
 * refused. */
bool event_is_too_old(struct event *ev, uint64_t limit);
/* Returns owned, or NULL: it was refused. subject is the session's or table's
 * name, borrowed for as long as the driver has it. */
struct event_wait *event_wait(struct event *ev, const char *subject);
void event_wait_free(struct event_wait *w);
/* The row that the event became. */
void event_wait_row(struct event_wait *w, uint64_t seq);
/* A release_fn for it: EVENT_ACK, or what a failed commit means. */
void event_answer(void *wait, const struct release_done *done);
/* The effect, on a session or (NULL) a table of that name, is in the commit of
 * this wake-up. */
void event_accept(struct event *ev, struct fgsess *fs, const char *to);
/* There is none: EVENT_NACK. On a lane, retry stops it, else the event goes to
 * QUARANTINE; fs may be NULL. */
void event_refuse(struct event *ev, const struct fgsess *fs, const char *code,
    bool retry, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* ---- the effects ---- */

void event_fix_send(struct event *ev);
void event_table_insert(struct event *ev);
struct event_kind {
	const char *type; /* static */
	void (*fn)(struct event *ev);
};
/* An event of this gateway by its name, or NULL. */
const struct event_kind *event_find(const char *type, size_t len);

#endif
