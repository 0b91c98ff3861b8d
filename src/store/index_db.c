#include "store/index_db.h"

#include <db.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

#define PAGE_BYTES       4096
#define CACHE_BYTES      (48u << 20)
#define LOG_FILE_BYTES   (32u << 20)
#define LOG_BUFFER_BYTES (1u << 20)
#define CHECKPOINT_KB    (64u << 10) /* of log */
#define BULK_BYTES       (256u << 10)
#define FILE_MODE        0640
#define STATE_BYTES      (INDEX_TABLES * 8 + 8 + 4 + 4)
#define STATE_BEFORE     (STATE_BYTES - 4) /* when no file was removed */
#define END_BYTES        (INDEX_TABLES * 8)
#define NAME_BYTES       24

struct index_db {
	DB_ENV *env;
	DB *meta;
	DB **keys; /* KEYS.n, from the first that is there */
	uint32_t n, cap;
	char *bulk;
	char said[256];
};

static void
put_be(char *to, uint64_t v, unsigned n)
{
	while (n-- > 0) {
		to[n] = (char)(v & 255);
		v >>= 8;
	}
}

static uint64_t
get_be(const char *p, unsigned n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | (unsigned char)*p++;
	return v;
}

size_t
index_key(char to[INDEX_KEY_MAX], int32_t tag, const char *value, size_t n,
    unsigned table, uint64_t seq)
{
	if (n > INDEX_VALUE_MAX)
		n = INDEX_VALUE_MAX;
	put_be(to, (uint32_t)tag, 4);
	put_be(to + 4, n, 2);
	memcpy(to + 6, value, n);
	put_be(to + 6 + n, table, 1);
	put_be(to + 7 + n, seq, 8);
	return n + 15;
}

static int
failed(int ret)
{
	switch (ret) {
	case 0:
		return 0;
	case DB_NOTFOUND:
		return FG_ENOENT;
	case ENOSPC:
	case ENOMEM:
	case EACCES:
		return fg_errno(ret);
	default:
		return FG_EDAMAGED;
	}
}

static DBT
dbt_of(const void *p, size_t n)
{
	return (DBT){ .data = (void *)(uintptr_t)p, .size = (uint32_t)n,
		.ulen = (uint32_t)n, .flags = DB_DBT_USERMEM };
}

static void
said(const DB_ENV *env, const char *prefix, const char *msg)
{
	struct index_db *db = env->app_private;

	(void)prefix;
	snprintf(db->said, sizeof(db->said), "%s", msg);
}

const char *
index_db_said(const struct index_db *db)
{
	return db->said;
}

/* ---- open, close, remove ---- */

static int
open_file(struct index_db *db, DB **out, const char *name)
{
	DB *f;
	int ret = db_create(&f, db->env, 0);

	if (ret != 0)
		return failed(ret);
	ret = f->set_pagesize(f, PAGE_BYTES);
	if (ret == 0)
		ret = f->set_flags(f, DB_CHKSUM);
	if (ret == 0)
		ret = f->open(f, NULL, name, NULL, DB_BTREE, DB_CREATE |
		    DB_THREAD | DB_AUTO_COMMIT, FILE_MODE);
	if (ret != 0) {
		f->close(f, DB_NOSYNC);
		return failed(ret);
	}
	*out = f;
	return 0;
}

static int
open_env(struct index_db *db, const char *path)
{
	DB_ENV *e;
	int ret = db_env_create(&e, 0);

	if (ret != 0)
		return failed(ret);
	db->env = e;
	e->app_private = db;
	e->set_errcall(e, said);
	ret = e->set_cachesize(e, 0, CACHE_BYTES, 1);
	if (ret == 0)
		ret = e->set_lg_bsize(e, LOG_BUFFER_BYTES);
	if (ret == 0)
		ret = e->set_lg_max(e, LOG_FILE_BYTES);
	if (ret == 0)
		ret = e->log_set_config(e, DB_LOG_AUTO_REMOVE, 1);
	if (ret == 0)
		ret = e->open(e, path, DB_CREATE | DB_RECOVER | DB_PRIVATE |
		    DB_THREAD | DB_INIT_TXN | DB_INIT_LOG | DB_INIT_MPOOL,
		    FILE_MODE);
	return failed(ret);
}

static int
open_keys(struct index_db *db, uint32_t number)
{
	char name[NAME_BYTES];
	uint32_t cap = db->cap == 0 ? 16 : db->cap * 2;
	DB **more;
	int err;

	if (db->n == db->cap) {
		more = realloc(db->keys, cap * sizeof(*more));
		if (more == NULL)
			return FG_ENOMEM;
		db->keys = more;
		db->cap = cap;
	}
	snprintf(name, sizeof(name), "KEYS.%u", number);
	err = open_file(db, &db->keys[db->n], name);
	db->n += err == 0;
	return err;
}

/* A record of META; *n is its room, and becomes its length. */
static int
get(struct index_db *db, const char *key, void *to, size_t *n)
{
	DBT k = dbt_of(key, strlen(key)), v = dbt_of(to, *n);
	int ret = db->meta->get(db->meta, NULL, &k, &v, 0);

	*n = ret == 0 ? v.size : 0;
	return failed(ret);
}

