/*
 * A store to be verified, and damage to it that is known exactly:
 *
 *	spoil make DIR [KEY.pem]
 *	    a store with a few thousand rows of several tables, in several
 *	    segments, with its chain; or as much again
 *	spoil record DIR SEED
 *	    change, delete or insert one byte of a record, delete a record, or
 *	    insert one, as somebody does who knows Berkeley DB
 *	spoil other DIR SEED
 *	    change a record of what is no table
 *	spoil index DIR SEED
 *	    change, delete or insert a record of the resend index
 *	spoil archive FILE SEED
 *	    write an archive anew, with one byte of a row changed
 *	spoil byte DIR SEED
 *	    change one byte in a file, as a bad disk does
 *
 * All but the first say what they did as "FILE TABLE ROW WHAT", ROW being the first
 * one that is not what it was, or 0.
 */
#include <db.h>
#include <dirent.h>
#include <endian.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/archive.h"
#include "store/block.h"
#include "store/chain.h"
#include "store/segment.h"

#define COMMITS     1500
#define SEGMENT     (96 * 1024)
#define ARCHIVED    3
#define FILES_MAX   128
#define RECORDS_MAX 20000
#define END         4

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "spoil: %s\n", what);
	exit(1);
}

/* ---- make ---- */

static uint32_t epoch = 1; /* numbers begin anew when there is more */

static void
add_rows(struct store_batch *b, enum store_table t, unsigned n, unsigned *id)
{
	struct store_row row = { .session = 1, .epoch = epoch };
	char text[700];
	unsigned i, len;

	for (i = 0; i < n; i++) {
		++*id;
		len = (unsigned)snprintf(text, sizeof(text),
		    "8=FIX.4.4\1" "35=D\1" "11=ORDER-%08u\1" "58=", *id);
		for (; len < 60 + *id % 300; len++)
			text[len] = (char)('a' + (*id + len) % 26);
		row.msg_seq_num = *id;
		row.time.ns = 1700000000000000000LL + *id;
		row.a = *id % 7 == 0 ? *id : 0;
		row.data = text;
		row.len = len;
		store_add(b, t, &row);
	}
}

/* The first segments of FIX_OUT. */
static void
archive_some(struct store *st, struct store_chain *ch)
{
	struct store_archive_how how = { 0 };
	struct timespec pause = { .tv_nsec = 5000000 };
	struct store_segment s;
	char err[STORE_ERR_MAX];
	uint64_t number = 0;
	int i;

	while (store_chain_upto(ch, STORE_FIX_OUT) < store_visible(st,
	    STORE_FIX_OUT))
		nanosleep(&pause, NULL);
	for (i = 0; i < ARCHIVED; number = s.number + 1) {
		if (store_segment(st, STORE_FIX_OUT, number, &s) != 0)
			die("too few segments");
		if (s.archived)
			continue;
		i++;
		if (store_archive(st, STORE_FIX_OUT, s.number, &how, &s, err)
		    != 0)
			die(err);
	}
}

static int
make(const char *dir, const char *key)
{
	static const unsigned sizes[] = { 1, 1, 1, 2, 5, 1, 30, 3 };
	struct store_cfg cfg = { .path = dir, .durability = STORE_WRITTEN,
		.segment_bytes = SEGMENT, .cache_bytes = 4 << 20 };
	struct store_chain_cfg chain = { .path = dir, .key = key };
	enum store_table t[] = { STORE_FIX_IN, STORE_FIX_OUT, STORE_FIX_IN,
		STORE_SESSION_EVENT, 0 };
	char err[STORE_ERR_MAX];
	struct store *st;
	struct store_chain *ch;
	struct store_batch *b;
	struct store_state s;
	uint64_t commit;
	uint32_t session, dict;
	unsigned i, id = 0;
	bool is_new;

	if (store_open_bdb(&st, &cfg, err) != 0 ||
	    store_chain_open(&ch, st, &chain, err) != 0)
		die(err);
	if (store_session(st, "FIX.4.4:A->B", &session, &s, &is_new) != 0 ||
	    store_dict(st, "a.xml", "<fix>a dictionary</fix>", 23, &dict) != 0
	    || store_table_define(st, "QUOTES", "columns", &t[4]) != 0)
		die("cannot define");
	if (!is_new)
		s.epoch = epoch = s.epoch + 1;
	for (i = 0; i < COMMITS; i++) {
		b = store_begin(st);
		if (i % 11 != 10)
			add_rows(b, t[i % 5], sizes[i % 8], &id);
		if (i % 50 == 7)
			add_rows(b, STORE_FIX_OUT, 400, &id);
		if (i % 3 == 0 || i % 11 == 10) {
			s.next_in++;
			store_set_state(b, &s);
		}
		if (store_commit(b, &commit) != 0)
			die("commit");
	}
	archive_some(st, ch);
	store_chain_close(ch);
	store_close(st);
	return 0;
}

