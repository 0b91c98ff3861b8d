#include "check_net.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct loop *l;
static struct end a, b;

static void
setup(void)
{
	l = loop_new();
	ck_assert_ptr_nonnull(l);
	end_init(&a, l);
	end_init(&b, l);
}

static void
teardown(void)
{
	loop_free(l);
	end_free(&a);
	end_free(&b);
}

START_TEST(bytes_go_there_and_back)
{
	end_pair(l, &a, &b, NULL);
	ck_assert_int_eq(0, strncmp(conn_peer(b.c), "127.0.0.1:", 10));
	ck_assert_int_eq(0, strncmp(conn_peer(a.c), "127.0.0.1:", 10));
	ck_assert_int_eq(-1, conn_peer_uid(a.c));
	ck_assert_ptr_eq(&a, conn_arg(a.c));
	b.echo = true;
	ck_assert_int_eq(0, conn_send(a.c, "hello", 5));
	ck_assert_uint_eq(5, conn_queued(a.c));
	end_wanted = 5;
	run_until(l, end_has_wanted, &a);
	ck_assert(same(&a.got, "hello", 5));
	ck_assert_uint_eq(0, conn_queued(a.c));
}
END_TEST

static bool
both_have_wanted(void *arg)
{
	(void)arg;
	return a.got.len >= end_wanted && b.got.len >= end_wanted;
}

/* Bites and rests make the unread bytes live in the loop's scratch, in a small
 * and in a large buffer by turns. */
START_TEST(large_transfers_both_ways_arrive_whole)
{
	static const struct {
		size_t bite, leave;
	} row[] = { { 0, 0 }, { 1000, 0 }, { 40000, 0 }, { 0, 100 },
		{ 0, 30000 }, { 100000, 70000 } };
	size_t n = 6u << 20;
	char *p = noise(n);

	end_pair(l, &a, &b, NULL);
	a.bite = row[_i].bite * 16;
	b.bite = row[_i].bite;
	a.leave = b.leave = row[_i].leave;
	end_wanted = n - row[_i].leave;
	ck_assert_int_eq(0, conn_send(a.c, p, n));
	ck_assert_int_eq(0, conn_send(b.c, p, n));
	run_until(l, both_have_wanted, NULL);
	ck_assert(same(&a.got, p, end_wanted));
	ck_assert(same(&b.got, p, end_wanted));
	free(p);
}
END_TEST

START_TEST(a_slow_reader_meets_the_marks)
{
	struct conn_limits lim = { .in_max = 1000, .out_high = 2000,
		.out_low = 1000, .out_max = 64u << 20 };
	size_t n = 16u << 20;
	char *p = noise(n);

	end_pair(l, &a, &b, &lim);
	b.mute = true;
	ck_assert_int_eq(0, conn_send(a.c, p, 2000));
	ck_assert(!conn_is_full(a.c));
	ck_assert_int_eq(0, conn_send(a.c, p + 2000, n - 2000));
	ck_assert(conn_is_full(a.c));
	loop_again(l);
	run_until(l, is_up, &b);
	ck_assert_int_eq(0, a.ndrained);
	b.mute = false;
	conn_kick(b.c);
	end_wanted = n;
	run_until(l, end_has_wanted, &b);
	ck_assert(same(&b.got, p, n));
	ck_assert_int_eq(1, a.ndrained);
	ck_assert(!conn_is_full(a.c));
	free(p);
}
END_TEST

START_TEST(unread_bytes_are_bounded)
{
	struct conn_limits lim = { .in_max = 100000 };
	char *p = noise(1 << 20);
	const char *in;

	end_pair(l, &a, &b, &lim);
	b.mute = true;
	ck_assert_int_eq(0, conn_send(a.c, p, 1 << 20));
	while (conn_in(b.c, &in) < 100000) {
		loop_again(l);
		run_until(l, is_up, &b);
	}
	ck_assert_uint_eq(100000, conn_in(b.c, &in));
	ck_assert_mem_eq(p, in, 100000);
	conn_eat(b.c, 99999);
	ck_assert_uint_eq(1, conn_in(b.c, &in));
	ck_assert_int_eq(p[99999], in[0]);
	b.mute = false;
	end_wanted = (1 << 20) - 99999;
	run_until(l, end_has_wanted, &b);
	ck_assert(same(&b.got, p + 99999, end_wanted));
	free(p);
}
END_TEST

