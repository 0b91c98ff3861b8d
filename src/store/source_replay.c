/*
 * source_replay.c: a store that was not closed has rows in its log alone. So
 * that they can be judged, and the store stays as it is, what the log may
 * change is copied to a folder elsewhere, and the log is replayed there:
 *
 *	META, SESSION, DICT, TABLE; of each table what was written since the last
 *	checkpoint, and the last segment that was not; the last log files. Older
 *	log files are only read: they are links.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/err.h"
#include "base/num.h"
#include "store/bdb.h"
#include "store/copy.h"

#define CACHE_BYTES (32u << 20)
#define SEG_DIGITS  20
#define SLACK_S     2     /* of a file system's clock */
#define TRUST_S     86400 /* times of younger stores may be those of a copy */
#define NAME_BYTES  256
#define LOGS_COPIED 2
#define LOCKS       20000
#define LOG         "log." /* and the number of a log file */

struct file {
	char name[NAME_BYTES];
	uint64_t size;
	time_t changed;
	uint64_t number; /* of a segment */
	size_t table;    /* length of the table's name; 0: is no segment */
	bool copy;
};

struct replay {
	const char *from, *tmp;
	char *dir, *err; /* to; the text */
	struct buf files; /* struct file */
	struct copy c;
	time_t checkpoint; /* 0: all files may have to be changed */
	char message[STORE_ERR_MAX]; /* of Berkeley DB */
};

static struct file *
files(const struct replay *r, size_t *n)
{
	*n = r->files.len / sizeof(struct file);
	return (struct file *)(void *)r->files.p;
}

/* ---- what there is ---- */

static bool
is_record_file(const char *name)
{
	return strcmp(name, "META") == 0 || strcmp(name, "SESSION") == 0 ||
	    strcmp(name, "DICT") == 0 || strcmp(name, "TABLE") == 0;
}

static int
note_file(struct replay *r, const char *name, const struct stat *s)
{
	const char *dot = strchr(name, '.');
	struct file f = { .size = (uint64_t)s->st_size,
		.changed = s->st_mtim.tv_sec };

	if (strlen(name) >= sizeof(f.name))
		return 0;
	strcpy(f.name, name);
	if (strncmp(name, LOG, strlen(LOG)) == 0 && num_parse_u64(name +
	    strlen(LOG), strlen(name) - strlen(LOG), &f.number) == 0)
		f.table = 0;
	else if (is_record_file(name))
		f.copy = true;
	else if (dot != NULL && strlen(dot + 1) == SEG_DIGITS &&
	    num_parse_u64(dot + 1, SEG_DIGITS, &f.number) == 0)
		f.table = (size_t)(dot - name);
	else
		return 0;
	return buf_add(&r->files, &f, sizeof(f));
}

/* The times of a copy say when it was copied. */
static void
find_checkpoint(struct replay *r, DIR *d)
{
	struct stat mark, format;

	if (fstatat(dirfd(d), "CHECKPOINT", &mark, 0) == 0 &&
	    fstatat(dirfd(d), "FORMAT", &format, 0) == 0 &&
	    format.st_mtim.tv_sec + TRUST_S < mark.st_mtim.tv_sec)
		r->checkpoint = mark.st_mtim.tv_sec;
}

static int
list(struct replay *r)
{
	DIR *d = opendir(r->from);
	struct dirent *e;
	struct stat s;
	int err = d == NULL ? fg_errno(errno) : 0;

	if (err == 0)
		find_checkpoint(r, d);
	while (err == 0 && (e = readdir(d)) != NULL)
		if (fstatat(dirfd(d), e->d_name, &s, 0) == 0 &&
		    S_ISREG(s.st_mode))
			err = note_file(r, e->d_name, &s);
	if (d != NULL)
		closedir(d);
	return err;
}

static bool
is_old(const struct replay *r, const struct file *f)
{
	return r->checkpoint != 0 && f->changed + SLACK_S < r->checkpoint;
}

/* Is there a later one of the same kind that is as old? */
static bool
has_later(const struct replay *r, const struct file *f)
{
	size_t i, n;
	const struct file *o = files(r, &n);

	for (i = 0; i < n; i++)
		if (o[i].table == f->table && strncmp(o[i].name, f->name,
		    f->table) == 0 && o[i].number > f->number &&
		    is_old(r, &o[i]))
			return true;
	return false;
}

static unsigned
logs_behind(const struct replay *r, const struct file *f)
{
	size_t i, n;
	const struct file *o = files(r, &n);
	unsigned later = 0;

	for (i = 0; i < n; i++)
		later += o[i].table == 0 && o[i].number > f->number;
	return later;
}

