#include "net/internal.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

#define IN_MAX        (1048576u + 1)
#define OUT_HIGH      1048576u
#define OUT_LOW       262144u
#define OUT_MAX       67108864u
#define SHAKE_COST    65536u /* a step of a handshake costs as much time as so
                              * many bytes, or more */
#define SHAKE_TIMEOUT (30 * NS_PER_S) /* of accepted connections whose owner
                                       * has no shorter one */

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

/* ---- reading ---- */

/* After a callback: what was not taken moves out of the loop's scratch. */
static void
keep_unread(struct conn *c)
{
	if (c->nunread == 0) {
		c->unread = NULL;
		c->in.len = 0;
		if (c->in.cap > NET_KEEP_MAX)
			buf_free(&c->in);
		return;
	}
	if (c->in.len != 0)
		return; /* it is there already */
	if (buf_add(&c->in, c->unread, c->nunread) != 0) {
		c->nunread = 0;
		conn_die(c, "out of memory");
		return;
	}
	c->unread = c->in.p;
}

/* Make room behind the unread bytes: few of them go to the front of the
 * scratch, many stay in the connection's own buffer, which grows. Returns the
 * room, 0 if there is no memory. */
static size_t
make_room(struct conn *c, char **p)
{
	size_t room = NET_READ_MAX;

	if (room > c->lim.in_max - c->nunread)
		room = c->lim.in_max - c->nunread;
	if (c->nunread <= NET_READ_MAX / 4) {
		if (c->nunread > 0)
			memcpy(c->loop->scratch, c->unread, c->nunread);
		c->unread = c->loop->scratch;
		c->in.len = 0;
		*p = c->loop->scratch + c->nunread;
		return room < NET_READ_MAX - c->nunread
		    ? room : NET_READ_MAX - c->nunread;
	}
	buf_shift(&c->in, c->in.len - c->nunread);
	if (buf_reserve(&c->in, room) != 0)
		return 0;
	c->unread = c->in.p;
	*p = c->in.p + c->in.len;
	return room;
}

static void
spend(struct loop *l, size_t n)
{
	l->budget -= n < l->budget ? n : l->budget;
}

/* True if there is news for data(). */
static bool
read_some(struct conn *c)
{
	ssize_t got;
	size_t room;
	char *p;

	if (c->paused || c->eof || c->nunread >= c->lim.in_max)
		return false;
	room = make_room(c, &p);
	if (room == 0) {
		conn_die(c, "out of memory");
		return false;
	}
	got = io_read(c, p, room);
	if (got <= 0) {
		c->eof = got != IO_AGAIN || c->broken;
		if (got == 0 && !c->broken)
			snprintf(c->why, sizeof(c->why), "closed by peer");
		if (got == IO_BROKEN) {
			snprintf(c->why, sizeof(c->why), "%s", io_why(c));
			c->broken = true;
		}
		return false;
	}
	c->nunread += (size_t)got;
	if (c->unread == c->in.p)
		c->in.len += (size_t)got;
	spend(c->loop, (size_t)got);
	return true;
}

/* Does the owner still have something for who has closed its side? */
static bool
stays(struct conn *c)
{
	if (c->broken || c->ops == NULL || c->ops->left == NULL ||
	    !c->ops->left(c, c->arg))
		return false;
	if (!c->staying)
		timer_set(&c->timer, mono_add(loop_now(c->loop).mono,
		    STAY_TIMEOUT));
	c->staying = true;
	return true;
}

/* At the end of the stream the connection lives on as long as its owner wants
 * to see the rest, or to answer. */
static void
end_of_stream(struct conn *c)
{
	if (!c->eof || c->state != CONN_OPEN || c->paused
	    || (c->turn & TURN_KICK) != 0 || stays(c)
	    || c->state != CONN_OPEN)
		return;
	if (c->out.len > c->out_at)
		io_write(c, c->out.p + c->out_at, c->out.len - c->out_at);
	conn_die_as_said(c);
}

