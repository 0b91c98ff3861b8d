/*
 * A table is a list of segments, each a Berkeley DB file of its own, named by
 * the table and the first sequence that it may have:
 *
 *	FIX_OUT.00000000000000000001          blocks, see block.c
 *	FIX_OUT_INDEX.00000000000000000001    resend index of the same blocks
 *
 *	index key    session 4, epoch 4, first MsgSeqNum 8
 *	index value  last MsgSeqNum 8, key of the block 8
 *
 * Only the last segment is written to. It is sealed when it is full; what is
 * sealed never changes, so it can be copied, verified and moved.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/num.h"
#include "store/bdb.h"

#define SEG_DIGITS 20
#define SEG_NAME   64 /* bytes of a file name */

const char *
bdb_table_name(struct bdb *b, unsigned table)
{
	return table == BLOCK_TABLE_STATE ? "STATE"
	    : store_table_name(&b->st, table);
}

static int
add_seg(struct bdb_table *t, uint64_t first)
{
	struct bdb_seg **v, *s;
	size_t cap;

	if (t->n == t->cap) {
		cap = t->cap == 0 ? 8 : t->cap * 2;
		v = realloc(t->seg, cap * sizeof(*v));
		if (v == NULL)
			return FG_ENOMEM;
		t->seg = v;
		t->cap = cap;
	}
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return FG_ENOMEM;
	s->first = first;
	t->seg[t->n++] = s;
	return 0;
}

/* The table and first sequence of a file, if it is a segment. */
static bool
parse_name(struct bdb *b, const char *name, unsigned *table, uint64_t *first)
{
	const char *dot = strchr(name, '.'), *known;
	unsigned t;

	if (dot == NULL || strlen(dot + 1) != SEG_DIGITS
	    || num_parse_u64(dot + 1, SEG_DIGITS, first) != 0)
		return false;
	for (t = 0; t < b->st.n_tables; t++) {
		known = bdb_table_name(b, t);
		if (known != NULL && strlen(known) == (size_t)(dot - name)
		    && strncmp(known, name, (size_t)(dot - name)) == 0) {
			*table = t;
			return true;
		}
	}
	return false;
}

static int
by_first(const void *a, const void *b)
{
	const struct bdb_seg *x = *(struct bdb_seg *const *)a;
	const struct bdb_seg *y = *(struct bdb_seg *const *)b;

	return x->first < y->first ? -1 : x->first > y->first;
}

int
bdb_seg_find(struct bdb *b)
{
	DIR *d = opendir(b->path);
	struct dirent *e;
	uint64_t first;
	unsigned t;
	int err = 0;

	if (d == NULL)
		return fg_errno(errno);
	while (err == 0 && (e = readdir(d)) != NULL)
		if (parse_name(b, e->d_name, &t, &first))
			err = add_seg(&b->table[t], first);
	closedir(d);
	for (t = 0; t < STORE_TABLES_MAX; t++)
		if (b->table[t].n != 0)
			qsort(b->table[t].seg, b->table[t].n,
			    sizeof(struct bdb_seg *), by_first);
	return err;
}

static int
open_one(struct bdb *b, unsigned table, const char *what, uint64_t first,
    _Atomic(DB *) *out)
{
	char name[SEG_NAME];
	DB *db;
	int err;

	snprintf(name, sizeof(name), "%s%s.%0*llu", bdb_table_name(b, table),
	    what, SEG_DIGITS, (unsigned long long)first);
	err = bdb_open_file(b, &db, name, true);
	if (err == 0)
		*out = db;
	return err;
}

int
bdb_seg_open(struct bdb *b, unsigned table, struct bdb_seg *s)
{
	char path[4096];
	struct stat info;
	int err = 0;

	if (s->rows != NULL)
		return 0;
	pthread_mutex_lock(&b->seg_lock);
	if (table == STORE_FIX_OUT && s->out == NULL)
		err = open_one(b, table, "_INDEX", s->first, &s->out);
	if (err == 0 && s->rows == NULL) {
		snprintf(path, sizeof(path), "%s/%s.%0*llu", b->path,
		    bdb_table_name(b, table), SEG_DIGITS,
		    (unsigned long long)s->first);
		if (stat(path, &info) == 0)
			s->bytes = (uint64_t)info.st_size;
		err = open_one(b, table, "", s->first, &s->rows);
	}
	pthread_mutex_unlock(&b->seg_lock);
	return err;
}

static struct bdb_seg *
last_seg(struct bdb *b, unsigned table)
{
	struct bdb_table *t = &b->table[table];

	return t->n == 0 ? NULL : t->seg[t->n - 1];
}

int
bdb_seg_hot(struct bdb *b, unsigned table, uint64_t seq, struct bdb_seg **out)
{
	struct bdb_seg *s = last_seg(b, table);
	int err = 0;

	if (s != NULL && (err = bdb_seg_open(b, table, s)) != 0)
		return err;
	if (s == NULL || (s->bytes >= b->st.cfg.segment_bytes
	    && s->first < seq)) {
		err = store_fault(&b->st, "segment");
		if (err != 0)
			return err;
		b->sealed = s != NULL;
		pthread_mutex_lock(&b->seg_lock);
		err = add_seg(&b->table[table], seq);
		pthread_mutex_unlock(&b->seg_lock);
		if (err != 0)
			return err;
	}
	/* A segment may be left over from commits that were taken back. */
	*out = bdb_seg_of(b, table, seq);
	return bdb_seg_open(b, table, *out);
}

struct bdb_seg *
bdb_seg_of(struct bdb *b, unsigned table, uint64_t seq)
{
	struct bdb_table *t = &b->table[table];
	struct bdb_seg *s = NULL;
	size_t i;

	pthread_mutex_lock(&b->seg_lock);
	for (i = t->n; i-- > 0 && s == NULL;)
		if (t->seg[i]->first <= seq)
			s = t->seg[i];
	if (s == NULL && t->n != 0)
		s = t->seg[0];
	pthread_mutex_unlock(&b->seg_lock);
	return s;
}

struct bdb_seg *
bdb_seg_after(struct bdb *b, unsigned table, const struct bdb_seg *prev)
{
	struct bdb_table *t = &b->table[table];
	struct bdb_seg *s = NULL;
	size_t i;

	pthread_mutex_lock(&b->seg_lock);
	for (i = 0; i + 1 < t->n; i++)
		if (t->seg[i] == prev)
			s = t->seg[i + 1];
	pthread_mutex_unlock(&b->seg_lock);
	return s;
}

struct bdb_seg *
bdb_seg_before(struct bdb *b, unsigned table, const struct bdb_seg *next)
{
	struct bdb_table *t = &b->table[table];
	struct bdb_seg *s = NULL;
	size_t i;

	pthread_mutex_lock(&b->seg_lock);
	for (i = 1; i < t->n; i++)
		if (t->seg[i] == next)
			s = t->seg[i - 1];
	pthread_mutex_unlock(&b->seg_lock);
	return s;
}

void
bdb_seg_close(struct bdb *b)
{
	struct bdb_table *t;
	unsigned i;
	DB *db;

	for (i = 0; i < STORE_TABLES_MAX; i++) {
		t = &b->table[i];
		while (t->n > 0) {
			t->n--;
			if ((db = t->seg[t->n]->rows) != NULL)
				db->close(db, DB_NOSYNC);
			if ((db = t->seg[t->n]->out) != NULL)
				db->close(db, DB_NOSYNC);
			free(t->seg[t->n]);
		}
		free(t->seg);
		t->seg = NULL;
		t->cap = 0;
	}
}
