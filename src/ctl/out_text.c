/* out_text.c: out.h for people. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "ctl/out.h"

#define TEXT_MAX 256 /* bytes of a text shown */

struct text {
	char s[TEXT_MAX];
};

/* The text of a member; "-" if it is empty or absent. Control bytes of a peer's
 * text do not reach the terminal. */
static struct text
text_of(const struct link_val *map, const char *key)
{
	struct text t = { "-" };
	const char *p;
	size_t i, n;

	if (!link_get_str(link_find(map, key), &p, &n) || n == 0)
		return t;
	if (n > sizeof(t.s) - 1)
		n = sizeof(t.s) - 1;
	for (i = 0; i < n; i++)
		t.s[i] = (unsigned char)p[i] < ' ' || p[i] == 127 ? '.' : p[i];
	t.s[n] = '\0';
	return t;
}

static struct text
time_of(const struct link_val *map, const char *key)
{
	struct text t = { "never" };
	int64_t ns;

	if (link_get_i64(link_find(map, key), &ns) && ns != 0)
		t.s[wall_format(t.s, (wall_t){ ns }, 3)] = '\0';
	return t;
}

static uint64_t
number_of(const struct link_val *map, const char *key)
{
	return link_find_u64(map, key, 0);
}

/* Nanoseconds, with three digits or so. */
static struct text
duration(uint64_t ns)
{
	static const struct {
		uint64_t ns;
		const char *unit;
	} units[] = { { NS_PER_S, "s" }, { NS_PER_MS, "ms" },
		{ NS_PER_US, "us" } };
	struct text t;
	size_t i;
	double v;

	for (i = 0; i < 2 && ns < units[i].ns; i++)
		;
	v = (double)ns / (double)units[i].ns;
	snprintf(t.s, sizeof(t.s), "%.*f %s", v < 10 ? 2 : v < 100 ? 1 : 0, v,
	    units[i].unit);
	return t;
}

/* Another version may leave out what this one shows. */
static size_t
count(const struct link_val *array)
{
	return array == NULL ? 0 : link_count(array);
}

/* Since its store was restored. */
static const char *
held_text(const struct link_val *session)
{
	return link_find_bool(session, "HELD", false) ? " (held)" : "";
}

static size_t
widest(const struct link_val *sessions, const char *key, size_t least)
{
	size_t i, n;

	for (i = 0; i < count(sessions); i++) {
		n = strlen(text_of(link_at(sessions, i), key).s);
		if (strcmp(key, "STATE") == 0)
			n += strlen(held_text(link_at(sessions, i)));
		least = n > least ? n : least;
	}
	return least;
}

static void
print_table(FILE *to, const struct link_val *sessions)
{
	int name = (int)widest(sessions, "SESSION", 7);
	int state = (int)widest(sessions, "STATE", 5);
	const struct link_val *s;
	char text[64];
	size_t i;

	fprintf(to, "%-*s %-9s %-*s %8s %8s %9s %9s  %s\n", name, "SESSION",
	    "ROLE", state, "STATE", "NEXT IN", "NEXT OUT", "RECEIVED", "SENT",
	    "LAST EVENT");
	for (i = 0; i < count(sessions); i++) {
		s = link_at(sessions, i);
		snprintf(text, sizeof(text), "%.40s%s", text_of(s, "STATE").s,
		    held_text(s));
		fprintf(to, "%-*s %-9s %-*s %8" PRIu64 " %8" PRIu64 " %9" PRIu64
		    " %9" PRIu64 "  %s\n", name, text_of(s, "SESSION").s,
		    text_of(s, "ROLE").s, state, text,
		    number_of(s, "NEXT_IN"), number_of(s, "NEXT_OUT"),
		    number_of(s, "RECEIVED"), number_of(s, "SENT"),
		    text_of(s, "LAST_EVENT").s);
	}
}

