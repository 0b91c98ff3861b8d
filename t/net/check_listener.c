#include "check_net.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static struct loop *l;
static struct end a, b;
static char dir[] = "fgnetXXXXXX";
static char path[64];

static void
setup(void)
{
	l = loop_new();
	ck_assert_ptr_nonnull(l);
	end_init(&a, l);
	end_init(&b, l);
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/sock", dir);
}

static void
teardown(void)
{
	loop_free(l);
	unlink(path);
	rmdir(dir);
	end_free(&a);
	end_free(&b);
}

static void
on_accept(struct conn *c, void *arg)
{
	struct end *e = arg;

	e->c = c;
	conn_set_ops(c, &end_ops, e);
}

static struct end *waited[2];

static bool
both_up(void *arg)
{
	(void)arg;
	return waited[0]->nconnected == 1 && waited[1]->c != NULL;
}

static struct listener *
listen_unix(unsigned mode, char err[NET_ERR_MAX])
{
	return listener_open_unix(l, path, mode, NULL, on_accept, &b, err);
}

static void
connect_to(const char *host, uint16_t port, unsigned ms)
{
	char err[NET_ERR_MAX];

	a.c = conn_connect(l, host, port, ms, NULL, &end_ops, &a, err);
	ck_assert_msg(a.c != NULL, "%s", err);
	ck_assert_int_eq(0, a.nclosed);
	waited[0] = &a;
	waited[1] = &b;
}

static bool
has_three(void *arg)
{
	return ((struct end *)arg)->got.len == 3;
}

START_TEST(a_unix_socket_has_its_mode_and_knows_its_peer)
{
	char err[NET_ERR_MAX];
	struct listener *li;
	struct stat st;

	li = listen_unix(0640, err);
	ck_assert_msg(li != NULL, "%s", err);
	ck_assert_int_eq(0, lstat(path, &st));
	ck_assert_uint_eq(S_IFSOCK | 0640, st.st_mode);
	ck_assert_uint_eq(0, listener_port(li));
	connect_to(path, 0, 1000);
	run_until(l, both_up, NULL);
	ck_assert_int_eq(getuid(), conn_peer_uid(a.c));
	ck_assert_int_eq(getuid(), conn_peer_uid(b.c));
	b.echo = true;
	ck_assert_int_eq(0, conn_send(a.c, "abc", 3));
	run_until(l, has_three, &a);
	listener_free(li);
	ck_assert_int_eq(-1, lstat(path, &st));
}
END_TEST

START_TEST(a_living_socket_is_respected_and_a_dead_one_replaced)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	char err[NET_ERR_MAX], want[NET_ERR_MAX];
	struct listener *li, *second;
	int fd;

	memcpy(un.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(0, bind(fd, (struct sockaddr *)&un, sizeof(un)));
	close(fd); /* its file stays */
	li = listen_unix(0600, err);
	ck_assert_msg(li != NULL, "%s", err);
	second = listen_unix(0600, err);
	ck_assert_ptr_null(second);
	snprintf(want, sizeof(want),
	    "listen on %s: another process listens there", path);
	ck_assert_str_eq(want, err);
	ck_assert_int_eq(0, access(path, F_OK));
	listener_free(li);
}
END_TEST

START_TEST(a_file_that_is_no_socket_is_never_removed)
{
	char err[NET_ERR_MAX];
	int fd;

	fd = open(path, O_CREAT | O_WRONLY, 0600);
	ck_assert_int_ne(-1, fd);
	close(fd);
	ck_assert_ptr_null(listen_unix(0600, err));
	ck_assert_ptr_nonnull(strstr(err, "there is a file that is no socket"));
	ck_assert_int_eq(0, access(path, F_OK));
}
END_TEST

START_TEST(a_successors_socket_is_not_removed)
{
	char err[NET_ERR_MAX];
	struct listener *li, *second;

	li = listen_unix(0600, err);
	unlink(path);
	second = listen_unix(0600, err);
	ck_assert_ptr_nonnull(second);
	listener_free(li);
	ck_assert_int_eq(0, access(path, F_OK));
	listener_free(second);
}
END_TEST

START_TEST(a_path_that_does_not_fit_is_an_error)
{
	char longer[200], err[NET_ERR_MAX];

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	ck_assert_ptr_null(listener_open_unix(l, longer, 0600, NULL, on_accept,
	    &b, err));
	ck_assert_ptr_nonnull(strstr(err, "over 107 bytes"));
	ck_assert_ptr_null(conn_connect(l, longer, 0, 1000, NULL, &end_ops, &a,
	    err));
	ck_assert_ptr_null(conn_connect(l, "", 0, 1000, NULL, &end_ops, &a,
	    err));
}
END_TEST

START_TEST(a_missing_socket_is_told_by_closed)
{
	char want[NET_ERR_MAX];

	connect_to(path, 0, 1000);
	run_until(l, is_closed, &a);
	snprintf(want, sizeof(want),
	    "connect to unix:%s: No such file or directory", path);
	ck_assert_str_eq(want, a.why);
	ck_assert_int_eq(0, a.nconnected);
}
END_TEST

