#include "ctl/json.h"

#include <stdint.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"

json_t *
json_bytes(const char *p, size_t n)
{
	struct buf b = { 0 };
	json_t *j = NULL;
	unsigned char c;
	char two[2];
	size_t i;

	for (i = 0; i < n; i++) {
		c = (unsigned char)p[i];
		two[0] = (char)(0xc0 | c >> 6);
		two[1] = (char)(0x80 | (c & 0x3f));
		if (buf_add(&b, c < 0x80 ? p + i : two,
			c < 0x80 ? 1 : 2) != 0)
			goto done;
	}
	j = json_stringn(b.p == NULL ? "" : b.p, b.len);
done:
	buf_free(&b);
	return j;
}

json_t *
json_text(const char *p, size_t n)
{
	json_t *j = json_stringn(p, n);

	return j != NULL ? j : json_bytes(p, n);
}

json_t *
json_time(int64_t ns)
{
	char text[WALL_TEXT_MAX];

	if (ns == 0)
		return json_null();
	return json_stringn(text, wall_format(text, (wall_t){ ns }, 9));
}

static json_t *
json_array_of(const struct link_val *v)
{
	json_t *j = json_array();
	size_t i;

	for (i = 0; i < link_count(v); i++)
		json_array_append_new(j, json_value(link_at(v, i)));
	return j;
}

static bool
is_time(const char *key, size_t len)
{
	static const char *const times[] = { "STARTED", "NOW", "TIME",
		"SINCE", "LAST_RECEIVED", "LAST_SENT", "LOGGED_ON_AT", "RAN",
		"DUE" };
	size_t i;

	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		if (strlen(times[i]) == len &&
		    memcmp(times[i], key, len) == 0)
			return true;
	return false;
}

static json_t *
json_object_of(const struct link_val *v)
{
	json_t *j = json_object(), *member;
	const struct link_val *val;
	const char *key;
	size_t i, len;
	int64_t ns;

	for (i = 0; i < link_count(v); i++) {
		val = link_map_at(v, i, &key, &len);
		if (is_time(key, len) && link_get_i64(val, &ns))
			member = json_time(ns);
		else
			member = json_value(val);
		json_object_setn_new(j, key, len, member);
	}
	return j;
}

json_t *
json_value(const struct link_val *v)
{
	const char *p;
	uint64_t u;
	int64_t i;
	bool b;
	size_t n;

	switch (link_kind(v)) {
	case LINK_NIL:
	case LINK_FLOAT: /* no message has one */
		return json_null();
	case LINK_BOOL:
		return link_get_bool(v, &b) && b ? json_true() : json_false();
	case LINK_U64:
		return json_integer(link_get_u64(v, &u) ? (json_int_t)u : 0);
	case LINK_I64:
		return json_integer(link_get_i64(v, &i) ? i : 0);
	case LINK_STR:
		return link_get_str(v, &p, &n) ? json_text(p, n) : NULL;
	case LINK_BIN:
		return link_get_str(v, &p, &n) ? json_bytes(p, n) : NULL;
	case LINK_ARRAY:
		return json_array_of(v);
	case LINK_MAP:
		return json_object_of(v);
	}
	return NULL;
}

static int
append(const char *p, size_t n, void *arg)
{
	return buf_add(arg, p, n) == 0 ? 0 : -1;
}

int
json_put(struct buf *to, json_t *j)
{
	int err;

	if (j == NULL)
		return FG_ENOMEM;
	err = json_dump_callback(j, append, to,
	    JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY);
	json_decref(j);
	return err == 0 ? 0 : FG_ENOMEM;
}
