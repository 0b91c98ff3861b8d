/* table_link.c: rows of declared tables from and to the link. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/near.h"
#include "base/num.h"
#include "gateway/table.h"

#define DECIMAL_MAX 128 /* bytes */
#define SHOWN_MAX   48  /* bytes of a value in an error text */

/* Values of a row on their way in, and the texts of numbers among them. */
struct reading {
	const struct table *t;
	struct table_value value[COLUMNS_MAX];
	char number[COLUMNS_MAX][NUM_TEXT_MAX];
	char *err;
};

/* A value for people: unprintable bytes are dots. */
static void
show(const struct link_val *v, char out[SHOWN_MAX])
{
	const char *p;
	uint64_t u;
	int64_t s;
	size_t n, i;
	bool b;

	if (link_get_str(v, &p, &n)) {
		n = n > SHOWN_MAX - 3 ? SHOWN_MAX - 3 : n;
		snprintf(out, SHOWN_MAX, "'%.*s'", (int)n, p);
		for (i = 1; i <= n; i++)
			if ((unsigned char)out[i] < ' ' ||
			    (unsigned char)out[i] > 126)
				out[i] = '.';
	} else if (link_get_u64(v, &u)) {
		snprintf(out, SHOWN_MAX, "%llu", (unsigned long long)u);
	} else if (link_get_i64(v, &s)) {
		snprintf(out, SHOWN_MAX, "%lld", (long long)s);
	} else if (link_get_bool(v, &b)) {
		snprintf(out, SHOWN_MAX, "%s", b ? "true" : "false");
	} else {
		snprintf(out, SHOWN_MAX, "%s", link_kind(v) == LINK_FLOAT
		    ? "a binary fraction" : "a list or map");
	}
}

static bool
is_decimal(const char *p, size_t n)
{
	size_t i = n > 0 && p[0] == '-', digits = 0, points = 0;

	for (; i < n; i++) {
		if (p[i] >= '0' && p[i] <= '9')
			digits++;
		else if (p[i] != '.' || ++points > 1)
			return false;
	}
	return digits > 0 && n <= DECIMAL_MAX;
}

/* link_get_i64 of either kind of integer. */
static bool
get_integer(const struct link_val *v, int64_t *out)
{
	uint64_t u;

	if (link_get_i64(v, out))
		return true;
	if (!link_get_u64(v, &u) || u > INT64_MAX)
		return false;
	*out = (int64_t)u;
	return true;
}

static bool
read_decimal(struct reading *r, size_t i, const struct link_val *v)
{
	struct table_value *to = &r->value[i];
	int64_t number;

	if (link_get_str(v, &to->p, &to->len))
		return is_decimal(to->p, to->len);
	if (!get_integer(v, &number))
		return false;
	to->p = r->number[i];
	to->len = num_format_i64(r->number[i], number);
	return true;
}

static bool
read_timestamp(struct table_value *to, const struct link_val *v)
{
	const char *p;
	wall_t t;
	size_t n;

	if (get_integer(v, &to->i))
		return true;
	if (!link_get_str(v, &p, &n) || wall_parse(p, n, &t) != 0)
		return false;
	to->i = t.ns;
	return true;
}

static bool
read_typed(struct reading *r, size_t i, const struct link_val *v)
{
	struct table_value *to = &r->value[i];

	switch (r->t->column[i].type) {
	case COLUMN_STRING:
		return link_get_str(v, &to->p, &to->len);
	case COLUMN_INT:
		return get_integer(v, &to->i);
	case COLUMN_DECIMAL:
		return read_decimal(r, i, v);
	case COLUMN_TIMESTAMP:
		return read_timestamp(to, v);
	case COLUMN_BOOL:
		return link_get_bool(v, &to->b);
	}
	return false;
}

static const char *
wanted(enum column_type type)
{
	switch (type) {
	case COLUMN_STRING:
		return "text";
	case COLUMN_INT:
		return "an integer of 64 bits";
	case COLUMN_DECIMAL:
		return "digits with - and ., no exponent, as text";
	case COLUMN_TIMESTAMP:
		return "YYYYMMDD-HH:MM:SS.sss or an integer of ns";
	case COLUMN_BOOL:
		return "true or false";
	}
	return "";
}

