/*
 * Exactly once, without processes; the store is the one in memory, whose
 * durable mark the test moves by hand. A crash throws away the driver, the
 * client and what is not durable, at each point that the design's review names.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "lane_world.h"

/* ---- crash points of an outbound event ---- */

START_TEST(crash_before_the_event_is_taken)
{
	lw_event(1);
	lw_end();
	lw_put_cursor();
	/* event 2 is in the socket */
	lw_crash(_i);
	lw_logon();
	lw_resume(3);
	lw_reconcile(3);
}
END_TEST

START_TEST(crash_before_the_commit)
{
	lw_event(1);
	lw_end();
	lw_put_cursor();
	lw_event(2); /* the wake-up does not end */
	lw_crash(_i);
	lw_logon();
	lw_resume(3);
	lw_reconcile(3);
	ck_assert_int_eq(ACK, lw.heard[2]);
}
END_TEST

START_TEST(crash_committed_and_not_durable)
{
	lw_event(1);
	lw_end();
	lw_put_cursor();
	store_mem_hold(lw.store);
	lw_event(2);
	lw_end();
	ck_assert_uint_eq(1, lw.nsent);
	ck_assert_int_eq(NOTHING, lw.heard[2]);
	lw_crash(_i);
	lw_logon();
	lw_resume(3);
	lw_reconcile(3);
	/* only a power cut takes it back */
	ck_assert_int_eq(_i ? ACK : DUPLICATE, lw.heard[2]);
}
END_TEST

START_TEST(crash_durable_and_not_released)
{
	lw_event(1);
	lw_end();
	lw_put_cursor();
	store_mem_hold(lw.store);
	lw_event(2);
	lw_end();
	store_mem_release(lw.store, UINT64_MAX); /* the driver does not look */
	ck_assert_uint_eq(1, lw.nsent);
	lw_crash(_i);
	lw_logon();
	lw_resume(3);
	lw_reconcile(3);
	ck_assert_int_eq(DUPLICATE, lw.heard[2]);
}
END_TEST

START_TEST(crash_sent_and_not_acknowledged)
{
	lw_event(1);
	lw_event(2);
	lw_end();
	lw.heard[2] = NOTHING; /* the answer is in the socket */
	lw_put_cursor();
	ck_assert_uint_eq(1, lw.cursor);
	lw_crash(_i);
	lw_logon();
	lw_resume(3);
	lw_reconcile(3);
	ck_assert_int_eq(DUPLICATE, lw.heard[2]);
}
END_TEST

START_TEST(crash_acknowledged_and_the_cursor_not_put)
{
	lw_event(1);
	lw_event(2);
	lw_end();
	lw_crash(_i);
	lw_logon();
	lw_resume(3);
	lw_reconcile(3);
	ck_assert_int_eq(DUPLICATE, lw.heard[1]);
	ck_assert_int_eq(DUPLICATE, lw.heard[2]);
	ck_assert_int_eq(ACK, lw.heard[3]);
}
END_TEST

/* The order that is forbidden cannot come about: an answer waits for the disk,
 * and the cursor for the answer. */
START_TEST(the_cursor_never_leads_handled)
{
	store_mem_hold(lw.store);
	lw_event(1);
	lw_end();
	lw_put_cursor();
	ck_assert_uint_eq(0, lw.cursor);
	lw_event(1); /* even as a duplicate */
	lw_end();
	lw_put_cursor();
	ck_assert_uint_eq(0, lw.cursor);
	store_mem_release(lw.store, UINT64_MAX);
	lw_end();
	lw_put_cursor();
	ck_assert_uint_eq(1, lw.cursor);
}
END_TEST

START_TEST(crash_while_it_waits_for_a_logon)
{
	driver_disconnected(lw.driver, lw.fs, "lost");
	lw_event(1);
	lw_end();
	ck_assert_int_eq(ACK, lw.heard[1]);
	lw_crash(_i);
	lw_resume(2); /* both wait, without a number */
	ck_assert_uint_eq(0, lw.nsent);
	lw_crash(_i);
	lw_logon();
	lw_resume(3);
	lw_reconcile(3);
}
END_TEST

START_TEST(crash_with_an_event_in_quarantine)
{
	lw.refuse = FG_EINVAL;
	lw.refuse_at = 2;
	lw_event(1);
	lw_event(2);
	lw_event(3);
	lw_end();
	lw.heard[2] = NOTHING;
	lw_put_cursor();
	lw_crash(_i);
	lw_logon();
	lw_resume(4);
	ck_assert_int_eq(DUPLICATE, lw.heard[2]); /* and no second row */
	ck_assert_uint_eq(1, store_visible(lw.store, STORE_QUARANTINE));
	ck_assert_uint_eq(3, lw.nsent);
}
END_TEST

