/* What every back end of the store has to do. */
#include "contract.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "world.h"

static struct world w;
static struct world_rows rows;

static struct store_row
text_row(uint32_t session, uint32_t epoch, uint64_t num, const char *text)
{
	return (struct store_row){ .session = session, .epoch = epoch,
		.msg_seq_num = num, .data = text, .len = strlen(text) };
}

static void
add(struct store_batch *b, enum store_table t, uint32_t session,
    uint64_t num, const char *text)
{
	struct store_row row = text_row(session, 1, num, text);

	store_add(b, t, &row);
}

static void
say(struct store_batch *b, uint32_t session, uint64_t in, uint64_t out)
{
	store_set_state(b, &(struct store_state){ .session = session,
	    .epoch = 1, .next_in = in, .next_out = out, .pending = in + out,
	    .created = { 77 } });
}

static uint64_t
commit_of(struct store_batch *b)
{
	uint64_t commit;

	ck_assert_int_eq(0, store_commit(b, &commit));
	return commit;
}

static uint64_t
next_in(uint32_t session)
{
	struct store_state s;

	ck_assert_int_eq(0, store_session_state(w.st, session, &s));
	return s.next_in;
}

START_TEST(sequences_have_no_gap_in_any_table)
{
	struct store_batch *b;
	uint64_t i, commit = 0;
	uint32_t s;

	world_open(&w, _i);
	s = world_session(&w, "A");
	for (i = 1; i <= 20; i++) {
		struct store_row r = text_row(s, 1, i, "x");

		b = store_begin(w.st);
		ck_assert_uint_eq(2 * i - 1,
		    store_add(b, STORE_FIX_IN, &r));
		ck_assert_uint_eq(2 * i, store_add(b, STORE_FIX_IN, &r));
		ck_assert_uint_eq(i, store_add(b, STORE_FIX_OUT, &r));
		ck_assert_uint_eq(3, store_batch_rows(b));
		ck_assert_uint_eq(3, store_batch_bytes(b));
		commit = commit_of(b);
		ck_assert_uint_eq(i, commit);
	}
	world_settle(&w, commit);
	ck_assert_uint_eq(40, store_visible(w.st, STORE_FIX_IN));
	ck_assert_uint_eq(20, store_visible(w.st, STORE_FIX_OUT));
	ck_assert_uint_eq(0, store_visible(w.st, STORE_OUT_PENDING));
	ck_assert_uint_eq(1, store_oldest(w.st, STORE_FIX_IN));
	ck_assert_uint_eq(0, store_oldest(w.st, STORE_OUT_PENDING));
	world_close(&w);
}
END_TEST

START_TEST(a_row_comes_back_with_every_member)
{
	struct store_row in = { .session = 1, .epoch = 9, .msg_seq_num = 1ULL
		<< 60, .time = { -5 }, .flags = STORE_ADMIN | STORE_MASKED,
		.code = 65535, .dict = 7, .a = 1, .b = UINT64_MAX,
		.data = "8=FIX\0\001", .len = 7 }, out;
	struct store_batch *b;
	uint64_t upto;

	world_open(&w, _i);
	world_session(&w, "A");
	b = store_begin(w.st);
	store_add(b, STORE_SESSION_EVENT, &in);
	world_settle(&w, commit_of(b));
	memset(&out, 0, sizeof(out));
	ck_assert_int_eq(0, store_read(w.st, STORE_SESSION_EVENT, 0, 1, 1,
	    contract_copy, &out, &upto));
	ck_assert_uint_eq(1, upto);
	ck_assert(out.seq == 1 && out.session == 1 && out.epoch == 9);
	ck_assert(out.msg_seq_num == in.msg_seq_num && out.time.ns == -5);
	ck_assert(out.flags == in.flags && out.code == 65535);
	ck_assert(out.dict == 7 && out.a == 1 && out.b == UINT64_MAX);
	ck_assert(out.len == 7 && memcmp(out.data, in.data, 7) == 0);
	free((void *)(uintptr_t)out.data);
	world_close(&w);
}
END_TEST

START_TEST(an_aborted_batch_leaves_nothing_and_frees_its_sequences)
{
	struct store_batch *b;
	uint32_t s;

	world_open(&w, _i);
	s = world_session(&w, "A");
	b = store_begin(w.st);
	add(b, STORE_FIX_IN, s, 1, "gone");
	say(b, s, 5, 5);
	store_abort(b);
	ck_assert_uint_eq(1, next_in(s));
	ck_assert_uint_eq(1, world_put(&w, STORE_FIX_IN, s, 1, "kept"));
	world_settle(&w, 1);
	ck_assert_str_eq("1:1:kept ", world_read(&w, STORE_FIX_IN, 0, &rows));
	world_close(&w);
}
END_TEST

