/*
 * The release discipline: what a wake-up wants to let out waits for its commit.
 * The cases a-g are those of the design's review.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "release_world.h"

START_TEST(a_rows_are_invisible_until_they_are_durable)
{
	uint64_t before;

	rw_logon();
	before = store_visible(rw.store, STORE_FIX_IN);
	store_mem_hold(rw.store);
	rw_peer("D", "11=1|");
	rw_end();
	ck_assert_uint_eq(before, store_visible(rw.store, STORE_FIX_IN));
	store_mem_release(rw.store, UINT64_MAX);
	rw_end();
	ck_assert_uint_eq(before + 1, store_visible(rw.store, STORE_FIX_IN));
}
END_TEST

START_TEST(b_sends_of_a_dead_connection_do_not_reach_the_next_one)
{
	rw_logon();
	ck_assert_uint_eq(1, rw.nleft);
	store_mem_hold(rw.store);
	rw_peer("1", "112=A|");
	rw_end();
	driver_disconnected(rw.driver, rw.fs, "lost");
	rw_end();
	driver_connected(rw.driver, rw.fs, "test");
	rw_peer("A", "98=0|108=30|");
	rw_end();
	ck_assert_uint_eq(1, rw.nleft);
	store_mem_release(rw.store, UINT64_MAX);
	rw_end();
	ck_assert_uint_eq(2, rw.nleft);
	LEFT(1, "send 35=A 34=3"); /* 2 was the Heartbeat: only in FIX_OUT */
}
END_TEST

START_TEST(c_a_disconnect_stays_behind_the_logout_that_waits)
{
	rw_logon();
	store_mem_hold(rw.store);
	rw_peer("5", "");
	rw_end();
	ck_assert_uint_eq(1, rw.nleft);
	store_mem_release(rw.store, UINT64_MAX);
	rw_end();
	ck_assert_uint_eq(3, rw.nleft);
	LEFT(1, "send 35=5 34=2");
	LEFT(2, "disconnect");
}
END_TEST

START_TEST(d_a_failed_commit_throws_away_what_ran_ahead)
{
	struct sess_seqs before;
	uint64_t in, out;

	rw_logon();
	before = sess_seqs(rw.fs->machine);
	in = store_visible(rw.store, STORE_FIX_IN);
	out = store_visible(rw.store, STORE_FIX_OUT);
	rw.fail_with = FG_ENOSPC;
	rw_peer("1", "112=A|");
	rw_peer("1", "112=B|");
	ck_assert_int_eq(0, rw_send_order("1"));
	rw_end();
	ck_assert_uint_eq(2, rw.nleft);
	LEFT(1, "drop");
	ck_assert_int_eq(1, rw.answered);
	ck_assert_int_eq(FG_ENOSPC, rw.answer_err);
	rw.fail_with = 0;
	rw_end();
	ck_assert(!driver_is_down(rw.driver));
	ck_assert_uint_eq(before.next_in, sess_seqs(rw.fs->machine).next_in);
	ck_assert_uint_eq(before.next_out, sess_seqs(rw.fs->machine).next_out);
	ck_assert_int_eq(SESS_DOWN, sess_state(rw.fs->machine));
	/* the sequences are used again, by what comes next */
	driver_connected(rw.driver, rw.fs, "test");
	rw.peer_seq = before.next_in;
	rw_peer("A", "98=0|108=30|");
	rw_end();
	ck_assert_uint_eq(in + 1, store_visible(rw.store, STORE_FIX_IN));
	ck_assert_uint_eq(out + 1, store_visible(rw.store, STORE_FIX_OUT));
}
END_TEST

