/* The two ends of a link against each other in one loop, and wrong frames. */
#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/address.h"
#include "daemon/beat.h"
#include "daemon/remote.h"
#include "daemon/server.h"

#define GIVE_UP_MS 10000

static char dir[] = "fglinkXXXXXX";
static char path[64], address[80];
static struct loop *l;
static struct server *s;
static struct remote *r;
static enum server_busy busy;
static unsigned pushes;  /* rows that feed() may send */
static bool flood;       /* feed() sends without end */
static int nclosed, nup, ndown, nfed;
static char last[64], text[256]; /* type and TEXT of the last answer */
static uint64_t last_ref;
static int nanswers, nmessages, nlost;

/* ---- the serving end ---- */

static void
handle_echo(const struct server_ask *a)
{
	link_map(server_answer(a, "ECHO_ACK"), 0);
	server_done(a->conn);
}

static struct server_conn *later;
static uint64_t later_ref;

static void
handle_later(const struct server_ask *a)
{
	server_hold(a->conn);
	later = a->conn;
	later_ref = a->ref;
}

static const struct server_request requests[] = {
	{ "ECHO", handle_echo, SERVER_READS },
	{ "EVENT_X", handle_echo, 0 },
	{ "LATER", handle_later, SERVER_READS },
	{ "STORE", handle_echo, SERVER_WAITS },
};

static enum server_busy
is_busy(void *arg)
{
	(void)arg;
	return busy;
}

static void
put_rows(struct server_conn *sc, size_t bytes)
{
	static const char block[60000];
	struct link_out *o;

	nfed++;
	o = server_begin(s, "ROWS", 77);
	link_map(o, 1);
	link_str(o, "B");
	link_bin(o, block, bytes);
	server_done(sc);
}

static bool
feed(void *arg, struct server_conn *sc)
{
	(void)arg;
	while (flood && !server_is_full(sc))
		put_rows(sc, 60000);
	if (pushes == 0)
		return false;
	put_rows(sc, 1);
	return --pushes > 0;
}

static void
closed(void *arg, struct server_conn *sc)
{
	(void)arg;
	ck_assert(!server_is_open(sc));
	nclosed++;
}

static void
put_more(void *arg, struct link_out *o)
{
	(void)arg;
	link_key_str(o, "MORE", "yes");
}

static void
serve(bool read_only)
{
	struct server_cfg cfg = { .loop = l, .kind = "test", .name = "TEST",
		.program = "test 1", .request = requests, .nrequest = 4,
		.nhello = 1, .hello = put_more, .busy = is_busy, .feed = feed,
		.closed = closed };
	char err[NET_ERR_MAX];

	s = server_new(&cfg);
	ck_assert_ptr_nonnull(s);
	ck_assert_int_eq(0, server_listen_unix(s, path, 0600, read_only, err));
}

/* ---- the asking end ---- */

static void
up(void *arg, const struct link_val *hello)
{
	char more[8];

	(void)arg;
	nup++;
	ck_assert(link_find_str(hello, "MORE", more, sizeof(more)));
	ck_assert_str_eq("yes", more);
}

static void
down(void *arg, const char *why)
{
	(void)arg;
	(void)why;
	ndown++;
}

static void
keep(const struct link_msg *m)
{
	snprintf(last, sizeof(last), "%s", m->type);
	last_ref = m->ref;
	if (!link_find_str(m->details, "TEXT", text, sizeof(text)))
		text[0] = '\0';
}

static void
message(void *arg, const struct link_msg *m)
{
	(void)arg;
	nmessages++;
	keep(m);
}

static void
answered(void *arg, const struct link_msg *m)
{
	(void)arg;
	if (m == NULL) {
		nlost++;
		return;
	}
	nanswers++;
	keep(m);
}

static void
dial(unsigned heartbeat)
{
	struct remote_cfg cfg = { .loop = l, .name = "TEST",
		.address = address, .self = "me", .role = "test",
		.heartbeat = heartbeat, .up = up, .down = down,
		.message = message };
	char err[ADDRESS_ERR_MAX];

	ck_assert_int_eq(0, address_parse(&cfg.at, address, err));
	r = remote_new(&cfg);
	ck_assert_ptr_nonnull(r);
}

