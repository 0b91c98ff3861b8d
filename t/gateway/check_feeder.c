/* The feeder: what is asked for comes, in order, and who asks never waits. */
#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gateway/feeder.h"

#define ROWS 2500 /* more than fit one ROWS */

static struct store *st;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t told = PTHREAD_COND_INITIALIZER;
static unsigned notified;
static bool held; /* the thread stays in notify */

static void
setup(void)
{
	struct store_cfg cfg = { .durability = STORE_WRITTEN };
	struct store_row row = { .data = "8=x", .len = 3 };
	char err[STORE_ERR_MAX];
	struct store_batch *b;
	uint64_t commit;
	int i;

	ck_assert_int_eq(store_open_mem(&st, &cfg, err), 0);
	b = store_begin(st);
	for (i = 1; i <= ROWS; i++) {
		row.time.ns = i / 10 * 10;
		row.flags = i % 5 == 0 ? 0 : STORE_ADMIN;
		store_add(b, STORE_FIX_IN, &row);
	}
	ck_assert_int_eq(store_commit(b, &commit), 0);
	notified = 0;
	held = false;
}

static void
teardown(void)
{
	store_close(st);
}

static void
on_notify(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&lock);
	notified++;
	pthread_cond_broadcast(&told);
	while (held)
		pthread_cond_wait(&told, &lock);
	pthread_mutex_unlock(&lock);
}

/* Until there was one more call of notify than n. */
static void
wait_notified(unsigned n)
{
	pthread_mutex_lock(&lock);
	while (notified <= n)
		pthread_cond_wait(&told, &lock);
	pthread_mutex_unlock(&lock);
}

static void
set_held(bool to)
{
	pthread_mutex_lock(&lock);
	held = to;
	pthread_cond_broadcast(&told);
	pthread_mutex_unlock(&lock);
}

/* What was taken. */
struct taken {
	unsigned n, closed;
	uint64_t rows, next; /* serial that must come next */
};

static void
take(void *arg, const struct feeder_job *j)
{
	struct taken *t = arg;
	struct link_in *in = link_in_new();
	const char *why;
	struct link_msg m;

	ck_assert_uint_eq(j->serial, t->next++);
	ck_assert_ptr_eq(j->owner, t);
	t->n++;
	if (j->err == FG_ECLOSED) {
		t->closed++;
		ck_assert_uint_eq(j->frame.len, 0);
		link_in_free(in);
		return;
	}
	ck_assert_int_eq(j->err, 0);
	ck_assert_int_eq(link_decode(in, j->frame.p, j->frame.len, &m, &why),
	    (int64_t)j->frame.len);
	ck_assert_str_eq(m.type, "ROWS");
	ck_assert_uint_eq(m.ref, j->ask.ref);
	ck_assert_uint_eq(link_count(link_find(m.details, "ROWS")), j->got.n);
	ck_assert_uint_eq(link_find_u64(m.details, "UPTO", 0), j->got.upto);
	t->rows += j->got.n;
	link_in_free(in);
}

/* Take until so many jobs came. */
static void
take_all(struct feeder *f, struct taken *t, unsigned n)
{
	unsigned before;

	while (t->n < n) {
		pthread_mutex_lock(&lock);
		before = notified;
		pthread_mutex_unlock(&lock);
		feeder_take(f, take, t);
		/* The thread tells for the first one after each take. */
		if (t->n < n)
			wait_notified(before);
	}
}

static void
ask(struct feeder *f, struct taken *t, uint64_t serial, uint64_t after,
    bool no_admin)
{
	struct feed_ask a = { .ref = serial * 2, .table = STORE_FIX_IN,
		.after = after, .max = UINT64_MAX, .no_admin = no_admin };

	ck_assert_int_eq(feeder_ask(f, &a, t, serial), 0);
}

START_TEST(jobs_are_done_in_their_order)
{
	struct feeder *f = feeder_new(st, NULL, on_notify, NULL);
	struct taken t = { 0 };
	uint64_t i;

	ck_assert_ptr_nonnull(f);
	for (i = 0; i < 100; i++)
		ask(f, &t, i, ROWS - 10, i % 2 == 1);
	take_all(f, &t, 100);
	ck_assert_uint_eq(t.rows, 50 * 10 + 50 * 2);
	feeder_free(f);
}
END_TEST

START_TEST(who_asks_does_not_wait_for_the_thread)
{
	struct feeder *f = feeder_new(st, NULL, on_notify, NULL);
	struct taken t = { 0 };
	uint64_t i;

	set_held(true);
	ask(f, &t, 0, 0, false);
	wait_notified(0);
	for (i = 1; i < 50; i++)
		ask(f, &t, i, 0, false);
	feeder_take(f, take, &t);
	ck_assert_uint_eq(t.n, 1); /* the thread is still held */
	set_held(false);
	take_all(f, &t, 50);
	feeder_free(f);
}
END_TEST

START_TEST(what_was_not_begun_when_it_stops_is_said)
{
	struct feeder *f = feeder_new(st, NULL, on_notify, NULL);
	struct taken t = { 0 };
	uint64_t i;

	set_held(true);
	for (i = 0; i < 20; i++)
		ask(f, &t, i, 0, false);
	wait_notified(0);
	set_held(false);
	feeder_stop(f);
	feeder_take(f, take, &t);
	ck_assert_uint_eq(t.n, 20);
	feeder_free(f);
}
END_TEST

/* As tails do: each ROWS goes on where the one before ended. */
START_TEST(a_table_comes_whole_in_pieces)
{
	struct feeder *f = feeder_new(st, NULL, on_notify, NULL);
	struct taken t = { 0 };
	uint64_t after = 0, pieces = 0;

	while (after < ROWS) {
		ask(f, &t, pieces, after, false);
		take_all(f, &t, (unsigned)++pieces);
		after += FEED_ROWS;
	}
	ck_assert_uint_eq(t.rows, ROWS);
	feeder_free(f);
}
END_TEST

START_TEST(a_place_is_found_by_its_time)
{
	uint64_t after;
	int64_t ns;

	/* rows 1-9 have time 0, 10-19 have 10 ... */
	for (ns = -1; ns <= ROWS + 20; ns++) {
		ck_assert_int_eq(feed_find_time(st, STORE_FIX_IN, ns, &after),
		    0);
		if (ns <= 0)
			ck_assert_uint_eq(after, 0);
		else if (ns > ROWS)
			ck_assert_uint_eq(after, ROWS);
		else
			ck_assert_uint_eq(after, (uint64_t)(ns + 9) / 10 * 10
			    - 1);
	}
	ck_assert_int_eq(feed_find_time(st, STORE_FIX_OUT, 5, &after), 0);
	ck_assert_uint_eq(after, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("feeder");
	TCase *c = tcase_create("feeder");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, jobs_are_done_in_their_order);
	tcase_add_test(c, who_asks_does_not_wait_for_the_thread);
	tcase_add_test(c, what_was_not_begun_when_it_stops_is_said);
	tcase_add_test(c, a_table_comes_whole_in_pieces);
	tcase_add_test(c, a_place_is_found_by_its_time);
	suite_add_tcase(s, c);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
