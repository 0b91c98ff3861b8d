#include "gateway/feed.h"

#include "base/err.h"
#include "gateway/rows.h"

/* One ROWS while it is made. */
struct packing {
	struct store *store;
	const struct feed_ask *ask;
	const struct table *user; /* or NULL */
	struct link_out *out;
	uint64_t n;
};

static bool
wants(const struct feed_ask *a, const struct store_row *row)
{
	if (a->session != 0 && row->session != a->session)
		return false;
	return !a->no_admin || (row->flags & STORE_ADMIN) == 0;
}

static int
pack_row(void *arg, const struct store_row *row)
{
	struct packing *k = arg;

	if (!wants(k->ask, row))
		return 0;
	rows_put(k->out, k->ask->table, row, row->session == 0 ? NULL
	    : store_session_name(k->store, row->session), k->user);
	return ++k->n == k->ask->max;
}

int
feed_pack(struct store *st, const struct tables *tables,
    const struct feed_ask *ask, struct link_out *o, struct buf *out,
    struct feed_got *got)
{
	struct packing k = { .store = st, .ask = ask, .out = o,
		.user = tables_get(tables, ask->table) };
	size_t start = out->len;
	uint64_t visible;
	int err = 0, end;

	got->upto = ask->after;
	link_begin(o, out, "ROWS", ask->ref);
	link_map(o, 7);
	link_key_str(o, "TABLE", store_table_name(st, ask->table));
	link_str(o, "COLUMNS");
	rows_columns(o, ask->table, k.user);
	link_str(o, "ROWS");
	link_array_open(o);
	if (ask->after < store_visible(st, ask->table))
		err = store_read(st, ask->table, ask->after, FEED_ROWS,
		    FEED_BYTES, pack_row, &k, &got->upto);
	link_array_close(o, (uint32_t)k.n);
	visible = store_visible(st, ask->table);
	link_key_u64(o, "UPTO", got->upto);
	link_key_u64(o, "OLDEST", store_oldest(st, ask->table));
	link_key_u64(o, "VISIBLE", visible);
	link_key_bool(o, "MORE", got->upto < visible);
	end = link_end(o);
	got->n = k.n;
	if (err != 0)
		out->len = start;
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
