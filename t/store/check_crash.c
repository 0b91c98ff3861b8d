/*
 * A process that dies at any step of the store leaves whole commits: a child
 * commits in a loop and is killed at a step, the parent opens what is left.
 */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "world.h"

#define COMMITS 400 /* of a child that is not killed */

struct plan {
	const char *step; /* die here ... */
	unsigned after;   /* ... the next time after so many */
};

static char dir[] = "crash.XXXXXX";
static struct store_cfg cfg;
static struct plan plan;
static unsigned passed;

static int
die(void *arg, const char *step)
{
	(void)arg;
	if (strcmp(step, plan.step) == 0 && passed++ >= plan.after)
		kill(getpid(), SIGKILL);
	return 0;
}

/* One message came in and one goes out, with the next numbers of both; it was
 * an event of a lane, and there is a row of a declared table. */
static uint64_t
one_commit(struct store *st, uint32_t session, uint32_t lane,
    enum store_table orders, uint64_t num)
{
	static char text[1500];
	struct store_batch *b = store_begin(st);
	struct store_row row = { .session = session, .epoch = 1,
		.msg_seq_num = num, .data = text, .len = 700 + num % 800 };
	uint64_t commit;

	store_add(b, STORE_FIX_IN, &row);
	store_add(b, STORE_FIX_OUT, &row);
	store_add(b, orders, &row);
	store_set_mark(b, &(struct store_mark){ .id = lane, .seq = num,
	    .token = 1 });
	store_set_state(b, &(struct store_state){ .session = session,
	    .epoch = 1, .next_in = num + 1, .next_out = num + 1 });
	return store_commit(b, &commit) == 0 ? commit : 0;
}

/* The child: says each commit that is durable on fd. */
static void
work(int fd)
{
	char err[STORE_ERR_MAX];
	enum store_table orders;
	struct store_state s;
	struct store_mark m;
	struct store *st;
	uint64_t durable, said = 0, num;
	uint32_t id, lane;
	bool is_new;

	if (store_open_bdb(&st, &cfg, err) != 0
	    || store_session(st, "A", &id, &s, &is_new) != 0
	    || store_mark(st, "lane", &lane, &m, &is_new) != 0
	    || store_table_define(st, "ORDERS", "", &orders) != 0)
		_exit(1);
	for (num = s.next_in; num < s.next_in + COMMITS; num++) {
		if (one_commit(st, id, lane, orders, num) != num)
			_exit(2);
		durable = store_durable(st);
		if (durable != said && write(fd, &durable,
		    sizeof(durable)) != sizeof(durable))
			_exit(3);
		said = durable;
	}
	store_close(st);
	_exit(0);
}

/* Run a child to its death; returns the last commit that it saw durable. */
static uint64_t
run_child(void)
{
	uint64_t durable = 0, v;
	int fd[2], status;
	pid_t pid;

	passed = 0;
	ck_assert_int_eq(0, pipe(fd));
	pid = fork();
	ck_assert_int_ne(-1, pid);
	if (pid == 0) {
		close(fd[0]);
		work(fd[1]);
	}
	close(fd[1]);
	while (read(fd[0], &v, sizeof(v)) == sizeof(v))
		durable = v;
	close(fd[0]);
	ck_assert_int_eq(pid, waitpid(pid, &status, 0));
	ck_assert_msg(WIFSIGNALED(status), "step %s, %u: status %x",
	    plan.step, plan.after, (unsigned)status);
	return durable;
}

static int
count(void *arg, const struct store_row *row)
{
	uint64_t *next = arg;

	if (row->msg_seq_num == *next && row->seq == *next
	    && row->len == 700 + *next % 800)
		++*next;
	return 0;
}

