/* many_peer.c: all counterparties. */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "many.h"

#define EARLY 0.8 /* of HeartBtInt: then we send one */

static void
set_state(struct peer *p, enum state s)
{
	left[p->state]--;
	p->state = s;
	left[s]++;
}

static void
write_all(int fd, const char *p, size_t n)
{
	struct pollfd f = { .fd = fd, .events = POLLOUT };
	ssize_t done;

	for (; n > 0; p += done, n -= (size_t)done) {
		done = write(fd, p, n);
		if (done == -1 && errno != EAGAIN)
			err(1, "write");
		if (done == -1) {
			if (poll(&f, 1, (int)LIMIT_S * 1000) != 1)
				errx(1, "the gateway does not read");
			done = 0;
		}
	}
}

static void
send_msg(struct peer *p, const char *type, const char *body)
{
	char text[MANY_MSG], out[MANY_MSG + 64], when[32];
	struct timespec ts;
	unsigned check = 0;
	struct tm tm;
	int len, n, i;

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	strftime(when, sizeof(when), "%Y%m%d-%H:%M:%S", &tm);
	len = snprintf(text, sizeof(text), "35=%s\00134=%lu\00149=P%u\00152="
	    "%s.%03ld\00156=GATE\001%s", type, p->next_out++, WHO(p), when,
	    ts.tv_nsec / 1000000, body);
	n = snprintf(out, sizeof(out), "8=FIX.4.4\0019=%d\001%s", len, text);
	for (i = 0; i < n; i++)
		check += (unsigned char)out[i];
	n += snprintf(out + n, sizeof(out) - (size_t)n, "10=%03u\001",
	    check % 256);
	write_all(p->fd, out, (size_t)n);
	p->sent = now_s();
	sum.sent++;
}

const char *
field(const char *msg, const char *tag, char value[64])
{
	const char *at;
	char key[16];
	size_t n;

	snprintf(key, sizeof(key), "\001%s=", tag);
	at = strstr(msg, key);
	if (at == NULL)
		return NULL;
	at += strlen(key);
	n = strcspn(at, "\001");
	if (n > 63)
		n = 63;
	memcpy(value, at, n);
	value[n] = '\0';
	return value;
}

/* 11=PEER-NUMBER-TIME */
static void
send_order(struct peer *p, double now)
{
	char body[256];

	snprintf(body, sizeof(body), "11=%u-%lu-%.6f\00155=IBM\00154=1\00138="
	    "100\00140=1\00160=20260105-09:00:00\001", WHO(p), ++p->orders,
	    now);
	send_msg(p, "D", body);
	sum.orders++;
}

static void
check_report(struct peer *p, const char *msg, double now)
{
	unsigned long number;
	char id[64];
	unsigned who;
	double at;

	if (field(msg, "11", id) == NULL ||
	    sscanf(id, "%u-%lu-%lf", &who, &number, &at) != 3)
		errx(1, "P%u: a report without our ClOrdID: %s", WHO(p), msg);
	if (who != WHO(p) || number != p->reports + 1)
		errx(1, "P%u: a report of order %u-%lu, and %lu was the last",
		    WHO(p), who, number, p->reports);
	p->reports++;
	sum.reports++;
	if (sum.nlags < MANY_LAGS)
		sum.lag[sum.nlags++] = now - at;
}

static void
logged_on(struct peer *p, double now)
{
	if (p->state != LOGGING_ON)
		errx(1, "P%u: a second Logon", WHO(p));
	set_state(p, ON);
	if (now - p->began > sum.logon)
		sum.logon = now - p->began;
}

static void
take_msg(struct peer *p, const char *msg)
{
	double now = now_s();
	char type[64] = "", text[64];

	sum.received++;
	field(msg, "35", type);
	if (field(msg, "34", text) == NULL ||
	    strtoul(text, NULL, 10) != p->next_in)
		errx(1, "P%u: number %lu was expected: %s", WHO(p), p->next_in,
		    msg);
	p->next_in++;
	if (p->state != LOGGING_ON && now - p->got - heart > sum.overdue)
		sum.overdue = now - p->got - heart;
	p->got = now;
	if (strcmp(type, "A") == 0)
		logged_on(p, now);
	else if (strcmp(type, "0") == 0)
		sum.heartbeats++;
	else if (strcmp(type, "8") == 0)
		check_report(p, msg, now);
	else if (strcmp(type, "5") == 0 && p->state == LOGGING_OUT)
		set_state(p, GONE);
	else
		errx(1, "P%u: nobody asked for this: %s (our last message was "
		    "%.3f s ago)", WHO(p), msg, now - p->sent);
}

