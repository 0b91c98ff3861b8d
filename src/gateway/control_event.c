#include "gateway/control_event.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gateway/quarantine.h"

#define TEXT_MAX ROLES_ERR_MAX

/* ---- answers ---- */

enum outcome { OUT_ACCEPTED, OUT_DUPLICATE, OUT_PARKED };

struct event_wait {
	struct control_defer defer;
	struct lane *lane;
	struct lane_at at;
	enum outcome outcome;
	const char *subject; /* of the event */
	const char *type;    /* of the event; static */
	uint64_t row;        /* that it became; of QUARANTINE if parked */
	char code[32], text[TEXT_MAX];
};

/* What every answer to an event of a lane says; 3 keys. */
static void
put_lane(struct link_out *o, const struct lane *l, struct lane_at at)
{
	link_key_u64(o, "LANE", l->mark);
	link_key_u64(o, "SEQUENCE", at.seq);
	link_key_u64(o, "PART", at.part);
}

static void
put_nack(const struct server_ask *a, const struct lane *l, struct lane_at at,
    const char *code, bool retry, const char *text, uint64_t parked)
{
	bool from = retry && l->stopped;
	struct link_out *o = server_answer(a, "EVENT_NACK");

	link_map(o, 6 + (from ? 2 : 0) + (parked != 0 ? 1 : 0));
	link_key_str(o, "CODE", code);
	link_key_str(o, "TEXT", text);
	link_key_bool(o, "RETRY", retry);
	put_lane(o, l, at);
	if (from) {
		link_key_u64(o, "FROM", l->stop.seq);
		link_key_u64(o, "FROM_PART", l->stop.part);
	}
	if (parked != 0)
		link_key_u64(o, "PARKED", parked);
	server_done(a->conn);
}

/* What is there now: a message with a number, one without, or a row. */
static void
put_effect(struct link_out *o, const struct event_wait *w,
    const struct release_done *done)
{
	if (strcmp(w->type, "EVENT_FIX_SEND") != 0) {
		link_key_str(o, "TABLE", w->subject);
		link_key_u64(o, "ROW_SEQUENCE", w->row);
		return;
	}
	link_key_str(o, "SESSION", w->subject);
	link_key_u64(o, "EPOCH", done->epoch);
	if (done->tx_seq == 0) {
		link_key_bool(o, "PENDING", true);
		return;
	}
	link_key_u64(o, "TX_SEQUENCE", done->tx_seq);
	link_key_u64(o, "MSG_SEQ_NUM", done->msg_seq_num);
}

static void
put_ack(const struct server_ask *a, const struct event_wait *w,
    const struct release_done *done)
{
	bool row = strcmp(w->type, "EVENT_FIX_SEND") != 0;
	uint32_t n = w->outcome == OUT_DUPLICATE ? 1 :
	    row ? 2 : done->tx_seq == 0 ? 3 : 4;
	struct link_out *o = server_answer(a,
	    strncmp(a->type, "EVENT_", 6) == 0 ? "EVENT_ACK" : "ACK");

	link_map(o, n + (w->lane == NULL ? 0 : 3));
	if (w->outcome == OUT_DUPLICATE)
		link_key_bool(o, "DUPLICATE", true);
	else
		put_effect(o, w, done);
	if (w->lane != NULL)
		put_lane(o, w->lane, w->at);
	server_done(a->conn);
}

static void
put_outcome(struct control_defer *d, const struct server_ask *a,
    const struct release_done *done)
{
	struct event_wait *w = (struct event_wait *)d;
	char text[TEXT_MAX];

	snprintf(text, sizeof(text), "not stored and not sent: %s",
	    fg_strerror(done->err));
	if (done->err != 0 && w->lane != NULL)
		lane_stop(w->lane, w->at, "STORE_FAILED");
	if (a == NULL)
		return;
	if (done->err == 0 && w->outcome != OUT_PARKED)
		put_ack(a, w, done);
	else if (w->lane == NULL)
		server_nack(a, "STORE_FAILED", true, "%s", text);
	else if (done->err == 0)
		put_nack(a, w->lane, w->at, w->code, false, w->text,
		    w->row);
	else
		put_nack(a, w->lane, w->at, "STORE_FAILED", true, text, 0);
}

void
event_answer(void *wait, const struct release_done *done)
{
	control_deferred(wait, done);
}

