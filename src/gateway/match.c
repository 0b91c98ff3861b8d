#include "gateway/match.h"

#include <string.h>

#include "session/session.h"

#define TAG_MSG_TYPE 35

/* Does it have to look into messages? */
static bool
match_reads(const struct match *m)
{
	return m->tag != 0 || m->type_n != 0;
}

bool
match_is_all(const struct match *m)
{
	return !match_reads(m) && m->since == 0 && m->until == 0;
}

static bool
has(const struct fix_msg *msg, int32_t tag, const char *value, size_t n)
{
	uint32_t i;

	for (i = 0; i < msg->nfield; i++)
		if (msg->field[i].tag == tag && msg->field[i].len == n &&
		    memcmp(msg->buf + msg->field[i].off, value, n) == 0)
			return true;
	return false;
}

/* A message that is garbled has the fields before that place. What does not
 * even hold the bytes is not indexed: most rows of a scan are such. */
static bool
match_message(const struct match *m, const struct match_room *room,
    const struct store_row *row)
{
	struct fix_msg msg = { .field = room->field, .cap = room->cap };

	if (row->data == NULL || row->len == 0 ||
	    memmem(row->data, row->len, m->value, m->n) == NULL ||
	    memmem(row->data, row->len, m->type, m->type_n) == NULL)
		return false;
	fix_parse(&msg, row->data, row->len, sess_std_lens());
	if (m->type_n != 0 && !has(&msg, TAG_MSG_TYPE, m->type, m->type_n))
		return false;
	return m->tag == 0 || has(&msg, m->tag, m->value, m->n);
}

bool
match_row(const struct match *m, const struct match_room *room,
    const struct store_row *row)
{
	if ((m->since != 0 && row->time.ns < m->since) ||
	    (m->until != 0 && row->time.ns >= m->until))
		return false;
	return !match_reads(m) || match_message(m, room, row);
}
