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

#define FEW 64 /* fields for which nothing is allocated */

static int
by_tag(const void *a, const void *b)
{
	const struct unit *x = a, *y = b;

	return x->tag < y->tag ? -1 : x->tag > y->tag;
}

/* qsort takes its time for a few. */
static void
sort(struct unit *u, uint32_t n)
{
	uint32_t i, k;
	struct unit v;

	if (n > FEW) {
		qsort(u, n, sizeof(*u), by_tag);
		return;
	}
	for (i = 1; i < n; i++) {
		v = u[i];
		for (k = i; k > 0 && u[k - 1].tag > v.tag; k--)
			u[k] = u[k - 1];
		u[k] = v;
	}
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

/* u and end: room for all fields. */
static int
put_units(struct compose *f, const struct fix_msg *m, struct unit *u,
    uint32_t *end)
{
	struct dict_shape shape;
	uint32_t i, n;
	int err = 0;

	if (f->app != NULL)
		dict_shape(f->transport == NULL ? f->app : f->transport,
		    f->app, m, &shape, end);
	else
		for (i = 0; i < m->nfield; i++)
			end[i] = i + 1;
	n = split(f, m, end, u);
	sort(u, n);
	if (!is_unique(u, n))
		return 0;
	f->out->len = 0;
	for (i = 0; i < n && err == 0; i++)
		err = buf_add(f->out, m->buf + u[i].at, u[i].len);
	return err;
}

static int
put_many(struct compose *f, const struct fix_msg *m)
{
	struct unit *u = malloc(m->nfield * sizeof(*u));
	uint32_t *end = malloc(m->nfield * sizeof(*end));
	int err = u == NULL || end == NULL ? FG_ENOMEM
	    : put_units(f, m, u, end);

	free(u);
	free(end);
	return err;
}

static int
order_text(struct compose *f, const char *p, size_t n)
{
	const struct fix_lens *lens = f->app == NULL ? NULL :
	    dict_lens(f->app);
	struct fix_field field[FEW];
	struct fix_msg m = { .field = field, .cap = FEW };
	struct fields index = { 0 };
	struct unit unit[FEW];
	uint32_t end[FEW];
	int err = fix_parse(&m, p, n, lens);

	if (err == 0)
		return put_units(f, &m, unit, end);
	if (err == FG_ELIMIT)
		err = fields_index(&index, &m, p, n, lens);
	/* What cannot be read stays as it is. */
	err = err == 0 ? put_many(f, &m) : 0;
	fields_free(&index);
	return err;
}

int
compose_order(struct compose *f, const char *type)
{
	struct buf text = { 0 };
	int err;

	if (f->out->len == 0)
		return 0;
	err = buf_reserve(&text, f->out->len + COMPOSE_TYPE_MAX + 4);
	if (err == 0)
		err = buf_printf(&text, "35=%s\001", type);
	if (err == 0)
		err = buf_add(&text, f->out->p, f->out->len);
	if (err == 0)
		err = order_text(f, text.p, text.len);
	buf_free(&text);
	return err;
}
