/*
 * client.h: the inside of fixgate-client.
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
#include <sys/queue.h>

#include "client/exec.h"
#include "client/files.h"
#include "client/health.h"
#include "client/lane.h"
#include "client/settle.h"
#include "daemon/remote.h"
#include "daemon/rows.h"
#include "daemon/server.h"
#include "daemon/start.h"

#define NAME_MAX_BYTES 127 /* of clients, keys, sends (fixgate-link(7)) */
#define SOURCE_MAX     128 /* with its NUL */
#define TEXT_MAX       512 /* of a state, for people */

struct program;
struct client;
struct block;
struct sender;
struct channel;
struct target;

/* What is sent: the body of a lane's event. */
struct event {
	uint64_t quarantine; /* its row of QUARANTINE, if it comes from there */
	uint32_t nkeys;      /* of a link: keys of the details */
	size_t len;
	char data[]; /* the keys, packed; or a JSON object */
};

/* An event, or a row, that is to be put into QUARANTINE. */
struct park {
	TAILQ_ENTRY(park) link;
	uint64_t seq;
	uint32_t part, attempt;
	char code[32], reason[TEXT_MAX];
	struct buf details;
	bool asked;
};
TAILQ_HEAD(parks, park);

/* An event of QUARANTINE that is done again. */
struct redo {
	TAILQ_ENTRY(redo) link;
	uint64_t quarantine;
	bool over, ok, asked; /* it was answered; QUARANTINE_DONE */
	char text[TEXT_MAX];
};
TAILQ_HEAD(redos, redo);

/* ---- channels and senders ---- */

enum channel_state { CHANNEL_SHUT, CHANNEL_OPENING, CHANNEL_OPEN };

struct channel {
	TAILQ_ENTRY(channel) link; /* of its target */
	struct channel *next;      /* of its sender */
	struct sender *sender;
	char name[NAME_MAX_BYTES + 1]; /* of the lane */
	struct lane *lane;
	enum channel_state state;
	bool again;      /* events from QUARANTINE: of no lane */
	bool backs_off;  /* the target asked to try later */
	mono_t open_due; /* the next LANE_OPEN */
	uint64_t number; /* LANE; 0: the target has no lanes */
	uint64_t acked;  /* what the cursor's ACKED said */
	uint64_t put;    /* ACKED that was put */
	struct parks parks;
};

struct sender {
	const struct script_send *script;
	struct block *block;
	struct target *target;
	struct lane_window window;
	struct channel *channel; /* list */
	size_t nchannel;
	struct channel *again; /* for QUARANTINE; NULL: not needed yet */
	/* Rows of which the script could not make events. */
	struct channel *script_faults;
	enum health health;
	char text[TEXT_MAX]; /* "" if it is HEALTHY */
	mono_t sent, answered, busy; /* see health_facts; busy 0: not */
	uint64_t handled;
};

/* What CURSOR_ACK said about sends. */
struct acked {
	char name[NAME_MAX_BYTES + 1];
	uint64_t seq;
};

struct block {
	const struct script_block *script;
	struct client *client;
	struct sender *sender;
	struct settle *settle; /* NULL: not begun */
	struct channel *faults; /* rows on which its where failed */
	bool answered;          /* CURSOR_GET */
	bool has_cursor;
	uint64_t cursor; /* stored */
	uint64_t token;
	struct acked *acked;
	size_t nacked;
	bool putting;    /* CURSOR_PUT without answer */
	uint64_t put, put_asked;
};

/* ---- clients ---- */

enum client_state {
	CLIENT_DOWN,       /* its streamer is not reached */
	CLIENT_ASKING,     /* for cursors */
	CLIENT_PROBING,    /* is the other one of this name gone? */
	CLIENT_PLACING,    /* where to begin */
	CLIENT_LOGGING_ON, /* STREAM_LOGON */
	CLIENT_ON,
	CLIENT_WAITING,    /* for the next try */
	CLIENT_STOPPED,    /* until the process is started again */
	CLIENT_LEAVING,    /* the process stops */
};

struct client {
	struct program *program;
	const struct script_client *script;
	const char *file;
	struct remote *remote; /* to its streamer */
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
	uint64_t upto, visible;
	bool more;
	struct block *block;
	size_t nblock;
	struct target **target; /* its own, not exec: */
	size_t ntarget;
	mono_t put_due, look_due, pending_due, park_due;
	bool pending_asked;
	bool reset; /* forget all that was taken, in client_work */
	size_t nparks; /* of all its channels */
	int64_t *parked; /* ring of the times of the last quarantine_rows */
	size_t nparked, parked_at;
	struct redos redos;
};

