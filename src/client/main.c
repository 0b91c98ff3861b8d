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

void *
must(void *p)
{
	if (p != NULL)
		return p;
	log_event(LOG_LEVEL_ERROR, "fatal", NULL, "no memory; the process "
	    "ends, and goes on at its cursors when it is started again");
	exit(EXIT_FAILURE);
}

void
must_be_0(int err)
{
	if (err == 0)
		return;
	log_event(LOG_LEVEL_ERROR, "fatal", NULL, "%s; the process ends, and "
	    "goes on at its cursors when it is started again",
	    fg_strerror(err));
	exit(EXIT_FAILURE);
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
		client_work(p->client[i], now);
	for (i = 0; i < p->nexec; i++) {
		target_work(p->exec[i], now);
		due = mono_min(due, p->exec[i]->due);
	}
	for (i = 0; i < p->nclient; i++) {
		c = p->client[i];
		for (k = 0; k < c->ntarget; k++) {
			target_work(c->target[k], now);
			due = mono_min(due, c->target[k]->due);
		}
		due = mono_min(due, client_due(c));
	}
	timer_set(p->timer, mono_min(due, leave_work(p)));
}

/* The wake-up itself is all that is wanted: its end does the work. */
static void
on_timer(void *arg)
{
	(void)arg;
}

/* 0 or FG_E*, with a line in the log. */
static int
run(struct program *p)
{
	char text[64];
	int err;

	p->timer = must(timer_new(p->start.loop, on_timer, p));
	p->out = must(link_out_new());
	err = serve_start(p);
	if (err != 0)
		return err;
	leave_start(p);
	loop_on_end(p->start.loop, on_end, p);
	snprintf(text, sizeof(text), "%zu clients", p->nclient);
	p->start.confine = p->nexec == 0;
	p->start.metrics = client_metrics;
	p->start.metrics_arg = p;
	err = start_run(&p->start, text);
	watchdog_free(p->watchdog);
	return err;
}

static void
clean(struct program *p)
{
	size_t i;

	server_free(p->server);
	roles_free(p->roles);
	for (i = 0; i < p->nclient; i++)
		client_free(p->client[i]);
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
	p.start.stop = leave_stop;
	p.start.hangup = leave_hangup;
	p.start.arg = &p;
	err = files_load(&p.files, NULL, p.start.file, p.start.nfile,
	    &faults);
	start_complain(&p.start, &faults, err);
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
	files_free(&p.next);
	files_free(&p.files);
	return err == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