START_TEST(an_empty_batch_is_no_commit)
{
	uint64_t commit;

	world_open(&w, _i);
	ck_assert_uint_eq(0, commit_of(store_begin(w.st)));
	world_put(&w, STORE_FIX_IN, 0, 1, "x");
	commit = commit_of(store_begin(w.st));
	ck_assert_uint_eq(1, commit);
	ck_assert_uint_eq(2, world_put(&w, STORE_FIX_IN, 0, 2, "y"));
	world_close(&w);
}
END_TEST

START_TEST(the_last_state_said_in_a_batch_counts)
{
	struct store_batch *b;
	struct store_state st;
	uint32_t s, other;

	world_open(&w, _i);
	s = world_session(&w, "A");
	other = world_session(&w, "B");
	b = store_begin(w.st);
	say(b, s, 2, 1);
	say(b, other, 7, 8);
	say(b, s, 3, 4);
	add(b, STORE_FIX_IN, s, 2, "x");
	commit_of(b);
	ck_assert_int_eq(0, store_session_state(w.st, s, &st));
	ck_assert(st.next_in == 3 && st.next_out == 4 && st.pending == 7);
	ck_assert(st.created.ns == 77 && st.session == s && st.epoch == 1);
	ck_assert_uint_eq(7, next_in(other));
	ck_assert_int_eq(FG_ENOENT, store_session_state(w.st, 3, &st));
	world_close(&w);
}
END_TEST

START_TEST(a_state_of_no_session_is_refused_and_nothing_happens)
{
	struct store_batch *b;
	uint64_t commit;

	world_open(&w, _i);
	b = store_begin(w.st);
	add(b, STORE_FIX_IN, 0, 1, "x");
	say(b, 1, 2, 2);
	ck_assert_int_eq(FG_EINVAL, store_commit(b, &commit));
	ck_assert_uint_eq(1, world_put(&w, STORE_FIX_IN, 0, 1, "y"));
	world_close(&w);
}
END_TEST

START_TEST(sessions_are_known_by_name)
{
	struct store_state st;
	uint32_t a, b;
	bool is_new;

	world_open(&w, _i);
	ck_assert_int_eq(0, store_session(w.st, "A", &a, &st, &is_new));
	ck_assert(is_new && st.session == a && st.epoch == 1);
	ck_assert(st.next_in == 1 && st.next_out == 1 && st.pending == 0);
	ck_assert_int_eq(0, store_session(w.st, "B", &b, &st, &is_new));
	ck_assert(is_new && a != b);
	ck_assert_int_eq(0, store_session(w.st, "A", &b, &st, &is_new));
	ck_assert(!is_new && a == b);
	ck_assert_str_eq("A", store_session_name(w.st, a));
	ck_assert_ptr_null(store_session_name(w.st, 99));
	ck_assert_ptr_null(store_session_name(w.st, 0));
	world_close(&w);
}
END_TEST

START_TEST(a_dictionary_is_kept_once_for_each_text)
{
	struct buf text = { 0 };
	const char *name;
	char *big = malloc(300000);
	uint32_t a, b;

	memset(big, 'x', 300000);
	world_open(&w, _i);
	ck_assert_int_eq(0, store_dict(w.st, "FIX44.xml", "<fix/>", 6, &a));
	ck_assert_int_eq(0, store_dict(w.st, "other.xml", "<fix/>", 6, &b));
	ck_assert_uint_eq(a, b);
	ck_assert_int_eq(0, store_dict(w.st, "big.xml", big, 300000, &b));
	ck_assert_uint_ne(a, b);
	ck_assert_int_eq(0, store_dict_text(w.st, b, &text, &name));
	ck_assert(text.len == 300000 && memcmp(text.p, big, text.len) == 0);
	ck_assert_str_eq("big.xml", name);
	ck_assert_int_eq(0, store_dict_text(w.st, a, &text, NULL));
	ck_assert_uint_eq(300006, text.len);
	ck_assert_int_eq(FG_ENOENT, store_dict_text(w.st, 9, &text, NULL));
	ck_assert_int_eq(FG_EINVAL, store_dict(w.st, "empty", "", 0, &a));
	buf_free(&text);
	free(big);
	world_close(&w);
}
END_TEST

