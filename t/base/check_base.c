#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/cursor.h"
#include "base/err.h"
#include "base/names.h"
#include "base/near.h"
#include "base/num.h"
#include "log/line.h"
#include "log/log.h"

START_TEST(numbers_are_parsed_whole_or_refused)
{
	static const struct {
		const char *text;
		int err;
		uint64_t v;
	} row[] = {
		{ "0", 0, 0 },
		{ "007", 0, 7 },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "18446744073709551616", FG_EOVERFLOW, 0 },
		{ "99999999999999999999", FG_EOVERFLOW, 0 },
		{ "", FG_EINVAL, 0 },
		{ "+1", FG_EINVAL, 0 },
		{ "-1", FG_EINVAL, 0 },
		{ "1 ", FG_EINVAL, 0 },
		{ "0x1", FG_EINVAL, 0 },
	};
	uint64_t v;
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		ck_assert_int_eq(row[i].err,
		    num_parse_u64(row[i].text, strlen(row[i].text), &v));
		if (row[i].err == 0)
			ck_assert_uint_eq(row[i].v, v);
	}
}
END_TEST

START_TEST(signed_numbers_reach_both_ends)
{
	int64_t v;
	char out[NUM_TEXT_MAX];
	size_t n;

	ck_assert_int_eq(0, num_parse_i64("-9223372036854775808", 20, &v));
	ck_assert(v == INT64_MIN);
	n = num_format_i64(out, v);
	ck_assert(n == 20 && memcmp(out, "-9223372036854775808", n) == 0);
	ck_assert_int_eq(FG_EOVERFLOW,
	    num_parse_i64("9223372036854775808", 19, &v));
	ck_assert_int_eq(FG_EINVAL, num_parse_i64("-", 1, &v));
	ck_assert_int_eq(FG_EINVAL, num_parse_i64("--1", 3, &v));
}
END_TEST

START_TEST(stamps_go_to_text_and_back)
{
	static const char *const row[] = { "20260105-09:00:00.000000000",
		"19700101-00:00:00.000000000", "20240229-23:59:59.999999999",
		"19000301-00:00:00.000000001", "22610101-00:00:00.123456789" };
	char out[WALL_TEXT_MAX];
	wall_t t;
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		ck_assert_int_eq(0, wall_parse(row[i], 27, &t));
		ck_assert_uint_eq(27, wall_format(out, t, 9));
		ck_assert_mem_eq(row[i], out, 27);
	}
	ck_assert_int_eq(0, wall_parse("20260105-09:00:00.9876543219", 28, &t));
	ck_assert_uint_eq(21, wall_format(out, t, 3));
	ck_assert_mem_eq("20260105-09:00:00.987", out, 21);
	ck_assert_uint_eq(17, wall_format(out, t, 0));
}
END_TEST

START_TEST(stamps_that_are_none_are_refused)
{
	static const char *const row[] = { "", "20260105", "20260105-09:00",
		"20260132-09:00:00", "20250229-09:00:00", "20260105-24:00:00",
		"20260105-09:60:00", "20260105-09:00:61", "20260105-09:00:00.",
		"20260105-09:00:00.1234567890123", "20260105 09:00:00",
		"2026010a-09:00:00", "20260105-09:00:00,123",
		"20260005-09:00:00", "20261301-09:00:00" };
	wall_t t;
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		ck_assert_int_eq(FG_EINVAL,
		    wall_parse(row[i], strlen(row[i]), &t));
}
END_TEST

START_TEST(mono_time_never_wraps)
{
	ck_assert(mono_add(MONO_NEVER, 1).ns == INT64_MAX);
	ck_assert(mono_before((mono_t){ 1 }, MONO_NEVER));
	ck_assert(mono_min((mono_t){ 5 }, (mono_t){ 3 }).ns == 3);
}
END_TEST

START_TEST(cursors_stop_at_the_first_error)
{
	char b[15] = { 0 };
	struct cursor w = cursor_over(b, sizeof(b)), r;

	cursor_put8(&w, 1);
	cursor_put16(&w, 0x0203);
	cursor_put32(&w, 0x04050607);
	cursor_put64(&w, 0x08090a0b0c0d0e0fULL);
	ck_assert_int_eq(0, w.err);
	cursor_put8(&w, 9);
	ck_assert_int_eq(FG_EPARTIAL, w.err);
	r = cursor_over(b, sizeof(b));
	ck_assert_uint_eq(1, cursor_get8(&r));
	ck_assert_uint_eq(0x0203, cursor_get16(&r));
	ck_assert_uint_eq(0x04050607, cursor_get32(&r));
	ck_assert(cursor_get64(&r) == 0x08090a0b0c0d0e0fULL);
	ck_assert(cursor_get(&r, 1) == NULL);
	ck_assert_int_eq(FG_EPARTIAL, r.err);
	ck_assert_uint_eq(0, cursor_get8(&r));
}
END_TEST

