/* conn.c: the life of a connection, what it waits for, and what its owner
 * calls; but for sending (send.c). */
#include "net/internal.h"

#include <assert.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"

#define IN_MAX   (1048576u + 1)
#define OUT_HIGH 1048576u
#define OUT_LOW  262144u
#define OUT_MAX  67108864u

static void on_timeout(void *arg);

static void
set_limits(struct conn *c, const struct conn_limits *lim)
{
	if (lim != NULL)
		c->lim = *lim;
	else
		c->lim.nodelay = true;
	if (c->lim.in_max == 0)
		c->lim.in_max = IN_MAX;
	if (c->lim.out_high == 0)
		c->lim.out_high = OUT_HIGH;
	if (c->lim.out_low == 0)
		c->lim.out_low = OUT_LOW;
	if (c->lim.out_max == 0)
		c->lim.out_max = OUT_MAX;
}

struct conn *
conn_new(struct loop *l, const struct conn_limits *lim)
{
	struct conn *c;

	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	if (timer_init(&c->timer, l, on_timeout, c) != 0) {
		free(c);
		return NULL;
	}
	c->loop = l;
	c->fd = -1;
	c->uid = -1;
	set_limits(c, lim);
	LIST_INSERT_HEAD(&l->all, c, all);
	return c;
}

void
conn_free(struct conn *c)
{
	assert(c->state == CONN_DEAD && c->turn_queue == NULL && !c->is_dirty);
	LIST_REMOVE(c, all);
	tls_drop(c);
	buf_free(&c->in);
	buf_free(&c->out);
	free(c);
}

void
conn_turn_later(struct conn *c, unsigned why)
{
	if (c->state == CONN_DEAD)
		return;
	c->turn |= why;
	if (c->turn_queue != NULL)
		return;
	c->turn_queue = &c->loop->ready;
	TAILQ_INSERT_TAIL(&c->loop->ready, c, turn_link);
}

/*
 * Close the socket and put c where closed() is called from. Its buffers stay
 * until then: the caller may be a callback that holds a pointer into them.
 */
void
conn_die(struct conn *c, const char *fmt, ...)
{
	va_list ap;

	if (c->state == CONN_DEAD)
		return;
	va_start(ap, fmt);
	if (!c->refused)
		vsnprintf(c->why, sizeof(c->why), fmt, ap);
	va_end(ap);
	conn_die_as_said(c);
}

void
conn_die_as_said(struct conn *c)
{
	struct loop *l = c->loop;

	if (c->state == CONN_DEAD)
		return;
	if (c->tls != NULL && !c->eof)
		tls_end(c);
	c->state = CONN_DEAD;
	dial_drop(c);
	timer_fini(&c->timer);
	loop_unwatch(c->poll);
	c->poll = NULL;
	if (c->fd != -1)
		close(c->fd);
	c->fd = -1;
	if (c->turn_queue != NULL)
		TAILQ_REMOVE(c->turn_queue, c, turn_link);
	c->turn_queue = NULL;
	if (c->is_dirty)
		TAILQ_REMOVE(&l->dirty, c, dirty_link);
	c->is_dirty = false;
	TAILQ_INSERT_TAIL(&l->dead, c, dead_link);
}

static void
on_event(uv_poll_t *h, int status, int events)
{
	struct conn *c = h->data;

	loop_enter(c->loop);
	if (status != 0) {
		/* libuv has stopped watching; reading finds the reason,
		 * behind the bytes that came before it. */
		c->events = 0;
		events = UV_READABLE | UV_WRITABLE;
	}
	conn_turn_later(c, ((events & UV_READABLE) != 0 ? TURN_READ : 0)
	    | ((events & UV_WRITABLE) != 0 ? TURN_WRITE : 0));
}

/* What TLS has read of the socket already is no event of the socket's. */
static int
watch_tls(struct conn *c, int events)
{
	if ((events & UV_READABLE) == 0)
		return events;
	if (tls_has_more(c))
		conn_turn_later(c, TURN_READ);
	return tls_is_stuck(c) ? events | UV_WRITABLE : events;
}

