/* listener.c: accepting, and a rest where there are no descriptors. */
#include "net/internal.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log/log.h"

#define PAUSE_NS NS_PER_S /* without accepting, when descriptors ran out */

struct listener {
	struct loop *loop;
	int fd;
	uv_poll_t *poll;
	struct timer pause;
	struct conn_limits lim;
	accept_fn fn;
	void *arg;
	char *path; /* of a unix socket, with what it is on disk */
	dev_t dev;
	ino_t ino;
	char name[NET_ADDR_MAX];
	bool short_of_fds; /* it was logged */
	bool *freed; /* set by listener_free for who is in accept_some */
};

static void
name_peer(struct conn *c, const struct sockaddr_storage *ss)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (ss->ss_family != AF_UNIX) {
		addr_format(c->peer, (const struct sockaddr *)ss);
		return;
	}
	snprintf(c->peer, sizeof(c->peer), "unix");
	if (getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1)
		return;
	c->uid = (long)cred.uid;
	snprintf(c->peer, sizeof(c->peer), "unix:pid %ld, uid %ld",
	    (long)cred.pid, (long)cred.uid);
}

static void
take(struct listener *li, int fd, const struct sockaddr_storage *ss)
{
	struct conn *c;

	c = conn_new(li->loop, &li->lim);
	if (c == NULL) {
		close(fd);
		return;
	}
	if (conn_open(c, fd) != 0) {
		conn_die(c, "out of memory");
		return;
	}
	if (ss->ss_family != AF_UNIX)
		fd_tune(fd, &c->lim);
	name_peer(c, ss);
	li->fn(c, li->arg);
	if (c->ops == NULL)
		conn_die(c, "not wanted");
}

static bool
out_of_descriptors(int err)
{
	return err == EMFILE || err == ENFILE || err == ENOBUFS
	    || err == ENOMEM;
}

/* Polling on would spin: the connection that cannot be taken stays there. */
static void
rest(struct listener *li)
{
	if (!li->short_of_fds)
		log_event(LOG_LEVEL_WARN, "accept", NULL,
		    "%s: no new connections for now: %s", li->name,
		    strerror(errno));
	li->short_of_fds = true;
	uv_poll_stop(li->poll);
	timer_set(&li->pause,
	    mono_add(loop_now(li->loop).mono, PAUSE_NS));
}

static void
on_acceptable(uv_poll_t *h, int status, int events)
{
	struct listener *li = h->data;
	struct sockaddr_storage ss;
	socklen_t len;
	bool freed = false;
	int fd, i;

	(void)status;
	(void)events;
	loop_enter(li->loop);
	li->freed = &freed;
	for (i = 0; i < NET_ACCEPT_MAX && !freed; i++) {
		len = sizeof(ss);
		fd = accept4(li->fd, (struct sockaddr *)&ss, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd != -1) {
			li->short_of_fds = false;
			take(li, fd, &ss);
			continue;
		}
		if (out_of_descriptors(errno)) {
			rest(li);
			break;
		}
		if (errno != EINTR && errno != ECONNABORTED)
			break;
	}
	if (!freed)
		li->freed = NULL;
}

static void
on_pause_over(void *arg)
{
	struct listener *li = arg;

	uv_poll_start(li->poll, UV_READABLE, on_acceptable);
}

/* Accept on fd, which is taken. NULL: no memory. */
static struct listener *
listener_new(struct loop *l, int fd, const struct conn_limits *lim,
    accept_fn fn, void *arg)
{
	struct listener *li;

	li = calloc(1, sizeof(*li));
	if (li == NULL)
		goto fail;
	if (timer_init(&li->pause, l, on_pause_over, li) != 0)
		goto fail;
	li->poll = loop_watch(l, fd, li);
	if (li->poll == NULL)
		goto fail_timer;
	li->loop = l;
	li->fd = fd;
	li->fn = fn;
	li->arg = arg;
	if (lim != NULL)
		li->lim = *lim;
	else
		li->lim.nodelay = true;
	uv_poll_start(li->poll, UV_READABLE, on_acceptable);
	return li;
fail_timer:
	timer_fini(&li->pause);
fail:
	free(li);
	close(fd);
	return NULL;
}

/* A listening socket on one address, or -1 and errno. */
static int
bind_tcp(const struct sockaddr *sa, socklen_t len)
{
	int fd, saved, on = 1, off = 0;

	fd = socket(sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	if (fd == -1)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (sa->sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, sa, len) == 0 && listen(fd, NET_BACKLOG) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static int
bind_any(uint16_t port)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_ANY_INIT, .sin6_port = htons(port) };
	struct sockaddr_in in4 = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	int fd;

	fd = bind_tcp((struct sockaddr *)&in6, sizeof(in6));
	if (fd == -1 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
		fd = bind_tcp((struct sockaddr *)&in4, sizeof(in4));
	return fd;
}

/* IPv4 before IPv6: a name such as localhost has both, and peers that were
 * given a number were given the IPv4 one. -1: *why says what is wrong. */
static int
bind_host(const char *host, uint16_t port, const char **why)
{
	static const int family[] = { AF_INET, AF_INET6 };
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV }, *list, *ai;
	char service[8];
	int fd = -1, rc;
	size_t i;

	snprintf(service, sizeof(service), "%u", (unsigned)port);
	rc = getaddrinfo(host, service, &hints, &list);
	if (rc != 0) {
		*why = gai_strerror(rc);
		return -1;
	}
	for (i = 0; i < 2; i++)
		for (ai = list; ai != NULL && fd == -1; ai = ai->ai_next) {
			if (ai->ai_family != family[i])
				continue;
			fd = bind_tcp(ai->ai_addr, ai->ai_addrlen);
			if (fd == -1)
				*why = strerror(errno);
		}
	freeaddrinfo(list);
	return fd;
}