START_TEST(a_peer_that_never_reads_is_cut_at_the_bound)
{
	struct conn_limits lim = { .out_max = 100000 };
	char *p = noise(100001);

	end_pair(l, &a, &b, &lim);
	ck_assert_int_eq(0, conn_send(a.c, p, 99999));
	ck_assert_int_ne(0, conn_send(a.c, p, 2));
	ck_assert_int_eq(0, a.nclosed);
	ck_assert_int_ne(0, conn_send(a.c, p, 1));
	run_until(l, is_closed, &a);
	ck_assert_str_eq("the peer does not read: 99999 bytes wait for it",
	    a.why);
	free(p);
}
END_TEST

static void
answer_and_end(struct end *e)
{
	ck_assert_int_eq(0, conn_send(e->c, "logout", 6));
	conn_end(e->c);
	ck_assert_int_ne(0, conn_send(e->c, "more", 4));
}

static bool
both_closed(void *arg)
{
	(void)arg;
	return a.nclosed > 0 && b.nclosed > 0;
}

/* A close with unread input sends a reset, which may overtake the last
 * message. */
START_TEST(the_end_comes_after_all_bytes_though_input_is_unread)
{
	char *p = noise(4u << 20);

	end_pair(l, &a, &b, NULL);
	b.on_data = answer_and_end;
	ck_assert_int_eq(0, conn_send(a.c, p, 4u << 20));
	run_until(l, both_closed, NULL);
	ck_assert(same(&a.got, "logout", 6));
	ck_assert_str_eq("closed by peer", a.why);
	ck_assert_str_eq("closed", b.why);
	ck_assert_int_eq(1, a.nclosed);
	ck_assert_int_eq(1, b.nclosed);
	free(p);
}
END_TEST

START_TEST(a_long_queue_is_written_before_the_end)
{
	size_t n = 8u << 20;
	char *p = noise(n);

	end_pair(l, &a, &b, NULL);
	b.on_data = NULL;
	a.bite = 100000;
	ck_assert_int_eq(0, conn_send(b.c, p, n));
	ck_assert_int_eq(0, conn_send(a.c, p, n)); /* nobody reads it */
	conn_end(b.c);
	run_until(l, both_closed, NULL);
	ck_assert(same(&a.got, p, n));
	free(p);
}
END_TEST

START_TEST(a_peer_that_never_closes_is_left_after_a_while)
{
	end_pair(l, &a, &b, NULL);
	conn_pause(a.c, true);
	conn_end(b.c);
	run_until(l, is_closed, &b);
	ck_assert_str_eq("closed", b.why);
	ck_assert_int_eq(0, a.nclosed);
	conn_pause(a.c, false);
	run_until(l, is_closed, &a);
}
END_TEST

START_TEST(an_abort_is_told_later_and_once)
{
	end_pair(l, &a, &b, NULL);
	conn_abort(a.c, "enough of it");
	conn_abort(a.c, "really");
	conn_end(a.c);
	conn_kick(a.c);
	conn_pause(a.c, true);
	ck_assert_int_eq(0, a.nclosed);
	run_until(l, both_closed, NULL);
	ck_assert_str_eq("enough of it", a.why);
	ck_assert_int_eq(1, a.nclosed);
	ck_assert_int_eq(1, b.nclosed);
}
END_TEST

static void
abort_both(struct end *e)
{
	const char *p, *none;

	ck_assert_uint_eq(3, conn_in(e->c, &p));
	conn_abort(e->c, "mine");
	conn_abort(a.c, "other");
	ck_assert_mem_eq("abc", p, 3); /* still there */
	ck_assert_uint_eq(0, conn_in(e->c, &none));
	conn_eat(e->c, 3);
}

START_TEST(connections_may_be_aborted_from_a_callback)
{
	end_pair(l, &a, &b, NULL);
	b.on_data = abort_both;
	ck_assert_int_eq(0, conn_send(a.c, "abc", 3));
	run_until(l, both_closed, NULL);
	ck_assert_str_eq("other", a.why);
	ck_assert_str_eq("mine", b.why);
	ck_assert_int_eq(1, b.ndata);
}
END_TEST

static bool
is_shown(void *arg)
{
	return ((struct end *)arg)->ndata == 1;
}

START_TEST(a_kick_is_a_call_even_without_bytes)
{
	end_pair(l, &a, &b, NULL);
	conn_kick(b.c);
	run_until(l, is_shown, &b);
	ck_assert_uint_eq(0, b.got.len);
}
END_TEST