static void
print_one(FILE *to, const struct link_val *s)
{
	uint64_t heart = number_of(s, "HEART_BT_INT");
	uint64_t gap = number_of(s, "GAP_FROM");

	fprintf(to, "session          %s\n", text_of(s, "SESSION").s);
	fprintf(to, "role             %s\n", text_of(s, "ROLE").s);
	if (strcmp(text_of(s, "TEMPLATE").s, "-") != 0)
		fprintf(to, "template         %s\n", text_of(s, "TEMPLATE").s);
	fprintf(to, "state            %s%s%s%s\n", text_of(s, "STATE").s,
	    link_find_bool(s, "ENABLED", true) ? "" : " (stopped)",
	    link_find_bool(s, "HALTED", false) ? " (halted)" : "",
	    held_text(s));
	if (*held_text(s) != '\0')
		fprintf(to, "held             numbers may have been used that "
		    "are not here; fixgatectl status says what to do\n");
	fprintf(to, "counterparty     %s\n", text_of(s, "ADDRESS").s);
	fprintf(to, "next in          %" PRIu64 "\n", number_of(s, "NEXT_IN"));
	fprintf(to, "next out         %" PRIu64 "\n", number_of(s, "NEXT_OUT"));
	fprintf(to, "epoch            %" PRIu64 "\n", number_of(s, "EPOCH"));
	fprintf(to, "heartbeat        %" PRIu64 " s\n", heart);
	if (gap != 0)
		fprintf(to, "waiting for      number %" PRIu64
		    " and up (asked to resend)\n", gap);
	fprintf(to, "received         %" PRIu64 " (%" PRIu64 " rejected)\n",
	    number_of(s, "RECEIVED"), number_of(s, "REJECTED"));
	fprintf(to, "sent             %" PRIu64 " (%" PRIu64
	    " waiting for a logon)\n", number_of(s, "SENT"),
	    number_of(s, "PENDING"));
	fprintf(to, "last received    %s\n", time_of(s, "LAST_RECEIVED").s);
	fprintf(to, "last sent        %s\n", time_of(s, "LAST_SENT").s);
	fprintf(to, "logged on at     %s\n", time_of(s, "LOGGED_ON_AT").s);
	fprintf(to, "last event       %s\n", text_of(s, "LAST_EVENT").s);
	if (number_of(s, "NEXT_TRY_MS") != 0)
		fprintf(to, "next try in      %.1f s\n",
		    (double)number_of(s, "NEXT_TRY_MS") / 1000);
}

static void
print_sessions(FILE *to, const struct link_val *sessions, int one)
{
	if (one && count(sessions) == 1)
		print_one(to, link_at(sessions, 0));
	else
		print_table(to, sessions);
}

static void
print_schedule(FILE *to, const struct link_val *d)
{
	const struct link_val *edges = link_find(d, "EDGES");
	bool open = link_find_bool(d, "OPEN", false);
	size_t i;

	if (count(edges) == 0) {
		fprintf(to, "%s\n", open ? "always open"
		    : "closed, for a year at least");
		return;
	}
	fprintf(to, "now                    %s\n", open ? "open" : "closed");
	for (i = 0; i < count(edges); i++)
		fprintf(to, "%s  %s\n", time_of(link_at(edges, i), "TIME").s,
		    text_of(link_at(edges, i), "EDGE").s);
}

static void
print_advice(FILE *to, const struct link_val *advice)
{
	const struct link_val *a;
	size_t i;

	if (count(advice) == 0)
		return;
	fprintf(to, "\nWhat to look at:\n");
	for (i = 0; i < count(advice); i++) {
		a = link_at(advice, i);
		fprintf(to, "  %-7s %s: %s\n", text_of(a, "LEVEL").s,
		    text_of(a, "SUBJECT").s, text_of(a, "TEXT").s);
	}
}

static void
print_uptime(FILE *to, uint64_t s)
{
	if (s >= 86400)
		fprintf(to, "%" PRIu64 "d", s / 86400);
	if (s >= 3600)
		fprintf(to, "%" PRIu64 "h", s / 3600 % 24);
	if (s >= 60)
		fprintf(to, "%" PRIu64 "m", s / 60 % 60);
	fprintf(to, "%" PRIu64 "s", s % 60);
}

static void
print_tables(FILE *to, const struct link_val *tables)
{
	const struct link_val *t;
	size_t i, n;

	fprintf(to, "newest rows");
	for (i = 0; i < count(tables); i++) {
		t = link_at(tables, i);
		fprintf(to, "  %s %" PRIu64, text_of(t, "TABLE").s,
		    number_of(t, "VISIBLE"));
	}
	fputc('\n', to);
	for (i = n = 0; i < count(tables); i++) {
		t = link_at(tables, i);
		if (link_find(t, "INDEXED") != NULL)
			fprintf(to, "%s  %s %" PRIu64, n++ == 0 ?
			    "indexed to " : "", text_of(t, "TABLE").s,
			    number_of(t, "INDEXED"));
	}
	if (n > 0)
		fputc('\n', to);
}

