/*
 * driver_int.h: what the driver's own files share.
 *
 *	driver.c          inputs, commit, release
 *	driver_run.c      from the actions of a machine to rows and items
 *	driver_send.c     what comes from inside: messages, orders of operators
 *	driver_rows.c     rows that are no session's
 *	driver_work.c     what one wake-up cannot finish
 *	driver_pending.c  messages that wait for their session
 *	driver_life.c     sessions come and go; driver_find.c finds them
 *	driver_fail.c     the store failed
 *	driver_halt.c, driver_held.c, driver_left.c, driver_lost.c
 *	                  sessions that are halted, restored, left, or were lost
 *	driver_time.c     how long each stage takes
 */
#ifndef FG_GATEWAY_DRIVER_INT_H
#define FG_GATEWAY_DRIVER_INT_H

#include "gateway/driver.h"
#include "gateway/early.h"
#include "gateway/fields.h"
#include "gateway/heap.h"
#include "gateway/release.h"

#define WAKE_ROWS      256          /* a wake-up's share, rows ... */
#define WAKE_BYTES     (256 * 1024) /* ... and bytes */
#define STALL_BYTES    (64u << 20)  /* waiting for the disk: stop reading */
#define STALL_ITEMS    (1u << 20)
#define RETRY_NS       (1 * NS_PER_S) /* between tries to repair the store */
#define OTHER_PER_S    200   /* FIX_IN_OTHER rows of strangers and garbage */
#define EVENTS_PER_S   100   /* lines of the log that messages cause */
#define OTHER_DATA_MAX 65536 /* bytes kept of one such message */
#define UNSENT_MAX     (1024 * 1024) /* queued for a session: no more work */
#define FLUSHES_MAX    64    /* wake-ups whose messages are written at once */
#define PENDING_CHUNK  64    /* OUT_PENDING rows sent per session and wake-up */

/* What is being written, and when each wake-up began. */
struct flushes {
	struct {
		mono_t since;
		uint64_t n;
	} of[FLUSHES_MAX];
	size_t n;
};

struct driver {
	struct store *store;
	const struct driver_ops *ops;
	void *arg;
	struct now now;
	struct store_batch *batch; /* NULL: nothing in this wake-up yet */
	struct release rel;
	struct latency waits;
	struct stages stages;
	struct arrivals arrivals; /* of FIX_IN */
	struct flushes sent, acked;
	uint64_t in_rows, in_last; /* of FIX_IN in the batch; the last one */
	uint64_t events; /* messages of events in the batch */
	bool event;      /* what is made now is of one */
	uint64_t unsynced;       /* bytes of rows that wait for the disk */
	struct sess_acts acts;
	struct dict_scratch *scratch;
	struct fgsess **all, **by_name; /* as added; sorted */
	struct fgsess **by_id;
	size_t nby_id;
	size_t n, cap;
	struct heap heap;
	struct fgsess *work, **work_tail; /* sessions with work left */
	bool paced; /* some of them wait for their resend_at */
	uint64_t sent_row;       /* FIX_OUT row made last */
	struct fgsess *leaving;  /* removed; wait for their release items */
	bool started;
	bool down;
	unsigned repairs;
	bool low;                /* on disk: nothing new is taken */
	struct lane *lanes, **by_mark;
	size_t nby_mark;
	int failure;             /* of the store, while down */
	mono_t retry_at;
	struct fields kept; /* index of a recalled message */
	struct fields own;  /* index of a message of ours */
	struct buf mask;         /* a masked copy */
	int other_left;          /* rate of FIX_IN_OTHER rows */
	uint64_t other_lost;
	int events_left;         /* rate of those lines */
	uint64_t events_unsaid;
	mono_t other_refill;
};

/* The message that the machine is looking at. */
struct driver_input {
	const struct fix_msg *msg; /* NULL: none */
	wall_t arrived;
};

/* Take the time of this wake-up; the first thing that every input does. */
void driver_now(struct driver *d);

/* Before fs is counted in d->n; there is room. */
void driver_name_add(struct driver *d, struct fgsess *fs);
/* While it is counted. */
void driver_name_remove(struct driver *d, struct fgsess *fs);
int driver_id_add(struct driver *d, struct fgsess *fs);
void driver_id_remove(struct driver *d, struct fgsess *fs);
/* NULL: it is not of this configuration. */
struct fgsess *driver_by_id(const struct driver *d, uint32_t id);

