/*
 * The first byte of a MessagePack value:
 *
 *	00-7f  integer, in the byte          ca cb  float: 4, 8 bytes follow
 *	80-8f  map, count in the byte        cc-cf  unsigned: 1, 2, 4, 8 bytes
 *	90-9f  array, count in the byte      d0-d3  signed: 1, 2, 4, 8 bytes
 *	a0-bf  string, length in the byte    d4-d8  extension, fixed
 *	c0     nil       c1  never used      d9-db  string: 1, 2, 4 bytes length
 *	c2 c3  false, true                   dc dd  array: 2, 4 bytes count
 *	c4-c6  binary: 1, 2, 4 bytes length  de df  map: 2, 4 bytes count
 *	c7-c9  extension                     e0-ff  negative integer, in the byte
 */
#include "link/value.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define BLOCK_FIRST 256u   /* values of a small block */
#define BLOCK_KEEP  32768u /* of the largest that is kept: 768 KiB */

static const char cut_off[] = "cut off within a value";

/* ---- memory ---- */

struct value_block {
	struct value_block *next;
	uint32_t cap;
	struct link_val val[];
};

void
value_pool_free(struct value_pool *pool)
{
	struct value_block *b;

	while ((b = pool->first) != NULL) {
		pool->first = b->next;
		free(b);
	}
	*pool = (struct value_pool){ 0 };
}

/* The largest block is kept, and soon one is that takes a whole message. */
static void
begin(struct value_pool *pool)
{
	struct value_block *kept = pool->first;

	if (kept != NULL && kept->cap <= BLOCK_KEEP) {
		pool->first = kept->next;
		kept->next = NULL;
	} else {
		kept = NULL;
	}
	value_pool_free(pool);
	pool->first = kept;
}

static struct link_val *
take(struct value_pool *pool, uint32_t n)
{
	struct value_block *b = pool->first;
	struct link_val *v;
	size_t cap;

	if (b == NULL || b->cap - pool->used < n) {
		cap = b == NULL ? BLOCK_FIRST : (size_t)b->cap * 2;
		if (cap < n)
			cap = n;
		b = malloc(sizeof(*b) + cap * sizeof(b->val[0]));
		if (b == NULL)
			return NULL;
		b->next = pool->first;
		b->cap = (uint32_t)cap;
		pool->first = b;
		pool->used = 0;
	}
	v = &b->val[pool->used];
	pool->used += n;
	return v;
}

/* ---- reading ---- */

struct reader {
	const unsigned char *p, *end;
	struct value_pool *pool;
	uint32_t values;  /* begun or announced so far */
	uint32_t pending; /* announced, and not begun */
	int err;
	const char *why;
};

/* The value, or the values of an array or map, that are being read. */
struct level {
	struct link_val *next, *end;
	const struct link_val *first;
	bool is_map;
};

static void
fail(struct reader *r, int err, const char *why)
{
	if (r->err == 0) {
		r->err = err;
		r->why = why;
	}
}

/* A big-endian number; 0 after a failure. */
static uint64_t
get(struct reader *r, unsigned width)
{
	const unsigned char *p = r->p;
	uint32_t high, low;

	if ((size_t)(r->end - p) < width) {
		fail(r, FG_EGARBLED, cut_off);
		return 0;
	}
	r->p += width;
	switch (width) {
	case 1:
		return p[0];
	case 2:
		return (uint64_t)p[0] << 8 | p[1];
	case 4:
		memcpy(&low, p, 4);
		return be32toh(low);
	default:
		memcpy(&high, p, 4);
		memcpy(&low, p + 4, 4);
		return (uint64_t)be32toh(high) << 32 | be32toh(low);
	}
}

static void
set_text(struct reader *r, struct link_val *v, enum link_kind kind, uint64_t n)
{
	if (r->err != 0 || (size_t)(r->end - r->p) < n) {
		fail(r, FG_EGARBLED, cut_off);
		return;
	}
	v->kind = kind;
	v->n = (uint32_t)n;
	v->p = (const char *)r->p;
	r->p += n;
}

/* Its values, a byte each at least, must be among the bytes that are left to
 * all that was announced. */
static void
set_entries(struct reader *r, struct link_val *v, enum link_kind kind,
    uint64_t n)
{
	uint64_t values = kind == LINK_MAP ? 2 * n : n;

	v->kind = kind;
	v->n = (uint32_t)n;
	if (r->err == 0 && r->pending + values > (size_t)(r->end - r->p))
		fail(r, FG_EGARBLED, "more entries announced than bytes follow");
	else if (r->values + values > VALUE_VALUES_MAX)
		fail(r, FG_EGARBLED, "too many values");
	if (r->err != 0)
		return;
	r->pending += (uint32_t)values;
	r->values += (uint32_t)values;
	v->at = take(r->pool, (uint32_t)values);
	if (v->at == NULL)
		fail(r, FG_ENOMEM, "out of memory");
}

static void
set_bool(struct link_val *v, bool b)
{
	v->kind = LINK_BOOL;
	v->b = b;
}

static void
set_unsigned(struct link_val *v, uint64_t u)
{
	v->kind = LINK_U64;
	v->u = u;
}

