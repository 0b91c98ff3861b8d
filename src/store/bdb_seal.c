/*
 * bdb_seal.c: sealing a segment that is not full: what goes to the archive is
 * whole segments, and a quiet table would never fill one.
 */
#include <string.h>

#include "base/cursor.h"
#include "base/err.h"
#include "store/bdb.h"

#define SEAL_TRIES  5
#define STATE_TRIES 100 /* of a transaction that a deadlock ended */

/* The last segment, and what row comes next; false: it has no row. With
 * write_lock. */
static bool
last_of(struct bdb *b, unsigned t, struct bdb_seg **s, uint64_t *next)
{
	*next = b->next[t];
	*s = bdb_seg_of(b, t, UINT64_MAX);
	return *s != NULL && (*s)->first < *next;
}

static void
forget(struct bdb *b, unsigned t, uint64_t first, DB *rows, DB *out)
{
	char name[BDB_SEG_NAME];

	if (rows != NULL) {
		rows->close(rows, DB_NOSYNC);
		bdb_seg_name(b, t, "", first, name);
		b->env->dbremove(b->env, NULL, name, NULL, DB_AUTO_COMMIT);
	}
	if (out != NULL) {
		out->close(out, DB_NOSYNC);
		bdb_seg_name(b, t, "_INDEX", first, name);
		b->env->dbremove(b->env, NULL, name, NULL, DB_AUTO_COMMIT);
	}
}

/* The files come first: the writer waits for no more than an entry in the list.
 * 1: sealed; 0: a row came meanwhile; or FG_E*. */
static int
try_seal(struct bdb *b, unsigned t)
{
	struct bdb_seg *was, *s = NULL;
	DB *rows = NULL, *out = NULL;
	uint64_t next, now;
	bool any;
	int err;

	pthread_mutex_lock(&b->write_lock);
	any = last_of(b, t, &was, &next);
	pthread_mutex_unlock(&b->write_lock);
	if (!any)
		return 1;
	err = store_fault(&b->st, "seal");
	if (err == 0)
		err = bdb_seg_file(b, t, "", next, &rows);
	if (err == 0 && t == STORE_FIX_OUT)
		err = bdb_seg_file(b, t, "_INDEX", next, &out);
	if (err == 0) {
		pthread_mutex_lock(&b->write_lock);
		if (last_of(b, t, &s, &now) && s == was && now == next) {
			pthread_mutex_lock(&b->seg_lock);
			s = bdb_seg_add(b, t, next);
			if (s != NULL) {
				s->rows = rows;
				s->out = out;
			}
			pthread_mutex_unlock(&b->seg_lock);
			err = s == NULL ? FG_ENOMEM : 1;
			b->sealed = true;
		}
		pthread_mutex_unlock(&b->write_lock);
	}
	if (err != 1)
		forget(b, t, next, rows, out);
	return err;
}

int
bdb_seal(struct store *st, unsigned t)
{
	struct bdb *b = (struct bdb *)st;
	int i, rc = 0;

	for (i = 0; i < SEAL_TRIES && rc == 0; i++)
		rc = try_seal(b, t);
	return rc == 0 ? FG_EBUSY : rc < 0 ? rc : 0;
}

int
bdb_states_now(struct bdb *b)
{
	DB_TXN *txn;
	int ret, tries = 0;

	pthread_mutex_lock(&b->write_lock);
	do {
		ret = b->env->txn_begin(b->env, NULL, &txn, 0);
		if (ret != 0)
			break;
		ret = bdb_state_put(b, txn, false);
		if (ret != 0)
			txn->abort(txn);
		else
			ret = txn->commit(txn, bdb_commit_flags(b));
	} while (ret == DB_LOCK_DEADLOCK && ++tries < STATE_TRIES);
	if (ret == 0) {
		bdb_state_clean(b);
		b->since_states = 0;
	}
	pthread_mutex_unlock(&b->write_lock);
	return bdb_err(ret);
}

/* From which row of a table on a start reads it. 0 or FG_E*. */
static int
start_reads(struct bdb *b, unsigned t, uint64_t *row)
{
	struct buf v = { 0 };
	struct cursor c;
	unsigned i, n;
	int err = bdb_get(b->meta, BDB_STATES_KEY, strlen(BDB_STATES_KEY), 0,
	    &v);

	*row = 1;
	if (err == 0) {
		c = cursor_over(v.p, v.len);
		cursor_get8(&c);
		cursor_get64(&c);
		n = cursor_get8(&c);
		for (i = 0; i < n && i <= t; i++)
			*row = cursor_get64(&c);
		if (n <= t)
			*row = 1;
		err = c.err != 0 ? FG_EDAMAGED : 0;
	}
	buf_free(&v);
	return err == FG_ENOENT ? 0 : err;
}

int
bdb_is_sealed(struct bdb *b, unsigned t, const struct bdb_seg *s)
{
	struct bdb_seg *after = bdb_seg_after(b, t, s);
	uint64_t visible, row;
	int err;

	if (after == NULL)
		return 0;
	pthread_mutex_lock(&b->st.lock);
	visible = t == BLOCK_TABLE_STATE ? b->st.durable : b->st.visible[t];
	pthread_mutex_unlock(&b->st.lock);
	/* Rows that are not durable may be taken back, and others come in the
	 * segment before (bdb_seg_hot). */
	if (after->first > visible + 1)
		return 0;
	err = start_reads(b, t, &row);
	if (err == 0 && row < after->first) {
		err = bdb_states_now(b);
		if (err == 0)
			err = start_reads(b, t, &row);
	}
	return err != 0 ? err : row >= after->first;
}
