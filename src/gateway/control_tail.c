/* control_tail.c: tails: rows of a table as they become durable. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gateway/control_int.h"
#include "gateway/feed.h"
#include "gateway/rows.h"
#include "gateway/tables.h"

#define IN_FLIGHT_MAX 4 /* ROWS of one connection that are being made */

struct tail {
	struct feed_ask ask; /* ref; after: where it is; max: its credit */
	uint64_t serial;     /* a ref may be used again */
	bool busy;           /* a ROWS is being made */
	uint64_t born;       /* the newest row when it was opened */
	/* For whom, as it was said; "": not. */
	char consumer[LANE_NAME_MAX + 1], stream[LANE_NAME_MAX + 1];
};

/* Those of a connection; made with its first. */
struct tails {
	struct tail *tail;
	size_t n, cap;
	size_t turn; /* who is next */
	unsigned in_flight;
};

void
control_closed(void *arg, struct server_conn *sc)
{
	struct tails *ts = server_data(sc);

	(void)arg;
	if (ts == NULL)
		return;
	while (ts->n > 0)
		join_release(ts->tail[--ts->n].ask.join);
	free(ts->tail);
	free(ts);
	server_set_data(sc, NULL);
}

static struct tail *
find_tail(const struct server_conn *sc, uint64_t ref)
{
	struct tails *ts = server_data(sc);
	size_t i;

	for (i = 0; ts != NULL && i < ts->n; i++)
		if (ts->tail[i].ask.ref == ref)
			return &ts->tail[i];
	return NULL;
}

static struct tail *
find_asked(const struct server_ask *a)
{
	struct tail *t = find_tail(a->conn, a->ref);

	if (t == NULL)
		server_nack(a, "BAD_REQUEST", false,
		    "no tail with this SOURCE_REF is open");
	return t;
}

/* Room for one more. */
static int
grow(struct server_conn *sc)
{
	struct tails *ts = server_data(sc);
	struct tail *p;
	size_t cap;

	if (ts == NULL) {
		ts = calloc(1, sizeof(*ts));
		if (ts == NULL)
			return FG_ENOMEM;
		server_set_data(sc, ts);
	}
	if (ts->n < ts->cap)
		return 0;
	cap = ts->cap == 0 ? 4 : ts->cap * 2;
	p = realloc(ts->tail, cap * sizeof(*p));
	if (p == NULL)
		return FG_ENOMEM;
	ts->tail = p;
	ts->cap = cap;
	return 0;
}

/* A name, or "". */
static void
read_name(const struct server_ask *a, const char *key,
    char out[LANE_NAME_MAX + 1])
{
	if (!link_find_str(a->details, key, out, LANE_NAME_MAX + 1) ||
	    !lane_is_name(out))
		out[0] = '\0';
}

/* false: a NACK was sent. */
static bool
add_tail(const struct server_ask *a, const struct feed_ask *ask)
{
	struct tails *ts = server_data(a->conn);

	if (find_tail(a->conn, a->ref) != NULL ||
	    (ts != NULL && ts->n == CONTROL_TAILS_MAX)) {
		server_nack(a, "BAD_REQUEST", false, "a tail with this "
		    "SOURCE_REF is open, or too many are (%d)",
		    CONTROL_TAILS_MAX);
		return false;
	}
	if (grow(a->conn) != 0) {
		server_nack(a, "STORE_FAILED", true, "%s",
		    fg_strerror(FG_ENOMEM));
		return false;
	}
	ts = server_data(a->conn);
	ts->tail[ts->n++] = (struct tail){ .ask = *ask,
		.serial = ++control_of(a)->serial,
		.born = store_visible(control_of(a)->g->store, ask->table) };
	read_name(a, "CONSUMER", ts->tail[ts->n - 1].consumer);
	read_name(a, "STREAM", ts->tail[ts->n - 1].stream);
	return true;
}

/* FROM, if it is there. false: a NACK was sent. */
static bool
read_from(const struct server_ask *a, uint64_t oldest, uint64_t *after)
{
	char from[16];

	if (link_find(a->details, "FROM") == NULL)
		return true;
	if (!link_find_str(a->details, "FROM", from, sizeof(from)))
		from[0] = '\0';
	if (strcmp(from, "beginning") == 0)
		*after = oldest == 0 ? 0 : oldest - 1;
	else if (strcmp(from, "live") != 0) {
		server_nack(a, "BAD_REQUEST", false,
		    "FROM must be live or beginning");
		return false;
	}
	return true;
}

