#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/daemon.h"
#include "daemon/expiry.h"
#include "net/net.h"

/* Each test runs in Check's forked child; what it does to itself ends there. */

static char dir[] = "fgdaemonXXXXXX";
static char path[64];

static void
setup(void)
{
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/file", dir);
}

static void
teardown(void)
{
	unlink(path);
	rmdir(dir);
}

static long
pid_in_file(void)
{
	FILE *f = fopen(path, "r");
	long pid = -1;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(1, fscanf(f, "%ld\n", &pid));
	fclose(f);
	return pid;
}

START_TEST(the_pid_file_is_held_by_one_process_at_a_time)
{
	struct pidfile *p, *second;

	ck_assert_int_eq(0, pidfile_open(&p, path));
	ck_assert_int_eq(getpid(), pid_in_file());
	ck_assert_int_eq(FG_EBUSY, pidfile_open(&second, path));
	ck_assert_ptr_null(second);
	ck_assert_int_eq(getpid(), pid_in_file());
	pidfile_free(p);
	ck_assert_int_eq(-1, access(path, F_OK));
	pidfile_free(NULL);
}
END_TEST

START_TEST(the_pid_file_of_a_dead_process_is_taken_over)
{
	struct pidfile *p;
	pid_t pid;
	int st;

	pid = fork();
	if (pid == 0) {
		if (pidfile_open(&p, path) == 0)
			raise(SIGKILL);
		_exit(1);
	}
	ck_assert_int_eq(pid, waitpid(pid, &st, 0));
	ck_assert(WIFSIGNALED(st) && WTERMSIG(st) == SIGKILL);
	ck_assert_int_eq(pid, pid_in_file());
	ck_assert_int_eq(0, pidfile_open(&p, path));
	ck_assert_int_eq(getpid(), pid_in_file());
	pidfile_free(p);
}
END_TEST

START_TEST(a_pid_file_in_a_missing_folder_is_an_error)
{
	struct pidfile *p;

	ck_assert_int_eq(FG_ENOENT, pidfile_open(&p, "/nonexistent/x/pid"));
	ck_assert_ptr_null(p);
}
END_TEST

static int
notify_socket(struct sockaddr_un *un, socklen_t len)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	un->sun_family = AF_UNIX;
	ck_assert_int_eq(0, bind(fd, (struct sockaddr *)un, len));
	return fd;
}

static void
expect(int fd, const char *want)
{
	char got[64];
	ssize_t n = recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT);

	ck_assert_int_ne(-1, n);
	got[n] = '\0';
	ck_assert_str_eq(want, got);
}

START_TEST(the_init_system_is_told)
{
	struct sockaddr_un un = { 0 };
	int fd;

	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	fd = notify_socket(&un, sizeof(un));
	setenv("NOTIFY_SOCKET", path, 1);
	daemon_ready();
	expect(fd, "READY=1");
	daemon_stopping();
	expect(fd, "STOPPING=1");
	close(fd);
}
END_TEST

START_TEST(an_abstract_socket_can_be_told_too)
{
	struct sockaddr_un un = { 0 };
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "@fg-notify-%ld", (long)getpid());
	memcpy(un.sun_path + 1, name + 1, strlen(name) - 1);
	fd = notify_socket(&un, (socklen_t)(sizeof(sa_family_t)
	    + strlen(name)));
	setenv("NOTIFY_SOCKET", name, 1);
	daemon_ready();
	expect(fd, "READY=1");
	close(fd);
}
END_TEST

START_TEST(nobody_to_tell_is_no_harm)
{
	unsetenv("NOTIFY_SOCKET");
	daemon_ready();
	setenv("NOTIFY_SOCKET", path, 1);
	daemon_ready(); /* a line in the log */
}
END_TEST

static void
time_is_over(void *arg)
{
	loop_stop(arg);
}

/* Runs a loop for ms milliseconds. */
static void
run_for(struct loop *l, int64_t ms)
{
	struct timer *t = timer_new(l, time_is_over, l);

	timer_set(t, mono_add(loop_now(l).mono, ms * NS_PER_MS));
	loop_run(l);
	timer_free(t);
}