START_TEST(reading_stops_where_it_is_told)
{
	uint64_t upto, i;

	world_open(&w, _i);
	for (i = 1; i <= 10; i++)
		world_put(&w, STORE_FIX_IN, 0, i, "12345");
	world_settle(&w, 10);
	memset(&rows, 0, sizeof(rows));
	ck_assert_int_eq(0, store_read(w.st, STORE_FIX_IN, 2, 3, SIZE_MAX,
	    world_row, &rows, &upto));
	ck_assert_str_eq("3:3:12345 4:4:12345 5:5:12345 ", rows.text);
	ck_assert_uint_eq(5, upto);
	memset(&rows, 0, sizeof(rows));
	ck_assert_int_eq(0, store_read(w.st, STORE_FIX_IN, 0, 99, 12,
	    world_row, &rows, &upto));
	ck_assert_uint_eq(2, upto);
	memset(&rows, 0, sizeof(rows));
	ck_assert_int_eq(0, store_read(w.st, STORE_FIX_IN, 0, 99, 1,
	    world_row, &rows, &upto));
	ck_assert_uint_eq(1, upto);
	memset(&rows, 0, sizeof(rows));
	rows.stop_at = 4;
	ck_assert_int_eq(0, store_read(w.st, STORE_FIX_IN, 0, 99, SIZE_MAX,
	    world_row, &rows, &upto));
	ck_assert(rows.n == 4 && upto == 4);
	ck_assert_str_eq("", world_read(&w, STORE_FIX_IN, 10, &rows));
	ck_assert_int_eq(0, store_read(w.st, STORE_FIX_IN, 50, 1, 1,
	    world_row, &rows, &upto));
	ck_assert_uint_eq(50, upto);
	world_close(&w);
}
END_TEST

START_TEST(nothing_is_visible_before_it_is_durable)
{
	struct store_batch *b;
	uint32_t s;
	uint64_t next;

	world_open(&w, _i);
	if (!world_can_hold(&w)) {
		world_close(&w);
		return;
	}
	s = world_session(&w, "A");
	world_settle(&w, world_put(&w, STORE_FIX_OUT, s, 1, "a"));
	world_hold(&w);
	world_put(&w, STORE_FIX_OUT, s, 2, "b");
	b = store_begin(w.st);
	add(b, STORE_FIX_OUT, s, 3, "c");
	say(b, s, 1, 4);
	ck_assert_uint_eq(3, commit_of(b));
	ck_assert_uint_eq(1, store_durable(w.st));
	ck_assert_uint_eq(1, store_visible(w.st, STORE_FIX_OUT));
	ck_assert_str_eq("1:1:a ", world_read(&w, STORE_FIX_OUT, 0, &rows));
	memset(&rows, 0, sizeof(rows));
	ck_assert_int_eq(0, store_read_out(w.st, s, 1, 1, 9, 9, 99,
	    world_row, &rows, &next));
	ck_assert_str_eq("1:1:a ", rows.text);
	world_release(&w);
	world_settle(&w, 3);
	ck_assert_str_eq("1:1:a 2:2:b 3:3:c ",
	    world_read(&w, STORE_FIX_OUT, 0, &rows));
	world_close(&w);
}
END_TEST

START_TEST(a_commit_without_space_never_happened)
{
	static const char *const steps[] = { "FIX_IN put", "FIX_OUT put",
		"commit" };
	struct store_batch *b;
	uint64_t commit;
	uint32_t s;
	size_t i;
	int err;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		world_open(&w, _i);
		s = world_session(&w, "A");
		world_settle(&w, world_put(&w, STORE_FIX_IN, s, 1, "a"));
		w.fail_err = FG_ENOSPC;
		w.fail_step = steps[i];
		b = store_begin(w.st);
		add(b, STORE_FIX_IN, s, 2, "lost");
		add(b, STORE_FIX_OUT, s, 1, "lost");
		say(b, s, 3, 2);
		err = store_commit(b, &commit);
		if (_i == WORLD_SYNCED) {
			ck_assert_int_eq(0, err);
			ck_assert_int_eq(FG_ENOSPC, world_failed(&w));
			err = store_commit(store_begin(w.st), &commit);
			ck_assert_int_eq(FG_ENOSPC, err);
			ck_assert_int_eq(0, store_recover(w.st));
		}
		ck_assert_int_eq(FG_ENOSPC, err);
		w.fail_step = NULL;
		ck_assert_uint_eq(1, next_in(s));
		ck_assert_uint_eq(1, store_durable(w.st));
		ck_assert_uint_eq(2,
		    world_put(&w, STORE_FIX_IN, s, 2, "b"));
		world_settle(&w, 2);
		ck_assert_str_eq("1:1:a 2:2:b ",
		    world_read(&w, STORE_FIX_IN, 0, &rows));
		ck_assert_str_eq("",
		    world_read_out(&w, s, 1, 1, 9, &rows));
		world_close(&w);
	}
}
END_TEST

