/*
 * net.h: the event loop, timers, signals, listeners, connections and child
 * processes; TLS is in tls.h. The only user of libuv. One thread per loop; only loop_wake may be called from others.
 *
 * A wake-up: the loop sleeps, reads the clocks once, runs what is ready (data,
 * accepts, timers, signals, wakes), tells of closed connections, then calls the
 * end-of-wake-up function (commit and release), then writes what was queued on
 * connections, then sleeps. Connections take turns; what a wake-up's budget
 * does not cover is the first of the next one.
 */
#ifndef FG_NET_NET_H
#define FG_NET_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

#define NET_ERR_MAX  256 /* bytes of an error text */
#define NET_ADDR_MAX 128 /* bytes of an address as text, "[::1]:5001" */

/* ---- loop ---- */

struct loop;

/* Returns owned; NULL: no memory or descriptors. */
struct loop *loop_new(void);
/* Free timers and listeners before. Connections that are still there are closed
 * without a call of closed(). */
void loop_free(struct loop *l);
/* Runs until loop_stop; a loop_stop before ends it at once. */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);
/* The time of this wake-up; the same for all who ask in it. */
struct now loop_now(const struct loop *l);
/* That of this moment, to measure with: each call reads the clock. */
mono_t loop_clock(void);
/* Called once at the end of each wake-up. */
void loop_on_end(struct loop *l, void (*fn)(void *arg), void *arg);
/* And when what was sent in it is written, as far as peers take it. */
void loop_on_flushed(struct loop *l, void (*fn)(void *arg), void *arg);
/* Do not sleep before the next wake-up: work is left. */
void loop_again(struct loop *l);
/* Enough for this wake-up: connections that still wait for their turn are the
 * first of the next one, which comes at once. */
void loop_enough(struct loop *l);
/* Before sleeping, look for events for ns without sleeping (IdleStrategy). */
void loop_set_spin(struct loop *l, int64_t ns);
/* From any thread: cause a wake-up, in which fn runs. Wakes coalesce. */
void loop_on_wake(struct loop *l, void (*fn)(void *arg), void *arg);
void loop_wake(struct loop *l);
/* fn runs on the loop when the signal came (SIGTERM, SIGHUP, ...). 0 or
 * FG_E*. */
int loop_on_signal(struct loop *l, int signum, void (*fn)(int, void *),
    void *arg);

struct timer;

/* Returns owned, not armed; NULL: no memory. fn runs once, at or after the time
 * set, in order of the times; it may set or free its timer. */
struct timer *timer_new(struct loop *l, void (*fn)(void *arg), void *arg);
void timer_set(struct timer *t, mono_t at); /* MONO_NEVER disarms */
void timer_free(struct timer *t);

/* ---- connections ---- */

struct conn;

/* A callback may call any conn_ function on any connection. */
struct conn_ops {
	/* Bytes arrived: look with conn_in, take with conn_eat. What is not
	 * taken stays and is shown again with more, or after conn_kick. When
	 * the peer has closed, this is the last call unless it kicks. */
	void (*data)(struct conn *c, void *arg);
	/* The output queue fell below its low mark after it had been above the
	 * high one. May be NULL. */
	void (*drained)(struct conn *c, void *arg);
	/* The connection is gone (peer, error, or after conn_end): why is for
	 * the log. Exactly once, and never from within a conn_ function. The
	 * conn is freed after it returns. */
	void (*closed)(struct conn *c, void *arg, const char *why);
	/* An outgoing connection is up. May be NULL for accepted ones. */
	void (*connected)(struct conn *c, void *arg);
	/* The peer has closed its side, and what it sent was shown; it may
	 * still read. true: there is more to send, and conn_end follows; asked
	 * again after a kick, and 10 s later c is closed all the same. false,
	 * or NULL: c is closed now. */
	bool (*left)(struct conn *c, void *arg);
};

/* Where limits are asked for, NULL means all defaults and nodelay. */
struct conn_limits {
	size_t in_max;   /* most unread bytes kept: reading stops there
	                  * (0: 1 MiB + 1) */
	size_t out_high; /* above: conn_send still takes, conn_is_full is true
	                  * (0: 1 MiB) */
	size_t out_low;  /* drained below (0: 256 KiB) */
	size_t out_max;  /* above: the slow peer is cut (0: 64 MiB) */
	bool nodelay;    /* SocketNodelay */
	bool keep_alive; /* SocketKeepAlive */
	int traffic_class; /* of its packets; 0: as the system has it */
	int send_buffer, receive_buffer; /* the system's, bytes; 0: its own */
	/* To connect from; NULL and 0: any. A numeric address, borrowed until
	 * the connection is up. */
	const char *source;
	uint16_t source_port;
};

