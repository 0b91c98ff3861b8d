/* rows.c: the row of the running call, and its message as typed fields. */
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/err.h"
#include "base/num.h"
#include "script/code.h"

#define FIELDS_MIN 64
#define FIELDS_MAX 65536 /* of a message */

void
rows_set(struct rows *r, const struct script_row *row, const char *column)
{
	size_t i;

	r->row = row;
	r->fix = NULL;
	r->indexed = false;
	if (column == NULL || row->transport == NULL || row->app == NULL)
		return;
	for (i = 0; i < row->n; i++)
		if (row->value[i].type == SCRIPT_STRING &&
		    row->column[i][0] == column[0] &&
		    strcmp(row->column[i], column) == 0) {
			r->fix = row->value[i].p;
			r->fix_len = row->value[i].len;
			return;
		}
}

void
rows_free(struct rows *r)
{
	free(r->m.field);
	free(r->end);
}

static int
more_fields(struct rows *r)
{
	uint32_t cap = r->m.cap == 0 ? FIELDS_MIN : r->m.cap * 2;
	struct fix_field *field;
	uint32_t *end;

	if (cap > FIELDS_MAX)
		return FG_ELIMIT;
	field = realloc(r->m.field, cap * sizeof(*field));
	if (field == NULL)
		return FG_ENOMEM;
	r->m.field = field;
	end = realloc(r->end, cap * sizeof(*end));
	if (end == NULL)
		return FG_ENOMEM;
	r->end = end;
	r->m.cap = cap;
	return 0;
}

int
rows_index(struct rows *r, const char **why)
{
	int err;

	*why = "the row has no message and dictionary";
	if (r->fix == NULL)
		return FG_EINVAL;
	if (r->indexed)
		return 0;
	err = r->m.cap == 0 ? more_fields(r) : 0;
	while (err == 0) {
		err = fix_parse(&r->m, r->fix, r->fix_len,
		    dict_lens(r->row->app));
		if (err != FG_ELIMIT)
			break;
		err = more_fields(r);
	}
	if (err != 0) {
		*why = err == FG_EGARBLED
		    ? "the message is garbled"
		    : err == FG_ENOMEM ? "there is no memory for the message"
				       : "the message has too many fields";
		return err;
	}
	dict_shape(r->row->transport, r->row->app, &r->m, &r->shape, r->end);
	r->indexed = true;
	return 0;
}

static bool
is_integer(enum dict_type t)
{
	return t == DICT_INT || t == DICT_LENGTH || t == DICT_NUMINGROUP ||
	    t == DICT_SEQNUM || t == DICT_TAGNUM || t == DICT_DAYOFMONTH;
}

static bool
is_decimal(enum dict_type t)
{
	return t == DICT_FLOAT || t == DICT_PRICE || t == DICT_QTY ||
	    t == DICT_AMT || t == DICT_PERCENTAGE || t == DICT_PRICEOFFSET;
}

struct script_value
rows_typed(const struct dict_field *f, const char *p, size_t n)
{
	struct script_value v = { .type = SCRIPT_STRING, .p = p, .len = n };
	struct decimal d;

	if (f == NULL)
		return v;
	if (is_integer(f->type) && num_parse_i64(p, n, &v.i) == 0)
		v.type = SCRIPT_INT;
	else if (is_decimal(f->type) && decimal_parse(p, n, &d) == 0)
		v.type = SCRIPT_DECIMAL;
	else if (f->type == DICT_BOOLEAN && n == 1 &&
	    (*p == 'Y' || *p == 'N'))
		v.type = SCRIPT_BOOL;
	v.b = n > 0 && *p == 'Y';
	return v;
}

bool
rows_numeric(const struct dict_field *f)
{
	return is_integer(f->type) || is_decimal(f->type);
}

uint32_t
rows_instance(const struct rows *r, uint32_t from, uint32_t to, int64_t i,
    uint32_t *stop)
{
	uint32_t at = from, first = to;

	for (; at < to; at = r->end[at]) {
		if (r->m.field[at].tag != r->m.field[from].tag)
			continue;
		if (i == 0)
			break;
		if (--i == 0)
			first = at;
	}
	*stop = at;
	return first;
}

int64_t
rows_instances(const struct rows *r, uint32_t from, uint32_t to)
{
	int64_t n = 0;
	uint32_t at;

	for (at = from; at < to; at = r->end[at])
		n += r->m.field[at].tag == r->m.field[from].tag;
	return n;
}
