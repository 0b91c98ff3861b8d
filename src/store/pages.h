/*
 * pages.h: blocks out of a segment's file that Berkeley DB does not read any
 * more, for verify: which rows of it are still what they were. It looks at all
 * pages, does not care for their checksums, and believes nothing.
 */
#ifndef FG_STORE_PAGES_H
#define FG_STORE_PAGES_H

#include "store/source.h"

/* Records with keys from ... to that can still be made out, ascending; *next,
 * *stopped as in bdb_file_blocks; *worst: the first damaged page, or 0. 0, what cb returned, or FG_E*. */
int pages_blocks(const char *path, uint64_t seg, uint64_t from, uint64_t to,
    block_cb cb, void *arg, uint64_t *next, bool *stopped, uint32_t *worst);

#endif
