/* num.h: numbers as text, without locale, allocation or silent overflow. */
#ifndef FG_BASE_NUM_H
#define FG_BASE_NUM_H

#include <stddef.h>
#include <stdint.h>

#define NUM_TEXT_MAX 20 /* longest text of a 64-bit number with its sign */

/* Parse all n bytes as decimal digits (u64), with an optional '-' (i64).
 * 0, FG_EINVAL (empty, a sign '+', any other byte) or FG_EOVERFLOW. */
int num_parse_u64(const char *s, size_t n, uint64_t *out);
int num_parse_i64(const char *s, size_t n, int64_t *out);

/* Write v at out (room for NUM_TEXT_MAX bytes), no NUL; returns the length. */
size_t num_format_u64(char *out, uint64_t v);
size_t num_format_i64(char *out, int64_t v);

#endif
