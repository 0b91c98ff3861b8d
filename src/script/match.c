#include "script/match.h"

#include <ctype.h>
#include <string.h>

#define DEPTH_MAX  200 /* of recursion */
#define STEP_BYTES 16  /* compared in one step */

static const char *run(struct match *m, const char *s, const char *p);

static void
step(struct match *m)
{
	if (--m->sb->steps <= 0)
		sandbox_charge(m->L, 1);
}

/* The pattern behind the single item (a character, a class, a set) at p. */
static const char *
item_end(struct match *m, const char *p)
{
	if (*p == '%') {
		if (p + 1 == m->pat_end)
			luaL_error(m->L, "malformed pattern (ends with '%%')");
		return p + 2;
	}
	if (*p != '[')
		return p + 1;
	p += p + 1 < m->pat_end && p[1] == '^' ? 2 : 1;
	do { /* a ']' that comes first is one of the set */
		if (p >= m->pat_end)
			luaL_error(m->L, "malformed pattern (missing ']')");
		p += *p == '%' && p + 1 < m->pat_end ? 2 : 1;
	} while (p >= m->pat_end || *p != ']');
	return p + 1;
}

static bool
in_class(int c, int class)
{
	bool in;

	switch (tolower(class)) {
	case 'a':
		in = isalpha(c);
		break;
	case 'c':
		in = iscntrl(c);
		break;
	case 'd':
		in = isdigit(c);
		break;
	case 'g':
		in = isgraph(c);
		break;
	case 'l':
		in = islower(c);
		break;
	case 'p':
		in = ispunct(c);
		break;
	case 's':
		in = isspace(c);
		break;
	case 'u':
		in = isupper(c);
		break;
	case 'w':
		in = isalnum(c);
		break;
	case 'x':
		in = isxdigit(c);
		break;
	default:
		return class == c;
	}
	return isupper(class) ? !in : in;
}

/* p is at '[', end behind ']'. */
static bool
in_set(int c, const char *p, const char *end)
{
	bool wanted = true;

	end--;
	p++;
	if (*p == '^') {
		wanted = false;
		p++;
	}
	while (p < end) {
		if (*p == '%' && p + 1 < end) {
			if (in_class(c, (unsigned char)p[1]))
				return wanted;
			p += 2;
		} else if (p + 2 < end && p[1] == '-') {
			if ((unsigned char)p[0] <= c &&
			    c <= (unsigned char)p[2])
				return wanted;
			p += 3;
		} else if ((unsigned char)*p++ == c) {
			return wanted;
		}
	}
	return !wanted;
}

/* Does the item p..end match the byte at s? */
static bool
item_matches(struct match *m, const char *s, const char *p, const char *end)
{
	int c;

	step(m);
	if (s >= m->end)
		return false;
	c = (unsigned char)*s;
	switch (*p) {
	case '.':
		return true;
	case '%':
		return in_class(c, (unsigned char)p[1]);
	case '[':
		return in_set(c, p, end);
	default:
		return (unsigned char)*p == c;
	}
}

/* %bxy */
static const char *
balanced(struct match *m, const char *s, const char *p)
{
	int depth = 0;

	if (p + 3 >= m->pat_end)
		luaL_error(m->L, "malformed pattern (missing arguments to "
		    "'%%b')");
	if (s >= m->end || *s != p[2])
		return NULL;
	for (; s < m->end; s++) {
		step(m);
		if (*s == p[3] && depth > 0 && --depth == 0)
			return s + 1;
		if (*s == p[2] && (depth == 0 || p[2] != p[3]))
			depth++;
	}
	return NULL;
}

/* %f[set]: between a byte outside the set and one inside. */
static bool
at_frontier(struct match *m, const char *s, const char *set, const char *end)
{
	int before = s == m->s ? '\0' : (unsigned char)s[-1];
	int here = s == m->end ? '\0' : (unsigned char)*s;

	return !in_set(before, set, end) && in_set(here, set, end);
}

/* %1 ... %9: what the capture holds, again. */
static const char *
again(struct match *m, const char *s, int digit)
{
	int i = digit - '1';
	size_t n;

	if (i < 0 || i >= m->ncap || m->cap[i].len == MATCH_OPEN)
		luaL_error(m->L, "invalid capture index %%%d", i + 1);
	n = m->cap[i].len < 0 ? 0 : (size_t)m->cap[i].len;
	m->sb->steps -= (int64_t)(n / STEP_BYTES);
	if ((size_t)(m->end - s) < n || memcmp(s, m->cap[i].at, n) != 0)
		return NULL;
	return s + n;
}

