/*
 *   buf                 HEAD_ROOM                             cap
 *   |      8=FIX.4.4|9=66|35=0|34=2|...|10=231|               |
 *          ^ message      ^ body        ^ at fix_out_end
 */
#include "fix/out.h"

#include <endian.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "fix/frame.h"

#define TRAILER_BYTES 7 /* 10=nnn| */
#define HEAD_ROOM     (FIX_OUT_OVERHEAD - TRAILER_BYTES)
#define WORD_TAGS     10000 /* tags below are at most four digits */

void
fix_out_begin(struct fix_out *o, char *buf, size_t cap)
{
	*o = (struct fix_out){ .buf = buf, .cap = cap, .at = HEAD_ROOM };
	if (cap < FIX_OUT_OVERHEAD)
		o->err = FG_ELIMIT;
}

/*
 * Write the digits of a tag below WORD_TAGS; returns how many. They are made
 * in one word, the first digit lowest, and its four bytes are stored however
 * many count: the trailer's room lies behind.
 */
static inline size_t
put_tag_word(char *p, uint32_t tag)
{
	uint32_t pairs, tens, word;
	unsigned zeros;

	pairs = tag / 100 | tag % 100 << 16;
	tens = pairs * 103 >> 10 & 0x000f000f; /* x / 10 for x < 100 */
	word = tens | (pairs - tens * 10) << 8;
	zeros = (unsigned)__builtin_ctz(word) / 8;
	word = htole32((word | 0x30303030) >> 8 * zeros);
	memcpy(p, &word, sizeof(word));
	return sizeof(word) - zeros;
}

/* Most values are short, and need no call. Two copies may overlap. */
static inline void
copy_value(char *to, const char *from, size_t n)
{
	if (n > 16) {
		memcpy(to, from, n);
	} else if (n >= 8) {
		memcpy(to, from, 8);
		memcpy(to + n - 8, from + n - 8, 8);
	} else if (n >= 4) {
		memcpy(to, from, 4);
		memcpy(to + n - 4, from + n - 4, 4);
	} else if (n > 0) {
		to[0] = from[0];
		to[n / 2] = from[n / 2];
		to[n - 1] = from[n - 1];
	}
}

void
fix_out_bytes(struct fix_out *o, int32_t tag, const char *value, size_t n)
{
	char text[NUM_TEXT_MAX], *p = o->buf + o->at;
	size_t digits, room;

	if (tag <= 0 && o->err == 0)
		o->err = FG_EINVAL;
	if (o->err != 0)
		return;
	if (tag < WORD_TAGS)
		digits = put_tag_word(p, (uint32_t)tag);
	else
		digits = num_format_u64(text, (uint32_t)tag);
	room = o->cap - TRAILER_BYTES - o->at;
	if (room < digits + 2 || room - digits - 2 < n) {
		o->err = FG_ELIMIT;
		return;
	}
	if (tag >= WORD_TAGS)
		memcpy(p, text, digits);
	p += digits;
	*p++ = '=';
	copy_value(p, value, n);
	p[n] = FIX_SOH;
	o->at += digits + 2 + n;
}

void
fix_out_str(struct fix_out *o, int32_t tag, const char *s)
{
	fix_out_bytes(o, tag, s, strlen(s));
}

void
fix_out_char(struct fix_out *o, int32_t tag, char c)
{
	fix_out_bytes(o, tag, &c, 1);
}

void
fix_out_u64(struct fix_out *o, int32_t tag, uint64_t v)
{
	char text[NUM_TEXT_MAX];

	fix_out_bytes(o, tag, text, num_format_u64(text, v));
}

void
fix_out_i64(struct fix_out *o, int32_t tag, int64_t v)
{
	char text[NUM_TEXT_MAX];

	fix_out_bytes(o, tag, text, num_format_i64(text, v));
}

void
fix_out_time(struct fix_out *o, int32_t tag, wall_t t, unsigned digits)
{
	char text[WALL_TEXT_MAX];

	fix_out_bytes(o, tag, text, wall_format(text, t, digits));
}

void
fix_out_fields(struct fix_out *o, const char *p, size_t n)
{
	if (o->err == 0 && o->cap - TRAILER_BYTES - o->at < n)
		o->err = FG_ELIMIT;
	if (o->err != 0)
		return;
	if (n > 0)
		memcpy(o->buf + o->at, p, n);
	o->at += n;
}

/* Write "8=...|9=n|" so that it ends where the body begins. */
static char *
put_head(struct fix_out *o, const char *begin_string)
{
	char text[NUM_TEXT_MAX], *p = o->buf + HEAD_ROOM;
	size_t begin = strlen(begin_string), digits;

	digits = num_format_u64(text, o->at - HEAD_ROOM);
	if (begin > HEAD_ROOM - digits - 6) {
		o->err = FG_EINVAL;
		return NULL;
	}
	*--p = FIX_SOH;
	p -= digits;
	memcpy(p, text, digits);
	p -= 3;
	memcpy(p, "\0019=", 3);
	p -= begin;
	memcpy(p, begin_string, begin);
	p -= 2;
	memcpy(p, "8=", 2);
	return p;
}

int
fix_out_end(struct fix_out *o, const char *begin_string, const char **msg,
    size_t *len)
{
	char *p, *t;
	unsigned sum;

	if (o->err != 0)
		return o->err;
	p = put_head(o, begin_string);
	if (p == NULL)
		return o->err;
	t = o->buf + o->at;
	sum = fix_checksum(p, (size_t)(t - p));
	memcpy(t, "10=", 3);
	t[3] = (char)('0' + sum / 100);
	t[4] = (char)('0' + sum / 10 % 10);
	t[5] = (char)('0' + sum % 10);
	t[6] = FIX_SOH;
	*msg = p;
	*len = (size_t)(t - p) + TRAILER_BYTES;
	return 0;
}
