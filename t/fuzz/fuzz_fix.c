/* Any bytes as a stream: frame, index, and build the message again. */
#include <string.h>

#include "base/err.h"
#include "fix/frame.h"
#include "fix/msg.h"
#include "fix/out.h"
#include "fuzz.h"

#define MAX    4096 /* MaxMessageSize */
#define FIELDS 512

static const struct fix_len_pair pairs[] = { { 89, 93 }, { 91, 90 },
	{ 96, 95 }, { 213, 212 }, { 349, 348 }, { 355, 354 } };

static void
check_same_index(const struct fix_msg *m, int err, const struct fix_lens *lens)
{
	struct fix_field field[FIELDS];
	struct fix_msg other = { .field = field, .cap = FIELDS };

	FUZZ_CHECK(fix_parse(&other, m->buf, m->len, lens) == err);
	FUZZ_CHECK(other.nfield == m->nfield && other.garble == m->garble);
	FUZZ_CHECK(memcmp(other.field, m->field,
	    m->nfield * sizeof(field[0])) == 0);
}

static void
check_index(const struct fix_msg *m, int err)
{
	size_t i, end = 0, digits;

	for (i = 0; i < m->nfield; i++) {
		digits = m->field[i].off - end;
		FUZZ_CHECK(m->field[i].off > end + 1 && digits < MAX);
		FUZZ_CHECK(m->buf[m->field[i].off - 1] == '=');
		end = (size_t)m->field[i].off + m->field[i].len;
		FUZZ_CHECK(end < m->len && m->buf[end++] == FIX_SOH);
	}
	FUZZ_CHECK(err != 0 || end == m->len);
	FUZZ_CHECK((err == FG_EGARBLED) == (m->garble != FIX_CLEAN));
}

/* A clean message built from its own fields is itself, unless its numbers
 * were written in another way. */
static void
check_build(const struct fix_msg *m)
{
	char buf[2 * MAX], begin[64];
	const char *msg, *body;
	struct fix_out o;
	struct fix_frame f;
	size_t len, body_len;

	if (m->nfield < 4 || m->field[0].len >= sizeof(begin) ||
	    m->field[m->nfield - 1].tag != 10)
		return;
	memcpy(begin, fix_value(m, &m->field[0]), m->field[0].len);
	begin[m->field[0].len] = '\0';
	if (strlen(begin) != m->field[0].len)
		return;
	body = fix_value(m, &m->field[1]) + m->field[1].len + 1;
	body_len = m->len - (size_t)(body - m->buf) - strlen("10=nnn|");
	fix_out_begin(&o, buf, sizeof(buf));
	fix_out_fields(&o, body, body_len);
	FUZZ_CHECK(fix_out_end(&o, begin, &msg, &len) == 0);
	FUZZ_CHECK(len <= m->len);
	FUZZ_CHECK(fix_frame(msg, len, MAX, &f) == 0);
	FUZZ_CHECK(f.garble == FIX_CLEAN && f.skip == 0 && f.len == len);
	if (len == m->len)
		FUZZ_CHECK(memcmp(msg, m->buf, len) == 0);
}

static void
check_message(const char *p, size_t n, bool clean)
{
	static const struct fix_lens plain = { .pair = pairs,
		.n = sizeof(pairs) / sizeof(pairs[0]) };
	struct fix_field field[FIELDS];
	struct fix_msg m = { .field = field, .cap = FIELDS };
	struct fix_lens sieved;
	struct fix_frame f;
	int err;

	fix_lens_init(&sieved, plain.pair, plain.n);
	err = fix_parse(&m, p, n, &sieved);
	check_index(&m, err);
	check_same_index(&m, err, &plain);
	if (!clean)
		return;
	FUZZ_CHECK(fix_frame(p, n, n, &f) == 0);
	FUZZ_CHECK(f.garble == FIX_CLEAN && f.skip == 0 && f.len == n);
	FUZZ_CHECK(fix_frame(p, n - 1, n, &f) == FG_EPARTIAL);
	if (err == 0)
		check_build(&m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *p = (const char *)data;
	struct fix_frame f;
	int err;

	for (; n > 0; p += f.skip + f.len, n -= f.skip + f.len) {
		err = fix_frame(p, n, MAX, &f);
		FUZZ_CHECK(f.skip <= n && f.len <= n - f.skip);
		if (err != 0) {
			FUZZ_CHECK(err == FG_EPARTIAL && f.len == 0);
			FUZZ_CHECK(n <= MAX);
			break;
		}
		FUZZ_CHECK(f.skip + f.len > 0);
		FUZZ_CHECK(f.garble != FIX_CLEAN || f.len <= MAX);
		if (f.len > 0)
			check_message(p + f.skip, f.len,
			    f.garble == FIX_CLEAN);
	}
	check_message(p, n, false);
	return 0;
}
