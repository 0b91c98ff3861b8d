/* peers_int.h: what the transport's own files share. */
#ifndef FG_GATEWAY_PEERS_INT_H
#define FG_GATEWAY_PEERS_INT_H

#include <sys/queue.h>

#include "conf/conf.h"
#include "gateway/fields.h"
#include "gateway/gateway.h"
#include "gateway/hours.h"
#include "gateway/identity.h"
#include "net/tls.h"

#define SHUTDOWN_EXTRA_S 2 /* beyond LogoutTimeout, for connections to drain */
#define VISITOR_TEXT 160   /* bytes of a visitor's message that are logged */

/* The transport of one session: fgsess.owner. */
struct route {
	struct peers *peers;
	struct fgsess *fs;
	const struct conf_section *conf;
	struct visitor *visitor; /* its connection, or NULL */
	struct visitor *dialing; /* the one that is being made, or NULL */
	TAILQ_ENTRY(route) link;
	struct route *ended_next; /* list of released disconnects */
	bool enabled, initiator;
	bool leaving;      /* it is removed once its connection is gone */
	size_t max_message;
	unsigned checks; /* enum fix_check */
	struct conn_limits limits;
	struct hours hours;
	bool left;         /* by its peer, and not by us */
	struct timer *edge; /* NULL: the schedule never changes that */
	/* initiator: */
	struct timer *retry;
	mono_t next_try;
	unsigned host;     /* which of the numbered hosts is next */
	wall_t dialed;     /* when the connection was tried */
	unsigned tries;    /* since the last logon */
};

/* How far the check of a Logon is: user and password, then LogonCheck. */
struct known {
	enum { KNOWN_NEW, KNOWN_USER, KNOWN_HALF, KNOWN_ASKED, KNOWN_YES } is;
	char why_not[160]; /* "": nothing is wrong so far */
	bool secret;       /* ... and not for its ears */
};

/* A connection, from accept or connect to its end. */
struct visitor {
	struct peers *peers;
	struct conn *conn;
	struct route *route;  /* NULL: has not logged on, or is being drained */
	bool stranger;        /* never was anybody's */
	struct tunnel *tunnel; /* to be made through a proxy; NULL: none, or it
	                        * is there */
	struct port *header;  /* whose connections begin with a PROXY header;
	                       * NULL: not, or it came */
	bool secured;         /* with TLS, or it will be */
	bool told;            /* the log knows why it was refused */
	bool began;           /* to send something */
	bool left;            /* it has closed its side, and gets answers */
	mono_t deadline;      /* of a stranger's Logon */
	struct known known;   /* of the Logon that waits */
	uint64_t noise;       /* bytes dropped since the last good message */
	enum fix_garble noise_kind;
	struct visitor *next, *prev;
};

struct port; /* a listener */

struct peers {
	struct gateway *g;
	TAILQ_HEAD(, route) routes; /* all, those that leave, too */
	struct identity_map *who;
	struct port **port;
	size_t nport;
	struct visitor *first, *last; /* all, oldest first */
	struct visitor *stranger;     /* the oldest that has not logged on */
	size_t nvisitors, nstrangers, max_strangers;
	struct timer *logon_timer;    /* of the oldest stranger */
	int64_t logon_timeout_ns;
	struct fields fields;         /* index of the message at hand */
	size_t max_message;           /* of a stranger */
	unsigned checks;              /* that every session makes */
	bool shows_unknown;           /* in the log, what nobody's Logon says */
	mono_t made_at;               /* when a template was used last */
	unsigned made;                /* how often then */
	bool halted;                  /* nobody may log on */
	bool stalled;                 /* reading is paused for the disk */
	struct judge *judge;             /* processes of LogonCheck */
	struct route *ended;          /* released disconnects of this wake-up */
	struct timer *stop_timer;
	void (*stopped)(void *arg);
	void *stopped_arg;
};

/* visitor.c. A new connection: accepted (route NULL) or made for a route. */
struct visitor *visitor_new(struct peers *p, struct conn *c,
    struct route *r);
void visitor_free(struct visitor *v);
/* It is somebody's, or goes: LogonTimeout is not for it any more. */
void visitor_no_stranger(struct visitor *v);
/* The beginning of n bytes that arrived, for the log. */
const char *visitor_shown(char text[VISITOR_TEXT], const struct route *r,
    const char *p, size_t n);
extern const struct conn_ops visitor_ops;
/* The logon timer's: close strangers that have not logged on in time. */
void visitors_time_out(void *arg);
/* Pause or go on reading from all: the disk is behind, or caught up. */
void visitors_stall(struct peers *p, bool on);

/* introduce.c. The first message of an accepted connection. false: it was
 * refused, and is done with if the session has the connection, or it stays for
 * later. */
bool introduce_first(struct visitor *v, const struct fix_msg *m);
/* The connection that was made for a route is the session's from now on. */
void introduce_up(struct visitor *v);
/* Close it without a byte, and log why and what n bytes it sent. */
void introduce_refuse(struct visitor *v, const char *p, size_t n,
    const char *why);
/* No first message came: without TLS, in time, or before it went. */
void introduce_never(struct visitor *v, const char *why);

/* known.c: may who sent this Logon log on? true: yes; else *why says why not, or
 * is NULL: the connection is kicked when that is known, and the Logon stays
 * unread until then. */
bool known_look(struct visitor *v, const struct conf_section *sec,
    const struct fix_msg *m, const char **why);
/* Does its Logon wait for that? */
bool known_is_asked(const struct visitor *v);
/* The visitor goes. */
void known_forget(struct visitor *v);
/* Reach the process that the section names, if any. */
void known_settle(struct peers *p, const struct conf_section *sec);
void known_free(struct peers *p);

/* initiate.c: connect the session now, or later. */
void initiate_now(struct route *r);
void initiate_later(struct route *r);
void initiate_stop(struct route *r);
int initiate_setup(struct route *r);
/* Go on with the tunnel through a proxy: the connection is up, or has bytes. */
void initiate_tunnel(struct visitor *v);

/* window.c */
int window_setup(struct route *r);
void window_free(struct route *r);
/* Obey the schedule from now on: connect the session when it says so. */
void window_begin(struct route *r);
/* What does the schedule want now? Sets r->hours, and does it. */
void window_look(struct route *r);
/* When it is open next; false: not within a year. */
bool window_opens(const struct route *r, wall_t *at);

/* peers.c: the options of the session's sockets. */
void peers_tune(struct conn_limits *lim, const struct conf_section *sec);

/* listen.c */
/* TLS, if the port has it. 0 or FG_ENOMEM. */
int listen_secure(struct port *port, struct visitor *v);
void listen_free(struct peers *p);
/* Messages may be as long as any session's from now on. */
void listen_settle(struct peers *p);

/* peers.c: enum fix_check of the section's sessions. */
unsigned peers_checks(const struct conf_section *sec);
/* At shutdown, is the last connection gone? */
void peers_check_stopped(struct peers *p);
/* Remove the session if it wants to leave and has no connection any more. */
void peers_check_left(struct route *r);

#endif
