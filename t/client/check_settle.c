#include "check_client.h"

#include <stdlib.h>

#include "base/err.h"
#include "client/settle.h"

static struct settle *s;

static void
setup(void)
{
	s = settle_new(100);
	ck_assert_ptr_nonnull(s);
}

static void
teardown(void)
{
	settle_free(s);
}

static void
cursor_is(uint64_t want)
{
	ck_assert_uint_eq(want, settle_cursor(s));
}

START_TEST(nothing_came_and_the_cursor_stays)
{
	cursor_is(100);
	ck_assert(settle_knows(s, 100));
	ck_assert(!settle_knows(s, 101));
}
END_TEST

START_TEST(a_row_is_settled_when_every_send_has_its_answer)
{
	ck_assert_int_eq(0, settle_row(s, 101, 2));
	cursor_is(100);
	ck_assert_int_eq(0, settle_done(s, 101));
	cursor_is(100);
	ck_assert_int_eq(0, settle_done(s, 101));
	cursor_is(101);
	ck_assert_int_eq(FG_ENOENT, settle_done(s, 101));
}
END_TEST

START_TEST(the_row_that_waits_holds_the_cursor_and_is_not_skipped)
{
	ck_assert_int_eq(0, settle_row(s, 105, 1));
	ck_assert_int_eq(0, settle_row(s, 106, 1));
	ck_assert_int_eq(0, settle_row(s, 109, 1));
	ck_assert_int_eq(0, settle_done(s, 106));
	cursor_is(104);
	ck_assert_uint_eq(3, settle_held(s));
	ck_assert_int_eq(0, settle_done(s, 105));
	cursor_is(108);
	ck_assert_int_eq(0, settle_done(s, 109));
	cursor_is(109);
	ck_assert_uint_eq(0, settle_held(s));
}
END_TEST

START_TEST(what_is_filtered_here_or_upstream_is_settled)
{
	ck_assert_int_eq(0, settle_row(s, 110, 0));
	cursor_is(110);
	settle_upto(s, 120);
	cursor_is(120);
	ck_assert_int_eq(0, settle_row(s, 121, 1));
	ck_assert_int_eq(0, settle_row(s, 122, 0));
	settle_upto(s, 130);
	cursor_is(120);
	ck_assert_int_eq(0, settle_done(s, 121));
	cursor_is(130);
}
END_TEST

START_TEST(a_repeated_row_changes_nothing)
{
	ck_assert_int_eq(0, settle_row(s, 101, 1));
	ck_assert_int_eq(FG_EEXIST, settle_row(s, 101, 1));
	ck_assert_int_eq(FG_EEXIST, settle_row(s, 7, 1));
	settle_upto(s, 50);
	cursor_is(100);
	ck_assert_int_eq(0, settle_done(s, 101));
	cursor_is(101);
	ck_assert_int_eq(FG_ENOENT, settle_done(s, 102));
}
END_TEST

/* Against the definition: rows 1..n, each with some events, answered in random
 * order; the cursor is the last row before the first that waits. */
START_TEST(the_cursor_is_what_the_definition_says)
{
	enum { ROWS = 500 };
	unsigned events[ROWS + 1] = { 0 }, seed = (unsigned)_i + 1, open = 0;
	uint64_t want, before = 100;
	size_t last = 0, i;

	srand(seed);
	while (last < ROWS || open > 0) {
		if (last < ROWS && rand() % 2 == 0) {
			last++;
			events[last] = (unsigned)rand() % 4;
			open += events[last];
			ck_assert_int_eq(0,
			    settle_row(s, 100 + last, events[last]));
		} else if (open > 0) {
			do
				i = 1 + (size_t)rand() % last;
			while (events[i] == 0);
			events[i]--;
			open--;
			ck_assert_int_eq(0, settle_done(s, 100 + i));
		}
		for (want = 0; want < last && events[want + 1] == 0;)
			want++;
		ck_assert_msg(settle_cursor(s) == 100 + want, "seed %u", seed);
		ck_assert_msg(settle_cursor(s) >= before, "seed %u", seed);
		before = settle_cursor(s);
	}
	cursor_is(100 + ROWS);
}
END_TEST

TCase *
settle_cases(void)
{
	TCase *t = tcase_create("settle");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, nothing_came_and_the_cursor_stays);
	tcase_add_test(t, a_row_is_settled_when_every_send_has_its_answer);
	tcase_add_test(t, the_row_that_waits_holds_the_cursor_and_is_not_skipped);
	tcase_add_test(t, what_is_filtered_here_or_upstream_is_settled);
	tcase_add_test(t, a_repeated_row_changes_nothing);
	tcase_add_loop_test(t, the_cursor_is_what_the_definition_says, 0, 10);
	return t;
}
