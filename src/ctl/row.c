#include "ctl/row.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "ctl/json.h"
#include "ctl/list.h"
#include "fix/msg.h"

#define TIME_DIGITS 3 /* of a plain line */

#define TAG_ENCRYPTED_PASSWORD_LEN     1401
#define TAG_ENCRYPTED_NEW_PASSWORD_LEN 1403

/* Password, NewPassword, and both encrypted. */
const int32_t row_secrets[] = { 554, 925, 1402, 1404 };
const size_t row_nsecrets = sizeof(row_secrets) / sizeof(row_secrets[0]);

const struct link_val *
row_get(const struct row *r, const char *column)
{
	const char *name;
	size_t i, n;

	for (i = 0; i < link_count(r->columns); i++) {
		if (link_get_str(link_at(link_at(r->columns, i), 0), &name,
			&n) &&
		    strlen(column) == n && memcmp(column, name, n) == 0)
			return link_at(r->values, i);
	}
	return NULL;
}

uint64_t
row_number(const struct row *r, const char *column)
{
	const struct link_val *v = row_get(r, column);
	uint64_t n = 0;

	return v != NULL && link_get_u64(v, &n) ? n : 0;
}

bool
row_is_admin(const struct row *r)
{
	const struct link_val *v = row_get(r, "ADMIN");
	bool b = false;

	return v != NULL && link_get_bool(v, &b) && b;
}

/* ---- secrets ---- */

static bool
is_secret(uint64_t tag)
{
	size_t i;

	for (i = 0; i < row_nsecrets; i++)
		if ((uint64_t)row_secrets[i] == tag)
			return true;
	return false;
}

/* Leading digits of n bytes as a number, held at a million; *digits of them. */
static uint64_t
leading_number(const char *p, size_t n, size_t *digits)
{
	uint64_t v = 0;

	for (*digits = 0; *digits < n && p[*digits] >= '0' &&
	    p[*digits] <= '9'; ++*digits)
		if (v < 1000000)
			v = v * 10 + (uint64_t)(p[*digits] - '0');
	return v;
}

/* The value of a data field may hold SOH, so the length before it counts; one
 * that is wrong hides too much rather than too little. */
void
row_mask(char *p, size_t n)
{
	uint64_t tag, length = 0;
	size_t at = 0, value, end, digits;

	while (at < n) {
		tag = leading_number(p + at, n - at, &digits);
		value = at + digits;
		if (value < n && p[value] == '=')
			value++;
		for (end = value; end < n && p[end] != FIX_SOH; end++)
			;
		if (is_secret(tag)) {
			if (length > n - value)
				end = n;
			else if (length > end - value)
				end = value + (size_t)length;
			memset(p + value, '*', end - value);
		}
		length = tag == TAG_ENCRYPTED_PASSWORD_LEN ||
		    tag == TAG_ENCRYPTED_NEW_PASSWORD_LEN
		    ? leading_number(p + value, end - value, &digits) : 0;
		at = end + 1;
	}
}

/* ---- plain ---- */

static int
put_time(struct buf *to, const struct row *r)
{
	const struct link_val *v = row_get(r, "TIMESTAMP");
	int64_t ns = 0;

	if (v != NULL)
		link_get_i64(v, &ns);
	if (buf_reserve(to, WALL_TEXT_MAX) != 0)
		return FG_ENOMEM;
	to->len += wall_format(to->p + to->len, (wall_t){ ns }, TIME_DIGITS);
	return 0;
}

int
row_escape(struct buf *to, const char *p, size_t n)
{
	unsigned char c;
	size_t i;
	int err = 0;

	for (i = 0; i < n && err == 0; i++) {
		c = (unsigned char)p[i];
		if (c == FIX_SOH)
			err = buf_add(to, "|", 1);
		else if (c < ' ' || c > 126)
			err = buf_printf(to, "\\x%02x", c);
		else
			err = buf_add(to, p + i, 1);
	}
	return err;
}

static int
put_message(struct buf *to, const char *p, size_t n)
{
	char *copy;
	int err;

	copy = malloc(n + 1);
	if (copy == NULL)
		return FG_ENOMEM;
	memcpy(copy, p, n);
	row_mask(copy, n);
	err = row_escape(to, copy, n);
	free(copy);
	return err;
}

static int
put_column(struct buf *to, const struct row *r, const char *column)
{
	const struct link_val *v = row_get(r, column);
	const char *p;
	size_t n;

	if (v == NULL || !link_get_str(v, &p, &n))
		return 0;
	if (buf_add(to, " ", 1) != 0)
		return FG_ENOMEM;
	return strcmp(column, "FIX_DATA") == 0 ? put_message(to, p, n)
	    : row_escape(to, p, n);
}

/* The sequence is the first column, whatever its name. */
static int
row_start(struct buf *to, const struct row *r)
{
	uint64_t seq = 0;
	int err;

	link_get_u64(link_at(r->values, 0), &seq);
	err = buf_printf(to, "%llu ", (unsigned long long)seq);
	return err != 0 ? err : put_time(to, r);
}

