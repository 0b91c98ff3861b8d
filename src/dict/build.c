/*
 * build.c: collects definitions; the steps that compile them are in other
 * files.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "dict/defs.h"

#define MESSAGES_MAX 4000 /* they are searched one by one */

struct dict_build *
dict_build_new(unsigned flags, struct dict_faults *faults)
{
	struct dict_build *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	b->dict = calloc(1, sizeof(*b->dict));
	if (b->dict == NULL) {
		free(b);
		return NULL;
	}
	b->flags = flags;
	b->faults = faults;
	b->fields_end = &b->fields;
	b->components_end = &b->components;
	b->messages_end = &b->messages;
	dict_build_root(b, NULL, NULL, NULL, NULL);
	return b;
}

void
dict_build_free(struct dict_build *b)
{
	if (b == NULL)
		return;
	dict_free(b->dict);
	arena_free(&b->arena);
	free(b);
}

void *
dict_build_alloc(struct dict_build *b, struct arena *a, size_t n, size_t size)
{
	void *p = NULL;

	if (a->bytes > DICT_ARENA_MAX)
		b->err = FG_ELIMIT;
	else if ((p = arena_alloc(a, n, size)) == NULL)
		b->err = FG_ENOMEM;
	return p;
}

static char *
keep(struct dict_build *b, struct arena *a, const char *s)
{
	size_t n = strlen(s) + 1;
	char *p = dict_build_alloc(b, a, n, 1);

	if (p != NULL)
		memcpy(p, s, n);
	return p;
}

static int
number(const char *s)
{
	return s == NULL ? 0 : atoi(s);
}

void
dict_build_root(struct dict_build *b, const char *type, const char *major,
    const char *minor, const char *servicepack)
{
	const char *kind = type == NULL ? "FIX" : type;
	bool latest = major != NULL && strcasecmp(major, "Latest") == 0;
	bool is_fix = strcmp(kind, "FIX") == 0;
	char text[128];
	int n;

	b->is_session = !is_fix || (!latest && number(major) < 5);
	b->char_is_string = is_fix && major != NULL && !latest &&
	    (number(major) < 4 || (number(major) == 4 && number(minor) < 2));
	n = snprintf(text, sizeof(text), "%.40s", kind);
	if (major != NULL)
		n += snprintf(text + n, sizeof(text) - (size_t)n, ".%.20s",
		    major);
	if (major != NULL && !latest)
		n += snprintf(text + n, sizeof(text) - (size_t)n, ".%.20s",
		    minor == NULL ? "0" : minor);
	if (servicepack != NULL && strcmp(servicepack, "0") != 0)
		snprintf(text + n, sizeof(text) - (size_t)n, "SP%.20s",
		    servicepack);
	b->dict->version = keep(b, &b->dict->arena, text);
}

/* Copy the digits at s; returns what follows them. */
static const char *
digits(const char *s, char out[static 8])
{
	size_t n = strspn(s, "0123456789");

	snprintf(out, 8, "%.*s", n > 7 ? 0 : (int)n, s);
	return s + n;
}

/* Orchestra names an extension pack after the version. */
static bool
is_end(const char *s)
{
	return *s == '\0' || *s == '_';
}

bool
dict_build_version(struct dict_build *b, const char *name)
{
	const char *type = strncmp(name, "FIXT.", 5) == 0 ? "FIXT" : "FIX", *s;
	char major[8], minor[8], pack[8] = "";

	if (strncmp(name, "FIX.Latest", 10) == 0 && is_end(name + 10)) {
		dict_build_root(b, type, "Latest", NULL, NULL);
		return true;
	}
	s = name + strlen(type);
	if (strncmp(name, "FIX", 3) != 0 || *s != '.')
		return false;
	s = digits(s + 1, major);
	if (*s != '.')
		return false;
	s = digits(s + 1, minor);
	if (strncmp(s, "SP", 2) == 0)
		s = digits(s + 2, pack);
	if (*major == '\0' || *minor == '\0' || !is_end(s))
		return false;
	dict_build_root(b, type, major, minor, *pack == '\0' ? NULL : pack);
	return true;
}

