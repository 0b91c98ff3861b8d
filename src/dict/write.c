/*
 *	<fix type="FIX" major="4" minor="4" servicepack="0">
 *		<header> ... <trailer> ... <messages> ...
 *		<components>
 *			<component name="NoHopsGrp1">	of several places
 *		<fields>	by tag
 */
#include "dict/write.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "dict/impl.h"
#include "dict/seen.h"

#define NAMED UINT32_C(0x80000000) /* the rest numbers the component */

struct writer {
	const struct dict *d;
	struct buf *out;
	struct seen groups; /* places of a group, then NAMED */
	struct buf shared;  /* pointers to members: components, as numbered */
	int err;
};

static void
put(struct writer *w, const char *s)
{
	if (w->err == 0)
		w->err = buf_puts(w->out, s);
}

static void
put_indent(struct writer *w, unsigned depth)
{
	while (depth-- > 0)
		put(w, "\t");
}

/* ` name="text"` */
static void
put_attr(struct writer *w, const char *name, const char *text, size_t n)
{
	size_t i;

	put(w, " ");
	put(w, name);
	put(w, "=\"");
	for (i = 0; i < n && w->err == 0; i++) {
		if (strchr("&<>\"", text[i]) != NULL ||
		    (unsigned char)text[i] < ' ')
			w->err = buf_printf(w->out, "&#%d;", text[i]);
		else
			w->err = buf_add(w->out, &text[i], 1);
	}
	put(w, "\"");
}

static void
put_str(struct writer *w, const char *name, const char *text)
{
	put_attr(w, name, text, strlen(text));
}

/* "FIX.5.0SP2", as dict_build_root composed it. */
static void
put_root(struct writer *w)
{
	const char *v = w->d->version, *end = v + strlen(v), *major, *minor;
	const char *sp;

	minor = memrchr(v, '.', (size_t)(end - v));
	major = minor == NULL ? NULL : memrchr(v, '.', (size_t)(minor - v));
	if (major == NULL) {
		major = minor;
		minor = NULL;
	}
	sp = minor == NULL ? NULL : strstr(minor, "SP");
	put(w, "<fix");
	put_attr(w, "type", v, (size_t)((major == NULL ? end : major) - v));
	if (major != NULL)
		put_attr(w, "major", major + 1,
		    (size_t)((minor == NULL ? end : minor) - major - 1));
	if (minor != NULL)
		put_attr(w, "minor", minor + 1,
		    (size_t)((sp == NULL ? end : sp) - minor - 1));
	put_str(w, "servicepack", sp == NULL ? "0" : sp + 2);
	put(w, ">\n");
}

/* Count the places of each group; its members are looked at once. */
static void
count(struct writer *w, const struct dict_scope *s)
{
	const struct dict_member *m;
	uint32_t i, *n;

	for (i = 1; i <= s->n && w->err == 0; i++) {
		m = &s->member[i];
		if (m->group == NULL)
			continue;
		n = seen_at(&w->groups, m->group, NULL);
		if (n == NULL)
			w->err = FG_ENOMEM;
		else if ((*n)++ == 0)
			count(w, m->group);
	}
}

/* The number of the member's component, or 0: it has one place only. */
static uint32_t
component_of(struct writer *w, const struct dict_member *m)
{
	uint32_t *n = seen_at(&w->groups, m->group, NULL);

	if (n == NULL) {
		w->err = FG_ENOMEM;
		return 0;
	}
	if (*n == 1)
		return 0;
	if ((*n & NAMED) == 0) {
		if (w->err == 0)
			w->err = buf_add(&w->shared, &m, sizeof(m));
		*n = NAMED | (uint32_t)(w->shared.len / sizeof(m));
	}
	return *n & ~NAMED;
}

static void
put_component_name(struct writer *w, const struct dict_member *m, uint32_t n)
{
	char name[512];

	snprintf(name, sizeof(name), "%.400sGrp%u", w->d->field[m->field].name,
	    (unsigned)n);
	put_str(w, "name", name);
}

static void put_members(struct writer *w, const struct dict_scope *s,
    unsigned depth);

static void
put_group(struct writer *w, const struct dict_member *m, const char *required,
    unsigned depth)
{
	put_indent(w, depth);
	put(w, "<group");
	put_str(w, "name", w->d->field[m->field].name);
	put_str(w, "required", required);
	put(w, ">\n");
	put_members(w, m->group, depth + 1);
	put_indent(w, depth);
	put(w, "</group>\n");
}

