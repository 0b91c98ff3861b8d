/*
 * quick.h: accept the usual values without a branch for each type. For libdict
 * only. What is not surely good here is judged by the long way, which also
 * knows why; so this may say no to a good value, but never yes to a bad one.
 */
#ifndef FG_DICT_QUICK_H
#define FG_DICT_QUICK_H

#include "dict/impl.h"

#define QUICK_BYTES 16 /* read of a number at once */

#ifdef __SSE2__
#include <emmintrin.h>

/* Bit i is set if byte i is a digit. */
static inline unsigned
quick_digits(__m128i v)
{
	__m128i shifted = _mm_add_epi8(v, _mm_set1_epi8((char)(-128 - '0')));

	return (unsigned)_mm_movemask_epi8(
	    _mm_cmplt_epi8(shifted, _mm_set1_epi8(-128 + 10)));
}

/* Are the n <= 16 bytes at `at` a number, with a dot and a minus as allowed? */
static inline bool
quick_number(const struct dict_rule *r, const struct fix_msg *m, uint32_t at,
    uint32_t n)
{
	unsigned digits, dots, good, shift, within = (1U << n) - 1;
	__m128i v;

	if (m->len < QUICK_BYTES)
		return false;
	/* Near the end of the message read what stands before, and shift. */
	shift = at > m->len - QUICK_BYTES ? at - (m->len - QUICK_BYTES) : 0;
	v = _mm_loadu_si128((const __m128i *)(const void *)(m->buf + at -
	    shift));
	digits = quick_digits(v) >> shift & within;
	dots = (unsigned)_mm_movemask_epi8(
		   _mm_cmpeq_epi8(v, _mm_set1_epi8('.'))) >>
		shift &
	    within;
	good = digits | (dots & r->dots) | (m->buf[at] == '-' && r->minus);
	return good == within && digits != 0 && (dots & (dots - 1)) == 0;
}

#else

static inline bool
quick_number(const struct dict_rule *r, const struct fix_msg *m, uint32_t at,
    uint32_t n)
{
	(void)r;
	(void)m;
	(void)at;
	(void)n;
	return false;
}

#endif

/* Eight bytes as a number whose lowest byte is the first. */
static inline uint64_t
quick_eight(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
	    (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 |
	    (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

#define QUICK_ALL(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Is each of the eight bytes a digit? */
static inline bool
quick_eight_digits(uint64_t v)
{
	const uint64_t high = QUICK_ALL(0xf0), zeros = QUICK_ALL('0');

	return (v & high) == zeros &&
	    ((v + QUICK_ALL(0x06)) & high) == zeros;
}

/* The digits at two bytes, as a number; they are digits. */
static inline unsigned
quick_pair(uint64_t v, unsigned first)
{
	return (unsigned)(v >> first * 8 & 15) * 10 +
	    (unsigned)(v >> (first + 1) * 8 & 15);
}

/* loose: every month has 31 days, as QuickFIX has it. */
static inline bool
quick_date(const char *s, bool loose)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31,
		30, 31, 30, 31 };
	uint64_t v = quick_eight(s);
	unsigned year, month = quick_pair(v, 4), day = quick_pair(v, 6);

	if (!quick_eight_digits(v) || month - 1 > 11 || day == 0)
		return false;
	if (day <= days[month - 1] || (loose && day <= 31))
		return true;
	year = quick_pair(v, 0) * 100 + quick_pair(v, 2);
	return month == 2 && day == 29 && year % 4 == 0 &&
	    (year % 100 != 0 || year % 400 == 0);
}

static inline bool
quick_three(const char *s)
{
	return (unsigned char)(s[0] - '0') <= 9 &&
	    (unsigned char)(s[1] - '0') <= 9 &&
	    (unsigned char)(s[2] - '0') <= 9;
}

/* HH:MM:SS; a leap second is legal. */
static inline bool
quick_clock(const char *s)
{
	const uint64_t colons = (uint64_t)':' << 16 | (uint64_t)':' << 40;
	const uint64_t zeros = (uint64_t)'0' << 16 | (uint64_t)'0' << 40;
	uint64_t v = quick_eight(s) ^ colons ^ zeros;

	/* A colon became a zero; other digits there fail the second test. */
	return quick_eight_digits(v) &&
	    (v & (UINT64_C(15) << 16 | UINT64_C(15) << 40)) == 0 &&
	    quick_pair(v, 0) <= 23 && quick_pair(v, 3) <= 59 &&
	    quick_pair(v, 6) <= 60;
}

/* Is the value a date, or a time to the second or the millisecond? */
static inline bool
quick_stamp(enum dict_format form, const char *s, uint32_t n)
{
	if (form == DICT_FORM_TIMESTAMP && n >= 17) {
		if (s[8] != '-' || !quick_date(s, false))
			return false;
		s += 9;
		n -= 9;
	} else if (form == DICT_FORM_DATE || form == DICT_FORM_LOCAL_DATE) {
		return n == 8 && quick_date(s, false);
	} else if (form != DICT_FORM_TIME) {
		return false;
	}
	if (n != 8 && (n != 12 || s[8] != '.' || !quick_three(s + 9)))
		return false;
	return quick_clock(s);
}

/* Is the value of a member with this rule good? */
static inline bool
dict_surely_good(const struct dict_rule *r, const struct fix_msg *m,
    const struct fix_field *f)
{
	unsigned char c = (unsigned char)m->buf[f->off];

	/* Of length 0 the field has UINT32_MAX bytes here. */
	return f->len - 1 < r->sure_max &&
	    (r->chars[c / 64] >> (c % 64) & 1) != 0 &&
	    (!r->number || quick_number(r, m, f->off, f->len));
}

#endif
