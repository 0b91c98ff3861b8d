#include "base/decimal.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

typedef unsigned __int128 u128;

/* 10^k, k <= DECIMAL_SCALE_MAX: 10^38 is the last that fits an __int128. */
static u128
power(int k)
{
	u128 p = 1;

	while (k-- > 0)
		p *= 10;
	return p;
}

static u128
magnitude(__int128 v)
{
	return v < 0 ? -(u128)v : (u128)v;
}

/* *v * 10^k, if it stays below 10^38. */
static bool
widen(u128 *v, int k)
{
	const u128 max = power(DECIMAL_SCALE_MAX);
	u128 p;

	if (*v == 0)
		return true;
	if (k > DECIMAL_SCALE_MAX)
		return false;
	p = power(k);
	if (*v > (max - 1) / p)
		return false;
	*v *= p;
	return true;
}

static int
make(bool negative, u128 v, int scale, struct decimal *out)
{
	if (v >= power(DECIMAL_SCALE_MAX) || scale > DECIMAL_SCALE_MAX)
		return FG_EOVERFLOW;
	out->coef = negative ? -(__int128)v : (__int128)v;
	out->scale = scale;
	return 0;
}

int
decimal_parse(const char *s, size_t n, struct decimal *out)
{
	bool negative = n > 0 && s[0] == '-', point = false, many = false;
	u128 v = 0;
	int scale = 0;
	size_t i, digits = 0;

	for (i = negative; i < n; i++) {
		if (s[i] == '.' && !point) {
			point = true;
			continue;
		}
		if (s[i] < '0' || s[i] > '9')
			return FG_EINVAL;
		digits++;
		many = many || !widen(&v, 1) || scale == DECIMAL_SCALE_MAX;
		if (many)
			continue;
		v += (u128)(s[i] - '0');
		scale += point;
	}
	if (digits == 0)
		return FG_EINVAL;
	return many ? FG_EOVERFLOW : make(negative, v, scale, out);
}

struct decimal
decimal_from_int(int64_t v)
{
	return (struct decimal){ .coef = v, .scale = 0 };
}

int
decimal_from_float(double v, struct decimal *out)
{
	char text[DECIMAL_FLOAT_MAX];
	int n = decimal_float(text, v);

	return n < 0 ? n : decimal_parse(text, (size_t)n, out);
}

/* Bring both to the larger scale. */
static int
align(struct decimal *a, struct decimal *b)
{
	struct decimal *low = a->scale < b->scale ? a : b;
	int scale = a->scale < b->scale ? b->scale : a->scale;
	u128 v = magnitude(low->coef);

	if (!widen(&v, scale - low->scale))
		return FG_EOVERFLOW;
	return make(low->coef < 0, v, scale, low);
}

int
decimal_add(struct decimal a, struct decimal b, struct decimal *out)
{
	__int128 sum;

	if (align(&a, &b) != 0)
		return FG_EOVERFLOW;
	/* Both are below 10^38, and 2^127 is 1.7 times that. */
	if (__builtin_add_overflow(a.coef, b.coef, &sum))
		return FG_EOVERFLOW;
	return make(sum < 0, magnitude(sum), a.scale, out);
}

int
decimal_sub(struct decimal a, struct decimal b, struct decimal *out)
{
	return decimal_add(a, decimal_neg(b), out);
}

/* Drop zeros at the end, so that a product needs no more digits than it has. */
static struct decimal
shorten(struct decimal a, int keep)
{
	while (a.scale > keep && a.coef % 10 == 0) {
		a.coef /= 10;
		a.scale--;
	}
	return a;
}

int
decimal_mul(struct decimal a, struct decimal b, struct decimal *out)
{
	u128 v;

	if (__builtin_mul_overflow(magnitude(a.coef), magnitude(b.coef), &v) ||
	    a.scale + b.scale > DECIMAL_SCALE_MAX ||
	    v >= power(DECIMAL_SCALE_MAX)) {
		a = shorten(a, 0);
		b = shorten(b, 0);
		if (__builtin_mul_overflow(magnitude(a.coef),
		    magnitude(b.coef), &v))
			return FG_EOVERFLOW;
	}
	return make((a.coef < 0) != (b.coef < 0), v, a.scale + b.scale, out);
}

/* v / 10^k, half to even; odd says that there was a remainder before. */
static u128
narrow(u128 v, int k, bool odd)
{
	u128 p = power(k), half = p / 2, rest = v % p;

	v /= p;
	if (rest > half || (rest == half && (odd || v % 2 == 1)))
		v++;
	return v;
}