static void
ask(const char *type)
{
	link_map(remote_ask(r, type, answered, NULL, NULL), 0);
	ck_assert_int_eq(0, remote_end(r));
}

/* ---- the loop ---- */

static bool (*condition)(void);
static bool late;

static void
look(void *arg)
{
	(void)arg;
	if (condition())
		loop_stop(l);
}

static void
give_up(void *arg)
{
	(void)arg;
	late = true;
	loop_stop(l);
}

static void
run_until(bool (*cond)(void))
{
	struct timer *t = timer_new(l, give_up, NULL);

	late = false;
	condition = cond;
	timer_set(t, mono_add(loop_now(l).mono, GIVE_UP_MS * NS_PER_MS));
	loop_on_end(l, look, NULL);
	loop_run(l);
	loop_on_end(l, NULL, NULL);
	timer_free(t);
	ck_assert_msg(!late, "nothing happened for %d ms", GIVE_UP_MS);
}

static int wanted;

static bool has_answers(void) { return nanswers >= wanted; }
static bool has_messages(void) { return nmessages >= wanted; }
static bool is_up(void) { return nup >= wanted; }
static bool is_down(void) { return ndown >= wanted; }
static bool all_closed(void) { return nclosed >= wanted; }
static bool is_asked_later(void) { return later != NULL; }

static void
setup(void)
{
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/s", dir);
	snprintf(address, sizeof(address), "unix:%s", path);
	l = loop_new();
	ck_assert_ptr_nonnull(l);
	s = NULL;
	r = NULL;
	wanted = 1;
}

static void
teardown(void)
{
	remote_free(r);
	server_free(s);
	loop_free(l);
	unlink(path);
	rmdir(dir);
}

static void
connect_both(unsigned heartbeat)
{
	serve(false);
	dial(heartbeat);
	run_until(is_up);
	ck_assert(remote_is_up(r));
	ck_assert_str_eq("", remote_trouble(r));
}

START_TEST(a_request_is_answered_with_its_ref)
{
	connect_both(0);
	ck_assert_str_eq("me", server_client(server_first(s)));
	ck_assert_int_eq(geteuid(), server_uid(server_first(s)));
	ask("ECHO");
	ask("ECHO");
	wanted = 2;
	run_until(has_answers);
	ck_assert_str_eq("ECHO_ACK", last);
	ck_assert_uint_eq(3, last_ref); /* HELLO was 1 */
	ck_assert_int_eq(0, nmessages);
}
END_TEST

START_TEST(an_unknown_request_is_refused_and_the_next_one_served)
{
	connect_both(0);
	ask("WHAT");
	run_until(has_answers);
	ck_assert_str_eq("NACK", last);
	ck_assert_str_eq("WHAT is no message of this test", text);
	ask("EVENT_WHAT");
	wanted = 2;
	run_until(has_answers);
	ck_assert_str_eq("EVENT_NACK", last);
	ask("ECHO");
	wanted = 3;
	run_until(has_answers);
	ck_assert_str_eq("ECHO_ACK", last);
}
END_TEST

START_TEST(a_read_only_socket_only_reads)
{
	serve(true);
	dial(0);
	run_until(is_up);
	ask("EVENT_X");
	run_until(has_answers);
	ck_assert_str_eq("EVENT_NACK", last);
	ask("ECHO");
	wanted = 2;
	run_until(has_answers);
	ck_assert_str_eq("ECHO_ACK", last);
}
END_TEST

/* The request behind the one that waits waits, too: order is kept. */
START_TEST(requests_wait_while_the_server_is_busy)
{
	connect_both(0);
	busy = SERVER_STALLED;
	ask("ECHO");
	ask("STORE");
	ask("ECHO");
	run_until(has_answers);
	loop_again(l);
	ck_assert_int_eq(1, nanswers);
	busy = SERVER_READY;
	server_push(s);
	wanted = 3;
	run_until(has_answers);
	ck_assert_uint_eq(4, last_ref);
}
END_TEST

