/* control_lane.c: LANE_OPEN, and events that are put into QUARANTINE by their
 * client. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "gateway/control_event.h"
#include "gateway/quarantine.h"
#include "gateway/tables.h"

struct opening {
	struct control_defer defer;
	struct lane *lane;
	struct lane_at handled;
	uint64_t token;
};

static void
put_opened(struct control_defer *w, const struct server_ask *a,
    const struct release_done *done)
{
	struct opening *op = (struct opening *)w;
	struct link_out *o;

	if (!control_can_answer(a, done))
		return;
	o = server_answer(a, "LANE_ACK");
	link_map(o, 4);
	link_key_u64(o, "LANE", op->lane->mark);
	link_key_u64(o, "TOKEN", op->token);
	link_key_u64(o, "HANDLED", op->handled.seq);
	link_key_u64(o, "HANDLED_PART", op->handled.part);
	server_done(a->conn);
}

/* A name of a lane; false: it is missing or cannot be one. */
static bool
name_of(const struct server_ask *a, const char *key,
    char out[LANE_NAME_MAX + 1])
{
	return link_find_str(a->details, key, out, LANE_NAME_MAX + 1) &&
	    lane_is_name(out);
}

/* All four; false: a NACK was sent. */
static bool
lane_of(const struct server_ask *a, struct control_names *n)
{
	if (name_of(a, "CONSUMER", n->consumer) && name_of(a, "KEY", n->key) &&
	    name_of(a, "SEND", n->send) && name_of(a, "SOURCE", n->source))
		return true;
	server_nack(a, "BAD_REQUEST", false, "CONSUMER, KEY, SEND and SOURCE "
	    "must be text of 1 to %d bytes", LANE_NAME_MAX);
	return false;
}

static void
nack_open(const struct server_ask *a, const struct lane *l, int err)
{
	switch (err) {
	case FG_EBUSY:
		server_nack(a, "LANE_IN_USE", true,
		    "another connection has the lane");
		break;
	case FG_ESTATE:
		server_nack(a, "DESTINATION_WENT_BACK", false, "the client "
		    "was told that row %llu is handled, this store knows of "
		    "%llu: it is not the one it was; `fixgatectl cursor set` "
		    "says where to go on",
		    (unsigned long long)link_find_u64(a->details, "ACKED", 0),
		    (unsigned long long)l->handled.seq);
		break;
	default:
		control_nack_err(a, err);
	}
}

void
control_lane_open(const struct server_ask *a)
{
	struct driver *d = control_of(a)->g->driver;
	struct control_names n;
	struct opening *op;
	struct lane *l = NULL;
	struct lane_key k = { n.consumer, n.key, n.send, n.source };
	const struct link_val *take = link_find(a->details, "TAKEOVER");
	bool takeover = link_find_bool(a->details, "TAKEOVER", false);
	void *before = NULL;
	uint64_t acked;
	int err;

	if (!lane_of(a, &n) || !control_number(a, "ACKED", 0, &acked))
		return;
	/* Unsaid: only from one that is as good as dead. */
	if (take == NULL && (l = lane_find(d, &k)) != NULL && l->owner != NULL)
		takeover = server_is_left(l->owner);
	op = control_defer(a, sizeof(*op), put_opened);
	if (op == NULL)
		return;
	err = lane_open(d, &k, a->conn, acked, takeover, &l, &before,
	    control_deferred, op);
	if (err != 0) {
		control_defer_free(op);
		nack_open(a, l, err);
		return;
	}
	op->lane = l;
	op->handled = l->handled;
	op->token = l->token;
	if (before != NULL)
		server_fail(before, 0, "FENCED",
		    "another connection took a lane of this one");
}

/* ---- EVENT_PARK ---- */

struct parking {
	struct control_defer defer;
	uint64_t seq;
	bool duplicate;
};

static void
put_parked(struct control_defer *w, const struct server_ask *a,
    const struct release_done *done)
{
	struct parking *p = (struct parking *)w;
	struct link_out *o;

	if (!control_can_answer(a, done))
		return;
	o = server_answer(a, "EVENT_ACK");
	link_map(o, p->duplicate ? 2 : 1);
	link_key_u64(o, "PARKED", p->seq);
	if (p->duplicate)
		link_key_bool(o, "DUPLICATE", true);
	server_done(a->conn);
}

/* A text of the request; "" if it is absent. */
static void
take_text(const struct server_ask *a, const char *key, struct parked *k,
    enum parked_text which)
{
	const char *p = "";
	size_t n = 0;

