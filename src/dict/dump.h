/* dump.h: all that a dictionary holds as text, to compare and to read. */
#ifndef FG_DICT_DUMP_H
#define FG_DICT_DUMP_H

#include "base/buf.h"
#include "dict/dict.h"

#define DICT_DUMP_MAX (256 * 1024 * 1024) /* bytes of one text */

/*
 * Append the text; dump.c has a picture of it. Dictionaries that judge messages
 * alike have the same text, whatever files they were loaded from. 0, FG_ENOMEM,
 * or FG_ELIMIT beyond DICT_DUMP_MAX (groups are written out in each message).
 */
int dict_dump(const struct dict *d, struct buf *out);

#endif