START_TEST(a_busy_server_is_looked_at_again_without_a_push)
{
	connect_both(0);
	busy = SERVER_STALLED;
	ask("ECHO");
	ask("STORE");
	run_until(has_answers);
	busy = SERVER_READY;
	wanted = 2;
	run_until(has_answers);
}
END_TEST

START_TEST(what_is_pushed_comes_as_a_message)
{
	connect_both(0);
	pushes = 5;
	server_push(s);
	wanted = 5;
	run_until(has_messages);
	ck_assert_str_eq("ROWS", last);
	ck_assert_uint_eq(77, last_ref);
	ck_assert_int_eq(0, nanswers);
}
END_TEST

static bool is_full(void) { return server_is_full(server_first(s)); }

/* A peer that does not read: feed() stops at the mark, and goes on later. */
START_TEST(a_full_connection_is_not_fed)
{
	int fed;

	connect_both(0);
	flood = true;
	server_push(s);
	run_until(is_full);
	server_push(s); /* what was written since */
	fed = nfed;
	server_push(s);
	ck_assert_int_eq(fed, nfed);
	flood = false;
	wanted = nfed;
	run_until(has_messages);
}
END_TEST

START_TEST(an_answer_may_come_later_or_find_nobody)
{
	struct server_ask a;

	connect_both(0);
	later = NULL;
	ask("LATER");
	run_until(is_asked_later);
	ck_assert(server_is_open(later));
	a = server_ask_later(later, "LATER", later_ref);
	server_ack(&a, "done");
	run_until(has_answers);
	ck_assert_str_eq("ACK", last);
	ck_assert_str_eq("done", text);
	remote_free(r);
	r = NULL;
	run_until(all_closed);
	ck_assert(!server_is_open(later));
	server_release(later);
}
END_TEST

START_TEST(an_answer_may_find_the_server_gone)
{
	connect_both(0);
	later = NULL;
	ask("LATER");
	run_until(is_asked_later);
	server_free(s);
	s = NULL;
	ck_assert(!server_is_open(later));
	ck_assert_int_eq(1, nclosed);
	server_release(later);
	run_until(is_down);
	ck_assert_int_eq(1, nlost);
}
END_TEST

START_TEST(the_order_of_start_does_not_matter)
{
	dial(0);
	ck_assert(!remote_is_up(r));
	ck_assert_str_ne("", remote_trouble(r));
	link_map(remote_begin(r, "ECHO", 9), 0);
	ck_assert_int_eq(FG_ECLOSED, remote_end(r));
	serve(false);
	run_until(is_up);
}
END_TEST

START_TEST(a_lost_connection_is_made_again)
{
	connect_both(0);
	server_free(s);
	s = NULL;
	run_until(is_down);
	ck_assert(!remote_is_up(r));
	serve(false);
	wanted = 2;
	run_until(is_up);
	ask("ECHO");
	wanted = 1;
	run_until(has_answers);
	ck_assert_uint_eq(2, last_ref);
}
END_TEST

START_TEST(who_is_forgotten_is_not_answered)
{
	static int me;

	connect_both(0);
	link_map(remote_ask(r, "ECHO", answered, &me, NULL), 0);
	ck_assert_int_eq(0, remote_end(r));
	remote_forget(r, &me);
	ask("ECHO");
	run_until(has_answers);
	ck_assert_int_eq(1, nanswers);
	ck_assert_uint_eq(3, last_ref);
	ck_assert_int_eq(1, nmessages); /* the other comes as any message */
}
END_TEST

START_TEST(a_frame_that_the_other_end_does_not_take_is_not_sent)
{
	char *big = calloc(1, SERVER_FRAME_MAX);
	struct link_out *o;

	connect_both(0);
	o = remote_ask(r, "ECHO", answered, NULL, NULL);
	link_map(o, 1);
	link_str(o, "B");
	link_bin(o, big, SERVER_FRAME_MAX);
	ck_assert_int_eq(FG_ELIMIT, remote_end(r));
	free(big);
	ask("ECHO");
	run_until(has_answers);
	ck_assert_uint_eq(3, last_ref);
}
END_TEST

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

/* A connection that says HELLO with heartbeats, and then nothing. */
static char raw_got[65536];
static size_t raw_len;
static int raw_closed;
static const char *raw_say;
static size_t raw_nsay;

