/*
 * control_cursor.c: CURSOR_GET, CURSOR_PUT, CURSOR_LIST, CURSOR_CLEAR: how far
 * a client has got in a table of this store. A cursor is a mark; so is, for each
 * of its sends, how far that was acknowledged.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gateway/control_event.h"

#define CURSOR_SET 1u /* flag of the mark: it has a position */

bool
control_mark_split(struct store *st, uint32_t id, const char *kind,
    struct control_mark *n)
{
	const char *name = store_mark_name(st, id);
	char *p;

	if (name == NULL || strncmp(name, kind, strlen(kind)) != 0 ||
	    name[strlen(kind)] != '\t')
		return false;
	snprintf(n->text, sizeof(n->text), "%s", name);
	n->n = 0;
	for (p = n->text; p != NULL && n->n < CONTROL_MARK_FIELDS;) {
		n->field[n->n++] = p;
		p = strchr(p, '\t');
		if (p != NULL)
			*p++ = '\0';
	}
	return n->n >= 4;
}

/* Is it of this client's subscription? */
static bool
is_of(const struct control_mark *n, const struct control_names *who)
{
	return strcmp(n->field[1], who->consumer) == 0 &&
	    strcmp(n->field[2], who->key) == 0;
}

/* Is a source one of a table's, whatever the store and incarnation? */
static bool
is_table(const char *source, const char *table)
{
	const char *p = strchr(source, '/');
	size_t n = strlen(table);

	return p != NULL && strncmp(p + 1, table, n) == 0 && p[1 + n] == '/';
}

/* CONSUMER and KEY; false: a NACK was sent. */
static bool
client_of(const struct server_ask *a, struct control_names *n)
{
	if (link_find_str(a->details, "CONSUMER", n->consumer,
	    sizeof(n->consumer)) && lane_is_name(n->consumer) &&
	    link_find_str(a->details, "KEY", n->key, sizeof(n->key)) &&
	    lane_is_name(n->key))
		return true;
	server_nack(a, "BAD_REQUEST", false, "CONSUMER and KEY must be text "
	    "of 1 to %d bytes", LANE_NAME_MAX);
	return false;
}

/* TABLE, and the source that its rows have now. */
static bool
table_of(const struct server_ask *a, char table[STORE_NAME_MAX + 1],
    struct control_names *n)
{
	struct control *c = control_of(a);
	enum store_table t = 0;

	if (link_find_str(a->details, "TABLE", table, STORE_NAME_MAX + 1))
		t = store_table_by_name(c->g->store, table);
	if (t == 0) {
		server_nack(a, "NO_TABLE", false,
		    "TABLE is none of this store");
		return false;
	}
	control_source(c, t, n->source);
	return control_may(a, RIGHT_READ, table);
}

/* The mark of that kind, made if it is new. 0 or FG_E*. */
static int
mark_of(const struct server_ask *a, const char *kind,
    const struct control_names *n, const char *send, struct store_mark *m)
{
	struct store *st = control_of(a)->g->store;
	const struct lane_key k = { n->consumer, n->key, send, n->source };
	char name[STORE_MARK_NAME_MAX + 1];
	uint32_t id;
	bool is_new;
	int err = lane_name(name, kind, &k);

	if (err == 0)
		err = store_mark(st, name, &id, m, &is_new);
	if (err == 0)
		err = store_mark_state(st, id, m);
	return err;
}

/* {send: sequence} of a cursor's acknowledgements. */
static void
put_acked(struct control *c, struct link_out *o, const char *consumer,
    const char *key, const char *source)
{
	struct store *st = c->g->store;
	uint32_t id, last = store_last_id(st), n = 0;
	struct store_mark m;
	struct control_mark f;
	bool put;

	link_str(o, "ACKED");
	for (put = false;; put = true) {
		if (put)
			link_map(o, n);
		for (id = 1; id <= last; id++) {
			if (!control_mark_split(st, id, "acked", &f) || f.n != CONTROL_MARK_FIELDS ||
			    strcmp(f.field[1], consumer) != 0 ||
			    strcmp(f.field[2], key) != 0 ||
			    strcmp(control_mark_source(&f), source) != 0 ||
			    store_mark_state(st, id, &m) != 0 || m.seq == 0)
				continue;
			if (put)
				link_key_u64(o, f.field[3], m.seq);
			n++;
		}
		if (put)
			break;
	}
}

/* ---- who has it ---- */

/* The cursor moves. Rows that came while the client was away say nothing about
 * how fast it is. */
