/*
 * match.h: which rows a READ asks for beyond table and session: those of a time,
 * of a message type, with a field of some value. Pure.
 */
#ifndef FG_GATEWAY_MATCH_H
#define FG_GATEWAY_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fix/msg.h"
#include "store/store.h"

#define MATCH_VALUE_MAX 255 /* bytes of a value */
#define MATCH_TYPE_MAX  32  /* bytes of a MsgType */

/* All-zero is every row. */
struct match {
	int64_t since, until; /* ns: since <= TIMESTAMP < until; 0: open */
	int32_t tag;          /* 0: any message */
	size_t n, type_n;     /* bytes of value and type; type_n 0: any */
	char value[MATCH_VALUE_MAX];
	char type[MATCH_TYPE_MAX];
};

/* Room for the fields of one message. */
struct match_room {
	struct fix_field *field;
	uint32_t cap;
};

bool match_is_all(const struct match *m);
/* Fields of a message that are not in the room are not looked at. */
bool match_row(const struct match *m, const struct match_room *room,
    const struct store_row *row);

#endif
