/* read.c: recent blocks first, the back end for what is older. */
#include "base/err.h"
#include "store/impl.h"

#define READ_BLOCKS 64 /* recent blocks taken at once */

/* Give a row, unless a limit is reached before: then r->done and false. */
static bool
reader_give(struct store_reader *r, const struct store_row *row)
{
	if (r->rows != 0 && (r->rows >= r->max_rows
	    || row->len > r->max_bytes - r->bytes)) {
		r->done = true;
		return false;
	}
	r->rows++;
	r->bytes += row->len;
	if (r->cb(r->arg, row) != 0 || r->bytes >= r->max_bytes)
		r->done = true;
	return true;
}

int
reader_block(struct store_reader *r, const void *p, size_t n, uint64_t from,
    uint64_t to, uint64_t *upto)
{
	struct block_rows b;
	struct store_row row;
	uint64_t seq;
	int err = block_open(&b, p, n);

	if (err != 0)
		return err;
	seq = from > b.head.first ? from : b.head.first;
	for (; seq <= to && seq - b.head.first < b.head.rows && !r->done;
	    seq++) {
		err = block_row(&b, (uint32_t)(seq - b.head.first), &row);
		if (err != 0)
			return err;
		if (reader_give(r, &row))
			*upto = seq;
	}
	return 0;
}

int
reader_out(struct store_reader *r, const void *p, size_t n,
    struct store_out *o)
{
	struct block_rows b;
	struct store_row row;
	uint64_t past = o->next;
	uint32_t i;
	int err = block_open(&b, p, n);

	for (i = 0; err == 0 && i < b.head.rows && !r->done; i++) {
		err = block_row(&b, i, &row);
		if (err != 0 || row.session != o->session
		    || row.epoch != o->epoch || row.msg_seq_num < o->next
		    || row.seq > o->visible)
			continue;
		if (row.msg_seq_num > o->last)
			past = o->last + 1;
		else if (reader_give(r, &row))
			past = o->next = row.msg_seq_num + 1;
	}
	if (err == 0 && !r->done)
		o->next = past;
	return err;
}

uint64_t
store_visible(struct store *st, enum store_table t)
{
	uint64_t seq;

	pthread_mutex_lock(&st->lock);
	seq = st->visible[t];
	pthread_mutex_unlock(&st->lock);
	return seq;
}

uint64_t
store_oldest(struct store *st, enum store_table t)
{
	uint64_t seq;

	pthread_mutex_lock(&st->lock);
	seq = st->oldest[t];
	pthread_mutex_unlock(&st->lock);
	return seq;
}

static int
give_recent(struct store_reader *r, struct store_block **b, size_t n,
    uint64_t to, uint64_t *upto)
{
	size_t i;
	int err = 0;

	for (i = 0; i < n; i++) {
		if (err == 0 && !r->done)
			err = reader_block(r, b[i]->bytes, b[i]->len,
			    *upto + 1, to, upto);
		block_unref(b[i]);
	}
	return err;
}

int
store_read(struct store *st, enum store_table t, uint64_t after,
    size_t max_rows, size_t max_bytes, store_row_cb cb, void *arg,
    uint64_t *upto)
{
	struct store_reader r = { .max_rows = max_rows,
		.max_bytes = max_bytes, .cb = cb, .arg = arg };
	struct store_block *b[READ_BLOCKS];
	uint64_t visible;
	size_t n;
	int err;

	*upto = after;
	for (;;) {
		pthread_mutex_lock(&st->lock);
		visible = st->visible[t];
		n = *upto >= visible ? 0
		    : recent_get(st, t, *upto + 1, b, READ_BLOCKS);
		pthread_mutex_unlock(&st->lock);
		if (n == 0)
			break;
		err = give_recent(&r, b, n, visible, upto);
		if (err != 0 || r.done)
			return err;
	}
	if (*upto >= visible || st->ops->read == NULL)
		return 0;
	err = st->ops->read(st, t, *upto + 1, visible, &r, upto);
	/* The last rows may be deleted: nobody is to ask for them for ever. */
	if (err == 0 && !r.done)
		*upto = visible;
	return err;
}

static int
give_recent_out(struct store_reader *r, struct store_block **b, size_t n,
    struct store_out *o)
{
	size_t i;
	int err = 0;

	for (i = 0; i < n; i++) {
		if (err == 0 && !r->done)
			err = reader_out(r, b[i]->bytes, b[i]->len, o);
		block_unref(b[i]);
	}
	return err;
}

int
store_read_out(struct store *st, uint32_t session, uint32_t epoch,
    uint64_t first, uint64_t last, size_t max_rows, size_t max_bytes,
    store_row_cb cb, void *arg, uint64_t *next)
{
	struct store_reader r = { .max_rows = max_rows,
		.max_bytes = max_bytes, .cb = cb, .arg = arg };
	struct store_out o = { session, epoch, first, last, 0 };
	struct store_block *b[READ_BLOCKS];
	bool all = false;
	size_t n;
	int err = 0;

	*next = first;
	for (;;) {
		pthread_mutex_lock(&st->lock);
		if (session == 0 || session > st->n_sess) {
			pthread_mutex_unlock(&st->lock);
			return FG_ENOENT;
		}
		o.visible = st->visible[STORE_FIX_OUT];
		n = o.next > last ? 0
		    : recent_get_out(st, &o, b, READ_BLOCKS, &all);
		pthread_mutex_unlock(&st->lock);
		if (n == 0)
			break;
		err = give_recent_out(&r, b, n, &o);
		if (err != 0 || r.done)
			break;
	}
	if (err == 0 && !r.done && !all && o.next <= last)
		err = st->ops->read_out(st, &o, &r);
	*next = r.done || err != 0 ? o.next : last + 1;
	return err;
}
