/*
 * bdb_repair.c: damaged files of a store are taken from its backup, and the
 * log, which was kept since then, brings them to the last commit. The store
 * stays the one that it was.
 *
 *	UNFINISHED, so that nobody opens what is half made
 *	the log files of the backup that the store does not have any more
 *	each damaged file goes to the folder DAMAGED; its place takes the file of
 *	the backup, or nothing, if it is younger: the log makes it again
 *	open, with all of the log replayed
 *	UNFINISHED is gone
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "store/bdb.h"
#include "store/manifest.h"

#define DAMAGED "DAMAGED"

struct repair {
	struct bdb lock;    /* path and lock only */
	const char *dir;
	const char *backup; /* NULL: there is none */
	struct copy c;
	struct manifest m;
	struct damage pages;
	struct bdb_logs logs;
	bool again;         /* one before was not finished */
};

/* The file of the backup for one of the store; NULL: it has none. */
static const struct manifest_file *
in_backup(const struct repair *k, const char *name)
{
	char said[COPY_PATH_MAX];
	const struct manifest_file *f;

	snprintf(said, sizeof(said), "%s/%s", k->m.run, name);
	f = manifest_find(&k->m, said);
	return f != NULL ? f : manifest_find(&k->m, name);
}

static int
unfinished(struct repair *k, char path[COPY_PATH_MAX])
{
	return copy_path(&k->c, path, k->dir, NULL, BDB_UNFINISHED);
}

/* ---- may it be done? ---- */

static int
check_hole(struct repair *k, uint32_t from)
{
	char name[BDB_LOG_NAME], path[COPY_PATH_MAX];
	uint32_t n;
	int err = 0;

	for (n = from; n <= k->logs.last && err == 0; n++) {
		bdb_log_name(name, n);
		err = copy_path(&k->c, path, k->dir, NULL, name);
		if (err == 0 && access(path, F_OK) == -1)
			err = copy_why(&k->c, FG_ENOENT, "%s is missing: the "
			    "log does not go on from the backup; restore "
			    "the backup to a new directory instead", path);
	}
	return err;
}

/* The log file that the backup ends with begins as in the store. */
static int
check_same(struct repair *k)
{
	char name[BDB_LOG_NAME], path[COPY_PATH_MAX];
	const struct manifest_file *f;
	struct copy_sum sum;
	int err;

	bdb_log_name(name, k->m.last_log);
	f = in_backup(k, name);
	err = copy_path(&k->c, path, k->dir, NULL, name);
	if (err != 0 || f == NULL)
		return err != 0 ? err : FG_EDAMAGED;
	err = copy_hash(&k->c, path, f->sum.size, &sum);
	if (err == 0 && strcmp(sum.sha, f->sum.sha) != 0)
		err = copy_why(&k->c, FG_EINVAL, "backup %s: is of another "
		    "store: %s does not begin as in it", k->backup, path);
	return err;
}

static int
check_logs(struct repair *k)
{
	int err = bdb_log_files(k->dir, &k->logs);

	if (err != 0)
		return copy_why(&k->c, err, "%s: %s", k->dir,
		    fg_strerror(err));
	if (k->backup == NULL)
		return k->logs.n != 0 && k->logs.first == 1 ? check_hole(k, 1)
		    : copy_why(&k->c, FG_ENOENT, "store %s: its log does not "
		    "go back to its beginning, so a backup is needed: "
		    "fixgatectl recover %s --backup DIR", k->dir, k->dir);
	err = manifest_read(&k->m, &k->c, k->backup);
	if (err == FG_ENOENT)
		copy_why(&k->c, err, "%s: has no backup, or one that was not "
		    "finished: there is no file " MANIFEST_NAME, k->backup);
	if (err == 0)
		err = check_hole(k, k->m.last_log);
	return err != 0 ? err : check_same(k);
}

/* ---- doing it ---- */

static int
mark(struct repair *k)
{
	char path[COPY_PATH_MAX], text[STORE_ERR_MAX];
	int err = unfinished(k, path), n;

	n = snprintf(text, sizeof(text), "it was not recovered to the end; "
	    "again: fixgatectl recover %.150s%s%.150s", k->dir,
	    k->backup == NULL ? "" : " --backup ",
	    k->backup == NULL ? "" : k->backup);
	return err != 0 ? err : copy_text(&k->c, path, text, (size_t)n);
}

static int
fetch(struct repair *k, const struct manifest_file *f, const char *name)
{
	char from[COPY_PATH_MAX], to[COPY_PATH_MAX];
	struct copy_sum sum;
	int err = copy_path(&k->c, from, k->backup, NULL, f->name);

	if (err == 0)
		err = copy_path(&k->c, to, k->dir, NULL, name);
	if (err == 0)
		err = copy_file(&k->c, from, to, f->sum.size, false, &sum);
	if (err == 0 && strcmp(sum.sha, f->sum.sha) != 0) {
		unlink(to);
		err = copy_why(&k->c, FG_EDAMAGED, "%s: is not as it was when "
		    "it was backed up (SHA-256); use another backup", from);
	}
	return err;
}

