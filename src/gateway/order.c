/*
 * order.c: the body of a message of ours ascending by tag, as every engine of
 * the QuickFIX family sends it. A group stays behind its counter as it was
 * given, and data behind its length.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "dict/shape.h"
#include "gateway/compose.h"
#include "gateway/fields.h"

/* Fields that stay together: one, a group, or a length and its data. */
struct unit {
	int32_t tag;   /* of the first */
	uint32_t at;   /* of its bytes */
	uint32_t len;
};

static int
by_tag(const void *a, const void *b)
{
	const struct unit *x = a, *y = b;

	return x->tag < y->tag ? -1 : x->tag > y->tag;
}

/* Is field i the length of the data field behind it? */
static bool
is_length(const struct compose *f, const struct fix_msg *m, uint32_t i)
{
	return i + 1 < m->nfield && m->field[i].tag != 0 &&
	    compose_length_tag(f, m->field[i + 1].tag) == m->field[i].tag;
}

/* The units behind the first field, which is MsgType; how many. */
static uint32_t
split(const struct compose *f, const struct fix_msg *m, const uint32_t *end,
    struct unit *u)
{
	uint32_t i, next, n = 0, at;

	for (i = end[0]; i < m->nfield; i = next, n++) {
		next = is_length(f, m, i) ? end[i + 1] : end[i];
		at = m->field[i - 1].off + m->field[i - 1].len + 1;
		u[n].tag = m->field[i].tag;
		u[n].at = at;
		u[n].len = m->field[next - 1].off + m->field[next - 1].len +
		    1 - at;
	}
	return n;
}

/* Of equal tags at one level nobody knows which group they are of: then all
 * stays as it is. */
static bool
is_unique(const struct unit *u, uint32_t n)
{
	uint32_t i;

	for (i = 1; i < n; i++)
		if (u[i].tag == u[i - 1].tag)
			return false;
	return true;
}

static int
sort_units(struct compose *f, const struct fix_msg *m)
{
	struct unit *u = malloc(m->nfield * sizeof(*u));
	uint32_t *end = malloc(m->nfield * sizeof(*end)), i, n;
	struct dict_shape shape;
	int err = u == NULL || end == NULL ? FG_ENOMEM : 0;

	if (err == 0) {
		if (f->app != NULL)
			dict_shape(f->transport == NULL ? f->app :
			    f->transport, f->app, m, &shape, end);
		else
			for (i = 0; i < m->nfield; i++)
				end[i] = i + 1;
		n = split(f, m, end, u);
		qsort(u, n, sizeof(*u), by_tag);
		if (is_unique(u, n)) {
			f->out->len = 0;
			for (i = 0; i < n && err == 0; i++)
				err = buf_add(f->out, m->buf + u[i].at,
				    u[i].len);
		}
	}
	free(u);
	free(end);
	return err;
}

int
compose_order(struct compose *f, const char *type)
{
	const struct fix_lens *lens = f->app == NULL ? NULL :
	    dict_lens(f->app);
	struct fields index = { 0 };
	struct buf text = { 0 };
	struct fix_msg m = { 0 };
	int err;

	if (f->out->len == 0)
		return 0;
	err = buf_printf(&text, "35=%s\001", type);
	if (err == 0)
		err = buf_add(&text, f->out->p, f->out->len);
	if (err == 0 &&
	    fields_index(&index, &m, text.p, text.len, lens) == 0)
		err = sort_units(f, &m);
	fields_free(&index);
	buf_free(&text);
	return err;
}
