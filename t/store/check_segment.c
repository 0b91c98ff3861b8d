/*
 * Old segments leave the store: they are sealed, archived, deleted; whoever reads
 * sees all rows all the time (and check_left.c).
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "store/segment.h"
#include "old_rows.h"

START_TEST(archived_rows_are_read_as_before)
{
	uint64_t files, bytes;
	unsigned n;

	old_begin(_i);
	n = old_archive_all(STORE_FIX_IN);
	ck_assert_uint_gt(n, 3);
	ck_assert_uint_gt(old_archive_all(STORE_FIX_OUT), 3);
	ck_assert_uint_gt(old_archive_all(0), 0);
	old_all_there(1, ROWS);
	store_archived(w.st, STORE_FIX_IN, &files, &bytes);
	ck_assert(files == n && bytes != 0);
	world_reopen(&w);
	old_all_there(1, ROWS);
	store_archived(w.st, STORE_FIX_IN, &files, &bytes);
	ck_assert_uint_eq(n, files);
	old_put(1, ROWS + 1, ROWS + 500);
	old_archive_all(STORE_FIX_IN);
	old_all_there(1, ROWS + 500);
	world_reopen(&w);
	old_all_there(1, ROWS + 500);
	old_end();
}
END_TEST

START_TEST(only_what_is_sealed_is_archived_and_the_oldest_first)
{
	struct store_segment first, s;

	old_begin(_i);
	first = old_oldest(STORE_FIX_IN);
	ck_assert(first.first == 1 && first.number == 1 && !first.hot);
	ck_assert(first.since.ns == 1000);
	ck_assert(first.until.ns == (int64_t)first.last * 1000);
	ck_assert_int_eq(0, store_segment(w.st, STORE_FIX_IN, 2, &s));
	ck_assert(s.number == first.last + 1 && s.first == s.number);
	ck_assert_int_eq(FG_ESTATE, store_archive(w.st, STORE_FIX_IN,
	    s.number, &quick, &s, err));
	old_archive_all(STORE_FIX_IN);
	s = old_oldest(STORE_FIX_IN);
	ck_assert(s.hot);
	ck_assert_int_eq(FG_ESTATE, store_archive(w.st, STORE_FIX_IN,
	    s.number, &quick, &s, err));
	ck_assert_ptr_nonnull(strstr(err, "FIX_IN."));
	old_all_there(1, ROWS);
	old_end();
}
END_TEST

START_TEST(a_table_without_new_rows_can_be_sealed)
{
	struct store_segment s;
	unsigned i;

	old_begin(_i);
	old_archive_all(STORE_FIX_IN);
	ck_assert_int_eq(0, store_seal(w.st, STORE_FIX_IN));
	ck_assert_int_eq(0, store_seal(w.st, STORE_FIX_OUT));
	ck_assert_int_eq(0, store_seal(w.st, STORE_QUARANTINE));
	ck_assert_int_eq(0, store_seal(w.st, 0));
	ck_assert_uint_eq(1, old_archive_all(STORE_FIX_IN));
	old_archive_all(STORE_FIX_OUT);
	old_archive_all(0);
	for (i = 0; i < 2; i++) {
		s = old_oldest(STORE_FIX_IN);
		ck_assert(s.hot && s.number == ROWS + 1 && s.first == 0);
		/* one that is empty is sealed already */
		ck_assert_int_eq(0, store_seal(w.st, STORE_FIX_IN));
		old_all_there(1, ROWS);
		world_reopen(&w);
	}
	old_put(1, ROWS + 1, ROWS + 50);
	old_all_there(1, ROWS + 50);
	world_reopen(&w);
	old_all_there(1, ROWS + 50);
	old_end();
}
END_TEST

START_TEST(what_is_deleted_is_gone_and_the_rest_is_there)
{
	struct store_segment s, hot;
	uint64_t upto, next;

	old_begin(_i);
	s = old_oldest(STORE_FIX_IN);
	ck_assert_int_eq(FG_ESTATE, store_archive_drop(w.st, STORE_FIX_IN,
	    s.number, err));
	old_archive_all(STORE_FIX_IN);
	hot = old_oldest(STORE_FIX_IN);
	ck_assert_int_eq(0, store_archive_drop(w.st, STORE_FIX_IN, s.number,
	    err));
	ck_assert_uint_eq(s.last + 1, store_oldest(w.st, STORE_FIX_IN));
	next = s.last + 1;
	ck_assert_int_eq(0, store_read(w.st, STORE_FIX_IN, 0, SIZE_MAX,
	    SIZE_MAX, old_count, &next, &upto));
	ck_assert_uint_eq(ROWS + 1, next);
	world_reopen(&w);
	ck_assert_uint_eq(s.last + 1, store_oldest(w.st, STORE_FIX_IN));
	for (;;) {
		ck_assert_int_eq(0, store_segment(w.st, STORE_FIX_IN, 0, &s));
		if (s.hot)
			break;
		ck_assert_int_eq(0, store_archive_drop(w.st, STORE_FIX_IN,
		    s.number, err));
	}
	ck_assert_int_eq(FG_ESTATE, store_archive_drop(w.st, STORE_FIX_IN,
	    s.number, err));
	ck_assert_uint_eq(hot.first, store_oldest(w.st, STORE_FIX_IN));
	ck_assert_uint_eq(hot.number, store_kept_from(w.st, STORE_FIX_IN));
	/* All of them: who asks for more has seen the last one. */
	ck_assert_int_eq(0, store_seal(w.st, STORE_FIX_IN));
	ck_assert_uint_eq(1, old_archive_all(STORE_FIX_IN));
	ck_assert_int_eq(0, store_archive_drop(w.st, STORE_FIX_IN, hot.number,
	    err));
	ck_assert_int_eq(0, store_read(w.st, STORE_FIX_IN, 0, SIZE_MAX,
	    SIZE_MAX, old_count, &next, &upto));
	ck_assert_uint_eq(ROWS, upto);
	ck_assert_uint_eq(ROWS + 1, store_kept_from(w.st, STORE_FIX_IN));
	old_end();
}
END_TEST