START_TEST(a_listener_that_ends_before_it_accepts_is_told_by_closed)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char want[NET_ERR_MAX];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(to.sun_path, path);
	ck_assert_int_eq(0, bind(fd, (struct sockaddr *)&to, sizeof(to)));
	ck_assert_int_eq(0, listen(fd, 1));
	connect_to(path, 0, 1000);
	close(fd);
	run_until(l, is_closed, &a);
	snprintf(want, sizeof(want),
	    "connect to unix:%s: Connection reset by peer", path);
	ck_assert_str_eq(want, a.why);
	ck_assert_int_eq(0, a.nconnected);
}
END_TEST

/* A port of which nobody listens: bound, then given back. */
static uint16_t
free_port(void)
{
	struct listener *li = end_listen(&b, NULL);
	uint16_t port = listener_port(li);

	listener_free(li);
	return port;
}

START_TEST(a_refused_connection_says_so)
{
	char want[NET_ERR_MAX];
	uint16_t port = free_port();

	connect_to("127.0.0.1", port, 1000);
	run_until(l, is_closed, &a);
	snprintf(want, sizeof(want),
	    "connect to 127.0.0.1:%u: Connection refused", (unsigned)port);
	ck_assert_str_eq(want, a.why);
	ck_assert_int_eq(0, a.nconnected);
	ck_assert_int_eq(1, a.nclosed);
}
END_TEST

/* A listener that never accepts, its queue filled: the next connection
 * hangs. */
START_TEST(a_connection_that_hangs_times_out)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(in);
	char want[NET_ERR_MAX];
	int fd, fill[4], i;

	fd = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(0, bind(fd, (struct sockaddr *)&in, sizeof(in)));
	ck_assert_int_eq(0, listen(fd, 0));
	ck_assert_int_eq(0, getsockname(fd, (struct sockaddr *)&in, &len));
	for (i = 0; i < 4; i++) {
		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (connect(fill[i], (struct sockaddr *)&in, len) == -1)
			ck_assert_int_eq(EINPROGRESS, errno);
	}
	connect_to("127.0.0.1", ntohs(in.sin_port), 50);
	run_until(l, is_closed, &a);
	snprintf(want, sizeof(want), "connect to 127.0.0.1:%u: timed out",
	    (unsigned)ntohs(in.sin_port));
	ck_assert_str_eq(want, a.why);
	for (i = 0; i < 4; i++)
		close(fill[i]);
	close(fd);
}
END_TEST

START_TEST(names_are_resolved)
{
	char err[NET_ERR_MAX];
	struct listener *li;

	li = listener_open(l, "localhost", 0, NULL, on_accept, &b, err);
	ck_assert_msg(li != NULL, "%s", err);
	connect_to("localhost", listener_port(li), 5000);
	run_until(l, both_up, NULL);
	listener_free(li);
}
END_TEST

START_TEST(a_name_that_does_not_exist_is_told_by_closed)
{
	static const char want[] = "connect to no.such.host.invalid:1: ";

	connect_to("no.such.host.invalid", 1, 5000);
	run_until(l, is_closed, &a);
	ck_assert_int_eq(0, strncmp(a.why, want, strlen(want)));
}
END_TEST

START_TEST(a_connection_can_be_given_up_while_its_name_is_looked_up)
{
	connect_to("no.such.host.invalid", 1, 5000);
	conn_end(a.c);
	run_until(l, is_closed, &a);
	ck_assert_str_eq("closed", a.why);
}
END_TEST

START_TEST(all_addresses_of_both_families_are_served)
{
	static const char *const host[] = { "127.0.0.1", "::1" };
	char err[NET_ERR_MAX], want[32];
	struct listener *li;

	li = listener_open(l, NULL, 0, NULL, on_accept, &b, err);
	ck_assert_msg(li != NULL, "%s", err);
	connect_to(host[_i], listener_port(li), 1000);
	run_until(l, both_up, NULL);
	snprintf(want, sizeof(want), _i == 0 ? "127.0.0.1:%u" : "[::1]:%u",
	    (unsigned)listener_port(li));
	ck_assert_str_eq(want, conn_peer(a.c));
	ck_assert_int_eq(0, strncmp(conn_peer(b.c), want, _i == 0 ? 10 : 6));
	listener_free(li);
}
END_TEST

START_TEST(a_port_in_use_is_named)
{
	char err[NET_ERR_MAX], want[NET_ERR_MAX];
	struct listener *li = end_listen(&b, NULL);
	uint16_t port = listener_port(li);

	ck_assert_ptr_null(listener_open(l, "127.0.0.1", port, NULL, on_accept,
	    &b, err));
	snprintf(want, sizeof(want),
	    "listen on 127.0.0.1:%u: Address already in use", (unsigned)port);
	ck_assert_str_eq(want, err);
	listener_free(li);
}
END_TEST

