/*
 * bdb_commit.c: a commit is one transaction: one put for each of its blocks,
 * one entry in the resend index for each session in a block of FIX_OUT, and
 * from time to time the states (bdb_state.c).
 */
#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "store/bdb.h"

#define STATES_EVERY 4096 /* commits between two state checkpoints */
#define TRIES_MAX    100  /* of a transaction that a deadlock ended */
#define LOG_OVERHEAD 256  /* bytes of log of a put, beside its value */

static int
put_index(DB_TXN *txn, DB *out, const struct store_block *k)
{
	unsigned char key[BDB_OUT_KEY], value[BDB_OUT];
	const struct block_range *g;
	uint64_t v;
	uint32_t id;
	size_t i;
	DBT kd, vd;
	int ret = 0;

	kd = bdb_dbt(key, sizeof(key));
	vd = bdb_dbt(value, sizeof(value));
	for (i = 0; i < k->n_range && ret == 0; i++) {
		g = &k->range[i];
		id = htobe32(g->session);
		memcpy(key, &id, 4);
		id = htobe32(g->epoch);
		memcpy(key + 4, &id, 4);
		v = htobe64(g->first);
		memcpy(key + 8, &v, 8);
		v = htobe64(g->last);
		memcpy(value, &v, 8);
		v = htobe64(k->first);
		memcpy(value + 8, &v, 8);
		ret = out->put(out, txn, &kd, &vd, 0);
	}
	return ret;
}

/* The name of the step is made only where somebody asks for it. */
static int
put_fault(struct bdb *b, enum store_table t)
{
	char step[32];

	if (b->st.cfg.fault == NULL)
		return 0;
	snprintf(step, sizeof(step), "%s put", bdb_table_name(b, t));
	return store_fault(&b->st, step);
}

/* Steps fail with an FG_E number from the tests or a Berkeley DB one; *err
 * gets the former, the return value is the latter. */
static int
put_blocks(struct bdb *b, DB_TXN *txn, const struct store_commit *c,
    int *err)
{
	const struct store_block *k;
	struct bdb_seg *s;
	uint64_t key;
	DB *db;
	size_t i;
	DBT kd, vd;
	int ret = 0;

	for (i = 0; i < c->n_block && ret == 0; i++) {
		k = c->block[i];
		*err = put_fault(b, k->table);
		if (*err != 0)
			return 0;
		s = bdb_seg_of(b, k->table, k->first);
		db = s->rows;
		key = htobe64(k->first);
		kd = bdb_dbt(&key, sizeof(key));
		vd = bdb_dbt(k->bytes, k->len);
		ret = db->put(db, txn, &kd, &vd, 0);
		if (ret != 0 || k->n_range == 0)
			continue;
		*err = store_fault(&b->st, "index put");
		if (*err != 0)
			return 0;
		ret = put_index(txn, s->out, k);
	}
	return ret;
}

/* One try: 0, or Berkeley DB's error with *err as FG_E*. */
static int
try_commit(struct bdb *b, const struct store_commit *c, bool states, int *err)
{
	DB_TXN *txn;
	int ret;

	*err = 0;
	ret = b->env->txn_begin(b->env, NULL, &txn, 0);
	if (ret != 0) {
		*err = bdb_err(ret);
		return ret;
	}
	if (states) {
		*err = store_fault(&b->st, "states put");
		if (*err == 0)
			ret = bdb_state_put(b, txn, false);
	}
	if (ret == 0 && *err == 0)
		ret = put_blocks(b, txn, c, err);
	if (ret == 0 && *err == 0)
		*err = store_fault(&b->st, "commit");
	if (ret != 0 || *err != 0) {
		txn->abort(txn);
		if (*err == 0)
			*err = bdb_err(ret);
		return ret;
	}
	ret = txn->commit(txn, bdb_commit_flags(b));
	*err = bdb_err(ret);
	return ret;
}

/* Segments are made before the transaction: an empty one does no harm. */
static int
open_segments(struct bdb *b, const struct store_commit *c)
{
	struct bdb_seg *s;
	size_t i;
	int err = 0;

	for (i = 0; i < c->n_block && err == 0; i++)
		err = bdb_seg_hot(b, c->block[i]->table, c->block[i]->first,
		    &s);
	return err;
}

