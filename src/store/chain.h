/*
 * chain.h: the hash chain over the rows of all tables, and the heads: hashes that
 * are signed and put down elsewhere. Made behind the store by a thread of its
 * own, of rows that a loss of power cannot take any more:
 *
 *	store_blocks -> SHA-256 -> StorePath/CHAIN -> heads
 *
 * What it proves, and to whom: fixgate-store(5). It never holds up a commit. A
 * full disk holds up the chain alone, which catches up later, as it does after
 * a start.
 */
#ifndef FG_STORE_CHAIN_H
#define FG_STORE_CHAIN_H

#include <stdint.h>

#include "store/store.h"

struct store_chain;

struct store_chain_cfg {
	const char *path; /* of the store; CHAIN is made in it */
	const char *key;  /* PEM file with the private key; NULL: heads are not
	                   * signed */
	const char *head_file; /* where heads go, too; or NULL */
	int64_t head_ns;  /* between two heads of a table that moves; 0: only
	                   * when a segment is sealed and when it is closed */
};

/*
 * Start. Call it before there can be new rows. 0 and *out owned, or FG_E* and a
 * text. st must outlive it, and be on disk.
 */
int store_chain_open(struct store_chain **out, struct store *st,
    const struct store_chain_cfg *cfg, char err[STORE_ERR_MAX]);
/* All that the store has is chained first, if that takes no longer than a few
 * seconds. NULL is legal. */
void store_chain_close(struct store_chain *ch);

/* What was found when it was opened and should not be, for the operator and the
 * audit; or NULL. The log has it already. */
const char *store_chain_trouble(const struct store_chain *ch);

/* The last row, of STATE the last commit, that is in the chain. Any thread; ch
 * may be NULL. */
uint64_t store_chain_upto(struct store_chain *ch, enum store_table t);

#endif
