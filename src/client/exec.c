#include "client/exec.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/num.h"
#include "log/log.h"

#define LINE_MAX_BYTES 65536 /* of an answer, and of a line for the log */
#define LINE_SHOWN     512
#define WAIT_MIN       (100 * NS_PER_MS)
#define WAIT_MAX       (10 * NS_PER_S)
#define GRACE          NS_PER_S /* for what is left of one that ended */
#define COMPLAINTS     20       /* about its output in so many ns */
#define COMPLAINTS_NS  (10 * NS_PER_S)

struct exec {
	struct exec_cfg cfg;
	struct child *child; /* NULL: not running */
	struct conn *io, *errors;
	struct timer *timer; /* of the next start, or of the grace */
	bool ended; /* the child; its connections may be there */
	bool ending; /* its input was closed */
	bool skips_io, skips_errors; /* in the midst of a line too long */
	bool full;
	int64_t wait;
	char why[160]; /* it is not up */
	mono_t complaint;
	unsigned complaints;
};

static struct now
now(const struct exec *e)
{
	return loop_now(e->cfg.loop);
}

/* ---- lines ---- */

/* About a line that is no answer: not so many that they fill the disk. */
static void
complain(struct exec *e, const char *p, size_t n)
{
	char text[LINE_SHOWN];

	if (now(e).mono.ns - e->complaint.ns > COMPLAINTS_NS) {
		if (e->complaints > COMPLAINTS)
			log_event(LOG_LEVEL_WARN, "exec", NULL,
			    "%s: %u more lines that are no answers",
			    e->cfg.name, e->complaints - COMPLAINTS);
		e->complaint = now(e).mono;
		e->complaints = 0;
	}
	if (e->complaints++ < COMPLAINTS)
		log_event(LOG_LEVEL_WARN, "exec", NULL, "%s: not an answer: %s",
		    e->cfg.name, log_escape(text, sizeof(text), p, n));
}

static void
on_answer_line(struct exec *e, const char *p, size_t n)
{
	struct exec_answer a = { .text = "" };
	json_t *j = json_loadb(p, n, 0, NULL), *num;

	num = json_object_get(j, "ack");
	a.ok = num != NULL;
	if (num == NULL)
		num = json_object_get(j, "nack");
	if (!json_is_integer(num) || json_integer_value(num) <= 0) {
		complain(e, p, n);
		json_decref(j);
		return;
	}
	a.n = (uint64_t)json_integer_value(num);
	a.retry = json_is_true(json_object_get(j, "retry"));
	if (json_is_string(json_object_get(j, "text")))
		a.text = json_string_value(json_object_get(j, "text"));
	e->wait = WAIT_MIN;
	e->cfg.answer(e->cfg.arg, &a);
	json_decref(j);
}

static void
on_error_line(struct exec *e, const char *p, size_t n)
{
	char text[LINE_SHOWN];

	log_event(LOG_LEVEL_INFO, "exec", NULL, "%s: %s", e->cfg.name,
	    log_escape(text, sizeof(text), p, n));
}

/* Give the whole lines to fn. Of one longer than the limit the first part is
 * given, and the rest is dropped. */
static void
read_lines(struct exec *e, struct conn *c, bool *skips,
    void (*fn)(struct exec *e, const char *p, size_t n))
{
	const char *p, *end;
	size_t n;

	while ((n = conn_in(c, &p)) > 0) {
		end = memchr(p, '\n', n);
		if (end == NULL && n <= LINE_MAX_BYTES)
			return;
		if (!*skips && (end == NULL || end > p))
			fn(e, p, end == NULL ? n : (size_t)(end - p));
		*skips = end == NULL;
		conn_eat(c, end == NULL ? n : (size_t)(end - p) + 1);
	}
}

/* ---- the child ---- */

/* It has ended and all was read: start it again, or be over. */
static void
look(struct exec *e)
{
	if (e->io != NULL || !e->ended)
		return;
	if (e->errors != NULL)
		conn_abort(e->errors, "the program has ended");
	child_free(e->child);
	e->child = NULL;
	timer_set(e->timer, MONO_NEVER);
	if (!e->ending) {
		log_event(LOG_LEVEL_WARN, "exec", NULL, "%s: %s: started again "
		    "in %d ms", e->cfg.name, e->why,
		    (int)(e->wait / NS_PER_MS));
		timer_set(e->timer, mono_add(now(e).mono, e->wait));
		e->wait = e->wait * 2 < WAIT_MAX ? e->wait * 2 : WAIT_MAX;
	}
	e->cfg.down(e->cfg.arg, e->why);
}

static void
io_data(struct conn *c, void *arg)
{
	struct exec *e = arg;

	read_lines(e, c, &e->skips_io, on_answer_line);
}

