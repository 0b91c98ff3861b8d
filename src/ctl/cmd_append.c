/*
 * cmd_append.c: `append`. Lines go out up to IN_FLIGHT ahead of their answers;
 * the SOURCE_REF of an event is the number of its line, and on a lane so is its
 * SEQUENCE.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/now.h"
#include "ctl/ctl.h"
#include "ctl/input.h"
#include "ctl/json_line.h"
#include "ctl/opt.h"
#include "ctl/progress.h"

#define IN_FLIGHT 1024
#define LINE_MAX_ (2u << 20) /* bytes of one line; no frame gets too long */
#define NAME_MAX_ 120	     /* bytes; "append/NAME" is a name of a lane */

struct appender {
	struct ctl *c;
	const char *table, *as;
	uint64_t lane, handled; /* with as */
	bool stop;
	bool skip; /* the rest of a line that is too long */
	struct input in;
	size_t inflight;
	uint64_t late, last_late; /* refused behind the line it stopped at */
	struct ctl_appended done;
};

static void
refuse(struct appender *a, uint64_t line, const char *code, const char *text)
{
	a->done.refused++;
	ctl_complain("line %llu: %s (%s)", (unsigned long long)line, text,
	    code);
}

/* ---- lines ---- */

static bool
is_blank(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strchr(" \t\r", p[i]) == NULL || p[i] == '\0')
			return false;
	return true;
}

static int
insert(struct appender *a, const json_t *row)
{
	struct link_out *o;

	o = wire_begin_ref(a->c->wire, "EVENT_TABLE_INSERT", a->in.lineno);
	link_map(o, a->as == NULL ? 2 : 4);
	if (a->as != NULL) {
		link_key_u64(o, "LANE", a->lane);
		link_key_u64(o, "SEQUENCE", a->in.lineno);
	}
	link_key_str(o, "TABLE", a->table);
	link_str(o, "COLUMNS");
	json_line_put(o, row);
	a->inflight++;
	return wire_end(a->c->wire) == 0 ? CTL_OK : ctl_lost(a->c->wire);
}

static int
append_line(struct appender *a, const char *p, size_t n)
{
	char err[JSON_LINE_ERR_MAX];
	json_t *row;
	int code;

	if (is_blank(p, n))
		return CTL_OK;
	if (a->in.lineno <= a->handled) {
		a->done.before++;
		return CTL_OK;
	}
	row = json_line(p, n, err);
	if (row == NULL) {
		refuse(a, a->in.lineno, "BAD_LINE", err);
		return CTL_OK;
	}
	code = insert(a, row);
	json_decref(row);
	return code;
}

static int
append_lines(struct appender *a)
{
	const char *p;
	size_t n;
	int code = CTL_OK;

	while (code == CTL_OK && !a->stop && a->inflight < IN_FLIGHT &&
	    (p = input_line(&a->in, &n)) != NULL) {
		if (a->skip)
			a->skip = false;
		else if (n > LINE_MAX_)
			refuse(a, a->in.lineno, "BAD_LINE", "it is too long");
		else
			code = append_line(a, p, n);
	}
	return code;
}

/* What is there of a line that does not end is dropped when it gets too long;
 * a byte of it stays, for the rest that is skipped. */
static void
drop_long(struct appender *a)
{
	struct buf *b = &a->in.buf;

	if (a->in.eaten != 0 || b->len <= LINE_MAX_ ||
	    memchr(b->p, '\n', b->len) != NULL)
		return;
	if (!a->skip)
		refuse(a, a->in.lineno + 1, "BAD_LINE", "it is too long");
	a->skip = true;
	b->len = 1;
}

/* ---- answers ---- */

static void
count(struct appender *a, const struct link_msg *m)
{
	uint64_t row = link_find_u64(m->details, "ROW_SEQUENCE", 0);

	if (link_find_bool(m->details, "DUPLICATE", false)) {
		a->done.before++;
		return;
	}
	a->done.appended++;
	if (a->done.first == 0 || row < a->done.first)
		a->done.first = row;
	if (row > a->done.last)
		a->done.last = row;
}

static int
take_answer(struct appender *a, const struct link_msg *m)
{
	char code[32] = "?", text[512] = "no reason given", more[600];
	uint64_t parked;

	if (strcmp(m->type, "ERROR") == 0)
		return ctl_refusal(m);
	a->inflight--;
	if (strcmp(m->type, "EVENT_ACK") == 0) {
		count(a, m);
		return CTL_OK;
	}
	link_find_str(m->details, "CODE", code, sizeof(code));
	link_find_str(m->details, "TEXT", text, sizeof(text));
	/* Those that were under way behind the first one are no news. */
	if (a->stop && link_find_bool(m->details, "RETRY", false)) {
		a->late++;
		a->last_late = m->ref > a->last_late ? m->ref : a->last_late;
		return CTL_OK;
	}
	parked = link_find_u64(m->details, "PARKED", 0);
	if (parked != 0)
		snprintf(more, sizeof(more), "%s; it is in QUARANTINE as row "
		    "%llu", text, (unsigned long long)parked);
	refuse(a, m->ref, code, parked != 0 ? more : text);
	/* What may be tried again must not be overtaken by what follows it. */
	if (link_find_bool(m->details, "RETRY", false) && !a->stop) {
		a->stop = true;
		ctl_complain("stopped at line %llu: %s",
		    (unsigned long long)m->ref, a->as != NULL ?
		    "run the same command again, it goes on there" :
		    "append from there on again");
	}
	return CTL_OK;
}

