/* section.c: what a section says of its keys, as typed values. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/num.h"
#include "conf/internal.h"

unsigned
section_where(enum conf_kind kind)
{
	switch (kind) {
	case CONF_GATEWAY:
		return CONF_IN_GATEWAY;
	case CONF_TABLE:
		return CONF_IN_TABLE;
	case CONF_ROLE:
		return CONF_IN_ROLE;
	case CONF_SESSION:
		break;
	}
	return CONF_IN_SESSION;
}

struct conf_entry *
section_find(const struct conf_section *s, enum conf_key k, const char *suffix)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->entry[i].key == k &&
		    strcasecmp(s->entry[i].suffix, suffix) == 0)
			return &s->entry[i];
	return NULL;
}

const struct conf_entry *
section_good(const struct conf_section *s, enum conf_key k)
{
	const struct conf_entry *e = section_find(s, k, "");

	return e == NULL || e->bad ? NULL : e;
}

struct conf_entry *
section_find_name(const struct conf_section *s, const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (strlen(s->entry[i].name) == n &&
		    strncasecmp(s->entry[i].name, name, n) == 0)
			return &s->entry[i];
	return NULL;
}

/* "" first, then numbers by size, then the others by their bytes. */
static int
suffix_compare(const char *a, const char *b)
{
	uint64_t x, y;

	if (num_parse_u64(a, strlen(a), &x) == 0 &&
	    num_parse_u64(b, strlen(b), &y) == 0 && x != y)
		return x < y ? -1 : 1;
	return strcasecmp(a, b);
}

/* Few entries of a key, asked once: select by counting those before. */
struct conf_entry *
section_at(const struct conf_section *s, enum conf_key k, unsigned i)
{
	struct conf_entry *e, *o;
	unsigned before;
	size_t j, l;

	for (j = 0; j < s->n; j++) {
		e = &s->entry[j];
		if (e->key != k)
			continue;
		before = 0;
		for (l = 0; l < s->n; l++) {
			o = &s->entry[l];
			before += o->key == k &&
			    suffix_compare(o->suffix, e->suffix) < 0;
		}
		if (before == i)
			return e;
	}
	return NULL;
}

struct conf_entry *
section_add(struct conf *c, struct conf_section *s, const struct conf_entry *e)
{
	struct conf_entry *p;
	size_t cap;

	if (s->n == s->cap) {
		cap = s->cap == 0 ? 32 : s->cap * 2;
		p = realloc(s->entry, cap * sizeof(*p));
		if (p == NULL) {
			c->err = FG_ENOMEM;
			return NULL;
		}
		s->entry = p;
		s->cap = cap;
	}
	p = &s->entry[s->n++];
	*p = *e;
	return p;
}

void
section_set(struct conf *c, struct conf_section *s, enum conf_key k,
    const char *value)
{
	struct conf_entry *e = section_find(s, k, "");
	struct conf_entry fresh = { .key = k, .name = conf_rules[k].name,
		.suffix = "" };

	if (e == NULL)
		e = section_add(c, s, &fresh);
	if (e == NULL)
		return;
	e->value = conf_keep(c, value, strlen(value));
	value_parse(c, e);
}

void
section_remove(struct conf_section *s, struct conf_entry *e)
{
	*e = s->entry[--s->n];
}

bool
conf_is_extra(const struct conf_section *s)
{
	return s->extra;
}

const char *
conf_base(const struct conf_section *s)
{
	return s->base;
}

unsigned
conf_line(const struct conf_section *s)
{
	return s->line;
}

const char *
conf_name(const struct conf_section *s)
{
	return s->name;
}

/* Asking a key for what it is not, or a section for what it cannot have, is
 * our bug. */
static const struct conf_entry *
get(const struct conf_section *s, enum conf_key k, enum conf_type type)
{
	const struct conf_rule *r = &conf_rules[k];

	assert(r->class == CONF_OBEYED && r->type == type);
	assert(r->where & section_where(s->kind));
	return section_at(s, k, 0);
}

const char *
conf_str(const struct conf_section *s, enum conf_key k)
{
	const struct conf_entry *e = get(s, k, CONF_TYPE_STR);

	return e == NULL ? NULL : e->value;
}

const char *
conf_path(const struct conf_section *s, enum conf_key k)
{
	const struct conf_entry *e = get(s, k, CONF_TYPE_PATH);

	return e == NULL ? NULL : e->path;
}

int64_t
conf_int(const struct conf_section *s, enum conf_key k)
{
	const struct conf_entry *e = get(s, k, CONF_TYPE_INT);

	return e == NULL ? 0 : e->num;
}

uint32_t
conf_thousandths(const struct conf_section *s, enum conf_key k)
{
	const struct conf_entry *e = get(s, k, CONF_TYPE_STR);

	return e == NULL ? 0 : (uint32_t)e->num;
}

bool
conf_bool(const struct conf_section *s, enum conf_key k)
{
	const struct conf_entry *e = get(s, k, CONF_TYPE_BOOL);

	return e != NULL && e->num != 0;
}

int
conf_enum(const struct conf_section *s, enum conf_key k)
{
	const struct conf_entry *e = get(s, k, CONF_TYPE_WORD);

	return e == NULL ? 0 : (int)e->num;
}

const char *
conf_file(const struct conf *c)
{
	return c->file;
}

bool
conf_is_set(const struct conf_section *s, enum conf_key k)
{
	const struct conf_entry *e = section_at(s, k, 0);

	return e != NULL && e->line != 0;
}

const char *
conf_str_at(const struct conf_section *s, enum conf_key k, unsigned i)
{
	const struct conf_entry *e = section_at(s, k, i);

	return e == NULL ? NULL : e->value;
}

const char *
conf_path_at(const struct conf_section *s, enum conf_key k, unsigned i)
{
	const struct conf_entry *e = section_at(s, k, i);

	assert(conf_rules[k].type == CONF_TYPE_PATH);
	return e == NULL ? NULL : e->path;
}

int64_t
conf_int_at(const struct conf_section *s, enum conf_key k, unsigned i)
{
	const struct conf_entry *e = section_at(s, k, i);

	assert(conf_rules[k].type == CONF_TYPE_INT);
	return e == NULL ? 0 : e->num;
}

const char *
conf_suffix_at(const struct conf_section *s, enum conf_key k, unsigned i)
{
	const struct conf_entry *e = section_at(s, k, i);

	return e == NULL ? NULL : e->suffix;
}

const char *
conf_str_with(const struct conf_section *s, enum conf_key k,
    const char *suffix)
{
	const struct conf_entry *e = section_find(s, k, suffix);

	if (e == NULL)
		e = section_find(s, k, "");
	return e == NULL ? NULL : e->value;
}

int64_t
conf_int_with(const struct conf_section *s, enum conf_key k,
    const char *suffix)
{
	const struct conf_entry *e = section_find(s, k, suffix);

	if (e == NULL)
		e = section_find(s, k, "");
	return e == NULL ? 0 : e->num;
}

unsigned
conf_reconnect(const struct conf_section *s, unsigned n)
{
	const struct conf_entry *e = section_at(s, CONF_ReconnectInterval, 0);
	int64_t seconds = 0;

	if (e != NULL)
		form_steps(e->value, n, &seconds);
	return (unsigned)seconds;
}

bool
conf_is_masked(const struct conf_section *s, unsigned tag)
{
	return form_is_masked(conf_str(s, CONF_MaskTags), tag);
}

const struct schedule *
conf_schedule(const struct conf_section *s)
{
	return &s->schedule;
}