static void
put_member(struct writer *w, const struct dict_member *m, unsigned depth)
{
	const char *required = (m->flags & DICT_REQUIRED) != 0 ? "Y" : "N";
	uint32_t n = m->group == NULL ? 0 : component_of(w, m);

	if (m->group != NULL && n == 0) {
		put_group(w, m, required, depth);
		return;
	}
	put_indent(w, depth);
	put(w, n == 0 ? "<field" : "<component");
	if (n == 0)
		put_str(w, "name", w->d->field[m->field].name);
	else
		put_component_name(w, m, n);
	put_str(w, "required", required);
	put(w, "/>\n");
}

static void
put_members(struct writer *w, const struct dict_scope *s, unsigned depth)
{
	uint32_t i;

	for (i = 1; i <= s->n && w->err == 0; i++)
		put_member(w, &s->member[i], depth);
}

static void
put_section(struct writer *w, const char *name, const struct dict_scope *s)
{
	if (w->err == 0)
		w->err = buf_printf(w->out, "\t<%s>\n", name);
	put_members(w, s, 2);
	if (w->err == 0)
		w->err = buf_printf(w->out, "\t</%s>\n", name);
}

static void
put_messages(struct writer *w)
{
	const struct dict_msg *m;
	size_t i;

	put(w, "\t<messages>\n");
	for (i = 0; i < w->d->nmsg && w->err == 0; i++) {
		m = w->d->msg[i];
		put(w, "\t\t<message");
		put_str(w, "name", m->name);
		put_str(w, "msgtype", m->type);
		put_str(w, "msgcat", m->admin ? "admin" : "app");
		put(w, ">\n");
		put_members(w, &m->scope, 3);
		put(w, "\t\t</message>\n");
	}
	put(w, "\t</messages>\n");
}

/* Those that a component needs are numbered, and written, after it. */
static void
put_components(struct writer *w)
{
	const struct dict_member *m;
	size_t i;

	put(w, "\t<components>\n");
	for (i = 0; i < w->shared.len / sizeof(m) && w->err == 0; i++) {
		memcpy(&m, w->shared.p + i * sizeof(m), sizeof(m));
		put(w, "\t\t<component");
		put_component_name(w, m, (uint32_t)i + 1);
		put(w, ">\n");
		put_group(w, m, "Y", 3);
		put(w, "\t\t</component>\n");
	}
	put(w, "\t</components>\n");
}

static void
put_values(struct writer *w, const struct dict_field *f)
{
	size_t i;

	put(w, ">\n");
	for (i = 0; i < f->nvalues && w->err == 0; i++) {
		put(w, "\t\t\t<value");
		put_str(w, "enum", f->values[i].value);
		if (f->values[i].label != NULL)
			put_str(w, "description", f->values[i].label);
		put(w, "/>\n");
	}
	put(w, "\t\t</field>\n");
}

static void
put_fields(struct writer *w)
{
	const struct dict_field *f;
	uint32_t i;

	put(w, "\t<fields>\n");
	for (i = 1; i <= w->d->nfield && w->err == 0; i++) {
		f = &w->d->field[i];
		w->err = buf_printf(w->out, "\t\t<field number=\"%d\"",
		    (int)f->tag);
		put_str(w, "name", f->name);
		put_str(w, "type", dict_type_name(f->type));
		if (f->open)
			put_str(w, "allowOtherValues", "true");
		if (f->nvalues > 0)
			put_values(w, f);
		else
			put(w, "/>\n");
	}
	put(w, "\t</fields>\n");
}

int
dict_write(const struct dict *d, struct buf *out)
{
	struct writer w = { .d = d, .out = out };
	size_t i;

	count(&w, &d->header);
	count(&w, &d->trailer);
	for (i = 0; i < d->nmsg; i++)
		count(&w, &d->msg[i]->scope);
	put_root(&w);
	put_section(&w, "header", &d->header);
	put_section(&w, "trailer", &d->trailer);
	put_messages(&w);
	put_components(&w);
	put_fields(&w);
	put(&w, "</fix>\n");
	seen_free(&w.groups);
	buf_free(&w.shared);
	return w.err;
}
