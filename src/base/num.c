#include "base/num.h"

#include <string.h>

#include "base/err.h"

int
num_parse_u64(const char *s, size_t n, uint64_t *out)
{
	uint64_t v = 0;
	unsigned d;
	size_t i;

	if (n == 0)
		return FG_EINVAL;
	for (i = 0; i < n; i++) {
		d = (unsigned)(unsigned char)s[i] - '0';
		if (d > 9)
			return FG_EINVAL;
		if (v > UINT64_MAX / 10 || v * 10 > UINT64_MAX - d)
			return FG_EOVERFLOW;
		v = v * 10 + d;
	}
	*out = v;
	return 0;
}

int
num_parse_i64(const char *s, size_t n, int64_t *out)
{
	uint64_t v;
	int neg, err;

	neg = n > 0 && s[0] == '-';
	err = num_parse_u64(s + neg, n - (size_t)neg, &v);
	if (err != 0)
		return err;
	if (v > (uint64_t)INT64_MAX + (uint64_t)neg)
		return FG_EOVERFLOW;
	*out = neg ? (int64_t)(0 - v) : (int64_t)v;
	return 0;
}

size_t
num_format_u64(char *out, uint64_t v)
{
	char tmp[NUM_TEXT_MAX];
	size_t at = sizeof(tmp);

	do {
		tmp[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v != 0);
	memcpy(out, tmp + at, sizeof(tmp) - at);
	return sizeof(tmp) - at;
}

size_t
num_format_i64(char *out, int64_t v)
{
	if (v >= 0)
		return num_format_u64(out, (uint64_t)v);
	out[0] = '-';
	return 1 + num_format_u64(out + 1, 0 - (uint64_t)v);
}
