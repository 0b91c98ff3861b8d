/*
 * chain_heads.h: heads being put down: to CHAIN/HEADS, to a second path, and to
 * the log. The chain's thread calls it.
 */
#ifndef FG_STORE_CHAIN_HEADS_H
#define FG_STORE_CHAIN_HEADS_H

#include "store/head.h"
#include "store/impl.h"

/* Tables of heads that are none: when the store was opened and closed, as of
 * which commit. */
#define HEAD_OPENED "OPENED"
#define HEAD_CLOSED "CLOSED"

struct chain_heads;

/* key, second may be NULL. Reads what there is. 0 and *out owned, or FG_E* and a
 * text. */
int chain_heads_open(struct chain_heads **out, struct store *st,
    const char *dir, const char *key, const char *second,
    char err[STORE_ERR_MAX]);
void chain_heads_close(struct chain_heads *hs); /* NULL is legal */

/* The newest head of a table that this store had when it was opened, or NULL. */
const struct head *chain_heads_last(const struct chain_heads *hs,
    const char *table);

/* One more; it is written with chain_heads_write. 0 or FG_E*. */
int chain_heads_put(struct chain_heads *hs, const char *table,
    uint64_t incarnation, uint64_t seq, uint64_t commit,
    const unsigned char hash[CHAIN_HASH]);
/* Write what there is; again what could not be written before. */
int chain_heads_write(struct chain_heads *hs);

/* The store is closed as of a commit: heads of what is no table, and CLOSED. */
int chain_heads_end(struct chain_heads *hs, struct chain_hash *c,
    uint64_t commit);

/* The files that are no table, whose content as a whole has a hash when the
 * store is closed. */
#define HEAD_FILES 4
extern const char *const head_files[HEAD_FILES];

/* The hash over all records of a file so far. */
struct head_file_sum {
	struct chain_hash *c;
	unsigned char hash[CHAIN_HASH];
	uint64_t records;
	struct buf bytes;
};
/* A record_cb; arg is a struct head_file_sum that began as 0 with c. */
int head_file_record(void *arg, const void *key, size_t klen,
    const void *value, size_t len);

#endif
