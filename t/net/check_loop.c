#include "check_net.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static struct loop *l;

static void
setup(void)
{
	l = loop_new();
	ck_assert_ptr_nonnull(l);
}

static void
teardown(void)
{
	loop_free(l);
}

struct note {
	char text[32];
	struct timer *t[4];
};

static struct note note;

static void
add_a(void *arg)
{
	strcat(((struct note *)arg)->text, "a");
}

static void
add_b(void *arg)
{
	strcat(((struct note *)arg)->text, "b");
}

static void
add_c_and_stop(void *arg)
{
	strcat(((struct note *)arg)->text, "c");
	loop_stop(l);
}

static mono_t
in_ms(int ms)
{
	return mono_add(loop_now(l).mono, ms * NS_PER_MS);
}

START_TEST(timers_run_in_the_order_of_their_times)
{
	struct timer *a, *b, *c, *never;
	mono_t at = in_ms(5);

	memset(&note, 0, sizeof(note));
	c = timer_new(l, add_c_and_stop, &note);
	b = timer_new(l, add_b, &note);
	a = timer_new(l, add_a, &note);
	never = timer_new(l, add_a, &note);
	timer_set(c, mono_add(at, 3 * NS_PER_MS));
	timer_set(never, in_ms(1));
	timer_set(never, MONO_NEVER);
	timer_set(a, in_ms(8000));
	timer_set(b, at);
	timer_set(a, at); /* of equal times, the one set first comes first */
	loop_run(l);
	ck_assert_str_eq("bac", note.text);
	ck_assert(!mono_before(loop_now(l).mono, mono_add(at, 3 * NS_PER_MS)));
	timer_free(a);
	timer_free(b);
	timer_free(c);
	timer_free(never);
	timer_free(NULL);
}
END_TEST

START_TEST(many_timers_come_out_sorted)
{
	enum { N = 500 };
	static struct timer *t[N];
	unsigned seed = 1, i, j;
	mono_t at[N];

	memset(&note, 0, sizeof(note));
	for (i = 0; i < N; i++) {
		t[i] = timer_new(l, i == 0 ? add_c_and_stop : add_a, &note);
		seed = seed * 1103515245u + 12345u;
		at[i] = in_ms(60000 + (int)(seed >> 16) % 1000);
		timer_set(t[i], at[i]);
	}
	for (i = 1; i < N; i += 2) {
		j = i * 7 % N;
		timer_free(t[j]);
		t[j] = timer_new(l, add_a, &note);
	}
	for (i = 1; i < N; i++)
		timer_set(t[i], MONO_NEVER);
	timer_set(t[0], in_ms(1));
	loop_run(l);
	ck_assert_str_eq("c", note.text);
	for (i = 0; i < N; i++)
		timer_free(t[i]);
}
END_TEST

static void
again_at_once(void *arg)
{
	timer_set(*(struct timer **)arg, loop_now(l).mono);
}

START_TEST(a_timer_that_sets_itself_to_now_does_not_stop_the_others)
{
	struct timer *busy, *stop;

	memset(&note, 0, sizeof(note));
	busy = timer_new(l, again_at_once, &busy);
	stop = timer_new(l, add_c_and_stop, &note);
	timer_set(busy, in_ms(0));
	timer_set(stop, in_ms(20));
	loop_run(l);
	ck_assert_str_eq("c", note.text);
	timer_free(busy);
	timer_free(stop);
}
END_TEST

static void
free_both(void *arg)
{
	struct note *n = arg;

	timer_free(n->t[0]);
	timer_free(n->t[1]);
	n->t[0] = n->t[1] = NULL;
}

