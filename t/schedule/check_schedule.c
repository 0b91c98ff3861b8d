/* Windows of sessions: each row is a schedule, a moment, and the edges that
 * come after it, in UTC. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schedule/schedule.h"
#include "zones.h"

#define HM(h, m)       ((h) * 3600 + (m) * 60)
#define DAILY(t, z)    { (t), SCHEDULE_EVERY_DAY, (z) }
#define ON(t, d, z)    { (t), (d), (z) }
#define NONE           { SCHEDULE_UNSET, SCHEDULE_EVERY_DAY, NULL }
#define INNER_NONE     .logon = NONE, .logout = NONE, .reset = NONE
#define ANY_DAY        .weekdays = SCHEDULE_ALL_DAYS
#define MON_TO_FRI     .weekdays = 0x3e
#define HOLIDAYS(h)    .holiday = (h), .nholidays = sizeof(h) / sizeof((h)[0])

enum { SUN, MON, TUE, WED, THU, FRI, SAT };

/* 2026-12-25 is off, 2026-12-24 and 31 end at 13:00. */
static const struct schedule_holiday xmas[] = {
	{ 20811, HM(13, 0) },
	{ 20812, SCHEDULE_UNSET },
	{ 20818, HM(13, 0) },
};

static const struct row {
	const char *name;
	struct schedule s;
	const char *from;
	const char *edges;
} rows[] = {
	{ "a daily window",
	    { .start = DAILY(HM(9, 0), NULL), .end = DAILY(HM(17, 0), NULL),
		INNER_NONE, ANY_DAY },
	    "20260105-12:00:00",
	    "20260105-17:00:00 end\n"
	    "20260106-09:00:00 start\n"
	    "20260106-17:00:00 end\n" },
	{ "an edge is not its own next edge",
	    { .start = DAILY(HM(9, 0), NULL), .end = DAILY(HM(17, 0), NULL),
		INNER_NONE, ANY_DAY },
	    "20260105-17:00:00",
	    "20260106-09:00:00 start\n" },
	{ "over midnight, at the end of a year",
	    { .start = DAILY(HM(22, 0), NULL), .end = DAILY(HM(2, 30), NULL),
		INNER_NONE, ANY_DAY },
	    "20261231-12:00:00",
	    "20261231-22:00:00 start\n"
	    "20270101-02:30:00 end\n"
	    "20270101-22:00:00 start\n" },
	{ "24 hours are one window each day, over 29 February",
	    { .start = DAILY(HM(5, 0), NULL), .end = DAILY(HM(5, 0), NULL),
		INNER_NONE, ANY_DAY },
	    "20280228-05:00:00",
	    "20280229-05:00:00 start end\n"
	    "20280301-05:00:00 start end\n" },
	{ "London goes to summer time between two days",
	    { .start = DAILY(HM(8, 0), &london),
		.end = DAILY(HM(16, 30), &london), INNER_NONE, ANY_DAY },
	    "20260328-00:00:00",
	    "20260328-08:00:00 start\n"
	    "20260328-16:30:00 end\n"
	    "20260329-07:00:00 start\n"
	    "20260329-15:30:00 end\n" },
	{ "a start that London skips is the moment of the jump",
	    { .start = DAILY(HM(1, 30), &london),
		.end = DAILY(HM(4, 0), &london), INNER_NONE, ANY_DAY },
	    "20260328-12:00:00",
	    "20260329-01:00:00 start\n"
	    "20260329-03:00:00 end\n"
	    "20260330-00:30:00 start\n" },
	{ "a window that London skips whole does not happen",
	    { .start = DAILY(HM(1, 10), &london),
		.end = DAILY(HM(1, 50), &london), INNER_NONE, ANY_DAY },
	    "20260328-12:00:00",
	    "20260330-00:10:00 start\n"
	    "20260330-00:50:00 end\n" },
	{ "of a time that comes twice the first is meant",
	    { .start = DAILY(HM(1, 30), &london),
		.end = DAILY(HM(4, 0), &london), INNER_NONE, ANY_DAY },
	    "20261024-12:00:00",
	    "20261025-00:30:00 start\n"
	    "20261025-04:00:00 end\n" },
	{ "24 hours in New York are 25 and 23 when the clock changes",
	    { .start = DAILY(HM(17, 0), &new_york),
		.end = DAILY(HM(17, 0), &new_york), INNER_NONE, ANY_DAY },
	    "20261030-22:00:00",
	    "20261031-21:00:00 start end\n"
	    "20261101-22:00:00 start end\n"
	    "20261102-22:00:00 start end\n" },
	{ "Sydney goes to winter time during a window over midnight",
	    { .start = DAILY(HM(22, 0), &sydney),
		.end = DAILY(HM(6, 0), &sydney), INNER_NONE, ANY_DAY },
	    "20260404-00:00:00",
	    "20260404-11:00:00 start\n"
	    "20260404-20:00:00 end\n"
	    "20260405-12:00:00 start\n" },
	{ "Sydney skips an end",
	    { .start = DAILY(HM(22, 0), &sydney),
		.end = DAILY(HM(2, 30), &sydney), INNER_NONE, ANY_DAY },
	    "20261003-00:00:00",
	    "20261003-12:00:00 start\n"
	    "20261003-16:00:00 end\n"
	    "20261004-11:00:00 start\n" },
	{ "E15: from New York's evening to London's morning, between their "
	  "changes of the clock",
	    { .start = DAILY(HM(18, 0), &new_york),
		.end = DAILY(HM(7, 0), &london), INNER_NONE, ANY_DAY },
	    "20260307-12:00:00",
	    "20260307-23:00:00 start\n"
	    "20260308-07:00:00 end\n"
	    "20260308-22:00:00 start\n"
	    "20260309-07:00:00 end\n" },
	{ "E15: the end is before the start on the clock, and after it in time",
	    { .start = DAILY(HM(8, 0), &sydney),
		.end = DAILY(HM(7, 0), &london), INNER_NONE, ANY_DAY },
	    "20260701-12:00:00",
	    "20260701-22:00:00 start\n"
	    "20260702-06:00:00 end\n" },
	{ "two zones that drift apart make no windows that overlap",
	    { .start = DAILY(HM(9, 0), &london),
		.end = DAILY(HM(4, 59), &new_york), INNER_NONE, ANY_DAY },
	    "20261031-08:00:00",
	    "20261031-08:59:00 end\n"
	    "20261031-09:00:00 start\n"
	    "20261101-09:00:00 start end\n"
	    "20261101-09:59:00 end\n" },
	{ "an end that is the start, seen from another zone, is a day later",
	    { .start = DAILY(HM(9, 0), NULL),
		.end = DAILY(HM(10, 0), &london), INNER_NONE, ANY_DAY },
	    "20260701-10:00:00",
	    "20260702-09:00:00 start end\n" },
	{ "E4: only on the days of the week that are listed",
	    { .start = DAILY(HM(9, 0), NULL), .end = DAILY(HM(17, 0), NULL),
		INNER_NONE, MON_TO_FRI },
	    "20260109-12:00:00",
	    "20260109-17:00:00 end\n"
	    "20260112-09:00:00 start\n" },
	{ "E16: a window that begins on Friday night ends on Saturday",
	    { .start = DAILY(HM(22, 0), NULL), .end = DAILY(HM(4, 0), NULL),
		INNER_NONE, MON_TO_FRI },
	    "20260109-12:00:00",
	    "20260109-22:00:00 start\n"
	    "20260110-04:00:00 end\n"
	    "20260112-22:00:00 start\n" },
	{ "the day of the week is that of the zone",
	    { .start = DAILY(HM(8, 0), &sydney),
		.end = DAILY(HM(12, 0), &sydney), INNER_NONE, MON_TO_FRI },
	    "20260110-12:00:00",
	    "20260111-21:00:00 start\n"
	    "20260112-01:00:00 end\n" },
	{ "a weekly window over the week's end, and the year's",
	    { .start = ON(HM(17, 0), SUN, &new_york),
		.end = ON(HM(16, 0), FRI, &new_york), INNER_NONE },
	    "20261230-12:00:00",
	    "20270101-21:00:00 end\n"
	    "20270103-22:00:00 start\n"
	    "20270108-21:00:00 end\n" },
	{ "a weekly window that ends on the day it begins, a week later",
	    { .start = ON(HM(12, 0), SAT, NULL),
		.end = ON(HM(12, 0), SAT, NULL),
		INNER_NONE },
	    "20260101-00:00:00",
	    "20260103-12:00:00 start end\n"
	    "20260110-12:00:00 start end\n" },
	{ "a weekly window within one day",
	    { .start = ON(HM(9, 0), WED, NULL), .end = ON(HM(11, 0), WED, NULL),
		INNER_NONE },
	    "20260101-00:00:00",
	    "20260107-09:00:00 start\n"
	    "20260107-11:00:00 end\n"
	    "20260114-09:00:00 start\n" },
	{ "a weekly window with an end in another zone",
	    { .start = ON(HM(8, 0), MON, &sydney),
		.end = ON(HM(17, 0), FRI, &new_york), INNER_NONE },
	    "20260104-00:00:00",
	    "20260104-21:00:00 start\n"
	    "20260109-22:00:00 end\n" },
	{ "logged on for a part of the window",
	    { .start = DAILY(HM(0, 0), NULL), .end = DAILY(HM(0, 0), NULL),
		.logon = DAILY(HM(8, 0), NULL),
		.logout = DAILY(HM(18, 0), NULL), .reset = NONE, ANY_DAY },
	    "20260105-00:00:00",
	    "20260105-08:00:00 logon\n"
	    "20260105-18:00:00 logout\n"
	    "20260106-00:00:00 start end\n" },
	{ "logged on for a part of the week",
	    { .start = ON(HM(18, 0), SUN, NULL),
		.end = ON(HM(18, 0), FRI, NULL),
		.logon = ON(HM(6, 0), MON, NULL), .logout = NONE,
		.reset = NONE },
	    "20260104-12:00:00",
	    "20260104-18:00:00 start\n"
	    "20260105-06:00:00 logon\n"
	    "20260109-18:00:00 end\n" },
	{ "short days and a day off",
	    { .start = DAILY(HM(9, 0), NULL), .end = DAILY(HM(17, 0), NULL),
		INNER_NONE, ANY_DAY, HOLIDAYS(xmas) },
	    "20261223-12:00:00",
	    "20261223-17:00:00 end\n"
	    "20261224-09:00:00 start\n"
	    "20261224-13:00:00 end\n"
	    "20261226-09:00:00 start\n"
	    "20261226-17:00:00 end\n" },
	{ "a short day ends a window that began the evening before",
	    { .start = DAILY(HM(18, 0), NULL), .end = DAILY(HM(17, 0), NULL),
		INNER_NONE, ANY_DAY, HOLIDAYS(xmas) },
	    "20261223-17:30:00",
	    "20261223-18:00:00 start\n"
	    "20261224-13:00:00 end\n"
	    "20261224-18:00:00 start\n"
	    "20261225-17:00:00 end\n"
	    "20261226-18:00:00 start\n" },
	{ "a short day ends before the logout",
	    { .start = DAILY(HM(9, 0), NULL), .end = DAILY(HM(17, 0), NULL),
		.logon = NONE, .logout = DAILY(HM(16, 0), NULL),
		.reset = NONE, ANY_DAY, HOLIDAYS(xmas) },
	    "20261223-10:00:00",
	    "20261223-16:00:00 logout\n"
	    "20261223-17:00:00 end\n"
	    "20261224-09:00:00 start\n"
	    "20261224-13:00:00 end\n"
	    "20261226-09:00:00 start\n" },
	{ "a logon that a short day leaves no time for does not happen",
	    { .start = DAILY(HM(9, 0), NULL), .end = DAILY(HM(17, 0), NULL),
		.logon = DAILY(HM(14, 0), NULL), .logout = NONE,
		.reset = NONE, ANY_DAY, HOLIDAYS(xmas) },
	    "20261224-00:00:00",
	    "20261224-09:00:00 start\n"
	    "20261224-13:00:00 end\n"
	    "20261226-09:00:00 start\n"
	    "20261226-14:00:00 logon\n" },
	{ "the numbers begin again in an open session",
	    { .non_stop = true, .start = NONE, .end = NONE, .logon = NONE,
		.logout = NONE, .reset = DAILY(HM(17, 0), &new_york) },
	    "20260307-12:00:00",
	    "20260307-22:00:00 reset\n"
	    "20260308-21:00:00 reset\n" },
	{ "non-stop", { .non_stop = true, INNER_NONE }, "20260105-00:00:00",
	    "none\n" },
};