static int
put(struct index_db *db, DB_TXN *txn, const char *key, const void *p, size_t n)
{
	DBT k = dbt_of(key, strlen(key)), v = dbt_of(p, n);

	return failed(db->meta->put(db->meta, txn, &k, &v, 0));
}

static bool
has_keys(const char *path, uint32_t number)
{
	char name[4096];
	struct stat st;

	snprintf(name, sizeof(name), "%s/KEYS.%u", path, number);
	return stat(name, &st) == 0;
}

static int
remove_keys(struct index_db *db, uint32_t number)
{
	char name[NAME_BYTES];

	snprintf(name, sizeof(name), "KEYS.%u", number);
	return failed(db->env->dbremove(db->env, NULL, name, NULL,
	    DB_AUTO_COMMIT));
}

static int
load(struct index_db *db, const char *path, char about[INDEX_ABOUT_MAX],
    struct index_state *s)
{
	char bytes[STATE_BYTES];
	size_t n = INDEX_ABOUT_MAX - 1, size = sizeof(bytes);
	uint32_t i;
	int err = get(db, "about", about, &n);

	about[n] = '\0';
	if (err == FG_ENOENT)
		return 0;
	if (err == 0)
		err = get(db, "state", bytes, &size);
	if (err == FG_ENOENT)
		return 0;
	if (err != 0 || (size != sizeof(bytes) && size != STATE_BEFORE))
		return err != 0 ? err : FG_EDAMAGED;
	s->upto[0] = get_be(bytes, 8);
	s->upto[1] = get_be(bytes + 8, 8);
	s->rows = get_be(bytes + 16, 8);
	s->files = (uint32_t)get_be(bytes + 24, 4);
	s->first = size == STATE_BEFORE ? 1 : (uint32_t)get_be(bytes + 28, 4);
	for (i = s->first; err == 0 && i <= s->files; i++)
		err = has_keys(path, i) ? open_keys(db, i) : FG_EDAMAGED;
	/* It was ended between the two steps of index_db_drop. */
	for (i = s->first; err == 0 && i-- > 1 && has_keys(path, i);)
		err = remove_keys(db, i);
	return err;
}

int
index_db_open(struct index_db **out, const char *path,
    char about[INDEX_ABOUT_MAX], struct index_state *state)
{
	struct index_db *db = calloc(1, sizeof(*db));
	int err = 0;

	about[0] = '\0';
	memset(state, 0, sizeof(*state));
	if (db == NULL || (db->bulk = malloc(BULK_BYTES)) == NULL)
		err = FG_ENOMEM;
	if (err == 0 && mkdir(path, 0750) == -1 && errno != EEXIST)
		err = fg_errno(errno);
	if (err == 0)
		err = open_env(db, path);
	if (err == 0)
		err = open_file(db, &db->meta, "META");
	if (err == 0)
		err = load(db, path, about, state);
	if (err == 0) {
		*out = db;
		return 0;
	}
	index_db_close(db);
	return err;
}

void
index_db_close(struct index_db *db)
{
	uint32_t i;

	if (db == NULL)
		return;
	for (i = 0; i < db->n; i++)
		db->keys[i]->close(db->keys[i], DB_NOSYNC);
	if (db->meta != NULL)
		db->meta->close(db->meta, DB_NOSYNC);
	if (db->env != NULL)
		db->env->close(db->env, 0);
	free(db->keys);
	free(db->bulk);
	free(db);
}

/* Only what an index has: META, KEYS.n, log.n. */
void
index_db_remove(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL)
		if (strcmp(e->d_name, "META") == 0 ||
		    strncmp(e->d_name, "KEYS.", 5) == 0 ||
		    strncmp(e->d_name, "log.", 4) == 0)
			unlinkat(dirfd(d), e->d_name, 0);
	if (d != NULL)
		closedir(d);
}

/* ---- writing ---- */

int
index_db_about(struct index_db *db, const char *about)
{
	return put(db, NULL, "about", about, strlen(about));
}

static void
pack_state(char bytes[STATE_BYTES], const struct index_state *s)
{
	put_be(bytes, s->upto[0], 8);
	put_be(bytes + 8, s->upto[1], 8);
	put_be(bytes + 16, s->rows, 8);
	put_be(bytes + 24, s->files, 4);
	put_be(bytes + 28, s->first, 4);
}

static void
end_key(char key[NAME_BYTES], uint32_t number)
{
	snprintf(key, NAME_BYTES, "end %u", number);
}

int
index_db_grow(struct index_db *db, struct index_state *s)
{
	char key[NAME_BYTES], end[END_BYTES];
	int err = 0;

	if (s->files != 0) {
		end_key(key, s->files);
		put_be(end, s->upto[0], 8);
		put_be(end + 8, s->upto[1], 8);
		err = put(db, NULL, key, end, sizeof(end));
	}
	if (err == 0)
		err = open_keys(db, s->files + 1);
	if (err == 0) {
		if (s->files++ == 0)
			s->first = 1;
		s->rows = 0;
	}
	return err;
}

