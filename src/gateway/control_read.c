/* control_read.c: READ, TABLES and DICT_GET. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "gateway/control_int.h"
#include "gateway/feed.h"
#include "gateway/rows.h"
#include "gateway/tables.h"

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

bool
control_table(const struct server_ask *a, enum store_table *t,
    uint32_t *session)
{
	const struct fgsess *fs;

	if (!find_table(a, t) || !control_may(a, RIGHT_READ,
	    store_table_name(control_of(a)->g->store, *t)))
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

/* A text of DETAILS; *n 0: it is not there. false: a NACK was sent. */
static bool
read_text(const struct server_ask *a, const char *key, char *to, size_t max,
    size_t *n)
{
	const struct link_val *v = link_find(a->details, key);
	const char *p;

	*n = 0;
	if (v == NULL)
		return true;
	if (!link_get_str(v, &p, n) || *n == 0 || *n > max) {
		server_nack(a, "BAD_REQUEST", false,
		    "%s must be text of 1 to %zu bytes", key, max);
		return false;
	}
	memcpy(to, p, *n);
	return true;
}

bool
control_number(const struct server_ask *a, const char *key, uint64_t dflt,
    uint64_t *v)
{
	const struct link_val *val = link_find(a->details, key);

	*v = dflt;
	if (val == NULL || link_kind(val) == LINK_NIL || link_get_u64(val, v))
		return true;
	server_nack(a, "BAD_REQUEST", false, "%s must be a number, 0 or more",
	    key);
	return false;
}

static bool
read_time(const struct server_ask *a, const char *key, int64_t *t)
{
	uint64_t v;

	if (!control_number(a, key, 0, &v))
		return false;
	*t = v > INT64_MAX ? INT64_MAX : (int64_t)v;
	return true;
}

/* TAG and VALUE, MSG_TYPE, SINCE and UNTIL. false: a NACK was sent. */
static bool
read_match(const struct server_ask *a, enum store_table t, struct match *m)
{
	uint64_t tag = link_find_u64(a->details, "TAG", 0);
	bool has_tag = link_find(a->details, "TAG") != NULL;

	if (!read_text(a, "VALUE", m->value, sizeof(m->value), &m->n) ||
	    !read_text(a, "MSG_TYPE", m->type, sizeof(m->type), &m->type_n))
		return false;
	if (!read_time(a, "SINCE", &m->since) ||
	    !read_time(a, "UNTIL", &m->until))
		return false;
	if (has_tag != (m->n != 0) || (has_tag && (tag == 0 ||
	    tag > INT32_MAX)))
		server_nack(a, "BAD_REQUEST", false, "TAG, a number from 1 on, "
		    "and VALUE belong together");
	else if ((has_tag || m->type_n != 0) && t != STORE_FIX_IN &&
	    t != STORE_FIX_OUT && t != STORE_FIX_IN_OTHER)
		server_nack(a, "BAD_REQUEST", false, "TAG and MSG_TYPE are for "
		    "FIX_IN, FIX_OUT and FIX_IN_OTHER");
	else {
		m->tag = (int32_t)tag;
		return true;
	}
	return false;
}

void
control_read(const struct server_ask *a)
{
	struct control *c = control_of(a);
	struct feed_ask ask = { .ref = a->ref };

	if (!control_number(a, "AFTER", 0, &ask.after) ||
	    !control_number(a, "MAX_ROWS", FEED_ROWS, &ask.max) ||
	    !control_table(a, &ask.table, &ask.session) ||
	    !read_match(a, ask.table, &ask.match))
		return;
	ask.no_admin = !link_find_bool(a->details, "ADMIN", true);
	if (ask.max == 0) {
		server_nack(a, "BAD_REQUEST", false,
		    "MAX_ROWS must be 1 or more");
		return;
	}
	if (feeder_ask(c->feeder, &ask, a->conn, 0) != 0) {
		server_nack(a, "STORE_FAILED", true, "%s",
		    fg_strerror(FG_ENOMEM));
		return;
	}
	server_hold(a->conn);
	server_pause(a->conn);
}

void
control_read_done(const struct feeder_job *j)
{
	struct server_conn *sc = j->owner;
	struct server_ask a;

	if (j->err == 0) {
		server_put(sc, j->frame.p, j->frame.len);
	} else if (server_is_open(sc)) {
		a = server_ask_later(sc, "READ", j->ask.ref);
		server_nack(&a, "STORE_FAILED", true,
		    "the table cannot be read: %s", fg_strerror(j->err));
	}
	server_resume(sc);
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
	rows_columns(o, t, user, NULL);
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