struct event_wait *
event_wait(struct event *ev, const char *subject)
{
	struct event_wait *w = control_defer(ev->ask, sizeof(*w), put_outcome);

	if (w == NULL) {
		if (ev->lane != NULL)
			lane_stop(ev->lane, ev->at, "STORE_FAILED");
		return NULL;
	}
	w->lane = ev->lane;
	w->at = ev->at;
	w->subject = subject;
	w->type = ev->type;
	return w;
}

void
event_wait_row(struct event_wait *w, uint64_t seq)
{
	w->row = seq;
}

void
event_wait_free(struct event_wait *w)
{
	control_defer_free(w);
}

/* Answer when all before it is durable. */
static void
answer_later(struct event *ev, struct event_wait *w)
{
	struct driver *d = control_of(ev->ask)->g->driver;

	if (driver_when_durable(d, event_answer, w) == 0)
		return;
	lane_stop(ev->lane, ev->at, "STORE_FAILED");
	event_wait_free(w);
}

/* ---- the envelope ---- */

static bool
bad_request(const struct server_ask *a, const char *text)
{
	server_nack(a, "BAD_REQUEST", false, "%s", text);
	return false;
}

static bool
look(struct event *ev)
{
	const struct server_ask *a = ev->ask;
	struct driver *d = control_of(a)->g->driver;
	struct lane *l = ev->lane;
	struct event_wait *w;

	switch (lane_look(d, l, a->conn, ev->at)) {
	case LANE_NEW:
		return true;
	case LANE_DUPLICATE:
		w = event_wait(ev, "");
		if (w != NULL) {
			w->outcome = OUT_DUPLICATE;
			answer_later(ev, w);
		}
		return false;
	case LANE_STOPPED:
		put_nack(a, l, ev->at, "LANE_STOPPED", true,
		    "an earlier event of the lane has to come first", 0);
		return false;
	case LANE_FENCED:
		put_nack(a, l, ev->at, "FENCED", false,
		    "another connection has the lane", 0);
		return false;
	case LANE_DOWN:
		break;
	}
	put_nack(a, l, ev->at, "DISK_FULL", true,
	    "the store takes nothing now: its disk is full", 0);
	return false;
}

bool
event_take(const struct server_ask *a, struct event *ev)
{
	uint64_t part, attempt, lane;

	*ev = (struct event){ .ask = a, .type = a->type,
		.details = a->details };
	if (!control_number(a, "ATTEMPT", 0, &attempt))
		return false;
	if (attempt > UINT32_MAX)
		return bad_request(a, "ATTEMPT is too great");
	ev->attempt = (uint32_t)attempt;
	if (link_find(a->details, "LANE") == NULL)
		return true;
	lane = link_find_u64(a->details, "LANE", 0);
	ev->at.seq = link_find_u64(a->details, "SEQUENCE", 0);
	if (!control_number(a, "PART", 0, &part))
		return false;
	if (ev->at.seq == 0 || part > UINT32_MAX)
		return bad_request(a, "SEQUENCE and PART must be those of the "
		    "row and of its event");
	ev->at.part = (uint32_t)part;
	ev->lane = lane > UINT32_MAX ? NULL :
	    lane_by_mark(control_of(a)->g->driver, (uint32_t)lane);
	if (ev->lane == NULL) {
		server_nack(a, "NO_LANE", false, "LANE_OPEN has to come first");
		return false;
	}
	return look(ev);
}

bool
event_may(struct event *ev, const struct fgsess *fs, enum right right,
    const char *name)
{
	char text[ROLES_ERR_MAX];

	if (roles_ask(control_of(ev->ask)->rights, ev->ask->conn,
	    ev->ask->type, right, name, text))
		return true;
	event_refuse(ev, fs, "NO_RIGHT", false, "%s", text);
	return false;
}

bool
event_is_too_old(struct event *ev, uint64_t limit)
{
	struct control *c = control_of(ev->ask);
	uint64_t then = link_find_u64(ev->details, "TIMESTAMP", 0), age, now;

	if (then == 0 || ev->settles != 0)
		return false;
	limit = link_find_u64(ev->details, "AGE", limit);
	now = (uint64_t)loop_now(c->g->loop).wall.ns;
	age = now > then ? (now - then) / NS_PER_S : 0;
	if (limit == 0 || age <= limit)
		return false;
	event_refuse(ev, NULL, "TOO_OLD", false, "its row is %llu s old, and "
	    "may be %llu", (unsigned long long)age,
	    (unsigned long long)limit);
	return true;
}

#define NOTED (1u << 31) /* of struct server_note; the rights have the others */

