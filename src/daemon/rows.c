#include "daemon/rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"

#define DECIMAL_KEY "DECIMAL" /* an "any" decimal is a map of this one */
#define TIME_DIGITS 9
#define DEPTH_MAX   8         /* of groups in groups */
#define VALUE_SIZE  8         /* bytes of a value besides its text */

static const char *const type_text[] = {
#define X(name, text) text,
	ROW_TYPES(X)
#undef X
};

const char *
row_type_text(enum row_type t)
{
	return type_text[t];
}

static enum row_type
type_of(const char *p, size_t n)
{
	enum row_type t;

	for (t = 0; t < ROW_ANY; t++)
		if (strlen(type_text[t]) == n &&
		    memcmp(type_text[t], p, n) == 0)
			break;
	return t;
}

/* ---- columns ---- */

/* Names and pointers are one piece of memory. */
int
row_columns_read(struct row_columns *c, const struct link_val *columns)
{
	const struct link_val *col;
	size_t i, n, len, bytes = 0;
	struct row_columns out;
	const char *p;
	char *text;

	if (columns == NULL || link_kind(columns) != LINK_ARRAY)
		return FG_EINVAL;
	n = link_count(columns);
	for (i = 0; i < n; i++) {
		col = link_at(columns, i);
		if (link_kind(col) != LINK_ARRAY || link_count(col) < 2 ||
		    !link_get_str(link_at(col, 0), &p, &len) || len == 0 ||
		    memchr(p, '\0', len) != NULL)
			return FG_EINVAL;
		bytes += len + 1;
	}
	out.n = n;
	out.name = malloc((n + 1) * (sizeof(*out.name) + sizeof(*out.type)) +
	    bytes);
	if (out.name == NULL)
		return FG_ENOMEM;
	out.type = (enum row_type *)(out.name + n + 1);
	text = (char *)(out.type + n + 1);
	for (i = 0; i < n; i++) {
		col = link_at(columns, i);
		link_get_str(link_at(col, 0), &p, &len);
		memcpy(text, p, len);
		text[len] = '\0';
		out.name[i] = text;
		text += len + 1;
		out.type[i] = link_get_str(link_at(col, 1), &p, &len)
		    ? type_of(p, len) : ROW_ANY;
	}
	*c = out;
	return 0;
}

void
row_columns_free(struct row_columns *c)
{
	free(c->name);
	*c = (struct row_columns){ 0 };
}

bool
row_columns_same(const struct row_columns *a, const struct row_columns *b)
{
	size_t i;

	for (i = 0; i < a->n && i < b->n; i++)
		if (a->type[i] != b->type[i] ||
		    strcmp(a->name[i], b->name[i]) != 0)
			return false;
	return a->n == b->n;
}

size_t
row_columns_find(const struct row_columns *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (strcmp(c->name[i], name) == 0)
			break;
	return i;
}

/* ---- reading ---- */

static bool
is_decimal(const struct link_val *v, struct script_value *out)
{
	const struct link_val *text;
	const char *key;
	size_t len;

	if (link_count(v) != 1)
		return false;
	text = link_map_at(v, 0, &key, &len);
	out->type = SCRIPT_DECIMAL;
	return len == sizeof(DECIMAL_KEY) - 1 &&
	    memcmp(key, DECIMAL_KEY, len) == 0 &&
	    link_get_str(text, &out->p, &out->len);
}

static int read_any(struct arena *a, const struct link_val *v, int depth,
    struct script_value *out);

static int
read_fields(struct arena *a, const struct link_val *map, int depth,
    struct script_fields *out)
{
	size_t i, len, n;
	const struct link_val *v;
	struct script_field *f;
	const char *key;
	char *name;
	int err;

	if (link_kind(map) != LINK_MAP)
		return FG_EINVAL;
	n = link_count(map);
	f = arena_alloc(a, n, sizeof(*f));
	if (f == NULL)
		return FG_ENOMEM;
	for (i = 0; i < n; i++) {
		v = link_map_at(map, i, &key, &len);
		name = arena_alloc(a, len + 1, 1);
		if (name == NULL)
			return FG_ENOMEM;
		memcpy(name, key, len);
		f[i].name = name;
		err = read_any(a, v, depth, &f[i].value);
		if (err != 0)
			return err;
	}
	out->field = f;
	out->n = n;
	return 0;
}

static int
read_group(struct arena *a, const struct link_val *array, int depth,
    struct script_value *out)
{
	size_t i, n = link_count(array);
	struct script_fields *g;
	int err = 0;

	if (depth == DEPTH_MAX)
		return FG_EINVAL;
	g = arena_alloc(a, n, sizeof(*g));
	if (g == NULL)
		return FG_ENOMEM;
	for (i = 0; i < n && err == 0; i++)
		err = read_fields(a, link_at(array, i), depth + 1, &g[i]);
	out->type = SCRIPT_GROUP;
	out->group = g;
	out->len = n;
	return err;
}

static int
read_any(struct arena *a, const struct link_val *v, int depth,
    struct script_value *out)
{
	*out = (struct script_value){ .type = SCRIPT_ABSENT };
	switch (link_kind(v)) {
	case LINK_NIL:
		return 0;
	case LINK_BOOL:
		out->type = SCRIPT_BOOL;
		link_get_bool(v, &out->b);
		return 0;
	case LINK_U64:
	case LINK_I64:
		out->type = SCRIPT_INT;
		return link_get_i64(v, &out->i) ? 0 : FG_EINVAL;
	case LINK_STR:
	case LINK_BIN:
		out->type = SCRIPT_STRING;
		link_get_str(v, &out->p, &out->len);
		return 0;
	case LINK_ARRAY:
		return read_group(a, v, depth, out);
	case LINK_MAP:
		return is_decimal(v, out) ? 0 : FG_EINVAL;
	case LINK_FLOAT:
		break;
	}
	return FG_EINVAL;
}

