/*
 * parse.c: lines to sections. Rules as QuickFIX has them: '#' begins a comment
 * line, blanks around lines, keys and values do not count, keys compare without
 * case, the last of two equal keys wins, [DEFAULT] holds for the sessions after
 * it.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "conf/internal.h"

#define ENTRIES_MAX  4096 /* settings of one section */
#define SESSIONS_MAX 10000
#define TABLES_MAX   200
#define IGNORED_MAX  100 /* names in the line about meaningless settings */

struct parser {
	struct conf *c;
	unsigned line;
	struct conf_section defaults;
	struct conf_section *in; /* NULL: lines are skipped */
	bool outside;            /* no section yet */
};

static bool
is_blank(char ch)
{
	return ch == ' ' || ch == '\t' || ch == '\r';
}

static void
trim(const char **p, size_t *n)
{
	while (*n > 0 && is_blank(**p)) {
		(*p)++;
		(*n)--;
	}
	while (*n > 0 && is_blank((*p)[*n - 1]))
		(*n)--;
}

/* A new section at the end of a list, with a copy of the settings of from. */
static struct conf_section *
append(struct conf *c, struct conf_section **list, size_t *n,
    const struct conf_section *from)
{
	struct conf_section *s;
	size_t i;

	s = realloc(*list, (*n + 1) * sizeof(*s));
	if (s == NULL) {
		c->err = FG_ENOMEM;
		return NULL;
	}
	*list = s;
	s = &s[(*n)++];
	memset(s, 0, sizeof(*s));
	s->name = "";
	for (i = 0; from != NULL && i < from->n; i++)
		if (section_add(c, s, &from->entry[i]) == NULL)
			return NULL;
	return s;
}

static void
begin_default(struct parser *p)
{
	if (p->c->nsessions != 0)
		fault_add(p->c, CONF_WARNING, p->line,
		    "[DEFAULT] holds only for the sessions after it: move it "
		    "in front of the first [SESSION]");
	p->in = &p->defaults;
}

static void
begin_session(struct parser *p)
{
	struct conf *c = p->c;

	if (c->nsessions == SESSIONS_MAX) {
		fault_add(c, CONF_ERROR, p->line, "more than %d sessions",
		    SESSIONS_MAX);
		return;
	}
	p->in = append(c, &c->session, &c->nsessions, &p->defaults);
	if (p->in == NULL)
		return;
	p->in->kind = CONF_SESSION;
	p->in->line = p->line;
}

static void
begin_gateway(struct parser *p)
{
	if (p->c->gateway.line != 0)
		fault_add(p->c, CONF_WARNING, p->line,
		    "[GATEWAY] is there twice (line %u): both are taken "
		    "together", p->c->gateway.line);
	else
		p->c->gateway.line = p->line;
	p->in = &p->c->gateway;
}

static void
begin_table(struct parser *p, const char *name, size_t n)
{
	struct conf *c = p->c;

	trim(&name, &n);
	if (c->ntables == TABLES_MAX) {
		fault_add(c, CONF_ERROR, p->line, "more than %d tables",
		    TABLES_MAX);
		return;
	}
	p->in = append(c, &c->table, &c->ntables, NULL);
	if (p->in == NULL)
		return;
	p->in->kind = CONF_TABLE;
	p->in->line = p->line;
	p->in->name = conf_keep(c, name, n);
}

static void
begin_role(struct parser *p, const char *name, size_t n)
{
	struct conf *c = p->c;

	trim(&name, &n);
	if (c->nroles == CONF_ROLES_MAX) {
		fault_add(c, CONF_ERROR, p->line, "more than %d roles",
		    CONF_ROLES_MAX);
		return;
	}
	p->in = append(c, &c->role, &c->nroles, NULL);
	if (p->in == NULL)
		return;
	p->in->kind = CONF_ROLE;
	p->in->line = p->line;
	p->in->name = conf_keep(c, name, n);
}

