/*
 * http.h: /metrics for Prometheus and /healthz, over HTTP, on a thread of its
 * own. For each question the loop copies its numbers, once, and the thread makes
 * the text.
 */
#ifndef FG_DAEMON_HTTP_H
#define FG_DAEMON_HTTP_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/clock.h"
#include "net/net.h"

#define HTTP_HEALTH_MAX 64 /* bytes */

struct http;

struct http_cfg {
	struct loop *loop;
	const char *what;   /* "AdminListen=": before the address in texts */
	const char *at;     /* "127.0.0.1:9464", "[::1]:0" */
	const char *folder; /* whose bytes are told, or NULL */
	wall_t started;
	/* On the loop's thread. 0 or FG_ENOMEM. */
	int (*copy)(void *arg);
	/* On the other one, never at the same time: append the text; bytes are
	 * those of the folder. 0 or FG_ENOMEM. */
	int (*text)(void *arg, struct buf *out, uint64_t bytes);
	/* Alike, for /healthz; false: it is of no use, 503. */
	bool (*health)(void *arg, char text[HTTP_HEALTH_MAX]);
	void *arg;
};

/* 0 and *out owned, or FG_E* and a text; FG_EINVAL: at is none. */
int http_open(struct http **out, const struct http_cfg *cfg,
    char err[NET_ERR_MAX]);
/* Of loop_on_wake: copy, if it is asked for. NULL is legal. */
void http_wake(struct http *h);
/* Before what it asks. NULL is legal. */
void http_free(struct http *h);

#endif
