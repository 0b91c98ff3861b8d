#include "gateway/clocks.h"

#include <stdlib.h>

#include "gateway/gateway.h"
#include "log/log.h"

#define LEAST     3 /* so many have to say something */
#define OFF_NS    (10 * NS_PER_S)
#define LOOK_NS   (1 * NS_PER_S)
#define RECENT_NS (300 * NS_PER_S) /* older ones say nothing any more */

struct clocks {
	struct gateway *g;
	struct timer *timer;
	bool doubted;
};

static int
by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int64_t
median_of(int64_t *off, size_t n)
{
	qsort(off, n, sizeof(*off), by_size);
	return n % 2 == 1 ? off[n / 2] : off[n / 2 - 1] / 2 + off[n / 2] / 2;
}

/* Of those heard of lately; *n of them. */
static int64_t
ask_all(const struct driver *d, wall_t now, size_t *n)
{
	int64_t *off = calloc(driver_count(d) + 1, sizeof(*off)), median = 0;
	const struct fgsess *fs;
	size_t i;

	*n = 0;
	for (i = 0; off != NULL && i < driver_count(d); i++) {
		fs = driver_session(d, i);
		if (fs->clock_seen.ns != 0 &&
		    now.ns - fs->clock_seen.ns < RECENT_NS)
			off[(*n)++] = fs->clock_off;
	}
	if (*n > 0)
		median = median_of(off, *n);
	free(off);
	return median;
}

static void
look(void *arg)
{
	struct clocks *c = arg;
	struct now now = loop_now(c->g->loop);
	size_t n;
	int64_t off = ask_all(c->g->driver, now.wall, &n);
	bool doubt = n >= LEAST && (off > OFF_NS || off < -OFF_NS);

	if (doubt && !c->doubted)
		log_event(LOG_LEVEL_ERROR, "clock", NULL, "the clocks of %zu "
		    "counterparties are %lld s %s that of this machine (the "
		    "median): is it right? Who is off by more than MaxLatency "
		    "is refused", n, (long long)(llabs(off) / NS_PER_S),
		    off > 0 ? "behind" : "ahead of");
	else if (!doubt && c->doubted)
		log_event(LOG_LEVEL_WARN, "clock", NULL, "the clocks of the "
		    "counterparties agree with that of this machine again");
	c->doubted = doubt;
	timer_set(c->timer, mono_add(now.mono, LOOK_NS));
}

struct clocks *
clocks_new(struct gateway *g)
{
	struct clocks *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->g = g;
	c->timer = timer_new(g->loop, look, c);
	if (c->timer == NULL) {
		free(c);
		return NULL;
	}
	look(c);
	return c;
}

void
clocks_free(struct clocks *c)
{
	if (c == NULL)
		return;
	timer_free(c->timer);
	free(c);
}
