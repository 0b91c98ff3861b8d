#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "check_fix.h"
#include "fix/frame.h"
#include "fix/out.h"
#include "guard.h"

START_TEST(a_heartbeat_is_built_byte_for_byte)
{
	char buf[256], want[TEXT_MAX];
	struct fix_out o;
	const char *msg;
	size_t n, len;

	fix_out_begin(&o, buf, sizeof(buf));
	fix_out_char(&o, 35, '0');
	fix_out_u64(&o, 34, 18446744073709551615ULL);
	fix_out_str(&o, 49, "ISLD");
	fix_out_time(&o, 52, (wall_t){ 1767603600 * NS_PER_S }, 3);
	fix_out_bytes(&o, 112, "", 0);
	fix_out_i64(&o, 2147483647, -5);
	fix_out_fields(&o, "58=a\00158=b\001", 10);
	ck_assert_int_eq(0, fix_out_end(&o, "FIX.4.4", &msg, &len));
	n = wire_message(want, "35=0|34=18446744073709551615|49=ISLD|"
	    "52=20260105-09:00:00.000|112=|2147483647=-5|58=a|58=b|");
	ck_assert_uint_eq(n, len);
	ck_assert_mem_eq(want, msg, n);
	ck_assert(msg > buf && msg + len <= buf + sizeof(buf));
}
END_TEST

/* Bodies around each number of digits that BodyLength can have. */
START_TEST(body_length_has_as_many_digits_as_it_needs)
{
	static const size_t row[] = { 5, 9, 10, 99, 100, 999, 1000, 1500 };
	char text[TEXT_MAX], want[TEXT_MAX], buf[TEXT_MAX];
	struct fix_out o;
	struct fix_frame f;
	const char *msg;
	size_t i, n, len;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		memset(text, 'x', row[i]);
		memcpy(text, row[i] > 5 ? "35=" : "35=0|", row[i] > 5 ? 3 : 5);
		text[row[i] - 1] = '|';
		text[row[i]] = '\0';
		n = wire_message(want, text);
		fix_out_begin(&o, buf, sizeof(buf));
		fix_out_bytes(&o, 35, row[i] > 5 ? text + 3 : "0",
		    row[i] - 4);
		ck_assert_int_eq(0, fix_out_end(&o, "FIX.4.4", &msg, &len));
		ck_assert_uint_eq(n, len);
		ck_assert_mem_eq(want, msg, n);
		ck_assert_int_eq(0, fix_frame(msg, len, TEXT_MAX, &f));
		ck_assert_int_eq(FIX_CLEAN, f.garble);
	}
}
END_TEST

START_TEST(every_tag_is_written_as_its_digits)
{
	char buf[256], want[32];
	struct fix_out o;
	int64_t tag;
	int n;

	for (tag = 1; tag <= INT32_MAX; tag += tag < 20000 ? 1 : tag / 3) {
		fix_out_begin(&o, buf, sizeof(buf));
		fix_out_char(&o, (int32_t)tag, 'v');
		n = snprintf(want, sizeof(want), "%d=v\001", (int)tag);
		ck_assert_uint_eq((size_t)n, o.at - (FIX_OUT_OVERHEAD - 7));
		ck_assert_mem_eq(want, buf + o.at - n, (size_t)n);
	}
}
END_TEST

START_TEST(values_of_every_length_are_copied_whole)
{
	char buf[256], value[64];
	struct fix_out o;
	size_t n;

	for (n = 0; n < sizeof(value); n++)
		value[n] = (char)('0' + n);
	for (n = 0; n <= sizeof(value); n++) {
		fix_out_begin(&o, buf, sizeof(buf));
		fix_out_bytes(&o, 58, guard_copy(value, n), n);
		ck_assert_int_eq(FIX_SOH, buf[o.at - 1]);
		ck_assert_mem_eq(value, buf + o.at - 1 - n, n);
		ck_assert_mem_eq("58=", buf + o.at - 4 - n, 3);
	}
}
END_TEST