/* ---- damage ---- */

struct record {
	const char *file;
	uint64_t key;
	char name[64]; /* as it is */
	size_t n_name;
	char *p;
	size_t n;
};

static char *files[FILES_MAX];
static size_t n_files, n_records;
static struct record records[RECORDS_MAX];
static const char *dir;

static DB *
open_db(const char *file, uint32_t flags)
{
	char path[4096];
	DB *db;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	if (db_create(&db, NULL, 0) != 0 || db->open(db, NULL, path, NULL,
	    DB_BTREE, flags, 0) != 0)
		die(path);
	return db;
}

static void
read_file(const char *file)
{
	DB *db = open_db(file, DB_RDONLY);
	DBT k = { 0 }, v = { 0 };
	struct record *r;
	DBC *c;

	if (db->cursor(db, NULL, &c, 0) != 0)
		die("cursor");
	while (c->get(c, &k, &v, DB_NEXT) == 0 && n_records < RECORDS_MAX) {
		r = &records[n_records++];
		r->file = file;
		if (k.size > sizeof(r->name))
			die("a long key");
		memcpy(r->name, k.data, k.size);
		r->n_name = k.size;
		memcpy(&r->key, k.data, k.size < sizeof(r->key) ? k.size
		    : sizeof(r->key));
		r->key = be64toh(r->key);
		r->n = v.size;
		r->p = malloc(v.size);
		if (r->p == NULL)
			die("memory");
		memcpy(r->p, v.data, v.size);
	}
	c->close(c);
	db->close(db, 0);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
read_all(void)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	size_t i;

	while (d != NULL && (e = readdir(d)) != NULL)
		if (strlen(e->d_name) > 21 && e->d_name[strlen(e->d_name) -
		    21] == '.' && strncmp(e->d_name, "FIX_OUT_INDEX", 13) != 0
		    && n_files < FILES_MAX)
			files[n_files++] = strdup(e->d_name);
	if (d != NULL)
		closedir(d);
	qsort(files, n_files, sizeof(files[0]), by_name);
	for (i = 0; i < n_files; i++)
		read_file(files[i]);
	if (n_records == 0)
		die("no records");
}

static uint32_t
get32(const char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return be32toh(v);
}

/* Where row i of a block lies. */
static void
row_at(const char *p, uint32_t i, size_t *from, size_t *to)
{
	size_t ends = BLOCK_HEAD + (size_t)get32(p + 16) * BLOCK_STATE;
	size_t rows = ends + (size_t)get32(p + 4) * END;

	*from = rows + (i == 0 ? 0 : get32(p + ends + (i - 1) * END));
	*to = rows + get32(p + ends + i * END);
}

/* The first row of a block that is not what it was. */
static uint32_t
first_bad(const char *was, size_t n, const char *is, size_t m)
{
	uint32_t i, rows = get32(was + 4);
	size_t from, to;

	for (i = 0; i < rows; i++) {
		row_at(was, i, &from, &to);
		if (i == 0)
			from = 0; /* and all that is no row's own */
		if (to > m || memcmp(was + from, is + from, to - from) != 0)
			return i;
	}
	if (n == m && rows != 0)
		die("nothing was changed");
	return rows == 0 ? 0 : rows - 1;
}

static void
say(const struct record *r, uint64_t row, const char *what)
{
	printf("%s %.*s %llu %s\n", r->file, (int)strcspn(r->file, "."),
	    r->file, (unsigned long long)row, what);
}

static void
put(const char *file, uint64_t key, char *p, size_t n)
{
	DB *db = open_db(file, 0);
	DBT k = { .data = &key, .size = sizeof(key) };
	DBT v = { .data = p, .size = (uint32_t)n };

	key = htobe64(key);
	if ((p == NULL ? db->del(db, NULL, &k, 0)
	    : db->put(db, NULL, &k, &v, 0)) != 0 || db->close(db, 0) != 0)
		die("cannot write");
}

