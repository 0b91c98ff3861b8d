/* check_link: requests, answers and messages between the two ends of a link. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "ends.h"

START_TEST(a_request_is_answered_with_its_ref)
{
	connect_both(0);
	ck_assert_str_eq("me", server_client(server_first(ends.server)));
	ck_assert_int_eq(geteuid(), server_uid(server_first(ends.server)));
	ask("ECHO");
	ask("ECHO");
	ends.wanted = 2;
	run_until(has_answers);
	ck_assert_str_eq("ECHO_ACK", ends.last);
	ck_assert_uint_eq(3, ends.last_ref); /* HELLO was 1 */
	ck_assert_int_eq(0, ends.nmessages);
}
END_TEST

START_TEST(an_unknown_request_is_refused_and_the_next_one_served)
{
	connect_both(0);
	ask("WHAT");
	run_until(has_answers);
	ck_assert_str_eq("NACK", ends.last);
	ck_assert_str_eq("WHAT is no message of this test", ends.text);
	ask("EVENT_WHAT");
	ends.wanted = 2;
	run_until(has_answers);
	ck_assert_str_eq("EVENT_NACK", ends.last);
	ask("ECHO");
	ends.wanted = 3;
	run_until(has_answers);
	ck_assert_str_eq("ECHO_ACK", ends.last);
}
END_TEST

START_TEST(a_read_only_socket_only_reads)
{
	serve(true);
	dial(0);
	run_until(is_up);
	ask("EVENT_X");
	run_until(has_answers);
	ck_assert_str_eq("EVENT_NACK", ends.last);
	ask("ECHO");
	ends.wanted = 2;
	run_until(has_answers);
	ck_assert_str_eq("ECHO_ACK", ends.last);
}
END_TEST

/* The request behind the one that waits waits, too: order is kept. */
START_TEST(requests_wait_while_the_server_is_busy)
{
	connect_both(0);
	ends.busy = SERVER_STALLED;
	ask("ECHO");
	ask("STORE");
	ask("ECHO");
	run_until(has_answers);
	loop_again(ends.loop);
	ck_assert_int_eq(1, ends.nanswers);
	ends.busy = SERVER_READY;
	server_push(ends.server);
	ends.wanted = 3;
	run_until(has_answers);
	ck_assert_uint_eq(4, ends.last_ref);
}
END_TEST

START_TEST(a_busy_server_is_looked_at_again_without_a_push)
{
	connect_both(0);
	ends.busy = SERVER_STALLED;
	ask("ECHO");
	ask("STORE");
	run_until(has_answers);
	ends.busy = SERVER_READY;
	ends.wanted = 2;
	run_until(has_answers);
}
END_TEST

START_TEST(what_is_pushed_comes_as_a_message)
{
	connect_both(0);
	ends.pushes = 5;
	server_push(ends.server);
	ends.wanted = 5;
	run_until(has_messages);
	ck_assert_str_eq("ROWS", ends.last);
	ck_assert_uint_eq(77, ends.last_ref);
	ck_assert_int_eq(0, ends.nanswers);
}
END_TEST

static bool is_full(void) { return server_is_full(server_first(ends.server)); }

/* A peer that does not read: feed() stops at the mark, and goes on later. */
START_TEST(a_full_connection_is_not_fed)
{
	int fed;

	connect_both(0);
	ends.flood = true;
	server_push(ends.server);
	run_until(is_full);
	server_push(ends.server); /* what was written since */
	fed = ends.nfed;
	server_push(ends.server);
	ck_assert_int_eq(fed, ends.nfed);
	ends.flood = false;
	ends.wanted = ends.nfed;
	run_until(has_messages);
}
END_TEST

START_TEST(an_answer_may_come_later_or_find_nobody)
{
	struct server_ask a;

	connect_both(0);
	ends.later = NULL;
	ask("LATER");
	run_until(is_asked_later);
	ck_assert(server_is_open(ends.later));
	a = server_ask_later(ends.later, "LATER", ends.later_ref);
	server_ack(&a, "done");
	run_until(has_answers);
	ck_assert_str_eq("ACK", ends.last);
	ck_assert_str_eq("done", ends.text);
	remote_free(ends.remote);
	ends.remote = NULL;
	run_until(all_closed);
	ck_assert(!server_is_open(ends.later));
	server_release(ends.later);
}
END_TEST

