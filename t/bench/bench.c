/* bench.c: sockets, messages and quantiles of the measuring programs. */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

double
bench_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static struct sockaddr_in
loopback(uint16_t port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};

	sin.sin_port = htons(port);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sin;
}

int
bench_connect(uint16_t port)
{
	struct sockaddr_in sin = loopback(port);
	int one = 1, fd;

	if ((fd = socket(AF_INET, SOCK_STREAM, 0)) == -1 ||
	    connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		err(1, "connect to port %u", port);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

int
bench_listen(uint16_t *port)
{
	struct sockaddr_in sin = loopback(0);
	socklen_t len = sizeof(sin);
	int fd;

	if ((fd = socket(AF_INET, SOCK_STREAM, 0)) == -1 ||
	    bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 ||
	    listen(fd, 1) == -1 ||
	    getsockname(fd, (struct sockaddr *)&sin, &len) == -1)
		err(1, "listen");
	*port = ntohs(sin.sin_port);
	return fd;
}

size_t
bench_msg(char *out, const struct bench_id *id, unsigned long seq,
    const char *msg_type, const char *body)
{
	char text[BENCH_MSG_MAX - 64], when[32];
	struct timespec ts;
	struct tm tm;
	unsigned sum = 0;
	size_t n;
	int len;

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	strftime(when, sizeof(when), "%Y%m%d-%H:%M:%S", &tm);
	len = snprintf(text, sizeof(text),
	    "35=%s\00134=%lu\00149=%s\00152=%s.%03ld\00156=%s\001%s", msg_type,
	    seq, id->sender, when, ts.tv_nsec / 1000000, id->target, body);
	if (len < 0 || (size_t)len >= sizeof(text))
		errx(1, "message too long");
	n = (size_t)snprintf(
	    out, BENCH_MSG_MAX, "8=%s\0019=%d\001%s", id->begin, len, text);
	for (size_t i = 0; i < n; i++)
		sum += (unsigned char)out[i];
	return n + (size_t)snprintf(
		       out + n, BENCH_MSG_MAX - n, "10=%03u\001", sum % 256);
}

void
bench_write(int fd, const void *p, size_t len)
{
	const char *at = p;
	ssize_t n;

	while (len > 0) {
		if ((n = write(fd, at, len)) == -1) {
			if (errno == EINTR)
				continue;
			err(1, "write");
		}
		at += n;
		len -= (size_t)n;
	}
}

void
bench_logon(int fd, const struct bench_id *id)
{
	char msg[BENCH_MSG_MAX];
	ssize_t n;

	/* An interval that no run reaches: nobody sends heartbeats in it. */
	bench_write(fd, msg, bench_msg(msg, id, 1, "A", "98=0\001108=300\001"));
	if ((n = read(fd, msg, sizeof(msg))) <= 0 ||
	    memmem(msg, (size_t)n, "\00135=A\001", 6) == NULL)
		errx(1, "no answer to the Logon");
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void
bench_sort(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), compare);
}

double
bench_quantile(const double *v, size_t n, double q)
{
	return v[(size_t)((double)(n - 1) * q)];
}
