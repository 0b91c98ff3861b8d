/*
 * bdb_drop.c: an archive goes for good, with the file of its chain:
 *
 *	META forgets the archive, and knows that it is to be deleted
 *	from now on readers begin behind it
 *	its files are removed; META forgets that, too
 *
 * So whatever a process that dies leaves, or cannot remove now, goes later. The
 * newest file of a chain stays until there is another: the chain goes on from
 * there.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "log/log.h"
#include "store/bdb.h"
#include "store/chain_file.h"

#define TXN_TRIES 100
#define PATH_TEXT 4096

int
bdb_drop_note(struct bdb *b, unsigned t, uint64_t number)
{
	struct bdb_drop *v;
	size_t cap;

	if (b->n_drop == b->cap_drop) {
		cap = b->cap_drop == 0 ? 8 : 2 * b->cap_drop;
		v = realloc(b->drop, cap * sizeof(*v));
		if (v == NULL)
			return FG_ENOMEM;
		b->drop = v;
		b->cap_drop = cap;
	}
	b->drop[b->n_drop++] = (struct bdb_drop){ .t = t, .number = number };
	return 0;
}

bool
bdb_drop_is(const struct bdb *b, unsigned t, uint64_t number)
{
	size_t i;

	for (i = 0; i < b->n_drop; i++)
		if (b->drop[i].t == t && b->drop[i].number == number)
			return true;
	return false;
}

static int
in_txn(struct bdb *b, int (*change)(struct bdb *, DB_TXN *, unsigned,
    uint64_t), unsigned t, uint64_t number, uint32_t how)
{
	int ret, tries = 0;
	DB_TXN *txn;

	do {
		ret = b->env->txn_begin(b->env, NULL, &txn, 0);
		if (ret != 0)
			break;
		ret = change(b, txn, t, number);
		if (ret != 0)
			txn->abort(txn);
		else
			ret = txn->commit(txn, how);
	} while (ret == DB_LOCK_DEADLOCK && ++tries < TXN_TRIES);
	return bdb_err(ret);
}

/* ---- the files ---- */

static int
remove_file(const char *path, const char *dir, bool *had)
{
	if (unlink(path) == -1)
		/* The disk that it is on may not be there. */
		return errno == ENOENT && access(dir, F_OK) == 0 ? 0
		    : fg_errno(errno);
	*had = true;
	return bdb_flush_dir(dir);
}

static int
remove_archive(struct bdb *b, const struct bdb_drop *d, bool *had)
{
	char path[PATH_TEXT], uuid[ARCHIVE_UUID];
	int err = bdb_arc_name(b, d->t, d->number, false, path, sizeof(path));

	/* Whatever it has become: only another store's is not ours to go. */
	if (err != 0 || (archive_whose(path, uuid) == 0 &&
	    !bdb_identity_is(b, uuid)))
		return err;
	return remove_file(path, b->arc_path, had);
}

/* FG_EBUSY: not yet. */
static int
remove_chain(struct bdb *b, const struct bdb_drop *d, bool *had)
{
	char dir[PATH_TEXT], name[BDB_SEG_NAME], path[PATH_TEXT + 2 *
	    BDB_SEG_NAME];
	const char *table = bdb_table_name(b, d->t);

	if (snprintf(dir, sizeof(dir), "%s/" CHAIN_DIR, b->path) >=
	    (int)sizeof(dir))
		return FG_ELIMIT;
	if (chain_file_newest(dir, table, UINT64_MAX) == d->number)
		return FG_EBUSY;
	chain_file_name(name, sizeof(name), table, d->number);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (access(path, F_OK) == -1)
		return 0;
	return remove_file(path, dir, had);
}

/* The segment itself, if it could not be removed when it was archived. */
static int
remove_segment(struct bdb *b, const struct bdb_drop *d)
{
	char path[PATH_TEXT], name[BDB_SEG_NAME];
	struct stat info;

	bdb_seg_name(b, d->t, "", d->number, name);
	snprintf(path, sizeof(path), "%s/%s", b->path, name);
	if (stat(path, &info) == -1)
		return 0;
	bdb_seg_remove(b, d->t, d->number);
	return stat(path, &info) == -1 ? 0 : FG_EBUSY;
}