START_TEST(d_a_power_cut_takes_back_numbers_that_nobody_saw)
{
	uint64_t next;

	rw_logon();
	next = sess_seqs(rw.fs->machine).next_out;
	store_mem_hold(rw.store);
	ck_assert_int_eq(0, rw_send_order("1"));
	rw_end();
	ck_assert_uint_eq(1, rw.nleft);
	store_mem_power_cut(rw.store);
	rw_end();
	ck_assert(rw.fatal);
	ck_assert_int_eq(0, rw.answered); /* only the restart will tell */
	driver_free(rw.driver);
	rw.driver = NULL;
	ck_assert_int_eq(1, rw.answered);
	ck_assert_int_eq(FG_ECLOSED, rw.answer_err);
	ck_assert_int_eq(0, store_recover(rw.store));
	{
		struct store_state st;
		uint32_t id;
		bool is_new;

		ck_assert_int_eq(0, store_session(rw.store,
		    "FIX.4.4:EXCHANGE->BROKER", &id, &st, &is_new));
		ck_assert_uint_eq(next, st.next_out);
	}
}
END_TEST

START_TEST(d_what_is_durable_is_no_failure_to_who_asked_for_it)
{
	rw_logon();
	store_mem_hold(rw.store);
	ck_assert_int_eq(0, rw_send_order("1"));
	rw_end();
	store_mem_release(rw.store, UINT64_MAX);
	store_mem_power_cut(rw.store); /* before the driver looks again */
	rw_end();
	ck_assert(rw.fatal);
	ck_assert_int_eq(1, rw.answered);
	ck_assert_int_eq(0, rw.answer_err);
	ck_assert_uint_eq(2, rw.answer_seq);
}
END_TEST

START_TEST(d_who_asked_hears_of_a_failure_when_it_is_taken_back)
{
	rw_logon();
	store_mem_hold(rw.store);
	ck_assert_int_eq(0, rw_send_order("1"));
	rw_end();
	rw.fail_with = rw.no_recovery = FG_ENOSPC;
	rw_peer("1", "112=A|");
	rw_end();
	rw_end();
	ck_assert(driver_is_down(rw.driver));
	ck_assert_int_eq(0, rw.answered);
	rw.fail_with = rw.no_recovery = 0;
	rw_pass(1 * NS_PER_S);
	rw_end();
	ck_assert(!driver_is_down(rw.driver));
	ck_assert_int_eq(1, rw.answered);
	ck_assert_int_eq(FG_ENOSPC, rw.answer_err);
}
END_TEST

START_TEST(d_only_a_full_disk_is_waited_for)
{
	static const int errs[] = { FG_ENOMEM, FG_EIO, FG_EDAMAGED };

	rw_logon();
	rw.fail_with = errs[_i];
	rw_peer("1", "112=A|");
	rw_end();
	ck_assert(rw.fatal);
}
END_TEST

START_TEST(d_no_order_is_taken_while_the_store_is_repaired)
{
	rw_logon();
	rw.fail_with = rw.no_recovery = FG_ENOSPC;
	rw_peer("1", "112=A|");
	rw_end();
	rw_end();
	ck_assert(driver_is_down(rw.driver));
	ck_assert_int_eq(FG_ENOSPC, rw_send_order("1"));
	ck_assert_int_eq(FG_ENOSPC, driver_logout(rw.driver, rw.fs, NULL,
	    rw_answered, NULL));
	ck_assert_int_eq(FG_ENOSPC, driver_reset(rw.driver, rw.fs, "test",
	    rw_answered, NULL));
	ck_assert_int_eq(FG_ENOSPC, driver_set_seqs(rw.driver, rw.fs, 1, 1,
	    "test", rw_answered, NULL));
	rw_pass(1 * NS_PER_S);
	rw_end();
	rw.fail_with = rw.no_recovery = 0;
	rw_pass(1 * NS_PER_S);
	rw_end();
	ck_assert(!driver_is_down(rw.driver));
	ck_assert_int_eq(0, rw.answered);
}
END_TEST

START_TEST(e_a_resend_is_answered_from_durable_rows_only)
{
	rw_logon();
	store_mem_hold(rw.store);
	ck_assert_int_eq(0, rw_send_order("1"));
	ck_assert_int_eq(0, rw_send_order("2"));
	rw_peer("2", "7=2|16=0|");
	rw_end();
	ck_assert_uint_eq(1, rw.nleft);
	store_mem_release(rw.store, UINT64_MAX);
	rw_end();
	ck_assert_uint_eq(5, rw.nleft);
	LEFT(1, "send 35=D 34=2");
	LEFT(2, "send 35=D 34=3");
	LEFT(3, "send 35=D 34=2 43=Y");
	LEFT(4, "send 35=D 34=3 43=Y");
}
END_TEST

