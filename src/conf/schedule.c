/* schedule.c: from the keys of the schedule to a struct schedule. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/names.h"
#include "conf/internal.h"

#define DAY_S 86400

int32_t
schedule_second(const char *p, size_t n)
{
	unsigned v[3];
	size_t i;

	if (n != 8 || p[2] != ':' || p[5] != ':')
		return SCHEDULE_UNSET;
	for (i = 0; i < 3; i++, p += 3) {
		if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
			return SCHEDULE_UNSET;
		v[i] = (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
	}
	if (v[0] > 23 || v[1] > 59 || v[2] > 59)
		return SCHEDULE_UNSET;
	return (int32_t)(v[0] * 3600 + v[1] * 60 + v[2]);
}

/* Each of the family has another idea how much of the name is enough. */
static int
day_of_week(const char *p, size_t n)
{
	static const char *const name[] = { "sunday", "monday", "tuesday",
		"wednesday", "thursday", "friday", "saturday" };
	int i;

	for (i = 0; i < 7; i++)
		if (n >= 2 && n <= strlen(name[i]) &&
		    strncasecmp(p, name[i], n) == 0)
			return i;
	return -1;
}

static void
get_zone(struct conf *c, const struct conf_entry *e, const char *name,
    const struct zone **out)
{
	int err = zone_get(c, name, out);

	if (err == 0)
		return;
	if (name == NULL)
		fault_add(c, CONF_ERROR, e->line, "%s: the zone of the host "
		    "(/etc/localtime) cannot be read: write TimeZone", e->name);
	else if (err == FG_ENOENT)
		fault_add(c, CONF_ERROR, e->line, "%s=%.60s: there is no zone "
		    "of that name: write one such as Europe/London or UTC",
		    e->name, e->value);
	else
		fault_add(c, CONF_ERROR, e->line, "%s=%.60s: the zone's file "
		    "in " FG_ZONE_DIR " cannot be used: %s", e->name,
		    e->value, fg_strerror(err));
}

/* The zone of all times that have none of their own. */
static const struct zone *
common_zone(struct conf *c, const struct conf_section *s)
{
	const struct conf_entry *local = section_good(s, CONF_UseLocalTime);
	const struct conf_entry *name = section_good(s, CONF_TimeZone);
	const struct zone *z = NULL;

	if (local != NULL && local->num != 0 && name != NULL)
		fault_add(c, CONF_ERROR, name->line, "TimeZone together with "
		    "UseLocalTime=Y: take one of them out");
	else if (name != NULL)
		get_zone(c, name, name->value, &z);
	else if (local != NULL && local->num != 0)
		get_zone(c, local, NULL, &z);
	return z;
}

/* HH:MM:SS, or as QuickFIX/J has it HH:MM:SS Zone/Name. */
static struct schedule_time
get_time(struct conf *c, const struct conf_section *s, enum conf_key k,
    const struct zone *zone)
{
	const struct conf_entry *e = section_good(s, k);
	struct schedule_time t = { SCHEDULE_UNSET, SCHEDULE_EVERY_DAY, zone };
	size_t n, blanks;

	if (e == NULL)
		return t;
	n = strcspn(e->value, " \t");
	blanks = strspn(e->value + n, " \t");
	t.second = schedule_second(e->value, n);
	if (t.second == SCHEDULE_UNSET)
		fault_add(c, CONF_ERROR, e->line, "%s=%.60s: write HH:MM:SS, "
		    "or HH:MM:SS and a zone", e->name, e->value);
	else if (e->value[n + blanks] != '\0')
		get_zone(c, e, e->value + n + blanks, &t.zone);
	return t;
}

static int
get_day(struct conf *c, const struct conf_section *s, enum conf_key k)
{
	const struct conf_entry *e = section_good(s, k);
	int day;

	if (e == NULL)
		return SCHEDULE_EVERY_DAY;
	day = day_of_week(e->value, strlen(e->value));
	if (day < 0)
		fault_add(c, CONF_ERROR, e->line, "%s=%.60s: write a day of "
		    "the week (Monday, Mon)", e->name, e->value);
	return day;
}

