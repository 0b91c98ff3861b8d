/*
 *   buf                 HEAD_ROOM                             cap
 *   |      8=FIX.4.4|9=66|35=0|34=2|...|10=231|               |
 *          ^ message      ^ body        ^ at fix_out_end
 */
#include "fix/out.h"

#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "fix/frame.h"

#define TRAILER_BYTES 7 /* 10=nnn| */
#define HEAD_ROOM     (FIX_OUT_OVERHEAD - TRAILER_BYTES)
#define TAG_MAX       10 /* digits */

void
fix_out_begin(struct fix_out *o, char *buf, size_t cap)
{
	*o = (struct fix_out){ .buf = buf, .cap = cap, .at = HEAD_ROOM };
	if (cap < FIX_OUT_OVERHEAD)
		o->err = FG_ELIMIT;
}

/* The next n bytes, or NULL; the trailer always keeps its room. */
static inline char *
take(struct fix_out *o, size_t n)
{
	char *p;

	if (o->err != 0)
		return NULL;
	if (o->cap - TRAILER_BYTES - o->at < n) {
		o->err = FG_ELIMIT;
		return NULL;
	}
	p = o->buf + o->at;
	o->at += n;
	return p;
}

static inline size_t
tag_digits(uint32_t tag)
{
	size_t n = 1;

	for (; tag >= 10; tag /= 10)
		n++;
	return n;
}

void
fix_out_bytes(struct fix_out *o, int32_t tag, const char *value, size_t n)
{
	uint32_t left = (uint32_t)tag;
	size_t digits;
	char *p;

	if (tag <= 0 && o->err == 0)
		o->err = FG_EINVAL;
	digits = tag_digits(left);
	if (n > SIZE_MAX - TAG_MAX - 2)
		n = SIZE_MAX - TAG_MAX - 2;
	p = take(o, digits + n + 2);
	if (p == NULL)
		return;
	p[digits] = '=';
	if (n > 0)
		memcpy(p + digits + 1, value, n);
	p[digits + 1 + n] = FIX_SOH;
	do {
		p[--digits] = (char)('0' + left % 10);
		left /= 10;
	} while (digits > 0);
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
	char *to = take(o, n);

	if (to != NULL && n > 0)
		memcpy(to, p, n);
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
