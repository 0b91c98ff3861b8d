/*
 * scenario: run the files named, each a talk between a peer and the machine:
 *
 *	# comment             "# clock": not for live.py, time must stand
 *	versions 4.2 4.4      run once for each; "fixt": 5.0 5.0SP1 5.0SP2,
 *	                      "all": these and 4.0 ... 4.4
 *	role initiator        the default is acceptor
 *	set Key=value         as in fixgate.conf (settings.c)
 *	set Appl=79           FIXT: ApplVerIDs with a dictionary, ours first
 *	< 35=D|11=id          we receive; 8 9 34 49 52 56 10 are filled in
 *	> 35=D|11=id          we must send; the whole message is compared
 *	<< 35=0|8=FIX...      we receive these very bytes
 *	reject 2 D 5 44 [h]   > a Reject of message 2, type D, code 5, tag 44
 *	                      (or -), in the form of the version; h: header
 *	                      fields
 *	+ 30s                 time passes (ms, s)
 *	x                     the connection must have been closed
 *	s D|55=X              the application sends
 *	rows 3 / rows         with "set PauseRows=Y": 3 rows of a resend, or all
 *	logon / end           the usual Logons; Logouts, with close
 *	in 1-4 6              FIX_IN rows of this epoch, all of them
 *	other duplicate       the last FIX_IN_OTHER row's reason
 *	event gap-open        has happened since the last such line
 *	no gap-open           has not
 *	! close | connect | logout [text] | reset | set IN OUT
 *	! window begins | window goes on | window ends | ResetSeqTime
 *
 * '|' is SOH. In a message "-34" leaves a field out, "@" is the time now,
 * "@-121s" another, "$V" the BeginString, "$END" the EndSeqNo for "all", "$60"
 * a TransactTime where an order needs one, "$1137" that of a FIXT Logon. The
 * connection is up at the start. At each line but ">" all that was sent must have been taken.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "dicts.h"
#include "mem.h"
#include "script.h"
#include "settings.h"

#define START_TIME   "20260105-09:00:00.000"

struct run {
	struct script sc;
	struct sess_cfg cfg;
	struct sess_appl appl[DICTS_APPL];
	struct mem m;
	bool open;     /* m is */
	uint64_t peer; /* the peer's next number */
	uint64_t ours;
	size_t events; /* already looked at */
};

static bool
is_fixt(const struct run *r)
{
	return r->sc.version[0] == '5';
}

static void
nothing_left(struct run *r)
{
	char text[SCRIPT_BYTES];
	const struct mem_msg *m = r->open ? mem_taken(&r->m) : NULL;

	if (m == NULL)
		return;
	script_show(text, m->p, m->len);
	script_fail(&r->sc, "sent and not expected: %s", text);
}

static void
do_receive(struct run *r, char *line)
{
	char bytes[SCRIPT_BYTES], number[NUM_TEXT_MAX + 1];
	struct script_msg m;
	const char *given;

	script_read(&r->sc, line, &m);
	given = script_text(&m, 34);
	if (given != NULL) {
		r->peer = strtoull(given, NULL, 10) + 1;
	} else {
		snprintf(number, sizeof(number), "%" PRIu64, r->peer);
		if (!script_has(&m, 34))
			r->peer++;
		script_fill(&r->sc, &m, 34, number);
	}
	script_fill(&r->sc, &m, 49, r->cfg.target_comp_id);
	script_fill(&r->sc, &m, 52, "@");
	script_fill(&r->sc, &m, 56, r->cfg.sender_comp_id);
	mem_receive(&r->m, bytes, script_write(&r->sc, &m, bytes));
}

static void
do_receive_raw(struct run *r, const char *line)
{
	char bytes[SCRIPT_BYTES];
	size_t n = 0;

	for (; *line != '\0'; line++) {
		if (strncmp(line, "$V", 2) == 0) {
			n += (size_t)snprintf(bytes + n, sizeof(bytes) - n,
			    "%s", r->sc.begin_string);
			line++;
		} else {
			bytes[n++] = *line == '|' ? '\001' : *line;
		}
	}
	mem_receive(&r->m, bytes, n);
}

