/*
 * sim.h: two gateways without sockets, clocks or disks: each is the real driver
 * (release queue, early messages, session machines) over store_mem, on a
 * network and a disk that misbehave as a seed says. Some have a schedule, some
 * send orders that the other's dictionary refuses. Same seed, same run.
 */
#ifndef FG_T_SIM_H
#define FG_T_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "gateway/driver.h"
#include "gateway/fields.h"
#include "gateway/hours.h"
#include "schedule/schedule.h"
#include "store/store.h"

#define SIM_LINKS 2    /* sessions between the gateways */
#define SIM_IDS   4096 /* orders of a session at most */

/* One gateway's end of a session. */
struct sim_end {
	struct fgsess *fs;
	struct sess_cfg cfg;
	enum driver_when_off when_off;
	bool open;      /* has a socket */
	bool told;      /* and the driver knows of it */
	bool close;     /* the driver asked to close it */
	bool first;     /* nothing was sent on it yet */
	struct buf out; /* bytes on their way to the other end */
	struct buf in;  /* arrived, no whole message yet */
	size_t wrong_at; /* in it: 1 and on, the byte that noise made */
	uint32_t epoch; /* as seen last */
	/* Orders from this end. The other one may have lost those up to
	 * forgiven: a reset of the numbers came between. */
	uint64_t given, forgiven;
	bool acked[SIM_IDS]; /* the sender was told that it is safe */
	bool received[SIM_IDS];
	bool wrong[SIM_IDS]; /* by the dictionary */
	/* What the schedule says. */
	struct hours hours;
	mono_t look; /* next */
	/* What was seen in this end's tables. */
	uint64_t in_epoch, in_seq, out_epoch, out_seq, order;
	uint64_t refused, rejects; /* rows of FIX_IN_OTHER; Rejects in FIX_IN */
};

struct sim_link {
	struct sim_end end[2]; /* of gateway 0 and 1 */
	int caller;            /* which of them connects */
	bool dead;    /* half-open: bytes vanish, no one is told */
	bool visitor; /* the acceptor still has the connection before */
	int wait;     /* steps until the next attempt */
	int storm;    /* connections left that end soon after they began */
};

struct sim_gate {
	int id;
	struct store *store;
	struct driver *driver;
	struct fields fields;
	int64_t skew;  /* of its wall clock */
	bool stalled;  /* the durable mark is moved by hand */
	bool full;     /* the disk is */
	bool dead;     /* the store is gone until a restart */
	int down;      /* steps until the process starts again */
	uint64_t in_row, out_row, other_row; /* rows examined so far */
};

/* What happened in all seeds so far: each has to, or the run proves less than
 * it says. */
#define SIM_EVENTS(X)                                                          \
	X(CUT, "connections cut")                                              \
	X(HALF_OPEN, "half-open")                                              \
	X(DUPLICATE, "duplicate connections")                                  \
	X(STORM, "logon storms")                                               \
	X(BOTH_RESEND, "simultaneous resends")                                 \
	X(IN_BYTES, "runs byte by byte")                                       \
	X(RESTART, "restarts")                                                 \
	X(POWER_CUT, "power cuts that lost commits")                           \
	X(STALL, "stalls")                                                     \
	X(DISK_FULL, "failed commits")                                         \
	X(CLOCK, "clock jumps")                                                \
	X(RESET, "resets of the numbers")                                      \
	X(WINDOW, "windows that began")                                        \
	X(RESET_TIME, "ResetSeqTimes while logged on")                         \
	X(NIGHT, "nights")                                                     \
	X(GARBLED, "garbled messages")                                         \
	X(REFUSED, "orders that the dictionary refused")                       \
	X(PAUSE, "reading paused behind a ResendRequest")                      \
	X(LEFT, "answers on their way to who has closed its side")             \
	X(LOGOUT, "logouts")

enum sim_event {
#define X(name, text) SIM_##name,
	SIM_EVENTS(X)
#undef X
	SIM_EVENT_END
};

enum sim_schedule {
	SIM_NO_SCHEDULE,
	SIM_WINDOWS,    /* a window each day */
	SIM_RESET_TIMES /* always open, the numbers begin again each day */
};

struct sim {
	uint64_t seed, rnd;
	struct sim_gate gate[2];
	struct sim_link link[SIM_LINKS];
	struct now now;
	int64_t step_ns;
	bool trouble;
	bool resets;   /* operators reset numbers in this run */
	bool in_bytes; /* everything arrives byte by byte */
	bool noise;    /* some bytes arrive wrong */
	bool wrong;    /* some orders are */
	enum sim_schedule kind;
	struct schedule schedule; /* of all sessions */
	uint64_t steps, sent, orders;
};

extern struct sim sim; /* one world per process */
extern uint64_t sim_count[SIM_EVENT_END];
extern bool sim_verbose; /* print what leaves */
extern int sim_broken; /* rule that is broken on purpose; 0: none */

uint32_t sim_rnd(uint32_t n);
bool sim_one_in(uint32_t n);
/* Print seed and text, and end the process. */
void sim_fail(const char *fmt, ...) __attribute__((noreturn,
    format(printf, 1, 2)));

/* gate.c: a gateway. */
void sim_gate_open(struct sim_gate *g);
void sim_gate_close(struct sim_gate *g);
/* The process ends; what was committed and is not durable may go with it. */
void sim_gate_crash(struct sim_gate *g, bool power_cut);
void sim_gate_restart(struct sim_gate *g);
void sim_gate_disk(struct sim_gate *g);
void sim_gate_order(struct sim_gate *g, int link);
/* Ends the wake-up: commit, release. */
void sim_gate_end(struct sim_gate *g);
bool sim_gate_is_up(const struct sim_gate *g);
/* Keep the schedule. */
void sim_gate_look(struct sim_gate *g);
/* May the session be connected now? */
bool sim_gate_admits(struct sim_gate *g, int link);

/* net.c: the network. */
void sim_net_step(struct sim_link *l);
/* Both ends learn that the connection is gone; all bytes are lost. */
void sim_net_cut(struct sim_link *l);
/* This end is gone, without a word to the other. */
void sim_net_forget(struct sim_link *l, int end);

/* invariants.c */
void sim_check_sent(struct sim_gate *g, int link, const char *p, size_t n);
void sim_check_rows(struct sim_gate *g);
/* Is all as it should be when the trouble is over? NULL, or what is not. */
const char *sim_unsettled(void);

#endif
