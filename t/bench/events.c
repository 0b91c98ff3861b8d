/*
 * events: orders sent through the link of a gateway, many in flight, until each
 * has been acknowledged and the counterparty has it.
 *
 *	events [-n count] [-w window] socket session port
 *
 * It is the counterparty, too: it logs on at the port. The events are built
 * before the clock starts. Prints "events-per-second seconds
 * seconds-of-own-CPU".
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "link.h"

#define EVENT_BYTES   512
#define IN_BYTES      (1u << 20)
#define TIME_LIMIT_MS 60000 /* without any progress */

static struct {
	char *out;
	size_t *end; /* of each event in out */
	size_t written, built, acked, came, window, count;
	unsigned at; /* bytes of a message's beginning that were just seen */
	unsigned char *in;
	size_t have;
} s;

static void
build(const char *session)
{
	char body[256], *p, *from;
	size_t at = 0;

	s.out = malloc(s.count * EVENT_BYTES);
	s.end = malloc(s.count * sizeof(*s.end));
	s.in = malloc(IN_BYTES);
	if (s.out == NULL || s.end == NULL || s.in == NULL)
		err(1, NULL);
	for (size_t i = 0; i < s.count; i++) {
		snprintf(body, sizeof(body),
		    "35=D|11=ORD%09zu|55=SYM%zu|54=%c|38=%zu|40=2|44=%zu.%02zu|"
		    "59=0|21=1|60=20260105-09:00:00.000|",
		    i, i % 97, i % 2 ? '1' : '2', 100 + i % 900, 1 + i % 500,
		    i % 100);
		from = s.out + at;
		p = link_begin(from, "EVENT_FIX_SEND", i + 2, 2);
		p = put_text(put_text(p, "SESSION"), session);
		p = put_text(put_text(p, "FIX_DATA"), body);
		s.end[i] = at += link_end(from, p);
	}
}

/* Write what the window allows. */
static void
write_some(int fd)
{
	size_t may = s.acked + s.window < s.count ? s.acked + s.window
	    : s.count;
	ssize_t n;

	n = send(fd, s.out + s.written, s.end[may - 1] - s.written,
	    MSG_DONTWAIT);
	if (n == -1 && errno != EAGAIN)
		err(1, "send");
	s.written += n > 0 ? (size_t)n : 0;
}

static void
take_answer(struct in in)
{
	struct value key, type;

	expect(&in, MAP);
	key = expect(&in, TEXT);
	type = expect(&in, TEXT);
	if (is(&key, "MESSAGE_TYPE") && is(&type, "EVENT_ACK"))
		s.acked++;
	else if (!is(&type, "HELLO_ACK"))
		errx(1, "%.*s came", (int)type.n, type.p);
}

static void
read_answers(int fd)
{
	ssize_t n = recv(fd, s.in + s.have, IN_BYTES - s.have, MSG_DONTWAIT);
	size_t at = 0, len;

	if (n == -1 && errno == EAGAIN)
		return;
	if (n <= 0)
		errx(1, "the link was closed");
	s.have += (size_t)n;
	for (; s.have - at > 4; at += len) {
		len = link_length(s.in + at);
		if (s.have - at < len)
			break;
		take_answer((struct in){s.in + at + 4, s.in + at + len});
	}
	s.have -= at;
	memmove(s.in, s.in + at, s.have);
}

/* Messages with 35=D. */
static void
read_orders(int fd)
{
	static const char begins[] = "\00135=D\001";
	static char in[1 << 16];
	ssize_t i, n = recv(fd, in, sizeof(in), MSG_DONTWAIT);

	if (n == -1 && errno == EAGAIN)
		return;
	if (n <= 0)
		errx(1, "the session was closed");
	for (i = 0; i < n; i++) {
		if (in[i] != begins[s.at])
			s.at = in[i] == 1;
		else if (++s.at == sizeof(begins) - 1) {
			s.came++;
			s.at = 1;
		}
	}
}

static double
run(int link, int fix)
{
	struct pollfd p[2] = {{.fd = link}, {.fd = fix, .events = POLLIN}};
	double start = bench_now();
	size_t may;

	while (s.acked < s.count || s.came < s.count) {
		may = s.acked + s.window < s.count ? s.acked + s.window
		    : s.count;
		p[0].events = s.written < s.end[may - 1] ? POLLIN | POLLOUT
		    : POLLIN;
		if (poll(p, 2, TIME_LIMIT_MS) <= 0)
			errx(1, "no progress: %zu acknowledged, %zu came",
			    s.acked, s.came);
		if ((p[0].revents & POLLIN) != 0)
			read_answers(link);
		if ((p[1].revents & POLLIN) != 0)
			read_orders(fix);
		if ((p[0].revents & POLLOUT) != 0)
			write_some(link);
	}
	return bench_now() - start;
}

int
main(int argc, char **argv)
{
	struct bench_id id = {"FIX.4.4", "CLIENT", "SERVER"};
	struct rusage before, after;
	double took;
	int ch, fix, link;

	s.count = 300000;
	s.window = 10000;
	while ((ch = getopt(argc, argv, "n:w:")) != -1)
		switch (ch) {
		case 'n':
			s.count = strtoul(optarg, NULL, 10);
			break;
		case 'w':
			s.window = strtoul(optarg, NULL, 10);
			break;
		default:
			return 2;
		}
	if (optind + 3 != argc || s.count == 0 || s.window == 0)
		errx(2, "usage: events [-n count] [-w window] socket session "
			"port");
	build(argv[optind + 1]);
	fix = bench_connect((uint16_t)atoi(argv[optind + 2]));
	bench_logon(fix, &id);
	link = link_connect(argv[optind]);
	link_hello(link);
	getrusage(RUSAGE_SELF, &before);
	took = run(link, fix);
	getrusage(RUSAGE_SELF, &after);
	printf("%.0f %.4f %.4f\n", (double)s.count / took, took,
	    (double)(after.ru_utime.tv_sec + after.ru_stime.tv_sec -
		before.ru_utime.tv_sec - before.ru_stime.tv_sec) +
		(double)(after.ru_utime.tv_usec + after.ru_stime.tv_usec -
		    before.ru_utime.tv_usec - before.ru_stime.tv_usec) / 1e6);
	return 0;
}
