/*
 * json_line.c: jansson makes a double of a number with a fraction, which is not
 * what was written. So such numbers are put into quotes before it sees them for
 * the second time; the first time it says whether the line is JSON at all.
 */
#include "ctl/json_line.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"

/* The bytes of a number that begins at p. */
static size_t
number_len(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n && p[i] != '\0'; i++)
		if (strchr("+-.0123456789Ee", p[i]) == NULL)
			break;
	return i;
}

/* The bytes of a string, with its quotes. */
static size_t
string_len(const char *p, size_t n)
{
	size_t i;

	for (i = 1; i < n && p[i] != '"'; i++)
		if (p[i] == '\\')
			i++;
	return i < n ? i + 1 : n;
}

static bool
is_integer(const char *p, size_t n)
{
	int64_t v;

	return num_parse_i64(p, n, &v) == 0;
}

/* n bytes of JSON with quotes around the numbers that are no integers. */
static int
quote_numbers(struct buf *to, const char *p, size_t n)
{
	size_t i, len;
	bool quote;
	int err = 0;

	for (i = 0; i < n && err == 0; i += len) {
		quote = false;
		if (p[i] == '"') {
			len = string_len(p + i, n - i);
		} else if (p[i] == '-' || (p[i] >= '0' && p[i] <= '9')) {
			len = number_len(p + i, n - i);
			quote = !is_integer(p + i, len);
		} else {
			len = 1;
		}
		if (quote)
			err = buf_puts(to, "\"");
		if (err == 0)
			err = buf_add(to, p + i, len);
		if (err == 0 && quote)
			err = buf_puts(to, "\"");
	}
	return err;
}

static const char *
check(json_t *row, const char **column)
{
	const char *name;
	json_t *value;

	*column = NULL;
	if (!json_is_object(row))
		return "a row is an object, as {\"COLUMN\": value}";
	json_object_foreach (row, name, value) {
		*column = name;
		if (json_is_object(value) || json_is_array(value))
			return "a value is text, a number, true, false or null";
	}
	return NULL;
}

json_t *
json_line(const char *p, size_t n, char err[JSON_LINE_ERR_MAX])
{
	const size_t flags = JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL;
	const char *why, *column = NULL;
	struct buf quoted = { 0 };
	json_error_t je;
	json_t *row;

	row = json_loadb(p, n, flags | JSON_DECODE_INT_AS_REAL, &je);
	if (row == NULL) {
		snprintf(err, JSON_LINE_ERR_MAX, "not JSON at character %d: %s",
		    je.column, je.text);
		return NULL;
	}
	json_decref(row);
	row = NULL;
	why = fg_strerror(FG_ENOMEM);
	if (quote_numbers(&quoted, p, n) == 0)
		row = json_loadb(quoted.p, quoted.len, flags, &je);
	buf_free(&quoted);
	if (row != NULL)
		why = check(row, &column);
	if (row != NULL && why == NULL)
		return row;
	snprintf(err, JSON_LINE_ERR_MAX, "%.64s%s%s",
	    column == NULL ? "" : column, column == NULL ? "" : ": ", why);
	json_decref(row);
	return NULL;
}

static void
put_value(struct link_out *o, const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_STRING:
		link_strn(o, json_string_value(v), json_string_length(v));
		break;
	case JSON_INTEGER:
		link_i64(o, json_integer_value(v));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		link_bool(o, json_is_true(v));
		break;
	case JSON_NULL:
	case JSON_REAL:	  /* json_line leaves none */
	case JSON_OBJECT: /* nor these */
	case JSON_ARRAY:
		link_nil(o);
		break;
	}
}

void
json_line_put(struct link_out *o, const json_t *row)
{
	const char *name;
	json_t *value;

	link_map(o, (uint32_t)json_object_size(row));
	json_object_foreach ((json_t *)row, name, value) {
		link_str(o, name);
		put_value(o, value);
	}
}