START_TEST(a_timer_may_free_itself_and_others_when_it_runs)
{
	struct timer *stop;

	memset(&note, 0, sizeof(note));
	note.t[0] = timer_new(l, free_both, &note);
	note.t[1] = timer_new(l, add_a, &note);
	stop = timer_new(l, add_c_and_stop, &note);
	timer_set(note.t[0], in_ms(1));
	timer_set(note.t[1], in_ms(1));
	timer_set(stop, in_ms(3));
	loop_run(l);
	ck_assert_str_eq("c", note.text);
	timer_free(stop);
}
END_TEST

static int nend;
static int nwake;
static struct now seen;

static void
count_wake(void *arg)
{
	(void)arg;
	nwake++;
	seen = loop_now(l);
}

static void
count_end(void *arg)
{
	int *rounds = arg;

	nend++;
	ck_assert(loop_now(l).mono.ns == seen.mono.ns);
	ck_assert(loop_now(l).wall.ns == seen.wall.ns);
	if (nend == *rounds)
		loop_stop(l);
}

START_TEST(the_end_function_is_called_once_per_wake_up)
{
	int rounds = 1;

	nend = nwake = 0;
	loop_on_wake(l, count_wake, NULL);
	loop_on_end(l, count_end, &rounds);
	loop_wake(l);
	loop_wake(l); /* wakes coalesce */
	loop_run(l);
	ck_assert_int_eq(1, nwake);
	ck_assert_int_eq(1, nend);
}
END_TEST

static void
end_again(void *arg)
{
	(void)arg;
	if (++nend == 5)
		loop_stop(l);
	else
		loop_again(l);
}

START_TEST(the_loop_does_not_sleep_when_work_is_left)
{
	nend = 0;
	loop_on_end(l, end_again, NULL);
	loop_again(l);
	loop_run(l); /* it would never come back */
	ck_assert_int_eq(5, nend);
}
END_TEST

static void *
wake_from_thread(void *arg)
{
	(void)arg;
	loop_wake(l);
	return NULL;
}

START_TEST(another_thread_can_wake_the_loop)
{
	pthread_t th;
	int rounds = 1;

	nend = nwake = 0;
	loop_set_spin(l, _i * 50 * NS_PER_US);
	loop_on_wake(l, count_wake, NULL);
	loop_on_end(l, count_end, &rounds);
	ck_assert_int_eq(0, pthread_create(&th, NULL, wake_from_thread, NULL));
	loop_run(l);
	pthread_join(th, NULL);
	ck_assert_int_eq(1, nwake);
}
END_TEST

static void
stop_on_signal(int signum, void *arg)
{
	*(int *)arg = signum;
	loop_stop(l);
}

START_TEST(a_signal_runs_its_function_on_the_loop)
{
	int got = 0;

	ck_assert_int_eq(0, loop_on_signal(l, SIGHUP, stop_on_signal, &got));
	ck_assert_int_eq(0, loop_on_signal(l, SIGUSR1, stop_on_signal, &got));
	kill(getpid(), SIGUSR1);
	loop_run(l);
	ck_assert_int_eq(SIGUSR1, got);
}
END_TEST

START_TEST(a_stop_before_the_run_ends_it_at_once)
{
	loop_stop(l);
	loop_run(l);
}
END_TEST

Suite *
loop_suite(void)
{
	Suite *s = suite_create("loop");
	TCase *t = tcase_create("loop");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, timers_run_in_the_order_of_their_times);
	tcase_add_test(t, many_timers_come_out_sorted);
	tcase_add_test(t,
	    a_timer_that_sets_itself_to_now_does_not_stop_the_others);
	tcase_add_test(t, a_timer_may_free_itself_and_others_when_it_runs);
	tcase_add_test(t, the_end_function_is_called_once_per_wake_up);
	tcase_add_test(t, the_loop_does_not_sleep_when_work_is_left);
	tcase_add_loop_test(t, another_thread_can_wake_the_loop, 0, 2);
	tcase_add_test(t, a_signal_runs_its_function_on_the_loop);
	tcase_add_test(t, a_stop_before_the_run_ends_it_at_once);
	suite_add_tcase(s, t);
	return s;
}
