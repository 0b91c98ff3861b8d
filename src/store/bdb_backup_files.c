/* bdb_backup_files.c: what a backup copies (bdb_backup.c). */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "store/bdb_backup.h"
#include "store/page.h"

/* ---- what there is ---- */

static int
add_item(struct bdb_backup *k, bool sealed, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int
add_item(struct bdb_backup *k, bool sealed, const char *fmt, ...)
{
	struct backup_item *v;
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
	vsnprintf(k->item[k->n].name, BACKUP_NAME, fmt, ap);
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
		if (t->seg[i]->arc != NULL && t->seg[i]->arc->settled)
			continue;
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

int
bdb_backup_list(struct bdb_backup *k)
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

/* Does the backup have a file that never changes, and is `here` in dir? */
static struct manifest_file *
has_copy(const struct bdb_backup *k, const char *name, const char *dir,
    const char *here)
{
	struct manifest_file *f = manifest_find(&k->old, name);
	uint64_t there, size;

	return f != NULL && size_in(k->dir, name, &there)
	    && size_in(dir, here, &size) && f->sum.size == there
	    && there == size ? f : NULL;
}

static struct manifest_file *
has(const struct bdb_backup *k, const char *name)
{
	return has_copy(k, name, k->b->path, name);
}

void
bdb_backup_total(struct bdb_backup *k)
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
	char said[MANIFEST_RUN + BACKUP_NAME];
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

int
bdb_backup_items(struct bdb_backup *k)
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

/* A file of a folder, which the backup has under the folder's name. */
static int
copy_plain(struct bdb_backup *k, const char *folder, const char *dir,
    const char *file)
{
	char from[COPY_PATH_MAX], to[COPY_PATH_MAX], name[COPY_PATH_MAX];
	struct manifest_file *f;
	struct copy_sum sum;
	int err;

	snprintf(name, sizeof(name), "%s/%s", folder, file);
	if (manifest_find(&k->now, name) != NULL)
		return 0;
	f = has_copy(k, name, dir, file);
	if (f != NULL)
		return manifest_add(&k->now, name, &f->sum);
	err = copy_path(&k->c, from, dir, NULL, file);
	if (err == 0)
		err = copy_path(&k->c, to, k->dir, folder, file);
	if (err == 0)
		err = copy_file(&k->c, from, to, UINT64_MAX, false, &sum);
	return err != 0 ? err : manifest_add(&k->now, name, &sum);
}

/* Those of the folder at dir that take says. */
static int
copy_folder(struct bdb_backup *k, const char *folder, const char *dir,
    bool (*take)(struct bdb_backup *k, const char *dir, const char *file))
{
	char to[COPY_PATH_MAX];
	DIR *d = opendir(dir);
	struct dirent *e;
	int err;

	if (d == NULL)
		return 0;
	err = copy_path(&k->c, to, k->dir, NULL, folder);
	if (err == 0 && mkdir(to, 0750) == -1 && errno != EEXIST)
		err = copy_why(&k->c, fg_errno(errno), "%s: %s", to,
		    strerror(errno));
	while (err == 0 && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' && strlen(e->d_name) < BACKUP_NAME &&
		    take(k, dir, e->d_name))
			err = copy_plain(k, folder, dir, e->d_name);
	closedir(d);
	return err != 0 ? err : copy_sync_dir(&k->c, to);
}

static bool
take_any(struct bdb_backup *k, const char *dir, const char *file)
{
	(void)k;
	(void)dir;
	(void)file;
	return true;
}

/* ArchivePath may have more than ours; one that is damaged is not known to be
 * another's. */
static bool
take_archive(struct bdb_backup *k, const char *dir, const char *file)
{
	char path[COPY_PATH_MAX], uuid[ARCHIVE_UUID];
	size_t n = strlen(file), tail = strlen(ARCHIVE_SUFFIX);

	if (n < tail || strcmp(file + n - tail, ARCHIVE_SUFFIX) != 0 ||
	    snprintf(path, sizeof(path), "%s/%s", dir, file) >=
	    (int)sizeof(path) || (archive_whose(path, uuid) == 0 &&
	    !bdb_identity_is(k->b, uuid)))
		return false;
	k->archives++;
	return !k->no_archives;
}

int
bdb_backup_chain(struct bdb_backup *k)
{
	char dir[COPY_PATH_MAX];
	int err = copy_path(&k->c, dir, k->b->path, NULL, "CHAIN");

	return err != 0 ? err : copy_folder(k, "CHAIN", dir, take_any);
}

int
bdb_backup_archives(struct bdb_backup *k)
{
	return copy_folder(k, "ARCHIVE", k->b->arc_path, take_archive);
}

static int
copy_log(struct bdb_backup *k, uint32_t number, uint64_t max)
{
	char name[BDB_LOG_NAME], said[MANIFEST_RUN + BACKUP_NAME];
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
int
bdb_backup_logs(struct bdb_backup *k, uint32_t first)
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

int
bdb_backup_format(struct bdb_backup *k)
{
	char from[COPY_PATH_MAX], to[COPY_PATH_MAX];
	char said[MANIFEST_RUN + BACKUP_NAME];
	struct copy_sum sum;
	int err = copy_path(&k->c, from, k->b->path, NULL, "FORMAT");

	if (err == 0)
		err = copy_path(&k->c, to, k->run, NULL, "FORMAT");
	if (err == 0)
		err = copy_file(&k->c, from, to, UINT64_MAX, false, &sum);
	snprintf(said, sizeof(said), "%s/FORMAT", k->now.run);
	return err != 0 ? err : manifest_add(&k->now, said, &sum);
}
