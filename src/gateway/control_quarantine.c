/* control_quarantine.c: QUARANTINE_LIST, _RETRY, _DROP, _PENDING, _DONE. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "gateway/control_event.h"
#include "gateway/quarantine.h"

#define LIST_ROWS 500 /* in one answer */
#define WHO_MAX   512

/* ---- lists ---- */

struct listing {
	struct link_out *o;
	const struct quarantine_entry *e;
	bool details;
	const char *consumer; /* NULL: all */
	bool match, put;
};

static void
put_key(struct link_out *o, const char *key, const struct parked *k,
    enum parked_text which)
{
	link_key_strn(o, key, k->text[which].p, k->text[which].len);
}

static void
put_entry(const struct listing *l, const struct store_row *row,
    const struct parked *k)
{
	struct link_out *o = l->o;

	link_map(o, l->details ? 15 : 14);
	link_key_u64(o, "SEQUENCE", row->seq);
	link_str(o, "TIME");
	link_i64(o, row->time.ns);
	link_key_str(o, "STATE", parked_state_text(l->e->state));
	put_key(o, "CONSUMER", k, PARKED_CONSUMER);
	put_key(o, "KEY", k, PARKED_KEY);
	put_key(o, "SEND", k, PARKED_SEND);
	put_key(o, "SOURCE", k, PARKED_SOURCE);
	link_key_u64(o, "ROW_SEQUENCE", k->row_seq);
	link_key_u64(o, "PART", k->part);
	link_key_u64(o, "ATTEMPT", l->e->attempt);
	put_key(o, "PROCESS", k, PARKED_PROCESS);
	put_key(o, "EVENT", k, PARKED_EVENT);
	put_key(o, "CODE", k, PARKED_CODE);
	put_key(o, "REASON", k, PARKED_REASON);
	if (!l->details)
		return;
	link_str(o, "DETAILS");
	link_bin(o, k->text[PARKED_DETAILS].p, k->text[PARKED_DETAILS].len);
}

static bool
is_text(const struct parked *k, enum parked_text which, const char *text)
{
	return strlen(text) == k->text[which].len &&
	    memcmp(text, k->text[which].p, k->text[which].len) == 0;
}

static int
list_row(void *arg, const struct store_row *row)
{
	struct listing *l = arg;
	struct parked k;

	(void)parked_read(&k, row);
	l->match = l->consumer == NULL ||
	    is_text(&k, PARKED_CONSUMER, l->consumer);
	if (l->match && l->put)
		put_entry(l, row, &k);
	return 1;
}

/* Look at an entry's row, if it is durable, and put it if asked. */
static bool
look(struct control *c, struct listing *l, const struct quarantine_entry *e)
{
	uint64_t upto;

	l->e = e;
	l->match = false;
	return store_read(c->g->store, STORE_QUARANTINE, e->seq - 1, 1,
	    SIZE_MAX, list_row, l, &upto) == 0 && upto == e->seq && l->match;
}

/* Entries after a sequence, of some states. */
struct wanted {
	uint64_t after, only;
	bool settled, parked;
};

static bool
is_wanted(const struct wanted *w, const struct quarantine_entry *e)
{
	if (w->only != 0)
		return e->seq == w->only;
	if (e->seq <= w->after)
		return false;
	return e->state == PARKED_RETRY || (e->state == PARKED && w->parked) ||
	    w->settled;
}

static void
put_list(const struct server_ask *a, const char *type,
    const struct wanted *w, struct listing *l)
{
	struct control *c = control_of(a);
	size_t i, total = quarantine_count(c->quarantine), n = 0, end;
	const struct quarantine_entry *e;

	for (i = 0; i < total && n < LIST_ROWS; i++) {
		e = quarantine_at(c->quarantine, i);
		n += is_wanted(w, e) && look(c, l, e);
	}
	end = i;
	l->o = server_answer(a, type);
	l->put = true;
	link_map(l->o, 2);
	link_key_bool(l->o, "MORE", end < total);
	link_str(l->o, "ROWS");
	link_array(l->o, (uint32_t)n);
	for (i = 0; i < end; i++) {
		e = quarantine_at(c->quarantine, i);
		if (is_wanted(w, e))
			look(c, l, e);
	}
	server_done(a->conn);
}

void
control_quarantine_list(const struct server_ask *a)
{
	struct wanted w = { .parked = true,
		.only = link_find_u64(a->details, "SEQUENCE", 0),
		.after = link_find_u64(a->details, "AFTER", 0),
		.settled = link_find_bool(a->details, "ALL", false) };
	struct listing l = { .details = w.only != 0 };

	if (!control_may(a, RIGHT_READ, "QUARANTINE"))
		return;
	put_list(a, "QUARANTINE_LIST_ACK", &w, &l);
}

void
control_quarantine_pending(const struct server_ask *a)
{
	struct wanted w = {
		.after = link_find_u64(a->details, "AFTER", 0) };
	char consumer[LANE_NAME_MAX + 1];
	struct listing l = { .details = true, .consumer = consumer };

	if (!link_find_str(a->details, "CONSUMER", consumer,
	    sizeof(consumer))) {
		server_nack(a, "BAD_REQUEST", false, "CONSUMER is missing");
		return;
	}
	put_list(a, "QUARANTINE_PENDING_ACK", &w, &l);
}

/* ---- what becomes of one ---- */

/* The entry that SEQUENCE names and that is not settled; NULL: a NACK was
 * sent. */
