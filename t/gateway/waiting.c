/* What waits: for its session, for its turn, for the disk, for a time. */
#include <string.h>

#include "base/err.h"
#include "release_world.h"

START_TEST(a_message_for_a_session_that_is_off_waits_without_a_number)
{
	ck_assert_int_eq(0, rw_send_order("1"));
	rw_end();
	ck_assert_int_eq(1, rw.answered);
	ck_assert_uint_eq(0, rw.answer_seq);
	ck_assert_uint_eq(1, sess_seqs(rw.fs->machine).next_out);
	rw_logon();
	ck_assert_uint_eq(2, rw.nleft);
	LEFT(0, "send 35=A 34=1");
	LEFT(1, "send 35=D 34=2");
	/* and is not sent again at the next logon */
	driver_disconnected(rw.driver, rw.fs, "lost");
	driver_connected(rw.driver, rw.fs, "test");
	rw_peer("A", "98=0|108=30|");
	rw_end();
	ck_assert_uint_eq(3, rw.nleft);
	LEFT(2, "send 35=A 34=3");
}
END_TEST

START_TEST(what_waits_is_not_looked_for_among_all_that_ever_waited)
{
	struct fgsess *fs = rw.fs, *other;
	struct sess_cfg cfg = *sess_config(fs->machine);
	struct store_state st;
	int i;

	cfg.name = "other";
	ck_assert_int_eq(0, driver_add(rw.driver, &cfg, &other));
	rw.fs = other;
	for (i = 0; i < 1000; i++)
		ck_assert_int_eq(0, rw_send_order("1"));
	rw_end();
	rw.fs = fs;
	ck_assert_int_eq(0, rw_send_order("1"));
	rw_end();
	ck_assert_int_eq(0, store_session_state(rw.store, fs->id, &st));
	ck_assert_uint_eq(1000, st.pending);
	ck_assert_uint_eq(1, st.next_out);
	rw_logon();
	LEFT(1, "send 35=D 34=2");
}
END_TEST

START_TEST(a_start_knows_what_waits)
{
	struct sess_cfg cfg = *sess_config(rw.fs->machine), cfg2;
	struct fgsess *other;
	int i;

	cfg2 = cfg;
	cfg2.name = "other";
	ck_assert_int_eq(0, driver_add(rw.driver, &cfg2, &rw.fs));
	for (i = 0; i < 1000; i++)
		ck_assert_int_eq(0, rw_send_order("1"));
	rw_end();
	driver_free(rw.driver);
	rw.driver = driver_new(rw.store, &rw_ops);
	ck_assert_int_eq(0, driver_add(rw.driver, &cfg2, &other));
	ck_assert_int_eq(0, driver_add(rw.driver, &cfg, &rw.fs));
	ck_assert_int_eq(0, driver_start(rw.driver));
	ck_assert_uint_eq(0, other->pending_done);
	ck_assert_uint_eq(1000, other->pending_tail);
	ck_assert_uint_eq(1000, rw.fs->pending_done); /* nothing of it */
}
END_TEST

START_TEST(a_session_may_refuse_messages_while_it_is_off)
{
	rw.fs->when_off = DRIVER_OFF_REJECT;
	ck_assert_int_eq(FG_ESTATE, rw_send_order("1"));
	rw.fs->when_off = DRIVER_OFF_NUMBER;
	ck_assert_int_eq(0, rw_send_order("1"));
	rw_end();
	ck_assert_uint_eq(1, rw.answer_seq);
}
END_TEST

START_TEST(early_messages_get_their_rows_in_order)
{
	uint64_t before;

	rw_logon();
	before = store_visible(rw.store, STORE_FIX_IN);
	rw.peer_seq = 3;
	rw_peer("D", "11=3|");
	rw_peer("D", "11=4|");
	rw_end();
	ck_assert_uint_eq(before, store_visible(rw.store, STORE_FIX_IN));
	LEFT(1, "send 35=2 34=2");
	rw.peer_seq = 2;
	rw_peer("D", "11=2|");
	rw_end();
	ck_assert_uint_eq(before + 3, store_visible(rw.store, STORE_FIX_IN));
	ck_assert_uint_eq(5, sess_seqs(rw.fs->machine).next_in);
}
END_TEST