static void
wrote(struct bdb *b, const struct store_commit *c, bool states)
{
	const struct store_block *k;
	uint64_t bytes = 0;
	size_t i;

	if (states)
		bdb_state_clean(b);
	b->since_states = states ? 0 : b->since_states + 1;
	for (i = 0; i < c->n_block; i++) {
		k = c->block[i];
		b->next[k->table] = k->table == BLOCK_TABLE_STATE
		    ? c->number + 1 : k->first + k->rows;
		bdb_seg_of(b, k->table, k->first)->bytes += k->len;
		bytes += k->len + LOG_OVERHEAD * (1 + k->n_range);
	}
	bdb_state_apply(b, c);
	b->written = c->number;
	bdb_threads_wrote(b, bytes);
}

int
bdb_write(struct store *st, struct store_commit *c)
{
	struct bdb *b = (struct bdb *)st;
	bool states;
	int err, ret, tries = 0;

	pthread_mutex_lock(&b->write_lock);
	err = open_segments(b, c);
	states = b->since_states >= STATES_EVERY || b->sealed;
	if (err == 0) {
		do
			ret = try_commit(b, c, states, &err);
		while (ret == DB_LOCK_DEADLOCK && ++tries < TRIES_MAX);
	}
	if (err == 0) {
		wrote(b, c, states);
		/* A place to die: it is too late to fail. */
		(void)store_fault(st, "committed");
	}
	pthread_mutex_unlock(&b->write_lock);
	return err;
}

static int
del_block(struct bdb *b, DB_TXN *txn, const struct store_block *k)
{
	struct bdb_seg *s = bdb_seg_of(b, k->table, k->first);
	unsigned char out[BDB_OUT_KEY];
	uint64_t key = htobe64(k->first), v;
	uint32_t id;
	size_t i;
	DBT kd = bdb_dbt(&key, sizeof(key));
	DB *rows = s->rows, *index = s->out;
	int ret = rows->del(rows, txn, &kd, 0);

	for (i = 0; i < k->n_range && ret == 0; i++) {
		id = htobe32(k->range[i].session);
		memcpy(out, &id, 4);
		id = htobe32(k->range[i].epoch);
		memcpy(out + 4, &id, 4);
		v = htobe64(k->range[i].first);
		memcpy(out + 8, &v, 8);
		kd = bdb_dbt(out, sizeof(out));
		ret = index->del(index, txn, &kd, 0);
	}
	return ret;
}

/* The states as of the last durable commit. */
static void
go_back(struct bdb *b)
{
	struct store *st = &b->st;
	unsigned t;
	size_t i;

	pthread_mutex_lock(&st->lock);
	for (i = 0; i < st->n_sess; i++)
		b->state[i].s = st->sess[i]->durable;
	for (t = BLOCK_TABLE_STATE + 1; t < st->n_tables; t++)
		b->next[t] = st->visible[t] + 1;
	b->next[BLOCK_TABLE_STATE] = st->durable + 1;
	b->written = st->durable;
	pthread_mutex_unlock(&st->lock);
}

/* The queue of pending commits is the loop's to read here: the writer waits. */
static int
undo(struct bdb *b)
{
	struct store_commit *c;
	uint64_t written = b->written;
	DB_TXN *txn;
	size_t i;
	int err, ret;

	err = store_fault(&b->st, "undo");
	if (err != 0)
		return err;
	ret = b->env->txn_begin(b->env, NULL, &txn, 0);
	if (ret != 0)
		return bdb_err(ret);
	TAILQ_FOREACH (c, &b->st.pending, link)
		for (i = 0; i < c->n_block && c->number <= written
		    && ret == 0; i++)
			ret = del_block(b, txn, c->block[i]);
	go_back(b);
	if (ret == 0)
		ret = bdb_state_put(b, txn, true);
	b->written = written;
	if (ret != 0) {
		txn->abort(txn);
		return bdb_err(ret);
	}
	ret = txn->commit(txn, DB_TXN_SYNC);
	if (ret == 0)
		b->written = b->st.durable;
	return bdb_err(ret);
}

int
bdb_undo(struct bdb *b)
{
	int err;

	pthread_mutex_lock(&b->write_lock);
	err = undo(b);
	pthread_mutex_unlock(&b->write_lock);
	return err;
}
