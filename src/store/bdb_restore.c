/*
 * bdb_restore.c: a store made of a backup:
 *
 *	UNFINISHED, so that nobody opens what is half made
 *	the files of the manifest, each with its hash
 *	later log files, which have to go on from those of the backup
 *	open, with all of the log replayed
 *	another identity, in the heads of the chain, too: it goes on
 *	UNFINISHED is gone
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "store/bdb.h"
#include "store/chain_file.h"
#include "store/manifest.h"

struct restore {
	const struct store_restore *r;
	struct copy c;
	struct manifest m;
	bool complete;
};

static int
make_target(struct restore *k)
{
	char path[COPY_PATH_MAX], text[STORE_ERR_MAX];
	const char *to = k->r->to;
	struct dirent *e;
	DIR *d;
	int n, err = 0;

	if (mkdir(to, 0750) == -1 && errno != EEXIST)
		return copy_why(&k->c, fg_errno(errno), "%s: cannot make the "
		    "directory: %s", to, strerror(errno));
	d = opendir(to);
	if (d == NULL)
		return copy_why(&k->c, fg_errno(errno), "%s: %s", to,
		    strerror(errno));
	while (err == 0 && (e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0
		    && strcmp(e->d_name, "lost+found") != 0)
			err = copy_why(&k->c, FG_EEXIST, "%s: has files; give "
			    "an empty or new directory to restore to", to);
	closedir(d);
	if (err == 0)
		err = copy_path(&k->c, path, to, NULL, BDB_UNFINISHED);
	n = snprintf(text, sizeof(text), "a restore of %.200s was not "
	    "finished; remove this directory and restore again",
	    k->r->backup);
	return err != 0 ? err : copy_text(&k->c, path, text, (size_t)n);
}

/* A file's place in the store; folder: of a folder in it. */
static const char *
place(const struct restore *k, const char *name, bool *folder)
{
	size_t n = strlen(k->m.run);

	if (strncmp(name, k->m.run, n) == 0 && name[n] == '/')
		name += n + 1;
	*folder = strchr(name, '/') != NULL;
	return name;
}

/* Where archives go. */
static int
archives_path(struct restore *k, char out[COPY_PATH_MAX], const char *name)
{
	return k->r->archives == NULL
	    ? copy_path(&k->c, out, k->r->to, "ARCHIVE", name)
	    : copy_path(&k->c, out, k->r->archives, NULL, name);
}

/* One may be there already: archives never change. */
static bool
is_there(struct restore *k, const char *path, const struct manifest_file *f)
{
	struct copy_sum sum;

	return access(path, F_OK) == 0 && copy_hash(&k->c, path, f->sum.size +
	    1, &sum) == 0 && sum.size == f->sum.size &&
	    strcmp(sum.sha, f->sum.sha) == 0;
}

static int
restore_file(struct restore *k, const struct manifest_file *f)
{
	char from[COPY_PATH_MAX], to[COPY_PATH_MAX];
	struct copy_sum sum;
	bool folder, archive;
	const char *name;
	int err;

	name = place(k, f->name, &folder);
	err = copy_path(&k->c, from, k->r->backup, NULL, f->name);
	archive = strncmp(name, "ARCHIVE/", 8) == 0;
	if (err == 0)
		err = archive ? archives_path(k, to, name + 8)
		    : copy_path(&k->c, to, k->r->to, NULL, name);
	if (err == 0 && archive && is_there(k, to, f))
		return 0;
	if (err == 0 && archive && access(to, F_OK) == 0)
		return copy_why(&k->c, FG_EEXIST, "%s: is there, and another "
		    "file than that of the backup; give another directory for "
		    "the archives", to);
	if (err == 0 && folder) {
		*strrchr(to, '/') = '\0';
		if (mkdir(to, 0750) == -1 && errno != EEXIST)
			err = copy_why(&k->c, fg_errno(errno), "%s: %s", to,
			    strerror(errno));
		to[strlen(to)] = '/';
	}
	if (err == 0)
		err = copy_file(&k->c, from, to, f->sum.size, false, &sum);
	if (err == 0 && (sum.size != f->sum.size
	    || strcmp(sum.sha, f->sum.sha) != 0))
		err = copy_why(&k->c, FG_EDAMAGED, "%s: is not as it was "
		    "when it was backed up (SHA-256); use another backup",
		    from);
	return err;
}

/* ---- later log files ---- */

/* The one that the backup ends with has to be there, and begin as it does in
 * the backup: then they are of the same store, and nothing is left out. */
