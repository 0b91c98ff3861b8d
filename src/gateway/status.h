/*
 * status.h: is it healthy, and if not, what to do: judged from plain data, so
 * that each rule can be tested. Pure.
 */
#ifndef FG_GATEWAY_STATUS_H
#define FG_GATEWAY_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "gateway/disk.h"
#include "gateway/rejects.h"
#include "session/session.h"

#define STATUS_ADVICE_MAX 512 /* bytes of an advice */

/* A disk that does not answer for so long holds everything up. */
#define STATUS_STALL_NS (10 * NS_PER_S)

#define STATUS_HEALTHS(X)                                                      \
	X(HEALTHY)                                                             \
	X(WARNING)                                                             \
	X(ERROR)

enum status_health {
#define X(name) STATUS_##name,
	STATUS_HEALTHS(X)
#undef X
};

const char *status_health_text(enum status_health h);

/* What is judged of a session. */
struct status_session {
	const char *name;
	enum sess_role role;
	enum sess_state state;
	bool enabled, connected;
	bool closed;            /* by its schedule */
	wall_t opens;           /* when closed; INT64_MAX: never */
	const char *address;    /* of the counterparty, "" if not connected */
	const char *last_event; /* "refused: ..." */
	const char *halted;     /* by whom and why, or NULL */
	const char *held;       /* since a restore; how it was, or NULL */
	const struct rejects *rejects; /* since its logon, or NULL */
	uint64_t gap_from;      /* a ResendRequest of ours is open */
	uint64_t pending;       /* messages that wait for a logon */
	int64_t off_ns;         /* how long it has not been logged on */
	int64_t next_try_ns;    /* until an initiator connects; < 0: never */
};

struct status_backup {
	wall_t time; /* of the last one; 0: there was none */
	bool gone;   /* log files since then were removed */
};

struct status_store {
	bool down;         /* being repaired; nothing is accepted */
	bool stalled;      /* too much waits for the disk */
	const char *error; /* of store_failed, or "" */
	bool no_space;     /* that was for lack of space */
	size_t waiting;    /* batches' items not yet durable */
	int64_t lag;       /* of the oldest of them, ns */
	enum disk_level disk;
	uint64_t disk_free; /* bytes */
};

/* Who has a cursor in a table. */
struct status_consumer {
	const char *name, *key, *table;
	bool connected;
	bool changed;    /* the cursor counts rows of another store, or table */
	wall_t seen;     /* 0: never */
	uint64_t behind; /* rows that it has not settled */
	int64_t age;     /* of the oldest of them, ns */
	int64_t still;   /* how long its cursor has not moved, ns */
};

/* A lane that waits for one of its events to come again. */
struct status_lane {
	const char *send, *table; /* whose rows they are */
	uint64_t seq;    /* of the event's row */
	const char *why; /* the code of its answer */
	int64_t stopped; /* for how long it was tried, ns */
};

/* The judgement, and for what is not HEALTHY an advice; else it is "", or says
 * why nothing is to be done. */
enum status_health status_of_session(const struct status_session *s,
    char advice[STATUS_ADVICE_MAX]);
enum status_health status_of_store(const struct status_store *s,
    char advice[STATUS_ADVICE_MAX]);
/* waiting: events that were given up, and that nobody has looked after. */
enum status_health status_of_backup(const struct status_backup *s,
    char advice[STATUS_ADVICE_MAX]);
/* why: the last run failed; or NULL. */
enum status_health status_of_archive(const char *why,
    char advice[STATUS_ADVICE_MAX]);
enum status_health status_of_quarantine(size_t waiting,
    char advice[STATUS_ADVICE_MAX]);
enum status_health status_of_consumer(const struct status_consumer *s,
    char advice[STATUS_ADVICE_MAX]);
enum status_health status_of_lane(const struct status_lane *s,
    char advice[STATUS_ADVICE_MAX]);
/* made: sessions that are of a template, which may have most. */
enum status_health status_of_template(size_t made, size_t most,
    char advice[STATUS_ADVICE_MAX]);

#endif
