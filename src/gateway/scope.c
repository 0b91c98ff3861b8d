/* scope.c: the fields of a group's entry, in the order of the dictionary. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gateway/compose.h"

/* A field of an entry, with the groups that it counts. */
struct piece {
	unsigned place; /* among the members; 0: none of them */
	size_t at, len;
};

void
compose_scope_body(const struct compose *f, const char *type,
    struct compose_scope *body)
{
	const struct dict_msg *m = f->app == NULL ? NULL :
	    dict_msg_by_type(f->app, type, strlen(type));

	body->members = m == NULL ? NULL : dict_msg_scope(m);
}

void
compose_scope_group(const struct compose *f, const struct compose_scope *in,
    struct compose_scope *entry)
{
	const struct dict_field *df;

	entry->members = in->members == NULL ? NULL :
	    dict_scope_group(f->app, in->members, f->last);
	df = f->app == NULL ? NULL : dict_field_by_tag(f->app, f->last);
	entry->name = df == NULL ? "the group" : df->name;
}

void
compose_scope_begin(struct compose_scope *entry, size_t number)
{
	entry->number = number;
	entry->n = 0;
}

void
compose_scope_field(const struct compose *f, struct compose_scope *in)
{
	size_t cap = in->cap == 0 ? 16 : 2 * in->cap, *at;

	if (in->number == 0)
		return; /* the body is put in order as a whole */
	if (in->n == in->cap) {
		at = realloc(in->at, cap * sizeof(*at));
		if (at == NULL) {
			in->failed = true;
			return;
		}
		in->at = at;
		in->cap = cap;
	}
	in->at[in->n++] = f->out->len;
}

static int
by_place(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static const char *
name_of(const struct compose *f, int32_t tag)
{
	const struct dict_field *df = dict_field_by_tag(f->app, tag);

	return df == NULL ? "its first field" : df->name;
}

/* The pieces of the entry, by place. */
static int
cut(struct compose *f, const struct compose_scope *e, struct piece *v,
    size_t *n)
{
	size_t i, end;
	long tag;

	for (i = *n = 0; i < e->n; i++) {
		end = i + 1 < e->n ? e->at[i + 1] : f->out->len;
		if (end == e->at[i])
			continue; /* an empty group */
		tag = strtol(f->out->p + e->at[i], NULL, 10);
		v[*n].place = dict_scope_place(f->app, e->members,
		    (int32_t)tag);
		if (v[*n].place == 0) {
			snprintf(f->err, sizeof(f->err), "field %ld is not in "
			    "the dictionary's group %s", tag, e->name);
			return FG_EINVAL;
		}
		v[*n].at = e->at[i];
		v[*n].len = end - e->at[i];
		(*n)++;
	}
	qsort(v, *n, sizeof(*v), by_place);
	if (*n > 0 && v[0].place == 1)
		return 0;
	snprintf(f->err, sizeof(f->err), "entry %zu of %s needs %s (%d), which "
	    "opens it", e->number, e->name,
	    name_of(f, dict_scope_first(e->members)),
	    (int)dict_scope_first(e->members));
	return FG_EINVAL;
}

int
compose_scope_end(struct compose *f, struct compose_scope *e)
{
	struct buf was = { 0 };
	struct piece *v;
	size_t i, n, start;
	int err;

	if (e->failed)
		return FG_ENOMEM;
	if (e->members == NULL || e->n == 0)
		return 0;
	v = malloc(e->n * sizeof(*v));
	if (v == NULL)
		return FG_ENOMEM;
	start = e->at[0];
	err = cut(f, e, v, &n);
	if (err == 0)
		err = buf_add(&was, f->out->p + start, f->out->len - start);
	for (i = 0; i < n && err == 0; i++) {
		if (i == 0)
			f->out->len = start;
		err = buf_add(f->out, was.p + (v[i].at - start), v[i].len);
	}
	buf_free(&was);
	free(v);
	return err;
}

void
compose_scope_free(struct compose_scope *s)
{
	free(s->at);
	s->at = NULL;
	s->n = s->cap = 0;
}
