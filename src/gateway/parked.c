#include "gateway/parked.h"

#include <string.h>

#include "base/cursor.h"
#include "base/err.h"

const char *
parked_state_text(unsigned state)
{
	switch (state) {
	case PARKED:
		return "parked";
	case PARKED_RETRY:
		return "retry";
	case PARKED_RETRIED:
		return "retried";
	case PARKED_DROPPED:
		return "dropped";
	case PARKED_DONE:
		return "done";
	}
	return "";
}

void
parked_set(struct parked *k, enum parked_text which, const char *text)
{
	k->text[which].p = text;
	k->text[which].len = strlen(text);
}

int
parked_pack(const struct parked *k, struct store_row *row, struct buf *data)
{
	char len[4] = { 0 };
	struct cursor c;
	size_t i;
	int err = 0;

	data->len = 0;
	for (i = 0; i < PARKED_TEXTS && err == 0; i++) {
		c = cursor_over(len, sizeof(len));
		cursor_put32(&c, (uint32_t)k->text[i].len);
		err = buf_add(data, len, sizeof(len));
		if (err == 0 && k->text[i].len != 0)
			err = buf_add(data, k->text[i].p, k->text[i].len);
	}
	row->code = (uint16_t)k->state;
	row->a = k->ref;
	row->msg_seq_num = k->row_seq;
	row->b = (uint64_t)k->part << 32 | k->attempt;
	row->data = data->p;
	row->len = data->len;
	return err;
}

int
parked_read(struct parked *k, const struct store_row *row)
{
	struct cursor c = cursor_over(row->data, row->len);
	size_t i;

	memset(k, 0, sizeof(*k));
	k->state = (enum parked_state)row->code;
	k->ref = row->a;
	k->row_seq = row->msg_seq_num;
	k->part = (uint32_t)(row->b >> 32);
	k->attempt = (uint32_t)row->b;
	for (i = 0; i < PARKED_TEXTS; i++) {
		k->text[i].len = cursor_get32(&c);
		k->text[i].p = cursor_get(&c, k->text[i].len);
		if (k->text[i].p == NULL) {
			k->text[i].p = "";
			k->text[i].len = 0;
		}
	}
	return c.err != 0 ? FG_EDAMAGED : 0;
}

bool
parked_is_same(const struct parked *a, const struct parked *b)
{
	int i;

	for (i = PARKED_CONSUMER; i <= PARKED_SOURCE; i++)
		if (a->text[i].len != b->text[i].len ||
		    memcmp(a->text[i].p, b->text[i].p, a->text[i].len) != 0)
			return false;
	return a->row_seq == b->row_seq && a->part == b->part;
}

/* FNV-1a. */
static uint64_t
hash(uint64_t h, const void *p, size_t n)
{
	const unsigned char *b = p;
	size_t i;

	for (i = 0; i < n; i++)
		h = (h ^ b[i]) * 0x100000001b3;
	return h;
}

uint64_t
parked_hash(const struct parked *k)
{
	uint64_t h = 0xcbf29ce484222325;
	int i;

	for (i = PARKED_CONSUMER; i <= PARKED_SOURCE; i++)
		h = hash(hash(h, k->text[i].p, k->text[i].len), "", 1);
	h = hash(h, &k->row_seq, sizeof(k->row_seq));
	return hash(h, &k->part, sizeof(k->part));
}