START_TEST(quarantine_and_handled_are_one_commit)
{
	uint64_t rows;

	lw.refuse = FG_EINVAL;
	lw.refuse_at = 2;
	lw_event(1);
	lw_end();
	lw_put_cursor();
	store_mem_hold(lw.store);
	lw_event(2);
	lw_end();
	rows = store_visible(lw.store, STORE_QUARANTINE);
	ck_assert_uint_eq(0, rows);
	lw_crash(true);
	lw_logon();
	lw_resume(3);
	ck_assert_int_eq(PARKED_IT, lw.heard[2]);
	ck_assert_uint_eq(1, store_visible(lw.store, STORE_QUARANTINE));
}
END_TEST

static int
has_event(void *arg, const struct store_row *row)
{
	*(bool *)arg |= row->code == SESS_EV_EXPIRED;
	return 0;
}

START_TEST(what_waits_too_long_for_a_logon_goes_to_quarantine)
{
	bool said = false;
	uint64_t upto;
	size_t i;

	lw.fs->max_queued_age = 60;
	driver_disconnected(lw.driver, lw.fs, "lost");
	lw_event(1);
	lw_event(2);
	lw_end();
	ck_assert_int_eq(ACK, lw.heard[2]);
	lw.now.mono.ns += 50 * NS_PER_S;
	lw.now.wall.ns += 50 * NS_PER_S;
	lw_event(3);
	lw_end();
	lw.now.mono.ns += 11 * NS_PER_S;
	lw.now.wall.ns += 11 * NS_PER_S;
	lw_logon();
	ck_assert_uint_lt(0, lw.nsent);
	ck_assert_uint_eq(2, store_visible(lw.store, STORE_QUARANTINE));
	ck_assert_int_eq(0, store_read(lw.store, STORE_SESSION_EVENT, 0, 99,
	    9999, has_event, &said, &upto));
	ck_assert(said);
	driver_disconnected(lw.driver, lw.fs, "lost");
	lw_logon(); /* once */
	ck_assert_uint_eq(2, store_visible(lw.store, STORE_QUARANTINE));
	for (i = 0; i < lw.nsent; i++)
		ck_assert_uint_eq(3, lw.sent[i].row);
}
END_TEST

/* ---- lanes ---- */

START_TEST(a_retryable_nack_stops_its_lane)
{
	lw.refuse = FG_ESTATE;
	lw.refuse_at = 2;
	lw_event(1);
	lw_event(2);
	lw_event(3);
	lw_event(4);
	lw_end();
	ck_assert_int_eq(ACK, lw.heard[1]);
	ck_assert_int_eq(NACK, lw.heard[2]);
	ck_assert_int_eq(STOPPED, lw.heard[3]);
	ck_assert_int_eq(STOPPED, lw.heard[4]);
	ck_assert_uint_eq(2, lw.lane->stop.seq);
	lw_event(3); /* not before 2 */
	ck_assert_int_eq(STOPPED, lw.heard[3]);
	lw_event(2); /* refused again */
	ck_assert_int_eq(NACK, lw.heard[2]);
	lw_event(3);
	ck_assert_int_eq(STOPPED, lw.heard[3]);
	lw.refuse = 0;
	lw_event(2);
	lw_event(3);
	lw_event(4);
	lw_end();
	lw_put_cursor();
	ck_assert_uint_eq(4, lw.cursor);
	ck_assert(lw.nsent == 4 && lw.sent[1].row == 2 && lw.sent[2].row == 3);
	lw_reconcile(4);
}
END_TEST

START_TEST(a_failed_commit_stops_the_lane_at_its_first_event)
{
	lw_event(1);
	lw_end();
	lw.fail_with = FG_ENOSPC;
	lw_event(2);
	lw_event(3);
	lw_end();
	ck_assert_int_eq(NACK, lw.heard[2]);
	ck_assert_int_eq(NACK, lw.heard[3]);
	lw.fail_with = 0;
	lw_end();
	ck_assert(!driver_is_down(lw.driver));
	lw_event(4);
	ck_assert_int_eq(STOPPED, lw.heard[4]);
	ck_assert_uint_eq(2, lw.lane->stop.seq);
	ck_assert_uint_eq(1, lw.lane->handled.seq);
	lw_logon();
	lw_event(2);
	lw_event(3);
	lw_event(4);
	lw_end();
	lw_reconcile(4);
	ck_assert_int_eq(ACK, lw.heard[2]);
}
END_TEST

