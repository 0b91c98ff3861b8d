#include "ctl/list.h"

#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/num.h"
#include "ctl/ctl.h"
#include "ctl/json.h"
#include "ctl/row.h"

#define COLUMNS_MAX 16
#define TIME_DIGITS 3

static size_t
count(const struct link_val *v)
{
	return v == NULL ? 0 : link_count(v);
}

static bool
is_number(const struct link_val *v)
{
	return v != NULL && (link_kind(v) == LINK_U64 ||
	    link_kind(v) == LINK_I64);
}

static int
put_number(struct buf *to, const struct link_val *v, enum list_kind kind)
{
	char text[WALL_TEXT_MAX > NUM_TEXT_MAX ? WALL_TEXT_MAX : NUM_TEXT_MAX];
	uint64_t u;
	int64_t i;

	if (kind == LIST_TIME && link_get_i64(v, &i))
		return i == 0 ? buf_puts(to, "never") : buf_add(to, text,
		    wall_format(text, (wall_t){ i }, TIME_DIGITS));
	if (link_get_u64(v, &u))
		return buf_add(to, text, num_format_u64(text, u));
	return link_get_i64(v, &i)
	    ? buf_add(to, text, num_format_i64(text, i)) : 0;
}

static int
put_items(struct buf *to, const struct link_val *v)
{
	const struct link_val *item;
	size_t i, j;
	int err = 0;

	for (i = 0; i < count(v) && err == 0; i++) {
		item = link_at(v, i);
		if (i > 0)
			err = buf_puts(to, ", ");
		for (j = 0; link_kind(item) == LINK_ARRAY &&
		    j < link_count(item) && err == 0; j++) {
			if (j > 0)
				err = buf_puts(to, " ");
			if (err == 0)
				err = list_cell(to, link_at(item, j),
				    LIST_VALUE);
		}
		if (link_kind(item) != LINK_ARRAY && err == 0)
			err = list_cell(to, item, LIST_VALUE);
	}
	return err;
}

static int
put_members(struct buf *to, const struct link_val *v)
{
	const struct link_val *member;
	const char *key;
	size_t i, n;
	int err = 0;

	for (i = 0; i < count(v) && err == 0; i++) {
		member = link_map_at(v, i, &key, &n);
		if (i > 0)
			err = buf_puts(to, " ");
		if (err == 0 && key != NULL)
			err = row_escape(to, key, n);
		if (err == 0)
			err = buf_puts(to, "=");
		if (err == 0)
			err = list_cell(to, member, LIST_VALUE);
	}
	return err;
}

int
list_cell(struct buf *to, const struct link_val *v, enum list_kind kind)
{
	size_t before = to->len, n;
	const char *p;
	int err = 0;
	bool b;

	if (v == NULL)
		return buf_puts(to, "-");
	if (link_get_str(v, &p, &n))
		err = row_escape(to, p, n);
	else if (link_get_bool(v, &b))
		err = buf_puts(to, b ? "yes" : "no");
	else if (is_number(v))
		err = put_number(to, v, kind);
	else if (link_kind(v) == LINK_ARRAY)
		err = put_items(to, v);
	else if (link_kind(v) == LINK_MAP)
		err = put_members(to, v);
	return err == 0 && to->len == before ? buf_puts(to, "-") : err;
}

/* How wide a column is, title included. */
static int
measure(struct buf *cell, const struct link_val *maps,
    const struct list_column *col, size_t *width)
{
	size_t i;

	*width = strlen(col->title);
	for (i = 0; i < count(maps); i++) {
		cell->len = 0;
		if (list_cell(cell, link_find(link_at(maps, i), col->key),
		    col->kind) != 0)
			return FG_ENOMEM;
		if (cell->len > *width)
			*width = cell->len;
	}
	return 0;
}

static int
put_cell(struct buf *to, const char *p, size_t n, size_t width, bool right,
    bool last)
{
	int pad = (int)(width - n), len = (int)n;

	if (last && !right)
		return buf_printf(to, "%.*s\n", len, p);
	return buf_printf(to, "%*s%.*s%*s%s", right ? pad : 0, "", len, p,
	    right ? 0 : pad, "", last ? "\n" : "  ");
}

int
list_text(struct buf *to, const struct link_val *maps,
    const struct list_column *col, size_t n)
{
	size_t width[COLUMNS_MAX], i, j;
	const struct link_val *first, *v;
	struct buf cell = { 0 };
	bool right[COLUMNS_MAX];
	int err = 0;

	for (j = 0; j < n && err == 0; j++) {
		first = count(maps) == 0 ? NULL
		    : link_find(link_at(maps, 0), col[j].key);
		right[j] = is_number(first) && col[j].kind == LIST_VALUE;
		err = measure(&cell, maps, &col[j], &width[j]);
	}
	for (j = 0; j < n && err == 0; j++)
		err = put_cell(to, col[j].title, strlen(col[j].title),
		    width[j], right[j], j + 1 == n);
	for (i = 0; i < count(maps); i++) {
		for (j = 0; j < n && err == 0; j++) {
			v = link_find(link_at(maps, i), col[j].key);
			cell.len = 0;
			err = list_cell(&cell, v, col[j].kind);
			if (err == 0)
				err = put_cell(to, cell.p, cell.len, width[j],
				    right[j], j + 1 == n);
		}
	}
	buf_free(&cell);
	return err;
}

int
list_json(struct buf *to, const struct link_val *maps)
{
	size_t i;
	int err = 0;

	for (i = 0; i < count(maps) && err == 0; i++) {
		err = json_put(to, json_value(link_at(maps, i)));
		if (err == 0)
			err = buf_puts(to, "\n");
	}
	return err;
}

int
list_print(const struct ctl *c, const struct link_val *maps,
    const struct list_column *col, size_t n)
{
	struct buf text = { 0 };
	int err = c->out == &ctl_output_json ? list_json(&text, maps)
	    : list_text(&text, maps, col, n);

	if (err == 0)
		fwrite(text.p, 1, text.len, stdout);
	else
		ctl_complain("%s", fg_strerror(err));
	buf_free(&text);
	return err == 0 ? CTL_OK : CTL_REFUSED;
}