/* text: room for WALL_TEXT_MAX bytes. */
static int
read_typed(struct row_in *in, const struct link_val *v, enum row_type t,
    char *text, struct script_value *out)
{
	int err = read_any(&in->arena, v, 0, out);

	if (err != 0)
		return err;
	if (t == ROW_TIME && out->type == SCRIPT_INT) {
		out->len = wall_format(text, (wall_t){ out->i }, TIME_DIGITS);
		out->p = text;
		out->type = SCRIPT_STRING;
	} else if (t == ROW_DECIMAL && out->type == SCRIPT_STRING) {
		out->type = SCRIPT_DECIMAL;
	}
	return 0;
}

/* Room for n values. */
static int
grow(struct row_in *in, size_t n)
{
	size_t cap = n < 32 ? 32 : n;
	void *value, *name, *text;

	arena_reset(&in->arena);
	if (n <= in->cap)
		return 0;
	value = realloc(in->value, cap * sizeof(*in->value));
	if (value != NULL)
		in->value = value;
	name = realloc(in->name, cap * sizeof(*in->name));
	if (name != NULL)
		in->name = name;
	text = realloc(in->text, cap * WALL_TEXT_MAX);
	if (text != NULL)
		in->text = text;
	if (value == NULL || name == NULL || text == NULL)
		return FG_ENOMEM;
	in->cap = cap;
	return 0;
}

int
row_in_read(struct row_in *in, const struct row_columns *c,
    const struct link_val *array, size_t first, struct script_row *row)
{
	size_t i;
	int err;

	if (link_kind(array) != LINK_ARRAY || link_count(array) < first + c->n)
		return FG_EINVAL;
	err = grow(in, c->n);
	for (i = 0; i < c->n && err == 0; i++)
		err = read_typed(in, link_at(array, first + i), c->type[i],
		    in->text + i * WALL_TEXT_MAX, &in->value[i]);
	row->column = c->name;
	row->value = in->value;
	row->n = c->n;
	return err;
}

int
row_in_map(struct row_in *in, const struct link_val *map,
    struct script_row *row)
{
	struct script_fields f;
	size_t i;
	int err;

	err = grow(in, link_kind(map) == LINK_MAP ? link_count(map) : 0);
	if (err == 0)
		err = read_fields(&in->arena, map, 0, &f);
	if (err != 0)
		return err;
	for (i = 0; i < f.n; i++) {
		in->name[i] = f.field[i].name;
		in->value[i] = f.field[i].value;
	}
	row->column = in->name;
	row->value = in->value;
	row->n = f.n;
	return 0;
}

void
row_in_free(struct row_in *in)
{
	free(in->value);
	free(in->name);
	free(in->text);
	arena_free(&in->arena);
	*in = (struct row_in){ 0 };
}

int
row_fields_copy(struct arena *a, const struct link_val *map,
    struct script_fields *out)
{
	struct script_value *v;
	size_t i;
	char *p;
	int err;

	*out = (struct script_fields){ 0 };
	err = read_fields(a, map, 0, out);
	for (i = 0; i < out->n && err == 0; i++) {
		v = (struct script_value *)(uintptr_t)&out->field[i].value;
		if (v->type == SCRIPT_GROUP)
			return FG_EINVAL;
		if (v->p == NULL)
			continue;
		p = arena_alloc(a, v->len + 1, 1);
		if (p == NULL)
			return FG_ENOMEM;
		memcpy(p, v->p, v->len);
		v->p = p;
	}
	return err;
}

/* ---- writing ---- */

static void
put_group(struct link_out *o, const struct script_value *v)
{
	size_t i;

	link_array(o, (uint32_t)v->len);
	for (i = 0; i < v->len; i++)
		row_put_fields(o, &v->group[i]);
}

static void
put_time(struct link_out *o, const struct script_value *v)
{
	wall_t t;

	if (wall_parse(v->p, v->len, &t) == 0)
		link_i64(o, t.ns);
	else
		link_text(o, v->p, v->len);
}

void
row_put(struct link_out *o, const struct script_value *v, enum row_type t)
{
	switch (v->type) {
	case SCRIPT_ABSENT:
		link_nil(o);
		break;
	case SCRIPT_BOOL:
		link_bool(o, v->b);
		break;
	case SCRIPT_INT:
		link_i64(o, v->i);
		break;
	case SCRIPT_DECIMAL:
		if (t != ROW_DECIMAL) {
			link_map(o, 1);
			link_str(o, DECIMAL_KEY);
		}
		link_strn(o, v->p, v->len);
		break;
	case SCRIPT_STRING:
		if (t == ROW_TIME)
			put_time(o, v);
		else if (t == ROW_FIX)
			link_bin(o, v->p, v->len);
		else
			link_text(o, v->p, v->len);
		break;
	case SCRIPT_GROUP:
		put_group(o, v);
		break;
	}
}

void
row_put_fields(struct link_out *o, const struct script_fields *f)
{
	size_t i;

	link_map(o, (uint32_t)f->n);
	for (i = 0; i < f->n; i++) {
		link_str(o, f->field[i].name);
		row_put(o, &f->field[i].value, ROW_ANY);
	}
}

size_t
row_size(const struct script_value *v)
{
	size_t i, k, n = VALUE_SIZE;

	if (v->type == SCRIPT_STRING || v->type == SCRIPT_DECIMAL)
		return n + v->len;
	for (i = 0; v->type == SCRIPT_GROUP && i < v->len; i++)
		for (k = 0; k < v->group[i].n; k++)
			n += strlen(v->group[i].field[k].name) +
			    row_size(&v->group[i].field[k].value);
	return n;
}
