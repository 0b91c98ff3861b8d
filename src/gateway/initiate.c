/*
 * initiate.c: initiator sessions connect, and connect again: SocketConnectHost,
 * ...Host1 and so on in turn, ReconnectInterval between tries ("30", or QuickFIX/J's
 * steps "3x5;10": three times 5 s, then 10 s for ever).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "gateway/peers_int.h"
#include "log/log.h"

#define RECONNECT_DEFAULT_S 30

static void
retry_now(void *arg)
{
	initiate_now(arg);
}

int
initiate_setup(struct route *r)
{
	r->retry = timer_new(r->peers->g->loop, retry_now, r);
	return r->retry == NULL ? FG_ENOMEM : 0;
}

void
initiate_stop(struct route *r)
{
	r->next_try = MONO_NEVER;
	if (r->retry != NULL)
		timer_set(r->retry, MONO_NEVER);
}

/* Seconds to wait after this many failures; the text was checked by conf. */
static int64_t
step_seconds(const char *steps, unsigned failures)
{
	unsigned long times, seconds = RECONNECT_DEFAULT_S;
	char *end;

	while (*steps != '\0') {
		times = 1;
		seconds = strtoul(steps, &end, 10);
		if (*end == 'x' || *end == '*') {
			times = seconds;
			seconds = strtoul(end + 1, &end, 10);
		}
		if (failures < times || *end != ';')
			break;
		failures -= (unsigned)times;
		steps = end + 1;
	}
	return (int64_t)seconds;
}

void
initiate_later(struct route *r)
{
	struct now now = loop_now(r->peers->g->loop);

	if (!r->enabled || r->visitor != NULL)
		return;
	r->next_try = mono_add(now.mono, NS_PER_S * step_seconds(
	    conf_str(r->conf, CONF_ReconnectInterval), r->failures));
	timer_set(r->retry, r->next_try);
}

/* The next of the numbered addresses. */
static void
next_address(struct route *r, const char **host, uint16_t *port)
{
	const char *text;
	uint64_t n = 0;

	*host = conf_str_at(r->conf, CONF_SocketConnectHost, r->host);
	text = conf_str_at(r->conf, CONF_SocketConnectPort, r->host);
	if (*host == NULL || text == NULL) {
		r->host = 0;
		*host = conf_str_at(r->conf, CONF_SocketConnectHost, 0);
		text = conf_str_at(r->conf, CONF_SocketConnectPort, 0);
	}
	if (text != NULL)
		num_parse_u64(text, strlen(text), &n);
	*port = (uint16_t)n;
	r->host++;
}

void
initiate_now(struct route *r)
{
	struct peers *p = r->peers;
	char err[NET_ERR_MAX];
	struct visitor *v;
	const char *host;
	uint16_t port;

	r->next_try = MONO_NEVER;
	if (!r->enabled || r->visitor != NULL)
		return;
	if (driver_is_down(p->g->driver)) {
		initiate_later(r);
		return;
	}
	next_address(r, &host, &port);
	r->failures++;
	v = visitor_new(p, NULL, r);
	if (v == NULL) {
		initiate_later(r);
		return;
	}
	v->conn = conn_connect(p->g->loop, host, port, 1000 *
	    (unsigned)conf_int(r->conf, CONF_SocketConnectTimeout), &r->limits,
	    &visitor_ops, v, err);
	if (v->conn == NULL) {
		log_warnx("%s: cannot connect to %s port %u: %s", r->fs->name,
		    host, port, err);
		visitor_free(v);
		initiate_later(r);
	}
}
