/*
 * internal.h: what the files of net share. Three queues of connections carry a
 * wake-up: ready (something to do: an event, a kick), dirty (bytes to write)
 * and dead (closed() is due). Whatever a callback does to any connection only
 * moves it between queues, so nothing is freed under a caller's feet.
 */
#ifndef FG_NET_INTERNAL_H
#define FG_NET_INTERNAL_H

#include <sys/queue.h>
#include <sys/socket.h>
#include <uv.h>

#include "base/buf.h"
#include "net/net.h"

#define NET_READ_MAX   65536u  /* bytes read per connection and wake-up */
#define NET_BUDGET     262144u /* bytes read per wake-up in all */
#define NET_KEEP_MAX   4096u   /* an idle connection keeps no larger buffer */
#define NET_SPARE_MAX  1048576u /* largest output buffer kept for the next */
#define NET_ACCEPT_MAX 64      /* connections accepted per wake-up */
#define NET_BACKLOG    512
#define DRAIN_TIMEOUT  (2 * NS_PER_S) /* for the peer's end after ours */
#define WRITE_TIMEOUT  (10 * NS_PER_S) /* ending: without any progress */
#define STAY_TIMEOUT   (10 * NS_PER_S) /* to send, to who has closed its side */
#define IO_AGAIN       (-1) /* the socket has nothing, takes nothing */
#define IO_BROKEN      (-2) /* io_why says why */

struct timer {
	struct loop *loop;
	void (*fn)(void *arg);
	void *arg;
	mono_t at;
	uint64_t order; /* of equal times, first set runs first */
	size_t slot;    /* place in the heap + 1; 0: not armed */
};

TAILQ_HEAD(conn_queue, conn);
LIST_HEAD(conn_list, conn);
LIST_HEAD(signal_list, sig);

struct loop {
	uv_loop_t uv;
	uv_async_t async;
	uv_timer_t alarm; /* wakes for the first timer of the heap */
	mono_t alarm_at;
	uv_idle_t no_sleep;
	struct now now;
	bool running;
	bool stop;
	bool awake; /* something happened in this wake-up */
	bool again; /* do not sleep before the next one */
	int64_t spin_ns;
	void (*on_end)(void *arg);
	void *end_arg;
	void (*on_flushed)(void *arg);
	void *flushed_arg;
	void (*on_wake)(void *arg);
	void *wake_arg;
	struct signal_list signals;

	struct timer **heap;
	size_t nheap;
	size_t heap_cap; /* >= ntimers: arming never allocates */
	size_t ntimers;
	uint64_t order;

	struct conn_list all;
	struct conn_queue ready; /* for the next turn */
	struct conn_queue run;   /* the turn that is being run */
	struct conn_queue dirty;
	struct conn_queue dead;
	size_t budget;     /* bytes that may still be read in this wake-up */
	char *scratch;     /* NET_READ_MAX bytes; input lands here first */
	struct buf spare;  /* an output buffer for whoever needs one */
};

enum conn_state {
	CONN_RESOLVING,
	CONN_CONNECTING,
	CONN_SHAKING,  /* the handshake of TLS */
	CONN_OPEN,
	CONN_ENDING,   /* conn_end: bytes are still to be written */
	CONN_DRAINING, /* shut down; the peer's end is awaited */
	CONN_DEAD,
};

enum conn_turn {
	TURN_READ = 1 << 0,
	TURN_WRITE = 1 << 1,
	TURN_KICK = 1 << 2,
	TURN_DRAINED = 1 << 3,
};

/* An outgoing connection that is being made: the addresses to try. */
struct dial {
	uv_getaddrinfo_t req;
	struct conn *c; /* NULL: given up while the resolver was running */
	struct addrinfo *list;
	struct addrinfo *next;
	char name[NET_ADDR_MAX]; /* "host:port", as asked for */
};

