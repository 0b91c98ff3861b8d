/*
 * bdb_seg.c: a table is a list of segments, each a Berkeley DB file of its own,
 * named by the table and the first sequence that it may have:
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
#include <time.h>

#include "base/err.h"
#include "base/num.h"
#include "log/log.h"
#include "store/bdb.h"

#define SEG_DIGITS 20
#define DAY_S      86400

const char *
bdb_table_name(struct bdb *b, unsigned table)
{
	return table == BLOCK_TABLE_STATE ? "STATE"
	    : store_table_name(&b->st, table);
}

struct bdb_seg *
bdb_seg_add(struct bdb *b, unsigned table, uint64_t first)
{
	struct bdb_table *t = &b->table[table];
	struct bdb_seg **v, *s;
	size_t cap;

	if (t->n == t->cap) {
		cap = t->cap == 0 ? 8 : t->cap * 2;
		v = realloc(t->seg, cap * sizeof(*v));
		if (v == NULL)
			return NULL;
		t->seg = v;
		t->cap = cap;
	}
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	s->first = first;
	t->seg[t->n++] = s;
	return s;
}

/* What is left of a segment whose rows are archived, or gone? While opening. */
static bool
is_left(struct bdb *b, unsigned table, uint64_t first)
{
	struct bdb_table *t = &b->table[table];
	size_t i;

	for (i = 0; i < t->n; i++)
		if (t->seg[i]->first == first && t->seg[i]->arc != NULL)
			return true;
	return bdb_drop_is(b, table, first);
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

/* A resend index, whose segment's rows may be gone already. */
static bool
parse_index(const char *name, uint64_t *first)
{
	static const char head[] = "FIX_OUT_INDEX.";
	size_t n = sizeof(head) - 1;

	return strncmp(name, head, n) == 0 && strlen(name + n) == SEG_DIGITS
	    && num_parse_u64(name + n, SEG_DIGITS, first) == 0;
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
		if (parse_index(e->d_name, &first)) {
			if (is_left(b, STORE_FIX_OUT, first))
				bdb_seg_remove(b, STORE_FIX_OUT, first);
		} else if (parse_name(b, e->d_name, &t, &first)) {
			if (is_left(b, t, first))
				bdb_seg_remove(b, t, first);
			else if (bdb_seg_add(b, t, first) == NULL)
				err = FG_ENOMEM;
		}
	closedir(d);
	for (t = 0; t < STORE_TABLES_MAX; t++)
		if (b->table[t].n != 0)
			qsort(b->table[t].seg, b->table[t].n,
			    sizeof(struct bdb_seg *), by_first);
	return err;
}

void
bdb_seg_name(struct bdb *b, unsigned table, const char *what, uint64_t first,
    char out[BDB_SEG_NAME])
{
	snprintf(out, BDB_SEG_NAME, "%s%s.%0*llu", bdb_table_name(b, table),
	    what, SEG_DIGITS, (unsigned long long)first);
}

int
bdb_seg_file(struct bdb *b, unsigned table, const char *what, uint64_t first,
    DB **out)
{
	char name[BDB_SEG_NAME];

	bdb_seg_name(b, table, what, first, name);
	return bdb_open_file(b, out, name, true);
}

static void
remove_file(struct bdb *b, unsigned table, const char *what, uint64_t first)
{
	char name[BDB_SEG_NAME], path[4096];
	struct stat info;
	int ret;

	bdb_seg_name(b, table, what, first, name);
	snprintf(path, sizeof(path), "%s/%s", b->path, name);
	if (stat(path, &info) == -1)
		return;
	ret = b->env->dbremove(b->env, NULL, name, NULL, DB_AUTO_COMMIT);
	if (ret != 0)
		log_event(LOG_LEVEL_WARN, "archive", NULL, "%s: its rows are "
		    "archived, and it cannot be removed: %s", path,
		    db_strerror(ret));
}

void
bdb_seg_remove(struct bdb *b, unsigned table, uint64_t first)
{
	remove_file(b, table, "", first);
	(void)store_fault(&b->st, "archive half removed");
	if (table == STORE_FIX_OUT)
		remove_file(b, table, "_INDEX", first);
}

static int
open_one(struct bdb *b, unsigned table, const char *what, struct bdb_seg *s,
    _Atomic(DB *) *out)
{
	char name[BDB_SEG_NAME];
	DB *db;
	int err;

	bdb_seg_name(b, table, what, s->first, name);
	err = s->old ? bdb_old_open(b, s, name, &db)
	    : bdb_open_file(b, &db, name, true);
	if (err == 0)
		*out = db;
	return err;
}

int
bdb_seg_open(struct bdb *b, unsigned table, struct bdb_seg *s)
{
	char path[4096], name[BDB_SEG_NAME];
	struct stat info;
	int err = 0;

	if (s->rows != NULL)
		return 0;
	pthread_mutex_lock(&b->seg_lock);
	if (table == STORE_FIX_OUT && s->out == NULL)
		err = open_one(b, table, "_INDEX", s, &s->out);
	if (err == 0 && s->rows == NULL) {
		bdb_seg_name(b, table, "", s->first, name);
		snprintf(path, sizeof(path), "%s/%s", b->path, name);
		if (stat(path, &info) == 0)
			s->bytes = (uint64_t)info.st_size;
		err = open_one(b, table, "", s, &s->rows);
	}
	pthread_mutex_unlock(&b->seg_lock);
	return err;
}

int
bdb_seg_hold(struct bdb *b, unsigned table, struct bdb_seg *s,
    struct archive **a)
{
	bool archived;
	int err;

	pthread_mutex_lock(&b->seg_lock);
	archived = s->arc != NULL;
	s->users += !archived;
	pthread_mutex_unlock(&b->seg_lock);
	*a = NULL;
	if (archived)
		return bdb_arc_hold(b, table, s, a);
	err = bdb_seg_open(b, table, s);
	if (err != 0)
		bdb_seg_release(b, s, NULL);
	return err;
}

void
bdb_seg_release(struct bdb *b, struct bdb_seg *s, struct archive *a)
{
	if (a != NULL) {
		bdb_arc_release(b, s);
		return;
	}
	pthread_mutex_lock(&b->seg_lock);
	s->users--;
	pthread_mutex_unlock(&b->seg_lock);
}

static struct bdb_seg *
last_seg(struct bdb *b, unsigned table)
{
	struct bdb_table *t = &b->table[table];
	struct bdb_seg *s;

	pthread_mutex_lock(&b->seg_lock);
	s = t->n == 0 ? NULL : t->seg[t->n - 1];
	pthread_mutex_unlock(&b->seg_lock);
	return s;
}

static int64_t
today(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME_COARSE, &ts);
	return ts.tv_sec / DAY_S;
}