START_TEST(an_archive_that_was_moved_elsewhere_stops_nothing)
{
	char from[128], to[128];
	struct store_segment s;
	uint64_t next, upto;

	old_begin(_i);
	s = old_oldest(STORE_FIX_IN);
	old_archive_all(STORE_FIX_IN);
	snprintf(from, sizeof(from), "%s/ARCHIVE/FIX_IN.%020u.arc", w.dir, 1);
	snprintf(to, sizeof(to), "%s/ARCHIVE/moved", w.dir);
	store_close(w.st);
	ck_assert_int_eq(0, rename(from, to));
	ck_assert_int_eq(0, store_open_bdb(&w.st, &w.cfg, err));
	ck_assert_uint_eq(s.last + 1, store_oldest(w.st, STORE_FIX_IN));
	next = s.last + 1;
	ck_assert_int_eq(0, store_read(w.st, STORE_FIX_IN, 0, SIZE_MAX,
	    SIZE_MAX, old_count, &next, &upto));
	ck_assert_uint_eq(ROWS + 1, next);
	ck_assert_int_eq(0, rename(to, from));
	world_reopen(&w);
	old_all_there(1, ROWS);
	/* While the store is open it is an error, not a gap. */
	world_reopen(&w);
	ck_assert_int_eq(0, rename(from, to));
	ck_assert_int_ne(0, store_read(w.st, STORE_FIX_IN, 0, SIZE_MAX,
	    SIZE_MAX, old_count, &next, &upto));
	old_end();
}
END_TEST

START_TEST(another_store_s_archive_is_not_read)
{
	char from[128], to[128];
	uint64_t next = 1, upto;

	old_begin(_i);
	old_archive_all(STORE_FIX_IN);
	old_archive_all(STORE_FIX_OUT);
	store_close(w.st);
	snprintf(from, sizeof(from), "%s/ARCHIVE/FIX_OUT.%020u.arc", w.dir, 1);
	snprintf(to, sizeof(to), "%s/ARCHIVE/FIX_IN.%020u.arc", w.dir, 1);
	ck_assert_int_eq(0, rename(from, to));
	ck_assert_int_eq(0, store_open_bdb(&w.st, &w.cfg, err));
	ck_assert_int_eq(FG_EDAMAGED, store_read(w.st, STORE_FIX_IN, 0, 10,
	    SIZE_MAX, old_count, &next, &upto));
	old_end();
}
END_TEST

static int
stop_at_once(void *arg, uint64_t bytes)
{
	(void)arg;
	(void)bytes;
	return 1;
}

