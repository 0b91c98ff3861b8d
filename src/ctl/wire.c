#include "ctl/wire.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/address.h"
#include "daemon/secure.h"

#define READ_BYTES     (64 * 1024)
#define ANSWER_TIMEOUT 30000 /* ms */
#define CONNECT_TIMEOUT 10 /* s */

struct wire {
	int fd;
	struct tls_stream *tls; /* NULL: as it is */
	struct link_out *out;
	struct link_in *in;
	struct buf to, from;
	size_t eaten; /* of from */
	uint64_t ref;
	const char *peer; /* whom errors are about */
	char err[WIRE_ERR_MAX];
};

/* What to do when there is no way to the gateway. */
static const char *
todo(int sys)
{
	switch (sys) {
	case ENOENT:
		return ". Is fixgated running? Name its ControlSocket with -s "
		    "or in FIXGATE_SOCKET";
	case ECONNREFUSED:
		return ". Nobody listens there: start fixgated";
	case EACCES:
	case EPERM:
		return ". Only the user and the group of fixgated may use it";
	default:
		return "";
	}
}

/* A socket, or -1 with err, and errno if there was a try. */
static int
connect_unix(const char *path, char err[WIRE_ERR_MAX])
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd, sys;

	if (strlen(path) >= sizeof(sun.sun_path)) {
		snprintf(err, WIRE_ERR_MAX, "%s: a socket's path may have %zu "
		    "characters at most", path, sizeof(sun.sun_path) - 1);
		errno = 0;
		return -1;
	}
	memcpy(sun.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 ||
	    connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1) {
		sys = errno;
		snprintf(err, WIRE_ERR_MAX, "cannot connect to %s: %s", path,
		    strerror(sys));
		if (fd != -1)
			close(fd);
		errno = sys;
		return -1;
	}
	return fd;
}

static int
connect_tcp(const struct address *at, char err[WIRE_ERR_MAX])
{
	struct addrinfo want = { .ai_socktype = SOCK_STREAM }, *list, *ai;
	struct timeval limit = { .tv_sec = CONNECT_TIMEOUT };
	char port[8];
	int fd = -1, e;

	snprintf(port, sizeof(port), "%u", at->port);
	e = getaddrinfo(at->host, port, &want, &list);
	if (e != 0) {
		snprintf(err, WIRE_ERR_MAX, "%s: %s", at->host,
		    gai_strerror(e));
		return -1;
	}
	for (ai = list; ai != NULL && fd == -1; ai = ai->ai_next) {
		fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd == -1)
			continue;
		/* It limits connect, too. */
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
		if (connect(fd, ai->ai_addr, ai->ai_addrlen) == 0)
			break;
		e = errno == EINPROGRESS ? ETIMEDOUT : errno;
		close(fd);
		fd = -1;
	}
	freeaddrinfo(list);
	if (fd == -1)
		snprintf(err, WIRE_ERR_MAX, "cannot connect to %s port %s: %s",
		    at->host, port, strerror(e));
	return fd;
}

static int
hello(struct wire *w)
{
	struct link_msg m;
	struct link_out *o;
	int err;

	o = wire_begin(w, "HELLO", NULL);
	link_map(o, 3);
	link_key_u64(o, "VERSION", LINK_VERSION);
	link_key_str(o, "ROLE", "ctl");
	link_key_str(o, "NAME", "fixgatectl");
	err = wire_end(w);
	if (err == 0)
		err = wire_recv(w, &m);
	if (err != 0)
		return err;
	if (strcmp(m.type, "HELLO_ACK") != 0) {
		if (!link_find_str(m.details, "TEXT", w->err, sizeof(w->err)))
			snprintf(w->err, sizeof(w->err),
			    "%s answers HELLO with %s", w->peer, m.type);
		return FG_EFORMAT;
	}
	return 0;
}

