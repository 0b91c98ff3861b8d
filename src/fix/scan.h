/*
 * scan.h: the two loops over every byte of a message. Each has a portable
 * form and one for SSE2, which every x86-64 has; t/fix compares them.
 */
#ifndef FG_FIX_SCAN_H
#define FG_FIX_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include "fix/frame.h"

#define SCAN_BLOCK 64 /* bytes per mask */

/* Bit i is set if p[i] is SOH, for SCAN_BLOCK bytes at p. */
static inline uint64_t
scan_soh_any(const char *p)
{
	uint64_t mask = 0;
	unsigned i;

	for (i = 0; i < SCAN_BLOCK; i++)
		mask |= (uint64_t)(p[i] == FIX_SOH) << i;
	return mask;
}

/* Sum of n bytes modulo 256. */
static inline uint8_t
scan_sum_any(const char *p, size_t n)
{
	unsigned sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += (unsigned char)p[i];
	return (uint8_t)sum;
}

#ifdef __SSE2__
#include <emmintrin.h>

static inline uint64_t
scan_soh_16(const char *p)
{
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);

	return (uint32_t)_mm_movemask_epi8(
	    _mm_cmpeq_epi8(v, _mm_set1_epi8(FIX_SOH)));
}

static inline uint64_t
scan_soh(const char *p)
{
	return scan_soh_16(p) | scan_soh_16(p + 16) << 16 |
	    scan_soh_16(p + 32) << 32 | scan_soh_16(p + 48) << 48;
}

/* Add the 16 bytes to the two sums in the halves of sum. */
static inline __m128i
scan_add_16(__m128i sum, __m128i v)
{
	return _mm_add_epi64(sum, _mm_sad_epu8(v, _mm_setzero_si128()));
}

/* The rest behind the last whole block is read as the end of a block whose
 * first bytes, already counted, are masked out. */
static inline uint8_t
scan_sum(const char *p, size_t n)
{
	static const unsigned char edge[32] = { [16 ... 31] = 0xff };
	__m128i sum = _mm_setzero_si128();

	if (n < 16)
		return scan_sum_any(p, n);
	for (; n >= 16; p += 16, n -= 16)
		sum = scan_add_16(sum,
		    _mm_loadu_si128((const __m128i *)(const void *)p));
	sum = scan_add_16(sum, _mm_and_si128(
	    _mm_loadu_si128((const __m128i *)(const void *)(p + n - 16)),
	    _mm_loadu_si128((const __m128i *)(const void *)(edge + n))));
	return (uint8_t)(_mm_cvtsi128_si32(sum) +
	    _mm_cvtsi128_si32(_mm_srli_si128(sum, 8)));
}

#else

static inline uint64_t
scan_soh(const char *p)
{
	return scan_soh_any(p);
}

static inline uint8_t
scan_sum(const char *p, size_t n)
{
	return scan_sum_any(p, n);
}

#endif
#endif
