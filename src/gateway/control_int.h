/*
 * control_int.h: what the files of the control sockets share.
 *
 *	control.c          listeners, connections, dispatch, HELLO
 *	control_session.c  STATUS, SESSIONS, SESSION_*
 *	control_read.c     READ, TAIL, CREDIT, UNTAIL, DICT_GET
 *	control_send.c     EVENT_FIX_SEND
 */
#ifndef FG_GATEWAY_CONTROL_INT_H
#define FG_GATEWAY_CONTROL_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "gateway/control.h"
#include "gateway/gateway.h"
#include "link/link.h"
#include "net/net.h"
#include "store/store.h"

#define CONTROL_FRAME_MAX (4u << 20) /* bytes of a frame's body that we take */
#define CONTROL_TAILS_MAX 16         /* open tails of one connection */
#define CONTROL_NAME_MAX  128        /* bytes of a client's or session's name */

struct control_tail {
	uint64_t ref; /* SOURCE_REF of its TAIL */
	enum store_table table;
	uint32_t session; /* 0: all */
	uint64_t after, credit;
};

/*
 * One connection. It outlives its conn while answers are due (refs), because
 * the driver calls back when their commits are durable.
 */
struct control_conn {
	struct control *control; /* NULL: control is gone */
	struct conn *conn;       /* NULL: closed */
	struct control_conn *next;
	unsigned refs;
	bool read_only, greeted;
	bool waiting; /* a request stays in the input until the disk is ready */
	char name[CONTROL_NAME_MAX];
	struct control_tail tail[CONTROL_TAILS_MAX];
	size_t ntails;
};

struct control {
	struct gateway *g;
	struct listener *full, *restricted;
	struct control_conn *first;
	struct timer *retry; /* while a connection is waiting */
	struct link_out *out; /* one message at a time */
	struct link_in *in;
	struct buf to;        /* its frame */
	struct buf scratch;   /* fields of a message to send */
};

/* One request and where its answer goes. */
struct control_ask {
	struct control *control;
	struct control_conn *cc;
	uint64_t ref;
	const struct link_val *details;
};

/* Start an answer; DETAILS follow, then control_done. */
struct link_out *control_begin(struct control *c, const char *type,
    uint64_t ref);
void control_done(struct control *c, struct control_conn *cc);
void control_nack(const struct control_ask *a, const char *type,
    const char *code, bool retry, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
void control_ack(const struct control_ask *a, const char *text);
/* The session that SESSION names; NULL: a NACK of that type was sent. */
struct fgsess *control_session(const struct control_ask *a, const char *nack);
/* "NAME (uid 1000): REASON", for SESSION_EVENT. */
void control_who(const struct control_ask *a, const char *reason, char *out,
    size_t cap);

/* For answers that wait for the driver: released by control_unref. */
struct control_later {
	struct control_conn *cc;
	uint64_t ref;
	const char *name;  /* of the session; borrowed */
	const char *text;  /* of the ACK; static */
};
/* Returns owned, or NULL; holds the connection. */
struct control_later *control_later(const struct control_ask *a,
    const struct fgsess *fs, const char *text);
void control_later_free(struct control_later *l);

void control_status(const struct control_ask *a);
void control_sessions(const struct control_ask *a);
void control_session_schedule(const struct control_ask *a);
void control_session_start(const struct control_ask *a);
void control_session_stop(const struct control_ask *a);
void control_session_reset(const struct control_ask *a);
void control_session_seq(const struct control_ask *a);

void control_read(const struct control_ask *a);
void control_tail(const struct control_ask *a);
void control_credit(const struct control_ask *a);
void control_untail(const struct control_ask *a);
void control_dict_get(const struct control_ask *a);
/* Send what the tails of the connection may have; true: more is left that
 * could go now. */
bool control_feed(struct control *c, struct control_conn *cc);

void control_fix_send(const struct control_ask *a);

#endif
