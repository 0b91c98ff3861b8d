#include "link/link.h"

#include <msgpack/unpack.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/err.h"
#include "link/scan.h"

#define HEAD      4u    /* bytes of the length */
#define ZONE_SIZE 8192u /* first chunk of memory for a decoded message */
#define TYPE_MAX  64u   /* bytes of a message's name with its NUL */

struct link_in {
	msgpack_zone zone;
	char type[TYPE_MAX];
};

static const msgpack_object no_details = { .type = MSGPACK_OBJECT_MAP };

/* A struct link_val is a msgpack_object that nobody else can look into. */

static const struct link_val *
to_val(const msgpack_object *o)
{
	return (const struct link_val *)o;
}

static const msgpack_object *
to_object(const struct link_val *v)
{
	return (const msgpack_object *)v;
}

struct link_in *
link_in_new(void)
{
	struct link_in *in;

	in = calloc(1, sizeof(*in));
	if (in != NULL && !msgpack_zone_init(&in->zone, ZONE_SIZE)) {
		free(in);
		return NULL;
	}
	return in;
}

void
link_in_free(struct link_in *in)
{
	if (in == NULL)
		return;
	msgpack_zone_destroy(&in->zone);
	free(in);
}

static int
read_map(struct link_in *in, const struct link_val *v, struct link_msg *m,
    const char **why)
{
	const struct link_val *ref;

	*why = NULL;
	if (link_kind(v) != LINK_MAP)
		*why = "not a map";
	else if (!link_find_str(v, "MESSAGE_TYPE", in->type, TYPE_MAX)
	    || in->type[0] == '\0')
		*why = "no MESSAGE_TYPE";
	if (*why != NULL)
		return FG_EGARBLED;
	m->type = in->type;
	m->ref = 0;
	ref = link_find(v, "SOURCE_REF");
	if (ref != NULL && !link_get_u64(ref, &m->ref))
		*why = "SOURCE_REF is not an unsigned number";
	m->details = link_find(v, "DETAILS");
	if (m->details == NULL)
		m->details = to_val(&no_details);
	else if (link_kind(m->details) != LINK_MAP)
		*why = "DETAILS is not a map";
	return *why == NULL ? 0 : FG_EGARBLED;
}

int64_t
link_decode(struct link_in *in, const char *p, size_t n, struct link_msg *m,
    const char **why)
{
	struct cursor c = cursor_over(p, n);
	uint32_t len = cursor_get32(&c);
	msgpack_object object;
	size_t off = 0;
	int err;

	if (c.err != 0)
		return FG_EPARTIAL;
	*why = "the frame is too long";
	if (len > LINK_FRAME_MAX)
		return FG_EGARBLED;
	if (n - HEAD < len)
		return FG_EPARTIAL;
	*why = scan_value(p + HEAD, len);
	if (*why != NULL)
		return FG_EGARBLED;
	msgpack_zone_clear(&in->zone);
	*why = "out of memory";
	if (msgpack_unpack(p + HEAD, len, &off, &in->zone, &object)
	    != MSGPACK_UNPACK_SUCCESS)
		return FG_ENOMEM;
	err = read_map(in, to_val(&object), m, why);
	return err != 0 ? err : (int64_t)HEAD + len;
}

enum link_kind
link_kind(const struct link_val *v)
{
	switch (to_object(v)->type) {
	case MSGPACK_OBJECT_BOOLEAN:
		return LINK_BOOL;
	case MSGPACK_OBJECT_POSITIVE_INTEGER:
		return LINK_U64;
	case MSGPACK_OBJECT_NEGATIVE_INTEGER:
		return LINK_I64;
	case MSGPACK_OBJECT_FLOAT32:
	case MSGPACK_OBJECT_FLOAT64:
		return LINK_FLOAT;
	case MSGPACK_OBJECT_STR:
		return LINK_STR;
	case MSGPACK_OBJECT_BIN:
		return LINK_BIN;
	case MSGPACK_OBJECT_ARRAY:
		return LINK_ARRAY;
	case MSGPACK_OBJECT_MAP:
		return LINK_MAP;
	case MSGPACK_OBJECT_NIL:
	case MSGPACK_OBJECT_EXT: /* scan_value lets none in */
		break;
	}
	return LINK_NIL;
}

