/*
 * window.c: sessions keep their schedule. What is to be done is found from the
 * time alone, at the edges of windows and before each connection, so that a
 * late timer, a restart or a clock that was set does no harm.
 */
#include "base/err.h"
#include "gateway/peers_int.h"

/* The timers count by another clock than the schedule: look this often. */
#define LOOK_S 30

#define LOOK_WINDOWS 400 /* for one that opens */

/* Until the moment, by the clock of timers. */
static int64_t
wait_ns(struct now now, wall_t at)
{
	int64_t most = LOOK_S * NS_PER_S;

	return at.ns - now.wall.ns < most ? at.ns - now.wall.ns : most;
}

static void
set_timer(struct route *r, struct now now)
{
	wall_t at;

	if (schedule_next(r->schedule, now.wall, &at) == 0)
		at.ns = INT64_MAX;
	timer_set(r->edge, mono_add(now.mono, wait_ns(now, at)));
}

/* Was ResetSeqTime since we looked? Not if it was hours ago: the clock was set,
 * or we slept. */
static bool
is_reset_due(const struct route *r, wall_t now)
{
	wall_t at;

	return schedule_reset_after(r->schedule, r->looked, &at) &&
	    at.ns <= now.ns && now.ns - at.ns <= 2 * LOOK_S * NS_PER_S;
}

void
window_look(struct route *r)
{
	struct peers *p = r->peers;
	struct now now = loop_now(p->g->loop);
	bool was = r->open, is_first = r->looked.ns == 0, reset;
	struct schedule_window w;

	if (r->edge == NULL || driver_is_down(p->g->driver))
		return;
	reset = is_reset_due(r, now.wall);
	r->looked = now.wall;
	r->open = false;
	if (schedule_window(r->schedule, now.wall, &w) &&
	    schedule_is_in(&w, now.wall)) {
		r->open = schedule_is_open(&w, now.wall);
		driver_window_begins(p->g->driver, r->fs, w.start);
	}
	if (!was && r->open)
		r->opened = now.wall;
	if (was != r->open && !is_first)
		driver_event(p->g->driver, r->fs, r->open ? SESS_EV_STARTED
		    : SESS_EV_STOPPED, "by its schedule");
	if (was && !r->open) {
		initiate_stop(r);
		driver_window_ends(p->g->driver, r->fs);
	} else if (reset) {
		driver_reset_open(p->g->driver, r->fs);
	}
	if (!was && r->open && r->initiator)
		initiate_now(r);
}

static void
edge_reached(void *arg)
{
	struct route *r = arg;

	window_look(r);
	set_timer(r, loop_now(r->peers->g->loop));
}

bool
window_opens(const struct route *r, wall_t *at)
{
	struct schedule_window w;
	wall_t now = loop_now(r->peers->g->loop).wall;
	int i;

	/* With times of several zones no window need have room to log on. */
	for (i = 0; i < LOOK_WINDOWS &&
	    schedule_window(r->schedule, now, &w); i++) {
		if (now.ns < w.logout.ns && w.logon.ns < w.logout.ns) {
			*at = w.logon;
			return true;
		}
		now = w.end;
	}
	return false;
}

int
window_setup(struct route *r)
{
	wall_t at;

	r->schedule = conf_schedule(r->conf);
	if (schedule_next(r->schedule, (wall_t){ 0 }, &at) == 0 &&
	    r->schedule->non_stop) {
		r->open = true; /* for ever */
		return 0;
	}
	r->edge = timer_new(r->peers->g->loop, edge_reached, r);
	return r->edge == NULL ? FG_ENOMEM : 0;
}

void
window_begin(struct route *r)
{
	/* In a wake-up: what it does is committed at the end of one. */
	if (r->edge != NULL)
		timer_set(r->edge, loop_now(r->peers->g->loop).mono);
	else if (r->initiator && r->enabled)
		initiate_now(r);
}

void
window_free(struct route *r)
{
	if (r->edge != NULL)
		timer_free(r->edge);
}