/* Connect to host:port (numeric or a name, resolved off the loop; all its
 * addresses are tried) or, with port 0, to the unix socket at host; gives up
 * after timeout_ms with closed(). Returns owned by the loop (freed after
 * closed), or NULL and err. */
struct conn *conn_connect(struct loop *l, const char *host, uint16_t port,
    unsigned timeout_ms, const struct conn_limits *lim,
    const struct conn_ops *ops, void *arg, char err[NET_ERR_MAX]);

/* NULL: nobody is told any more. */
void conn_set_ops(struct conn *c, const struct conn_ops *ops, void *arg);
void *conn_arg(const struct conn *c);
/* "127.0.0.1:5001", "unix:pid 7, uid 0"; valid as long as c. */
const char *conn_peer(const struct conn *c);
/* It came by way of another, which says whose it is. */
void conn_set_peer(struct conn *c, const char *text);
/* uid of the process at the other end of a unix socket, or -1. */
long conn_peer_uid(const struct conn *c);

/* The unread bytes; valid until the next call on c or the end of the callback
 * (within one, conn_eat, conn_send, conn_end and conn_abort leave them). None
 * after conn_end and conn_abort. */
size_t conn_in(struct conn *c, const char **p);
void conn_eat(struct conn *c, size_t n);
/* Call data() again, when it is c's turn: in the next wake-up, which comes at
 * once. There need not be any bytes. */
void conn_kick(struct conn *c);
/* Has the peer closed, even if what it sent before is still to be read? Asks
 * the system. */
bool conn_is_left(const struct conn *c);
/* Stop or go on reading from the socket (back-pressure to the peer). */
void conn_pause(struct conn *c, bool on);

/* Queue bytes (copied); written at the end of the wake-up. 0, FG_ECLOSED,
 * FG_ELIMIT (out_max: the connection is cut) or FG_ENOMEM. */
int conn_send(struct conn *c, const void *p, size_t n);
/* out_max from now on, and marks below it. */
void conn_limit_out(struct conn *c, size_t max);
bool conn_is_full(const struct conn *c);
size_t conn_queued(const struct conn *c);
/* Write what is queued (a peer that takes nothing for 10 s is left), then
 * shutdown(SHUT_WR), drain to EOF or 2 s, close; closed() follows. Input is
 * dropped. */
void conn_end(struct conn *c);
/* Close at once, in this wake-up; closed() follows. */
void conn_abort(struct conn *c, const char *why);

/* ---- listeners ---- */

struct listener;

/* A new connection; set its ops here. Without ops it is closed. */
typedef void (*accept_fn)(struct conn *c, void *arg);

/* Listen on host (NULL: all addresses, IPv4 and IPv6) and port (0: any free).
 * Returns owned, or NULL and err, which names the address and what is wrong.
 * On EMFILE accepting pauses for a second, with one log line. */
struct listener *listener_open(struct loop *l, const char *host, uint16_t port,
    const struct conn_limits *lim, accept_fn fn, void *arg,
    char err[NET_ERR_MAX]);
/* The same on a unix socket with these mode bits. A socket file of a dead
 * process is replaced, one of a living process is an error. The file is removed
 * by listener_free. */
struct listener *listener_open_unix(struct loop *l, const char *path,
    unsigned mode, const struct conn_limits *lim, accept_fn fn, void *arg,
    char err[NET_ERR_MAX]);
/* in_max of the connections that it accepts from now on. */
void listener_limit(struct listener *li, size_t in_max);
uint16_t listener_port(const struct listener *li);
/* NULL is legal. */
void listener_free(struct listener *li);

/* ---- child processes ---- */

struct child;

struct child_ops {
	const struct conn_ops *io;     /* its standard input and output */
	const struct conn_ops *errors; /* its standard error */
	/* It has ended, how is for the log: "exit status 1". What it wrote may
	 * still have to be read. Once, and not after child_free. */
	void (*exited)(void *arg, const char *how);
};

/* Run sh -c command, in a process group of its own; *io and *errors are as from
 * conn_connect, and are up. Returns owned, or
 * NULL and err. ops is borrowed. */
struct child *child_start(struct loop *l, const char *command,
    const struct conn_limits *lim, const struct child_ops *ops, void *arg,
    struct conn **io, struct conn **errors, char err[NET_ERR_MAX]);
/* Send a signal to its group; nothing if it has ended. */
void child_kill(struct child *ch, int signum);
/* If it has not ended it is killed. Its connections stay. NULL is legal. */
void child_free(struct child *ch);

#endif
