/* What goes over TLS, and peers that speak something else. */
#include "tls_pair.h"

#include <stdlib.h>
#include <string.h>

/* ---- bytes ---- */

START_TEST(bytes_go_there_and_back_in_both_versions)
{
	static const struct {
		unsigned versions;
		const char *begins;
	} row[] = { { 0, "TLSv1.3 " }, { TLS_1_3, "TLSv1.3 " },
		{ TLS_1_2, "TLSv1.2 " } };

	tp.ccfg.versions = row[_i].versions;
	tp_connect(NULL);
	ck_assert_int_eq(0, strncmp(conn_tls(tp.a.c), row[_i].begins, 8));
	ck_assert_str_eq(conn_tls(tp.a.c), conn_tls(tp.b.c));
	ck_assert_str_eq("O=Venue Ltd,CN=venue", conn_peer_subject(tp.a.c));
	tp.b.echo = true;
	ck_assert_int_eq(0, conn_send(tp.a.c, "hello", 5));
	end_wanted = 5;
	run_until(tp.l, end_has_wanted, &tp.a);
	ck_assert(same(&tp.a.got, "hello", 5));
	ck_assert_uint_eq(0, conn_queued(tp.a.c));
}
END_TEST

START_TEST(ciphers_by_their_standard_names)
{
	static const struct {
		const char *names, *what;
	} row[] = {
		{ "TLS_CHACHA20_POLY1305_SHA256",
		    "TLSv1.3 TLS_CHACHA20_POLY1305_SHA256" },
		{ "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
		    "TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256" },
		{ "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, "
		    "TLS_AES_128_GCM_SHA256", "TLSv1.3 TLS_AES_128_GCM_SHA256" },
	};

	tp.scfg.names = row[_i].names;
	tp_connect(NULL);
	ck_assert_str_eq(row[_i].what, conn_tls(tp.b.c));
}
END_TEST

/* What a wake-up reads ends within a record, at its end, or behind several. */
START_TEST(large_transfers_both_ways_arrive_whole)
{
	static const struct {
		size_t bite, leave;
	} row[] = { { 0, 0 }, { 1000, 0 }, { 40000, 0 }, { 0, 100 },
		{ 0, 30000 }, { 100000, 70000 } };
	size_t n = 3u << 20;
	char *p = noise(n);

	if (_i % 2 == 1)
		tp.ccfg.versions = TLS_1_2;
	tp_connect(NULL);
	tp.a.bite = row[_i].bite * 16;
	tp.b.bite = row[_i].bite;
	tp.a.leave = tp.b.leave = row[_i].leave;
	end_wanted = n - row[_i].leave;
	ck_assert_int_eq(0, conn_send(tp.a.c, p, n));
	ck_assert_int_eq(0, conn_send(tp.b.c, p, n));
	run_until(tp.l, tp_both_have_wanted, NULL);
	ck_assert(same(&tp.a.got, p, end_wanted));
	ck_assert(same(&tp.b.got, p, end_wanted));
	free(p);
}
END_TEST

/* The last record was read of the socket long ago, which is silent: what is
 * left of it must come all the same. */
START_TEST(unread_bytes_are_bounded_and_none_stays_behind)
{
	struct conn_limits lim = { .in_max = 1000 };
	char *p = noise(16000);
	const char *in;

	tp_connect(&lim);
	tp.b.mute = true;
	ck_assert_int_eq(0, conn_send(tp.a.c, p, 16000));
	while (conn_in(tp.b.c, &in) < 1000) {
		loop_again(tp.l);
		run_until(tp.l, is_up, &tp.b);
	}
	ck_assert_uint_eq(1000, conn_in(tp.b.c, &in));
	tp.b.mute = false;
	conn_eat(tp.b.c, 1000);
	end_wanted = 15000;
	run_until(tp.l, end_has_wanted, &tp.b);
	ck_assert(same(&tp.b.got, p + 1000, end_wanted));
	free(p);
}
END_TEST

START_TEST(a_paused_connection_loses_nothing)
{
	char *p = noise(100000);

	tp_connect(NULL);
	conn_pause(tp.b.c, true);
	ck_assert_int_eq(0, conn_send(tp.a.c, p, 100000));
	conn_end(tp.a.c);
	loop_again(tp.l);
	run_until(tp.l, is_up, &tp.b);
	ck_assert_uint_eq(0, tp.b.got.len);
	conn_pause(tp.b.c, false);
	run_until(tp.l, tp_both_closed, NULL);
	ck_assert(same(&tp.b.got, p, 100000));
	ck_assert_str_eq("closed by peer", tp.b.why);
	ck_assert_str_eq("closed", tp.a.why);
	free(p);
}
END_TEST

START_TEST(what_is_sent_early_arrives)
{
	struct listener *li;

	tp.server = tp_must(&tp.scfg);
	tp.client = tp_must(&tp.ccfg);
	li = tp_start(NULL, NULL, NULL);
	ck_assert_int_eq(0, conn_send(tp.a.c, "early", 5));
	end_wanted = 5;
	run_until(tp.l, end_has_wanted, &tp.b);
	ck_assert(same(&tp.b.got, "early", 5));
	listener_free(li);
}
END_TEST

