/*
 * source.h: where blocks come from: an open store, the directory of a closed
 * one, an archive. What is written for them all (the chain, verify) reads blocks
 * in this way.
 */
#ifndef FG_STORE_SOURCE_H
#define FG_STORE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "store/block.h"

/* A block; borrowed until the callback returns. */
struct block_at {
	uint64_t seg; /* first sequence of its segment: its file's name */
	uint64_t key;
	const void *p;
	size_t n;
};

/* Non-zero stops. */
typedef int (*block_cb)(void *arg, const struct block_at *b);

/* A table of a source. */
struct source_table {
	unsigned number; /* BLOCK_TABLE_STATE, enum store_table ... */
	char name[STORE_NAME_MAX + 1];
	uint64_t incarnation;
	uint64_t first; /* sequence of the first segment; 0: no segment */
	uint64_t last;  /* no row that is to be looked at is behind;
	                 * UINT64_MAX: whatever is there */
};

struct block_source;

struct block_source_ops {
	/*
	 * Blocks of a table with keys from ... to, ascending. 0, what the
	 * callback returned, or FG_E* with a text for the operator: all before
	 * the bad place was given.
	 */
	int (*blocks)(struct block_source *s, const struct source_table *t,
	    uint64_t from, uint64_t to, block_cb cb, void *arg);
	/* The chain file of segment first, to be closed by the caller; NULL:
	 * there is none. */
	FILE *(*chain)(struct block_source *s, const struct source_table *t,
	    uint64_t first);
	/* The first chain file at or after sequence from; 0: there is none. */
	uint64_t (*chain_after)(struct block_source *s,
	    const struct source_table *t, uint64_t from);
	void (*close)(struct block_source *s);
};

struct block_source {
	const struct block_source_ops *ops;
	char uuid[37];
	struct source_table *table;
	size_t n_table;
	char why[STORE_ERR_MAX]; /* of the last failure */
};

#endif