void client_start(struct client *c, struct program *p, const char *file,
    const struct script_client *script);
void client_free(struct client *c);
/* The end of a wake-up. */
void client_work(struct client *c, mono_t now);
/* When client_work is due without that anything happens. */
mono_t client_due(const struct client *c);

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
/* Is all that is settled stored? */
bool position_is_put(const struct client *c);
uint64_t position_lowest(const struct client *c);

/* feed.c: rows. */
void feed_rows(struct client *c, const struct link_msg *m);
void feed_credit(struct client *c);
/* Make an event of what was packed. */
struct event *event_new(const struct buf *packed, uint32_t nkeys);

/* ---- channels ---- */

/* The channel of a value of laneOn (NULL: the only one), made if there is none.
 * NULL: the name is not possible, or there are too many. */
struct channel *channel_get(struct sender *s, const char *value, size_t n);
struct channel *channel_new(struct sender *s, const char *name, bool again);
void channel_free(struct channel *ch);
/* Answers of the target. text is for QUARANTINE. */
void channel_done(struct channel *ch, uint64_t ref);
void channel_retry(struct channel *ch, uint64_t ref, bool stopped);
void channel_refused(struct channel *ch, uint64_t ref, const char *code,
    const char *text, bool parked);
/* The process is not there: give up what waits. */
void channel_give_up(struct channel *ch);

void sender_start(struct sender *s, struct block *b,
    const struct script_send *script);
void sender_clear(struct sender *s);
size_t sender_queued(const struct sender *s);
/* Look at the warning ranges. */
void sender_look(struct sender *s, mono_t now);

/* ---- targets ---- */

struct flight {
	LIST_ENTRY(flight) link;
	uint64_t ref;
	struct channel *channel;
};
LIST_HEAD(flights, flight);

#define TARGET_BUCKETS 256u /* a power of 2 */

struct target {
	struct program *program;
	struct client *client; /* NULL: an exec:, of all clients */
	const struct start_process *process;
	struct remote *remote;
	struct exec *exec;
	bool plain;         /* a link process without lanes */
	mono_t down;        /* since when */
	TAILQ_HEAD(, channel) channels;
	struct flights flights[TARGET_BUCKETS];
	size_t nflight;
	uint64_t n; /* of the last event to an exec: */
	struct buf line; /* scratch */
	mono_t due;
	bool busy; /* target_work has something to do */
};

struct target *target_new(struct program *p, struct client *c,
    const struct start_process *process);
void target_free(struct target *t);
void target_add(struct target *t, struct channel *ch);
void target_remove(struct target *t, struct channel *ch);
void target_work(struct target *t, mono_t now);
bool target_is_up(const struct target *t);
const char *target_trouble(const struct target *t);

/* ---- QUARANTINE ---- */

/* Put an event aside; takes its body. The row is settled when that is done. */
void park_event(struct channel *ch, const struct lane_event *e,
    const char *code, const char *reason);
/* Put a row aside, of which no event was made. */
void park_row(struct channel *ch, const struct script_row *row,
    const char *code, const char *reason);
void park_free(struct channel *ch);
/* Send what may be sent; ask for what is to be done again. */
void park_work(struct client *c, mono_t now);
/* One that came from QUARANTINE is done, or not. */
void park_again_done(struct client *c, uint64_t quarantine, bool ok,
    const char *text);
/* An event was given up; too many of them stop the client. */
void park_count(struct client *c);

/* ---- the program ---- */

struct program {
	struct start start;
	struct files files;
	struct client *client;
	size_t nclient;
	struct target **exec;
	size_t nexec;
	struct server *server; /* NULL: it does not listen */
	struct timer *timer;
	struct link_out *out; /* for event_new */
	struct buf scratch;
	bool stopping;
	int stage;
	mono_t stage_end;
};

/* serve.c: 0 or FG_E*, with a line in the log. */
int serve_start(struct program *p);

/* "No memory" is the end of the process. */
void *must(void *p);
void must_be_0(int err);

static inline struct now
now_of(const struct program *p)
{
	return loop_now(p->start.loop);
}

#endif
