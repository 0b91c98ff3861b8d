#include "gateway/feed.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gateway/rows.h"

#define JOINED_VALUES (512u * 1024)  /* of one ROWS with joined rows */
#define JOINED_BYTES  (1024u * 1024) /* after which no further row is put */
#define FIELDS_MAX    4096           /* of a message that are looked at */
#define FOUND_MAX     256            /* rows looked up for one ROWS */

struct feed {
	struct store *store;
	const struct tables *tables;
	struct store_index *index; /* or NULL */
	struct link_out *out;
	/* For rows that are joined: */
	struct join_cache *cache;
	struct link_out *scratch;
	struct link_in *in;
	struct buf frame, rows, data;
	struct match_room room;
};

/* One ROWS while it is made. */
struct packing {
	struct feed *f;
	const struct feed_ask *ask;
	const struct table *user; /* or NULL */
	uint64_t n;
	const struct buf *out;
	size_t start; /* of it in the buffer */
	int err;
};

struct feed *
feed_new(struct store *st, const struct tables *tables)
{
	struct feed *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->store = st;
	f->tables = tables;
	f->out = link_out_new();
	f->cache = join_cache_new(st);
	f->scratch = link_out_new();
	f->in = link_in_new();
	f->room.cap = FIELDS_MAX;
	f->room.field = calloc(FIELDS_MAX, sizeof(*f->room.field));
	if (f->room.field != NULL && f->out != NULL && f->cache != NULL && f->scratch != NULL &&
	    f->in != NULL)
		return f;
	feed_free(f);
	return NULL;
}

void
feed_free(struct feed *f)
{
	if (f == NULL)
		return;
	link_out_free(f->out);
	join_cache_free(f->cache);
	link_out_free(f->scratch);
	link_in_free(f->in);
	buf_free(&f->frame);
	buf_free(&f->rows);
	buf_free(&f->data);
	free(f->room.field);
	free(f);
}

void
feed_use_index(struct feed *f, struct store_index *ix)
{
	f->index = ix;
}

static bool
wants(const struct packing *k, const struct store_row *row)
{
	const struct feed_ask *a = k->ask;

	if (a->session != 0 && row->session != a->session)
		return false;
	if (a->no_admin && (row->flags & STORE_ADMIN) != 0)
		return false;
	return match_row(&a->match, &k->f->room, row);
}

static void
put_row(struct packing *k, struct link_out *o, const struct store_row *row)
{
	rows_put(o, k->ask->table, row, row->session == 0 ? NULL
	    : store_session_name(k->f->store, row->session), k->user);
}

static int
pack_row(void *arg, const struct store_row *row)
{
	struct packing *k = arg;

	if (!wants(k, row))
		return 0;
	put_row(k, k->f->out, row);
	return ++k->n == k->ask->max || k->n == FEED_ROWS ||
	    k->out->len - k->start > FEED_BYTES;
}

/* ---- some rows of many ---- */

/*
 * The rows that SINCE and UNTIL leave: *after and *end. Between rows in the
 * order of their sequences the clock goes back by FEED_CLOCK_SLACK at most.
 */
static int
pack_bounds(const struct packing *k, uint64_t *after, uint64_t *end)
{
	const struct feed_ask *a = k->ask;
	struct store *st = k->f->store;
	uint64_t at;
	int err = 0;

	if (a->match.since > FEED_CLOCK_SLACK) {
		err = feed_find_time(st, a->table, a->match.since -
		    FEED_CLOCK_SLACK, &at);
		if (err == 0 && at > *after)
			*after = at;
	}
	if (err == 0 && a->match.until != 0 &&
	    a->match.until < INT64_MAX - FEED_CLOCK_SLACK) {
		err = feed_find_time(st, a->table, a->match.until +
		    FEED_CLOCK_SLACK, &at);
		if (err == 0 && at < *end)
			*end = at;
	}
	return err;
}

/* One row that was looked up; it may be gone. */
struct looked_up {
	struct packing *k;
	uint64_t seq;
	bool full;
};

static int
pack_found(void *arg, const struct store_row *row)
{
	struct looked_up *l = arg;

	l->full = row->seq == l->seq && pack_row(l->k, row) != 0;
	return 1;
}

/*
 * Rows of the index, from *after on; *after becomes the last one that is
 * settled so. true: that is all for this ROWS.
 */
static bool
pack_indexed(struct packing *k, uint64_t end, uint64_t *after, int *err)
{
	const struct feed_ask *a = k->ask;
	struct looked_up l = { .k = k };
	uint64_t seq[FOUND_MAX], upto, at;
	size_t i, n;

	if (a->match.tag == 0 || store_index_find(k->f->index, a->table,
	    a->match.tag, a->match.value, a->match.n, *after, seq, FOUND_MAX,
	    &n, &upto) != 0)
		return false;
	for (i = 0; i < n && seq[i] <= end; i++) {
		l.seq = *after = seq[i];
		*err = store_read(k->f->store, a->table, seq[i] - 1, 1, 1,
		    pack_found, &l, &at);
		if (*err != 0 || l.full)
			return true;
	}
	*after = upto < end ? upto : end;
	return n == FOUND_MAX;
}

static int
pack_some(struct packing *k, uint64_t visible, uint64_t *upto)
{
	uint64_t after = k->ask->after, end = visible, left;
	int err = pack_bounds(k, &after, &end);

	if (err != 0)
		return err;
	if (after < end && !pack_indexed(k, end, &after, &err) &&
	    after < end) {
		left = end - after;
		err = store_read(k->f->store, k->ask->table, after,
		    left < FEED_SCAN_ROWS ? (size_t)left : FEED_SCAN_ROWS,
		    FEED_SCAN_BYTES, pack_row, k, &after);
	}
	*upto = after < end ? after : visible;
	return err;
}

