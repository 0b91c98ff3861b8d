/*
 * 8=FIX.4.4|9=5|35=0|10=163|
 *               ^body  ^trailer: body + BodyLength, the SOH before it included
 */
#include "fix/frame.h"

#include <string.h>

#include "base/err.h"
#include "fix/scan.h"

#define BEGIN_MAX      32      /* bytes of a BeginString */
#define LENGTH_MAX     20      /* digits of a BodyLength */
#define SEARCH_MAX     (1 << 16) /* bytes searched for the end, see below */
#define CHECKSUM_BYTES 3
#define TRAILER        "\00110="
#define TRAILER_BYTES  (sizeof(TRAILER) - 1)

const char *
fix_garble_text(enum fix_garble g)
{
	switch (g) {
#define X(name, text)                                                          \
	case name:                                                             \
		return text;
		FIX_GARBLES(X)
#undef X
	}
	return "unknown";
}

uint8_t
fix_checksum(const char *p, size_t n)
{
	return scan_sum(p, n);
}

static size_t
min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Where "8=" begins, or may begin when more bytes come; n if nowhere. */
static size_t
find_begin(const char *p, size_t n)
{
	const char *hit;

	if (n >= 2 && p[0] == '8' && p[1] == '=')
		return 0;
	hit = memmem(p, n, "8=", 2);
	if (hit != NULL)
		return (size_t)(hit - p);
	return n > 0 && p[n - 1] == '8' ? n - 1 : n;
}

/*
 * The message at p has no end that can be trusted: drop the bytes up to the
 * next BeginString that follows a SOH. What is not here yet is looked at when
 * it comes, so nothing is looked at twice.
 */
static int
resync(const char *p, size_t n, enum fix_garble why, struct fix_frame *f)
{
	const char *hit = memmem(p, n, "\0018=", 3);

	f->garble = why;
	if (hit != NULL)
		f->len = (size_t)(hit - p) + 1;
	else
		f->len = p[n - 1] == '8' && p[n - 2] == FIX_SOH ? n - 1 : n;
	return 0;
}

/* Read "8=...|9=digits|" into the offset of the body and its stated length. */
static int
read_head(const char *p, size_t n, size_t max, size_t *body, size_t *length,
    struct fix_frame *f)
{
	const char *soh;
	size_t at, first, v = 0;

	soh = memchr(p + 2, FIX_SOH, min_size(n - 2, BEGIN_MAX + 1));
	if (soh == NULL && n - 2 > BEGIN_MAX)
		return resync(p, n, FIX_BAD_FIRST_FIELDS, f);
	if (soh == NULL || n - (size_t)(soh - p) < 3)
		return FG_EPARTIAL;
	if (soh[1] != '9' || soh[2] != '=')
		return resync(p, n, FIX_BAD_FIRST_FIELDS, f);
	first = at = (size_t)(soh - p) + 3;
	for (; at < n && p[at] >= '0' && p[at] <= '9'; at++) {
		v = v * 10 + (size_t)(p[at] - '0');
		if (v > max)
			return resync(p, n, FIX_TOO_LONG, f);
		if (at - first == LENGTH_MAX)
			return resync(p, n, FIX_BAD_BODY_LENGTH, f);
	}
	if (at == n)
		return FG_EPARTIAL;
	if (at == first || p[at] != FIX_SOH)
		return resync(p, n, FIX_BAD_BODY_LENGTH, f);
	*body = at + 1;
	*length = v;
	return 0;
}

static enum fix_garble
check(const char *p, size_t body, size_t due, size_t trailer, size_t end,
    unsigned checks)
{
	const char *digit = p + trailer + TRAILER_BYTES;
	unsigned sum = 0;
	int i;

	if (memcmp(p + body, "35=", 3) != 0)
		return FIX_BAD_FIRST_FIELDS;
	if (trailer != due && (checks & FIX_CHECK_LENGTH) != 0)
		return FIX_BAD_BODY_LENGTH;
	if ((checks & FIX_CHECK_SUM) == 0)
		return FIX_CLEAN;
	if (end - trailer != TRAILER_BYTES + CHECKSUM_BYTES)
		return FIX_BAD_CHECKSUM_FORM;
	for (i = 0; i < CHECKSUM_BYTES; i++) {
		if (digit[i] < '0' || digit[i] > '9')
			return FIX_BAD_CHECKSUM_FORM;
		sum = sum * 10 + (unsigned)(digit[i] - '0');
	}
	return sum == fix_checksum(p, trailer + 1) ? FIX_CLEAN :
	    FIX_BAD_CHECKSUM;
}

/*
 * One message at p, which begins with "8=". A good one has its trailer right
 * where BodyLength says. For a bad one the search may be done again for each
 * byte that comes; SEARCH_MAX keeps that cheap.
 */
static int
frame_message(const char *p, size_t n, size_t max, unsigned checks,
    struct fix_frame *f)
{
	size_t body = 0, length = 0, due, trailer;
	const char *hit;
	int err;

	err = read_head(p, n, max, &body, &length, f);
	if (err != 0 || f->len > 0)
		return err;
	due = body + length - 1;
	if (n < due + TRAILER_BYTES)
		return FG_EPARTIAL;
	hit = p + due;
	if (memcmp(hit, TRAILER, TRAILER_BYTES) != 0)
		hit = memmem(hit, min_size(n - due, SEARCH_MAX), TRAILER,
		    TRAILER_BYTES);
	if (hit == NULL)
		return n - due < SEARCH_MAX ? FG_EPARTIAL :
		    resync(p, n, FIX_BAD_BODY_LENGTH, f);
	trailer = (size_t)(hit - p);
	hit += TRAILER_BYTES;
	n -= trailer + TRAILER_BYTES;
	hit = memchr(hit, FIX_SOH, min_size(n, SEARCH_MAX));
	if (hit == NULL)
		return n < SEARCH_MAX ? FG_EPARTIAL :
		    resync(p, n + trailer + TRAILER_BYTES,
		    FIX_BAD_CHECKSUM_FORM, f);
	f->len = (size_t)(hit - p) + 1;
	f->garble = f->len > max ? FIX_TOO_LONG :
	    check(p, body, due, trailer, f->len - 1, checks);
	return 0;
}

int
fix_frame(const char *p, size_t n, size_t max, struct fix_frame *f)
{
	return fix_frame_checked(p, n, max, FIX_CHECK_ALL, f);
}

int
fix_frame_checked(const char *p, size_t n, size_t max, unsigned checks,
    struct fix_frame *f)
{
	size_t rest;
	int err;

	*f = (struct fix_frame){ .skip = find_begin(p, n) };
	max = min_size(max, UINT32_MAX);
	rest = n - f->skip;
	if (rest >= 2) {
		err = frame_message(p + f->skip, rest, max, checks, f);
		if (err != FG_EPARTIAL || n <= max)
			return err;
		if (rest > max)
			return resync(p + f->skip, rest, FIX_TOO_LONG, f);
	} else if (f->skip == 0)
		return FG_EPARTIAL;
	f->garble = FIX_NO_BEGIN;
	return 0;
}
