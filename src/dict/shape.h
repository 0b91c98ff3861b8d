/* shape.h: which fields of a message lie in its groups. Pure. */
#ifndef FG_DICT_SHAPE_H
#define FG_DICT_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "dict/dict.h"

struct dict_shape {
	const struct dict *transport; /* describes header and trailer */
	const struct dict *body;      /* describes the rest */
	const struct dict_msg *type;  /* NULL: neither dictionary has it */
};

/*
 * Find the shape of an indexed message. end[] (m->nfield entries of the caller)
 * says for each field where the next one of the same level is: behind itself,
 * or, of a group's counter, behind its group. In a group, each field with the
 * tag of the first one opens an instance.
 */
void dict_shape(const struct dict *transport, const struct dict *app,
    const struct fix_msg *m, struct dict_shape *shape, uint32_t *end);

/* Does the field count the instances of a group, anywhere in the message? */
bool dict_shape_counts(const struct dict_shape *shape,
    const struct dict_field *f);

#endif
