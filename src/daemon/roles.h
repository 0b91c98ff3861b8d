/*
 * roles.h: what a peer of a server may do: the roles that name its user, at a
 * unix socket, or its certificate; without one, at a unix socket everything,
 * and elsewhere everything but operating. Each program says which right a
 * request needs.
 */
#ifndef FG_DAEMON_ROLES_H
#define FG_DAEMON_ROLES_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/server.h"

#define ROLES_MAX     60
#define ROLES_ERR_MAX 480 /* bytes of a text */

enum right {
	RIGHT_ANY,     /* any of the others, for what is no secret among them */
	RIGHT_READ,    /* a table or stream; "": any */
	RIGHT_APPEND,  /* to a table; "": any */
	RIGHT_SEND,    /* on a session; "": any */
	RIGHT_FEED,    /* append or send, to anything */
	RIGHT_CONSUME, /* read, append or send: what a client's rows need */
	RIGHT_OPERATE,
};

struct role_cfg {
	const char *name;
	const char *users; /* names, numbers or *, with commas; NULL: none */
	const char *const *certificate; /* names, or *; NULL ends them */
	const char *read, *append, *send; /* lists, "all" or "none" */
	bool operate;
};

struct roles;

/* There are none yet. lua: texts speak of role() in Lua files, not of [ROLE] in
 * fixgate.conf. Returns owned, or NULL: no memory. */
struct roles *roles_new(bool lua);
void roles_free(struct roles *r);
/* Obey these from now on, ROLES_MAX at most; they are copied. The log names
 * users that this machine does not have. 0 or FG_ENOMEM: all stays as it
 * was. */
int roles_settle(struct roles *r, const struct role_cfg *role, size_t n);

/* May the peer have it? If not, text says what is missing and where it is
 * given, and the log has it, once for the connection. */
bool roles_ask(struct roles *r, struct server_conn *sc, const char *request,
    enum right right, const char *name, char text[ROLES_ERR_MAX]);

#endif
