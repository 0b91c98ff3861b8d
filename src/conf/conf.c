#include "conf/conf.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/num.h"
#include "conf/internal.h"

#define FILE_MAX (4U << 20) /* bytes; no settings file is longer */

struct conf_block {
	struct conf_block *next;
	char text[];
};

const char *
conf_keep(struct conf *c, const char *p, size_t n)
{
	struct conf_block *b = malloc(sizeof(*b) + n + 1);

	if (b == NULL) {
		c->err = FG_ENOMEM;
		return "";
	}
	if (n != 0)
		memcpy(b->text, p, n);
	b->text[n] = '\0';
	b->next = c->blocks;
	c->blocks = b;
	return b->text;
}

const char *
conf_keepf(struct conf *c, const char *fmt, ...)
{
	const char *kept;
	char *text;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0) {
		c->err = FG_ENOMEM;
		return "";
	}
	kept = conf_keep(c, text, (size_t)n);
	free(text);
	return kept;
}

static void
finish_session(struct conf *c, struct conf_section *s)
{
	expand_section(c, s);
	value_check(c, s);
	check_session(c, s);
}

static struct conf_section *
named(struct conf *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->nsessions; i++)
		if (!c->session[i].extra &&
		    strcmp(c->session[i].name, name) == 0)
			return &c->session[i];
	return NULL;
}

static struct conf_section *
add_from(struct conf *c, const struct conf_extra *x)
{
	struct conf_section *s, *base = named(c, x->base);

	if (base == NULL || !conf_is_template(base))
		return NULL;
	s = parse_extra(c, x, base);
	if (s == NULL)
		return NULL;
	s->base = conf_keep(c, x->base, strlen(x->base));
	template_strip(s);
	if (!file_has(c, s))
		return s;
	free(s->entry);
	c->nsessions--;
	return NULL;
}

static void
add_extra(struct conf *c, const struct conf_extra *x)
{
	struct conf_section *s = NULL;

	switch (x->kind) {
	case CONF_EXTRA_OVER:
		s = named(c, x->name);
		break;
	case CONF_EXTRA_FROM:
		s = add_from(c, x);
		break;
	case CONF_EXTRA_NEW:
		s = parse_extra(c, x, NULL);
		break;
	}
	if (s != NULL && s->extra)
		finish_session(c, s);
	if (s != NULL && x->enabled != NULL)
		section_set(c, s, CONF_Enabled, x->enabled);
}

static void
finish(struct conf *c, const struct conf_extra *extra, size_t n)
{
	size_t i;

	expand_section(c, &c->gateway);
	value_check(c, &c->gateway);
	check_gateway(c);
	for (i = 0; i < c->nsessions; i++)
		finish_session(c, &c->session[i]);
	for (i = 0; i < n; i++)
		add_extra(c, &extra[i]);
	for (i = 0; i < c->ntables; i++) {
		expand_section(c, &c->table[i]);
		value_check(c, &c->table[i]);
		check_table(c, &c->table[i]);
	}
	for (i = 0; i < c->nroles; i++) {
		expand_section(c, &c->role[i]);
		value_check(c, &c->role[i]);
		check_role(c, &c->role[i]);
	}
	check_file(c);
	fault_sort(c);
}

/* The result of a load: *out even with faults, nothing without memory. */
static int
deliver(struct conf **out, struct conf *c)
{
	if (c->err != 0) {
		conf_free(c);
		*out = NULL;
		return FG_ENOMEM;
	}
	*out = c;
	return c->nerrors == 0 ? 0 : FG_EINVAL;
}

struct conf *
conf_new(const char *name)
{
	struct conf *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->file = conf_keep(c, name, strlen(name));
	c->gateway.kind = CONF_GATEWAY;
	c->gateway.name = "";
	return c;
}

static int
parse_with(struct conf **out, const char *name, const char *text, size_t len,
    const struct conf_extra *extra, size_t n)
{
	struct conf *c = conf_new(name);

	*out = NULL;
	if (c == NULL)
		return FG_ENOMEM;
	c->text = conf_keep(c, text, len);
	c->len = len;
	parse_text(c, text, len);
	if (c->err == 0)
		finish(c, extra, n);
	return deliver(out, c);
}

