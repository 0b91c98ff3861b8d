/* Archive files: those of a store, and those that stand for themselves, wherever
 * they were moved to. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "store/archive.h"
#include "store/chain_file.h"
#include "store/source_arc.h"

#define PATH_BYTES 4096

/* ---- one file ---- */

struct giving {
	struct block_at at;
	uint64_t to, *next;
	block_cb cb;
	void *arg;
	int rc;
};

static int
give(void *arg, const void *p, size_t n)
{
	struct giving *g = arg;
	struct block_head h;

	g->rc = block_head(p, n, &h);
	if (g->rc != 0 || h.first > g->to)
		return 1;
	if (h.first < *g->next)
		return 0;
	g->at.key = h.first;
	g->at.p = p;
	g->at.n = n;
	g->rc = g->cb(g->arg, &g->at);
	*g->next = h.first + 1;
	return g->rc != 0;
}

int
source_arc_blocks(const char *path, uint64_t seg, uint64_t to, block_cb cb,
    void *arg, uint64_t *next, char damaged[SOURCE_DAMAGED],
    char why[STORE_ERR_MAX])
{
	struct giving g = { .at = { .seg = seg, .archived = true }, .to = to,
		.next = next, .cb = cb, .arg = arg };
	struct archive *a;
	int err = archive_open(&a, path, why);

	if (err != 0)
		return FG_EDAMAGED;
	err = archive_blocks(a, *next, give, &g);
	if (err == 0)
		err = g.rc;
	/* Each byte: it has names and texts, too. */
	if (err == 0 && to == UINT64_MAX && archive_check(a, why) != 0)
		snprintf(damaged, SOURCE_DAMAGED, "%.390s", why);
	if (err < 0 && why[0] == '\0')
		snprintf(why, STORE_ERR_MAX, "%.300s: %s", path,
		    fg_strerror(err));
	archive_close(a);
	return err;
}

FILE *
source_arc_chain(const char *path, char why[STORE_ERR_MAX])
{
	struct buf all = { 0 };
	struct archive *a;
	FILE *f = NULL;

	if (archive_open(&a, path, why) != 0)
		return NULL;
	if (archive_chain(a, &all) == 0 && all.len != 0 &&
	    (f = tmpfile()) != NULL &&
	    (fwrite(all.p, 1, all.len, f) != all.len || fflush(f) != 0)) {
		fclose(f);
		f = NULL;
	}
	if (f != NULL)
		rewind(f);
	archive_close(a);
	buf_free(&all);
	return f;
}

/* ---- files without a store ---- */

struct file {
	char *path;
	struct archive_info info;
};

struct arcs {
	struct block_source s;
	struct file *file; /* by table, segment */
	size_t n;
	char damaged[SOURCE_DAMAGED];
};

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

