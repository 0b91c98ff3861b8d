/*
 * bdb_blocks.c: whole blocks from the segments, in the order of their keys, in
 * bulk.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "store/bdb.h"

#define BULK_BYTES (256 * 1024)
#define OUT_INDEX  "FIX_OUT_INDEX"

/* 0, or what cb returned. */
static int
give(struct block_at *at, const void *p, size_t n, uint64_t to, block_cb cb,
    void *arg, uint64_t *next, bool *stopped, bool *more)
{
	int rc;

	if (at->key > to) {
		*more = false;
		return 0;
	}
	at->p = p;
	at->n = n;
	rc = cb(arg, at);
	*stopped = rc != 0;
	if (rc == 0 && at->key == UINT64_MAX)
		*more = false;
	else if (rc == 0)
		*next = at->key + 1;
	return rc;
}

/* Those of one bulk. 0, what cb returned, or FG_E*. */
static int
give_bulk(const DBT *vd, struct block_at *at, uint64_t to, block_cb cb,
    void *arg, uint64_t *next, bool *stopped, bool *more)
{
	DBT in = *vd;
	void *pos, *key, *block;
	uint32_t klen, len;
	int rc = 0;

	DB_MULTIPLE_INIT(pos, &in);
	while (rc == 0 && *more) {
		DB_MULTIPLE_KEY_NEXT(pos, &in, key, klen, block, len);
		if (pos == NULL)
			return 0;
		if (klen != sizeof(at->key))
			return FG_EDAMAGED;
		memcpy(&at->key, key, sizeof(at->key));
		at->key = be64toh(at->key);
		rc = give(at, block, len, to, cb, arg, next, stopped, more);
	}
	return rc;
}

/* Records from key on: many, or one. Returns Berkeley DB's error. */
static int
fetch(DB *db, uint64_t key, bool one, struct buf *v, DBT *vd, uint64_t *found)
{
	DBT kd = { .data = &key, .size = sizeof(key), .ulen = sizeof(key),
		.flags = DB_DBT_USERMEM };
	DBT none = { .flags = DB_DBT_USERMEM | DB_DBT_PARTIAL };
	DBC *c;
	int ret = db->cursor(db, NULL, &c, 0);

	if (ret != 0)
		return ret;
	key = htobe64(key);
	ret = c->get(c, &kd, &none, DB_SET_RANGE);
	*found = be64toh(key);
	if (ret == 0 && kd.size != sizeof(key))
		ret = DB_VERIFY_BAD;
	if (ret == 0 && !one)
		ret = bdb_bulk(c, v, vd, DB_CURRENT);
	while (ret == 0 && one) {
		*vd = (DBT){ .data = v->p, .ulen = (uint32_t)v->cap,
			.flags = DB_DBT_USERMEM };
		ret = c->get(c, &kd, vd, DB_CURRENT);
		if (ret != DB_BUFFER_SMALL)
			break;
		ret = buf_reserve(v, vd->size) != 0 ? ENOMEM : 0;
	}
	c->close(c);
	return ret;
}

/* No page is held while the callback works. When many at once cannot be read,
 * those before the bad place are read one by one. */
int
bdb_file_blocks(DB *db, uint64_t seg, uint64_t from, uint64_t to, block_cb cb,
    void *arg, uint64_t *next, bool *stopped)
{
	struct block_at at = { .seg = seg };
	struct buf v = { 0 };
	bool more = true, one = false;
	int ret = 0, err = buf_reserve(&v, BULK_BYTES);
	DBT vd;

	*next = from;
	*stopped = false;
	while (err == 0 && more && *next <= to) {
		ret = fetch(db, *next, one, &v, &vd, &at.key);
		if (ret == DB_LOCK_DEADLOCK)
			continue;
		if (ret == DB_NOTFOUND || (ret != 0 && one))
			break;
		if (ret != 0)
			one = true;
		else if (!one)
			err = give_bulk(&vd, &at, to, cb, arg, next, stopped,
			    &more);
		else
			err = give(&at, vd.data, vd.size, to, cb, arg, next,
			    stopped, &more);
	}
	buf_free(&v);
	return err != 0 || ret == DB_NOTFOUND ? err : bdb_err(ret);
}

struct giving {
	struct block_at at;
	uint64_t to, *next;
	block_cb cb;
	void *arg;
	bool stopped, more;
	int rc;
};

static int
give_archived(void *arg, const void *p, size_t n)
{
	struct giving *g = arg;
	struct block_head h;

	g->rc = block_head(p, n, &h);
	if (g->rc != 0)
		return 1;
	g->at.key = h.first;
	g->rc = give(&g->at, p, n, g->to, g->cb, g->arg, g->next, &g->stopped,
	    &g->more);
	return g->rc != 0 || !g->more;
}

static int
archived_blocks(struct archive *a, uint64_t seg, uint64_t to, block_cb cb,
    void *arg, uint64_t *next)
{
	struct giving g = { .at = { .seg = seg, .archived = true }, .to = to,
		.next = next, .cb = cb, .arg = arg, .more = true };
	int err = archive_blocks(a, *next, give_archived, &g);

	return err != 0 ? err : g.rc;
}

