/* reload.c: processes and streams as the files have them, at the start and when
 * the files are read again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "daemon/watchdog.h"
#include "log/log.h"
#include "streamer/streamer.h"

/* What the files have now; owned until it is taken over. */
struct next {
	struct upstream **upstream;
	size_t nupstream;
	struct stream **stream;
	size_t nstream;
};

static void
say_error(int err)
{
	log_event(LOG_LEVEL_ERROR, "reload", NULL, "%s: the streams stay as "
	    "they are", fg_strerror(err));
}

/* ---- the watchdog of the scripts ---- */

static int
watch(struct streamer *st)
{
	struct watchdog_code *code = calloc(st->nstream + 1, sizeof(*code));
	size_t i, n = 0;

	if (code == NULL)
		return FG_ENOMEM;
	for (i = 0; i < st->nstream; i++) /* a view has no code */
		if (st->stream[i]->script->code != NULL)
			code[n++] = (struct watchdog_code){
				st->stream[i]->script->code, "stream",
				st->stream[i]->script->name };
	st->watchdog = watchdog_new(code, n, WATCHDOG_NS);
	free(code);
	return st->watchdog == NULL ? FG_ENOMEM : 0;
}

/* ---- what stays ---- */

static struct upstream *
find_upstream(const struct streamer *st, const struct start_process *p)
{
	size_t i;

	for (i = 0; i < st->nupstream; i++)
		if (start_same(st->upstream[i]->process, p))
			return st->upstream[i];
	return NULL;
}

/* The scripts of a file that did not change are the same ones; the stream of a
 * view is as the view. */
static bool
is_same(const struct stream *s, const struct load_stream *from)
{
	return s->view == from->view &&
	    (from->made || s->script == from->script);
}

static struct stream *
find_stream(struct streamer *st, const struct load_stream *from)
{
	struct stream *s = stream_find(st, from->script->name);

	return s != NULL && is_same(s, from) ? s : NULL;
}

/* ---- the exchange ---- */

/* The processes; those that are there stay. They come first: nothing is
 * changed if there is no memory. */
static int
next_upstreams(struct streamer *st, const struct load *l, struct next *n)
{
	const struct start_processes *ps = &l->processes;
	struct upstream *u;
	size_t i;

	n->upstream = calloc(ps->n + 1, sizeof(struct upstream *));
	n->stream = calloc(l->nstream + 1, sizeof(struct stream *));
	if (n->upstream == NULL || n->stream == NULL)
		return FG_ENOMEM;
	for (i = 0; i < ps->n; i++) {
		u = find_upstream(st, &ps->process[i]);
		if (u == NULL)
			u = upstream_open(st, &ps->process[i]);
		if (u == NULL)
			return FG_ENOMEM;
		n->upstream[n->nupstream++] = u;
	}
	return 0;
}

static struct upstream *
upstream_of(const struct next *n, const char *process)
{
	size_t i;

	for (i = 0; i < n->nupstream; i++)
		if (strcmp(n->upstream[i]->process->name, process) == 0)
			return n->upstream[i];
	return NULL;
}

static int
next_streams(struct streamer *st, const struct load *l, struct next *n)
{
	const struct load_stream *from;
	struct stream *s;
	size_t i;

	for (i = 0; i < l->nstream; i++) {
		from = &l->stream[i];
		s = find_stream(st, from);
		if (s == NULL)
			s = stream_open(st, from,
			    upstream_of(n, from->script->process));
		if (s == NULL)
			return FG_ENOMEM;
		n->stream[n->nstream++] = s;
	}
	return 0;
}

static bool
has_stream(struct stream *const *list, size_t n, const struct stream *s)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (list[i] == s)
			return true;
	return false;
}

static bool
has_upstream(struct upstream *const *list, size_t n, const struct upstream *u)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (list[i] == u)
			return true;
	return false;
}

/* There is no memory for it: what is new goes. */
static void
give_up(const struct streamer *st, struct next *n)
{
	size_t i;

	for (i = 0; i < n->nstream; i++)
		if (!has_stream(st->stream, st->nstream, n->stream[i]))
			stream_close(n->stream[i]);
	for (i = 0; i < n->nupstream; i++)
		if (!has_upstream(st->upstream, st->nupstream, n->upstream[i]))
			upstream_close(n->upstream[i]);
	free(n->stream);
	free(n->upstream);
}