START_TEST(a_full_buffer_is_no_error_and_one_byte_less_is)
{
	char text[] = "0123456789";
	struct fix_out o;
	const char *msg;
	char *p;
	size_t len, room;

	for (room = 0; room < FIX_OUT_OVERHEAD + 24; room++) {
		p = guard_copy("", 0) - room;
		fix_out_begin(&o, p, room);
		fix_out_str(&o, 35, text);
		fix_out_str(&o, 1, "12345678");
		ck_assert_int_eq(FG_ELIMIT,
		    fix_out_end(&o, "FIX.4.4", &msg, &len));
	}
	p = guard_copy("", 0) - room - 1;
	fix_out_begin(&o, p, room + 1);
	fix_out_str(&o, 35, text);
	fix_out_str(&o, 1, "12345678");
	ck_assert_int_eq(0, fix_out_end(&o, "FIX.4.4", &msg, &len));
	ck_assert_ptr_eq(p + room + 1, msg + len);
}
END_TEST

START_TEST(whole_fields_keep_the_room_of_the_trailer)
{
	struct fix_out o;
	const char *msg;
	char *p;
	size_t len, room;

	for (room = 0; room < 12; room++) {
		p = guard_copy("", 0) - FIX_OUT_OVERHEAD - room;
		fix_out_begin(&o, p, FIX_OUT_OVERHEAD + room);
		fix_out_fields(&o, "35=0\00158=x\001", 10);
		ck_assert_int_eq(room < 10 ? FG_ELIMIT : 0,
		    fix_out_end(&o, "FIX.4.4", &msg, &len));
	}
}
END_TEST

START_TEST(the_first_error_stays)
{
	char buf[FIX_OUT_OVERHEAD + 10];
	struct fix_out o;
	const char *msg;
	size_t len;

	fix_out_begin(&o, buf, sizeof(buf));
	fix_out_str(&o, 58, "much too long");
	fix_out_str(&o, 35, "0");
	fix_out_str(&o, 0, "0");
	ck_assert_int_eq(FG_ELIMIT, fix_out_end(&o, "FIX.4.4", &msg, &len));
	fix_out_begin(&o, buf, sizeof(buf));
	fix_out_str(&o, -1, "0");
	fix_out_str(&o, 58, "much too long");
	ck_assert_int_eq(FG_EINVAL, fix_out_end(&o, "FIX.4.4", &msg, &len));
	fix_out_begin(&o, buf, sizeof(buf));
	fix_out_bytes(&o, 58, "x", SIZE_MAX);
	ck_assert_int_eq(FG_ELIMIT, fix_out_end(&o, "FIX.4.4", &msg, &len));
}
END_TEST

START_TEST(a_begin_string_that_does_not_fit_is_refused)
{
	char buf[256], name[128];
	struct fix_out o;
	const char *msg;
	size_t len, n;

	for (n = 0; n < sizeof(name); n++) {
		memset(name, 'F', n);
		name[n] = '\0';
		fix_out_begin(&o, buf, sizeof(buf));
		fix_out_str(&o, 35, "0");
		if (fix_out_end(&o, name, &msg, &len) == 0)
			ck_assert(msg >= buf && msg + len <= buf + 256);
		else
			ck_assert_uint_gt(n, 32);
	}
}
END_TEST

TCase *
out_tests(void)
{
	TCase *tc = tcase_create("out");

	tcase_add_test(tc, a_heartbeat_is_built_byte_for_byte);
	tcase_add_test(tc, body_length_has_as_many_digits_as_it_needs);
	tcase_add_test(tc, every_tag_is_written_as_its_digits);
	tcase_add_test(tc, values_of_every_length_are_copied_whole);
	tcase_add_test(tc, a_full_buffer_is_no_error_and_one_byte_less_is);
	tcase_add_test(tc, whole_fields_keep_the_room_of_the_trailer);
	tcase_add_test(tc, the_first_error_stays);
	tcase_add_test(tc, a_begin_string_that_does_not_fit_is_refused);
	return tc;
}
