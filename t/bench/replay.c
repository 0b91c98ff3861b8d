/*
 * replay: rows of a stream, from the first to the last one that there is, as
 * fast as they come; or of a table at a gateway.
 *
 *	replay [-t] [-n rows] socket stream
 *	replay -r bytes
 *
 * It speaks fixgate-link(7) by itself, and checks that rows come in order. -t:
 * a table at a gateway; -n: so many must have come. Prints "rows-per-second
 * seconds bytes-per-row seconds-of-own-CPU".
 *
 * -r: the bare machine: so many bytes through a process that passes them on,
 * over the same kind of sockets. Prints "bytes-per-second".
 */
#include <err.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "link.h"

#define CREDIT   20000 /* rows that may be on their way */
#define IN_BYTES (8u << 20)
#define COPY     (256u << 10) /* bytes of one write of -r */

/* ---- messages ---- */

static struct {
	int fd;
	bool table;
	uint64_t rows, upto, credit;
	bool live;
	size_t bytes;
} s;

static void
give_credit(uint64_t rows)
{
	char m[256], *p = link_begin(m, "CREDIT", 2, 1);

	p = put_number(put_text(p, "ROWS"), rows);
	bench_write(s.fd, m, link_end(m, p));
	s.credit += rows;
}

static void
log_on(const char *stream)
{
	char m[1024], *p;

	link_hello(s.fd);
	p = link_begin(m, s.table ? "TAIL" : "STREAM_LOGON", 2, 4u + s.table);
	p = put_text(put_text(p, s.table ? "TABLE" : "STREAM"), stream);
	p = put_text(put_text(p, s.table ? "CONSUMER" : "CLIENT"), "bench");
	p = put_text(put_text(p, "FROM"), "beginning");
	if (s.table) {
		p = put_text(p, "ADMIN");
		*p++ = (char)0xc2;
	}
	p = put_number(put_text(p, "CREDIT"), CREDIT);
	bench_write(s.fd, m, link_end(m, p));
	s.credit = CREDIT;
}

static void
take_rows(struct in *in)
{
	uint64_t n, seq, i, k;
	struct value row;

	for (n = expect(in, ARRAY).n, i = 0; i < n; i++) {
		row = expect(in, ARRAY);
		seq = expect(in, NUMBER).n;
		for (k = 1; k < row.n; k++)
			skip(in);
		if (seq <= s.upto)
			errx(1, "row %llu behind %llu", (unsigned long long)seq,
			    (unsigned long long)s.upto);
		s.upto = seq;
	}
	s.rows += n;
	s.credit -= n;
}

static bool
is_ack(const struct value *type)
{
	return is(type, "HELLO_ACK") || is(type, "TAIL_ACK") ||
	    is(type, "STREAM_LOGON_ACK");
}

static void
take_message(struct in *in)
{
	uint64_t n, k, upto = 0;
	struct value key, type = {OTHER, 0, NULL};
	bool rows, more = true;

	for (n = expect(in, MAP).n; n > 0; n--) {
		key = expect(in, TEXT);
		if (is(&key, "MESSAGE_TYPE")) {
			type = expect(in, TEXT);
			continue;
		}
		rows = is(&type, "ROWS") || is(&type, "STREAM_ROWS");
		if (!rows && !is_ack(&type))
			errx(1, "%.*s came", (int)type.n, type.p);
		if (!rows || !is(&key, "DETAILS")) {
			skip(in);
			continue;
		}
		for (k = expect(in, MAP).n; k > 0; k--) {
			key = expect(in, TEXT);
			if (is(&key, "ROWS"))
				take_rows(in);
			else if (is(&key, "UPTO"))
				upto = expect(in, NUMBER).n;
			else if (is(&key, "MORE"))
				more = next(in).n == 0xc3;
			else
				skip(in);
		}
		if (upto < s.upto)
			errx(1, "UPTO is before the last row");
		s.upto = upto;
		s.live = !more;
	}
}

static void
read_rows(void)
{
	unsigned char *buf = malloc(IN_BYTES);
	size_t have = 0, at, len;
	struct in in;
	ssize_t n;

	if (buf == NULL)
		err(1, NULL);
	while (!s.live) {
		n = recv(s.fd, buf + have, IN_BYTES - have, 0);
		if (n <= 0)
			errx(1, "the connection was closed");
		have += (size_t)n;
		s.bytes += (size_t)n;
		for (at = 0; have - at > 4; at += len) {
			len = link_length(buf + at);
			if (have - at < len)
				break;
			in = (struct in){buf + at + 4, buf + at + len};
			take_message(&in);
		}
		have -= at;
		memmove(buf, buf + at, have);
		if (s.credit < CREDIT / 2)
			give_credit(CREDIT - s.credit);
	}
	free(buf);
}

static void
run(const char *path, const char *stream, uint64_t want)
{
	struct rusage u;
	double start, took;

	s.fd = link_connect(path);
	start = bench_now();
	log_on(stream);
	read_rows();
	took = bench_now() - start;
	if (want != 0 && s.rows != want)
		errx(1, "%llu rows came", (unsigned long long)s.rows);
	getrusage(RUSAGE_SELF, &u);
	printf("%.0f %.4f %.1f %.4f\n", (double)s.rows / took, took,
	    (double)s.bytes / (double)s.rows,
	    (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
		(double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6);
}

/* ---- the bare machine ---- */

static void
pass(int from, int to, size_t n)
{
	static char buf[COPY];
	size_t want;
	ssize_t got;

	while (n > 0) {
		want = n < sizeof(buf) ? n : sizeof(buf);
		got = from == -1 ? (ssize_t)want : recv(from, buf, want, 0);
		if (got <= 0)
			errx(1, "the copy ended");
		if (to != -1)
			bench_write(to, buf, (size_t)got);
		n -= (size_t)got;
	}
}

static void
copy(size_t n)
{
	double start = bench_now();
	int a[2], b[2], i;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, a) == -1 ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, b) == -1)
		err(1, "socketpair");
	for (i = 0; i < 2; i++)
		switch (fork()) {
		case -1:
			err(1, "fork");
		case 0:
			pass(i == 0 ? -1 : a[0], i == 0 ? a[1] : b[1], n);
			_exit(0);
		}
	pass(b[0], -1, n);
	printf("%.0f\n", (double)n / (bench_now() - start));
	while (wait(NULL) > 0)
		;
}

int
main(int argc, char **argv)
{
	size_t raw = 0;
	uint64_t want = 0;
	int ch;

	while ((ch = getopt(argc, argv, "tn:r:")) != -1)
		switch (ch) {
		case 't':
			s.table = true;
			break;
		case 'n':
			want = strtoull(optarg, NULL, 10);
			break;
		case 'r':
			raw = strtoull(optarg, NULL, 10);
			break;
		default:
			return 2;
		}
	if (raw != 0) {
		copy(raw);
		return 0;
	}
	if (optind + 2 != argc)
		errx(2, "usage: replay [-t] [-n rows] socket stream | "
			"replay -r bytes");
	run(argv[optind], argv[optind + 1], want);
	return 0;
}
