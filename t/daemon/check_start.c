#include <check.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/start.h"
#include "daemon/watchdog.h"
#include "log/log.h"

/* Each test runs in Check's forked child; what it does to itself ends there. */

/* In place of the script layer's: a call that began a while ago. */
static _Atomic int64_t began;

int64_t
script_running(const struct script_code *code, uint64_t *row)
{
	(void)code;
	*row = 17;
	return began;
}

static struct start st;
static struct buf faults;

#define OPTIONS(...) options((const char *[]){ "x", __VA_ARGS__, NULL })

static char *line[16];

static void
options(const char **argv)
{
	int n = 0;

	do
		line[n] = argv[n] == NULL ? NULL : strdup(argv[n]);
	while (argv[n++] != NULL);
	optind = 1;
	start_options(&st, "fixgate-x", n - 1, line);
}

static void
free_line(void)
{
	size_t i;

	for (i = 0; line[i] != NULL; i++)
		free(line[i]);
	line[0] = NULL;
}

static void
setup(void)
{
	faults.len = 0;
	began = 0;
}

static void
teardown(void)
{
	start_end(&st);
	free_line();
	buf_free(&faults);
}

static void
ends_with(const char *text)
{
	buf_add(&faults, "", 1);
	ck_assert_ptr_nonnull(strstr(faults.p, text));
	faults.len = 0;
}

START_TEST(files_are_operands_or_f_in_the_order_of_the_line)
{
	OPTIONS("-n", "-f", "a.lua", "-d", "b.lua", "c.lua");
	ck_assert_uint_eq(3, st.nfile);
	ck_assert_str_eq("a.lua", st.file[0]);
	ck_assert_str_eq("b.lua", st.file[1]);
	ck_assert_str_eq("c.lua", st.file[2]);
	ck_assert(st.check);
	ck_assert(st.debug);
	ck_assert_ptr_null(st.pid_path);
}
END_TEST

START_TEST(a_process_is_called_as_n_says_or_as_its_first_file)
{
	OPTIONS("/etc/fixgate/desk.lua");
	ck_assert_str_eq("desk", st.name);
	start_end(&st);
	free_line();
	OPTIONS("-N", "UP", "desk.lua");
	ck_assert_str_eq("UP", st.name);
	start_end(&st);
	free_line();
	OPTIONS("desk.txt");
	ck_assert_str_eq("desk.txt", st.name);
}
END_TEST

START_TEST(no_file_is_a_wrong_command_line)
{
	OPTIONS("-n");
}
END_TEST

START_TEST(an_unknown_option_is_a_wrong_command_line)
{
	OPTIONS("-z", "a.lua");
}
END_TEST

START_TEST(an_empty_name_is_a_wrong_command_line)
{
	OPTIONS("-N", "", "a.lua");
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_named)
{
	struct buf text = { 0 };

	ck_assert_int_eq(FG_ENOENT, start_read("none.lua", &text, &faults));
	ends_with("none.lua: cannot be read: not found\n");
	ck_assert_int_ne(0, start_read("/", &text, &faults));
	ends_with("/: cannot be read: ");
	buf_free(&text);
}
END_TEST

START_TEST(files_share_processes_that_are_at_the_same_address)
{
	const struct script_process a[] = {
		{ "G", "unix:/g", 1 }, { "RISK", "exec:risk -x", 2 } };
	const struct script_process b[] = {
		{ "G", "unix:/g", 7 }, { "H", "tcp:[::1]:5001", 8 } };
	struct start_processes ps = { 0 };

	ck_assert_int_eq(0, start_add(&ps, "a.lua", a, 2, &faults));
	ck_assert_int_eq(0, start_add(&ps, "b.lua", b, 2, &faults));
	ck_assert_uint_eq(3, ps.n);
	ck_assert_str_eq("/g", start_find(&ps, "G")->at.host);
	ck_assert(start_find(&ps, "RISK")->exec);
	ck_assert_uint_eq(5001, start_find(&ps, "H")->at.port);
	ck_assert_ptr_null(start_find(&ps, "X"));
	start_free(&ps);
}
END_TEST

START_TEST(a_process_at_two_addresses_is_a_fault)
{
	const struct script_process a = { "G", "unix:/g", 1 };
	const struct script_process b = { "G", "unix:/other", 7 };
	struct start_processes ps = { 0 };

	ck_assert_int_eq(0, start_add(&ps, "a.lua", &a, 1, &faults));
	ck_assert_int_eq(FG_EINVAL, start_add(&ps, "b.lua", &b, 1, &faults));
	ends_with("b.lua:7: process G is at unix:/g in a.lua:1\n");
	start_free(&ps);
}
END_TEST

START_TEST(an_address_that_is_none_is_a_fault)
{
	const struct script_process a = { "G", "tcp:5001", 3 };
	struct start_processes ps = { 0 };

	ck_assert_int_eq(FG_EINVAL, start_add(&ps, "a.lua", &a, 1, &faults));
	ends_with("a.lua:3: process G: \"tcp:5001\" is no address: ");
	start_free(&ps);
}
END_TEST