START_TEST(the_rest_is_shown_before_the_peers_end_is_told)
{
	char *p = noise(50000);

	end_pair(l, &a, &b, NULL);
	b.bite = 7; /* kicks until all is taken */
	ck_assert_int_eq(0, conn_send(a.c, p, 50000));
	conn_end(a.c);
	run_until(l, both_closed, NULL);
	ck_assert(same(&b.got, p, 50000));
	free(p);
}
END_TEST

/* A peer that sends "abc", closes its side, and reads on. */
static int
half_closed(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct listener *li = end_listen(&b, NULL);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons(listener_port(li));
	ck_assert_int_eq(0, connect(fd, (struct sockaddr *)&sin, sizeof(sin)));
	ck_assert_int_eq(3, send(fd, "abc", 3, 0));
	ck_assert_int_eq(0, shutdown(fd, SHUT_WR));
	run_until(l, is_up, &b);
	listener_free(li);
	return fd;
}

static bool
is_left(void *arg)
{
	return ((struct end *)arg)->nleft > 0;
}

START_TEST(who_has_closed_its_side_gets_what_is_still_to_come)
{
	char got[16];
	int fd;

	b.stays = true;
	fd = half_closed();
	run_until(l, is_left, &b);
	ck_assert(same(&b.got, "abc", 3));
	ck_assert_int_eq(0, conn_send(b.c, "answer", 6));
	conn_kick(b.c);
	loop_again(l);
	run_until(l, is_up, &b);
	ck_assert_int_eq(0, b.nclosed);
	conn_end(b.c);
	run_until(l, is_closed, &b);
	ck_assert_int_eq(6, recv(fd, got, sizeof(got), MSG_WAITALL));
	ck_assert_mem_eq("answer", got, 6);
	ck_assert_int_eq(0, recv(fd, got, sizeof(got), 0));
	close(fd);
}
END_TEST

START_TEST(who_has_closed_its_side_is_left_at_once_if_nothing_is_to_come)
{
	int fd = half_closed();

	run_until(l, is_closed, &b);
	ck_assert_int_eq(1, b.nleft);
	ck_assert_str_eq("closed by peer", b.why);
	close(fd);
}
END_TEST

START_TEST(a_paused_connection_reads_nothing_and_loses_nothing)
{
	end_pair(l, &a, &b, NULL);
	conn_pause(b.c, true);
	ck_assert_int_eq(0, conn_send(a.c, "abc", 3));
	ck_assert(!conn_is_left(b.c));
	conn_end(a.c);
	run_until(l, is_closed, &a); /* two seconds without the other end */
	ck_assert_int_eq(0, b.ndata);
	ck_assert_int_eq(0, b.nclosed);
	ck_assert(conn_is_left(b.c));
	conn_pause(b.c, false);
	run_until(l, is_closed, &b);
	ck_assert(same(&b.got, "abc", 3));
}
END_TEST

/* In two wake-ups, in which what arrived is not read: the second one fails. */
static void
send_unread(void *arg)
{
	int *left = arg;

	loop_enough(l);
	ck_assert_int_eq(0, conn_send(b.c, "x", 1));
	if (--*left > 0)
		loop_wake(l);
}

START_TEST(what_came_before_a_reset_is_read_though_writing_fails)
{
	int left = 2;

	end_pair(l, &a, &b, NULL);
	conn_pause(a.c, true); /* its input makes a reset of its close */
	ck_assert_int_eq(0, conn_send(b.c, "unread", 6));
	ck_assert_int_eq(0, conn_send(a.c, "last words", 10));
	conn_pause(b.c, true);
	loop_again(l);
	run_until(l, is_up, &b);
	conn_abort(a.c, "gone");
	conn_pause(b.c, false);
	loop_on_wake(l, send_unread, &left);
	loop_wake(l);
	run_until(l, is_closed, &b);
	ck_assert_int_eq(0, left);
	ck_assert(same(&b.got, "last words", 10));
}
END_TEST

static void
stop_loop(void *arg)
{
	loop_stop(arg);
}

START_TEST(timers_run_under_constant_load)
{
	struct timer *t = timer_new(l, stop_loop, l);

	end_pair(l, &a, &b, NULL);
	a.echo = b.echo = true;
	ck_assert_int_eq(0, conn_send(a.c, "ping", 4));
	timer_set(t, mono_add(loop_now(l).mono, 20 * NS_PER_MS));
	loop_run(l);
	ck_assert_uint_gt(a.got.len, 40);
	timer_free(t);
}
END_TEST