/* A stream of its name is there from now on, or none. */
static void
end_stream(struct stream *s, bool again)
{
	struct logon *l;

	log_event(LOG_LEVEL_INFO, "reload", NULL, "stream %s: %s",
	    s->script->name,
	    again ? "its file has changed" : "it is no longer declared");
	while ((l = LIST_FIRST(&s->logons)) != NULL)
		logon_fail(l, again ? "STREAM_CHANGED" : "NO_STREAM", again,
		    again ? "its file has changed: log on again" :
		    "the stream is no longer declared");
	stream_close(s);
}

static const struct load_stream *
find_declared(const struct load *l, const char *name)
{
	size_t i;

	for (i = 0; i < l->nstream; i++)
		if (strcmp(l->stream[i].script->name, name) == 0)
			return &l->stream[i];
	return NULL;
}

/* What is not in n goes, and n is what is there. */
static void
take_over(struct streamer *st, const struct load *l, struct next *n)
{
	struct stream *s;
	size_t i;

	for (i = 0; i < st->nstream; i++) {
		s = st->stream[i];
		if (!has_stream(n->stream, n->nstream, s))
			end_stream(s, find_declared(l, s->script->name) !=
			    NULL);
	}
	for (i = 0; i < st->nupstream; i++)
		if (!has_upstream(n->upstream, n->nupstream, st->upstream[i]))
			upstream_close(st->upstream[i]);
	free(st->stream);
	free(st->upstream);
	st->stream = n->stream;
	st->nstream = n->nstream;
	st->upstream = n->upstream;
	st->nupstream = n->nupstream;
	for (i = 0; i < st->nstream; i++) { /* a view's is made each time */
		st->stream[i]->script = l->stream[i].script;
		if (st->stream[i]->fresh)
			upstream_join(st->stream[i]);
	}
	for (i = 0; i < st->nupstream; i++)
		upstream_look(st->upstream[i]);
}

/* Addresses that were opened before the rights were dropped stay. */
static void
compare_listens(const struct load *old, const struct load *new)
{
	size_t i, k;

	for (i = 0; i < new->nlisten; i++) {
		for (k = 0; k < old->nlisten; k++)
			if (strcmp(old->listen[k].address,
			    new->listen[i].address) == 0)
				break;
		if (k == old->nlisten)
			log_event(LOG_LEVEL_WARN, "reload", NULL,
			    "%s:%u: listen(\"%s\") is new: it is listened "
			    "there after a restart only", new->listen[i].file,
			    new->listen[i].line, new->listen[i].address);
	}
}

static void
reload(struct streamer *st, struct load *l)
{
	size_t before = st->nstream, kept = 0, i;
	struct next n = { 0 };
	int err;

	err = next_upstreams(st, l, &n);
	if (err == 0)
		err = next_streams(st, l, &n);
	if (err == 0)
		err = role_files_settle(st->roles, &l->roles);
	if (err != 0) {
		say_error(err);
		give_up(st, &n);
		load_free(l);
		return;
	}
	for (i = 0; i < n.nstream; i++)
		kept += has_stream(st->stream, st->nstream, n.stream[i]);
	compare_listens(&st->load, l);
	watchdog_free(st->watchdog);
	st->watchdog = NULL;
	take_over(st, l, &n);
	load_replace(&st->load, l);
	rights_look(st);
	if (watch(st) != 0)
		log_event(LOG_LEVEL_ERROR, "fatal", NULL, "no memory or thread "
		    "to look after the scripts");
	log_event(LOG_LEVEL_INFO, "reload", NULL, "the files were read again: "
	    "of %zu streams %zu go on, and %zu are new or changed", before,
	    kept, st->nstream - kept);
}

void
reload_hangup(void *arg)
{
	struct streamer *st = arg;
	struct buf faults = { 0 };
	struct load l;
	int err;

	err = load_files(&l, &st->load, st->start.file, st->start.nfile,
	    &faults);
	if (err == 0) {
		reload(st, &l);
	} else {
		start_refuse(&faults, err);
		load_free(&l);
	}
	buf_free(&faults);
}

/* ---- start and stop ---- */

int
reload_open(struct streamer *st)
{
	struct next n = { 0 };
	int err;

	err = next_upstreams(st, &st->load, &n);
	if (err == 0)
		err = next_streams(st, &st->load, &n);
	if (err != 0) {
		give_up(st, &n);
		return err;
	}
	take_over(st, &st->load, &n);
	return watch(st);
}

void
reload_close(struct streamer *st)
{
	size_t i;

	watchdog_free(st->watchdog);
	for (i = 0; i < st->nstream; i++)
		stream_close(st->stream[i]);
	for (i = 0; i < st->nupstream; i++)
		upstream_close(st->upstream[i]);
	free(st->stream);
	free(st->upstream);
}
