#include "store/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

#define FIRST_LINE "fixgate backup 1\n"
#define NAME_BYTES 512

int
manifest_add(struct manifest *m, const char *name, const struct copy_sum *sum)
{
	struct manifest_file *v;
	size_t cap;

	if (m->n == m->cap) {
		cap = m->cap == 0 ? 64 : 2 * m->cap;
		v = realloc(m->file, cap * sizeof(*v));
		if (v == NULL)
			return FG_ENOMEM;
		m->file = v;
		m->cap = cap;
	}
	m->file[m->n].name = strdup(name);
	m->file[m->n].sum = *sum;
	return m->file[m->n++].name == NULL ? FG_ENOMEM : 0;
}

struct manifest_file *
manifest_find(const struct manifest *m, const char *name)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		if (strcmp(m->file[i].name, name) == 0)
			return &m->file[i];
	return NULL;
}

void
manifest_free(struct manifest *m)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		free(m->file[i].name);
	free(m->file);
	*m = (struct manifest){ 0 };
}

static int
as_text(const struct manifest *m, struct buf *out)
{
	char when[WALL_TEXT_MAX];
	size_t i, n = wall_format(when, m->time, 0);
	int err;

	err = buf_printf(out, FIRST_LINE "store %s\ntime %.*s\ncommit %llu\n"
	    "logs %u %u\nrun %s\n", m->uuid, (int)n, when,
	    (unsigned long long)m->commit, m->first_log, m->last_log, m->run);
	for (i = 0; i < m->n && err == 0; i++)
		err = buf_printf(out, "file %s %llu %s\n", m->file[i].sum.sha,
		    (unsigned long long)m->file[i].sum.size, m->file[i].name);
	return err;
}

/* The hash of the text is on the line behind it. */
int
manifest_write(const struct manifest *m, struct copy *c, const char *dir)
{
	char path[COPY_PATH_MAX];
	struct copy_sum sum;
	struct buf t = { 0 };
	int err = copy_path(c, path, dir, NULL, MANIFEST_NAME);

	if (err == 0)
		err = as_text(m, &t);
	if (err == 0)
		err = copy_sum_of(c, t.p, t.len, &sum);
	if (err == 0)
		err = buf_printf(&t, "end %s\n", sum.sha);
	if (err == 0)
		err = copy_text(c, path, t.p, t.len);
	if (err == 0)
		err = copy_sync_dir(c, dir);
	buf_free(&t);
	return err;
}

static int
load(struct copy *c, const char *path, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), sys;
	ssize_t n = 1;

	if (fd == -1 && errno == ENOENT)
		return FG_ENOENT;
	while (fd != -1 && n > 0 && buf_reserve(out, 65536) == 0) {
		n = read(fd, out->p + out->len, 65536 - 1);
		if (n > 0)
			out->len += (size_t)n;
	}
	sys = errno;
	if (fd != -1)
		close(fd);
	if (fd == -1 || n < 0)
		return copy_why(c, fg_errno(sys), "%s: %s", path,
		    strerror(sys));
	if (buf_reserve(out, 1) != 0)
		return FG_ENOMEM;
	out->p[out->len] = '\0';
	return 0;
}

static int
damaged(struct copy *c, const char *path)
{
	return copy_why(c, FG_EDAMAGED, "%s: is damaged, or not of a backup; "
	    "take another backup", path);
}

/* The lines before the one with their hash. */
static int
check_end(struct copy *c, const char *path, const struct buf *t, size_t *len)
{
	struct copy_sum sum;
	const char *end = t->p + t->len;
	size_t line = 4 + COPY_SHA_TEXT; /* "end ", the hash, a newline */
	int err;

	if (t->len < line || strlen(t->p) != t->len)
		return damaged(c, path);
	*len = t->len - line;
	err = copy_sum_of(c, t->p, *len, &sum);
	if (err != 0)
		return err;
	if (strncmp(end - line, "end ", 4) != 0
	    || strncmp(end - line + 4, sum.sha, COPY_SHA_TEXT - 1) != 0
	    || end[-1] != '\n')
		return damaged(c, path);
	return 0;
}

static int
parse_files(struct manifest *m, const char *p, const char *end)
{
	char name[NAME_BYTES];
	struct copy_sum sum;
	unsigned long long size;
	int used, err = 0;

	while (p < end && err == 0) {
		used = 0;
		if (sscanf(p, "file %64[0-9a-f] %llu %511[^\n]%n", sum.sha, &size,
		    name, &used) != 3 || p[used] != '\n'
		    || strstr(name, "..") != NULL || name[0] == '/')
			return FG_EDAMAGED;
		sum.size = size;
		err = manifest_add(m, name, &sum);
		p += used + 1;
	}
	return err;
}

static int
parse(struct manifest *m, const char *p, const char *end)
{
	char when[WALL_TEXT_MAX + 1];
	unsigned long long commit;
	int used = 0;

	if (strncmp(p, FIRST_LINE, strlen(FIRST_LINE)) != 0)
		return FG_EDAMAGED;
	p += strlen(FIRST_LINE);
	if (sscanf(p, "store %36s\ntime %26s\ncommit %llu\nlogs %u %u\n"
	    "run %39s%n", m->uuid, when, &commit, &m->first_log, &m->last_log,
	    m->run, &used) != 6 || p[used] != '\n' || p + used >= end
	    || strchr(m->run, '/') != NULL
	    || wall_parse(when, strlen(when), &m->time) != 0)
		return FG_EDAMAGED;
	m->commit = commit;
	return parse_files(m, p + used + 1, end);
}

int
manifest_read(struct manifest *m, struct copy *c, const char *dir)
{
	char path[COPY_PATH_MAX];
	struct buf t = { 0 };
	size_t len = 0;
	int err = copy_path(c, path, dir, NULL, MANIFEST_NAME);

	*m = (struct manifest){ 0 };
	if (err == 0)
		err = load(c, path, &t);
	if (err == 0)
		err = check_end(c, path, &t, &len);
	if (err == 0) {
		t.p[len] = '\0';
		err = parse(m, t.p, t.p + len);
		if (err == FG_EDAMAGED)
			damaged(c, path);
	}
	if (err != 0)
		manifest_free(m);
	buf_free(&t);
	return err;
}
