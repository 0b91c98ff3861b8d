/*
 * store.h: the audit store. Append-only tables of rows, and the state of the
 * sessions, which commits with the rows. Two back ends: store_mem (tests) and
 * store_bdb (Berkeley DB), one contract (t/store).
 *
 * Writing is for one thread (the loop); reading is for any thread.
 *
 *	begin -> add ... state ... -> commit -> (later) durable
 *
 * A commit is one transaction. Commits are numbered 1, 2, 3 ... without a gap
 * and become durable in that order. Nobody may act on a row, a number or an
 * answer before its commit is durable (store_durable), and readers never see
 * more (store_visible).
 */
#ifndef FG_STORE_STORE_H
#define FG_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"

struct store;
struct store_batch;

/* Tables that every store has. The numbers are on disk: never reuse one. */
#define STORE_TABLES(X)                                                        \
	X(FIX_IN, 1, "RX_SEQUENCE")                                            \
	X(FIX_IN_OTHER, 2, "SEQUENCE")                                         \
	X(FIX_OUT, 3, "TX_SEQUENCE")                                           \
	X(SESSION_EVENT, 4, "SEQUENCE")                                        \
	X(OUT_PENDING, 5, "SEQUENCE")                                          \
	X(QUARANTINE, 6, "SEQUENCE")

enum store_table {
#define X(name, num, seq) STORE_##name = num,
	STORE_TABLES(X)
#undef X
	STORE_TABLE_END
};

/* Tables that a configuration declares have the numbers from the first of these
 * on, in the order in which a store first heard of them. */
#define STORE_USER_FIRST 16
#define STORE_TABLES_MAX 255 /* all numbers are below */
#define STORE_NAME_MAX   40  /* bytes of a table's name */
#define STORE_DEFINITION_MAX 65535 /* bytes of its definition */

/* NULL: there is none. Valid until store_close. Any thread; st may be NULL for
 * those that every store has. */
const char *store_table_name(struct store *st, enum store_table t);
/* By name, or 0. */
enum store_table store_table_by_name(struct store *st, const char *name);
/* The name of its sequence column. */
const char *store_table_sequence(enum store_table t);

enum store_durability {
	STORE_NONE,    /* committed in memory; lost by kill -9 */
	STORE_WRITTEN, /* in the log file; survives a crash of the process */
	STORE_SYNCED,  /* flushed to the disk; survives power loss */
};

/* Row flags. On disk: never reuse one. */
enum store_flag {
	STORE_ADMIN = 1 << 0,      /* session-level message */
	STORE_POSS_DUP = 1 << 1,   /* 43=Y */
	STORE_POSS_RESEND = 1 << 2,/* 97=Y */
	STORE_MASKED = 1 << 3,     /* secrets overwritten, CheckSum wrong */
};

/* One row. Bytes are copied by store_add; from a reader they are borrowed until
 * its callback returns. Unused members are 0. */
struct store_row {
	uint64_t seq;        /* of the table; set by the store */
	uint64_t commit;     /* from a reader: the row's */
	uint32_t session;    /* from store_session */
	uint32_t epoch;
	uint64_t msg_seq_num;/* 34 */
	wall_t time;         /* received, sent or happened */
	uint16_t flags;      /* enum store_flag */
	uint16_t code;       /* enum sess_other or enum sess_event */
	uint32_t dict;       /* under which it was accepted; 0: none */
	uint64_t a, b;       /* SESSION_EVENT: the numbers it is about; a of
	                      * FIX_IN and FIX_OUT: the routing tag, 0: the
	                      * default */
	const char *data;    /* the message, or the event's text */
	size_t len;
};

/* What a commit says about a session. */
struct store_state {
	uint32_t session;
	uint32_t epoch;
	uint64_t next_in, next_out;
	uint64_t pending; /* OUT_PENDING rows up to here are sent or settled */
	wall_t created;   /* of the epoch */
};

/*
 * A mark: a named position, such as up to where the events of a lane are done.
 * It commits with rows as the state of a session does. What its numbers mean is
 * its owner's affair.
 */
struct store_mark {
	uint32_t id;
	uint32_t part;
	uint64_t seq, token, flags;
	wall_t time;
};