static bool
add_weekday(const char *p, size_t n, void *arg)
{
	unsigned *days = arg;
	int day = day_of_week(p, n);

	if (day >= 0)
		*days |= 1u << day;
	return day >= 0;
}

static void
get_weekdays(struct conf *c, struct conf_section *s)
{
	const struct conf_entry *e = section_good(s, CONF_Weekdays);

	s->schedule.weekdays = SCHEDULE_ALL_DAYS;
	if (e == NULL)
		return;
	s->schedule.weekdays = 0;
	if (!names_each(e->value, add_weekday, &s->schedule.weekdays))
		fault_add(c, CONF_ERROR, e->line, "%s=%.60s: write days of the "
		    "week with commas between them (Mon,Tue,Wed)", e->name,
		    e->value);
}

static const struct conf_entry *
either(const struct conf_section *s, enum conf_key a, enum conf_key b)
{
	const struct conf_entry *e = section_good(s, a);

	return e != NULL ? e : section_good(s, b);
}

static void
refuse_with(struct conf *c, const struct conf_section *s, enum conf_key k,
    const char *what)
{
	const struct conf_entry *e = section_good(s, k);

	if (e != NULL)
		fault_add(c, CONF_ERROR, e->line, "%s %s: take it out",
		    e->name, what);
}

/* StartDay and EndDay, and what goes with a week, or not. */
static void
get_days(struct conf *c, struct conf_section *s)
{
	struct schedule *w = &s->schedule;
	bool start = section_good(s, CONF_StartDay) != NULL;
	bool end = section_good(s, CONF_EndDay) != NULL;

	w->start.day = get_day(c, s, CONF_StartDay);
	w->end.day = get_day(c, s, CONF_EndDay);
	if (start != end)
		fault_add(c, CONF_ERROR, either(s, CONF_StartDay,
		    CONF_EndDay)->line, "%s without %s: write both, or none "
		    "for a window each day", start ? "StartDay" : "EndDay",
		    start ? "EndDay" : "StartDay");
	if (start || end) {
		refuse_with(c, s, CONF_Weekdays,
		    "is for windows of a day, and StartDay for those of a "
		    "week");
		refuse_with(c, s, CONF_HolidayCalendar,
		    "is for windows of a day, and StartDay for those of a "
		    "week");
	} else {
		refuse_with(c, s, CONF_LogonDay, "without StartDay");
		refuse_with(c, s, CONF_LogoutDay, "without StartDay");
	}
}

/* One end of the time to be logged on; what is not set is that of the
 * window. */
static struct schedule_time
get_inner(struct conf *c, const struct conf_section *s, enum conf_key time,
    enum conf_key day, const struct schedule_time *outer,
    const struct zone *zone)
{
	struct schedule_time t = get_time(c, s, time, zone);

	t.day = get_day(c, s, day);
	if (t.second == SCHEDULE_UNSET && t.day == SCHEDULE_EVERY_DAY)
		return t;
	if (t.second == SCHEDULE_UNSET) {
		t.second = outer->second;
		t.zone = outer->zone;
	}
	if (t.day == SCHEDULE_EVERY_DAY)
		t.day = outer->day;
	return t;
}

/* Seconds from the start to t, by the clock; at the start: dflt. */
static int32_t
after_start(const struct schedule *w, const struct schedule_time *t,
    int32_t dflt)
{
	int32_t period = w->start.day < 0 ? DAY_S : 7 * DAY_S;
	int32_t d = t->second - w->start.second;

	if (w->start.day >= 0)
		d += (t->day - w->start.day) * DAY_S;
	d = (d % period + period) % period;
	return d != 0 ? d : dflt == 0 ? 0 : period;
}

/* Times of several zones have no order by the clock; then the window ends what
 * is open. */
