/*
 * cursor.h: read and write fixed-width big-endian numbers and byte runs with a
 * sticky error: after the first failure every call does nothing, so a codec is
 * straight-line code with one check at its end.
 */
#ifndef FG_BASE_CURSOR_H
#define FG_BASE_CURSOR_H

#include <stddef.h>
#include <stdint.h>

struct cursor {
	char *p;   /* start; borrowed */
	size_t at; /* next byte */
	size_t n;  /* size */
	int err;   /* first error, FG_E* */
};

/* Start over the n bytes at p. A reader never writes through p. */
struct cursor cursor_over(const void *p, size_t n);

void cursor_put8(struct cursor *c, uint8_t v);
void cursor_put16(struct cursor *c, uint16_t v);
void cursor_put32(struct cursor *c, uint32_t v);
void cursor_put64(struct cursor *c, uint64_t v);
void cursor_put(struct cursor *c, const void *p, size_t n);

/* Getters return 0 / NULL after an error. cursor_get borrows from the input. */
uint8_t cursor_get8(struct cursor *c);
uint16_t cursor_get16(struct cursor *c);
uint32_t cursor_get32(struct cursor *c);
uint64_t cursor_get64(struct cursor *c);
const char *cursor_get(struct cursor *c, size_t n);

#endif
