/* main.c: fixgate-streamer: start, run, stop. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "log/log.h"
#include "streamer/streamer.h"

#define POLL_NS     (2 * NS_PER_S) /* between looks at the tables */
#define DICTS_POLLS 5              /* polls between looks at the sessions */
#define PROGRAM     "fixgate-streamer"

static const struct server_request requests[] = {
	{ "STREAM_LOGON", logon_begin, SERVER_READS },
	{ "STREAM_LOGOFF", logon_logoff, SERVER_READS },
	{ "CREDIT", logon_credit, SERVER_READS },
	{ "STREAM_LIST", list_streams, SERVER_READS },
	{ "STATUS", list_status, SERVER_READS },
	{ "CURSOR_GET", forward_ask, 0 },
	{ "CURSOR_PUT", forward_ask, 0 },
	{ "CURSOR_LIST", forward_ask, SERVER_READS },
	{ "CURSOR_CLEAR", forward_ask, 0 },
	{ "EVENT_PARK", forward_ask, 0 },
	{ "QUARANTINE_LIST", forward_ask, SERVER_READS },
	{ "QUARANTINE_PENDING", forward_ask, SERVER_READS },
	{ "QUARANTINE_DONE", forward_ask, 0 },
	{ "QUARANTINE_RETRY", forward_ask, 0 },
	{ "QUARANTINE_DROP", forward_ask, 0 },
	{ "DICT_GET", forward_ask, SERVER_READS },
	{ "SESSIONS", forward_ask, SERVER_READS },
	{ "TABLES", forward_ask, SERVER_READS },
};

static void
on_poll(void *arg)
{
	struct streamer *st = arg;
	size_t i;

	st->polls++;
	for (i = 0; i < st->nupstream; i++)
		upstream_look(st->upstream[i]);
	for (i = 0; i < st->nstream; i++)
		if (st->polls % DICTS_POLLS == 0 && st->stream[i]->dicts != NULL)
			rowdicts_refresh(st->stream[i]->dicts);
	timer_set(st->poll, mono_add(loop_now(st->loop).mono, POLL_NS));
}

static void
on_again(void *arg)
{
	struct streamer *st = arg;
	size_t i;

	for (i = 0; i < st->nupstream; i++)
		upstream_go_on(st->upstream[i]);
}

static int
listen_all(struct streamer *st)
{
	const struct server_cfg cfg = { .loop = st->loop, .kind = "streamer",
		.name = st->start.name, .program = PROGRAM " " PACKAGE_VERSION,
		.request = requests,
		.nrequest = sizeof(requests) / sizeof(requests[0]),
		.may = rights_may, .feed = logon_feed, .closed = logon_closed, .arg = st };
	const struct load_listen *li;
	char err[NET_ERR_MAX];
	size_t i;

	st->server = server_new(&cfg);
	st->roles = roles_new(true);
	if (st->server == NULL || st->roles == NULL ||
	    role_files_settle(st->roles, &st->load.roles) != 0)
		return FG_ENOMEM;
	for (i = 0; i < st->load.nlisten; i++) {
		li = &st->load.listen[i];
		if (server_listen(st->server, &li->at, err) == 0)
			continue;
		log_event(LOG_LEVEL_ERROR, "start", NULL, "%s:%u: listen: %s",
		    li->file, li->line, err);
		return FG_EIO;
	}
	return 0;
}

static int
open_streams(struct streamer *st)
{
	int err;

	st->poll = timer_new(st->loop, on_poll, st);
	st->again = timer_new(st->loop, on_again, st);
	if (st->poll == NULL || st->again == NULL)
		return FG_ENOMEM;
	err = reload_open(st);
	if (err == 0)
		on_poll(st);
	return err;
}

static int
run(struct streamer *st)
{
	char text[64];
	int err;

	st->loop = st->start.loop;
	loop_on_flushed(st->loop, rows_flushed, st);
	err = open_streams(st);
	if (err == FG_ENOMEM)
		log_event(LOG_LEVEL_ERROR, "start", NULL, "%s",
		    fg_strerror(err));
	if (err == 0)
		err = listen_all(st);
	if (err == 0) {
		snprintf(text, sizeof(text), "%zu stream%s", st->nstream,
		    st->nstream == 1 ? "" : "s");
		st->start.confine = true;
		st->start.hangup = reload_hangup;
		st->start.arg = st;
		st->start.metrics = streamer_metrics;
		st->start.metrics_arg = st;
		err = start_run(&st->start, text);
	}
	return err;
}

/* Clients first: their tails are ended at the upstreams. */
static void
stop(struct streamer *st)
{
	server_free(st->server);
	reload_close(st);
	if (st->poll != NULL)
		timer_free(st->poll);
	if (st->again != NULL)
		timer_free(st->again);
	roles_free(st->roles);
	row_in_free(&st->row);
}

int
main(int argc, char **argv)
{
	struct streamer st = { 0 };
	struct buf faults = { 0 };
	int err;

	start_options(&st.start, PROGRAM, argc, argv);
	err = load_files(&st.load, NULL, st.start.file, st.start.nfile,
	    &faults);
	start_complain(&st.start, &faults, err);
	if (st.start.check && err == 0) {
		printf("%s: %zu stream%s, no errors\n", st.start.file[0],
		    st.load.nstream, st.load.nstream == 1 ? "" : "s");
	} else if (err == 0) {
		err = start_begin(&st.start);
		if (err == 0)
			err = run(&st);
		stop(&st);
	}
	start_end(&st.start);
	load_free(&st.load);
	return err == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
