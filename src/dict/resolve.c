/* resolve.c: names to definitions, and no component inside itself. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "dict/defs.h"

static int
by_name(const void *a, const void *b)
{
	const struct component *const *x = a, *const *y = b;
	int c = strcmp((*x)->name, (*y)->name);

	if (c != 0)
		return c;
	return (*x)->line < (*y)->line ? -1 : (*x)->line > (*y)->line;
}

static void
index_components(struct dict_build *b)
{
	struct component *c;
	size_t i, n = 0;

	b->by_name = dict_build_alloc(b, &b->arena, b->ncomponents + 1,
	    sizeof(*b->by_name));
	if (b->by_name == NULL)
		return;
	for (c = b->components; c != NULL; c = c->next)
		b->by_name[n++] = c;
	qsort(b->by_name, n, sizeof(*b->by_name), by_name);
	for (i = 1; i < n; i++)
		if (strcmp(b->by_name[i]->name, b->by_name[i - 1]->name) == 0)
			DICT_FAULT_SOFT(b, b->by_name[i]->line,
			    "component %s is defined twice (line %u)",
			    b->by_name[i]->name, b->by_name[i - 1]->line);
}

/* The first definition with this name. */
static struct component *
find_component(const struct dict_build *b, const char *name)
{
	size_t lo = 0, hi = b->ncomponents, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (strcmp(b->by_name[mid]->name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == b->ncomponents || strcmp(b->by_name[lo]->name, name) != 0)
		return NULL;
	return b->by_name[lo];
}

static void
drop(struct dict_build *b, struct node *n, const char *what, const char *name)
{
	n->dropped = true;
	/* Without a required member no message could be judged. */
	dict_faults_add(b->faults,
	    n->required || (b->flags & DICT_LENIENT) == 0, n->line,
	    "%s %s is not defined", what, name);
}

static void
resolve_list(struct dict_build *b, struct dict_list *l, unsigned depth)
{
	const struct dict_field *f;
	struct node *n;

	for (n = l->first; n != NULL; n = n->next) {
		if (n->kind == NODE_COMPONENT) {
			n->component = find_component(b, n->name);
			if (n->component == NULL)
				drop(b, n, "component", n->name);
			continue;
		}
		f = dict_field_by_name(b->dict, n->name);
		if (f == NULL)
			drop(b, n, "field", n->name);
		else
			n->field = (uint32_t)(f - b->dict->field);
		if (n->kind != NODE_GROUP)
			continue;
		if (n->shared != NULL) {
			n->component = find_component(b, n->shared);
			if (n->component == NULL)
				drop(b, n, "group", n->shared);
			continue;
		}
		if (depth == DICT_DEPTH_MAX) {
			n->dropped = true;
			dict_faults_add(b->faults, true, n->line,
			    "group %s is nested deeper than %d", n->name,
			    DICT_DEPTH_MAX);
			continue;
		}
		resolve_list(b, &n->members, depth + 1);
	}
}

static unsigned break_cycles(struct dict_build *, struct dict_list *,
    unsigned);

/* Returns the depth below a member, itself counted. */
static unsigned
depth_of(struct dict_build *b, struct node *n, unsigned depth)
{
	struct component *c = n->component;

	if (n->kind == NODE_FIELD)
		return 0;
	if (n->kind == NODE_GROUP && c == NULL)
		return 1 + break_cycles(b, &n->members, depth + 1);
	if (c->colour == NODE_OPEN) {
		n->dropped = true;
		dict_faults_add(b->faults, true, n->line,
		    "component %s contains itself", c->name);
		return 0;
	}
	if (c->colour == NODE_UNSEEN) {
		c->colour = NODE_OPEN;
		c->depth = break_cycles(b, &c->members, depth + 1);
		c->colour = NODE_DONE;
	}
	return 1 + c->depth;
}

/*
 * Depth-first over the references; one to a component that is still open closes
 * a cycle and is dropped, so that what follows always ends. depth is that
 * of the list, and bounds the recursion; returns the depth below it.
 */
static unsigned
break_cycles(struct dict_build *b, struct dict_list *l, unsigned depth)
{
	unsigned below, deepest = 0;
	struct node *n;

	for (n = l->first; n != NULL; n = n->next) {
		if (n->dropped)
			continue;
		below = depth < DICT_DEPTH_MAX || n->kind == NODE_FIELD
		    ? depth_of(b, n, depth)
		    : DICT_DEPTH_MAX + 1;
		if (below > DICT_DEPTH_MAX) {
			n->dropped = true;
			dict_faults_add(b->faults, true, n->line,
			    "%s is nested deeper than %d", n->name,
			    DICT_DEPTH_MAX);
		} else if (below > deepest) {
			deepest = below;
		}
	}
	return deepest;
}

void
dict_build_resolve(struct dict_build *b)
{
	struct component *c;
	struct message *m;

	index_components(b);
	if (b->err != 0)
		return;
	resolve_list(b, &b->header, 0);
	resolve_list(b, &b->trailer, 0);
	for (m = b->messages; m != NULL; m = m->next)
		resolve_list(b, &m->members, 0);
	for (c = b->components; c != NULL; c = c->next)
		resolve_list(b, &c->members, 0);
	for (c = b->components; c != NULL; c = c->next) {
		if (c->colour != NODE_UNSEEN)
			continue;
		c->colour = NODE_OPEN;
		c->depth = break_cycles(b, &c->members, 1);
		c->colour = NODE_DONE;
	}
	break_cycles(b, &b->header, 0);
	break_cycles(b, &b->trailer, 0);
	for (m = b->messages; m != NULL; m = m->next)
		break_cycles(b, &m->members, 0);
}
