/*
 * index.h: which rows of FIX_IN and FIX_OUT have a field with some value, for
 * questions (READ with TAG). It is made behind the store, by a thread of its
 * own, of rows that may be seen, and never takes part in a commit:
 *
 *	store_read -> fields of each message -> sorted keys -> StorePath/INDEX
 *
 * What it does not have yet has to be looked for in the rows themselves: those
 * behind store_index_upto. It is a copy: it may be deleted at any time, and is
 * made again when it is damaged, another store's, or of other tags.
 */
#ifndef FG_STORE_INDEX_H
#define FG_STORE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

#define STORE_INDEX_TAGS 16 /* most that may be chosen */

struct store_index;

struct store_index_cfg {
	const char *path;        /* of the store; INDEX is made in it */
	int32_t tag[STORE_INDEX_TAGS];
	size_t n_tag;
	uint64_t least_free;     /* bytes of the disk: with less it waits */
	uint64_t generation;     /* rows of one file; 0: default, a million */
};

/* Start. Call it before there can be new rows: the index is thrown away if it
 * has more than the store. st must outlive it. Returns owned; NULL: no memory,
 * or no thread. */
struct store_index *store_index_open(struct store *st,
    const struct store_index_cfg *cfg);
void store_index_close(struct store_index *ix); /* NULL is legal */

/* Rows up to this one are in the index; 0 for all but FIX_IN and FIX_OUT. Any
 * thread; ix may be NULL. */
uint64_t store_index_upto(struct store_index *ix, enum store_table t);

/*
 * Sequences > after of rows that may have the field, ascending, at most max;
 * *n of them. Long values are cut, so look at the rows. *upto: there is no
 * further one up to there (after, at least). 0, FG_ENOENT: it cannot tell, or
 * another FG_E*. Any thread; ix may be NULL.
 */
int store_index_find(struct store_index *ix, enum store_table t, int32_t tag,
    const char *value, size_t len, uint64_t after, uint64_t *seq, size_t max,
    size_t *n, uint64_t *upto);

#endif
