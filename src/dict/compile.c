/*
 * compile.c: scopes: the members of header, trailer, messages and groups,
 * flattened.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "dict/defs.h"

#define SCOPE_MAX 60000 /* members; a slot has 16 bits */

/* Steps from member to member. The largest stock file takes 320,000; components
 * that each name another one twice would take 2 to the power of their depth. */
#define WORK_MAX 5000000
#define WORK_OF_FIELDS 16 /* fields of an index that are as much as a step */

/* A scope while it is filled; one for each level of groups. */
struct filling {
	struct dict_build *b;
	struct dict_member *member; /* from 1 */
	uint32_t n, cap;
	uint16_t *slot; /* of each field */
	bool keeps_qf;  /* QuickFIX keeps the required flags of this scope */
	uint32_t below; /* room of the deepest group */
};

static struct dict_scope *compile_group(struct dict_build *b, struct node *n);

static void
repeat(struct filling *f, struct node *n, struct dict_member *m,
    const struct dict_scope *group, uint8_t flags)
{
	if (!n->told)
		dict_faults_add(f->b->faults, false, n->line,
		    "%s stands twice at one level; the first place counts",
		    n->name);
	n->told = true;
	m->flags |= flags;
	if (m->group == NULL)
		m->group = group;
}

static void
fill_member(struct filling *f, struct node *n, uint8_t flags)
{
	const struct dict_scope *group = NULL;
	struct dict_member *grown;
	const struct dict_rule *r;
	uint32_t cap;

	if (n->kind == NODE_GROUP)
		group = compile_group(f->b, n);
	if (f->b->err != 0)
		return;
	if (group != NULL && group->room > f->below)
		f->below = group->room;
	if (f->slot[n->field] != 0) {
		repeat(f, n, &f->member[f->slot[n->field]], group, flags);
		return;
	}
	if (f->n + 1 >= f->cap) {
		cap = f->cap * 2 + 64;
		grown = realloc(f->member, cap * sizeof(*grown));
		if (grown == NULL || f->n == SCOPE_MAX) {
			f->b->err = grown == NULL ? FG_ENOMEM : FG_ELIMIT;
			if (grown != NULL)
				f->member = grown;
			return;
		}
		f->member = grown;
		f->cap = cap;
	}
	r = &f->b->dict->rule[n->field];
	if ((r->format == DICT_FORM_ANY && r->set == DICT_SET_ANY) ||
	    n->unchecked)
		flags |= DICT_ANY_VALUE;
	f->n++;
	f->slot[n->field] = (uint16_t)f->n;
	f->member[f->n] = (struct dict_member){
		.tag = f->b->dict->field[n->field].tag,
		.field = (uint16_t)n->field,
		.flags = flags,
		.group = group,
	};
}

/*
 * A member is required if it is so itself and so is each component around it.
 * QuickFIX asks the innermost component only, and inside a group forgets the
 * flags of components, and all flags if the group itself is optional.
 */
static void
fill_list(struct filling *f, const struct dict_list *l, bool outer,
    bool outer_qf)
{
	struct node *n;
	uint8_t flags;

	for (n = l->first; n != NULL && f->b->err == 0; n = n->next) {
		if (++f->b->work > WORK_MAX)
			f->b->err = FG_ELIMIT;
		if (n->dropped)
			continue;
		if (n->kind == NODE_COMPONENT) {
			fill_list(f, &n->component->members,
			    outer && n->required, f->keeps_qf && n->required);
			continue;
		}
		flags = 0;
		if (n->required && outer)
			flags |= DICT_REQUIRED;
		if (n->required && outer_qf)
			flags |= DICT_REQUIRED_QF;
		fill_member(f, n, flags);
	}
}

static const uint16_t *
required_slots(struct filling *f, uint8_t flag, const uint16_t *by_tag,
    uint16_t *count)
{
	uint16_t *out;
	uint32_t i, n = 0;

	for (i = 0; i < f->n; i++)
		n += (f->member[by_tag[i]].flags & flag) != 0;
	out = dict_build_alloc(f->b, &f->b->dict->arena, n, sizeof(*out));
	if (out == NULL)
		return NULL;
	*count = (uint16_t)n;
	for (n = 0, i = 0; i < f->n; i++)
		if ((f->member[by_tag[i]].flags & flag) != 0)
			out[n++] = by_tag[i];
	return out;
}

/* Fields are numbered by tag, so slots by field are slots by tag. */
static void
sort_slots(const struct filling *f, uint16_t *by_tag)
{
	uint32_t i, n = 0;

	for (i = 1; i <= f->b->dict->nfield; i++)
		if (f->slot[i] != 0)
			by_tag[n++] = f->slot[i];
}

static void
keep_scope(struct filling *f, struct dict_scope *s)
{
	struct dict_build *b = f->b;
	struct arena *a = &b->dict->arena;
	struct dict_member *member;
	uint32_t first = 0, last = 0, i;
	uint16_t *slot, *by_tag;

	for (i = 1; i <= b->dict->nfield; i++) {
		if (f->slot[i] == 0)
			continue;
		first = first == 0 ? i : first;
		last = i;
	}
	s->base = (uint16_t)first;
	s->span = (uint16_t)(first == 0 ? 0 : last - first + 1);
	s->n = (uint16_t)f->n;
	s->room = f->n + 1 + f->below;
	slot = dict_build_alloc(b, a, s->span, sizeof(*slot));
	member = dict_build_alloc(b, a, f->n + 1, sizeof(*member));
	by_tag = calloc(f->n + 1, sizeof(*by_tag));
	if (by_tag == NULL)
		b->err = FG_ENOMEM;
	if (b->err == 0) {
		memcpy(slot, f->slot + first, s->span * sizeof(*slot));
		if (f->n > 0)
			memcpy(member + 1, f->member + 1,
			    f->n * sizeof(*member));
		s->slot = slot;
		s->member = member;
		sort_slots(f, by_tag);
		s->required[0] = required_slots(f, DICT_REQUIRED, by_tag,
		    &s->nrequired[0]);
		s->required[1] = required_slots(f, DICT_REQUIRED_QF, by_tag,
		    &s->nrequired[1]);
	}
	free(by_tag);
}