struct conn {
	struct loop *loop;
	LIST_ENTRY(conn) all;
	TAILQ_ENTRY(conn) turn_link;
	TAILQ_ENTRY(conn) dirty_link;
	TAILQ_ENTRY(conn) dead_link;
	struct conn_queue *turn_queue; /* ready, run or NULL */
	unsigned turn;                 /* enum conn_turn */
	bool is_dirty;
	enum conn_state state;
	int fd;
	int events;      /* UV_READABLE | UV_WRITABLE now waited for */
	uv_poll_t *poll; /* frees itself when closed */
	struct dial *dial;
	struct conn_tls *tls; /* NULL: none */
	const struct conn_ops *ops;
	void *arg;
	struct conn_limits lim;
	struct timer timer; /* connecting, ending, draining */
	bool showing; /* inside ops->data */
	bool paused;
	bool eof;
	bool broken;  /* writing failed: read what is left */
	bool staying; /* the peer has closed its side, the owner not yet */
	bool blocked; /* the socket takes no more for now */
	bool full;    /* above out_high, drained() is due */
	bool refused; /* the handshake failed: `why' stands, whoever closes */
	bool dialed;  /* by us */
	const char *unread; /* in scratch (while showing) or in `in' */
	size_t nunread;
	struct buf in;
	struct buf out;
	size_t out_at; /* bytes of out already written */
	long uid;
	char peer[NET_ADDR_MAX];
	char why[NET_ERR_MAX];
};

/* loop.c: every callback of libuv begins with it: the first one of a wake-up
 * reads the clocks. */
void loop_enter(struct loop *l);
uv_poll_t *loop_watch(struct loop *l, int fd, void *data);
void loop_unwatch(uv_poll_t *p);

/* timer.c: embedded timers; 0 or FG_ENOMEM. */
int timer_init(struct timer *t, struct loop *l, void (*fn)(void *), void *arg);
void timer_fini(struct timer *t);
void timers_run(struct loop *l);
void timers_arm(struct loop *l);

/* conn.c */
struct conn *conn_new(struct loop *l, const struct conn_limits *lim);
/* Go to CONN_OPEN on a connected socket, which is taken; 0 or FG_ENOMEM. */
int conn_open(struct conn *c, int fd);
void conn_watch(struct conn *c);
void conn_die(struct conn *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void conn_die_as_said(struct conn *c); /* c->why is set */
void conn_turn_later(struct conn *c, unsigned why);
void conns_close(struct loop *l);
void conn_free(struct conn *c);

/* turn.c */
/* After a callback: what was not taken moves out of the loop's scratch. */
void conn_keep_unread(struct conn *c);
/* It is connected: begin with the handshake, if it is to have one. */
void conn_shake(struct conn *c);
void conns_turn(struct loop *l);

/* send.c */
void conn_flush_later(struct conn *c);
void conns_flush(struct loop *l);

/* io.c: bytes moved, 0 at the end of the stream, IO_AGAIN or IO_BROKEN; the
 * first two on the socket as it is, whatever stands between. */
ssize_t io_recv(struct conn *c, char *p, size_t n);
ssize_t io_put(struct conn *c, const char *p, size_t n);
ssize_t io_read(struct conn *c, char *p, size_t n);
ssize_t io_write(struct conn *c, const char *p, size_t n);
const char *io_why(const struct conn *c); /* uses errno */

/* tls.c, for those with c->tls: the same, and 1 when the handshake is done. */
ssize_t tls_handshake(struct conn *c);
ssize_t tls_read(struct conn *c, char *p, size_t n);
ssize_t tls_write(struct conn *c, const char *p, size_t n);
void tls_end(struct conn *c);
void tls_drop(struct conn *c);
/* Is there more to read, of which the socket does not know? */
bool tls_has_more(const struct conn *c);
/* Does reading or the handshake wait until the socket can be written? */
bool tls_is_stuck(const struct conn *c);
const char *tls_fault(const struct conn *c); /* NULL: none */

/* connect.c */
void dial_ready(struct conn *c);
void dial_drop(struct conn *c);

/* addr.c */
void addr_format(char out[NET_ADDR_MAX], const struct sockaddr *sa);
void addr_format_host(char out[NET_ADDR_MAX], const char *host, uint16_t port);
/* Fill a unix address; its length, or 0: the path does not fit. */
socklen_t addr_unix(struct sockaddr_storage *ss, const char *path);
/* The options of a TCP socket. */
void fd_tune(int fd, const struct conn_limits *lim);

#endif
