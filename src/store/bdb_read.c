/*
 * bdb_read.c: reading from the segments. One call is one short use of a cursor
 * without a transaction: nothing is held between calls, and what a reader sees
 * below the visible mark never changes. Blocks come in bulk.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "store/bdb.h"

#define BULK_FIRST  (128 * 1024) /* bytes of a bulk read; grows to the block */
#define BULK_UNIT   4096         /* its size is a multiple of the page */
#define OUT_ENTRIES 64           /* index entries taken at once */

/* Put the cursor on the block with row seq, or the first one after it. */
static int
position(DBC *c, uint64_t seq)
{
	uint64_t key = htobe64(seq);
	DBT kd = { .data = &key, .size = sizeof(key), .ulen = sizeof(key),
		.flags = DB_DBT_USERMEM };
	DBT vd = { .flags = DB_DBT_USERMEM | DB_DBT_PARTIAL };
	int ret = c->get(c, &kd, &vd, DB_SET_RANGE);

	if (ret == 0 && be64toh(key) == seq)
		return 0;
	if (ret != 0 && ret != DB_NOTFOUND)
		return ret;
	return c->get(c, &kd, &vd, ret == 0 ? DB_PREV : DB_LAST);
}

int
bdb_bulk(DBC *c, struct buf *v, DBT *vd, uint32_t how)
{
	DBT kd = { 0 };
	size_t want;
	int ret;

	for (;;) {
		*vd = (DBT){ .data = v->p,
			.ulen = (uint32_t)(v->cap / BULK_UNIT * BULK_UNIT),
			.flags = DB_DBT_USERMEM };
		ret = c->get(c, &kd, vd, how | DB_MULTIPLE_KEY);
		if (ret != DB_BUFFER_SMALL)
			return ret;
		want = (size_t)vd->size + BULK_UNIT;
		if (buf_reserve(v, want > v->cap * 2 ? want : v->cap * 2) != 0)
			return ENOMEM;
	}
}

/* Give the rows of a bulk; false in *more: the end is reached. */
static int
give_bulk(const DBT *vd, uint64_t from, uint64_t to, struct store_reader *r,
    uint64_t *upto, bool *more)
{
	DBT in = *vd;
	void *at, *key, *block;
	uint32_t klen, len;
	uint64_t first;
	int err = 0;

	DB_MULTIPLE_INIT(at, &in);
	while (err == 0 && *more) {
		DB_MULTIPLE_KEY_NEXT(at, &in, key, klen, block, len);
		if (at == NULL)
			return 0;
		if (klen != sizeof(first))
			return FG_EDAMAGED;
		memcpy(&first, key, sizeof(first));
		if (be64toh(first) > to)
			*more = false;
		else
			err = reader_block(r, block, len, from, to, upto);
		if (r->done)
			*more = false;
	}
	return err;
}

static int
read_seg(struct bdb_seg *s, uint64_t from, uint64_t to, struct buf *v,
    struct store_reader *r, uint64_t *upto, bool *more)
{
	DB *db = s->rows;
	DBT vd;
	DBC *c;
	int err = 0, ret = db->cursor(db, NULL, &c, 0);

	if (ret != 0)
		return bdb_err(ret);
	ret = position(c, from);
	if (ret == DB_NOTFOUND)
		ret = bdb_bulk(c, v, &vd, DB_FIRST);
	else if (ret == 0)
		ret = bdb_bulk(c, v, &vd, DB_CURRENT);
	while (ret == 0) {
		err = give_bulk(&vd, from, to, r, upto, more);
		if (err != 0 || !*more)
			break;
		ret = bdb_bulk(c, v, &vd, DB_NEXT);
	}
	c->close(c);
	return err != 0 || ret == DB_NOTFOUND ? err : bdb_err(ret);
}

/* Does a segment have a block at or before row seq: 1, 0 or FG_E*. */
static int
covers(struct bdb *b, unsigned t, struct bdb_seg *s, uint64_t seq)
{
	struct archive *a;
	DB *db;
	DBC *c;
	int ret, err = bdb_seg_hold(b, t, s, &a);

	if (err != 0)
		return err;
	if (a != NULL) {
		ret = archive_info(a)->first <= seq;
		bdb_seg_release(b, s, a);
		return ret;
	}
	db = s->rows;
	ret = db->cursor(db, NULL, &c, 0);
	if (ret == 0) {
		ret = position(c, seq);
		c->close(c);
	}
	bdb_seg_release(b, s, NULL);
	return ret == 0 ? 1 : ret == DB_NOTFOUND ? 0 : bdb_err(ret);
}

/* The segment whose blocks have row from; usually the one with its name, but
 * the segment before may have been written to again (see bdb_seg_hot). */
static int
first_seg(struct bdb *b, unsigned t, uint64_t from, struct bdb_seg **out)
{
	struct bdb_seg *s = bdb_seg_of(b, t, from);
	int rc = 0;

	for (*out = s; s != NULL && rc == 0; s = bdb_seg_before(b, t, s)) {
		*out = s;
		rc = covers(b, t, s, from);
	}
	return rc < 0 && rc != FG_ENOENT ? rc : 0;
}

int
bdb_read(struct store *st, enum store_table t, uint64_t from, uint64_t to,
    struct store_reader *r, uint64_t *upto)
{
	struct bdb *b = (struct bdb *)st;
	struct bdb_seg *s;
	struct archive *a;
	struct buf v = { 0 };
	bool more = true;
	int err = buf_reserve(&v, BULK_FIRST);