static wall_t
wall(const char *text)
{
	wall_t t;

	ck_assert_int_eq(wall_parse(text, strlen(text), &t), 0);
	return t;
}

static size_t
put_edge(char *out, size_t room, wall_t at, unsigned what)
{
	char time[WALL_TEXT_MAX];
	int n = (int)wall_format(time, at, 0);

	return (size_t)snprintf(out, room, "%.*s%s%s%s%s%s\n", n, time,
	    what & SCHEDULE_START ? " start" : "",
	    what & SCHEDULE_LOGON ? " logon" : "",
	    what & SCHEDULE_LOGOUT ? " logout" : "",
	    what & SCHEDULE_END ? " end" : "",
	    what & SCHEDULE_RESET ? " reset" : "");
}

START_TEST(edges_come_in_their_order)
{
	const struct row *r = &rows[_i];
	wall_t t = wall(r->from);
	char got[1024] = "";
	const char *p;
	size_t n = 0;
	unsigned what;

	for (p = r->edges; (p = strchr(p, '\n')) != NULL; p++) {
		what = schedule_next(&r->s, t, &t);
		if (what == 0)
			n += (size_t)snprintf(got + n, sizeof(got) - n,
			    "none\n");
		else
			n += put_edge(got + n, sizeof(got) - n, t, what);
	}
	ck_assert_msg(strcmp(got, r->edges) == 0, "%s:\nwant\n%sgot\n%s",
	    r->name, r->edges, got);
}
END_TEST

