/*
 * chain_file.h: the chain of one segment, a file that only grows:
 * StorePath/CHAIN/TABLE.n.chain, n that of the segment. All numbers are
 * big-endian.
 *
 *	header:
 *	    "fixgate chain\n" 0 0, 16
 *	    version 4, table 4, incarnation 8, first sequence 8,
 *	    UUID text 36, zero 4, name, padded with 0, 40
 *	    the row that it goes on from 8, its commit 8, the hash behind it 32
 *	    check of all these 4
 *	runs of rows, one behind the other, each at most 256 rows:
 *	    length of the run 4, rows 4
 *	    sequence of the first 8, of the last 8, commit of the last 8
 *	    hash behind the last 32
 *	    checks, each 4 (STATE: how far behind the first 4, check 4)
 *	    check of all these 4
 */
#ifndef FG_STORE_CHAIN_FILE_H
#define FG_STORE_CHAIN_FILE_H

#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "store/chain_hash.h"
#include "store/store.h"

#define CHAIN_RUN_ROWS  BLOCK_ROWS_MAX /* most of a run */
#define CHAIN_HEADER    172            /* bytes */
#define CHAIN_DIR       "CHAIN"        /* in the store's directory */

struct chain_header {
	unsigned table;
	uint64_t incarnation, first;
	char uuid[37];
	char name[STORE_NAME_MAX + 1];
	uint64_t last, commit; /* that it goes on from; 0: it is the first */
	unsigned char hash[CHAIN_HASH];
};

struct chain_run {
	uint32_t rows;
	uint64_t first, last, commit;
	unsigned char hash[CHAIN_HASH];
	uint32_t check[CHAIN_RUN_ROWS];
	uint32_t behind[CHAIN_RUN_ROWS]; /* STATE only: sequence - first */
};

/* "FIX_IN.00000000000000000001.chain" */
void chain_file_name(char *to, size_t cap, const char *table, uint64_t first);
/* The other way round: the length of the table's name, or 0. */
size_t chain_file_parse(const char *file, uint64_t *first);
/* The newest file of a table with a number below `before`; 0: there is none. */
uint64_t chain_file_newest(const char *dir, const char *table,
    uint64_t before);

void chain_header_pack(char to[CHAIN_HEADER], const struct chain_header *h);
/* 0, FG_EFORMAT or FG_EDAMAGED. */
int chain_header_read(const char from[CHAIN_HEADER], struct chain_header *h);

/* Append the bytes of a run. 0 or FG_ENOMEM. */
int chain_run_pack(struct buf *out, unsigned table, const struct chain_run *r);

/*
 * Reading. chain_read_run: 1, 0 at the end, FG_EPARTIAL: the last run is not
 * whole, FG_EDAMAGED: this run is damaged; if *skipped, the next one can be
 * read nevertheless. at: where the next run begins.
 */
struct chain_reader {
	FILE *f; /* closed by chain_reader_close */
	uint64_t at;
	struct chain_header header;
	struct buf bytes;
};

/* Takes f. 0, FG_EPARTIAL (no whole header), FG_EFORMAT, FG_EDAMAGED. */
int chain_reader_open(struct chain_reader *r, FILE *f);
int chain_read_run(struct chain_reader *r, struct chain_run *run,
    bool *skipped);
void chain_reader_close(struct chain_reader *r);

#endif
