/*
 * The promises of session.h that no single talk shows. The talks are in *.fix,
 * the table of states and events in check_table.c.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "helpers.h"

/* ---- timers ---- */

static size_t
tick(struct mem *m, int64_t at_ns)
{
	struct sess_acts a = { 0 };
	size_t n;

	m->now.mono.ns = at_ns;
	sess_tick(m->s, m->now, &a);
	n = a.n;
	mem_run(m, &a, NULL, m->now.wall);
	sess_acts_free(&a);
	return n;
}

START_TEST(nothing_happens_before_sess_due_and_something_at_it)
{
	struct sess_cfg c = test_config(_i == SESS_LOGON_SENT ? SESS_INITIATOR :
	    SESS_ACCEPTOR);
	struct mem m;
	mono_t due;
	int i;

	test_open(&m, &c);
	test_reach(&m, (enum sess_state)_i);
	for (i = 0; i < 5; i++) {
		due = sess_due(m.s);
		if (due.ns == MONO_NEVER.ns)
			break;
		ck_assert(mono_before(m.now.mono, due));
		ck_assert_uint_eq(0, tick(&m, due.ns - 1));
		ck_assert_uint_ne(0, tick(&m, due.ns));
	}
	ck_assert((_i == SESS_DOWN || _i == SESS_ENDING) == (i == 0));
	mem_close(&m);
}
END_TEST

START_TEST(a_heartbeat_that_is_released_late_is_not_followed_by_another)
{
	struct sess_cfg c = test_config(SESS_ACCEPTOR);
	struct sess_acts a = { 0 };
	struct mem m;
	int64_t t;

	test_open(&m, &c);
	test_log_on(&m);
	t = sess_due(m.s).ns;
	m.now.mono.ns = t;
	sess_tick(m.s, m.now, &a);
	ck_assert_uint_eq(3, a.n);
	sess_acts_clear(&a);
	m.now.mono.ns = t + NS_PER_S;
	sess_tick(m.s, m.now, &a);
	ck_assert_uint_eq(0, a.n);
	test_receive(&m, 2, "0", "");
	sess_released(m.s, m.now);
	ck_assert(sess_due(m.s).ns == t + 11 * NS_PER_S);
	sess_acts_free(&a);
	mem_close(&m);
}
END_TEST

START_TEST(after_a_long_stop_of_ours_the_peer_is_asked_before_we_close)
{
	struct sess_cfg c = test_config(SESS_ACCEPTOR);
	struct mem m;
	int64_t t;

	test_open(&m, &c);
	test_log_on(&m);
	t = m.now.mono.ns + 1000 * NS_PER_S;
	ck_assert_uint_ne(0, tick(&m, t));
	ck_assert(mem_has(m.sent.v[m.sent.n - 1].p, m.sent.v[m.sent.n - 1].len,
	    "35=1"));
	ck_assert(sess_state(m.s) == SESS_ON);
	ck_assert(sess_due(m.s).ns == t + 12 * NS_PER_S);
	ck_assert_uint_ne(0, tick(&m, t + 12 * NS_PER_S));
	ck_assert(sess_state(m.s) == SESS_ENDING);
	mem_close(&m);
}
END_TEST

/* ---- bounds ---- */

static size_t
count(const struct mem_list *l, uint64_t code)
{
	size_t i, n = 0;

	for (i = 0; i < l->n; i++)
		n += l->v[i].seq == code;
	return n;
}

START_TEST(early_messages_are_bounded_in_number_and_bytes)
{
	static const struct {
		uint32_t max, bytes;
		size_t kept;
	} row[] = { { 5, 1 << 20, 5 }, { 100, 300, 3 }, { 100, 1, 0 },
		{ 0, 1 << 20, 0 } };
	struct sess_cfg c = test_config(SESS_ACCEPTOR);
	struct mem m;
	uint64_t seq;
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		c.max_early = row[i].max;
		c.max_early_bytes = row[i].bytes;
		test_open(&m, &c);
		test_log_on(&m);
		for (seq = 3; seq < 23; seq++)
			test_receive(&m, seq, "D", "11=x|");
		ck_assert_uint_eq(row[i].kept, m.kept.n);
		ck_assert_uint_eq(20 - row[i].kept,
		    count(&m.other, SESS_OTHER_EARLY_DROPPED));
		ck_assert(sess_gap(m.s) == 2);
		test_receive(&m, 2, "D", "11=x|");
		ck_assert_uint_eq(0, m.kept.n);
		ck_assert(sess_gap(m.s) == 0);
		ck_assert(sess_seqs(m.s).next_in == 3 + row[i].kept);
		mem_close(&m);
	}
}
END_TEST

