/*
 * bdb.h: what the parts of the Berkeley DB back end share. Only these and
 * index_db.c know <db.h>. Beside those that are named after what they keep:
 *
 *	store_bdb.c, bdb_dir.c     open and close
 *	bdb_commit.c, bdb_thread.c writing, and the threads
 *	bdb_read.c, bdb_blocks.c   reading, rows and whole blocks
 *	bdb_seg.c, bdb_seal.c      segments; bdb_old.c: the sealed ones
 *	bdb_scan.c, bdb_damage.c   what a start looks at
 *	bdb_archive.c, bdb_arc.c   archives; bdb_drop.c, bdb_left.c: their end
 *	bdb_backup*.c              backups; bdb_restore.c, bdb_repair.c: from them
 *
 * Who calls Berkeley DB: the writer (the loop in none and written, the store
 * thread in synced), readers on any thread with one short call each, and the
 * flusher and the checkpointer, which never hold a page that the writer needs
 * for longer than it takes to write it.
 */
#ifndef FG_STORE_BDB_H
#define FG_STORE_BDB_H

#include <stdatomic.h>
#include <stdbool.h>

#include <db.h>

#include "store/bdb_seg.h"
#include "store/impl.h"
#include "store/damage.h"

#define BDB_KEY     8  /* bytes of a block's key */
#define BDB_OUT_KEY 16 /* of the resend index: session, epoch, first number */
#define BDB_OUT     16 /* its value: last number, key of the block */

struct bdb_table {
	struct bdb_seg **seg; /* ascending; the last is written to */
	size_t n, cap;
};

/* A session's state as of the last commit written. */
struct bdb_state {
	struct store_state s;
	bool dirty; /* since the last state checkpoint */
};

struct bdb {
	struct store st;
	char *path;
	char *why; /* the caller's error text, while opening */
	char message[512]; /* Berkeley DB's last own words */
	_Atomic bool damaged; /* a page is: message has which one */
	int lock_fd;
	DB_ENV *env;
	DB *meta, *session, *dict, *declared;

	char *arc_path;
	pthread_mutex_t arc_lock;
	unsigned arc_open;     /* archives that are */
	uint64_t arc_used;
	pthread_mutex_t seg_lock;
	struct bdb_table table[STORE_TABLES_MAX];
	struct bdb_seg *gone; /* deleted: a reader may still look at them */
	struct bdb_drop *drop; /* whose files are to go; of who archives */
	size_t n_drop, cap_drop;

	/* The writer's, but for the growth of state; who seals takes the lock
	 * between two commits. */
	pthread_mutex_t write_lock;
	pthread_mutex_t state_lock;
	struct bdb_state *state; /* id - 1 */
	size_t n_state, cap_state;
	_Atomic uint64_t written; /* newest commit in the tables */
	_Atomic uint64_t flushed; /* and on the disk, as far as known */
	uint64_t next[STORE_TABLES_MAX];
	unsigned since_states;   /* commits since the last state checkpoint */

	/* Log files and backups. */
	pthread_mutex_t log_lock;
	uint32_t log_hold;         /* keep from this one on; 0: no backup runs */
	struct bdb_backup *backup; /* for its callbacks */
	struct damage damage;      /* while opening */

	/* Threads. */
	pthread_t writer, flusher, checkpointer;
	bool has_writer, has_flusher, has_checkpointer;
	pthread_cond_t queued;     /* with st.lock: for the writer */
	pthread_mutex_t work_lock;
	pthread_cond_t work;       /* for the other two */
	_Atomic bool stop;
	_Atomic bool flusher_asleep;
	_Atomic bool sealed;       /* a segment was sealed: checkpoint */
	_Atomic uint64_t volume;   /* bytes of log, roughly */
	_Atomic uint64_t trickled; /* volume when pages were last written */
};

/* ---- store_bdb.c ---- */