/* Where a tail begins: AFTER, or TIME, or LAST, or FROM. false: a NACK was
 * sent. */
static bool
read_start(const struct server_ask *a, enum store_table table,
    uint64_t *after)
{
	struct store *st = control_of(a)->g->store;
	uint64_t visible = store_visible(st, table);
	uint64_t oldest = store_oldest(st, table);
	uint64_t last, time;
	int err;

	if (!control_number(a, "AFTER", 0, &time) ||
	    !control_number(a, "TIME", 0, &time) ||
	    !control_number(a, "LAST", 0, &last))
		return false;
	*after = visible > last ? visible - last : 0;
	if (!read_from(a, oldest, after))
		return false;
	if (link_get_u64(link_find(a->details, "TIME"), &time)) {
		err = feed_find_time(st, table, time > INT64_MAX ? INT64_MAX
		    : (int64_t)time, after);
		if (err != 0) {
			server_nack(a, "STORE_FAILED", true, "the table "
			    "cannot be read: %s", fg_strerror(err));
			return false;
		}
	}
	if (!link_get_u64(link_find(a->details, "AFTER"), after))
		return true;
	if (*after > visible)
		server_nack(a, "AHEAD", false, "%s has rows up to %llu only: "
		    "it is not the table that this AFTER is of, or an older "
		    "state of it", store_table_name(st, table),
		    (unsigned long long)visible);
	else if (oldest > 0 && *after < oldest - 1)
		server_nack(a, "TRUNCATED", false, "the oldest row of %s is "
		    "%llu: those behind AFTER are gone",
		    store_table_name(st, table), (unsigned long long)oldest);
	else
		return true;
	return false;
}

/* May all of the tables be read? false: a NACK was sent. */
static bool
may_join(const struct server_ask *a, const struct link_val *map)
{
	const struct link_val *v;
	char name[STORE_NAME_MAX + 1];
	const char *p;
	size_t i, n;

	for (i = 0; link_kind(map) == LINK_MAP && i < link_count(map); i++) {
		v = link_map_at(map, i, &p, &n);
		if (link_find_str(v, "TABLE", name, sizeof(name)) &&
		    !control_may(a, RIGHT_READ, name))
			return false;
	}
	return true;
}

/* JOIN, if it is there. false: a NACK was sent. */
static bool
read_join(const struct server_ask *a, struct feed_ask *t)
{
	const struct link_val *map = link_find(a->details, "JOIN");
	struct gateway *g = control_of(a)->g;
	char err[JOIN_ERR_MAX];
	int e;

	if (map == NULL)
		return true;
	if (!may_join(a, map))
		return false;
	e = join_read(&t->join, map, t->table, g->store, g->tables, err);
	if (e == 0)
		return true;
	server_nack(a, e == FG_ENOENT ? "NO_TABLE" : e == FG_EINVAL ?
	    "BAD_REQUEST" : "STORE_FAILED", e == FG_ENOMEM, "%s", err);
	return false;
}

void
control_tail(const struct server_ask *a)
{
	struct control *c = control_of(a);
	struct feed_ask t = { .ref = a->ref };
	char source[CONTROL_SOURCE_MAX];
	struct link_out *o;

	if (!control_number(a, "CREDIT", 0, &t.max) ||
	    !control_table(a, &t.table, &t.session) ||
	    !read_start(a, t.table, &t.after) || !read_join(a, &t))
		return;
	t.no_admin = !link_find_bool(a->details, "ADMIN", true);
	if (!add_tail(a, &t)) {
		join_release(t.join);
		return;
	}
	control_source(c, t.table, source);
	o = server_answer(a, "TAIL_ACK");
	link_map(o, 6);
	link_key_str(o, "TABLE", store_table_name(c->g->store, t.table));
	link_key_str(o, "SOURCE", source);
	link_key_u64(o, "AFTER", t.after);
	link_key_u64(o, "OLDEST", store_oldest(c->g->store, t.table));
	link_key_u64(o, "VISIBLE", store_visible(c->g->store, t.table));
	link_str(o, "COLUMNS");
	rows_columns(o, t.table, tables_get(c->g->tables, t.table), t.join);
	server_done(a->conn);
}

void
control_credit(const struct server_ask *a)
{
	struct tail *t = find_asked(a);
	uint64_t rows;

	if (t != NULL && control_number(a, "ROWS", 0, &rows))
		t->ask.max = rows > UINT64_MAX - t->ask.max ? UINT64_MAX
		    : t->ask.max + rows;
}