/* An operator, and no application: that is told once for a connection. */
static void
note_by_hand(const struct event *ev, struct fgsess *fs, const char *to)
{
	struct server_conn *sc = ev->ask->conn;
	char what[CONTROL_NAME_MAX + 32];

	if (strcmp(server_client(sc), "fixgatectl") != 0 ||
	    (server_note(sc)->said & NOTED) != 0)
		return;
	server_note(sc)->said |= NOTED;
	snprintf(what, sizeof(what), "%s %s", fs != NULL ? "sends on" :
	    "appends to", to);
	control_note(ev->ask, fs, SESS_EV_BY_HAND, what, "by hand");
}

void
event_accept(struct event *ev, struct fgsess *fs, const char *to)
{
	struct control *c = control_of(ev->ask);

	note_by_hand(ev, fs, to);
	if (ev->lane != NULL)
		lane_done(c->g->driver, ev->lane, ev->at);
	if (ev->lane != NULL && ev->at.seq > ev->lane->live)
		driver_rows_at(c->g->driver, STAGE_IN_EVENT,
		    loop_now(c->g->loop).mono, ev->at.seq - 1, ev->at.seq, 1);
	if (ev->settles != 0)
		quarantine_settle(c->quarantine, ev->settles, PARKED_RETRIED,
		    ev->attempt, "", ev->who);
}

/* ---- giving up ---- */

/* The event as a frame, so that it can be done again. 0 or FG_E*. */
static int
pack_frame(const struct event *ev, struct buf *out)
{
	struct link_out *o = link_out_new();
	int err;

	if (o == NULL)
		return FG_ENOMEM;
	link_begin(o, out, ev->type, ev->ask->ref);
	link_copy(o, ev->details);
	err = link_end(o);
	link_out_free(o);
	return err;
}

/* 0, and *seq is its row; or FG_E*. */
static int
park(struct event *ev, const struct fgsess *fs, const char *code,
    const char *text, uint64_t *seq)
{
	struct control *c = control_of(ev->ask);
	struct parked k = { .state = PARKED, .row_seq = ev->at.seq,
		.part = ev->at.part, .attempt = ev->attempt };
	struct buf frame = { 0 };
	int err = pack_frame(ev, &frame);

	lane_names(ev->lane, &k);
	parked_set(&k, PARKED_PROCESS, EVENT_PROCESS);
	parked_set(&k, PARKED_EVENT, ev->type);
	parked_set(&k, PARKED_CODE, code);
	parked_set(&k, PARKED_REASON, text);
	k.text[PARKED_DETAILS].p = frame.p;
	k.text[PARKED_DETAILS].len = frame.len;
	if (err == 0)
		err = lane_park(c->g->driver, ev->lane, ev->at, fs, &k, seq);
	if (err == 0)
		err = quarantine_note(c->quarantine, *seq, &k);
	buf_free(&frame);
	return err;
}

static void
give_up(struct event *ev, const struct fgsess *fs, const char *code,
    const char *text)
{
	struct event_wait *w;
	uint64_t seq;
	int err = park(ev, fs, code, text, &seq);

	if (err != 0) {
		lane_stop(ev->lane, ev->at, err == FG_ELIMIT ?
		    "QUARANTINE_FULL" : "STORE_FAILED");
		put_nack(ev->ask, ev->lane, ev->at, err == FG_ELIMIT ?
		    "QUARANTINE_FULL" : "STORE_FAILED", true,
		    err == FG_ELIMIT ? "too many events of the lane went to "
		    "QUARANTINE within a minute; this one waits" :
		    fg_strerror(err), 0);
		return;
	}
	w = event_wait(ev, "");
	if (w == NULL)
		return;
	w->outcome = OUT_PARKED;
	w->row = seq;
	snprintf(w->code, sizeof(w->code), "%s", code);
	snprintf(w->text, sizeof(w->text), "%s", text);
	answer_later(ev, w);
}

void
event_refuse(struct event *ev, const struct fgsess *fs, const char *code,
    bool retry, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (ev->lane == NULL) {
		server_nack(ev->ask, code, retry, "%s", text);
	} else if (retry) {
		lane_stop(ev->lane, ev->at, code);
		put_nack(ev->ask, ev->lane, ev->at, code, true, text, 0);
	} else {
		give_up(ev, fs, code, text);
	}
}

const struct event_kind *
event_find(const char *type, size_t len)
{
	static const struct event_kind events[] = {
		{ "EVENT_FIX_SEND", event_fix_send },
		{ "EVENT_TABLE_INSERT", event_table_insert },
	};
	size_t i;

	for (i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (strlen(events[i].type) == len &&
		    memcmp(events[i].type, type, len) == 0)
			return &events[i];
	return NULL;
}