START_TEST(buffers_grow_shift_and_free)
{
	struct buf b = { 0 };
	int i;

	for (i = 0; i < 1000; i++)
		ck_assert_int_eq(0, buf_printf(&b, "%d,", i));
	ck_assert_uint_eq(3890, b.len);
	buf_shift(&b, 2);
	ck_assert_mem_eq("1,2,", b.p, 4);
	ck_assert_int_eq(0, buf_puts(&b, "end"));
	ck_assert_mem_eq("999,end", b.p + b.len - 7, 7);
	ck_assert_int_eq(FG_ENOMEM, buf_reserve(&b, SIZE_MAX / 2));
	buf_free(&b);
	ck_assert(b.p == NULL && b.len == 0);
}
END_TEST

static bool
join(const char *p, size_t n, void *arg)
{
	struct buf *b = arg;

	buf_printf(b, "[%.*s]", (int)n, p);
	return *p != '!';
}

START_TEST(lists_have_their_names)
{
	static const struct {
		const char *list, *items;
		bool whole, have; /* ORDERS */
	} row[] = {
		{ "ORDERS", "[ORDERS]", true, true },
		{ " A ,\tORDERS", "[A][ORDERS]", true, true },
		{ "A,ORD*", "[A][ORD*]", true, true },
		{ "A,all", "[A][all]", true, true },
		{ "*", "[*]", true, true },
		{ "ORDER", "[ORDER]", true, false },
		{ "ORDERSX,orders", "[ORDERSX][orders]", true, false },
		{ "ORDERSX*", "[ORDERSX*]", true, false },
		{ "none", "[none]", true, false },
		{ "A,!,B", "[A][!]", false, false },
		{ "A,,B", "[A]", false, false },
		{ "", "", false, false },
	};
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		buf_free(&b);
		ck_assert(names_each(row[i].list, join, &b) == row[i].whole);
		ck_assert_uint_eq(b.len, strlen(row[i].items));
		ck_assert_mem_eq(b.p == NULL ? "" : b.p, row[i].items, b.len);
	}
	buf_free(&b);
	for (i = 0; i < 9; i++)
		ck_assert(names_have(row[i].list, "ORDERS") == row[i].have);
}
END_TEST

START_TEST(the_name_that_was_meant_is_found)
{
	static const char *const names[] = { "HeartBtInt", "ResetOnLogon",
		"User", "id", "MaxLatency" };
	static const struct {
		const char *wrong, *meant;
	} row[] = {
		{ "heartbtin", "HeartBtInt" },
		{ "HeartBtInterval", "HeartBtInt" },
		{ "RestOnLogon", "ResetOnLogon" },
		{ "di", "id" },
		{ "MaxLatncey", "MaxLatency" },
		{ "unused", NULL },
		{ "x", NULL },
		{ "", NULL },
	};
	struct near n;
	size_t i, j;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		near_start(&n, row[i].wrong, strlen(row[i].wrong));
		for (j = 0; j < sizeof(names) / sizeof(names[0]); j++)
			near_try(&n, names[j]);
		if (row[i].meant == NULL)
			ck_assert_ptr_null(n.best);
		else
			ck_assert_str_eq(row[i].meant, n.best);
	}
}
END_TEST

START_TEST(every_error_has_a_text)
{
	ck_assert_str_eq("success", fg_strerror(0));
	ck_assert_str_eq("garbled", fg_strerror(FG_EGARBLED));
	ck_assert_str_eq("unknown error", fg_strerror(-9999));
	ck_assert_int_eq(FG_EIO, fg_errno(5));
}
END_TEST

START_TEST(peer_data_is_escaped_and_cut)
{
	char out[64];

	log_escape(out, sizeof(out), "8=FIX\001\n\\\xff", 9);
	ck_assert_str_eq("8=FIX|\\x0a\\\\\\xff", out);
	log_escape(out, 12, "aaaaaaaaaaaaaaaa", 16);
	ck_assert_str_eq("aaaaa...", out);
}
END_TEST

