/*
 * driver.h: runs the session machines. It turns their actions into rows of one
 * store transaction per wake-up, and lets nothing out before that transaction
 * is durable: the whole durability argument is in driver_end (driver.c).
 *
 * It knows no sockets: the transport (gateway/peers.h, or a test) calls in with
 * what arrived, and is called through driver_ops with what may leave.
 */
#ifndef FG_GATEWAY_DRIVER_H
#define FG_GATEWAY_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "gateway/arrivals.h"
#include "gateway/early.h"
#include "gateway/rejects.h"
#include "gateway/release.h"
#include "gateway/stages.h"
#include "session/session.h"
#include "store/store.h"

struct driver;
struct limits;

/* What to do with an application message for a session that is not logged on.
 * */
enum driver_when_off { DRIVER_OFF_QUEUE, DRIVER_OFF_NUMBER, DRIVER_OFF_REJECT };

/* A dictionary and its id in the store. */
struct driver_dict {
	const struct dict *dict;
	uint32_t id;
};

/* A session with all that the driver keeps of it. Members up to the line are
 * for readers (control, status); only the driver writes them. */
struct fgsess {
	struct sess *machine;
	const char *name;      /* CONNECTION_NAME; borrowed from the config */
	uint32_t id;           /* in the store */
	uint32_t generation;   /* of its connection; raised by each connect */
	bool connected;
	bool halted; /* see driver_halt */
	bool held;   /* see driver_restored */
	const struct driver_dict *dict; /* its dictionaries; borrowed, ndict */
	size_t ndict;
	enum driver_when_off when_off;
	uint64_t max_queued_age, max_event_age; /* seconds; 0: no limit */
	int32_t inbound_tag, outbound_tag; /* of INTERNAL_TARGET, SOURCE_ID */
	bool keep_order; /* of the bodies that applications send */
	struct limits *limits; /* what may be sent; borrowed, NULL: anything */
	const int32_t *masked; /* secret tags; borrowed, nmasked of them */
	size_t nmasked;
	uint64_t received, sent, rejected; /* messages since start */
	struct rejects rejects; /* of them, since its last logon */
	uint64_t resends; /* requests of the counterparty for them */
	/* What its counterparty's clock is behind ours, when it was seen. */
	int64_t clock_off;
	wall_t clock_seen;
	wall_t last_received, last_sent, logged_on_at, since;
	int last_code; /* of the event that last_event tells */
	char last_event[160];
	uint64_t pending_done; /* OUT_PENDING rows up to here are settled */
	uint64_t pending_tail; /* our last row in OUT_PENDING */
	void *owner;           /* the transport's */
	void *unit;            /* of who gave its settings */
	/* ---- */
	struct sess_cfg cfg;
	size_t heap_at;        /* place in the heap of timers */
	mono_t due;
	struct early early;
	uint64_t recall; /* the next of them whose turn it is; 0: none */
	unsigned left; /* how it ended before a restart: enum sess_cancel, 0 */
	bool answering; /* see driver_is_answering */
	bool peer_left; /* see driver_peer_left; owed: the disconnect is to come */
	bool owed;
	bool holding; /* see driver_holds_logout; hold_at: the resend, then */
	uint64_t hold_at;
	mono_t hold_since;
	bool resending, pending_active;
	bool held_back; /* a resend that came to an application's message */
	uint32_t resend_rate; /* messages per second; 0: any */
	bool paced;           /* the next step of one not before resend_at */
	mono_t resend_at;
	uint64_t resend_next, resend_last;
	uint32_t resend_epoch;
	int resend_id;
	struct fgsess *work_next; /* list of sessions with work left */
	bool in_work;
	bool choked;   /* its work waits for driver_drained */
	size_t unsent; /* bytes of its messages in the release queue */
	size_t queued; /* its items there */
	bool removed;
};

struct driver_ops {
	/* The time of this wake-up. */
	struct now (*now)(void *arg);
	/* That of this moment, to measure with. NULL: the wake-up's. */
	mono_t (*clock)(void *arg);
	/* Write to the session's connection. */
	void (*send)(void *arg, struct fgsess *fs, const void *p, size_t n);
	/* Its connection has enough to write: resends wait until
	 * driver_drained. May be NULL. */
	bool (*is_full)(void *arg, struct fgsess *fs);
	/* It is no longer driver_is_answering, or need not hold a Logout. May
	 * be NULL. */
	void (*answered)(void *arg, struct fgsess *fs);
	/* Close it when all is written. driver_disconnected follows, later. */
	void (*disconnect)(void *arg, struct fgsess *fs, const char *why);
	/* The store failed: drop all connections now; driver_disconnected must
	 * not be called for them. */
	void (*drop_all)(void *arg, const char *why);
	/* Rows became visible. May be NULL. */
	void (*visible)(void *arg);
	/* Nothing refers to a removed session any more: it, its name and its
	 * settings go after this. May be NULL. */
	void (*removed)(void *arg, struct fgsess *fs);
	/* The store cannot be used any more: end the process with an error. */
	void (*fatal)(void *arg, const char *why);
};

