/*
 * blocks.c: whole blocks as they lie on disk: recent ones first, the back end
 * for what is older.
 */
#include "base/err.h"
#include "store/impl.h"

#define BLOCKS_ONCE 64 /* recent blocks taken at once */

uint64_t
store_last_row(struct store *st, unsigned table)
{
	uint64_t seq;

	pthread_mutex_lock(&st->lock);
	seq = st->visible[table];
	pthread_mutex_unlock(&st->lock);
	return seq;
}

int
store_flushed(struct store *st, bool now, uint64_t *commit)
{
	if (st->ops->flushed != NULL)
		return st->ops->flushed(st, now, commit);
	*commit = st->durable;
	return 0;
}

/* Give those that begin in seq ... to; *next: the row behind the last one. */
static int
give(struct store *st, struct store_block **v, size_t n, uint64_t to,
    block_cb cb, void *arg, uint64_t *next)
{
	struct block_at at = { 0 };
	size_t i;
	int rc = 0;

	for (i = 0; i < n; i++) {
		if (rc == 0 && v[i]->first >= *next && v[i]->first <= to) {
			at.key = v[i]->first;
			at.p = v[i]->bytes;
			at.n = v[i]->len;
			at.seg = st->ops->segment == NULL ? 1
			    : st->ops->segment(st, v[i]->table, at.key);
			rc = cb(arg, &at);
		}
		if (*next <= block_last(v[i]))
			*next = block_last(v[i]) + 1;
		block_unref(v[i]);
	}
	return rc;
}

int
store_blocks(struct store *st, unsigned table, uint64_t seq, uint64_t to,
    block_cb cb, void *arg)
{
	struct store_block *v[BLOCKS_ONCE];
	uint64_t visible;
	size_t n;
	int rc;

	for (;;) {
		pthread_mutex_lock(&st->lock);
		visible = st->visible[table];
		if (to > visible)
			to = visible;
		n = seq > to ? 0 : recent_get(st, table, seq, v, BLOCKS_ONCE);
		pthread_mutex_unlock(&st->lock);
		if (n == 0)
			break;
		rc = give(st, v, n, to, cb, arg, &seq);
		if (rc != 0)
			return rc;
	}
	if (seq > to || st->ops->blocks == NULL)
		return 0;
	return st->ops->blocks(st, table, seq, to, cb, arg);
}
