#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "check_fix.h"
#include "fix/msg.h"
#include "guard.h"

#define FIELDS 64

static const struct fix_len_pair pairs[] = { { 89, 93 }, { 96, 95 },
	{ 213, 212 }, { 355, 354 } };
static const struct fix_lens plain = { .pair = pairs, .n = 4 };

static struct fix_field field[FIELDS];

static int
parse(struct fix_msg *m, const char *text, const struct fix_lens *lens)
{
	static char buf[TEXT_MAX];
	size_t n = wire(buf, text);

	*m = (struct fix_msg){ .field = field, .cap = FIELDS };
	return fix_parse(m, guard_copy(buf, n), n, lens);
}

START_TEST(fields_are_indexed_in_wire_order)
{
	struct fix_msg m;

	ck_assert_int_eq(0, parse(&m, "8=FIX.4.4|9=5|35=0|58=|58=x=y|10=163|",
	    &plain));
	ck_assert_uint_eq(6, m.nfield);
	ck_assert_int_eq(8, m.field[0].tag);
	ck_assert(fix_is(&m, &m.field[0], "FIX.4.4"));
	ck_assert_ptr_eq(&m.field[3], fix_find(&m, 58));
	ck_assert(fix_is(&m, &m.field[3], ""));
	ck_assert(fix_is(&m, &m.field[4], "x=y"));
	ck_assert(fix_is(&m, &m.field[5], "163"));
	ck_assert(!fix_is(&m, &m.field[5], "1633"));
	ck_assert(!fix_is(&m, &m.field[5], "162"));
	ck_assert_ptr_null(fix_find(&m, 11));
	ck_assert(!fix_is(&m, NULL, ""));
	ck_assert_int_eq(0, parse(&m, "", NULL));
	ck_assert_uint_eq(0, m.nfield);
}
END_TEST

START_TEST(tags_are_32_bit_numbers_or_garbled)
{
	static const struct {
		const char *text;
		int err;
		int32_t tag;
	} row[] = {
		{ "0=x|", 0, 0 },
		{ "-1=x|", 0, -1 },
		{ "5000=x|", 0, 5000 },
		{ "0055=x|", 0, 55 },
		{ "1234567=x|", 0, 1234567 },
		{ "12345678=x|", 0, 12345678 },
		{ "2147483647=x|", 0, 2147483647 },
		{ "-2147483648=x|", 0, INT32_MIN },
		{ "2147483648=x|", FG_EGARBLED, 0 },
		{ "-2147483649=x|", FG_EGARBLED, 0 },
		{ "99999999999999999999999=x|", FG_EGARBLED, 0 },
		{ "4garbled9=x|", FG_EGARBLED, 0 },
		{ "49garbled=x|", FG_EGARBLED, 0 },
		{ "49:=x|", FG_EGARBLED, 0 },
		{ "49/=x|", FG_EGARBLED, 0 },
		{ "4\x8a=xxxxxxx|", FG_EGARBLED, 0 },
		{ "+49=x|", FG_EGARBLED, 0 },
		{ " 49=x|", FG_EGARBLED, 0 },
		{ "4 9=x|", FG_EGARBLED, 0 },
		{ "4-9=x|", FG_EGARBLED, 0 },
		{ "-=x|", FG_EGARBLED, 0 },
		{ "--1=x|", FG_EGARBLED, 0 },
		{ "=x|", FG_EGARBLED, 0 },
		{ "49|", FG_EGARBLED, 0 },
		{ "|", FG_EGARBLED, 0 },
		{ "49|1=xxxxxx|", FG_EGARBLED, 0 },
		{ "49=x", FG_EGARBLED, 0 },
		{ "49", FG_EGARBLED, 0 },
	};
	static const char *const frame[] = {
		"%s",
		"58=first|%s",
		"58=first|%s10=000|",
		"58=more than one block of 64|58=more....|58=first|%s10=000|",
	};
	char text[256];
	struct fix_msg m;
	size_t i, j;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		for (j = 0; j < 4; j++) {
			if (j >= 2 && strchr("9x", row[i].text[
			    strlen(row[i].text) - 1]) != NULL)
				continue;
			snprintf(text, sizeof(text), frame[j], row[i].text);
			ck_assert_msg(parse(&m, text, &plain) == row[i].err,
			    "%s", text);
			if (row[i].err == 0) {
				ck_assert_int_eq(row[i].tag,
				    m.field[j == 3 ? 3 : j > 0].tag);
				continue;
			}
			ck_assert_int_eq(FIX_BAD_TAG, m.garble);
			ck_assert_uint_eq(strchr(frame[j], '%') - frame[j],
			    m.garble_off);
		}
}
END_TEST

