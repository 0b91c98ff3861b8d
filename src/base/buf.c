#include "base/buf.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define BUF_FIRST 256 /* bytes of the first allocation */

int
buf_reserve(struct buf *b, size_t n)
{
	size_t cap;
	char *p;

	if (b->cap - b->len >= n)
		return 0;
	if (n > SIZE_MAX / 2 - b->len)
		return FG_ENOMEM;
	cap = b->cap == 0 ? BUF_FIRST : b->cap;
	while (cap - b->len < n)
		cap *= 2;
	p = realloc(b->p, cap);
	if (p == NULL)
		return FG_ENOMEM;
	b->p = p;
	b->cap = cap;
	return 0;
}

int
buf_add(struct buf *b, const void *p, size_t n)
{
	if (n == 0)
		return 0;
	if (buf_reserve(b, n) != 0)
		return FG_ENOMEM;
	memcpy(b->p + b->len, p, n);
	b->len += n;
	return 0;
}

int
buf_puts(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

int
buf_printf(struct buf *b, const char *fmt, ...)
{
	size_t room = b->cap - b->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(room == 0 ? NULL : b->p + b->len, room, fmt, ap);
	va_end(ap);
	if (n < 0)
		return FG_EINVAL;
	if ((size_t)n >= room) {
		if (buf_reserve(b, (size_t)n + 1) != 0)
			return FG_ENOMEM;
		va_start(ap, fmt);
		vsnprintf(b->p + b->len, (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	b->len += (size_t)n;
	return 0;
}

void
buf_shift(struct buf *b, size_t n)
{
	assert(n <= b->len);
	b->len -= n;
	if (b->len != 0)
		memmove(b->p, b->p + n, b->len);
}

void
buf_free(struct buf *b)
{
	free(b->p);
	b->p = NULL;
	b->len = b->cap = 0;
}
