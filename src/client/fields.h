/*
 * fields.h: what a script made of a row, as the content of an event: for a link
 * (fixgate-link(7)), or as a JSON object for a program. Pure.
 */
#ifndef FG_CLIENT_FIELDS_H
#define FG_CLIENT_FIELDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "link/link.h"
#include "script/script.h"

/*
 * Append the keys of the DETAILS that the fields are, as the event has them:
 * EVENT_FIX_SEND and EVENT_TABLE_INSERT as the gateway wants them, of any other
 * event one key DETAILS. 0 and *n, the number of keys; or FG_E*.
 */
int fields_link(struct link_out *o, struct buf *to, const char *event,
    const struct script_fields *f, uint32_t *n);

/* Append a JSON object. Decimals are numbers, written as they are. Text that is
 * not UTF-8 becomes the characters with the numbers of its bytes. 0 or FG_E*. */
int fields_json(struct buf *to, const struct script_fields *f);
/* Append a JSON string. */
int fields_json_text(struct buf *to, const char *p, size_t n);

/* The field of that name, or NULL. */
const struct script_value *fields_find(const struct script_fields *f,
    const char *name);
/* A value as text, appended: laneOn. Groups have none. 0 or FG_E*. */
int fields_text(struct buf *to, const struct script_value *v);

#endif
