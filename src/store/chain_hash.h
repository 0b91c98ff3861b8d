/*
 * chain_hash.h: what the chain of a table is made of. Each block, with its key,
 * goes on from the hash of all before it:
 *
 *	hash = SHA-256(hash before, key 8, block)
 *
 * so that the hash at a row depends on the rows alone. The first goes on from 32
 * bytes of 0. Checks, one for each row of 4 bytes, only tell where a difference
 * is: what of a block is no row's own counts as its first row's.
 */
#ifndef FG_STORE_CHAIN_HASH_H
#define FG_STORE_CHAIN_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "store/block.h"

#define CHAIN_HASH      32 /* bytes */
#define CHAIN_HASH_TEXT (2 * CHAIN_HASH + 1)

struct chain_hash;

/* NULL: no memory. */
struct chain_hash *chain_hash_new(void);
void chain_hash_free(struct chain_hash *c); /* NULL is legal */

/* Go on from h to the hash behind a block. 0 or FG_ENOMEM. */
int chain_hash_block(struct chain_hash *c, unsigned char h[CHAIN_HASH],
    uint64_t key, const void *p, size_t n);

void chain_hash_text(char text[CHAIN_HASH_TEXT],
    const unsigned char h[CHAIN_HASH]);

/* The checks of a block, whatever is in it; returns how many: its rows, or 1. */
size_t chain_checks(uint32_t check[BLOCK_ROWS_MAX], uint64_t key,
    const void *p, size_t n);

/* A check of n bytes that goes on from seed; 4 bytes. */
uint32_t chain_check(uint64_t seed, const void *p, size_t n);

#endif
