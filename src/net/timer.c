/* timer.c: timers in a heap, whose first one wakes the loop. */
#include "net/internal.h"

#include <stdlib.h>

#include "base/err.h"

/* A binary heap, first due on top; slots count from 1 in struct timer. */

static bool
sooner(const struct timer *a, const struct timer *b)
{
	if (a->at.ns != b->at.ns)
		return a->at.ns < b->at.ns;
	return a->order < b->order;
}

static void
place(struct loop *l, size_t i, struct timer *t)
{
	l->heap[i] = t;
	t->slot = i + 1;
}

static void
sift_up(struct loop *l, size_t i, struct timer *t)
{
	size_t up;

	for (; i > 0; i = up) {
		up = (i - 1) / 2;
		if (!sooner(t, l->heap[up]))
			break;
		place(l, i, l->heap[up]);
	}
	place(l, i, t);
}

static void
sift_down(struct loop *l, size_t i, struct timer *t)
{
	size_t child;

	for (;; i = child) {
		child = 2 * i + 1;
		if (child >= l->nheap)
			break;
		if (child + 1 < l->nheap
		    && sooner(l->heap[child + 1], l->heap[child]))
			child++;
		if (!sooner(l->heap[child], t))
			break;
		place(l, i, l->heap[child]);
	}
	place(l, i, t);
}

static void
disarm(struct timer *t)
{
	struct loop *l = t->loop;
	struct timer *last;
	size_t i;

	if (t->slot == 0)
		return;
	i = t->slot - 1;
	t->slot = 0;
	last = l->heap[--l->nheap];
	if (last == t)
		return;
	if (i > 0 && sooner(last, l->heap[(i - 1) / 2]))
		sift_up(l, i, last);
	else
		sift_down(l, i, last);
}

int
timer_init(struct timer *t, struct loop *l, void (*fn)(void *), void *arg)
{
	struct timer **heap;
	size_t cap;

	if (l->ntimers == l->heap_cap) {
		cap = l->heap_cap == 0 ? 16 : l->heap_cap * 2;
		heap = realloc(l->heap, cap * sizeof(*heap));
		if (heap == NULL)
			return FG_ENOMEM;
		l->heap = heap;
		l->heap_cap = cap;
	}
	l->ntimers++;
	*t = (struct timer){ .loop = l, .fn = fn, .arg = arg };
	return 0;
}

void
timer_fini(struct timer *t)
{
	if (t->loop == NULL)
		return;
	disarm(t);
	t->loop->ntimers--;
	t->loop = NULL;
}

struct timer *
timer_new(struct loop *l, void (*fn)(void *arg), void *arg)
{
	struct timer *t;

	t = malloc(sizeof(*t));
	if (t != NULL && timer_init(t, l, fn, arg) != 0) {
		free(t);
		return NULL;
	}
	return t;
}

void
timer_set(struct timer *t, mono_t at)
{
	struct loop *l = t->loop;

	disarm(t);
	if (at.ns == MONO_NEVER.ns)
		return;
	t->at = at;
	t->order = l->order++;
	sift_up(l, l->nheap++, t);
}

void
timer_free(struct timer *t)
{
	if (t == NULL)
		return;
	timer_fini(t);
	free(t);
}

/* Those set while it runs wait for the next wake-up, even if due: one that sets
 * itself to now must not keep the loop here for ever. */
void
timers_run(struct loop *l)
{
	uint64_t end = l->order;
	struct timer *t;

	while (l->nheap > 0) {
		t = l->heap[0];
		if (mono_before(l->now.mono, t->at) || t->order >= end)
			break;
		disarm(t);
		t->fn(t->arg);
	}
	if (l->nheap > 0 && !mono_before(l->now.mono, l->heap[0]->at))
		l->again = true;
}

static void
on_idle(uv_idle_t *h)
{
	(void)h;
}

/* libuv may call it before it polls, and would then sleep in that poll: an idle
 * handle forbids that. */
static void
on_alarm(uv_timer_t *h)
{
	struct loop *l = h->data;

	l->alarm_at = MONO_NEVER;
	uv_idle_start(&l->no_sleep, on_idle);
	loop_enter(l);
}

/* libuv counts in whole milliseconds of a clock that it read earlier: the alarm
 * may come early, then it is set again. */
void
timers_arm(struct loop *l)
{
	mono_t first = l->nheap > 0 ? l->heap[0]->at : MONO_NEVER;
	int64_t ns;

	uv_idle_stop(&l->no_sleep);
	if (first.ns == l->alarm_at.ns)
		return;
	l->alarm_at = first;
	if (first.ns == MONO_NEVER.ns) {
		uv_timer_stop(&l->alarm);
		return;
	}
	ns = first.ns - l->now.mono.ns;
	uv_update_time(&l->uv);
	uv_timer_start(&l->alarm, on_alarm,
	    ns <= 0 ? 0 : (uint64_t)((ns + NS_PER_MS - 1) / NS_PER_MS), 0);
}
