/* source_arc.h: blocks and chain of an archive file, as sources give them. */
#ifndef FG_STORE_SOURCE_ARC_H
#define FG_STORE_SOURCE_ARC_H

#include "store/source.h"

#define SOURCE_DAMAGED 400 /* bytes of a text */

/* Its blocks from *next ... to, which moves behind them. 0, what cb returned, or
 * FG_E* with why. damaged: a text, if all was given and the file is not what was
 * written nevertheless. */
int source_arc_blocks(const char *path, uint64_t seg, uint64_t to, block_cb cb,
    void *arg, uint64_t *next, char damaged[SOURCE_DAMAGED],
    char why[STORE_ERR_MAX]);
/* The chain in it, to be closed by the caller; NULL: there is none. */
FILE *source_arc_chain(const char *path, char why[STORE_ERR_MAX]);

#endif
