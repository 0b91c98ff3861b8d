/*
 * client.h: the inside of fixgate-client, with channel.h.
 *
 *	streamer --rows--> client -> block -> sender -> channel -> target
 *
 * A client (streamerClient) takes the rows of one stream. Each of its blocks
 * (onMessage) has a cursor, and senders (send) that make events of a row; the
 * events of a sender go over one channel, or over one for each value of laneOn,
 * each a lane of its own; channels lead to a target, the process that does the
 * events. Answers come back: lane, then settle of the block, then its cursor.
 *
 * Callbacks of the loop only note what came; what follows from it (sending,
 * credit, cursors, the next try) is done by client_work and target_work at the
 * end of the wake-up. When memory is gone the process ends: its state is in the
 * cursors.
 */
#ifndef FG_CLIENT_CLIENT_H
#define FG_CLIENT_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/channel.h"
#include "client/files.h"
#include "client/health.h"
#include "daemon/remote.h"
#include "daemon/rows.h"
#include "daemon/server.h"
#include "daemon/start.h"

struct program;

/* ---- clients ---- */

enum client_state {
	CLIENT_DOWN,       /* its streamer is not reached */
	CLIENT_ASKING,     /* for cursors */
	CLIENT_PROBING,    /* is the other one of this name gone? */
	CLIENT_PLACING,    /* where to begin */
	CLIENT_LOGGING_ON, /* STREAM_LOGON */
	CLIENT_ON,
	CLIENT_WAITING,    /* for the next try */
	CLIENT_STOPPED,    /* until it is started again, or its file changes */
	CLIENT_LEAVING,    /* it has logged off, and finishes */
};

struct client {
	struct program *program;
	const struct script_client *script;
	const char *file;
	struct start_process *streamer; /* owned */
	struct remote *remote; /* to it */
	enum client_state state;
	enum health level;   /* of the state */
	char text[TEXT_MAX]; /* of it, too; "" if all is well */
	mono_t again;        /* CLIENT_WAITING */
	bool standby;        /* another one of its name is logged on */
	uint64_t ref;        /* of the STREAM_LOGON */
	char source[SOURCE_MAX]; /* of the rows that its blocks know */
	char asked_source[SOURCE_MAX];
	size_t waits; /* answers that are needed to go on */
	uint64_t place; /* where a block without cursor begins */
	bool maps; /* the stream has toRow: each row brings its columns */
	struct row_columns columns;
	struct row_in row;
	uint64_t credit; /* rows that may still come */
	uint64_t made, row_size; /* bytes of events; of those of a row, about */
	uint64_t upto, visible;
	bool more;
	struct block *block;
	size_t nblock;
	struct target **target; /* its own, not exec: */
	size_t ntarget;
	mono_t put_due, look_due, pending_due, park_due;
	bool pending_asked;
	bool moved; /* somebody has set its cursor */
	bool reset; /* forget all that was taken, in client_work */
	bool leaves; /* the process stops, or another script takes its place */
	size_t nparks; /* of all its channels */
	int64_t *parked; /* ring of the times of the last quarantine_rows */
	size_t nparked, parked_at;
	struct redos redos;
};

struct client *client_start(struct program *p, const char *file,
    const struct script_client *script);
void client_free(struct client *c);
/* The end of a wake-up. */
void client_work(struct client *c, mono_t now);
/* When client_work is due without that anything happens. */
mono_t client_due(const struct client *c);

/* state.c: what is wrong with it; "": nothing. The log hears of it once. */
void client_say(struct client *c, enum health level, const char *text);
void client_log_off(struct client *c);
/* Forget what c->reset says; what a block took. */
void client_reset(struct client *c);
void client_clear(struct block *b);
/* It cannot go on: try again, in a while; or never. With what it took forgotten:
 * it begins again at its cursor. */
void client_fail(struct client *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void client_stop(struct client *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* As client_fail, but another process seems to be this client. */
void client_lost(struct client *c, const char *why);

/* A NACK with RETRY: the same in a while, with all that it has taken. */
void client_later(struct client *c, const struct link_msg *m);
/* STREAM_LOGON, as the state has it. */
void client_logon(struct client *c);

/* Log off, say where it is, and finish what was sent. */
void client_leave(struct client *c);
/* Does nothing that was sent wait for its answer? */
bool client_is_quiet(const struct client *c);

enum health client_health(const struct client *c);
const char *client_state_text(const struct client *c);

/* position.c: CURSOR_GET, where to begin, CURSOR_PUT. */
void position_ask(struct client *c);
void position_place(struct client *c, uint64_t after);
void position_put(struct client *c, mono_t now);
/* When position_put has something to do. */
mono_t position_due(const struct client *c);
/* Is all that is settled stored? */
bool position_is_put(const struct client *c);
uint64_t position_lowest(const struct client *c);

/* feed.c: rows. */
void feed_rows(struct client *c, const struct link_msg *m);
void feed_credit(struct client *c);
/* Send the events of a row of QUARANTINE; the row is as e says. 0, or FG_E* of
 * the script. */
int feed_again(struct sender *s, const struct script_row *row,
    const struct lane_event *e, uint64_t quarantine);
/* Make an event of what was packed. */
struct event *event_new(const struct buf *packed, uint32_t nkeys);

/* ---- the program ---- */

struct program {
	struct start start;
	struct files files;
	struct client **client;
	size_t nclient;
	struct target **exec;
	size_t nexec;
	struct server *server; /* NULL: it does not listen */
	struct roles *roles;
	struct timer *timer;
	struct link_out *out; /* for event_new */
	struct buf scratch;
	struct watchdog *watchdog;
	/* leave.c: */
	int stage;
	mono_t stage_end;
	bool stopping;
	struct files next; /* that come when those that leave are gone */
	bool next_again;   /* and then they are read again */
};

/* leave.c: the clients of p->files, those that are there already go on. */
void leave_start(struct program *p);
/* SIGTERM; SIGHUP. */
void leave_stop(void *arg);
void leave_hangup(void *arg);
/* Those that leave: what is to be done now, and when again. */
mono_t leave_work(struct program *p);

/* serve.c: 0 or FG_E*, with a line in the log. */
int serve_start(struct program *p);

/* metrics.c: of struct start; arg is the struct program. */
const char *client_metrics(void *arg, struct buf *out);

/* "No memory" is the end of the process. */
void *must(void *p);
void must_be_0(int err);

static inline struct now
now_of(const struct program *p)
{
	return loop_now(p->start.loop);
}

#endif