static void
do_expect(struct run *r, char *line)
{
	char bytes[SCRIPT_BYTES], number[NUM_TEXT_MAX + 1];
	char want[SCRIPT_BYTES], have[SCRIPT_BYTES];
	const struct mem_msg *sent;
	struct script_msg m;
	const char *dup;
	size_t n;

	script_read(&r->sc, line, &m);
	dup = script_text(&m, 43);
	if (script_text(&m, 34) != NULL && dup == NULL)
		r->ours = strtoull(script_text(&m, 34), NULL, 10);
	snprintf(number, sizeof(number), "%" PRIu64, r->ours);
	script_fill(&r->sc, &m, 34, number);
	if (dup == NULL)
		r->ours++;
	script_fill(&r->sc, &m, 49, r->cfg.sender_comp_id);
	script_fill(&r->sc, &m, 52, "@");
	script_fill(&r->sc, &m, 56, r->cfg.target_comp_id);
	n = script_write(&r->sc, &m, bytes);
	script_show(want, bytes, n);
	sent = mem_taken(&r->m);
	if (sent == NULL)
		script_fail(&r->sc, "nothing was sent\n  expected %s", want);
	script_show(have, sent->p, sent->len);
	if (sent->len != n || memcmp(sent->p, bytes, n) != 0)
		script_fail(&r->sc, "wrong message\n  sent     %s\n"
		    "  expected %s", have, want);
}

static void
do_reject(struct run *r, char *line)
{
	static const char *const text[] = { "Invalid tag number",
		"Required tag missing",
		"Tag not defined for this message type", NULL,
		"Tag specified without a value",
		"Value is incorrect (out of range) for this tag",
		"Incorrect data format for value", NULL, NULL,
		"CompID problem", "SendingTime accuracy problem",
		"Invalid MsgType", NULL, "Tag appears more than once",
		"Tag specified out of required order", NULL,
		"Incorrect NumInGroup count for repeating group" };
	char ref[32], type[8], tag[16], head[256] = "", out[SCRIPT_LINE];
	bool has_tag;
	int code;
	size_t n;

	if (sscanf(line, "%31s %7s %d %15s %255s", ref, type, &code, tag,
	    head) < 4 || code < 0 || code > 16 || text[code] == NULL)
		script_fail(&r->sc, "reject NUMBER TYPE CODE TAG [HEADER]");
	has_tag = strcmp(tag, "-") != 0;
	n = (size_t)snprintf(out, sizeof(out), "35=3|%s%s45=%s|58=%s", head,
	    head[0] == '\0' ? "" : "|", ref, text[code]);
	if (script_is_old(&r->sc)) {
		if (has_tag)
			snprintf(out + n, sizeof(out) - n, " (%s)", tag);
		do_expect(r, out);
		return;
	}
	if (has_tag)
		n += (size_t)snprintf(out + n, sizeof(out) - n, "|371=%s",
		    tag);
	n += (size_t)snprintf(out + n, sizeof(out) - n, "|372=%s", type);
	if (strcmp(r->sc.version, "4.2") != 0 || code <= 11)
		snprintf(out + n, sizeof(out) - n, "|373=%d", code);
	do_expect(r, out);
}

static void
do_closed(struct run *r)
{
	if (!r->m.closed)
		script_fail(&r->sc, "the connection was not closed");
	mem_disconnect(&r->m);
}

static void
do_line(struct run *r, char *line);

static void
do_text(struct run *r, const char *text)
{
	char line[SCRIPT_LINE];

	snprintf(line, sizeof(line), "%s", text);
	do_line(r, line);
}