	(void)link_get_str(link_find(a->details, key), &p, &n);
	k->text[which].p = p;
	k->text[which].len = n;
}

/* 0, and *seq is its row; or FG_E*. */
static int
park(struct control *c, const struct parked *k, uint64_t *seq)
{
	struct store_row row = { 0 };
	struct buf data = { 0 };
	int err = parked_pack(k, &row, &data);

	if (err == 0)
		err = driver_append(c->g->driver, STORE_QUARANTINE, &row, seq);
	buf_free(&data);
	return err != 0 ? err : quarantine_note(c->quarantine, *seq, k);
}

/* Events of a client are not given up in the order of their rows. */
static void
park_once(const struct server_ask *a, const struct parked *k)
{
	struct control *c = control_of(a);
	struct parking *w = control_defer(a, sizeof(*w), put_parked);
	int err = 0;

	if (w == NULL)
		return;
	w->seq = quarantine_row_of(c->quarantine, k);
	w->duplicate = w->seq != 0;
	if (!w->duplicate)
		err = park(c, k, &w->seq);
	if (err == 0)
		err = driver_when_durable(c->g->driver, control_deferred, w);
	if (err == 0)
		return;
	control_defer_free(w);
	control_nack_err(a, err);
}

void
control_event_park(const struct server_ask *a)
{
	static const struct {
		const char *key;
		enum parked_text which;
	} texts[] = {
		{ "CONSUMER", PARKED_CONSUMER }, { "KEY", PARKED_KEY },
		{ "SEND", PARKED_SEND }, { "SOURCE", PARKED_SOURCE },
		{ "PROCESS", PARKED_PROCESS }, { "EVENT", PARKED_EVENT },
		{ "CODE", PARKED_CODE }, { "REASON", PARKED_REASON },
		{ "DETAILS", PARKED_DETAILS },
	};
	struct control_names n;
	struct parked k = { .state = PARKED };
	uint64_t part = link_find_u64(a->details, "PART", 0);
	size_t i;

	if (!lane_of(a, &n))
		return;
	k.row_seq = link_find_u64(a->details, "SEQUENCE", 0);
	k.attempt = (uint32_t)link_find_u64(a->details, "ATTEMPT", 0);
	if (k.row_seq == 0 || part > UINT32_MAX) {
		server_nack(a, "BAD_REQUEST", false, "SEQUENCE and PART must "
		    "be those of the row and of its event");
		return;
	}
	k.part = (uint32_t)part;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		take_text(a, texts[i].key, &k, texts[i].which);
	park_once(a, &k);
}

/* ---- EVENT_TABLE_INSERT ---- */

void
control_table_insert(const struct server_ask *a)
{
	struct event ev;

	if (event_take(a, &ev))
		event_table_insert(&ev);
}

void
event_table_insert(struct event *ev)
{
	struct control *c = control_of(ev->ask);
	char name[STORE_NAME_MAX + 1], err_text[TABLE_ERR_MAX];
	const struct table *t = NULL;
	struct store_row row = { 0 };
	struct event_wait *w;
	uint64_t seq = 0;
	int err;

	if (event_is_too_old(ev, 0))
		return;
	if (link_find_str(ev->details, "TABLE", name, sizeof(name)))
		t = tables_get(c->g->tables,
		    store_table_by_name(c->g->store, name));
	if (t == NULL || !t->declared) {
		event_refuse(ev, NULL, "NO_TABLE", false,
		    "TABLE is none that the configuration declares");
		return;
	}
	if (!event_may(ev, NULL, RIGHT_APPEND, t->name))
		return;
	c->scratch.len = 0;
	err = table_read(t, link_find(ev->details, "COLUMNS"), &c->scratch,
	    err_text);
	if (err == FG_EINVAL) {
		event_refuse(ev, NULL, "BAD_FIELD", false, "%s", err_text);
		return;
	}
	w = err != 0 ? NULL : event_wait(ev, t->name);
	row.data = c->scratch.p;
	row.len = c->scratch.len;
	if (err == 0 && w != NULL)
		err = driver_append(c->g->driver, t->number, &row, &seq);
	if (err == 0 && w != NULL) {
		event_wait_row(w, seq);
		err = driver_when_durable(c->g->driver, event_answer, w);
	}
	if (err == 0) {
		if (w != NULL)
			event_accept(ev, NULL, t->name);
		return;
	}
	if (w != NULL)
		event_wait_free(w);
	event_refuse(ev, NULL, err == FG_ENOSPC ? "DISK_FULL" :
	    "STORE_FAILED", true, "%s", fg_strerror(err));
}
