/*
 * bdb_backup.c: a backup of the open store (backup.h says what it looks like).
 *
 *	keep the log files that recovery needs now, and all later ones
 *	see what is sealed, then checkpoint: it is in its files
 *	copy what is sealed, unless the backup has it
 *	copy the rest, page by page, while it changes
 *	flush the log and copy it
 *	write BACKUP, tell META
 *
 * So the pages copied are of different moments, none older than the first log
 * file, and the log brings them to the last one. A page is never copied while
 * it is written: Berkeley DB sees to that (dbbackup), and its checksum is
 * looked at here.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "store/bdb_backup.h"

#define RUN_PREFIX "RUN."

/* ---- the directory ---- */

static bool
bare(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	bool yes = true;

	while (d != NULL && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' && strcmp(e->d_name, "lost+found") != 0
		    && strncmp(e->d_name, RUN_PREFIX, strlen(RUN_PREFIX)) != 0
		    && strstr(e->d_name, ".part") == NULL)
			yes = false;
	if (d != NULL)
		closedir(d);
	return yes;
}

/* Folders of runs that no manifest has (any more). */
static void
drop_runs(const struct bdb_backup *k, const char *keep)
{
	char path[COPY_PATH_MAX];
	DIR *d = opendir(k->dir);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL)
		if (strncmp(e->d_name, RUN_PREFIX, strlen(RUN_PREFIX)) == 0
		    && strcmp(e->d_name, keep) != 0
		    && snprintf(path, sizeof(path), "%s/%s", k->dir, e->d_name)
		    < (int)sizeof(path))
			copy_remove_dir(path);
	if (d != NULL)
		closedir(d);
}

static int
open_dir(struct bdb_backup *k, bool logs)
{
	struct copy *c = &k->c;
	int err;

	if (mkdir(k->dir, 0750) == -1 && errno != EEXIST)
		return copy_why(c, fg_errno(errno), "backup %s: cannot make "
		    "the directory: %s", k->dir, strerror(errno));
	err = manifest_read(&k->old, c, k->dir);
	if (err == FG_ENOENT && logs)
		return copy_why(c, err, "backup %s: has no backup that log "
		    "files could be added to; take a whole one first", k->dir);
	if (err == FG_ENOENT)
		return bare(k->dir) ? 0 : copy_why(c, FG_EEXIST, "backup %s: "
		    "has files and no backup; give an empty or new directory",
		    k->dir);
	if (err == 0 && strcmp(k->old.uuid, k->b->st.uuid) != 0)
		return copy_why(c, FG_EEXIST, "backup %s: is of another store, "
		    "%s; give an empty or new directory", k->dir, k->old.uuid);
	return err;
}

static int
make_run(struct bdb_backup *k)
{
	int err;

	snprintf(k->now.run, MANIFEST_RUN, RUN_PREFIX "%lld",
	    (long long)(k->now.time.ns / NS_PER_S));
	if (strcmp(k->now.run, k->old.run) == 0)
		snprintf(k->now.run, MANIFEST_RUN, RUN_PREFIX "%lld.2",
		    (long long)(k->now.time.ns / NS_PER_S));
	err = copy_path(&k->c, k->run, k->dir, NULL, k->now.run);
	if (err == 0 && mkdir(k->run, 0750) == -1)
		err = copy_why(&k->c, fg_errno(errno), "%s: %s", k->run,
		    strerror(errno));
	return err;
}

static wall_t
wall_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (wall_t){ ts.tv_sec * NS_PER_S };
}

static int
whole(struct bdb_backup *k)
{
	struct bdb *b = k->b;
	int err;

	drop_runs(k, k->old.run);
	err = make_run(k);
	if (err == 0)
		err = bdb_log_hold(b);
	if (err == 0)
		err = bdb_backup_list(k);
	/* What is sealed now is in its files then. */
	if (err == 0)
		err = bdb_err(b->env->txn_checkpoint(b->env, 0, 0, DB_FORCE));
	if (err == 0) {
		bdb_backup_total(k);
		err = bdb_backup_items(k);
	}
	if (err == 0)
		err = bdb_backup_chain(k);
	if (err == 0)
		err = bdb_backup_archives(k);
	k->now.first_log = b->log_hold;
	if (err == 0)
		err = bdb_backup_logs(k, k->now.first_log);
	if (err == 0)
		err = bdb_backup_format(k);
	if (err == 0)
		err = copy_sync_dir(&k->c, k->run);
	if (err != 0)
		copy_remove_dir(k->run);
	return err;
}

/* The files of the old manifest, and what the log has more. */
static int
only_logs(struct bdb_backup *k)
{
	wall_t now = k->now.time;
	struct bdb_logs logs;
	int err;

	k->now = k->old;
	k->old = (struct manifest){ 0 };
	k->now.time = now;
	err = copy_path(&k->c, k->run, k->dir, NULL, k->now.run);
	if (err == 0)
		err = bdb_log_hold(k->b);
	if (err == 0 && bdb_log_files(k->b->path, &logs) == 0)
		k->c.total = logs.bytes;
	/* A segment that was archived since is in no log. */
	if (err == 0)
		err = bdb_backup_archives(k);
	if (err == 0)
		err = bdb_backup_logs(k, k->now.last_log);
	return err != 0 ? err : copy_sync_dir(&k->c, k->run);
}

/* For the line that says how to get a damaged file back. */
static int
say_place(struct bdb_backup *k)
{
	char path[COPY_PATH_MAX], *dir = realpath(k->dir, NULL);
	int err = copy_path(&k->c, path, k->b->path, NULL, BDB_PLACE);

	if (err == 0)
		err = dir == NULL ? FG_ENOMEM : copy_text(&k->c, path, dir,
		    strlen(dir));
	free(dir);
	return err;
}

static void
tell(const struct bdb_backup *k, struct store_backup *out)
{
	size_t i;

	memcpy(out->uuid, k->now.uuid, sizeof(out->uuid));
	out->time = k->now.time;
	out->commit = k->now.commit;
	out->first_log = k->now.first_log;
	out->last_log = k->now.last_log;
	out->files = k->now.n;
	for (i = 0; i < k->now.n; i++)
		out->bytes += k->now.file[i].sum.size;
	out->copied = k->c.bytes;
	out->archives = k->archives;
}

int
bdb_backup(struct store *st, const char *dir, unsigned how,
    const struct store_work *work, struct store_backup *out, char *why)
{
	struct bdb *b = (struct bdb *)st;
	struct bdb_backup k = { .b = b, .dir = dir, .c = { .why = why,
		.work = work, .fd = -1 }, .no_archives =
		(how & STORE_BACKUP_NO_ARCHIVES) != 0 };
	bool logs = (how & STORE_BACKUP_LOGS) != 0;
	int err = open_dir(&k, logs);

	memcpy(k.now.uuid, st->uuid, sizeof(k.now.uuid));
	k.now.time = wall_now();
	if (err == 0)
		err = logs ? only_logs(&k) : whole(&k);
	if (err == 0)
		err = manifest_write(&k.now, &k.c, dir);
	if (err == 0)
		err = bdb_log_covered(b, &(struct store_covered){
		    .time = k.now.time, .commit = k.now.commit,
		    .log = k.now.last_log });
	if (err == 0)
		err = say_place(&k);
	bdb_log_release(b);
	if (err == 0) {
		drop_runs(&k, k.now.run);
		tell(&k, out);
	}
	manifest_free(&k.old);
	manifest_free(&k.now);
	free(k.item);
	return err;
}