/* ---- start and stop ---- */

static void
raise_term(void *arg)
{
	(void)arg;
	raise(SIGTERM);
}

START_TEST(sigterm_ends_the_loop)
{
	struct timer *t;

	OPTIONS("a.lua");
	ck_assert_int_eq(0, start_begin(&st));
	t = timer_new(st.loop, raise_term, NULL);
	timer_set(t, loop_now(st.loop).mono);
	start_run(&st, "test");
	ck_assert(st.stopping);
	ck_assert_int_gt(st.started.ns, 0);
	timer_free(t);
}
END_TEST

static void
count(void *arg)
{
	++*(int *)arg;
	loop_stop(st.loop);
}

START_TEST(the_program_says_how_it_stops)
{
	struct timer *t;
	int n = 0;

	OPTIONS("a.lua");
	st.stop = count;
	st.arg = &n;
	ck_assert_int_eq(0, start_begin(&st));
	t = timer_new(st.loop, raise_term, NULL);
	timer_set(t, loop_now(st.loop).mono);
	start_run(&st, "test");
	ck_assert_int_eq(1, n);
	timer_free(t);
}
END_TEST

START_TEST(what_is_missing_at_start_is_an_error)
{
	OPTIONS("-l", "/none/log", "a.lua");
	ck_assert_int_ne(0, start_begin(&st));
	start_end(&st);
	free_line();
	OPTIONS("-p", "/none/pid", "a.lua");
	ck_assert_int_ne(0, start_begin(&st));
	start_end(&st);
	free_line();
	OPTIONS("-u", "nobody-has-this-name", "a.lua");
	ck_assert_int_ne(0, start_begin(&st));
}
END_TEST

/* ---- the watchdog ---- */

static int64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static const struct watchdog_code code = { NULL, "stream", "A" };

START_TEST(a_script_that_is_stuck_ends_the_process)
{
	int64_t end = now_ns() + 60 * NS_PER_S;

	began = now_ns();
	ck_assert_ptr_nonnull(watchdog_new(&code, 1, NS_PER_S / 10));
	while (now_ns() < end)
		;
	_exit(0);
}
END_TEST

START_TEST(one_that_gets_no_processor_does_not)
{
	struct watchdog *w = watchdog_new(&code, 1, NS_PER_S / 10);

	began = now_ns();
	usleep(1000000);
	began = 0;
	watchdog_free(w);
}
END_TEST

START_TEST(scripts_that_run_or_rest_do_not)
{
	struct watchdog *w = watchdog_new(&code, 1, NS_PER_S * 2);
	int64_t end = now_ns() + NS_PER_S * 5 / 2;

	while (now_ns() < end) {
		began = now_ns();
		usleep(1000);
	}
	began = 0;
	usleep(2500000);
	watchdog_free(w);
	watchdog_free(NULL);
}
END_TEST

START_TEST(a_call_is_not_stuck_because_the_process_was_stopped)
{
	struct watchdog *w;

	began = now_ns() - 10 * NS_PER_S; /* as it looks afterwards */
	w = watchdog_new(&code, 1, NS_PER_S * 2);
	usleep(500000); /* one of its looks */
	began = 0;
	usleep(500000);
	watchdog_free(w);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("start");
	TCase *tc = tcase_create("start");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, files_are_operands_or_f_in_the_order_of_the_line);
	tcase_add_test(tc, a_process_is_called_as_n_says_or_as_its_first_file);
	tcase_add_exit_test(tc, no_file_is_a_wrong_command_line, START_USAGE);
	tcase_add_exit_test(tc, an_unknown_option_is_a_wrong_command_line,
	    START_USAGE);
	tcase_add_exit_test(tc, an_empty_name_is_a_wrong_command_line,
	    START_USAGE);
	tcase_add_test(tc, a_file_that_cannot_be_read_is_named);
	tcase_add_test(tc, files_share_processes_that_are_at_the_same_address);
	tcase_add_test(tc, a_process_at_two_addresses_is_a_fault);
	tcase_add_test(tc, an_address_that_is_none_is_a_fault);
	tcase_add_test(tc, sigterm_ends_the_loop);
	tcase_add_test(tc, the_program_says_how_it_stops);
	tcase_add_test(tc, what_is_missing_at_start_is_an_error);
	tcase_add_exit_test(tc, a_script_that_is_stuck_ends_the_process,
	    EXIT_FAILURE);
	tcase_add_test(tc, scripts_that_run_or_rest_do_not);
	tcase_add_test(tc, one_that_gets_no_processor_does_not);
	tcase_add_test(tc,
	    a_call_is_not_stuck_because_the_process_was_stopped);
	tcase_set_timeout(tc, 600);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