static void
note_put(const struct server_ask *a, const struct store_mark *before,
    enum store_table t, uint64_t seq)
{
	struct control *c = control_of(a);
	struct consumer *who = consumers_get(&c->consumers, before->id);
	struct now now = loop_now(c->g->loop);

	if (who == NULL)
		return;
	who->seen = now.wall;
	if (seq != before->seq)
		who->moved = now.mono;
	if (t == STORE_FIX_IN && seq > before->seq && seq > who->live)
		driver_rows_at(c->g->driver, STAGE_IN_ACKED, now.mono,
		    before->seq > who->live ? before->seq : who->live, seq,
		    UINT64_MAX);
}

/* It is asked for: its client begins. */
static void
note_get(const struct server_ask *a, uint32_t mark, enum store_table t)
{
	struct control *c = control_of(a);
	struct consumer *who = consumers_get(&c->consumers, mark);
	struct now now = loop_now(c->g->loop);

	if (who == NULL)
		return;
	who->seen = now.wall;
	who->moved = now.mono;
	who->live = store_visible(c->g->store, t);
}

/* ---- CURSOR_GET ---- */

struct getting {
	struct control_defer defer;
	struct control_names names; /* with the source that it has now */
	char stored[LANE_NAME_MAX + 1]; /* "": none */
	uint64_t seq, token;
};

static void
put_got(struct control_defer *w, const struct server_ask *a,
    const struct release_done *done)
{
	struct getting *g = (struct getting *)w;
	struct link_out *o;

	if (!control_can_answer(a, done))
		return;
	o = server_answer(a, "CURSOR_ACK");
	link_map(o, 5);
	link_key_str(o, "SOURCE", g->names.source);
	link_str(o, "SEQUENCE");
	if (g->stored[0] == '\0')
		link_nil(o);
	else
		link_u64(o, g->seq);
	link_str(o, "STORED_SOURCE");
	if (g->stored[0] == '\0')
		link_nil(o);
	else
		link_str(o, g->stored);
	put_acked(control_of(a), o, g->names.consumer, g->names.key,
	    g->stored);
	link_key_u64(o, "TOKEN", g->token);
	server_done(a->conn);
}

/* The newest cursor of the client in the table, of whatever source. */
static void
find_stored(const struct server_ask *a, const char *table, struct getting *g)
{
	struct store *st = control_of(a)->g->store;
	uint32_t id, last = store_last_id(st);
	wall_t newest = { INT64_MIN };
	struct store_mark m;
	struct control_mark f;
	bool now;

	for (id = 1; id <= last; id++) {
		if (!control_mark_split(st, id, "cursor", &f) || !is_of(&f, &g->names) ||
		    !is_table(control_mark_source(&f), table) ||
		    store_mark_state(st, id, &m) != 0 ||
		    (m.flags & CURSOR_SET) == 0)
			continue;
		now = strcmp(control_mark_source(&f), g->names.source) == 0;
		if (!now && m.time.ns <= newest.ns)
			continue;
		newest = m.time;
		g->seq = m.seq;
		snprintf(g->stored, sizeof(g->stored), "%s", control_mark_source(&f));
		if (now)
			break;
	}
}

void
control_cursor_get(const struct server_ask *a)
{
	struct control *c = control_of(a);
	char table[STORE_NAME_MAX + 1];
	struct control_names n;
	struct store_mark m;
	struct getting *g;
	int err;

	if (!client_of(a, &n) || !table_of(a, table, &n))
		return;
	g = control_defer(a, sizeof(*g), put_got);
	if (g == NULL)
		return;
	g->names = n;
	find_stored(a, table, g);
	err = mark_of(a, "cursor", &n, NULL, &m);
	if (err == 0) {
		note_get(a, m.id, store_table_by_name(c->g->store, table));
		g->token = ++m.token;
		err = driver_put_mark(c->g->driver, &m);
	}
	if (err == 0)
		err = driver_when_durable(c->g->driver, control_deferred, g);
	if (err == 0)
		return;
	control_defer_free(g);
	control_nack_err(a, err);
}

/* ---- CURSOR_PUT ---- */

/* SOURCE is what its table's rows have now; false: a NACK was sent. */
static bool
check_source(const struct server_ask *a, struct control_names *n,
    enum store_table *t)
{
	struct control *c = control_of(a);
	char now[CONTROL_SOURCE_MAX], table[STORE_NAME_MAX + 1] = "";
	const char *p;

