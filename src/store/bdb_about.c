/*
 * bdb_about.c: what the segments of the tables are: for who wants to archive
 * them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "store/bdb.h"

/* The first or the last block of a file. FG_ENOENT: there is none. */
static int
edge(DB *db, uint32_t which, struct block_head *h, struct store_row *row)
{
	DBT kd = { 0 }, vd = { .flags = DB_DBT_MALLOC };
	struct block_rows r;
	DBC *c;
	int err, ret = db->cursor(db, NULL, &c, 0);

	if (ret != 0)
		return bdb_err(ret);
	ret = c->get(c, &kd, &vd, which);
	c->close(c);
	if (ret != 0)
		return bdb_err(ret);
	*row = (struct store_row){ 0 };
	err = block_open(&r, vd.data, vd.size);
	if (err == 0) {
		*h = r.head;
		if (h->rows != 0)
			err = block_row(&r, which == DB_FIRST ? 0
			    : h->rows - 1, row);
	}
	free(vd.data);
	return err;
}

static int
edges(DB *db, struct store_segment *out)
{
	struct block_head h;
	struct store_row row;
	int err = edge(db, DB_FIRST, &h, &row);

	if (err == FG_ENOENT)
		return 0;
	if (err != 0)
		return err;
	out->first = h.first;
	out->since = row.time;
	err = edge(db, DB_LAST, &h, &row);
	if (err != 0)
		return err;
	out->last = block_head_last(&h);
	out->last_commit = h.commit;
	out->until = row.time;
	out->rows = out->last - out->first + 1;
	return 0;
}

static uint64_t
file_bytes(struct bdb *b, unsigned t, const char *what, uint64_t number)
{
	char path[4096], name[BDB_SEG_NAME];
	struct stat info;

	bdb_seg_name(b, t, what, number, name);
	snprintf(path, sizeof(path), "%s/%s", b->path, name);
	return stat(path, &info) == 0 ? (uint64_t)info.st_size : 0;
}

/* The first one with that number or a higher one; *hot: it is the last. */
static struct bdb_seg *
seg_from(struct bdb *b, unsigned t, uint64_t number, bool *hot)
{
	struct bdb_table *tb = &b->table[t];
	struct bdb_seg *s = NULL;
	size_t i;

	pthread_mutex_lock(&b->seg_lock);
	for (i = 0; i < tb->n && s == NULL; i++)
		if (tb->seg[i]->first >= number)
			s = tb->seg[i];
	*hot = i == tb->n;
	pthread_mutex_unlock(&b->seg_lock);
	return s;
}

int
bdb_segment_next(struct store *st, unsigned t, uint64_t number,
    struct store_segment *out)
{
	struct bdb *b = (struct bdb *)st;
	struct archive *a;
	bool hot;
	struct bdb_seg *s = seg_from(b, t, number, &hot);
	int err;

	*out = (struct store_segment){ 0 };
	if (s == NULL)
		return FG_ENOENT;
	if (s->about.number != 0) {
		*out = s->about;
		return 0;
	}
	err = bdb_seg_hold(b, t, s, &a);
	if (err != 0)
		return err;
	err = edges(s->rows, out);
	bdb_seg_release(b, s, a);
	if (err != 0)
		return err;
	out->number = s->first;
	out->hot = hot;
	out->bytes = file_bytes(b, t, "", s->first);
	if (t == STORE_FIX_OUT)
		out->bytes += file_bytes(b, t, "_INDEX", s->first);
	return 0;
}

uint64_t
bdb_kept_from(struct store *st, unsigned t)
{
	struct bdb *b = (struct bdb *)st;
	struct bdb_table *tb = &b->table[t];
	uint64_t first;

	pthread_mutex_lock(&b->seg_lock);
	first = tb->n == 0 ? 1 : tb->seg[0]->first;
	pthread_mutex_unlock(&b->seg_lock);
	return first;
}

void
bdb_archived(struct store *st, unsigned t, uint64_t *files, uint64_t *bytes)
{
	struct bdb *b = (struct bdb *)st;
	struct bdb_table *tb = &b->table[t];
	size_t i;

	pthread_mutex_lock(&b->seg_lock);
	for (i = 0; i < tb->n; i++) {
		if (tb->seg[i]->arc == NULL || tb->seg[i]->arc->missing)
			continue;
		++*files;
		*bytes += tb->seg[i]->about.bytes;
	}
	pthread_mutex_unlock(&b->seg_lock);
}

void
bdb_archive_sum(struct store *st, struct store_archive_sum *out)
{
	struct bdb *b = (struct bdb *)st;
	const struct store_segment *s;
	struct bdb_table *tb;
	unsigned t, n = st->n_tables;
	size_t i;

	pthread_mutex_lock(&b->seg_lock);
	for (t = 0; t < n; t++) {
		tb = &b->table[t];
		for (i = 0; i < tb->n && tb->seg[i]->arc != NULL; i++) {
			s = &tb->seg[i]->about;
			if (tb->seg[i]->arc->missing)
				continue;
			out->files++;
			out->bytes += s->bytes;
			if (t == BLOCK_TABLE_STATE)
				continue; /* these are no rows */
			out->rows += s->rows;
			if (out->since.ns == 0 || s->since.ns < out->since.ns)
				out->since = s->since;
		}
	}
	pthread_mutex_unlock(&b->seg_lock);
}
