/* archive_read.c: frames, blocks and rows of an archive file. */
#include <stdlib.h>

#include "base/err.h"
#include "store/archive_int.h"

void
archive_let_go(struct archive_loaded *l)
{
	if (l != NULL && atomic_fetch_sub(&l->refs, 1) == 1)
		free(l);
}

static int
load_frame(struct archive *a, size_t i, struct archive_loaded **out)
{
	const struct archive_frame *f = &a->frame[i];
	struct archive_loaded *l = NULL, *before;
	int err;

	pthread_mutex_lock(&a->lock);
	if (a->last != NULL && a->last->frame == i) {
		l = a->last;
		atomic_fetch_add(&l->refs, 1);
	}
	pthread_mutex_unlock(&a->lock);
	*out = l;
	if (l != NULL)
		return 0;
	l = malloc(sizeof(*l) + f->raw);
	if (l == NULL)
		return FG_ENOMEM;
	l->refs = 2;
	l->frame = i;
	l->n = f->raw;
	err = archive_unpack(a, f->at, f->packed, l->p, f->raw);
	if (err != 0) {
		free(l);
		return err;
	}
	pthread_mutex_lock(&a->lock);
	before = a->last;
	a->last = l;
	pthread_mutex_unlock(&a->lock);
	archive_let_go(before);
	*out = l;
	return 0;
}

/* The first frame that ends at seq or later; n_frame: none. */
static size_t
frame_of(const struct archive *a, uint64_t seq)
{
	size_t lo = 0, hi = a->n_frame, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (a->frame[mid].last < seq)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The block at *at, which moves behind it; false in *any: the end. */
static int
next_block(const struct archive *a, const struct archive_loaded *l, size_t *at,
    struct block_head *h, const char **p, bool *any)
{
	int err;

	*any = *at < l->n;
	if (!*any)
		return 0;
	*p = l->p + *at;
	err = block_head(*p, l->n - *at, h);
	if (err == 0 && (h->len > l->n - *at || h->table != a->info.table))
		err = FG_EDAMAGED;
	if (err == 0)
		*at += h->len;
	return err;
}

static bool
ends_before(const struct block_head *h, uint64_t seq)
{
	return h->first + (h->rows == 0 ? 0 : h->rows - 1) < seq;
}

int
archive_blocks(struct archive *a, uint64_t from, archive_block_cb cb,
    void *arg)
{
	struct block_head h;
	struct archive_loaded *l;
	const char *p;
	size_t i, at;
	bool any = true, stop = false;
	int err = 0;

	for (i = frame_of(a, from); i < a->n_frame && err == 0 && !stop; i++) {
		err = load_frame(a, i, &l);
		if (err != 0)
			break;
		for (at = 0; err == 0 && !stop;) {
			err = next_block(a, l, &at, &h, &p, &any);
			if (err != 0 || !any)
				break;
			if (!ends_before(&h, from))
				stop = cb(arg, p, h.len) != 0;
		}
		archive_let_go(l);
	}
	return err;
}

struct reading {
	struct store_reader *r;
	uint64_t from, to, *upto;
	bool *more;
	int err;
};

static int
give_block(void *arg, const void *p, size_t n)
{
	struct reading *k = arg;
	struct block_head h;

	k->err = block_head(p, n, &h);
	if (k->err == 0 && h.first > k->to)
		*k->more = false;
	else if (k->err == 0)
		k->err = reader_block(k->r, p, n, k->from, k->to, k->upto);
	if (k->r->done)
		*k->more = false;
	return k->err != 0 || !*k->more;
}

int
archive_read(struct archive *a, uint64_t from, uint64_t to,
    struct store_reader *r, uint64_t *upto, bool *more)
{
	struct reading k = { .r = r, .from = from, .to = to, .upto = upto,
		.more = more };
	int err = archive_blocks(a, from, give_block, &k);

	return err != 0 ? err : k.err;
}

int
archive_rows(struct archive *a, uint64_t after, size_t max_rows,
    size_t max_bytes, store_row_cb cb, void *arg, uint64_t *upto)
{
	struct store_reader r = { .max_rows = max_rows,
		.max_bytes = max_bytes, .cb = cb, .arg = arg };
	bool more = true;

	*upto = after;
	return archive_read(a, after + 1, UINT64_MAX, &r, upto, &more);
}

/* ---- resends ---- */

/* The ranges of a session and epoch: from the first one on; *n of them. */
static const struct archive_range *
ranges_of(const struct archive *a, const struct store_out *o, size_t *n)
{
	struct archive_range want = { .session = o->session,
		.epoch = o->epoch };
	size_t lo = 0, hi = a->n_range, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (archive_by_session(&a->range[mid], &want) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (*n = 0; lo + *n < a->n_range; ++*n)
		if (a->range[lo + *n].session != o->session ||
		    a->range[lo + *n].epoch != o->epoch)
			break;
	return a->range + lo;
}

bool
archive_out_before(const struct archive *a, const struct store_out *o)
{
	size_t n;
	const struct archive_range *r = ranges_of(a, o, &n);

	return n != 0 && r->first <= o->next;
}

static int
read_out_frame(struct archive *a, size_t frame, struct store_out *o,
    struct store_reader *r)
{
	struct block_head h;
	struct archive_loaded *l;
	const char *p;
	size_t at = 0;
	bool any;
	int err = load_frame(a, frame, &l);

	if (err != 0)
		return err;
	while (err == 0 && !r->done) {
		err = next_block(a, l, &at, &h, &p, &any);
		if (err != 0 || !any || h.first > o->visible)
			break;
		err = reader_out(r, p, h.len, o);
	}
	archive_let_go(l);
	return err;
}

int
archive_read_out(struct archive *a, struct store_out *o,
    struct store_reader *r)
{
	size_t n, i;
	const struct archive_range *g = ranges_of(a, o, &n);
	int err = 0;

	for (i = 0; i < n && err == 0 && !r->done && o->next <= o->last; i++)
		if (g[i].first <= o->last && g[i].last >= o->next)
			err = read_out_frame(a, g[i].frame, o, r);
	return err;
}