/* ---- the run ---- */

static bool
is_done(const struct appender *a)
{
	return a->inflight == 0 &&
	    (a->stop || input_is_over(&a->in));
}

static int
append_run(struct appender *a)
{
	struct link_msg m;
	bool ready, want;
	int code, err, got = 0;

	while (!is_done(a)) {
		progress_at(a->in.lineno);
		code = CTL_OK;
		while (code == CTL_OK && (got = wire_next(a->c->wire, &m)) == 1)
			code = take_answer(a, &m);
		if (code == CTL_OK)
			code = append_lines(a);
		if (code != CTL_OK)
			return code;
		if (got < 0)
			return ctl_lost(a->c->wire);
		if (is_done(a))
			break;
		want = !a->in.eof && !a->stop && a->inflight < IN_FLIGHT;
		err = wire_wait(a->c->wire, want ? STDIN_FILENO : -1, &ready,
		    -1);
		if (err != 0 && err != FG_EPARTIAL)
			return ctl_lost(a->c->wire);
		if (ready && (code = input_read(&a->in)) != CTL_OK)
			return code;
		drop_long(a);
	}
	return CTL_OK;
}

static int
open_lane(struct appender *a)
{
	char source[NAME_MAX_ + sizeof("append/")];
	struct link_out *o;
	struct link_msg m;
	int code;

	snprintf(source, sizeof(source), "append/%s", a->as);
	o = wire_begin(a->c->wire, "LANE_OPEN", NULL);
	link_map(o, 4);
	link_key_str(o, "CONSUMER", a->as);
	link_key_str(o, "KEY", a->table);
	link_key_str(o, "SEND", "append");
	link_key_str(o, "SOURCE", source);
	code = ctl_ask(a->c, "LANE_ACK", &m);
	if (code != CTL_OK)
		return code;
	a->lane = link_find_u64(m.details, "LANE", 0);
	a->handled = link_find_u64(m.details, "HANDLED", 0);
	return CTL_OK;
}

/* What the numbers do not say. Returns the exit code. */
static int
conclude(struct appender *a, int code)
{
	if (code != CTL_OK && a->inflight != 0)
		ctl_complain("%zu lines were not answered: %s", a->inflight,
		    a->as != NULL ? "run the same command again, none is "
		    "appended twice" : "look into the table before you append "
		    "them again (with --as NAME there is no such doubt)");
	if (code != CTL_OK)
		return code;
	if (a->late != 0 && a->as == NULL) {
		a->done.refused += a->late;
		ctl_complain("%llu of the lines behind it, up to line %llu, "
		    "were refused, too", (unsigned long long)a->late,
		    (unsigned long long)a->last_late);
	}
	if (!a->stop && a->in.lineno < a->handled) {
		ctl_complain("line %llu was appended as %s to %s before, but "
		    "the input ends at line %llu: is it another one? Give it "
		    "another NAME", (unsigned long long)a->handled, a->as,
		    a->table, (unsigned long long)a->in.lineno);
		return CTL_USAGE;
	}
	return a->done.refused != 0 ? CTL_REFUSED : CTL_OK;
}

int
cmd_append(struct ctl *c, int argc, char **argv)
{
	static struct appender a;
	const struct opt opts[] = { { "--as", OPT_TEXT, &a.as } };
	char err[OPT_ERR_MAX];
	mono_t start;
	int code;

	argc = opt_parse(opts, 1, argc, argv, err);
	if (argc != 1)
		return ctl_usage("append", argc == -1 ? err :
		    "one TABLE is needed, and JSON lines on standard input");
	if (a.as != NULL && (*a.as == '\0' || strlen(a.as) > NAME_MAX_))
		return ctl_usage("append", "--as needs a NAME of 1 to 120 "
		    "bytes");
	a.c = c;
	a.in.fd = STDIN_FILENO;
	a.in.name = "standard input";
	a.table = argv[0];
	code = ctl_connect(c);
	if (code == CTL_OK && a.as != NULL)
		code = open_lane(&a);
	if (code != CTL_OK)
		return code;
	start = mono_now();
	progress_begin("append", "lines", 0);
	code = append_run(&a);
	progress_end();
	a.done.seconds = seconds_since(start);
	code = conclude(&a, code);
	c->out->appended(stdout, &a.done);
	buf_free(&a.in.buf);
	return code;
}
