/* When rows came: exact for new ones, about for older ones, forgotten then. */
#include <check.h>
#include <stdlib.h>

#include "gateway/arrivals.h"

static struct arrivals a;
static uint64_t rows;
static int64_t sum, first, last;

static void
take(void *arg, mono_t at, uint64_t n)
{
	(void)arg;
	if (rows == 0)
		first = at.ns;
	last = at.ns;
	rows += n;
	sum += at.ns * (int64_t)n;
}

static void
each(uint64_t after, uint64_t upto, uint64_t max)
{
	rows = 0;
	sum = first = last = 0;
	arrivals_each(&a, after, upto, max, take, NULL);
}

START_TEST(rows_have_the_time_of_their_wake_up)
{
	each(0, 100, 100);
	ck_assert_uint_eq(0, rows);
	/* 41 rows were there before the start. */
	arrivals_add(&a, 44, 3, (mono_t){ 100 });
	arrivals_add(&a, 45, 1, (mono_t){ 200 });
	each(40, 45, 100);
	ck_assert_uint_eq(4, rows);
	ck_assert_int_eq(3 * 100 + 200, sum);
	each(43, 45, 100);
	ck_assert_int_eq(100 + 200, sum);
	each(41, 45, 2); /* the oldest first */
	ck_assert_uint_eq(2, rows);
	ck_assert_int_eq(200, sum);
	each(44, 99, 100);
	ck_assert_uint_eq(1, rows);
	each(45, 45, 100);
	ck_assert_uint_eq(0, rows);
	arrivals_clear(&a);
	each(0, 45, 100);
	ck_assert_uint_eq(0, rows);
	arrivals_add(&a, 43, 1, (mono_t){ 300 }); /* 43 has come again */
	each(0, 43, 100);
	ck_assert_uint_eq(1, rows);
	ck_assert_int_eq(300, sum);
}
END_TEST

START_TEST(old_rows_are_known_about)
{
	int64_t at = 0;
	uint64_t seq, n = 5 * ARRIVALS_N;

	arrivals_clear(&a);
	for (seq = 1; seq <= n; seq++)
		arrivals_add(&a, seq, 1, (mono_t){ at += NS_PER_MS });
	each(0, n, UINT64_MAX);
	ck_assert_uint_eq(n, rows);
	/* To 5 ms, and never too early. */
	for (seq = 1; seq <= n; seq += 7) {
		each(seq - 1, seq, 1);
		ck_assert_uint_eq(1, rows);
		ck_assert_int_ge(first, (int64_t)seq * NS_PER_MS);
		ck_assert_int_le(first, (int64_t)seq * NS_PER_MS +
		    ARRIVALS_COARSE_NS);
		if (seq > n - ARRIVALS_N)
			ck_assert_int_eq(first, (int64_t)seq * NS_PER_MS);
	}
	/* They end, but not before 20 s. */
	for (; seq <= 4 * n; seq++)
		arrivals_add(&a, seq, 1, (mono_t){ at += NS_PER_MS });
	each(0, 1, 1);
	ck_assert_uint_eq(0, rows);
	each(0, seq - 1, UINT64_MAX);
	ck_assert_uint_lt(rows, seq - 1);
	ck_assert_int_ge(last - first, 20 * NS_PER_S);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("arrivals");
	TCase *tc = tcase_create("arrivals");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_test(tc, rows_have_the_time_of_their_wake_up);
	tcase_add_test(tc, old_rows_are_known_about);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
