/*
 * Old segments leave the store: they are sealed, archived, deleted; whoever reads
 * sees all rows all the time, and a process that dies at any step loses none.
 */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "store/segment.h"
#include "world.h"

#define ROWS 2000

static struct world w;
static char err[STORE_ERR_MAX];
static const struct store_archive_how quick;

static void
put_rows(uint32_t session, uint64_t from, uint64_t to)
{
	static char text[600];
	struct store_batch *b;
	struct store_row row;
	uint64_t i, commit = 0;

	for (i = from; i <= to; i++) {
		memset(text, 'a' + (int)(i % 26), sizeof(text));
		row = (struct store_row){ .session = session, .epoch = 1,
			.msg_seq_num = i, .time = { (int64_t)i * 1000 },
			.data = text, .len = 100 + i * 7 % 500 };
		b = store_begin(w.st);
		store_add(b, STORE_FIX_IN, &row);
		store_add(b, STORE_FIX_OUT, &row);
		store_set_state(b, &(struct store_state){ .session = session,
		    .epoch = 1, .next_in = i + 1, .next_out = i + 1 });
		ck_assert_int_eq(0, store_commit(b, &commit));
		b = store_begin(w.st);
		store_set_state(b, &(struct store_state){ .session = session,
		    .epoch = 1, .next_in = i + 1, .next_out = i + 1,
		    .pending = i });
		ck_assert_int_eq(0, store_commit(b, &commit));
	}
	world_settle(&w, commit);
}

static void
begin(int kind)
{
	world_open(&w, kind);
	store_close(w.st);
	w.cfg.segment_bytes = 128 << 10;
	ck_assert_int_eq(0, store_open_bdb(&w.st, &w.cfg, err));
	put_rows(world_session(&w, "A"), 1, ROWS);
}

static void
end(void)
{
	char path[128];

	store_close(w.st);
	snprintf(path, sizeof(path), "%s/ARCHIVE", w.dir);
	world_rmdir(path);
	w.st = NULL;
	world_close(&w);
}

/* The oldest that is not archived. */
static struct store_segment
oldest(enum store_table t)
{
	struct store_segment s = { 0 };
	uint64_t number = 0;

	do
		ck_assert_int_eq(0, store_segment(w.st, t, number, &s));
	while (s.archived && (number = s.number + 1) != 0);
	return s;
}

/* All that are sealed; returns how many. */
static unsigned
archive_all(unsigned t)
{
	struct store_segment s;
	unsigned n = 0;

	for (;; n++) {
		s = oldest(t);
		if (s.hot)
			return n;
		ck_assert_msg(store_archive(w.st, t, s.number, &quick, &s,
		    err) == 0, "%s", err);
		ck_assert(s.archived && s.rows != 0 && s.bytes != 0);
	}
}

static int
count(void *arg, const struct store_row *row)
{
	uint64_t *next = arg;

	ck_assert_uint_eq(*next, row->seq);
	ck_assert_uint_eq(*next, row->msg_seq_num);
	ck_assert_uint_eq(100 + *next * 7 % 500, row->len);
	ck_assert_int_eq('a' + (int)(*next % 26), row->data[row->len - 1]);
	++*next;
	return 0;
}

/* All rows are there, from anywhere, in pieces, and as resends. */
static void
all_there(uint64_t from, uint64_t to)
{
	uint64_t next, upto, after;

	for (next = from; next <= to;) {
		after = next - 1;
		ck_assert_int_eq(0, store_read(w.st, STORE_FIX_IN, after, 1000,
		    SIZE_MAX, count, &next, &upto));
		ck_assert_uint_eq(next - 1, upto);
		ck_assert_uint_gt(upto, after);
	}
	for (next = from; next <= to; next += 499) {
		after = next;
		ck_assert_int_eq(0, store_read(w.st, STORE_FIX_OUT, next - 1,
		    1, 1, count, &after, &upto));
		ck_assert_uint_eq(next, upto);
	}
	next = from;
	ck_assert_int_eq(0, store_read_out(w.st, 1, 1, 1, to, SIZE_MAX,
	    SIZE_MAX, count, &next, &upto));
	ck_assert_uint_eq(to + 1, next);
	next = to - 20;
	ck_assert_int_eq(0, store_read_out(w.st, 1, 1, next, to - 3, SIZE_MAX,
	    SIZE_MAX, count, &next, &upto));
	ck_assert_uint_eq(to - 2, next);
	ck_assert_uint_eq(from, store_oldest(w.st, STORE_FIX_IN));
}

