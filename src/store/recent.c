/*
 * recent.c: the newest blocks of each table, in memory: what was just written
 * is read from here (a cursor at the tail of a segment costs its writer several
 * times), and commits that are not yet on disk have no other place. A bound in
 * bytes holds for the blocks that are visible; the others stay until they are.
 */
#include <stdlib.h>

#include "base/err.h"
#include "store/impl.h"

#define RECENT_FIRST 64 /* blocks of the first allocation */

static struct store_block *
at(const struct recent *r, size_t i)
{
	return r->v[(r->head + i) & (r->cap - 1)];
}

static int
grow(struct recent *r)
{
	size_t i, cap = r->cap == 0 ? RECENT_FIRST : r->cap * 2;
	struct store_block **v = malloc(cap * sizeof(*v));

	if (v == NULL)
		return FG_ENOMEM;
	for (i = 0; i < r->n; i++)
		v[i] = at(r, i);
	free(r->v);
	r->v = v;
	r->head = 0;
	r->cap = cap;
	return 0;
}

static struct store_session *
session_of(struct store *st, const struct block_range *g)
{
	if (g->session == 0 || g->session > st->n_sess)
		return NULL;
	return st->sess[g->session - 1];
}

int
recent_push(struct store *st, struct store_block *b)
{
	struct recent *r = &st->recent[b->table];
	struct store_session *s;
	size_t i;

	if (r->n == r->cap && grow(r) != 0)
		return FG_ENOMEM;
	r->v[(r->head + r->n++) & (r->cap - 1)] = block_ref(b);
	r->bytes += b->len;
	for (i = 0; i < b->n_range; i++) {
		s = session_of(st, &b->range[i]);
		if (s != NULL)
			TAILQ_INSERT_TAIL(&s->recent, &b->range[i], link);
	}
	return 0;
}

static void
forget(struct store *st, struct recent *r, struct store_block *b)
{
	struct store_session *s;
	size_t i;

	for (i = 0; i < b->n_range; i++) {
		s = session_of(st, &b->range[i]);
		if (s != NULL)
			TAILQ_REMOVE(&s->recent, &b->range[i], link);
	}
	r->bytes -= b->len;
	r->n--;
	block_unref(b);
}

void
recent_trim(struct store *st, unsigned table)
{
	struct recent *r = &st->recent[table];
	struct store_block *b;

	if (st->recent_bytes == 0)
		return;
	while (r->n != 0 && r->bytes > st->recent_bytes) {
		b = at(r, 0);
		if (block_last(b) > st->visible[table])
			return;
		r->head = (r->head + 1) & (r->cap - 1);
		forget(st, r, b);
		r->evicted = true;
	}
}

void
recent_forget(struct store *st, unsigned table, uint64_t seq)
{
	struct recent *r = &st->recent[table];
	struct store_block *b;

	while (r->n != 0) {
		b = at(r, 0);
		if (block_last(b) >= seq)
			return;
		r->head = (r->head + 1) & (r->cap - 1);
		forget(st, r, b);
		r->evicted = true;
	}
}

void
recent_cut(struct store *st, unsigned table)
{
	struct recent *r = &st->recent[table];
	struct store_block *b;

	while (r->n != 0) {
		b = at(r, r->n - 1);
		if (b->first <= st->visible[table])
			return;
		forget(st, r, b);
	}
}

void
recent_free(struct store *st)
{
	struct recent *r;
	unsigned t;

	for (t = 0; t < STORE_TABLES_MAX; t++) {
		r = &st->recent[t];
		while (r->n != 0)
			forget(st, r, at(r, r->n - 1));
		free(r->v);
	}
}

size_t
recent_get(struct store *st, unsigned table, uint64_t seq,
    struct store_block **out, size_t max)
{
	struct recent *r = &st->recent[table];
	size_t lo = 0, hi = r->n, mid, n;

	if (r->n == 0 || at(r, 0)->first > seq)
		return 0;
	while (hi - lo > 1) {
		mid = lo + (hi - lo) / 2;
		if (at(r, mid)->first <= seq)
			lo = mid;
		else
			hi = mid;
	}
	for (n = 0; n < max && lo < r->n; lo++) {
		if (at(r, lo)->first > st->visible[table])
			break;
		out[n++] = block_ref(at(r, lo));
	}
	return n;
}

size_t
recent_get_out(struct store *st, const struct store_out *o,
    struct store_block **out, size_t max, bool *all)
{
	struct store_session *s = st->sess[o->session - 1];
	struct block_range *g, *from = NULL;
	size_t n = 0;

	/* Back from the newest to the first one that ends before the wanted. */
	TAILQ_FOREACH_REVERSE (g, &s->recent, block_ranges, link) {
		if (g->epoch > o->epoch)
			continue;
		if (g->epoch < o->epoch || g->last < o->next)
			break;
		from = g;
	}
	*all = g != NULL || !st->recent[STORE_FIX_OUT].evicted
	    || (from != NULL && from->first <= o->next);
	if (!*all)
		return 0;
	for (g = from; g != NULL && n < max; g = TAILQ_NEXT(g, link)) {
		if (g->epoch != o->epoch || g->first > o->last
		    || g->block->first > o->visible)
			break;
		out[n++] = block_ref((struct store_block *)(uintptr_t)g->block);
	}
	return n;
}
