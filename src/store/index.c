#include "store/index.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/err.h"
#include "base/now.h"
#include "base/thread.h"
#include "log/log.h"
#include "session/session.h"
#include "store/index_db.h"
#include "store/pause.h"
#include "store/segment.h"

#define INDEX_VERSION   1
#define BATCH_ROWS      10000
#define BATCH_BYTES     (8u << 20)
#define PUT_KEYS        256               /* while readers wait */
#define PAUSE_NS        (250 * NS_PER_MS) /* when it is not behind */
#define RETRY_NS        (10 * NS_PER_S)   /* after a failure */
#define FIELDS_MAX      4096
#define GENERATION_ROWS 1000000
#define PATH_BYTES      4096
/* Rows a second from which on the sessions have the processor to themselves most
 * of the time: the index falls behind, and makes up for it afterwards. No lower
 * priority does that: a thread that has it may hold a lock of the store. */
#define BUSY_RATE       20000

static const enum store_table tables[INDEX_TABLES] = { STORE_FIX_IN,
	STORE_FIX_OUT };

/* Keys of a batch: each with its length before it, and where they are. */
struct keys {
	struct buf bytes, at; /* at: uint32_t each */
	size_t n;
};

struct store_index {
	struct store *st;
	struct store_index_cfg cfg;
	char path[PATH_BYTES];
	uint64_t visible[INDEX_TABLES]; /* when it was opened */
	pthread_t thread;
	struct pause pause;

	/* The thread's. */
	struct index_state state;
	struct keys keys;
	struct buf sorted;
	struct fix_field *field;
	int err; /* of a batch */
	bool opened, waiting_for_room;
	uint64_t below[INDEX_TABLES]; /* rows that were deleted, when it looked */

	pthread_mutex_t lock; /* of db, between its writer and readers */
	struct index_db *db;  /* NULL: it cannot be asked */
	_Atomic bool broken;  /* a reader has seen it */
	_Atomic int readers;  /* that wait for the lock */
	_Atomic uint64_t upto[INDEX_TABLES];
};

static int
slot_of(enum store_table t)
{
	int i;

	for (i = 0; i < INDEX_TABLES; i++)
		if (tables[i] == t)
			return i;
	return -1;
}

/* ---- a batch ---- */

static bool
is_chosen(const struct store_index *ix, int32_t tag)
{
	size_t i;

	for (i = 0; i < ix->cfg.n_tag; i++)
		if (ix->cfg.tag[i] == tag)
			return true;
	return false;
}

static int
add_key(struct keys *k, const char *key, size_t n)
{
	uint32_t at = (uint32_t)k->bytes.len;
	char len = (char)n;

	if (buf_add(&k->bytes, &len, 1) != 0 ||
	    buf_add(&k->bytes, key, n) != 0 ||
	    buf_add(&k->at, &at, sizeof(at)) != 0)
		return FG_ENOMEM;
	k->n++;
	return 0;
}

struct reading {
	struct store_index *ix;
	enum store_table table;
	uint64_t rows;
};

static int
take_row(void *arg, const struct store_row *row)
{
	struct reading *r = arg;
	struct store_index *ix = r->ix;
	struct fix_msg m = { .field = ix->field, .cap = FIELDS_MAX };
	char key[INDEX_KEY_MAX];
	uint32_t i;

	r->rows++;
	if (row->data == NULL || row->len == 0)
		return 0;
	fix_parse(&m, row->data, row->len, sess_std_lens());
	for (i = 0; i < m.nfield && ix->err == 0; i++)
		if (is_chosen(ix, m.field[i].tag))
			ix->err = add_key(&ix->keys, key, index_key(key,
			    m.field[i].tag, m.buf + m.field[i].off,
			    m.field[i].len, r->table, row->seq));
	return ix->err;
}

static int
compare(const void *a, const void *b, void *arg)
{
	const char *bytes = arg;
	const char *x = bytes + *(const uint32_t *)a;
	const char *y = bytes + *(const uint32_t *)b;
	size_t n = (unsigned char)*x, m = (unsigned char)*y;
	int c = memcmp(x + 1, y + 1, n < m ? n : m);

	return c != 0 ? c : n < m ? -1 : n > m;
}

/* The lock is given up between pieces, so that a question waits for one piece
 * at most. */