/* One that was there at the start was begun when its first row came. */
static int64_t
begun(struct bdb *b, unsigned table, struct bdb_seg *s)
{
	struct store_segment about;

	if (s->day == 0) {
		s->day = today();
		if (bdb_segment_next(&b->st, table, s->first, &about) == 0 &&
		    about.since.ns != 0)
			s->day = about.since.ns / NS_PER_S / DAY_S;
	}
	return s->day;
}

static bool
is_full(struct bdb *b, unsigned table, struct bdb_seg *s)
{
	return s->bytes >= b->st.cfg.segment_bytes ||
	    (b->st.daily && begun(b, table, s) < today());
}

int
bdb_seg_hot(struct bdb *b, unsigned table, uint64_t seq, struct bdb_seg **out)
{
	struct bdb_seg *s = last_seg(b, table);
	int err = 0;

	if (s != NULL && (err = bdb_seg_open(b, table, s)) != 0)
		return err;
	if (s == NULL || (s->first < seq && is_full(b, table, s))) {
		err = store_fault(&b->st, "segment");
		if (err != 0)
			return err;
		b->sealed = s != NULL;
		pthread_mutex_lock(&b->seg_lock);
		s = bdb_seg_add(b, table, seq);
		pthread_mutex_unlock(&b->seg_lock);
		if (s == NULL)
			return FG_ENOMEM;
		s->day = today();
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
	for (i = 0; i < t->n && s == NULL; i++)
		if (t->seg[i]->first > prev->first)
			s = t->seg[i];
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
	for (i = t->n; i-- > 0 && s == NULL;)
		if (t->seg[i]->first < next->first)
			s = t->seg[i];
	pthread_mutex_unlock(&b->seg_lock);
	return s;
}

void
bdb_seg_close(struct bdb *b)
{
	struct bdb_table *t;
	struct bdb_seg *s;
	unsigned i;
	DB *db;

	while ((s = b->gone) != NULL) {
		b->gone = s->gone;
		bdb_arc_free(s->arc);
		free(s);
	}
	for (i = 0; i < STORE_TABLES_MAX; i++) {
		t = &b->table[i];
		while (t->n > 0) {
			t->n--;
			if ((db = t->seg[t->n]->rows) != NULL)
				db->close(db, DB_NOSYNC);
			if ((db = t->seg[t->n]->out) != NULL)
				db->close(db, DB_NOSYNC);
			bdb_arc_free(t->seg[t->n]->arc);
			free(t->seg[t->n]);
		}
		free(t->seg);
		t->seg = NULL;
		t->cap = 0;
	}
}