/* How often text is in the file; its lines, if that is "\n". */
static unsigned
count(const char *path, const char *text)
{
	char line[4096];
	unsigned n = 0;
	FILE *f = fopen(path, "r");

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f) != NULL)
		n += strstr(line, text) != NULL;
	fclose(f);
	return n;
}

/* Until a second has just begun. */
static void
wait_for_second(void)
{
	struct timespec ts;
	time_t was;

	clock_gettime(CLOCK_REALTIME, &ts);
	was = ts.tv_sec;
	while (ts.tv_sec == was)
		clock_gettime(CLOCK_REALTIME, &ts);
}

#define note(level, ...) log_event(level, "note", NULL, __VA_ARGS__)

START_TEST(storms_of_the_log_are_counted)
{
	char path[] = "fglogXXXXXX";
	uint64_t lines, unsaid, lines0, unsaid0;
	int fd = mkstemp(path), i;

	ck_assert_int_ne(-1, fd);
	close(fd);
	ck_assert_int_eq(0, log_open("test", path));
	log_counts(&lines0, &unsaid0);
	wait_for_second();
	for (i = 0; i < 3 * LOG_PER_S; i++)
		note(LOG_LEVEL_INFO, "storm %d", i);
	note(LOG_LEVEL_INFO, "of another place");
	ck_assert_uint_eq(LOG_PER_S, count(path, "event=note msg=\"storm "));
	ck_assert_uint_eq(1, count(path, "of another place"));
	ck_assert_uint_eq(0, count(path, "more lines"));
	wait_for_second();
	log_tick();
	ck_assert_uint_eq(1, count(path, "level=warn program=test event=unsaid "
	    "msg=\"200 more lines like this one were not logged (over 100 a "
	    "second): storm 100\"\n"));
	log_tick();
	ck_assert_uint_eq(1, count(path, "more lines"));
	/* The next one is said again; what is unsaid, by any line. */
	for (i = 0; i < LOG_PER_S + 1; i++)
		note(LOG_LEVEL_WARN, "again");
	wait_for_second();
	note(LOG_LEVEL_INFO, "of another place");
	ck_assert_uint_eq(1, count(path, "msg=\"1 more lines"));
	log_counts(&lines, &unsaid);
	ck_assert_uint_eq(201, unsaid - unsaid0);
	ck_assert_uint_eq(count(path, "\n"), lines - lines0);
	log_set_level(LOG_LEVEL_DEBUG);
	for (i = 0; i < 2 * LOG_PER_S; i++)
		note(LOG_LEVEL_DEBUG, "detail");
	ck_assert_uint_eq(2 * LOG_PER_S, count(path, "level=debug program=test "
	    "event=note msg=detail\n"));
	unlink(path);
}
END_TEST

START_TEST(long_lines_are_cut_and_end)
{
	char path[] = "fglogXXXXXX", big[5000];
	int fd = mkstemp(path);
	struct stat st;

	close(fd);
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	ck_assert_int_eq(0, log_open("test", path));
	note(LOG_LEVEL_INFO, "%s", big);
	ck_assert_int_eq(0, stat(path, &st));
	ck_assert_int_eq(2048, st.st_size);
	errno = ENOENT;
	note(LOG_LEVEL_WARN, "after it");
	ck_assert_int_eq(ENOENT, errno);
	ck_assert_uint_eq(1, count(path, "msg=\"after it\""));
	ck_assert_uint_eq(2, count(path, "program=test "));
	unlink(path);
}
END_TEST

START_TEST(a_line_has_its_event_and_session)
{
	char path[] = "fglogXXXXXX";
	int fd = mkstemp(path);

	close(fd);
	ck_assert_int_eq(0, log_open("test", path));
	log_event(LOG_LEVEL_WARN, "dropped", "EX CH", "%d bytes", 5);
	log_event(LOG_LEVEL_INFO, "ready", NULL, "ready");
	log_set_format(LOG_TEXT);
	log_event(LOG_LEVEL_ERROR, "dropped", "EXCH", "a\nb");
	log_set_format(LOG_LOGFMT);
	ck_assert_uint_eq(1, count(path, "Z level=warn program=test "
	    "session=\"EX CH\" event=dropped msg=\"5 bytes\"\n"));
	ck_assert_uint_eq(1, count(path, "Z level=info program=test "
	    "event=ready msg=ready\n"));
	ck_assert_uint_eq(1, count(path, " test error: EXCH: a\\x0ab\n"));
	ck_assert_uint_eq(3, count(path, "\n"));
	unlink(path);
}
END_TEST

