/*
 * index_db.h: the files of an index: a Berkeley DB environment of its own, apart
 * from the store's.
 *
 *	META     what it is an index of; how far it is; with which rows each file
 *	         ended
 *	KEYS.n   keys without data, of a bounded number of rows each, so that
 *	         what is written to fits into the cache
 *
 * A key is tag 4, length 2, value, table 1, sequence 8; numbers are big-endian.
 * Keys and the position that they lead to are one transaction. There are no
 * locks in the environment: one thread writes, and whoever calls holds a lock.
 */
#ifndef FG_STORE_INDEX_DB_H
#define FG_STORE_INDEX_DB_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "store/store.h"

#define INDEX_VALUE_MAX 64 /* bytes of a value in a key */
#define INDEX_KEY_MAX   (4 + 2 + INDEX_VALUE_MAX + 1 + 8)
#define INDEX_TABLES    2  /* FIX_IN, FIX_OUT */
#define INDEX_ABOUT_MAX 512

struct index_db;
struct index_db_txn;

/* How far it is; commits with keys. */
struct index_state {
	uint64_t upto[INDEX_TABLES];
	uint64_t rows; /* of the last file */
	uint32_t files; /* number of the last one; 0: there is none */
	uint32_t first; /* and of the first one that is there */
};

/* Make a key; returns its length. n may be more than INDEX_VALUE_MAX. */
size_t index_key(char to[INDEX_KEY_MAX], int32_t tag, const char *value,
    size_t n, unsigned table, uint64_t seq);

/* Open, or make: then state is zero and about empty. 0 or FG_E*. */
int index_db_open(struct index_db **out, const char *path,
    char about[INDEX_ABOUT_MAX], struct index_state *state);
void index_db_close(struct index_db *db); /* NULL is legal */
/* Berkeley DB's last own words. */
const char *index_db_said(const struct index_db *db);
/* Remove its files. */
void index_db_remove(const char *path);

/* Say what it is an index of. 0 or FG_E*. */
int index_db_about(struct index_db *db, const char *about);
/* One more file: s->files. */
int index_db_grow(struct index_db *db, struct index_state *s);
/* Remove the files that have only rows below these, but for the last; *n: how
 * many. */
int index_db_drop(struct index_db *db, struct index_state *s,
    const uint64_t below[INDEX_TABLES], uint32_t *n);
int index_db_begin(struct index_db *db, struct index_db_txn **txn);
/* Keys with their lengths before them (one byte), ascending. */
int index_db_put(struct index_db *db, struct index_db_txn *txn,
    const char *keys, size_t len);
int index_db_commit(struct index_db *db, struct index_db_txn *txn,
    const struct index_state *s);
void index_db_abort(struct index_db_txn *txn);
/* If there is enough to do. Needs no lock against readers. */
int index_db_checkpoint(struct index_db *db);

/* Sequences after ... upto of a value, ascending. */
int index_db_find(struct index_db *db, int32_t tag, const char *value,
    size_t len, unsigned table, uint64_t after, uint64_t upto, uint64_t *seq,
    size_t max, size_t *n);

#endif
