#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "check_fix.h"
#include "fix/frame.h"
#include "fix/scan.h"
#include "guard.h"

#define MAX 1024 /* MaxMessageSize of most tests */

#define BEAT  "35=0|34=2|49=TW|52=20260105-09:00:00|56=ISLD|"
#define ORDER "35=D|34=3|49=TW|52=20260105-09:00:00|56=ISLD|11=id|21=1|" \
	      "38=002000.00|40=1|54=1|55=INTC|60=20260105-09:00:00|"

static int
frame(const char *p, size_t n, size_t max, struct fix_frame *f)
{
	return fix_frame(guard_copy(p, n), n, max, f);
}

static int
frame_text(const char *text, struct fix_frame *f)
{
	char buf[TEXT_MAX];
	size_t n = wire(buf, text);

	return frame(buf, n, MAX, f);
}

START_TEST(what_is_wrong_with_a_message_is_told)
{
	static const struct {
		const char *text;
		enum fix_garble garble;
	} row[] = {
		{ "8=FIX.4.4|9=5|35=0|10=163|", FIX_CLEAN },
		{ "8=FIX.4.4|9=005|35=0|10=003|", FIX_CLEAN },
		{ "8=FIX.4.4|9=5|35=0|10=164|", FIX_BAD_CHECKSUM },
		{ "8=FIX.4.4|9=5|35=0|10=419|", FIX_BAD_CHECKSUM },
		{ "8=FIX.4.4|9=5|35=0|10=0|", FIX_BAD_CHECKSUM_FORM },
		{ "8=FIX.4.4|9=5|35=0|10=|", FIX_BAD_CHECKSUM_FORM },
		{ "8=FIX.4.4|9=5|35=0|10=0163|", FIX_BAD_CHECKSUM_FORM },
		{ "8=FIX.4.4|9=5|35=0|10=1 3|", FIX_BAD_CHECKSUM_FORM },
		{ "8=FIX.4.4|9=5|34=0|10=162|", FIX_BAD_FIRST_FIELDS },
		{ "8=FIX.4.4|9=0|10=000|", FIX_BAD_FIRST_FIELDS },
		{ "8=FIX.4.4|9=4|35=0|10=162|", FIX_BAD_BODY_LENGTH },
		{ "8=FIX.4.4|9=0|35=0|10=158|", FIX_BAD_BODY_LENGTH },
	};
	struct fix_frame f;
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		ck_assert_int_eq(0, frame_text(row[i].text, &f));
		ck_assert_msg(f.garble == row[i].garble, "%s: %s", row[i].text,
		    fix_garble_text(f.garble));
		ck_assert_uint_eq(0, f.skip);
		ck_assert_uint_eq(strlen(row[i].text), f.len);
	}
}
END_TEST

/* The head is useless; the good message behind it must be found. */
START_TEST(a_bad_head_costs_only_its_own_message)
{
	static const struct {
		const char *text;
		enum fix_garble garble;
	} row[] = {
		{ "8=FIX.4.4|35=0|9=5|10=163|", FIX_BAD_FIRST_FIELDS },
		{ "8=FIX.4.4|", FIX_BAD_FIRST_FIELDS },
		{ "8=a BeginString that never seems to end|9=5|35=0|10=1|",
		    FIX_BAD_FIRST_FIELDS },
		{ "8=FIX.4.4|9=|35=0|10=163|", FIX_BAD_BODY_LENGTH },
		{ "8=FIX.4.4|9=5x|35=0|10=163|", FIX_BAD_BODY_LENGTH },
		{ "8=FIX.4.4|9=-5|35=0|10=163|", FIX_BAD_BODY_LENGTH },
		{ "8=FIX.4.4|9=+5|35=0|10=163|", FIX_BAD_BODY_LENGTH },
		{ "8=FIX.4.4|9= 5|35=0|10=163|", FIX_BAD_BODY_LENGTH },
		{ "8=FIX.4.4|9=000000000000000000005|35=0|10=163|",
		    FIX_BAD_BODY_LENGTH },
		{ "8=FIX.4.4|9=1025|35=0|10=163|", FIX_TOO_LONG },
		{ "8=FIX.4.4|9=18446744073709551615|35=0|10=163|",
		    FIX_TOO_LONG },
		{ "8=FIX.4.4|9=18446744073709551621|35=0|10=163|",
		    FIX_TOO_LONG },
	};
	char buf[TEXT_MAX];
	struct fix_frame f;
	size_t i, n, good;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		n = wire(buf, row[i].text);
		good = wire_message(buf + n, BEAT);
		ck_assert_int_eq(0, frame(buf, n + good, MAX, &f));
		ck_assert_msg(f.garble == row[i].garble, "%s: %s", row[i].text,
		    fix_garble_text(f.garble));
		ck_assert_uint_eq(n, f.skip + f.len);
		ck_assert_int_eq(0, frame(buf + n, good, MAX, &f));
		ck_assert_int_eq(FIX_CLEAN, f.garble);
		ck_assert_uint_eq(good, f.len);
	}
}
END_TEST

