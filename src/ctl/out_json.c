/* out_json.c: out.h for programs: a JSON object on a line. */
#include <stdio.h>

#include "ctl/json.h"
#include "ctl/out.h"

/* One line on the stream; takes j. */
static void
print(FILE *to, json_t *j)
{
	struct buf b = { 0 };

	if (json_put(&b, j) == 0 && buf_add(&b, "\n", 1) == 0)
		fwrite(b.p, 1, b.len, to);
	buf_free(&b);
}

static void
print_status(FILE *to, const struct link_val *details)
{
	print(to, json_value(details));
}

static void
print_sessions(FILE *to, const struct link_val *sessions, int one)
{
	size_t i;

	(void)one;
	for (i = 0; sessions != NULL && i < link_count(sessions); i++)
		print(to, json_value(link_at(sessions, i)));
}

static void
print_schedule(FILE *to, const struct link_val *details)
{
	const struct link_val *edges = link_find(details, "EDGES");
	size_t i;

	for (i = 0; edges != NULL && i < link_count(edges); i++)
		print(to, json_value(link_at(edges, i)));
}

static void
print_reload(FILE *to, const struct link_val *details)
{
	print(to, json_value(details));
}

static void
print_done(FILE *to, const char *text)
{
	print(to, json_pack("{s:b, s:s}", "DONE", 1, "TEXT", text));
}

static void
print_note(FILE *to, const char *text)
{
	print(to, json_pack("{s:s}", "NOTE", text));
}

static void
print_accepted(FILE *to, const struct link_val *details)
{
	print(to, json_value(details));
}

static void
print_sent(FILE *to, const struct ctl_sent *s)
{
	print(to, json_pack("{s:I, s:I, s:I, s:I, s:I, s:f}",
		"SENT", (json_int_t)s->sent, "PENDING", (json_int_t)s->pending,
		"REFUSED", (json_int_t)s->refused,
		"FIRST_TX_SEQUENCE", (json_int_t)s->first,
		"LAST_TX_SEQUENCE", (json_int_t)s->last,
		"SECONDS", s->seconds));
}

static void
print_appended(FILE *to, const struct ctl_appended *a)
{
	print(to, json_pack("{s:I, s:I, s:I, s:I, s:I, s:f}",
		"APPENDED", (json_int_t)a->appended,
		"BEFORE", (json_int_t)a->before,
		"REFUSED", (json_int_t)a->refused,
		"FIRST_ROW", (json_int_t)a->first,
		"LAST_ROW", (json_int_t)a->last, "SECONDS", a->seconds));
}

const struct ctl_output ctl_output_json = {
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