/* ---- joined rows ---- */

/* A store is not read while it is being read: the rows are copied first. */
static int
copy_row(void *arg, const struct store_row *row)
{
	struct packing *k = arg;
	struct feed *f = k->f;
	struct store_row copy = *row;

	if (!wants(k, row))
		return 0;
	copy.data = NULL;
	k->err = buf_add(&f->data, row->data, row->len);
	if (k->err == 0)
		k->err = buf_add(&f->rows, &copy, sizeof(copy));
	return k->err != 0 || ++k->n == k->ask->max;
}

/* The values of a row: an array that lives until the next one. */
static const struct link_val *
values_of(struct packing *k, const struct store_row *row)
{
	struct feed *f = k->f;
	struct link_msg m;
	const char *why;

	f->frame.len = 0;
	link_begin(f->scratch, &f->frame, "ROW", 0);
	link_map(f->scratch, 1);
	link_str(f->scratch, "ROW");
	put_row(k, f->scratch, row);
	if (link_end(f->scratch) != 0 || link_decode(f->in, f->frame.p,
	    f->frame.len, &m, &why) <= 0)
		return NULL;
	return link_find(m.details, "ROW");
}

static int
put_joined(struct packing *k, const struct store_row *row)
{
	const struct link_val *values = values_of(k, row);
	struct link_out *o = k->f->out;
	size_t i;

	if (values == NULL)
		return FG_ENOMEM;
	link_array(o, (uint32_t)(link_count(values) +
	    join_width(k->ask->join)));
	for (i = 0; i < link_count(values); i++)
		link_copy(o, link_at(values, i));
	return join_put(k->f->cache, o, k->ask->join, values, row->commit);
}

/* Rows of one message may be so many that a receiver takes them. */
static uint64_t
joined_max(const struct packing *k)
{
	size_t width = join_width(k->ask->join) +
	    (k->user == NULL ? 24 : k->user->n + 2);

	return JOINED_VALUES / width < FEED_ROWS ? JOINED_VALUES / width + 1
	    : FEED_ROWS;
}

/*
 * What can be seen of the first table is fixed before the versions are looked
 * at: so there is none that was committed with its rows, or before them, and is
 * not known.
 */
static int
pack_joined(struct packing *k, uint64_t visible, uint64_t *upto)
{
	struct feed *f = k->f;
	uint64_t max = joined_max(k), left = visible - k->ask->after, i, n;
	struct store_row row;
	size_t at = 0;
	int err = join_refresh(f->cache, k->ask->join);

	f->rows.len = f->data.len = 0;
	if (err == 0)
		err = store_read(f->store, k->ask->table, k->ask->after,
		    (size_t)(left < max ? left : max), FEED_BYTES, copy_row, k,
		    upto);
	if (err == 0)
		err = k->err;
	n = k->n;
	k->n = 0;
	for (i = 0; i < n && err == 0; i++) {
		memcpy(&row, f->rows.p + i * sizeof(row), sizeof(row));
		if (k->out->len - k->start > JOINED_BYTES) {
			*upto = row.seq - 1;
			break;
		}
		row.data = f->data.p + at;
		at += row.len;
		err = put_joined(k, &row);
		k->n++;
	}
	return err;
}

int
feed_pack(struct feed *f, const struct feed_ask *ask, struct buf *out,
    struct feed_got *got)
{
	struct packing k = { .f = f, .ask = ask, .out = out,
		.start = out->len,
		.user = tables_get(f->tables, ask->table) };
	struct link_out *o = f->out;
	uint64_t visible = store_visible(f->store, ask->table);
	int err = 0, end;

	got->upto = ask->after;
	link_begin(o, out, "ROWS", ask->ref);
	link_map(o, 7);
	link_key_str(o, "TABLE", store_table_name(f->store, ask->table));
	link_str(o, "COLUMNS");
	rows_columns(o, ask->table, k.user, ask->join);
	link_str(o, "ROWS");
	link_array_open(o);
	if (ask->after < visible && ask->join != NULL)
		err = pack_joined(&k, visible, &got->upto);
	else if (ask->after < visible && !match_is_all(&ask->match))
		err = pack_some(&k, visible, &got->upto);
	else if (ask->after < visible)
		err = store_read(f->store, ask->table, ask->after, FEED_ROWS,
		    FEED_BYTES, pack_row, &k, &got->upto);
	link_array_close(o, (uint32_t)k.n);
	visible = store_visible(f->store, ask->table);
	link_key_u64(o, "UPTO", got->upto);
	link_key_u64(o, "OLDEST", store_oldest(f->store, ask->table));
	link_key_u64(o, "VISIBLE", visible);
	link_key_bool(o, "MORE", got->upto < visible);
	end = link_end(o);
	got->n = k.n;
	if (err != 0)
		out->len = k.start;
	return err != 0 ? err : end;
}

static int
take_time(void *arg, const struct store_row *row)
{
	int64_t *ns = arg;

	*ns = row->time.ns;
	return 1;
}

int
feed_find_time(struct store *st, enum store_table t, int64_t ns,
    uint64_t *after)
{
	uint64_t oldest = store_oldest(st, t), low, high, mid, upto;
	int64_t at = 0;
	int err;

	low = oldest == 0 ? 0 : oldest - 1; /* rows up to low are before ns */
	high = store_visible(st, t);        /* those behind high are not */
	while (low < high) {
		mid = low + (high - low) / 2;
		err = store_read(st, t, mid, 1, 1, take_time, &at, &upto);
		if (err != 0)
			return err;
		if (at < ns)
			low = mid + 1;
		else
			high = mid;
	}
	*after = low;
	return 0;
}