int
row_head(struct buf *to, const struct row *r)
{
	static const char *const columns[] = { "CONNECTION_NAME", "REASON",
		"EVENT", "TEXT" };
	size_t i;
	int err = row_start(to, r);

	for (i = 0; i < sizeof(columns) / sizeof(columns[0]) && err == 0; i++)
		err = put_column(to, r, columns[i]);
	return err;
}

/* A text that reads as one word. */
static int
put_word(struct buf *to, const char *p, size_t n)
{
	bool quoted = n == 0;
	size_t i;
	int err;

	for (i = 0; i < n; i++)
		quoted = quoted || p[i] == ' ' || p[i] == '"';
	if (!quoted)
		return row_escape(to, p, n);
	err = buf_puts(to, "\"");
	for (i = 0; i < n && err == 0; i++) {
		if (p[i] == '"' || p[i] == '\\')
			err = buf_puts(to, "\\");
		if (err == 0)
			err = row_escape(to, p + i, 1);
	}
	return err != 0 ? err : buf_puts(to, "\"");
}

/* " NAME=value", nothing for nil. */
static int
put_named(struct buf *to, const struct link_val *column,
    const struct link_val *v)
{
	const char *name, *type, *p;
	char time[WALL_TEXT_MAX];
	size_t n, len;
	int64_t ns;
	int err;

	if (link_kind(v) == LINK_NIL ||
	    !link_get_str(link_at(column, 0), &name, &n) ||
	    !link_get_str(link_at(column, 1), &type, &len))
		return 0;
	err = buf_printf(to, " %.*s=", (int)n, name);
	if (err != 0)
		return err;
	if (len == 4 && memcmp(type, "time", 4) == 0 && link_get_i64(v, &ns))
		return buf_add(to, time, wall_format(time, (wall_t){ ns }, 9));
	return link_get_str(v, &p, &n) ? put_word(to, p, n)
	    : list_cell(to, v, LIST_VALUE);
}

/* What stands in row_head already, or is not for people. */
static bool
is_named(const struct link_val *column)
{
	static const char *const not[] = { "TIMESTAMP", "CONNECTION_NAME",
		"REASON", "EVENT", "TEXT", "DETAILS" };
	const char *name;
	size_t n, i;

	if (!link_get_str(link_at(column, 0), &name, &n))
		return false;
	for (i = 0; i < sizeof(not) / sizeof(not[0]); i++)
		if (strlen(not[i]) == n && memcmp(not[i], name, n) == 0)
			return false;
	return true;
}

/* A declared table has no session; all of its columns are named. */
static bool
is_declared(const struct row *r)
{
	return row_get(r, "CONNECTION_NAME") == NULL;
}

static int
put_rest(struct buf *to, const struct row *r)
{
	const struct link_val *column;
	size_t i;
	int err = 0;

	for (i = is_declared(r) ? 2 : 1; i < link_count(r->columns) &&
	    i < link_count(r->values) && err == 0; i++) {
		column = link_at(r->columns, i);
		if (is_declared(r) || is_named(column))
			err = put_named(to, column, link_at(r->values, i));
	}
	return err;
}

int
row_plain(struct buf *to, const struct row *r)
{
	int err;

	if (is_declared(r)) {
		err = row_start(to, r);
		return err != 0 ? err : put_rest(to, r);
	}
	err = row_head(to, r);
	if (err == 0 && row_get(r, "CONSUMER") != NULL)
		return put_rest(to, r); /* QUARANTINE */
	return err != 0 ? err : put_column(to, r, "FIX_DATA");
}

/* ---- JSON ---- */

static json_t *
json_message(const char *p, size_t n)
{
	char *copy;
	json_t *j;

	copy = malloc(n + 1);
	if (copy == NULL)
		return NULL;
	memcpy(copy, p, n);
	row_mask(copy, n);
	j = json_bytes(copy, n);
	free(copy);
	return j;
}

static json_t *
json_cell(const struct link_val *column, const struct link_val *v)
{
	const char *type, *p;
	size_t len, n;
	int64_t ns;

	if (!link_get_str(link_at(column, 1), &type, &len))
		len = 0;
	if (len == 4 && memcmp(type, "time", 4) == 0 && link_get_i64(v, &ns))
		return json_time(ns);
	if (len == 3 && memcmp(type, "fix", 3) == 0 && link_get_str(v, &p, &n))
		return json_message(p, n);
	if (len == 4 && memcmp(type, "text", 4) == 0 && link_get_str(v, &p, &n))
		return json_text(p, n);
	return json_value(v);
}

int
row_json(struct buf *to, const struct row *r)
{
	json_t *j = json_object();
	const char *name;
	size_t i, n;

	for (i = 0; i < link_count(r->columns) && i < link_count(r->values);
	    i++) {
		if (link_get_str(link_at(link_at(r->columns, i), 0), &name,
			&n))
			json_object_setn_new(j, name, n,
			    json_cell(link_at(r->columns, i),
				link_at(r->values, i)));
	}
	return json_put(to, j);
}
