/*
 * bdb_old.c: segments that are sealed, and behind which there was a checkpoint,
 * are read outside of the store's environment, each file on its own: their pages
 * are all in their files, and nobody writes them. A damaged page ends an
 * environment. So it is the end of this file only, and the store goes on.
 */
#include <stdio.h>
#include <string.h>

#include "log/log.h"
#include "store/bdb.h"

#define CACHE_BYTES (512u << 10) /* of one file */

/* The scan had it open in the environment. */
static void
leave(struct bdb_seg *s)
{
	DB *rows = s->rows, *out = s->out;

	s->rows = s->out = NULL;
	if (rows != NULL)
		rows->close(rows, DB_NOSYNC);
	if (out != NULL)
		out->close(out, DB_NOSYNC);
}

/* A segment behind which there are rows is not written any more. */
void
bdb_seg_know_old(struct bdb *b)
{
	struct bdb_table *tb;
	unsigned t;
	size_t i;

	for (t = 0; t < b->st.n_tables; t++) {
		tb = &b->table[t];
		for (i = 0; i + 1 < tb->n; i++) {
			tb->seg[i]->old = tb->seg[i + 1]->first < b->next[t];
			if (tb->seg[i]->old)
				leave(tb->seg[i]);
		}
	}
}

/* May it be read on its own from now on? Not while somebody has it open. With
 * seg_lock. */
static bool
is_old_now(struct bdb *b, unsigned t, size_t i, uint64_t visible)
{
	const struct bdb_table *tb = &b->table[t];
	const struct bdb_seg *s = tb->seg[i];

	return !s->old && s->arc == NULL && s->users == 0 && i + 1 < tb->n &&
	    tb->seg[i + 1]->first <= visible;
}

/* Sealed when a checkpoint began: now it is in its files, too. */
void
bdb_seg_retire(struct bdb *b, const uint64_t visible[STORE_TABLES_MAX])
{
	struct bdb_seg *s, was;
	unsigned t, n = b->st.n_tables;
	size_t i;

	for (t = 0; t < n; t++)
		for (i = 0;; i++) {
			was.rows = was.out = NULL;
			pthread_mutex_lock(&b->seg_lock);
			if (i >= b->table[t].n) {
				pthread_mutex_unlock(&b->seg_lock);
				break;
			}
			s = b->table[t].seg[i];
			if (is_old_now(b, t, i, visible[t])) {
				was.rows = s->rows;
				was.out = s->out;
				s->rows = s->out = NULL;
				s->old = true;
			}
			pthread_mutex_unlock(&b->seg_lock);
			leave(&was);
		}
}

/* Only the first message tells something. */
static void
said(const DB_ENV *env, const char *file, const char *msg)
{
	(void)env;
	if (strstr(msg, "checksum") != NULL)
		log_event(LOG_LEVEL_ERROR, "damaged", NULL, "file %s: %s; its "
		    "rows cannot be read. Stop fixgated and get it back from "
		    "the last backup with fixgatectl recover", file, msg);
}

int
bdb_old_open(struct bdb *b, struct bdb_seg *s, const char *name, DB **out)
{
	char path[4096];
	DB *db;
	int ret = db_create(&db, NULL, 0);

	if (ret != 0)
		return bdb_err(ret);
	if (s->file[0] == '\0')
		snprintf(s->file, sizeof(s->file), "%s", name);
	snprintf(path, sizeof(path), "%s/%s", b->path, name);
	db->set_errcall(db, said);
	db->set_errpfx(db, s->file);
	ret = db->set_cachesize(db, 0, CACHE_BYTES, 1);
	if (ret == 0)
		ret = db->open(db, NULL, path, NULL, DB_BTREE,
		    DB_RDONLY | DB_THREAD, 0);
	if (ret != 0) {
		db->close(db, DB_NOSYNC);
		return bdb_err(ret);
	}
	*out = db;
	return 0;
}