static struct end many[8];

static bool
one_is_done(void *arg)
{
	size_t i, least = SIZE_MAX, most = 0;

	(void)arg;
	for (i = 0; i < 8; i++) {
		if (many[i].got.len < least)
			least = many[i].got.len;
		if (many[i].got.len > most)
			most = many[i].got.len;
	}
	/* In step to within what one wake-up may read. */
	ck_assert_uint_le(most - least, 2 * 262144);
	return least == 1 << 20;
}

/* Eight peers send without end; four of them fill a wake-up's budget. */
START_TEST(nobody_starves_under_the_budget)
{
	struct end from[8];
	char *p = noise(1 << 20);
	size_t i;

	for (i = 0; i < 8; i++) {
		end_pair(l, &from[i], &many[i], NULL);
		conn_pause(many[i].c, true);
		ck_assert_int_eq(0, conn_send(from[i].c, p, 1 << 20));
	}
	for (i = 0; i < 8; i++)
		conn_pause(many[i].c, false);
	run_until(l, one_is_done, NULL);
	for (i = 0; i < 8; i++) {
		ck_assert(same(&many[i].got, p, 1 << 20));
		end_free(&many[i]);
	}
	free(p);
}
END_TEST

static void
take_and_say_enough(struct end *e)
{
	const char *p;

	conn_eat(e->c, conn_in(e->c, &p));
	loop_enough(l);
}

static bool
only_one_more(void *arg)
{
	static int before;
	int now = 0, i;

	(void)arg;
	for (i = 0; i < 4; i++)
		now += many[i].ndata;
	ck_assert_int_le(now - before, 1);
	before = now;
	return now == 4;
}

START_TEST(the_owner_can_end_the_wake_up_early)
{
	struct end from[4];
	int i;

	for (i = 0; i < 4; i++) {
		end_pair(l, &from[i], &many[i], NULL);
		many[i].on_data = take_and_say_enough;
	}
	for (i = 0; i < 4; i++)
		ck_assert_int_eq(0, conn_send(from[i].c, "x", 1));
	run_until(l, only_one_more, NULL);
	for (i = 0; i < 4; i++)
		ck_assert_int_eq(1, many[i].ndata);
}
END_TEST

START_TEST(what_is_sent_before_the_connection_is_up_arrives)
{
	struct listener *li;

	li = end_listen(&b, NULL);
	end_connect(&a, listener_port(li), NULL);
	ck_assert_int_eq(0, conn_send(a.c, "early", 5));
	end_wanted = 5;
	run_until(l, end_has_wanted, &b);
	ck_assert(same(&b.got, "early", 5));
	listener_free(li);
}
END_TEST

Suite *
conn_suite(void)
{
	Suite *s = suite_create("conn");
	TCase *t = tcase_create("conn");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 600);
	tcase_add_test(t, bytes_go_there_and_back);
	tcase_add_loop_test(t, large_transfers_both_ways_arrive_whole, 0, 6);
	tcase_add_test(t, a_slow_reader_meets_the_marks);
	tcase_add_test(t, unread_bytes_are_bounded);
	tcase_add_test(t, a_peer_that_never_reads_is_cut_at_the_bound);
	tcase_add_test(t,
	    the_end_comes_after_all_bytes_though_input_is_unread);
	tcase_add_test(t, a_long_queue_is_written_before_the_end);
	tcase_add_test(t, a_peer_that_never_closes_is_left_after_a_while);
	tcase_add_test(t, an_abort_is_told_later_and_once);
	tcase_add_test(t, connections_may_be_aborted_from_a_callback);
	tcase_add_test(t, a_kick_is_a_call_even_without_bytes);
	tcase_add_test(t, the_rest_is_shown_before_the_peers_end_is_told);
	tcase_add_test(t, who_has_closed_its_side_gets_what_is_still_to_come);
	tcase_add_test(t,
	    who_has_closed_its_side_is_left_at_once_if_nothing_is_to_come);
	tcase_add_test(t, a_paused_connection_reads_nothing_and_loses_nothing);
	tcase_add_test(t,
	    what_came_before_a_reset_is_read_though_writing_fails);
	tcase_add_test(t, timers_run_under_constant_load);
	tcase_add_test(t, nobody_starves_under_the_budget);
	tcase_add_test(t, the_owner_can_end_the_wake_up_early);
	tcase_add_test(t, what_is_sent_before_the_connection_is_up_arrives);
	suite_add_tcase(s, t);
	return s;
}