static void
raw_data(struct conn *c, void *arg)
{
	const char *p;
	size_t n = conn_in(c, &p);

	(void)arg;
	if (n > sizeof(raw_got) - raw_len)
		n = sizeof(raw_got) - raw_len;
	memcpy(raw_got + raw_len, p, n);
	raw_len += n;
	conn_eat(c, n);
}

static void
raw_connected(struct conn *c, void *arg)
{
	(void)arg;
	ck_assert_int_eq(0, conn_send(c, raw_say, raw_nsay));
}

static void
raw_is_closed(struct conn *c, void *arg, const char *why)
{
	(void)c;
	(void)arg;
	(void)why;
	raw_closed++;
}

static bool
got(const char *what)
{
	return memmem(raw_got, raw_len, what, strlen(what)) != NULL;
}

static const struct conn_ops raw_ops = { .data = raw_data,
	.closed = raw_is_closed, .connected = raw_connected };

static struct conn *
raw(const void *say, size_t n)
{
	char err[NET_ERR_MAX];
	struct conn *c;

	raw_len = 0;
	raw_closed = 0;
	raw_say = say;
	raw_nsay = n;
	c = conn_connect(l, path, 0, GIVE_UP_MS, NULL, &raw_ops, NULL, err);
	ck_assert_msg(c != NULL, "%s", err);
	return c;
}

static bool is_raw_closed(void) { return raw_closed > 0 && nclosed > 0; }
/* The message, not the key of HELLO_ACK. */
static bool has_heartbeat(void) { return got("HEARTBEAT\xaaSOURCE_REF"); }

static void
hello(struct buf *b, uint64_t version, unsigned heartbeat)
{
	struct link_out *o = link_out_new();

	link_begin(o, b, "HELLO", 1);
	link_map(o, 2);
	link_key_u64(o, "VERSION", version);
	link_key_u64(o, "HEARTBEAT", heartbeat);
	ck_assert_int_eq(0, link_end(o));
	link_out_free(o);
}

/* Takes three seconds: the shortest interval is one. */
START_TEST(a_silent_client_hears_heartbeats_and_is_closed)
{
	struct buf b = { 0 };

	serve(false);
	hello(&b, LINK_VERSION, 1);
	raw(b.p, b.len);
	run_until(has_heartbeat);
	ck_assert(server_is_open(server_first(s)));
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
	timer_set(*t, mono_add(loop_now(l).mono, NS_PER_S / 2));
}

static bool enough_ticks(void) { return ticks >= 8; }

START_TEST(heartbeats_keep_an_idle_link_alive)
{
	struct timer *t;

	connect_both(1);
	t = timer_new(l, count_second, &t);
	timer_set(t, loop_now(l).mono);
	run_until(enough_ticks);
	timer_free(t);
	ck_assert_int_eq(0, ndown);
	ck_assert_int_eq(0, nmessages);
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

	deaf = listener_open_unix(l, path, 0600, NULL, accept_deaf, NULL, err);
	ck_assert_msg(deaf != NULL, "%s", err);
	dial(1);
	run_until(is_down);
	ck_assert_str_eq("no heartbeat came", remote_trouble(r));
	wanted = 2;
	run_until(is_up);
	listener_free(deaf);
}
END_TEST

/* ---- wrong frames: each is answered with ERROR, and closed ---- */

enum wrong { TRUNCATED_BODY, EMPTY, TOO_LONG, RANDOM, NOT_A_MAP, NO_TYPE,
	BAD_REF, BAD_DETAILS, HUGE_ARRAY, DEEP, TRAILING, VERSION_0, VERSION_2,
	NO_VERSION, NO_HELLO, HELLO_TWICE };

