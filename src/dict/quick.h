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
