#include "fix/msg.h"

#include <endian.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "fix/scan.h"

/* How many fields before a data field its length field may stand. The standard
 * says one; this bounds the work for a message full of data fields. */
#define LENGTH_REACH 256

#define EACH_BYTE(b) (0x01010101U * (b))

/* Walks over the SOHs of the message, a block at a time. */
struct scan {
	size_t base;   /* of the block */
	uint64_t mask; /* its SOHs not yet returned */
};

/* The mask of the last block, which is not whole. */
static uint64_t
scan_tail(const char *p, size_t len, size_t base)
{
	char tail[SCAN_BLOCK];

	if (len >= SCAN_BLOCK)
		return scan_soh(p + len - SCAN_BLOCK) >>
		    (SCAN_BLOCK - (len - base));
	memset(tail, 0, sizeof(tail));
	memcpy(tail, p, len);
	return scan_soh(tail);
}

static inline uint64_t
scan_block(const char *p, size_t len, size_t base)
{
	return len - base >= SCAN_BLOCK ? scan_soh(p + base) :
	    scan_tail(p, len, base);
}

/* Begin at the byte at (< len). */
static inline struct scan
scan_from(const char *p, size_t len, size_t at)
{
	struct scan s = { .base = at - at % SCAN_BLOCK };

	s.mask = scan_block(p, len, s.base) & UINT64_MAX << at % SCAN_BLOCK;
	return s;
}

/* The place of the next SOH; false if there is none. */
static inline bool
scan_next(struct scan *s, const char *p, size_t len, size_t *at)
{
	while (s->mask == 0) {
		if (len - s->base <= SCAN_BLOCK)
			return false;
		s->base += SCAN_BLOCK;
		s->mask = scan_block(p, len, s->base);
	}
	*at = s->base + (size_t)__builtin_ctzll(s->mask);
	s->mask &= s->mask - 1;
	return true;
}

/*
 * Read a tag of one to four digits in one word; returns how many, or 0 if
 * the tag has another form. Five bytes are read.
 */
static inline size_t
read_tag_word(const char *p, int32_t *tag)
{
	uint32_t w, d, hit;
	size_t n = sizeof(w);

	memcpy(&w, p, sizeof(w));
	w = le32toh(w);
	hit = w ^ EACH_BYTE('=');
	hit = (hit - EACH_BYTE(1)) & ~hit & EACH_BYTE(0x80);
	if (hit != 0)
		n = (size_t)__builtin_ctz(hit) / 8;
	else if (p[sizeof(w)] != '=')
		return 0;
	if (n == 0)
		return 0;
	d = (w ^ EACH_BYTE('0')) << (32 - 8 * n);
	if (((d + EACH_BYTE(0x80 - 10)) | d) & EACH_BYTE(0x80))
		return 0;
	/* Digits to pairs to one number; the first digit is the lowest byte. */
	d = (d * (1 + (10U << 8))) >> 8 & 0x00ff00ff;
	*tag = (int32_t)((d * (1 + (100U << 16))) >> 16);
	return n;
}

/* Any tag: bytes before the '=', or 0 if there is no number in 32 bits. */
static size_t
read_tag_bytes(const char *p, size_t n, int32_t *tag)
{
	int64_t v = 0;
	size_t at, sign;

	sign = n > 0 && p[0] == '-';
	for (at = sign; at < n && p[at] >= '0' && p[at] <= '9'; at++) {
		v = v * 10 + (p[at] - '0');
		if (v > (int64_t)INT32_MAX + (int64_t)sign)
			return 0;
	}
	if (at == sign || at == n || p[at] != '=')
		return 0;
	*tag = (int32_t)(sign ? -v : v);
	return at;
}

static inline size_t
read_tag(const char *p, size_t n, int32_t *tag)
{
	size_t used = 0;

	if (n > sizeof(uint32_t))
		used = read_tag_word(p, tag);
	return used != 0 ? used : read_tag_bytes(p, n, tag);
}

/* The sieve of lens: nothing is data without one, anything may be data if it
 * was not made. */
static const uint64_t *
sieve_of(const struct fix_lens *lens)
{
	static const uint64_t none[FIX_LENS_BITS / 64];
	static const uint64_t any[FIX_LENS_BITS / 64] = {
		[0 ... FIX_LENS_BITS / 64 - 1] = UINT64_MAX };

	if (lens == NULL)
		return none;
	return lens->sieved ? lens->sieve : any;
}

static inline bool
may_be_data(const uint64_t *sieve, int32_t tag)
{
	uint32_t bit = (uint32_t)tag % FIX_LENS_BITS;

	return (sieve[bit / 64] >> bit % 64 & 1) != 0;
}

void
fix_lens_init(struct fix_lens *lens, const struct fix_len_pair *pair, size_t n)
{
	size_t i;
	uint32_t bit;

	*lens = (struct fix_lens){ .pair = pair, .n = n, .sieved = true };
	for (i = 0; i < n; i++) {
		bit = (uint32_t)pair[i].data_tag % FIX_LENS_BITS;
		lens->sieve[bit / 64] |= 1ULL << bit % 64;
	}
}

int32_t
fix_length_tag(const struct fix_lens *lens, int32_t tag)
{
	size_t lo = 0, hi = lens->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (lens->pair[mid].data_tag == tag)
			return lens->pair[mid].length_tag;
		if (lens->pair[mid].data_tag < tag)
			lo = mid + 1;
		else
			hi = mid;
	}
	return 0;
}