/* A machine with the state that the store has of the session. 0 or FG_E*. */
int driver_machine(struct driver *d, struct fgsess *fs,
    const struct store_state *st);
/* A session that nothing refers to. */
void driver_session_free(struct fgsess *fs);
/* Free those that were removed and have nothing in the release queue. true:
 * there were some, and what came in their place may have work. */
bool driver_sweep(struct driver *d);

/* Obey what is kept about it. */
void driver_halt_look(struct driver *d, struct fgsess *fs);
void driver_held_look(struct driver *d, struct fgsess *fs);

/* What waits in OUT_PENDING for a session that came later. 0 or FG_E*. */
int driver_find_pending(struct driver *d, struct fgsess *fs, bool is_new);

/* Commit the open batch, or an empty one. 0, or FG_E*: driver_fail. */
int driver_commit(struct driver *d);

/* driver_fail.c: the store failed; try, when it is time, whether it can be
 * written again. */
void driver_fail(struct driver *d, int err);
void driver_repair(struct driver *d);
/* The oldest item of the release queue is done with. */
void driver_pop(struct driver *d, const struct release_item *it);
/* Tell the askers err, forget the rest of the queue. */
void driver_drop_release(struct driver *d, int err);

/* driver_time.c: the batch is complete; it is committed; it never will be. */
void driver_time_parsed(struct driver *d);
void driver_time_committed(struct driver *d);
void driver_time_failed(struct driver *d);
/* An item is released; *now is 0 until the clock was read. */
void driver_time_released(struct driver *d, const struct release_item *it,
    mono_t *now);

/* The open batch of this wake-up. */
struct store_batch *driver_batch(struct driver *d);

/* Run what the machine asked for in d->acts; then recalls, until there are
 * none. */
void driver_run(struct driver *d, struct fgsess *fs,
    const struct driver_input *in);

/* Early messages whose turn it is; while driver_is_answering they wait, too. */
void driver_recall(struct driver *d, struct fgsess *fs);

/* Store a message that was not processed in sequence as a FIX_IN_OTHER row: the
 * message, then why; the row's a is where the reason begins. A message without
 * an index (garbled, or of a stranger) counts against the rate: false, it was
 * not stored. fs may be NULL. */
bool driver_other(struct driver *d, struct fgsess *fs, struct store_row *row,
    const struct fix_msg *m, const char *why, size_t len);

/* For status: what happened last. That a connection ended says less than why
 * it had to. */
void driver_remember(struct driver *d, struct fgsess *fs, int code,
    const char *line);

/* Put the session on the list of those with work left. */
void driver_work(struct driver *d, struct fgsess *fs);

/* Go on with those sessions. */
void driver_work_step(struct driver *d);
/* What stands behind its ResendRequest need not wait any longer. */
void driver_answered(struct driver *d, struct fgsess *fs);
/* Whose peer has closed its side is disconnected behind the last answer. */
void driver_look_left(struct driver *d, struct fgsess *fs);
/* Resends that waited for their time go on; when the next one will. */
mono_t driver_paced(struct driver *d);

/* Is there something of its own in OUT_PENDING? */
bool driver_is_backlogged(const struct fgsess *fs);
/* Through the machine: a number and a FIX_OUT row now. 0 or FG_E*. */
int driver_send_now(struct driver *d, struct fgsess *fs, const char *type,
    const char *fields, size_t len, struct release_done *done);

/* Send what waits in OUT_PENDING. false: nothing (more) to do now. */
bool driver_pending_step(struct driver *d, struct fgsess *fs);

void driver_set_state(struct driver *d, struct fgsess *fs);

/* Queue the answer to whoever asked, behind this wake-up's commit. fs may be
 * NULL. 0 or FG_ENOMEM. */
int driver_answer(struct driver *d, struct fgsess *fs,
    const struct release_done *done, release_fn fn, void *arg);

/* lanes.c: as the store has them, after store_recover. 0 or FG_E*. */
int driver_lanes_recover(struct driver *d);
void driver_lanes_free(struct driver *d);

#endif
