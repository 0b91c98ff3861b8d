/* chain_place.h: where the chain of a table is, when a store is opened. */
#ifndef FG_STORE_CHAIN_PLACE_H
#define FG_STORE_CHAIN_PLACE_H

#include "store/chain_file.h"

struct chain_place {
	uint64_t seg;    /* of the last file; 0: there is none */
	uint64_t size;   /* of it */
	uint64_t last;   /* row, or commit of STATE; 0: none */
	uint64_t commit; /* of the last row */
	unsigned char hash[CHAIN_HASH];
};

/*
 * Find the end of the chain of a table, h having what its files have to say. What
 * is torn is cut. What belongs to another store, is damaged, or is of rows behind
 * visible is put aside, and trouble gets a line about it; but for the files of
 * origin, the store of which this one is a backup. 0 or FG_E*.
 */
int chain_place_find(struct chain_place *to, const char *dir,
    const struct chain_header *h, const char *origin, uint64_t visible,
    struct buf *trouble);

#endif