static void
do_logon(struct run *r)
{
	bool first = r->cfg.role == SESS_INITIATOR;
	char body[64], line[SCRIPT_LINE];

	snprintf(body, sizeof(body), "35=A|98=0|108=30%s%s",
	    is_fixt(r) ? "|1137=" : "",
	    is_fixt(r) ? r->cfg.default_appl_ver_id : "");
	snprintf(line, sizeof(line), "%c %s", first ? '>' : '<', body);
	do_line(r, line);
	snprintf(line, sizeof(line), "%c %s", first ? '<' : '>', body);
	do_line(r, line);
}

static void
do_send(struct run *r, char *line)
{
	char *fields = strchr(line, '|'), *p;
	uint64_t seq;

	if (fields == NULL)
		script_fail(&r->sc, "s TYPE|fields");
	*fields++ = '\0';
	for (p = fields; *p != '\0'; p++)
		if (*p == '|')
			*p = '\001';
	*p++ = '\001';
	*p = '\0';
	if (mem_send(&r->m, line, fields, &seq) != 0)
		script_fail(&r->sc, "sess_send refused");
}

/* "1-4 6" */
static void
do_in(struct run *r, char *line)
{
	uint32_t epoch = sess_seqs(r->m.s).epoch;
	uint64_t first, last, seq;
	size_t at = 0;
	char *w, *dash;

	while (at < r->m.in.n && r->m.in.v[at].epoch != epoch)
		at++;
	for (w = strtok(line, " "); w != NULL; w = strtok(NULL, " ")) {
		first = last = strtoull(w, &dash, 10);
		if (*dash == '-')
			last = strtoull(dash + 1, NULL, 10);
		for (seq = first; seq <= last; seq++, at++)
			if (at == r->m.in.n || r->m.in.v[at].seq != seq)
				script_fail(&r->sc, "no FIX_IN row %" PRIu64,
				    seq);
	}
	if (at != r->m.in.n)
		script_fail(&r->sc, "FIX_IN row %" PRIu64 " too many",
		    r->m.in.v[at].seq);
}

static void
do_other(struct run *r, const char *reason)
{
	const struct mem_list *l = &r->m.other;

	if (l->n == 0 || strcmp(reason, sess_other_text(
	    (enum sess_other)l->v[l->n - 1].seq)) != 0)
		script_fail(&r->sc, "the last other row is %s",
		    l->n == 0 ? "none" : sess_other_text(
		    (enum sess_other)l->v[l->n - 1].seq));
}

static void
do_event(struct run *r, const char *name)
{
	const struct mem_list *l = &r->m.event;

	for (; r->events < l->n; r->events++)
		if (strcmp(name, sess_event_text((enum sess_event)
		    l->v[r->events].seq)) == 0) {
			r->events++;
			return;
		}
	script_fail(&r->sc, "no event %s", name);
}

static bool
do_schedule(struct run *r, const char *line, struct sess_acts *a)
{
	wall_t opens = r->m.now.wall;

	if (strcmp(line, "window begins") == 0) {
		sess_window_begins(r->m.s, r->m.now, opens, a);
	} else if (strcmp(line, "window goes on") == 0) {
		opens = sess_seqs(r->m.s).created;
		sess_window_begins(r->m.s, r->m.now, opens, a);
	} else if (strcmp(line, "window ends") == 0) {
		sess_window_ends(r->m.s, r->m.now, a);
	} else if (strcmp(line, "ResetSeqTime") == 0) {
		sess_reset_open(r->m.s, r->m.now, a);
	} else {
		return false;
	}
	return true;
}

