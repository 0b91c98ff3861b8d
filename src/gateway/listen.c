/* listen.c: one listener for each address and port that acceptor sessions name.
 * */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gateway/peers_int.h"
#include "gateway/template.h"
#include "log/log.h"

struct port {
	char *host; /* NULL: all addresses */
	uint16_t number;
	struct listener *listener;
};

static void
on_accept(struct conn *c, void *arg)
{
	struct peers *p = arg;
	struct visitor *v;

	if (driver_is_down(p->g->driver)) {
		conn_abort(c, "the store is being repaired");
		return;
	}
	if (p->nstrangers >= p->max_strangers) {
		conn_abort(c, "too many connections that have not logged on");
		return;
	}
	v = visitor_new(p, c, NULL);
	if (v == NULL) {
		conn_abort(c, "no memory");
		return;
	}
	conn_set_ops(c, &visitor_ops, v);
	if (p->stalled)
		conn_pause(c, true);
}

static struct port *
find_port(struct peers *p, const char *host, uint16_t number)
{
	struct port *port;
	size_t i;

	for (i = 0; i < p->nport; i++) {
		port = &p->port[i];
		if (port->number == number && (host == NULL ?
		    port->host == NULL : port->host != NULL &&
		    strcmp(port->host, host) == 0))
			return port;
	}
	return NULL;
}

static int
open_port(struct peers *p, const char *host, uint16_t number, bool nodelay,
    char err[NET_ERR_MAX])
{
	/* Whose connection it will be, its Logon says: room for anybody's. */
	const struct conn_limits limits = { .in_max = p->max_message + 1,
		.nodelay = nodelay };
	struct port *port;

	snprintf(err, NET_ERR_MAX, "no memory");
	port = realloc(p->port, (p->nport + 1) * sizeof(*port));
	if (port == NULL)
		return FG_ENOMEM;
	p->port = port;
	port += p->nport;
	port->host = host == NULL ? NULL : strdup(host);
	if (host != NULL && port->host == NULL)
		return FG_ENOMEM;
	port->number = number;
	port->listener = listener_open(p->g->loop, host, number, &limits,
	    on_accept, p, err);
	if (port->listener == NULL) {
		free(port->host);
		return FG_EIO;
	}
	p->nport++;
	log_info("listening on %s port %u", host == NULL ? "all addresses" :
	    host, listener_port(port->listener));
	return 0;
}

int
peers_listen(struct peers *p, const struct conf_section *sec,
    char err[NET_ERR_MAX])
{
	const char *host = conf_str(sec, CONF_SocketAcceptHost);
	uint16_t number = (uint16_t)conf_int(sec, CONF_SocketAcceptPort);

	if (conf_enum(sec, CONF_ConnectionType) != CONF_ACCEPTOR ||
	    (number != 0 && find_port(p, host, number) != NULL))
		return 0;
	return open_port(p, host, number, conf_bool(sec, CONF_SocketNodelay),
	    err);
}

static void
port_free(struct port *port)
{
	listener_free(port->listener);
	free(port->host);
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

static bool
is_named(const struct peers *p, const struct port *port)
{
	const struct conf_section *sec;
	const struct route *r;
	size_t i;

	if (port->number == 0)
		return true; /* nobody could find it again */
	TAILQ_FOREACH(r, &p->routes, link)
		if (!r->initiator && names(r->conf, port))
			return true;
	for (i = 0; (sec = template_at(p->g->sessions, i)) != NULL; i++)
		if (names(sec, port))
			return true;
	return false;
}

void
peers_tidy(struct peers *p)
{
	struct port *port;
	size_t i = 0;

	while (i < p->nport) {
		port = &p->port[i];
		if (is_named(p, port)) {
			i++;
			continue;
		}
		log_info("no longer listening on %s port %u", port->host ==
		    NULL ? "all addresses" : port->host, port->number);
		port_free(port);
		*port = p->port[--p->nport];
	}
}

void
listen_settle(struct peers *p)
{
	size_t i;

	for (i = 0; i < p->nport; i++)
		listener_limit(p->port[i].listener, p->max_message + 1);
}

void
listen_free(struct peers *p)
{
	size_t i;

	for (i = 0; i < p->nport; i++)
		port_free(&p->port[i]);
	free(p->port);
	p->port = NULL;
	p->nport = 0;
}