static const struct quarantine_entry *
open_entry(const struct server_ask *a)
{
	const struct quarantine_entry *e;

	e = quarantine_find(control_of(a)->quarantine,
	    link_find_u64(a->details, "SEQUENCE", 0));
	if (e == NULL)
		server_nack(a, "NO_ROW", false, "SEQUENCE is no event in "
		    "QUARANTINE; `fixgatectl quarantine list` shows them");
	else if (e->state != PARKED && e->state != PARKED_RETRY)
		server_nack(a, "STATE", false, "the event was %s already",
		    parked_state_text(e->state));
	else
		return e;
	return NULL;
}

static bool
reason_of(const struct server_ask *a, char who[WHO_MAX])
{
	char reason[256];

	if (!link_find_str(a->details, "REASON", reason, sizeof(reason)) ||
	    reason[0] == '\0') {
		server_nack(a, "BAD_REQUEST", false,
		    "REASON is missing or too long");
		return false;
	}
	control_who(a, reason, who, WHO_MAX);
	return true;
}

static void
settle(const struct server_ask *a, const struct quarantine_entry *e,
    enum parked_state state, uint32_t attempt, const char *who,
    const char *text)
{
	int err = quarantine_settle(control_of(a)->quarantine, e->seq, state,
	    attempt, "", who);

	if (err != 0)
		control_nack_err(a, err);
	else
		control_ack_durable(a, text);
}

static void
note(const struct server_ask *a, const struct quarantine_entry *e,
    const char *how)
{
	char text[64];

	snprintf(text, sizeof(text), "row %llu %s",
	    (unsigned long long)e->seq, how);
	control_note(a, NULL, SESS_EV_QUARANTINE, text, "");
}

void
control_quarantine_drop(const struct server_ask *a)
{
	const struct quarantine_entry *e = open_entry(a);
	char who[WHO_MAX];

	if (e == NULL || !reason_of(a, who))
		return;
	note(a, e, "is dropped");
	settle(a, e, PARKED_DROPPED, e->attempt, who, "dropped");
}

/* The parked row: whose event it is, and its frame. */
struct kept {
	struct store *store;
	bool ours;
	const struct event_kind *kind;
	struct buf frame;
	int err;
};

/* What waited for a logon is kept as it waited: make an event of it. */
static int
pack_pending(struct kept *r, uint32_t session, const char *p, size_t n)
{
	const char *name = store_session_name(r->store, session);
	struct link_out *o = link_out_new();
	int err;

	if (o == NULL)
		return FG_ENOMEM;
	r->kind = event_find("EVENT_FIX_SEND", strlen("EVENT_FIX_SEND"));
	link_begin(o, &r->frame, r->kind->type, 0);
	link_map(o, 2);
	link_key_str(o, "SESSION", name == NULL ? "" : name);
	link_str(o, "FIX_DATA");
	link_bin(o, p, n);
	err = link_end(o);
	link_out_free(o);
	return err;
}

static int
keep_row(void *arg, const struct store_row *row)
{
	struct kept *r = arg;
	struct parked k;

	(void)parked_read(&k, row);
	r->ours = is_text(&k, PARKED_PROCESS, EVENT_PROCESS);
	if (is_text(&k, PARKED_EVENT, "OUT_PENDING")) {
		r->err = pack_pending(r, row->session,
		    k.text[PARKED_DETAILS].p, k.text[PARKED_DETAILS].len);
		return 1;
	}
	r->kind = event_find(k.text[PARKED_EVENT].p,
	    k.text[PARKED_EVENT].len);
	r->err = buf_add(&r->frame, k.text[PARKED_DETAILS].p,
	    k.text[PARKED_DETAILS].len);
	return 1;
}

/* Do the event again; its answer is the answer. */
static void
again(const struct server_ask *a, const struct quarantine_entry *e,
    const struct kept *r, const char *who)
{
	struct link_in *in = link_in_new();
	const char *why = NULL;
	struct link_msg m;
	struct event ev = { .ask = a, .attempt = e->attempt + 1,
		.settles = e->seq, .who = who };

	if (in == NULL) {
		control_nack_err(a, FG_ENOMEM);
	} else if (r->kind == NULL || link_decode(in, r->frame.p,
	    r->frame.len, &m, &why) <= 0) {
		server_nack(a, "STATE", false, "the event cannot be read "
		    "again: %s", why == NULL ? "unknown" : why);
	} else {
		ev.type = r->kind->type;
		ev.details = m.details;
		r->kind->fn(&ev);
	}
	link_in_free(in);
}

void
control_quarantine_retry(const struct server_ask *a)
{
	struct control *c = control_of(a);
	const struct quarantine_entry *e = open_entry(a);
	struct kept r = { .store = c->g->store };
	char who[WHO_MAX];
	uint64_t upto;
	int err;

	if (e == NULL || !reason_of(a, who))
		return;
	note(a, e, "is tried again");
	err = store_read(c->g->store, STORE_QUARANTINE, e->seq - 1, 1,
	    SIZE_MAX, keep_row, &r, &upto);
	if (err == 0)
		err = r.err;
	if (err != 0)
		control_nack_err(a, err);
	else if (upto != e->seq)
		server_nack(a, "STORE_FAILED", true,
		    "the row is not durable yet");
	else if (r.ours)
		again(a, e, &r, who);
	else
		settle(a, e, PARKED_RETRY, e->attempt, who,
		    "its client sends it again when it asks");
	buf_free(&r.frame);
}

void
control_quarantine_done(const struct server_ask *a)
{
	const struct quarantine_entry *e = open_entry(a);
	char text[256] = "", who[WHO_MAX];
	bool ok = link_find_bool(a->details, "OK", false);

	if (e == NULL)
		return;
	(void)link_find_str(a->details, "TEXT", text, sizeof(text));
	control_who(a, text, who, sizeof(who));
	settle(a, e, ok ? PARKED_DONE : PARKED, e->attempt + 1, who,
	    ok ? "done" : "it stays in QUARANTINE");
}
