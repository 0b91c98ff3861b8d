/*
 * channel.h: the way of a client's rows to their targets: blocks, senders,
 * channels, targets, and QUARANTINE. client.h says how they hang together.
 */
#ifndef FG_CLIENT_CHANNEL_H
#define FG_CLIENT_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/latency.h"
#include "client/exec.h"
#include "client/health.h"
#include "client/lane.h"
#include "client/settle.h"
#include "daemon/remote.h"
#include "daemon/start.h"

#define NAME_MAX_BYTES 127 /* of clients, keys, sends (fixgate-link(7)) */
#define SOURCE_MAX     128 /* with its NUL */
#define TEXT_MAX       512 /* of a state, for people */

/* A NACK, EVENT_NACK, ... that came; its text may be cut. */
struct nack {
	char code[32], text[384];
	bool retry;
};
void nack_read(const struct link_msg *m, struct nack *n);

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
	uint32_t left; /* answers that are to come, and that all were sent */
	bool failed, asked; /* QUARANTINE_DONE was asked */
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
	mono_t backs_off; /* since when the target asks to try later; 0: no */
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
	struct latency sent_after, answered_after; /* the row was read */
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
	bool has_cursor;
	uint64_t cursor; /* stored */
	uint64_t token;
	struct acked *acked;
	size_t nacked;
	bool putting;    /* CURSOR_PUT without answer */
	uint64_t put, put_asked; /* where it is stored, or is to be */
	mono_t put_at;           /* the last time that it was */
};

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
/* The same without lanes that were asked to try later. */
size_t sender_flowing(const struct sender *s);
/* The last row up to which its events are answered. */
uint64_t sender_handled(const struct sender *s);
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
	struct start_process *process; /* owned */
	struct remote *remote;
	struct exec *exec;  /* NULL: not needed yet */
	bool plain;         /* a link process without lanes */
	mono_t down;        /* since when */
	TAILQ_HEAD(, channel) channels;
	struct flights flights[TARGET_BUCKETS];
	size_t nflight;
	uint64_t n; /* of the last event to an exec: */
	struct buf line; /* scratch */
	mono_t due;
	bool busy; /* target_work has something to do */
	bool leaves; /* an exec: that the files no longer have */
};

struct target *target_new(struct program *p, struct client *c,
    const struct start_process *process);
void target_free(struct target *t);
void target_add(struct target *t, struct channel *ch);
void target_remove(struct target *t, struct channel *ch);
void target_work(struct target *t, mono_t now);
static inline bool
target_is_exec(const struct target *t)
{
	return t->process->exec;
}
bool target_is_up(const struct target *t);
const char *target_trouble(const struct target *t);

/* ---- QUARANTINE ---- */

/* Put an event aside; takes its body. The row is settled when that is done. */
void park_event(struct channel *ch, const struct lane_event *e,
    const char *code, const char *reason);
/* Put a row aside, of which no event was made. */
void park_row(struct channel *ch, const struct script_row *row, wall_t stamp,
    const char *reason);
void park_free(struct channel *ch);
/* Send what may be sent. */
void park_work(struct client *c, mono_t now);
/* An event went to QUARANTINE; too many of them stop the client. */
void park_count(struct client *c);

/* again.c: what an operator wants done again. */
void again_work(struct client *c, mono_t now);
/* Send an event of QUARANTINE again, on no lane. Takes its body. */
void again_put(struct sender *s, const struct lane_event *e);
/* An event that came from there is done, or not. */
void again_done(struct client *c, uint64_t quarantine, bool ok,
    const char *text);
void again_clear(struct client *c);

#endif