START_TEST(bytes_before_a_message_are_skipped)
{
	static const struct {
		const char *before;
		int err; /* of these bytes alone */
		size_t skip;
	} row[] = {
		{ "", FG_EPARTIAL, 0 },
		{ "8", FG_EPARTIAL, 0 },
		{ "\r\n", 0, 2 },
		{ "35=0|", 0, 5 },
		{ "35=0|8", 0, 5 },
		{ "88888", 0, 4 },
		{ "GET / HTTP/1.1", 0, 14 },
	};
	char buf[TEXT_MAX];
	struct fix_frame f;
	size_t i, n, good;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		n = wire(buf, row[i].before);
		ck_assert_int_eq(row[i].err, frame(buf, n, MAX, &f));
		ck_assert_uint_eq(row[i].skip, f.skip);
		ck_assert_uint_eq(0, f.len);
		if (row[i].err == 0)
			ck_assert_int_eq(FIX_NO_BEGIN, f.garble);
		good = wire_message(buf + n, BEAT);
		ck_assert_int_eq(0, frame(buf, n + good, MAX, &f));
		ck_assert_uint_eq(n, f.skip);
		ck_assert_uint_eq(good, f.len);
		ck_assert_int_eq(FIX_CLEAN, f.garble);
	}
}
END_TEST

/* session-behaviour 2m, second half. */
START_TEST(a_length_too_long_takes_the_next_message_too)
{
	char buf[TEXT_MAX];
	struct fix_frame f;
	size_t bad, good;

	bad = wire(buf, "8=FIX.4.4|9=50|" BEAT "10=000|");
	good = wire_message(buf + bad, ORDER);
	ck_assert_int_eq(FG_EPARTIAL, frame(buf, bad, MAX, &f));
	ck_assert_int_eq(0, frame(buf, bad + good, MAX, &f));
	ck_assert_int_eq(FIX_BAD_BODY_LENGTH, f.garble);
	ck_assert_uint_eq(bad + good, f.len);
}
END_TEST

/* session-behaviour 2t: 35 in front of the first 8, then lengths are right
 * but the third field is none. */
START_TEST(first_fields_out_of_order_are_garbled)
{
	char buf[TEXT_MAX];
	struct fix_frame f;
	size_t n, next;

	n = wire(buf, "35=0|8=FIX.4.4|9=36|34=2|49=TW|52=20260105-09:00:00|"
	    "56=ISLD|10=231|");
	next = wire_message(buf + n, "34=3|35=0|49=TW|56=ISLD|");
	ck_assert_int_eq(0, frame(buf, n + next, MAX, &f));
	ck_assert_uint_eq(5, f.skip);
	ck_assert_uint_eq(n, f.skip + f.len);
	ck_assert_int_eq(FIX_BAD_FIRST_FIELDS, f.garble);
	ck_assert_int_eq(0, frame(buf + n, next, MAX, &f));
	ck_assert_uint_eq(next, f.len);
	ck_assert_int_eq(FIX_BAD_FIRST_FIELDS, f.garble);
}
END_TEST

