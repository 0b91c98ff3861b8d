/*
 * lane_world.h: a gateway's driver over the store in memory, a counterparty, and
 * a client with a cursor that sends the rows of a source over a lane.
 */
#ifndef T_GATEWAY_LANE_WORLD_H
#define T_GATEWAY_LANE_WORLD_H

#include "gateway/fields.h"
#include "gateway/lanes.h"

#define ROWS_MAX   64
#define SENT_MAX   256

/* What was written to the counterparty. */
struct sent {
	unsigned row; /* its ClOrdID */
	uint64_t number;
	bool poss_dup;
};

/* What the client heard of an event. */
enum heard { NOTHING, ACK, DUPLICATE, NACK, STOPPED, FENCED, DOWN, PARKED_IT };

struct event {
	struct lane *lane;
	struct lane_at at;
};

struct lane_world {
	struct store *store;
	struct driver *driver;
	struct fgsess *fs;
	struct now now;
	struct fields fields;
	uint64_t peer_seq;
	struct sent sent[SENT_MAX];
	size_t nsent;
	bool fatal;
	int fail_with;        /* what the fault hook answers at "commit" */
	int refuse;           /* error of the effect of row refuse_at */
	uint64_t refuse_at;
	/* The client. */
	struct lane *lane;
	int opened, open_err;
	enum heard heard[ROWS_MAX];
	uint64_t cursor;      /* durable at the source */
};

extern struct lane_world lw;

extern const struct lane_key lw_lane;
extern char lw_me, lw_other; /* owners of lanes */

void lw_setup(void);
void lw_teardown(void);
/* End the wake-up. */
void lw_end(void);
/* The peer logs on and asks for all that it does not have. */
void lw_logon(void);
/* The process dies, and what is not durable if the power went, too. */
void lw_crash(bool power);

/* Take the lane. 0 or FG_E*. */
int lw_open_lane(void *owner, uint64_t acked, bool takeover);
/* The event of a row, on the client's lane or another. */
void lw_event(uint64_t row);
void lw_event_of(void *owner, struct lane *l, uint64_t row, uint32_t part);
/* The cursor follows the acknowledgements. */
void lw_put_cursor(void);
/* Start again, and send all rows up to last from the cursor on. */
void lw_resume(uint64_t last);
/* Each row is on the wire once without 43=Y or at least once with it, always
 * under the same number, and the peer has each once. */
void lw_reconcile(unsigned last);

#endif
