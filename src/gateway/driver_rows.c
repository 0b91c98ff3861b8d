/* driver_rows.c: rows and marks that are no session's, in the commit of this
 * wake-up. */
#include "base/err.h"
#include "gateway/driver_int.h"

int
driver_append(struct driver *d, enum store_table t, struct store_row *row,
    uint64_t *seq)
{
	if (d->down || d->low)
		return FG_ENOSPC;
	driver_now(d);
	row->time = d->now.wall;
	*seq = store_add(driver_batch(d), t, row);
	return 0;
}

int
driver_put_mark(struct driver *d, struct store_mark *m)
{
	if (d->down || d->low)
		return FG_ENOSPC;
	driver_now(d);
	m->time = d->now.wall;
	store_set_mark(driver_batch(d), m);
	return 0;
}

int
driver_when_durable(struct driver *d, release_fn fn, void *arg)
{
	const struct release_done done = { 0 };

	return driver_answer(d, NULL, &done, fn, arg);
}
