#include "check_client.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "client/lane.h"

#define MS(n) ((mono_t){ (n) * NS_PER_MS })

static struct lane_window window;
static struct lane *l;
static uint64_t ref; /* of the last sending */

static void
setup(void)
{
	window = (struct lane_window){ 3, 0 };
	ref = 0;
	l = lane_new(&window);
	ck_assert_ptr_nonnull(l);
}

static void
teardown(void)
{
	lane_free(l);
	ck_assert_uint_eq(0, window.unanswered);
}

static void
put_part(uint64_t seq, uint32_t part)
{
	struct lane_event e = { .seq = seq, .part = part };

	e.body = strdup("x");
	ck_assert_ptr_nonnull(e.body);
	ck_assert_int_eq(0, lane_put(l, &e));
}

static void
put(uint64_t first, uint64_t last)
{
	for (; first <= last; first++)
		put_part(first, 0);
}

/* What is sent now must be these rows (digits), and no more. */
static void
sends(const char *rows, int64_t ms)
{
	const struct lane_event *e;
	char got[32] = "";
	size_t n = 0;

	while ((e = lane_send(l, ++ref, MS(ms))) != NULL)
		got[n++] = (char)('0' + e->seq);
	ref--;
	ck_assert_str_eq(rows, got);
}

static void
answer(uint64_t r, enum lane_answer how, int64_t ms, uint64_t seq)
{
	struct lane_event e;

	ck_assert_int_eq(0, lane_answer(l, r, how, MS(ms), &e));
	ck_assert_uint_eq(seq, e.seq);
	if (how == LANE_DONE)
		free(e.body);
}

START_TEST(nothing_is_sent_before_the_lane_is_up)
{
	put(1, 2);
	sends("", 0);
	lane_up(l);
	sends("12", 0);
	ck_assert_uint_eq(2, lane_queued(l));
}
END_TEST

START_TEST(the_window_is_never_passed)
{
	lane_up(l);
	put(1, 6);
	sends("123", 0);
	ck_assert_uint_eq(3, lane_unanswered(l));
	answer(1, LANE_DONE, 0, 1);
	sends("4", 0);
	answer(2, LANE_DONE, 0, 2);
	answer(3, LANE_DONE, 0, 3);
	sends("56", 0);
}
END_TEST

START_TEST(answers_in_any_order)
{
	struct lane_event e;

	lane_up(l);
	put(1, 4);
	sends("123", 0);
	answer(3, LANE_DONE, 0, 3);
	ck_assert_uint_eq(0, lane_acked(l));
	answer(2, LANE_DONE, 0, 2);
	ck_assert_uint_eq(0, lane_acked(l));
	ck_assert_int_eq(FG_ENOENT, lane_answer(l, 2, LANE_DONE, MS(0), &e));
	answer(1, LANE_DONE, 0, 1);
	ck_assert_uint_eq(3, lane_acked(l));
	ck_assert_uint_eq(1, lane_queued(l));
	sends("4", 0);
}
END_TEST

START_TEST(a_row_is_acked_with_its_last_part)
{
	lane_up(l);
	put_part(4, 0);
	put_part(5, 0);
	put_part(5, 1);
	sends("455", 0);
	answer(2, LANE_DONE, 0, 5);
	answer(1, LANE_DONE, 0, 4);
	ck_assert_uint_eq(4, lane_acked(l));
	answer(3, LANE_DONE, 0, 5);
	ck_assert_uint_eq(5, lane_acked(l));
}
END_TEST

/* The order is kept only if nothing passes the event to go back to. */
START_TEST(a_retry_goes_back_and_nothing_passes_it)
{
	lane_up(l);
	put(1, 5);
	sends("123", 0);
	answer(1, LANE_RETRY, 0, 1);
	sends("", 0);
	sends("", 5000); /* 2 and 3 have no answer yet */
	answer(2, LANE_STOPPED, 5000, 2);
	answer(3, LANE_STOPPED, 5000, 3);
	sends("123", 5000);
	answer(4, LANE_DONE, 5000, 1);
	sends("4", 5000);
}
END_TEST

START_TEST(a_retry_waits_and_longer_each_time)
{
	int64_t now = 0, wait = LANE_WAIT_MIN / NS_PER_MS;
	int i;

	lane_up(l);
	put(1, 1);
	for (i = 0; i < 12; i++) {
		sends("1", now);
		ck_assert_int_eq(MONO_NEVER.ns, lane_due(l).ns);
		answer(ref, LANE_RETRY, now, 1);
		ck_assert_int_eq((now + wait) * NS_PER_MS, lane_due(l).ns);
		sends("", now + wait - 1);
		now += wait;
		if ((wait *= 2) > LANE_WAIT_MAX / NS_PER_MS)
			wait = LANE_WAIT_MAX / NS_PER_MS;
	}
	sends("1", now);
	answer(ref, LANE_DONE, now, 1);
	put(2, 2);
	sends("2", now);
	answer(ref, LANE_RETRY, now, 2);
	ck_assert_int_eq(now * NS_PER_MS + LANE_WAIT_MIN, lane_due(l).ns);
}
END_TEST

START_TEST(a_handler_that_took_the_later_ones_gets_only_the_one)
{
	lane_up(l);
	put(1, 3);
	sends("123", 0);
	answer(2, LANE_RETRY, 0, 2);
	answer(3, LANE_DONE, 0, 3);
	sends("", 1000); /* 1 has no answer yet */
	answer(1, LANE_DONE, 1000, 1);
	ck_assert_uint_eq(1, lane_acked(l));
	sends("2", 1000);
	answer(ref, LANE_DONE, 1000, 2);
	ck_assert_uint_eq(3, lane_acked(l));
}
END_TEST