static int
read_value(struct reading *r, size_t i, const struct link_val *v)
{
	const struct column *col = &r->t->column[i];
	char shown[SHOWN_MAX];

	if (link_kind(v) == LINK_NIL)
		return 0;
	r->value[i].set = read_typed(r, i, v);
	if (r->value[i].set)
		return 0;
	show(v, shown);
	snprintf(r->err, TABLE_ERR_MAX, "%s.%s is of type %s, not %s: give %s",
	    r->t->name, col->name, column_type_text(col->type), shown,
	    wanted(col->type));
	return FG_EINVAL;
}

static int
no_column(const struct reading *r, const char *name, size_t n)
{
	struct near near;
	size_t i;

	near_start(&near, name, n);
	for (i = 0; i < r->t->n; i++)
		near_try(&near, r->t->column[i].name);
	snprintf(r->err, TABLE_ERR_MAX, "%s has no column %.*s%s%s%s",
	    r->t->name, n > 60 ? 60 : (int)n, name,
	    near.best == NULL ? "" : "; did you mean ",
	    near.best == NULL ? "" : near.best,
	    near.best == NULL ? "" : "?");
	return FG_EINVAL;
}

static int
read_named(struct reading *r, const char *name, size_t n,
    const struct link_val *v)
{
	size_t i;

	for (i = 0; name != NULL && i < r->t->n; i++)
		if (strlen(r->t->column[i].name) == n &&
		    memcmp(r->t->column[i].name, name, n) == 0)
			return read_value(r, i, v);
	return no_column(r, name == NULL ? "" : name, name == NULL ? 0 : n);
}

int
table_read(const struct table *t, const struct link_val *columns,
    struct buf *out, char err[TABLE_ERR_MAX])
{
	struct reading r = { .t = t, .err = err };
	const struct link_val *v;
	const char *name;
	size_t i, n, before = out->len;
	int e = 0;

	if (columns == NULL || link_kind(columns) != LINK_MAP) {
		snprintf(err, TABLE_ERR_MAX, "the values of a row of %s are a "
		    "map of its columns", t->name);
		return FG_EINVAL;
	}
	for (i = 0; i < link_count(columns) && e == 0; i++) {
		v = link_map_at(columns, i, &name, &n);
		e = read_named(&r, name, n, v);
	}
	if (e == 0 && t->key < t->n && !r.value[t->key].set) {
		snprintf(err, TABLE_ERR_MAX, "%s.%s is the key: it must have "
		    "a value", t->name, t->column[t->key].name);
		e = FG_EINVAL;
	}
	if (e == 0)
		e = table_encode(t, r.value, out);
	if (e == 0 && out->len - before > TABLE_ROW_MAX) {
		snprintf(err, TABLE_ERR_MAX, "a row of %s is longer than %u "
		    "bytes", t->name, TABLE_ROW_MAX);
		e = FG_EINVAL;
	}
	if (e != 0)
		out->len = before;
	return e;
}

/* ---- out ---- */

const char *
table_link_type(enum column_type type)
{
	switch (type) {
	case COLUMN_STRING:
		return "text";
	case COLUMN_INT:
		return "int";
	case COLUMN_DECIMAL:
		return "decimal";
	case COLUMN_TIMESTAMP:
		return "time";
	case COLUMN_BOOL:
		return "bool";
	}
	return "";
}

void
table_put_columns(struct link_out *o, const struct table *t)
{
	size_t i;

	for (i = 0; i < t->n; i++) {
		link_array(o, 2);
		link_str(o, t->column[i].name);
		link_str(o, table_link_type(t->column[i].type));
	}
}

static void
put_one(struct link_out *o, enum column_type type, const struct table_value *v)
{
	if (!v->set) {
		link_nil(o);
		return;
	}
	switch (type) {
	case COLUMN_STRING:
		link_text(o, v->p, v->len);
		break;
	case COLUMN_DECIMAL:
		link_strn(o, v->p, v->len);
		break;
	case COLUMN_INT:
	case COLUMN_TIMESTAMP:
		link_i64(o, v->i);
		break;
	case COLUMN_BOOL:
		link_bool(o, v->b);
		break;
	}
}

void
table_put(struct link_out *o, const struct table *t,
    const struct store_row *row)
{
	struct table_value v[COLUMNS_MAX];
	size_t i;

	/* Of a damaged row, what is before the damage. */
	(void)table_decode(t, row->data, row->len, v);
	for (i = 0; i < t->n; i++)
		put_one(o, t->column[i].type, &v[i]);
}