static void
print_archive(FILE *to, const struct link_val *a)
{
	struct text held;

	if (a == NULL) /* of a streamer */
		return;
	held = text_of(a, "HELD");
	if (number_of(a, "FILES") == 0 && number_of(a, "RAN") == 0 &&
	    number_of(a, "DUE") == 0)
		return;
	fprintf(to, "archive     %" PRIu64 " files of %" PRIu64 " MB",
	    number_of(a, "FILES"), (number_of(a, "BYTES") + 1048575) >> 20);
	if (number_of(a, "SINCE") != 0)
		fprintf(to, ", %" PRIu64 " rows since %s",
		    number_of(a, "ROWS"), time_of(a, "SINCE").s);
	if (number_of(a, "RAN") != 0)
		fprintf(to, "; at %s: %s", time_of(a, "RAN").s,
		    text_of(a, "RESULT").s);
	if (number_of(a, "DUE") != 0)
		fprintf(to, "; next at %s", time_of(a, "DUE").s);
	fputc('\n', to);
	if (strcmp(held.s, "-") != 0)
		fprintf(to, "            %s\n", held.s);
}

static void
print_consumers(FILE *to, const struct link_val *consumers)
{
	int name = (int)widest(consumers, "CONSUMER", 8);
	int key = (int)widest(consumers, "KEY", 3);
	int stream = (int)widest(consumers, "STREAM", 6);
	int table = (int)widest(consumers, "TABLE", 5);
	const struct link_val *c;
	size_t i;

	if (count(consumers) == 0)
		return;
	fprintf(to, "\n%-*s %-*s %-*s %-*s %10s %9s %9s  %s\n", name,
	    "CONSUMER", key, "KEY", stream, "STREAM", table, "TABLE", "POSITION",
	    "BEHIND", "OLDEST", "SEEN");
	for (i = 0; i < count(consumers); i++) {
		c = link_at(consumers, i);
		fprintf(to, "%-*s %-*s %-*s %-*s %10" PRIu64 " %9" PRIu64
		    " %9s  %s\n", name, text_of(c, "CONSUMER").s, key,
		    text_of(c, "KEY").s, stream, text_of(c, "STREAM").s, table,
		    text_of(c, "TABLE").s, number_of(c, "SEQUENCE"),
		    number_of(c, "BEHIND"), number_of(c, "AGE") == 0 ? "-" :
		    duration(number_of(c, "AGE")).s,
		    link_find_bool(c, "CONNECTED", false) ? "connected" :
		    time_of(c, "SEEN").s);
	}
}

static void
print_latency(FILE *to, const struct link_val *stages)
{
	const struct link_val *s;
	size_t i;

	if (count(stages) == 0)
		return;
	fprintf(to, "\n%-14s %10s %9s %9s %9s\n", "LAST MINUTE", "COUNT", "P50",
	    "P99", "MAX");
	for (i = 0; i < count(stages); i++) {
		s = link_at(stages, i);
		fprintf(to, "%-3s  %-9s %10" PRIu64 " %9s %9s %9s\n",
		    text_of(s, "PATH").s, text_of(s, "STAGE").s,
		    number_of(s, "COUNT"), duration(number_of(s, "P50")).s,
		    duration(number_of(s, "P99")).s,
		    duration(number_of(s, "MAX")).s);
	}
}

static void
print_status(FILE *to, const struct link_val *d)
{
	fprintf(to, "%s  %s %s, up ", text_of(d, "HEALTH").s,
	    text_of(d, "PROGRAM").s, text_of(d, "VERSION").s);
	print_uptime(to, number_of(d, "UPTIME_S"));
	fprintf(to, "\nstore       %s, %s, %" PRIu64
	    " waiting for the disk", text_of(d, "STORE").s,
	    text_of(d, "DURABILITY").s, number_of(d, "WAITING"));
	if (number_of(d, "LAG") != 0)
		fprintf(to, " (%s)", duration(number_of(d, "LAG")).s);
	if (number_of(d, "STORE_BYTES") != 0)
		fprintf(to, ", %" PRIu64 " MB",
		    (number_of(d, "STORE_BYTES") >> 20) + 1);
	if (link_find(d, "DISK_FREE") != NULL)
		fprintf(to, ", %" PRIu64 " MB free on it",
		    number_of(d, "DISK_FREE") >> 20);
	fputc('\n', to);
	print_tables(to, link_find(d, "TABLES"));
	print_archive(to, link_find(d, "ARCHIVE"));
	fputc('\n', to);
	print_table(to, link_find(d, "SESSIONS"));
	print_consumers(to, link_find(d, "CONSUMERS"));
	print_latency(to, link_find(d, "LATENCY"));
	if (number_of(d, "STRANGERS") != 0)
		fprintf(to, "\n%" PRIu64 " connections have not logged on\n",
		    number_of(d, "STRANGERS"));
	print_advice(to, link_find(d, "ADVICE"));
}