START_TEST(what_was_unanswered_is_sent_again_in_order)
{
	struct lane_event e;

	lane_up(l);
	put(1, 5);
	sends("123", 0);
	answer(2, LANE_DONE, 0, 2);
	sends("4", 0);
	lane_down(l);
	ck_assert_uint_eq(0, window.unanswered);
	sends("", 0);
	lane_up(l);
	sends("134", 0);
	/* The answer to the first sending is none to the second. */
	ck_assert_int_eq(FG_ENOENT, lane_answer(l, 1, LANE_DONE, MS(0), &e));
	answer(5, LANE_DONE, 0, 1);
	ck_assert_uint_eq(2, lane_acked(l));
	sends("5", 0);
}
END_TEST

START_TEST(sendings_are_counted)
{
	const struct lane_event *e;

	lane_up(l);
	put(1, 1);
	e = lane_send(l, ++ref, MS(0));
	ck_assert_uint_eq(1, e->sent);
	lane_up(l);
	e = lane_send(l, ++ref, MS(0));
	ck_assert_uint_eq(2, e->sent);
}
END_TEST

START_TEST(lanes_share_the_window)
{
	struct lane *other = lane_new(&window);
	struct lane_event e = { .seq = 9, .body = strdup("x") };

	ck_assert_ptr_nonnull(other);
	lane_up(l);
	lane_up(other);
	ck_assert_int_eq(0, lane_put(other, &e));
	put(1, 4);
	sends("123", 0);
	ck_assert_ptr_null(lane_send(other, 100, MS(0)));
	answer(1, LANE_DONE, 0, 1);
	ck_assert_ptr_nonnull(lane_send(other, 100, MS(0)));
	sends("", 0);
	lane_free(other);
	sends("4", 0);
}
END_TEST

START_TEST(an_event_that_is_taken_is_not_acked)
{
	struct lane_event e;

	put(1, 2);
	ck_assert_int_eq(0, lane_take(l, &e));
	ck_assert_uint_eq(1, e.seq);
	free(e.body);
	ck_assert_uint_eq(0, lane_acked(l));
	lane_up(l);
	sends("2", 0);
	answer(1, LANE_DONE, 0, 2);
	ck_assert_uint_eq(2, lane_acked(l));
	ck_assert_int_eq(FG_ENOENT, lane_take(l, &e));
}
END_TEST

/* A handler like a gateway's lane: it takes events in order, refuses some for a
 * while and all behind them, and the connection goes now and then. All of them
 * arrive, in order. */
START_TEST(a_gateway_lane_gets_all_in_order)
{
	enum { EVENTS = 400 };
	uint64_t handled = 0, next = 1, got[64];
	unsigned seed = (unsigned)_i + 1;
	const struct lane_event *e;
	struct lane_event done;
	uint64_t seqs[64];
	size_t n = 0;
	bool stopped = false;
	int64_t ms = 0;

	srand(seed);
	lane_up(l);
	while (handled < EVENTS) {
		ms += rand() % 200;
		if (next <= EVENTS)
			put_part(next++, 0);
		while ((e = lane_send(l, ++ref, MS(ms))) != NULL) {
			got[n] = ref;
			seqs[n++] = e->seq;
		}
		if (rand() % 30 == 0) {
			n = 0;
			stopped = false;
			lane_down(l);
			lane_up(l);
		}
		if (n == 0)
			continue;
		if (seqs[0] == handled + 1)
			stopped = rand() % 4 == 0;
		ck_assert_msg(stopped || seqs[0] <= handled + 1, "seed %u: %d "
		    "came before %d", seed, (int)seqs[0], (int)handled + 1);
		if (stopped && seqs[0] > handled) {
			answer(got[0], seqs[0] == handled + 1 ? LANE_RETRY
			    : LANE_STOPPED, ms, seqs[0]);
		} else {
			if (seqs[0] == handled + 1)
				handled++;
			ck_assert_int_eq(0, lane_answer(l, got[0], LANE_DONE,
			    MS(ms), &done));
			free(done.body);
		}
		memmove(got, got + 1, --n * sizeof(*got));
		memmove(seqs, seqs + 1, n * sizeof(*seqs));
	}
}
END_TEST

TCase *
lane_cases(void)
{
	TCase *t = tcase_create("lane");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, nothing_is_sent_before_the_lane_is_up);
	tcase_add_test(t, the_window_is_never_passed);
	tcase_add_test(t, answers_in_any_order);
	tcase_add_test(t, a_row_is_acked_with_its_last_part);
	tcase_add_test(t, a_retry_goes_back_and_nothing_passes_it);
	tcase_add_test(t, a_retry_waits_and_longer_each_time);
	tcase_add_test(t, a_handler_that_took_the_later_ones_gets_only_the_one);
	tcase_add_test(t, what_was_unanswered_is_sent_again_in_order);
	tcase_add_test(t, sendings_are_counted);
	tcase_add_test(t, lanes_share_the_window);
	tcase_add_test(t, an_event_that_is_taken_is_not_acked);
	tcase_add_loop_test(t, a_gateway_lane_gets_all_in_order, 0, 10);
	return t;
}
