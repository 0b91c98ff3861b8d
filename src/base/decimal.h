/*
 * decimal.h: exact decimal numbers, for prices and quantities: up to 38 digits.
 * A result that does not fit is an error, never rounded; only division rounds.
 * Pure.
 */
#ifndef FG_BASE_DECIMAL_H
#define FG_BASE_DECIMAL_H

#include <stddef.h>
#include <stdint.h>

#define DECIMAL_SCALE_MAX  38  /* digits behind the point */
#define DECIMAL_DIV_DIGITS 18  /* a quotient's digits behind the point */
#define DECIMAL_TEXT_MAX   48  /* bytes of decimal_format's text, with its NUL */
#define DECIMAL_FLOAT_MAX  352 /* bytes of decimal_float's text, with its NUL */

/* coef / 10^scale; |coef| < 10^38. Trailing zeros are kept: 1.50 has scale 2. */
struct decimal {
	__int128 coef;
	int scale; /* 0 ... DECIMAL_SCALE_MAX */
};

/* Parse all n bytes: an optional '-', digits, and at most one '.' among them
 * (FIX's float). 0, FG_EINVAL, or FG_EOVERFLOW (too many digits). */
int decimal_parse(const char *s, size_t n, struct decimal *out);

struct decimal decimal_from_int(int64_t v);
/* By the shortest text that reads back as v. 0, FG_EINVAL (not a number,
 * infinite) or FG_EOVERFLOW. */
int decimal_from_float(double v, struct decimal *out);

/* 0 or FG_EOVERFLOW. */
int decimal_add(struct decimal a, struct decimal b, struct decimal *out);
int decimal_sub(struct decimal a, struct decimal b, struct decimal *out);
int decimal_mul(struct decimal a, struct decimal b, struct decimal *out);
/* To DECIMAL_DIV_DIGITS digits behind the point, half to even, trailing zeros
 * dropped. Also FG_EINVAL: division by zero. */
int decimal_div(struct decimal a, struct decimal b, struct decimal *out);
struct decimal decimal_neg(struct decimal a);

/* Less than, equal to or greater than 0 as a is to b; exact. */
int decimal_cmp(struct decimal a, struct decimal b);

/* Round half to even to digits (0 ... DECIMAL_SCALE_MAX) behind the point, or
 * widen with zeros. 0 or FG_EOVERFLOW. */
int decimal_round(struct decimal a, int digits, struct decimal *out);

/* The number's text, NUL-terminated: no exponent, no '+', a digit before the
 * point; returns its length. */
size_t decimal_format(char out[DECIMAL_TEXT_MAX], struct decimal a);

/*
 * A float's text for the wire: the shortest digits that read back as v, without
 * exponent and without a trailing ".0". Returns its length, or FG_EINVAL if v
 * is infinite or not a number.
 */
int decimal_float(char out[DECIMAL_FLOAT_MAX], double v);

#endif
