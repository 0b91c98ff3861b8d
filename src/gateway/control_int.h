/*
 * control_int.h: what the files of the control sockets share.
 *
 *	control.c          the sockets, the table of requests
 *	control_session.c  STATUS, SESSIONS, SESSION_*
 *	control_metrics.c  a copy of the numbers for Prometheus
 *	control_auth.c     USER_*
 *	control_create.c   SESSION_CREATE, _DELETE, _ENABLE, _DISABLE
 *	control_halt.c     HALT, RESUME
 *	control_cancel.c   what HALT with CANCEL sends
 *	control_reload.c   RELOAD
 *	control_read.c     READ, TABLES, DICT_GET
 *	control_tail.c     TAIL, CREDIT, UNTAIL
 *	control_event.c    events: lanes, answers, giving up
 *	control_send.c     EVENT_FIX_SEND
 *	control_lane.c     LANE_OPEN, EVENT_TABLE_INSERT, EVENT_PARK
 *	control_cursor.c   CURSOR_*
 *	control_quarantine.c  QUARANTINE_*
 *	control_defer.c    answers that wait for the disk
 */
#ifndef FG_GATEWAY_CONTROL_INT_H
#define FG_GATEWAY_CONTROL_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "daemon/server.h"
#include "gateway/consumers.h"
#include "gateway/control.h"
#include "gateway/feeder.h"
#include "gateway/fields.h"
#include "gateway/gateway.h"
#include "gateway/lanes.h"
#include "gateway/rights.h"
#include "gateway/status.h"
#include "link/link.h"
#include "store/store.h"

#define CONTROL_TAILS_MAX  1024 /* open tails of one connection */
#define CONTROL_NAME_MAX   128 /* bytes of a session's name */
#define CONTROL_SOURCE_MAX 128 /* bytes of a SOURCE with its NUL */

struct control {
	struct gateway *g;
	struct server *server;
	struct quarantine *quarantine;
	struct rights *rights;
	struct consumers consumers;
	struct buf scratch; /* fields of a message to send */
	struct fields fields;  /* their index */
	struct feeder *feeder; /* makes ROWS */
	uint64_t serial;       /* of the tail made last */
};

static inline struct control *
control_of(const struct server_ask *a)
{
	return a->arg;
}

/* The session that SESSION names; NULL: a NACK was sent. */
struct fgsess *control_session(const struct server_ask *a);
/* May the peer? If not, a NACK was sent. */
bool control_may(const struct server_ask *a, enum right right,
    const char *name);
/* "NAME (uid 1000): REASON", for SESSION_EVENT. */
void control_who(const struct server_ask *a, const char *reason, char *out,
    size_t cap);

/* For answers that wait for the driver. */
struct control_later {
	struct server_conn *conn; /* held */
	const char *type;  /* of the request; static */
	uint64_t ref;
	const char *name;  /* of the session; borrowed */
	const char *text;  /* of the ACK; static */
	char *note;        /* owned; more of it, or NULL */
};
/* Returns owned, or NULL; holds the connection. */
struct control_later *control_later(const struct server_ask *a,
    const struct fgsess *fs, const char *text);
void control_later_free(struct control_later *l);
/* A release_fn: ACK or NACK; takes the control_later. */
void control_order_done(void *arg, const struct release_done *done);

/* What STATUS says of them; pending: what waits is counted, not only seen. */
enum status_health control_judge_session(const struct control *c,
    const struct fgsess *fs, bool pending, char text[STATUS_ADVICE_MAX]);
enum status_health control_judge_store(const struct control *c,
    char text[STATUS_ADVICE_MAX]);

void control_status(const struct server_ask *a);
void control_sessions(const struct server_ask *a);
void control_session_schedule(const struct server_ask *a);
void control_session_start(const struct server_ask *a);
void control_session_stop(const struct server_ask *a);
void control_session_reset(const struct server_ask *a);
void control_session_seq(const struct server_ask *a);

void control_user_list(const struct server_ask *a);
void control_user_remove(const struct server_ask *a);
void control_user_set(const struct server_ask *a);

void control_session_create(const struct server_ask *a);
void control_session_delete(const struct server_ask *a);
void control_session_enable(const struct server_ask *a);
void control_session_disable(const struct server_ask *a);

void control_halt(const struct server_ask *a);
void control_resume(const struct server_ask *a);

void control_reload(const struct server_ask *a);

/* TABLE and SESSION of a request; false: a NACK was sent. */
bool control_table(const struct server_ask *a, enum store_table *t,
    uint32_t *session);
/* A ROWS, or why there is none, for a READ (serial 0). */
void control_read_done(const struct feeder_job *j);
/* For a tail. */
void control_tail_done(struct control *c, const struct feeder_job *j);
void control_read(const struct server_ask *a);
void control_tail(const struct server_ask *a);
void control_credit(const struct server_ask *a);
void control_untail(const struct server_ask *a);
void control_tables(const struct server_ask *a);
/* "UUID/TABLE/INCARNATION": whose sequence a row of the table has. */
void control_source(const struct control *c, enum store_table t,
    char out[CONTROL_SOURCE_MAX]);
void control_dict_get(const struct server_ask *a);
/* Of struct server_cfg: the tails of a connection. */
bool control_feed(void *control, struct server_conn *sc);
void control_closed(void *control, struct server_conn *sc);

/*
 * A request whose answer waits for its commit: the first member of what the
 * answer needs. fn is called once, with a NULL if the connection is closed.
 */
struct control_defer;
typedef void (*control_defer_fn)(struct control_defer *w,
    const struct server_ask *a, const struct release_done *done);
struct control_defer {
	struct server_conn *conn; /* held */
	const char *type;         /* of the request; static */
	uint64_t ref;
	control_defer_fn fn;
};
/* Returns size bytes, owned, or NULL: a NACK was sent. */
void *control_defer(const struct server_ask *a, size_t size,
    control_defer_fn fn);
/* If the driver did not take it. */
void control_defer_free(void *defer);
/* The release_fn of it; frees it. */
void control_deferred(void *defer, const struct release_done *done);
/* ACK when all that was done so far is durable. text is static. */
void control_ack_durable(const struct server_ask *a, const char *text);
/* NACK of what the store could not do. */
void control_nack_err(const struct server_ask *a, int err);

/* The names that a client's marks have. */
struct control_names {
	char consumer[LANE_NAME_MAX + 1], key[LANE_NAME_MAX + 1];
	char send[LANE_NAME_MAX + 1], source[CONTROL_SOURCE_MAX];
};

void control_fix_send(const struct server_ask *a);
void control_table_insert(const struct server_ask *a);
void control_event_park(const struct server_ask *a);
void control_lane_open(const struct server_ask *a);
void control_cursor_get(const struct server_ask *a);
void control_cursor_put(const struct server_ask *a);
void control_cursor_list(const struct server_ask *a);
void control_cursor_clear(const struct server_ask *a);
void control_quarantine_list(const struct server_ask *a);
void control_quarantine_pending(const struct server_ask *a);
void control_quarantine_retry(const struct server_ask *a);
void control_quarantine_drop(const struct server_ask *a);
void control_quarantine_done(const struct server_ask *a);

#endif
