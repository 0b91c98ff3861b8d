/* json_line.h: a row as a JSON object on a line, for `append`. Pure. */
#ifndef FG_CTL_JSON_LINE_H
#define FG_CTL_JSON_LINE_H

#include <jansson.h>
#include <stddef.h>

#include "link/link.h"

#define JSON_LINE_ERR_MAX 200 /* bytes of an error text */

/*
 * An object whose values are text, numbers, true, false or null. A number that
 * is not an integer of 64 bits stays what it was written as: it becomes text.
 * Returns owned, or NULL and err.
 */
json_t *json_line(const char *p, size_t n, char err[JSON_LINE_ERR_MAX]);

/* Put what json_line gave as a map. */
void json_line_put(struct link_out *o, const json_t *row);

#endif
