#include "gateway/hours.h"

#define LOOK_S 30

#define LOOK_WINDOWS 400 /* for one that opens */

int64_t
hours_wait(const struct hours *h, wall_t now)
{
	int64_t most = LOOK_S * NS_PER_S;
	wall_t at;

	if (schedule_next(h->schedule, now, &at) == 0)
		at.ns = INT64_MAX;
	return at.ns - now.ns < most ? at.ns - now.ns : most;
}

/* Was ResetSeqTime since we looked? Not if it was hours ago: the clock was set,
 * or we slept. */
static bool
is_reset_due(const struct hours *h, wall_t now)
{
	wall_t at;

	return schedule_reset_after(h->schedule, h->looked, &at) &&
	    at.ns <= now.ns && now.ns - at.ns <= 2 * LOOK_S * NS_PER_S;
}

void
hours_look(struct hours *h, struct driver *d, struct fgsess *fs, wall_t now)
{
	bool was = h->open, is_first = h->looked.ns == 0, reset;
	struct schedule_window w;

	reset = is_reset_due(h, now);
	h->looked = now;
	h->open = false;
	if (schedule_window(h->schedule, now, &w) && schedule_is_in(&w, now)) {
		h->open = schedule_is_open(&w, now);
		driver_window_begins(d, fs, w.start);
	}
	if (!was && h->open)
		h->opened = now;
	if (was != h->open && !is_first)
		driver_event(d, fs, h->open ? SESS_EV_STARTED :
		    SESS_EV_STOPPED, "by its schedule");
	if (was && !h->open)
		driver_window_ends(d, fs);
	else if (reset)
		driver_reset_open(d, fs);
}

bool
hours_opens(const struct hours *h, wall_t now, wall_t *at)
{
	struct schedule_window w;
	int i;

	/* With times of several zones no window need have room to log on. */
	for (i = 0; i < LOOK_WINDOWS &&
	    schedule_window(h->schedule, now, &w); i++) {
		if (now.ns < w.logout.ns && w.logon.ns < w.logout.ns) {
			*at = w.logon;
			return true;
		}
		now = w.end;
	}
	return false;
}
