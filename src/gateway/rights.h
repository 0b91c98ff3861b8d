/*
 * rights.h: what a peer of a control socket may do: the [ROLE]s of the settings
 * that name it; without one, at a unix socket everything, and elsewhere
 * everything but operating.
 */
#ifndef FG_GATEWAY_RIGHTS_H
#define FG_GATEWAY_RIGHTS_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "daemon/server.h"

#define RIGHTS_ERR_MAX 480 /* bytes of a text */

enum right {
	RIGHT_ANY,     /* any of the others, for what is no secret among them */
	RIGHT_READ,    /* a table; "": any */
	RIGHT_APPEND,  /* to a table; "": any */
	RIGHT_SEND,    /* on a session; "": any */
	RIGHT_FEED,    /* append or send, to anything */
	RIGHT_OPERATE,
};

struct rights;

/* Returns owned, or NULL: no memory. Holds the conf. */
struct rights *rights_new(struct conf *conf);
void rights_free(struct rights *r);
/* Obey another one. 0 or FG_ENOMEM: all stays as it was. */
int rights_settle(struct rights *r, struct conf *conf);

/* May the peer have it? If not, text says what is missing and where it is
 * given, and the log has it, once for the connection. */
bool rights_ask(struct rights *r, struct server_conn *sc, const char *request,
    enum right right, const char *name, char text[RIGHTS_ERR_MAX]);

#endif
