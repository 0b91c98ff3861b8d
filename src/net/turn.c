/*
 * turn.c: what a wake-up does for each connection that is ready: it reads, shows
 * its owner the bytes, goes on with the handshake of TLS, and finds the end of
 * the stream.
 */
#include "net/internal.h"

#include <stdio.h>
#include <string.h>

#define SHAKE_COST    65536u /* a step of a handshake costs as much time as so
                              * many bytes, or more */
#define SHAKE_TIMEOUT (30 * NS_PER_S) /* of accepted connections whose owner
                                       * has no shorter one */

/* ---- reading ---- */

void
conn_keep_unread(struct conn *c)
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
	conn_keep_unread(c);
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