START_TEST(the_init_system_hears_of_a_loop_that_turns)
{
	struct sockaddr_un un = { 0 };
	struct loop *l = loop_new();
	struct alive *a;
	char text[32];
	int fd;

	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	fd = notify_socket(&un, sizeof(un));
	setenv("NOTIFY_SOCKET", path, 1);
	setenv("WATCHDOG_USEC", "20000", 1);
	a = alive_new(l);
	ck_assert_ptr_nonnull(a);
	expect(fd, "WATCHDOG=1");
	run_for(l, 50);
	expect(fd, "WATCHDOG=1");
	expect(fd, "WATCHDOG=1");
	alive_free(a);
	snprintf(text, sizeof(text), "%ld", (long)getpid());
	setenv("WATCHDOG_PID", text, 1);
	a = alive_new(l);
	ck_assert_ptr_nonnull(a);
	alive_free(a);
	/* It is meant for another process, or no number, or nobody asks. */
	setenv("WATCHDOG_PID", "1", 1);
	ck_assert_ptr_null(alive_new(l));
	unsetenv("WATCHDOG_PID");
	setenv("WATCHDOG_USEC", "soon", 1);
	ck_assert_ptr_null(alive_new(l));
	setenv("WATCHDOG_USEC", "99999999999999999999", 1);
	ck_assert_ptr_null(alive_new(l));
	unsetenv("WATCHDOG_USEC");
	ck_assert_ptr_null(alive_new(l));
	alive_free(NULL);
	loop_free(l);
	close(fd);
}
END_TEST

START_TEST(standard_input_is_empty_and_new_files_are_not_for_others)
{
	struct stat st;
	char c;
	int fd;

	close(STDIN_FILENO);
	ck_assert_int_eq(0, daemon_begin());
	ck_assert_int_eq(0, read(STDIN_FILENO, &c, 1));
	fd = open(path, O_CREAT | O_WRONLY, 0666);
	ck_assert_int_gt(fd, STDERR_FILENO);
	ck_assert_int_eq(0, fstat(fd, &st));
	ck_assert_uint_eq(S_IFREG | 0640, st.st_mode);
	close(fd);
}
END_TEST

