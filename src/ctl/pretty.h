/* pretty.h: a row for people: names and labels from the dictionary. */
#ifndef FG_CTL_PRETTY_H
#define FG_CTL_PRETTY_H

#include "base/buf.h"
#include "ctl/dicts.h"
#include "ctl/row.h"

/* The plain line without its message, then the message with a line for each
 * field. Rows without a message or without a dictionary come out plain. 0 or
 * FG_ENOMEM. */
int row_pretty(struct buf *to, const struct row *r, struct dicts *dicts);

#endif
