#include "gateway/arrivals.h"

static const struct arrival *
nth(const struct arrival_ring *r, size_t i)
{
	return &r->a[(r->first + i) % ARRIVALS_N];
}

/* true: *out had to go. */
static bool
push(struct arrival_ring *r, const struct arrival *a, struct arrival *out)
{
	bool full = r->n == ARRIVALS_N;

	if (full) {
		*out = r->a[r->first];
		r->first = (r->first + 1) % ARRIVALS_N;
		r->n--;
	}
	r->a[(r->first + r->n++) % ARRIVALS_N] = *a;
	return full;
}

void
arrivals_add(struct arrivals *s, uint64_t upto, uint64_t n, mono_t at)
{
	struct arrival a = { upto, at }, old;
	const struct arrival *last;

	if (!s->begun)
		s->before = upto - n;
	s->begun = true;
	if (!push(&s->fine, &a, &old))
		return;
	last = s->coarse.n == 0 ? NULL : nth(&s->coarse, s->coarse.n - 1);
	/* Those that are left out seem to have come with the next one. */
	if ((last == NULL ||
	    old.at.ns - last->at.ns >= ARRIVALS_COARSE_NS) &&
	    push(&s->coarse, &old, &a))
		s->before = a.upto;
}

void
arrivals_clear(struct arrivals *s)
{
	s->fine.first = s->fine.n = s->coarse.first = s->coarse.n = 0;
	s->begun = false;
}

/* The first one that goes up to seq or beyond; r->n: none does. */
static size_t
find(const struct arrival_ring *r, uint64_t seq)
{
	size_t low = 0, high = r->n, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (nth(r, mid)->upto < seq)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct walk {
	uint64_t after, upto, left;
	void (*fn)(void *arg, mono_t at, uint64_t n);
	void *arg;
};

static void
walk(struct walk *w, const struct arrival_ring *r)
{
	const struct arrival *a;
	uint64_t end, n;
	size_t i;

	if (w->after >= w->upto)
		return;
	for (i = find(r, w->after + 1); i < r->n && w->left > 0 &&
	    w->after < w->upto; i++) {
		a = nth(r, i);
		end = a->upto < w->upto ? a->upto : w->upto;
		n = end - w->after < w->left ? end - w->after : w->left;
		w->fn(w->arg, a->at, n);
		w->after = end;
		w->left -= n;
	}
}

void
arrivals_each(const struct arrivals *s, uint64_t after, uint64_t upto,
    uint64_t max, void (*fn)(void *arg, mono_t at, uint64_t n), void *arg)
{
	struct walk w = { after, upto, max, fn, arg };

	if (!s->begun)
		return;
	if (w.after < s->before)
		w.after = s->before;
	walk(&w, &s->coarse);
	walk(&w, &s->fine);
}