static int
check_logs(struct restore *k, const struct bdb_logs *logs)
{
	char name[BDB_LOG_NAME], said[COPY_PATH_MAX], path[COPY_PATH_MAX];
	const struct manifest_file *f;
	struct copy_sum sum;
	struct stat s;
	uint32_t n;
	int err;

	bdb_log_name(name, k->m.last_log);
	if (logs->n == 0 || logs->first > k->m.last_log
	    || logs->last < k->m.last_log)
		return copy_why(&k->c, FG_ENOENT, "%s: does not have %s, with "
		    "which the backup ends; its log files do not go on from "
		    "there", k->r->logs, name);
	for (n = k->m.last_log; n <= logs->last; n++) {
		bdb_log_name(name, n);
		err = copy_path(&k->c, path, k->r->logs, NULL, name);
		if (err != 0)
			return err;
		if (stat(path, &s) == -1)
			return copy_why(&k->c, fg_errno(errno), "%s: %s; what "
			    "is behind it cannot be used", path,
			    strerror(errno));
		k->c.total += (uint64_t)s.st_size;
	}
	bdb_log_name(name, k->m.last_log);
	snprintf(said, sizeof(said), "%s/%s", k->m.run, name);
	f = manifest_find(&k->m, said);
	err = copy_path(&k->c, path, k->r->logs, NULL, name);
	if (err != 0 || f == NULL)
		return err;
	err = copy_hash(&k->c, path, f->sum.size, &sum);
	if (err == 0 && (sum.size != f->sum.size
	    || strcmp(sum.sha, f->sum.sha) != 0))
		err = copy_why(&k->c, FG_EINVAL, "%s: does not begin as in the "
		    "backup: it is of another store, or damaged", path);
	return err;
}

/* Is it the directory of the store itself, and not of a process? */
static int
check_source(struct restore *k)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[COPY_PATH_MAX];
	int fd, err = copy_path(&k->c, path, k->r->logs, NULL, "FORMAT");

	if (err == 0 && access(path, F_OK) == 0)
		k->complete = true;
	if (err == 0)
		err = copy_path(&k->c, path, k->r->logs, NULL, "LOCK");
	fd = err != 0 ? -1 : open(path, O_RDWR | O_CLOEXEC);
	if (fd == -1)
		return err;
	if (fcntl(fd, F_OFD_GETLK, &fl) == 0 && fl.l_type != F_UNLCK)
		err = copy_why(&k->c, FG_EBUSY, "%s: a process has this "
		    "store; stop it first", k->r->logs);
	close(fd);
	return err;
}

static int
restore_logs(struct restore *k)
{
	char name[BDB_LOG_NAME], from[COPY_PATH_MAX], to[COPY_PATH_MAX];
	struct bdb_logs logs = { 0 };
	struct copy_sum sum;
	uint32_t n;
	int err = check_source(k);

	if (err == 0) {
		err = bdb_log_files(k->r->logs, &logs);
		if (err != 0)
			return copy_why(&k->c, err, "%s: %s", k->r->logs,
			    fg_strerror(err));
		err = check_logs(k, &logs);
	}
	for (n = k->m.last_log; n <= logs.last && err == 0; n++) {
		bdb_log_name(name, n);
		err = copy_path(&k->c, from, k->r->logs, NULL, name);
		if (err == 0)
			err = copy_path(&k->c, to, k->r->to, NULL, name);
		if (err == 0)
			err = copy_file(&k->c, from, to, UINT64_MAX, false,
			    &sum);
	}
	return err;
}

/* Segments that were archived since the backup are in no log. */
static int
restore_archives(struct restore *k)
{
	char dir[COPY_PATH_MAX], from[COPY_PATH_MAX], to[COPY_PATH_MAX];
	struct copy_sum sum;
	struct dirent *e;
	DIR *d = NULL;
	int err = copy_path(&k->c, from, k->r->logs, NULL, "ARCHIVE");

	if (err == 0)
		err = archives_path(k, dir, "");
	if (err == 0)
		d = opendir(from);
	if (d != NULL && mkdir(dir, 0750) == -1 && errno != EEXIST)
		err = copy_why(&k->c, fg_errno(errno), "%s: %s", dir,
		    strerror(errno));
	while (err == 0 && d != NULL && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		err = archives_path(k, to, e->d_name);
		if (err != 0 || access(to, F_OK) == 0)
			continue;
		err = copy_path(&k->c, from, k->r->logs, "ARCHIVE", e->d_name);
		if (err == 0)
			err = copy_file(&k->c, from, to, UINT64_MAX, false,
			    &sum);
	}
	if (d != NULL) {
		closedir(d);
		if (err == 0)
			err = copy_sync_dir(&k->c, dir);
	}
	return err;
}

/* ---- the store ---- */