START_TEST(archived_rows_are_read_as_before)
{
	uint64_t files, bytes;
	unsigned n;

	begin(_i);
	n = archive_all(STORE_FIX_IN);
	ck_assert_uint_gt(n, 3);
	ck_assert_uint_gt(archive_all(STORE_FIX_OUT), 3);
	ck_assert_uint_gt(archive_all(0), 0);
	all_there(1, ROWS);
	store_archived(w.st, STORE_FIX_IN, &files, &bytes);
	ck_assert(files == n && bytes != 0);
	world_reopen(&w);
	all_there(1, ROWS);
	store_archived(w.st, STORE_FIX_IN, &files, &bytes);
	ck_assert_uint_eq(n, files);
	put_rows(1, ROWS + 1, ROWS + 500);
	archive_all(STORE_FIX_IN);
	all_there(1, ROWS + 500);
	world_reopen(&w);
	all_there(1, ROWS + 500);
	end();
}
END_TEST

START_TEST(only_what_is_sealed_is_archived_and_the_oldest_first)
{
	struct store_segment first, s;

	begin(_i);
	first = oldest(STORE_FIX_IN);
	ck_assert(first.first == 1 && first.number == 1 && !first.hot);
	ck_assert(first.since.ns == 1000);
	ck_assert(first.until.ns == (int64_t)first.last * 1000);
	ck_assert_int_eq(0, store_segment(w.st, STORE_FIX_IN, 2, &s));
	ck_assert(s.number == first.last + 1 && s.first == s.number);
	ck_assert_int_eq(FG_ESTATE, store_archive(w.st, STORE_FIX_IN,
	    s.number, &quick, &s, err));
	archive_all(STORE_FIX_IN);
	s = oldest(STORE_FIX_IN);
	ck_assert(s.hot);
	ck_assert_int_eq(FG_ESTATE, store_archive(w.st, STORE_FIX_IN,
	    s.number, &quick, &s, err));
	ck_assert_ptr_nonnull(strstr(err, "FIX_IN."));
	all_there(1, ROWS);
	end();
}
END_TEST

START_TEST(a_table_without_new_rows_can_be_sealed)
{
	struct store_segment s;
	unsigned i;

	begin(_i);
	archive_all(STORE_FIX_IN);
	ck_assert_int_eq(0, store_seal(w.st, STORE_FIX_IN));
	ck_assert_int_eq(0, store_seal(w.st, STORE_FIX_OUT));
	ck_assert_int_eq(0, store_seal(w.st, STORE_QUARANTINE));
	ck_assert_int_eq(0, store_seal(w.st, 0));
	ck_assert_uint_eq(1, archive_all(STORE_FIX_IN));
	archive_all(STORE_FIX_OUT);
	archive_all(0);
	for (i = 0; i < 2; i++) {
		s = oldest(STORE_FIX_IN);
		ck_assert(s.hot && s.number == ROWS + 1 && s.first == 0);
		/* one that is empty is sealed already */
		ck_assert_int_eq(0, store_seal(w.st, STORE_FIX_IN));
		all_there(1, ROWS);
		world_reopen(&w);
	}
	put_rows(1, ROWS + 1, ROWS + 50);
	all_there(1, ROWS + 50);
	world_reopen(&w);
	all_there(1, ROWS + 50);
	end();
}
END_TEST

START_TEST(what_is_deleted_is_gone_and_the_rest_is_there)
{
	struct store_segment s, hot;
	uint64_t upto, next;

	begin(_i);
	s = oldest(STORE_FIX_IN);
	ck_assert_int_eq(FG_ESTATE, store_archive_drop(w.st, STORE_FIX_IN,
	    s.number, err));
	archive_all(STORE_FIX_IN);
	hot = oldest(STORE_FIX_IN);
	ck_assert_int_eq(0, store_archive_drop(w.st, STORE_FIX_IN, s.number,
	    err));
	ck_assert_uint_eq(s.last + 1, store_oldest(w.st, STORE_FIX_IN));
	next = s.last + 1;
	ck_assert_int_eq(0, store_read(w.st, STORE_FIX_IN, 0, SIZE_MAX,
	    SIZE_MAX, count, &next, &upto));
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
	end();
}
END_TEST

