/*
 * source_dir.c: the files of a store that no process has: read one by one,
 * without the environment, so that nothing is written and nothing recovered.
 */
#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/num.h"
#include "store/archive.h"
#include "store/bdb.h"
#include "store/chain_file.h"
#include "store/page.h"
#include "store/pages.h"
#include "store/source_arc.h"

#define PATH_BYTES  4096
#define NAME_BYTES  128
#define CACHE_BYTES (4u << 20)
#define SEG_DIGITS  20
#define INCARNATION "incarnation "
#define TABLE_HEAD  11 /* bytes of a record of TABLE before the name */

struct dir {
	struct block_source s;
	char *path, *archive; /* the store; where its archives are */
	char *over; /* files of which there are others, for these; or NULL */
	char damaged[SOURCE_DAMAGED]; /* the file of the table that had to be guessed at */
	int lock;
	struct buf was; /* UUIDs before restores, 37 bytes each */
};

static bool
in_dir(const struct dir *d, char path[PATH_BYTES], const char *name)
{
	return snprintf(path, PATH_BYTES, "%s/%s", d->path, name) < PATH_BYTES;
}

/* Where a file of records is. */
static bool
file_path(const struct dir *d, char path[PATH_BYTES], const char *name)
{
	if (d->over != NULL && snprintf(path, PATH_BYTES, "%s/%s", d->over,
	    name) < PATH_BYTES && access(path, F_OK) == 0)
		return true;
	return in_dir(d, path, name);
}

int
source_add_table(struct block_source *s, unsigned number, const char *name,
    uint64_t incarnation)
{
	struct source_table *t = realloc(s->table, (s->n_table + 1) *
	    sizeof(*t));

	if (t == NULL)
		return FG_ENOMEM;
	s->table = t;
	t += s->n_table++;
	*t = (struct source_table){ .number = number, .last = UINT64_MAX,
		.incarnation = incarnation };
	snprintf(t->name, sizeof(t->name), "%s", name);
	return 0;
}

/* ---- files ---- */

uint64_t
source_next_number(const char *dir, const char *name, uint64_t first,
    const char *suffix)
{
	DIR *d = opendir(dir);
	size_t n = strlen(name);
	struct dirent *e;
	uint64_t v, best = 0;
	bool ok;

	while (d != NULL && (e = readdir(d)) != NULL) {
		if (strncmp(e->d_name, name, n) != 0 || e->d_name[n] != '.')
			continue;
		ok = strlen(e->d_name + n + 1) == SEG_DIGITS + strlen(suffix)
		    && strcmp(e->d_name + n + 1 + SEG_DIGITS, suffix) == 0 &&
		    num_parse_u64(e->d_name + n + 1, SEG_DIGITS, &v) == 0;
		if (ok && v >= first && (best == 0 || v < best))
			best = v;
	}
	if (d != NULL)
		closedir(d);
	return best;
}

static void
said(const DB_ENV *env, const char *prefix, const char *msg)
{
	struct dir *d = env->app_private;

	(void)prefix;
	if (d->s.why[0] == '\0')
		snprintf(d->s.why, sizeof(d->s.why), "%s", msg);
}

/* 0 or FG_E*. */
static int
open_file(struct dir *d, const char *file, DB **out)
{
	char path[PATH_BYTES];
	DB *db;
	int ret;

	d->s.why[0] = '\0';
	if (!file_path(d, path, file))
		return FG_ELIMIT;
	if (access(path, F_OK) == -1 && errno == ENOENT)
		return FG_ENOENT;
	ret = db_create(&db, NULL, 0);
	if (ret != 0)
		return bdb_err(ret);
	db->get_env(db)->app_private = d;
	db->get_env(db)->set_errcall(db->get_env(db), said);
	ret = db->set_cachesize(db, 0, CACHE_BYTES, 1);
	if (ret == 0)
		ret = db->open(db, NULL, path, NULL, DB_BTREE, DB_RDONLY, 0);
	if (ret != 0) {
		if (d->s.why[0] == '\0')
			snprintf(d->s.why, sizeof(d->s.why), "%s",
			    db_strerror(ret));
		db->close(db, DB_NOSYNC);
		return ret == ENOMEM ? FG_ENOMEM : FG_EDAMAGED;
	}
	*out = db;
	return 0;
}