/* A key that no record has and the row that is told: one inside of a block. */
static bool
insert_record(const struct record *r)
{
	uint32_t rows = get32(r->p + 4);

	if (rows < 2)
		return false;
	put(r->file, r->key + 1, r->p, r->n);
	say(r, r->key + 1, "a record inserted");
	return true;
}

static void
change_record(const struct record *r)
{
	char *is = malloc(r->n + 1);
	size_t at = (size_t)random() % r->n, n = r->n;
	const char *what;

	if (is == NULL)
		die("memory");
	memcpy(is, r->p, n);
	switch (random() % 3) {
	case 0:
		is[at] = (char)(is[at] ^ (1 + random() % 255));
		what = "a byte changed";
		break;
	case 1:
		memmove(is + at, is + at + 1, --n - at);
		what = "a byte deleted";
		break;
	default:
		memmove(is + at + 1, is + at, n++ - at);
		is[at] = (char)random();
		what = "a byte inserted";
	}
	put(r->file, r->key, is, n);
	say(r, r->key + first_bad(r->p, r->n, is, n), what);
	free(is);
}

static int
record(void)
{
	const struct record *r = &records[(size_t)random() % n_records];

	switch (random() % 8) {
	case 0:
		put(r->file, r->key, NULL, 0);
		say(r, r->key, "a record deleted");
		return 0;
	case 1:
		if (insert_record(r))
			return 0;
	}
	change_record(r);
	return 0;
}

/* The same of a file that has no rows. */
static int
other(void)
{
	static const char *const names[] = { "META", "SESSION", "DICT",
		"TABLE" };
	const struct record *r;
	size_t at;
	char *is;
	DB *db;
	DBT k = { 0 }, v = { 0 };

	read_file(names[random() % 4]);
	r = &records[(size_t)random() % n_records];
	is = malloc(r->n);
	if (is == NULL)
		die("memory");
	memcpy(is, r->p, r->n);
	at = (size_t)random() % r->n;
	is[at] = (char)(is[at] ^ (1 + random() % 255));
	k.data = (void *)(uintptr_t)r->name;
	k.size = (uint32_t)r->n_name;
	v.data = is;
	v.size = (uint32_t)r->n;
	db = open_db(r->file, 0);
	if (db->put(db, NULL, &k, &v, 0) != 0 || db->close(db, 0) != 0)
		die("cannot write");
	printf("%s %s 0 a byte changed\n", r->file, r->file);
	free(is);
	return 0;
}

static uint64_t
get64(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return be64toh(v);
}

/* The resend index: its values end with the row that they are about. */
static int
out_index(void)
{
	const struct record *r;
	char file[64], key[64], is[16];
	DBT k = { .data = key }, v = { .data = is, .size = sizeof(is) };
	const char *what = "a byte changed";
	bool gone = false;
	uint64_t seg;
	size_t i, at;
	DB *db;

	for (i = 0; i < n_files; i++) {
		if (strncmp(files[i], "FIX_OUT.", 8) != 0)
			continue;
		snprintf(file, sizeof(file), "FIX_OUT_INDEX.%s", files[i] + 8);
		read_file(strdup(file));
	}
	if (n_records == 0)
		die("no index");
	r = &records[(size_t)random() % n_records];
	if (r->n_name != 16 || r->n != sizeof(is))
		die("no record of an index");
	memcpy(key, r->name, r->n_name);
	memcpy(is, r->p, r->n);
	k.size = (uint32_t)r->n_name;
	seg = get64(r->p + 8);
	db = open_db(r->file, 0);
	switch (random() % 4) {
	case 0:
		what = "a record deleted";
		gone = true;
		break;
	case 1:
		key[8 + random() % 2] ^= 1;
		what = "a record inserted";
		break;
	case 2:
		at = (size_t)random() % 16;
		is[at] = (char)(is[at] ^ (1 + random() % 255));
		break;
	default:
		v.size--;
		what = "a byte cut off";
	}
	if ((gone ? db->del(db, NULL, &k, 0)
	    : db->put(db, NULL, &k, &v, 0)) != 0 || db->close(db, 0) != 0)
		die("cannot write");
	printf("%s FIX_OUT_INDEX %llu %s\n", r->file, (unsigned long long)seg,
	    what);
	return 0;
}