/* Open what is left: rows, index and numbers agree. Returns the rows. */
static uint64_t
look(uint64_t durable)
{
	char err[STORE_ERR_MAX];
	struct store_state s = { 0 };
	struct store *st;
	uint64_t in = 1, out = 1, resend = 1, rows = 1, upto;
	struct store_mark m = { 0 };
	enum store_table orders;
	uint32_t id;
	bool is_new;

	cfg.fault = NULL;
	ck_assert_msg(store_open_bdb(&st, &cfg, err) == 0, "%s", err);
	cfg.fault = die;
	ck_assert_int_eq(0, store_session(st, "A", &id, &s, &is_new));
	ck_assert_int_eq(0, store_read(st, STORE_FIX_IN, 0, SIZE_MAX, SIZE_MAX,
	    count, &in, &upto));
	ck_assert_int_eq(0, store_read(st, STORE_FIX_OUT, 0, SIZE_MAX,
	    SIZE_MAX, count, &out, &upto));
	ck_assert_int_eq(0, store_read_out(st, id, 1, 1, UINT64_MAX - 1,
	    SIZE_MAX, SIZE_MAX, count, &resend, &upto));
	orders = store_table_by_name(st, "ORDERS");
	id = store_mark_find(st, "lane");
	if (in > 1)
		ck_assert(orders != 0 && id != 0);
	if (orders != 0)
		ck_assert_int_eq(0, store_read(st, orders, 0, SIZE_MAX,
		    SIZE_MAX, count, &rows, &upto));
	if (id != 0)
		ck_assert_int_eq(0, store_mark_state(st, id, &m));
	ck_assert_uint_eq(rows, in);
	ck_assert_uint_eq(m.seq, in - 1);
	ck_assert_uint_eq(store_visible(st, STORE_FIX_IN), in - 1);
	ck_assert_uint_eq(s.next_in, in);
	ck_assert_uint_eq(s.next_out, out);
	ck_assert_uint_eq(s.next_out, resend);
	ck_assert_uint_eq(store_durable(st), in - 1);
	ck_assert_uint_ge(in - 1, durable);
	store_close(st);
	return in - 1;
}

static void
crash_everywhere(enum store_durability durability)
{
	static const char *const steps[] = { "segment", "FIX_IN put",
		"FIX_OUT put", "index put", "ORDERS put", "states put",
		"commit", "committed", "flush" };
	/* Of a new store only: the session, which look() then makes, the
	 * mark, the table. */
	static const struct plan first[] = { { "SESSION put", 0 },
		{ "SESSION put", 0 }, { "TABLE put", 0 } };
	static const unsigned after[] = { 0, 1, 7, 40 };
	size_t i, k;

	strcpy(dir, "crash.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	cfg = (struct store_cfg){ .path = dir, .durability = durability,
		.segment_bytes = 32 << 10, .fault = die };
	for (i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
		plan = first[i];
		look(run_child());
	}
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		for (k = 0; k < sizeof(after) / sizeof(after[0]); k++) {
			plan = (struct plan){ steps[i], after[k] };
			/* segments and their states are few in a child */
			if (after[k] > 7 && (i == 0 || i == 5))
				continue;
			if (strcmp(steps[i], "flush") == 0
			    && (durability != STORE_SYNCED || after[k] > 1))
				continue;
			look(run_child());
		}
	}
	world_rmdir(dir);
}

START_TEST(a_killed_process_leaves_whole_commits_when_written)
{
	crash_everywhere(STORE_WRITTEN);
}
END_TEST

START_TEST(a_killed_process_leaves_whole_commits_when_synced)
{
	crash_everywhere(STORE_SYNCED);
}
END_TEST

/* A message is in FIX_IN, with the next expected number, in the same
 * transaction: seen from both sides of the one moment that matters. */
START_TEST(a_message_and_the_next_expected_number_are_one_transaction)
{
	strcpy(dir, "crash.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	cfg = (struct store_cfg){ .path = dir, .durability = STORE_WRITTEN,
		.fault = die };
	plan = (struct plan){ "commit", 3 };
	run_child();
	ck_assert_uint_eq(3, look(3));
	plan = (struct plan){ "committed", 3 };
	run_child();
	ck_assert_uint_eq(7, look(6));
	world_rmdir(dir);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("crash");
	TCase *tc = tcase_create("crash");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 600);
	tcase_add_test(tc,
	    a_killed_process_leaves_whole_commits_when_written);
	tcase_add_test(tc, a_killed_process_leaves_whole_commits_when_synced);
	tcase_add_test(tc,
	    a_message_and_the_next_expected_number_are_one_transaction);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