START_TEST(an_answer_may_find_the_server_gone)
{
	connect_both(0);
	ends.later = NULL;
	ask("LATER");
	run_until(is_asked_later);
	server_free(ends.server);
	ends.server = NULL;
	ck_assert(!server_is_open(ends.later));
	ck_assert_int_eq(1, ends.nclosed);
	server_release(ends.later);
	run_until(is_down);
	ck_assert_int_eq(1, ends.nlost);
}
END_TEST

START_TEST(the_order_of_start_does_not_matter)
{
	dial(0);
	ck_assert(!remote_is_up(ends.remote));
	ck_assert_str_ne("", remote_trouble(ends.remote));
	link_map(remote_begin(ends.remote, "ECHO", 9), 0);
	ck_assert_int_eq(FG_ECLOSED, remote_end(ends.remote));
	serve(false);
	run_until(is_up);
}
END_TEST

START_TEST(a_lost_connection_is_made_again)
{
	connect_both(0);
	server_free(ends.server);
	ends.server = NULL;
	run_until(is_down);
	ck_assert(!remote_is_up(ends.remote));
	serve(false);
	ends.wanted = 2;
	run_until(is_up);
	ask("ECHO");
	ends.wanted = 1;
	run_until(has_answers);
	ck_assert_uint_eq(2, ends.last_ref);
}
END_TEST

START_TEST(who_is_forgotten_is_not_answered)
{
	static int me;

	connect_both(0);
	link_map(remote_ask(ends.remote, "ECHO", answered, &me, NULL), 0);
	ck_assert_int_eq(0, remote_end(ends.remote));
	remote_forget(ends.remote, &me);
	ask("ECHO");
	run_until(has_answers);
	ck_assert_int_eq(1, ends.nanswers);
	ck_assert_uint_eq(3, ends.last_ref);
	/* The other comes as any message. */
	ck_assert_int_eq(1, ends.nmessages);
}
END_TEST

START_TEST(a_frame_that_the_other_end_does_not_take_is_not_sent)
{
	char *big = calloc(1, SERVER_FRAME_MAX);
	struct link_out *o;

	connect_both(0);
	o = remote_ask(ends.remote, "ECHO", answered, NULL, NULL);
	link_map(o, 1);
	link_str(o, "B");
	link_bin(o, big, SERVER_FRAME_MAX);
	ck_assert_int_eq(FG_ELIMIT, remote_end(ends.remote));
	free(big);
	ask("ECHO");
	run_until(has_answers);
	ck_assert_uint_eq(3, ends.last_ref);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("link");
	TCase *t = tcase_create("link");
	SRunner *runner;
	int failed;

	tcase_set_timeout(t, 600);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_request_is_answered_with_its_ref);
	tcase_add_test(t, an_unknown_request_is_refused_and_the_next_one_served);
	tcase_add_test(t, a_read_only_socket_only_reads);
	tcase_add_test(t, requests_wait_while_the_server_is_busy);
	tcase_add_test(t, a_busy_server_is_looked_at_again_without_a_push);
	tcase_add_test(t, what_is_pushed_comes_as_a_message);
	tcase_add_test(t, a_full_connection_is_not_fed);
	tcase_add_test(t, an_answer_may_come_later_or_find_nobody);
	tcase_add_test(t, an_answer_may_find_the_server_gone);
	tcase_add_test(t, the_order_of_start_does_not_matter);
	tcase_add_test(t, a_lost_connection_is_made_again);
	tcase_add_test(t, who_is_forgotten_is_not_answered);
	tcase_add_test(t, a_frame_that_the_other_end_does_not_take_is_not_sent);
	suite_add_tcase(suite, t);
	suite_add_tcase(suite, beat_case());
	suite_add_tcase(suite, frames_case());
	suite_add_tcase(suite, addresses_case());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