START_TEST(what_comes_while_the_store_is_down_has_to_come_again)
{
	lw.fail_with = FG_ENOSPC;
	lw_event(1);
	lw_end();
	ck_assert(driver_is_down(lw.driver) || lw.heard[1] == NACK);
	driver_set_low(lw.driver, true);
	lw.fail_with = 0;
	lw_end();
	lw_event(1);
	ck_assert_int_eq(DOWN, lw.heard[1]);
	driver_set_low(lw.driver, false);
	lw_event(2);
	ck_assert_int_eq(STOPPED, lw.heard[2]);
	lw_logon();
	lw_event(1);
	lw_event(2);
	lw_end();
	lw_reconcile(2);
}
END_TEST

START_TEST(the_parts_of_a_row_are_events_of_their_own)
{
	lw_event_of(&lw_me, lw.lane, 1, 0);
	lw_event_of(&lw_me, lw.lane, 1, 1);
	lw_event_of(&lw_me, lw.lane, 2, 0);
	lw_end();
	ck_assert_uint_eq(3, lw.nsent);
	lw_event_of(&lw_me, lw.lane, 1, 1);
	lw_end();
	ck_assert_int_eq(DUPLICATE, lw.heard[1]);
	lw_event_of(&lw_me, lw.lane, 2, 1);
	lw_end();
	ck_assert_uint_eq(4, lw.nsent);
	ck_assert(lw.lane->handled.seq == 2 && lw.lane->handled.part == 1);
}
END_TEST

START_TEST(who_lost_the_lane_has_no_effect_any_more)
{
	struct lane *mine = lw.lane;
	uint64_t token = mine->token;

	lw_event(1);
	lw_end();
	ck_assert_int_eq(FG_EBUSY, lw_open_lane(&lw_other, 1, false));
	ck_assert_int_eq(0, lw_open_lane(&lw_other, 1, true));
	/* 2 ... 4 were in the socket of the old one */
	lw_event_of(&lw_me, mine, 2, 0);
	ck_assert_int_eq(FENCED, lw.heard[2]);
	lw_event_of(&lw_other, lw.lane, 2, 0);
	lw_event_of(&lw_me, mine, 3, 0);
	ck_assert_int_eq(FENCED, lw.heard[3]);
	lw_event_of(&lw_other, lw.lane, 3, 0);
	lw_end();
	ck_assert_uint_gt(lw.lane->token, token);
	lw_reconcile(3);
	ck_assert_uint_eq(3, lw.nsent);
	token = lw.lane->token;
	lw_crash(false);
	ck_assert_int_eq(0, lw_open_lane(&lw_me, 3, false));
	ck_assert_uint_gt(lw.lane->token, token); /* over restarts, too */
	ck_assert_uint_eq(3, lw.lane->handled.seq);
}
END_TEST

START_TEST(a_lane_whose_owner_left_is_free)
{
	lane_leave(lw.driver, &lw_me);
	lw_event(1);
	ck_assert_int_eq(FENCED, lw.heard[1]);
	ck_assert_int_eq(0, lw_open_lane(&lw_other, 0, false));
}
END_TEST

START_TEST(a_store_that_went_back_is_noticed)
{
	lw_event(1);
	lw_event(2);
	lw_end();
	/* 3 was acknowledged by a store that was then replaced by a copy */
	lane_leave(lw.driver, &lw_me);
	ck_assert_int_eq(FG_ESTATE, lw_open_lane(&lw_me, 3, false));
	ck_assert_int_eq(0, lw_open_lane(&lw_me, 2, false));
}
END_TEST

START_TEST(sequences_of_another_incarnation_are_another_lane)
{
	struct lane_key again = lw_lane, second = lw_lane;
	struct lane *a, *b;
	void *before;

	lw_event(1);
	lw_event(2);
	lw_end();
	again.source = "6f1c2a00-0000-4000-8000-000000000000/ORDERS_OUT/2";
	second.send = "2";
	ck_assert_int_eq(0, lane_open(lw.driver, &again, &lw_me, 0, false, &a,
	    &before, NULL, NULL));
	ck_assert_int_eq(0, lane_open(lw.driver, &second, &lw_me, 0, false, &b,
	    &before, NULL, NULL));
	ck_assert(a != lw.lane && b != lw.lane && a != b);
	ck_assert_uint_eq(0, a->handled.seq);
	/* Two sends of a row are two events. */
	lw_event_of(&lw_me, b, 1, 0);
	lw_end();
	ck_assert_int_eq(ACK, lw.heard[1]);
	ck_assert_uint_eq(3, lw.nsent);
}
END_TEST

