/*
 * check.c: the forms of values. A value ends before an SOH, so no check looks
 * at n[0]; the caller has refused empty values.
 */
#include <string.h>

#include "base/num.h"
#include "dict/quick.h"

#define SURE_DIGITS 18 /* that many always fit 64 bits */

static inline bool
digit(char c)
{
	return (unsigned char)(c - '0') <= 9;
}

static bool
digits(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!digit(s[i]))
			return false;
	return true;
}

/* Two digits as a number, or a number over 99. */
static inline unsigned
two(const char *s)
{
	unsigned a = (unsigned char)(s[0] - '0');
	unsigned b = (unsigned char)(s[1] - '0');

	return a <= 9 && b <= 9 ? a * 10 + b : 255;
}

static bool
form_int(const char *s, size_t n)
{
	int64_t v;
	size_t sign = s[0] == '-';

	if (n - sign <= SURE_DIGITS)
		return n > sign && digits(s + sign, n - sign);
	return num_parse_i64(s, n, &v) == 0;
}

static bool
form_count(const char *s, size_t n)
{
	uint64_t v;

	if (n <= SURE_DIGITS)
		return digits(s, n);
	return num_parse_u64(s, n, &v) == 0;
}

/* Digits with at most one point: ".5" and "23." are legal, "." is not. */
static bool
form_float(const char *s, size_t n)
{
	size_t i, points = 0;

	if (s[0] == '-') {
		s++;
		n--;
	}
	for (i = 0; i < n; i++) {
		if (digit(s[i]))
			continue;
		if (s[i] != '.')
			return false;
		points++;
	}
	return points <= 1 && n > points;
}

static bool
form_date(const char *s, size_t n, bool loose)
{
	return n == 8 && quick_date(s, loose);
}

/* Nothing, or a point and 3, 6, 9 or 12 digits; loose: up to 12. */
static bool
fraction(const char *s, size_t n, bool loose)
{
	if (n == 0)
		return true;
	if (n == 4)
		return s[0] == '.' && digit(s[1]) && digit(s[2]) &&
		    digit(s[3]);
	if (s[0] != '.' || n > 13 || !digits(s + 1, n - 1))
		return false;
	return loose || (n > 1 && (n - 1) % 3 == 0);
}

static bool
form_time(const char *s, size_t n, bool loose)
{
	return n >= 8 && quick_clock(s) && fraction(s + 8, n - 8, loose);
}

static bool
form_timestamp(const char *s, size_t n, bool loose)
{
	return n >= 17 && quick_date(s, loose) && s[8] == '-' &&
	    form_time(s + 9, n - 9, loose);
}

/* Z, or a sign with hh or hh:mm. */
static bool
zone(const char *s, size_t n)
{
	if (n == 1)
		return s[0] == 'Z';
	if (n != 3 && n != 6)
		return false;
	if ((s[0] != '+' && s[0] != '-') || two(s + 1) > 23)
		return false;
	return n == 3 || (s[3] == ':' && two(s + 4) <= 59);
}

static size_t
before_zone(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (s[i] == 'Z' || s[i] == '+' || s[i] == '-')
			break;
	return i;
}

static bool
form_tz_time(const char *s, size_t n)
{
	size_t t = before_zone(s, n);

	if (!zone(s + t, n - t))
		return false;
	if (t == 5)
		return two(s) <= 23 && s[2] == ':' && two(s + 3) <= 59;
	return form_time(s, t, false);
}

static bool
form_tz_timestamp(const char *s, size_t n)
{
	size_t t;

	if (n < 18)
		return false;
	t = 9 + before_zone(s + 9, n - 9);
	return form_timestamp(s, t, false) && zone(s + t, n - t);
}

/* YYYYMM, YYYYMMDD, or YYYYMM and w1 ... w5. */
static bool
form_month_year(const char *s, size_t n)
{
	if (n == 8 && s[6] == 'w')
		n = s[7] >= '1' && s[7] <= '5' ? 6 : 0;
	if (n == 8)
		return form_date(s, n, false);
	return n == 6 && digits(s, 4) && two(s + 4) - 1 <= 11;
}

/* Words of one byte (or of any length) with one space between. */
static bool
form_words(const char *s, size_t n, bool single)
{
	size_t i, len = 0;

	for (i = 0; i <= n; i++) {
		if (i < n && s[i] != ' ') {
			len++;
			continue;
		}
		if (len == 0 || (single && len != 1))
			return false;
		len = 0;
	}
	return true;
}

static bool
letter(char c)
{
	return (unsigned char)((c | 0x20) - 'a') < 26;
}

bool
dict_form_ok(enum dict_format form, const char *s, size_t n, bool loose)
{
	if (loose && form >= DICT_FORM_OURS)
		return true;
	switch (form) {
	case DICT_FORM_ANY:
		return true;
	case DICT_FORM_CHAR:
		return n == 1;
	case DICT_FORM_INT:
		return form_int(s, n);
	case DICT_FORM_COUNT:
		return form_count(s, n) || (loose && form_int(s, n));
	case DICT_FORM_FLOAT:
		return form_float(s, n);
	case DICT_FORM_BOOLEAN:
		return n == 1 && (s[0] == 'Y' || s[0] == 'N');
	case DICT_FORM_TIMESTAMP:
		return form_timestamp(s, n, loose);
	case DICT_FORM_TIME:
		return form_time(s, n, loose);
	case DICT_FORM_DATE:
	case DICT_FORM_LOCAL_DATE:
		return form_date(s, n, loose);
	case DICT_FORM_TAG:
		return form_count(s, n) && s[0] != '0';
	case DICT_FORM_DAY:
		if (n > 1 && s[0] == '0')
			return n == 2 && s[1] >= '1' && s[1] <= '9';
		return n <= 2 && digits(s, n) && s[0] != '0' &&
		    (n == 1 || two(s) <= 31);
	case DICT_FORM_CHARS:
		return form_words(s, n, true);
	case DICT_FORM_TOKENS:
		return form_words(s, n, false);
	case DICT_FORM_LOCAL_TIME:
		return n == 8 && quick_clock(s);
	case DICT_FORM_MONTH_YEAR:
		return form_month_year(s, n);
	case DICT_FORM_TZ_TIME:
		return form_tz_time(s, n);
	case DICT_FORM_TZ_TIMESTAMP:
		return form_tz_timestamp(s, n);
	case DICT_FORM_LETTERS:
		return n == 2 && letter(s[0]) && letter(s[1]);
	}
	return true;
}