START_TEST(e_a_resend_of_a_past_epoch_ends_no_other_one)
{
	uint64_t durable;

	rw_logon();
	durable = store_durable(rw.store);
	store_mem_hold(rw.store);
	rw_peer("2", "7=1|16=0|");
	rw_end();
	rw.peer_seq = 1;
	rw_peer("A", "98=0|108=30|141=Y|");
	ck_assert_int_eq(0, rw_send_order("1"));
	rw_end();
	rw_peer("2", "7=2|16=0|");
	rw_end();
	store_mem_release(rw.store, durable + 1);
	rw_end();
	store_mem_release(rw.store, UINT64_MAX);
	rw_end();
	ck_assert_uint_eq(4, rw.nleft);
	LEFT(1, "send 35=A 34=1");
	LEFT(2, "send 35=D 34=2");
	LEFT(3, "send 35=D 34=2 43=Y");
}
END_TEST

START_TEST(e_a_resend_waits_for_a_peer_that_reads_slowly)
{
	rw_logon();
	ck_assert_int_eq(0, rw_send_order("1"));
	rw_end();
	rw.is_full = true;
	rw_peer("2", "7=2|16=0|");
	rw_end();
	ck_assert_uint_eq(2, rw.nleft);
	rw.is_full = false;
	driver_drained(rw.driver, rw.fs);
	rw_end();
	ck_assert_uint_eq(3, rw.nleft);
	LEFT(2, "send 35=D 34=2 43=Y");
}
END_TEST

#define LONG_ORDER  200000 /* bytes */
#define LONG_ORDERS 20

START_TEST(e_a_resend_waits_for_the_disk)
{
	static char id[LONG_ORDER];
	uint64_t durable;
	size_t before;
	int i;

	rw_logon();
	memset(id, 'x', sizeof(id) - 1);
	for (i = 0; i < LONG_ORDERS; i++)
		ck_assert_int_eq(0, rw_send_order(id));
	rw_end();
	durable = store_durable(rw.store);
	store_mem_hold(rw.store);
	rw_peer("2", "7=2|16=0|");
	rw_end();
	rw_peer("1", "112=A|"); /* a commit that what is resent stays behind */
	rw_end();
	before = rw.nleft;
	store_mem_release(rw.store, durable + 1);
	rw_end();
	ck_assert_uint_eq(before, rw.nleft);
	ck_assert_uint_lt(driver_waiting(rw.driver), LONG_ORDERS / 2);
	store_mem_release(rw.store, UINT64_MAX);
	rw_end();
	rw_end();
	ck_assert_uint_eq(before + 1 + LONG_ORDERS, rw.nleft);
	LEFT(before, "send 35=0 34=22");
	LEFT(before + 1, "send 35=D 34=2 43=Y");
	LEFT(before + LONG_ORDERS, "send 35=D 34=21 43=Y");
}
END_TEST

START_TEST(e_what_is_behind_a_resend_request_waits_for_its_first_step)
{
	rw_logon();
	ck_assert_int_eq(0, rw_send_order("1"));
	rw_end();
	store_mem_hold(rw.store);
	rw_peer("2", "7=2|16=0|");
	rw_end();
	ck_assert(driver_is_answering(rw.fs));
	ck_assert_int_eq(0, rw.answers);
	store_mem_release(rw.store, UINT64_MAX);
	rw_end();
	ck_assert(!driver_is_answering(rw.fs));
	ck_assert_int_eq(1, rw.answers);
	rw.is_full = true; /* the peer may write before it reads */
	rw_peer("2", "7=2|16=0|");
	ck_assert(driver_is_answering(rw.fs));
	rw_end();
	ck_assert(!driver_is_answering(rw.fs));
	rw_peer("2", "7=2|16=0|"); /* noted: one is running */
	ck_assert(!driver_is_answering(rw.fs));
	driver_disconnected(rw.driver, rw.fs, "lost");
	rw.is_full = false;
	driver_connected(rw.driver, rw.fs, "test");
	rw_peer("A", "98=0|108=30|");
	rw_end();
	rw_peer("2", "7=1|16=0|");
	ck_assert(driver_is_answering(rw.fs));
	driver_disconnected(rw.driver, rw.fs, "lost");
	ck_assert(!driver_is_answering(rw.fs));
}
END_TEST

