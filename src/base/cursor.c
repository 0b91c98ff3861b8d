#include "base/cursor.h"

#include <string.h>

#include "base/err.h"

struct cursor
cursor_over(const void *p, size_t n)
{
	return (struct cursor){ .p = (char *)(uintptr_t)p, .n = n };
}

static char *
take(struct cursor *c, size_t n)
{
	char *p;

	if (c->err != 0)
		return NULL;
	if (c->n - c->at < n) {
		c->err = FG_EPARTIAL;
		return NULL;
	}
	p = c->p + c->at;
	c->at += n;
	return p;
}

static void
put_be(struct cursor *c, uint64_t v, size_t n)
{
	char *p = take(c, n);

	if (p == NULL)
		return;
	while (n-- > 0) {
		p[n] = (char)(v & 0xff);
		v >>= 8;
	}
}

static uint64_t
get_be(struct cursor *c, size_t n)
{
	const char *p = take(c, n);
	uint64_t v = 0;
	size_t i;

	if (p == NULL)
		return 0;
	for (i = 0; i < n; i++)
		v = v << 8 | (unsigned char)p[i];
	return v;
}

void
cursor_put8(struct cursor *c, uint8_t v)
{
	put_be(c, v, 1);
}

void
cursor_put16(struct cursor *c, uint16_t v)
{
	put_be(c, v, 2);
}

void
cursor_put32(struct cursor *c, uint32_t v)
{
	put_be(c, v, 4);
}

void
cursor_put64(struct cursor *c, uint64_t v)
{
	put_be(c, v, 8);
}

void
cursor_put(struct cursor *c, const void *src, size_t n)
{
	char *p = take(c, n);

	if (p != NULL && n != 0)
		memcpy(p, src, n);
}

uint8_t
cursor_get8(struct cursor *c)
{
	return (uint8_t)get_be(c, 1);
}

uint16_t
cursor_get16(struct cursor *c)
{
	return (uint16_t)get_be(c, 2);
}

uint32_t
cursor_get32(struct cursor *c)
{
	return (uint32_t)get_be(c, 4);
}

uint64_t
cursor_get64(struct cursor *c)
{
	return get_be(c, 8);
}

const char *
cursor_get(struct cursor *c, size_t n)
{
	return take(c, n);
}
