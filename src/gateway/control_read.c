#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gateway/control_int.h"
#include "gateway/rows.h"
#include "gateway/tables.h"

#define CHUNK_ROWS  1000         /* looked at for one ROWS */
#define CHUNK_BYTES (256 * 1024) /* of their data */

/* The rows of one ROWS. An array announces its length first, so the values go
 * to a buffer of their own only after a count: two passes over the same
 * visible rows, which cannot change. */
struct chunk {
	struct control *control;
	struct link_out *out;
	enum store_table table;
	uint32_t session; /* 0: all */
	uint64_t max, n;  /* rows of the session */
	uint64_t upto;    /* the last row looked at */
};

static int
count_row(void *arg, const struct store_row *row)
{
	struct chunk *k = arg;

	k->upto = row->seq;
	if (k->session == 0 || row->session == k->session)
		k->n++;
	return k->n == k->max;
}

static int
put_row(void *arg, const struct store_row *row)
{
	struct chunk *k = arg;
	const char *name;

	if (row->seq > k->upto)
		return 1;
	if (k->session != 0 && row->session != k->session)
		return 0;
	name = row->session == 0 ? NULL
	    : store_session_name(k->control->g->store, row->session);
	rows_put(k->out, k->table, row, name,
	    tables_get(k->control->g->tables, k->table));
	return 0;
}

static int
chunk_count(struct chunk *k, uint64_t after)
{
	struct store *st = k->control->g->store;
	uint64_t upto = after;
	int err;

	k->n = 0;
	k->upto = after;
	if (after >= store_visible(st, k->table))
		return 0;
	err = store_read(st, k->table, after, CHUNK_ROWS, CHUNK_BYTES,
	    count_row, k, &upto);
	k->upto = upto;
	return err;
}

/* Put one ROWS with what chunk_count found. 0 or FG_E*. */
static int
chunk_send(struct chunk *k, struct server_conn *sc, uint64_t ref,
    uint64_t after)
{
	struct store *st = k->control->g->store;
	uint64_t visible = store_visible(st, k->table), upto;
	struct link_out *o;
	int err = 0;

	o = server_begin(k->control->server, "ROWS", ref);
	k->out = o;
	link_map(o, 7);
	link_key_str(o, "TABLE", store_table_name(st, k->table));
	link_key_u64(o, "UPTO", k->upto);
	link_key_u64(o, "OLDEST", store_oldest(st, k->table));
	link_key_u64(o, "VISIBLE", visible);
	link_key_bool(o, "MORE", k->upto < visible);
	link_str(o, "COLUMNS");
	rows_columns(o, k->table, tables_get(k->control->g->tables, k->table));
	link_str(o, "ROWS");
	link_array(o, (uint32_t)k->n);
	if (k->n > 0)
		err = store_read(st, k->table, after, CHUNK_ROWS, CHUNK_BYTES,
		    put_row, k, &upto);
	server_done(sc);
	return err;
}

/* false: a NACK was sent. */
static bool
find_table(const struct server_ask *a, enum store_table *t)
{
	char name[64];

	if (link_find_str(a->details, "TABLE", name, sizeof(name)) &&
	    (*t = store_table_by_name(control_of(a)->g->store, name)) != 0)
		return true;
	server_nack(a, "NO_TABLE", false, "TABLE must be one of FIX_IN, "
	    "FIX_OUT, FIX_IN_OTHER, SESSION_EVENT, OUT_PENDING, QUARANTINE "
	    "and those of the configuration");
	return false;
}

/* TABLE and SESSION of a READ or TAIL; false: a NACK was sent. */
static bool
find_source(const struct server_ask *a, enum store_table *t,
    uint32_t *session)
{
	const struct fgsess *fs;

	if (!find_table(a, t))
		return false;
	*session = 0;
	if (link_find(a->details, "SESSION") == NULL)
		return true;
	fs = control_session(a);
	if (fs == NULL)
		return false;
	*session = fs->id;
	return true;
}