START_TEST(two_clients_on_one_session_get_numbers_in_the_order_of_arrival)
{
	struct lane_key key = lw_lane;
	struct lane *l;
	void *before;

	key.consumer = "HEDGER";
	ck_assert_int_eq(0, lane_open(lw.driver, &key, &lw_other, 0, false, &l,
	    &before, NULL, NULL));
	lw_event(1);
	lw_event_of(&lw_other, l, 11, 0);
	lw_event(2);
	lw_event_of(&lw_other, l, 12, 0);
	lw_end();
	ck_assert_uint_eq(4, lw.nsent);
	ck_assert(lw.sent[0].row == 1 && lw.sent[1].row == 11 &&
	    lw.sent[2].row == 2 && lw.sent[3].row == 12);
	lw_crash(true);
	lw_logon();
	ck_assert_int_eq(0, lane_open(lw.driver, &key, &lw_other, 0, false, &l,
	    &before, NULL, NULL));
	ck_assert_uint_eq(12, l->handled.seq);
	lw_resume(3);
	lw_event_of(&lw_other, l, 12, 0);
	lw_event_of(&lw_other, l, 13, 0);
	lw_end();
	ck_assert_int_eq(DUPLICATE, lw.heard[12]);
	ck_assert_int_eq(ACK, lw.heard[13]);
	lw_reconcile(3);
}
END_TEST

START_TEST(a_broken_script_does_not_park_a_whole_day)
{
	struct parked k = { .state = PARKED };
	struct lane_at at = { 0, 0 };
	uint64_t seq;
	int err = 0;

	while (err == 0 && at.seq < 1000) {
		at.seq++;
		err = lane_park(lw.driver, lw.lane, at, NULL, &k, &seq);
	}
	ck_assert_int_eq(FG_ELIMIT, err);
	ck_assert_uint_eq(101, at.seq);
	ck_assert_uint_eq(100, lw.lane->handled.seq);
	lw_end();
	lw.now.mono.ns += 61 * NS_PER_S;
	lw_end();
	ck_assert_int_eq(0, lane_park(lw.driver, lw.lane, at, NULL, &k, &seq));
}
END_TEST

START_TEST(names_that_would_be_taken_for_others_are_refused)
{
	struct lane_key k = lw_lane;
	char name[STORE_MARK_NAME_MAX + 1];

	ck_assert_int_eq(0, lane_name(name, "lane", &k));
	k.consumer = "A\tB";
	ck_assert_int_eq(FG_EINVAL, lane_name(name, "lane", &k));
	k.consumer = "";
	ck_assert_int_eq(FG_EINVAL, lane_name(name, "lane", &k));
	k = lw_lane;
	k.send = NULL;
	ck_assert_int_eq(0, lane_name(name, "cursor", &k));
	ck_assert_str_eq("cursor\tROUTER\tORDERS\t6f1c2a00-0000-4000-8000-"
	    "000000000000/ORDERS_OUT/1", name);
}
END_TEST

int
main(void)
{
	const TTest *const crashes[] = {
		crash_before_the_event_is_taken,
		crash_before_the_commit,
		crash_committed_and_not_durable,
		crash_durable_and_not_released,
		crash_sent_and_not_acknowledged,
		crash_acknowledged_and_the_cursor_not_put,
		crash_while_it_waits_for_a_logon,
		crash_with_an_event_in_quarantine,
	};
	const TTest *const once[] = {
		the_cursor_never_leads_handled,
		quarantine_and_handled_are_one_commit,
		what_waits_too_long_for_a_logon_goes_to_quarantine,
		a_retryable_nack_stops_its_lane,
		a_failed_commit_stops_the_lane_at_its_first_event,
		what_comes_while_the_store_is_down_has_to_come_again,
		the_parts_of_a_row_are_events_of_their_own,
		who_lost_the_lane_has_no_effect_any_more,
		a_lane_whose_owner_left_is_free,
		a_store_that_went_back_is_noticed,
		sequences_of_another_incarnation_are_another_lane,
		two_clients_on_one_session_get_numbers_in_the_order_of_arrival,
		a_broken_script_does_not_park_a_whole_day,
		names_that_would_be_taken_for_others_are_refused,
	};
	Suite *s = suite_create("lanes");
	TCase *tc = tcase_create("exactly once");
	SRunner *sr;
	size_t i;
	int failed;

	tcase_add_checked_fixture(tc, lw_setup, lw_teardown);
	for (i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
		tcase_add_loop_test(tc, crashes[i], 0, 2); /* process, power */
	for (i = 0; i < sizeof(once) / sizeof(once[0]); i++)
		tcase_add_test(tc, once[i]);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