START_TEST(memory_is_for_nobody_else)
{
	struct rlimit core;

	ck_assert_int_eq(0, daemon_begin());
	ck_assert_int_eq(0, getrlimit(RLIMIT_CORE, &core));
	ck_assert_uint_eq(0, core.rlim_cur);
	ck_assert_uint_eq(0, core.rlim_max);
	ck_assert_int_eq(0, prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
}
END_TEST

static void *
answer(void *arg)
{
	return arg;
}

/* Under a sanitizer nothing is taken away. */
START_TEST(a_confined_process_runs_threads_and_no_programs)
{
	char name[] = "/bin/true", *const argv[] = { name, NULL };
	pthread_t thread;
	void *got = NULL;
	int mode;

	daemon_confine();
	mode = prctl(PR_GET_SECCOMP, 0, 0, 0, 0);
	if (mode == 0)
		return;
	ck_assert_int_eq(2, mode);
	ck_assert_int_eq(1, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	ck_assert_int_eq(0, pthread_create(&thread, NULL, answer, argv[0]));
	ck_assert_int_eq(0, pthread_join(thread, &got));
	ck_assert_ptr_eq(argv[0], got);
	errno = 0;
	ck_assert_int_eq(-1, fork());
	ck_assert_int_eq(EPERM, errno);
	errno = 0;
	ck_assert_int_eq(-1, execv("/bin/true", argv));
	ck_assert_int_eq(EPERM, errno);
	errno = 0;
	ck_assert_int_eq(-1, setuid(getuid()));
	ck_assert_int_eq(EPERM, errno);
	errno = 0;
	ck_assert_int_eq(-1, ptrace(PTRACE_TRACEME, 0, NULL, NULL));
	ck_assert_int_eq(EPERM, errno);
	errno = 0;
	ck_assert_int_eq(-1, unshare(CLONE_NEWUSER));
	ck_assert_int_eq(EPERM, errno);
	ck_assert_int_eq(0, access("/", R_OK)); /* the rest works */
}
END_TEST

START_TEST(an_unknown_user_is_an_error)
{
	ck_assert_int_eq(FG_ENOENT, daemon_drop("no-such-user"));
}
END_TEST

START_TEST(one_may_become_oneself)
{
	const struct passwd *pw = getpwuid(geteuid());

	if (pw != NULL && pw->pw_gid == getegid())
		ck_assert_int_eq(0, daemon_drop(pw->pw_name));
}
END_TEST

/* Root's way down; whoever else runs the test is refused. */
START_TEST(privileges_go_for_good)
{
	const struct passwd *pw = getpwnam("nobody");
	bool root = geteuid() == 0;

	if (pw == NULL || geteuid() == pw->pw_uid)
		return;
	if (!root) {
		ck_assert_int_eq(FG_EACCES, daemon_drop("nobody"));
		return;
	}
	ck_assert_int_eq(0, daemon_drop("nobody"));
	ck_assert_uint_eq(pw->pw_uid, getuid());
	ck_assert_uint_eq(pw->pw_gid, getegid());
	ck_assert_int_eq(-1, setuid(0));
	ck_assert_int_eq(-1, open("/etc/shadow", O_RDONLY));
	ck_assert_int_eq(FG_EACCES, daemon_drop("root"));
}
END_TEST

static void
judged(enum expiry want, enum tls_expires kind, int days, const char *words)
{
	const struct tls_expiry x = { .kind = kind, .subject = "CN=x",
		.days = days };
	char text[EXPIRY_TEXT_MAX];

	ck_assert_int_eq(want, expiry_judge(&x, "do it", text));
	if (words == NULL)
		ck_assert_str_eq("", text);
	else
		ck_assert_msg(strstr(text, words) != NULL, "%s", text);
}

START_TEST(what_expires_is_said_in_time)
{
	static const enum tls_expires kinds[] = { TLS_EXPIRES_OWN,
		TLS_EXPIRES_AUTHORITY, TLS_EXPIRES_PEER };
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		judged(EXPIRY_FAR, kinds[i], 30, NULL);
		judged(EXPIRY_SOON, kinds[i], 29, "CN=x expires in 29 days");
		judged(EXPIRY_SOON, kinds[i], 7, "expires in 7 days");
		judged(EXPIRY_NOW, kinds[i], 6, "expires in 6 days");
		judged(EXPIRY_NOW, kinds[i], 1, "expires in 1 day");
		judged(EXPIRY_NOW, kinds[i], -1, "CN=x has expired");
	}
	judged(EXPIRY_NOW, TLS_EXPIRES_OWN, 3,
	    "Replace it and its key, then: do it");
	judged(EXPIRY_FAR, TLS_EXPIRES_LIST, 1, NULL);
	judged(EXPIRY_SOON, TLS_EXPIRES_LIST, 0, "within a day");
	judged(EXPIRY_NOW, TLS_EXPIRES_LIST, -1, "Fetch the next one");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("daemon");
	TCase *t = tcase_create("daemon"), *drop = tcase_create("drop");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_pid_file_is_held_by_one_process_at_a_time);
	tcase_add_test(t, the_pid_file_of_a_dead_process_is_taken_over);
	tcase_add_test(t, a_pid_file_in_a_missing_folder_is_an_error);
	tcase_add_test(t, the_init_system_is_told);
	tcase_add_test(t, an_abstract_socket_can_be_told_too);
	tcase_add_test(t, nobody_to_tell_is_no_harm);
	tcase_add_test(t, the_init_system_hears_of_a_loop_that_turns);
	tcase_add_test(t,
	    standard_input_is_empty_and_new_files_are_not_for_others);
	tcase_add_test(t, memory_is_for_nobody_else);
	tcase_add_test(t, what_expires_is_said_in_time);
	tcase_add_test(drop, a_confined_process_runs_threads_and_no_programs);
	tcase_add_test(drop, an_unknown_user_is_an_error);
	tcase_add_test(drop, one_may_become_oneself);
	tcase_add_test(drop, privileges_go_for_good);
	suite_add_tcase(s, t);
	suite_add_tcase(s, drop);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