void
control_read(const struct server_ask *a)
{
	struct chunk k = { .control = control_of(a) };
	uint64_t after = link_find_u64(a->details, "AFTER", 0);
	int err;

	if (!find_source(a, &k.table, &k.session))
		return;
	k.max = link_find_u64(a->details, "MAX_ROWS", CHUNK_ROWS);
	if (k.max == 0) {
		server_nack(a, "BAD_REQUEST", false,
		    "MAX_ROWS must be 1 or more");
		return;
	}
	err = chunk_count(&k, after);
	if (err != 0)
		server_nack(a, "STORE_FAILED", true,
		    "the table cannot be read: %s", fg_strerror(err));
	else
		chunk_send(&k, a->conn, a->ref, after);
}

/* ---- tails ---- */

/* The tails of a connection; made with its first. NULL: it has none. */
static struct control_tails *
tails_of(const struct server_conn *sc)
{
	return server_data(sc);
}

void
control_closed(void *arg, struct server_conn *sc)
{
	(void)arg;
	free(server_data(sc));
	server_set_data(sc, NULL);
}

static struct control_tail *
find_tail(const struct server_conn *sc, uint64_t ref)
{
	struct control_tails *ts = tails_of(sc);
	size_t i;

	for (i = 0; ts != NULL && i < ts->n; i++)
		if (ts->tail[i].ref == ref)
			return &ts->tail[i];
	return NULL;
}

/* false: a NACK was sent. */
static bool
add_tail(const struct server_ask *a, const struct control_tail *t)
{
	struct control_tails *ts = tails_of(a->conn);

	if (ts == NULL) {
		ts = calloc(1, sizeof(*ts));
		server_set_data(a->conn, ts);
	}
	if (ts == NULL || find_tail(a->conn, t->ref) != NULL ||
	    ts->n == CONTROL_TAILS_MAX) {
		server_nack(a, "BAD_REQUEST", false, "a tail with this "
		    "SOURCE_REF is open, or too many are (%d)",
		    CONTROL_TAILS_MAX);
		return false;
	}
	ts->tail[ts->n++] = *t;
	return true;
}

void
control_tail(const struct server_ask *a)
{
	struct control_tail t = { .ref = a->ref };
	struct link_out *o;
	uint64_t last, visible;

	if (!find_source(a, &t.table, &t.session))
		return;
	visible = store_visible(control_of(a)->g->store, t.table);
	last = link_find_u64(a->details, "LAST", 0);
	t.after = link_find_u64(a->details, "AFTER",
	    visible > last ? visible - last : 0);
	t.credit = link_find_u64(a->details, "CREDIT", 0);
	if (!add_tail(a, &t))
		return;
	o = server_answer(a, "TAIL_ACK");
	link_map(o, 3);
	link_key_str(o, "TABLE", store_table_name(control_of(a)->g->store,
	    t.table));
	link_key_u64(o, "AFTER", t.after);
	link_str(o, "COLUMNS");
	rows_columns(o, t.table, tables_get(control_of(a)->g->tables, t.table));
	server_done(a->conn);
}

void
control_credit(const struct server_ask *a)
{
	struct control_tail *t = find_tail(a->conn, a->ref);
	uint64_t rows = link_find_u64(a->details, "ROWS", 0);

	if (t == NULL)
		server_nack(a, "BAD_REQUEST", false,
		    "no tail with this SOURCE_REF is open");
	else
		t->credit = rows > UINT64_MAX - t->credit ? UINT64_MAX
		    : t->credit + rows;
}

void
control_untail(const struct server_ask *a)
{
	struct control_tail *t = find_tail(a->conn, a->ref);
	struct control_tails *ts;

	if (t == NULL) {
		server_nack(a, "BAD_REQUEST", false,
		    "no tail with this SOURCE_REF is open");
		return;
	}
	ts = tails_of(a->conn);
	*t = ts->tail[--ts->n];
	server_ack(a, "");
}