START_TEST(what_is_kept_is_forgotten_when_it_is_of_no_use)
{
	struct sess_cfg c = test_config(SESS_ACCEPTOR);
	struct mem m;

	test_open(&m, &c);
	test_log_on(&m);
	test_receive(&m, 5, "0", "");
	ck_assert_uint_eq(1, m.kept.n);
	test_receive(&m, 2, "4", "36=9|");
	ck_assert_uint_eq(0, m.kept.n);
	test_receive(&m, 12, "0", "");
	ck_assert_uint_eq(1, m.kept.n);
	test_receive(&m, 1, "A", "98=0|108=10|141=Y|");
	ck_assert_uint_eq(0, m.kept.n);
	test_receive(&m, 5, "0", "");
	ck_assert_uint_eq(1, m.kept.n);
	mem_disconnect(&m);
	ck_assert_uint_eq(0, m.kept.n);
	mem_close(&m);
}
END_TEST

START_TEST(numbers_stay_where_they_can_be_counted_on)
{
	struct sess_cfg c = test_config(SESS_ACCEPTOR);
	struct sess_acts a = { 0 };
	struct mem m;

	test_open(&m, &c);
	test_log_on(&m);
	test_receive(&m, 2, "4", "36=18446744073709551615|");
	test_receive(&m, 2, "4", "36=99999999999999999999|");
	ck_assert(sess_seqs(m.s).next_in == 2);
	test_receive(&m, UINT64_MAX, "D", "11=x|");
	ck_assert_uint_eq(0, m.kept.n);
	ck_assert(sess_gap(m.s) == 2);
	test_receive(&m, 2, "2", "7=18446744073709551615|16=0|");
	ck_assert(sess_seqs(m.s).next_in == 3);
	mem_disconnect(&m);
	ck_assert_int_eq(FG_EINVAL, sess_set_seqs(m.s, m.now, UINT64_MAX, 0,
	    "me", &a));
	ck_assert_uint_eq(0, a.n);
	mem_close(&m);
}
END_TEST

/* ---- calls of the application and the operator ---- */

START_TEST(an_order_with_fields_of_the_session_is_refused)
{
	static const struct {
		const char *type, *fields;
		int err;
	} row[] = {
		{ "D", "11=x\001", 0 },
		{ "D", "", 0 },
		{ "", "11=x\001", FG_EINVAL },
		{ "D\001", "11=x\001", FG_EINVAL },
		{ "0", "112=x\001", FG_EINVAL },
		{ "A", "", FG_EINVAL },
		{ "D", "11=x", FG_EINVAL },
		{ "D", "=x\001", FG_EINVAL },
		{ "D", "11x\001", FG_EINVAL },
		{ "D", "-1=x\001", FG_EINVAL },
		{ "D", "99999999999=x\001", FG_EINVAL },
		{ "D", "8=x\001", FG_EINVAL },
		{ "D", "11=x\0019=1\001", FG_EINVAL },
		{ "D", "34=1\001", FG_EINVAL },
		{ "D", "35=D\001", FG_EINVAL },
		{ "D", "49=x\001", FG_EINVAL },
		{ "D", "52=x\001", FG_EINVAL },
		{ "D", "56=x\001", FG_EINVAL },
		{ "D", "10=000\001", FG_EINVAL },
		{ "D", "95=3\00196=a\001b\001", 0 },
		{ "D", "95=9\00196=a\001b\001", FG_EINVAL },
		{ "D", "95=18446744073709551615\00196=a\001", FG_EINVAL },
	};
	struct sess_cfg c = test_config(SESS_ACCEPTOR);
	struct sess_acts a = { 0 };
	struct mem m;
	uint64_t seq, next = 1;
	size_t i, n;

	test_open(&m, &c);
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		n = strlen(row[i].fields);
		ck_assert_int_eq(row[i].err, sess_check(m.s, row[i].type,
		    row[i].fields, n));
		ck_assert_int_eq(row[i].err, sess_send(m.s, m.now,
		    row[i].type, row[i].fields, n, &a, &seq));
		if (row[i].err == 0)
			ck_assert_uint_eq(next++, seq);
		ck_assert_uint_eq(2 * (next - 1), a.n);
	}
	sess_acts_free(&a);
	mem_close(&m);
}
END_TEST

