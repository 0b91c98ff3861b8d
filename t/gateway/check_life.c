/*
 * Sessions that come and go while the driver runs, and the map of who is who.
 * The store is the one in memory, whose durable mark the test moves by hand.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gateway/fields.h"
#include "gateway/identity.h"
#include "wakes.h"

static struct {
	struct store *store;
	struct driver *driver;
	struct fgsess *fs;
	struct now now;
	int removed, answered, answer_err;
	int fail_with; /* at "commit" */
} w;

static struct now
op_now(void *arg)
{
	(void)arg;
	return w.now;
}

static void
op_send(void *arg, struct fgsess *fs, const void *p, size_t n)
{
	(void)arg;
	(void)p;
	(void)n;
	ck_assert(!fs->removed);
}

static void
op_disconnect(void *arg, struct fgsess *fs, const char *why)
{
	(void)arg;
	(void)fs;
	(void)why;
}

static void
op_drop_all(void *arg, const char *why)
{
	(void)arg;
	(void)why;
}

static void
op_removed(void *arg, struct fgsess *fs)
{
	(void)arg;
	ck_assert(fs->removed);
	w.removed++;
}

static const struct driver_ops ops = { .now = op_now, .send = op_send,
	.disconnect = op_disconnect, .drop_all = op_drop_all,
	.removed = op_removed };

static int
fault(void *arg, const char *step)
{
	(void)arg;
	return strcmp(step, "commit") == 0 ? w.fail_with : 0;
}

static struct sess_cfg
config(const char *name)
{
	struct sess_cfg cfg = wakes_cfg();

	cfg.name = cfg.target_comp_id = name;
	return cfg;
}

static struct fgsess *
add(const char *name)
{
	struct sess_cfg cfg = config(name);
	struct fgsess *fs;

	ck_assert_int_eq(0, driver_add(w.driver, &cfg, &fs));
	return fs;
}

static void
end(void)
{
	wakes_end(w.driver);
}

static void
setup(void)
{
	struct store_cfg sc = { .durability = STORE_SYNCED, .fault = fault };
	char err[STORE_ERR_MAX];

	memset(&w, 0, sizeof(w));
	ck_assert_int_eq(0, store_open_mem(&w.store, &sc, err));
	w.driver = driver_new(w.store, &ops);
	w.now.mono.ns = START_MONO;
	w.now.wall.ns = START_WALL;
	w.fs = add("A");
	ck_assert_int_eq(0, driver_start(w.driver));
}

static void
teardown(void)
{
	driver_free(w.driver);
	store_close(w.store);
}

static void
answered(void *arg, const struct release_done *done)
{
	(void)arg;
	w.answered++;
	w.answer_err = done->err;
}

static void
park(struct fgsess *fs, const char *id)
{
	ck_assert_int_eq(0, driver_send(w.driver, fs, "D", id, strlen(id),
	    answered, NULL));
}

START_TEST(a_session_can_be_added_in_a_wake_up)
{
	struct fgsess *fs;

	park(w.fs, "11=1\001"); /* the batch is open */
	fs = add("B");
	ck_assert_ptr_eq(fs, driver_by_name(w.driver, "B"));
	ck_assert_uint_eq(2, driver_count(w.driver));
	driver_connected(w.driver, fs, "test");
	end();
	ck_assert_int_eq(1, w.answered);
	ck_assert_uint_eq(1, store_visible(w.store, STORE_OUT_PENDING));
}
END_TEST

START_TEST(no_name_is_there_twice)
{
	struct sess_cfg cfg = config("A");
	struct fgsess *fs;

	ck_assert_int_eq(FG_EEXIST, driver_add(w.driver, &cfg, &fs));
	ck_assert_uint_eq(1, driver_count(w.driver));
}
END_TEST

START_TEST(one_that_was_removed_lives_until_its_rows_are_durable)
{
	struct sess_cfg cfg = config("A");
	struct fgsess *fs;

	store_mem_hold(w.store);
	park(w.fs, "11=1\001");
	end();
	driver_remove(w.driver, w.fs);
	ck_assert_ptr_null(driver_by_name(w.driver, "A"));
	ck_assert_uint_eq(0, driver_count(w.driver));
	ck_assert_int_eq(FG_EEXIST, driver_add(w.driver, &cfg, &fs));
	end();
	ck_assert_int_eq(0, w.removed);
	ck_assert_int_eq(0, w.answered);
	store_mem_release(w.store, UINT64_MAX);
	end();
	ck_assert_int_eq(1, w.answered);
	ck_assert_int_eq(0, w.answer_err);
	ck_assert_int_eq(1, w.removed);
}
END_TEST

START_TEST(one_that_comes_back_goes_on_where_it_was)
{
	uint32_t id = w.fs->id;
	int i;

	ck_assert_int_eq(0, driver_set_seqs(w.driver, w.fs, 7, 9, "test", NULL,
	    NULL));
	end();
	driver_remove(w.driver, w.fs);
	end();
	ck_assert_int_eq(1, w.removed);
	w.fs = add("B");
	for (i = 0; i < 600; i++)
		park(w.fs, "11=1\001");
	end();
	w.fs = add("A");
	ck_assert_uint_eq(id, w.fs->id);
	ck_assert_uint_eq(7, sess_seqs(w.fs->machine).next_in);
	ck_assert_uint_eq(9, sess_seqs(w.fs->machine).next_out);
	ck_assert_uint_eq(600, w.fs->pending_done); /* nothing of it waits */
	park(w.fs, "11=2\001");
	end();
	driver_remove(w.driver, w.fs);
	end();
	w.fs = add("A");
	ck_assert_uint_eq(600, w.fs->pending_done);
	ck_assert_uint_eq(601, w.fs->pending_tail);
}
END_TEST

