/* buf.h: a growable run of bytes. */
#ifndef FG_BASE_BUF_H
#define FG_BASE_BUF_H

#include <stddef.h>
#include <stdarg.h>

/* All-zero is a valid empty buffer. */
struct buf {
	char *p;
	size_t len;
	size_t cap;
};

/* Make room for n more bytes; 0 or FG_ENOMEM (the buffer is unchanged). */
int buf_reserve(struct buf *b, size_t n);

/* Append n bytes / a C string / formatted text (no NUL is counted).
 * 0 or FG_ENOMEM. p may be NULL if n is 0. */
int buf_add(struct buf *b, const void *p, size_t n);
int buf_puts(struct buf *b, const char *s);
int buf_printf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Drop the first n bytes (n <= len). */
void buf_shift(struct buf *b, size_t n);

/* Free the bytes and make b empty again. */
void buf_free(struct buf *b);

#endif
