/* listen.c: one listener for each address and port that acceptor sessions name.
 * */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gateway/peers_int.h"
#include "log/log.h"

struct port {
	const char *host; /* NULL: all addresses */
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
open_port(struct peers *p, struct route *r, char err[NET_ERR_MAX])
{
	const char *host = conf_str(r->conf, CONF_SocketAcceptHost);
	uint16_t number = (uint16_t)conf_int(r->conf, CONF_SocketAcceptPort);
	struct conn_limits limits = r->limits;
	struct port *port;

	if (number != 0 && find_port(p, host, number) != NULL)
		return 0;
	port = realloc(p->port, (p->nport + 1) * sizeof(*port));
	if (port == NULL) {
		snprintf(err, NET_ERR_MAX, "no memory");
		return FG_ENOMEM;
	}
	p->port = port;
	port += p->nport;
	port->host = host;
	port->number = number;
	/* Whose connection it will be, its Logon says: room for anybody's. */
	limits.in_max = p->max_message + 1;
	port->listener = listener_open(p->g->loop, host, number, &limits,
	    on_accept, p, err);
	if (port->listener == NULL)
		return FG_EIO;
	p->nport++;
	log_info("listening on %s port %u", host == NULL ? "all addresses" :
	    host, listener_port(port->listener));
	return 0;
}

int
peers_listen(struct peers *p, char err[NET_ERR_MAX])
{
	size_t i;
	int rc;

	for (i = 0; i < driver_count(p->g->driver); i++) {
		if (p->route[i].initiator)
			continue;
		rc = open_port(p, &p->route[i], err);
		if (rc != 0)
			return rc;
	}
	return 0;
}

void
listen_free(struct peers *p)
{
	size_t i;

	for (i = 0; i < p->nport; i++)
		listener_free(p->port[i].listener);
	free(p->port);
	p->port = NULL;
	p->nport = 0;
}