/*
 * Where does the value at `at` of a data field end? 0 and *end if a length
 * field was seen and says so, FG_ENOENT if the next SOH ends it, FG_EGARBLED
 * if the stated length does not end at a SOH.
 */
static int
data_end(const struct fix_msg *m, const struct fix_lens *lens, int32_t tag,
    size_t at, size_t *end)
{
	int32_t want = fix_length_tag(lens, tag);
	uint32_t i = m->nfield, stop;
	const struct fix_field *f;
	uint64_t n;

	if (want == 0)
		return FG_ENOENT;
	for (stop = i > LENGTH_REACH ? i - LENGTH_REACH : 0; i > stop; i--) {
		f = &m->field[i - 1];
		if (f->tag != want)
			continue;
		if (num_parse_u64(m->buf + f->off, f->len, &n) != 0 ||
		    n >= m->len - at || m->buf[at + n] != FIX_SOH)
			return FG_EGARBLED;
		*end = at + n;
		return 0;
	}
	return FG_ENOENT;
}

static int
garbled(struct fix_msg *m, enum fix_garble why, size_t at)
{
	m->garble = why;
	m->garble_off = (uint32_t)at;
	return FG_EGARBLED;
}

/* Index the fields; all that the loop needs is in local variables, since a
 * store to a field might change what m points to. */
static int
index_fields(struct fix_msg *m, const char *buf, size_t len,
    const struct fix_lens *lens)
{
	const uint64_t *sieve = sieve_of(lens);
	struct fix_field *f = m->field, *last = f + m->cap;
	struct scan s = { 0 };
	size_t at, value, end, n;
	int32_t tag = 0;
	int err = 0;

	if (len > 0)
		s = scan_from(buf, len, 0);
	for (at = 0; at < len; at = end + 1) {
		n = read_tag(buf + at, len - at, &tag);
		if (n == 0) {
			err = garbled(m, FIX_BAD_TAG, at);
			break;
		}
		value = at + n + 1;
		if (may_be_data(sieve, tag)) {
			m->nfield = (uint32_t)(f - m->field);
			err = data_end(m, lens, tag, value, &end);
			if (err == FG_EGARBLED) {
				garbled(m, FIX_BAD_DATA_LENGTH, at);
				break;
			}
			if (err == 0)
				s = scan_from(buf, len, end);
			err = 0;
		}
		if (!scan_next(&s, buf, len, &end)) {
			err = garbled(m, FIX_BAD_TAG, at);
			break;
		}
		if (f == last) {
			err = FG_ELIMIT;
			break;
		}
		*f++ = (struct fix_field){ tag, (uint32_t)value,
			(uint32_t)(end - value) };
	}
	m->nfield = (uint32_t)(f - m->field);
	return err;
}

int
fix_parse(struct fix_msg *m, const char *buf, size_t len,
    const struct fix_lens *lens)
{
	if (len > UINT32_MAX)
		return FG_ELIMIT;
	m->buf = buf;
	m->len = (uint32_t)len;
	m->nfield = 0;
	m->garble = FIX_CLEAN;
	m->garble_off = 0;
	return index_fields(m, buf, len, lens);
}

const struct fix_field *
fix_find(const struct fix_msg *m, int32_t tag)
{
	uint32_t i;

	for (i = 0; i < m->nfield; i++)
		if (m->field[i].tag == tag)
			return &m->field[i];
	return NULL;
}

const char *
fix_value(const struct fix_msg *m, const struct fix_field *f)
{
	return m->buf + f->off;
}

bool
fix_is(const struct fix_msg *m, const struct fix_field *f, const char *s)
{
	return f != NULL && strlen(s) == f->len &&
	    memcmp(fix_value(m, f), s, f->len) == 0;
}

int
fix_get_u64(const struct fix_msg *m, int32_t tag, uint64_t *out)
{
	const struct fix_field *f = fix_find(m, tag);

	if (f == NULL)
		return FG_ENOENT;
	return num_parse_u64(fix_value(m, f), f->len, out);
}

int
fix_get_time(const struct fix_msg *m, int32_t tag, wall_t *out)
{
	const struct fix_field *f = fix_find(m, tag);

	if (f == NULL)
		return FG_ENOENT;
	return wall_parse(fix_value(m, f), f->len, out);
}

bool
fix_get_bool(const struct fix_msg *m, int32_t tag)
{
	return fix_is(m, fix_find(m, tag), "Y");
}

bool
fix_tag_is_header(int32_t tag)
{
	switch (tag) {
	case 8: case 9: case 34: case 35: case 43: case 49: case 50: case 52:
	case 56: case 57: case 90: case 91: case 97: case 115: case 116:
	case 122: case 128: case 129: case 142: case 143: case 144: case 145:
	case 212: case 213: case 347: case 369: case 370:
	case 627: case 628: case 629: case 630:
	case 1128: case 1129: case 1156:
		return true;
	default:
		return false;
	}
}

bool
fix_tag_is_trailer(int32_t tag)
{
	return tag == 93 || tag == 89 || tag == 10;
}

bool
fix_type_is_admin(const char *type, size_t len)
{
	return len == 1 && (*type == 'A' || (*type >= '0' && *type <= '5'));
}