START_TEST(an_archive_that_was_moved_elsewhere_stops_nothing)
{
	char from[128], to[128];
	struct store_segment s;
	uint64_t next, upto;

	begin(_i);
	s = oldest(STORE_FIX_IN);
	archive_all(STORE_FIX_IN);
	snprintf(from, sizeof(from), "%s/ARCHIVE/FIX_IN.%020u.arc", w.dir, 1);
	snprintf(to, sizeof(to), "%s/ARCHIVE/moved", w.dir);
	store_close(w.st);
	ck_assert_int_eq(0, rename(from, to));
	ck_assert_int_eq(0, store_open_bdb(&w.st, &w.cfg, err));
	ck_assert_uint_eq(s.last + 1, store_oldest(w.st, STORE_FIX_IN));
	next = s.last + 1;
	ck_assert_int_eq(0, store_read(w.st, STORE_FIX_IN, 0, SIZE_MAX,
	    SIZE_MAX, count, &next, &upto));
	ck_assert_uint_eq(ROWS + 1, next);
	ck_assert_int_eq(0, rename(to, from));
	world_reopen(&w);
	all_there(1, ROWS);
	/* While the store is open it is an error, not a gap. */
	world_reopen(&w);
	ck_assert_int_eq(0, rename(from, to));
	ck_assert_int_ne(0, store_read(w.st, STORE_FIX_IN, 0, SIZE_MAX,
	    SIZE_MAX, count, &next, &upto));
	end();
}
END_TEST

START_TEST(another_store_s_archive_is_not_read)
{
	char from[128], to[128];
	uint64_t next = 1, upto;

	begin(_i);
	archive_all(STORE_FIX_IN);
	archive_all(STORE_FIX_OUT);
	store_close(w.st);
	snprintf(from, sizeof(from), "%s/ARCHIVE/FIX_OUT.%020u.arc", w.dir, 1);
	snprintf(to, sizeof(to), "%s/ARCHIVE/FIX_IN.%020u.arc", w.dir, 1);
	ck_assert_int_eq(0, rename(from, to));
	ck_assert_int_eq(0, store_open_bdb(&w.st, &w.cfg, err));
	ck_assert_int_eq(FG_EDAMAGED, store_read(w.st, STORE_FIX_IN, 0, 10,
	    SIZE_MAX, count, &next, &upto));
	end();
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

	begin(_i);
	w.fail_err = FG_ENOSPC;
	for (i = 0; i < 4; i++) {
		s = oldest(STORE_FIX_IN);
		w.fail_step = steps[i];
		ck_assert_int_eq(FG_ENOSPC, store_archive(w.st, STORE_FIX_IN,
		    s.number, &quick, &got, err));
		ck_assert_ptr_nonnull(strstr(err, "FIX_IN."));
		w.fail_step = NULL;
		all_there(1, ROWS);
		if (_i == WORLD_WRITTEN && i % 2 == 1) {
			world_reopen(&w);
			all_there(1, ROWS);
		}
		ck_assert_int_eq(0, store_archive(w.st, STORE_FIX_IN,
		    s.number, &quick, &got, err));
		all_there(1, ROWS);
	}
	w.fail_step = steps[4];
	ck_assert_int_eq(0, store_segment(w.st, STORE_FIX_IN, 0, &s));
	ck_assert_int_eq(FG_ENOSPC, store_archive_drop(w.st, STORE_FIX_IN,
	    s.number, err));
	w.fail_step = steps[5];
	ck_assert_int_eq(FG_ENOSPC, store_seal(w.st, STORE_FIX_IN));
	w.fail_step = NULL;
	all_there(1, ROWS);
	store_close(w.st);
	w.cfg.segment_bytes = 4 << 20; /* one that takes a while */
	ck_assert_int_eq(0, store_open_bdb(&w.st, &w.cfg, err));
	put_rows(1, ROWS + 1, 5 * ROWS);
	ck_assert_int_eq(0, store_seal(w.st, STORE_FIX_OUT));
	archive_all(STORE_FIX_IN);
	do {
		s = oldest(STORE_FIX_OUT);
		i = (size_t)store_archive(w.st, STORE_FIX_OUT, s.number, &how,
		    &got, err);
	} while (i == 0);
	ck_assert_int_eq(FG_ECLOSED, (int)i);
	all_there(1, 5 * ROWS);
	archive_all(STORE_FIX_OUT);
	all_there(1, 5 * ROWS);
	end();
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
			    SIZE_MAX, SIZE_MAX, count, &next, &upto));
		else
			ck_assert_int_eq(0, store_read(w.st, STORE_FIX_IN, 0,
			    ROWS, SIZE_MAX, count, &next, &upto));
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

	begin(_i);
	for (i = 0; i < 4; i++) {
		r[i].out = i % 2;
		ck_assert_int_eq(0, pthread_create(&r[i].thread, NULL,
		    read_along, &r[i]));
	}
	for (round = 0; round < 5; round++) {
		archive_all(STORE_FIX_IN);
		archive_all(STORE_FIX_OUT);
		ck_assert_int_eq(0, store_seal(w.st, STORE_FIX_IN));
		to = from + 400;
		put_rows(1, from + 1, to);
		from = to;
	}
	for (i = 0; i < 4; i++) {
		r[i].stop = true;
		pthread_join(r[i].thread, NULL);
		ck_assert_uint_gt(r[i].rounds, 0);
	}
	all_there(1, from);
	end();
}
END_TEST