START_TEST(each_edge_is_where_the_answer_changes)
{
	const struct schedule *s = &rows[_i].s;
	struct schedule_window a, b;
	wall_t t = wall(rows[_i].from), before;
	unsigned what;
	int i;

	for (i = 0; i < 400; i++) {
		what = schedule_next(s, t, &t);
		if (what == 0 || s->non_stop)
			return;
		before = (wall_t){ t.ns - 1 };
		ck_assert(schedule_window(s, before, &a));
		ck_assert(schedule_window(s, t, &b));
		if (what & SCHEDULE_START)
			ck_assert(schedule_is_in(&b, t) && b.start.ns == t.ns);
		else if (what & SCHEDULE_END)
			ck_assert(!schedule_is_in(&b, t));
		if (what & SCHEDULE_END)
			ck_assert(schedule_is_in(&a, before));
		if (what & SCHEDULE_LOGON)
			ck_assert(!schedule_is_open(&a, before) &&
			    schedule_is_open(&b, t));
		if (what & SCHEDULE_LOGOUT)
			ck_assert(schedule_is_open(&a, before) &&
			    !schedule_is_open(&b, t));
		ck_assert(b.start.ns <= b.logon.ns);
		ck_assert(b.logon.ns <= b.logout.ns);
		ck_assert(b.logout.ns <= b.end.ns && b.start.ns < b.end.ns);
	}
}
END_TEST

