/*
 * control_int.h: what the files of the control sockets share.
 *
 *	control.c          the sockets, the table of requests
 *	control_session.c  SESSIONS, SESSION_*
 *	control_status.c   STATUS
 *	control_consumers.c  who has cursors and tails, for that
 *	control_metrics.c  a copy of the numbers for Prometheus
 *	control_archive.c  ARCHIVE
 *	control_backup.c   BACKUP
 *	control_verify.c   VERIFY
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
#include "daemon/expiry.h"
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
	struct roles *rights;
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

/* The same; REASON if it is there, else otherwise. */
void control_who_why(const struct server_ask *a, const char *otherwise,
    char *out, size_t cap);
/* A SESSION_EVENT of what an operator did: on the session, or if it is NULL on
 * the gateway; "WHAT: NAME (uid 1000): REASON". */
void control_note(const struct server_ask *a, struct fgsess *fs,
    enum sess_event ev, const char *what, const char *otherwise);

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
enum status_health control_judge_expiry(const struct tls_expiry *x,
    char text[EXPIRY_TEXT_MAX]);
enum status_health control_judge_backup(const struct control *c,
    char text[STATUS_ADVICE_MAX]);
enum status_health control_judge_store(const struct control *c,
    char text[STATUS_ADVICE_MAX]);

/* SESSIONS and its array. */
/* ARCHIVE of STATUS; and what there is to say of it. */
void control_put_archive(struct control *c, struct link_out *o);
enum status_health control_judge_archive(const struct control *c,
    char text[STATUS_ADVICE_MAX]);
void control_put_sessions(struct control *c, struct link_out *o);

/* Who reads the tables: with a cursor, or only with a tail. */
struct control_consumer {
	char name[LANE_NAME_MAX + 1], key[LANE_NAME_MAX + 1];
	char stream[LANE_NAME_MAX + 1], table[STORE_NAME_MAX + 1];
	uint64_t seq;    /* it has settled all up to here; or was sent it */
	uint64_t behind; /* rows after that */
	int64_t age;     /* of the first of them, ns */
	wall_t seen;
	int64_t still;   /* how long its cursor has not moved, ns */
	bool has_cursor, connected;
	bool changed;    /* it is one of rows that are not these */
	enum status_health health;
	char advice[STATUS_ADVICE_MAX]; /* "" if there is none */
};
/* Append them all, those with cursors first; tails: the others, too. 0 or
 * FG_ENOMEM. */
int control_consumers(struct control *c, bool tails, struct buf *b);

/* Does it wait for an event? name: its consumer. */
enum status_health control_judge_lane(struct control *c,
    const struct lane *l, char name[LANE_NAME_MAX + 1],
    char text[STATUS_ADVICE_MAX]);

/* A mark's name, taken apart. */
#define CONTROL_MARK_FIELDS 5 /* at most */
struct control_mark {
	char text[STORE_MARK_NAME_MAX + 1];
	/* kind, consumer, key, [send,] source */
	char *field[CONTROL_MARK_FIELDS];
	size_t n;
};
/* false: the id is no mark of that kind. */
bool control_mark_split(struct store *st, uint32_t id, const char *kind,
    struct control_mark *n);
/* Is it a cursor that has a position? */
bool control_mark_is_set(struct store *st, uint32_t id,
    struct control_mark *f, struct store_mark *m);
static inline const char *
control_mark_source(const struct control_mark *n)
{
	return n->field[n->n - 1];
}

/* fn for each open tail; consumer and stream may be "". */
struct control_tail_info {
	struct server_conn *conn;
	const char *consumer, *stream;
	enum store_table table;
	uint64_t after; /* the last row that it was sent */
};
/* There are other roles: a connection with a tail that it may not have any more
 * is ended. */
void control_tails_look(struct control *c);
void control_tails_each(struct control *c, void (*fn)(void *arg,
    const struct control_tail_info *t), void *arg);

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
void control_backup(const struct server_ask *a);
/* control_verify.c */
void control_verify(const struct server_ask *a);
void control_archive(const struct server_ask *a);
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
/* For a control_defer_fn: false if nobody waits, or a NACK was sent. */
bool control_can_answer(const struct server_ask *a,
    const struct release_done *done);
/* NACK of what the store could not do. */
void control_nack_err(const struct server_ask *a, int err);
/* A number of DETAILS, or dflt if it is absent. false: it is something else,
 * which is not passed over, and a NACK was sent. */
bool control_number(const struct server_ask *a, const char *key,
    uint64_t dflt, uint64_t *v);

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