START_TEST(every_prefix_of_a_message_is_partial)
{
	static const char *const row[] = { "35=0|", BEAT, ORDER };
	char buf[TEXT_MAX];
	struct fix_frame f;
	size_t i, n, cut;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		n = wire_message(buf, row[i]);
		for (cut = 0; cut < n; cut++) {
			ck_assert_int_eq(FG_EPARTIAL,
			    frame(buf, cut, n, &f));
			ck_assert_uint_eq(0, f.skip);
		}
		ck_assert_int_eq(0, frame(buf, n, n, &f));
		ck_assert_int_eq(FIX_CLEAN, f.garble);
	}
}
END_TEST

/* Feed the stream in two pieces; count clean messages. */
static size_t
clean_in(const char *p, size_t n, size_t cut)
{
	struct fix_frame f;
	size_t at = 0, end = cut, clean = 0, used;
	int err;

	for (;;) {
		err = frame(p + at, end - at, MAX, &f);
		used = f.skip + (err == 0 ? f.len : 0);
		ck_assert_uint_le(used, end - at);
		at += used;
		if (err == 0) {
			ck_assert_uint_gt(used, 0);
			clean += f.garble == FIX_CLEAN && f.len > 0;
		} else if (end == n)
			return clean;
		else
			end = n;
	}
}

START_TEST(every_split_of_a_stream_gives_the_same_messages)
{
	char buf[TEXT_MAX];
	size_t n = 0, cut;

	n += wire_message(buf + n, BEAT);
	n += wire(buf + n, "\r\n");
	n += wire_message(buf + n, ORDER);
	n += wire(buf + n, "8=FIX.4.4|35=0|58=no length|10=000|");
	n += wire_message(buf + n, ORDER);
	n += wire(buf + n, "8=FIX.4.4|9=12|" BEAT "10=000|");
	n += wire_message(buf + n, BEAT);
	n += wire(buf + n, "8=FIX.4.4|9=4000|" BEAT "10=000|");
	n += wire_message(buf + n, BEAT);
	n += wire(buf + n, "35=0|38=100|8=8=|");
	n += wire_message(buf + n, BEAT);
	for (cut = 0; cut <= n; cut++)
		ck_assert_uint_eq(6, clean_in(buf, n, cut));
}
END_TEST

START_TEST(no_changed_byte_passes_for_the_message)
{
	char buf[TEXT_MAX], was;
	struct fix_frame f;
	size_t i, n = wire_message(buf, ORDER);
	int c, err;

	for (i = 0; i < n; i++) {
		was = buf[i];
		for (c = 0; c < 256; c++) {
			buf[i] = (char)c;
			err = frame(buf, n, MAX, &f);
			ck_assert_uint_le(f.skip + f.len, n);
			if (buf[i] == was)
				ck_assert(err == 0 && f.garble == FIX_CLEAN);
			else
				ck_assert(err == FG_EPARTIAL ||
				    f.garble != FIX_CLEAN);
		}
		buf[i] = was;
	}
}
END_TEST

START_TEST(max_bounds_the_bytes_of_a_message)
{
	char buf[TEXT_MAX];
	struct fix_frame f;
	size_t n = wire_message(buf, BEAT);

	ck_assert_int_eq(0, frame(buf, n, n, &f));
	ck_assert_int_eq(FIX_CLEAN, f.garble);
	ck_assert_int_eq(0, frame(buf, n, n - 1, &f));
	ck_assert_int_eq(FIX_TOO_LONG, f.garble);
	ck_assert_uint_eq(n, f.len);
	ck_assert_int_eq(FG_EPARTIAL, frame(buf, n - 1, n - 1, &f));
	ck_assert_int_eq(0, frame(buf, n - 1, n - 2, &f));
	ck_assert_int_eq(FIX_TOO_LONG, f.garble);
	ck_assert_uint_eq(n - 1, f.len);
}
END_TEST

/* A caller may keep the skipped bytes of a partial message; when its buffer of
 * max + 1 bytes is full, they must go. */