	if (err == 0)
		err = first_seg(b, t, from, &s);
	while (err == 0 && s != NULL && more) {
		err = bdb_seg_hold(b, t, s, &a);
		if (err == 0) {
			err = a != NULL
			    ? archive_read(a, *upto + 1, to, r, upto, &more)
			    : read_seg(s, *upto + 1, to, &v, r, upto, &more);
			bdb_seg_release(b, s, a);
		} else if (err == FG_ENOENT) { /* it was moved elsewhere */
			err = 0;
		}
		s = bdb_seg_after(b, t, s);
	}
	buf_free(&v);
	return err;
}

/* ---- the resend index ---- */

static void
out_key(unsigned char key[BDB_OUT_KEY], const struct store_out *o)
{
	uint32_t id = htobe32(o->session);
	uint64_t num = htobe64(o->next);

	memcpy(key, &id, 4);
	id = htobe32(o->epoch);
	memcpy(key + 4, &id, 4);
	memcpy(key + 8, &num, 8);
}

static uint64_t
num_at(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return be64toh(v);
}

/* Take the blocks that have what o wants. Returns how many, or FG_E*. *before:
 * the first one begins at or before the number wanted. */
static int
find_out(struct bdb_seg *s, const struct store_out *o,
    uint64_t block[OUT_ENTRIES], bool *before)
{
	unsigned char key[BDB_OUT_KEY], want[BDB_OUT_KEY], value[BDB_OUT];
	DBT kd = { .data = key, .size = sizeof(key), .ulen = sizeof(key),
		.flags = DB_DBT_USERMEM };
	DBT vd = { .data = value, .ulen = sizeof(value),
		.flags = DB_DBT_USERMEM };
	DB *db = s->out;
	DBC *c;
	int n = 0, ret;

	*before = false;
	out_key(want, o);
	memcpy(key, want, sizeof(key));
	ret = db->cursor(db, NULL, &c, 0);
	if (ret != 0)
		return bdb_err(ret);
	ret = c->get(c, &kd, &vd, DB_SET_RANGE);
	if (ret == DB_NOTFOUND || (ret == 0 && memcmp(key, want,
	    sizeof(key)) != 0))
		ret = c->get(c, &kd, &vd, ret == 0 ? DB_PREV : DB_LAST);
	if (ret == DB_NOTFOUND)
		ret = c->get(c, &kd, &vd, DB_FIRST);
	for (; ret == 0 && n < OUT_ENTRIES;
	    ret = c->get(c, &kd, &vd, DB_NEXT)) {
		if (memcmp(key, want, 8) < 0)
			continue;
		if (memcmp(key, want, 8) > 0 || num_at(key + 8) > o->last)
			break;
		if (num_at(key + 8) <= o->next)
			*before = true;
		if (num_at(value) >= o->next
		    && num_at(value + 8) <= o->visible)
			block[n++] = num_at(value + 8);
	}
	c->close(c);
	return ret == 0 || ret == DB_NOTFOUND ? n : bdb_err(ret);
}

static int
give_out(struct bdb_seg *s, uint64_t first, struct store_out *o,
    struct store_reader *r)
{
	uint64_t key = htobe64(first);
	DBT kd = bdb_dbt(&key, sizeof(key)), vd = { .flags = DB_DBT_MALLOC };
	DB *db = s->rows;
	int ret = db->get(db, NULL, &kd, &vd, 0), err;

	if (ret != 0)
		return ret == DB_NOTFOUND ? FG_EDAMAGED : bdb_err(ret);
	err = reader_out(r, vd.data, vd.size, o);
	free(vd.data);
	return err;
}

/* All that a segment has of o. */
static int
read_out_seg(struct bdb_seg *s, struct store_out *o, struct store_reader *r)
{
	uint64_t block[OUT_ENTRIES];
	bool before;
	int i, n, err = 0;

	do {
		n = o->next > o->last ? 0 : find_out(s, o, block, &before);
		if (n < 0)
			return n;
		for (i = 0; i < n && err == 0 && !r->done; i++)
			err = give_out(s, block[i], o, r);
	} while (err == 0 && !r->done && n == OUT_ENTRIES);
	return err;
}

/* Does a segment have what the range begins with, or something before it? 1, 0
 * or FG_E*. */
static int
begins_in(struct bdb *b, struct bdb_seg *s, const struct store_out *o)
{
	uint64_t block[OUT_ENTRIES];
	struct archive *a;
	bool before = false;
	int err = bdb_seg_hold(b, STORE_FIX_OUT, s, &a);

	if (err != 0)
		return err == FG_ENOENT ? 1 : err;
	if (a != NULL)
		before = archive_out_before(a, o);
	else
		err = find_out(s, o, block, &before);
	bdb_seg_release(b, s, a);
	return err < 0 ? err : before;
}

int
bdb_read_out(struct store *st, struct store_out *o, struct store_reader *r)
{
	struct bdb *b = (struct bdb *)st;
	struct bdb_seg *s = bdb_seg_of(b, STORE_FIX_OUT, o->visible), *prev;
	struct archive *a;
	int err = 0;

	/* Numbers rise with sequences: back to where the range begins. */
	while (s != NULL && (err = begins_in(b, s, o)) == 0) {
		prev = bdb_seg_before(b, STORE_FIX_OUT, s);
		if (prev == NULL)
			break;
		s = prev;
	}
	if (err > 0)
		err = 0;
	for (; s != NULL && err == 0 && !r->done && o->next <= o->last;
	    s = bdb_seg_after(b, STORE_FIX_OUT, s)) {
		err = bdb_seg_hold(b, STORE_FIX_OUT, s, &a);
		if (err == 0) {
			err = a != NULL ? archive_read_out(a, o, r)
			    : read_out_seg(s, o, r);
			bdb_seg_release(b, s, a);
		} else if (err == FG_ENOENT) {
			err = 0;
		}
	}
	return err;
}