static void
on_unwanted(struct conn *c, void *arg)
{
	(void)c;
	(void)arg;
}

START_TEST(a_connection_that_nobody_takes_is_closed)
{
	char err[NET_ERR_MAX];
	struct listener *li;

	li = listener_open(l, "127.0.0.1", 0, NULL, on_unwanted, NULL, err);
	connect_to("127.0.0.1", listener_port(li), 1000);
	run_until(l, is_closed, &a);
	listener_free(li);
}
END_TEST

static struct listener *doomed;

static void
on_last_accept(struct conn *c, void *arg)
{
	on_accept(c, arg);
	listener_free(doomed);
	doomed = NULL;
}

START_TEST(a_listener_may_be_freed_by_its_own_connection)
{
	char err[NET_ERR_MAX];

	doomed = listener_open_unix(l, path, 0600, NULL, on_last_accept, &b,
	    err);
	ck_assert_msg(doomed != NULL, "%s", err);
	connect_to(path, 0, 1000);
	run_until(l, both_up, NULL);
	ck_assert_ptr_null(doomed);
	ck_assert_int_eq(0, conn_send(a.c, "abc", 3));
	run_until(l, has_three, &b);
}
END_TEST

static int ntries;

static void
try_again(struct conn *c, void *arg, const char *why)
{
	static struct conn_ops ops = { .closed = try_again };
	char err[NET_ERR_MAX];

	(void)c;
	(void)why;
	ntries++;
	ck_assert_ptr_nonnull(conn_connect(l, path, 0, 1000, NULL, &ops, arg,
	    err));
}

static bool
one_more_try(void *arg)
{
	ck_assert_int_eq(ntries, ++*(int *)arg);
	return ntries == 20;
}

START_TEST(who_connects_again_at_once_does_not_stop_the_loop)
{
	int wakes = 0;

	ntries = 0;
	try_again(NULL, NULL, NULL); /* there is no such socket */
	ntries = 0;
	run_until(l, one_more_try, &wakes);
}
END_TEST

static int nwakes;
static struct rlimit limit;

/* The shortage ends after the first wake-up, in which accepting failed. */
static bool
is_up_counting(void *arg)
{
	if (++nwakes == 3)
		ck_assert_int_eq(0, setrlimit(RLIMIT_NOFILE, &limit));
	return is_up(arg);
}

/* Runs in Check's forked child: the limit ends with it. */
START_TEST(without_descriptors_accepting_pauses)
{
	struct rlimit low;
	struct listener *li;
	mono_t start;
	int fd;

	li = end_listen(&b, NULL);
	end_connect(&a, listener_port(li), NULL);
	fd = dup(0);
	ck_assert_int_ne(-1, fd);
	ck_assert_int_eq(0, getrlimit(RLIMIT_NOFILE, &limit));
	low = limit;
	low.rlim_cur = (rlim_t)fd + 1; /* fd is the last one */
	ck_assert_int_eq(0, setrlimit(RLIMIT_NOFILE, &low));
	start = loop_now(l).mono;
	nwakes = 0;
	run_until(l, is_up_counting, &b);
	ck_assert(!mono_before(loop_now(l).mono, mono_add(start, NS_PER_S)));
	ck_assert_int_le(nwakes, 10);
	listener_free(li);
	close(fd);
}
END_TEST

Suite *
listener_suite(void)
{
	Suite *s = suite_create("listener");
	TCase *t = tcase_create("listener");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 600);
	tcase_add_test(t, a_unix_socket_has_its_mode_and_knows_its_peer);
	tcase_add_test(t, a_living_socket_is_respected_and_a_dead_one_replaced);
	tcase_add_test(t, a_file_that_is_no_socket_is_never_removed);
	tcase_add_test(t, a_successors_socket_is_not_removed);
	tcase_add_test(t, a_path_that_does_not_fit_is_an_error);
	tcase_add_test(t, a_missing_socket_is_told_by_closed);
	tcase_add_test(t,
	    a_listener_that_ends_before_it_accepts_is_told_by_closed);
	tcase_add_test(t, a_refused_connection_says_so);
	tcase_add_test(t, a_connection_that_hangs_times_out);
	tcase_add_test(t, names_are_resolved);
	tcase_add_test(t, a_name_that_does_not_exist_is_told_by_closed);
	tcase_add_test(t,
	    a_connection_can_be_given_up_while_its_name_is_looked_up);
	tcase_add_loop_test(t, all_addresses_of_both_families_are_served, 0, 2);
	tcase_add_test(t, a_port_in_use_is_named);
	tcase_add_test(t, a_connection_that_nobody_takes_is_closed);
	tcase_add_test(t, a_listener_may_be_freed_by_its_own_connection);
	tcase_add_test(t, who_connects_again_at_once_does_not_stop_the_loop);
	tcase_add_test(t, without_descriptors_accepting_pauses);
	suite_add_tcase(s, t);
	return s;
}