static void
lock_to_write(struct store_index *ix)
{
	while (atomic_load(&ix->readers) > 0)
		sched_yield();
	pthread_mutex_lock(&ix->lock);
}

static int
put_keys(struct store_index *ix, struct index_db_txn *txn)
{
	const uint32_t *at = (const void *)ix->keys.at.p;
	size_t i = 0, piece;
	const char *key;
	int err = 0;

	while (i < ix->keys.n && err == 0) {
		ix->sorted.len = 0;
		for (piece = 0; piece < PUT_KEYS && i < ix->keys.n && err == 0;
		    piece++, i++) {
			key = ix->keys.bytes.p + at[i];
			err = buf_add(&ix->sorted, key,
			    1 + (size_t)(unsigned char)*key);
		}
		if (err != 0)
			break;
		lock_to_write(ix);
		err = index_db_put(ix->db, txn, ix->sorted.p, ix->sorted.len);
		pthread_mutex_unlock(&ix->lock);
	}
	return err;
}

static int
write_batch(struct store_index *ix, const struct index_state *next)
{
	struct index_db_txn *txn;
	int err;

	if (ix->keys.n > 0)
		qsort_r(ix->keys.at.p, ix->keys.n, sizeof(uint32_t), compare,
		    ix->keys.bytes.p);
	lock_to_write(ix);
	err = index_db_begin(ix->db, &txn);
	pthread_mutex_unlock(&ix->lock);
	if (err != 0)
		return err;
	err = put_keys(ix, txn);
	lock_to_write(ix);
	if (err == 0)
		err = index_db_commit(ix->db, txn, next);
	else
		index_db_abort(txn);
	pthread_mutex_unlock(&ix->lock);
	return err;
}

/* A new file, when the last is full. */
static int
make_room(struct store_index *ix)
{
	int err = 0;

	if (ix->state.files != 0 && ix->state.rows < ix->cfg.generation)
		return 0;
	lock_to_write(ix);
	err = index_db_grow(ix->db, &ix->state);
	pthread_mutex_unlock(&ix->lock);
	return err;
}

/* Rows of one table; *behind: there are more. 0 or FG_E*. */
static int
do_batch(struct store_index *ix, int slot, bool *behind)
{
	struct reading r = { .ix = ix, .table = tables[slot] };
	struct index_state next = ix->state;
	uint64_t upto = next.upto[slot], room;
	int err;

	if (upto >= store_visible(ix->st, r.table))
		return 0;
	err = make_room(ix);
	if (err != 0)
		return err;
	next = ix->state;
	room = ix->cfg.generation - next.rows;
	ix->err = 0;
	ix->keys.n = ix->keys.bytes.len = ix->keys.at.len = 0;
	err = store_read(ix->st, r.table, upto, room < BATCH_ROWS ?
	    (size_t)room : BATCH_ROWS, BATCH_BYTES, take_row, &r, &upto);
	if (err != 0) /* the store will say so itself */
		return 0;
	if (ix->err != 0)
		return ix->err;
	next.upto[slot] = upto;
	next.rows += r.rows;
	err = write_batch(ix, &next);
	if (err != 0)
		return err;
	ix->state = next;
	ix->upto[slot] = upto;
	*behind = *behind || upto < store_visible(ix->st, r.table);
	return index_db_checkpoint(ix->db);
}

/* ---- the files ---- */

/* Those of rows that were deleted for good go. 0 or FG_E*. */
static int
drop_old(struct store_index *ix)
{
	uint64_t below[INDEX_TABLES];
	uint32_t n;
	int i, err;

	for (i = 0; i < INDEX_TABLES; i++)
		below[i] = store_kept_from(ix->st, tables[i]);
	if (memcmp(below, ix->below, sizeof(below)) == 0)
		return 0;
	memcpy(ix->below, below, sizeof(below));
	lock_to_write(ix);
	err = index_db_drop(ix->db, &ix->state, below, &n);
	pthread_mutex_unlock(&ix->lock);
	if (err == 0 && n != 0)
		log_event(LOG_LEVEL_INFO, "index", NULL, "index %s: %u files "
		    "of rows that were deleted are removed", ix->path,
		    (unsigned)n);
	return err;
}