START_TEST(too_many_header_fields_are_a_limit_not_a_crash)
{
	struct sess_cfg c = test_config(SESS_ACCEPTOR);
	struct sess_acts a = { 0 };
	char fields[4096] = "";
	struct mem m;
	uint64_t seq;
	size_t sent = 0;
	int i, err;

	test_open(&m, &c);
	for (i = 0; i < 100; i++)
		strcat(fields, "628=x\001");
	ck_assert_int_eq(FG_ELIMIT, sess_send(m.s, m.now, "D", fields,
	    strlen(fields), &a, &seq));
	/* Room for the session's own is needed, too. */
	for (i = 20; i < 45; i++) {
		err = sess_send(m.s, m.now, "D", fields, 6 * (size_t)i, &a,
		    &seq);
		ck_assert_int_eq(err, sess_check(m.s, "D", fields,
		    6 * (size_t)i));
		ck_assert_int_eq(i <= 30 ? 0 : FG_ELIMIT, err);
		sent += err == 0;
		ck_assert_uint_eq(sess_seqs(m.s).next_out - 1, sent);
		ck_assert_uint_eq(a.n, 2 * sent);
	}
	sess_acts_free(&a);
	mem_close(&m);
}
END_TEST

START_TEST(operators_change_numbers_only_while_down)
{
	struct sess_cfg c = test_config(SESS_ACCEPTOR);
	struct sess_acts a = { 0 };
	struct mem m;

	test_open(&m, &c);
	ck_assert_int_eq(0, sess_set_seqs(m.s, m.now, 7, 0, "me", &a));
	ck_assert(sess_seqs(m.s).next_in == 7);
	ck_assert(sess_seqs(m.s).next_out == 1);
	mem_connect(&m);
	ck_assert_int_eq(FG_ESTATE, sess_set_seqs(m.s, m.now, 1, 1, "me",
	    &a));
	sess_acts_free(&a);
	mem_close(&m);
}
END_TEST

START_TEST(a_reset_begins_an_epoch)
{
	struct sess_cfg c = test_config(SESS_ACCEPTOR);
	struct sess_seqs q;
	struct mem m;

	c.reset_on_logon = true;
	test_open(&m, &c);
	test_log_on(&m);
	ck_assert(sess_seqs(m.s).epoch == 1); /* nothing was used yet */
	mem_disconnect(&m);
	m.now.wall.ns += NS_PER_S;
	mem_connect(&m);
	test_receive(&m, 1, "A", "98=0|108=10|");
	q = sess_seqs(m.s);
	ck_assert(q.epoch == 2 && q.next_in == 2 && q.next_out == 2);
	ck_assert(q.created.ns == m.now.wall.ns);
	ck_assert(m.committed.epoch == 2 && m.in.v[1].epoch == 2);
	mem_close(&m);
}
END_TEST

START_TEST(rows_that_nobody_asked_for_are_ignored)
{
	static const char damaged[] = "8=FIX.4.4\001nonsense";
	struct sess_cfg c = test_config(SESS_ACCEPTOR);
	struct sess_acts a = { 0 };
	struct mem m;

	test_open(&m, &c);
	test_log_on(&m);
	sess_stored(m.s, m.now, 1, damaged, sizeof(damaged) - 1, &a);
	sess_stored_end(m.s, m.now, &a);
	ck_assert_uint_eq(0, a.n);
	/* A damaged row becomes a gap fill, like one that is missing. */
	m.pause_rows = true;
	test_receive(&m, 2, "2", "7=1|16=0|");
	sess_stored(m.s, m.now, 1, damaged, sizeof(damaged) - 1, &a);
	sess_stored(m.s, m.now, 9, damaged, sizeof(damaged) - 1, &a);
	ck_assert_uint_eq(0, a.n);
	sess_stored_end(m.s, m.now, &a);
	ck_assert_uint_eq(1, a.n);
	ck_assert(mem_has(a.bytes.p, a.bytes.len, "36=2"));
	sess_acts_free(&a);
	mem_close(&m);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("machine");
	Suite *s = suite_create("session");
	SRunner *sr;
	int failed;

	check_table_add(tc);
	tcase_add_loop_test(tc,
	    nothing_happens_before_sess_due_and_something_at_it, 0,
	    SESS_ENDING + 1);
	tcase_add_test(tc,
	    a_heartbeat_that_is_released_late_is_not_followed_by_another);
	tcase_add_test(tc,
	    after_a_long_stop_of_ours_the_peer_is_asked_before_we_close);
	tcase_add_test(tc, early_messages_are_bounded_in_number_and_bytes);
	tcase_add_test(tc, what_is_kept_is_forgotten_when_it_is_of_no_use);
	tcase_add_test(tc, numbers_stay_where_they_can_be_counted_on);
	tcase_add_test(tc, an_order_with_fields_of_the_session_is_refused);
	tcase_add_test(tc, too_many_header_fields_are_a_limit_not_a_crash);
	tcase_add_test(tc, operators_change_numbers_only_while_down);
	tcase_add_test(tc, a_reset_begins_an_epoch);
	tcase_add_test(tc, rows_that_nobody_asked_for_are_ignored);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