static void
begin_unknown(struct parser *p, const char *name, size_t n)
{
	const char *near = schema_nearest_section(name, n);

	if (near == NULL)
		fault_add(p->c, CONF_WARNING, p->line,
		    "unknown section [%.60s]: its lines are skipped",
		    conf_keep(p->c, name, n));
	else
		fault_add(p->c, CONF_WARNING, p->line,
		    "unknown section [%.60s]: its lines are skipped (do you "
		    "mean [%s]?)", conf_keep(p->c, name, n), near);
}

/* The name of a section, and whether it is written in upper case. */
static bool
is_section(struct parser *p, const char *name, size_t n, const char *want)
{
	if (strlen(want) != n || strncasecmp(name, want, n) != 0)
		return false;
	if (strncmp(name, want, n) != 0)
		fault_add(p->c, CONF_WARNING, p->line,
		    "[%.*s] is taken as [%s], but QuickFIX in C++ would skip "
		    "it: write [%s]", (int)n, name, want, want);
	return true;
}

static void
parse_section(struct parser *p, const char *s, size_t n)
{
	size_t word;

	p->in = NULL;
	p->outside = false;
	if (s[n - 1] != ']') {
		fault_add(p->c, CONF_ERROR, p->line,
		    "a section begins with [NAME]: the ] is missing");
		return;
	}
	s++;
	n -= 2;
	trim(&s, &n);
	for (word = 0; word < n && !is_blank(s[word]); word++)
		;
	if (is_section(p, s, n, "DEFAULT"))
		begin_default(p);
	else if (is_section(p, s, n, "SESSION"))
		begin_session(p);
	else if (is_section(p, s, n, "GATEWAY"))
		begin_gateway(p);
	else if (is_section(p, s, word, "TABLE"))
		begin_table(p, s + word, n - word);
	else if (is_section(p, s, word, "ROLE"))
		begin_role(p, s + word, n - word);
	else
		begin_unknown(p, s, n);
}

/* Meaningless keys end up in one line, each named once. */
static void
note_ignored(struct parser *p, const char *name)
{
	struct conf *c = p->c;

	if (c->ignored_line == 0)
		c->ignored_line = p->line;
	if (c->nignored == IGNORED_MAX)
		return;
	if (c->ignored.len != 0 &&
	    strcasestr(c->ignored.p, conf_keepf(c, " %s,", name)) != NULL)
		return;
	c->nignored++;
	if (buf_printf(&c->ignored, " %s,", name) != 0)
		c->err = FG_ENOMEM;
}

static void
note_unknown(struct parser *p, const char *name)
{
	struct conf *c = p->c;
	struct conf_unknown *u;

	u = realloc(c->unknown, (c->nunknown + 1) * sizeof(*u));
	if (u == NULL) {
		c->err = FG_ENOMEM;
		return;
	}
	c->unknown = u;
	u[c->nunknown].name = name;
	u[c->nunknown].line = p->line;
	u[c->nunknown++].used = false;
}

/* Put e into the section; it replaces an inherited one, and an earlier one
 * with a warning. */
static void
enter(struct parser *p, const struct conf_entry *e)
{
	struct conf_entry *old;

	old = e->key == CONF_NKEYS ||
	    conf_rules[e->key].class == CONF_FAMILY
	    ? section_find_name(p->in, e->name, strlen(e->name))
	    : section_find(p->in, e->key, e->suffix);
	if (old != NULL && old->line >= p->in->line && old->line != 0)
		fault_add(p->c, CONF_WARNING, p->line,
		    "%s is set twice in this section (line %u): this one "
		    "holds", e->name, old->line);
	if (old != NULL && e->value[0] == '\0')
		section_remove(p->in, old);
	else if (old != NULL)
		*old = *e;
	else if (e->value[0] == '\0')
		return;
	else if (p->in->n == ENTRIES_MAX)
		fault_add(p->c, CONF_ERROR, p->line,
		    "more than %d settings in one section", ENTRIES_MAX);
	else
		section_add(p->c, p->in, e);
}