static int
fetch_logs(struct repair *k)
{
	char name[BDB_LOG_NAME], path[COPY_PATH_MAX];
	const struct manifest_file *f;
	uint32_t n;
	int err = 0;

	for (n = k->m.first_log; n < k->m.last_log && err == 0; n++) {
		bdb_log_name(name, n);
		err = copy_path(&k->c, path, k->dir, NULL, name);
		if (err != 0 || access(path, F_OK) == 0)
			continue;
		f = in_backup(k, name);
		err = f == NULL ? copy_why(&k->c, FG_EDAMAGED, "backup %s: has "
		    "no %s", k->backup, name) : fetch(k, f, name);
	}
	return err;
}

static int
set_aside(struct repair *k, const char *name)
{
	char from[COPY_PATH_MAX], to[COPY_PATH_MAX], dir[COPY_PATH_MAX];
	char aside[DAMAGE_NAME + 32];
	int err = copy_path(&k->c, dir, k->dir, NULL, DAMAGED);

	snprintf(aside, sizeof(aside), "%s.%lld", name, (long long)time(NULL));
	if (err == 0)
		err = copy_path(&k->c, to, dir, NULL, aside);
	if (err == 0)
		err = copy_path(&k->c, from, k->dir, NULL, name);
	if (err != 0)
		return err;
	if ((mkdir(dir, 0750) == -1 && errno != EEXIST)
	    || rename(from, to) == -1)
		return copy_why(&k->c, fg_errno(errno), "%s: %s", to,
		    strerror(errno));
	return 0;
}

static int
replace(struct repair *k, struct store_repair *out)
{
	const struct manifest_file *f;
	size_t i;
	int err = 0;

	for (i = 0; i < k->pages.n && err == 0; i++) {
		if (k->pages.file[i].pages.damaged == 0)
			continue;
		err = set_aside(k, k->pages.file[i].name);
		f = in_backup(k, k->pages.file[i].name);
		if (err == 0 && f != NULL)
			err = fetch(k, f, k->pages.file[i].name);
		out->files++;
	}
	return err != 0 ? err : copy_sync_dir(&k->c, k->dir);
}

static int
replay(struct repair *k, struct store_repair *out)
{
	struct store_cfg cfg = { .path = k->dir, .durability = STORE_WRITTEN };
	char path[COPY_PATH_MAX];
	struct bdb *b;
	int err = bdb_open(&b, &cfg, BDB_FATAL, k->c.why);

	if (err != 0)
		return err;
	out->commit = b->written;
	store_close(&b->st);
	damage_free(&k->pages);
	err = damage_check(&k->pages, k->dir, true);
	damage_in_use(&k->pages);
	if (err == 0 && damage_first(&k->pages) != NULL)
		err = copy_why(&k->c, FG_EDAMAGED, "store %s: file %s is still "
		    "damaged; restore the backup to a new directory instead",
		    k->dir, damage_first(&k->pages)->name);
	if (err == 0)
		err = unfinished(k, path);
	if (err == 0 && unlink(path) == -1)
		err = copy_why(&k->c, fg_errno(errno), "%s: %s", path,
		    strerror(errno));
	return err != 0 ? err : copy_sync_dir(&k->c, k->dir);
}

static int
look(struct repair *k, struct store_repair *out)
{
	const struct damage_file *f;
	char path[COPY_PATH_MAX];
	int err = unfinished(k, path);

	k->again = err == 0 && access(path, F_OK) == 0;
	if (err == 0)
		err = damage_check(&k->pages, k->dir, true);
	if (err != 0)
		return copy_why(&k->c, err, "store %s: %s", k->dir,
		    fg_strerror(err));
	/* Maybe the log would fill an empty one; all of it is replayed anyway. */
	damage_in_use(&k->pages);
	f = damage_first(&k->pages);
	if (f != NULL) {
		snprintf(out->first, sizeof(out->first), "%s", f->name);
		out->page = f->pages.first;
	}
	return 0;
}

static int
run(struct repair *k, struct store_repair *out)
{
	int err = bdb_dir_lock(&k->lock);

	if (err == 0)
		err = look(k, out);
	if (err != 0 || (out->first[0] == '\0' && !k->again))
		return err;
	err = check_logs(k);
	if (err == 0)
		err = mark(k);
	if (err == 0)
		err = fetch_logs(k);
	if (err == 0)
		err = replace(k, out);
	bdb_dir_close(&k->lock);
	return err != 0 ? err : replay(k, out);
}

int
store_repair(const char *dir, const char *backup, const struct store_work *work,
    struct store_repair *out, char err[STORE_ERR_MAX])
{
	struct repair k = { .dir = dir, .backup = backup, .lock = {
		.why = err, .lock_fd = -1 }, .c = { .why = err, .work = work,
		.fd = -1 } };
	char path[COPY_PATH_MAX];
	int rc;

	err[0] = '\0';
	*out = (struct store_repair){ 0 };
	snprintf(path, sizeof(path), "%s", dir);
	k.lock.path = path;
	rc = run(&k, out);
	if (rc != 0)
		copy_why(&k.c, rc, "%s: %s", dir, fg_strerror(rc));
	bdb_dir_close(&k.lock);
	damage_free(&k.pages);
	manifest_free(&k.m);
	return rc;
}