struct store_cfg {
	const char *path;            /* directory; made if missing */
	enum store_durability durability;
	const char *archive_path;    /* of archives; NULL: ARCHIVE in path */
	uint64_t segment_bytes;      /* SegmentMB; 0: default 1 GiB */
	uint64_t cache_bytes;        /* 0: default 64 MiB */
	uint64_t checkpoint_bytes;   /* of log; 0: default 128 MiB */
	uint64_t log_keep_bytes;     /* of log since the last backup; 0:
	                              * default 10 GiB */
	uint32_t log_file_bytes;     /* 0: default 64 MiB */
	/* Called, from any thread, when the durable mark moved or the store
	 * failed; not for a commit that is durable when store_commit returns.
	 * May be NULL. */
	void (*notify)(void *arg);
	void *notify_arg;
	/* Tests only: called before each step of the back end with its name
	 * ("FIX_IN put", "commit", "flush" ...); non-zero makes that step
	 * fail with it (FG_E*). */
	int (*fault)(void *arg, const char *step);
	void *fault_arg;
};

#define STORE_ERR_MAX 512 /* bytes of an error text */
#define STORE_MARK_NAME_MAX 511 /* bytes of a mark's name */

/* Open (make, recover). 0 and *out owned, or FG_E* and a text for the
 * operator that names the path and what to do: FG_EBUSY (another process has
 * it; its pid), FG_EACCES, FG_EFORMAT, ... */
int store_open_bdb(struct store **out, const struct store_cfg *cfg,
    char err[STORE_ERR_MAX]);
int store_open_mem(struct store **out, const struct store_cfg *cfg,
    char err[STORE_ERR_MAX]);
/* Commit what is queued, wait until it is durable, close. NULL is legal. */
void store_close(struct store *st);

/* The store's identity: made with it, 36 characters of UUID text. */
const char *store_uuid(const struct store *st);

/* The id of a session by its name (made if new), and its state as last
 * committed (all 1, epoch 1 if new: *is_new). 0 or FG_E*. Loop thread,
 * outside a batch. */
int store_session(struct store *st, const char *name, uint32_t *id,
    struct store_state *state, bool *is_new);
/* Name of a session id, or NULL; valid until store_close. Any thread. */
const char *store_session_name(struct store *st, uint32_t id);
/* The state as last committed (maybe not yet durable). */
int store_session_state(struct store *st, uint32_t id,
    struct store_state *state);

/* The same for marks: all 0 if new. Legal inside a batch. FG_EINVAL: the name is
 * empty or longer than STORE_MARK_NAME_MAX. */
int store_mark(struct store *st, const char *name, uint32_t *id,
    struct store_mark *mark, bool *is_new);
/* The id of a mark that exists, or 0. */
uint32_t store_mark_find(struct store *st, const char *name);
const char *store_mark_name(struct store *st, uint32_t id);
/* As last said, even in the batch that is open. Loop thread. */
int store_mark_state(struct store *st, uint32_t id, struct store_mark *mark);
/* The highest id of a session or mark; to go through them by name. */
uint32_t store_last_id(struct store *st);

/* Keep a dictionary's file text for ever, named by its content: the same text
 * gives the same id. name is for people (its path). Loop thread, outside a
 * batch. 0 or FG_E*. */
int store_dict(struct store *st, const char *name, const void *text,
    size_t len, uint32_t *id);
/* Append the text of dictionary id to out; its name, if asked, is valid until
 * store_close. 0, FG_ENOENT or other FG_E*. Any thread. */
int store_dict_text(struct store *st, uint32_t id, struct buf *out,
    const char **name);

/*
 * Declare a table: its number, kept for ever, is made when the name is new. The
 * definition is the caller's text (columns and types), kept with it; another
 * text than before takes its place. Loop thread, outside a batch. 0, FG_EINVAL
 * (no name for a table: A-Z, 0-9 and _, a letter first, at most STORE_NAME_MAX,
 * none of the store's own), FG_ELIMIT (too many, or too long), or other FG_E*.
 */
int store_table_define(struct store *st, const char *name,
    const char *definition, enum store_table *t);
/* The text of a table that was declared, or NULL; valid until it is declared
 * again. */
const char *store_table_definition(struct store *st, enum store_table t);
/* Which one of the tables that ever had this name in this store: sequences mean
 * something only together with it. */