int
conf_parse(struct conf **out, const char *name, const char *text, size_t len)
{
	return parse_with(out, name, text, len, NULL, 0);
}

int
conf_again(struct conf **out, const struct conf *from,
    const struct conf_extra *extra, size_t n)
{
	return parse_with(out, from->file, from->text, from->len, extra, n);
}

/* 0, FG_ENOMEM, FG_ELIMIT, or FG_EIO with errno. */
static int
read_file(const char *path, struct buf *b)
{
	FILE *f = fopen(path, "re");
	size_t n;
	int err = 0;

	if (f == NULL)
		return FG_EIO;
	do {
		err = buf_reserve(b, 65536);
		if (err != 0)
			break;
		n = fread(b->p + b->len, 1, 65536, f);
		b->len += n;
		if (b->len > FILE_MAX)
			err = FG_ELIMIT;
	} while (n != 0 && err == 0);
	if (err == 0 && ferror(f))
		err = FG_EIO;
	fclose(f);
	return err;
}

int
conf_load(struct conf **out, const char *path)
{
	return conf_load_with(out, path, NULL, 0);
}

int
conf_load_with(struct conf **out, const char *path,
    const struct conf_extra *extra, size_t n)
{
	struct buf b = { 0 };
	struct conf *c;
	int err;

	*out = NULL;
	errno = 0;
	err = read_file(path, &b);
	if (err == 0) {
		err = parse_with(out, path, b.p, b.len, extra, n);
		buf_free(&b);
		return err;
	}
	buf_free(&b);
	c = err == FG_ENOMEM ? NULL : conf_new(path);
	if (c == NULL)
		return FG_ENOMEM;
	if (err == FG_ELIMIT)
		fault_add(c, CONF_ERROR, 0,
		    "longer than 4 MiB: this is no settings file");
	else
		fault_add(c, CONF_ERROR, 0, "cannot be read: %s",
		    strerror(errno));
	return deliver(out, c);
}

struct conf *
conf_hold(struct conf *c)
{
	c->holds++;
	return c;
}

void
conf_free(struct conf *c)
{
	struct conf_block *b;
	size_t i;

	if (c == NULL || c->holds-- > 0)
		return;
	for (i = 0; i < c->nsessions; i++) {
		free(c->session[i].entry);
		free(c->session[i].holiday);
	}
	for (i = 0; i < c->ntables; i++)
		free(c->table[i].entry);
	for (i = 0; i < c->nroles; i++)
		free(c->role[i].entry);
	free(c->session);
	free(c->table);
	free(c->role);
	free(c->gateway.entry);
	free(c->defaults.entry);
	free(c->fault);
	free(c->unknown);
	buf_free(&c->ignored);
	zones_free(c);
	while ((b = c->blocks) != NULL) {
		c->blocks = b->next;
		free(b);
	}
	free(c);
}

size_t
conf_nfaults(const struct conf *c)
{
	return c->nfaults;
}

const struct conf_fault *
conf_fault(const struct conf *c, size_t i)
{
	assert(i < c->nfaults);
	return &c->fault[i];
}

const struct conf_section *
conf_gateway(const struct conf *c)
{
	return &c->gateway;
}

size_t
conf_nsessions(const struct conf *c)
{
	return c->nsessions;
}

const struct conf_section *
conf_session(const struct conf *c, size_t i)
{
	assert(i < c->nsessions);
	return &c->session[i];
}

size_t
conf_ntables(const struct conf *c)
{
	return c->ntables;
}

const struct conf_section *
conf_table(const struct conf *c, size_t i)
{
	assert(i < c->ntables);
	return &c->table[i];
}

size_t
conf_nroles(const struct conf *c)
{
	return c->nroles;
}

const struct conf_section *
conf_role(const struct conf *c, size_t i)
{
	assert(i < c->nroles);
	return &c->role[i];
}
