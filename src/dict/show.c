#include "dict/show.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/num.h"
#include "dict/impl.h"

#define NAME_WIDTH 32 /* columns of a member's name, less its indent */
#define LINE_WIDTH 76

struct show {
	const struct dict *d;
	struct buf *out;
	int err;
};

/* The first error stays. */
#define put(s, ...)                                                            \
	do {                                                                   \
		if ((s)->err == 0)                                             \
			(s)->err = buf_printf((s)->out, __VA_ARGS__);          \
	} while (0)

static void
show_members(struct show *s, const struct dict_scope *scope, unsigned depth)
{
	const struct dict_member *m;
	const struct dict_field *f;
	int width = NAME_WIDTH - (int)(4 * depth);
	uint32_t i;

	for (i = 1; i <= scope->n && s->err == 0; i++) {
		m = &scope->member[i];
		f = &s->d->field[m->field];
		put(s, "%*s%6d  %-*s %s%s\n", (int)(4 * depth), "",
		    (int)m->tag, width < 1 ? 1 : width, f->name,
		    m->group != NULL ? "group" : dict_type_name(f->type),
		    (m->flags & DICT_REQUIRED) != 0 ? ", required" : "");
		if (m->group != NULL)
			show_members(s, m->group, depth + 1);
	}
}

static bool
has_tag(const struct dict_scope *scope, uint32_t index)
{
	uint32_t i;

	if (dict_slot(scope, index) != 0)
		return true;
	for (i = 1; i <= scope->n; i++)
		if (scope->member[i].group != NULL &&
		    has_tag(scope->member[i].group, index))
			return true;
	return false;
}

/* A word of a list that is broken between words. */
static void
put_word(struct show *s, size_t *column, const char *word)
{
	size_t n = strlen(word) + 1;

	if (*column + n > LINE_WIDTH) {
		put(s, "\n   ");
		*column = 3;
	}
	put(s, " %s", word);
	*column += n;
}

static void
show_uses(struct show *s, uint32_t index)
{
	const struct dict *d = s->d;
	size_t i, column = 5;

	put(s, "  in:");
	if (has_tag(&d->header, index))
		put_word(s, &column, "header");
	if (has_tag(&d->trailer, index))
		put_word(s, &column, "trailer");
	for (i = 0; i < d->nmsg && s->err == 0; i++)
		if (has_tag(&d->msg[i]->scope, index))
			put_word(s, &column, d->msg[i]->type);
	put(s, column == 5 ? " no message\n" : "\n");
}

static void
show_field(struct show *s, const struct dict_field *f)
{
	size_t i;

	put(s, "field %d %s, %s%s\n", (int)f->tag, f->name,
	    dict_type_name(f->type), f->open ? ", other values allowed" : "");
	for (i = 0; i < s->d->lens.n; i++)
		if (s->d->lens.pair[i].data_tag == f->tag)
			put(s, "  its length is in %d\n",
			    (int)s->d->lens.pair[i].length_tag);
	for (i = 0; i < f->nvalues; i++)
		put(s, "  %-8s %s\n", f->values[i].value,
		    f->values[i].label == NULL ? "" : f->values[i].label);
	show_uses(s, dict_index(s->d, f->tag));
}

static void
show_message(struct show *s, const struct dict_msg *m)
{
	put(s, "message %s %s\n", m->type, m->name);
	show_members(s, &m->scope, 0);
}

static const struct dict_field *
find_field(const struct dict *d, const char *what, size_t n, bool any_case)
{
	uint64_t tag;
	uint32_t i;

	if (num_parse_u64(what, n, &tag) == 0)
		return tag <= INT32_MAX ? dict_field_by_tag(d, (int32_t)tag) :
		    NULL;
	for (i = 1; i <= d->nfield; i++)
		if (strlen(d->field[i].name) == n &&
		    (any_case ? strncasecmp : strncmp)(d->field[i].name, what,
		    n) == 0)
			return &d->field[i];
	return NULL;
}

static const struct dict_msg *
find_message(const struct dict *d, const char *what, bool any_case)
{
	const struct dict_msg *m;
	size_t i;

	m = dict_msg_by_type(d, what, strlen(what));
	for (i = 0; i < d->nmsg && m == NULL; i++)
		if ((any_case ? strcasecmp : strcmp)(d->msg[i]->name,
		    what) == 0)
			m = d->msg[i];
	return m;
}

/* NAME=VALUE */
static bool
show_value(struct show *s, const char *what, const char *equals)
{
	const struct dict_field *f;
	const char *value = equals + 1;
	const struct dict_value *v;
	size_t i;

	f = find_field(s->d, what, (size_t)(equals - what), true);
	for (i = 0; f != NULL && i < f->nvalues; i++) {
		v = &f->values[i];
		if (strcmp(v->value, value) != 0 && (v->label == NULL ||
		    strcasecmp(v->label, value) != 0))
			continue;
		put(s, "field %d %s, %s\n  %-8s %s\n", (int)f->tag, f->name,
		    dict_type_name(f->type), v->value,
		    v->label == NULL ? "" : v->label);
		return true;
	}
	return false;
}

/* A number may be a tag and a type. */
static bool
show_named(struct show *s, const char *what, bool any_case)
{
	const struct dict_field *f;
	const struct dict_msg *m;

	m = find_message(s->d, what, any_case);
	f = find_field(s->d, what, strlen(what), any_case);
	if (m != NULL)
		show_message(s, m);
	if (f != NULL)
		show_field(s, f);
	return m != NULL || f != NULL;
}

int
dict_show(const struct dict *d, const char *what, struct buf *out)
{
	struct show s = { .d = d, .out = out };
	const char *equals = strchr(what, '=');
	bool found = true;

	if (*what == '\0') {
		found = false;
	} else if (strcmp(what, "header") == 0) {
		put(&s, "header\n");
		show_members(&s, &d->header, 0);
	} else if (strcmp(what, "trailer") == 0) {
		put(&s, "trailer\n");
		show_members(&s, &d->trailer, 0);
	} else if (equals != NULL) {
		found = show_value(&s, what, equals);
	} else {
		found = show_named(&s, what, false) ||
		    show_named(&s, what, true);
	}
	if (s.err != 0)
		return s.err;
	return found ? 0 : FG_ENOENT;
}