/* All pages of a file that was read: those without records, too. 0, or
 * FG_EDAMAGED and a text. */
static int
check_pages(struct dir *d, const char *file, const char *path)
{
	struct page_report r = { .pages = 0 };
	int err = page_check_file(&r, path);

	if (err == 0)
		page_check_in_use(&r);
	if (err == 0 && r.damaged != 0) {
		err = FG_EDAMAGED;
		snprintf(d->s.why, sizeof(d->s.why), "%s, page %lu: its "
		    "checksum is wrong", file, (unsigned long)r.first);
	}
	page_report_free(&r);
	return err;
}

static int
seg_blocks(struct dir *d, const char *table, uint64_t seg, uint64_t to,
    block_cb cb, void *arg, uint64_t *next, bool *stopped)
{
	char file[NAME_BYTES], path[PATH_BYTES];
	uint32_t worst;
	DB *db;
	int err;

	snprintf(file, sizeof(file), "%s.%0*llu", table, SEG_DIGITS,
	    (unsigned long long)seg);
	err = open_file(d, file, &db);
	if (err == 0) {
		/* From its first record on, whatever number that has. */
		err = bdb_file_blocks(db, seg, 0, to, cb, arg, next,
		    stopped);
		db->close(db, DB_NOSYNC);
	}
	if (err == 0 && !*stopped && file_path(d, path, file)) {
		err = check_pages(d, file, path);
		if (err == FG_EDAMAGED)
			snprintf(d->damaged, sizeof(d->damaged), "%.390s",
			    d->s.why);
		return err == FG_EDAMAGED ? 0 : err;
	}
	if (err == 0 || *stopped || !file_path(d, path, file))
		return err;
	err = pages_blocks(path, seg, *next, to, cb, arg, next, stopped,
	    &worst);
	if (err == 0 && d->s.why[0] == '\0')
		snprintf(d->s.why, sizeof(d->s.why), "it is not whole");
	if (err == 0)
		snprintf(d->damaged, sizeof(d->damaged), "%s, page %lu: %.200s",
		    file, (unsigned long)worst, d->s.why);
	return err;
}

/* ---- archives ---- */

static bool
arc_path(const struct dir *d, char path[PATH_BYTES], const char *table,
    uint64_t seg)
{
	return snprintf(path, PATH_BYTES, "%s/%s.%0*llu" ARCHIVE_SUFFIX,
	    d->archive, table, SEG_DIGITS, (unsigned long long)seg) <
	    PATH_BYTES;
}

/* ---- what verify asks for ---- */

/* Is the archive this store's, or that of one that it was restored from? What is
 * in it beside rows is not chained. */
static void
check_owner(struct dir *d, const char *path)
{
	const struct archive_info *i;
	char why[STORE_ERR_MAX];
	struct archive *a;
	size_t at;

	if (d->s.uuid[0] == '\0' || archive_open(&a, path, why) != 0)
		return; /* that is said elsewhere */
	i = archive_info(a);
	for (at = 0; at < d->was.len; at += sizeof(i->uuid))
		if (strcmp(d->was.p + at, i->uuid) == 0)
			break;
	if (at >= d->was.len && strcmp(i->uuid, d->s.uuid) != 0)
		snprintf(d->damaged, sizeof(d->damaged), "%.300s: is of "
		    "another store, %s", path, i->uuid);
	archive_close(a);
}

static int
arc_blocks(struct dir *d, const char *table, uint64_t seg, uint64_t to,
    block_cb cb, void *arg, uint64_t *next)
{
	char path[PATH_BYTES];

	if (!arc_path(d, path, table, seg))
		return FG_ELIMIT;
	check_owner(d, path);
	return source_arc_blocks(path, seg, to, cb, arg, next, d->damaged,
	    d->s.why);
}

static uint64_t
dir_next(struct block_source *s, const char *name, uint64_t first)
{
	struct dir *d = (struct dir *)s;
	uint64_t n = source_next_number(d->path, name, first, ""), m;

	m = d->over == NULL ? 0 : source_next_number(d->over, name, first, "");
	return n == 0 || (m != 0 && m < n) ? m : n;
}