static const struct {
	enum wrong what;
	const char *code, *text;
} wrongs[] = {
	{ TRUNCATED_BODY, "BAD_REQUEST", NULL },
	{ EMPTY, "BAD_REQUEST", NULL },
	{ TOO_LONG, "TOO_BIG", "MAX_FRAME" },
	{ RANDOM, "BAD_REQUEST", NULL },
	{ NOT_A_MAP, "BAD_REQUEST", "not a map" },
	{ NO_TYPE, "BAD_REQUEST", "no MESSAGE_TYPE" },
	{ BAD_REF, "BAD_REQUEST", "SOURCE_REF" },
	{ BAD_DETAILS, "BAD_REQUEST", "DETAILS" },
	{ HUGE_ARRAY, "BAD_REQUEST", NULL },
	{ DEEP, "BAD_REQUEST", NULL },
	{ TRAILING, "BAD_REQUEST", NULL },
	{ VERSION_0, "BAD_VERSION", "speaks version 1" },
	{ VERSION_2, "BAD_VERSION", "speaks version 1" },
	{ NO_VERSION, "BAD_VERSION", "speaks version 1" },
	{ NO_HELLO, "BAD_REQUEST", "HELLO must come first" },
	{ HELLO_TWICE, "BAD_REQUEST", "HELLO comes once" },
};

static void
frame(struct buf *b, const void *body, size_t n)
{
	uint32_t len = htonl((uint32_t)n);

	buf_add(b, &len, sizeof(len));
	buf_add(b, body, n);
}

#define FRAME(b, body) frame(b, body, sizeof(body) - 1)
#define TYPE           "\xac" "MESSAGE_TYPE"

static void
make_wrong(enum wrong what, struct buf *b)
{
	char body[300];
	uint32_t x = 12345;
	size_t i;

	switch (what) {
	case TRUNCATED_BODY: /* its length says less than the map holds */
		FRAME(b, "\x81" TYPE "\xa4" "EC");
		break;
	case EMPTY:
		FRAME(b, "");
		break;
	case TOO_LONG:
		x = htonl(SERVER_FRAME_MAX + 1);
		buf_add(b, &x, sizeof(x));
		break;
	case RANDOM:
		for (i = 0; i < sizeof(body); i++) {
			x = x * 1664525 + 1013904223;
			body[i] = (char)(x >> 24);
		}
		frame(b, body, sizeof(body));
		break;
	case NOT_A_MAP:
		FRAME(b, "\x01");
		break;
	case NO_TYPE:
		FRAME(b, "\x80");
		break;
	case BAD_REF:
		FRAME(b, "\x82" TYPE "\xa4" "ECHO" "\xaa" "SOURCE_REF" "\xff");
		break;
	case BAD_DETAILS:
		FRAME(b, "\x82" TYPE "\xa4" "ECHO" "\xa7" "DETAILS" "\x01");
		break;
	case HUGE_ARRAY:
		FRAME(b, "\xdd\x10\x00\x00\x00");
		break;
	case DEEP:
		memset(body, '\x91', sizeof(body));
		frame(b, body, sizeof(body));
		break;
	case TRAILING:
		FRAME(b, "\x81" TYPE "\xa4" "ECHO" "\xc0");
		break;
	case VERSION_0:
		hello(b, 0, 0);
		break;
	case VERSION_2:
		hello(b, 2, 0);
		break;
	case NO_VERSION:
		FRAME(b, "\x81" TYPE "\xa5" "HELLO");
		break;
	case NO_HELLO:
		FRAME(b, "\x81" TYPE "\xa4" "ECHO");
		break;
	case HELLO_TWICE:
		hello(b, LINK_VERSION, 0);
		hello(b, LINK_VERSION, 0);
		break;
	}
}

/* The other connection sees nothing of it. */
START_TEST(a_wrong_frame_is_refused_with_a_reason)
{
	struct buf b = { 0 };

	connect_both(0);
	make_wrong(wrongs[_i].what, &b);
	raw(b.p, b.len);
	run_until(is_raw_closed);
	ck_assert_msg(got("ERROR"), "no ERROR");
	ck_assert_msg(got(wrongs[_i].code), "no %s", wrongs[_i].code);
	ck_assert(wrongs[_i].text == NULL || got(wrongs[_i].text));
	ask("ECHO");
	run_until(has_answers);
	ck_assert_int_eq(0, ndown);
	buf_free(&b);
}
END_TEST

static void
count_wakes(void *arg)
{
	struct timer **t = arg;

	if (++ticks < 3)
		timer_set(*t, loop_now(l).mono);
}