static int
list_files(void)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL)
		if (strncmp(e->d_name, "FIX_OUT.", 8) == 0 && n_files <
		    FILES_MAX)
			files[n_files++] = strdup(e->d_name);
	if (d != NULL)
		closedir(d);
	qsort(files, n_files, sizeof(files[0]), by_name);
	return out_index();
}

/* The text of a row, which no other row has, in the file as it is. */
static int
byte(void)
{
	const struct record *r;
	char path[4096], *all, *found;
	size_t from, to, size;
	uint32_t i;
	int fd;
	struct stat s;

	for (;;) {
		r = &records[(size_t)random() % n_records];
		if (get32(r->p + 4) == 0)
			continue;
		i = (uint32_t)random() % get32(r->p + 4);
		row_at(r->p, i, &from, &to);
		snprintf(path, sizeof(path), "%s/%s", dir, r->file);
		fd = open(path, O_RDWR);
		if (fd == -1 || fstat(fd, &s) == -1)
			die(path);
		size = (size_t)s.st_size;
		all = malloc(size);
		if (all == NULL || read(fd, all, size) != (ssize_t)size)
			die(path);
		found = memmem(all, size, r->p + from, to - from);
		/* It may lie on two pages, and free room may have a copy. */
		if (found != NULL && memmem(found + 1, (size_t)(all + size -
		    found - 1), r->p + from, to - from) == NULL)
			break;
		free(all);
		close(fd);
	}
	from = (size_t)(found - all) + (size_t)random() % (to - from);
	all[from] = (char)(all[from] ^ (1 + random() % 255));
	if (pwrite(fd, all + from, 1, (off_t)from) != 1)
		die(path);
	close(fd);
	say(r, r->key + i, "a byte of the file changed");
	free(all);
	return 0;
}

/* ---- an archive ---- */

struct forging {
	struct archive_writer *w;
	uint64_t block, at, row; /* change that one, counting down */
};

static int
forge_block(void *arg, const void *p, size_t n)
{
	struct forging *f = arg;
	size_t from, to;
	uint32_t i;
	char *is = malloc(n);

	if (is == NULL)
		die("memory");
	memcpy(is, p, n);
	if (f->at++ == f->block) {
		i = (uint32_t)random() % get32(is + 4);
		row_at(is, i, &from, &to);
		is[to - 1] ^= 1;
		f->row = get64(is + 24) + i;
	}
	if (archive_add(f->w, is, n) != 0)
		die("archive_add");
	free(is);
	return 0;
}

static int
forge(const char *path)
{
	char err[STORE_ERR_MAX], tmp[4096];
	struct forging f = { .at = 0 };
	struct buf chain = { 0 };
	const struct archive_info *was;
	struct archive_info info;
	struct archive *a;
	uint32_t id;

	if (archive_open(&a, path, err) != 0)
		die(err);
	was = archive_info(a);
	info = (struct archive_info){ .table = was->table, .incarnation =
		was->incarnation, .segment = was->segment };
	strcpy(info.uuid, was->uuid);
	strcpy(info.name, was->name);
	snprintf(tmp, sizeof(tmp), "%s.tmp", path);
	f.block = (uint64_t)random() % was->blocks;
	if (archive_create(&f.w, tmp, &info) != 0 ||
	    archive_blocks(a, 0, forge_block, &f) != 0)
		die(tmp);
	for (id = 1; archive_session(a, id) != NULL; id++)
		archive_add_session(f.w, id, archive_session(a, id));
	if (archive_chain(a, &chain) != 0 ||
	    archive_add_chain(f.w, chain.p, chain.len) != 0 ||
	    archive_finish(f.w) != 0 || rename(tmp, path) != 0)
		die(tmp);
	printf("%s %s %llu a byte changed\n", path, info.name,
	    (unsigned long long)f.row);
	archive_close(a);
	buf_free(&chain);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], "make") == 0)
		return make(argv[2], argc > 3 ? argv[3] : NULL);
	if (argc < 4)
		die("make DIR [KEY] | record|other|index|byte DIR SEED | "
		    "archive FILE SEED");
	dir = argv[2];
	srandom((unsigned)strtoul(argv[3], NULL, 10));
	if (strcmp(argv[1], "archive") == 0)
		return forge(dir);
	if (strcmp(argv[1], "other") == 0)
		return other();
	if (strcmp(argv[1], "index") == 0)
		return list_files();
	read_all();
	return strcmp(argv[1], "record") == 0 ? record() : byte();
}