/* 0: nothing of it is left; or FG_E*. */
static int
delete_files(struct bdb *b, const struct bdb_drop *d, bool *had)
{
	int err = remove_archive(b, d, had);

	(void)store_fault(&b->st, "archive unlinked");
	if (err == 0)
		err = remove_segment(b, d);
	if (err == 0)
		err = remove_chain(b, d, had);
	(void)store_fault(&b->st, "archive gone");
	/* If a loss of power takes that back, it is done again. */
	return err != 0 ? err : in_txn(b, bdb_kept_gone, d->t, d->number,
	    DB_TXN_NOSYNC);
}

static void
say(struct bdb *b, const struct bdb_drop *d, int err)
{
	char name[BDB_SEG_NAME];

	bdb_seg_name(b, d->t, "", d->number, name);
	log_event(LOG_LEVEL_WARN, "archive", NULL, "store %s: the rows of %s "
	    "are deleted, and its archive in %s cannot be: %s; it is tried "
	    "again", b->path, name, b->arc_path, fg_strerror(err));
}

unsigned
bdb_drop_all(struct bdb *b)
{
	unsigned n = 0;
	size_t i, kept = 0;
	bool had;
	int err;

	for (i = 0; i < b->n_drop; i++) {
		had = false;
		err = delete_files(b, &b->drop[i], &had);
		n += had;
		if (err != 0 && err != FG_EBUSY)
			say(b, &b->drop[i], err);
		if (err != 0)
			b->drop[kept++] = b->drop[i];
	}
	b->n_drop = kept;
	return n;
}

/* ---- one more ---- */

/* Nobody finds it any more. */
static void
take_out(struct bdb *b, unsigned t, struct bdb_seg *s)
{
	struct bdb_table *tb = &b->table[t];
	uint64_t oldest;
	size_t i;

	pthread_mutex_lock(&b->seg_lock);
	for (i = 0; i < tb->n; i++)
		if (tb->seg[i] == s)
			break;
	if (i < tb->n) {
		memmove(&tb->seg[i], &tb->seg[i + 1],
		    (tb->n - i - 1) * sizeof(tb->seg[0]));
		tb->n--;
		s->gone = b->gone;
		b->gone = s;
	}
	oldest = bdb_kept_oldest(b, t);
	pthread_mutex_unlock(&b->seg_lock);
	pthread_mutex_lock(&b->st.lock);
	if (b->st.visible[t] != 0) {
		b->st.oldest[t] = oldest;
		recent_forget(&b->st, t, oldest);
	}
	pthread_mutex_unlock(&b->st.lock);
}

int
bdb_archive_drop(struct store *st, unsigned t, uint64_t number, char *why)
{
	struct bdb *b = (struct bdb *)st;
	struct bdb_seg *s = bdb_seg_of(b, t, 0);
	int err;

	if (s == NULL || s->first != number || s->arc == NULL ||
	    !s->arc->settled) {
		snprintf(why, STORE_ERR_MAX, "%s.%llu: is not the oldest "
		    "segment, or not archived", store_segment_table(st, t),
		    (unsigned long long)number);
		return FG_ESTATE;
	}
	err = bdb_drop_note(b, t, number);
	if (err == 0) {
		err = store_fault(st, "archive forget");
		if (err == 0)
			err = in_txn(b, bdb_kept_del, t, number, DB_TXN_SYNC);
		if (err != 0)
			b->n_drop--;
	}
	if (err != 0) {
		snprintf(why, STORE_ERR_MAX, "%s.%llu: cannot be deleted: %s",
		    store_segment_table(st, t), (unsigned long long)number,
		    fg_strerror(err));
		return err;
	}
	take_out(b, t, s);
	(void)store_fault(st, "archive unlink");
	bdb_drop_all(b);
	return 0;
}
