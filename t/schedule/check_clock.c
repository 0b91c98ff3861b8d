/*
 * A gateway that runs for ten years: at each quarter of an hour, is the session
 * open just when the clock on the wall says so? The clock is the C library's,
 * by the machine's zone files: nothing of ours. Leap days, ends of years and all
 * changes of clocks are among them.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "schedule/schedule.h"

#define FIRST  1704067200LL /* 2024-01-01 */
#define LAST   2019686400LL /* 2034-01-01 */
#define STEP   900
#define HM(h, m) ((h) * 60 + (m))
#define DAY    1440
#define NO_DAY (-1)

static const char *const names[] = {
	"Europe/London", "America/New_York", "Australia/Sydney",
	"America/Chicago", "Europe/Zurich", "Asia/Tokyo", "Asia/Kolkata",
	"Asia/Kathmandu", "Australia/Lord_Howe", "America/Sao_Paulo",
	"America/St_Johns", "Pacific/Auckland", "UTC",
};
#define N_NAMES (sizeof(names) / sizeof(names[0]))

/* Minutes of the day, at which no clock of these zones is changed. */
static const struct hours {
	const char *name;
	int start, end;
	int start_day, end_day; /* of a weekly one; 0 is Sunday */
	unsigned weekdays;
} all_hours[] = {
	{ "by day", HM(8, 0), HM(16, 30), NO_DAY, NO_DAY, 0x7f },
	{ "over midnight, Monday to Friday", HM(22, 0), HM(6, 15), NO_DAY,
	    NO_DAY, 0x3e },
	{ "24 hours, Sunday to Thursday", HM(17, 0), HM(17, 0), NO_DAY, NO_DAY,
	    0x1f },
	{ "up to midnight", HM(9, 45), HM(0, 0), NO_DAY, NO_DAY, 0x7f },
	{ "a week", HM(17, 0), HM(16, 0), 0, 5, 0 },
	{ "over the week's end", HM(20, 0), HM(6, 0), 5, 1, 0 },
	{ "one day of the week", HM(7, 0), HM(19, 0), 3, 3, 0 },
};
#define N_HOURS (sizeof(all_hours) / sizeof(all_hours[0]))

/* The zone as the gateway has it; false: the machine does not know it. */
static bool
read_zone(const char *name, struct zone *z)
{
	char path[256], *text = malloc(1 << 16);
	const char *dir = getenv("TZDIR");
	size_t n;
	FILE *f;
	int err;

	snprintf(path, sizeof(path), "%s/%s", dir == NULL ?
	    "/usr/share/zoneinfo" : dir, name);
	f = fopen(path, "re");
	if (f == NULL || text == NULL) {
		free(text);
		return false;
	}
	n = fread(text, 1, 1 << 16, f);
	fclose(f);
	err = zone_parse(z, text, n);
	free(text);
	ck_assert_int_eq(0, err);
	return true;
}

static struct schedule
schedule_of(const struct hours *h, const struct zone *z)
{
	const struct schedule_time none = { SCHEDULE_UNSET,
		SCHEDULE_EVERY_DAY, NULL };

	return (struct schedule){
		.start = { h->start * 60, h->start_day, z },
		.end = { h->end * 60, h->end_day, z },
		.logon = none, .logout = none, .reset = none,
		.weekdays = h->weekdays };
}

/* By the clock on the wall alone. */
static bool
says_open(const struct hours *h, const struct tm *tm)
{
	int at = tm->tm_hour * 60 + tm->tm_min, day = tm->tm_wday;
	int start, end;

	if (h->start_day == NO_DAY && h->end > h->start)
		return at >= h->start && at < h->end &&
		    (h->weekdays >> day & 1) != 0;
	if (h->start_day == NO_DAY)
		return (at >= h->start && (h->weekdays >> day & 1) != 0) ||
		    (at < h->end && (h->weekdays >> (day + 6) % 7 & 1) != 0);
	start = h->start_day * DAY + h->start;
	end = h->end_day * DAY + h->end;
	at += day * DAY;
	return end > start ? at >= start && at < end :
	    at >= start || at < end;
}

static void
compare(const char *name, const struct hours *h, const struct zone *z)
{
	const struct schedule s = schedule_of(h, z);
	struct schedule_window w = { 0 };
	unsigned windows = 0;
	int64_t last = 0;
	char text[64];
	struct tm tm;
	wall_t t;
	time_t u;

	for (u = FIRST; u < LAST; u += STEP) {
		t.ns = (int64_t)u * NS_PER_S;
		if (w.end.ns <= t.ns)
			ck_assert(schedule_window(&s, t, &w));
		localtime_r(&u, &tm);
		if (says_open(h, &tm) == schedule_is_in(&w, t))
			continue;
		strftime(text, sizeof(text), "%F %T %Z", &tm);
		ck_abort_msg("%s, %s: %s at %s", name, h->name,
		    schedule_is_in(&w, t) ? "open" : "closed", text);
	}
	/* Each day that it begins on has one window, which begins then. */
	for (t.ns = FIRST * NS_PER_S; t.ns < LAST * NS_PER_S; t = w.end) {
		ck_assert(schedule_window(&s, t, &w));
		ck_assert_int_gt(w.start.ns, last);
		last = w.start.ns;
		u = w.start.ns / NS_PER_S;
		localtime_r(&u, &tm);
		ck_assert_int_eq(h->start, tm.tm_hour * 60 + tm.tm_min);
		ck_assert_int_eq(0, tm.tm_sec);
		u = w.end.ns / NS_PER_S;
		localtime_r(&u, &tm);
		ck_assert_int_eq(h->end, tm.tm_hour * 60 + tm.tm_min);
		windows++;
	}
	/* 3653 days, 522 weeks; one at the beginning, another at the end. */
	ck_assert_uint_ge(windows, (h->start_day != NO_DAY ? 522 :
	    3653 / 7 * (unsigned)__builtin_popcount(h->weekdays)) - 2);
	ck_assert_uint_le(windows, h->start_day != NO_DAY ? 524 : 3655);
}

START_TEST(a_session_is_open_when_the_clock_on_the_wall_says_so)
{
	struct zone z;
	size_t i;

	if (!read_zone(names[_i], &z)) {
		printf("no zone %s here\n", names[_i]);
		return;
	}
	ck_assert_int_eq(0, setenv("TZ", names[_i], 1));
	tzset();
	for (i = 0; i < N_HOURS; i++)
		compare(names[_i], &all_hours[i], &z);
	zone_free(&z);
}
END_TEST

Suite *clock_suite(void);

Suite *
clock_suite(void)
{
	Suite *s = suite_create("clock");
	TCase *t = tcase_create("ten years");

	tcase_set_timeout(t, 600);
	tcase_add_loop_test(t,
	    a_session_is_open_when_the_clock_on_the_wall_says_so, 0,
	    (int)N_NAMES);
	suite_add_tcase(s, t);
	return s;
}
