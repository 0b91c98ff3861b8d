/* fault.c: what is wrong with a file, in the order of its lines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "conf/internal.h"

#define FAULT_TEXT_MAX 1024 /* bytes of one text; longer ones are cut */
#define FAULTS_MAX     1000 /* nobody reads on; further ones only count */

const char *
conf_severity_text(enum conf_severity severity)
{
	switch (severity) {
	case CONF_NOTE:
		return "note";
	case CONF_WARNING:
		return "warning";
	case CONF_ERROR:
		return "error";
	}
	return "";
}

/* What [DEFAULT] says is seen once for each session, but is one finding. */
static bool
is_known(const struct conf *c, unsigned line, const char *text)
{
	size_t i;

	for (i = 0; i < c->nfaults; i++)
		if (c->fault[i].line == line &&
		    strcmp(c->fault[i].text, text) == 0)
			return true;
	return false;
}

void
fault_add(struct conf *c, enum conf_severity severity, unsigned line,
    const char *fmt, ...)
{
	char text[FAULT_TEXT_MAX];
	struct conf_fault *f;
	va_list ap;
	size_t cap;

	if (c->nfaults == FAULTS_MAX) {
		c->nerrors += severity == CONF_ERROR;
		return;
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (is_known(c, line, text))
		return;
	if (c->nfaults == c->fault_cap) {
		cap = c->fault_cap == 0 ? 16 : c->fault_cap * 2;
		f = realloc(c->fault, cap * sizeof(*f));
		if (f == NULL) {
			c->err = FG_ENOMEM;
			return;
		}
		c->fault = f;
		c->fault_cap = cap;
	}
	f = &c->fault[c->nfaults++];
	f->severity = severity;
	f->file = c->file;
	f->line = line;
	f->session = NULL;
	f->text = conf_keep(c, text, strlen(text));
	if (severity == CONF_ERROR)
		c->nerrors++;
}

/* The extra that a line behind the file belongs to. */
static const struct conf_section *
extra_at(const struct conf *c, unsigned line)
{
	const struct conf_section *s = NULL;
	size_t i;

	for (i = 0; i < c->nsessions; i++)
		if (c->session[i].extra && c->session[i].line <= line)
			s = &c->session[i];
	return s;
}

const char *
fault_where(struct conf *c, const struct conf_section *s)
{
	return s->extra ? conf_keepf(c, "%.200s, which was created", s->name) :
	    conf_keepf(c, "at line %u", s->line);
}

static void
name_extras(struct conf *c)
{
	const struct conf_section *s;
	struct conf_fault *f;
	size_t i;

	for (i = 0; i < c->nfaults; i++) {
		f = &c->fault[i];
		if (f->line <= c->lines)
			continue;
		s = extra_at(c, f->line);
		if (s == NULL)
			continue;
		f->session = s->name;
		f->file = conf_keepf(c, "session %s", s->name);
		f->line = 0;
	}
}

/* Insertion: stable, and a file has few. */
void
fault_sort(struct conf *c)
{
	struct conf_fault f;
	size_t i, j;

	for (i = 1; i < c->nfaults; i++) {
		f = c->fault[i];
		for (j = i; j > 0 && c->fault[j - 1].line > f.line; j--)
			c->fault[j] = c->fault[j - 1];
		c->fault[j] = f;
	}
	name_extras(c);
}
