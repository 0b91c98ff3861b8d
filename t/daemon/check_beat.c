/* check_beat: heartbeats of a link, when they are due and when they stop. */
#include <check.h>

#include "daemon/beat.h"
#include "ends.h"
#include "link/link.h"

/* ---- heartbeats: looks at set times ---- */

static mono_t
at(double seconds)
{
	return (mono_t){ (int64_t)(seconds * 1e9) };
}

START_TEST(heartbeats_are_due_when_nothing_was_said)
{
	struct beat b;

	beat_start(&b, 10, at(100));
	ck_assert_int_eq(110 * NS_PER_S, b.due.ns);
	b.heard = at(105);
	b.said = at(104);
	ck_assert_int_eq(BEAT_NOTHING, beat_look(&b, at(110), true));
	ck_assert_int_eq(114 * NS_PER_S, b.due.ns);
	ck_assert_int_eq(BEAT_SAY, beat_look(&b, at(114), true));
	ck_assert_int_eq(BEAT_SAY, beat_look(&b, at(124), true));
	ck_assert(!beat_is_late(&b, at(125)));
	ck_assert(beat_is_late(&b, at(126)));
	ck_assert_int_eq(BEAT_SAY, beat_look(&b, at(134), true));
	ck_assert_int_eq(135 * NS_PER_S, b.due.ns);
	ck_assert_int_eq(BEAT_DEAD, beat_look(&b, at(135), true));
}
END_TEST

START_TEST(who_does_not_listen_hears_no_silence)
{
	struct beat b;

	beat_start(&b, 10, at(100));
	ck_assert_int_eq(BEAT_SAY, beat_look(&b, at(110), true));
	ck_assert_int_eq(BEAT_SAY, beat_look(&b, at(120), false));
	ck_assert_int_eq(BEAT_SAY, beat_look(&b, at(130), true));
	ck_assert_int_eq(BEAT_SAY, beat_look(&b, at(149), true));
	beat_start(&b, 10, at(100)); /* stopped itself for a minute */
	ck_assert_int_eq(BEAT_SAY, beat_look(&b, at(160), true));
	beat_start(&b, 0, at(100));
	ck_assert_int_eq(BEAT_NOTHING, beat_look(&b, at(9999), true));
	ck_assert(!beat_is_late(&b, at(9999)));
}
END_TEST

/* The message, not the key of HELLO_ACK. */
static bool
has_heartbeat(void)
{
	return raw_said("HEARTBEAT\xaaSOURCE_REF");
}

/* Takes three seconds: the shortest interval is one. */
START_TEST(a_silent_client_hears_heartbeats_and_is_closed)
{
	struct buf b = { 0 };

	serve(false);
	hello(&b, LINK_VERSION, 1);
	raw(b.p, b.len);
	run_until(has_heartbeat);
	ck_assert(server_is_open(server_first(ends.server)));
	run_until(is_raw_closed);
	buf_free(&b);
}
END_TEST

static int ticks;

static void
count_second(void *arg)
{
	struct timer **t = arg;

	ticks++;
	timer_set(*t, mono_add(loop_now(ends.loop).mono, NS_PER_S / 2));
}

static bool
enough_ticks(void)
{
	return ticks >= 8;
}

START_TEST(heartbeats_keep_an_idle_link_alive)
{
	struct timer *t;

	connect_both(1);
	t = timer_new(ends.loop, count_second, &t);
	timer_set(t, loop_now(ends.loop).mono);
	run_until(enough_ticks);
	timer_free(t);
	ck_assert_int_eq(0, ends.ndown);
	ck_assert_int_eq(0, ends.nmessages);
}
END_TEST

static struct listener *deaf;

static void
accept_deaf(struct conn *c, void *arg)
{
	struct link_out *o = link_out_new();
	struct buf b = { 0 };

	(void)arg;
	conn_set_ops(c, &raw_ops, NULL);
	link_begin(o, &b, "HELLO_ACK", 1);
	link_map(o, 2);
	link_key_str(o, "MORE", "yes");
	link_key_u64(o, "HEARTBEAT", 1);
	ck_assert_int_eq(0, link_end(o));
	ck_assert_int_eq(0, conn_send(c, b.p, b.len));
	link_out_free(o);
	buf_free(&b);
}

START_TEST(a_server_that_is_silent_is_left_and_dialled_again)
{
	char err[NET_ERR_MAX];

	deaf = listener_open_unix(ends.loop, ends.path, 0600, NULL,
	    accept_deaf, NULL, err);
	ck_assert_msg(deaf != NULL, "%s", err);
	dial(1);
	run_until(is_down);
	ck_assert_str_eq("no heartbeat came", remote_trouble(ends.remote));
	ends.wanted = 2;
	run_until(is_up);
	listener_free(deaf);
}
END_TEST

TCase *
beat_case(void)
{
	TCase *t = tcase_create("beat");

	tcase_set_timeout(t, 600);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, heartbeats_are_due_when_nothing_was_said);
	tcase_add_test(t, who_does_not_listen_hears_no_silence);
	tcase_add_test(t, a_silent_client_hears_heartbeats_and_is_closed);
	tcase_add_test(t, heartbeats_keep_an_idle_link_alive);
	tcase_add_test(t, a_server_that_is_silent_is_left_and_dialled_again);
	return t;
}
