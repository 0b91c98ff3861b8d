/* Marks, in every back end. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "contract.h"
#include "world.h"

static struct world w;
static struct world_rows rows;

static uint32_t
mark(const char *name)
{
	struct store_mark m;
	uint32_t id;
	bool is_new;

	ck_assert_int_eq(0, store_mark(w.st, name, &id, &m, &is_new));
	ck_assert_uint_eq(id, m.id);
	return id;
}

static void
set(struct store_batch *b, uint32_t id, uint64_t seq)
{
	store_set_mark(b, &(struct store_mark){ .id = id, .part = 3,
	    .seq = seq, .token = 9, .flags = 1ULL << 40, .time = { -7 } });
}

static void
is_at(uint32_t id, uint64_t seq)
{
	struct store_mark m;

	ck_assert_int_eq(0, store_mark_state(w.st, id, &m));
	ck_assert_uint_eq(seq, m.seq);
	if (seq != 0)
		ck_assert(m.id == id && m.part == 3 && m.token == 9 &&
		    m.flags == 1ULL << 40 && m.time.ns == -7);
}

START_TEST(a_mark_commits_with_the_rows)
{
	struct store_batch *b;
	struct store_row row = { .epoch = 1, .data = "x", .len = 1 };
	struct store_state s;
	uint32_t lane, cursor, id;
	uint64_t commit;

	world_open(&w, _i);
	id = world_session(&w, "lane");
	lane = mark("lane");
	ck_assert_uint_ne(id, lane);
	ck_assert_uint_eq(lane, mark("lane"));
	is_at(lane, 0);
	b = store_begin(w.st);
	cursor = mark("cursor"); /* whose name comes up in a wake-up */
	store_add(b, STORE_FIX_OUT, &row);
	set(b, lane, 5);
	set(b, cursor, 4);
	is_at(lane, 5); /* though it is not committed */
	set(b, lane, 6);
	ck_assert_int_eq(0, store_commit(b, &commit));
	b = store_begin(w.st);
	set(b, cursor, 8);
	ck_assert_int_eq(0, store_commit(b, &commit));
	b = store_begin(w.st);
	set(b, lane, 9);
	is_at(lane, 9);
	store_abort(b);
	is_at(lane, 6);
	world_settle(&w, commit);
	if (_i != WORLD_MEM)
		world_reopen(&w);
	is_at(lane, 6);
	is_at(cursor, 8);
	ck_assert_uint_eq(lane, store_mark_find(w.st, "lane"));
	ck_assert_uint_eq(0, store_mark_find(w.st, "lan"));
	ck_assert_str_eq("lane", store_mark_name(w.st, lane));
	ck_assert_ptr_null(store_session_name(w.st, lane));
	ck_assert_str_eq("lane", store_session_name(w.st, id));
	ck_assert_ptr_null(store_mark_name(w.st, id));
	ck_assert_ptr_null(store_mark_name(w.st, 99));
	ck_assert_uint_eq(cursor, store_last_id(w.st));
	ck_assert_int_eq(0, store_session_state(w.st, id, &s));
	ck_assert(s.next_in == 1 && s.next_out == 1);
	ck_assert_str_eq("1:0:x ", world_read(&w, STORE_FIX_OUT, 0, &rows));
	world_close(&w);
}
END_TEST

START_TEST(a_mark_of_a_commit_that_is_taken_back_is_taken_back)
{
	struct store_batch *b;
	uint64_t commit;
	uint32_t id;

	world_open(&w, _i);
	id = mark("lane");
	b = store_begin(w.st);
	set(b, id, 5);
	ck_assert_int_eq(0, store_commit(b, &commit));
	world_settle(&w, commit);
	w.fail_err = FG_ENOSPC;
	w.fail_step = "commit";
	b = store_begin(w.st);
	set(b, id, 6);
	if (store_commit(b, &commit) == 0)
		ck_assert_int_eq(FG_ENOSPC, world_failed(&w));
	w.fail_step = NULL;
	ck_assert_int_eq(0, store_recover(w.st));
	is_at(id, 5);
	if (_i != WORLD_MEM)
		world_reopen(&w);
	is_at(id, 5);
	world_close(&w);
}
END_TEST

START_TEST(names_that_cannot_be_a_mark_are_refused)
{
	char name[STORE_MARK_NAME_MAX + 2];
	struct store_mark m;
	struct store_state s;
	uint32_t id, last;
	bool is_new;

	world_open(&w, _i);
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	last = store_last_id(w.st);
	ck_assert_int_eq(FG_EINVAL, store_mark(w.st, name, &id, &m, &is_new));
	ck_assert_int_eq(FG_EINVAL, store_mark(w.st, "", &id, &m, &is_new));
	ck_assert_int_eq(FG_EINVAL, store_session(w.st, "\tA", &id, &s,
	    &is_new));
	ck_assert_uint_eq(last, store_last_id(w.st));
	name[sizeof(name) - 2] = '\0';
	id = mark(name);
	w.fail_err = FG_ENOSPC;
	w.fail_step = "SESSION put";
	ck_assert_int_eq(FG_ENOSPC, store_mark(w.st, "B", &last, &m,
	    &is_new));
	ck_assert_uint_eq(0, store_mark_find(w.st, "B"));
	w.fail_step = NULL;
	if (_i != WORLD_MEM)
		world_reopen(&w);
	ck_assert_str_eq(name, store_mark_name(w.st, id));
	world_close(&w);
}
END_TEST

TCase *
marks_case(int first, int last)
{
	const TTest *const tests[] = {
		a_mark_commits_with_the_rows,
		a_mark_of_a_commit_that_is_taken_back_is_taken_back,
		names_that_cannot_be_a_mark_are_refused,
	};
	TCase *tc = tcase_create("marks");
	size_t i;

	tcase_set_timeout(tc, 600);
	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_loop_test(tc, tests[i], first, last + 1);
	return tc;
}
