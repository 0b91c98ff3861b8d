#include "ctl/line.h"

#include <stdio.h>
#include <string.h>

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool
is_msg_type(const char *p, size_t n)
{
	return (n == 7 && memcmp(p, "MsgType", n) == 0) ||
	    (n == 8 && memcmp(p, "MSG_TYPE", n) == 0) ||
	    (n == 2 && memcmp(p, "35", n) == 0);
}

/* One NAME=VALUE. */
static enum line_kind
add_pair(struct line *l, const char *p, size_t n, char err[LINE_ERR_MAX])
{
	const char *eq = memchr(p, '=', n);
	size_t name;

	if (eq == NULL || eq == p) {
		snprintf(err, LINE_ERR_MAX, "'%.*s' is not NAME=VALUE",
		    n > 60 ? 60 : (int)n, p);
		return LINE_BAD;
	}
	name = (size_t)(eq - p);
	if (is_msg_type(p, name)) {
		l->type.p = eq + 1;
		l->type.n = n - name - 1;
		return LINE_MESSAGE;
	}
	if (l->nfields == LINE_FIELDS) {
		snprintf(err, LINE_ERR_MAX, "more than %d fields",
		    LINE_FIELDS);
		return LINE_BAD;
	}
	l->name[l->nfields].p = p;
	l->name[l->nfields].n = name;
	l->value[l->nfields].p = eq + 1;
	l->value[l->nfields].n = n - name - 1;
	l->nfields++;
	return LINE_MESSAGE;
}

static void
line_clear(struct line *l)
{
	l->raw = l->type = (struct line_text){ NULL, 0 };
	l->nfields = 0;
}

static enum line_kind
need_type(const struct line *l, char err[LINE_ERR_MAX])
{
	if (l->type.n != 0)
		return LINE_MESSAGE;
	snprintf(err, LINE_ERR_MAX, "MsgType is missing "
	    "(MsgType=NewOrderSingle, or 35=D)");
	return LINE_BAD;
}

enum line_kind
line_from_raw(struct line *l, const char *p, size_t n)
{
	line_clear(l);
	l->raw.p = p;
	l->raw.n = n;
	return LINE_MESSAGE;
}

enum line_kind
line_from_words(struct line *l, char **word, int n, char err[LINE_ERR_MAX])
{
	int i;

	line_clear(l);
	for (i = 0; i < n; i++)
		if (add_pair(l, word[i], strlen(word[i]), err) == LINE_BAD)
			return LINE_BAD;
	return need_type(l, err);
}

static bool
is_raw(const char *p, size_t n)
{
	char quote = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (p[i] == '\001')
			return true;
		if (quote == 0 && p[i] == '|')
			return true;
		if (quote == 0 && (p[i] == '"' || p[i] == '\''))
			quote = p[i];
		else if (quote != 0 && p[i] == quote)
			quote = 0;
		else if (quote == '"' && p[i] == '\\')
			i++;
	}
	return false;
}

/* Take the quotes out of the word at *at; false: one is not closed. */
static bool
unquote(char *p, size_t n, size_t *at, size_t *len)
{
	size_t from = *at, to = *at;
	char quote = 0;

	for (; from < n && (quote != 0 || !is_blank(p[from])); from++) {
		if (quote == 0 && (p[from] == '"' || p[from] == '\'')) {
			quote = p[from];
		} else if (quote != 0 && p[from] == quote) {
			quote = 0;
		} else {
			if (quote == '"' && p[from] == '\\' && from + 1 < n)
				from++;
			p[to++] = p[from];
		}
	}
	*len = to - *at;
	*at = from;
	return quote == 0;
}

enum line_kind
line_parse(struct line *l, char *p, size_t n, char err[LINE_ERR_MAX])
{
	size_t at = 0, start, len;

	line_clear(l);
	while (n > 0 && is_blank(p[n - 1]))
		n--;
	while (at < n && is_blank(p[at]))
		at++;
	if (at == n || p[at] == '#')
		return LINE_NOTHING;
	if (is_raw(p + at, n - at))
		return line_from_raw(l, p + at, n - at);
	while (at < n) {
		start = at;
		if (!unquote(p, n, &at, &len)) {
			snprintf(err, LINE_ERR_MAX, "a quote is not closed");
			return LINE_BAD;
		}
		if (add_pair(l, p + start, len, err) == LINE_BAD)
			return LINE_BAD;
		while (at < n && is_blank(p[at]))
			at++;
	}
	return need_type(l, err);
}

void
line_put(struct link_out *o, const char *session, const struct line *l)
{
	size_t i;

	if (l->raw.p != NULL) {
		link_map(o, 2);
		link_key_str(o, "SESSION", session);
		link_str(o, "FIX_DATA");
		link_bin(o, l->raw.p, l->raw.n);
		return;
	}
	link_map(o, 3);
	link_key_str(o, "SESSION", session);
	link_key_strn(o, "MSG_TYPE", l->type.p, l->type.n);
	link_str(o, "FIELDS");
	link_array(o, (uint32_t)l->nfields);
	for (i = 0; i < l->nfields; i++) {
		link_array(o, 2);
		link_strn(o, l->name[i].p, l->name[i].n);
		/* bin: FIX values are bytes, not always UTF-8 */
		link_bin(o, l->value[i].p, l->value[i].n);
	}
}