int
decimal_div(struct decimal a, struct decimal b, struct decimal *out)
{
	u128 n, d = magnitude(b.coef), q, rest;
	int scale, err;

	if (d == 0)
		return FG_EINVAL;
	a = shorten(a, 0);
	b = shorten(b, 0);
	n = magnitude(a.coef);
	d = magnitude(b.coef);
	/* Digit by digit, one more than is asked for. */
	q = n / d;
	rest = n % d;
	for (scale = a.scale - b.scale; scale <= DECIMAL_DIV_DIGITS; scale++) {
		if (rest == 0 && scale >= 0)
			break;
		if (rest > ~(u128)0 / 10 || !widen(&q, 1))
			return FG_EOVERFLOW;
		rest *= 10;
		q += rest / d;
		rest %= d;
	}
	if (scale > DECIMAL_DIV_DIGITS) {
		q = narrow(q, scale - DECIMAL_DIV_DIGITS, rest != 0);
		scale = DECIMAL_DIV_DIGITS;
	}
	err = make((a.coef < 0) != (b.coef < 0), q, scale, out);
	if (err == 0)
		*out = shorten(*out, 0);
	return err;
}

struct decimal
decimal_neg(struct decimal a)
{
	a.coef = -a.coef;
	return a;
}

/* The part behind the point, as a number of 38 digits. */
static u128
fraction(struct decimal a)
{
	return magnitude(a.coef) % power(a.scale) *
	    power(DECIMAL_SCALE_MAX - a.scale);
}

static int
compare(u128 a, u128 b)
{
	return a < b ? -1 : a > b;
}

int
decimal_cmp(struct decimal a, struct decimal b)
{
	int c;

	if ((a.coef < 0) != (b.coef < 0))
		return a.coef < 0 ? -1 : 1;
	c = compare(magnitude(a.coef) / power(a.scale),
	    magnitude(b.coef) / power(b.scale));
	if (c == 0)
		c = compare(fraction(a), fraction(b));
	return a.coef < 0 ? -c : c;
}

int
decimal_round(struct decimal a, int digits, struct decimal *out)
{
	u128 v = magnitude(a.coef);

	if (digits >= a.scale) {
		if (!widen(&v, digits - a.scale))
			return FG_EOVERFLOW;
	} else {
		v = narrow(v, a.scale - digits, false);
	}
	return make(a.coef < 0, v, digits, out);
}

size_t
decimal_format(char out[DECIMAL_TEXT_MAX], struct decimal a)
{
	char text[DECIMAL_TEXT_MAX], *p = text + sizeof(text);
	u128 v = magnitude(a.coef);
	int i;

	*--p = '\0';
	for (i = 0; i < a.scale || v > 0 || i == a.scale; i++) {
		if (i == a.scale && i > 0)
			*--p = '.';
		*--p = (char)('0' + (int)(v % 10));
		v /= 10;
	}
	if (a.coef < 0)
		*--p = '-';
	memcpy(out, p, (size_t)(text + sizeof(text) - p));
	return (size_t)(text + sizeof(text) - p) - 1;
}

/* Append n zeros. */
static char *
zeros(char *p, int n)
{
	if (n > 0) {
		memset(p, '0', (size_t)n);
		p += n;
	}
	return p;
}

int
decimal_float(char out[DECIMAL_FLOAT_MAX], double v)
{
	char e[32], digit[32], *p = out;
	int precision, exponent, n = 0, i;

	if (!isfinite(v))
		return FG_EINVAL;
	for (precision = 0; precision < 17; precision++) {
		snprintf(e, sizeof(e), "%.*e", precision, v);
		if (strtod(e, NULL) == v)
			break;
	}
	for (i = e[0] == '-'; e[i] != 'e'; i++)
		if (e[i] != '.')
			digit[n++] = e[i];
	exponent = atoi(e + i + 1);
	while (n > 1 && digit[n - 1] == '0')
		n--;
	if (e[0] == '-' && v != 0)
		*p++ = '-';
	if (exponent < 0) {
		*p++ = '0';
		*p++ = '.';
		p = zeros(p, -exponent - 1);
	}
	for (i = 0; i < n; i++) {
		if (i > 0 && i == exponent + 1)
			*p++ = '.';
		*p++ = digit[i];
	}
	p = zeros(p, exponent + 1 - n);
	*p = '\0';
	return (int)(p - out);
}
