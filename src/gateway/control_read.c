#include <string.h>

#include "base/err.h"
#include "gateway/control_int.h"
#include "gateway/rows.h"

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
	rows_put(k->out, k->table, row, name);
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
chunk_send(struct chunk *k, struct control_conn *cc, uint64_t ref,
    uint64_t after)
{
	struct store *st = k->control->g->store;
	uint64_t visible = store_visible(st, k->table), upto;
	struct link_out *o;
	int err = 0;

	o = control_begin(k->control, "ROWS", ref);
	k->out = o;
	link_map(o, 7);
	link_key_str(o, "TABLE", store_table_name(st, k->table));
	link_key_u64(o, "UPTO", k->upto);
	link_key_u64(o, "OLDEST", store_oldest(st, k->table));
	link_key_u64(o, "VISIBLE", visible);
	link_key_bool(o, "MORE", k->upto < visible);
	link_str(o, "COLUMNS");
	rows_columns(o, k->table);
	link_str(o, "ROWS");
	link_array(o, (uint32_t)k->n);
	if (k->n > 0)
		err = store_read(st, k->table, after, CHUNK_ROWS, CHUNK_BYTES,
		    put_row, k, &upto);
	control_done(k->control, cc);
	return err;
}

/* TABLE and SESSION of a READ or TAIL; false: a NACK was sent. */
static bool
find_source(const struct control_ask *a, enum store_table *t,
    uint32_t *session)
{
	struct store *st = a->control->g->store;
	char name[64];
	const struct fgsess *fs;

	if (!link_find_str(a->details, "TABLE", name, sizeof(name)) ||
	    (*t = store_table_by_name(st, name)) == 0) {
		control_nack(a, "NACK", "NO_TABLE", false, "TABLE must be one "
		    "of FIX_IN, FIX_OUT, FIX_IN_OTHER, SESSION_EVENT, "
		    "OUT_PENDING, QUARANTINE and those of the "
		    "configuration");
		return false;
	}
	*session = 0;
	if (link_find(a->details, "SESSION") == NULL)
		return true;
	fs = control_session(a, "NACK");
	if (fs == NULL)
		return false;
	*session = fs->id;
	return true;
}

void
control_read(const struct control_ask *a)
{
	struct chunk k = { .control = a->control };
	uint64_t after = link_find_u64(a->details, "AFTER", 0);
	int err;

	if (!find_source(a, &k.table, &k.session))
		return;
	k.max = link_find_u64(a->details, "MAX_ROWS", CHUNK_ROWS);
	if (k.max == 0) {
		control_nack(a, "NACK", "BAD_REQUEST", false,
		    "MAX_ROWS must be 1 or more");
		return;
	}
	err = chunk_count(&k, after);
	if (err != 0)
		control_nack(a, "NACK", "STORE_FAILED", true,
		    "the table cannot be read: %s", fg_strerror(err));
	else
		chunk_send(&k, a->cc, a->ref, after);
}

/* ---- tails ---- */

static struct control_tail *
find_tail(struct control_conn *cc, uint64_t ref)
{
	size_t i;

	for (i = 0; i < cc->ntails; i++)
		if (cc->tail[i].ref == ref)
			return &cc->tail[i];
	return NULL;
}

void
control_tail(const struct control_ask *a)
{
	struct control_tail t = { .ref = a->ref };
	struct link_out *o;
	uint64_t last, visible;

	if (!find_source(a, &t.table, &t.session))
		return;
	if (find_tail(a->cc, a->ref) != NULL ||
	    a->cc->ntails == CONTROL_TAILS_MAX) {
		control_nack(a, "NACK", "BAD_REQUEST", false, "a tail with "
		    "this SOURCE_REF is open, or too many are (%d)",
		    CONTROL_TAILS_MAX);
		return;
	}
	visible = store_visible(a->control->g->store, t.table);
	last = link_find_u64(a->details, "LAST", 0);
	t.after = link_find_u64(a->details, "AFTER",
	    visible > last ? visible - last : 0);
	t.credit = link_find_u64(a->details, "CREDIT", 0);
	a->cc->tail[a->cc->ntails++] = t;
	o = control_begin(a->control, "TAIL_ACK", a->ref);
	link_map(o, 3);
	link_key_str(o, "TABLE", store_table_name(a->control->g->store,
	    t.table));
	link_key_u64(o, "AFTER", t.after);
	link_str(o, "COLUMNS");
	rows_columns(o, t.table);
	control_done(a->control, a->cc);
}

void
control_credit(const struct control_ask *a)
{
	struct control_tail *t = find_tail(a->cc, a->ref);
	uint64_t rows = link_find_u64(a->details, "ROWS", 0);

	if (t == NULL)
		control_nack(a, "NACK", "BAD_REQUEST", false,
		    "no tail with this SOURCE_REF is open");
	else
		t->credit = rows > UINT64_MAX - t->credit ? UINT64_MAX
		    : t->credit + rows;
}

void
control_untail(const struct control_ask *a)
{
	struct control_tail *t = find_tail(a->cc, a->ref);

	if (t == NULL) {
		control_nack(a, "NACK", "BAD_REQUEST", false,
		    "no tail with this SOURCE_REF is open");
		return;
	}
	*t = a->cc->tail[--a->cc->ntails];
	control_ack(a, "");
}

/* One chunk for one tail; true: there was one. */
static bool
feed_tail(struct control *c, struct control_conn *cc, struct control_tail *t)
{
	struct chunk k = { .control = c, .table = t->table,
		.session = t->session, .max = t->credit };

	if (t->credit == 0 || t->after >= store_visible(c->g->store, t->table))
		return false;
	if (chunk_count(&k, t->after) != 0 || k.upto == t->after)
		return false;
	if (k.n > 0)
		chunk_send(&k, cc, t->ref, t->after);
	t->after = k.upto;
	t->credit -= k.n;
	return true;
}

/* One chunk for each tail, so that none starves the others. */
bool
control_feed(struct control *c, struct control_conn *cc)
{
	bool more = false;
	size_t i;

	for (i = 0; i < cc->ntails; i++) {
		if (conn_is_full(cc->conn))
			return false;
		more |= feed_tail(c, cc, &cc->tail[i]);
	}
	return more;
}

/* ---- dictionaries ---- */

void
control_dict_get(const struct control_ask *a)
{
	struct control *c = a->control;
	uint64_t id = link_find_u64(a->details, "ID", 0);
	const char *name = "";
	struct link_out *o;
	int err = FG_ENOENT;

	c->scratch.len = 0;
	if (id != 0 && id <= UINT32_MAX)
		err = store_dict_text(c->g->store, (uint32_t)id, &c->scratch,
		    &name);
	if (err != 0) {
		control_nack(a, "NACK", "NO_DICT", false,
		    "dictionary %llu: %s", (unsigned long long)id,
		    fg_strerror(err));
		return;
	}
	o = control_begin(c, "DICT_ACK", a->ref);
	link_map(o, 3);
	link_key_u64(o, "ID", id);
	link_key_str(o, "NAME", name);
	link_str(o, "TEXT");
	link_bin(o, c->scratch.p, c->scratch.len);
	control_done(c, a->cc);
}