void
control_untail(const struct server_ask *a)
{
	struct tails *ts = server_data(a->conn);
	struct tail *t = find_asked(a);

	if (t == NULL)
		return;
	join_release(t->ask.join);
	*t = ts->tail[--ts->n];
	server_ack(a, "");
}

/* Let one ROWS be made, if there can be one. */
static void
feed_tail(struct control *c, struct server_conn *sc, struct tails *ts,
    struct tail *t)
{
	if (t->busy || t->ask.max == 0 ||
	    t->ask.after >= store_visible(c->g->store, t->ask.table))
		return;
	if (feeder_ask(c->feeder, &t->ask, sc, t->serial) != 0)
		return;
	server_hold(sc);
	t->busy = true;
	ts->in_flight++;
}

/* One ROWS for each tail, beginning with the one whose turn it is, so that none
 * starves the others. What is left goes on when one of those is done. */
bool
control_feed(void *arg, struct server_conn *sc)
{
	struct tails *ts = server_data(sc);
	size_t i;

	for (i = 0; ts != NULL && i < ts->n; i++) {
		if (server_is_full(sc) || ts->in_flight >= IN_FLIGHT_MAX)
			break;
		ts->turn = ts->turn + 1 < ts->n ? ts->turn + 1 : 0;
		feed_tail(arg, sc, ts, &ts->tail[ts->turn]);
	}
	return false;
}

void
control_tails_each(struct control *c, void (*fn)(void *arg,
    const struct control_tail_info *t), void *arg)
{
	struct server_conn *sc;
	struct tails *ts;
	struct tail *t;

	for (sc = server_first(c->server); sc != NULL; sc = server_next(sc)) {
		ts = server_data(sc);
		for (t = ts == NULL ? NULL : ts->tail;
		    t != NULL && t < ts->tail + ts->n; t++)
			fn(arg, &(struct control_tail_info){ sc, t->consumer,
			    t->stream, t->ask.table, t->ask.after });
	}
}

/* A table that the tail shows and its peer may not read any more; NULL: none. */
static const char *
forbidden(struct control *c, struct server_conn *sc, const struct tail *t,
    char text[ROLES_ERR_MAX])
{
	const char *name = store_table_name(c->g->store, t->ask.table);
	size_t i;

	for (i = 0; name != NULL; name = join_table(t->ask.join, i++))
		if (!roles_ask(c->rights, sc, "TAIL", RIGHT_READ, name, text))
			return name;
	return NULL;
}

void
control_tails_look(struct control *c)
{
	char text[ROLES_ERR_MAX];
	struct server_conn *sc;
	struct tails *ts;
	size_t i;

	for (sc = server_first(c->server); sc != NULL; sc = server_next(sc)) {
		ts = server_data(sc);
		for (i = 0; ts != NULL && i < ts->n; i++) {
			if (forbidden(c, sc, &ts->tail[i], text) == NULL)
				continue;
			server_fail(sc, ts->tail[i].ask.ref, "NO_RIGHT", text);
			break;
		}
	}
}

/* Older rows than the tail say nothing about how fast it is. */
static void
time_rows(struct control *c, const struct tail *t, const struct feed_got *got)
{
	uint64_t after = t->ask.after > t->born ? t->ask.after : t->born;

	if (t->ask.table == STORE_FIX_IN && got->upto > after)
		driver_rows_at(c->g->driver, STAGE_IN_STREAMED,
		    driver_clock(c->g->driver), after, got->upto, got->n);
}

/* Its credit may have grown meanwhile, and it may be gone. */
void
control_tail_done(struct control *c, const struct feeder_job *j)
{
	struct server_conn *sc = j->owner;
	struct tails *ts = server_data(sc);
	struct tail *t = find_tail(sc, j->ask.ref);

	if (ts != NULL)
		ts->in_flight--;
	if (t != NULL && t->serial == j->serial) {
		t->busy = false;
		if (j->err == 0 && j->got.upto > t->ask.after) {
			server_put(sc, j->frame.p, j->frame.len);
			time_rows(c, t, &j->got);
			t->ask.after = j->got.upto;
			t->ask.max -= j->got.n;
		}
	}
	/* After a failure, the next row that comes is the next try. */
	if (j->err == 0)
		server_kick(sc);
}
