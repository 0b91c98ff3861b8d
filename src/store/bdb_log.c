/*
 * bdb_log.c: log files: which there are, and which may go.
 *
 * Recovery needs those since the last checkpoint. All since the last backup are
 * kept as well, so that this backup and they make the store again; but no more
 * than LogKeepMB of them. Those that a backup under way still has to copy stay.
 *
 *	META "backup"   version 1, time 8, commit 8, first log file to keep 4
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cursor.h"
#include "base/err.h"
#include "base/num.h"
#include "store/bdb.h"

#define LOG_PREFIX  "log."
#define LOG_DIGITS  10
#define MARK_BYTES  21

static bool
bdb_log_number(const char *name, uint32_t *out)
{
	uint64_t v;

	if (strncmp(name, LOG_PREFIX, strlen(LOG_PREFIX)) != 0
	    || strlen(name) != strlen(LOG_PREFIX) + LOG_DIGITS
	    || num_parse_u64(name + strlen(LOG_PREFIX), LOG_DIGITS, &v) != 0
	    || v == 0 || v > UINT32_MAX)
		return false;
	*out = (uint32_t)v;
	return true;
}

void
bdb_log_name(char out[BDB_LOG_NAME], uint32_t number)
{
	snprintf(out, BDB_LOG_NAME, LOG_PREFIX "%0*lu", LOG_DIGITS,
	    (unsigned long)number);
}

int
bdb_log_files(const char *dir, struct bdb_logs *out)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	struct stat s;
	uint32_t n;

	*out = (struct bdb_logs){ 0 };
	if (d == NULL)
		return fg_errno(errno);
	while ((e = readdir(d)) != NULL) {
		if (!bdb_log_number(e->d_name, &n))
			continue;
		if (out->n++ == 0 || n < out->first)
			out->first = n;
		if (n > out->last)
			out->last = n;
		if (fstatat(dirfd(d), e->d_name, &s, 0) == 0)
			out->bytes += (uint64_t)s.st_size;
	}
	closedir(d);
	return 0;
}

/* The first one that recovery needs. */
static int
bdb_log_needed(struct bdb *b, uint32_t *out)
{
	char **list = NULL, **at;
	struct bdb_logs all;
	uint32_t n;
	int err = bdb_log_files(b->path, &all);

	if (err == 0)
		err = bdb_err(b->env->log_archive(b->env, &list, 0));
	*out = all.first;
	for (at = list; err == 0 && at != NULL && *at != NULL; at++)
		if (bdb_log_number(*at, &n) && n >= *out)
			*out = n + 1;
	free(list);
	return err;
}

static void
remove_one(struct bdb *b, uint32_t number, struct bdb_logs *all)
{
	char name[BDB_LOG_NAME], path[4096];
	struct stat s;

	bdb_log_name(name, number);
	snprintf(path, sizeof(path), "%s/%s", b->path, name);
	if (stat(path, &s) == 0 && unlink(path) == 0)
		all->bytes -= (uint64_t)s.st_size;
}

/* The covered backup as of now; the lock is not held while files go. */
static struct store_covered
covered(struct bdb *b)
{
	struct store_covered c;

	store_backed_up(&b->st, &c);
	return c;
}

int
bdb_log_tidy(struct bdb *b)
{
	struct store_covered c = covered(b);
	struct bdb_logs all = { 0 };
	uint32_t needed, n;
	int err;

	pthread_mutex_lock(&b->log_lock);
	err = bdb_log_needed(b, &needed);
	if (b->log_hold != 0 && b->log_hold < needed)
		needed = b->log_hold;
	if (err == 0)
		err = bdb_log_files(b->path, &all);
	for (n = all.first; err == 0 && n != 0 && n < needed; n++) {
		if (c.time.ns != 0 && !c.gone && n >= c.log) {
			if (all.bytes <= b->st.cfg.log_keep_bytes)
				break;
			c.gone = true;
		}
		remove_one(b, n, &all);
	}
	pthread_mutex_unlock(&b->log_lock);
	pthread_mutex_lock(&b->st.lock);
	b->st.covered.kept_bytes = all.bytes;
	if (b->st.covered.log == c.log)
		b->st.covered.gone = c.gone;
	pthread_mutex_unlock(&b->st.lock);
	return err;
}

int
bdb_log_hold(struct bdb *b)
{
	int err;

	pthread_mutex_lock(&b->log_lock);
	err = bdb_log_needed(b, &b->log_hold);
	pthread_mutex_unlock(&b->log_lock);
	return err;
}

void
bdb_log_release(struct bdb *b)
{
	pthread_mutex_lock(&b->log_lock);
	b->log_hold = 0;
	pthread_mutex_unlock(&b->log_lock);
}

int
bdb_log_covered(struct bdb *b, const struct store_covered *now)
{
	char value[MARK_BYTES] = { 0 };
	struct cursor c = cursor_over(value, sizeof(value));
	int err;

	cursor_put8(&c, BDB_STATE_VERSION);
	cursor_put64(&c, (uint64_t)now->time.ns);
	cursor_put64(&c, now->commit);
	cursor_put32(&c, now->log);
	err = bdb_meta_put(b, "backup", value, c.at);
	if (err != 0)
		return err;
	pthread_mutex_lock(&b->st.lock);
	b->st.covered = *now;
	pthread_mutex_unlock(&b->st.lock);
	return bdb_log_tidy(b);
}

int
bdb_log_load(struct bdb *b)
{
	struct store_covered *k = &b->st.covered;
	struct buf v = { 0 };
	struct bdb_logs all;
	struct cursor c;
	int err = bdb_get(b->meta, "backup", 6, 0, &v);

	if (err == 0) {
		c = cursor_over(v.p, v.len);
		if (cursor_get8(&c) != BDB_STATE_VERSION)
			err = FG_EFORMAT;
		k->time.ns = (int64_t)cursor_get64(&c);
		k->commit = cursor_get64(&c);
		k->log = cursor_get32(&c);
		if (err == 0 && c.err != 0)
			err = FG_EDAMAGED;
	}
	buf_free(&v);
	if (err != 0)
		return err == FG_ENOENT ? 0 : err;
	err = bdb_log_files(b->path, &all);
	k->gone = k->time.ns != 0 && all.first > k->log;
	k->kept_bytes = all.bytes;
	return err;
}
