/*
 * control_consumers.c: who reads the tables, for STATUS: clients by their
 * cursors, connected or not, and tails that have none.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "gateway/control_int.h"

/* All of them while they are gathered. */
struct gathering {
	struct control *c;
	struct buf *out;
	size_t begin; /* of ours in it */
	struct now now;
	bool tails;
	int err;
};

static struct control_consumer *
first(const struct gathering *k)
{
	return k->out->p == NULL ? NULL : (void *)(k->out->p + k->begin);
}

static size_t
number(const struct gathering *k)
{
	return k->out->p == NULL ? 0 :
	    (k->out->len - k->begin) / sizeof(struct control_consumer);
}

static int
take_time(void *arg, const struct store_row *row)
{
	wall_t *came = arg;

	*came = row->time;
	return 1;
}

/* When the first row after seq came; 0: there is none, or it cannot be
 * read. */
static wall_t
next_came(const struct gathering *k, enum store_table t, uint64_t seq,
    struct consumer *who)
{
	struct store *st = k->c->g->store;
	uint64_t oldest = store_oldest(st, t), upto;
	wall_t came = { 0 };

	if (seq + 1 < oldest)
		seq = oldest - 1;
	if (who != NULL && who->row == seq + 1)
		return who->came;
	if (store_read(st, t, seq, 1, 1, take_time, &came, &upto) != 0)
		return (wall_t){ 0 };
	if (who != NULL) {
		who->row = seq + 1;
		who->came = came;
	}
	return came;
}

/* How many rows it has not had, and since when. */
static void
measure(const struct gathering *k, enum store_table t,
    struct control_consumer *w, struct consumer *who)
{
	struct store *st = k->c->g->store;
	uint64_t visible = store_visible(st, t), oldest = store_oldest(st, t);
	wall_t came;

	if (w->seq >= visible)
		return;
	w->behind = visible - w->seq;
	if (oldest > 0 && w->seq + 1 < oldest)
		w->behind = visible - oldest + 1;
	came = next_came(k, t, w->seq, who);
	if (came.ns > 0 && came.ns < k->now.wall.ns)
		w->age = k->now.wall.ns - came.ns;
}

static void
add(struct gathering *k, const struct control_consumer *w)
{
	if (k->err == 0)
		k->err = buf_add(k->out, w, sizeof(*w));
}

/* ---- cursors ---- */

/* A source's table, in the middle of it. */
static void
table_of(const char *source, char out[STORE_NAME_MAX + 1])
{
	const char *p = strchr(source, '/');

	p = p == NULL ? source : p + 1;
	snprintf(out, STORE_NAME_MAX + 1, "%.*s", (int)strcspn(p, "/"), p);
}

static struct control_consumer *
find(const struct gathering *k, const char *name, const char *key,
    const char *table)
{
	struct control_consumer *w = first(k);
	size_t i, n = number(k);

	for (i = 0; i < n; i++, w++)
		if (strcmp(w->name, name) == 0 && strcmp(w->key, key) == 0 &&
		    strcmp(w->table, table) == 0)
			return w;
	return NULL;
}

/* The cursor of rows that the table has now, or of others. */
static void
add_cursor(struct gathering *k, uint32_t id, bool now)
{
	struct store *st = k->c->g->store;
	struct control_consumer w = { .has_cursor = true };
	struct control_mark f;
	struct store_mark m;
	struct consumer *who;
	char source[CONTROL_SOURCE_MAX] = "";
	enum store_table t;

	if (!control_mark_is_set(st, id, &f, &m))
		return;
	table_of(control_mark_source(&f), w.table);
	t = store_table_by_name(st, w.table);
	if (t != 0)
		control_source(k->c, t, source);
	if ((strcmp(source, control_mark_source(&f)) == 0) != now)
		return;
	snprintf(w.name, sizeof(w.name), "%s", f.field[1]);
	snprintf(w.key, sizeof(w.key), "%s", f.field[2]);
	w.seq = m.seq;
	w.seen = m.time;
	who = consumers_get(&k->c->consumers, id);
	if (who != NULL && who->seen.ns > w.seen.ns)
		w.seen = who->seen;
	if (!now && find(k, w.name, w.key, w.table) != NULL)
		return; /* it has gone on in the new ones */
	w.changed = !now;
	w.still = who != NULL && who->moved.ns != 0 ?
	    k->now.mono.ns - who->moved.ns :
	    k->now.wall.ns - k->c->g->started.ns;
	if (now)
		measure(k, t, &w, who);
	add(k, &w);
}

