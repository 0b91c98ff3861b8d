/* json.h: values of a link message as JSON. In fixgatectl jansson's only users are
 * this, out_json.c and json_line.c. */
#ifndef FG_CTL_JSON_H
#define FG_CTL_JSON_H

#include <jansson.h>
#include <stddef.h>

#include "base/buf.h"
#include "link/link.h"

/* All return new references, or NULL: no memory. */

/* Text: UTF-8 if it is that, else as json_bytes. */
json_t *json_text(const char *p, size_t n);
/* Each byte becomes the character with its number, so nothing is lost. */
json_t *json_bytes(const char *p, size_t n);
/* A time, ns since 1970, as UTCTimestamp with nine digits. */
json_t *json_time(int64_t ns);
/* Any value; members of maps whose name says that they are times become text.
 */
json_t *json_value(const struct link_val *v);

/* Append the text of j, on one line; takes j (NULL is legal). 0 or FG_ENOMEM.
 */
int json_put(struct buf *to, json_t *j);

#endif
