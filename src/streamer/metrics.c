/* metrics.c: what Prometheus hears of streams and their clients. */
#include <string.h>

#include "daemon/metric.h"
#include "streamer/streamer.h"

#define STREAM_METRICS(X)                                                      \
	X(stream_health, "gauge", list_judge(s, text),                         \
	    "0 healthy, 1 warning, 2 error, as fixgatectl streams says.")      \
	X(stream_logons, "gauge", s->nlogon, "Clients that are logged on.")    \
	X(stream_newest, "gauge", s->visible,                                  \
	    "Sequence of the newest row of its table.")                        \
	X(stream_errors_total, "counter", s->errors,                           \
	    "Rows that were left out because of an error.")

#define LOGON_METRICS(X)                                                       \
	X(stream_client_upto, "gauge", l->upto,                                \
	    "Sequence up to which the client was told.")                       \
	X(stream_client_lag, "gauge", list_lag(l),                             \
	    "Rows that it was not told yet.")                                  \
	X(stream_client_replaying, "gauge", l->more,                           \
	    "1 if older rows are still to come, 0 if it is live.")             \
	X(stream_client_sent, "gauge", l->sent,                                \
	    "Rows that it was sent since it logged on.")

/* A client that takes its own place is there twice for a moment. */
static bool
is_first(const struct logon *l)
{
	const struct logon *o;

	LIST_FOREACH(o, &l->stream->logons, of_stream)
		if (o->acked && strcmp(o->client, l->client) == 0)
			return o == l;
	return true;
}

static int
put_streams(struct buf *out, const struct streamer *st)
{
	const struct stream *s;
	size_t i;
	char text[TEXT_MAX];
	int err = 0;

#define X(id, type, value, help)                                               \
	if (err == 0)                                                          \
		err = metric_head(out, #id, type, help);                       \
	for (i = 0; err == 0 && i < st->nstream; i++) {                        \
		s = st->stream[i];                                             \
		err = metric_of(out, #id, "stream", s->script->name, NULL,     \
		    NULL, (uint64_t)(value));                                  \
	}
	STREAM_METRICS(X)
#undef X
	return err;
}

static int
put_latencies(struct buf *out, const struct streamer *st, const char *name,
    bool written, const char *help)
{
	const struct stream *s;
	size_t i;
	int err = metric_head(out, name, "histogram", help);

	for (i = 0; err == 0 && i < st->nstream; i++) {
		s = st->stream[i];
		err = metric_histogram(out, name, "stream", s->script->name,
		    NULL, NULL, written ? &s->written : &s->made);
	}
	return err;
}

static int
put_logons(struct buf *out, const struct streamer *st)
{
	const struct stream *s;
	size_t i;
	const struct logon *l;
	int err = 0;

#define X(id, type, value, help)                                               \
	if (err == 0)                                                          \
		err = metric_head(out, #id, type, help);                       \
	for (i = 0; err == 0 && i < st->nstream; i++) {                        \
		s = st->stream[i];                                             \
		LIST_FOREACH(l, &s->logons, of_stream)                         \
			if (err == 0 && l->acked && is_first(l))               \
				err = metric_of(out, #id, "stream",            \
				    s->script->name, "client", l->client,      \
				    (uint64_t)(value));                        \
	}
	LOGON_METRICS(X)
#undef X
	return err;
}

static int
put_processes(struct buf *out, const struct streamer *st)
{
	const struct upstream *u;
	size_t i;
	int err = metric_head(out, "process_up", "gauge",
	    "1 if the process with the rows is there.");

	for (i = 0; err == 0 && i < st->nupstream; i++) {
		u = st->upstream[i];
		err = metric_of(out, "process_up", "process",
		    u->process->name, NULL, NULL, upstream_trouble(u) == NULL);
	}
	return err;
}

const char *
streamer_metrics(void *arg, struct buf *out)
{
	const struct streamer *st = arg;
	enum health h, worst = HEALTHY;
	char text[TEXT_MAX];
	size_t i;

	for (i = 0; i < st->nstream; i++) {
		h = list_judge(st->stream[i], text);
		if (h > worst)
			worst = h;
	}
	if (metric_one(out, "health", "gauge", worst,
	    "0 healthy, 1 warning, 2 error.") != 0 ||
	    put_streams(out, st) != 0 ||
	    put_latencies(out, st, "stream_made_seconds", false,
	    "From the arrival of a row until a client's message had it.") != 0 ||
	    put_latencies(out, st, "stream_sent_seconds", true,
	    "From the arrival of a row until it was written to a client.") !=
	    0 || put_logons(out, st) != 0 ||
	    put_processes(out, st) != 0)
		return NULL;
	return health_text(worst);
}