START_TEST(recovery_throws_away_what_was_not_durable)
{
	struct store_batch *b;
	uint32_t s;

	world_open(&w, _i);
	if (!world_can_hold(&w)) {
		world_close(&w);
		return;
	}
	s = world_session(&w, "A");
	b = store_begin(w.st);
	add(b, STORE_FIX_OUT, s, 1, "a");
	say(b, s, 1, 2);
	world_settle(&w, commit_of(b));
	w.fail_step = "flush";
	w.fail_err = FG_ENOSPC;
	world_hold(&w);
	b = store_begin(w.st);
	add(b, STORE_FIX_OUT, s, 2, "lost");
	say(b, s, 1, 3);
	commit_of(b);
	world_put(&w, STORE_FIX_OUT, s, 3, "lost");
	if (_i == WORLD_MEM) {
		store_mem_power_cut(w.st);
	} else {
		world_release(&w);
		ck_assert_int_eq(FG_ENOSPC, world_failed(&w));
		w.fail_step = NULL;
	}
	ck_assert_uint_eq(1, store_durable(w.st));
	ck_assert_int_eq(0, store_recover(w.st));
	world_release(&w);
	ck_assert_uint_eq(1, next_in(s));
	ck_assert_uint_eq(2, world_put(&w, STORE_FIX_OUT, s, 2, "b"));
	world_settle(&w, 2);
	ck_assert_str_eq("1:1:a 2:2:b ",
	    world_read(&w, STORE_FIX_OUT, 0, &rows));
	ck_assert_str_eq("1:1:a 2:2:b ",
	    world_read_out(&w, s, 1, 1, 9, &rows));
	world_close(&w);
}
END_TEST

START_TEST(the_resend_source_keeps_sessions_and_epochs_apart)
{
	struct store_batch *b;
	struct store_row r;
	uint32_t s, other, i;
	int pass;

	world_open(&w, _i);
	s = world_session(&w, "A");
	other = world_session(&w, "B");
	b = store_begin(w.st);
	for (i = 1; i <= 3; i++) {
		add(b, STORE_FIX_OUT, s, i, "a");
		add(b, STORE_FIX_OUT, other, i + 100, "b");
	}
	commit_of(b);
	b = store_begin(w.st);
	r = text_row(s, 2, 1, "new");
	store_add(b, STORE_FIX_OUT, &r);
	add(b, STORE_FIX_OUT, other, 104, "b");
	world_settle(&w, commit_of(b));
	for (pass = 0; pass < (_i == WORLD_MEM ? 1 : 2); pass++) {
		ck_assert_str_eq("3:2:a 5:3:a ",
		    world_read_out(&w, s, 1, 2, 9, &rows));
		ck_assert_str_eq("7:1:new ", world_read_out(&w, s, 2, 1, 9, &rows));
		ck_assert_str_eq("", world_read_out(&w, s, 3, 1, 9, &rows));
		ck_assert_str_eq("6:103:b 8:104:b ",
		    world_read_out(&w, other, 1, 103, 200, &rows));
		ck_assert_str_eq("", world_read_out(&w, other, 1, 1, 100, &rows));
		if (_i != WORLD_MEM)
			world_reopen(&w); /* now from the disk */
	}
	world_close(&w);
}
END_TEST

START_TEST(a_resend_goes_on_where_it_stopped)
{
	uint64_t next, i, commit = 0;
	uint32_t s;

	world_open(&w, _i);
	s = world_session(&w, "A");
	for (i = 1; i <= 9; i++)
		commit = world_put(&w, STORE_FIX_OUT, s, 2 * i, "x");
	world_settle(&w, commit);
	for (i = 1, next = 1; next <= 18; i++) {
		memset(&rows, 0, sizeof(rows));
		ck_assert_int_eq(0, store_read_out(w.st, s, 1, next, 18, 2,
		    99, world_row, &rows, &next));
		ck_assert(i <= 6);
		if (i <= 4)
			ck_assert(rows.n == 2 && next == 4 * i + 1);
	}
	ck_assert_uint_eq(19, next);
	ck_assert_int_eq(FG_ENOENT, store_read_out(w.st, 42, 1, 1, 2, 1, 1,
	    world_row, &rows, &next));
	world_close(&w);
}
END_TEST

