/* send.c: output: queued, and written at the end of a wake-up. */
#include "net/internal.h"

#include <stdio.h>
#include <sys/socket.h>

#include "base/err.h"

static size_t
queued(const struct conn *c)
{
	return c->out.len - c->out_at;
}

/* All is written: give a large buffer back, so that the next one who has much
 * to write need not grow one. */
static void
release_out(struct conn *c)
{
	struct buf *spare = &c->loop->spare, tmp;

	c->out.len = c->out_at = 0;
	if (c->out.cap <= NET_KEEP_MAX)
		return;
	if (c->out.cap > spare->cap && c->out.cap <= NET_SPARE_MAX) {
		tmp = *spare;
		*spare = c->out;
		c->out = tmp;
	}
	if (c->out.cap > NET_KEEP_MAX)
		buf_free(&c->out);
}

static void
all_written(struct conn *c)
{
	release_out(c);
	if (c->state != CONN_ENDING)
		return;
	if (c->tls != NULL)
		tls_end(c);
	if (c->eof || shutdown(c->fd, SHUT_WR) == -1) {
		conn_die(c, "closed");
		return;
	}
	c->state = CONN_DRAINING;
	timer_set(&c->timer,
	    mono_add(loop_now(c->loop).mono, DRAIN_TIMEOUT));
}

/* The peer takes no more. What it sent before it went away is still to be
 * read. */
static void
write_failed(struct conn *c)
{
	snprintf(c->why, sizeof(c->why), "%s", io_why(c));
	if (c->state != CONN_OPEN || c->paused
	    || c->nunread >= c->lim.in_max) {
		conn_die_as_said(c);
		return;
	}
	c->broken = true;
	release_out(c);
	conn_turn_later(c, TURN_READ);
}

static void
flush(struct conn *c)
{
	ssize_t put;

	c->blocked = false;
	while (queued(c) > 0 && !c->blocked) {
		put = io_write(c, c->out.p + c->out_at, queued(c));
		if (put == IO_BROKEN) {
			write_failed(c);
			return;
		}
		if (put == IO_AGAIN)
			c->blocked = true;
		else
			c->out_at += (size_t)put;
		if (put > 0 && c->state == CONN_ENDING)
			timer_set(&c->timer, mono_add(
			    loop_now(c->loop).mono, WRITE_TIMEOUT));
	}
	if (c->full && queued(c) < c->lim.out_low) {
		c->full = false;
		conn_turn_later(c, TURN_DRAINED);
	}
	if (queued(c) == 0)
		all_written(c);
	conn_watch(c);
}

void
conn_flush_later(struct conn *c)
{
	if (c->is_dirty || c->state == CONN_DEAD)
		return;
	c->is_dirty = true;
	TAILQ_INSERT_TAIL(&c->loop->dirty, c, dirty_link);
}

void
conns_flush(struct loop *l)
{
	struct conn *c;

	while ((c = TAILQ_FIRST(&l->dirty)) != NULL) {
		TAILQ_REMOVE(&l->dirty, c, dirty_link);
		c->is_dirty = false;
		if (c->state >= CONN_OPEN)
			flush(c);
	}
}

int
conn_send(struct conn *c, const void *p, size_t n)
{
	struct buf *spare = &c->loop->spare, tmp;

	if (c->state >= CONN_ENDING)
		return FG_ECLOSED;
	if (n > c->lim.out_max - queued(c)) {
		conn_die(c, "the peer does not read: %zu bytes wait for it",
		    queued(c));
		return FG_ELIMIT;
	}
	if (c->out_at > c->out.len / 2) {
		buf_shift(&c->out, c->out_at);
		c->out_at = 0;
	}
	if (c->out.len == 0 && spare->cap > c->out.cap) {
		tmp = *spare;
		*spare = c->out;
		c->out = tmp;
	}
	if (buf_add(&c->out, p, n) != 0)
		return FG_ENOMEM;
	if (queued(c) > c->lim.out_high)
		c->full = true;
	if (!c->blocked)
		conn_flush_later(c);
	return 0;
}

void
conn_limit_out(struct conn *c, size_t max)
{
	c->lim.out_max = max;
	if (c->lim.out_high > max / 2)
		c->lim.out_high = max / 2;
	if (c->lim.out_low > max / 4)
		c->lim.out_low = max / 4;
}

bool
conn_is_full(const struct conn *c)
{
	return queued(c) > c->lim.out_high;
}

size_t
conn_queued(const struct conn *c)
{
	return queued(c);
}