START_TEST(data_is_read_by_its_length)
{
	static const struct {
		const char *text;
		int err;
		uint32_t nfield;
		const char *value; /* of the last field but one */
	} row[] = {
		{ "95=3|96=a|b|10=000|", 0, 3, "a\001b" },
		{ "95=0|96=|10=000|", 0, 3, "" },
		{ "95=7|96=8=x|9=y|10=000|", 0, 3, "8=x\0019=y" },
		{ "95=3|58=between|96=a|b|10=000|", 0, 4, "a\001b" },
		{ "95=9|95=3|96=a|b|10=000|", 0, 4, "a\001b" },
		{ "354=3|96=ab|10=000|", 0, 3, "ab" },
		{ "96=ab|10=000|", 0, 2, "ab" },
		{ "96=ab|95=1|10=000|", 0, 3, "1" },
		{ "213=ab|10=000|", 0, 2, "ab" },
		{ "95=4|96=a|b|10=000|", FG_EGARBLED, 1, NULL },
		{ "95=2|96=a|b|10=000|", FG_EGARBLED, 1, NULL },
		{ "95=99|96=ab|10=000|", FG_EGARBLED, 1, NULL },
		{ "95=10|96=ab|10=000|", FG_EGARBLED, 1, NULL },
		{ "95=18446744073709551615|96=a|10=000|", FG_EGARBLED, 1, 0 },
		{ "95=99999999999999999999|96=a|10=000|", FG_EGARBLED, 1, 0 },
		{ "95=x|96=ab|10=000|", FG_EGARBLED, 1, NULL },
		{ "95=|96=ab|10=000|", FG_EGARBLED, 1, NULL },
		{ "95=-1|96=ab|10=000|", FG_EGARBLED, 1, NULL },
		{ "95=1|96=", FG_EGARBLED, 1, NULL },
	};
	struct fix_lens sieved;
	const struct fix_lens *lens[2] = { &plain, &sieved };
	struct fix_msg m;
	size_t i, j;

	fix_lens_init(&sieved, pairs, 4);
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		for (j = 0; j < 2; j++) {
			ck_assert_msg(parse(&m, row[i].text, lens[j]) ==
			    row[i].err, "%s", row[i].text);
			ck_assert_uint_eq(row[i].nfield, m.nfield);
			if (row[i].err == 0)
				ck_assert(fix_is(&m,
				    &m.field[m.nfield - 2], row[i].value));
			else
				ck_assert_int_eq(FIX_BAD_DATA_LENGTH, m.garble);
		}
	ck_assert_int_eq(FG_EGARBLED, parse(&m, "95=3|96=a|b|10=000|", NULL));
	ck_assert_int_eq(FIX_BAD_TAG, m.garble);
}
END_TEST

/* Values of all sizes put each SOH at each place of a block. */
START_TEST(long_data_and_values_cross_blocks)
{
	char text[TEXT_MAX], want[512];
	struct fix_lens lens;
	struct fix_msg m;
	size_t n, at;

	fix_lens_init(&lens, pairs, 4);
	for (n = 0; n < 300; n++) {
		memset(want, 'v', n);
		want[n] = '\0';
		snprintf(text, sizeof(text), "8=F|58=%s|35=0|1=x|", want);
		ck_assert_int_eq(0, parse(&m, text, &lens));
		ck_assert_uint_eq(4, m.nfield);
		ck_assert(fix_is(&m, &m.field[1], want));
		ck_assert(fix_is(&m, &m.field[3], "x"));
		memset(want, FIX_SOH, n);
		at = wire(text, "8=F|212=");
		at += (size_t)snprintf(text + at, TEXT_MAX - at,
		    "%zu\001213=%s\0011=x\001", n, want);
		m = (struct fix_msg){ .field = field, .cap = FIELDS };
		ck_assert_int_eq(0, fix_parse(&m, guard_copy(text, at), at,
		    &lens));
		ck_assert_uint_eq(4, m.nfield);
		ck_assert(fix_is(&m, &m.field[2], want));
		ck_assert(fix_is(&m, &m.field[3], "x"));
	}
}
END_TEST

START_TEST(a_length_far_before_its_data_is_not_looked_for)
{
	static struct fix_field many[400];
	char text[TEXT_MAX];
	struct fix_msg m = { .field = many, .cap = 400 };
	size_t n = wire(text, "95=3|"), i;

	for (i = 0; i < 300; i++)
		n += wire(text + n, "1=|");
	n += wire(text + n, "96=a|");
	ck_assert_int_eq(0, fix_parse(&m, text, n, &plain));
	ck_assert_uint_eq(302, m.nfield);
}
END_TEST

START_TEST(more_fields_than_fit_are_refused)
{
	struct fix_msg m = { .field = field, .cap = 2 };

	ck_assert_int_eq(0, fix_parse(&m, "1=a\0012=b\001", 8, NULL));
	ck_assert_int_eq(FG_ELIMIT,
	    fix_parse(&m, "1=a\0012=b\0013=c\001", 12, NULL));
	ck_assert_uint_eq(2, m.nfield);
	ck_assert_int_eq(FG_ELIMIT,
	    fix_parse(&m, "", (size_t)UINT32_MAX + 1, NULL));
}
END_TEST

