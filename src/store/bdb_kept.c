/*
 * bdb_kept.c: which segments are archived, in META:
 *
 *	"archive TABLE n"  n 20 digits: version 1, first row 8, last row 8,
 *	                   rows 8, last commit 8, time of the oldest and the
 *	                   newest row 8, 8, bytes of the archive 8
 *
 * It comes before the segment's files are removed, and goes before its archive
 * is deleted. In its place comes, until all of its files are gone,
 *
 *	"deleted TABLE n"  version 1
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cursor.h"
#include "base/err.h"
#include "base/num.h"
#include "log/log.h"
#include "store/bdb.h"

#define KEPT_VERSION 1
#define KEPT_BYTES   57
#define KEPT_PREFIX  "archive "
#define GONE_PREFIX  "deleted "
#define KEPT_KEY     96
#define DIGITS       20

static size_t
key_of(struct bdb *b, const char *prefix, unsigned t, uint64_t number,
    char key[KEPT_KEY])
{
	return (size_t)snprintf(key, KEPT_KEY, "%s%s %0*llu", prefix,
	    bdb_table_name(b, t), DIGITS, (unsigned long long)number);
}

int
bdb_kept_put(struct bdb *b, DB_TXN *txn, unsigned t,
    const struct store_segment *s)
{
	char key[KEPT_KEY], value[KEPT_BYTES] = { 0 };
	struct cursor c = cursor_over(value, sizeof(value));
	DBT kd = bdb_dbt(key, key_of(b, KEPT_PREFIX, t, s->number, key));
	DBT vd;

	cursor_put8(&c, KEPT_VERSION);
	cursor_put64(&c, s->first);
	cursor_put64(&c, s->last);
	cursor_put64(&c, s->rows);
	cursor_put64(&c, s->last_commit);
	cursor_put64(&c, (uint64_t)s->since.ns);
	cursor_put64(&c, (uint64_t)s->until.ns);
	cursor_put64(&c, s->bytes);
	vd = bdb_dbt(value, c.at);
	return b->meta->put(b->meta, txn, &kd, &vd, 0);
}

int
bdb_kept_del(struct bdb *b, DB_TXN *txn, unsigned t, uint64_t number)
{
	static const char version = KEPT_VERSION;
	char key[KEPT_KEY];
	DBT kd = bdb_dbt(key, key_of(b, KEPT_PREFIX, t, number, key));
	DBT vd = bdb_dbt(&version, 1);
	int ret = b->meta->del(b->meta, txn, &kd, 0);

	if (ret != 0 && ret != DB_NOTFOUND)
		return ret;
	kd = bdb_dbt(key, key_of(b, GONE_PREFIX, t, number, key));
	return b->meta->put(b->meta, txn, &kd, &vd, 0);
}

int
bdb_kept_gone(struct bdb *b, DB_TXN *txn, unsigned t, uint64_t number)
{
	char key[KEPT_KEY];
	DBT kd = bdb_dbt(key, key_of(b, GONE_PREFIX, t, number, key));
	int ret = b->meta->del(b->meta, txn, &kd, 0);

	return ret == DB_NOTFOUND ? 0 : ret;
}

/* The table and number of a key of META; false: it is none of these. */
static bool
parse_key(struct bdb *b, const char *prefix, const char *key, size_t n,
    unsigned *t, uint64_t *number)
{
	size_t head = strlen(prefix), len;
	const char *name;

	if (n < head + 2 + DIGITS || memcmp(key, prefix, head) != 0 ||
	    key[n - DIGITS - 1] != ' ' ||
	    num_parse_u64(key + n - DIGITS, DIGITS, number) != 0)
		return false;
	len = n - DIGITS - 1 - head;
	for (*t = 0; *t < b->st.n_tables; ++*t) {
		name = bdb_table_name(b, *t);
		if (name != NULL && strlen(name) == len &&
		    memcmp(name, key + head, len) == 0)
			return true;
	}
	return false;
}