static void
parse_setting(struct parser *p, const char *name, size_t nlen,
    const char *value, size_t vlen)
{
	struct conf *c = p->c;
	struct conf_entry e = { .line = p->line };
	size_t suffix;

	e.key = schema_find(name, nlen, &suffix);
	e.suffix = conf_keep(c, name + suffix, nlen - suffix);
	e.value = conf_keep(c, value, vlen);
	if (e.key == CONF_NKEYS || conf_rules[e.key].class == CONF_FAMILY)
		e.name = conf_keep(c, name, nlen);
	else if (suffix == nlen)
		e.name = conf_rules[e.key].name;
	else
		e.name = conf_keepf(c, "%s%s%s", conf_rules[e.key].name,
		    name[suffix - 1] == '.' ? "." : "", e.suffix);
	if (e.key == CONF_NKEYS)
		note_unknown(p, e.name);
	else if (conf_rules[e.key].class == CONF_IGNORED ||
	    conf_rules[e.key].class == CONF_FAMILY)
		note_ignored(p, e.name);
	else if (vlen == 0)
		fault_add(c, CONF_WARNING, p->line,
		    "%s has no value: it counts as not set", e.name);
	enter(p, &e);
}

static bool
has_control(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (((unsigned char)s[i] < ' ' && s[i] != '\t') ||
		    s[i] == 0x7f)
			return true;
	return false;
}

static void
parse_line(struct parser *p, const char *s, size_t n)
{
	const char *eq, *value;
	size_t nlen, vlen;

	trim(&s, &n);
	if (n == 0 || *s == '#')
		return;
	if (has_control(s, n)) {
		fault_add(p->c, CONF_ERROR, p->line,
		    "control characters in the line: remove them");
		return;
	}
	if (*s == '[') {
		parse_section(p, s, n);
		return;
	}
	if (p->outside) {
		fault_add(p->c, CONF_WARNING, p->line,
		    "in front of the first section: the line is skipped");
		return;
	}
	if (p->in == NULL)
		return;
	eq = memchr(s, '=', n);
	nlen = eq == NULL ? 0 : (size_t)(eq - s);
	if (nlen == 0) {
		fault_add(p->c, CONF_ERROR, p->line, "no setting: write %s",
		    eq == NULL ? "Key=Value" : "the key in front of the =");
		return;
	}
	value = eq + 1;
	vlen = n - nlen - 1;
	trim(&s, &nlen);
	trim(&value, &vlen);
	parse_setting(p, s, nlen, value, vlen);
}

void
parse_text(struct conf *c, const char *text, size_t len)
{
	struct parser p = { .c = c, .outside = true };
	const char *end;
	size_t n;

	p.defaults.kind = CONF_SESSION;
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3; /* the mark that editors put before UTF-8 */
		len -= 3;
	}
	while (len != 0 && c->err == 0) {
		end = memchr(text, '\n', len);
		n = end == NULL ? len : (size_t)(end - text);
		p.line++;
		parse_line(&p, text, n);
		if (end == NULL)
			break;
		text += n + 1;
		len -= n + 1;
	}
	c->lines = p.line;
	c->defaults = p.defaults;
}

struct conf_section *
parse_extra(struct conf *c, const struct conf_extra *x,
    const struct conf_section *base)
{
	/* The list of sections may move. */
	struct conf_section from = base == NULL ? c->defaults : *base;
	struct conf_entry name = { .key = CONF_SessionName, .suffix = "" };
	struct parser p = { .c = c };
	const char *at = x->text, *end = x->text + x->len, *eol;
	size_t i;

	p.line = c->lines + 1;
	for (i = 0; i < c->nsessions; i++)
		if (c->session[i].extra)
			p.line = c->session[i].line + ENTRIES_MAX;
	p.defaults = from;
	i = c->nsessions;
	begin_session(&p);
	if (p.in == NULL || c->nsessions == i)
		return NULL;
	p.in->extra = true;
	name.name = conf_rules[CONF_SessionName].name;
	name.value = conf_keep(c, x->name, strlen(x->name));
	name.line = p.line;
	p.in->name = name.value;
	enter(&p, &name);
	for (; at < end; at = eol + 1) {
		eol = memchr(at, '\n', (size_t)(end - at));
		if (eol == NULL)
			eol = end;
		p.line++;
		if (eol > at && *at == '[')
			fault_add(c, CONF_ERROR, p.line, "no setting: write "
			    "Key=Value");
		else
			parse_line(&p, at, (size_t)(eol - at));
	}
	return p.in;
}
