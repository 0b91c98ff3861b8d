#include "gateway/compose.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/near.h"
#include "base/num.h"
#include "fix/frame.h"
#include "fix/msg.h"

#define TAG_MSG_TYPE 35
#define NAME_BYTES   64 /* of a name that can be one, with its NUL */

static int
bad(struct compose *f, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static int
bad(struct compose *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->err, sizeof(f->err), fmt, ap);
	va_end(ap);
	return FG_EINVAL;
}

/* What sess_send writes itself. */
static bool
is_own_tag(int32_t tag)
{
	static const int32_t own[] = { 8, 9, 10, 34, 35, 49, 52, 56 };
	size_t i;

	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (own[i] == tag)
			return true;
	return false;
}

static const struct dict_field *
by_tag(const struct compose *f, int32_t tag)
{
	const struct dict_field *df = NULL;

	if (f->app != NULL)
		df = dict_field_by_tag(f->app, tag);
	if (df == NULL && f->transport != NULL)
		df = dict_field_by_tag(f->transport, tag);
	return df;
}

static const struct dict_field *
by_name(const struct compose *f, const char *name)
{
	const struct dict_field *df = NULL;

	if (f->app != NULL)
		df = dict_field_by_name(f->app, name);
	if (df == NULL && f->transport != NULL)
		df = dict_field_by_name(f->transport, name);
	return df;
}

/* ---- the nearest name ---- */

static void
try_all(struct near *near, const struct dict *d)
{
	size_t i;

	for (i = 0; d != NULL && i < dict_nfields(d); i++)
		near_try(near, dict_field_at(d, i)->name);
}

static int
unknown_name(struct compose *f, const char *name)
{
	struct near near;

	near_start(&near, name, strlen(name));
	try_all(&near, f->app);
	if (f->transport != f->app)
		try_all(&near, f->transport);
	if (near.best == NULL)
		return bad(f, "the dictionary has no field %s; give its tag "
		    "instead", name);
	return bad(f, "the dictionary has no field %s; did you mean %s (%d)?",
	    name, near.best, by_name(f, near.best)->tag);
}

/* ---- values ---- */

static bool
is_multiple(const struct dict_field *df)
{
	return df->type == DICT_MULTIPLECHARVALUE ||
	    df->type == DICT_MULTIPLESTRINGVALUE ||
	    df->type == DICT_MULTIPLEVALUESTRING;
}

static bool
is_data(const struct dict_field *df)
{
	return df->type == DICT_DATA || df->type == DICT_XMLDATA;
}

static bool
has_value(const struct dict_field *df, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < df->nvalues; i++)
		if (strlen(df->values[i].value) == n &&
		    memcmp(df->values[i].value, p, n) == 0)
			return true;
	return false;
}

static int
bad_value(struct compose *f, const struct dict_field *df, const char *p,
    size_t n)
{
	struct buf b = { 0 };
	const struct dict_value *v;
	size_t i;
	int err = 0;

	for (i = 0; i < df->nvalues && b.len < 120 && err == 0; i++) {
		v = &df->values[i];
		err = buf_printf(&b, "%s%s%s%s", i == 0 ? "" : ", ", v->value,
		    v->label == NULL ? "" : "=",
		    v->label == NULL ? "" : v->label);
	}
	if (err == 0)
		bad(f, "%s (%d) has no value '%.*s': %.*s%s", df->name, df->tag,
		    n > 32 ? 32 : (int)n, p, (int)b.len, b.p,
		    i < df->nvalues ? " ..." : "");
	buf_free(&b);
	return FG_EINVAL;
}

/* One value of an enumerated field: as on the wire, or its label. */
static int
add_enum(struct compose *f, const struct dict_field *df, const char *p,
    size_t n)
{
	char label[NAME_BYTES];
	const char *wire;

	if (df->nvalues == 0 || has_value(df, p, n))
		return buf_add(f->out, p, n);
	if (n < sizeof(label)) {
		memcpy(label, p, n);
		label[n] = '\0';
		wire = dict_value_by_label(df, label);
		if (wire != NULL)
			return buf_puts(f->out, wire);
	}
	return df->open ? buf_add(f->out, p, n) : bad_value(f, df, p, n);
}

static int
add_multiple(struct compose *f, const struct dict_field *df, const char *p,
    size_t n)
{
	const char *end;
	size_t len;
	int err;

	for (;;) {
		end = memchr(p, ' ', n);
		len = end == NULL ? n : (size_t)(end - p);
		err = add_enum(f, df, p, len);
		if (err != 0 || end == NULL)
			return err;
		if (buf_add(f->out, " ", 1) != 0)
			return FG_ENOMEM;
		p += len + 1;
		n -= len + 1;
	}
}

static int
add_value(struct compose *f, const struct dict_field *df, const char *p,
    size_t n)
{
	if (df == NULL)
		return buf_add(f->out, p, n);
	return is_multiple(df) ? add_multiple(f, df, p, n)
	    : add_enum(f, df, p, n);
}

/* ---- fields ---- */

static int32_t
length_tag(const struct dict *d, int32_t data_tag)
{
	return d == NULL ? 0 : fix_length_tag(dict_lens(d), data_tag);
}

int32_t
compose_length_tag(const struct compose *f, int32_t data_tag)
{
	int32_t tag = length_tag(f->app, data_tag);

	return tag != 0 ? tag : length_tag(f->transport, data_tag);
}

/* A data field is read by the length in front of it. */
static int
add_length(struct compose *f, int32_t data_tag, size_t n)
{
	int32_t tag = compose_length_tag(f, data_tag);

	if (tag == 0 || tag == f->last)
		return 0;
	return buf_printf(f->out, "%d=%zu\001", tag, n);
}

