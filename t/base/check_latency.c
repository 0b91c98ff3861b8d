/* Latencies: which range counts, and the last minute. */
#include <check.h>
#include <stdlib.h>

#include "base/latency.h"

START_TEST(ranges_go_from_1_us_to_10_s)
{
	unsigned i;

	ck_assert_int_eq(NS_PER_US, latency_bound(0));
	ck_assert_int_eq(10 * NS_PER_S, latency_bound(LATENCY_BOUNDS - 1));
	for (i = 1; i < LATENCY_BOUNDS; i++)
		ck_assert_int_gt(latency_bound(i), latency_bound(i - 1));
}
END_TEST

START_TEST(each_is_counted_in_its_range)
{
	struct latency l = { 0 };
	unsigned i;
	int64_t ns;

	for (i = 0; i < LATENCY_BOUNDS; i++) {
		latency_add(&l, latency_bound(i), 2);
		latency_add(&l, latency_bound(i) + 1, 1);
	}
	latency_add(&l, -5, 1);
	ck_assert_uint_eq(3, l.count[0]); /* the bound itself, and below */
	for (i = 1; i < LATENCY_BOUNDS; i++)
		ck_assert_uint_eq(3, l.count[i]);
	ck_assert_uint_eq(1, l.count[LATENCY_BOUNDS]);
	ck_assert_uint_eq(3 * LATENCY_BOUNDS + 1, l.n);
	latency_add(&l, INT64_MAX, 0);
	for (ns = 1; ns < 20 * NS_PER_S; ns += 1 + ns / 9) {
		l = (struct latency){ 0 };
		latency_add(&l, ns, 1);
		for (i = 0; i < LATENCY_BOUNDS && latency_bound(i) < ns; i++)
			ck_assert_uint_eq(0, l.count[i]);
		ck_assert_uint_eq(1, l.count[i]);
	}
	l = (struct latency){ 0 };
	latency_add(&l, 1500, 3);
	latency_add(&l, -1, 1); /* a clock that steps back takes nothing off */
	ck_assert_int_eq(4500, l.sum);
}
END_TEST

/* Quantiles are never too small, nor too great by more than an eighth. */
static void
about(int64_t want, int64_t got)
{
	ck_assert_msg(got >= want && got <= want + want / 8,
	    "%lld is not about %lld", (long long)got, (long long)want);
}

START_TEST(quantiles_of_the_last_minute)
{
	static struct latency_minute m;
	struct latency_sum s;
	mono_t now = { 5 * NS_PER_S };
	int64_t ns;

	latency_minute_sum(&m, now, &s);
	ck_assert_uint_eq(0, s.n);
	ck_assert_int_eq(0, s.most);
	for (ns = 1; ns <= 1000; ns++)
		latency_minute_add(&m, now, ns * NS_PER_US, 1);
	latency_minute_sum(&m, now, &s);
	ck_assert_uint_eq(1000, s.n);
	about(500 * NS_PER_US, s.p50);
	about(990 * NS_PER_US, s.p99);
	ck_assert_int_eq(NS_PER_MS, s.most);
	/* One that took long moves the greatest, not the median. */
	latency_minute_add(&m, now, 3600 * NS_PER_S, 1);
	latency_minute_sum(&m, now, &s);
	about(500 * NS_PER_US, s.p50);
	ck_assert_int_eq(3600 * NS_PER_S, s.most);
}
END_TEST

START_TEST(every_size_has_a_range)
{
	struct latency_minute m;
	struct latency_sum s;
	mono_t now = { 0 };
	int64_t ns;

	for (ns = 1; ns < 17 * NS_PER_S; ns += 1 + ns / 7) {
		m = (struct latency_minute){ 0 };
		latency_minute_add(&m, now, ns, 99);
		latency_minute_add(&m, now, 100 * NS_PER_S, 1);
		latency_minute_sum(&m, now, &s);
		if (ns < 1024)
			ck_assert_int_eq(1023, s.p50);
		else
			about(ns, s.p50);
		ck_assert_int_eq(s.p50, s.p99);
	}
}
END_TEST

START_TEST(what_is_older_is_forgotten)
{
	static struct latency_minute m;
	struct latency_sum s;
	mono_t now = { 7 * NS_PER_S };

	latency_minute_add(&m, now, NS_PER_S, 1);
	now.ns += 60 * NS_PER_S;
	latency_minute_sum(&m, now, &s);
	ck_assert_uint_eq(1, s.n);
	latency_minute_add(&m, now, NS_PER_MS, 1);
	now.ns += 3 * NS_PER_S; /* the next slot takes the place of the first */
	latency_minute_sum(&m, now, &s);
	ck_assert_uint_eq(1, s.n);
	ck_assert_int_eq(NS_PER_MS, s.most);
	latency_minute_add(&m, now, NS_PER_US, 1);
	latency_minute_sum(&m, now, &s);
	ck_assert_uint_eq(2, s.n);
	now.ns += 3600 * NS_PER_S;
	latency_minute_sum(&m, now, &s);
	ck_assert_uint_eq(0, s.n);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("latency");
	TCase *tc = tcase_create("latency");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_test(tc, ranges_go_from_1_us_to_10_s);
	tcase_add_test(tc, each_is_counted_in_its_range);
	tcase_add_test(tc, quantiles_of_the_last_minute);
	tcase_add_test(tc, every_size_has_a_range);
	tcase_add_test(tc, what_is_older_is_forgotten);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
