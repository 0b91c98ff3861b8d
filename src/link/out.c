/*
 * out.c: a frame:
 *
 *	0      4                            4 + length
 *	+------+----------------------------+
 *	|length| MessagePack map, 3 entries |
 *	+------+----------------------------+
 *	u32 BE  "MESSAGE_TYPE": string
 *	        "SOURCE_REF": unsigned
 *	        "DETAILS": map
 */
#include "link/link.h"

#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/err.h"
#include "link/value.h"

#define HEAD 4u /* bytes of the length */
#define OPEN UINT32_MAX /* as many values may follow in an open array */

struct link_out {
	struct buf *to;
	size_t start;  /* of the frame in it */
	size_t head;   /* bytes before what is counted */
	uint64_t need; /* values that must still follow */
	size_t open;   /* where the length of the open array is; 0: none */
	uint64_t open_need; /* what need was with nothing in it */
	int err;
};

/* Room for n bytes at the end of the buffer; NULL after an error. */
static char *
room(struct link_out *o, size_t n)
{
	struct buf *b = o->to;
	size_t used = b->len - o->start - o->head;

	if (n > LINK_FRAME_MAX - used && o->err == 0)
		o->err = FG_ELIMIT;
	if (b->cap - b->len < n && o->err == 0)
		o->err = buf_reserve(b, n);
	return o->err == 0 ? b->p + b->len : NULL;
}

/* Bytes that are as they should be. */
static void
append(struct link_out *o, const void *src, size_t n)
{
	char *p = room(o, n);

	if (p == NULL || n == 0)
		return;
	memcpy(p, src, n);
	o->to->len += n;
}

/* The first byte of a value (see value.c), a number of width bytes, and n bytes
 * of text. */
static inline void
put(struct link_out *o, uint64_t first, uint64_t number, unsigned width,
    const void *text, size_t n)
{
	char *p = room(o, 1 + width + n);

	if (p == NULL)
		return;
	o->to->len += 1 + width + n;
	*p++ = (char)first;
	while (width-- > 0)
		*p++ = (char)(number >> 8 * width);
	if (n != 0)
		memcpy(p, text, n);
}

struct link_out *
link_out_new(void)
{
	return calloc(1, sizeof(struct link_out));
}

void
link_out_free(struct link_out *o)
{
	free(o);
}

/* One value is written; more of them must follow if it holds others. */
static void
count(struct link_out *o, uint64_t more)
{
	if (o->need == 0 && o->err == 0)
		o->err = FG_ESTATE;
	o->need += more;
	o->need--;
}

void
link_begin(struct link_out *o, struct buf *to, const char *type, uint64_t ref)
{
	o->to = to;
	o->start = to->len;
	o->head = HEAD;
	o->err = buf_add(to, "\0\0\0", HEAD);
	o->need = 1;
	o->open = 0;
	link_map(o, 3);
	link_key_str(o, "MESSAGE_TYPE", type);
	link_key_u64(o, "SOURCE_REF", ref);
	link_str(o, "DETAILS");
}

void
link_values_begin(struct link_out *o, struct buf *to, uint32_t n)
{
	o->to = to;
	o->start = to->len;
	o->head = 0;
	o->err = 0;
	o->need = n;
	o->open = 0;
}

int
link_values_end(struct link_out *o)
{
	if (o->err == 0 && (o->need != 0 || o->open != 0))
		o->err = FG_ESTATE;
	if (o->err != 0)
		o->to->len = o->start;
	return o->err;
}

void
link_values(struct link_out *o, const void *p, size_t len, uint32_t n)
{
	if (o->need < n && o->err == 0)
		o->err = FG_ESTATE;
	o->need -= n;
	append(o, p, len);
}

int
link_end(struct link_out *o)
{
	struct cursor c;
	int err = link_values_end(o);

	if (err != 0)
		return err;
	c = cursor_over(o->to->p + o->start, HEAD);
	cursor_put32(&c, (uint32_t)(o->to->len - o->start - HEAD));
	return 0;
}

void
link_map(struct link_out *o, uint32_t n)
{
	count(o, 2 * (uint64_t)n);
	if (n < 16)
		put(o, 0x80 | n, 0, 0, NULL, 0);
	else if (n <= UINT16_MAX)
		put(o, 0xde, n, 2, NULL, 0);
	else
		put(o, 0xdf, n, 4, NULL, 0);
}

void
link_array(struct link_out *o, uint32_t n)
{
	count(o, n);
	if (n < 16)
		put(o, 0x90 | n, 0, 0, NULL, 0);
	else if (n <= UINT16_MAX)
		put(o, 0xdc, n, 2, NULL, 0);
	else
		put(o, 0xdd, n, 4, NULL, 0);
}