static int
rename_chain(struct restore *k, struct bdb *b, const char *path)
{
	char head[CHAIN_HEADER];
	struct chain_header h;
	int fd = open(path, O_RDWR | O_CLOEXEC), err = 0;

	if (fd == -1)
		return copy_why(&k->c, fg_errno(errno), "%s: %s", path,
		    strerror(errno));
	/* What is no chain, or damaged, is for verify to tell. */
	if (pread(fd, head, sizeof(head), 0) == sizeof(head)
	    && chain_header_read(head, &h) == 0
	    && strcmp(h.uuid, k->m.uuid) == 0) {
		memcpy(h.uuid, b->st.uuid, sizeof(h.uuid));
		if (h.table != BLOCK_TABLE_STATE && h.table < STORE_TABLES_MAX)
			h.incarnation = b->st.table[h.table].incarnation;
		chain_header_pack(head, &h);
		if (pwrite(fd, head, sizeof(head), 0) != sizeof(head)
		    || fsync(fd) == -1)
			err = copy_why(&k->c, fg_errno(errno), "%s: %s", path,
			    strerror(errno));
	}
	close(fd);
	return err;
}

static int
rename_chains(struct restore *k, struct bdb *b)
{
	char path[COPY_PATH_MAX];
	uint64_t first;
	struct dirent *e;
	DIR *d = NULL;
	int err = copy_path(&k->c, path, k->r->to, NULL, CHAIN_DIR);

	if (err == 0)
		d = opendir(path);
	while (err == 0 && d != NULL && (e = readdir(d)) != NULL) {
		if (chain_file_parse(e->d_name, &first) == 0)
			continue;
		err = copy_path(&k->c, path, k->r->to, CHAIN_DIR, e->d_name);
		if (err == 0)
			err = rename_chain(k, b, path);
	}
	if (d != NULL)
		closedir(d);
	return err;
}

static int
make_store(struct restore *k, struct store_backup *out)
{
	struct store_cfg cfg = { .path = k->r->to, .durability =
		STORE_WRITTEN, .archive_path = k->r->archives };
	char path[COPY_PATH_MAX];
	struct bdb *b;
	int err = bdb_open(&b, &cfg, BDB_FATAL, k->c.why);

	if (err != 0)
		return err;
	if (b->written < k->m.commit)
		err = copy_why(&k->c, FG_EDAMAGED, "%s: the log ends at commit "
		    "%llu, and the backup says %llu; use another backup",
		    k->r->to, (unsigned long long)b->written,
		    (unsigned long long)k->m.commit);
	if (err == 0)
		err = bdb_identity_renew(b, k->complete);
	if (err == 0)
		err = rename_chains(k, b);
	if (err == 0) {
		memcpy(out->uuid, b->st.uuid, sizeof(out->uuid));
		out->commit = b->written;
		out->complete = k->complete;
	}
	store_close(&b->st);
	if (err == 0)
		err = copy_path(&k->c, path, k->r->to, NULL, BDB_UNFINISHED);
	if (err == 0 && unlink(path) == -1)
		err = copy_why(&k->c, fg_errno(errno), "%s: %s", path,
		    strerror(errno));
	return err != 0 ? err : copy_sync_dir(&k->c, k->r->to);
}

static int
run(struct restore *k, struct store_backup *out)
{
	size_t i;
	int err;

	err = manifest_read(&k->m, &k->c, k->r->backup);
	if (err == FG_ENOENT)
		copy_why(&k->c, err, "%s: has no backup, or one that was not "
		    "finished: there is no file " MANIFEST_NAME,
		    k->r->backup);
	for (i = 0; i < k->m.n; i++)
		k->c.total += k->m.file[i].sum.size;
	if (err == 0)
		err = make_target(k);
	for (i = 0; i < k->m.n && err == 0; i++)
		err = restore_file(k, &k->m.file[i]);
	k->complete = k->r->complete;
	if (err == 0 && k->r->logs != NULL)
		err = restore_logs(k);
	if (err == 0 && k->r->logs != NULL)
		err = restore_archives(k);
	if (err == 0)
		err = copy_sync_dir(&k->c, k->r->to);
	out->time = k->m.time;
	out->first_log = k->m.first_log;
	out->last_log = k->m.last_log;
	out->files = k->m.n;
	out->bytes = out->copied = k->c.bytes;
	return err != 0 ? err : make_store(k, out);
}

int
store_restore(const struct store_restore *r, const struct store_work *work,
    struct store_backup *out, char err[STORE_ERR_MAX])
{
	struct restore k = { .r = r, .c = { .why = err, .work = work,
		.fd = -1 } };
	int rc;

	err[0] = '\0';
	*out = (struct store_backup){ 0 };
	rc = run(&k, out);
	if (rc != 0)
		copy_why(&k.c, rc, "%s: %s", r->to, fg_strerror(rc));
	manifest_free(&k.m);
	return rc;
}
