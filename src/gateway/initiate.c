/*
 * initiate.c: initiator sessions connect, and connect again: SocketConnectHost,
 * ...Host1 and so on as HostSelectionPolicy says, with ReconnectInterval
 * between tries: "30", or steps as in QuickFIX/J, "3x5;10": three times 5 s,
 * then 10 s for ever.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "gateway/peers_int.h"
#include "gateway/sessions.h"
#include "gateway/tunnel.h"

static void
retry_now(void *arg)
{
	struct route *r = arg;

	if (r->dialing != NULL) {
		conn_abort(r->dialing->conn, "the proxy did not connect us "
		    "within SocketConnectTimeout");
		return;
	}
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

	if (!r->enabled || r->fs->held || !r->hours.open || r->visitor != NULL)
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

/* NULL: no memory. */
static struct tunnel *
tunnel_new(const struct conf_section *sec, const char *host, uint16_t port)
{
	struct tunnel *t = calloc(1, sizeof(*t));
	bool is_set = conf_is_set(sec, CONF_ProxyVersion);
	enum conf_proxy_version version = conf_enum(sec, CONF_ProxyVersion);

	if (t == NULL)
		return NULL;
	if (conf_enum(sec, CONF_ProxyType) == CONF_PROXY_HTTP)
		t->kind = TUNNEL_HTTP;
	else if (is_set && version == CONF_PROXY_4)
		t->kind = TUNNEL_SOCKS4;
	else if (is_set && version == CONF_PROXY_4A)
		t->kind = TUNNEL_SOCKS4A;
	else
		t->kind = TUNNEL_SOCKS5;
	t->http = is_set && version == CONF_PROXY_1_0 ? "1.0" : "1.1";
	t->user = conf_str(sec, CONF_ProxyUser);
	t->password = conf_str(sec, CONF_ProxyPassword);
	t->host = host;
	t->port = port;
	return t;
}

/* The other side is reached: what comes now is its. */
static void
tunnel_is_up(struct visitor *v)
{
	const char *host = v->tunnel->host;
	const char *p;

	free(v->tunnel);
	v->tunnel = NULL;
	if (v->secured) {
		if (start_tls(v->route, v->conn, host) != 0)
			conn_abort(v->conn, "no memory");
		return; /* connected() follows once more */
	}
	introduce_up(v);
	if (conn_in(v->conn, &p) > 0)
		conn_kick(v->conn);
}

void
initiate_tunnel(struct visitor *v)
{
	char err[TUNNEL_ERR_MAX] = "no memory";
	struct buf out = { 0 };
	const char *p;
	size_t n, eat;
	int rc;

	do {
		n = conn_in(v->conn, &p);
		rc = tunnel_run(v->tunnel, p, n, &eat, &out, err);
		if (eat > 0)
			conn_eat(v->conn, eat);
	} while (rc == FG_EPARTIAL && eat > 0);
	if (out.len > 0 && conn_send(v->conn, out.p, out.len) != 0)
		rc = FG_ECLOSED; /* closed() tells */
	buf_free(&out);
	if (rc == 0)
		tunnel_is_up(v);
	else if (rc != FG_EPARTIAL && rc != FG_ECLOSED)
		conn_abort(v->conn, err);
}

void
initiate_now(struct route *r)
{
	struct peers *p = r->peers;
	char err[NET_ERR_MAX];
	struct visitor *v;
	const char *host, *first;
	uint16_t port, first_port;

	r->next_try = MONO_NEVER;
	if (!r->enabled || r->fs->held || !r->hours.open || r->visitor != NULL ||
	    r->dialing != NULL)
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
	first = host;
	first_port = port;
	if (conf_is_set(r->conf, CONF_ProxyType)) {
		first = conf_str(r->conf, CONF_ProxyHost);
		first_port = (uint16_t)conf_int(r->conf, CONF_ProxyPort);
		v->tunnel = tunnel_new(r->conf, host, port);
		if (v->tunnel == NULL) {
			visitor_free(v);
			initiate_later(r);
			return;
		}
		timer_set(r->retry, mono_add(loop_now(p->g->loop).mono,
		    NS_PER_S * conf_int(r->conf, CONF_SocketConnectTimeout)));
	}
	v->conn = conn_connect(p->g->loop, first, first_port, 1000 *
	    (unsigned)conf_int(r->conf, CONF_SocketConnectTimeout), &r->limits,
	    &visitor_ops, v, err);
	if (v->conn == NULL) {
		driver_cannot_connect(r->fs, err);
		visitor_free(v);
		initiate_later(r);
		return;
	}
	r->dialing = v;
	if (v->secured && v->tunnel == NULL && start_tls(r, v->conn, host) != 0)
		conn_abort(v->conn, "no memory");
}