/* The longest form, because its length is filled in later. */
void
link_array_open(struct link_out *o)
{
	if (o->open != 0 && o->err == 0)
		o->err = FG_ESTATE;
	count(o, OPEN);
	append(o, "\xdd\0\0\0", 5);
	o->open = o->to->len - 4;
	o->open_need = o->need;
}

void
link_array_close(struct link_out *o, uint32_t n)
{
	struct cursor c;

	if (o->err == 0 && (o->open == 0 || o->open_need - o->need != n))
		o->err = FG_ESTATE;
	if (o->err == 0) {
		c = cursor_over(o->to->p + o->open, 4);
		cursor_put32(&c, n);
		o->need -= OPEN - n;
	}
	o->open = 0;
}

void
link_str(struct link_out *o, const char *s)
{
	link_strn(o, s, strlen(s));
}

void
link_strn(struct link_out *o, const char *p, size_t n)
{
	count(o, 0);
	if (n < 32)
		put(o, 0xa0 | n, 0, 0, p, n);
	else if (n <= UINT8_MAX)
		put(o, 0xd9, n, 1, p, n);
	else if (n <= UINT16_MAX)
		put(o, 0xda, n, 2, p, n);
	else
		put(o, 0xdb, n, 4, p, n);
}

void
link_text(struct link_out *o, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if ((unsigned char)p[i] > 126) {
			link_bin(o, p, n);
			return;
		}
	}
	link_strn(o, p, n);
}

void
link_bin(struct link_out *o, const void *p, size_t n)
{
	count(o, 0);
	if (n <= UINT8_MAX)
		put(o, 0xc4, n, 1, p, n);
	else if (n <= UINT16_MAX)
		put(o, 0xc5, n, 2, p, n);
	else
		put(o, 0xc6, n, 4, p, n);
}

void
link_u64(struct link_out *o, uint64_t v)
{
	count(o, 0);
	if (v < 128)
		put(o, v, 0, 0, NULL, 0);
	else if (v <= UINT8_MAX)
		put(o, 0xcc, v, 1, NULL, 0);
	else if (v <= UINT16_MAX)
		put(o, 0xcd, v, 2, NULL, 0);
	else if (v <= UINT32_MAX)
		put(o, 0xce, v, 4, NULL, 0);
	else
		put(o, 0xcf, v, 8, NULL, 0);
}

void
link_i64(struct link_out *o, int64_t v)
{
	uint64_t bits = (uint64_t)v;

	if (v >= 0) {
		link_u64(o, bits);
		return;
	}
	count(o, 0);
	if (v >= -32)
		put(o, bits, 0, 0, NULL, 0);
	else if (v >= INT8_MIN)
		put(o, 0xd0, bits, 1, NULL, 0);
	else if (v >= INT16_MIN)
		put(o, 0xd1, bits, 2, NULL, 0);
	else if (v >= INT32_MIN)
		put(o, 0xd2, bits, 4, NULL, 0);
	else
		put(o, 0xd3, bits, 8, NULL, 0);
}

void
link_bool(struct link_out *o, bool v)
{
	count(o, 0);
	put(o, v ? 0xc3 : 0xc2, 0, 0, NULL, 0);
}

void
link_nil(struct link_out *o)
{
	count(o, 0);
	put(o, 0xc0, 0, 0, NULL, 0);
}

void
link_copy(struct link_out *o, const struct link_val *v)
{
	if (v == NULL)
		link_nil(o);
	else
		link_values(o, v->raw, link_size(v), 1);
}

void
link_copy_from(struct link_out *o, const struct link_val *array, size_t i,
    size_t n)
{
	const struct link_val *first = link_at(array, i);
	const struct link_val *last = link_at(array, i + n - 1);

	if (n == 0)
		return;
	link_values(o, first->raw, (size_t)(value_end(last) - first->raw),
	    (uint32_t)n);
}

void
link_key_str(struct link_out *o, const char *key, const char *s)
{
	link_str(o, key);
	link_str(o, s);
}

void
link_key_strn(struct link_out *o, const char *key, const char *p, size_t n)
{
	link_str(o, key);
	link_strn(o, p, n);
}

void
link_key_u64(struct link_out *o, const char *key, uint64_t v)
{
	link_str(o, key);
	link_u64(o, v);
}

void
link_key_bool(struct link_out *o, const char *key, bool v)
{
	link_str(o, key);
	link_bool(o, v);
}
