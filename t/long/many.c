/*
 * many: very many sessions of one gateway at once. It is all of their
 * counterparties, and the application behind the gateway:
 *
 *	many -p port -l link-socket -P pid [-n sessions] [-s seconds]
 *	     [-b HeartBtInt] [-r orders-a-second] [-S seed]
 *
 * All connect and log on at the same time; then each sends orders, some often,
 * some so seldom that heartbeats are due between them. The application takes
 * the orders out of FIX_IN and sends a report for each to the session that it
 * came from. It ends with an error at the first number that is missing, comes
 * twice or out of order, at an order or a report that does, at a TestRequest (a
 * heartbeat of ours was not seen in time), a reject, a resend, a Logout or a
 * close that nobody asked for. Prints what it counted and measured, a name and a
 * value on each line. The counterparties speak FIX by themselves: nothing of the
 * code under test is in them.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "many.h"

#define TICK_MS 5

struct peer *peers;
unsigned count = 100, left[GONE + 1];
double heart = 3, seconds = 5, rate = 100;
struct sums sum;

static uint64_t dice = 1;
static int poller;

double
now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* 0 to 1; splitmix64 */
double
roll(void)
{
	uint64_t z = dice += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return (double)((z ^ z >> 31) >> 11) / (double)(1ULL << 53);
}

void
watch(int fd, unsigned what, void *who, int op)
{
	struct epoll_event ev = { .events = what, .data.ptr = who };

	if (epoll_ctl(poller, op, fd, &ev) == -1)
		err(1, "epoll_ctl");
}

static void
turn(bool orders)
{
	struct epoll_event ev[256];
	double now;
	unsigned i;
	int n, k;

	n = epoll_wait(poller, ev, 256, TICK_MS);
	if (n == -1 && errno != EINTR)
		err(1, "epoll_wait");
	for (k = 0; k < n; k++) {
		if (ev[k].data.ptr == &app_is_there)
			on_app();
		else
			on_peer(ev[k].data.ptr);
	}
	now = now_s();
	for (i = 0; i < count; i++)
		look_after(&peers[i], now, orders);
}

static double
cpu_s(int pid)
{
	unsigned long user = 0, sys = 0;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	if (f == NULL || fscanf(f, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u "
	    "%*u %*u %*u %*u %lu %lu", &user, &sys) != 2)
		err(1, "%s", path);
	fclose(f);
	return (double)(user + sys) / (double)sysconf(_SC_CLK_TCK);
}

static double
resident_kib(int pid)
{
	unsigned long pages = 0;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/statm", pid);
	f = fopen(path, "r");
	if (f == NULL || fscanf(f, "%*u %lu", &pages) != 1)
		err(1, "%s", path);
	fclose(f);
	return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1024;
}

static void
turn_until(bool done(void), const char *what)
{
	double end = now_s() + LIMIT_S;

	while (!done()) {
		turn(false);
		if (now_s() > end)
			errx(1, "not within %.0f s: %s (%u of %u are logged "
			    "on, %lu orders, %lu reports, %lu acks)", LIMIT_S,
			    what, left[ON], count, sum.orders, sum.reports,
			    sum.acks);
	}
}

static bool
all_on(void)
{
	return left[ON] == count;
}

static bool
all_reported(void)
{
	return sum.reports == sum.orders && sum.acks == sum.orders;
}

static bool
all_gone(void)
{
	return left[GONE] == count;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
lag(double q)
{
	return sum.nlags == 0 ? 0 :
	    sum.lag[(size_t)((double)(sum.nlags - 1) * q)];
}

static void
run(uint16_t port, int pid)
{
	double began = now_s(), cpu = cpu_s(pid), idle = resident_kib(pid);
	double on_at, end;
	unsigned i;

	for (i = 0; i < count; i++)
		connect_peer(&peers[i], port);
	turn_until(all_on, "all logged on");
	on_at = now_s();
	printf("idle_kib %.0f\n", idle);
	printf("storm_s %.3f\nlogon_max_s %.3f\nstorm_cpu_s %.2f\n"
	    "logged_on_kib %.0f\n", on_at - began, sum.logon,
	    cpu_s(pid) - cpu, resident_kib(pid));
	cpu = cpu_s(pid);
	for (i = 0; i < count; i++)
		set_interval(&peers[i]);
	for (end = on_at + seconds; now_s() < end;)
		turn(true);
	turn_until(all_reported, "a report for each order");
	printf("run_s %.3f\nrun_cpu_s %.2f\nresident_kib %.0f\n",
	    now_s() - on_at, cpu_s(pid) - cpu, resident_kib(pid));
	for (i = 0; i < count; i++)
		log_out(&peers[i]);
	turn_until(all_gone, "all logged out");
}

static void
print_sums(void)
{
	qsort(sum.lag, sum.nlags, sizeof(*sum.lag), compare);
	printf("orders %lu\nreports %lu\nsent %lu\nreceived %lu\n"
	    "heartbeats %lu\n", sum.orders, sum.reports, sum.sent,
	    sum.received, sum.heartbeats);
	printf("lag_p50_ms %.3f\nlag_p99_ms %.3f\nlag_max_ms %.3f\n",
	    lag(0.5) * 1e3, lag(0.99) * 1e3, lag(1) * 1e3);
	printf("heartbeat_overdue_ms %.1f\nown_heartbeat_late_ms %.1f\n",
	    sum.overdue * 1e3, sum.late * 1e3);
}

int
main(int argc, char **argv)
{
	const char *path = NULL;
	int port = 0, pid = 0, c;

	while ((c = getopt(argc, argv, "p:l:P:n:s:b:r:S:")) != -1) {
		switch (c) {
		case 'p': port = atoi(optarg); break;
		case 'l': path = optarg; break;
		case 'P': pid = atoi(optarg); break;
		case 'n': count = (unsigned)atoi(optarg); break;
		case 's': seconds = atof(optarg); break;
		case 'b': heart = atof(optarg); break;
		case 'r': rate = atof(optarg); break;
		case 'S': dice = strtoull(optarg, NULL, 10); break;
		default: return 2;
		}
	}
	if (optind != argc || port == 0 || pid == 0 || path == NULL ||
	    count == 0 || heart < 1 || rate <= 0)
		errx(2, "usage: many -p port -l link-socket -P pid ...");
	peers = calloc(count, sizeof(*peers));
	sum.lag = calloc(MANY_LAGS, sizeof(*sum.lag));
	poller = epoll_create1(0);
	if (peers == NULL || sum.lag == NULL || poller == -1)
		err(1, "start");
	app_open(path);
	run((uint16_t)port, pid);
	print_sums();
	app_close();
	free(sum.lag);
	free(peers);
	return 0;
}