/* One chunk for one tail; true: there was one. */
static bool
feed_tail(struct control *c, struct server_conn *sc, struct control_tail *t)
{
	struct chunk k = { .control = c, .table = t->table,
		.session = t->session, .max = t->credit };

	if (t->credit == 0 || t->after >= store_visible(c->g->store, t->table))
		return false;
	if (chunk_count(&k, t->after) != 0 || k.upto == t->after)
		return false;
	if (k.n > 0)
		chunk_send(&k, sc, t->ref, t->after);
	t->after = k.upto;
	t->credit -= k.n;
	return true;
}

/* One chunk for each tail, so that none starves the others. */
bool
control_feed(void *arg, struct server_conn *sc)
{
	struct control_tails *ts = tails_of(sc);
	bool more = false;
	size_t i;

	for (i = 0; ts != NULL && i < ts->n; i++) {
		if (server_is_full(sc))
			return false;
		more |= feed_tail(arg, sc, &ts->tail[i]);
	}
	return more;
}

/* ---- the tables themselves ---- */

void
control_source(const struct control *c, enum store_table t,
    char out[CONTROL_SOURCE_MAX])
{
	struct store *st = c->g->store;

	snprintf(out, CONTROL_SOURCE_MAX, "%s/%s/%llu", store_uuid(st),
	    store_table_name(st, t),
	    (unsigned long long)store_table_incarnation(st, t));
}

static void
put_table(struct control *c, struct link_out *o, enum store_table t)
{
	const struct table *user = tables_get(c->g->tables, t);
	char source[CONTROL_SOURCE_MAX];

	control_source(c, t, source);
	link_map(o, 6);
	link_key_str(o, "TABLE", store_table_name(c->g->store, t));
	link_key_str(o, "SOURCE", source);
	link_key_u64(o, "OLDEST", store_oldest(c->g->store, t));
	link_key_u64(o, "VISIBLE", store_visible(c->g->store, t));
	link_str(o, "KEY");
	if (user == NULL || user->key == user->n)
		link_nil(o);
	else
		link_str(o, user->column[user->key].name);
	link_str(o, "COLUMNS");
	rows_columns(o, t, user);
}

/* The table that TABLE names, or all. */
void
control_tables(const struct server_ask *a)
{
	struct control *c = control_of(a);
	unsigned t, n = 0, end = store_tables(c->g->store);
	enum store_table only = 0;
	struct link_out *o;

	if (link_find(a->details, "TABLE") != NULL && !find_table(a, &only))
		return;
	for (t = 1; t < end; t++)
		n += store_table_name(c->g->store, t) != NULL &&
		    (only == 0 || only == t);
	o = server_answer(a, "TABLES_ACK");
	link_map(o, 1);
	link_str(o, "TABLES");
	link_array(o, n);
	for (t = 1; t < end; t++)
		if (store_table_name(c->g->store, t) != NULL &&
		    (only == 0 || only == t))
			put_table(c, o, t);
	server_done(a->conn);
}

/* ---- dictionaries ---- */

void
control_dict_get(const struct server_ask *a)
{
	struct control *c = control_of(a);
	uint64_t id = link_find_u64(a->details, "ID", 0);
	const char *name = "";
	struct link_out *o;
	int err = FG_ENOENT;

	c->scratch.len = 0;
	if (id != 0 && id <= UINT32_MAX)
		err = store_dict_text(c->g->store, (uint32_t)id, &c->scratch,
		    &name);
	if (err != 0) {
		server_nack(a, "NO_DICT", false,
		    "dictionary %llu: %s", (unsigned long long)id,
		    fg_strerror(err));
		return;
	}
	o = server_answer(a, "DICT_ACK");
	link_map(o, 3);
	link_key_u64(o, "ID", id);
	link_key_str(o, "NAME", name);
	link_str(o, "TEXT");
	link_bin(o, c->scratch.p, c->scratch.len);
	server_done(a->conn);
}
