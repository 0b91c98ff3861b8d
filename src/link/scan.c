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
#include "link/scan.h"

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"

enum token_kind { TOKEN_OTHER, TOKEN_STRING, TOKEN_ARRAY, TOKEN_MAP,
	TOKEN_BAD };

struct token {
	enum token_kind kind;
	uint32_t n; /* bytes of a string or other, entries of the rest */
};

struct level {
	uint32_t left; /* values still to come; of a map, keys count */
	bool is_map;
};

static uint32_t
get_count(struct cursor *c, unsigned width)
{
	switch (width) {
	case 1:
		return cursor_get8(c);
	case 2:
		return cursor_get16(c);
	}
	return cursor_get32(c);
}

static struct token
next_token(struct cursor *c)
{
	uint8_t b = cursor_get8(c);

	if (b <= 0x7f || b >= 0xe0)
		return (struct token){ TOKEN_OTHER, 0 };
	if (b <= 0x8f)
		return (struct token){ TOKEN_MAP, b & 0x0fu };
	if (b <= 0x9f)
		return (struct token){ TOKEN_ARRAY, b & 0x0fu };
	if (b <= 0xbf)
		return (struct token){ TOKEN_STRING, b & 0x1fu };
	if (b == 0xc0 || b == 0xc2 || b == 0xc3)
		return (struct token){ TOKEN_OTHER, 0 };
	if (b >= 0xc4 && b <= 0xc6)
		return (struct token){ TOKEN_OTHER,
			get_count(c, 1u << (b - 0xc4)) };
	if (b == 0xca || b == 0xcb)
		return (struct token){ TOKEN_OTHER, 4u << (b - 0xca) };
	if (b >= 0xcc && b <= 0xd3)
		return (struct token){ TOKEN_OTHER, 1u << ((b - 0xcc) & 3) };
	if (b >= 0xd9 && b <= 0xdb)
		return (struct token){ TOKEN_STRING,
			get_count(c, 1u << (b - 0xd9)) };
	if (b == 0xdc || b == 0xdd)
		return (struct token){ TOKEN_ARRAY,
			get_count(c, 2u << (b - 0xdc)) };
	if (b == 0xde || b == 0xdf)
		return (struct token){ TOKEN_MAP,
			get_count(c, 2u << (b - 0xde)) };
	return (struct token){ TOKEN_BAD, 0 };
}

/* Take the token's bytes, or check that its entries, a byte each at least, can
 * follow. */
static const char *
check_token(struct cursor *c, const struct token *t)
{
	size_t left, need = t->n;

	if (c->err != 0)
		return "cut off within a value";
	if (t->kind == TOKEN_BAD)
		return "a type of value that is not used here";
	left = c->n - c->at;
	if (t->kind == TOKEN_MAP)
		need *= 2;
	if (need > left)
		return t->kind == TOKEN_MAP || t->kind == TOKEN_ARRAY
		    ? "more entries announced than bytes follow"
		    : "cut off within a value";
	if (t->kind == TOKEN_STRING || t->kind == TOKEN_OTHER)
		cursor_get(c, need);
	return NULL;
}

const char *
scan_value(const void *p, size_t n)
{
	struct level level[SCAN_DEPTH_MAX];
	struct cursor c = cursor_over(p, n);
	unsigned depth = 0, values = 0;
	const char *why;
	struct token t;

	do {
		t = next_token(&c);
		why = check_token(&c, &t);
		if (why != NULL)
			return why;
		if (++values > SCAN_VALUES_MAX)
			return "too many values";
		if (depth > 0) {
			if (level[depth - 1].is_map
			    && level[depth - 1].left % 2 == 0
			    && t.kind != TOKEN_STRING)
				return "a key that is not a string";
			level[depth - 1].left--;
		}
		if (t.n > 0 && (t.kind == TOKEN_MAP || t.kind == TOKEN_ARRAY)) {
			if (depth == SCAN_DEPTH_MAX)
				return "nested too deep";
			level[depth].is_map = t.kind == TOKEN_MAP;
			level[depth++].left =
			    t.kind == TOKEN_MAP ? 2 * t.n : t.n;
		}
		while (depth > 0 && level[depth - 1].left == 0)
			depth--;
	} while (depth > 0);
	return c.at == c.n ? NULL : "bytes behind the value";
}
