/*
 * blast: orders streamed on one session as fast as the other side takes them.
 *
 *	blast [-er] [-n count] [-b begin] [-s sender] [-t target] port
 *
 * The messages are built before the clock starts. A TestRequest ends the
 * stream; the clock stops with its Heartbeat, so everything before it has been
 * processed. -e: it stops when as many ExecutionReports have come as there were
 * orders. -r: there is no session, one byte is the answer. Prints
 * "messages-per-second seconds bytes-per-message".
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

#define ORDER_BYTES   256   /* more than an order takes */
#define TIME_LIMIT_MS 60000 /* without any progress */

struct stream {
	char *p;
	size_t len;
};

static struct stream
build(const struct bench_id *id, unsigned long count, unsigned long seq)
{
	struct stream s = {.len = 0};
	char body[256];

	if ((s.p = malloc(count * ORDER_BYTES + 2 * BENCH_MSG_MAX)) == NULL)
		err(1, NULL);
	for (unsigned long i = 0; i < count; i++, seq++) {
		snprintf(body, sizeof(body),
		    "11=ORD%09lu\00121=1\00138=%lu\00140=2\001"
		    "44=%lu.%02lu\00154=%c\00155=SYM%lu\00159=0\001"
		    "60=20260105-09:00:00.000\001",
		    i, 100 + i % 900, 1 + i % 500, i % 100, i % 2 ? '1' : '2',
		    i % 97);
		s.len += bench_msg(s.p + s.len, id, seq, "D", body);
		if (s.len > (i + 1) * ORDER_BYTES)
			errx(1, "the orders are too long");
	}
	s.len += bench_msg(s.p + s.len, id, seq, "1", "112=END\001");
	return s;
}

static unsigned long reports; /* that are still to come, with -e */

/* false: some reports are still to come. */
static bool
take_reports(const char *p, size_t n)
{
	static const char begins[] = "\00135=8\001";
	static unsigned at; /* bytes of it that were just seen */

	for (size_t i = 0; i < n; i++) {
		if (p[i] != begins[at])
			at = p[i] == 1;
		else if (++at == sizeof(begins) - 1) {
			reports--;
			at = 1;
		}
	}
	return reports == 0;
}

/* Take what has come; true when the answer is among it. */
static bool
answered(int fd, bool raw)
{
	static char in[4 * BENCH_MSG_MAX];
	static size_t have;
	ssize_t n;

	if (have > sizeof(in) / 2) {
		memmove(in, in + have - 64, 64);
		have = 64;
	}
	n = recv(fd, in + have, sizeof(in) - have, MSG_DONTWAIT);
	if (n == 0 || (n == -1 && errno != EAGAIN))
		errx(1, "connection closed");
	if (n == -1)
		return false;
	if (reports > 0) {
		if (take_reports(in + have, (size_t)n))
			return true;
		have = 0;
		return false;
	}
	have += (size_t)n;
	return raw || memmem(in, have, "\001112=END\001", 9) != NULL;
}

static double
run(int fd, const struct stream *s, bool raw)
{
	struct pollfd p = {.fd = fd};
	double start = bench_now();
	size_t done = 0;
	ssize_t n;

	for (;;) {
		p.events = POLLIN;
		if (done < s->len)
			p.events |= POLLOUT;
		if (poll(&p, 1, TIME_LIMIT_MS) <= 0)
			errx(1, "no progress, %zu of %zu bytes", done, s->len);
		if ((p.revents & POLLIN) != 0 && answered(fd, raw))
			return bench_now() - start;
		if ((p.revents & POLLOUT) == 0)
			continue;
		n = send(fd, s->p + done, s->len - done, MSG_DONTWAIT);
		if (n > 0)
			done += (size_t)n;
		else if (errno != EAGAIN)
			err(1, "send");
	}
}

int
main(int argc, char **argv)
{
	struct bench_id id = {"FIX.4.4", "CLIENT", "SERVER"};
	unsigned long count = 500000;
	struct stream s;
	bool raw = false, each = false;
	double took;
	int fd, ch;

	while ((ch = getopt(argc, argv, "ern:b:s:t:")) != -1)
		switch (ch) {
		case 'e':
			each = true;
			break;
		case 'r':
			raw = true;
			break;
		case 'n':
			count = strtoul(optarg, NULL, 10);
			break;
		case 'b':
			id.begin = optarg;
			break;
		case 's':
			id.sender = optarg;
			break;
		case 't':
			id.target = optarg;
			break;
		default:
			return 2;
		}
	if (optind + 1 != argc || count == 0)
		errx(2, "usage: blast [-er] [-n count] [-b begin] [-s sender] "
			"[-t target] port");
	s = build(&id, count, raw ? 1 : 2);
	reports = each ? count : 0;
	fd = bench_connect((uint16_t)atoi(argv[optind]));
	if (!raw)
		bench_logon(fd, &id);
	took = run(fd, &s, raw);
	printf("%.0f %.4f %.1f\n", (double)count / took, took,
	    (double)s.len / (double)count);
	free(s.p);
	return 0;
}
