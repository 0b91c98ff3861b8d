/*
 * cmd_send.c: `send`. Lines of a file go out up to IN_FLIGHT ahead of their
 * answers, which come in the order of the lines or not: SOURCE_REF says whose.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/now.h"
#include "ctl/ctl.h"
#include "ctl/input.h"
#include "ctl/line.h"
#include "ctl/opt.h"
#include "ctl/progress.h"

#define IN_FLIGHT 256
#define LINE_MAX_ (1024 * 1024) /* bytes of one line */

struct flight {
	uint64_t ref, line; /* ref 0: free */
};

struct sender {
	struct ctl *c;
	const char *session;
	bool stop;
	struct input in;
	uint64_t size; /* bytes of the file; 0: not known */
	struct flight flight[IN_FLIGHT];
	size_t inflight;
	struct ctl_sent done;
	struct line line;
};

static int
send_one(struct ctl *c, const char *session, const struct line *l)
{
	struct link_msg m;
	int code;

	code = ctl_connect(c);
	if (code != CTL_OK)
		return code;
	line_put(wire_begin(c->wire, "EVENT_FIX_SEND", NULL), session, l);
	code = ctl_ask(c, "EVENT_ACK", &m);
	if (code == CTL_OK)
		c->out->accepted(stdout, m.details);
	return code;
}

static void
refuse(struct sender *s, uint64_t line, const char *code, const char *text)
{
	s->done.refused++;
	ctl_complain("%s:%llu: %s (%s)", s->in.name, (unsigned long long)line,
	    text, code);
}

static int
send_line(struct sender *s)
{
	struct flight *f = s->flight;

	while (f->ref != 0)
		f++;
	line_put(wire_begin(s->c->wire, "EVENT_FIX_SEND", &f->ref), s->session,
	    &s->line);
	f->line = s->in.lineno;
	s->inflight++;
	return wire_end(s->c->wire) == 0 ? CTL_OK : ctl_lost(s->c->wire);
}

static int
send_lines(struct sender *s)
{
	char err[LINE_ERR_MAX], *p;
	size_t n;
	int code = CTL_OK;

	while (code == CTL_OK && !s->stop && s->inflight < IN_FLIGHT &&
	    (p = input_line(&s->in, &n)) != NULL) {
		switch (line_parse(&s->line, p, n, err)) {
		case LINE_MESSAGE:
			code = send_line(s);
			break;
		case LINE_NOTHING:
			break;
		case LINE_BAD:
			refuse(s, s->in.lineno, "BAD_LINE", err);
			break;
		}
	}
	return code;
}

static int
read_more(struct sender *s)
{
	if (s->in.buf.len - s->in.eaten <= LINE_MAX_)
		return input_read(&s->in);
	ctl_complain("%s:%llu: the line is too long", s->in.name,
	    (unsigned long long)s->in.lineno + 1);
	return CTL_USAGE;
}

static void
count_accepted(struct sender *s, const struct link_msg *m)
{
	uint64_t tx = link_find_u64(m->details, "TX_SEQUENCE", 0);

	if (link_find_bool(m->details, "PENDING", false)) {
		s->done.pending++;
		return;
	}
	s->done.sent++;
	if (s->done.first == 0)
		s->done.first = tx;
	s->done.last = tx;
}

static int
take_answer(struct sender *s, const struct link_msg *m)
{
	char code[32] = "?", text[512] = "no reason given";
	struct flight *f;

	for (f = s->flight; f < s->flight + IN_FLIGHT; f++)
		if (f->ref == m->ref && f->ref != 0)
			break;
	if (f == s->flight + IN_FLIGHT)
		return ctl_refusal(m); /* ERROR, about the connection */
	f->ref = 0;
	s->inflight--;
	if (strcmp(m->type, "EVENT_ACK") == 0) {
		count_accepted(s, m);
		return CTL_OK;
	}
	link_find_str(m->details, "CODE", code, sizeof(code));
	link_find_str(m->details, "TEXT", text, sizeof(text));
	refuse(s, f->line, code, text);
	/* What may be tried again must not be overtaken by what follows it. */
	if (link_find_bool(m->details, "RETRY", false) && !s->stop) {
		s->stop = true;
		ctl_complain("stopped: no line after %s:%llu is sent; try "
		    "again from the first that was refused", s->in.name,
		    (unsigned long long)s->in.lineno);
	}
	return CTL_OK;
}