/* Berkeley DB's error as FG_E*. */
int bdb_err(int ret);
/* While opening: say why, for the operator; returns err. */
int bdb_why(struct bdb *b, int err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Open a database file of the environment (made if create). 0 or FG_E*. */
int bdb_open_file(struct bdb *b, DB **out, const char *file, bool create);
/* Open a store; how: BDB_FATAL replays all log files that there are, on files
 * that may be older. 0 or FG_E*. */
enum bdb_how { BDB_NORMAL, BDB_FATAL };
int bdb_open(struct bdb **out, const struct store_cfg *cfg, enum bdb_how how,
    char *why);
uint32_t bdb_commit_flags(const struct bdb *b);
DBT bdb_dbt(const void *p, size_t n);

/* ---- bdb_dir.c ---- */

#define BDB_UNFINISHED "UNFINISHED"

/* Make the directory if missing, lock it, check its format. 0 or FG_E*; the
 * error is said. */
int bdb_dir_open(struct bdb *b, enum bdb_how how);
/* Lock one that is there. */
int bdb_dir_lock(struct bdb *b);
void bdb_dir_close(struct bdb *b);

/* ---- bdb_state.c ---- */

#define BDB_STATE_VERSION 1
#define BDB_STATES_KEY    "states"

/* Open META, SESSION, DICT and TABLE; know what they have. 0 or FG_E*. */
int bdb_state_load(struct bdb *b);
/* Append a value to out, or its first n bytes if n is not 0. 0 or FG_E*. */
int bdb_get(DB *db, const void *key, size_t klen, size_t n, struct buf *out);
/* Put the states of the last commit written, in txn; all: not only changed
 * ones. 0 or Berkeley DB's error. */
int bdb_state_put(struct bdb *b, DB_TXN *txn, bool all);
void bdb_state_clean(struct bdb *b);
void bdb_state_apply(struct bdb *b, const struct store_commit *c);
int bdb_add_session(struct store *st, uint32_t id, const char *name,
    const struct store_state *state);
int bdb_add_dict(struct store *st, uint32_t id, const char *name,
    const void *text, size_t len);
int bdb_dict_text(struct store *st, uint32_t id, struct buf *out);
int bdb_put_table(struct store *st, enum store_table t, const char *name,
    const char *definition);

/* ---- bdb_identity.c ---- */

/* Put a value of META: in a transaction, with Berkeley DB's error; or in one of
 * its own, flushed, with FG_E*. Any thread. */
int bdb_meta_put_in(struct bdb *b, DB_TXN *txn, const char *key, const void *p,
    size_t n);
int bdb_meta_put(struct bdb *b, const char *key, const void *p, size_t n);
/* Know who the store is; a new one is made somebody. 0 or FG_E*. */
int bdb_identity_load(struct bdb *b);
/* Is, or was, this the store, before it was restored? Any thread. */
bool bdb_identity_is(struct bdb *b, const char *uuid);
/* Make it another store, with other incarnations of its tables. */
int bdb_identity_renew(struct bdb *b, bool complete);

/* ---- bdb_log.c ---- */

#define BDB_LOG_NAME 32

struct bdb_logs {
	uint32_t n, first, last;
	uint64_t bytes;
};

void bdb_log_name(char out[BDB_LOG_NAME], uint32_t number);
/* Which log files are in a directory. 0 or FG_E*. */
int bdb_log_files(const char *dir, struct bdb_logs *out);
/* Remove those that nobody needs. */
int bdb_log_tidy(struct bdb *b);
/* Keep what recovery needs now, and all later ones, until let go. */
int bdb_log_hold(struct bdb *b);
void bdb_log_release(struct bdb *b);
/* There is a backup. 0 or FG_E*. */
int bdb_log_covered(struct bdb *b, const struct store_covered *now);
int bdb_log_load(struct bdb *b);

/* ---- bdb_backup.c ---- */

int bdb_backup(struct store *st, const char *dir, unsigned how,
    const struct store_work *work, struct store_backup *out, char *why);

#define BDB_PLACE     "BACKUP_DIR" /* where the last backup is */
#define BDB_PLACE_MAX 200

/* ---- bdb_damage.c ---- */

/* Refuse a store with damaged pages: before its log is replayed, and after it,
 * those that nobody has written. 0 or FG_E*. */
int bdb_damage_before(struct bdb *b);
int bdb_damage_after(struct bdb *b);
/* While it is open: a message of Berkeley DB is about a damaged page. It ends the
 * environment; say which page of which file it is, and how it comes back. */
void bdb_damage_said(struct bdb *b, const char *msg);
/* Recovery failed: was it for an empty page? */
int bdb_damage_suspect(struct bdb *b);
/* A checkpoint that began then is done. */
void bdb_damage_mark(struct bdb *b, const struct timespec *began);

/* ---- bdb_def.c ---- */

int bdb_put_def(struct store *st, const char *name, const char *text,
    size_t len);
/* Know the definitions. 0 or FG_E*. */
int bdb_def_load(struct bdb *b);

/* ---- bdb_scan.c ---- */

/* Bring the store to its last commit. 0 or FG_E*. */
int bdb_scan(struct bdb *b);

/* ---- bdb_commit.c ---- */

int bdb_write(struct store *st, struct store_commit *c);
/* Take back the commits that are written and not durable. */
int bdb_undo(struct bdb *b);

/* ---- bdb_read.c ---- */

int bdb_read(struct store *st, enum store_table t, uint64_t from, uint64_t to,
    struct store_reader *r, uint64_t *upto);
int bdb_read_out(struct store *st, struct store_out *o,
    struct store_reader *r);

/* Bulk read at a cursor, into v, which grows if the block is larger. Returns
 * Berkeley DB's error. */
int bdb_bulk(DBC *c, struct buf *v, DBT *vd, uint32_t how);

/* ---- bdb_seal.c ---- */

/* Put the states of now, so that a start needs nothing before. 0 or FG_E*. */
int bdb_states_now(struct bdb *b);

/* ---- bdb_blocks.c ---- */

/* Blocks of one file with keys from ... to; *next: the key behind the last one
 * given. 0, what cb returned, or FG_E*; *stopped: cb did. */
int bdb_file_blocks(DB *db, uint64_t seg, uint64_t from, uint64_t to,
    block_cb cb, void *arg, uint64_t *next, bool *stopped);
int bdb_blocks(struct store *st, unsigned t, uint64_t from, uint64_t to,
    block_cb cb, void *arg);
int bdb_records(struct store *st, const char *file, record_cb cb, void *arg);
uint64_t bdb_next_file(struct store *st, const char *name, uint64_t first);
uint64_t bdb_segment(struct store *st, unsigned t, uint64_t first);

/* ---- bdb_thread.c ---- */

int bdb_flushed(struct store *st, bool now, uint64_t *commit);

int bdb_threads_start(struct bdb *b);
/* Let the writer finish its queue, stop all. */
void bdb_threads_stop(struct bdb *b);
/* So many bytes went to the log: wake who has to know. */
void bdb_threads_wrote(struct bdb *b, uint64_t bytes);
/* There is a commit in the queue. */
void bdb_writer_wake(struct bdb *b);

#endif