size_t
link_count(const struct link_val *v)
{
	const msgpack_object *o = to_object(v);

	if (o->type == MSGPACK_OBJECT_ARRAY)
		return o->via.array.size;
	return o->type == MSGPACK_OBJECT_MAP ? o->via.map.size : 0;
}

const struct link_val *
link_at(const struct link_val *array, size_t i)
{
	const msgpack_object *o = to_object(array);

	if (o->type != MSGPACK_OBJECT_ARRAY || i >= o->via.array.size)
		return NULL;
	return to_val(&o->via.array.ptr[i]);
}

const struct link_val *
link_map_at(const struct link_val *map, size_t i, const char **key,
    size_t *len)
{
	const msgpack_object *o = to_object(map);

	if (o->type != MSGPACK_OBJECT_MAP || i >= o->via.map.size)
		return NULL;
	*key = o->via.map.ptr[i].key.via.str.ptr;
	*len = o->via.map.ptr[i].key.via.str.size;
	return to_val(&o->via.map.ptr[i].val);
}

const struct link_val *
link_find(const struct link_val *map, const char *key)
{
	const struct link_val *v;
	const char *k;
	size_t i, len, n = strlen(key);

	for (i = 0; (v = link_map_at(map, i, &k, &len)) != NULL; i++)
		if (len == n && memcmp(k, key, n) == 0)
			return v;
	return NULL;
}

bool
link_get_str(const struct link_val *v, const char **p, size_t *n)
{
	const msgpack_object *o = to_object(v);

	if (o == NULL)
		return false;
	if (o->type == MSGPACK_OBJECT_STR) {
		*p = o->via.str.ptr;
		*n = o->via.str.size;
		return true;
	}
	if (o->type == MSGPACK_OBJECT_BIN) {
		*p = o->via.bin.ptr;
		*n = o->via.bin.size;
		return true;
	}
	return false;
}

bool
link_get_u64(const struct link_val *v, uint64_t *out)
{
	if (v == NULL || link_kind(v) != LINK_U64)
		return false;
	*out = to_object(v)->via.u64;
	return true;
}

bool
link_get_i64(const struct link_val *v, int64_t *out)
{
	const msgpack_object *o = to_object(v);

	if (o == NULL)
		return false;
	if (o->type == MSGPACK_OBJECT_NEGATIVE_INTEGER) {
		*out = o->via.i64;
		return true;
	}
	if (o->type != MSGPACK_OBJECT_POSITIVE_INTEGER
	    || o->via.u64 > INT64_MAX)
		return false;
	*out = (int64_t)o->via.u64;
	return true;
}

bool
link_get_bool(const struct link_val *v, bool *out)
{
	if (v == NULL || link_kind(v) != LINK_BOOL)
		return false;
	*out = to_object(v)->via.boolean;
	return true;
}

bool
link_find_str(const struct link_val *map, const char *key, char *out,
    size_t cap)
{
	const char *p;
	size_t n;

	if (!link_get_str(link_find(map, key), &p, &n) || n >= cap)
		return false;
	if (n > 0 && memchr(p, '\0', n) != NULL)
		return false;
	if (n > 0)
		memcpy(out, p, n);
	out[n] = '\0';
	return true;
}

uint64_t
link_find_u64(const struct link_val *map, const char *key, uint64_t dflt)
{
	link_get_u64(link_find(map, key), &dflt);
	return dflt;
}

bool
link_find_bool(const struct link_val *map, const char *key, bool dflt)
{
	link_get_bool(link_find(map, key), &dflt);
	return dflt;
}
