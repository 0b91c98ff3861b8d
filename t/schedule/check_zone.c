/* Zone files: made here byte by byte, cut at each byte, and with each kind of
 * rule in the footer. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/cursor.h"
#include "base/err.h"
#include "schedule/zone.h"
#include "zones.h"

#define FILE_MAX 1024

static void
put_header(struct cursor *c, char version, uint32_t ntime, uint32_t ntype,
    uint32_t nchars)
{
	int i;

	cursor_put(c, "TZif", 4);
	cursor_put8(c, (uint8_t)version);
	for (i = 0; i < 15; i++)
		cursor_put8(c, 0);
	for (i = 0; i < 3; i++)
		cursor_put32(c, 0);
	cursor_put32(c, ntime);
	cursor_put32(c, ntype);
	cursor_put32(c, nchars);
}

/* A file with the first n changes of z and a footer. */
static size_t
make_file(char *out, const struct zone *z, size_t n, const char *footer)
{
	struct cursor c = cursor_over(out, FILE_MAX);
	size_t i;

	put_header(&c, '2', 0, 1, 1);
	cursor_put(&c, "\0\0\0\0\0\0\0", 7);
	put_header(&c, '2', (uint32_t)n, (uint32_t)n + 1, 1);
	for (i = 0; i < n; i++)
		cursor_put64(&c, (uint64_t)z->change[i].at);
	for (i = 0; i < n; i++)
		cursor_put8(&c, (uint8_t)(i + 1));
	for (i = 0; i <= n; i++) {
		cursor_put32(&c, (uint32_t)(i == 0 ? z->first
		    : z->change[i - 1].offset));
		cursor_put16(&c, 0);
	}
	cursor_put8(&c, 0);
	cursor_put8(&c, '\n');
	cursor_put(&c, footer, strlen(footer));
	cursor_put8(&c, '\n');
	ck_assert_int_eq(c.err, 0);
	return c.at;
}

static const struct {
	const struct zone *zone;
	size_t given; /* changes in the file; the others come by the rule */
	const char *footer;
} ruled[] = {
	{ &london, 8, "GMT0BST,M3.5.0/1,M10.5.0" },
	{ &london, 2, "GMT0BST,M3.5.0/1,M10.5.0" },
	{ &london, 3, "GMT0BST,M3.5.0/1,M10.5.0" },
	{ &new_york, 1, "EST5EDT,M3.2.0,M11.1.0" },
	{ &new_york, 1, "<-05>5<-04>4,M3.2.0/2:00,M11.1.0/02:00:00" },
	{ &sydney, 1, "AEST-10AEDT,M10.1.0,M4.1.0/3" },
	{ &sydney, 2, "AEST-10AEDT,M10.1.0,M4.1.0/3" },
};

START_TEST(a_rule_goes_on_where_the_table_ends)
{
	const struct zone *want = ruled[_i].zone;
	char file[FILE_MAX];
	struct zone z;
	size_t i, n;

	n = make_file(file, want, ruled[_i].given, ruled[_i].footer);
	ck_assert_int_eq(zone_parse(&z, file, n), 0);
	ck_assert_int_eq(z.first, want->first);
	ck_assert_uint_gt(z.n, 2 * (2260 - 2024));
	for (i = 0; i < want->n; i++) {
		ck_assert_int_eq(z.change[i].at, want->change[i].at);
		ck_assert_int_eq(z.change[i].offset, want->change[i].offset);
	}
	for (i = 1; i < z.n; i++)
		ck_assert_int_gt(z.change[i].at, z.change[i - 1].at);
	zone_free(&z);
}
END_TEST

static const struct {
	const char *footer;
	const char *utc;
	int32_t offset;
} offsets[] = {
	{ "UTC0", "20260101-00:00:00", 0 },
	{ "<+0545>-5:45", "20260101-00:00:00", 5 * 3600 + 45 * 60 },
	/* day 60 is 1 March, in each year */
	{ "AAA0BBB,J60/0,J300/0", "20280229-23:59:59", 0 },
	{ "AAA0BBB,J60/0,J300/0", "20280301-00:00:00", 3600 },
	{ "AAA0BBB,J60/0,J300/0", "20270301-00:00:00", 3600 },
	{ "AAA0BBB,J59/0,J300/0", "20280228-00:00:00", 3600 },
	/* day 59, from 0, is 29 February where there is one */
	{ "AAA0BBB,59/0,300/0", "20280229-00:00:00", 3600 },
	{ "AAA0BBB,59/0,300/0", "20280228-23:59:59", 0 },
	{ "AAA0BBB,59/0,300/0", "20270301-00:00:00", 3600 },
	/* the time may be of another day */
	{ "AAA0BBB,M3.5.0/-1,M10.5.0/25", "20260328-23:00:00", 3600 },
	{ "AAA0BBB,M3.5.0/-1,M10.5.0/25", "20261025-23:59:59", 3600 },
	{ "AAA0BBB,M3.5.0/-1,M10.5.0/25", "20261026-00:00:00", 0 },
	/* summer time that is behind */
	{ "IST-1GMT0,M10.5.0,M3.5.0/1", "20260101-00:00:00", 0 },
	{ "IST-1GMT0,M10.5.0,M3.5.0/1", "20260701-00:00:00", 3600 },
};