/* Whose index, and of what. */
static void
about(const struct store_index *ix, char text[INDEX_ABOUT_MAX])
{
	size_t i, n;

	n = (size_t)snprintf(text, INDEX_ABOUT_MAX,
	    "fixgate index %d\n%s %llu %llu\n", INDEX_VERSION, store_uuid(ix->st),
	    (unsigned long long)store_table_incarnation(ix->st, STORE_FIX_IN),
	    (unsigned long long)store_table_incarnation(ix->st,
		STORE_FIX_OUT));
	for (i = 0; i < ix->cfg.n_tag && n < INDEX_ABOUT_MAX; i++)
		n += (size_t)snprintf(text + n, INDEX_ABOUT_MAX - n, " %d",
		    (int)ix->cfg.tag[i]);
}

/* NULL: it is ours; else why it is not. */
static const char *
not_ours(const struct store_index *ix, const struct index_state *s,
    const char *text)
{
	char want[INDEX_ABOUT_MAX];
	uint64_t visible;
	int i;

	about(ix, want);
	if (strcmp(text, want) != 0)
		return "it is of other tags or another store";
	for (i = 0; i < INDEX_TABLES; i++) {
		visible = ix->opened ? store_visible(ix->st, tables[i])
		    : ix->visible[i];
		if (s->upto[i] > visible)
			return "it has more rows than the store";
	}
	return NULL;
}

static void
set_db(struct store_index *ix, struct index_db *db)
{
	int i;

	pthread_mutex_lock(&ix->lock);
	index_db_close(ix->db);
	ix->db = db;
	ix->broken = false;
	for (i = 0; i < INDEX_TABLES; i++)
		ix->upto[i] = db == NULL ? 0 : ix->state.upto[i];
	pthread_mutex_unlock(&ix->lock);
}

static int
make_new(struct store_index *ix, struct index_db **db)
{
	char text[INDEX_ABOUT_MAX];
	int err;

	index_db_remove(ix->path);
	err = index_db_open(db, ix->path, text, &ix->state);
	if (err != 0)
		return err;
	about(ix, text);
	err = index_db_about(*db, text);
	if (err != 0)
		index_db_close(*db);
	return err;
}

/* 0 or FG_E*. */
static int
open_files(struct store_index *ix)
{
	char text[INDEX_ABOUT_MAX];
	struct index_db *db;
	const char *why = NULL;
	int err = index_db_open(&db, ix->path, text, &ix->state);

	if (err == FG_ENOSPC || err == FG_ENOMEM || err == FG_EACCES)
		return err;
	if (err != 0)
		why = "it is damaged";
	else if (text[0] == '\0' || (why = not_ours(ix, &ix->state, text)) !=
	    NULL)
		index_db_close(db);
	if (why != NULL)
		log_event(LOG_LEVEL_WARN, "index", NULL, "index %s: %s: it is "
		    "made again", ix->path, why);
	if (err != 0 || text[0] == '\0' || why != NULL)
		err = make_new(ix, &db);
	if (err == 0) {
		ix->opened = true;
		memset(ix->below, 0, sizeof(ix->below));
		set_db(ix, db);
	}
	return err;
}

static void
give_up(struct store_index *ix, int err)
{
	bool damaged = err != FG_ENOSPC && err != FG_ENOMEM &&
	    err != FG_EACCES;

	log_event(LOG_LEVEL_WARN, "index", NULL, "index %s: %s%s%s; questions "
	    "read the rows themselves until it is %s", ix->path,
	    fg_strerror(err),
	    ix->db == NULL || *index_db_said(ix->db) == '\0' ? "" : ": ",
	    ix->db == NULL ? "" : index_db_said(ix->db),
	    damaged ? "made again" : "tried again");
	set_db(ix, NULL);
	if (damaged)
		index_db_remove(ix->path);
}

/* ---- the thread ---- */

/* The store comes first: the index takes no room from it. */
static bool
has_room(struct store_index *ix)
{
	struct statvfs fs;
	bool low = statvfs(ix->cfg.path, &fs) == 0 &&
	    (uint64_t)fs.f_bavail * fs.f_frsize < ix->cfg.least_free;

	if (low && !ix->waiting_for_room)
		log_event(LOG_LEVEL_WARN, "index", NULL, "index %s: the disk "
		    "has less than MinDiskFree: it does not grow until there "
		    "is more", ix->path);
	ix->waiting_for_room = low;
	return !low;
}