static int
load_one(struct bdb *b, unsigned t, uint64_t number, const void *p, size_t n)
{
	struct cursor c = cursor_over(p, n);
	char path[4096];
	struct bdb_seg *s;
	struct stat info;
	int err;

	if (cursor_get8(&c) != KEPT_VERSION)
		return FG_EFORMAT;
	s = bdb_seg_add(b, t, number);
	if (s == NULL || (s->arc = calloc(1, sizeof(*s->arc))) == NULL)
		return FG_ENOMEM;
	s->about = (struct store_segment){ .number = number,
		.archived = true };
	s->about.first = cursor_get64(&c);
	s->about.last = cursor_get64(&c);
	s->about.rows = cursor_get64(&c);
	s->about.last_commit = cursor_get64(&c);
	s->about.since.ns = (int64_t)cursor_get64(&c);
	s->about.until.ns = (int64_t)cursor_get64(&c);
	s->about.bytes = cursor_get64(&c);
	s->arc->settled = true;
	err = bdb_arc_name(b, t, number, false, path, sizeof(path));
	s->arc->missing = err != 0 || stat(path, &info) == -1;
	s->about.missing = s->arc->missing;
	return c.err != 0 ? FG_EDAMAGED : 0;
}

/* Archives may be moved elsewhere: that is nothing to stop for. */
static void
say_missing(struct bdb *b)
{
	const struct bdb_table *tb;
	unsigned t, n;
	uint64_t first, last;
	size_t i;

	for (t = 0; t < b->st.n_tables; t++) {
		tb = &b->table[t];
		n = 0;
		first = last = 0;
		for (i = 0; i < tb->n; i++) {
			if (!tb->seg[i]->about.missing)
				continue;
			if (n++ == 0)
				first = tb->seg[i]->about.first;
			last = tb->seg[i]->about.last;
		}
		if (n != 0)
			log_event(LOG_LEVEL_WARN, "archive", NULL,
			    "store %s: %u archives of %s are not in %s: of "
			    "rows %llu to %llu some cannot be read here",
			    b->path, n, bdb_table_name(b, t), b->arc_path,
			    (unsigned long long)first,
			    (unsigned long long)last);
	}
}

static int
load_gone(struct bdb *b, unsigned t, uint64_t number, const void *p, size_t n)
{
	return n == 0 || *(const char *)p != KEPT_VERSION ? FG_EFORMAT
	    : bdb_drop_note(b, t, number);
}

static int
load_all(struct bdb *b, const char *prefix, int (*load)(struct bdb *,
    unsigned, uint64_t, const void *, size_t))
{
	DBT kd = bdb_dbt(prefix, strlen(prefix)), vd = { 0 };
	uint64_t number;
	unsigned t;
	DBC *c;
	int err = 0, ret = b->meta->cursor(b->meta, NULL, &c, 0);

	if (ret != 0)
		return bdb_err(ret);
	kd.flags = 0;
	for (ret = c->get(c, &kd, &vd, DB_SET_RANGE); ret == 0 && err == 0;
	    ret = c->get(c, &kd, &vd, DB_NEXT)) {
		if (kd.size < strlen(prefix) || memcmp(kd.data, prefix,
		    strlen(prefix)) != 0)
			break;
		if (parse_key(b, prefix, kd.data, kd.size, &t, &number))
			err = load(b, t, number, vd.data, vd.size);
	}
	c->close(c);
	return err == 0 && ret != 0 && ret != DB_NOTFOUND ? bdb_err(ret) : err;
}

int
bdb_kept_load(struct bdb *b)
{
	int err = load_all(b, KEPT_PREFIX, load_one);

	if (err == 0)
		err = load_all(b, GONE_PREFIX, load_gone);
	if (err == 0)
		say_missing(b);
	return err;
}

/* With seg_lock, or while opening. */
uint64_t
bdb_kept_oldest(struct bdb *b, unsigned t)
{
	const struct bdb_table *tb = &b->table[t];
	size_t i;

	for (i = tb->n; i-- > 0;)
		if (tb->seg[i]->about.missing)
			break;
	i++;
	if (i >= tb->n)
		return 0;
	return tb->seg[i]->arc != NULL ? tb->seg[i]->about.first
	    : tb->seg[i]->first;
}
