/* write.h: a loaded dictionary as a file in the QuickFIX format. */
#ifndef FG_DICT_WRITE_H
#define FG_DICT_WRITE_H

#include "base/buf.h"
#include "dict/dict.h"

/*
 * Append the file: loaded again it gives the same dictionary (dict_dump), but
 * for lengths of data fields that neither the layout nor the names tell. Groups
 * that stand in several places become components. 0 or FG_ENOMEM.
 */
int dict_write(const struct dict *d, struct buf *out);

#endif