/* TLS over the socket; NULL: err says why not. */
static struct tls_stream *
secure(int fd, const struct address *at, char err[WIRE_ERR_MAX])
{
	_Static_assert(WIRE_ERR_MAX >= NET_ERR_MAX, "one text for both");
	struct timeval limit = { .tv_sec = CONNECT_TIMEOUT };
	const struct tls *own = secure_get(false, err);
	struct tls_stream *s;
	size_t n;

	if (own == NULL) {
		n = strlen(err);
		snprintf(err + n, WIRE_ERR_MAX - n, ". Name the folder of "
		    "certificates with -T or in FIXGATE_CERTIFICATES");
		return NULL;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	s = tls_stream_open(own, fd, address_is_number(at) ? NULL : at->host,
	    at->host, err);
	return s;
}

/* Say HELLO over a socket; closes it on failure. */
static struct wire *
begin(int fd, const struct address *at, const char *peer,
    char err[WIRE_ERR_MAX])
{
	struct wire *w;

	w = calloc(1, sizeof(*w));
	if (w == NULL) {
		snprintf(err, WIRE_ERR_MAX, "%s", fg_strerror(FG_ENOMEM));
		close(fd);
		return NULL;
	}
	w->fd = fd;
	w->peer = peer;
	if (at != NULL && at->tls) {
		w->tls = secure(fd, at, err);
		if (w->tls == NULL)
			goto fail;
	}
	w->out = link_out_new();
	w->in = link_in_new();
	if (w->out == NULL || w->in == NULL) {
		snprintf(err, WIRE_ERR_MAX, "%s", fg_strerror(FG_ENOMEM));
		goto fail;
	}
	if (hello(w) != 0) {
		snprintf(err, WIRE_ERR_MAX, "%s", w->err);
		goto fail;
	}
	return w;
fail:
	wire_close(w);
	return NULL;
}

bool
wire_is_address(const char *where)
{
	return strncmp(where, "unix:", 5) == 0 ||
	    strncmp(where, "tcp:", 4) == 0 || strncmp(where, "tls:", 4) == 0;
}

static struct wire *
open_address(const char *where, char err[WIRE_ERR_MAX])
{
	struct address at;
	size_t n;
	int fd;

	if (address_parse(&at, where, err) != 0)
		return NULL;
	if (at.port == 0)
		return wire_open(at.host, err);
	fd = connect_tcp(&at, err);
	if (fd != -1)
		return begin(fd, &at, "the gateway", err);
	n = strlen(err);
	snprintf(err + n, WIRE_ERR_MAX - n, ". Is fixgated running, with "
	    "LinkListen=%s?", where);
	return NULL;
}

struct wire *
wire_open(const char *path, char err[WIRE_ERR_MAX])
{
	int sys, fd;
	size_t n;

	if (wire_is_address(path))
		return open_address(path, err);
	fd = connect_unix(path, err);
	if (fd != -1)
		return begin(fd, NULL, "the gateway", err);
	sys = errno;
	n = strlen(err);
	snprintf(err + n, WIRE_ERR_MAX - n, "%s", todo(sys));
	return NULL;
}

struct wire *
wire_open_process(const char *where, const char *program,
    char err[WIRE_ERR_MAX])
{
	_Static_assert(WIRE_ERR_MAX >= ADDRESS_ERR_MAX, "one text for both");
	struct address at;
	size_t n;
	int fd;

	if (address_parse(&at, where, err) != 0)
		return NULL;
	fd = at.port == 0 ? connect_unix(at.host, err) : connect_tcp(&at, err);
	if (fd != -1)
		return begin(fd, &at, program, err);
	n = strlen(err);
	snprintf(err + n, WIRE_ERR_MAX - n, ". Is %s running, and does its "
	    "file listen(\"%s\")?", program, where);
	return NULL;
}

void
wire_close(struct wire *w)
{
	if (w == NULL)
		return;
	tls_stream_free(w->tls);
	close(w->fd);
	link_out_free(w->out);
	link_in_free(w->in);
	buf_free(&w->to);
	buf_free(&w->from);
	free(w);
}

const char *
wire_error(const struct wire *w)
{
	return w->err;
}

const char *
wire_peer(const struct wire *w)
{
	return w->peer;
}

static int
wire_fail(struct wire *w, int err, const char *text)
{
	snprintf(w->err, sizeof(w->err), "%s", text);
	return err;
}

static int
wire_fail_peer(struct wire *w, int err, const char *text)
{
	snprintf(w->err, sizeof(w->err), "%s %s", w->peer, text);
	return err;
}

struct link_out *
wire_begin(struct wire *w, const char *type, uint64_t *ref)
{
	w->ref++;
	if (ref != NULL)
		*ref = w->ref;
	return wire_begin_ref(w, type, w->ref);
}

struct link_out *
wire_begin_ref(struct wire *w, const char *type, uint64_t ref)
{
	link_begin(w->out, &w->to, type, ref);
	return w->out;
}

int
wire_end(struct wire *w)
{
	int err;

	err = link_end(w->out);
	return err == 0 ? 0 : wire_fail(w, err, fg_strerror(err));
}

static int
wire_read(struct wire *w)
{
	ssize_t n;

	buf_shift(&w->from, w->eaten);
	w->eaten = 0;
	if (buf_reserve(&w->from, READ_BYTES) != 0)
		return wire_fail(w, FG_ENOMEM, fg_strerror(FG_ENOMEM));
	n = w->tls == NULL ?
	    recv(w->fd, w->from.p + w->from.len, READ_BYTES, MSG_DONTWAIT) :
	    tls_stream_read(w->tls, w->from.p + w->from.len, READ_BYTES);
	if (n > 0) {
		w->from.len += (size_t)n;
		return 0;
	}
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n == -1 && w->tls != NULL && tls_stream_fault(w->tls) != NULL)
		return wire_fail_peer(w, FG_ECLOSED, tls_stream_fault(w->tls));
	return wire_fail_peer(w, FG_ECLOSED, "closed the connection");
}