static void
io_drained(struct conn *c, void *arg)
{
	struct exec *e = arg;

	(void)c;
	e->full = false;
	e->cfg.drained(e->cfg.arg);
}

static void
io_closed(struct conn *c, void *arg, const char *why)
{
	struct exec *e = arg;

	(void)c;
	e->io = NULL;
	if (!e->ended) {
		snprintf(e->why, sizeof(e->why), "its output: %.100s", why);
		child_kill(e->child, SIGTERM);
		timer_set(e->timer, mono_add(now(e).mono, GRACE));
	}
	look(e);
}

static void
errors_data(struct conn *c, void *arg)
{
	struct exec *e = arg;

	read_lines(e, c, &e->skips_errors, on_error_line);
}

static void
errors_closed(struct conn *c, void *arg, const char *why)
{
	struct exec *e = arg;

	(void)why;
	if (c == e->errors)
		e->errors = NULL;
}

static void
child_exited(void *arg, const char *how)
{
	struct exec *e = arg;

	e->ended = true;
	snprintf(e->why, sizeof(e->why), "%s", how);
	/* Whoever it has left behind may keep its end open. */
	timer_set(e->timer, mono_add(now(e).mono, GRACE));
	look(e);
}

static const struct conn_ops io_ops = {
	.data = io_data,
	.drained = io_drained,
	.closed = io_closed,
};
static const struct conn_ops errors_ops = {
	.data = errors_data,
	.closed = errors_closed,
};
static const struct child_ops child_ops = {
	&io_ops,
	&errors_ops,
	child_exited,
};

static void
start(struct exec *e)
{
	struct conn_limits lim = {
		.in_max = LINE_MAX_BYTES + 1,
		.out_high = 4 * LINE_MAX_BYTES,
		.out_low = LINE_MAX_BYTES,
	};
	char err[NET_ERR_MAX];

	e->ended = e->skips_io = e->skips_errors = e->full = false;
	e->child = child_start(e->cfg.loop, e->cfg.command, &lim, &child_ops,
	    e, &e->io, &e->errors, err);
	if (e->child == NULL) {
		snprintf(e->why, sizeof(e->why), "%.150s", err);
		log_event(LOG_LEVEL_WARN, "exec", NULL, "%s: %s", e->cfg.name,
		    err);
		timer_set(e->timer, mono_add(now(e).mono, WAIT_MAX));
		return;
	}
	e->why[0] = '\0';
	e->cfg.up(e->cfg.arg);
}

static void
on_time(void *arg)
{
	struct exec *e = arg;

	if (e->child == NULL) {
		start(e);
		return;
	}
	if (!e->ended)
		child_kill(e->child, SIGKILL);
	if (e->io != NULL)
		conn_abort(e->io, "the program has ended");
}

/* ---- the owner's side ---- */

struct exec *
exec_new(const struct exec_cfg *cfg)
{
	struct exec *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return NULL;
	e->cfg = *cfg;
	e->wait = WAIT_MIN;
	snprintf(e->why, sizeof(e->why), "not yet started");
	e->timer = timer_new(cfg->loop, on_time, e);
	if (e->timer == NULL) {
		free(e);
		return NULL;
	}
	timer_set(e->timer, now(e).mono);
	return e;
}

void
exec_free(struct exec *e)
{
	if (e == NULL)
		return;
	timer_free(e->timer);
	if (e->io != NULL) {
		conn_set_ops(e->io, NULL, NULL);
		conn_abort(e->io, "stopped");
	}
	if (e->errors != NULL) {
		conn_set_ops(e->errors, NULL, NULL);
		conn_abort(e->errors, "stopped");
	}
	child_free(e->child);
	free(e);
}

bool
exec_is_up(const struct exec *e)
{
	return e->io != NULL && !e->ended && !e->ending;
}

const char *
exec_trouble(const struct exec *e)
{
	return exec_is_up(e) ? "" : e->why;
}

bool
exec_is_full(const struct exec *e)
{
	return e->full;
}

int
exec_send(struct exec *e, uint64_t n, const char *members, size_t len)
{
	char head[16 + NUM_TEXT_MAX];
	size_t at;
	int err;

	if (!exec_is_up(e))
		return FG_ECLOSED;
	memcpy(head, "{\"n\":", 5);
	at = 5 + num_format_u64(head + 5, n);
	head[at++] = ',';
	err = conn_send(e->io, head, at);
	if (err == 0)
		err = conn_send(e->io, members, len);
	if (err == 0)
		err = conn_send(e->io, "}\n", 2);
	e->full = conn_is_full(e->io);
	return err;
}

void
exec_end(struct exec *e)
{
	e->ending = true;
	if (e->io != NULL)
		conn_end(e->io);
	else if (e->child == NULL)
		timer_set(e->timer, MONO_NEVER);
}

bool
exec_is_over(const struct exec *e)
{
	return e->ending && e->child == NULL;
}
