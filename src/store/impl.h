/*
 * impl.h: what the parts of the store share. A back end embeds struct store as
 * its first member and fills in the operations.
 *
 * A commit's way: the loop packs it (commit.c), ops->write puts it to disk if
 * that is the loop's work, it is accepted (recent rows, states, queue of
 * commits that are not durable), and store_moved makes it durable and visible.
 */
#ifndef FG_STORE_IMPL_H
#define FG_STORE_IMPL_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>

#include "store/backup.h"
#include "store/block.h"
#include "store/segment.h"
#include "store/source.h"
#include "store/store.h"

struct store_commit {
	TAILQ_ENTRY(store_commit) link; /* of those that are not durable */
	uint64_t number;
	struct store_block **block;     /* one reference each */
	size_t n_block, cap_block;
	struct store_state *state;
	size_t n_state, cap_state;
};

TAILQ_HEAD(store_commits, store_commit);
TAILQ_HEAD(block_ranges, block_range);

/* The newest blocks of a table, in memory. */
struct recent {
	struct store_block **v; /* circular, cap is a power of two */
	size_t head, n, cap;
	size_t bytes;
	bool evicted; /* is it no longer all since the store was opened */
};

/* A session or a mark. */
struct store_session {
	char *name;
	struct store_state state;   /* as last committed */
	struct store_state durable; /* as last durable */
	struct block_ranges recent; /* FIX_OUT in recent blocks, oldest first */
	uint64_t said_in;           /* commit of the batch that has its state */
	size_t said_at;             /* and where */
};

/* A table of the store; arrays are indexed by its number. */
struct store_table_ref {
	char *name, *definition; /* of one that was declared */
	uint64_t incarnation;
};

struct store_dict_ref {
	char *name;
	uint64_t hash; /* of the text */
	size_t len;
};

struct store_def {
	char *name, *text;
	size_t len; /* of the text */
};

/* A read in progress: what it may still take, and what became of it. */
struct store_reader {
	size_t max_rows, max_bytes;
	size_t rows, bytes;
	store_row_cb cb;
	void *arg;
	bool done; /* a limit was reached or the callback said stop */
};

/* A range of FIX_OUT of one session that is being read. */
struct store_out {
	uint32_t session, epoch;
	uint64_t next, last; /* MsgSeqNum */
	uint64_t visible;    /* no row beyond */
};

/* segment.h */
struct store_seg_ops {
	int (*next)(struct store *st, unsigned t, uint64_t number,
	    struct store_segment *out);
	int (*seal)(struct store *st, unsigned t);
	int (*archive)(struct store *st, unsigned t, uint64_t number,
	    const struct store_archive_how *how, struct store_segment *out,
	    char *err);
	int (*drop)(struct store *st, unsigned t, uint64_t number, char *err);
	void (*archived)(struct store *st, unsigned t, uint64_t *files,
	    uint64_t *bytes);
	void (*sum)(struct store *st, struct store_archive_sum *out);
	uint64_t (*kept_from)(struct store *st, unsigned t);
};

struct store_ops {
	/* Write a commit now, all or nothing; NULL: it is queued. */
	int (*write)(struct store *st, struct store_commit *c);
	/* A commit was accepted: it is durable, or see to it. */
	void (*accepted)(struct store *st);
	/* Keep a new session / dictionary. 0 or FG_E*. */
	int (*add_session)(struct store *st, uint32_t id, const char *name,
	    const struct store_state *state);
	int (*add_dict)(struct store *st, uint32_t id, const char *name,
	    const void *text, size_t len);
	int (*dict_text)(struct store *st, uint32_t id, struct buf *out);
	/* Keep a declared table, new or with another definition. */
	int (*put_table)(struct store *st, enum store_table t,
	    const char *name, const char *definition);
	/* Keep a definition; text NULL: forget it. */
	int (*put_def)(struct store *st, const char *name, const char *text,
	    size_t len);
	/* Give rows from ... to; *upto = the last one examined. NULL: all is
	 * recent. */
	int (*read)(struct store *st, enum store_table t, uint64_t from,
	    uint64_t to, struct store_reader *r, uint64_t *upto);
	int (*read_out)(struct store *st, struct store_out *o,
	    struct store_reader *r);
	/* Whole blocks with keys from ... to, ascending, also of STATE: 0, what
	 * cb returned, or FG_E*. NULL: all is recent. */
	int (*blocks)(struct store *st, unsigned t, uint64_t from, uint64_t to,
	    block_cb cb, void *arg);
	/* All records of META, SESSION, DICT, TABLE or FIX_OUT_INDEX.n: 0, what
	 * cb returned, FG_ENOENT or other FG_E*. */
	int (*records)(struct store *st, const char *file, record_cb cb,
	    void *arg);
	/* The first file "NAME.n" of these with n >= first; 0: none. */
	uint64_t (*next_file)(struct store *st, const char *name,
	    uint64_t first);
	/* The segment of a recent block. May be NULL. */
	uint64_t (*segment)(struct store *st, unsigned t, uint64_t first);
	/* The newest commit that is on the disk; now: put all there that is
	 * durable. NULL: there is no disk. */
	int (*flushed)(struct store *st, bool now, uint64_t *commit);
	/* As store_backup. NULL: there is nothing on a disk. */
	int (*backup)(struct store *st, const char *dir, unsigned how,
	    const struct store_work *work, struct store_backup *out,
	    char *err);
	const struct store_seg_ops *seg; /* NULL: there are no files */
	/* Forget what was written of the commits that are not durable. */
	int (*recover)(struct store *st);
	void (*close)(struct store *st);
};

