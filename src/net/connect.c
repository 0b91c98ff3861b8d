/* connect.c: outgoing connections: a name, its addresses in turn. */
#include "net/internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

/* 0 or an errno value: the source is of another family than the address. */
static int
bind_source(int fd, int family, const struct conn_limits *lim)
{
	struct sockaddr_storage ss = { 0 };
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&ss;
	struct sockaddr_in *in4 = (struct sockaddr_in *)&ss;
	const char *from = lim->source;
	socklen_t len = family == AF_INET6 ? sizeof(*in6) : sizeof(*in4);
	int on = 1;

	ss.ss_family = (sa_family_t)family;
	if (family == AF_INET6) {
		in6->sin6_port = htons(lim->source_port);
		if (from != NULL && inet_pton(family, from, &in6->sin6_addr) != 1)
			return EADDRNOTAVAIL;
	} else {
		in4->sin_port = htons(lim->source_port);
		if (from != NULL && inet_pton(family, from, &in4->sin_addr) != 1)
			return EADDRNOTAVAIL;
	}
	/* A port that is asked for may still be in TIME_WAIT. */
	if (lim->source_port != 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return bind(fd, (struct sockaddr *)&ss, len) == -1 ? errno : 0;
}

/* Start to connect fd, which is taken, to an address. 0 or an errno value. */
static int
start(struct conn *c, const struct sockaddr *sa, socklen_t len)
{
	int fd, err;

	fd = socket(sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	if (fd == -1)
		return errno;
	if (sa->sa_family != AF_UNIX)
		fd_tune(fd, &c->lim);
	if (sa->sa_family != AF_UNIX &&
	    (c->lim.source != NULL || c->lim.source_port != 0) &&
	    (err = bind_source(fd, sa->sa_family, &c->lim)) != 0) {
		close(fd);
		return err;
	}
	if (connect(fd, sa, len) == -1 && errno != EINPROGRESS) {
		err = errno;
		close(fd);
		return err;
	}
	c->poll = loop_watch(c->loop, fd, c);
	if (c->poll == NULL) {
		close(fd);
		return ENOMEM;
	}
	c->fd = fd;
	c->events = 0;
	c->state = CONN_CONNECTING;
	conn_watch(c);
	return 0;
}

/* Try the addresses that are left; the last error is the one told. */
static void
try_next(struct conn *c, int err)
{
	struct dial *d = c->dial; /* NULL: of a unix socket, there is no other */
	struct addrinfo *ai;

	while (d != NULL && d->next != NULL) {
		ai = d->next;
		d->next = ai->ai_next;
		err = start(c, ai->ai_addr, ai->ai_addrlen);
		if (err == 0) {
			addr_format(c->peer, ai->ai_addr);
			return;
		}
	}
	conn_die(c, "connect to %s: %s", d == NULL ? c->peer : d->name,
	    strerror(err));
}

static void
dial_free(struct dial *d)
{
	if (d->list != NULL)
		freeaddrinfo(d->list);
	free(d);
}

/* The connection no longer needs its dial; one that waits for the resolver is
 * freed by it. */
void
dial_drop(struct conn *c)
{
	struct dial *d = c->dial;

	if (d == NULL)
		return;
	c->dial = NULL;
	d->c = NULL;
	if (d->req.data != NULL)
		uv_cancel((uv_req_t *)&d->req);
	else
		dial_free(d);
}

static void
on_resolved(uv_getaddrinfo_t *req, int status, struct addrinfo *list)
{
	struct dial *d = req->data;
	struct conn *c = d->c;

	d->list = d->next = list;
	d->req.data = NULL;
	if (c == NULL) {
		dial_free(d);
		return;
	}
	loop_enter(c->loop);
	if (status != 0)
		conn_die(c, "connect to %s: %s", d->name, uv_strerror(status));
	else
		try_next(c, EADDRNOTAVAIL);
}

/* The socket is connected, or not: SO_ERROR knows. */
void
dial_ready(struct conn *c)
{
	socklen_t len = sizeof(int);
	int err = 0;

	getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len);
	if (err != 0) {
		loop_unwatch(c->poll);
		c->poll = NULL;
		close(c->fd);
		c->fd = -1;
		try_next(c, err);
		return;
	}
	dial_drop(c);
	conn_shake(c);
}

/* A numeric address is tried at once, a name goes to the resolver's thread. 0
 * or FG_E*. */
static int
resolve(struct conn *c, const char *host, uint16_t port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct dial *d = c->dial;
	char service[8];
	int err;

	snprintf(service, sizeof(service), "%u", (unsigned)port);
	hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
	if (getaddrinfo(host, service, &hints, &d->list) == 0) {
		d->next = d->list;
		try_next(c, EADDRNOTAVAIL);
		return 0;
	}
	d->list = NULL;
	hints.ai_flags = AI_NUMERICSERV;
	d->req.data = d;
	err = uv_getaddrinfo(&c->loop->uv, &d->req, on_resolved, host, service,
	    &hints);
	if (err == 0)
		return 0;
	d->req.data = NULL;
	return fg_errno(-err);
}

static void
connect_unix(struct conn *c, const struct sockaddr_storage *ss, socklen_t len)
{
	struct ucred cred;
	socklen_t size = sizeof(cred);
	int err;

	err = start(c, (const struct sockaddr *)ss, len);
	if (err != 0)
		conn_die(c, "connect to %s: %s", c->peer, strerror(err));
	else if (getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) == 0)
		c->uid = (long)cred.uid;
}

/* Never to be seen by its owner: as if it had not been made. */
static void
undo(struct conn *c)
{
	conn_die(c, "undone");
	TAILQ_REMOVE(&c->loop->dead, c, dead_link);
	conn_free(c);
}

struct conn *
conn_connect(struct loop *l, const char *host, uint16_t port,
    unsigned timeout_ms, const struct conn_limits *lim,
    const struct conn_ops *ops, void *arg, char err[NET_ERR_MAX])
{
	struct sockaddr_storage ss;
	socklen_t len = 0;
	struct conn *c;
	int rc = 0;

	if (port == 0 && (len = addr_unix(&ss, host)) == 0) {
		snprintf(err, NET_ERR_MAX, "%.150s: not a path of a socket"
		    " (too long or empty)", host);
		return NULL;
	}
	c = conn_new(l, lim);
	if (c == NULL)
		goto fail;
	c->ops = ops;
	c->arg = arg;
	c->dialed = true;
	timer_set(&c->timer, mono_add(loop_now(l).mono,
	    timeout_ms * NS_PER_MS));
	if (port == 0) {
		snprintf(c->peer, sizeof(c->peer), "unix:%s", host);
		connect_unix(c, &ss, len);
		return c;
	}
	addr_format_host(c->peer, host, port);
	c->dial = calloc(1, sizeof(*c->dial));
	if (c->dial != NULL) {
		c->dial->c = c;
		memcpy(c->dial->name, c->peer, sizeof(c->peer));
		rc = resolve(c, host, port);
	}
	if (c->dial == NULL && c->state == CONN_RESOLVING)
		rc = FG_ENOMEM;
	if (rc == 0)
		return c;
fail:
	snprintf(err, NET_ERR_MAX, "connect to %.150s: %s", host,
	    fg_strerror(c == NULL ? FG_ENOMEM : rc));
	if (c != NULL)
		undo(c);
	return NULL;
}