static void
do_order(struct run *r, char *line)
{
	struct sess_acts a = { 0 };
	uint64_t in, out;

	if (strcmp(line, "close") == 0) {
		mem_disconnect(&r->m);
	} else if (strcmp(line, "connect") == 0) {
		mem_connect(&r->m);
	} else if (strncmp(line, "logout", 6) == 0) {
		sess_logout(r->m.s, r->m.now, line[6] == ' ' ? line + 7 : NULL,
		    &a);
		mem_run(&r->m, &a, NULL, r->m.now.wall);
	} else if (strcmp(line, "reset") == 0) {
		sess_reset(r->m.s, r->m.now, "the test", &a);
		mem_run(&r->m, &a, NULL, r->m.now.wall);
	} else if (do_schedule(r, line, &a)) {
		mem_run(&r->m, &a, NULL, r->m.now.wall);
	} else if (sscanf(line, "set %" SCNu64 " %" SCNu64, &in, &out) == 2) {
		if (sess_set_seqs(r->m.s, r->m.now, in, out, "the test",
		    &a) != 0)
			script_fail(&r->sc, "sess_set_seqs refused");
		mem_run(&r->m, &a, NULL, r->m.now.wall);
	} else {
		script_fail(&r->sc, "unknown order: %s", line);
	}
	sess_acts_free(&a);
}

static void
do_no_event(struct run *r, const char *name)
{
	size_t i;

	for (i = r->events; i < r->m.event.n; i++)
		if (strcmp(name, sess_event_text((enum sess_event)
		    r->m.event.v[i].seq)) == 0)
			script_fail(&r->sc, "event %s", name);
}

static void
do_set(struct run *r, char *line)
{
	char *v = strchr(line, '=');
	struct sess_cfg *c = &r->cfg;

	if (v == NULL)
		script_fail(&r->sc, "set Key=value");
	*v++ = '\0';
	if (strcmp(line, "UseDataDictionary") == 0 && strcmp(v, "N") == 0) {
		c->app = c->transport = NULL;
		return;
	}
	if (strcmp(line, "Appl") == 0) {
		c->nappl = dicts_appl(v, r->appl);
		c->appl = r->appl;
		c->default_appl_ver_id = r->appl[0].ver_id;
		c->app = r->appl[0].dict;
	} else if (strcmp(line, "PauseRows") == 0) {
		r->m.pause_rows = strcmp(v, "Y") == 0;
	} else if (!settings_set(c, line, v)) {
		script_fail(&r->sc, "unknown setting: %s", line);
	}
}

static void
start(struct run *r)
{
	struct sess_seqs one = { .next_in = 1, .next_out = 1, .epoch = 1 };
	bool pause = r->m.pause_rows;

	mem_open(&r->m, &r->cfg, &one, dicts_scratch());
	r->m.pause_rows = pause;
	r->m.now.mono.ns = 1000 * NS_PER_S;
	if (wall_parse(START_TIME, strlen(START_TIME), &r->m.now.wall) != 0)
		script_fail(&r->sc, "start time");
	r->open = true;
	r->peer = r->ours = 1;
	r->events = 0;
	mem_connect(&r->m);
}

static void
do_line(struct run *r, char *line)
{
	char *arg = strchr(line, ' ');

	arg = arg == NULL ? line + strlen(line) : arg + 1;
	if (strncmp(line, "> ", 2) == 0) {
		do_expect(r, arg);
		return;
	}
	if (strncmp(line, "reject ", 7) == 0) {
		do_reject(r, arg);
		return;
	}
	nothing_left(r);
	if (strncmp(line, "< ", 2) == 0)
		do_receive(r, arg);
	else if (strncmp(line, "<< ", 3) == 0)
		do_receive_raw(r, arg);
	else if (strncmp(line, "+ ", 2) == 0)
		mem_pass(&r->m, script_duration(&r->sc, arg));
	else if (strcmp(line, "x") == 0)
		do_closed(r);
	else if (strncmp(line, "s ", 2) == 0)
		do_send(r, arg);
	else if (strncmp(line, "rows", 4) == 0)
		mem_rows(&r->m, *arg == '\0' ? SIZE_MAX :
		    strtoull(arg, NULL, 10));
	else if (strcmp(line, "logon") == 0)
		do_logon(r);
	else if (strcmp(line, "end") == 0) {
		do_text(r, "< 35=5");
		do_text(r, "> 35=5");
		do_text(r, "x");
	} else if (strncmp(line, "in", 2) == 0)
		do_in(r, arg);
	else if (strncmp(line, "other ", 6) == 0)
		do_other(r, arg);
	else if (strncmp(line, "event ", 6) == 0)
		do_event(r, arg);
	else if (strncmp(line, "no ", 3) == 0)
		do_no_event(r, arg);
	else if (strncmp(line, "! ", 2) == 0)
		do_order(r, arg);
	else
		script_fail(&r->sc, "unknown line: %s", line);
}

