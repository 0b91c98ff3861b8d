/*
 * server.h: the serving end of a link (fixgate-link(7)): listeners,
 * connections, frames, HELLO, HEARTBEAT, GOODBYE, and a table of the requests
 * that a program answers. All on the loop's thread.
 */
#ifndef FG_DAEMON_SERVER_H
#define FG_DAEMON_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/address.h"
#include "link/link.h"
#include "net/net.h"

#define SERVER_FRAME_MAX (4u << 20) /* bytes of a frame's body that we take */
#define SERVER_NAME_MAX  128        /* bytes of a client's name */
#define SERVER_MODE      0660       /* of a unix socket that serves all */

struct server;
struct server_conn;

/* One request, and where its answer goes. Valid during the call. */
struct server_ask {
	void *arg; /* of the server */
	struct server *server;
	struct server_conn *conn;
	const char *type; /* static if it is in the table */
	uint64_t ref;
	const struct link_val *details;
};

enum server_flag {
	SERVER_READS = 1 << 0, /* legal on read-only sockets */
	SERVER_WAITS = 1 << 1, /* not while the program is busy */
};

struct server_request {
	const char *type; /* static */
	void (*handle)(const struct server_ask *a);
	unsigned flags;
};

enum server_busy {
	SERVER_READY,
	SERVER_SOON,    /* in the next wake-up, which comes at once */
	SERVER_STALLED, /* server_push says when, or a look now and then */
};

struct server_cfg {
	struct loop *loop;
	const char *kind;    /* "gateway", for texts */
	const char *name;    /* of the process, in HELLO_ACK */
	const char *program; /* its name and version */
	const struct server_request *request;
	size_t nrequest;
	/* More keys of HELLO_ACK: how many, and who puts them; or 0, NULL. */
	uint32_t nhello;
	void (*hello)(void *arg, struct link_out *o);
	/* May SERVER_WAITS requests be handled? They stay in the input until
	 * then. NULL: always. */
	enum server_busy (*busy)(void *arg);
	/* May it have this? If not, it was answered. Asked before all else of a
	 * request that is in the table. NULL: it may. */
	bool (*may)(const struct server_ask *a,
	    const struct server_request *r);
	/* Send what the connection may have (rows of its tails) until it is
	 * full; true: more is left that could go now. Called after its
	 * requests, when it has drained, and by server_push. NULL: nothing. */
	bool (*feed)(void *arg, struct server_conn *sc);
	/* It is closed: what belongs to it goes. NULL: nothing to do. */
	void (*closed)(void *arg, struct server_conn *sc);
	void *arg;
};

/* Returns owned, or NULL: no memory. The strings and tables are borrowed. */
struct server *server_new(const struct server_cfg *cfg);
/* Closes all at once; closed() is called for each. Legal with NULL. */
void server_free(struct server *s);

/* Listen; any number of times. 0 or FG_E* with a text. */
int server_listen_unix(struct server *s, const char *path, unsigned mode,
    bool read_only, char err[NET_ERR_MAX]);
int server_listen(struct server *s, const struct address *a,
    char err[NET_ERR_MAX]);
/* There may be something for everybody: feed all, and look at the requests
 * that wait. */
void server_push(struct server *s);

/* ---- answers ---- */

/* Start a message; DETAILS follow, then server_done. One at a time. */
struct link_out *server_begin(struct server *s, const char *type,
    uint64_t ref);
/* Queue it. Nothing happens if the connection is closed. */
void server_done(struct server_conn *sc);
/* Queue whole frames that were made elsewhere. */
void server_put(struct server_conn *sc, const void *p, size_t n);
/* server_begin with the ref of the request. */
struct link_out *server_answer(const struct server_ask *a, const char *type);
/* NACK, or EVENT_NACK for an EVENT_ request. */
void server_nack(const struct server_ask *a, const char *code, bool retry,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void server_ack(const struct server_ask *a, const char *text);
/* The connection is of no more use: ERROR, then it is ended. */
void server_fail(struct server_conn *sc, uint64_t ref, const char *code,
    const char *text);

/* ---- connections ---- */

/* Something of the program's; NULL at first. */
void *server_data(const struct server_conn *sc);
void server_set_data(struct server_conn *sc, void *data);
/* As the client gave it in HELLO; "" if it did not. */
const char *server_client(const struct server_conn *sc);
long server_uid(const struct server_conn *sc); /* -1: not known */
const char *server_peer(const struct server_conn *sc);
/* Whose certificate it has, over TLS; NULL: none. */
const char *server_certificate(const struct server_conn *sc);
/* Is that its name? As conn_peer_is. */
bool server_certificate_is(const struct server_conn *sc, const char *name);
/* What may() knows of it; zeros at first. */
struct server_note {
	uint64_t value;
	unsigned generation, said;
};
struct server_note *server_note(struct server_conn *sc);
/* Does the peer not read what it was sent? feed() stops there. */
bool server_is_full(const struct server_conn *sc);
/* Its requests stay in the input until server_resume: for an answer that comes
 * later, but before those of the requests behind it. */
void server_pause(struct server_conn *sc);
void server_resume(struct server_conn *sc);
/* Call feed() for it in the next wake-up. */
void server_kick(struct server_conn *sc);
/* Has the peer hung up, or missed a heartbeat? */
bool server_is_left(const struct server_conn *sc);
/* The connections, in no order; NULL ends them. */
struct server_conn *server_first(struct server *s);
struct server_conn *server_next(struct server_conn *sc);

/* For answers that come later: keep it, then ask whether it is still there. */
void server_hold(struct server_conn *sc);
void server_release(struct server_conn *sc);
bool server_is_open(const struct server_conn *sc);
/* A request that is answered later, after server_hold of its connection. */
struct server_ask server_ask_later(struct server_conn *sc, const char *type,
    uint64_t ref);

#endif
