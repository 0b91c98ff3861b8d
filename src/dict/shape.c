#include "dict/shape.h"

#include "dict/impl.h"

static uint32_t
shape_field(const struct dict *d, const struct dict_scope *s,
    const struct fix_msg *m, uint32_t i, uint32_t *end);

/* The fields of a group from i on; returns the first behind them. */
static uint32_t
shape_group(const struct dict *d, const struct dict_scope *g,
    const struct fix_msg *m, uint32_t i, uint32_t *end)
{
	while (i < m->nfield &&
	    dict_slot(g, dict_index(d, m->field[i].tag)) != 0)
		i = shape_field(d, g, m, i, end);
	return i;
}

static uint32_t
shape_field(const struct dict *d, const struct dict_scope *s,
    const struct fix_msg *m, uint32_t i, uint32_t *end)
{
	uint32_t slot = s == NULL
	    ? 0
	    : dict_slot(s, dict_index(d, m->field[i].tag));
	const struct dict_scope *g = slot == 0 ? NULL : s->member[slot].group;

	end[i] = g == NULL ? i + 1 : shape_group(d, g, m, i + 1, end);
	return end[i];
}

void
dict_shape(const struct dict *transport, const struct dict *app,
    const struct fix_msg *m, struct dict_shape *shape, uint32_t *end)
{
	const struct dict_scope *s;
	const struct dict *d;
	uint32_t i = 0, index;

	shape->transport = transport;
	shape->type = dict_find(transport, app, m, &shape->body);
	while (i < m->nfield) {
		switch (dict_place(transport, shape->body, m->field[i].tag, &d,
		    &index)) {
		case DICT_HEADER:
			s = &transport->header;
			break;
		case DICT_TRAILER:
			s = &transport->trailer;
			break;
		default:
			s = shape->type == NULL ? NULL : &shape->type->scope;
		}
		i = shape_field(d, s, m, i, end);
	}
}

static bool
counts(const struct dict_scope *s, int32_t tag)
{
	uint16_t i;

	for (i = 1; i <= s->n; i++)
		if (s->member[i].group != NULL &&
		    (s->member[i].tag == tag ||
			counts(s->member[i].group, tag)))
			return true;
	return false;
}

bool
dict_shape_counts(const struct dict_shape *shape, const struct dict_field *f)
{
	return f->type == DICT_NUMINGROUP ||
	    counts(&shape->transport->header, f->tag) ||
	    (shape->type != NULL && counts(&shape->type->scope, f->tag));
}