/* Returns owned, or NULL: no memory. store is borrowed. */
struct driver *driver_new(struct store *store, const struct driver_ops *ops);
/* What the ops get; before the first input. */
void driver_set_arg(struct driver *d, void *arg);
/* Askers whose commit was not yet certain hear FG_ECLOSED. */
void driver_free(struct driver *d);

/* Add a session with the state that the store has of it, before driver_start or
 * between two inputs. cfg is copied, its strings are borrowed until the removed
 * op. 0 and *out (owned by the driver), or FG_E*; FG_EEXIST: there is one of
 * that name, or one that was removed and is not gone. */
int driver_add(struct driver *d, const struct sess_cfg *cfg,
    struct fgsess **out);
/* Commit what there is of this wake-up, for calls of the store that it takes
 * outside a batch only. 0 or FG_E*: driver_is_down. */
int driver_settle(struct driver *d);
/* Take a session out that is not connected: nobody finds it any more. It lives
 * until the removed op. Its rows and numbers stay in the store. */
void driver_remove(struct driver *d, struct fgsess *fs);
size_t driver_count(const struct driver *d);
struct fgsess *driver_session(const struct driver *d, size_t i);
struct fgsess *driver_by_name(const struct driver *d, const char *name);
/* The data fields that messages of this session may have. */
const struct fix_lens *driver_lens(const struct fgsess *fs);
/* The store's id of a dictionary of this session; 0: none. */
uint32_t driver_dict_id(const struct fgsess *fs, const struct dict *d);
/* Call once before the first input: finds what waits in OUT_PENDING. */
int driver_start(struct driver *d);
/* Once the ops have their arg: CancelOnDisconnect of sessions that were logged
 * on when the process died. 0 or FG_E*. */
int driver_find_lost(struct driver *d);

/* ---- inputs of a wake-up; then driver_end ---- */

void driver_connected(struct driver *d, struct fgsess *fs, const char *peer);
void driver_disconnected(struct driver *d, struct fgsess *fs, const char *why);
/* A connection for the session could not be made: for status and the log; no
 * row, because a peer that is away for a night would fill the table. */
void driver_cannot_connect(struct fgsess *fs, const char *why);
/* The peer has closed its side of the connection, and may read what answers
 * that which it sent. true: there is something to come, and the disconnect op
 * is called behind it; false: nothing. */
bool driver_peer_left(struct driver *d, struct fgsess *fs);
/* Of what its ResendRequest asked for nothing is on its way yet: what it sent
 * behind that one is to wait, or the answers to it would be first. */
bool driver_is_answering(const struct fgsess *fs);
/* A Logout is next, and the resend that was asked for in front of it is not
 * finished, but goes on: it is to wait until the answered op. */
bool driver_holds_logout(struct driver *d, struct fgsess *fs);
/* A clean, indexed frame. */
void driver_recv(struct driver *d, struct fgsess *fs, const struct fix_msg *m);
/* The Logon that its connection began with, and that somebody else refused. */
void driver_refuse(struct driver *d, struct fgsess *fs,
    const struct fix_msg *m, const char *why);
/* A garbled frame, or bytes that are none, on the session's connection. */
void driver_garbled(struct driver *d, struct fgsess *fs, enum fix_garble why,
    const char *p, size_t n);
/* Overwrite what looks like a secret in bytes that are no clean message; fs may
 * be NULL. */
void driver_mask(const struct fgsess *fs, char *p, size_t n);
/* A connection was refused before its session was known: this is what it said.
 * false: there were too many of them, it is only counted. */
bool driver_stranger(struct driver *d, const char *p, size_t n,
    const char *why);

/*
 * Send an application message; fields as sess_send wants them. fn (may be NULL)
 * is called once: when it is durable, or with an error after all. 0, or FG_E*:
 * fn is not called.
 * FG_ESTATE: not logged on, and the session says reject. FG_ENOSPC: no disk.
 */
int driver_send(struct driver *d, struct fgsess *fs, const char *msg_type,
    const char *fields, size_t len, release_fn fn, void *arg);

/* Operator's requests; fn as above. who goes to the SESSION_EVENT row. */
int driver_logout(struct driver *d, struct fgsess *fs, const char *text,
    release_fn fn, void *arg);
