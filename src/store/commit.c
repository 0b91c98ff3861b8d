/* commit.c: a batch packs its rows into blocks as they come. */
#include <assert.h>
#include <stdlib.h>

#include "base/err.h"
#include "store/impl.h"

void
store_commit_free(struct store_commit *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < c->n_block; i++)
		block_unref(c->block[i]);
	free(c->block);
	free(c->state);
	free(c);
}

struct store_batch *
store_begin(struct store *st)
{
	struct store_batch *b = &st->batch;
	unsigned t;

	assert(!b->open);
	b->open = true;
	b->err = 0;
	b->rows = b->bytes = 0;
	for (t = 0; t < st->n_tables; t++)
		b->first[t] = b->next[t] = st->next[t];
	if (b->c == NULL)
		b->c = calloc(1, sizeof(*b->c));
	if (b->c == NULL)
		b->err = FG_ENOMEM;
	else
		b->c->number = st->accepted + 1;
	return b;
}

/* Finish the block of table t that is being packed. */
static int
cut(struct store_batch *b, unsigned t, const struct store_state *state,
    size_t n_state)
{
	struct store_commit *c = b->c;
	struct store_block **v;
	size_t cap;

	if (c->n_block == c->cap_block) {
		cap = c->cap_block == 0 ? 4 : c->cap_block * 2;
		v = realloc(c->block, cap * sizeof(struct store_block *));
		if (v == NULL)
			return FG_ENOMEM;
		c->block = v;
		c->cap_block = cap;
	}
	c->block[c->n_block] = block_finish(&b->pack[t], t, b->first[t],
	    c->number, state, n_state);
	if (c->block[c->n_block] == NULL)
		return FG_ENOMEM;
	c->n_block++;
	b->first[t] = b->next[t];
	return 0;
}

uint64_t
store_add(struct store_batch *b, enum store_table t,
    const struct store_row *row)
{
	struct block_pack *k = &b->pack[t];

	assert(b->open && t > BLOCK_TABLE_STATE && t < b->st->n_tables);
	if (b->err == 0 && block_pack_full(k, row))
		b->err = cut(b, t, NULL, 0);
	if (b->err == 0)
		b->err = block_pack_add(k, row);
	if (b->err == 0 && t == STORE_FIX_OUT)
		b->err = block_pack_range(k, row);
	b->rows++;
	b->bytes += row->len;
	return b->next[t]++;
}

struct store_state *
store_said(const struct store_batch *b, uint32_t id)
{
	const struct store_session *s = b->st->sess[id - 1];
	struct store_commit *c = b->c;

	if (!b->open || c == NULL || s->said_in != c->number
	    || s->said_at >= c->n_state
	    || c->state[s->said_at].session != id)
		return NULL;
	return &c->state[s->said_at];
}

void
store_set_state(struct store_batch *b, const struct store_state *state)
{
	struct store_commit *c = b->c;
	struct store_state *v;
	struct store_session *s;
	size_t cap;

	assert(b->open);
	if (b->err != 0)
		return;
	if (state->session == 0 || state->session > b->st->n_sess) {
		b->err = FG_EINVAL;
		return;
	}
	v = store_said(b, state->session);
	if (v != NULL) {
		*v = *state;
		return;
	}
	s = b->st->sess[state->session - 1];
	if (c->n_state == c->cap_state) {
		cap = c->cap_state == 0 ? 4 : c->cap_state * 2;
		v = realloc(c->state, cap * sizeof(*v));
		if (v == NULL) {
			b->err = FG_ENOMEM;
			return;
		}
		c->state = v;
		c->cap_state = cap;
	}
	s->said_in = c->number;
	s->said_at = c->n_state;
	c->state[c->n_state++] = *state;
}

size_t
store_batch_rows(const struct store_batch *b)
{
	return b->rows;
}

size_t
store_batch_bytes(const struct store_batch *b)
{
	return b->bytes;
}

void
store_abort(struct store_batch *b)
{
	unsigned t;

	assert(b->open);
	for (t = 0; t < b->st->n_tables; t++)
		block_pack_clear(&b->pack[t]);
	store_commit_free(b->c);
	b->c = NULL;
	b->open = false;
}

/* Finish all blocks; the first one that is not yet finished gets the states. */
static int
finish(struct store_batch *b)
{
	struct store_commit *c = b->c;
	bool said = c->n_state == 0;
	unsigned t;
	int err;

	for (t = BLOCK_TABLE_STATE + 1; t < b->st->n_tables; t++) {
		if (b->pack[t].rows == 0)
			continue;
		err = cut(b, t, c->state, said ? 0 : c->n_state);
		if (err != 0)
			return err;
		said = true;
	}
	if (said)
		return 0;
	b->first[BLOCK_TABLE_STATE] = c->number;
	return cut(b, BLOCK_TABLE_STATE, c->state, c->n_state);
}

/* The commit counts: from now on it is what the store has. */
static int
accept(struct store *st, struct store_commit *c)
{
	size_t i;
	int err = 0;

	pthread_mutex_lock(&st->lock);
	for (i = 0; i < c->n_block && err == 0; i++)
		err = recent_push(st, c->block[i]);
	for (i = 0; i < c->n_state; i++)
		st->sess[c->state[i].session - 1]->state = c->state[i];
	TAILQ_INSERT_TAIL(&st->pending, c, link);
	st->accepted = c->number;
	pthread_mutex_unlock(&st->lock);
	return err;
}

int
store_commit(struct store_batch *b, uint64_t *commit)
{
	struct store *st = b->st;
	unsigned t;

	*commit = st->accepted;
	if (b->err == 0)
		b->err = st->failed;
	if (b->err == 0 && b->rows == 0 && b->c->n_state == 0) {
		b->open = false;
		return 0;
	}
	if (b->err == 0)
		b->err = finish(b);
	if (b->err == 0 && st->ops->write != NULL)
		b->err = st->ops->write(st, b->c);
	if (b->err != 0) {
		store_abort(b);
		return b->err;
	}
	for (t = BLOCK_TABLE_STATE + 1; t < st->n_tables; t++)
		st->next[t] = b->next[t];
	*commit = b->c->number;
	if (accept(st, b->c) != 0)
		store_fail(st, FG_ENOMEM, "out of memory");
	b->c = NULL;
	b->open = false;
	st->ops->accepted(st);
	return 0;
}
