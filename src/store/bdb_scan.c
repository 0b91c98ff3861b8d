/*
 * bdb_scan.c: at start: the blocks behind the last state checkpoint tell the
 * states of the sessions and the next sequences, and prove that no commit is
 * missing: every number up to the last is in the head of some block.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/err.h"
#include "store/bdb.h"

struct scan {
	struct bdb *b;
	uint64_t from;    /* commit of the checkpoint */
	uint64_t last;    /* newest commit */
	uint64_t *said;   /* for each session: commit of its state */
	struct buf seen;  /* a byte for each commit behind from */
	struct buf value;
};

static int
load_states_mark(struct scan *s)
{
	struct buf v = { 0 };
	struct cursor c;
	uint64_t next;
	unsigned t, n;
	int err = bdb_get(s->b->meta, BDB_STATES_KEY, strlen(BDB_STATES_KEY), 0,
	    &v);

	for (t = 0; t < STORE_TABLES_MAX; t++)
		s->b->next[t] = 1;
	if (err == 0) {
		c = cursor_over(v.p, v.len);
		if (cursor_get8(&c) != BDB_STATE_VERSION)
			err = FG_EFORMAT;
		s->from = s->last = cursor_get64(&c);
		n = cursor_get8(&c);
		for (t = 0; t < n && err == 0; t++) {
			next = cursor_get64(&c);
			if (t < STORE_TABLES_MAX)
				s->b->next[t] = next;
		}
		if (err == 0 && c.err != 0)
			err = FG_EDAMAGED;
	}
	buf_free(&v);
	return err == FG_ENOENT ? 0 : err;
}

/* Commit number n was found. */
static int
saw(struct scan *s, uint64_t n)
{
	size_t at = (size_t)(n - s->from), len = s->seen.len;

	if (n <= s->from)
		return FG_EDAMAGED;
	if (at > len) {
		if (buf_reserve(&s->seen, at - len) != 0)
			return FG_ENOMEM;
		memset(s->seen.p + len, 0, at - len);
		s->seen.len = at;
	}
	s->seen.p[at - 1] = 1;
	if (n > s->last)
		s->last = n;
	return 0;
}

static int
take_states(struct scan *s, DB *db, uint64_t key, const struct block_head *h)
{
	struct store_state st;
	uint32_t i;
	int err;

	s->value.len = 0;
	err = bdb_get(db, &key, sizeof(key),
	    BLOCK_HEAD + (size_t)h->states * BLOCK_STATE, &s->value);
	for (i = 0; i < h->states && err == 0; i++) {
		block_state(s->value.p, i, &st);
		if (st.session == 0 || st.session > s->b->n_state)
			return FG_EDAMAGED;
		if (h->commit < s->said[st.session - 1])
			continue;
		s->said[st.session - 1] = h->commit;
		s->b->state[st.session - 1].s = st;
		s->b->state[st.session - 1].dirty = true;
		s->b->st.sess[st.session - 1]->state = st;
		s->b->st.sess[st.session - 1]->durable = st;
	}
	return err;
}

static int
scan_block(struct scan *s, DB *db, unsigned t, const DBT *kd, const DBT *vd)
{
	struct block_head h;
	uint64_t key;
	int err = block_head(vd->data, vd->size, &h);

	if (err != 0)
		return err;
	if (kd->size != sizeof(key))
		return FG_EDAMAGED;
	memcpy(&key, kd->data, sizeof(key));
	if (h.table != t || h.first != be64toh(key)
	    || (t != BLOCK_TABLE_STATE && h.first != s->b->next[t]))
		return FG_EDAMAGED;
	s->b->next[t] = t == BLOCK_TABLE_STATE ? h.commit + 1
	    : h.first + h.rows;
	err = saw(s, h.commit);
	if (err == 0 && h.states != 0)
		err = take_states(s, db, key, &h);
	return err;
}

static int
scan_seg(struct scan *s, unsigned t, struct bdb_seg *seg)
{
	char head[BLOCK_HEAD];
	uint64_t key = htobe64(s->b->next[t]);
	DBT kd = { 0 }, vd = { 0 };
	DBC *c;
	DB *db;
	int ret, err = seg->arc != NULL ? FG_EDAMAGED
	    : bdb_seg_open(s->b, t, seg);

	if (err != 0)
		return err;
	db = seg->rows;
	ret = db->cursor(db, NULL, &c, 0);
	if (ret != 0)
		return bdb_err(ret);
	kd.data = &key;
	kd.size = sizeof(key);
	vd.data = head;
	vd.ulen = sizeof(head);
	vd.dlen = BLOCK_HEAD;
	vd.flags = DB_DBT_USERMEM | DB_DBT_PARTIAL;
	ret = c->get(c, &kd, &vd, DB_SET_RANGE);
	while (ret == 0 && err == 0) {
		err = scan_block(s, db, t, &kd, &vd);
		if (err == 0)
			ret = c->get(c, &kd, &vd, DB_NEXT);
	}
	c->close(c);
	return err != 0 || ret == DB_NOTFOUND ? err : bdb_err(ret);
}

static int
scan_table(struct scan *s, unsigned t)
{
	struct bdb_seg *seg = bdb_seg_of(s->b, t, s->b->next[t]), *before;
	int err = 0;

	/* The block before may be in the segment before, and be longer. */
	before = seg == NULL ? NULL : bdb_seg_before(s->b, t, seg);
	if (before != NULL && before->arc == NULL)
		seg = before;
	for (; seg != NULL && err == 0; seg = bdb_seg_after(s->b, t, seg))
		err = scan_seg(s, t, seg);
	if (err != 0)
		bdb_why(s->b, err, "store %s: table %s, row %llu: %s; restore "
		    "the store from a backup", s->b->path, bdb_table_name(s->b, t),
		    (unsigned long long)s->b->next[t], fg_strerror(err));
	return err;
}

static int
check_commits(struct scan *s)
{
	size_t i;

	for (i = 0; i < s->seen.len; i++)
		if (s->seen.p[i] == 0)
			return bdb_why(s->b, FG_EDAMAGED, "store %s: commit "
			    "%llu is missing; restore the store from a backup",
			    s->b->path,
			    (unsigned long long)(s->from + i + 1));
	return 0;
}

static void
bring_up(struct scan *s)
{
	struct bdb *b = s->b;
	struct store *st = &b->st;
	unsigned t;

	for (t = BLOCK_TABLE_STATE; t < st->n_tables; t++) {
		st->next[t] = b->next[t];
		st->visible[t] = b->next[t] - 1;
		if (st->visible[t] != 0 && b->table[t].n != 0)
			st->oldest[t] = bdb_kept_oldest(b, t);
		st->recent[t].evicted = st->visible[t] != 0;
	}
	b->written = s->last;
	b->flushed = s->last;
	st->accepted = s->last;
	st->durable = s->last;
	b->since_states = (unsigned)(s->last - s->from);
}

int
bdb_scan(struct bdb *b)
{
	struct scan s = { .b = b };
	unsigned t;
	int err = load_states_mark(&s);

	s.said = calloc(b->n_state + 1, sizeof(*s.said));
	if (err == 0 && s.said == NULL)
		err = FG_ENOMEM;
	for (t = 0; t < b->st.n_tables && err == 0; t++)
		err = scan_table(&s, t);
	if (err == 0)
		err = check_commits(&s);
	if (err == 0)
		bring_up(&s);
	free(s.said);
	buf_free(&s.seen);
	buf_free(&s.value);
	return err;
}
