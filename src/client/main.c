/* main.c: fixgate-client: start, run, stop. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "client/client.h"
#include "client/compare.h"
#include "daemon/watchdog.h"
#include "log/log.h"

#define PROGRAM "fixgate-client"

/* How long a stop may take. */
#define ANSWERS_NS (3 * NS_PER_S) /* for answers to what was sent */
#define CURSORS_NS (2 * NS_PER_S) /* for the cursors to be stored */
#define EXECS_NS   (5 * NS_PER_S) /* for programs to end */

void *
must(void *p)
{
	if (p != NULL)
		return p;
	log_error("no memory; the process ends, and goes on at its cursors "
	    "when it is started again");
	exit(EXIT_FAILURE);
}

void
must_be_0(int err)
{
	if (err == 0)
		return;
	log_error("%s; the process ends, and goes on at its cursors when it is "
	    "started again", fg_strerror(err));
	exit(EXIT_FAILURE);
}

/* ---- stop ---- */

enum stage { STAGE_RUN, STAGE_ANSWERS, STAGE_CURSORS, STAGE_EXECS,
	STAGE_OVER };

static bool
all_quiet(const struct program *p)
{
	size_t i;

	for (i = 0; i < p->nclient; i++)
		if (!client_is_quiet(&p->client[i]))
			return false;
	return true;
}

static bool
all_put(const struct program *p)
{
	size_t i;

	for (i = 0; i < p->nclient; i++)
		if (remote_is_up(p->client[i].remote) &&
		    !position_is_put(&p->client[i]))
			return false;
	return true;
}

static bool
all_over(const struct program *p)
{
	size_t i;

	for (i = 0; i < p->nexec; i++)
		if (p->exec[i]->exec != NULL &&
		    !exec_is_over(p->exec[i]->exec))
			return false;
	return true;
}

static void
next_stage(struct program *p, int64_t ns)
{
	p->stage++;
	p->stage_end = mono_add(now_of(p).mono, ns);
}

static void
stop_work(struct program *p)
{
	bool late = !mono_before(now_of(p).mono, p->stage_end);
	size_t i;

	if (p->stage == STAGE_ANSWERS && (late || all_quiet(p))) {
		if (late)
			log_warnx("some events have no answer yet; they come "
			    "again");
		for (i = 0; i < p->nclient; i++)
			position_put(&p->client[i], now_of(p).mono);
		next_stage(p, CURSORS_NS);
		late = false;
	}
	if (p->stage == STAGE_CURSORS && (late || all_put(p))) {
		for (i = 0; i < p->nexec; i++)
			if (p->exec[i]->exec != NULL)
				exec_end(p->exec[i]->exec);
		next_stage(p, EXECS_NS);
		late = false;
	}
	if (p->stage == STAGE_EXECS && (late || all_over(p))) {
		next_stage(p, 0);
		loop_stop(p->start.loop);
	}
}

static void
on_stop(void *arg)
{
	struct program *p = arg;
	size_t i;

	p->stopping = true;
	for (i = 0; i < p->nclient; i++)
		client_leave(&p->client[i]);
	next_stage(p, ANSWERS_NS);
}

/* ---- run ---- */

static void
on_end(void *arg)
{
	struct program *p = arg;
	mono_t now = now_of(p).mono, due = MONO_NEVER;
	struct client *c;
	size_t i, k;

	for (i = 0; i < p->nclient; i++)
		client_work(&p->client[i], now);
	for (i = 0; i < p->nexec; i++) {
		target_work(p->exec[i], now);
		due = mono_min(due, p->exec[i]->due);
	}
	for (i = 0; i < p->nclient; i++) {
		c = &p->client[i];
		for (k = 0; k < c->ntarget; k++) {
			target_work(c->target[k], now);
			due = mono_min(due, c->target[k]->due);
		}
		due = mono_min(due, client_due(c));
	}
	if (p->stopping) {
		stop_work(p);
		due = mono_min(due, p->stage_end);
	}
	timer_set(p->timer, due);
}

/* The wake-up itself is all that is wanted: its end does the work. */
static void
on_timer(void *arg)
{
	(void)arg;
}

static struct watchdog *
watch(const struct program *p)
{
	struct watchdog_code *code = must(calloc(p->nclient + 1,
	    sizeof(*code)));
	struct watchdog *w;
	size_t i;

	for (i = 0; i < p->nclient; i++)
		code[i] = (struct watchdog_code){
			p->client[i].script->code, "client",
			p->client[i].script->name };
	w = must(watchdog_new(code, p->nclient, WATCHDOG_NS));
	free(code);
	return w;
}

static void
start_clients(struct program *p)
{
	const struct script_clients *f;
	size_t i, k;

	p->client = must(calloc(p->files.nclient + 1, sizeof(*p->client)));
	for (i = 0; i < p->files.n; i++)
		for (f = p->files.file[i], k = 0; k < f->nclient; k++)
			client_start(&p->client[p->nclient++], p,
			    p->files.path[i], &f->client[k]);
}

/* 0 or FG_E*, with a line in the log. */
static int
run(struct program *p)
{
	struct watchdog *w;
	char text[64];
	int err;

	p->timer = must(timer_new(p->start.loop, on_timer, p));
	p->out = must(link_out_new());
	err = serve_start(p);
	if (err != 0)
		return err;
	start_clients(p);
	loop_on_end(p->start.loop, on_end, p);
	w = watch(p);
	snprintf(text, sizeof(text), "%zu clients", p->nclient);
	p->start.confine = p->nexec == 0;
	p->start.metrics = client_metrics;
	p->start.metrics_arg = p;
	err = start_run(&p->start, text);
	watchdog_free(w);
	return err;
}

static void
clean(struct program *p)
{
	size_t i;

	server_free(p->server);
	for (i = 0; i < p->nclient; i++)
		client_free(&p->client[i]);
	for (i = 0; i < p->nexec; i++)
		target_free(p->exec[i]);
	free(p->client);
	free(p->exec);
	link_out_free(p->out);
	buf_free(&p->scratch);
	if (p->timer != NULL)
		timer_free(p->timer);
}

int
main(int argc, char **argv)
{
	struct program p = { .nclient = 0 };
	struct buf faults = { 0 };
	int err;

	start_options(&p.start, PROGRAM, argc, argv);
	p.start.stop = on_stop;
	p.start.arg = &p;
	err = files_load(&p.files, p.start.file, p.start.nfile, &faults);
	if (faults.len > 0)
		fwrite(faults.p, 1, faults.len, stderr);
	else if (err != 0)
		fprintf(stderr, "%s: %s\n", PROGRAM, fg_strerror(err));
	buf_free(&faults);
	if (p.start.check && err == 0) {
		printf("%s: %zu clients, no errors\n", p.start.file[0],
		    p.files.nclient);
		compare_cursors(&p.files);
	}
	if (!p.start.check && err == 0) {
		err = start_begin(&p.start);
		if (err == 0)
			err = run(&p);
		clean(&p);
	}
	start_end(&p.start);
	files_free(&p.files);
	return err == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
