#include "base/clock.h"

#include "base/err.h"

#define SECONDS_PER_DAY 86400
#define STAMP_SECONDS   17 /* bytes of YYYYMMDD-HH:MM:SS */
#define FRACTION_MAX    12 /* picoseconds */

mono_t
mono_add(mono_t t, int64_t ns)
{
	mono_t r;

	if (__builtin_add_overflow(t.ns, ns, &r.ns))
		return MONO_NEVER;
	return r;
}

int
mono_before(mono_t a, mono_t b)
{
	return a.ns < b.ns;
}

mono_t
mono_min(mono_t a, mono_t b)
{
	return a.ns < b.ns ? a : b;
}

/* Shift the year to start in March, so that the leap day comes last; an era
 * is the 400 years (146097 days) after which the calendar repeats. */
int64_t
days_from_civil(int64_t y, unsigned m, unsigned d)
{
	int64_t era, yoe, doy, doe;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = y - era * 400;
	doy = (153 * ((int64_t)m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + doe - 719468;
}

void
civil_from_days(int64_t days, int64_t *y, unsigned *m, unsigned *d)
{
	int64_t era, doe, yoe, doy, mp;

	days += 719468;
	era = (days >= 0 ? days : days - 146096) / 146097;
	doe = days - era * 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	*d = (unsigned)(doy - (153 * mp + 2) / 5 + 1);
	*m = (unsigned)(mp < 10 ? mp + 3 : mp - 9);
	*y = yoe + era * 400 + (*m <= 2);
}

static void
put_digits(char *out, unsigned v, int n)
{
	while (n-- > 0) {
		out[n] = (char)('0' + v % 10);
		v /= 10;
	}
}

size_t
wall_format(char *out, wall_t t, unsigned digits)
{
	static const unsigned cut[] = { 1000000000, 100000000, 10000000,
		1000000, 100000, 10000, 1000, 100, 10, 1 };
	int64_t sec, frac, days, y;
	unsigned m, d, s;

	sec = t.ns / NS_PER_S;
	frac = t.ns % NS_PER_S;
	if (frac < 0) {
		frac += NS_PER_S;
		sec--;
	}
	days = sec / SECONDS_PER_DAY;
	sec %= SECONDS_PER_DAY;
	if (sec < 0) {
		sec += SECONDS_PER_DAY;
		days--;
	}
	civil_from_days(days, &y, &m, &d);
	s = (unsigned)sec;
	put_digits(out, (unsigned)y, 4);
	put_digits(out + 4, m, 2);
	put_digits(out + 6, d, 2);
	out[8] = '-';
	put_digits(out + 9, s / 3600, 2);
	out[11] = ':';
	put_digits(out + 12, s / 60 % 60, 2);
	out[14] = ':';
	put_digits(out + 15, s % 60, 2);
	if (digits == 0)
		return STAMP_SECONDS;
	if (digits > 9)
		digits = 9;
	out[17] = '.';
	put_digits(out + 18, (unsigned)frac / cut[digits], (int)digits);
	return STAMP_SECONDS + 1 + digits;
}

/* Parse n digits; -1 if one of them is none. */
static int
digits_at(const char *s, int n)
{
	int v = 0;

	while (n-- > 0) {
		if (*s < '0' || *s > '9')
			return -1;
		v = v * 10 + (*s++ - '0');
	}
	return v;
}

static unsigned
month_days(int y, int m)
{
	static const unsigned char len[] = { 31, 28, 31, 30, 31, 30, 31, 31,
		30, 31, 30, 31 };

	if (m == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0))
		return 29;
	return len[m - 1];
}

static int
fraction_ns(const char *s, size_t n, int64_t *out)
{
	int64_t v = 0;
	size_t i;

	if (n == 0 || n > FRACTION_MAX)
		return FG_EINVAL;
	for (i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return FG_EINVAL;
		if (i < 9)
			v = v * 10 + (s[i] - '0');
	}
	for (; i < 9; i++)
		v *= 10;
	*out = v;
	return 0;
}

int
wall_parse(const char *s, size_t n, wall_t *out)
{
	int y, mo, d, h, mi, sec;
	int64_t frac = 0;

	if (n < STAMP_SECONDS || s[8] != '-' || s[11] != ':' || s[14] != ':')
		return FG_EINVAL;
	y = digits_at(s, 4);
	mo = digits_at(s + 4, 2);
	d = digits_at(s + 6, 2);
	h = digits_at(s + 9, 2);
	mi = digits_at(s + 12, 2);
	sec = digits_at(s + 15, 2);
	if (y < 1678 || y > 2261 || mo < 1 || mo > 12 || d < 1 ||
	    (unsigned)d > month_days(y, mo) || h < 0 || h > 23 || mi < 0 ||
	    mi > 59 || sec < 0 || sec > 60)
		return FG_EINVAL;
	if (n > STAMP_SECONDS && (s[STAMP_SECONDS] != '.' ||
	    fraction_ns(s + STAMP_SECONDS + 1, n - STAMP_SECONDS - 1, &frac) != 0))
		return FG_EINVAL;
	out->ns = ((days_from_civil(y, (unsigned)mo, (unsigned)d) *
	    SECONDS_PER_DAY) + h * 3600 + mi * 60 + sec) * NS_PER_S + frac;
	return 0;
}
