#include "script/scan.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define DEPTH_MAX 220 /* Lua's own limit is 200 */

enum token { END, NAME, OPENS, CLOSES, BRACE, UNBRACE, SEPARATOR, ASSIGN,
	OTHER };

struct lexer {
	const char *p, *end;
	unsigned line;
	const char *name; /* of NAME */
	size_t len;
};

/* An open bracket or block: the number of a constructor, or 0. */
struct level {
	unsigned table;
	enum token last; /* before the token at hand */
};

static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* At "[[" or "[==[": the number of '=', else -1. */
static int
long_bracket(const struct lexer *x)
{
	const char *p = x->p + 1;

	while (p < x->end && *p == '=')
		p++;
	return p < x->end && *p == '[' ? (int)(p - x->p) - 1 : -1;
}

static void
skip_long(struct lexer *x, int level)
{
	int n;

	for (x->p += level + 2; x->p < x->end; x->p++) {
		x->line += *x->p == '\n';
		if (*x->p != ']')
			continue;
		for (n = 0; x->p + n + 1 < x->end && x->p[n + 1] == '='; n++)
			;
		if (n == level && x->p + n + 1 < x->end &&
		    x->p[n + 1] == ']') {
			x->p += n + 2;
			return;
		}
	}
}

static void
skip_string(struct lexer *x)
{
	char quote = *x->p++;

	while (x->p < x->end && *x->p != quote && *x->p != '\n') {
		if (*x->p == '\\' && x->p + 1 < x->end) {
			x->p++;
			x->line += *x->p == '\n';
		}
		x->p++;
	}
	if (x->p < x->end && *x->p == quote)
		x->p++;
}

static void
skip_comment(struct lexer *x)
{
	int level;

	x->p += 2;
	level = x->p < x->end && *x->p == '[' ? long_bracket(x) : -1;
	if (level >= 0) {
		skip_long(x, level);
		return;
	}
	while (x->p < x->end && *x->p != '\n')
		x->p++;
}

static bool
is_keyword(const struct lexer *x, const char *const *word)
{
	for (; *word != NULL; word++)
		if (strlen(*word) == x->len &&
		    memcmp(*word, x->name, x->len) == 0)
			return true;
	return false;
}

static enum token
word(struct lexer *x)
{
	static const char *const opens[] = { "function", "do", "if", "repeat",
		NULL };
	static const char *const closes[] = { "end", "until", NULL };

	x->name = x->p;
	while (x->p < x->end && is_word(*x->p))
		x->p++;
	x->len = (size_t)(x->p - x->name);
	if (is_keyword(x, opens))
		return OPENS;
	if (is_keyword(x, closes))
		return CLOSES;
	return isdigit((unsigned char)*x->name) ? OTHER : NAME;
}

static enum token
mark(struct lexer *x)
{
	char c = *x->p++;

	switch (c) {
	case '{':
		return BRACE;
	case '}':
		return UNBRACE;
	case '(':
	case '[':
		return OPENS;
	case ')':
	case ']':
		return CLOSES;
	case ',':
	case ';':
		return SEPARATOR;
	case '=':
		if (x->p < x->end && *x->p == '=') {
			x->p++;
			return OTHER;
		}
		return ASSIGN;
	case '~':
	case '<':
	case '>':
		if (x->p < x->end && *x->p == '=')
			x->p++;
		return OTHER;
	default:
		return OTHER;
	}
}

static enum token
next(struct lexer *x)
{
	while (x->p < x->end) {
		if (*x->p == '\n')
			x->line++;
		if (isspace((unsigned char)*x->p)) {
			x->p++;
		} else if (*x->p == '-' && x->p + 1 < x->end &&
		    x->p[1] == '-') {
			skip_comment(x);
		} else if (*x->p == '"' || *x->p == '\'') {
			skip_string(x);
			return OTHER;
		} else if (*x->p == '[' && long_bracket(x) >= 0) {
			skip_long(x, long_bracket(x));
			return OTHER;
		} else if (is_word(*x->p)) {
			return word(x);
		} else {
			return mark(x);
		}
	}
	return END;
}

static int
add_key(struct scan *s, const struct lexer *name, unsigned table)
{
	size_t i, cap = s->cap == 0 ? 64 : s->cap * 2;
	struct scan_key *k;

	if (s->n == s->cap) {
		k = realloc(s->key, cap * sizeof(*k));
		if (k == NULL)
			return FG_ENOMEM;
		s->key = k;
		s->cap = cap;
	}
	k = &s->key[s->n];
	*k = (struct scan_key){ .name = name->name, .len = name->len,
		.line = name->line, .table = table };
	/* Only this constructor's keys and those inside it are behind. */
	for (i = s->n; i-- > 0 && s->key[i].table >= table;)
		if (s->key[i].table == table && s->key[i].len == k->len &&
		    memcmp(s->key[i].name, k->name, k->len) == 0)
			k->first = s->key[i].line;
	s->n++;
	return 0;
}

int
scan_source(struct scan *s, const char *text, size_t len)
{
	struct lexer x = { .p = text, .end = text + len, .line = 1 }, name;
	struct level level[DEPTH_MAX] = { { 0, OTHER } };
	unsigned depth = 0, tables = 0;
	enum token t = next(&x);

	while (t != END) {
		if (t == NAME && level[depth].table != 0 &&
		    (level[depth].last == BRACE ||
			level[depth].last == SEPARATOR)) {
			name = x;
			level[depth].last = NAME;
			t = next(&x);
			if (t == ASSIGN &&
			    add_key(s, &name, level[depth].table) != 0)
				return FG_ENOMEM;
			continue;
		}
		level[depth].last = t;
		if (t == BRACE || t == OPENS) {
			if (++depth == DEPTH_MAX)
				return 0;
			level[depth].table = t == BRACE ? ++tables : 0;
			level[depth].last = t;
		} else if ((t == UNBRACE || t == CLOSES) && depth > 0) {
			level[--depth].last = OTHER;
		}
		t = next(&x);
	}
	return 0;
}

void
scan_free(struct scan *s)
{
	free(s->key);
	memset(s, 0, sizeof(*s));
}

unsigned
scan_line(const struct scan *s, const char *name, unsigned from)
{
	size_t i, n = strlen(name);

	for (i = 0; i < s->n; i++)
		if (s->key[i].line >= from && s->key[i].len == n &&
		    memcmp(s->key[i].name, name, n) == 0)
			return s->key[i].line;
	return from;
}