START_TEST(daily_a_table_begins_anew)
{
	struct store_segment s;

	begin(_i); /* rows of 1970 */
	s = oldest(STORE_FIX_IN);
	archive_all(STORE_FIX_IN);
	s = oldest(STORE_FIX_IN);
	put_rows(1, ROWS + 1, ROWS + 1);
	ck_assert_uint_eq(s.number, oldest(STORE_FIX_IN).number);
	ck_assert(oldest(STORE_FIX_IN).hot);
	world_reopen(&w);
	store_seal_daily(w.st, true);
	put_rows(1, ROWS + 2, ROWS + 3);
	ck_assert(!oldest(STORE_FIX_IN).hot);
	ck_assert_uint_eq(ROWS + 1, oldest(STORE_FIX_IN).last);
	ck_assert_uint_eq(1, archive_all(STORE_FIX_IN));
	ck_assert_uint_eq(ROWS + 2, oldest(STORE_FIX_IN).number);
	all_there(1, ROWS + 3);
	end();
}
END_TEST

/* ---- a process that dies ---- */

static const char *die_at;
static unsigned die_after;

static int
die(void *arg, const char *step)
{
	(void)arg;
	if (die_at != NULL && strcmp(step, die_at) == 0 && die_after-- == 0)
		kill(getpid(), SIGKILL);
	return 0;
}

/* The child archives all, and deletes the oldest. */
static void
work(void)
{
	struct store_segment s;

	w.cfg.fault = die;
	w.cfg.notify = NULL;
	if (store_open_bdb(&w.st, &w.cfg, err) != 0)
		_exit(1);
	for (;;) {
		s = oldest(STORE_FIX_OUT);
		if (s.hot && store_seal(w.st, STORE_FIX_OUT) != 0)
			_exit(2);
		s = oldest(STORE_FIX_OUT);
		if (s.hot)
			break;
		if (store_archive(w.st, STORE_FIX_OUT, s.number, &quick, &s,
		    err) != 0)
			_exit(3);
	}
	if (store_segment(w.st, STORE_FIX_OUT, 0, &s) != 0 ||
	    store_archive_drop(w.st, STORE_FIX_OUT, s.number, err) != 0)
		_exit(4);
	store_close(w.st);
	_exit(0);
}

START_TEST(a_process_that_dies_loses_no_row)
{
	static const char *const steps[] = { "archive flush",
		"archive compare", "archive rename", "archive keep",
		"archive remove", "archive removed", "seal",
		"archive forget", "archive unlink" };
	uint64_t next, upto, from;
	size_t i;
	unsigned after;
	int status;
	pid_t pid;

	begin(_i);
	put_rows(1, ROWS + 1, 2 * ROWS);
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		for (after = 0; after < (i < 6 ? 2 : 1); after++) {
			store_close(w.st);
			die_at = steps[i];
			die_after = after;
			pid = fork();
			if (pid == 0)
				work();
			ck_assert_int_eq(pid, waitpid(pid, &status, 0));
			ck_assert_msg(WIFSIGNALED(status), "%s: status %x",
			    steps[i], (unsigned)status);
			ck_assert_msg(store_open_bdb(&w.st, &w.cfg, err) == 0,
			    "%s: %s", steps[i], err);
			from = store_oldest(w.st, STORE_FIX_OUT);
			ck_assert(from == 1 || i == 8);
			next = from;
			ck_assert_int_eq(0, store_read(w.st, STORE_FIX_OUT, 0,
			    SIZE_MAX, SIZE_MAX, count, &next, &upto));
			ck_assert_uint_eq(2 * ROWS + 1, next);
			next = from;
			ck_assert_int_eq(0, store_read_out(w.st, 1, 1, 1,
			    UINT64_MAX - 1, SIZE_MAX, SIZE_MAX, count, &next,
			    &upto));
			ck_assert_uint_eq(2 * ROWS + 1, next);
		}
	}
	end();
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
		a_process_that_dies_loses_no_row,
	};
	Suite *s = suite_create("segment");
	TCase *tc = tcase_create("segment");
	SRunner *sr;
	size_t i;
	int failed;

	tcase_set_timeout(tc, 240);
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