static int
wire_write(struct wire *w)
{
	ssize_t n;

	n = w->tls == NULL ?
	    send(w->fd, w->to.p, w->to.len, MSG_DONTWAIT | MSG_NOSIGNAL) :
	    tls_stream_write(w->tls, w->to.p, w->to.len);
	if (n >= 0) {
		buf_shift(&w->to, (size_t)n);
		return 0;
	}
	/* What it said before it hung up is still to be read. */
	if (errno == EPIPE || errno == ECONNRESET || errno == EPROTO) {
		w->to.len = 0;
		return 0;
	}
	if (errno == EAGAIN || errno == EINTR)
		return 0;
	return wire_fail(w, fg_errno(errno), strerror(errno));
}

int
wire_wait(struct wire *w, int fd, bool *ready, int timeout_ms)
{
	struct pollfd p[2] = { { .fd = w->fd, .events = POLLIN },
		{ .fd = fd, .events = POLLIN } };
	bool more = w->tls != NULL && tls_stream_has_more(w->tls);
	int n, err = 0;

	if (ready != NULL)
		*ready = false;
	if (w->to.len != 0)
		p[0].events |= POLLOUT;
	n = poll(p, fd == -1 ? 1 : 2, more ? 0 : timeout_ms);
	if (n == -1)
		return errno == EINTR ? FG_EPARTIAL
		    : wire_fail(w, fg_errno(errno), strerror(errno));
	if (n == 0 && !more)
		return wire_fail_peer(w, FG_ETIMEOUT, "does not answer");
	if ((p[0].revents & POLLOUT) != 0)
		err = wire_write(w);
	if (err == 0 && (more ||
	    (p[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0))
		err = wire_read(w);
	if (fd != -1 && ready != NULL)
		*ready = p[1].revents != 0;
	return err;
}

int
wire_next(struct wire *w, struct link_msg *m)
{
	const char *why = NULL;
	int64_t n;

	if (w->from.len == w->eaten)
		return 0;
	n = link_decode(w->in, w->from.p + w->eaten, w->from.len - w->eaten, m,
	    &why);
	if (n == FG_EPARTIAL)
		return 0;
	if (n < 0) {
		snprintf(w->err, sizeof(w->err),
		    "%s sent no message of fixgate-link(7): %s", w->peer,
		    why == NULL ? fg_strerror((int)n) : why);
		return (int)n;
	}
	w->eaten += (size_t)n;
	return 1;
}

int
wire_recv(struct wire *w, struct link_msg *m)
{
	int got, err;

	while ((got = wire_next(w, m)) == 0) {
		err = wire_wait(w, -1, NULL, ANSWER_TIMEOUT);
		if (err != 0 && err != FG_EPARTIAL)
			return err;
	}
	return got < 0 ? got : 0;
}
