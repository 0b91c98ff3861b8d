/*
 * lens.c: which field holds the length of which data field. The number before
 * it is only a habit; in FIX.5.0SP2 it is wrong for twelve fields.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "dict/defs.h"

static bool
is_data(const struct dict_field *f)
{
	return f->type == DICT_DATA || f->type == DICT_XMLDATA;
}

/* Old files type lengths as INT. */
static bool
is_length(const struct dict_field *f)
{
	return f != NULL && (f->type == DICT_LENGTH || f->type == DICT_INT);
}

static bool
ends_in_len(const char *name)
{
	size_t n = strlen(name);

	return (n > 3 && strcmp(name + n - 3, "Len") == 0) ||
	    (n > 6 && strcmp(name + n - 6, "Length") == 0);
}

/* Wherever a data field follows a length in the layout, that is its own. */
static void
scan_list(struct dict_build *b, const struct dict_list *l, int32_t *partner)
{
	const struct dict_field *f, *before = NULL;
	const struct node *n;

	for (n = l->first; n != NULL; n = n->next) {
		if (n->dropped || n->kind == NODE_COMPONENT) {
			before = NULL;
			continue;
		}
		f = &b->dict->field[n->field];
		if (is_data(f) && before != NULL && partner[n->field] == 0 &&
		    (before->type == DICT_LENGTH ||
		    (is_length(before) && ends_in_len(before->name))))
			partner[n->field] = before->tag;
		before = f;
		if (n->kind == NODE_GROUP)
			scan_list(b, &n->members, partner);
	}
}

static int32_t
guess(const struct dict *d, const struct dict_field *f)
{
	static const char *const suffix[] = { "Len", "Length" };
	const struct dict_field *l;
	char name[256];
	size_t i;

	for (i = 0; i < sizeof(suffix) / sizeof(suffix[0]); i++) {
		snprintf(name, sizeof(name), "%.240s%s", f->name, suffix[i]);
		l = dict_field_by_name(d, name);
		if (is_length(l))
			return l->tag;
	}
	l = dict_field_by_tag(d, f->tag - 1);
	return l != NULL && l->type == DICT_LENGTH ? l->tag : 0;
}

/* What the file says comes first, but some official files name any field. */
static void
said(struct dict_build *b, int32_t *partner)
{
	const struct dict *d = b->dict;
	const struct dict_field *length;
	const struct dict_fdef *f;

	for (f = b->fields; f != NULL; f = f->next) {
		if (f->length_tag == 0 ||
		    !is_data(dict_field_by_tag(d, f->tag)))
			continue;
		length = dict_field_by_tag(d, f->length_tag);
		if (length != NULL && length->type == DICT_LENGTH)
			partner[dict_index(d, f->tag)] = length->tag;
		else
			dict_faults_add(b->faults, false, f->line,
			    "data field %s: %d is no field of type LENGTH and "
			    "not its length", f->name, (int)f->length_tag);
	}
}

/* A data field in the file whose length is in no field. */
static void
tell_lone(struct dict_build *b, const int32_t *partner)
{
	const struct dict_fdef *f;
	const struct dict_field *data;

	for (f = b->fields; f != NULL; f = f->next) {
		data = dict_field_by_tag(b->dict, f->tag);
		if (is_data(data) && partner[data - b->dict->field] == 0)
			dict_faults_add(b->faults, false, f->line,
			    "data field %s (%d) has no length field and ends "
			    "at the first SOH", data->name, data->tag);
	}
}

static int
collect(struct dict_build *b, int32_t *partner)
{
	struct dict *d = b->dict;
	struct fix_len_pair *pair;
	size_t n = 0;
	uint32_t i;

	for (i = 1; i <= d->nfield; i++) {
		if (!is_data(&d->field[i]))
			continue;
		if (partner[i] == 0)
			partner[i] = guess(d, &d->field[i]);
		n += partner[i] != 0;
	}
	tell_lone(b, partner);
	pair = dict_build_alloc(b, &d->arena, n, sizeof(*pair));
	if (pair == NULL)
		return FG_ENOMEM;
	for (n = 0, i = 1; i <= d->nfield; i++)
		if (partner[i] != 0)
			pair[n++] = (struct fix_len_pair){ d->field[i].tag,
				partner[i] };
	fix_lens_init(&d->lens, pair, n);
	return 0;
}

int
dict_build_lens(struct dict_build *b)
{
	int32_t *partner = calloc(b->dict->nfield + 1, sizeof(*partner));
	struct component *c;
	struct message *m;
	int err;

	if (partner == NULL)
		return FG_ENOMEM;
	said(b, partner);
	scan_list(b, &b->header, partner);
	scan_list(b, &b->trailer, partner);
	for (c = b->components; c != NULL; c = c->next)
		scan_list(b, &c->members, partner);
	for (m = b->messages; m != NULL; m = m->next)
		scan_list(b, &m->members, partner);
	err = collect(b, partner);
	free(partner);
	return err;
}