START_TEST(e_a_peer_that_waits_is_read_before_it_is_taken_for_dead)
{
	rw_logon();
	ck_assert_int_eq(0, rw_send_order("1"));
	rw_end();
	store_mem_hold(rw.store);
	rw_peer("2", "7=2|16=0|");
	rw_end();
	rw_pass(30 * NS_PER_S);
	rw_end();
	ck_assert(!driver_is_answering(rw.fs));
	ck_assert_int_eq(1, rw.answers);
}
END_TEST

START_TEST(f_nothing_is_acknowledged_before_it_is_stored)
{
	rw_logon();
	store_mem_hold(rw.store);
	ck_assert_int_eq(0, rw_send_order("1"));
	rw_peer("1", "112=A|");
	rw_end();
	ck_assert_int_eq(0, rw.answered);
	ck_assert_uint_eq(1, rw.nleft);
	store_mem_release(rw.store, UINT64_MAX);
	rw_end();
	ck_assert_int_eq(1, rw.answered);
	ck_assert_int_eq(0, rw.answer_err);
	ck_assert_uint_eq(2, rw.answer_seq);
	ck_assert_uint_eq(3, rw.nleft);
}
END_TEST

START_TEST(g_a_message_held_too_long_is_not_sent_with_a_stale_time)
{
	rw_logon();
	store_mem_hold(rw.store);
	ck_assert_int_eq(0, rw_send_order("1"));
	rw_end();
	rw_pass(61 * NS_PER_S); /* MaxLatency is 120 */
	store_mem_release(rw.store, UINT64_MAX);
	rw_end();
	LEFT(1, "disconnect");
	ck_assert_int_eq(1, rw.answered);
	/* It is stored, a resend brings it. */
	ck_assert_int_eq(0, rw.answer_err);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("release");
	TCase *tc = tcase_create("release");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, rw_setup, rw_teardown);
	tcase_set_timeout(tc, 600); /* sanitizers on a busy machine */
	tcase_add_test(tc, a_rows_are_invisible_until_they_are_durable);
	tcase_add_test(tc,
	    b_sends_of_a_dead_connection_do_not_reach_the_next_one);
	tcase_add_test(tc, c_a_disconnect_stays_behind_the_logout_that_waits);
	tcase_add_test(tc, d_a_failed_commit_throws_away_what_ran_ahead);
	tcase_add_test(tc, d_a_power_cut_takes_back_numbers_that_nobody_saw);
	tcase_add_test(tc, d_what_is_durable_is_no_failure_to_who_asked_for_it);
	tcase_add_test(tc,
	    d_who_asked_hears_of_a_failure_when_it_is_taken_back);
	tcase_add_loop_test(tc, d_only_a_full_disk_is_waited_for, 0, 3);
	tcase_add_test(tc, d_no_order_is_taken_while_the_store_is_repaired);
	tcase_add_test(tc, e_a_resend_is_answered_from_durable_rows_only);
	tcase_add_test(tc, e_a_resend_of_a_past_epoch_ends_no_other_one);
	tcase_add_test(tc, e_a_resend_waits_for_a_peer_that_reads_slowly);
	tcase_add_test(tc, e_a_resend_waits_for_the_disk);
	tcase_add_test(tc,
	    e_what_is_behind_a_resend_request_waits_for_its_first_step);
	tcase_add_test(tc,
	    e_a_peer_that_waits_is_read_before_it_is_taken_for_dead);
	tcase_add_test(tc, f_nothing_is_acknowledged_before_it_is_stored);
	tcase_add_test(tc,
	    g_a_message_held_too_long_is_not_sent_with_a_stale_time);
	suite_add_tcase(s, tc);
	suite_add_tcase(s, waiting_cases());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