static int
add_wrong(struct arcs *a, const char *path, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int
add_wrong(struct arcs *a, const char *path, const char *fmt, ...)
{
	char text[STORE_ERR_MAX];
	va_list ap;
	int err;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err = buf_puts(&a->s.wrong, base_name(path));
	if (err == 0)
		err = buf_add(&a->s.wrong, "", 1);
	if (err == 0)
		err = buf_puts(&a->s.wrong, text);
	return err == 0 ? buf_add(&a->s.wrong, "", 1) : err;
}

static int
add_uuid(struct block_source *s, const char *uuid)
{
	size_t i;

	for (i = 0; i + 37 <= s->uuids.len; i += 37)
		if (strcmp(s->uuids.p + i, uuid) == 0)
			return 0;
	return buf_add(&s->uuids, uuid, 37);
}

/* The chain in it is that of the same rows, of the same store. */
static int
check_chain(struct arcs *a, const char *path, const struct archive_info *i)
{
	char why[STORE_ERR_MAX];
	struct chain_reader r;
	FILE *f = source_arc_chain(path, why);
	int err = 0;

	if (f == NULL)
		return add_wrong(a, path, "has no chain: its rows prove "
		    "nothing");
	if (chain_reader_open(&r, f) == 0 &&
	    (strcmp(r.header.uuid, i->uuid) != 0 ||
	    r.header.incarnation != (i->table == BLOCK_TABLE_STATE ? 1
	    : i->incarnation) || r.header.first != i->segment))
		err = add_wrong(a, path, "its chain is that of another store, "
		    "or of another segment");
	chain_reader_close(&r);
	return err;
}

static int
add_file(struct arcs *a, const char *path)
{
	char why[STORE_ERR_MAX], name[STORE_NAME_MAX + 40];
	struct archive_info i;
	struct archive *arc;
	struct file *f;
	int err = archive_open(&arc, path, why);

	if (err == FG_ENOMEM)
		return err;
	if (err != 0)
		return add_wrong(a, path, "%s", why);
	i = *archive_info(arc);
	archive_close(arc);
	f = realloc(a->file, (a->n + 1) * sizeof(*f));
	if (f == NULL)
		return FG_ENOMEM;
	a->file = f;
	f += a->n;
	*f = (struct file){ .path = strdup(path), .info = i };
	if (f->path == NULL)
		return FG_ENOMEM;
	a->n++;
	snprintf(name, sizeof(name), "%s.%020llu" ARCHIVE_SUFFIX, i.name,
	    (unsigned long long)i.segment);
	if (strcmp(base_name(path), name) != 0)
		err = add_wrong(a, path, "has another name than when it was "
		    "written: %s", name);
	if (err == 0)
		err = check_chain(a, path, &i);
	return err == 0 ? add_uuid(&a->s, i.uuid) : err;
}

static int
by_place(const void *a, const void *b)
{
	const struct archive_info *x = &((const struct file *)a)->info;
	const struct archive_info *y = &((const struct file *)b)->info;
	int order = strcmp(x->name, y->name);

	if (order != 0)
		return order;
	return x->segment < y->segment ? -1 : x->segment > y->segment;
}

/* A store that was restored has another identity, and its tables have higher
 * incarnations from then on. */
static bool
goes_on(const struct archive_info *a, const struct archive_info *b)
{
	return strcmp(a->uuid, b->uuid) == 0
	    ? a->incarnation == b->incarnation
	    : a->incarnation < b->incarnation ||
	    a->table == BLOCK_TABLE_STATE;
}

/* Files in their order make tables. */
static int
find_tables(struct arcs *a)
{
	struct source_table *t = NULL;
	const struct archive_info *i, *before = NULL;
	size_t k;
	int err = 0;

	if (a->n != 0)
		qsort(a->file, a->n, sizeof(*a->file), by_place);
	for (k = 0; k < a->n && err == 0; k++) {
		i = &a->file[k].info;
		if (before == NULL || strcmp(before->name, i->name) != 0) {
			err = source_add_table(&a->s, i->table, i->name, 0);
			t = a->s.table + a->s.n_table - 1;
		} else if (i->table != before->table) {
			err = add_wrong(a, a->file[k].path, "is of another "
			    "table than the archive before");
		} else if (i->segment == before->segment) {
			err = add_wrong(a, a->file[k].path, "there is another "
			    "archive of this segment");
		} else if (!goes_on(before, i)) {
			err = add_wrong(a, a->file[k].path, "is of another "
			    "store, %s, than the archive before", i->uuid);
		}
		if (err == 0)
			t->last = i->last;
		before = i;
	}
	return err;
}

static int
arcs_blocks(struct block_source *s, const struct source_table *t, uint64_t from,
    uint64_t to, block_cb cb, void *arg)
{
	struct arcs *a = (struct arcs *)s;
	uint64_t next = from;
	size_t k;
	int err = 0;

	(void)to; /* all of the table: each byte is looked at */
	a->damaged[0] = s->why[0] = '\0';
	for (k = 0; k < a->n && err == 0; k++)
		if (strcmp(a->file[k].info.name, t->name) == 0)
			err = source_arc_blocks(a->file[k].path,
			    a->file[k].info.segment, UINT64_MAX, cb, arg,
			    &next, a->damaged, s->why);
	if (a->damaged[0] == '\0' || err != 0)
		return err;
	snprintf(s->why, sizeof(s->why), "%s", a->damaged);
	return FG_EDAMAGED;
}

static FILE *
arcs_chain(struct block_source *s, const struct source_table *t, uint64_t first,
    uint64_t *seg)
{
	struct arcs *a = (struct arcs *)s;
	size_t k;

	for (k = 0; k < a->n; k++)
		if (strcmp(a->file[k].info.name, t->name) == 0 &&
		    a->file[k].info.segment >= first)
			break;
	if (k == a->n)
		return NULL;
	*seg = a->file[k].info.segment;
	return source_arc_chain(a->file[k].path, s->why);
}

static void
arcs_close(struct block_source *s)
{
	struct arcs *a = (struct arcs *)s;

	while (a->n > 0)
		free(a->file[--a->n].path);
	free(a->file);
	free(s->table);
	buf_free(&s->wrong);
	buf_free(&s->uuids);
	free(a);
}

static const struct block_source_ops arcs_ops = {
	.blocks = arcs_blocks,
	.chain = arcs_chain,
	.close = arcs_close,
};

static bool
is_archive(const char *name)
{
	size_t n = strlen(name), m = strlen(ARCHIVE_SUFFIX);

	return n > m && name[0] != '.' &&
	    strcmp(name + n - m, ARCHIVE_SUFFIX) == 0;
}

static int
add_dir(struct arcs *a, const char *path)
{
	char file[PATH_BYTES];
	struct dirent *e;
	DIR *d = opendir(path);
	int err = d == NULL ? fg_errno(errno) : 0;

	while (err == 0 && (e = readdir(d)) != NULL) {
		if (!is_archive(e->d_name))
			continue;
		err = snprintf(file, sizeof(file), "%s/%s", path, e->d_name) <
		    PATH_BYTES ? add_file(a, file) : FG_ELIMIT;
	}
	if (d != NULL)
		closedir(d);
	return err;
}

int
source_arc_open(struct block_source **out, const char *path,
    char text[STORE_ERR_MAX])
{
	struct arcs *a = calloc(1, sizeof(*a));
	struct stat s;
	int err = a == NULL ? FG_ENOMEM : 0;

	text[0] = '\0';
	if (err == 0) {
		a->s.ops = &arcs_ops;
		a->s.partial = true;
		if (stat(path, &s) == -1)
			err = fg_errno(errno);
		else
			err = S_ISDIR(s.st_mode) ? add_dir(a, path)
			    : add_file(a, path);
	}
	if (err == 0 && a->n == 0 && a->s.wrong.len == 0) {
		err = FG_ENOENT;
		snprintf(text, STORE_ERR_MAX, "%.400s: has no file *"
		    ARCHIVE_SUFFIX, path);
	}
	if (err == 0)
		err = find_tables(a);
	if (err == 0) {
		*out = &a->s;
		return 0;
	}
	if (text[0] == '\0')
		snprintf(text, STORE_ERR_MAX, "%.400s: %s", path,
		    fg_strerror(err));
	if (a != NULL)
		arcs_close(&a->s);
	return err;
}