int
bdb_blocks(struct store *st, unsigned t, uint64_t from, uint64_t to,
    block_cb cb, void *arg)
{
	struct bdb *b = (struct bdb *)st;
	struct bdb_seg *s = bdb_seg_of(b, t, from), *before;
	struct archive *a;
	uint64_t next = from;
	bool stopped = false;
	int err = 0;

	/* The segment before may have been written to again (bdb_seg_hot). */
	before = s == NULL ? NULL : bdb_seg_before(b, t, s);
	if (before != NULL)
		s = before;
	for (; s != NULL && err == 0 && next <= to; s = bdb_seg_after(b, t, s)) {
		err = bdb_seg_hold(b, t, s, &a);
		if (err == FG_ENOENT) { /* it was moved elsewhere */
			err = 0;
			continue;
		}
		if (err != 0)
			break;
		err = a != NULL ? archived_blocks(a, s->first, to, cb, arg,
		    &next) : bdb_file_blocks(s->rows, s->first, next, to, cb,
		    arg, &next, &stopped);
		bdb_seg_release(b, s, a);
	}
	return err;
}

uint64_t
bdb_segment(struct store *st, unsigned t, uint64_t first)
{
	struct bdb_seg *s = bdb_seg_of((struct bdb *)st, t, first);

	return s == NULL ? first : s->first;
}

/* A key that is to be looked for again. */
static int
again(DBT *key, const struct buf *last)
{
	void *p;

	if (last->len == 0)
		return 0;
	p = realloc(key->data, last->len);
	if (p == NULL)
		return FG_ENOMEM;
	memcpy(p, last->p, last->len);
	key->data = p;
	key->size = (uint32_t)last->len;
	return 0;
}

/* No page is held while the callback works. */
static int
bdb_file_records(DB *db, record_cb cb, void *arg)
{
	DBT key = { .flags = DB_DBT_REALLOC }, value = { .flags =
		DB_DBT_REALLOC };
	struct buf last = { 0 };
	bool began = false;
	int ret = 0, err = 0;
	DBC *c;

	while (err == 0) {
		ret = db->cursor(db, NULL, &c, 0);
		if (ret != 0)
			break;
		ret = c->get(c, &key, &value, began ? DB_SET_RANGE : DB_FIRST);
		/* The one before may have been taken back. */
		if (ret == 0 && began && key.size == last.len &&
		    memcmp(key.data, last.p, last.len) == 0)
			ret = c->get(c, &key, &value, DB_NEXT);
		c->close(c);
		if (ret == DB_LOCK_DEADLOCK) {
			err = again(&key, &last);
			continue;
		}
		if (ret != 0)
			break;
		began = true;
		last.len = 0;
		err = buf_add(&last, key.data, key.size);
		if (err == 0)
			err = cb(arg, key.data, key.size, value.data,
			    value.size);
	}
	free(key.data);
	free(value.data);
	buf_free(&last);
	return err != 0 || ret == DB_NOTFOUND ? err : bdb_err(ret);
}

/* Of the resend index of one segment. */
static int
out_records(struct bdb *b, const char *file, record_cb cb, void *arg)
{
	size_t n = strlen(OUT_INDEX);
	struct bdb_seg *s;
	struct archive *a;
	uint64_t seg;
	int err;

	if (strncmp(file, OUT_INDEX, n) != 0 || file[n] != '.' ||
	    num_parse_u64(file + n + 1, strlen(file + n + 1), &seg) != 0)
		return FG_ENOENT;
	s = bdb_seg_of(b, STORE_FIX_OUT, seg);
	if (s == NULL || s->first != seg)
		return FG_ENOENT;
	err = bdb_seg_hold(b, STORE_FIX_OUT, s, &a);
	if (err != 0)
		return err;
	err = a != NULL ? FG_ENOENT : bdb_file_records(s->out, cb, arg);
	bdb_seg_release(b, s, a);
	return err;
}

int
bdb_records(struct store *st, const char *file, record_cb cb, void *arg)
{
	struct bdb *b = (struct bdb *)st;
	DB *db = strcmp(file, "META") == 0 ? b->meta
	    : strcmp(file, "SESSION") == 0 ? b->session
	    : strcmp(file, "DICT") == 0 ? b->dict
	    : strcmp(file, "TABLE") == 0 ? b->declared : NULL;

	return db == NULL ? out_records(b, file, cb, arg)
	    : bdb_file_records(db, cb, arg);
}

uint64_t
bdb_next_file(struct store *st, const char *name, uint64_t first)
{
	struct bdb *b = (struct bdb *)st;
	struct bdb_table *t = &b->table[STORE_FIX_OUT];
	uint64_t n = 0;
	size_t i;

	if (strcmp(name, OUT_INDEX) != 0)
		return 0;
	pthread_mutex_lock(&b->seg_lock);
	for (i = 0; i < t->n && n == 0; i++)
		if (t->seg[i]->first >= first && t->seg[i]->arc == NULL)
			n = t->seg[i]->first;
	pthread_mutex_unlock(&b->seg_lock);
	return n;
}
