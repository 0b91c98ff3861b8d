/*
 * A backup of the open store (backup.h says what it looks like).
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
#include <stdarg.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "store/bdb.h"
#include "store/manifest.h"
#include "store/page.h"

#define NAME_BYTES 64
#define RUN_PREFIX "RUN."

struct item {
	char name[NAME_BYTES];
	bool sealed;
};

struct bdb_backup {
	struct bdb *b;
	struct copy c;
	const char *dir;
	struct manifest old, now;
	char run[COPY_PATH_MAX];
	struct item *item;
	size_t n, cap;
	int err; /* of the callbacks */
};

/* ---- what there is ---- */

static int
add_item(struct bdb_backup *k, bool sealed, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int
add_item(struct bdb_backup *k, bool sealed, const char *fmt, ...)
{
	struct item *v;
	size_t cap;
	va_list ap;

	if (k->n == k->cap) {
		cap = k->cap == 0 ? 64 : 2 * k->cap;
		v = realloc(k->item, cap * sizeof(*v));
		if (v == NULL)
			return FG_ENOMEM;
		k->item = v;
		k->cap = cap;
	}
	va_start(ap, fmt);
	vsnprintf(k->item[k->n].name, NAME_BYTES, fmt, ap);
	va_end(ap);
	k->item[k->n++].sealed = sealed;
	return 0;
}

/* Nothing that is not durable is behind what is sealed: such rows may be taken
 * back, and their segments written again. */
static uint64_t
durable_in(struct bdb *b, unsigned table)
{
	uint64_t v;

	pthread_mutex_lock(&b->st.lock);
	v = table == BLOCK_TABLE_STATE ? b->st.durable : b->st.visible[table];
	pthread_mutex_unlock(&b->st.lock);
	return v;
}

static int
list_table(struct bdb_backup *k, unsigned table)
{
	struct bdb_table *t = &k->b->table[table];
	uint64_t durable = durable_in(k->b, table), first;
	const char *name = bdb_table_name(k->b, table);
	bool sealed;
	size_t i;
	int err = 0;

	pthread_mutex_lock(&k->b->seg_lock);
	for (i = 0; i < t->n && err == 0; i++) {
		first = t->seg[i]->first;
		sealed = i + 1 < t->n && t->seg[i + 1]->first <= durable;
		err = add_item(k, sealed, "%s.%020llu", name,
		    (unsigned long long)first);
		if (err == 0 && table == STORE_FIX_OUT)
			err = add_item(k, sealed, "%s_INDEX.%020llu", name,
			    (unsigned long long)first);
	}
	pthread_mutex_unlock(&k->b->seg_lock);
	return err;
}

static int
list(struct bdb_backup *k)
{
	static const char *const own[] = { "META", "SESSION", "DICT",
		"TABLE" };
	unsigned t, n = k->b->st.n_tables;
	size_t i;
	int err = 0;

	for (i = 0; i < sizeof(own) / sizeof(own[0]) && err == 0; i++)
		err = add_item(k, false, "%s", own[i]);
	for (t = 0; t < n && err == 0; t++)
		if (bdb_table_name(k->b, t) != NULL)
			err = list_table(k, t);
	return err;
}

static bool
size_in(const char *dir, const char *name, uint64_t *out)
{
	char path[COPY_PATH_MAX];
	struct stat s;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (stat(path, &s) == -1)
		return false;
	*out = (uint64_t)s.st_size;
	return true;
}

/* Does the backup have a file of the store that never changes? */
static struct manifest_file *
has(const struct bdb_backup *k, const char *name)
{
	struct manifest_file *f = manifest_find(&k->old, name);
	uint64_t there, here;

	return f != NULL && size_in(k->dir, name, &there)
	    && size_in(k->b->path, name, &here) && f->sum.size == there
	    && there == here ? f : NULL;
}

static void
sum_up(struct bdb_backup *k)
{
	struct bdb_logs logs;
	uint64_t size;
	size_t i;

	for (i = 0; i < k->n; i++)
		if (!(k->item[i].sealed && has(k, k->item[i].name))
		    && size_in(k->b->path, k->item[i].name, &size))
			k->c.total += size;
	if (bdb_log_files(k->b->path, &logs) == 0)
		k->c.total += logs.bytes;
}

/* ---- copying ---- */

static int
copy_sealed(struct bdb_backup *k, const char *name)
{
	char from[COPY_PATH_MAX], to[COPY_PATH_MAX];
	struct manifest_file *f = has(k, name);
	struct copy_sum sum;
	int err;

	if (f != NULL)
		return manifest_add(&k->now, name, &f->sum);
	err = copy_path(&k->c, from, k->b->path, NULL, name);
	if (err == 0)
		err = copy_path(&k->c, to, k->dir, NULL, name);
	if (err == 0)
		err = copy_file(&k->c, from, to, UINT64_MAX, true, &sum);
	return err != 0 ? err : manifest_add(&k->now, name, &sum);
}

static int
on_open(DB_ENV *env, const char *name, const char *target, void **handle)
{
	struct bdb_backup *k = ((struct bdb *)env->app_private)->backup;
	char to[COPY_PATH_MAX];

	(void)target;
	*handle = k;
	k->err = copy_path(&k->c, to, k->run, NULL, name);
	if (k->err == 0)
		k->err = copy_begin(&k->c, to);
	return k->err == 0 ? 0 : EIO;
}

static int
on_write(DB_ENV *env, uint32_t gbytes, uint32_t bytes, uint32_t size,
    uint8_t *p, void *handle)
{
	uint64_t from = ((uint64_t)gbytes << 30) + bytes;
	struct bdb_backup *k = handle;
	struct page_report r = { 0 };

	(void)env;
	k->err = page_check_run(&r, p, size, (uint32_t)(from / PAGE_BYTES));
	if (k->err == 0 && r.damaged != 0)
		k->err = copy_why(&k->c, FG_EDAMAGED, "page %lu is damaged",
		    (unsigned long)r.first);
	if (k->err == 0)
		k->err = copy_add(&k->c, p, size);
	if (k->err == 0)
		k->err = copy_at(&k->c, size);
	page_report_free(&r);
	return k->err == 0 ? 0 : EIO;
}

static int
on_close(DB_ENV *env, const char *name, void *handle)
{
	/* copy_end is for whoever knows how it ended. */
	(void)env;
	(void)name;
	(void)handle;
	return 0;
}

static int
copy_hot(struct bdb_backup *k, const char *name)
{
	char said[MANIFEST_RUN + NAME_BYTES];
	struct bdb *b = k->b;
	struct copy_sum sum;
	int ret, err;

	/* A new segment has a name before it has a file. */
	if (!size_in(b->path, name, &sum.size))
		return 0;
	k->err = 0;
	k->c.fd = -1;
	ret = b->env->dbbackup(b->env, name, NULL, 0);
	err = k->err != 0 ? k->err : bdb_err(ret);
	if (k->c.fd != -1)
		err = copy_end(&k->c, err, &sum);
	if (err != 0)
		return copy_why(&k->c, err, "%s/%s: %s%s%s", b->path, name,
		    fg_strerror(err), b->message[0] == '\0' ? "" : ": ",
		    b->message);
	snprintf(said, sizeof(said), "%s/%s", k->now.run, name);
	return manifest_add(&k->now, said, &sum);
}

static int
copy_items(struct bdb_backup *k)
{
	DB_ENV *e = k->b->env;
	size_t i;
	int err = 0, ret;

	for (i = 0; i < k->n && err == 0; i++)
		if (k->item[i].sealed)
			err = copy_sealed(k, k->item[i].name);
	if (err != 0)
		return err;
	k->b->backup = k;
	ret = e->set_backup_callbacks(e, on_open, on_write, on_close);
	err = bdb_err(ret);
	for (i = 0; i < k->n && err == 0; i++)
		if (!k->item[i].sealed)
			err = copy_hot(k, k->item[i].name);
	k->b->backup = NULL;
	return err;
}

/* Plain files that only grow, or never change, in a folder of the store. */
static int
copy_folder(struct bdb_backup *k, const char *folder)
{
	char dir[COPY_PATH_MAX], from[COPY_PATH_MAX], to[COPY_PATH_MAX];
	char name[COPY_PATH_MAX];
	struct manifest_file *f;
	struct copy_sum sum;
	struct dirent *e;
	DIR *d;
	int err = copy_path(&k->c, dir, k->dir, NULL, folder);

	if (err == 0)
		err = copy_path(&k->c, from, k->b->path, NULL, folder);
	d = err != 0 ? NULL : opendir(from);
	if (d == NULL)
		return err;
	if (mkdir(dir, 0750) == -1 && errno != EEXIST)
		err = copy_why(&k->c, fg_errno(errno), "%s: %s", dir,
		    strerror(errno));
	while (err == 0 && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.' || strlen(e->d_name) >= NAME_BYTES)
			continue;
		snprintf(name, sizeof(name), "%s/%s", folder, e->d_name);
		if (manifest_find(&k->now, name) != NULL)
			continue;
		f = has(k, name);
		if (f != NULL) {
			err = manifest_add(&k->now, name, &f->sum);
			continue;
		}
		err = copy_path(&k->c, from, k->b->path, folder, e->d_name);
		if (err == 0)
			err = copy_path(&k->c, to, dir, NULL, e->d_name);
		if (err == 0)
			err = copy_file(&k->c, from, to, UINT64_MAX, false,
			    &sum);
		if (err == 0)
			err = manifest_add(&k->now, name, &sum);
	}
	closedir(d);
	return err != 0 ? err : copy_sync_dir(&k->c, dir);
}

static int
copy_log(struct bdb_backup *k, uint32_t number, uint64_t max)
{
	char name[BDB_LOG_NAME], said[MANIFEST_RUN + NAME_BYTES];
	char from[COPY_PATH_MAX], to[COPY_PATH_MAX];
	struct manifest_file *f;
	struct copy_sum sum;
	int err;

	bdb_log_name(name, number);
	snprintf(said, sizeof(said), "%s/%s", k->now.run, name);
	err = copy_path(&k->c, from, k->b->path, NULL, name);
	if (err == 0)
		err = copy_path(&k->c, to, k->run, NULL, name);
	if (err == 0)
		err = copy_file(&k->c, from, to, max, false, &sum);
	if (err != 0)
		return err;
	k->now.last_log = number;
	f = manifest_find(&k->now, said);
	if (f == NULL)
		return manifest_add(&k->now, said, &sum);
	f->sum = sum;
	return 0;
}

/* Up to what is flushed: what is behind it is being written. */
static int
copy_logs(struct bdb_backup *k, uint32_t first)
{
	struct bdb *b = k->b;
	uint32_t last = 0, end = 0, n;
	struct bdb_logs logs;
	DB_LOG_STAT *s;
	int err;

	k->now.commit = store_durable(&b->st);
	err = bdb_err(b->env->log_flush(b->env, NULL));
	if (err == 0)
		err = bdb_err(b->env->log_stat(b->env, &s, 0));
	if (err == 0) {
		last = s->st_disk_file;
		end = s->st_disk_offset;
		free(s);
		err = bdb_log_files(b->path, &logs);
	}
	if (err == 0 && (logs.n == 0 || logs.first > first))
		err = copy_why(&k->c, FG_ESTATE, "%s: log files since the "
		    "backup are gone; take a whole backup", b->path);
	for (n = first; err == 0 && n <= last; n++)
		err = copy_log(k, n, n == last ? end : UINT64_MAX);
	return err;
}

static int
copy_format(struct bdb_backup *k)
{
	char from[COPY_PATH_MAX], to[COPY_PATH_MAX];
	char said[MANIFEST_RUN + NAME_BYTES];
	struct copy_sum sum;
	int err = copy_path(&k->c, from, k->b->path, NULL, "FORMAT");

	if (err == 0)
		err = copy_path(&k->c, to, k->run, NULL, "FORMAT");
	if (err == 0)
		err = copy_file(&k->c, from, to, UINT64_MAX, false, &sum);
	snprintf(said, sizeof(said), "%s/FORMAT", k->now.run);
	return err != 0 ? err : manifest_add(&k->now, said, &sum);
}

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
		err = list(k);
	/* What is sealed now is in its files then. */
	if (err == 0)
		err = bdb_err(b->env->txn_checkpoint(b->env, 0, 0, DB_FORCE));
	if (err == 0) {
		sum_up(k);
		err = copy_items(k);
	}
	if (err == 0)
		err = copy_folder(k, "CHAIN");
	if (err == 0)
		err = copy_folder(k, "ARCHIVE");
	k->now.first_log = b->log_hold;
	if (err == 0)
		err = copy_logs(k, k->now.first_log);
	if (err == 0)
		err = copy_format(k);
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
		err = copy_folder(k, "ARCHIVE");
	if (err == 0)
		err = copy_logs(k, k->now.last_log);
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
}

int
bdb_backup(struct store *st, const char *dir, bool logs,
    const struct store_work *work, struct store_backup *out, char *why)
{
	struct bdb *b = (struct bdb *)st;
	struct bdb_backup k = { .b = b, .dir = dir, .c = { .why = why,
		.work = work, .fd = -1 } };
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
