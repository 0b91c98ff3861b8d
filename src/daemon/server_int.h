/*
 * server_int.h: what server.c (listeners, requests) and server_conn.c (answers,
 * and what a connection tells) share.
 */
#ifndef FG_DAEMON_SERVER_INT_H
#define FG_DAEMON_SERVER_INT_H

#include "daemon/beat.h"
#include "daemon/server.h"

/* It outlives its conn while answers are due (refs). */
struct server_conn {
	struct server *server; /* NULL: gone */
	struct conn *conn;     /* NULL: closed */
	struct server_conn *next;
	struct timer *timer;   /* for the heartbeats; NULL: none */
	struct beat beat;
	unsigned refs;
	bool read_only, greeted;
	bool secured; /* with TLS, or it will be */
	bool paused;  /* its requests wait for an answer */
	bool waiting; /* a request stays in the input until we are not busy */
	char name[SERVER_NAME_MAX];
	struct server_note note;
	void *data;
};

/* One of the listeners, each with its own rights. */
struct door {
	struct server *server;
	struct listener *listener;
	const struct tls *tls; /* borrowed, or NULL */
	struct door *next;
	bool read_only;
};

struct server {
	struct server_cfg cfg;
	struct door *doors;
	struct server_conn *first;
	struct timer *retry;  /* while a connection is waiting */
	struct link_out *out; /* one message at a time */
	struct link_in *in;
	struct buf to; /* its frame */
};

static inline mono_t
server_now(const struct server *s)
{
	return loop_now(s->cfg.loop).mono;
}

#endif