struct store_batch {
	struct store *st;
	struct store_commit *c;
	struct block_pack pack[STORE_TABLES_MAX];
	uint64_t first[STORE_TABLES_MAX]; /* of the block being packed */
	uint64_t next[STORE_TABLES_MAX];
	size_t rows, bytes;
	bool open;
	int err;
};

struct store {
	const struct store_ops *ops;
	struct store_cfg cfg; /* its path is the back end's */
	char uuid[37];
	size_t recent_bytes;  /* bound of a table's recent blocks; 0: none */
	_Atomic bool daily;   /* store_seal_daily */

	/* The loop's own. */
	struct store_batch batch;
	uint64_t next[STORE_TABLES_MAX]; /* sequences */
	struct store_def *def;           /* by name */
	size_t n_def, cap_def;

	pthread_mutex_t lock; /* all below */
	uint64_t accepted;    /* number of the newest commit */
	_Atomic uint64_t durable;
	_Atomic unsigned n_tables; /* one more than the highest number */
	struct store_table_ref table[STORE_TABLES_MAX];
	uint64_t visible[STORE_TABLES_MAX], oldest[STORE_TABLES_MAX];
	struct recent recent[STORE_TABLES_MAX];
	struct store_commits pending; /* accepted, not durable, ascending */
	struct store_session **sess;  /* id - 1 */
	size_t n_sess, cap_sess;
	struct store_dict_ref *dict;  /* id - 1 */
	size_t n_dict, cap_dict;
	struct store_covered covered;
	struct store_origin origin;
	_Atomic int failed;
	char failed_text[STORE_ERR_MAX];
};

/* ---- store.c ---- */

/* Prepare / release the common part. */
int store_init(struct store *st, const struct store_ops *ops,
    const struct store_cfg *cfg);
void store_fini(struct store *st);
/* Call the tests' fault hook: 0 or FG_E*. */
int store_fault(struct store *st, const char *step);
/* Note the first failure; later commits get err. */
void store_fail(struct store *st, int err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void store_notify(struct store *st);
/* Commits up to upto are durable: show their rows. Was that news? */
bool store_moved(struct store *st, uint64_t upto);
/* While opening: a dictionary that exists. 0 or FG_ENOMEM. */
int store_known_dict(struct store *st, const char *name, uint64_t hash,
    size_t len);
uint64_t store_hash(const void *p, size_t n);

/* ---- subject.c ---- */

/* While opening: a session or mark that exists. 0 or FG_ENOMEM. */
int store_known_session(struct store *st, const char *name,
    const struct store_state *state);
/* The name of a session or mark as it is on disk. */
const char *store_subject_name(struct store *st, uint32_t id);

/* ---- table.c ---- */

void store_table_init(struct store *st);
void store_table_fini(struct store *st);
/* While opening: a declared table that exists. 0, FG_EDAMAGED or FG_ENOMEM. */
int store_known_table(struct store *st, enum store_table t, const char *name,
    const char *definition);

/* ---- definition.c ---- */

/* While opening: one that exists. 0 or FG_ENOMEM. */
int store_known_def(struct store *st, const char *name, const char *text,
    size_t len);
void store_def_fini(struct store *st);

/* ---- commit.c ---- */

void store_commit_free(struct store_commit *c);
/* What the batch, if it is open, says of a session or mark; or NULL. */
struct store_state *store_said(const struct store_batch *b, uint32_t id);

/* ---- recent.c: with the lock held ---- */

int recent_push(struct store *st, struct store_block *b);
/* Drop what is over the bound and visible. */
void recent_trim(struct store *st, unsigned table);
/* Drop what is before a row. */
void recent_forget(struct store *st, unsigned table, uint64_t seq);
/* Drop what is not visible. */
void recent_cut(struct store *st, unsigned table);
void recent_free(struct store *st);
/* Take references to at most max blocks from the one with row seq on; 0: it
 * is not recent. */
size_t recent_get(struct store *st, unsigned table, uint64_t seq,
    struct store_block **out, size_t max);
/* The same, of a session's FIX_OUT rows. *all: nothing of o is elsewhere. */
size_t recent_get_out(struct store *st, const struct store_out *o,
    struct store_block **out, size_t max, bool *all);

/* ---- blocks.c: any thread ---- */

/* Whole blocks from row seq on, at most up to row to, that may be seen: recent
 * ones, else from the back end. 0, what cb returned, or FG_E*. */
int store_blocks(struct store *st, unsigned table, uint64_t seq, uint64_t to,
    block_cb cb, void *arg);
/* The last row, or commit of STATE, that may be seen. */
uint64_t store_last_row(struct store *st, unsigned table);
/* The newest commit that a loss of power cannot take any more. 0 or FG_E*. */
int store_flushed(struct store *st, bool now, uint64_t *commit);

/* ---- read.c ---- */

/* Give rows from ... to of a packed block; *upto = the last one examined. */
int reader_block(struct store_reader *r, const void *p, size_t n,
    uint64_t from, uint64_t to, uint64_t *upto);
/* Give what o wants of a packed block, and move o->next. */
int reader_out(struct store_reader *r, const void *p, size_t n,
    struct store_out *o);

#endif
