#include "check_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "client/exec.h"
#include "log/log.h"

#define GIVE_UP_S 120 /* a test that waits longer has failed */

static struct loop *l;
static struct timer *timer;
static struct exec *e;
static struct buf got; /* "ack 1", "nack 2 later: why", "up", "down" */
static bool (*until)(void);
static const char *wanted;
static int ndrained;

static void
up(void *arg)
{
	(void)arg;
	ck_assert(exec_is_up(e));
	buf_puts(&got, "up\n");
}

static void
down(void *arg, const char *why)
{
	(void)arg;
	ck_assert(!exec_is_up(e));
	ck_assert_str_eq(why, exec_trouble(e));
	buf_printf(&got, "down: %s\n", why);
}

static void
answer(void *arg, const struct exec_answer *a)
{
	(void)arg;
	buf_printf(&got, "%s %d%s%s%s\n", a->ok ? "ack" : "nack", (int)a->n,
	    a->retry ? " later" : "", a->text[0] != '\0' ? ": " : "", a->text);
}

static void
drained(void *arg)
{
	(void)arg;
	ndrained++;
}

static void
look(void *arg)
{
	(void)arg;
	if (until())
		loop_stop(l);
}

static void
give_up(void *arg)
{
	(void)arg;
	ck_abort_msg("got: %.*s", (int)got.len, got.p == NULL ? "" : got.p);
}

static void
run_until(bool (*cond)(void))
{
	until = cond;
	timer_set(timer, mono_add(loop_now(l).mono, GIVE_UP_S * NS_PER_S));
	if (!until())
		loop_run(l);
}

static bool
has_wanted(void)
{
	return got.len >= strlen(wanted);
}

static void
run_to(const char *text)
{
	wanted = text;
	run_until(has_wanted);
	ck_assert_msg(got.len == strlen(text) &&
	    memcmp(got.p, text, got.len) == 0, "got: %.*s", (int)got.len,
	    got.p);
}

static bool
is_over(void)
{
	return exec_is_over(e);
}

static bool
is_full(void)
{
	return exec_is_full(e);
}

static bool
has_drained(void)
{
	return ndrained > 0;
}

static void
setup(void)
{
	l = loop_new();
	timer = timer_new(l, give_up, NULL);
	ck_assert_ptr_nonnull(timer);
	loop_on_end(l, look, NULL);
}

static void
teardown(void)
{
	exec_free(e);
	timer_free(timer);
	loop_free(l);
	buf_free(&got);
}

static void
start(const char *command)
{
	struct exec_cfg cfg = { l, "RISK", command, up, down, answer, drained,
		NULL };

	e = exec_new(&cfg);
	ck_assert_ptr_nonnull(e);
	ck_assert(!exec_is_up(e));
	run_to("up\n");
}

static void
send_event(uint64_t n)
{
	ck_assert_int_eq(0, exec_send(e, n, "\"seq\":5", 7));
}

START_TEST(an_event_is_one_line_and_so_is_its_answer)
{
	start("read -r a; read -r b; [ \"$a\" = '{\"n\":1,\"seq\":5}' ] &&"
	    "echo '{\"ack\":1}{' && echo '{\"ack\":1}' && echo "
	    "'{\"nack\":2,\"text\":\"no\",\"retry\":true}' &&"
	    "echo '{\"nack\":3}' ; read -r x");
	send_event(1);
	send_event(2);
	run_to("up\nack 1\nnack 2 later: no\nnack 3\n");
}
END_TEST

START_TEST(garbage_is_logged_and_stops_nothing)
{
	char log[] = "fgexecXXXXXX", text[4096] = "";
	int fd = mkstemp(log);
	FILE *f;

	ck_assert_int_ne(-1, fd);
	ck_assert_int_eq(0, log_open("check", log));
	start("read -r a; echo hello; echo '{\"ack\":\"1\"}'; echo '[1]';"
	    "echo '{\"ack\":-1}'; echo; head -c 200000 /dev/zero; echo;"
	    "head -c 200000 /dev/zero | tr '\\0' x; echo;"
	    "echo complaint >&2; echo '{\"ack\":1}'; read -r x");
	send_event(1);
	run_to("up\nack 1\n");
	log_open("check", "stderr");
	f = fdopen(fd, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_lt(0, fread(text, 1, sizeof(text) - 1, f));
	fclose(f);
	remove(log);
	ck_assert_ptr_nonnull(strstr(text, "msg=\"RISK: not an answer: hello\"\n"));
	ck_assert_ptr_nonnull(strstr(text, "RISK: not an answer: [1]\"\n"));
	ck_assert_ptr_nonnull(strstr(text, "RISK: not an answer: xxx"));
}
END_TEST

START_TEST(it_is_started_again_when_it_ends)
{
	start("read -r a; echo '{\"ack\":7}'; exit 2");
	send_event(7);
	run_to("up\nack 7\ndown: exit status 2\nup\n");
	send_event(8);
	run_to("up\nack 7\ndown: exit status 2\nup\nack 7\n"
	    "down: exit status 2\n");
	ck_assert_int_ne(0, exec_send(e, 9, "", 0));
}
END_TEST

START_TEST(one_that_does_not_read_makes_the_sender_wait)
{
	char *body = calloc(1, 1 << 20);

	ck_assert_ptr_nonnull(body);
	memset(body, ' ', 1 << 20);
	start("read -r go <&0; exec cat >/dev/null");
	ck_assert_int_eq(0, exec_send(e, 1, body, 1 << 20));
	ck_assert(is_full());
	free(body);
	ck_assert_int_eq(0, exec_send(e, 2, "\"x\":1", 5));
	run_until(has_drained);
	ck_assert(!is_full());
}
END_TEST

START_TEST(at_the_end_it_reads_the_end_and_is_not_started_again)
{
	start("cat >/dev/null; exit 0");
	exec_end(e);
	run_until(is_over);
	run_to("up\ndown: exit status 0\n");
}
END_TEST

START_TEST(one_that_does_not_end_is_killed)
{
	start("trap '' TERM; while :; do sleep 1000; done");
	exec_end(e);
	run_until(is_over);
	run_to("up\ndown: ended by signal 9\n");
}
END_TEST

START_TEST(who_is_left_behind_does_not_hold_it)
{
	start("sleep 30 & exit 1");
	run_to("up\ndown: exit status 1\nup\n");
}
END_TEST

TCase *
exec_cases(void)
{
	TCase *t = tcase_create("exec");

	tcase_set_timeout(t, GIVE_UP_S + 5);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, an_event_is_one_line_and_so_is_its_answer);
	tcase_add_test(t, garbage_is_logged_and_stops_nothing);
	tcase_add_test(t, it_is_started_again_when_it_ends);
	tcase_add_test(t, one_that_does_not_read_makes_the_sender_wait);
	tcase_add_test(t, at_the_end_it_reads_the_end_and_is_not_started_again);
	tcase_add_test(t, one_that_does_not_end_is_killed);
	tcase_add_test(t, who_is_left_behind_does_not_hold_it);
	return t;
}