/* The length of the message that is at p, or 0: it has not come whole. */
static size_t
whole(const struct peer *p, size_t at)
{
	const char *msg = p->in + at, *nine, *end;
	size_t n = p->len - at, body;
	unsigned check = 0, want;
	char *stop;

	if (n < 20)
		return 0;
	nine = memmem(msg, n, "\0019=", 3);
	if (memcmp(msg, "8=FIX.4.4\001", 10) != 0 || nine != msg + 9)
		errx(1, "P%u: no message: %.20s", WHO(p), msg);
	body = strtoul(nine + 3, &stop, 10);
	if ((size_t)(stop - msg) + 1 + body + 7 > n)
		return 0;
	end = stop + 1 + body;
	while (msg < end)
		check += (unsigned char)*msg++;
	if (sscanf(end, "10=%u", &want) != 1 || want != check % 256)
		errx(1, "P%u: BodyLength or CheckSum is wrong", WHO(p));
	return (size_t)(end + 7 - (p->in + at));
}

static void
take_bytes(struct peer *p)
{
	char msg[MANY_IN];
	size_t at = 0, n;
	ssize_t got;

	got = read(p->fd, p->in + p->len, MANY_IN - 1 - p->len);
	if (got == -1 && errno == EAGAIN)
		return;
	if (got <= 0) {
		if (p->state != GONE)
			errx(1, "P%u: closed by the gateway", WHO(p));
		close(p->fd);
		p->fd = -1;
		return;
	}
	p->len += (size_t)got;
	p->in[p->len] = '\0';
	for (; (n = whole(p, at)) > 0; at += n) {
		memcpy(msg, p->in + at, n);
		msg[n] = '\0';
		take_msg(p, msg);
	}
	p->len -= at;
	memmove(p->in, p->in + at, p->len);
}

void
connect_peer(struct peer *p, uint16_t port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int one = 1;

	sin.sin_port = htons(port);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	p->next_in = p->next_out = 1;
	p->began = now_s();
	p->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (p->fd == -1 || (connect(p->fd, (struct sockaddr *)&sin,
	    sizeof(sin)) == -1 && errno != EINPROGRESS))
		err(1, "P%u", WHO(p));
	setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	watch(p->fd, EPOLLOUT, p, EPOLL_CTL_ADD);
	left[CONNECTING]++;
}

void
on_peer(struct peer *p)
{
	socklen_t len = sizeof(errno);
	char body[64];

	if (p->state != CONNECTING) {
		take_bytes(p);
		return;
	}
	if (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &errno, &len) == -1 ||
	    errno != 0)
		err(1, "P%u", WHO(p));
	watch(p->fd, EPOLLIN, p, EPOLL_CTL_MOD);
	set_state(p, LOGGING_ON);
	snprintf(body, sizeof(body), "98=0\001108=%.0f\001", heart);
	send_msg(p, "A", body);
}

/* A quarter of them sends seldom: heartbeats are due both ways. */
void
set_interval(struct peer *p)
{
	p->interval = WHO(p) % 4 == 0 ? 4 * heart :
	    0.75 * (double)count / rate;
	p->next_order = now_s() + roll() * p->interval;
}

void
look_after(struct peer *p, double now, bool orders)
{
	if (p->state != ON)
		return;
	if (now - p->got - heart > sum.overdue)
		sum.overdue = now - p->got - heart;
	if (orders && now >= p->next_order) {
		send_order(p, now);
		p->next_order = now + 2 * roll() * p->interval;
	} else if (now - p->sent >= EARLY * heart) {
		if (now - p->sent - EARLY * heart > sum.late)
			sum.late = now - p->sent - EARLY * heart;
		send_msg(p, "0", "");
	}
}

void
log_out(struct peer *p)
{
	set_state(p, LOGGING_OUT);
	send_msg(p, "5", "");
}
