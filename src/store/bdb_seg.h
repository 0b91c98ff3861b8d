/*
 * bdb_seg.h: the segments of the tables: those whose files are in the
 * environment, and those whose rows are in archives.
 */
#ifndef FG_STORE_BDB_SEG_H
#define FG_STORE_BDB_SEG_H

#include <stdatomic.h>
#include <stdbool.h>

#include <db.h>

#include "store/archive_int.h"
#include "store/impl.h"

struct bdb;

#define BDB_SEG_NAME 96 /* of a file of a segment */

/* One file of a table. */
struct bdb_seg {
	uint64_t first;    /* sequence in its name */
	bool old;          /* sealed, and wholly in its files */
	char file[BDB_SEG_NAME]; /* of an old one, for messages */
	_Atomic(DB *) rows;
	_Atomic(DB *) out; /* resend index; FIX_OUT only */
	uint64_t bytes;    /* roughly; of the last segment */
	int64_t day;       /* that it was begun on; of the last segment */
	unsigned users;    /* of rows and out; with seg_lock */
	struct bdb_arc *arc; /* its rows are in an archive; with seg_lock */
	struct store_segment about; /* of a sealed one; number 0: not known */
	struct bdb_seg *gone;       /* next of those that were deleted */
};

/* The archive of a segment. */
struct bdb_arc {
	bool settled;   /* META knows of it, the segment's files are gone */
	bool missing;   /* when the store was opened */
	struct archive *file; /* NULL: it is not open; with arc_lock */
	unsigned users; /* of file */
	uint64_t used;  /* the higher, the later */
};

/* ---- bdb_seg.c ---- */

/* Find the segments of all tables. 0 or FG_E*. */
int bdb_seg_find(struct bdb *b);
/* The segment that new rows from seq on go to; a new one when there is none or
 * the last is full. 0 or FG_E*. */
int bdb_seg_hot(struct bdb *b, unsigned table, uint64_t seq,
    struct bdb_seg **out);
/* The segment with row seq, or the next one after *prev; NULL: none. */
struct bdb_seg *bdb_seg_of(struct bdb *b, unsigned table, uint64_t seq);
struct bdb_seg *bdb_seg_after(struct bdb *b, unsigned table,
    const struct bdb_seg *prev);
struct bdb_seg *bdb_seg_before(struct bdb *b, unsigned table,
    const struct bdb_seg *next);
/* Use a segment until bdb_seg_release. *a NULL: its files are open, and stay so;
 * else its rows are there. 0, FG_ENOENT (its archive was moved elsewhere) or
 * another FG_E*. */
int bdb_seg_hold(struct bdb *b, unsigned table, struct bdb_seg *s,
    struct archive **a);
void bdb_seg_release(struct bdb *b, struct bdb_seg *s, struct archive *a);
/* "TABLE.n", what coming between: "", "_INDEX". */
void bdb_seg_name(struct bdb *b, unsigned table, const char *what,
    uint64_t first, char out[BDB_SEG_NAME]);
/* Open, or make, one of its files. 0 or FG_E*. */
int bdb_seg_file(struct bdb *b, unsigned table, const char *what,
    uint64_t first, DB **out);
/* Remove its files, which nobody has open: its rows are archived. */
void bdb_seg_remove(struct bdb *b, unsigned table, uint64_t first);
/* With seg_lock, or while opening: one more; NULL: no memory. They have to be
 * sorted. */
struct bdb_seg *bdb_seg_add(struct bdb *b, unsigned table, uint64_t first);
/* Open its files if they are not: for who knows that they stay. 0 or FG_E*. */
int bdb_seg_open(struct bdb *b, unsigned table, struct bdb_seg *s);
/* The store is open: which segments are old. */
void bdb_seg_know_old(struct bdb *b);
/* A checkpoint is done that began when these rows (of STATE: commits) were
 * durable: so are the segments that have only rows before. */
void bdb_seg_retire(struct bdb *b, const uint64_t visible[STORE_TABLES_MAX]);
void bdb_seg_close(struct bdb *b);
/* Open a file of an old segment. 0 or FG_E*. */
int bdb_old_open(struct bdb *b, struct bdb_seg *s, const char *name, DB **out);
/* NULL: there is none. */
const char *bdb_table_name(struct bdb *b, unsigned table);

/* ---- bdb_seal.c ---- */

int bdb_seal(struct store *st, unsigned t);
/* Is a segment sealed for good: nothing can be added, and no start reads it? 1,
 * 0 or FG_E*. */
int bdb_is_sealed(struct bdb *b, unsigned t, const struct bdb_seg *s);

/* ---- bdb_about.c ---- */

int bdb_segment_next(struct store *st, unsigned t, uint64_t number,
    struct store_segment *out);
void bdb_archive_sum(struct store *st, struct store_archive_sum *out);
uint64_t bdb_kept_from(struct store *st, unsigned t);
void bdb_archived(struct store *st, unsigned t, uint64_t *files,
    uint64_t *bytes);

/* ---- bdb_kept.c ---- */

/* Find the archives that META knows of; bdb_seg_find comes next. 0 or FG_E*. */
int bdb_kept_load(struct bdb *b);
/* In a transaction: that a segment is archived; that it is to be deleted; or that
 * nothing of it is left. 0 or Berkeley DB's error. */
int bdb_kept_put(struct bdb *b, DB_TXN *txn, unsigned t,
    const struct store_segment *s);
int bdb_kept_del(struct bdb *b, DB_TXN *txn, unsigned t, uint64_t number);
int bdb_kept_gone(struct bdb *b, DB_TXN *txn, unsigned t, uint64_t number);
/* The first row from which on all rows are there. */
uint64_t bdb_kept_oldest(struct bdb *b, unsigned t);

/* ---- bdb_arc.c ---- */

/* The path of a segment's archive; tmp: while it is written. 0 or FG_ELIMIT. */
int bdb_arc_name(struct bdb *b, unsigned t, uint64_t number, bool tmp,
    char *out, size_t cap);
/* The open archive of a segment that has one, until let go. */
int bdb_arc_hold(struct bdb *b, unsigned table, struct bdb_seg *s,
    struct archive **a);
void bdb_arc_release(struct bdb *b, struct bdb_seg *s);
void bdb_arc_free(struct bdb_arc *arc);

/* ---- bdb_archive.c ---- */

int bdb_archive(struct store *st, unsigned t, uint64_t number,
    const struct store_archive_how *how, struct store_segment *out, char *err);
/* Flush a directory. 0 or FG_E*. */
int bdb_flush_dir(const char *path);

/* ---- bdb_drop.c ---- */

struct bdb_drop {
	unsigned t;
	uint64_t number;
};

/* While opening: it is to be deleted. 0 or FG_ENOMEM. */
int bdb_drop_note(struct bdb *b, unsigned t, uint64_t number);
/* Is it? While opening. */
bool bdb_drop_is(const struct bdb *b, unsigned t, uint64_t number);
/* Delete the files of all that are to be. Returns how many had some. */
unsigned bdb_drop_all(struct bdb *b);
int bdb_archive_drop(struct store *st, unsigned t, uint64_t number, char *err);

/* ---- bdb_left.c ---- */

/* The store is open: what a run that was broken off has left in ArchivePath goes,
 * and what is to be deleted. */
void bdb_left_over(struct bdb *b);

#endif