static uint64_t
choose(struct replay *r)
{
	size_t i, n;
	struct file *f = files(r, &n);
	uint64_t bytes = 0;

	for (i = 0; i < n; i++) {
		if (f[i].table != 0)
			f[i].copy = !is_old(r, &f[i]) ||
			    !has_later(r, &f[i]);
		else if (f[i].number != 0)
			f[i].copy = logs_behind(r, &f[i]) < LOGS_COPIED;
		bytes += f[i].copy ? f[i].size : 0;
	}
	return bytes;
}

/* ---- the copy ---- */

static int
has_room(struct replay *r, uint64_t bytes)
{
	struct statvfs fs;
	uint64_t room;

	if (statvfs(r->tmp, &fs) == -1)
		return copy_why(&r->c, fg_errno(errno), "%s: %s", r->tmp,
		    strerror(errno));
	room = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (room > bytes + bytes / 8)
		return 0;
	return copy_why(&r->c, FG_ENOSPC, "store %s: was not closed, and to "
	    "replay its log %llu MB are wanted in %s, which has %llu: give "
	    "another folder (TMPDIR=), or let fixgated start and stop", r->from,
	    (unsigned long long)(bytes >> 20), r->tmp,
	    (unsigned long long)(room >> 20));
}

static int
put_one(struct replay *r, const struct file *f)
{
	char from[COPY_PATH_MAX], to[COPY_PATH_MAX], *full;
	struct copy_sum sum;
	int err = copy_path(&r->c, from, r->from, NULL, f->name);

	if (err == 0)
		err = copy_path(&r->c, to, r->dir, NULL, f->name);
	if (err != 0 || f->copy)
		return err != 0 ? err : copy_file(&r->c, from, to, f->size,
		    false, &sum);
	if (f->table != 0)
		return 0;
	full = realpath(from, NULL);
	if (full == NULL || symlink(full, to) == -1)
		err = copy_why(&r->c, fg_errno(errno), "%s: %s", to,
		    strerror(errno));
	free(full);
	return err;
}

static void
said(const DB_ENV *env, const char *prefix, const char *msg)
{
	struct replay *r = env->app_private;

	(void)prefix;
	if (r->message[0] == '\0')
		snprintf(r->message, sizeof(r->message), "%.400s", msg);
}

static int
run_log(struct replay *r)
{
	DB_ENV *env;
	int ret = db_env_create(&env, 0);

	if (ret != 0)
		return bdb_err(ret);
	env->app_private = r;
	env->set_errcall(env, said);
	ret = env->set_cachesize(env, 0, CACHE_BYTES, 1);
	if (ret == 0)
		ret = env->set_lk_max_locks(env, LOCKS);
	if (ret == 0)
		ret = env->set_lk_max_objects(env, LOCKS);
	if (ret == 0)
		ret = env->open(env, r->dir, DB_CREATE | DB_PRIVATE |
		    DB_INIT_TXN | DB_INIT_LOG | DB_INIT_MPOOL | DB_INIT_LOCK |
		    DB_RECOVER, 0600);
	if (ret == 0)
		ret = env->close(env, 0);
	else
		env->close(env, 0);
	if (ret == 0)
		return 0;
	return copy_why(&r->c, bdb_err(ret), "store %s: was not closed, and "
	    "its log cannot be replayed: %s%s%s; see fixgatectl recover",
	    r->from, db_strerror(ret), r->message[0] == '\0' ? "" : ": ",
	    r->message);
}

static int
make(struct replay *r, uint64_t *bytes)
{
	size_t i, n;
	const struct file *f;
	int err = list(r);

	if (err == 0) {
		*bytes = choose(r);
		err = has_room(r, *bytes);
	}
	if (err != 0)
		return err;
	if (asprintf(&r->dir, "%s/fixgate.verify.XXXXXX", r->tmp) == -1) {
		r->dir = NULL;
		return FG_ENOMEM;
	}
	if (mkdtemp(r->dir) == NULL) {
		err = copy_why(&r->c, fg_errno(errno), "%s: %s", r->dir,
		    strerror(errno));
		free(r->dir);
		r->dir = NULL;
		return err;
	}
	f = files(r, &n);
	for (i = 0; i < n && err == 0; i++)
		err = put_one(r, &f[i]);
	return err == 0 ? run_log(r) : err;
}

int
source_replay(char **out, const char *path, const char *tmp, uint64_t *bytes,
    char text[STORE_ERR_MAX])
{
	struct replay r = { .from = path, .tmp = tmp, .c = { .why = text,
		.fd = -1 } };
	int err;

	text[0] = '\0';
	err = make(&r, bytes);
	buf_free(&r.files);
	if (err == 0) {
		*out = r.dir;
		return 0;
	}
	if (text[0] == '\0')
		snprintf(text, STORE_ERR_MAX, "store %s: was not closed, and "
		    "its log cannot be replayed: %s", path, fg_strerror(err));
	source_replay_remove(r.dir);
	return err;
}

void
source_replay_remove(char *dir)
{
	if (dir != NULL)
		copy_remove_dir(dir);
	free(dir);
}