START_TEST(values_are_quoted_so_that_they_are_read_again)
{
	static const struct {
		const char *text, *line;
	} row[] = {
		{ "word", "word" },
		{ "", "\"\"" },
		{ "two words", "\"two words\"" },
		{ "a=b", "\"a=b\"" },
		{ "\"", "\"\\\"\"" },
		{ "\\", "\"\\\\\"" },
		{ "\n\r\t", "\"\\n\\r\\t\"" },
		{ "\001\033[31m\177", "\"\\u0001\\u001b[31m\\u007f\"" },
		{ "a\nlevel=error msg=\"x", "\"a\\nlevel=error msg=\\\"x\"" },
		{ "K\303\266ln", "\"K\303\266ln\"" },
		{ "\342\202\254\360\237\231\202", "\"\342\202\254\360\237\231\202\"" },
		/* Not UTF-8: alone, cut short, too long, a surrogate, too far,
		 * a control character of terminals. */
		{ "\377", "\"\\u00ff\"" },
		{ "\200", "\"\\u0080\"" },
		{ "\342\202", "\"\\u00e2\\u0082\"" },
		{ "\300\257", "\"\\u00c0\\u00af\"" },
		{ "\340\200\257", "\"\\u00e0\\u0080\\u00af\"" },
		{ "\355\240\200", "\"\\u00ed\\u00a0\\u0080\"" },
		{ "\364\220\200\200", "\"\\u00f4\\u0090\\u0080\\u0080\"" },
		{ "\302\233", "\"\\u00c2\\u009b\"" },
	};
	char out[512];
	size_t i, n;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct log_line l = { .level = "info", .event = "note",
			.text = row[i].text };

		n = log_line_logfmt(out, sizeof(out) - 1, &l);
		out[n] = '\0';
		ck_assert_ptr_nonnull(strstr(out, "level=info event=note msg="));
		ck_assert_str_eq(row[i].line, strstr(out, "msg=") + 4);
	}
}
END_TEST

/* Wherever it is cut, the quotes end, and no character is half there. */
START_TEST(a_line_that_is_too_long_is_whole_all_the_same)
{
	char text[1200], out[512];
	struct log_line l = { .time = "2026-01-05T09:00:00.000Z", .level = "info",
		.program = "p", .session = "S", .event = "e", .text = text };
	size_t i, n, before;

	for (i = 0; i < 40; i++) {
		memset(text, 'x', i);
		for (n = i; n + 8 < sizeof(text); n += 7)
			memcpy(text + n, "\342\202\254\n\"\001 ", 8);
		text[n] = '\0';
		n = log_line_logfmt(out, sizeof(out), &l);
		ck_assert_uint_le(n, sizeof(out));
		ck_assert_uint_ge(n, sizeof(out) - 6);
		ck_assert_int_eq(0, memcmp(out + n - 4, "...\"", 4));
		before = n - 5;
		ck_assert_msg(out[before] != '\\' || out[before - 1] == '\\',
		    "%zu: %.*s", i, 40, out + n - 40);
	}
	/* A session's name cannot push the rest out. */
	memset(text, 'y', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	n = log_line_text(out, sizeof(out), &l);
	ck_assert_uint_eq(sizeof(out), n);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("base");
	TCase *tc = tcase_create("base");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_test(tc, numbers_are_parsed_whole_or_refused);
	tcase_add_test(tc, signed_numbers_reach_both_ends);
	tcase_add_test(tc, stamps_go_to_text_and_back);
	tcase_add_test(tc, stamps_that_are_none_are_refused);
	tcase_add_test(tc, mono_time_never_wraps);
	tcase_add_test(tc, cursors_stop_at_the_first_error);
	tcase_add_test(tc, buffers_grow_shift_and_free);
	tcase_add_test(tc, lists_have_their_names);
	tcase_add_test(tc, the_name_that_was_meant_is_found);
	tcase_add_test(tc, every_error_has_a_text);
	tcase_add_test(tc, peer_data_is_escaped_and_cut);
	tcase_add_test(tc, storms_of_the_log_are_counted);
	tcase_add_test(tc, long_lines_are_cut_and_end);
	tcase_add_test(tc, a_line_has_its_event_and_session);
	tcase_add_test(tc, values_are_quoted_so_that_they_are_read_again);
	tcase_add_test(tc, a_line_that_is_too_long_is_whole_all_the_same);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
