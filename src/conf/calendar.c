/*
 * calendar.c: HolidayCalendar, a line for each date:
 *
 *	# no window begins on this one
 *	2026-12-25 off
 *	# what is open on this one ends at this time
 *	2026-12-24 13:00:00
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "conf/internal.h"

#define LINE_MAX_LEN 256
#define DATE_LEN     10 /* YYYY-MM-DD */
#define HOLIDAYS_MAX 10000

struct calendar {
	struct conf *c;
	const struct conf_entry *e;
	const char *path;
	unsigned line;
	struct schedule_holiday *day;
	size_t n, cap;
};

static void
complain(struct calendar *k, const char *why)
{
	fault_add(k->c, CONF_ERROR, k->e->line, "%s: %s:%u: %s", k->e->name,
	    k->path, k->line, why);
}

static bool
get_date(const char *p, size_t n, int64_t *date)
{
	uint64_t y, m, d;
	int64_t y2;
	unsigned m2, d2;

	if (n != DATE_LEN || p[4] != '-' || p[7] != '-' ||
	    num_parse_u64(p, 4, &y) != 0 || num_parse_u64(p + 5, 2, &m) != 0 ||
	    num_parse_u64(p + 8, 2, &d) != 0 || y < 1970 || y > 2261 ||
	    m < 1 || m > 12 || d < 1)
		return false;
	*date = days_from_civil((int64_t)y, (unsigned)m, (unsigned)d);
	civil_from_days(*date, &y2, &m2, &d2);
	return m2 == m && d2 == d;
}

static void
add(struct calendar *k, int64_t date, int32_t end)
{
	struct schedule_holiday *p;
	size_t cap;

	if (k->n > 0 && date <= k->day[k->n - 1].date) {
		complain(k, "write the dates in their order, each once");
		return;
	}
	if (k->n == k->cap) {
		cap = k->cap == 0 ? 64 : k->cap * 2;
		p = realloc(k->day, cap * sizeof(*p));
		if (p == NULL) {
			k->c->err = FG_ENOMEM;
			return;
		}
		k->day = p;
		k->cap = cap;
	}
	k->day[k->n++] = (struct schedule_holiday){ date, end };
}

static void
take_line(struct calendar *k, char *line)
{
	static const char *const blank = " \t\r\n";
	char *p = line + strspn(line, blank), *what;
	size_t n, m;
	int32_t end = SCHEDULE_UNSET;
	int64_t date;

	p[strcspn(p, "#")] = '\0';
	if (*p == '\0')
		return;
	n = strcspn(p, blank);
	what = p + n + strspn(p + n, blank);
	m = strcspn(what, blank);
	if (m != 3 || memcmp(what, "off", 3) != 0)
		end = schedule_second(what, m);
	if (!get_date(p, n, &date) || what[m + strspn(what + m, blank)] ||
	    (end == SCHEDULE_UNSET && m != 3))
		complain(k, "write YYYY-MM-DD off, or YYYY-MM-DD HH:MM:SS");
	else
		add(k, date, end);
}

static void
read_lines(struct calendar *k, FILE *f)
{
	char line[LINE_MAX_LEN];

	while (fgets(line, sizeof(line), f) != NULL) {
		k->line++;
		if (strchr(line, '\n') == NULL && !feof(f)) {
			complain(k, "the line is too long");
			return;
		}
		if (k->n == HOLIDAYS_MAX) {
			complain(k, "there are too many dates");
			return;
		}
		take_line(k, line);
	}
	if (ferror(f))
		complain(k, "cannot be read");
}

void
calendar_load(struct conf *c, struct conf_section *s,
    const struct conf_entry *e)
{
	struct calendar k = { .c = c, .e = e, .path = e->path };
	FILE *f = fopen(e->path, "re");

	if (f == NULL) {
		fault_add(c, CONF_ERROR, e->line, "%s=%s: there is no file "
		    "that can be read", e->name, e->value);
		return;
	}
	read_lines(&k, f);
	fclose(f);
	s->holiday = k.day;
	s->schedule.holiday = k.day;
	s->schedule.nholidays = k.n;
}