static void
print_faults(FILE *to, const struct link_val *faults)
{
	const struct link_val *f;
	char line[32];
	size_t i;

	for (i = 0; i < count(faults); i++) {
		f = link_at(faults, i);
		snprintf(line, sizeof(line), ":%" PRIu64, number_of(f, "LINE"));
		fprintf(to, "%s%s: %s: %s\n", text_of(f, "FILE").s,
		    number_of(f, "LINE") == 0 ? "" : line,
		    text_of(f, "SEVERITY").s, text_of(f, "TEXT").s);
	}
}

/* One name per line, each with what happens to it. */
static void
print_names(FILE *to, const struct link_val *d, const char *key,
    const char *what)
{
	const struct link_val *names = link_find(d, key);
	const char *p;
	size_t i, n;

	for (i = 0; i < count(names); i++)
		if (link_get_str(link_at(names, i), &p, &n))
			fprintf(to, "%-18s %.*s\n", what, (int)n, p);
}

static void
print_reload(FILE *to, const struct link_val *d)
{
	bool applied = link_find_bool(d, "APPLIED", false);
	size_t untouched = count(link_find(d, "UNTOUCHED"));

	print_faults(to, link_find(d, "FAULTS"));
	if (number_of(d, "ERRORS") != 0) {
		fprintf(to, "nothing was changed\n");
		return;
	}
	print_names(to, d, "ADDED", "added");
	print_names(to, d, "CHANGED", "changed");
	print_names(to, d, "REMOVED", "removed");
	print_names(to, d, "SETTINGS_NOW", "setting");
	print_names(to, d, "SETTINGS_AT_RESTART", "needs a restart");
	fprintf(to, "%s: %zu added, %zu changed, %zu removed, %zu "
	    "untouched\n", applied ? "done" : "would be",
	    count(link_find(d, "ADDED")), count(link_find(d, "CHANGED")),
	    count(link_find(d, "REMOVED")), untouched);
}

static void
print_done(FILE *to, const char *text)
{
	fprintf(to, "%s\n", *text == '\0' ? "done" : text);
}

static void
print_note(FILE *to, const char *text)
{
	fprintf(to, "%s\n", text);
}

static void
print_accepted(FILE *to, const struct link_val *d)
{
	if (link_find_bool(d, "PENDING", false))
		fprintf(to, "stored; it is sent when %s is logged on\n",
		    text_of(d, "SESSION").s);
	else
		fprintf(to, "sent: MsgSeqNum %" PRIu64 ", TX_SEQUENCE %" PRIu64
		    "\n", number_of(d, "MSG_SEQ_NUM"),
		    number_of(d, "TX_SEQUENCE"));
}

static void
print_sent(FILE *to, const struct ctl_sent *s)
{
	fprintf(to, "sent %" PRIu64, s->sent);
	if (s->first != 0)
		fprintf(to, " (TX_SEQUENCE %" PRIu64 "-%" PRIu64 ")", s->first,
		    s->last);
	if (s->pending != 0)
		fprintf(to, ", waiting for a logon %" PRIu64, s->pending);
	fprintf(to, ", refused %" PRIu64 ", %.3f s\n", s->refused, s->seconds);
}

static void
print_appended(FILE *to, const struct ctl_appended *a)
{
	fprintf(to, "appended %" PRIu64, a->appended);
	if (a->first != 0)
		fprintf(to, " (rows %" PRIu64 "-%" PRIu64 ")", a->first,
		    a->last);
	fprintf(to, ", there before %" PRIu64 ", refused %" PRIu64
	    ", %.3f s\n", a->before, a->refused, a->seconds);
}

const struct ctl_output ctl_output_text = {
	.status = print_status,
	.sessions = print_sessions,
	.schedule = print_schedule,
	.reload = print_reload,
	.done = print_done,
	.note = print_note,
	.accepted = print_accepted,
	.sent = print_sent,
	.appended = print_appended,
};
