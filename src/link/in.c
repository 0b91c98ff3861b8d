/* in.c: messages that came, as values. */
#include "link/link.h"

#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/err.h"
#include "link/value.h"

#define HEAD     4u  /* bytes of the length */
#define TYPE_MAX 64u /* bytes of a message's name with its NUL */

struct link_in {
	struct value_pool pool;
	struct link_val root;
	char type[TYPE_MAX];
};

static const struct link_val no_details = { .raw = "\x80",
	.kind = LINK_MAP };

struct link_in *
link_in_new(void)
{
	return calloc(1, sizeof(struct link_in));
}

void
link_in_free(struct link_in *in)
{
	if (in == NULL)
		return;
	value_pool_free(&in->pool);
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
		m->details = &no_details;
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
	int err;

	if (c.err != 0)
		return FG_EPARTIAL;
	*why = "the frame is too long";
	if (len > LINK_FRAME_MAX)
		return FG_EGARBLED;
	if (n - HEAD < len)
		return FG_EPARTIAL;
	err = value_read(&in->pool, p + HEAD, len, &in->root, why);
	if (err == 0)
		err = read_map(in, &in->root, m, why);
	return err != 0 ? err : (int64_t)HEAD + len;
}

enum link_kind
link_kind(const struct link_val *v)
{
	return v->kind;
}

size_t
link_count(const struct link_val *v)
{
	return v->kind == LINK_ARRAY || v->kind == LINK_MAP ? v->n : 0;
}

size_t
link_size(const struct link_val *v)
{
	return (size_t)(value_end(v) - v->raw);
}

const struct link_val *
link_at(const struct link_val *array, size_t i)
{
	if (array->kind != LINK_ARRAY || i >= array->n)
		return NULL;
	return &array->at[i];
}

const struct link_val *
link_map_at(const struct link_val *map, size_t i, const char **key,
    size_t *len)
{
	if (map->kind != LINK_MAP || i >= map->n)
		return NULL;
	*key = map->at[2 * i].p;
	*len = map->at[2 * i].n;
	return &map->at[2 * i + 1];
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
	if (v == NULL || (v->kind != LINK_STR && v->kind != LINK_BIN))
		return false;
	*p = v->p;
	*n = v->n;
	return true;
}

bool
link_get_u64(const struct link_val *v, uint64_t *out)
{
	if (v == NULL || v->kind != LINK_U64)
		return false;
	*out = v->u;
	return true;
}

bool
link_get_i64(const struct link_val *v, int64_t *out)
{
	if (v == NULL || (v->kind != LINK_I64 &&
	    (v->kind != LINK_U64 || v->u > INT64_MAX)))
		return false;
	*out = v->i;
	return true;
}

bool
link_get_bool(const struct link_val *v, bool *out)
{
	if (v == NULL || v->kind != LINK_BOOL)
		return false;
	*out = v->b;
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