static void
check_inner(struct conf *c, const struct conf_section *s)
{
	const struct schedule *w = &s->schedule;
	int32_t end = after_start(w, &w->end, 1), from = 0, to = end;
	const struct conf_entry *e = section_good(s, CONF_LogonTime);

	if (w->logon.second != SCHEDULE_UNSET) {
		if (w->logon.zone != w->start.zone)
			return;
		from = after_start(w, &w->logon, 0);
	}
	if (w->logout.second != SCHEDULE_UNSET) {
		if (w->logout.zone != w->start.zone)
			return;
		to = after_start(w, &w->logout, 1);
	}
	if (w->start.zone != w->end.zone || (from < to && to <= end))
		return;
	if (e == NULL)
		e = either(s, CONF_LogonDay, CONF_LogoutTime);
	if (e == NULL)
		e = section_good(s, CONF_LogoutDay);
	fault_add(c, CONF_ERROR, e->line, "LogonTime to LogoutTime must be "
	    "within StartTime to EndTime");
}

static void
get_windows(struct conf *c, struct conf_section *s, const struct zone *zone)
{
	const struct conf_entry *e = section_good(s, CONF_HolidayCalendar);
	struct schedule *w = &s->schedule;
	size_t errors = c->nerrors;

	w->start = get_time(c, s, CONF_StartTime, zone);
	w->end = get_time(c, s, CONF_EndTime, zone);
	get_days(c, s);
	get_weekdays(c, s);
	w->logon = get_inner(c, s, CONF_LogonTime, CONF_LogonDay, &w->start,
	    zone);
	w->logout = get_inner(c, s, CONF_LogoutTime, CONF_LogoutDay, &w->end,
	    zone);
	if (errors == c->nerrors)
		check_inner(c, s);
	if (e != NULL)
		calendar_load(c, s, e);
}

/* Keys that say nothing without StartTime. */
static void
refuse_all(struct conf *c, const struct conf_section *s)
{
	static const enum conf_key keys[] = { CONF_StartDay, CONF_EndDay,
		CONF_Weekdays, CONF_LogonTime, CONF_LogonDay, CONF_LogoutTime,
		CONF_LogoutDay, CONF_HolidayCalendar };
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		refuse_with(c, s, keys[i], "without StartTime and EndTime");
}

/* Is there a window? Says so if what is set does not tell. */
static bool
has_window(struct conf *c, const struct conf_section *s)
{
	const struct conf_entry *nonstop = section_good(s, CONF_NonStopSession);
	const struct conf_entry *start = section_good(s, CONF_StartTime);
	const struct conf_entry *end = section_good(s, CONF_EndTime);

	if (nonstop == NULL || (nonstop->line != 0 && nonstop->num != 0))
		return false;
	if (start != NULL && end != NULL)
		return true;
	if (start != NULL || end != NULL)
		fault_add(c, CONF_ERROR, start != NULL ? start->line
		    : end->line, "%s without %s: write both, or "
		    "NonStopSession=Y", start != NULL ? "StartTime" : "EndTime",
		    start != NULL ? "EndTime" : "StartTime");
	else if (nonstop->line != 0)
		fault_add(c, CONF_ERROR, nonstop->line,
		    "NonStopSession=N without StartTime and EndTime: write "
		    "them, or NonStopSession=Y");
	else
		refuse_all(c, s);
	return false;
}

void
check_schedule(struct conf *c, struct conf_section *s)
{
	static const struct schedule_time none = { SCHEDULE_UNSET,
		SCHEDULE_EVERY_DAY, NULL };
	const struct conf_entry *enable =
	    section_good(s, CONF_EnableResetSeqTime);
	const struct zone *zone = common_zone(c, s);
	struct schedule *w = &s->schedule;

	*w = (struct schedule){ .non_stop = true, .start = none, .end = none,
		.logon = none, .logout = none, .reset = none };
	if (has_window(c, s)) {
		w->non_stop = false;
		section_set(c, s, CONF_NonStopSession, "N");
		get_windows(c, s, zone);
	}
	if (enable != NULL && enable->num != 0)
		w->reset = get_time(c, s, CONF_ResetSeqTime, zone);
}
