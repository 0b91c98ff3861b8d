/* window.c: the transport of a session keeps its hours. */
#include "base/err.h"
#include "gateway/peers_int.h"

static void
set_timer(struct route *r, struct now now)
{
	timer_set(r->edge, mono_add(now.mono, hours_wait(&r->hours,
	    now.wall)));
}

void
window_look(struct route *r)
{
	struct peers *p = r->peers;
	bool was = r->hours.open;

	if (r->edge == NULL || driver_is_down(p->g->driver))
		return;
	hours_look(&r->hours, p->g->driver, r->fs, loop_now(p->g->loop).wall);
	if (was && !r->hours.open)
		initiate_stop(r);
	else if (!was && r->hours.open && r->initiator)
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
	return hours_opens(&r->hours, loop_now(r->peers->g->loop).wall, at);
}

int
window_setup(struct route *r)
{
	const struct schedule *s = conf_schedule(r->conf);
	wall_t at;

	r->hours.schedule = s;
	if (schedule_next(s, (wall_t){ 0 }, &at) == 0 && s->non_stop) {
		r->hours.open = true; /* for ever */
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
