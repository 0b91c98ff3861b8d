/*
 * tzif.c: the files of the zone database (RFC 8536), all numbers big-endian:
 *
 *	+--------------------------------+
 *	| header of version 1, 44 bytes  |  "TZif", version, 15 unused, counts
 *	| data with times of 4 bytes     |  skipped
 *	+--------------------------------+
 *	| header again                   |
 *	| times         8 * timecnt      |  of the changes
 *	| types         1 * timecnt      |  which of the types begins
 *	| local types   6 * typecnt      |  offset 4, is DST 1, name 1
 *	| names, leap seconds, flags     |  skipped
 *	+--------------------------------+
 *	| \n footer \n                   |  the rule after the last change:
 *	+--------------------------------+  "GMT0BST,M3.5.0/1,M10.5.0", as TZ
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/cursor.h"
#include "base/err.h"
#include "schedule/zone.h"

#define LAST_YEAR  2261  /* of wall_t */
#define COUNT_MAX  65536 /* of changes in a file, far more than any has */
#define OFFSET_MAX (25 * 3600)
#define DAY_S      86400

struct counts {
	char version;
	uint32_t isut, isstd, leap, time, type, chars;
};

static struct counts
get_header(struct cursor *c)
{
	const char *magic = cursor_get(c, 4);
	struct counts n = { 0 };

	if (magic == NULL || memcmp(magic, "TZif", 4) != 0) {
		c->err = FG_EINVAL;
		return n;
	}
	n.version = (char)cursor_get8(c);
	cursor_get(c, 15);
	n.isut = cursor_get32(c);
	n.isstd = cursor_get32(c);
	n.leap = cursor_get32(c);
	n.time = cursor_get32(c);
	n.type = cursor_get32(c);
	n.chars = cursor_get32(c);
	if (n.isut > COUNT_MAX || n.isstd > COUNT_MAX || n.leap > COUNT_MAX ||
	    n.time > COUNT_MAX || n.type == 0 || n.type > 256 ||
	    n.chars > COUNT_MAX)
		c->err = FG_EINVAL;
	return n;
}

/* ---- the footer ---- */

enum rule_form { RULE_MONTH, RULE_JULIAN, RULE_DAY };

/* When a change is, each year: Mm.w.d, Jn or n, and the local time. */
struct rule {
	enum rule_form form;
	int month, week, day;
	int32_t time;
};

/* What is left of the text; err is sticky. */
struct text {
	const char *p, *end;
	int err;
};

static int
peek(const struct text *t)
{
	return t->err != 0 || t->p == t->end ? '\0' : *t->p;
}

static int
take(struct text *t, char c)
{
	if (peek(t) != c)
		return 0;
	t->p++;
	return 1;
}

static int
take_number(struct text *t, int low, int high)
{
	int v = 0, digits = 0;

	for (; peek(t) >= '0' && peek(t) <= '9' && v <= high; digits++)
		v = v * 10 + (*t->p++ - '0');
	if (digits == 0 || v < low || v > high) {
		t->err = FG_EINVAL;
		return low;
	}
	return v;
}

static void
skip_name(struct text *t)
{
	const char *start = t->p;

	if (take(t, '<')) {
		while (peek(t) != '\0' && peek(t) != '>')
			t->p++;
		if (!take(t, '>'))
			t->err = FG_EINVAL;
		return;
	}
	while ((peek(t) >= 'A' && peek(t) <= 'Z') ||
	    (peek(t) >= 'a' && peek(t) <= 'z'))
		t->p++;
	if (t->p == start)
		t->err = FG_EINVAL;
}

/* [+-]hh[:mm[:ss]] */
static int32_t
take_time(struct text *t, int hours)
{
	int32_t sign = 1, s;

	if (take(t, '-'))
		sign = -1;
	else
		take(t, '+');
	s = take_number(t, 0, hours) * 3600;
	if (take(t, ':'))
		s += take_number(t, 0, 59) * 60;
	if (take(t, ':'))
		s += take_number(t, 0, 59);
	return sign * s;
}

static struct rule
take_rule(struct text *t)
{
	struct rule r = { .time = 2 * 3600 };

	if (!take(t, ','))
		t->err = FG_EINVAL;
	if (take(t, 'M')) {
		r.form = RULE_MONTH;
		r.month = take_number(t, 1, 12);
		if (!take(t, '.'))
			t->err = FG_EINVAL;
		r.week = take_number(t, 1, 5);
		if (!take(t, '.'))
			t->err = FG_EINVAL;
		r.day = take_number(t, 0, 6);
	} else if (take(t, 'J')) {
		r.form = RULE_JULIAN;
		r.day = take_number(t, 1, 365);
	} else {
		r.form = RULE_DAY;
		r.day = take_number(t, 0, 365);
	}
	if (take(t, '/'))
		r.time = take_time(t, 167);
	return r;
}

static int
is_leap(int64_t y)
{
	return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
}

/* The day of the rule in the year, as days since 1970. */
static int64_t
rule_day(const struct rule *r, int64_t year)
{
	int64_t first, next, day;
	int m = r->month;

	switch (r->form) {
	case RULE_MONTH:
		break;
	case RULE_JULIAN: /* 29 February is never counted */
		day = days_from_civil(year, 1, 1) + r->day - 1;
		return day + (is_leap(year) && r->day > 59);
	case RULE_DAY:
		return days_from_civil(year, 1, 1) + r->day;
	}
	first = days_from_civil(year, (unsigned)m, 1);
	next = m == 12 ? days_from_civil(year + 1, 1, 1)
	    : days_from_civil(year, (unsigned)m + 1, 1);
	/* 1970-01-01 was a Thursday. */
	day = first + (r->day - (first + 4) % 7 + 7) % 7 + 7 * (r->week - 1);
	return day < next ? day : day - 7;
}

