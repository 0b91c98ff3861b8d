/*
 * lanes.h: exactly once. A lane is what one send of one client makes of the
 * rows of one source; its events come in the order of those rows, so one
 * position says which of them have had their effect: HANDLED, a mark of the
 * store that commits with the effect.
 *
 *	event -> lane_look -> LANE_NEW:  the effect, then lane_done
 *	                                 or given up: lane_park
 *	                                 or not now:  lane_stop
 *	                      else an answer without an effect, a positive one
 *	                      behind driver_when_durable
 *
 * The positions here are ahead of the disk, as the session machines are: who
 * hears that a commit failed stops the lane at the event that was in it.
 */
#ifndef FG_GATEWAY_LANES_H
#define FG_GATEWAY_LANES_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/driver.h"
#include "gateway/parked.h"

#define LANE_NAME_MAX   127 /* bytes of a consumer, key or send */
#define LANE_SOURCE_MAX 120 /* bytes of a source */

struct lane_key {
	const char *consumer, *key, *send;
	const char *source; /* UUID/TABLE/INCARNATION */
};

/* The event of a row: rows may make several. */
struct lane_at {
	uint64_t seq;
	uint32_t part;
};

/* Members are for readers; only lanes.c writes them. Lives as long as the
 * driver. */
struct lane {
	struct lane *next;
	uint32_t mark;
	uint64_t token;
	struct lane_at handled;
	void *owner; /* who may use it; NULL: nobody */
	/* Rows of FIX_IN behind this one came since it was opened; UINT64_MAX:
	 * its rows are others. */
	uint64_t live;
	bool stopped;
	struct lane_at stop; /* goes on with this one */
	const char *why;     /* code of the answer that stopped it; static */
	mono_t stop_since;   /* it has been tried since then */
	mono_t looked;       /* when its last event came */
	unsigned parked;     /* events since parked_since */
	mono_t parked_since;
	char name[]; /* of the mark */
};

/* What a mark's name may be made of: no control characters, not too long. */
bool lane_is_name(const char *text);
/* "KIND\tCONSUMER\tKEY\tSEND\tSOURCE", send may be NULL and is left out then.
 * 0, or FG_EINVAL: a part is no name. */
int lane_name(char out[STORE_MARK_NAME_MAX + 1], const char *kind,
    const struct lane_key *k);

/*
 * Take a lane for owner: raises its token and lets it go on. fn is called when
 * that is durable, or with an error after all. acked: the client knows that
 * events up to this row were acknowledged. takeover: even if another one has
 * it; *before is who had it, or NULL.
 * 0 and *out, FG_EBUSY (another has it), FG_ESTATE (HANDLED of *out is less
 * than acked: the store went back), FG_EINVAL (names), FG_ENOSPC and others.
 */
int lane_open(struct driver *d, const struct lane_key *k, void *owner,
    uint64_t acked, bool takeover, struct lane **out, void **before,
    release_fn fn, void *arg);
/* A lane that was opened since the start, or NULL. */
struct lane *lane_find(const struct driver *d, const struct lane_key *k);
/* The owner is gone. */
void lane_leave(struct driver *d, const void *owner);

enum lane_say {
	LANE_NEW,       /* do it */
	LANE_DUPLICATE, /* it is done: acknowledge it */
	LANE_STOPPED,   /* not before l->stop has come again */
	LANE_FENCED,    /* the lane is another one's by now */
	LANE_DOWN,      /* the store takes nothing now; the lane was stopped */
};

/* What to do with an event from owner. */
enum lane_say lane_look(struct driver *d, struct lane *l, const void *owner,
    struct lane_at at);
/* Its effect is in the commit of this wake-up: so is HANDLED. */
void lane_done(struct driver *d, struct lane *l, struct lane_at at);
/* It had no effect, or the commit with its effect was taken back, and it may
 * come again: nothing later before it. why: the code, static. */
void lane_stop(struct lane *l, struct lane_at at, const char *why);
/*
 * Give it up: a row of QUARANTINE, and HANDLED. *seq is the row. fs may be
 * NULL. 0, FG_ELIMIT: too many of late, somebody has to look; or FG_ENOMEM.
 */
int lane_park(struct driver *d, struct lane *l, struct lane_at at,
    const struct fgsess *fs, const struct parked *k, uint64_t *seq);
/* Those that were opened since the start; NULL: none. */
const struct lane *lane_first(const struct driver *d);
/* By the number of its mark, or NULL. */
struct lane *lane_by_mark(const struct driver *d, uint32_t mark);
/* Its four names, borrowed from it. */
void lane_names(const struct lane *l, struct parked *k);

#endif