	if (!link_find_str(a->details, "SOURCE", n->source,
	    sizeof(n->source)) || !lane_is_name(n->source)) {
		server_nack(a, "BAD_REQUEST", false, "SOURCE is missing");
		return false;
	}
	p = strchr(n->source, '/');
	if (p != NULL)
		snprintf(table, sizeof(table), "%.*s",
		    (int)strcspn(p + 1, "/"), p + 1);
	*t = store_table_by_name(c->g->store, table);
	if (*t != 0) {
		control_source(c, *t, now);
		if (strcmp(now, n->source) == 0)
			return control_may(a, RIGHT_READ, table);
	}
	server_nack(a, "SOURCE_CHANGED", false, "%s is no table of this "
	    "store as it is now", n->source);
	return false;
}

static bool
check_put(const struct server_ask *a, const struct store_mark *m,
    enum store_table t, uint64_t seq)
{
	uint64_t visible = store_visible(control_of(a)->g->store, t);

	if (link_find_u64(a->details, "TOKEN", m->token) < m->token)
		server_nack(a, "FENCED", false,
		    "another client has the cursor by now");
	else if (seq > visible)
		server_nack(a, "AHEAD", false, "the last row is %llu",
		    (unsigned long long)visible);
	else if ((m->flags & CURSOR_SET) != 0 && seq < m->seq &&
	    !link_find_bool(a->details, "FORCE", false))
		server_nack(a, "BACKWARDS", false, "the cursor is at %llu; "
		    "to have rows sent again, FORCE it",
		    (unsigned long long)m->seq);
	else
		return true;
	return false;
}

/* ACKED: one mark for each send; with FORCE, also back. 0 or FG_E*. */
static int
put_sends(const struct server_ask *a, const struct control_names *n)
{
	const struct link_val *acked = link_find(a->details, "ACKED"), *v;
	bool force = link_find_bool(a->details, "FORCE", false);
	char send[LANE_NAME_MAX + 1];
	struct store_mark m;
	const char *key;
	uint64_t seq;
	size_t i, len;
	int err = 0;

	if (acked == NULL || link_kind(acked) != LINK_MAP)
		return 0;
	for (i = 0; i < link_count(acked) && err == 0; i++) {
		v = link_map_at(acked, i, &key, &len);
		if (key == NULL || len > LANE_NAME_MAX ||
		    !link_get_u64(v, &seq))
			return FG_EINVAL;
		snprintf(send, sizeof(send), "%.*s", (int)len, key);
		err = mark_of(a, "acked", n, send, &m);
		if (err != 0 || seq == m.seq || (seq < m.seq && !force))
			continue;
		m.seq = seq;
		err = driver_put_mark(control_of(a)->g->driver, &m);
	}
	return err;
}

/* A person says where to go on: what was acknowledged before is no reason to
 * refuse a lane any more. 0 or FG_E*. */
static int
forget_sends(const struct server_ask *a, const struct control_names *n)
{
	struct control *c = control_of(a);
	struct store *st = c->g->store;
	uint32_t id, last = store_last_id(st);
	struct store_mark m;
	struct control_mark f;
	int err = 0;

	for (id = 1; id <= last && err == 0; id++) {
		if (!control_mark_split(st, id, "acked", &f) || !is_of(&f, n) ||
		    strcmp(control_mark_source(&f), n->source) != 0 ||
		    store_mark_state(st, id, &m) != 0 || m.seq == 0)
			continue;
		m.seq = 0;
		err = driver_put_mark(c->g->driver, &m);
	}
	return err;
}

/* What an operator did with a cursor. */
static void
note(const struct server_ask *a, const struct control_names *n,
    const char *table, uint64_t seq, const char *how)
{
	char text[3 * CONTROL_SOURCE_MAX + 64];

	snprintf(text, sizeof(text), "cursor of %s %s in %s %s %llu",
	    n->consumer, n->key, table, how, (unsigned long long)seq);
	control_note(a, NULL, SESS_EV_CURSOR, text, "no reason given");
}