/* Wait for what the state needs. */
void
conn_watch(struct conn *c)
{
	int events = 0;

	switch (c->state) {
	case CONN_RESOLVING:
	case CONN_DEAD:
		return;
	case CONN_CONNECTING:
		events = UV_WRITABLE;
		break;
	case CONN_SHAKING:
		events = tls_is_stuck(c) ? UV_WRITABLE : UV_READABLE;
		break;
	case CONN_OPEN:
		if (!c->paused && !c->eof && c->nunread < c->lim.in_max)
			events = UV_READABLE;
		if (c->blocked)
			events |= UV_WRITABLE;
		break;
	case CONN_ENDING:
		/* Its input is read and dropped: a peer that is busy writing
		 * to us may not read before. */
		events = c->eof ? 0 : UV_READABLE;
		if (c->blocked)
			events |= UV_WRITABLE;
		break;
	case CONN_DRAINING:
		events = UV_READABLE;
		break;
	}
	if (c->tls != NULL && c->state >= CONN_OPEN)
		events = watch_tls(c, events);
	if (events == c->events)
		return;
	if (events == 0)
		uv_poll_stop(c->poll);
	else
		uv_poll_start(c->poll, events, on_event);
	c->events = events;
}

int
conn_open(struct conn *c, int fd)
{
	c->fd = fd;
	if (c->poll == NULL)
		c->poll = loop_watch(c->loop, fd, c);
	if (c->poll == NULL)
		return FG_ENOMEM;
	c->state = CONN_OPEN;
	conn_watch(c);
	return 0;
}

/* ---- the end ---- */

/* Those that die while it runs are told in the next wake-up: an owner that
 * connects again at once, and fails at once, must not keep the loop here for
 * ever. */
void
conns_close(struct loop *l)
{
	struct conn *c, *last = TAILQ_LAST(&l->dead, conn_queue);
	bool more = last != NULL;

	while (more) {
		c = TAILQ_FIRST(&l->dead);
		more = c != last;
		TAILQ_REMOVE(&l->dead, c, dead_link);
		if (c->ops != NULL)
			c->ops->closed(c, c->arg, c->why);
		conn_free(c);
	}
}

static void
on_timeout(void *arg)
{
	struct conn *c = arg;

	switch (c->state) {
	case CONN_RESOLVING:
	case CONN_CONNECTING:
		conn_die(c, "connect to %s: timed out", c->peer);
		break;
	case CONN_SHAKING:
		conn_die(c, "TLS: the handshake timed out");
		break;
	case CONN_ENDING:
		conn_die(c, "the peer does not read");
		break;
	case CONN_DRAINING:
		conn_die(c, "closed");
		break;
	case CONN_OPEN:
		if (c->staying)
			conn_die_as_said(c);
		break;
	case CONN_DEAD:
		break;
	}
}

/* ---- what the owner calls ---- */

void
conn_set_ops(struct conn *c, const struct conn_ops *ops, void *arg)
{
	c->ops = ops;
	c->arg = arg;
}

void *
conn_arg(const struct conn *c)
{
	return c->arg;
}

const char *
conn_peer(const struct conn *c)
{
	return c->peer;
}

long
conn_peer_uid(const struct conn *c)
{
	return c->uid;
}

size_t
conn_in(struct conn *c, const char **p)
{
	*p = c->unread;
	return c->state < CONN_ENDING ? c->nunread : 0;
}

void
conn_eat(struct conn *c, size_t n)
{
	assert(n <= c->nunread);
	c->unread += n;
	c->nunread -= n;
	if (c->showing)
		return;
	conn_keep_unread(c);
	conn_watch(c);
}

void
conn_kick(struct conn *c)
{
	if (c->state != CONN_OPEN)
		return;
	conn_turn_later(c, TURN_KICK);
}

bool
conn_is_left(const struct conn *c)
{
	struct pollfd p = { .fd = c->fd, .events = POLLRDHUP };

	if (c->state < CONN_OPEN)
		return false;
	return c->state == CONN_DEAD || c->eof || (poll(&p, 1, 0) == 1 &&
	    (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0);
}

void
conn_pause(struct conn *c, bool on)
{
	if (c->paused == on || c->state == CONN_DEAD)
		return;
	c->paused = on;
	if (!on && c->eof)
		conn_kick(c);
	conn_watch(c);
}

void
conn_end(struct conn *c)
{
	if (c->state >= CONN_ENDING)
		return;
	if (c->state != CONN_OPEN) {
		conn_die(c, "closed");
		return;
	}
	c->state = CONN_ENDING;
	if (!c->showing) {
		c->nunread = 0;
		conn_keep_unread(c);
	}
	timer_set(&c->timer,
	    mono_add(loop_now(c->loop).mono, WRITE_TIMEOUT));
	conn_flush_later(c);
	conn_watch(c);
}

void
conn_abort(struct conn *c, const char *why)
{
	conn_die(c, "%s", why);
}