static void
configure(struct run *r)
{
	sess_cfg_default(&r->cfg);
	r->cfg.name = "test";
	r->cfg.sender_comp_id = "ISLD";
	r->cfg.target_comp_id = "TW";
	r->cfg.begin_string = dicts_find(r->sc.version, &r->cfg.transport,
	    &r->cfg.app, &r->cfg.default_appl_ver_id);
	r->sc.appl_ver_id = r->cfg.default_appl_ver_id;
	r->sc.begin_string = r->cfg.begin_string;
	r->sc.now = &r->m.now;
	if (r->cfg.app == NULL || r->cfg.transport == NULL)
		script_fail(&r->sc, "no dictionary");
}

/* Lines before the first that does something. */
static bool
is_head(const char *line)
{
	return strncmp(line, "versions ", 9) == 0 ||
	    strncmp(line, "set ", 4) == 0 || strncmp(line, "role ", 5) == 0;
}

static void
do_head(struct run *r, char *line)
{
	if (strncmp(line, "set ", 4) == 0)
		do_set(r, line + 4);
	else if (strcmp(line, "role initiator") == 0)
		r->cfg.role = SESS_INITIATOR;
}

static void
run_file(const char *path, const char *version)
{
	struct run r = { .sc = { .path = path, .version = version } };
	char line[SCRIPT_LINE];
	FILE *f = fopen(path, "r");

	if (f == NULL)
		script_fail(&r.sc, "cannot be opened");
	configure(&r);
	while (fgets(line, sizeof(line), f) != NULL) {
		r.sc.line++;
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '\0' || line[0] == '#')
			continue;
		if (is_head(line)) {
			do_head(&r, line);
			continue;
		}
		if (!r.open)
			start(&r);
		do_line(&r, line);
	}
	nothing_left(&r);
	if (r.open)
		mem_close(&r.m);
	fclose(f);
}

/* Add the words of a versions line; "all" and "fixt" stand for several. */
static void
add_versions(char *words, char *out, size_t cap)
{
	char *w, *rest;
	size_t n = 0;

	for (w = strtok_r(words, " ", &rest); w != NULL;
	    w = strtok_r(NULL, " ", &rest))
		n += (size_t)snprintf(out + n, cap - n, "%s%s ",
		    strcmp(w, "all") == 0 ? "4.0 4.1 4.2 4.3 4.4 " : "",
		    strcmp(w, "all") == 0 || strcmp(w, "fixt") == 0 ?
		    "5.0 5.0SP1 5.0SP2" : w);
}

/* The versions line, or "4.2 4.4". */
static void
read_versions(const char *path, char *out, size_t cap)
{
	char line[SCRIPT_LINE];
	FILE *f = fopen(path, "r");

	snprintf(out, cap, "4.2 4.4");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "versions ", 9) == 0)
			add_versions(line + 9, out, cap);
	}
	if (f != NULL)
		fclose(f);
}

int
main(int argc, char **argv)
{
	char versions[SCRIPT_LINE], *v, *rest;
	int i;

	for (i = 1; i < argc; i++) {
		read_versions(argv[i], versions, sizeof(versions));
		for (v = strtok_r(versions, " ", &rest); v != NULL;
		    v = strtok_r(NULL, " ", &rest))
			run_file(argv[i], v);
	}
	dicts_free();
	return 0;
}
