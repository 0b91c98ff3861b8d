/* listen.c: one listener for each address and port that acceptor sessions name.
 * */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gateway/peers_int.h"
#include "gateway/sessions_int.h"
#include "gateway/template.h"
#include "log/log.h"

struct port {
	struct peers *peers;
	struct tls *tls; /* held; NULL: none */
	char *host; /* NULL: all addresses */
	uint16_t number;
	bool proxied; /* UseTCPProxy */
	struct listener *listener;
};

int
listen_secure(struct port *port, struct visitor *v)
{
	v->secured = port->tls != NULL;
	return v->secured ? conn_start_tls(v->conn, port->tls, NULL, NULL) : 0;
}

static void
on_accept(struct conn *c, void *arg)
{
	struct port *port = arg;
	struct peers *p = port->peers;
	struct visitor *v;

	if (driver_is_down(p->g->driver)) {
		conn_abort(c, "the store is being repaired");
		return;
	}
	if (p->nstrangers >= p->max_strangers) {
		log_event(LOG_LEVEL_WARN, "refused", NULL, "%s: refused: %zu "
		    "connections have not logged on, and MaxUnauthenticated is "
		    "%zu", conn_peer(c), p->nstrangers, p->max_strangers);
		conn_abort(c, "too many connections that have not logged on");
		return;
	}
	v = visitor_new(p, c, NULL);
	if (v == NULL) {
		conn_abort(c, "no memory");
		return;
	}
	conn_set_ops(c, &visitor_ops, v);
	if (port->proxied) {
		v->header = port;
	} else if (listen_secure(port, v) != 0) {
		conn_abort(c, "no memory");
		return;
	}
	if (p->stalled)
		conn_pause(c, true);
}

static struct port *
find_port(struct peers *p, const char *host, uint16_t number)
{
	struct port *port;
	size_t i;

	for (i = 0; i < p->nport; i++) {
		port = p->port[i];
		if (port->number == number && (host == NULL ?
		    port->host == NULL : port->host != NULL &&
		    strcmp(port->host, host) == 0))
			return port;
	}
	return NULL;
}

static void
port_free(struct port *port)
{
	struct visitor *v;

	for (v = port->peers->first; v != NULL; v = v->next)
		if (v->header == port) {
			v->header = NULL;
			conn_abort(v->conn, "no longer listening");
		}
	listener_free(port->listener);
	tlsset_put(port->peers->g->sessions->tls, port->tls);
	free(port->host);
	free(port);
}

static struct port *
port_new(struct peers *p, const char *host, uint16_t number, struct tls *tls)
{
	struct port *port = calloc(1, sizeof(*port));

	if (port == NULL)
		return NULL;
	port->peers = p;
	port->number = number;
	port->tls = tlsset_hold(p->g->sessions->tls, tls);
	port->host = host == NULL ? NULL : strdup(host);
	if (host == NULL || port->host != NULL)
		return port;
	port_free(port);
	return NULL;
}

static int
open_port(struct peers *p, struct port *port, const struct conf_section *sec,
    char err[NET_ERR_MAX])
{
	/* Whose connection it will be, its Logon says: room for anybody's. */
	struct conn_limits limits = { .in_max = p->max_message + 1 };
	struct port **all;

	peers_tune(&limits, sec);
	snprintf(err, NET_ERR_MAX, "no memory");
	all = realloc(p->port, (p->nport + 1) * sizeof(struct port *));
	if (all == NULL)
		return FG_ENOMEM;
	p->port = all;
	port->listener = listener_open(p->g->loop, port->host, port->number,
	    &limits, on_accept, port, err);
	if (port->listener == NULL)
		return FG_EIO;
	p->port[p->nport++] = port;
	log_event(LOG_LEVEL_INFO, "listening", NULL, "listening on %s port "
	    "%u%s", port->host == NULL ? "all addresses" : port->host,
	    listener_port(port->listener),
	    port->tls == NULL ? "" : " with TLS");
	return 0;
}

int
peers_listen(struct peers *p, const struct conf_section *sec, struct tls *tls,
    char err[NET_ERR_MAX])
{
	const char *host = conf_str(sec, CONF_SocketAcceptHost);
	uint16_t number = (uint16_t)conf_int(sec, CONF_SocketAcceptPort);
	struct port *port;
	int rc;

	if (conf_enum(sec, CONF_ConnectionType) != CONF_ACCEPTOR ||
	    (number != 0 && find_port(p, host, number) != NULL))
		return 0;
	port = port_new(p, host, number, tls);
	if (port == NULL) {
		snprintf(err, NET_ERR_MAX, "no memory");
		return FG_ENOMEM;
	}
	port->proxied = conf_bool(sec, CONF_UseTCPProxy);
	rc = open_port(p, port, sec, err);
	if (rc != 0)
		port_free(port);
	return rc;
}

static bool
names(const struct conf_section *sec, const struct port *port)
{
	const char *host = conf_str(sec, CONF_SocketAcceptHost);

	if (conf_int(sec, CONF_SocketAcceptPort) != port->number)
		return false;
	return host == NULL ? port->host == NULL : port->host != NULL &&
	    strcmp(host, port->host) == 0;
}

/* Its TLS and its headers are those of who names it. */
static bool
is_named(const struct peers *p, struct port *port, struct tls **tls)
{
	const struct conf_section *sec;
	const struct route *r;
	size_t i;

	*tls = port->tls;
	if (port->number == 0)
		return true; /* nobody could find it again */
	TAILQ_FOREACH(r, &p->routes, link)
		if (!r->initiator && names(r->conf, port)) {
			port->proxied = conf_bool(r->conf, CONF_UseTCPProxy);
			*tls = sessions_tls(r->fs);
			return true;
		}
	for (i = 0; (sec = template_at(p->g->sessions, i)) != NULL; i++)
		if (names(sec, port)) {
			port->proxied = conf_bool(sec, CONF_UseTCPProxy);
			*tls = template_tls(p->g->sessions, i);
			return true;
		}
	return false;
}

static void
use_tls(struct port *port, struct tls *tls)
{
	struct tlsset *set = port->peers->g->sessions->tls;

	if (tls == port->tls)
		return;
	tlsset_hold(set, tls);
	tlsset_put(set, port->tls);
	port->tls = tls;
	log_event(LOG_LEVEL_INFO, "tls", NULL, "port %u: %s", port->number,
	    tls == NULL ? "without TLS from now on" :
	    "other settings of TLS from now on");
}

void
peers_tidy(struct peers *p)
{
	struct port *port;
	struct tls *tls;
	size_t i = 0;

	while (i < p->nport) {
		port = p->port[i];
		if (is_named(p, port, &tls)) {
			use_tls(port, tls);
			i++;
			continue;
		}
		log_event(LOG_LEVEL_INFO, "listening", NULL,
		    "no longer listening on %s port %u",
		    port->host == NULL ? "all addresses" : port->host,
		    port->number);
		port_free(port);
		p->port[i] = p->port[--p->nport];
	}
}

void
listen_settle(struct peers *p)
{
	size_t i;

	for (i = 0; i < p->nport; i++)
		listener_limit(p->port[i]->listener, p->max_message + 1);
}

void
listen_free(struct peers *p)
{
	size_t i;

	for (i = 0; i < p->nport; i++)
		port_free(p->port[i]);
	free(p->port);
	p->port = NULL;
	p->nport = 0;
}