int driver_reset(struct driver *d, struct fgsess *fs, const char *who,
    release_fn fn, void *arg);
int driver_set_seqs(struct driver *d, struct fgsess *fs, uint64_t next_in,
    uint64_t next_out, const char *who, release_fn fn, void *arg);
/* The schedule's: sess_window_begins, sess_window_ends, sess_reset_open. */
void driver_window_begins(struct driver *d, struct fgsess *fs, wall_t opens);
void driver_window_ends(struct driver *d, struct fgsess *fs);
void driver_reset_open(struct driver *d, struct fgsess *fs);
/* A SESSION_EVENT row from outside the machine. */
void driver_event(struct driver *d, struct fgsess *fs, enum sess_event ev,
    const char *text);
/* The same, and fn as above. */
int driver_event_then(struct driver *d, struct fgsess *fs, enum sess_event ev,
    const char *text, release_fn fn, void *arg);
/* One of no session: what an operator did to the gateway itself. */
void driver_event_gateway(struct driver *d, enum sess_event ev,
    const char *text);

/* Other rows and marks, for the commit of this wake-up; they get its time. 0 or
 * FG_ENOSPC. */
int driver_append(struct driver *d, enum store_table t, struct store_row *row,
    uint64_t *seq);
int driver_put_mark(struct driver *d, struct store_mark *m);
/* fn is called when what was done so far is durable. 0 or FG_ENOMEM. */
int driver_when_durable(struct driver *d, release_fn fn, void *arg);

/* The disk is low: driver_send refuses (FG_ENOSPC) until it is not. */
void driver_set_low(struct driver *d, bool low);

/*
 * Halt the session of this name, or all (NULL): messages of applications do not
 * leave until it is resumed, over restarts, too. driver_send refuses (FG_EBUSY);
 * what waits, or is asked for again, waits. reason is kept, NULL resumes. 0, or
 * FG_E*; FG_ENOENT: it was not halted so.
 */
int driver_halt(struct driver *d, const char *session, const char *reason);
/* Send a message of the operator's, whatever is halted or waits. 0 or FG_E*;
 * FG_ESTATE: not logged on. */
int driver_send_halted(struct driver *d, struct fgsess *fs,
    const char *msg_type, const char *fields, size_t len);
/* Why it was halted, by this name or all of them; NULL: it was not. */
const char *driver_halted_by(const struct driver *d, const char *session);
/* Why the session is, in whatever way. */
const char *driver_halted(const struct driver *d, const struct fgsess *fs);

/*
 * At the start, with the sessions of the settings: if the store was restored, and
 * this was not said yet, say it, and hold the sessions whose numbers are not
 * sure. 0 or FG_E*.
 */
int driver_restored(struct driver *d);
/* Why the session is held; NULL: it is not. */
const char *driver_held(const struct driver *d, const struct fgsess *fs);
/* Its numbers were said. 0 or FG_E*. */
int driver_let_go(struct driver *d, struct fgsess *fs);

/* The connection of the session takes more again. */
void driver_drained(struct driver *d, struct fgsess *fs);

/* This wake-up has taken its share (256 rows, 256 KiB): leave the rest. */
bool driver_is_full(const struct driver *d);
/* Too much waits for the disk: stop reading (driver_ops.visible tells when to
 * look again). */
bool driver_is_stalled(const struct driver *d);
/* The store is being repaired after a failure; nothing is accepted. */
bool driver_is_down(const struct driver *d);
/* How often it was repaired: each time, what was not durable was taken back. */
unsigned driver_repairs(const struct driver *d);

/*
 * End of the wake-up: timers that are due, commit, release what is durable, and
 * go on with resends. Returns true if work is left that should not wait. *due =
 * next timer.
 */
bool driver_end(struct driver *d, mono_t *due);

struct store *driver_store(const struct driver *d);
/* Commits waiting for the disk: batches' items and bytes. */
size_t driver_waiting(const struct driver *d);
/* How long the oldest of them has waited, ns. */
int64_t driver_lag(const struct driver *d, mono_t now);

/* How long messages and answers waited for their commits. */
const struct latency *driver_waits(const struct driver *d);

/* ---- driver_time.c: where the time goes ---- */

struct stages *driver_stages(struct driver *d);
mono_t driver_clock(const struct driver *d);
/* What driver_end let out is written. */
void driver_flushed(struct driver *d);
/* The rows after, ... upto of FIX_IN, at most max of them, came to a stage. */
void driver_rows_at(struct driver *d, enum stage stage, mono_t now,
    uint64_t after, uint64_t upto, uint64_t max);

#endif
