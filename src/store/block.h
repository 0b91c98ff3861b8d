/*
 * block.h: the rows of one table that one commit adds, packed as they lie on
 * disk. Pure but for memory. A finished block never changes and is shared by
 * count: the writer, the recent rows and readers each hold one.
 */
#ifndef FG_STORE_BLOCK_H
#define FG_STORE_BLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "store/store.h"

#define BLOCK_ROWS_MAX  256          /* a block is cut at this many rows */
#define BLOCK_BYTES_MAX (256 * 1024) /* or at this many bytes of rows */
#define BLOCK_HEAD      32           /* bytes before the states */
#define BLOCK_STATE     40           /* bytes of one state */

/* The table of commits that have states and no rows; its sequence is the
 * commit number. The number is on disk. */
#define BLOCK_TABLE_STATE 0

/* The rows that one block of FIX_OUT has of one session and epoch. */
struct block_range {
	TAILQ_ENTRY(block_range) link; /* of the session's recent ones */
	const struct store_block *block;
	uint32_t session, epoch;
	uint64_t first, last; /* MsgSeqNum */
};

struct store_block {
	atomic_uint refs;
	unsigned table;
	uint32_t rows;
	uint64_t first;  /* sequence of its first row */
	uint64_t commit;
	struct block_range *range; /* FIX_OUT only */
	size_t n_range;
	size_t len;
	char bytes[];
};

/* A block being packed. All-zero is empty. */
struct block_pack {
	uint32_t rows;
	uint32_t end[BLOCK_ROWS_MAX]; /* of each row, from the first's start */
	struct buf bytes;
	struct block_range *range;
	size_t n_range, cap_range;
};

/* Append a row. 0, FG_ENOMEM, or FG_ELIMIT: the row is too long. The caller
 * cuts the block where block_full says so. */
int block_pack_add(struct block_pack *p, const struct store_row *row);
bool block_pack_full(const struct block_pack *p, const struct store_row *next);
/* Note which session's FIX_OUT row was just added. 0 or FG_ENOMEM. */
int block_pack_range(struct block_pack *p, const struct store_row *row);
void block_pack_clear(struct block_pack *p);
void block_pack_free(struct block_pack *p);

/* Finish: returns owned (one reference), or NULL: no memory. Takes the pack's
 * ranges and clears it. */
struct store_block *block_finish(struct block_pack *p, unsigned table,
    uint64_t first, uint64_t commit, const struct store_state *state,
    size_t n_state);
/* The sequence of its last row; of a block without rows, its own. */
static inline uint64_t
block_last(const struct store_block *b)
{
	return b->first + (b->rows == 0 ? 0 : b->rows - 1);
}
struct store_block *block_ref(struct store_block *b);
void block_unref(struct store_block *b);

/* What the head of a stored block says. */
struct block_head {
	unsigned table;
	uint32_t rows, states, len;
	uint64_t commit, first;
};

/* The sequence of its last row; its own, of a block without one. */
static inline uint64_t
block_head_last(const struct block_head *h)
{
	return h->first + (h->rows == 0 ? 0 : h->rows - 1);
}

/* Read a head: 0, FG_EFORMAT (a newer version) or FG_EDAMAGED. */
int block_head(const void *p, size_t n, struct block_head *h);
/* Read state i of a block of which at least the states are at p. */
void block_state(const void *p, uint32_t i, struct store_state *s);

/* A block being read; its bytes are borrowed. */
struct block_rows {
	struct block_head head;
	const char *end, *rows;
	size_t len; /* of rows */
};

/* 0, FG_EFORMAT or FG_EDAMAGED. */
int block_open(struct block_rows *r, const void *p, size_t n);
/* Row i (< rows): 0 or FG_EDAMAGED. row->data points into the block. */
int block_row(const struct block_rows *r, uint32_t i, struct store_row *row);

#endif
