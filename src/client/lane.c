#include "client/lane.h"

#include <stdlib.h>

#include "base/err.h"

#define EVENTS_MIN 16

struct slot {
	struct lane_event e;
	bool done; /* but one before is not */
	bool acked;
};

/* A ring of events in order; the first is not done. */
struct lane {
	struct lane_window *window;
	struct slot *slot;
	size_t first, n, cap; /* cap is a power of two */
	size_t next;          /* from first: the one to send */
	size_t unanswered;
	bool up;
	/* After a retryable NACK no event is sent before all those behind it
	 * have their answer: these would come before the one to go back to. */
	bool back;
	mono_t due; /* nor before this time */
	int64_t wait;
	uint64_t acked;
};

struct lane *
lane_new(struct lane_window *w)
{
	struct lane *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->window = w;
	l->wait = LANE_WAIT_MIN;
	return l;
}

static struct slot *
at(const struct lane *l, size_t i)
{
	return &l->slot[(l->first + i) & (l->cap - 1)];
}

/* No sending waits for its answer any more. */
static void
forget(struct lane *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		at(l, i)->e.ref = 0;
	l->window->unanswered -= l->unanswered;
	l->unanswered = 0;
	l->next = 0;
}

void
lane_free(struct lane *l)
{
	size_t i;

	if (l == NULL)
		return;
	l->window->unanswered -= l->unanswered;
	for (i = 0; i < l->n; i++)
		if (!at(l, i)->done)
			free(at(l, i)->e.body);
	free(l->slot);
	free(l);
}

static int
grow(struct lane *l)
{
	size_t i, cap = l->cap == 0 ? EVENTS_MIN : l->cap * 2;
	struct slot *slot = calloc(cap, sizeof(*slot));

	if (slot == NULL)
		return FG_ENOMEM;
	for (i = 0; i < l->n; i++)
		slot[i] = *at(l, i);
	free(l->slot);
	l->slot = slot;
	l->first = 0;
	l->cap = cap;
	return 0;
}

int
lane_put(struct lane *l, const struct lane_event *e)
{
	if (l->n == l->cap && grow(l) != 0) {
		free(e->body);
		return FG_ENOMEM;
	}
	*at(l, l->n) = (struct slot){ .e = *e };
	at(l, l->n)->e.sent = 0;
	at(l, l->n++)->e.ref = 0;
	return 0;
}

void
lane_up(struct lane *l)
{
	lane_down(l);
	l->up = true;
}

void
lane_down(struct lane *l)
{
	forget(l);
	l->up = false;
	l->back = false;
	l->due = (mono_t){ 0 };
}

/* Is there an event to send, were it not for the window and the time? */
static bool
is_ready(const struct lane *l)
{
	return l->up && l->next < l->n && !(l->back && l->unanswered > 0);
}

/* next stands at an event that is neither done nor sent. */
static void
skip(struct lane *l)
{
	while (l->next < l->n &&
	    (at(l, l->next)->done || at(l, l->next)->e.ref != 0))
		l->next++;
}

const struct lane_event *
lane_send(struct lane *l, uint64_t ref, mono_t now)
{
	struct lane_event *e;

	skip(l);
	if (!is_ready(l) || mono_before(now, l->due) ||
	    l->window->unanswered >= l->window->max)
		return NULL;
	l->back = false;
	e = &at(l, l->next++)->e;
	e->ref = ref;
	e->sent++;
	l->unanswered++;
	l->window->unanswered++;
	return e;
}

mono_t
lane_due(const struct lane *l)
{
	return is_ready(l) && l->window->unanswered < l->window->max
	    ? l->due
	    : MONO_NEVER;
}

/* What is done leaves at the front. A row is acked with its last event: the
 * one behind it, if there is one, is of another row. */
static void
drop_done(struct lane *l)
{
	struct slot *s;

	for (; l->n > 0 && at(l, 0)->done; l->n--) {
		s = at(l, 0);
		if (s->acked && (l->n == 1 || at(l, 1)->e.seq != s->e.seq))
			l->acked = s->e.seq;
		l->first = (l->first + 1) & (l->cap - 1);
		if (l->next > 0)
			l->next--;
	}
}

static void
finish(struct lane *l, struct slot *s, bool acked)
{
	s->done = true;
	s->acked = acked;
	if (s == at(l, 0))
		l->wait = LANE_WAIT_MIN;
	drop_done(l);
}

static void
go_back(struct lane *l, size_t i, bool wait, mono_t now)
{
	at(l, i)->e.ref = 0;
	if (i < l->next)
		l->next = i;
	l->back = true;
	if (!wait)
		return;
	l->due = mono_add(now, l->wait);
	l->wait = l->wait * 2 < LANE_WAIT_MAX ? l->wait * 2 : LANE_WAIT_MAX;
}

int
lane_answer(struct lane *l, uint64_t ref, enum lane_answer answer, mono_t now,
    struct lane_event *e)
{
	size_t i;

	for (i = 0; i < l->n && (at(l, i)->done || at(l, i)->e.ref != ref);)
		i++;
	if (ref == 0 || i == l->n)
		return FG_ENOENT;
	*e = at(l, i)->e;
	l->unanswered--;
	l->window->unanswered--;
	if (answer == LANE_DONE || answer == LANE_ASIDE)
		finish(l, at(l, i), answer == LANE_DONE);
	else
		go_back(l, i, answer == LANE_RETRY, now);
	return 0;
}

int
lane_take(struct lane *l, struct lane_event *e)
{
	if (l->n == 0)
		return FG_ENOENT;
	*e = at(l, 0)->e;
	if (e->ref != 0) {
		l->unanswered--;
		l->window->unanswered--;
	}
	finish(l, at(l, 0), false);
	return 0;
}

uint64_t
lane_first(const struct lane *l)
{
	return l->n == 0 ? 0 : at(l, 0)->e.seq;
}

size_t
lane_queued(const struct lane *l)
{
	return l->n;
}

size_t
lane_unanswered(const struct lane *l)
{
	return l->unanswered;
}

uint64_t
lane_acked(const struct lane *l)
{
	return l->acked;
}
