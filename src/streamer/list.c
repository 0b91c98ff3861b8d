/*
 * list.c: STREAM_LIST and STATUS: how far streams and clients are, and what is
 * wrong.
 */
#include <stdio.h>
#include <string.h>

#include "streamer/streamer.h"

const char *
health_text(enum health h)
{
	return h == HEALTHY ? "HEALTHY" : h == WARNING ? "WARNING" : "ERROR";
}

enum health
list_judge(const struct stream *s, char text[TEXT_MAX])
{
	const char *trouble = upstream_trouble(s->up);

	text[0] = '\0';
	if (s->ended) {
		snprintf(text, TEXT_MAX, "%.900s: the stream is ended "
		    "(terminateOnError). Mend the script and send the "
		    "streamer SIGHUP", s->why);
		return ERROR;
	}
	if (trouble != NULL) {
		snprintf(text, TEXT_MAX, "%s at %s: %s. Its clients wait, and "
		    "go on by themselves", s->up->process->name,
		    s->up->process->address, trouble);
		return ERROR;
	}
	if (s->missing) {
		snprintf(text, TEXT_MAX, "%s", s->why);
		return ERROR;
	}
	if (script_lacks_message(s->script)) {
		snprintf(text, TEXT_MAX, "%s:%u: fixStream %s: the "
		    "dictionaries of the rows have no message %s, so it takes "
		    "none", s->file, s->script->line, s->script->name,
		    s->script->msg_type);
		return WARNING;
	}
	if (s->errors == 0)
		return HEALTHY;
	snprintf(text, TEXT_MAX, "%llu rows were left out because of errors; "
	    "the last one: %.900s", (unsigned long long)s->errors, s->why);
	return WARNING;
}

uint64_t
list_lag(const struct logon *l)
{
	uint64_t visible = l->visible > l->stream->visible ? l->visible :
	    l->stream->visible;

	return visible > l->upto ? visible - l->upto : 0;
}

static void
put_logon(struct link_out *o, const struct logon *l)
{
	link_map(o, 9);
	link_key_str(o, "CLIENT", l->client);
	link_key_str(o, "KEY", l->key);
	link_key_str(o, "PEER", server_peer(l->conn));
	link_key_u64(o, "UPTO", l->upto);
	link_key_bool(o, "MORE", l->more);
	link_key_u64(o, "LAG", list_lag(l));
	link_key_u64(o, "SINCE", (uint64_t)l->since.ns);
	link_key_u64(o, "SENT", l->sent);
	link_key_u64(o, "BATCH_US",
	    (uint64_t)((l->batch_ns + NS_PER_US - 1) / NS_PER_US));
}

static void
put_stream(struct link_out *o, const struct stream *s)
{
	const struct logon *l;
	char text[TEXT_MAX];
	uint32_t n = 0;

	LIST_FOREACH(l, &s->logons, of_stream)
		n += l->acked;
	link_map(o, 11);
	link_key_str(o, "STREAM", s->script->name);
	link_key_str(o, "PROCESS", s->up->process->name);
	link_key_str(o, "TABLE", s->table);
	link_key_str(o, "HEALTH", health_text(list_judge(s, text)));
	link_key_str(o, "TEXT", text);
	link_str(o, "SOURCE");
	if (s->source[0] == '\0')
		link_nil(o);
	else
		link_str(o, s->source);
	link_key_u64(o, "OLDEST", s->oldest);
	link_key_u64(o, "VISIBLE", s->visible);
	link_key_u64(o, "ERRORS", s->errors);
	link_key_u64(o, "MAX_LOGONS", (uint64_t)s->script->max_logons);
	link_str(o, "LOGONS");
	link_array(o, n);
	LIST_FOREACH(l, &s->logons, of_stream)
		if (l->acked)
			put_logon(o, l);
}

static void
put_streams(struct link_out *o, const struct streamer *st)
{
	size_t i;

	link_str(o, "STREAMS");
	link_array(o, (uint32_t)st->nstream);
	for (i = 0; i < st->nstream; i++)
		put_stream(o, st->stream[i]);
}

void
list_streams(const struct server_ask *a)
{
	struct link_out *o = server_answer(a, "STREAM_LIST_ACK");

	link_map(o, 1);
	put_streams(o, a->arg);
	server_done(a->conn);
}

static void
put_processes(struct link_out *o, const struct streamer *st)
{
	const struct upstream *u;
	const char *trouble;
	size_t i;

	link_str(o, "PROCESSES");
	link_array(o, (uint32_t)st->nupstream);
	for (i = 0; i < st->nupstream; i++) {
		u = st->upstream[i];
		trouble = upstream_trouble(u);
		link_map(o, 4);
		link_key_str(o, "PROCESS", u->process->name);
		link_key_str(o, "ADDRESS", u->process->address);
		link_key_bool(o, "UP", trouble == NULL);
		link_key_str(o, "TEXT", trouble == NULL ? "" : trouble);
	}
}

static enum health
put_advice(struct link_out *o, const struct streamer *st)
{
	enum health h, worst = HEALTHY;
	char text[TEXT_MAX];
	uint32_t n = 0;
	size_t i;

	link_str(o, "ADVICE");
	link_array_open(o);
	for (i = 0; i < st->nstream; i++) {
		h = list_judge(st->stream[i], text);
		if (h == HEALTHY)
			continue;
		n++;
		link_map(o, 3);
		link_key_str(o, "LEVEL", health_text(h));
		link_key_str(o, "SUBJECT", st->stream[i]->script->name);
		link_key_str(o, "TEXT", text);
		if (h > worst)
			worst = h;
	}
	link_array_close(o, n);
	return worst;
}

void
list_status(const struct server_ask *a)
{
	struct streamer *st = a->arg;
	int64_t now = loop_now(st->loop).wall.ns;
	struct link_out *o;
	enum health worst;

	o = server_answer(a, "STATUS_ACK");
	link_map(o, 9);
	worst = put_advice(o, st);
	link_key_str(o, "HEALTH", health_text(worst));
	link_key_str(o, "PROGRAM", "fixgate-streamer");
	link_key_str(o, "VERSION", PACKAGE_VERSION);
	link_key_u64(o, "STARTED", (uint64_t)st->start.started.ns);
	link_key_u64(o, "NOW", (uint64_t)now);
	link_key_u64(o, "UPTIME_S",
	    (uint64_t)((now - st->start.started.ns) / NS_PER_S));
	put_streams(o, st);
	put_processes(o, st);
	server_done(a->conn);
}