START_TEST(timers_and_work_of_a_removed_one_are_forgotten)
{
	struct fgsess *fs = add("B");
	mono_t due;

	driver_connected(w.driver, fs, "test"); /* LogonTimeout runs */
	driver_end(w.driver, &due);
	ck_assert_int_ne(MONO_NEVER.ns, due.ns);
	driver_disconnected(w.driver, fs, "lost");
	park(fs, "11=1\001");
	driver_remove(w.driver, fs);
	end();
	ck_assert_int_eq(1, w.removed);
	driver_end(w.driver, &due);
	ck_assert_int_eq(MONO_NEVER.ns, due.ns);
}
END_TEST

START_TEST(a_failed_commit_leaves_no_session_half_added)
{
	struct sess_cfg cfg = config("B");
	struct fgsess *fs;

	park(w.fs, "11=1\001");
	w.fail_with = FG_ENOSPC;
	ck_assert_int_eq(FG_ENOSPC, driver_add(w.driver, &cfg, &fs));
	ck_assert(driver_is_down(w.driver));
	ck_assert_int_eq(FG_ENOSPC, driver_add(w.driver, &cfg, &fs));
	ck_assert_uint_eq(1, driver_count(w.driver));
	w.fail_with = 0;
	end();
	ck_assert(!driver_is_down(w.driver));
	ck_assert_int_eq(FG_ENOSPC, w.answer_err);
	ck_assert_int_eq(0, driver_add(w.driver, &cfg, &fs));
}
END_TEST

/* ---- who is who ---- */

static void *
find(const struct identity_map *m, const char *target, const char *sub)
{
	struct fields f = { 0 };
	struct fix_msg msg = { 0 };
	char raw[256], body[160];
	unsigned sum = 0, i;
	void *what;
	int n;

	snprintf(body, sizeof(body), "35=A\00134=1\00149=%s\00150=%s\001"
	    "56=EXCHANGE\001", target, sub);
	n = snprintf(raw, sizeof(raw), "8=FIX.4.4\0019=%zu\001%s",
	    strlen(body), body);
	for (i = 0; i < (unsigned)n; i++)
		sum += (unsigned char)raw[i];
	n += snprintf(raw + n, sizeof(raw) - (size_t)n, "10=%03u\001",
	    sum % 256);
	ck_assert_int_eq(0, fields_index(&f, &msg, raw, (size_t)n, NULL));
	what = identity_find(m, &msg);
	fields_free(&f);
	return what;
}

#define MANY 300

START_TEST(who_was_removed_is_not_found_and_all_others_are)
{
	static char name[MANY][16];
	static struct sess_cfg cfg[MANY];
	struct identity_map *m = identity_new();
	int i, round;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < MANY; i++) {
			snprintf(name[i], sizeof(name[i]), "T%d", i);
			cfg[i] = config(name[i]);
			ck_assert_int_eq(0, identity_add(m, &cfg[i], name[i]));
		}
		for (i = round; i < MANY; i += 3)
			identity_remove(m, &cfg[i]);
		for (i = 0; i < MANY; i++)
			ck_assert_ptr_eq(i % 3 == round ? NULL : name[i],
			    find(m, name[i], "X"));
		for (i = 0; i < MANY; i++)
			identity_remove(m, &cfg[i]); /* some are not there */
	}
	identity_free(m);
}
END_TEST

START_TEST(the_more_exact_identity_wins)
{
	struct identity_map *m = identity_new();
	struct sess_cfg any = config("T"), desk = config("T");

	desk.target_sub_id = "DESK";
	ck_assert_int_eq(0, identity_add(m, &any, &any));
	ck_assert_int_eq(0, identity_add(m, &desk, &desk));
	ck_assert_ptr_eq(&desk, find(m, "T", "DESK"));
	ck_assert_ptr_eq(&any, find(m, "T", "OTHER"));
	identity_remove(m, &desk);
	ck_assert_ptr_eq(&any, find(m, "T", "DESK"));
	identity_free(m);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("life");
	TCase *tc = tcase_create("driver"), *who = tcase_create("identity");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_session_can_be_added_in_a_wake_up);
	tcase_add_test(tc, no_name_is_there_twice);
	tcase_add_test(tc,
	    one_that_was_removed_lives_until_its_rows_are_durable);
	tcase_add_test(tc, one_that_comes_back_goes_on_where_it_was);
	tcase_add_test(tc, timers_and_work_of_a_removed_one_are_forgotten);
	tcase_add_test(tc, a_failed_commit_leaves_no_session_half_added);
	suite_add_tcase(s, tc);
	tcase_add_test(who, who_was_removed_is_not_found_and_all_others_are);
	tcase_add_test(who, the_more_exact_identity_wins);
	suite_add_tcase(s, who);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
