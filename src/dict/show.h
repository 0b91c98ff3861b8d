/* show.h: parts of a dictionary for people. */
#ifndef FG_DICT_SHOW_H
#define FG_DICT_SHOW_H

#include "base/buf.h"
#include "dict/dict.h"

/*
 * Append all that `what` can mean: a message by name or type, with its members;
 * a field by tag or name, with its type and values; one value as Side=BUY or
 * 54=1; "header", "trailer". Names compare without case if no other way fits.
 * 0, FG_ENOENT (nothing was appended) or FG_ENOMEM.
 */
int dict_show(const struct dict *d, const char *what, struct buf *out);

#endif
