#include "gateway/table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/err.h"

#define KEY_MARK "; key " /* between columns and key of a definition */

static int
bad(char err[TABLE_ERR_MAX], const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static int
bad(char err[TABLE_ERR_MAX], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err, TABLE_ERR_MAX, fmt, ap);
	va_end(ap);
	return FG_EINVAL;
}

/* ---- definitions ---- */

int
table_init(struct table *t, const char *columns, const char *key,
    char err[TABLE_ERR_MAX])
{
	t->column = calloc(COLUMNS_MAX, sizeof(*t->column));
	if (t->column == NULL)
		return FG_ENOMEM;
	if (columns_parse(columns, t->column, &t->n, err) != 0) {
		table_fini(t);
		return FG_EINVAL;
	}
	for (t->key = 0; t->key < t->n; t->key++)
		if (key != NULL && strcmp(t->column[t->key].name, key) == 0)
			return 0;
	if (key == NULL)
		return 0;
	table_fini(t);
	return bad(err, "the key %.60s is no column", key);
}

void
table_fini(struct table *t)
{
	free(t->column);
	t->column = NULL;
	t->n = 0;
}

int
table_definition(const struct table *t, struct buf *out)
{
	size_t i;
	int err = 0;

	for (i = 0; i < t->n && err == 0; i++)
		err = buf_printf(out, "%s%s %s", i == 0 ? "" : ", ",
		    t->column[i].name, column_type_text(t->column[i].type));
	if (err == 0 && t->key < t->n)
		err = buf_printf(out, KEY_MARK "%s", t->column[t->key].name);
	return err != 0 ? err : buf_add(out, "", 1);
}

int
table_init_from(struct table *t, const char *definition,
    char err[TABLE_ERR_MAX])
{
	const char *mark = strstr(definition, KEY_MARK);
	size_t n = mark == NULL ? strlen(definition)
	    : (size_t)(mark - definition);
	char *columns = strndup(definition, n);
	int r;

	if (columns == NULL)
		return FG_ENOMEM;
	r = table_init(t, columns, mark == NULL ? NULL
	    : mark + strlen(KEY_MARK), err);
	free(columns);
	return r == FG_EINVAL ? FG_EDAMAGED : r;
}

static const char *
key_name(const struct table *t)
{
	return t->key == t->n ? "no Key" : t->column[t->key].name;
}

int
table_may_become(const struct table *was, const struct table *is,
    char err[TABLE_ERR_MAX])
{
	const struct column *a, *b;
	size_t i;

	for (i = 0; i < was->n; i++) {
		a = &was->column[i];
		b = &is->column[i];
		if (i >= is->n)
			return bad(err, "column %zu, %s %s, is gone, but the "
			    "store has rows with it: put it back, or give the "
			    "table another name", i + 1, a->name,
			    column_type_text(a->type));
		if (strcmp(a->name, b->name) != 0 || a->type != b->type)
			return bad(err, "column %zu is %s %s now, but %s %s in "
			    "the store: put that back (new columns go to the "
			    "end), or give the table another name", i + 1,
			    b->name, column_type_text(b->type), a->name,
			    column_type_text(a->type));
	}
	if (was->key == was->n ? is->key != is->n : is->key != was->key)
		return bad(err, "its key is %s now, but %s in the store: put "
		    "that back, or give the table another name", key_name(is),
		    key_name(was));
	return 0;
}

/* ---- rows ---- */

static bool
is_text(enum column_type type)
{
	return type == COLUMN_STRING || type == COLUMN_DECIMAL;
}

static int
encode_one(enum column_type type, const struct table_value *v, struct buf *out)
{
	char head[9];
	struct cursor c = cursor_over(head, sizeof(head));
	int err;

	cursor_put8(&c, v->set);
	if (v->set && is_text(type))
		cursor_put32(&c, (uint32_t)v->len);
	else if (v->set && type == COLUMN_BOOL)
		cursor_put8(&c, v->b);
	else if (v->set)
		cursor_put64(&c, (uint64_t)v->i);
	err = buf_add(out, head, c.at);
	if (err == 0 && v->set && is_text(type) && v->len != 0)
		err = buf_add(out, v->p, v->len);
	return err;
}

int
table_encode(const struct table *t, const struct table_value *v,
    struct buf *out)
{
	size_t i, n = t->n;
	int err = 0;

	while (n > 0 && !v[n - 1].set)
		n--;
	for (i = 0; i < n && err == 0; i++)
		err = encode_one(t->column[i].type, &v[i], out);
	return err;
}

static void
decode_one(enum column_type type, struct cursor *c, struct table_value *v)
{
	uint8_t set = cursor_get8(c);

	if (set > 1)
		c->err = FG_EDAMAGED;
	if (set != 1)
		return;
	if (is_text(type)) {
		v->len = cursor_get32(c);
		v->p = cursor_get(c, v->len);
	} else if (type == COLUMN_BOOL) {
		v->b = cursor_get8(c) != 0;
	} else {
		v->i = (int64_t)cursor_get64(c);
	}
	v->set = c->err == 0;
}

int
table_decode(const struct table *t, const char *p, size_t n,
    struct table_value *v)
{
	struct cursor c = cursor_over(p, n);
	size_t i;

	memset(v, 0, t->n * sizeof(*v));
	for (i = 0; i < t->n && c.at < c.n && c.err == 0; i++)
		decode_one(t->column[i].type, &c, &v[i]);
	/* A row with more columns is of a later configuration. */
	return c.err != 0 || c.at < c.n ? FG_EDAMAGED : 0;
}