START_TEST(a_failure_or_an_end_leaves_the_segment_as_it_was)
{
	static const char *const steps[] = { "archive flush",
		"archive compare", "archive rename", "archive keep",
		"archive forget", "seal" };
	struct store_archive_how how = { .at = stop_at_once };
	struct store_segment s, got;
	size_t i;

	old_begin(_i);
	w.fail_err = FG_ENOSPC;
	for (i = 0; i < 4; i++) {
		s = old_oldest(STORE_FIX_IN);
		w.fail_step = steps[i];
		ck_assert_int_eq(FG_ENOSPC, store_archive(w.st, STORE_FIX_IN,
		    s.number, &quick, &got, err));
		ck_assert_ptr_nonnull(strstr(err, "FIX_IN."));
		w.fail_step = NULL;
		old_all_there(1, ROWS);
		if (_i == WORLD_WRITTEN && i % 2 == 1) {
			world_reopen(&w);
			old_all_there(1, ROWS);
		}
		ck_assert_int_eq(0, store_archive(w.st, STORE_FIX_IN,
		    s.number, &quick, &got, err));
		old_all_there(1, ROWS);
	}
	w.fail_step = steps[4];
	ck_assert_int_eq(0, store_segment(w.st, STORE_FIX_IN, 0, &s));
	ck_assert_int_eq(FG_ENOSPC, store_archive_drop(w.st, STORE_FIX_IN,
	    s.number, err));
	w.fail_step = steps[5];
	ck_assert_int_eq(FG_ENOSPC, store_seal(w.st, STORE_FIX_IN));
	w.fail_step = NULL;
	old_all_there(1, ROWS);
	store_close(w.st);
	w.cfg.segment_bytes = 4 << 20; /* one that takes a while */
	ck_assert_int_eq(0, store_open_bdb(&w.st, &w.cfg, err));
	old_put(1, ROWS + 1, 5 * ROWS);
	ck_assert_int_eq(0, store_seal(w.st, STORE_FIX_OUT));
	old_archive_all(STORE_FIX_IN);
	do {
		s = old_oldest(STORE_FIX_OUT);
		i = (size_t)store_archive(w.st, STORE_FIX_OUT, s.number, &how,
		    &got, err);
	} while (i == 0);
	ck_assert_int_eq(FG_ECLOSED, (int)i);
	old_all_there(1, 5 * ROWS);
	old_archive_all(STORE_FIX_OUT);
	old_all_there(1, 5 * ROWS);
	old_end();
}
END_TEST

struct along {
	pthread_t thread;
	volatile bool stop;
	uint64_t rounds;
	bool out;
};

static void *
read_along(void *arg)
{
	struct along *r = arg;
	uint64_t next, upto;

	while (!r->stop) {
		next = 1;
		if (r->out)
			ck_assert_int_eq(0, store_read_out(w.st, 1, 1, 1, ROWS,
			    SIZE_MAX, SIZE_MAX, old_count, &next, &upto));
		else
			ck_assert_int_eq(0, store_read(w.st, STORE_FIX_IN, 0,
			    ROWS, SIZE_MAX, old_count, &next, &upto));
		ck_assert_uint_ge(next, ROWS + 1);
		r->rounds++;
	}
	return NULL;
}

START_TEST(readers_see_every_row_while_segments_go)
{
	struct along r[4] = { 0 };
	uint64_t from = ROWS, to;
	size_t i;
	int round;

	old_begin(_i);
	for (i = 0; i < 4; i++) {
		r[i].out = i % 2;
		ck_assert_int_eq(0, pthread_create(&r[i].thread, NULL,
		    read_along, &r[i]));
	}
	for (round = 0; round < 5; round++) {
		old_archive_all(STORE_FIX_IN);
		old_archive_all(STORE_FIX_OUT);
		ck_assert_int_eq(0, store_seal(w.st, STORE_FIX_IN));
		to = from + 400;
		old_put(1, from + 1, to);
		from = to;
	}
	for (i = 0; i < 4; i++) {
		r[i].stop = true;
		pthread_join(r[i].thread, NULL);
		ck_assert_uint_gt(r[i].rounds, 0);
	}
	old_all_there(1, from);
	old_end();
}
END_TEST

START_TEST(daily_a_table_begins_anew)
{
	struct store_segment s;

	old_begin(_i); /* rows of 1970 */
	s = old_oldest(STORE_FIX_IN);
	old_archive_all(STORE_FIX_IN);
	s = old_oldest(STORE_FIX_IN);
	old_put(1, ROWS + 1, ROWS + 1);
	ck_assert_uint_eq(s.number, old_oldest(STORE_FIX_IN).number);
	ck_assert(old_oldest(STORE_FIX_IN).hot);
	world_reopen(&w);
	store_seal_daily(w.st, true);
	old_put(1, ROWS + 2, ROWS + 3);
	ck_assert(!old_oldest(STORE_FIX_IN).hot);
	ck_assert_uint_eq(ROWS + 1, old_oldest(STORE_FIX_IN).last);
	ck_assert_uint_eq(1, old_archive_all(STORE_FIX_IN));
	ck_assert_uint_eq(ROWS + 2, old_oldest(STORE_FIX_IN).number);
	old_all_there(1, ROWS + 3);
	old_end();
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		archived_rows_are_read_as_before,
		only_what_is_sealed_is_archived_and_the_oldest_first,
		a_table_without_new_rows_can_be_sealed,
		what_is_deleted_is_gone_and_the_rest_is_there,
		an_archive_that_was_moved_elsewhere_stops_nothing,
		another_store_s_archive_is_not_read,
		a_failure_or_an_end_leaves_the_segment_as_it_was,
		readers_see_every_row_while_segments_go,
		daily_a_table_begins_anew,
	};
	Suite *s = suite_create("segment");
	TCase *tc = tcase_create("segment");
	SRunner *sr;
	size_t i;
	int failed;

	tcase_set_timeout(tc, 600);
	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_loop_test(tc, tests[i], WORLD_WRITTEN,
		    WORLD_SYNCED + 1);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