/* Has the file, which is full, only rows below these? */
static bool
ends_below(struct index_db *db, uint32_t number,
    const uint64_t below[INDEX_TABLES])
{
	char key[NAME_BYTES], end[END_BYTES];
	size_t n = sizeof(end);

	end_key(key, number);
	return get(db, key, end, &n) == 0 && n == sizeof(end) &&
	    get_be(end, 8) < below[0] && get_be(end + 8, 8) < below[1];
}

/* First nobody looks for them any more, then they go. */
int
index_db_drop(struct index_db *db, struct index_state *s,
    const uint64_t below[INDEX_TABLES], uint32_t *n)
{
	char key[NAME_BYTES], bytes[STATE_BYTES];
	struct index_state next = *s;
	uint32_t i;
	DBT k;
	int err;

	for (i = s->first; i < s->files; i++)
		if (ends_below(db, i, below))
			next.first = i + 1;
	*n = next.first - s->first;
	if (*n == 0)
		return 0;
	pack_state(bytes, &next);
	err = put(db, NULL, "state", bytes, sizeof(bytes));
	for (i = 0; i < *n && err == 0; i++) {
		db->keys[i]->close(db->keys[i], DB_NOSYNC);
		db->keys[i] = NULL;
		err = remove_keys(db, s->first + i);
		end_key(key, s->first + i);
		k = dbt_of(key, strlen(key));
		db->meta->del(db->meta, NULL, &k, 0);
	}
	memmove(db->keys, db->keys + i, (db->n - i) * sizeof(*db->keys));
	db->n -= i;
	*s = next;
	return err;
}

int
index_db_begin(struct index_db *db, struct index_db_txn **txn)
{
	DB_TXN *t = NULL;
	int err = failed(db->env->txn_begin(db->env, NULL, &t,
	    DB_TXN_WRITE_NOSYNC));

	*txn = (struct index_db_txn *)t;
	return err;
}

int
index_db_put(struct index_db *db, struct index_db_txn *txn, const char *keys,
    size_t len)
{
	DB *last = db->keys[db->n - 1];
	DBT many = { .data = db->bulk, .ulen = BULK_BYTES,
		.flags = DB_DBT_USERMEM | DB_DBT_BULK };
	const char *p, *end = keys + len;
	void *at;

	DB_MULTIPLE_WRITE_INIT(at, &many);
	for (p = keys; p < end && at != NULL; p += 1 + (unsigned char)*p)
		DB_MULTIPLE_KEY_WRITE_NEXT(at, &many, p + 1,
		    (unsigned char)*p, "", 0);
	if (at == NULL)
		return FG_ELIMIT;
	return failed(last->put(last, (DB_TXN *)txn, &many, NULL,
	    DB_MULTIPLE_KEY));
}

int
index_db_commit(struct index_db *db, struct index_db_txn *txn,
    const struct index_state *s)
{
	DB_TXN *t = (DB_TXN *)txn;
	char bytes[STATE_BYTES];
	int err;

	pack_state(bytes, s);
	err = put(db, t, "state", bytes, sizeof(bytes));
	if (err == 0)
		return failed(t->commit(t, 0));
	t->abort(t);
	return err;
}

void
index_db_abort(struct index_db_txn *txn)
{
	DB_TXN *t = (DB_TXN *)txn;

	t->abort(t);
}

int
index_db_checkpoint(struct index_db *db)
{
	return failed(db->env->txn_checkpoint(db->env, CHECKPOINT_KB, 0, 0));
}

/* ---- reading ---- */

/* Of one file, from `from` on; *n grows. */
static int
find_in(DB *keys, const char *from, size_t len, uint64_t upto, uint64_t *seq,
    size_t max, size_t *n)
{
	char key[INDEX_KEY_MAX], none[1];
	DBT k = dbt_of(key, sizeof(key)), v = dbt_of(none, 0);
	uint32_t how = DB_SET_RANGE;
	uint64_t s;
	DBC *c;
	int ret = keys->cursor(keys, NULL, &c, 0);

	if (ret != 0)
		return failed(ret);
	memcpy(key, from, len);
	k.size = (uint32_t)len;
	v.flags |= DB_DBT_PARTIAL;
	while (*n < max && (ret = c->get(c, &k, &v, how)) == 0) {
		how = DB_NEXT;
		if (k.size != len || memcmp(key, from, len - 8) != 0)
			break;
		s = get_be(key + len - 8, 8);
		if (s > upto)
			break;
		seq[(*n)++] = s;
	}
	c->close(c);
	return ret == DB_NOTFOUND ? 0 : failed(ret);
}

int
index_db_find(struct index_db *db, int32_t tag, const char *value, size_t len,
    unsigned table, uint64_t after, uint64_t upto, uint64_t *seq, size_t max,
    size_t *n)
{
	char from[INDEX_KEY_MAX];
	size_t size = index_key(from, tag, value, len, table, after + 1);
	uint32_t i;
	int err = 0;

	*n = 0;
	for (i = 0; i < db->n && err == 0 && *n < max; i++)
		err = find_in(db->keys[i], from, size, upto, seq, max, n);
	return err;
}
