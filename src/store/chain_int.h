/* chain_int.h: what the parts of the chain share: chain.c, chain_rows.c. */
#ifndef FG_STORE_CHAIN_INT_H
#define FG_STORE_CHAIN_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "store/chain.h"
#include "store/chain_heads.h"
#include "store/chain_place.h"
#include "store/impl.h"
#include "store/pause.h"

#define CHAIN_PATH         4096
#define CHAIN_PASS_BLOCKS  2048 /* of a table, then the others */

/* The chain of one table: where it is in its file, and with what is in out. */
struct chain_table {
	struct chain_place at, to;
	struct chain_run run;
	struct buf out;
	int fd;         /* of the file of at.seg; -1 */
	bool stuck;     /* at a damaged row, which was said */
	uint64_t head;    /* row of its newest head */
	uint64_t due;     /* a head says that this row ... */
	unsigned char due_hash[CHAIN_HASH]; /* ... has this hash; 0: none */
	uint64_t flushed; /* for one pass */
	unsigned blocks;  /* of this pass */
};

struct store_chain {
	struct store *st;
	char dir[CHAIN_PATH];
	struct buf trouble; /* that was not said yet */
	char *found;        /* when it was opened; or NULL */
	struct chain_hash *hash;
	struct chain_heads *heads;
	int64_t head_ns, next_head;
	struct chain_table *table[STORE_TABLES_MAX];
	_Atomic uint64_t upto[STORE_TABLES_MAX];
	unsigned current;         /* the table of the pass */
	bool failing;             /* a failure was said */
	pthread_t thread;
	struct pause pause;
};

/* ---- chain_rows.c ---- */

const char *chain_name_of(struct store_chain *ch, unsigned t);
/* What its files say, but for the numbers of one of them. */
void chain_header_of(struct store_chain *ch, unsigned t,
    struct chain_header *h);
/* Put down a head, if the table has moved. 0 or FG_E*. */
int chain_put_head(struct store_chain *ch, struct chain_table *tb, unsigned t);
/* Trouble: a head says something else. */
void chain_bad_head(struct store_chain *ch, unsigned t, uint64_t row,
    const char *what);
/* The chain comes to the row of a head that was there before it. */
void chain_check_due(struct store_chain *ch, struct chain_table *tb,
    unsigned t);
/* Chain what a table has; *more: there is more. 0 or FG_E*. */
int chain_do_table(struct store_chain *ch, unsigned t, uint64_t flushed,
    bool *more);

#endif