static int
dir_blocks(struct block_source *s, const struct source_table *t, uint64_t from,
    uint64_t to, block_cb cb, void *arg)
{
	struct dir *d = (struct dir *)s;
	uint64_t seg = 0, here, arc, next = from;
	bool stopped = false;
	int err = 0;

	d->damaged[0] = d->s.why[0] = '\0';
	while (err == 0) {
		here = dir_next(s, t->name, seg + 1);
		arc = source_next_number(d->archive, t->name, seg + 1,
		    ARCHIVE_SUFFIX);
		if (here == 0 && arc == 0)
			break;
		seg = here != 0 && (arc == 0 || here <= arc) ? here : arc;
		err = seg == here ? seg_blocks(d, t->name, seg, to, cb, arg,
		    &next, &stopped)
		    : arc_blocks(d, t->name, seg, to, cb, arg, &next);
	}
	if (d->damaged[0] == '\0' || err != 0)
		return err;
	snprintf(s->why, sizeof(s->why), "%s", d->damaged);
	return FG_EDAMAGED; /* all was given, though */
}

static FILE *
dir_chain(struct block_source *s, const struct source_table *t, uint64_t first,
    uint64_t *seg)
{
	struct dir *d = (struct dir *)s;
	char path[PATH_BYTES], name[NAME_BYTES];
	uint64_t arc;

	if (!in_dir(d, path, CHAIN_DIR))
		return NULL;
	*seg = source_next_number(path, t->name, first, ".chain");
	arc = source_next_number(d->archive, t->name, first, ARCHIVE_SUFFIX);
	if (arc != 0 && (*seg == 0 || arc < *seg)) {
		*seg = arc;
		return arc_path(d, path, t->name, arc) ? source_arc_chain(path,
		    d->s.why) : NULL;
	}
	if (*seg == 0)
		return NULL;
	strcpy(name, CHAIN_DIR "/");
	chain_file_name(name + strlen(name), sizeof(name) - strlen(name),
	    t->name, *seg);
	return in_dir(d, path, name) ? fopen(path, "re") : NULL;
}

static int
dir_records(struct block_source *s, const char *file, record_cb cb, void *arg)
{
	struct dir *d = (struct dir *)s;
	DBT key = { 0 }, value = { 0 };
	char path[PATH_BYTES];
	DBC *c;
	DB *db;
	int ret, err = open_file(d, file, &db);

	if (err != 0)
		return err;
	ret = db->cursor(db, NULL, &c, 0);
	if (ret == 0) {
		while (err == 0 && (ret = c->get(c, &key, &value, DB_NEXT)) ==
		    0)
			err = cb(arg, key.data, key.size, value.data,
			    value.size);
		c->close(c);
	}
	db->close(db, DB_NOSYNC);
	if (err == 0 && ret == DB_NOTFOUND && file_path(d, path, file))
		return check_pages(d, file, path);
	return err != 0 || ret == DB_NOTFOUND ? err : FG_EDAMAGED;
}

static void
dir_close(struct block_source *s)
{
	struct dir *d = (struct dir *)s;

	if (d->lock != -1)
		close(d->lock);
	free(s->table);
	free(d->path);
	free(d->archive);
	free(d->over);
	buf_free(&d->was);
	free(d);
}

static const struct block_source_ops dir_ops = {
	.blocks = dir_blocks,
	.chain = dir_chain,
	.records = dir_records,
	.next = dir_next,
	.close = dir_close,
};

/* ---- opening ---- */

static int
take_lock(struct dir *d, char err[STORE_ERR_MAX])
{
	struct flock fl = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	char path[PATH_BYTES], pid[32] = "";

	if (!in_dir(d, path, "LOCK"))
		return FG_ELIMIT;
	d->lock = open(path, O_RDONLY | O_CLOEXEC);
	if (d->lock == -1)
		return 0; /* a copy without it */
	if (fcntl(d->lock, F_OFD_SETLK, &fl) == 0)
		return 0;
	if (pread(d->lock, pid, sizeof(pid) - 1, 0) > 0)
		pid[strcspn(pid, "\n")] = '\0';
	snprintf(err, STORE_ERR_MAX, "store %s: in use by process %s; ask that "
	    "one (without --store)", d->path, pid);
	return FG_EBUSY;
}