/* One of width bytes; not negative ones are LINK_U64. */
static void
set_signed(struct link_val *v, uint64_t bits, unsigned width)
{
	uint64_t sign = 1ull << (8 * width - 1);

	v->kind = (bits & sign) != 0 ? LINK_I64 : LINK_U64;
	v->i = (int64_t)((bits ^ sign) - sign);
}

static void
set_float(struct reader *r, struct link_val *v, unsigned width)
{
	v->kind = LINK_FLOAT;
	get(r, width);
}

/* Those whose first byte does not say it all. */
static void
read_long(struct reader *r, unsigned b, struct link_val *v)
{
	if (b == 0xc0)
		return; /* LINK_NIL */
	if (b == 0xc2 || b == 0xc3)
		set_bool(v, b == 0xc3);
	else if (b >= 0xc4 && b <= 0xc6)
		set_text(r, v, LINK_BIN, get(r, 1u << (b - 0xc4)));
	else if (b == 0xca || b == 0xcb)
		set_float(r, v, 4u << (b - 0xca));
	else if (b >= 0xcc && b <= 0xcf)
		set_unsigned(v, get(r, 1u << (b - 0xcc)));
	else if (b >= 0xd0 && b <= 0xd3)
		set_signed(v, get(r, 1u << (b - 0xd0)), 1u << (b - 0xd0));
	else if (b >= 0xd9 && b <= 0xdb)
		set_text(r, v, LINK_STR, get(r, 1u << (b - 0xd9)));
	else if (b == 0xdc || b == 0xdd)
		set_entries(r, v, LINK_ARRAY, get(r, 2u << (b - 0xdc)));
	else if (b == 0xde || b == 0xdf)
		set_entries(r, v, LINK_MAP, get(r, 2u << (b - 0xde)));
	else
		fail(r, FG_EGARBLED, "a type of value that is not used here");
}

/* A value, or the beginning of an array or map. */
static void
read_one(struct reader *r, struct link_val *v)
{
	unsigned b;

	v->raw = (const char *)r->p;
	v->kind = LINK_NIL;
	v->n = 0;
	b = (unsigned)get(r, 1);
	if (r->err != 0)
		return;
	if (b <= 0x7f)
		set_unsigned(v, b);
	else if (b <= 0x8f)
		set_entries(r, v, LINK_MAP, b & 0x0f);
	else if (b <= 0x9f)
		set_entries(r, v, LINK_ARRAY, b & 0x0f);
	else if (b <= 0xbf)
		set_text(r, v, LINK_STR, b & 0x1f);
	else if (b >= 0xe0)
		set_signed(v, b, 1);
	else
		read_long(r, b, v);
}

/* Keys and values. */
static uint32_t
count(const struct link_val *v)
{
	return v->kind == LINK_MAP ? 2 * v->n :
	    v->kind == LINK_ARRAY ? v->n : 0;
}

/* The value that l begins with, and all that is in it. */
static void
read_all(struct reader *r, struct level *l)
{
	const struct level *bottom = l, *top = l + VALUE_DEPTH_MAX;
	struct link_val *v;

	for (;;) {
		for (; l->next == l->end; l--)
			if (l == bottom)
				return;
		v = l->next++;
		r->pending--;
		read_one(r, v);
		if (l->is_map && v->kind != LINK_STR &&
		    (v - l->first) % 2 == 0)
			fail(r, FG_EGARBLED, "a key that is not a string");
		if (count(v) > 0 && l == top)
			fail(r, FG_EGARBLED, "nested too deep");
		if (r->err != 0)
			return;
		if (count(v) > 0)
			*++l = (struct level){ v->at, v->at + count(v), v->at,
				v->kind == LINK_MAP };
	}
}

int
value_read(struct value_pool *pool, const void *p, size_t n,
    struct link_val *out, const char **why)
{
	struct reader r = { .p = p, .end = (const unsigned char *)p + n,
		.pool = pool, .values = 1, .pending = 1 };
	struct level level[VALUE_DEPTH_MAX + 1];

	level[0] = (struct level){ out, out + 1, out, false };
	begin(pool);
	read_all(&r, level);
	if (r.p != r.end)
		fail(&r, FG_EGARBLED, "bytes behind the value");
	*why = r.why;
	return r.err;
}

/* Bytes of a value without others in it. */
static unsigned
head_size(unsigned b)
{
	if (b <= 0xbf || b >= 0xe0 || b <= 0xc3)
		return 1;
	if (b <= 0xc6)
		return 1 + (1u << (b - 0xc4));
	if (b <= 0xcb)
		return 1 + (4u << (b - 0xca));
	if (b <= 0xd3)
		return 1 + (1u << (b & 3));
	if (b <= 0xdb)
		return 1 + (1u << (b - 0xd9));
	return 1 + (2u << (b & 1));
}

const char *
value_end(const struct link_val *v)
{
	while (count(v) > 0)
		v = &v->at[count(v) - 1];
	if (v->kind == LINK_STR || v->kind == LINK_BIN)
		return v->p + v->n;
	return v->raw + head_size((unsigned char)*v->raw);
}