struct dict_fdef *
dict_build_field(struct dict_build *b, unsigned line, int32_t tag,
    const char *name, const char *type, bool open)
{
	struct dict_fdef *f = dict_build_alloc(b, &b->arena, 1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->line = line;
	f->tag = tag;
	f->name = keep(b, &b->dict->arena, name);
	f->type = keep(b, &b->arena, type);
	f->open = open;
	if (b->err != 0)
		return NULL;
	*b->fields_end = f;
	b->fields_end = &f->next;
	b->nfields++;
	return f;
}

void
dict_build_value(struct dict_build *b, struct dict_fdef *f, const char *value,
    const char *label)
{
	struct value *v = dict_build_alloc(b, &b->arena, 1, sizeof(*v));

	if (v == NULL || f == NULL)
		return;
	v->value = keep(b, &b->dict->arena, value);
	if (label != NULL)
		v->label = keep(b, &b->dict->arena, label);
	if (b->err != 0)
		return;
	v->next = f->values;
	f->values = v;
	f->nvalues++;
}

void
dict_build_length(struct dict_fdef *f, int32_t tag)
{
	if (f != NULL)
		f->length_tag = tag;
}

struct dict_list *
dict_build_header(struct dict_build *b)
{
	return &b->header;
}

struct dict_list *
dict_build_trailer(struct dict_build *b)
{
	return &b->trailer;
}

struct dict_list *
dict_build_message(struct dict_build *b, unsigned line, const char *name,
    const char *type)
{
	struct message *m;
	const struct message *same = NULL;

	for (m = b->messages; m != NULL && b->err == 0; m = m->next) {
		if (strcmp(m->type, type) != 0) {
			if (strcmp(m->name, name) == 0)
				same = m;
			continue;
		}
		dict_faults_add(b->faults, false, line,
		    "message %s: MsgType %s is also that of %s (line %u); "
		    "their members are united",
		    name, type, m->name, m->line);
		return &m->members;
	}
	if (same != NULL)
		dict_faults_add(b->faults, false, line,
		    "message %s of MsgType %s has the name of MsgType %s "
		    "(line %u)",
		    name, type, same->type, same->line);
	if (b->nmessages == MESSAGES_MAX) {
		b->err = FG_ELIMIT;
		return NULL;
	}
	m = dict_build_alloc(b, &b->arena, 1, sizeof(*m));
	if (m == NULL)
		return NULL;
	m->line = line;
	m->name = keep(b, &b->dict->arena, name);
	m->type = keep(b, &b->dict->arena, type);
	if (b->err != 0)
		return NULL;
	*b->messages_end = m;
	b->messages_end = &m->next;
	b->nmessages++;
	return &m->members;
}

struct dict_list *
dict_build_component(struct dict_build *b, unsigned line, const char *name)
{
	struct component *c = dict_build_alloc(b, &b->arena, 1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->line = line;
	c->name = keep(b, &b->arena, name);
	if (b->err != 0)
		return NULL;
	*b->components_end = c;
	b->components_end = &c->next;
	b->ncomponents++;
	return &c->members;
}

static struct node *
add(struct dict_build *b, struct dict_list *to, unsigned line,
    enum node_kind kind, const char *name, bool required)
{
	struct node *n = dict_build_alloc(b, &b->arena, 1, sizeof(*n));

	if (n == NULL || to == NULL)
		return NULL;
	n->kind = kind;
	n->line = line;
	n->required = required;
	n->name = keep(b, &b->arena, name);
	if (b->err != 0)
		return NULL;
	if (to->end == NULL)
		to->end = &to->first;
	*to->end = n;
	to->end = &n->next;
	return n;
}

void
dict_build_add_field(struct dict_build *b, struct dict_list *to, unsigned line,
    const char *name, bool required)
{
	add(b, to, line, NODE_FIELD, name, required);
}

void
dict_build_add_component(struct dict_build *b, struct dict_list *to,
    unsigned line, const char *name, bool required)
{
	add(b, to, line, NODE_COMPONENT, name, required);
}

struct dict_list *
dict_build_add_group(struct dict_build *b, struct dict_list *to, unsigned line,
    const char *name, bool required)
{
	struct node *n = add(b, to, line, NODE_GROUP, name, required);

	return n == NULL ? NULL : &n->members;
}

void
dict_build_add_shared_group(struct dict_build *b, struct dict_list *to,
    unsigned line, const char *name, const char *component, bool required)
{
	struct node *n = add(b, to, line, NODE_GROUP, name, required);

	if (n != NULL)
		n->shared = keep(b, &b->arena, component);
}

void
dict_build_add_unchecked(struct dict_build *b, struct dict_list *to,
    unsigned line, const char *name)
{
	struct node *n = add(b, to, line, NODE_FIELD, name, false);

	if (n != NULL)
		n->unchecked = true;
}

int
dict_build_finish(struct dict_build *b, struct dict **out)
{
	int err = b->err;

	if (err == 0)
		err = dict_build_fields(b);
	if (err == 0) {
		dict_build_resolve(b);
		err = b->err;
	}
	if (err == 0)
		err = dict_build_scopes(b);
	if (err == 0)
		err = dict_build_lens(b);
	if (err == 0 && b->faults->errors > 0)
		err = FG_EINVAL;
	if (err != 0)
		return err;
	*out = b->dict;
	b->dict = NULL;
	return 0;
}