START_TEST(reading_stops_when_too_much_waits_for_the_disk)
{
	char body[4096];
	int i;

	rw_logon();
	store_mem_hold(rw.store);
	memset(body, 'x', sizeof(body));
	memcpy(body, "58=", 3);
	memcpy(body + 200, "|", 2);
	for (i = 0; i < 1000000 && !driver_is_stalled(rw.driver); i++) {
		rw_peer("D", body);
		if (i % 64 == 0)
			rw_end();
	}
	ck_assert(driver_is_stalled(rw.driver));
	store_mem_release(rw.store, UINT64_MAX);
	rw_end();
	ck_assert(!driver_is_stalled(rw.driver));
}
END_TEST

START_TEST(sessions_are_found_by_name)
{
	static const char *const names[] = { "D", "B", "C", "A", "E", "BB" };
	struct sess_cfg cfg = *sess_config(rw.fs->machine);
	struct fgsess *fs;
	size_t i;

	for (i = 0; i < 6; i++) {
		cfg.name = names[i];
		ck_assert_int_eq(0, driver_add(rw.driver, &cfg, &fs));
	}
	for (i = 0; i < 6; i++) {
		fs = driver_by_name(rw.driver, names[i]);
		ck_assert_ptr_nonnull(fs);
		ck_assert_str_eq(names[i], fs->name);
	}
	ck_assert_ptr_eq(rw.fs, driver_by_name(rw.driver, rw.fs->name));
	ck_assert_ptr_null(driver_by_name(rw.driver, ""));
	ck_assert_ptr_null(driver_by_name(rw.driver, "AA"));
	ck_assert_ptr_null(driver_by_name(rw.driver, "ZZ"));
}
END_TEST

START_TEST(why_a_session_ended_stays_to_be_seen)
{
	driver_connected(rw.driver, rw.fs, "test");
	rw_peer("0", "");
	rw_end();
	driver_disconnected(rw.driver, rw.fs, "closed by us");
	rw_end();
	ck_assert_str_eq("refused: the first message is not a Logon",
	    rw.fs->last_event);
	rw_logon();
	driver_disconnected(rw.driver, rw.fs, "closed by peer");
	rw_end();
	ck_assert_str_eq("disconnected: closed by peer", rw.fs->last_event);
}
END_TEST

START_TEST(heartbeats_and_timeouts_come_from_the_timers)
{
	mono_t due;

	rw_logon();
	driver_end(rw.driver, &due);
	ck_assert_int_eq(START_MONO + 30 * NS_PER_S, due.ns);
	rw_pass(30 * NS_PER_S);
	rw_end();
	LEFT(1, "send 35=0 34=2");
}
END_TEST

TCase *
waiting_cases(void)
{
	TCase *tc = tcase_create("waiting");

	tcase_add_checked_fixture(tc, rw_setup, rw_teardown);
	tcase_set_timeout(tc, 600); /* sanitizers on a busy machine */
	tcase_add_test(tc,
	    a_message_for_a_session_that_is_off_waits_without_a_number);
	tcase_add_test(tc,
	    what_waits_is_not_looked_for_among_all_that_ever_waited);
	tcase_add_test(tc, a_start_knows_what_waits);
	tcase_add_test(tc, a_session_may_refuse_messages_while_it_is_off);
	tcase_add_test(tc, early_messages_get_their_rows_in_order);
	tcase_add_test(tc, reading_stops_when_too_much_waits_for_the_disk);
	tcase_add_test(tc, sessions_are_found_by_name);
	tcase_add_test(tc, why_a_session_ended_stays_to_be_seen);
	tcase_add_test(tc, heartbeats_and_timeouts_come_from_the_timers);
	return tc;
}