static uint64_t
all_visible(const struct store_index *ix)
{
	uint64_t n = 0;
	int i;

	for (i = 0; i < INDEX_TABLES; i++)
		n += store_visible(ix->st, tables[i]);
	return n;
}

/* How long to wait after a round that began then and there. */
static int64_t
pace(const struct store_index *ix, int64_t began, uint64_t rows)
{
	double took = (double)(mono_now().ns - began) / NS_PER_S;

	return (double)(all_visible(ix) - rows) > BUSY_RATE * took ? PAUSE_NS
	    : 0;
}

/* One round; how long to wait then. */
static int64_t
work(struct store_index *ix)
{
	int64_t began = mono_now().ns;
	uint64_t rows = all_visible(ix);
	bool behind = false;
	int err = 0, i;

	if (ix->db != NULL && !ix->broken)
		err = drop_old(ix);
	if (err == 0 && !has_room(ix))
		return NS_PER_S;
	if (err == 0 && ix->db == NULL)
		err = open_files(ix);
	if (err == 0 && ix->broken)
		err = FG_EDAMAGED;
	for (i = 0; i < INDEX_TABLES && err == 0; i++)
		err = do_batch(ix, i, &behind);
	if (err == 0)
		return behind ? pace(ix, began, rows) : PAUSE_NS;
	give_up(ix, err);
	return RETRY_NS;
}

static void *
run(void *arg)
{
	struct store_index *ix = arg;

	while (pause_for(&ix->pause, work(ix)))
		;
	return NULL;
}

/* ---- open and close ---- */

struct store_index *
store_index_open(struct store *st, const struct store_index_cfg *cfg)
{
	struct store_index *ix = calloc(1, sizeof(*ix));
	int i;

	if (ix == NULL)
		return NULL;
	ix->st = st;
	ix->cfg = *cfg;
	if (ix->cfg.generation == 0)
		ix->cfg.generation = GENERATION_ROWS;
	snprintf(ix->path, sizeof(ix->path), "%s/INDEX", cfg->path);
	for (i = 0; i < INDEX_TABLES; i++)
		ix->visible[i] = store_visible(st, tables[i]);
	pthread_mutex_init(&ix->lock, NULL);
	pause_init(&ix->pause);
	ix->field = calloc(FIELDS_MAX, sizeof(*ix->field));
	if (ix->field != NULL && thread_start(&ix->thread, run, ix) == 0)
		return ix;
	pause_free(&ix->pause);
	free(ix->field);
	free(ix);
	return NULL;
}

void
store_index_close(struct store_index *ix)
{
	if (ix == NULL)
		return;
	pause_end(&ix->pause);
	pthread_join(ix->thread, NULL);
	index_db_close(ix->db);
	buf_free(&ix->keys.bytes);
	buf_free(&ix->keys.at);
	buf_free(&ix->sorted);
	free(ix->field);
	pthread_mutex_destroy(&ix->lock);
	pause_free(&ix->pause);
	free(ix);
}

/* ---- questions ---- */

uint64_t
store_index_upto(struct store_index *ix, enum store_table t)
{
	int slot = slot_of(t);

	return ix == NULL || slot == -1 ? 0 : ix->upto[slot];
}

int
store_index_find(struct store_index *ix, enum store_table t, int32_t tag,
    const char *value, size_t len, uint64_t after, uint64_t *seq, size_t max,
    size_t *n, uint64_t *upto)
{
	int slot = slot_of(t), err = FG_ENOENT;

	*n = 0;
	*upto = after;
	if (ix == NULL || slot == -1 || !is_chosen(ix, tag))
		return FG_ENOENT;
	atomic_fetch_add(&ix->readers, 1);
	pthread_mutex_lock(&ix->lock);
	atomic_fetch_sub(&ix->readers, 1);
	if (ix->db != NULL && !ix->broken && after < ix->upto[slot]) {
		*upto = ix->upto[slot];
		err = index_db_find(ix->db, tag, value, len, t, after, *upto,
		    seq, max, n);
		if (err != 0)
			ix->broken = true;
	}
	pthread_mutex_unlock(&ix->lock);
	if (err != 0) {
		*n = 0;
		*upto = after;
	} else if (*n == max) {
		*upto = seq[max - 1];
	}
	return err;
}
