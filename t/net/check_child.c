#include "check_net.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static struct loop *l;

/* A child, with the two ends that it has. */
static struct end io, errors;
static struct child *child;
static char how[64]; /* it ended; "": it runs */

static void
io_data(struct conn *c, void *arg)
{
	(void)arg;
	end_ops.data(c, &io);
}

static void
io_closed(struct conn *c, void *arg, const char *why)
{
	(void)arg;
	end_ops.closed(c, &io, why);
}

static void
errors_data(struct conn *c, void *arg)
{
	(void)arg;
	end_ops.data(c, &errors);
}

static void
errors_closed(struct conn *c, void *arg, const char *why)
{
	(void)arg;
	end_ops.closed(c, &errors, why);
}

static void
exited(void *arg, const char *text)
{
	(void)arg;
	ck_assert_str_eq("", how);
	snprintf(how, sizeof(how), "%s", text);
}

static const struct conn_ops io_ops = { .data = io_data, .closed = io_closed };
static const struct conn_ops errors_ops = { .data = errors_data,
	.closed = errors_closed };
static const struct child_ops ops = { &io_ops, &errors_ops, exited };

static void
setup(void)
{
	l = loop_new();
	ck_assert_ptr_nonnull(l);
	end_init(&io, l);
	end_init(&errors, l);
	how[0] = '\0';
}

static void
teardown(void)
{
	child_free(child);
	loop_free(l);
	end_free(&io);
	end_free(&errors);
}

static void
start(const char *command)
{
	char err[NET_ERR_MAX];

	child = child_start(l, command, NULL, &ops, NULL, &io.c,
	    &errors.c, err);
	ck_assert_msg(child != NULL, "%s", err);
}

static bool
all_is_over(void *arg)
{
	(void)arg;
	return how[0] != '\0' && io.nclosed == 1 && errors.nclosed == 1;
}

static const char *wanted;

static bool
has_wanted(void *arg)
{
	const struct end *e = arg;

	return e->got.len >= strlen(wanted) &&
	    memcmp(e->got.p, wanted, strlen(wanted)) == 0;
}

START_TEST(lines_go_there_and_back)
{
	start("while read -r x; do echo \"got $x\"; done; echo over; exit 3");
	ck_assert_int_eq(0, conn_send(io.c, "one\ntwo\n", 8));
	wanted = "got one\ngot two\n";
	run_until(l, has_wanted, &io);
	conn_end(io.c);
	run_until(l, all_is_over, NULL);
	ck_assert_str_eq("exit status 3", how);
}
END_TEST

START_TEST(what_it_wrote_before_it_ended_is_read)
{
	start("echo out; echo err >&2");
	run_until(l, all_is_over, NULL);
	ck_assert_str_eq("exit status 0", how);
	ck_assert_uint_eq(4, io.got.len);
	ck_assert_int_eq(0, memcmp("out\n", io.got.p, 4));
	ck_assert_uint_eq(4, errors.got.len);
	ck_assert_int_eq(0, memcmp("err\n", errors.got.p, 4));
}
END_TEST

START_TEST(a_signal_reaches_all_that_it_started)
{
	start("sleep 1000 & echo on; wait");
	wanted = "on\n";
	run_until(l, has_wanted, &io);
	child_kill(child, SIGTERM);
	run_until(l, all_is_over, NULL);
	ck_assert_str_eq("ended by signal 15", how);
	child_kill(child, SIGTERM);
}
END_TEST

START_TEST(a_command_that_is_not_there_says_so)
{
	start("./no-such-command");
	run_until(l, all_is_over, NULL);
	ck_assert_str_eq("exit status 127", how);
	ck_assert_uint_lt(0, errors.got.len);
}
END_TEST

START_TEST(freed_while_it_runs_it_is_killed)
{
	start("trap '' TERM; echo on; while :; do sleep 1000; done");
	wanted = "on\n";
	run_until(l, has_wanted, &io);
	child_free(child);
	child = NULL;
	conn_set_ops(io.c, &end_ops, &io);
	run_until(l, is_closed, &io);
	ck_assert_str_eq("", how);
}
END_TEST

Suite *
child_suite(void)
{
	Suite *s = suite_create("child");
	TCase *t = tcase_create("child");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, lines_go_there_and_back);
	tcase_add_test(t, what_it_wrote_before_it_ended_is_read);
	tcase_add_test(t, a_signal_reaches_all_that_it_started);
	tcase_add_test(t, a_command_that_is_not_there_says_so);
	tcase_add_test(t, freed_while_it_runs_it_is_killed);
	suite_add_tcase(s, t);
	return s;
}