START_TEST(a_footer_says_the_offset)
{
	static const struct zone none = { 0 };
	char file[FILE_MAX];
	struct zone z;
	wall_t t;
	size_t n;

	n = make_file(file, &none, 0, offsets[_i].footer);
	ck_assert_int_eq(zone_parse(&z, file, n), 0);
	ck_assert_int_eq(wall_parse(offsets[_i].utc, 17, &t), 0);
	ck_assert_int_eq(zone_offset(&z, t.ns / NS_PER_S), offsets[_i].offset);
	zone_free(&z);
}
END_TEST

static const char *const bad_footers[] = {
	"5", "GMT", "GMT25", "GMT0BST,", "GMT0BST,M3.5.0", "GMT0BST,M13.5.0,J1",
	"GMT0BST,M3.6.0,J1", "GMT0BST,M3.5.7,J1", "GMT0BST,J0,J1",
	"GMT0BST,J366,J1", "GMT0BST,366,J1", "GMT0BST,J1,J2x", "<GMT0",
	"GMT0BST,J1/168,J2", "GMT0BST,M3.5,J2", "GMT0BST"
};

START_TEST(a_bad_footer_is_refused)
{
	char file[FILE_MAX];
	struct zone z;
	size_t n;

	n = make_file(file, &london, 2, bad_footers[_i]);
	ck_assert_int_eq(zone_parse(&z, file, n), FG_EINVAL);
	ck_assert_ptr_null(z.change);
}
END_TEST

START_TEST(a_file_that_is_cut_is_refused)
{
	char file[FILE_MAX], *copy;
	struct zone z;
	size_t i, n;

	n = make_file(file, &london, 4, "GMT0BST,M3.5.0/1,M10.5.0");
	for (i = 0; i < n; i++) {
		copy = malloc(i + 1); /* its end is guarded by the sanitizer */
		ck_assert_ptr_nonnull(copy);
		copy = realloc(copy, i == 0 ? 1 : i);
		ck_assert_ptr_nonnull(copy);
		memcpy(copy, file, i);
		ck_assert_int_eq(zone_parse(&z, copy, i), FG_EINVAL);
		free(copy);
	}
}
END_TEST

START_TEST(a_file_with_any_byte_wrong_is_read_without_harm)
{
	char file[FILE_MAX];
	struct zone z;
	size_t i, n;

	n = make_file(file, &sydney, 4, "AEST-10AEDT,M10.1.0,M4.1.0/3");
	for (i = 0; i < n; i++) {
		file[i] ^= (char)0xff;
		if (zone_parse(&z, file, n) == 0)
			zone_free(&z);
		file[i] ^= (char)0xff;
	}
}
END_TEST

START_TEST(a_file_of_version_1_is_refused)
{
	char file[FILE_MAX];
	struct zone z;
	size_t n;

	n = make_file(file, &london, 2, "GMT0");
	file[4] = 0;
	ck_assert_int_eq(zone_parse(&z, file, n), FG_EFORMAT);
}
END_TEST

START_TEST(local_time_goes_to_utc_and_back)
{
	int64_t t, u;

	for (t = 1774740000; t < 1774753200; t += 60) {
		u = zone_utc(&london, t + zone_offset(&london, t));
		ck_assert_int_eq(u, t);
	}
	/* the second of two hours is not found: the first is */
	t = 1792890000 + 1800;
	ck_assert_int_eq(zone_utc(&london, t), t - 3600);
	ck_assert_int_eq(zone_utc(NULL, t), t);
}
END_TEST

Suite *zone_suite(void);

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

Suite *
zone_suite(void)
{
	Suite *s = suite_create("zone");
	TCase *t = tcase_create("files");

	tcase_add_loop_test(t, a_rule_goes_on_where_the_table_ends, 0,
	    COUNT(ruled));
	tcase_add_loop_test(t, a_footer_says_the_offset, 0, COUNT(offsets));
	tcase_add_loop_test(t, a_bad_footer_is_refused, 0,
	    COUNT(bad_footers));
	tcase_add_test(t, a_file_that_is_cut_is_refused);
	tcase_add_test(t, a_file_with_any_byte_wrong_is_read_without_harm);
	tcase_add_test(t, a_file_of_version_1_is_refused);
	tcase_add_test(t, local_time_goes_to_utc_and_back);
	suite_add_tcase(s, t);
	return s;
}