static void
compile_scope(struct dict_build *b, const struct dict_list *l, bool keeps_qf,
    bool is_group, struct dict_scope *s)
{
	struct filling f = { .b = b, .keeps_qf = !is_group };

	b->work += b->dict->nfield / WORK_OF_FIELDS;
	f.slot = calloc(b->dict->nfield + 1, sizeof(*f.slot));
	if (f.slot == NULL)
		b->err = FG_ENOMEM;
	else
		fill_list(&f, l, true, keeps_qf);
	if (b->err == 0)
		keep_scope(&f, s);
	free(f.slot);
	free(f.member);
}

/* NULL: it has no members, or an error. */
static struct dict_scope *
compile_group(struct dict_build *b, struct node *n)
{
	struct dict_scope **kept = n->component == NULL
	    ? &n->scope
	    : &n->component->scope[n->required];
	const struct dict_list *members = n->component == NULL
	    ? &n->members
	    : &n->component->members;
	struct dict_scope *s = *kept;

	if (s != NULL)
		return s->n == 0 ? NULL : s;
	s = dict_build_alloc(b, &b->dict->arena, 1, sizeof(*s));
	if (s == NULL)
		return NULL;
	compile_scope(b, members, n->required, true, s);
	if (b->err != 0)
		return NULL;
	*kept = s;
	if (s->n != 0)
		return s;
	DICT_FAULT_SOFT(b, n->line, "group %s has no members", n->name);
	return NULL;
}

static void
mark(struct dict *d, const struct dict_scope *s, enum dict_section section,
    bool top)
{
	struct dict_rule *r;
	uint32_t i;

	for (i = 1; i <= s->n; i++) {
		r = &d->rule[s->member[i].field];
		if (top && r->section == DICT_BODY)
			r->section = section;
		if (section == DICT_HEADER)
			r->in_header = true;
		else
			r->in_trailer = true;
		if (s->member[i].group != NULL)
			mark(d, s->member[i].group, section, false);
	}
}

static int
by_type(const void *a, const void *b)
{
	const struct dict_msg *const *x = a, *const *y = b;

	if ((*x)->type_len != (*y)->type_len)
		return (*x)->type_len < (*y)->type_len ? -1 : 1;
	return memcmp((*x)->type, (*y)->type, (*x)->type_len);
}

static int
by_name(const void *a, const void *b)
{
	const struct dict_name *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void
compile_messages(struct dict_build *b)
{
	struct dict *d = b->dict;
	uint32_t deepest = 0;
	struct message *m;
	struct dict_msg *out;

	d->msg = dict_build_alloc(b, &d->arena, b->nmessages, sizeof(*d->msg));
	d->msg_name = dict_build_alloc(b, &d->arena, b->nmessages,
	    sizeof(*d->msg_name));
	for (m = b->messages; m != NULL && b->err == 0; m = m->next) {
		out = dict_build_alloc(b, &d->arena, 1, sizeof(*out));
		if (out == NULL)
			return;
		out->name = m->name;
		out->type = m->type;
		out->type_len = strlen(m->type);
		out->admin = fix_type_is_admin(out->type, out->type_len);
		compile_scope(b, &m->members, true, false, &out->scope);
		if (out->scope.room > deepest)
			deepest = out->scope.room;
		d->msg[d->nmsg++] = out;
	}
	if (b->err != 0)
		return;
	qsort(d->msg, d->nmsg, sizeof(*d->msg), by_type);
	for (size_t i = 0; i < d->nmsg; i++) {
		out = d->msg[i];
		d->msg_name[i] = (struct dict_name){ out->name, (uint32_t)i };
		if (out->type_len == 1 && (unsigned char)*out->type < 128)
			d->single[(unsigned char)*out->type] = out;
	}
	qsort(d->msg_name, d->nmsg, sizeof(*d->msg_name), by_name);
	d->room = deepest + d->header.room + d->trailer.room;
}

int
dict_build_scopes(struct dict_build *b)
{
	struct component *c;
	struct node *n;

	if (b->is_session && b->header.first == NULL)
		DICT_FAULT_SOFT(b, 0, "there is no header");
	if (b->is_session && b->trailer.first == NULL)
		DICT_FAULT_SOFT(b, 0, "there is no trailer");
	compile_scope(b, &b->header, true, false, &b->dict->header);
	if (b->err == 0)
		compile_scope(b, &b->trailer, true, false, &b->dict->trailer);
	if (b->err == 0)
		compile_messages(b);
	/* The groups of components that nothing uses may have faults, too. */
	for (c = b->components; c != NULL && b->err == 0; c = c->next)
		for (n = c->members.first; n != NULL && b->err == 0;
		    n = n->next)
			if (n->kind == NODE_GROUP && !n->dropped)
				compile_group(b, n);
	if (b->err != 0)
		return b->err;
	mark(b->dict, &b->dict->header, DICT_HEADER, true);
	mark(b->dict, &b->dict->trailer, DICT_TRAILER, true);
	return 0;
}