static bool
is_done(const struct sender *s)
{
	return s->inflight == 0 &&
	    (s->stop || input_is_over(&s->in));
}

static int
send_run(struct sender *s)
{
	struct link_msg m;
	bool ready, want;
	int code, err, got = 0;

	while (!is_done(s)) {
		progress_at(s->size == 0 ? s->in.lineno :
		    s->in.taken + s->in.eaten);
		code = CTL_OK;
		while (code == CTL_OK && (got = wire_next(s->c->wire, &m)) == 1)
			code = take_answer(s, &m);
		if (code == CTL_OK)
			code = send_lines(s);
		if (code != CTL_OK)
			return code;
		if (got < 0)
			return ctl_lost(s->c->wire);
		if (is_done(s))
			break;
		want = !s->in.eof && !s->stop && s->inflight < IN_FLIGHT;
		err = wire_wait(s->c->wire, want ? s->in.fd : -1, &ready, -1);
		if (err != 0 && err != FG_EPARTIAL)
			return ctl_lost(s->c->wire);
		if (ready && (code = read_more(s)) != CTL_OK)
			return code;
	}
	return CTL_OK;
}

/* Of a file; 0: it is none, or empty. */
static uint64_t
size_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ?
	    (uint64_t)st.st_size : 0;
}

static int
send_file(struct ctl *c, const char *session, const char *file)
{
	static struct sender s;
	mono_t start;
	int code;

	code = ctl_connect(c);
	if (code != CTL_OK)
		return code;
	s.c = c;
	s.session = session;
	s.in.name = file;
	s.in.fd = strcmp(file, "-") == 0 ? STDIN_FILENO
	    : open(file, O_RDONLY | O_CLOEXEC);
	if (s.in.fd == -1) {
		ctl_complain("%s: %s", file, strerror(errno));
		return CTL_USAGE;
	}
	start = mono_now();
	s.size = size_of(s.in.fd);
	progress_begin("send", "lines", s.size);
	code = send_run(&s);
	progress_end();
	s.done.seconds = seconds_since(start);
	c->out->sent(stdout, &s.done);
	if (code != CTL_OK && s.inflight != 0)
		ctl_complain("%zu messages were not answered: look in FIX_OUT "
		    "before you send them again", s.inflight);
	if (s.in.fd != STDIN_FILENO)
		close(s.in.fd);
	buf_free(&s.in.buf);
	return code == CTL_OK && s.done.refused != 0 ? CTL_REFUSED : code;
}

int
cmd_send(struct ctl *c, int argc, char **argv)
{
	static struct line line;
	const char *raw = NULL, *file = NULL;
	const struct opt opts[] = { { "--raw", OPT_TEXT, &raw },
		{ "--file", OPT_TEXT, &file } };
	char err[LINE_ERR_MAX];
	_Static_assert(LINE_ERR_MAX >= OPT_ERR_MAX, "one text for both");

	argc = opt_parse(opts, 2, argc, argv, err);
	if (argc < 1)
		return ctl_usage("send",
		    argc == -1 ? err : "a SESSION is needed");
	if ((argc > 1) + (raw != NULL) + (file != NULL) != 1)
		return ctl_usage("send", "exactly one of NAME=VALUE ..., --raw "
		    "and --file is needed");
	if (file != NULL)
		return send_file(c, argv[0], file);
	if (raw != NULL)
		line_from_raw(&line, raw, strlen(raw));
	else if (line_from_words(&line, argv + 1, argc - 1, err) == LINE_BAD)
		return ctl_usage("send", err);
	return send_one(c, argv[0], &line);
}