static int
begin_field(struct compose *f, int32_t tag)
{
	char text[NUM_TEXT_MAX + 1];
	size_t n = num_format_u64(text, (uint64_t)tag);

	text[n++] = '=';
	return buf_add(f->out, text, n);
}

static int
add_tag(struct compose *f, int32_t tag, const struct dict_field *named,
    const char *value, size_t len)
{
	const struct dict_field *df = by_tag(f, tag);
	bool data = df != NULL && is_data(df);
	const char *name = df == NULL ? "the field" : df->name;
	int err;

	if (is_own_tag(tag))
		return bad(f, "%s (%d) is written by the session; leave it out",
		    name, tag);
	if (f->routed && tag == f->routing)
		return bad(f, "%s (%d) is given as SOURCE_ID, too; leave one "
		    "of them out", name, tag);
	if (len == 0)
		return bad(f, "%s (%d) has no value", name, tag);
	if (!data && memchr(value, FIX_SOH, len) != NULL)
		return bad(f, "%s (%d) has an SOH in its value", name, tag);
	err = data ? add_length(f, tag, len) : 0;
	if (err == 0)
		err = begin_field(f, tag);
	if (err == 0)
		err = add_value(f, data ? NULL : named, value, len);
	if (err == 0)
		err = buf_add(f->out, "\001", 1);
	f->last = tag;
	return err;
}

int
compose_field(struct compose *f, const char *name, size_t name_len,
    const char *value, size_t len)
{
	const struct dict_field *df;
	char text[NAME_BYTES];
	uint64_t tag;

	if (num_parse_u64(name, name_len, &tag) == 0) {
		if (tag == 0 || tag > INT32_MAX)
			return bad(f, "%.*s is no tag",
			    name_len > 32 ? 32 : (int)name_len, name);
		return add_tag(f, (int32_t)tag, NULL, value, len);
	}
	if (name_len >= sizeof(text))
		return bad(f, "%.32s... is no name of a field", name);
	memcpy(text, name, name_len);
	text[name_len] = '\0';
	if (f->app == NULL && f->transport == NULL)
		return bad(f, "the session has no dictionary: give the tag of "
		    "%s instead", text);
	df = by_name(f, text);
	return df == NULL ? unknown_name(f, text)
	    : add_tag(f, df->tag, df, value, len);
}

/* Length of the raw field at p: to its delimiter, or as far as the length in
 * front of a data field says. */
static size_t
raw_length(const char *p, size_t n, char delim, size_t value, uint64_t length)
{
	const char *end;

	if (length > 0 && (length == n - value ||
	    (length < n - value && p[value + length] == delim)))
		return value + (size_t)length;
	end = memchr(p, delim, n);
	return end == NULL ? n : (size_t)(end - p);
}

static int
set_type(struct compose *f, const char *p, size_t n,
    char type[COMPOSE_TYPE_MAX])
{
	if (n == 0 || n >= COMPOSE_TYPE_MAX || memchr(p, FIX_SOH, n) != NULL)
		return bad(f, "'%.*s' is no MsgType", n > 32 ? 32 : (int)n, p);
	memcpy(type, p, n);
	type[n] = '\0';
	return 0;
}

int
compose_raw(struct compose *f, const char *p, size_t n,
    char type[COMPOSE_TYPE_MAX])
{
	char delim = memchr(p, FIX_SOH, n) != NULL ? FIX_SOH : '|';
	uint64_t tag, last_value = 0, length;
	int32_t length_at;
	size_t at, eq, len;
	const char *q;
	int err = 0;

	for (at = 0; at < n && err == 0; at += len + 1) {
		q = memchr(p + at, '=', n - at);
		eq = q == NULL ? 0 : (size_t)(q - (p + at));
		if (num_parse_u64(p + at, eq, &tag) != 0 || tag == 0 ||
		    tag > INT32_MAX)
			return bad(f, "at byte %zu there is no tag=value: "
			    "'%.*s'", at + 1, n - at > 32 ? 32 : (int)(n - at),
			    p + at);
		length_at = length_tag(f->app, (int32_t)tag);
		length = length_at != 0 && length_at == f->last ? last_value
		    : 0;
		len = raw_length(p + at, n - at, delim, eq + 1, length);
		if (tag == TAG_MSG_TYPE && type[0] == '\0')
			err = set_type(f, q + 1, len - eq - 1, type);
		else if (!is_own_tag((int32_t)tag))
			err = add_tag(f, (int32_t)tag, NULL, q + 1,
			    len - eq - 1);
		if (num_parse_u64(q + 1, len - eq - 1, &last_value) != 0)
			last_value = 0;
	}
	return err;
}

int
compose_msg_type(struct compose *f, const char *name, size_t n,
    char type[COMPOSE_TYPE_MAX])
{
	const struct dict *d[] = { f->app, f->transport };
	const struct dict_msg *m;
	char text[NAME_BYTES];
	size_t i;

	for (i = 0; i < 2 && n < sizeof(text); i++) {
		memcpy(text, name, n);
		text[n] = '\0';
		m = d[i] == NULL ? NULL : dict_msg_by_name(d[i], text);
		if (m != NULL)
			return set_type(f, dict_msg_type(m),
			    strlen(dict_msg_type(m)), type);
	}
	/* No type of the standard or of a venue is longer than that. */
	if (n > 4)
		return bad(f, "the dictionary has no message %.*s",
		    n > NAME_BYTES ? NAME_BYTES : (int)n, name);
	return set_type(f, name, n, type);
}