static void
turn_open(struct conn *c, unsigned turn)
{
	bool news = false;

	c->showing = true;
	/* An owner that is behind is not given more. */
	if ((turn & TURN_READ) != 0
	    && ((turn & TURN_KICK) == 0 || c->nunread < NET_READ_MAX))
		news = read_some(c);
	if ((news || (turn & TURN_KICK) != 0) && c->ops != NULL
	    && c->state == CONN_OPEN)
		c->ops->data(c, c->arg);
	c->showing = false;
	if (c->state != CONN_OPEN)
		c->nunread = 0;
	keep_unread(c);
	if (c->state == CONN_OPEN && (turn & TURN_DRAINED) != 0
	    && c->ops != NULL && c->ops->drained != NULL)
		c->ops->drained(c, c->arg);
	end_of_stream(c);
}

/* conn_end was called: input is thrown away until the peer's end. */
static void
turn_ending(struct conn *c)
{
	ssize_t got;

	got = io_read(c, c->loop->scratch, NET_READ_MAX);
	if (got > 0)
		spend(c->loop, (size_t)got);
	if (got == IO_AGAIN || got > 0)
		return;
	c->eof = true;
	if (c->state == CONN_DRAINING || got == IO_BROKEN)
		conn_die(c, "closed");
}

/* ---- the handshake of TLS ---- */

/* The peer is told why, and has time to read that. */
static void
shake_failed(struct conn *c)
{
	snprintf(c->why, sizeof(c->why), "%s", io_why(c));
	c->refused = true;
	if (shutdown(c->fd, SHUT_WR) == -1) {
		conn_die_as_said(c);
		return;
	}
	c->state = CONN_DRAINING;
	timer_set(&c->timer,
	    mono_add(loop_now(c->loop).mono, DRAIN_TIMEOUT));
}

static void
conn_is_up(struct conn *c)
{
	timer_set(&c->timer, MONO_NEVER);
	c->state = CONN_OPEN;
	conn_watch(c);
	if (c->dialed && c->ops->connected != NULL)
		c->ops->connected(c, c->arg);
	if (c->state == CONN_OPEN)
		conn_flush_later(c);
}

static void
shake(struct conn *c)
{
	ssize_t got = tls_handshake(c);

	spend(c->loop, SHAKE_COST);
	if (got == 1)
		conn_is_up(c);
	else if (got == IO_BROKEN)
		shake_failed(c);
	conn_watch(c);
}

void
conn_shake(struct conn *c)
{
	if (c->tls == NULL) {
		conn_is_up(c);
		return;
	}
	c->state = CONN_SHAKING;
	if (!c->dialed)
		timer_set(&c->timer, mono_add(loop_now(c->loop).mono,
		    SHAKE_TIMEOUT));
	else
		conn_turn_later(c, TURN_WRITE);
	conn_watch(c);
}

static void
turn_run(struct conn *c)
{
	unsigned turn = c->turn;

	c->turn = 0;
	if (c->state == CONN_CONNECTING) {
		dial_ready(c);
		return;
	}
	if (c->state == CONN_SHAKING) {
		shake(c);
		return;
	}
	if ((turn & TURN_WRITE) != 0 && c->tls != NULL && tls_is_stuck(c))
		turn |= TURN_READ;
	if ((turn & TURN_WRITE) != 0)
		conn_flush_later(c);
	if (c->state == CONN_OPEN)
		turn_open(c, turn);
	else if ((turn & TURN_READ) != 0)
		turn_ending(c);
	conn_watch(c);
}

/*
 * Each ready connection in its turn, until the wake-up's budget is used up;
 * those left over are the first of the next one. Who becomes ready meanwhile
 * waits for that, too.
 */
void
conns_turn(struct loop *l)
{
	struct conn *c;

	TAILQ_CONCAT(&l->run, &l->ready, turn_link);
	TAILQ_FOREACH(c, &l->run, turn_link)
		c->turn_queue = &l->run;
	while (l->budget > 0 && (c = TAILQ_FIRST(&l->run)) != NULL) {
		TAILQ_REMOVE(&l->run, c, turn_link);
		c->turn_queue = NULL;
		turn_run(c);
	}
}

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
	keep_unread(c);
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
		keep_unread(c);
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
