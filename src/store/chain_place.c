#include "store/chain_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"

#define PATH_BYTES 4096
#define NAME_BYTES 128
#define COPY_BYTES 65536

static void
path_of(char to[PATH_BYTES], const char *dir, const char *table, uint64_t seg)
{
	char name[NAME_BYTES];

	chain_file_name(name, sizeof(name), table, seg);
	snprintf(to, PATH_BYTES, "%s/%s", dir, name);
}

/* The name under which something is kept. */
static void
aside_name(char to[PATH_BYTES], const char *path)
{
	const char *base = strrchr(path, '/') + 1;

	snprintf(to, PATH_BYTES, "%.*sASIDE.%lld.%s", (int)(base - path), path,
	    (long long)time(NULL), base);
}

/* All bytes from at on are 0: a file that a loss of power left. */
static bool
is_zero(FILE *f, uint64_t at)
{
	int c;

	if (fseeko(f, (off_t)at, SEEK_SET) != 0)
		return false;
	while ((c = getc(f)) != EOF)
		if (c != 0)
			return false;
	return !ferror(f);
}

/* Copy what is from at on to a file of its own. 0 or FG_E*. */
static int
keep(FILE *f, uint64_t at, const char *to)
{
	char bytes[COPY_BYTES];
	FILE *out = fopen(to, "we");
	size_t n;
	bool ok;

	if (out == NULL)
		return fg_errno(errno);
	ok = fseeko(f, (off_t)at, SEEK_SET) == 0;
	while (ok && (n = fread(bytes, 1, sizeof(bytes), f)) != 0)
		ok = fwrite(bytes, 1, n, out) == n;
	ok = ok && !ferror(f) && fflush(out) == 0 && fsync(fileno(out)) == 0;
	return fclose(out) == 0 && ok ? 0 : FG_EIO;
}

struct found {
	uint64_t at; /* where the good part ends */
	const char *why; /* or NULL */
	uint64_t row;    /* that it is about */
	bool torn;
};

/* Read the runs; to is at the last good one. */
static void
read_runs(struct chain_reader *r, uint64_t visible, struct chain_place *to,
    struct found *f)
{
	struct chain_run run;
	bool skipped;
	int rc;

	for (;;) {
		f->at = r->at;
		f->row = to->last + 1;
		rc = chain_read_run(r, &run, &skipped);
		if (rc != 1)
			break;
		if (run.last > visible) {
			f->why = "has rows that the store has not";
			f->row = visible + 1;
			return;
		}
		to->last = run.last;
		to->commit = run.commit;
		memcpy(to->hash, run.hash, CHAIN_HASH);
	}
	f->torn = rc == FG_EPARTIAL || (rc == FG_EDAMAGED && is_zero(r->f,
	    f->at));
	if (rc < 0 && !f->torn)
		f->why = "is damaged";
}

static bool
same(const struct chain_header *a, const struct chain_header *b)
{
	return a->table == b->table && a->incarnation == b->incarnation &&
	    strcmp(a->uuid, b->uuid) == 0 && strcmp(a->name, b->name) == 0;
}

/* The end of one file: 0; FG_ENOENT: it is none of ours, the one before it may
 * be; or FG_E*. */
static int
look(struct chain_place *to, const char *path, const struct chain_header *h,
    const char *origin, uint64_t visible, struct buf *trouble)
{
	struct chain_reader r;
	struct found f = { 0 };
	char aside[PATH_BYTES];
	FILE *file = fopen(path, "r+e");
	int err;

	if (file == NULL)
		return fg_errno(errno);
	aside_name(aside, path);
	err = chain_reader_open(&r, file);
	if (err == FG_EPARTIAL) {
		chain_reader_close(&r);
		return unlink(path) == 0 ? FG_ENOENT : fg_errno(errno);
	}
	if (err != 0 || !same(&r.header, h) || r.header.first != to->seg) {
		if (err != 0 || strcmp(r.header.uuid, origin) != 0)
			buf_printf(trouble, "%s %s; kept as %s. ", path,
			    err == FG_EFORMAT ? "is of a newer format"
			    : err != 0 ? "is damaged" : "is of another store",
			    aside);
		chain_reader_close(&r);
		return rename(path, aside) == 0 ? FG_ENOENT : fg_errno(errno);
	}
	to->last = r.header.last;
	to->commit = r.header.commit;
	memcpy(to->hash, r.header.hash, CHAIN_HASH);
	read_runs(&r, visible, to, &f);
	to->size = f.at;
	if (f.why != NULL) {
		buf_printf(trouble, "%s %s (row %llu); the rest is kept as "
		    "%s. ", path, f.why, (unsigned long long)f.row, aside);
		err = keep(r.f, f.at, aside);
	}
	if (err == 0 && (f.why != NULL || f.torn) &&
	    ftruncate(fileno(r.f), (off_t)f.at) == -1)
		err = fg_errno(errno);
	chain_reader_close(&r);
	return err;
}

int
chain_place_find(struct chain_place *to, const char *dir,
    const struct chain_header *h, const char *origin, uint64_t visible,
    struct buf *trouble)
{
	char path[PATH_BYTES];
	uint64_t before = UINT64_MAX;
	int err;

	for (;;) {
		*to = (struct chain_place){ .seg = chain_file_newest(dir,
		    h->name, before) };
		if (to->seg == 0)
			return 0;
		path_of(path, dir, h->name, to->seg);
		err = look(to, path, h, origin, visible, trouble);
		if (err == 0 && to->last > visible) {
			/* Not one of its rows is there: it has no run. */
			if (unlink(path) == -1)
				return fg_errno(errno);
			err = FG_ENOENT;
		}
		if (err != FG_ENOENT)
			return err;
		before = to->seg;
	}
}