START_TEST(a_non_stop_session_is_always_open)
{
	const struct schedule s = { .non_stop = true, INNER_NONE };
	struct schedule_window w;

	ck_assert(schedule_window(&s, wall("20260105-00:00:00"), &w));
	ck_assert(schedule_is_open(&w, wall("20260105-00:00:00")));
	/* no numbers are older than it */
	ck_assert(w.start.ns == INT64_MIN);
}
END_TEST

START_TEST(a_calendar_without_a_working_day_has_no_window)
{
	struct schedule_holiday off[600];
	const struct schedule s = { .start = DAILY(HM(9, 0), NULL),
		.end = DAILY(HM(17, 0), NULL), INNER_NONE, ANY_DAY,
		HOLIDAYS(off) };
	struct schedule_window w;
	int i;

	for (i = 0; i < 600; i++)
		off[i] = (struct schedule_holiday){ 20450 + i,
			SCHEDULE_UNSET };
	ck_assert(!schedule_window(&s, wall("20260105-00:00:00"), &w));
}
END_TEST

Suite *zone_suite(void);
Suite *clock_suite(void);

static Suite *
suite(void)
{
	Suite *s = suite_create("schedule");
	TCase *t = tcase_create("windows");
	int n = sizeof(rows) / sizeof(rows[0]);

	tcase_add_loop_test(t, edges_come_in_their_order, 0, n);
	tcase_add_loop_test(t, each_edge_is_where_the_answer_changes, 0, n);
	tcase_add_test(t, a_non_stop_session_is_always_open);
	tcase_add_test(t, a_calendar_without_a_working_day_has_no_window);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	SRunner *r = srunner_create(suite());
	int failed;

	srunner_add_suite(r, zone_suite());
	srunner_add_suite(r, clock_suite());
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