static bool three_ticks(void) { return ticks >= 3; }

/* Half a frame is no mistake yet: the rest may come. */
START_TEST(half_a_frame_waits_for_the_rest)
{
	struct buf b = { 0 };
	struct timer *t;
	struct conn *c;

	serve(false);
	hello(&b, LINK_VERSION, 0);
	c = raw(b.p, b.len / 2);
	t = timer_new(l, count_wakes, &t);
	timer_set(t, loop_now(l).mono);
	run_until(three_ticks);
	timer_free(t);
	ck_assert_int_eq(0, raw_closed);
	ck_assert_uint_eq(0, raw_len);
	conn_abort(c, "test");
	run_until(is_raw_closed);
	ck_assert(!got("ERROR"));
	buf_free(&b);
}
END_TEST

/* ---- addresses ---- */

static const struct {
	const char *text, *host;
	int port; /* -1: wrong */
	bool local;
} addresses[] = {
	{ "unix:/run/x.sock", "/run/x.sock", 0, true },
	{ "tcp:localhost:5001", "localhost", 5001, true },
	{ "tcp:127.0.0.9:1", "127.0.0.9", 1, true },
	{ "tcp:[::1]:65535", "::1", 65535, true },
	{ "tcp:10.0.0.1:5001", "10.0.0.1", 5001, false },
	{ "tcp:0.0.0.0:5001", "0.0.0.0", 5001, false },
	{ "tcp:[::]:5001", "::", 5001, false },
	{ "tcp:example.org:5001", "example.org", 5001, false },
	{ "tcp:127.0.0.1.example.org:1", "127.0.0.1.example.org", 1, false },
	{ "tcp:localhost:0", NULL, -1, false },
	{ "tcp:localhost:65536", NULL, -1, false },
	{ "tcp:localhost:x", NULL, -1, false },
	{ "tcp:localhost", NULL, -1, false },
	{ "tcp::5001", NULL, -1, false },
	{ "tcp:::1:5001", NULL, -1, false },
	{ "unix:", NULL, -1, false },
	{ "tls:localhost:5001", "localhost", 5001, true },
	{ "tls:[::1]:5001", "::1", 5001, true },
	{ "tls:example.org:5001", "example.org", 5001, false },
	{ "tls:localhost", NULL, -1, false },
	{ "/run/x.sock", NULL, -1, false },
	{ "", NULL, -1, false },
};

START_TEST(addresses_are_read)
{
	struct address a;
	char err[ADDRESS_ERR_MAX] = "";

	if (addresses[_i].port == -1) {
		ck_assert_int_eq(FG_EINVAL,
		    address_parse(&a, addresses[_i].text, err));
		ck_assert_str_ne("", err);
		return;
	}
	ck_assert_int_eq(0, address_parse(&a, addresses[_i].text, err));
	ck_assert_str_eq(addresses[_i].host, a.host);
	ck_assert_uint_eq((unsigned)addresses[_i].port, a.port);
	ck_assert(address_is_local(&a) == addresses[_i].local);
	ck_assert(a.tls == (strncmp(addresses[_i].text, "tls:", 4) == 0));
	ck_assert(address_is_guarded(&a) == (addresses[_i].local || a.tls));
}
END_TEST

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

int
main(void)
{
	Suite *suite = suite_create("link");
	TCase *t = tcase_create("link");
	SRunner *runner;
	int failed;

	tcase_set_timeout(t, 30);
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
	tcase_add_test(t, heartbeats_are_due_when_nothing_was_said);
	tcase_add_test(t, who_does_not_listen_hears_no_silence);
	tcase_add_test(t, a_silent_client_hears_heartbeats_and_is_closed);
	tcase_add_test(t, heartbeats_keep_an_idle_link_alive);
	tcase_add_test(t, a_server_that_is_silent_is_left_and_dialled_again);
	tcase_add_loop_test(t, a_wrong_frame_is_refused_with_a_reason, 0,
	    COUNT(wrongs));
	tcase_add_test(t, half_a_frame_waits_for_the_rest);
	tcase_add_loop_test(t, addresses_are_read, 0, COUNT(addresses));
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