static const char *
open_capture(struct match *m, const char *s, const char *p)
{
	bool place = p + 1 < m->pat_end && p[1] == ')';
	const char *r;

	if (m->ncap == MATCH_CAPTURES_MAX)
		luaL_error(m->L, "too many captures");
	m->cap[m->ncap].at = s;
	m->cap[m->ncap++].len = place ? MATCH_POSITION : MATCH_OPEN;
	r = run(m, s, p + (place ? 2 : 1));
	if (r == NULL)
		m->ncap--;
	return r;
}

static const char *
close_capture(struct match *m, const char *s, const char *p)
{
	const char *r;
	int i = m->ncap;

	while (i > 0 && m->cap[i - 1].len != MATCH_OPEN)
		i--;
	if (i == 0)
		luaL_error(m->L, "invalid pattern capture");
	m->cap[i - 1].len = s - m->cap[i - 1].at;
	r = run(m, s, p + 1);
	if (r == NULL)
		m->cap[i - 1].len = MATCH_OPEN;
	return r;
}

/* item* and item+ (least is 0 or 1): as many as there are, then fewer. */
static const char *
greedy(struct match *m, const char *s, const char *p, const char *end,
    ptrdiff_t least)
{
	const char *r;
	ptrdiff_t n = 0;

	while (item_matches(m, s + n, p, end))
		n++;
	for (; n >= least; n--) {
		r = run(m, s + n, end + 1);
		if (r != NULL)
			return r;
	}
	return NULL;
}

/* item-: as few as will do. */
static const char *
lazy(struct match *m, const char *s, const char *p, const char *end)
{
	const char *r;

	for (;; s++) {
		r = run(m, s, end + 1);
		if (r != NULL || !item_matches(m, s, p, end))
			return r;
	}
}

/* What starts with '%' and is no class; *r is the result if it returns true,
 * else matching goes on at *s and *p. */
static bool
special(struct match *m, const char **s, const char **p, const char **r)
{
	const char *end;

	*r = NULL;
	switch ((*p)[1]) {
	case 'b':
		*s = balanced(m, *s, *p);
		*p += 4;
		return *s == NULL;
	case 'f':
		*p += 2;
		if (*p >= m->pat_end || **p != '[')
			luaL_error(m->L, "missing '[' after '%%f' in pattern");
		end = item_end(m, *p);
		if (!at_frontier(m, *s, *p, end))
			return true;
		*p = end;
		return false;
	default: /* a digit */
		*s = again(m, *s, (unsigned char)(*p)[1]);
		*p += 2;
		return *s == NULL;
	}
}

static bool
is_special(const struct match *m, const char *p)
{
	return *p == '%' && p + 1 < m->pat_end &&
	    (p[1] == 'b' || p[1] == 'f' || isdigit((unsigned char)p[1]));
}

/* Match the pattern from p on at s: the end of the match, or NULL. */
static const char *
match_here(struct match *m, const char *s, const char *p)
{
	const char *end, *r;
	char suffix;

	while (p < m->pat_end) {
		if (*p == '(')
			return open_capture(m, s, p);
		if (*p == ')')
			return close_capture(m, s, p);
		if (*p == '$' && p + 1 == m->pat_end)
			return s == m->end ? s : NULL;
		if (is_special(m, p)) {
			if (special(m, &s, &p, &r))
				return r;
			continue;
		}
		end = item_end(m, p);
		suffix = '\0';
		if (end < m->pat_end)
			suffix = *end;
		if (suffix == '*' || suffix == '+')
			return greedy(m, s, p, end, suffix == '+');
		if (suffix == '-')
			return lazy(m, s, p, end);
		if (suffix == '?') {
			if (item_matches(m, s, p, end) &&
			    (r = run(m, s + 1, end + 1)) != NULL)
				return r;
			p = end + 1;
			continue;
		}
		if (!item_matches(m, s, p, end))
			return NULL;
		s++;
		p = end;
	}
	return s;
}

static const char *
run(struct match *m, const char *s, const char *p)
{
	const char *r;

	step(m);
	if (++m->depth > DEPTH_MAX)
		luaL_error(m->L, "pattern too complex");
	r = match_here(m, s, p);
	m->depth--;
	return r;
}

const char *
match_at(struct match *m, const char *s, const char *p)
{
	m->ncap = 0;
	m->depth = 0;
	return run(m, s, p);
}

struct match
match_new(lua_State *L, const char *s, size_t n, const char *p, size_t np)
{
	struct match m = { .L = L, .sb = sandbox_of(L), .s = s, .end = s + n,
		.pat_end = p + np };

	return m;
}