void
control_cursor_put(const struct server_ask *a)
{
	bool force = link_find_bool(a->details, "FORCE", false);
	struct control *c = control_of(a);
	struct control_names n;
	struct store_mark m;
	enum store_table t;
	uint64_t seq;
	int err;

	if (!client_of(a, &n) || !check_source(a, &n, &t) ||
	    (force && !control_may(a, RIGHT_OPERATE, "")))
		return;
	if (!link_get_u64(link_find(a->details, "SEQUENCE"), &seq)) {
		server_nack(a, "BAD_REQUEST", false, "SEQUENCE is missing");
		return;
	}
	err = mark_of(a, "cursor", &n, NULL, &m);
	if (err == 0 && !check_put(a, &m, t, seq))
		return;
	if (err == 0 && !force)
		note_put(a, &m, t, seq);
	m.seq = seq;
	m.flags |= CURSOR_SET;
	if (force)
		m.token++; /* a client that runs has to ask where it is */
	if (err == 0 && force)
		err = forget_sends(a, &n);
	if (err == 0)
		err = put_sends(a, &n);
	if (err == 0)
		err = driver_put_mark(c->g->driver, &m);
	if (err == FG_EINVAL) {
		server_nack(a, "BAD_REQUEST", false,
		    "ACKED must be a map of sends and sequences");
		return;
	}
	if (err != 0) {
		control_nack_err(a, err);
		return;
	}
	if (force)
		note(a, &n, n.source, seq, "set to");
	control_ack_durable(a, "the cursor is set");
}

/* ---- CURSOR_LIST, CURSOR_CLEAR ---- */

bool
control_mark_is_set(struct store *st, uint32_t id,
    struct control_mark *f, struct store_mark *m)
{
	return control_mark_split(st, id, "cursor", f) && store_mark_state(st, id, m) == 0
	    && (m->flags & CURSOR_SET) != 0;
}

void
control_cursor_list(const struct server_ask *a)
{
	struct control *c = control_of(a);
	struct store *st = c->g->store;
	uint32_t id, n = 0, last = store_last_id(st);
	struct link_out *o;
	struct store_mark m;
	struct control_mark f;

	for (id = 1; id <= last; id++)
		n += control_mark_is_set(st, id, &f, &m);
	o = server_answer(a, "CURSOR_LIST_ACK");
	link_map(o, 1);
	link_str(o, "CURSORS");
	link_array(o, n);
	for (id = 1; id <= last; id++) {
		if (!control_mark_is_set(st, id, &f, &m))
			continue;
		link_map(o, 6);
		link_key_str(o, "CONSUMER", f.field[1]);
		link_key_str(o, "KEY", f.field[2]);
		link_key_str(o, "SOURCE", control_mark_source(&f));
		link_key_u64(o, "SEQUENCE", m.seq);
		link_str(o, "TIME");
		link_i64(o, m.time.ns);
		put_acked(c, o, f.field[1], f.field[2], control_mark_source(&f));
	}
	server_done(a->conn);
}

static bool
has_cursor(struct store *st, const struct control_names *n, const char *table)
{
	uint32_t id, last = store_last_id(st);
	struct store_mark m;
	struct control_mark f;

	for (id = 1; id <= last; id++)
		if (control_mark_is_set(st, id, &f, &m) && is_of(&f, n) &&
		    is_table(control_mark_source(&f), table))
			return true;
	return false;
}

void
control_cursor_clear(const struct server_ask *a)
{
	struct control *c = control_of(a);
	struct store *st = c->g->store;
	char table[STORE_NAME_MAX + 1], reason[256];
	uint32_t id, last = store_last_id(st);
	struct control_names n;
	struct store_mark m;
	struct control_mark f;
	uint64_t was = 0;
	int err = 0;

	if (!client_of(a, &n) || !table_of(a, table, &n))
		return;
	if (!link_find_str(a->details, "REASON", reason, sizeof(reason)) ||
	    reason[0] == '\0') {
		server_nack(a, "BAD_REQUEST", false,
		    "REASON is missing or too long");
		return;
	}
	if (!has_cursor(st, &n, table)) {
		server_nack(a, "NO_CURSOR", false, "client %s, key %s has no "
		    "cursor in %s; `fixgatectl cursor show` lists them",
		    n.consumer, n.key, table);
		return;
	}
	for (id = 1; id <= last && err == 0; id++) {
		if ((!control_mark_split(st, id, "cursor", &f) &&
		    !control_mark_split(st, id, "acked", &f)) || !is_of(&f, &n) ||
		    !is_table(control_mark_source(&f), table) ||
		    store_mark_state(st, id, &m) != 0)
			continue;
		if ((m.flags & CURSOR_SET) != 0)
			was = m.seq;
		m.seq = 0;
		m.flags = 0;
		m.token++;
		err = driver_put_mark(c->g->driver, &m);
	}
	if (err != 0) {
		control_nack_err(a, err);
		return;
	}
	note(a, &n, table, was, "cleared, it was behind row");
	control_ack_durable(a, "the cursor is cleared");
}
