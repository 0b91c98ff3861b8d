/* metrics.c: what Prometheus hears of clients, their blocks and sends. */
#include <stdio.h>

#include "client/client.h"
#include "daemon/metric.h"

static int
put_clients(struct buf *out, const struct program *p)
{
	struct client *const *at, *const *end = p->client + p->nclient;
	const struct client *c;
	int err = metric_head(out, "client_health", "gauge",
	    "0 healthy, 1 warning, 2 error, as fixgatectl clients says.");

	for (at = p->client; err == 0 && at < end; at++) {
		c = *at;
		err = metric_of(out, "client_health", "client",
		    c->script->name, NULL, NULL, client_health(c));
	}
	return err;
}

#define BLOCK_METRICS(X)                                                       \
	X(client_cursor, cursor_of(b), "Row up to which all is settled.")      \
	X(client_lag, c->visible > cursor_of(b) ?                              \
	    c->visible - cursor_of(b) : 0,                                     \
	    "Rows behind that which are not settled.")                         \
	X(client_held, b->settle == NULL ? 0 : settle_held(b->settle),         \
	    "Rows that are under way.")                                        \
	X(client_seen, b->settle == NULL ? b->cursor : settle_seen(b->settle), \
	    "Row up to which all were taken.")

static uint64_t
cursor_of(const struct block *b)
{
	return b->settle == NULL ? b->cursor : settle_cursor(b->settle);
}

static int
put_blocks(struct buf *out, const struct program *p)
{
	struct client *const *at, *const *end = p->client + p->nclient;
	const struct client *c;
	const struct block *b;
	int err = 0;

#define X(id, value, help)                                                     \
	if (err == 0)                                                          \
		err = metric_head(out, #id, "gauge", help);                    \
	for (at = p->client; at < end; at++)                                   \
		for (c = *at, b = c->block;                                    \
		    err == 0 && b < c->block + c->nblock; b++)                 \
			err = metric_of(out, #id, "client", c->script->name,   \
			    "key", b->script->key, (uint64_t)(value));
	BLOCK_METRICS(X)
#undef X
	return err;
}

#define SEND_METRICS(X)                                                        \
	X(send_health, s->health, "0 healthy, 1 warning, 2 error.")            \
	X(send_up, target_is_up(s->target), "1 if its process is there.")      \
	X(send_unanswered, s->window.unanswered,                               \
	    "Events that are not answered yet.")                               \
	X(send_handled, sender_handled(s),                                     \
	    "Row up to which its events are answered.")                        \
	X(send_queued, sender_queued(s), "Events that wait to be sent.")

/* The key says which block, the send which of its sends. */
static void
send_name(const struct sender *s, char name[2 * NAME_MAX_BYTES + 2])
{
	snprintf(name, 2 * NAME_MAX_BYTES + 2, "%s/%s", s->block->script->key,
	    s->script->id);
}

static int
put_sends(struct buf *out, const struct program *p)
{
	struct client *const *at, *const *end = p->client + p->nclient;
	const struct client *c;
	const struct block *b;
	const struct sender *s;
	char name[2 * NAME_MAX_BYTES + 2];
	int err = 0;

#define X(what, value, help)                                                   \
	if (err == 0)                                                          \
		err = metric_head(out, #what, "gauge", help);                  \
	for (at = p->client; at < end; at++)                                   \
		for (c = *at, b = c->block; b < c->block + c->nblock; b++)     \
			for (s = b->sender; err == 0 &&                        \
			    s < b->sender + b->script->nsend; s++) {           \
				send_name(s, name);                            \
				err = metric_of(out, #what, "client",          \
				    c->script->name, "send", name,             \
				    (uint64_t)(value));                        \
			}
	SEND_METRICS(X)
#undef X
	return err;
}

static int
put_latencies(struct buf *out, const struct program *p, const char *metric,
    bool sent, const char *help)
{
	struct client *const *at, *const *end = p->client + p->nclient;
	const struct sender *s;
	const struct block *b;
	char name[2 * NAME_MAX_BYTES + 2];
	int err = metric_head(out, metric, "histogram", help);

	for (at = p->client; at < end; at++)
		for (b = (*at)->block; b < (*at)->block + (*at)->nblock; b++)
			for (s = b->sender; err == 0 &&
			    s < b->sender + b->script->nsend; s++) {
				send_name(s, name);
				err = metric_histogram(out, metric, "client",
				    (*at)->script->name, "send", name, sent ?
				    &s->sent_after : &s->answered_after);
			}
	return err;
}

const char *
client_metrics(void *arg, struct buf *out)
{
	const struct program *p = arg;
	enum health worst = HEALTH_HEALTHY;
	size_t i;

	for (i = 0; i < p->nclient; i++)
		if (client_health(p->client[i]) > worst)
			worst = client_health(p->client[i]);
	if (metric_one(out, "health", "gauge", worst,
	    "0 healthy, 1 warning, 2 error.") != 0 ||
	    put_clients(out, p) != 0 || put_blocks(out, p) != 0 ||
	    put_sends(out, p) != 0 ||
	    put_latencies(out, p, "send_sent_seconds", true,
	    "From the arrival of a row until its event was sent.") != 0 ||
	    put_latencies(out, p, "send_answered_seconds", false,
	    "From the arrival of a row until its event was answered for "
	    "good.") != 0)
		return NULL;
	return health_name(worst);
}
