/* list.h: an array of maps of fixgate-link(7), for people as a table, for
 * programs as an object on a line each. */
#ifndef FG_CTL_LIST_H
#define FG_CTL_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "link/link.h"

enum list_kind {
	LIST_VALUE, /* as it is */
	LIST_TIME,  /* ns since 1970 */
};

struct list_column {
	const char *title;
	const char *key; /* of the maps */
	enum list_kind kind;
};

/* Append one value as a word or words; "-" for nil, "" or NULL. A list of pairs
 * is "A int, B text", a map "a=1 b=2". No control byte is left. */
int list_cell(struct buf *to, const struct link_val *v, enum list_kind kind);

/* Append the title line and a line for each map; numbers stand at the right,
 * the last column is as long as it is. maps may be NULL. 0 or FG_ENOMEM. */
int list_text(struct buf *to, const struct link_val *maps,
    const struct list_column *col, size_t n);
/* An object on a line for each. */
int list_json(struct buf *to, const struct link_val *maps);

struct ctl;

/* Print it the way that was asked for. An enum ctl_exit. */
int list_print(const struct ctl *c, const struct link_val *maps,
    const struct list_column *col, size_t n);

#endif