START_TEST(a_full_buffer_always_moves_on)
{
	char buf[TEXT_MAX];
	struct fix_frame f;
	size_t n = wire(buf, "garbage|");

	n += wire_message(buf + n, BEAT);
	ck_assert_int_eq(FG_EPARTIAL, frame(buf, n - 1, n - 1, &f));
	ck_assert_uint_eq(8, f.skip);
	ck_assert_int_eq(0, frame(buf, n - 1, n - 2, &f));
	ck_assert_uint_eq(8, f.skip);
	ck_assert_uint_eq(0, f.len);
	ck_assert_int_eq(FIX_NO_BEGIN, f.garble);
}
END_TEST

/* Without a bound the search for the end begins again with each byte. */
START_TEST(a_lost_end_is_not_searched_for_ever)
{
	static const char *const row[] = { "8=FIX.4.4|9=5|35=0 and so on|",
		"8=FIX.4.4|9=5|35=0|10=" };
	static const enum fix_garble why[] = { FIX_BAD_BODY_LENGTH,
		FIX_BAD_CHECKSUM_FORM };
	size_t n = 70000, i, head;
	char *buf = malloc(n);
	struct fix_frame f;

	for (i = 0; i < 2; i++) {
		memset(buf, 'x', n);
		head = wire(buf, row[i]);
		ck_assert_int_eq(FG_EPARTIAL,
		    frame(buf, head + 60000, 1 << 20, &f));
		ck_assert_int_eq(0, frame(buf, n, 1 << 20, &f));
		ck_assert_int_eq(why[i], f.garble);
		ck_assert_uint_eq(n, f.len);
	}
	free(buf);
}
END_TEST

START_TEST(both_forms_of_each_scan_agree)
{
	char buf[512];
	unsigned seed = 1;
	size_t i, n;

	for (i = 0; i < sizeof(buf); i++) {
		seed = seed * 1103515245 + 12345;
		buf[i] = (char)(seed >> 16);
		if (seed >> 28 == 0)
			buf[i] = FIX_SOH;
	}
	for (n = 0; n < sizeof(buf); n++)
		ck_assert_uint_eq(scan_sum_any(buf, n),
		    scan_sum(guard_copy(buf, n), n));
	for (i = 0; i + SCAN_BLOCK <= sizeof(buf); i++)
		ck_assert(scan_soh_any(buf + i) ==
		    scan_soh(guard_copy(buf + i, SCAN_BLOCK)));
	memset(buf, 0xff, sizeof(buf));
	ck_assert_uint_eq(0, fix_checksum(buf, 512));
	ck_assert_uint_eq(255, fix_checksum(buf, 257));
}
END_TEST

START_TEST(every_garble_has_a_text)
{
	ck_assert_str_eq("clean", fix_garble_text(FIX_CLEAN));
	ck_assert_str_eq("CheckSum (10) is wrong",
	    fix_garble_text(FIX_BAD_CHECKSUM));
}
END_TEST

TCase *
frame_tests(void)
{
	TCase *tc = tcase_create("frame");

	tcase_add_test(tc, what_is_wrong_with_a_message_is_told);
	tcase_add_test(tc, a_bad_head_costs_only_its_own_message);
	tcase_add_test(tc, bytes_before_a_message_are_skipped);
	tcase_add_test(tc, a_length_too_long_takes_the_next_message_too);
	tcase_add_test(tc, first_fields_out_of_order_are_garbled);
	tcase_add_test(tc, every_prefix_of_a_message_is_partial);
	tcase_add_test(tc, every_split_of_a_stream_gives_the_same_messages);
	tcase_add_test(tc, no_changed_byte_passes_for_the_message);
	tcase_add_test(tc, max_bounds_the_bytes_of_a_message);
	tcase_add_test(tc, a_full_buffer_always_moves_on);
	tcase_add_test(tc, a_lost_end_is_not_searched_for_ever);
	tcase_add_test(tc, both_forms_of_each_scan_agree);
	tcase_add_test(tc, every_garble_has_a_text);
	return tc;
}
