/* expand.c: ${NAME} in values: of the section, then of the environment. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "conf/internal.h"

#define DEPTH_MAX    16      /* of settings that name settings */
#define STEPS_MAX    1000    /* of them in one value */
#define EXPANDED_MAX 65536   /* bytes of one value */

struct expansion {
	struct conf *c;
	struct conf_section *s;
	unsigned line; /* of the setting that is expanded */
	unsigned steps;
	struct buf out;
	bool failed;
};

static void
add(struct expansion *x, const char *p, size_t n)
{
	if (x->failed)
		return;
	if (x->out.len + n > EXPANDED_MAX) {
		fault_add(x->c, CONF_ERROR, x->line,
		    "the value is longer than %d bytes", EXPANDED_MAX);
		x->failed = true;
	} else if (buf_add(&x->out, p, n) != 0) {
		x->c->err = FG_ENOMEM;
		x->failed = true;
	}
}

static void
mark_used(struct conf *c, const struct conf_entry *e)
{
	size_t i;

	if (e->key != CONF_NKEYS)
		return;
	for (i = 0; i < c->nunknown; i++)
		if (c->unknown[i].line == e->line)
			c->unknown[i].used = true;
}

static void expand(struct expansion *x, const char *value, unsigned depth);

/* A setting of the section comes before the environment (as in QuickFIX/J). */
static void
expand_name(struct expansion *x, const char *name, size_t n, unsigned depth)
{
	struct conf_entry *e = section_find_name(x->s, name, n);
	const char *env;

	if (e != NULL) {
		mark_used(x->c, e);
		if (depth < DEPTH_MAX && x->steps++ < STEPS_MAX) {
			expand(x, e->value, depth + 1);
			return;
		}
		fault_add(x->c, CONF_ERROR, x->line,
		    "${%.*s} leads back to itself", (int)n, name);
		x->failed = true;
		return;
	}
	env = getenv(conf_keep(x->c, name, n));
	if (env != NULL && strstr(env, "${") == NULL) {
		add(x, env, strlen(env));
		return;
	}
	fault_add(x->c, CONF_ERROR, x->line, env == NULL
	    ? "${%.*s} is neither a setting of this section nor in the "
	      "environment: set it"
	    : "${%.*s} of the environment holds another ${: write it out",
	    (int)n, name);
	x->failed = true;
}

static void
expand(struct expansion *x, const char *value, unsigned depth)
{
	const char *p = value, *open, *end;

	while (!x->failed && (open = strstr(p, "${")) != NULL) {
		add(x, p, (size_t)(open - p));
		end = strchr(open, '}');
		if (end == NULL) {
			fault_add(x->c, CONF_ERROR, x->line,
			    "${ without its }");
			x->failed = true;
			return;
		}
		expand_name(x, open + 2, (size_t)(end - open - 2), depth);
		p = end + 1;
	}
	add(x, p, strlen(p));
}

/* What the environment brings obeys the rules of a line of the file. */
static void
store(struct expansion *x, struct conf_entry *e)
{
	const char *p = x->out.p;
	size_t n = x->out.len, i;

	while (n > 0 && (*p == ' ' || *p == '\t')) {
		p++;
		n--;
	}
	while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\t'))
		n--;
	for (i = 0; i < n; i++)
		if ((unsigned char)p[i] < ' ' && p[i] != '\t')
			break;
	if (i < n || n == 0 || memmem(p, n, "${", 2) != NULL) {
		fault_add(x->c, CONF_ERROR, e->line,
		    "%s is not a value once its ${...} are replaced: it is "
		    "empty or holds control characters or another ${",
		    e->name);
		e->bad = true;
		return;
	}
	e->value = conf_keep(x->c, p, n);
}

/* What has no effect may hold a ${...} of some other engine. */
static bool
is_wanted(const struct conf_entry *e)
{
	return e->key != CONF_NKEYS &&
	    (conf_rules[e->key].class == CONF_OBEYED ||
		conf_rules[e->key].class == CONF_REFUSED);
}

/* All values are computed from the raw ones, so the order does not matter. */
void
expand_section(struct conf *c, struct conf_section *s)
{
	struct conf_section raw = *s;
	struct expansion x = { .c = c, .s = &raw };
	struct conf_entry *e;
	size_t i;

	raw.entry = calloc(s->n + 1, sizeof(*raw.entry));
	if (raw.entry == NULL) {
		c->err = FG_ENOMEM;
		return;
	}
	if (s->n != 0)
		memcpy(raw.entry, s->entry, s->n * sizeof(*raw.entry));
	for (i = 0; i < s->n; i++) {
		e = &s->entry[i];
		if (!is_wanted(e) || strstr(e->value, "${") == NULL)
			continue;
		x.line = e->line;
		x.failed = false;
		x.steps = 0;
		x.out.len = 0;
		expand(&x, e->value, 0);
		if (x.failed)
			e->bad = true;
		else
			store(&x, e);
	}
	buf_free(&x.out);
	free(raw.entry);
}