static int
take_meta(void *arg, const void *key, size_t klen, const void *value,
    size_t len)
{
	struct block_source *s = arg;
	struct dir *d = arg;
	size_t n = strlen(INCARNATION);
	uint64_t v;
	size_t i;

	if (klen == 5 && memcmp(key, "store", 5) == 0 && len == 37)
		memcpy(s->uuid, (const char *)value + 1, 36);
	if (klen == 40 && memcmp(key, "was ", 4) == 0 &&
	    (buf_add(&d->was, (const char *)key + 4, 36) != 0 ||
	    buf_add(&d->was, "", 1) != 0))
		return FG_ENOMEM;
	if (klen <= n || memcmp(key, INCARNATION, n) != 0 || len != sizeof(v))
		return 0;
	memcpy(&v, value, sizeof(v));
	for (i = 0; i < s->n_table; i++)
		if (strlen(s->table[i].name) == klen - n && memcmp(
		    s->table[i].name, (const char *)key + n, klen - n) == 0)
			s->table[i].incarnation = be64toh(v);
	return 0;
}

/* A table that was declared: its number, incarnation and name. */
static int
take_table(void *arg, const void *key, size_t klen, const void *value,
    size_t len)
{
	struct block_source *s = arg;
	const unsigned char *v = value;
	char name[STORE_NAME_MAX + 1] = "";
	uint64_t incarnation;
	uint32_t id;
	size_t n;

	if (klen != sizeof(id) || len < TABLE_HEAD)
		return 0;
	memcpy(&id, key, sizeof(id));
	id = be32toh(id);
	memcpy(&incarnation, v + 1, sizeof(incarnation));
	n = (size_t)v[9] << 8 | v[10];
	if (id == 0 || id > STORE_TABLES_MAX - STORE_USER_FIRST ||
	    n > STORE_NAME_MAX || n > len - TABLE_HEAD)
		return 0;
	memcpy(name, v + TABLE_HEAD, n);
	return source_add_table(s, id + STORE_USER_FIRST - 1, name,
	    be64toh(incarnation));
}

static int
find_tables(struct dir *d)
{
	unsigned t;
	int err = source_add_table(&d->s, BLOCK_TABLE_STATE, "STATE", 1);

	for (t = 1; t < STORE_TABLE_END && err == 0; t++)
		err = source_add_table(&d->s, t, store_table_name(NULL,
		    (enum store_table)t), 1);
	/* What cannot be read is found and said by verify. */
	if (err == 0)
		err = dir_records(&d->s, "TABLE", take_table, &d->s);
	if (err == 0 || err == FG_ENOENT || err == FG_EDAMAGED)
		err = dir_records(&d->s, "META", take_meta, &d->s);
	return err == FG_ENOENT || err == FG_EDAMAGED ? 0 : err;
}

int
source_dir_open(struct block_source **out, const char *path,
    const char *archive, const char *over, char text[STORE_ERR_MAX])
{
	struct dir *d = calloc(1, sizeof(*d));
	char file[PATH_BYTES];
	int err = FG_ENOMEM;

	text[0] = '\0';
	if (d != NULL) {
		d->s.ops = &dir_ops;
		d->lock = -1;
		d->path = strdup(path);
		snprintf(file, sizeof(file), "%s/ARCHIVE", path);
		d->archive = strdup(archive == NULL ? file : archive);
		d->over = over == NULL ? NULL : strdup(over);
		d->s.replayed = over != NULL;
		err = d->path == NULL || d->archive == NULL ||
		    (over != NULL && d->over == NULL) ? FG_ENOMEM : 0;
	}
	if (err == 0 && (!in_dir(d, file, "FORMAT") ||
	    access(file, R_OK) == -1)) {
		err = fg_errno(errno);
		snprintf(text, STORE_ERR_MAX, "store %s: %s", path,
		    errno == ENOENT ? "is none: it has no file FORMAT"
		    : strerror(errno));
	}
	if (err == 0)
		err = take_lock(d, text);
	if (err == 0)
		err = find_tables(d);
	if (err == 0) {
		*out = &d->s;
		return 0;
	}
	if (text[0] == '\0')
		snprintf(text, STORE_ERR_MAX, "store %s: %s", path,
		    fg_strerror(err));
	if (d != NULL)
		dir_close(&d->s);
	return err;
}
