/* check_frames: wrong frames: each is answered with ERROR, and closed. */
#include <arpa/inet.h>
#include <check.h>
#include <string.h>

#include "ends.h"
#include "link/link.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

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
	ck_assert_msg(raw_said("ERROR"), "no ERROR");
	ck_assert_msg(raw_said(wrongs[_i].code), "no %s", wrongs[_i].code);
	ck_assert(wrongs[_i].text == NULL || raw_said(wrongs[_i].text));
	ask("ECHO");
	run_until(has_answers);
	ck_assert_int_eq(0, ends.ndown);
	buf_free(&b);
}
END_TEST

static int ticks;

static void
count_wakes(void *arg)
{
	struct timer **t = arg;

	if (++ticks < 3)
		timer_set(*t, loop_now(ends.loop).mono);
}

static bool
three_ticks(void)
{
	return ticks >= 3;
}

/* Half a frame is no mistake yet: the rest may come. */
START_TEST(half_a_frame_waits_for_the_rest)
{
	struct buf b = { 0 };
	struct timer *t;
	struct conn *c;

	serve(false);
	hello(&b, LINK_VERSION, 0);
	c = raw(b.p, b.len / 2);
	t = timer_new(ends.loop, count_wakes, &t);
	timer_set(t, loop_now(ends.loop).mono);
	run_until(three_ticks);
	timer_free(t);
	ck_assert_int_eq(0, ends.raw_closed);
	ck_assert_uint_eq(0, ends.raw_len);
	conn_abort(c, "test");
	run_until(is_raw_closed);
	ck_assert(!raw_said("ERROR"));
	buf_free(&b);
}
END_TEST

TCase *
frames_case(void)
{
	TCase *t = tcase_create("frames");

	tcase_set_timeout(t, 600);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, a_wrong_frame_is_refused_with_a_reason, 0,
	    COUNT(wrongs));
	tcase_add_test(t, half_a_frame_waits_for_the_rest);
	return t;
}
