/*
 * remote.h: the asking end of a link (fixgate-link(7)): a connection to another
 * process that is made again whenever it is lost, after 0.1 s, then twice as
 * long each time up to 5 s, give or take a quarter. All on the loop's thread.
 */
#ifndef FG_DAEMON_REMOTE_H
#define FG_DAEMON_REMOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/address.h"
#include "link/link.h"
#include "net/net.h"

struct remote;

struct remote_cfg {
	struct loop *loop;
	const char *name;    /* of the process, for the log */
	const char *address; /* for the log, too */
	struct address at;
	const char *self;    /* our NAME in HELLO */
	const char *role;    /* "streamer", "client" */
	unsigned heartbeat;  /* seconds, asked for in HELLO; 0: none */
	/* A callback may call any remote_ function but remote_free. */
	/* HELLO_ACK came: requests may be sent. */
	void (*up)(void *arg, const struct link_val *hello);
	/* The connection that was up is lost; requests without an answer have
	 * been told before. After an ERROR, why begins with its CODE. */
	void (*down)(void *arg, const char *why);
	/* A message that answers no remote_ask: ROWS ... */
	void (*message)(void *arg, const struct link_msg *m);
	/* It is no longer full. NULL: not wanted. */
	void (*drained)(void *arg);
	void *arg;
};

/* Returns owned, or NULL: no memory. The first try comes in the next wake-up.
 * Strings are borrowed. */
struct remote *remote_new(const struct remote_cfg *cfg);
/* Says GOODBYE; calls nothing. Legal with NULL. */
void remote_free(struct remote *r);

bool remote_is_up(const struct remote *r);
/* Why it is not up; "" if it is. */
const char *remote_trouble(const struct remote *r);
/* Has it more to write than it should (1 MiB)? Then wait for drained(); at
 * 64 MiB the connection is cut. */
bool remote_is_full(const struct remote *r);
/* This connection is of no use: lose it, and make another. */
void remote_drop(struct remote *r, const char *why);

/* ---- sending: only while it is up ---- */

/* A SOURCE_REF that was not used on this connection. */
uint64_t remote_ref(struct remote *r);
/* Start a message; DETAILS follow, then remote_end. One at a time. */
struct link_out *remote_begin(struct remote *r, const char *type,
    uint64_t ref);
/*
 * Start a request. Its answer is given to fn, once; NULL if the connection is
 * lost before. *ref, if asked, is its SOURCE_REF. Returns NULL, and fn is not
 * called: no memory.
 */
typedef void (*remote_fn)(void *arg, const struct link_msg *m);
struct link_out *remote_ask(struct remote *r, const char *type, remote_fn fn,
    void *arg, uint64_t *ref);
/* Queue it. 0; or FG_ECLOSED, FG_ELIMIT (longer than the other end takes),
 * FG_ENOMEM: it was not sent, and its fn is not called. */
int remote_end(struct remote *r);
/* The caller of remote_ask is going: fn is not called for its requests. */
void remote_forget(struct remote *r, void *arg);

#endif