START_TEST(rows_of_a_megabyte_and_batches_of_thousands_fit)
{
	char *big = malloc(1 << 20);
	struct store_row r = { .session = 1, .epoch = 1, .data = big,
		.len = 1 << 20 };
	struct store_batch *b;
	uint32_t s, i;

	memset(big, 'x', 1 << 20);
	world_open(&w, _i);
	s = world_session(&w, "A");
	b = store_begin(w.st);
	for (i = 1; i <= 3; i++) {
		r.msg_seq_num = i;
		store_add(b, STORE_FIX_OUT, &r);
	}
	r.len = 100;
	for (; i <= 1000; i++) {
		r.msg_seq_num = i;
		store_add(b, STORE_FIX_OUT, &r);
	}
	say(b, s, 1, 1001);
	world_settle(&w, commit_of(b));
	world_read(&w, STORE_FIX_OUT, 0, &rows);
	ck_assert(rows.n == 1000 && rows.last == 1000);
	world_read_out(&w, s, 1, 2, 900, &rows);
	ck_assert(rows.n == 899 && rows.last == 900);
	world_read(&w, STORE_FIX_OUT, 998, &rows);
	ck_assert(rows.n == 2 && rows.last == 1000);
	free(big);
	world_close(&w);
}
END_TEST

int
contract_copy(void *arg, const struct store_row *row)
{
	struct store_row *out = arg;
	char *data = malloc(row->len);

	memcpy(data, row->data, row->len);
	*out = *row;
	out->data = data;
	return 0;
}

struct reading {
	pthread_t thread;
	uint64_t want;
	uint64_t got;
	int wrong;
};

static int
in_order(void *arg, const struct store_row *row)
{
	struct reading *r = arg;

	if (row->seq != r->got + 1 || row->msg_seq_num != row->seq
	    || row->len != 3)
		r->wrong = 1;
	r->got = row->seq;
	return 0;
}

static void *
read_along(void *arg)
{
	struct reading *r = arg;
	uint64_t upto = 0, seen;

	while (r->got < r->want && !r->wrong) {
		seen = store_visible(w.st, STORE_FIX_IN);
		if (store_read(w.st, STORE_FIX_IN, r->got, SIZE_MAX, SIZE_MAX,
		    in_order, r, &upto) != 0 || upto != r->got || upto < seen)
			r->wrong = 1;
		sched_yield();
	}
	return NULL;
}

START_TEST(readers_see_every_row_once_while_the_loop_writes)
{
	struct reading r[2];
	struct store_batch *b;
	uint64_t n = 0;
	size_t i;

	world_open(&w, _i);
	for (i = 0; i < 2; i++) {
		r[i] = (struct reading){ .want = 6000 };
		ck_assert_int_eq(0, pthread_create(&r[i].thread, NULL,
		    read_along, &r[i]));
	}
	while (n < 6000) {
		b = store_begin(w.st);
		for (i = 0; i < 1 + n % 7 && n < 6000; i++)
			add(b, STORE_FIX_IN, 0, ++n, "abc");
		commit_of(b);
	}
	for (i = 0; i < 2; i++) {
		pthread_join(r[i].thread, NULL);
		ck_assert(!r[i].wrong && r[i].got == 6000);
	}
	world_close(&w);
}
END_TEST

TCase *
contract_case(int first, int last)
{
	const TTest *const tests[] = {
		sequences_have_no_gap_in_any_table,
		a_row_comes_back_with_every_member,
		an_aborted_batch_leaves_nothing_and_frees_its_sequences,
		an_empty_batch_is_no_commit,
		the_last_state_said_in_a_batch_counts,
		a_state_of_no_session_is_refused_and_nothing_happens,
		sessions_are_known_by_name,
		a_dictionary_is_kept_once_for_each_text,
		reading_stops_where_it_is_told,
		nothing_is_visible_before_it_is_durable,
		a_commit_without_space_never_happened,
		recovery_throws_away_what_was_not_durable,
		the_resend_source_keeps_sessions_and_epochs_apart,
		a_resend_goes_on_where_it_stopped,
		rows_of_a_megabyte_and_batches_of_thousands_fit,
		readers_see_every_row_once_while_the_loop_writes,
	};
	TCase *tc = tcase_create("contract");
	size_t i;

	tcase_set_timeout(tc, 600);
	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_loop_test(tc, tests[i], first, last + 1);
	return tc;
}