/* A streamer behind another one puts its own name before the client's. */
static bool
is_client(const char *tail, const char *consumer)
{
	size_t n = strlen(tail), m = strlen(consumer);

	return n >= m && strcmp(tail + n - m, consumer) == 0 &&
	    (n == m || tail[n - m - 1] == '/');
}

/* The client of each cursor that the tail is of is there. */
static void
take_tail(void *arg, const struct control_tail_info *t)
{
	struct gathering *k = arg;
	struct control_consumer *w = first(k), more = { .connected = true };
	size_t i, n = number(k);
	const char *name = t->consumer;
	bool known = false;

	snprintf(more.table, sizeof(more.table), "%s",
	    store_table_name(k->c->g->store, t->table));
	for (i = 0; i < n && name[0] != '\0'; i++, w++) {
		if (!w->has_cursor || !is_client(name, w->name) ||
		    strcmp(w->table, more.table) != 0)
			continue;
		w->connected = known = true;
		snprintf(w->stream, sizeof(w->stream), "%s", t->stream);
	}
	if (known || !k->tails)
		return;
	if (name[0] == '\0')
		name = server_client(t->conn);
	snprintf(more.name, sizeof(more.name), "%s", name);
	snprintf(more.stream, sizeof(more.stream), "%s", t->stream);
	more.seq = t->after;
	more.seen = k->now.wall;
	measure(k, t->table, &more, NULL);
	add(k, &more);
}

/* The names of a lane; false: it is none. */
static bool
lane_fields(const struct control *c, const struct lane *l,
    struct control_mark *f)
{
	return control_mark_split(c->g->store, l->mark, "lane", f) &&
	    f->n == CONTROL_MARK_FIELDS;
}

/* Who has a lane here is there, too. */
static void
take_lanes(struct gathering *k)
{
	struct control_consumer *w;
	struct control_mark f;
	const struct lane *l;
	char table[STORE_NAME_MAX + 1];

	for (l = lane_first(k->c->g->driver); l != NULL; l = l->next) {
		if (l->owner == NULL || !lane_fields(k->c, l, &f))
			continue;
		table_of(control_mark_source(&f), table);
		w = find(k, f.field[1], f.field[2], table);
		if (w != NULL && w->has_cursor)
			w->connected = true;
	}
}

static void
judge(const struct gathering *k, struct control_consumer *w)
{
	struct status_consumer s = { .name = w->name, .key = w->key,
		.table = w->table, .connected = w->connected,
		.changed = w->changed, .behind = w->behind, .age = w->age,
		.still = w->still };

	if (w->connected)
		w->seen = k->now.wall;
	s.seen = w->seen;
	w->health = status_of_consumer(&s, w->advice);
}

int
control_consumers(struct control *c, bool tails, struct buf *b)
{
	struct gathering k = { .c = c, .out = b, .begin = b->len,
		.now = loop_now(c->g->loop), .tails = tails };
	uint32_t id, last = store_last_id(c->g->store);
	size_t i;

	for (id = 1; id <= last; id++)
		add_cursor(&k, id, true);
	for (id = 1; id <= last; id++)
		add_cursor(&k, id, false);
	control_tails_each(c, take_tail, &k);
	take_lanes(&k);
	for (i = 0; i < number(&k) && first(&k)[i].has_cursor; i++)
		judge(&k, &first(&k)[i]);
	return k.err;
}

enum status_health
control_judge_lane(struct control *c, const struct lane *l,
    char name[LANE_NAME_MAX + 1], char text[STATUS_ADVICE_MAX])
{
	int64_t now = loop_now(c->g->loop).mono.ns;
	char table[STORE_NAME_MAX + 1];
	struct control_mark f;

	text[0] = '\0';
	if (l->owner == NULL || !l->stopped || !lane_fields(c, l, &f))
		return STATUS_HEALTHY;
	snprintf(name, LANE_NAME_MAX + 1, "%s", f.field[1]);
	table_of(control_mark_source(&f), table);
	return status_of_lane(&(struct status_lane){ .send = f.field[3],
	    .table = table, .seq = l->stop.seq, .why = l->why,
	    .stopped = now - l->stop_since.ns }, text);
}