/* ---- peers that speak something else ---- */

static bool
server_closed(void *arg)
{
	(void)arg;
	return tp.b.nclosed > 0;
}

START_TEST(no_tls_is_refused_with_its_first_bytes)
{
	static const struct {
		const char *sends;
		size_t n;
		const char *why;
	} row[] = {
		{ "8=FIX.4.4\0019=100\00135=A\001553=me\001554=secret\001", 39,
		    "TLS: the peer speaks no TLS, it sent "
		    "\"8=FIX.4.4|9=100|35=A|553\"" },
		{ "GET / HTTP/1.1\r\n\r\n", 18,
		    "TLS: the peer speaks no TLS, it sent "
		    "\"GET / HTTP/1.1\\x0d\\x0a\\x0d\\x0a\"" },
		{ "\x16\x03\x01\xff\xff\xff\xff\xff\xff\xff", 10, "TLS: " },
		{ "\x16\x03\x01\0\5\1\0\0\1\0", 10, "TLS: " },
		{ "\x15\x03\x03\0\2\2\x28", 7, "TLS: " },
		{ "\0\0\0\0\0\0\0\0", 8, "TLS: the peer speaks no TLS" },
		{ "\x16\x03\x01\0", 4, "TLS: the peer closed the connection" },
		{ "", 0, "TLS: the peer closed the connection" },
	};
	struct listener *li;

	ck_assert_int_lt(_i, 8);
	tp.server = tp_must(&tp.scfg);
	li = tp_start(NULL, NULL, NULL);
	ck_assert_int_eq(0, conn_send(tp.a.c, row[_i].sends, row[_i].n));
	run_until(tp.l, is_up, &tp.b);
	if (row[_i].n < 5) {
		loop_again(tp.l);
		run_until(tp.l, is_up, &tp.b);
		conn_end(tp.a.c);
	}
	run_until(tp.l, server_closed, NULL);
	ck_assert_msg(strstr(tp.b.why, row[_i].why) == tp.b.why, "%s",
	    tp.b.why);
	ck_assert_int_eq(0, tp.b.ndata);
	listener_free(li);
}
END_TEST

START_TEST(a_server_without_tls_is_noticed)
{
	struct listener *li;

	tp.client = tp_must(&tp.ccfg);
	li = tp_start(NULL, NULL, NULL);
	tp.b.echo = true;
	run_until(tp.l, is_closed, &tp.a);
	ck_assert_msg(strncmp(tp.a.why, "TLS: ", 5) == 0, "%s", tp.a.why);
	ck_assert_int_eq(0, tp.a.nconnected);
	listener_free(li);
}
END_TEST

START_TEST(a_server_that_says_nothing_is_left)
{
	char err[NET_ERR_MAX];
	struct listener *li;

	tp.client = tp_must(&tp.ccfg);
	tp.b.mute = true;
	li = listener_open(tp.l, "127.0.0.1", 0, NULL, tp_accept, NULL, err);
	ck_assert_msg(li != NULL, "%s", err);
	tp.a.c = conn_connect(tp.l, "127.0.0.1", listener_port(li), 1000, NULL,
	    &end_ops, &tp.a, err);
	ck_assert_int_eq(0, conn_start_tls(tp.a.c, tp.client, NULL, NULL));
	run_until(tp.l, is_closed, &tp.a);
	ck_assert_str_eq("TLS: the handshake timed out", tp.a.why);
	listener_free(li);
}
END_TEST

START_TEST(a_handshake_can_be_given_up)
{
	struct listener *li;

	tp.server = tp_must(&tp.scfg);
	li = tp_start(NULL, NULL, NULL);
	run_until(tp.l, is_up, &tp.b);
	if (_i == 0)
		conn_abort(tp.b.c, "no Logon");
	else
		conn_end(tp.b.c);
	run_until(tp.l, tp_both_closed, NULL);
	ck_assert_str_eq(_i == 0 ? "no Logon" : "closed", tp.b.why);
	listener_free(li);
}
END_TEST

Suite *
tls_suite(void)
{
	Suite *s = suite_create("tls");
	TCase *t = tcase_create("tls");

	tcase_add_unchecked_fixture(t, tp_make_certs, tp_remove_certs);
	tcase_add_checked_fixture(t, tp_setup, tp_teardown);
	tcase_set_timeout(t, 600);
	tcase_add_loop_test(t, bytes_go_there_and_back_in_both_versions, 0, 3);
	tcase_add_loop_test(t, ciphers_by_their_standard_names, 0, 3);
	tcase_add_loop_test(t, large_transfers_both_ways_arrive_whole, 0, 6);
	tcase_add_test(t, unread_bytes_are_bounded_and_none_stays_behind);
	tcase_add_test(t, a_paused_connection_loses_nothing);
	tcase_add_test(t, what_is_sent_early_arrives);
	tcase_add_loop_test(t, no_tls_is_refused_with_its_first_bytes, 0, 8);
	tcase_add_test(t, a_server_without_tls_is_noticed);
	tcase_add_test(t, a_server_that_says_nothing_is_left);
	tcase_add_loop_test(t, a_handshake_can_be_given_up, 0, 2);
	tls_trust_add(t);
	suite_add_tcase(s, t);
	return s;
}
