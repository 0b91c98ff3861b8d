/*
 * initiate.c: initiator sessions connect, and connect again: SocketConnectHost,
 * ...Host1 and so on as HostSelectionPolicy says, with ReconnectInterval
 * between tries: "30", or steps as in QuickFIX/J, "3x5;10": three times 5 s,
 * then 10 s for ever.
 */
#include <arpa/inet.h>
#include <stdio.h>

#include "base/err.h"
#include "gateway/peers_int.h"
#include "gateway/sessions.h"

static void
retry_now(void *arg)
{
	window_look(arg);
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
	if (r->dialing != NULL)
		conn_abort(r->dialing->conn, "the session was stopped");
}

void
initiate_later(struct route *r)
{
	struct now now = loop_now(r->peers->g->loop);

	if (!r->enabled || !r->open || r->visitor != NULL)
		return;
	if (r->fs->logged_on_at.ns >= r->dialed.ns)
		r->tries = 0;
	r->next_try = mono_add(now.mono,
	    NS_PER_S * conf_reconnect(r->conf, ++r->tries));
	timer_set(r->retry, r->next_try);
}

/* Hosts by priority: has it been long enough since the last try that the first
 * one is worth another? */
static bool
starts_over(const struct route *r, wall_t now)
{
	return conf_enum(r->conf, CONF_HostSelectionPolicy) ==
	    CONF_HOST_PRIORITY && now.ns - r->dialed.ns >= NS_PER_S *
	    conf_int(r->conf, CONF_HostSelectionPolicyPriorityStartOverInterval);
}

/* The next of the numbered addresses, and from where. */
static void
next_address(struct route *r, const char **host, uint16_t *port)
{
	const char *suffix;

	if (starts_over(r, loop_now(r->peers->g->loop).wall))
		r->host = 0;
	*host = conf_str_at(r->conf, CONF_SocketConnectHost, r->host);
	if (*host == NULL) {
		r->host = 0;
		*host = conf_str_at(r->conf, CONF_SocketConnectHost, 0);
	}
	suffix = conf_suffix_at(r->conf, CONF_SocketConnectHost, r->host++);
	*port = (uint16_t)conf_int_with(r->conf, CONF_SocketConnectPort,
	    suffix);
	r->limits.source = conf_str_with(r->conf,
	    CONF_SocketConnectSourceHost, suffix);
	r->limits.source_port = (uint16_t)conf_int_with(r->conf,
	    CONF_SocketConnectSourcePort, suffix);
}

/* Whom we expect there, and what we ask for (SNI, which has no addresses). */
static int
start_tls(const struct route *r, struct conn *c, const char *host)
{
	const char *own = conf_str(r->conf, CONF_SSLServerName);
	const char *sni = conf_str(r->conf, CONF_SNIHostName);
	const char *check = own == NULL ? host : own;
	struct in6_addr in;

	if (sni == NULL && inet_pton(AF_INET, check, &in) != 1 &&
	    inet_pton(AF_INET6, check, &in) != 1)
		sni = check;
	if (!conf_bool(r->conf, CONF_UseSNI))
		sni = NULL;
	if (!conf_bool(r->conf, CONF_TLSCheckHostName))
		check = NULL;
	return conn_start_tls(c, sessions_tls(r->fs), sni, check);
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
	if (!r->enabled || !r->open || r->visitor != NULL || r->dialing != NULL)
		return;
	if (p->halted || driver_is_down(p->g->driver)) {
		initiate_later(r);
		return;
	}
	next_address(r, &host, &port);
	r->dialed = loop_now(p->g->loop).wall;
	v = visitor_new(p, NULL, r);
	if (v == NULL) {
		initiate_later(r);
		return;
	}
	v->secured = sessions_tls(r->fs) != NULL;
	v->conn = conn_connect(p->g->loop, host, port, 1000 *
	    (unsigned)conf_int(r->conf, CONF_SocketConnectTimeout), &r->limits,
	    &visitor_ops, v, err);
	if (v->conn == NULL) {
		driver_cannot_connect(r->fs, err);
		visitor_free(v);
		initiate_later(r);
		return;
	}
	r->dialing = v;
	if (v->secured && start_tls(r, v->conn, host) != 0)
		conn_abort(v->conn, "no memory");
}
