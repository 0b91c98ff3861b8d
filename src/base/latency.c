#include "base/latency.h"

#include <stdbool.h>
#include <string.h>

#define FINE_SHIFT 10 /* 2^10 ns: below is one range */
#define FINE_BITS  3  /* ranges of a power of 2: 2^3 */

#define DECADE(ns) (ns), 2 * (ns), 5 * (ns)

static const int64_t bounds[LATENCY_BOUNDS] = {
	DECADE(NS_PER_US), DECADE(10 * NS_PER_US), DECADE(100 * NS_PER_US),
	DECADE(NS_PER_MS), DECADE(10 * NS_PER_MS), DECADE(100 * NS_PER_MS),
	DECADE(NS_PER_S), 10 * NS_PER_S,
};

/* By the highest bit of a number: the first bound that is not below the least
 * number with that bit. The right one is it, or one of the next two. */
static const uint8_t first[] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 11,
	12, 13, 14, 15, 16, 17, 18, 19, 20, 20, 21,
};

static unsigned
first_of(int64_t ns)
{
	unsigned bit = ns == 0 ? 0 :
	    63 - (unsigned)__builtin_clzll((unsigned long long)ns);

	return bit < sizeof(first) ? first[bit] : LATENCY_BOUNDS;
}

int64_t
latency_bound(unsigned i)
{
	return bounds[i];
}

void
latency_add(struct latency *l, int64_t ns, uint64_t n)
{
	unsigned i;

	if (ns < 0)
		ns = 0;
	for (i = first_of(ns); i < LATENCY_BOUNDS && bounds[i] < ns; i++)
		;
	l->count[i] += n;
	l->n += n;
	l->sum += ns * (int64_t)n;
}

/* ---- the last minute ---- */

/* The fine range that ns is in. */
static unsigned
fine_of(int64_t ns)
{
	unsigned top, i;

	if (ns < INT64_C(1) << FINE_SHIFT)
		return 0;
	top = 63 - (unsigned)__builtin_clzll((unsigned long long)ns);
	i = 1 + ((top - FINE_SHIFT) << FINE_BITS) +
	    (unsigned)((ns >> (top - FINE_BITS)) & ((1 << FINE_BITS) - 1));
	return i < LATENCY_FINE ? i : LATENCY_FINE - 1;
}

/* The least ns that is not in it any more. */
static int64_t
fine_end(unsigned i)
{
	unsigned top;

	if (i == 0)
		return INT64_C(1) << FINE_SHIFT;
	i--;
	top = FINE_SHIFT + (i >> FINE_BITS);
	return (INT64_C(1) << top) + ((int64_t)((i & ((1u << FINE_BITS) - 1)) +
	    1) << (top - FINE_BITS));
}

static int64_t
slot_of(mono_t now)
{
	return now.ns / LATENCY_SLOT_NS + 1;
}

void
latency_minute_add(struct latency_minute *m, mono_t now, int64_t ns,
    uint64_t n)
{
	int64_t when = slot_of(now);
	struct latency_slot *s = &m->slot[when % LATENCY_SLOTS];

	if (s->when != when) {
		memset(s, 0, sizeof(*s));
		s->when = when;
	}
	if (ns < 0)
		ns = 0;
	s->count[fine_of(ns)] += (uint32_t)n;
	if (ns > s->most)
		s->most = ns;
}

static bool
is_recent(const struct latency_slot *s, int64_t when)
{
	return s->when <= when && s->when > when - LATENCY_SLOTS &&
	    s->when > 0;
}

/* The end of the range that the one of this rank is in. */
static int64_t
find_rank(const uint64_t count[LATENCY_FINE], uint64_t rank, int64_t most)
{
	uint64_t seen = 0;
	unsigned i;

	for (i = 0; i < LATENCY_FINE - 1; i++) {
		seen += count[i];
		if (seen >= rank)
			return fine_end(i) - 1 < most ? fine_end(i) - 1 : most;
	}
	return most;
}

void
latency_minute_sum(const struct latency_minute *m, mono_t now,
    struct latency_sum *out)
{
	uint64_t count[LATENCY_FINE] = { 0 };
	const struct latency_slot *s;
	int64_t when = slot_of(now);
	unsigned i;

	memset(out, 0, sizeof(*out));
	for (s = m->slot; s < m->slot + LATENCY_SLOTS; s++) {
		if (!is_recent(s, when))
			continue;
		for (i = 0; i < LATENCY_FINE; i++) {
			count[i] += s->count[i];
			out->n += s->count[i];
		}
		if (s->most > out->most)
			out->most = s->most;
	}
	if (out->n == 0)
		return;
	out->p50 = find_rank(count, (out->n + 1) / 2, out->most);
	out->p99 = find_rank(count, out->n - out->n / 100, out->most);
}
