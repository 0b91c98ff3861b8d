#include "schedule/schedule.h"

#define DAY_S     86400
#define WEEK      7
#define LOOK_BACK 8   /* days: a weekly window that began before t */
#define LOOK_ON   400 /* days, over holidays */

/* The time that the whole of a non-stop schedule begins at, and its end. */
#define BEGINNING ((wall_t){ INT64_MIN })
#define NEVER     ((wall_t){ INT64_MAX })

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static wall_t
wall_of(int64_t s)
{
	if (s > INT64_MAX / NS_PER_S)
		return NEVER;
	return (wall_t){ s * NS_PER_S };
}

static int64_t
local_date(const struct zone *z, int64_t utc)
{
	return floor_div(utc + zone_offset(z, utc), DAY_S);
}

/* 1970-01-01 was a Thursday. */
static int
weekday(int64_t date)
{
	return (int)(((date + 4) % WEEK + WEEK) % WEEK);
}

static int64_t
moment(const struct schedule_time *t, int64_t date)
{
	return zone_utc(t->zone, date * DAY_S + t->second);
}

/* The first moment of t at or after utc. */
static int64_t
first_at(const struct schedule_time *t, int64_t utc)
{
	int64_t date = local_date(t->zone, utc);

	while ((t->day != SCHEDULE_EVERY_DAY && weekday(date) != t->day) ||
	    moment(t, date) < utc)
		date++;
	return moment(t, date);
}

/* Days from the start's date to the end's, where both are in one zone. */
static int
days_to_end(const struct schedule *s)
{
	bool later = s->end.second > s->start.second;

	if (s->start.day == SCHEDULE_EVERY_DAY)
		return later ? 0 : 1;
	if (s->start.day == s->end.day)
		return later ? 0 : WEEK;
	return (s->end.day - s->start.day + WEEK) % WEEK;
}

static int64_t
end_of(const struct schedule *s, int64_t date, int64_t start)
{
	if (s->start.zone == s->end.zone)
		return moment(&s->end, date + days_to_end(s));
	return first_at(&s->end, start + 1);
}

/* The index of the first holiday that is not before the date. */
static size_t
holiday_from(const struct schedule *s, int64_t date)
{
	size_t low = 0, high = s->nholidays, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (s->holiday[mid].date < date)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool
begins_on(const struct schedule *s, int64_t date)
{
	size_t i = holiday_from(s, date);

	if (i < s->nholidays && s->holiday[i].date == date &&
	    s->holiday[i].end == SCHEDULE_UNSET)
		return false;
	if (s->start.day != SCHEDULE_EVERY_DAY)
		return weekday(date) == s->start.day;
	return (s->weekdays >> weekday(date) & 1) != 0;
}

/* The end, or what a short day cuts it to. */
static int64_t
cut_short(const struct schedule *s, int64_t start, int64_t end)
{
	size_t i = holiday_from(s, local_date(s->end.zone, start));
	struct schedule_time t = s->end;
	int64_t at;

	for (; i < s->nholidays; i++) {
		t.second = s->holiday[i].end;
		at = moment(&t, s->holiday[i].date);
		if (at >= end)
			break;
		if (t.second != SCHEDULE_UNSET && at > start)
			return at;
	}
	return end;
}

/* The window that begins on the date; false: it has no length. */
static bool
window_on(const struct schedule *s, int64_t date, struct schedule_window *w)
{
	int step = s->start.day == SCHEDULE_EVERY_DAY ? 1 : WEEK;
	int64_t start = moment(&s->start, date);
	int64_t next = moment(&s->start, date + step);
	int64_t end = end_of(s, date, start);
	int64_t logon = start, logout;

	/* Two zones may drift apart by an hour: windows do not overlap. */
	end = cut_short(s, start, end < next ? end : next);
	if (end <= start)
		return false;
	if (s->logon.second != SCHEDULE_UNSET)
		logon = first_at(&s->logon, start);
	if (logon > end)
		logon = end;
	logout = s->logout.second == SCHEDULE_UNSET ? end
	    : first_at(&s->logout, logon + 1);
	if (logout > end)
		logout = end;
	*w = (struct schedule_window){ .start = wall_of(start),
		.logon = wall_of(logon), .logout = wall_of(logout),
		.end = wall_of(end) };
	return true;
}

bool
schedule_window(const struct schedule *s, wall_t t, struct schedule_window *w)
{
	int64_t date, last;

	if (s->non_stop) {
		*w = (struct schedule_window){ BEGINNING, BEGINNING, NEVER,
			NEVER };
		return true;
	}
	date = local_date(s->start.zone, floor_div(t.ns, NS_PER_S));
	last = date + LOOK_ON;
	for (date -= LOOK_BACK; date <= last; date++)
		if (begins_on(s, date) && window_on(s, date, w) &&
		    w->end.ns > t.ns)
			return true;
	return false;
}

bool
schedule_is_in(const struct schedule_window *w, wall_t t)
{
	return w->start.ns <= t.ns && t.ns < w->end.ns;
}

bool
schedule_is_open(const struct schedule_window *w, wall_t t)
{
	return w->logon.ns <= t.ns && t.ns < w->logout.ns;
}

bool
schedule_reset_after(const struct schedule *s, wall_t t, wall_t *at)
{
	if (s->reset.second == SCHEDULE_UNSET)
		return false;
	*at = wall_of(first_at(&s->reset, floor_div(t.ns, NS_PER_S) + 1));
	return true;
}

/* An edge of the kind at e: is it the nearest one after t? */
static void
consider(wall_t t, wall_t e, unsigned kind, wall_t *at, unsigned *what)
{
	if (e.ns <= t.ns || e.ns == NEVER.ns)
		return;
	if (*what == 0 || e.ns < at->ns) {
		*at = e;
		*what = kind;
	} else if (e.ns == at->ns) {
		*what |= kind;
	}
}

static void
consider_window(const struct schedule_window *w, wall_t t, wall_t *at,
    unsigned *what)
{
	consider(t, w->start, SCHEDULE_START, at, what);
	if (w->logon.ns != w->start.ns && w->logon.ns < w->logout.ns)
		consider(t, w->logon, SCHEDULE_LOGON, at, what);
	if (w->logout.ns != w->end.ns && w->logon.ns < w->logout.ns)
		consider(t, w->logout, SCHEDULE_LOGOUT, at, what);
	consider(t, w->end, SCHEDULE_END, at, what);
}

unsigned
schedule_next(const struct schedule *s, wall_t t, wall_t *at)
{
	struct schedule_window w;
	unsigned what = 0;
	wall_t reset;

	if (schedule_window(s, t, &w)) {
		consider_window(&w, t, at, &what);
		/* The next one may begin where this one ends. */
		if (!s->non_stop && schedule_window(s, w.end, &w))
			consider(t, w.start, SCHEDULE_START, at, &what);
	}
	if (schedule_reset_after(s, t, &reset))
		consider(t, reset, SCHEDULE_RESET, at, &what);
	return what;
}