static int
add_change(struct zone *z, int64_t at, int32_t offset)
{
	struct zone_change *c;

	if (z->n > 0 && at <= z->change[z->n - 1].at)
		return 0; /* the table says it already */
	c = realloc(z->change, (z->n + 1) * sizeof(*c));
	if (c == NULL)
		return FG_ENOMEM;
	z->change = c;
	c[z->n++] = (struct zone_change){ at, offset };
	return 0;
}

/* Both changes of a year, the earlier one first. */
static int
add_year(struct zone *z, int64_t year, const struct rule rule[2],
    const int32_t offset[2])
{
	int64_t at[2];
	int i, k, err = 0;

	for (i = 0; i < 2; i++)
		at[i] = rule_day(&rule[i], year) * DAY_S + rule[i].time -
		    offset[1 - i];
	k = at[1] < at[0];
	for (i = 0; i < 2 && err == 0; i++, k = 1 - k)
		err = add_change(z, at[k], offset[k]);
	return err;
}

/* rule[0] begins summer time, offset[0] is summer's. */
static int
add_rule(struct zone *z, const char *p, size_t n)
{
	struct text t = { .p = p, .end = p + n };
	int64_t y = 1970;
	struct rule rule[2];
	int32_t offset[2];
	unsigned m, d;
	int err = 0;

	skip_name(&t);
	offset[1] = -take_time(&t, 24); /* POSIX counts to the west */
	if (t.err != 0)
		return t.err;
	if (t.p == t.end) {
		if (z->n == 0)
			z->first = offset[1];
		return 0;
	}
	skip_name(&t);
	offset[0] = peek(&t) == ',' ? offset[1] + 3600 : -take_time(&t, 24);
	rule[0] = take_rule(&t);
	rule[1] = take_rule(&t);
	if (t.err != 0 || t.p != t.end)
		return FG_EINVAL;
	if (z->n > 0)
		civil_from_days(z->change[z->n - 1].at / DAY_S, &y, &m, &d);
	if (y < 1970)
		y = 1970;
	for (; y <= LAST_YEAR && err == 0; y++)
		err = add_year(z, y, rule, offset);
	return err;
}

/* ---- the file ---- */

static int
get_changes(struct zone *z, struct cursor *c, const struct counts *n)
{
	const unsigned char *type;
	struct cursor times = *c, types;
	int32_t offset[256];
	int64_t at, last = 0;
	uint32_t i;

	cursor_get(c, (size_t)n->time * 8);
	type = (const void *)cursor_get(c, n->time);
	types = *c;
	cursor_get(c, (size_t)n->type * 6);
	if (c->err != 0)
		return c->err;
	for (i = 0; i < n->type; i++) {
		offset[i] = (int32_t)cursor_get32(&types);
		cursor_get(&types, 2);
		if (offset[i] < -OFFSET_MAX || offset[i] > OFFSET_MAX)
			return FG_EINVAL;
	}
	z->first = offset[0];
	z->change = calloc((size_t)n->time + 1, sizeof(*z->change));
	if (z->change == NULL)
		return FG_ENOMEM;
	for (i = 0; i < n->time; i++, last = at) {
		at = (int64_t)cursor_get64(&times);
		if (type[i] >= n->type || (i > 0 && at <= last))
			return FG_EINVAL;
		z->change[z->n++] = (struct zone_change){ at,
			offset[type[i]] };
	}
	return 0;
}

static int
get_footer(struct zone *z, struct cursor *c)
{
	const char *p, *end;
	size_t left = c->n - c->at;

	p = cursor_get(c, left);
	if (p == NULL || left < 2 || *p != '\n')
		return FG_EINVAL;
	p++;
	end = memchr(p, '\n', left - 1);
	if (end == NULL)
		return FG_EINVAL;
	return end == p ? 0 : add_rule(z, p, (size_t)(end - p));
}

int
zone_parse(struct zone *out, const void *bytes, size_t len)
{
	struct cursor c = cursor_over(bytes, len);
	struct counts n = get_header(&c);
	int err;

	*out = (struct zone){ 0 };
	if (c.err != 0)
		return FG_EINVAL;
	if (n.version < '2')
		return FG_EFORMAT;
	cursor_get(&c, (size_t)n.time * 5 + (size_t)n.type * 6 + n.chars +
	    (size_t)n.leap * 8 + n.isstd + n.isut);
	n = get_header(&c);
	err = c.err != 0 ? FG_EINVAL : get_changes(out, &c, &n);
	cursor_get(&c, (size_t)n.chars + (size_t)n.leap * 12 + n.isstd +
	    n.isut);
	if (err == 0)
		err = c.err != 0 ? FG_EINVAL : get_footer(out, &c);
	if (err != 0)
		zone_free(out);
	return err == FG_EPARTIAL ? FG_EINVAL : err;
}

void
zone_free(struct zone *z)
{
	free(z->change);
	*z = (struct zone){ 0 };
}
