/* extract.c: one session of a conf as a conf of its own, to outlive the others. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "conf/internal.h"

static const char *
keep(struct conf *c, const char *s)
{
	return s == NULL ? NULL : conf_keep(c, s, strlen(s));
}

static void
copy(struct conf *c, struct conf_section *to, const struct conf_section *from)
{
	struct conf_entry e;
	size_t i;

	to->kind = from->kind;
	to->name = keep(c, from->name);
	to->line = from->line;
	to->extra = from->extra;
	to->base = keep(c, from->base);
	for (i = 0; i < from->n; i++) {
		e = from->entry[i];
		e.name = keep(c, e.name);
		e.suffix = keep(c, e.suffix);
		e.value = keep(c, e.value);
		e.path = keep(c, e.path);
		if (section_add(c, to, &e) == NULL)
			return;
	}
}

int
conf_extract(struct conf **out, const struct conf *from,
    const struct conf_section *s)
{
	struct conf *c = conf_new(from->file);

	*out = NULL;
	if (c == NULL)
		return FG_ENOMEM;
	c->text = "";
	c->session = calloc(1, sizeof(*c->session));
	if (c->session == NULL) {
		conf_free(c);
		return FG_ENOMEM;
	}
	c->nsessions = 1;
	copy(c, &c->gateway, &from->gateway);
	copy(c, &c->session[0], s);
	check_schedule(c, &c->session[0]); /* its zones are a conf's own */
	if (c->err != 0 || c->nerrors != 0) {
		conf_free(c);
		return FG_ENOMEM;
	}
	*out = c;
	return 0;
}
