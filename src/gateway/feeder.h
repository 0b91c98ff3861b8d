/*
 * feeder.h: a thread that reads and packs rows, so that a slow disk or a reader
 * of old rows does not hold up the sessions, which are on the loop.
 *
 *	loop                             thread
 *	feeder_ask -> jobs to do  ->     feed_pack
 *	feeder_take <- jobs done  <-     notify
 *
 * Jobs are done in the order in which they were asked for.
 */
#ifndef FG_GATEWAY_FEEDER_H
#define FG_GATEWAY_FEEDER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "gateway/feed.h"

struct feeder_job {
	TAILQ_ENTRY(feeder_job) link;
	struct feed_ask ask;
	void *owner;     /* the asker's */
	uint64_t serial; /* the asker's */
	/* ---- the answer ---- */
	int err;         /* 0, or FG_E* and no frame */
	struct buf frame;
	struct feed_got got;
};

struct feeder;

/* Starts the thread. notify is called on it when there is something to take.
 * Returns owned, or NULL: no memory, or no thread. */
struct feeder *feeder_new(struct store *st, const struct tables *tables,
    void (*notify)(void *arg), void *arg);
/* Before the first job. */
void feeder_use_index(struct feeder *f, struct store_index *ix);
/* 0 or FG_ENOMEM. */
int feeder_ask(struct feeder *f, const struct feed_ask *ask, void *owner,
    uint64_t serial);
/* fn for each job that is done; the job is freed behind it. */
void feeder_take(struct feeder *f, void (*fn)(void *arg,
    const struct feeder_job *j), void *arg);
/* Ends the thread; jobs that were not begun are done with FG_ECLOSED. Then
 * feeder_take, and feeder_free. */
void feeder_stop(struct feeder *f);
void feeder_free(struct feeder *f);

#endif
