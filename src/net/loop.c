/* loop.c: wake-ups, signals, and what is called around them. */
#include "net/internal.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/now.h"

struct sig {
	uv_signal_t h;
	struct loop *loop;
	LIST_ENTRY(sig) link;
	void (*fn)(int, void *);
	void *arg;
};

mono_t
loop_clock(void)
{
	return mono_now();
}

static struct now
read_clocks(void)
{
	return (struct now){ mono_now(), wall_now() };
}

void
loop_enter(struct loop *l)
{
	if (l->awake)
		return;
	l->awake = true;
	l->now = read_clocks();
}

static void
on_async(uv_async_t *h)
{
	struct loop *l = h->data;

	loop_enter(l);
	if (l->on_wake != NULL)
		l->on_wake(l->wake_arg);
}

struct loop *
loop_new(void)
{
	struct loop *l;

	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return NULL;
	l->scratch = malloc(NET_READ_MAX);
	if (l->scratch == NULL || uv_loop_init(&l->uv) != 0) {
		free(l->scratch);
		free(l);
		return NULL;
	}
	l->alarm_at = MONO_NEVER;
	TAILQ_INIT(&l->ready);
	TAILQ_INIT(&l->run);
	TAILQ_INIT(&l->dirty);
	TAILQ_INIT(&l->dead);
	uv_timer_init(&l->uv, &l->alarm);
	uv_idle_init(&l->uv, &l->no_sleep);
	l->alarm.data = l;
	l->async.data = l;
	if (uv_async_init(&l->uv, &l->async, on_async) != 0) {
		uv_close((uv_handle_t *)&l->alarm, NULL);
		uv_close((uv_handle_t *)&l->no_sleep, NULL);
		uv_run(&l->uv, UV_RUN_DEFAULT);
		uv_loop_close(&l->uv);
		free(l->scratch);
		free(l);
		return NULL;
	}
	return l;
}

static void
free_signals(uv_handle_t *h)
{
	free(h->data);
}

void
loop_free(struct loop *l)
{
	struct sig *s;
	struct conn *c;

	if (l == NULL)
		return;
	while ((c = LIST_FIRST(&l->all)) != NULL) {
		conn_die(c, "stopped");
		TAILQ_REMOVE(&l->dead, c, dead_link);
		conn_free(c);
	}
	while ((s = LIST_FIRST(&l->signals)) != NULL) {
		LIST_REMOVE(s, link);
		uv_close((uv_handle_t *)&s->h, free_signals);
	}
	uv_close((uv_handle_t *)&l->async, NULL);
	uv_close((uv_handle_t *)&l->alarm, NULL);
	uv_close((uv_handle_t *)&l->no_sleep, NULL);
	/* Runs the close callbacks, and waits for a resolver at work. */
	uv_run(&l->uv, UV_RUN_DEFAULT);
	uv_loop_close(&l->uv);
	buf_free(&l->spare);
	free(l->heap);
	free(l->scratch);
	free(l);
}

static bool
work_is_left(const struct loop *l)
{
	return l->again || !TAILQ_EMPTY(&l->ready) || !TAILQ_EMPTY(&l->run)
	    || !TAILQ_EMPTY(&l->dirty) || !TAILQ_EMPTY(&l->dead);
}

/* Sleep until something happens; before that look for spin_ns without sleeping,
 * since waking an idle core costs more than the work that follows. */
static void
wait_for_event(struct loop *l)
{
	mono_t until;

	if (work_is_left(l)) {
		uv_run(&l->uv, UV_RUN_NOWAIT);
		loop_enter(l);
		return;
	}
	if (l->spin_ns > 0) {
		until = mono_add(loop_clock(), l->spin_ns);
		do {
			uv_run(&l->uv, UV_RUN_NOWAIT);
			if (l->awake)
				return;
		} while (mono_before(loop_clock(), until));
	}
	uv_run(&l->uv, UV_RUN_ONCE);
}

void
loop_run(struct loop *l)
{
	l->running = true;
	loop_enter(l);
	timers_arm(l);
	l->awake = false;
	while (!l->stop) {
		l->budget = NET_BUDGET;
		wait_for_event(l);
		if (l->awake) {
			l->again = false;
			timers_run(l);
			conns_turn(l);
			conns_close(l);
			if (l->on_end != NULL)
				l->on_end(l->end_arg);
			conns_flush(l);
			if (l->on_flushed != NULL)
				l->on_flushed(l->flushed_arg);
		}
		timers_arm(l);
		l->awake = false;
	}
	l->stop = false;
	l->running = false;
}

void
loop_stop(struct loop *l)
{
	l->stop = true;
}

struct now
loop_now(const struct loop *l)
{
	return l->running ? l->now : read_clocks();
}

void
loop_on_end(struct loop *l, void (*fn)(void *arg), void *arg)
{
	l->on_end = fn;
	l->end_arg = arg;
}

void
loop_on_flushed(struct loop *l, void (*fn)(void *arg), void *arg)
{
	l->on_flushed = fn;
	l->flushed_arg = arg;
}

void
loop_again(struct loop *l)
{
	l->again = true;
}

void
loop_enough(struct loop *l)
{
	l->budget = 0;
}

void
loop_set_spin(struct loop *l, int64_t ns)
{
	l->spin_ns = ns;
}

void
loop_on_wake(struct loop *l, void (*fn)(void *arg), void *arg)
{
	l->on_wake = fn;
	l->wake_arg = arg;
}

void
loop_wake(struct loop *l)
{
	uv_async_send(&l->async);
}

static void
on_signal(uv_signal_t *h, int signum)
{
	struct sig *s = h->data;

	loop_enter(s->loop);
	s->fn(signum, s->arg);
}

int
loop_on_signal(struct loop *l, int signum, void (*fn)(int, void *), void *arg)
{
	struct sig *s;
	int err;

	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return FG_ENOMEM;
	s->loop = l;
	s->fn = fn;
	s->arg = arg;
	s->h.data = s;
	err = uv_signal_init(&l->uv, &s->h);
	if (err != 0) {
		free(s);
		return fg_errno(-err);
	}
	err = uv_signal_start(&s->h, on_signal, signum);
	if (err != 0) {
		uv_close((uv_handle_t *)&s->h, free_signals);
		return fg_errno(-err);
	}
	LIST_INSERT_HEAD(&l->signals, s, link);
	return 0;
}

/* Start to watch fd, for nothing yet. NULL: no memory, or fd cannot be
 * watched. */
uv_poll_t *
loop_watch(struct loop *l, int fd, void *data)
{
	uv_poll_t *p;

	p = malloc(sizeof(*p));
	if (p == NULL)
		return NULL;
	if (uv_poll_init(&l->uv, p, fd) != 0) {
		free(p);
		return NULL;
	}
	p->data = data;
	return p;
}

static void
free_watch(uv_handle_t *h)
{
	free(h);
}

/* No callback comes after it; fd may be closed at once. */
void
loop_unwatch(uv_poll_t *p)
{
	if (p != NULL)
		uv_close((uv_handle_t *)p, free_watch);
}