struct listener *
listener_open(struct loop *l, const char *host, uint16_t port,
    const struct conn_limits *lim, accept_fn fn, void *arg,
    char err[NET_ERR_MAX])
{
	const char *why = "no address";
	char name[NET_ADDR_MAX];
	struct listener *li;
	int fd;

	addr_format_host(name, host == NULL ? "*" : host, port);
	if (host != NULL) {
		fd = bind_host(host, port, &why);
	} else {
		fd = bind_any(port);
		why = strerror(errno);
	}
	if (fd == -1) {
		snprintf(err, NET_ERR_MAX, "listen on %s: %s", name, why);
		return NULL;
	}
	li = listener_new(l, fd, lim, fn, arg);
	if (li == NULL) {
		snprintf(err, NET_ERR_MAX, "listen on %s: out of memory", name);
		return NULL;
	}
	memcpy(li->name, name, sizeof(name));
	fd_tune(fd, &li->lim); /* buffers count before a connection is made */
	return li;
}

/* Does a living process listen there? A socket file whose process is dead is
 * removed. 0, or an errno value. */
static int
clear_path(const char *path, const struct sockaddr *sa, socklen_t len)
{
	struct stat st;
	int fd, rc, err;

	if (lstat(path, &st) == -1)
		return errno == ENOENT ? 0 : errno;
	if (!S_ISSOCK(st.st_mode))
		return EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return errno;
	rc = connect(fd, sa, len);
	err = errno;
	close(fd);
	if (rc == 0 || err == EAGAIN)
		return EADDRINUSE;
	if (err != ECONNREFUSED)
		return err;
	return unlink(path) == -1 ? errno : 0;
}

/* The mode is right from the first moment: nobody slips in before a chmod. */
static int
bind_unix(const char *path, const struct sockaddr *sa, socklen_t len,
    unsigned mode)
{
	mode_t mask;
	int fd, rc, saved;

	errno = clear_path(path, sa, len);
	if (errno != 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	mask = umask(0777 & ~mode);
	rc = bind(fd, sa, len);
	saved = errno;
	umask(mask);
	if (rc == 0 && listen(fd, NET_BACKLOG) == 0)
		return fd;
	if (rc == 0)
		saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

struct listener *
listener_open_unix(struct loop *l, const char *path, unsigned mode,
    const struct conn_limits *lim, accept_fn fn, void *arg,
    char err[NET_ERR_MAX])
{
	struct sockaddr_storage ss;
	struct listener *li;
	struct stat st;
	socklen_t len;
	int fd;

	len = addr_unix(&ss, path);
	if (len == 0) {
		snprintf(err, NET_ERR_MAX, "listen on %.150s: the path is empty"
		    " or over 107 bytes long", path);
		return NULL;
	}
	fd = bind_unix(path, (struct sockaddr *)&ss, len, mode);
	if (fd == -1) {
		snprintf(err, NET_ERR_MAX, "listen on %s: %s", path,
		    errno == EADDRINUSE ? "another process listens there"
		    : errno == EEXIST   ? "there is a file that is no socket"
		                        : strerror(errno));
		return NULL;
	}
	li = listener_new(l, fd, lim, fn, arg);
	if (li != NULL)
		li->path = strdup(path);
	if (li == NULL || li->path == NULL || lstat(path, &st) == -1) {
		snprintf(err, NET_ERR_MAX, "listen on %s: out of memory", path);
		unlink(path);
		listener_free(li);
		return NULL;
	}
	li->dev = st.st_dev;
	li->ino = st.st_ino;
	snprintf(li->name, sizeof(li->name), "%s", path);
	return li;
}

void
listener_limit(struct listener *li, size_t in_max)
{
	li->lim.in_max = in_max;
}

uint16_t
listener_port(const struct listener *li)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (getsockname(li->fd, (struct sockaddr *)&ss, &len) == -1)
		return 0;
	if (ss.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&ss)->sin6_port);
	if (ss.ss_family == AF_INET)
		return ntohs(((struct sockaddr_in *)&ss)->sin_port);
	return 0;
}

void
listener_free(struct listener *li)
{
	struct stat st;

	if (li == NULL)
		return;
	if (li->freed != NULL)
		*li->freed = true;
	/* Only if it is still ours: a successor may have taken the path. */
	if (li->path != NULL && lstat(li->path, &st) == 0
	    && st.st_dev == li->dev && st.st_ino == li->ino)
		unlink(li->path);
	loop_unwatch(li->poll);
	close(li->fd);
	timer_fini(&li->pause);
	free(li->path);
	free(li);
}