START_TEST(no_bytes_make_the_index_leave_the_message)
{
	static const char some[] = "\001\001\001=0189-5|";
	char buf[96];
	struct fix_lens lens;
	struct fix_msg m = { .field = field, .cap = FIELDS };
	unsigned seed = 7, round;
	size_t i, n;

	fix_lens_init(&lens, pairs, 4);
	for (round = 0; round < 200000; round++) {
		seed = seed * 1103515245 + 12345;
		n = (seed >> 16) % sizeof(buf);
		for (i = 0; i < n; i++) {
			seed = seed * 1103515245 + 12345;
			buf[i] = some[(seed >> 16) % (sizeof(some) - 1)];
		}
		if (n > 10 && round % 2 == 0)
			memcpy(buf, "95=4\00196=", 8);
		fix_parse(&m, guard_copy(buf, n), n, &lens);
		for (i = 0; i < m.nfield; i++)
			ck_assert(m.field[i].off + m.field[i].len < n &&
			    m.buf[m.field[i].off + m.field[i].len] == FIX_SOH);
	}
}
END_TEST

START_TEST(values_are_read_by_type)
{
	struct fix_msg m;
	uint64_t v;
	wall_t t;

	ck_assert_int_eq(0, parse(&m, "34=17|43=Y|97=N|1=YY|2=|"
	    "52=20260105-09:00:00.5|36=99999999999999999999|", NULL));
	ck_assert_int_eq(0, fix_get_u64(&m, 34, &v));
	ck_assert_uint_eq(17, v);
	ck_assert_int_eq(FG_EINVAL, fix_get_u64(&m, 43, &v));
	ck_assert_int_eq(FG_EINVAL, fix_get_u64(&m, 2, &v));
	ck_assert_int_eq(FG_EOVERFLOW, fix_get_u64(&m, 36, &v));
	ck_assert_int_eq(FG_ENOENT, fix_get_u64(&m, 35, &v));
	ck_assert_int_eq(0, fix_get_time(&m, 52, &t));
	ck_assert(t.ns == 1767603600 * NS_PER_S + 500 * NS_PER_MS);
	ck_assert_int_eq(FG_EINVAL, fix_get_time(&m, 34, &t));
	ck_assert_int_eq(FG_ENOENT, fix_get_time(&m, 122, &t));
	ck_assert(fix_get_bool(&m, 43));
	ck_assert(!fix_get_bool(&m, 97));
	ck_assert(!fix_get_bool(&m, 1));
	ck_assert(!fix_get_bool(&m, 123));
}
END_TEST

START_TEST(header_trailer_and_admin_are_known)
{
	static const int32_t header[] = { 8, 9, 35, 49, 56, 34, 43, 52, 90, 91,
		97, 115, 116, 122, 128, 129, 142, 143, 144, 145, 212, 213, 347,
		369, 370, 627, 628, 629, 630, 1128, 1129, 1156 };
	size_t i;

	for (i = 0; i < sizeof(header) / sizeof(header[0]); i++)
		ck_assert(fix_tag_is_header(header[i]));
	ck_assert(!fix_tag_is_header(10) && !fix_tag_is_header(11));
	ck_assert(!fix_tag_is_header(1137) && !fix_tag_is_header(-8));
	ck_assert(fix_tag_is_trailer(10) && fix_tag_is_trailer(89));
	ck_assert(fix_tag_is_trailer(93) && !fix_tag_is_trailer(9));
	ck_assert(fix_type_is_admin("A", 1) && fix_type_is_admin("0", 1));
	ck_assert(fix_type_is_admin("5", 1) && !fix_type_is_admin("6", 1));
	ck_assert(!fix_type_is_admin("D", 1) && !fix_type_is_admin("AA", 2));
	ck_assert(!fix_type_is_admin("", 0));
}
END_TEST

START_TEST(secrets_are_masked_at_their_length)
{
	static const int32_t tags[] = { 554, 925, 96 };
	char buf[TEXT_MAX], want[TEXT_MAX];
	struct fix_msg m = { .field = field, .cap = FIELDS };
	size_t n;

	n = wire(buf, "35=A|553=me|554=s3cret|95=3|96=a|b|925=|554=x|10=1|");
	wire(want, "35=A|553=me|554=******|95=3|96=***|925=|554=*|10=1|");
	ck_assert_int_eq(0, fix_parse(&m, buf, n, &plain));
	ck_assert_uint_eq(4, fix_mask(buf, &m, tags, 3));
	ck_assert_mem_eq(want, buf, n);
	ck_assert_uint_eq(0, fix_mask(buf, &m, tags, 0));
}
END_TEST

TCase *
msg_tests(void)
{
	TCase *tc = tcase_create("msg");

	tcase_add_test(tc, fields_are_indexed_in_wire_order);
	tcase_add_test(tc, tags_are_32_bit_numbers_or_garbled);
	tcase_add_test(tc, data_is_read_by_its_length);
	tcase_add_test(tc, long_data_and_values_cross_blocks);
	tcase_add_test(tc, a_length_far_before_its_data_is_not_looked_for);
	tcase_add_test(tc, more_fields_than_fit_are_refused);
	tcase_add_test(tc, no_bytes_make_the_index_leave_the_message);
	tcase_add_test(tc, values_are_read_by_type);
	tcase_add_test(tc, header_trailer_and_admin_are_known);
	tcase_add_test(tc, secrets_are_masked_at_their_length);
	return tc;
}
