#include "check_net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
on_data(struct conn *c, void *arg)
{
	struct end *e = arg;
	const char *p;
	size_t n;

	e->ndata++;
	if (e->on_data != NULL) {
		e->on_data(e);
		return;
	}
	n = conn_in(c, &p);
	if (e->mute || n <= e->leave)
		return;
	n -= e->leave;
	if (e->bite != 0 && n > e->bite) {
		n = e->bite;
		conn_kick(c);
	}
	ck_assert_int_eq(0, buf_add(&e->got, p, n));
	if (e->echo)
		ck_assert_int_eq(0, conn_send(c, p, n));
	conn_eat(c, n);
}

static void
on_drained(struct conn *c, void *arg)
{
	(void)c;
	((struct end *)arg)->ndrained++;
}

static void
on_closed(struct conn *c, void *arg, const char *why)
{
	struct end *e = arg;

	ck_assert_ptr_eq(c, e->c);
	e->c = NULL;
	e->nclosed++;
	snprintf(e->why, sizeof(e->why), "%s", why);
	if (e->nclosed == e->stop_after)
		loop_stop(e->l);
}

static void
on_connected(struct conn *c, void *arg)
{
	(void)c;
	((struct end *)arg)->nconnected++;
}

static bool
on_left(struct conn *c, void *arg)
{
	struct end *e = arg;

	ck_assert_ptr_eq(c, e->c);
	e->nleft++;
	return e->stays;
}

const struct conn_ops end_ops = {
	.data = on_data,
	.drained = on_drained,
	.closed = on_closed,
	.connected = on_connected,
	.left = on_left,
};

void
end_init(struct end *e, struct loop *l)
{
	memset(e, 0, sizeof(*e));
	e->l = l;
}

void
end_free(struct end *e)
{
	buf_free(&e->got);
}

static void
on_accept(struct conn *c, void *arg)
{
	struct end *e = arg;

	ck_assert_ptr_null(e->c);
	e->c = c;
	conn_set_ops(c, &end_ops, e);
}

struct listener *
end_listen(struct end *e, const struct conn_limits *lim)
{
	char err[NET_ERR_MAX];
	struct listener *li;

	li = listener_open(e->l, "127.0.0.1", 0, lim, on_accept, e, err);
	ck_assert_msg(li != NULL, "%s", err);
	ck_assert_uint_ne(0, listener_port(li));
	return li;
}

void
end_connect(struct end *e, uint16_t port, const struct conn_limits *lim)
{
	char err[NET_ERR_MAX];

	e->c = conn_connect(e->l, "127.0.0.1", port, GIVE_UP_MS, lim, &end_ops,
	    e, err);
	ck_assert_msg(e->c != NULL, "%s", err);
}

struct wait {
	struct loop *l;
	bool (*cond)(void *arg);
	void *arg;
	bool late;
};

static void
ask(void *arg)
{
	struct wait *w = arg;

	if (w->cond(w->arg))
		loop_stop(w->l);
}

static void
too_late(void *arg)
{
	struct wait *w = arg;

	w->late = true;
	loop_stop(w->l);
}

void
run_until(struct loop *l, bool (*cond)(void *arg), void *arg)
{
	struct wait w = { l, cond, arg, false };
	struct timer *t;

	t = timer_new(l, too_late, &w);
	ck_assert_ptr_nonnull(t);
	timer_set(t, mono_add(loop_now(l).mono, GIVE_UP_MS * NS_PER_MS));
	loop_on_end(l, ask, &w);
	loop_run(l);
	loop_on_end(l, NULL, NULL);
	timer_free(t);
	ck_assert_msg(!w.late, "nothing happened for %d ms", GIVE_UP_MS);
}

bool
is_closed(void *end)
{
	return ((struct end *)end)->nclosed > 0;
}

bool
is_up(void *end)
{
	return ((struct end *)end)->c != NULL;
}

static bool
both_up(void *arg)
{
	struct end **e = arg;

	return e[0]->nconnected == 1 && e[1]->c != NULL;
}

void
end_pair(struct loop *l, struct end *a, struct end *b,
    const struct conn_limits *lim)
{
	struct end *both[2] = { a, b };
	struct listener *li;

	end_init(a, l);
	end_init(b, l);
	li = end_listen(b, lim);
	end_connect(a, listener_port(li), lim);
	run_until(l, both_up, both);
	listener_free(li);
}

size_t end_wanted;

bool
end_has_wanted(void *end)
{
	return ((struct end *)end)->got.len >= end_wanted;
}

char *
noise(size_t n)
{
	char *p = malloc(n);
	size_t i;

	ck_assert_ptr_nonnull(p);
	for (i = 0; i < n; i++)
		p[i] = (char)(i * 2654435761u >> 13);
	return p;
}

bool
same(const struct buf *got, const char *p, size_t n)
{
	return got->len == n && memcmp(got->p, p, n) == 0;
}