uint64_t store_table_incarnation(struct store *st, enum store_table t);
/* One more than the highest number of a table; some below may have none. Any
 * thread. */
unsigned store_tables(struct store *st);

/* ---- definitions: texts kept by name, for who uses the store ---- */

#define STORE_DEF_NAME_MAX 512
#define STORE_DEF_MAX      (64 * 1024) /* bytes of a text */

/* Keep a text under a name, instead of the one before; all of it or nothing,
 * with the durability asked for at return. Loop thread, outside a batch. 0 or
 * FG_E*; store_undefine: FG_ENOENT, too. */
int store_define(struct store *st, const char *name, const char *text,
    size_t len);
int store_undefine(struct store *st, const char *name);
/* How many; number i in the order of their names, valid until the next change.
 * The texts end with a NUL that does not count. Loop thread. */
size_t store_definitions(const struct store *st);
const char *store_definition(const struct store *st, size_t i,
    const char **name, size_t *len);
/* The text of a name, or NULL. */
const char *store_definition_of(const struct store *st, const char *name,
    size_t *len);

/* ---- writing: the loop thread ---- */

/* Start a commit; one at a time. Never NULL: errors are sticky and come back
 * from store_commit. */
struct store_batch *store_begin(struct store *st);
/* Append a row; returns its sequence. */
uint64_t store_add(struct store_batch *b, enum store_table t,
    const struct store_row *row);
/* Say the state of a session; the last word in a batch counts. */
void store_set_state(struct store_batch *b, const struct store_state *state);
/* The same of a mark. */
void store_set_mark(struct store_batch *b, const struct store_mark *mark);
/* Rows added so far, and their bytes (the loop ends a wake-up by them). */
size_t store_batch_rows(const struct store_batch *b);
size_t store_batch_bytes(const struct store_batch *b);
/* Give up: nothing of it happened, its sequences are free again. */
void store_abort(struct store_batch *b);
/*
 * Commit rows and states, all or nothing. none and written: done at return.
 * synced: handed to the store thread. *commit = its number. FG_ENOSPC and
 * others: nothing of it happened; the sequences are free again. An empty
 * batch is no commit: *commit is the number of the last one.
 */
int store_commit(struct store_batch *b, uint64_t *commit);

/* Highest commit that has the durability asked for. Any thread. */
uint64_t store_durable(struct store *st);
/* FG_OK, or why the store can no longer be written (text in err). After an
 * ENOSPC of the store thread: store_recover. Any other failure is final:
 * exit, restart, recover. */
int store_failed(struct store *st, char err[STORE_ERR_MAX]);
/* Throw away all commits that are not durable, their rows and states, and
 * make the store writable again. 0, or FG_E* (call again later). */
int store_recover(struct store *st);

/* ---- reading: any thread ---- */

/* Sequence of the newest row that may be seen (0: none), and of the oldest
 * kept. */
uint64_t store_visible(struct store *st, enum store_table t);
uint64_t store_oldest(struct store *st, enum store_table t);

/* Return non-zero to stop; the row counts as read. */
typedef int (*store_row_cb)(void *arg, const struct store_row *row);

/* Rows with sequence > after, ascending, at most max_rows and max_bytes of
 * data (at least one row). *upto = the last one examined: the last that there is,
 * if neither max nor cb ended it. 0 or FG_E*. */
int store_read(struct store *st, enum store_table t, uint64_t after,
    size_t max_rows, size_t max_bytes, store_row_cb cb, void *arg,
    uint64_t *upto);

/* FIX_OUT rows of one session and epoch with MsgSeqNum first ... last,
 * ascending, as above; *next = the number to go on with (last + 1 when all
 * were examined). */
int store_read_out(struct store *st, uint32_t session, uint32_t epoch,
    uint64_t first, uint64_t last, size_t max_rows, size_t max_bytes,
    store_row_cb cb, void *arg, uint64_t *next);

/* ---- store_mem, for tests of the release discipline ---- */

/* Hold the durable mark where it is / let it reach commit upto (UINT64_MAX:
 * all, from now on). */
void store_mem_hold(struct store *st);
void store_mem_release(struct store *st, uint64_t upto);
/* Lose what is not durable, as a power cut would: FG_EIO from now on until
 * store_recover. */
void store_mem_power_cut(struct store *st);

#endif
