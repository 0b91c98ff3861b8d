/*
 * bdb_arc.c: the archives of sealed segments: where they are, and which are
 * open. Few are at a time: each has its index in memory.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "log/log.h"
#include "store/bdb.h"

#define OPEN_MAX_ 16 /* archives that stay open without a reader */

int
bdb_arc_name(struct bdb *b, unsigned t, uint64_t number, bool tmp, char *out,
    size_t cap)
{
	char name[BDB_SEG_NAME];
	int n;

	bdb_seg_name(b, t, "", number, name);
	n = snprintf(out, cap, "%s/%s%s" ARCHIVE_SUFFIX "%s", b->arc_path,
	    tmp ? "." : "", name, tmp ? ".tmp" : "");
	return n > 0 && (size_t)n < cap ? 0 : FG_ELIMIT;
}

void
bdb_arc_free(struct bdb_arc *arc)
{
	if (arc == NULL)
		return;
	archive_close(arc->file);
	free(arc);
}

/* Close the one that nobody has used for the longest. With arc_lock. */
static void
make_room(struct bdb *b)
{
	struct bdb_arc *a, *oldest = NULL;
	struct bdb_table *tb;
	unsigned t;
	size_t i;

	if (b->arc_open < OPEN_MAX_)
		return;
	pthread_mutex_lock(&b->seg_lock);
	for (t = 0; t < b->st.n_tables; t++) {
		tb = &b->table[t];
		for (i = 0; i < tb->n && (a = tb->seg[i]->arc) != NULL; i++)
			if (a->file != NULL && a->users == 0 &&
			    (oldest == NULL || a->used < oldest->used))
				oldest = a;
	}
	pthread_mutex_unlock(&b->seg_lock);
	if (oldest == NULL)
		return;
	archive_close(oldest->file);
	oldest->file = NULL;
	b->arc_open--;
}

static int
open_file(struct bdb *b, unsigned t, struct bdb_seg *s)
{
	char path[4096], why[STORE_ERR_MAX];
	const struct archive_info *i;
	int err = bdb_arc_name(b, t, s->first, false, path, sizeof(path));

	if (err != 0)
		return err;
	make_room(b);
	err = archive_open(&s->arc->file, path, why);
	if (err == FG_ENOENT && s->arc->missing)
		return err;
	if (err == 0) {
		i = archive_info(s->arc->file);
		if (bdb_identity_is(b, i->uuid) && i->table == t &&
		    i->first == s->about.first && i->last == s->about.last) {
			b->arc_open++;
			return 0;
		}
		archive_close(s->arc->file);
		s->arc->file = NULL;
		err = FG_EDAMAGED;
		snprintf(why, sizeof(why), "%.400s: is of another store, or "
		    "of other rows", path);
	}
	log_event(LOG_LEVEL_WARN, "archive", NULL, "store %s: rows %llu to "
	    "%llu of %s cannot be read: %s", b->path,
	    (unsigned long long)s->about.first,
	    (unsigned long long)s->about.last, bdb_table_name(b, t), why);
	return err == FG_ENOENT ? FG_EIO : err;
}

int
bdb_arc_hold(struct bdb *b, unsigned t, struct bdb_seg *s, struct archive **a)
{
	int err = 0;

	pthread_mutex_lock(&b->arc_lock);
	if (s->arc->file == NULL)
		err = open_file(b, t, s);
	if (err == 0) {
		s->arc->users++;
		s->arc->used = ++b->arc_used;
		*a = s->arc->file;
	}
	pthread_mutex_unlock(&b->arc_lock);
	return err;
}

void
bdb_arc_release(struct bdb *b, struct bdb_seg *s)
{
	pthread_mutex_lock(&b->arc_lock);
	s->arc->users--;
	pthread_mutex_unlock(&b->arc_lock);
}
