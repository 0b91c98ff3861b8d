/*
 * job.h: long work on the store that somebody asks for and waits for (a backup,
 * a verification), on a thread of its own, one at a time.
 *
 *	loop                              job's thread
 *	job_start                    ->   run: job_at, job_note, job_say ...
 *	PROGRESS, twice a second
 *	jobs_wake: done, ACK or NACK <-   run returns
 *
 * A job whose asker leaves is cancelled, and so is one that runs when the
 * gateway stops: run has to look at job_cancelled now and then.
 */
#ifndef FG_GATEWAY_JOB_H
#define FG_GATEWAY_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/server.h"

struct job;
struct jobs;

/* All strings are static; arg is the job's from job_start on. */
struct job_work {
	const char *what; /* "backup", for texts */
	/* On the job's thread. 0: ACK; FG_E*: NACK with that and, if job_say was
	 * not called, the error's text. */
	int (*run)(struct job *j, void *arg);
	/* Back on the loop, before the answer, with what run returned. May be
	 * NULL. Not called if the gateway stops. */
	void (*done)(void *arg, int err);
	/* More keys of the ACK: how many, and who puts them; or 0, NULL. */
	uint32_t nresult;
	void (*result)(void *arg, struct link_out *o);
	void (*free)(void *arg); /* at the end of it all; may be NULL */
	void *arg;
};

/* Returns owned, or NULL: no memory. notify is called on a job's thread when
 * jobs_wake has something to do. */
struct jobs *jobs_new(struct loop *l, void (*notify)(void *arg), void *arg);
/* Cancels what runs, and waits for it. Legal with NULL. */
void jobs_free(struct jobs *js);
/* Answer what is done. The loop's thread. */
void jobs_wake(struct jobs *js);
/* The connection is closed. */
void jobs_closed(struct jobs *js, const struct server_conn *sc);
/* The gateway stops: cancel what runs, which jobs_wake answers, and begin no
 * other. */
void jobs_stop(struct jobs *js);
/* What runs ("backup"), or NULL. */
const char *jobs_running(const struct jobs *js);

/*
 * Start. The answer to a comes when it is done; NACK BUSY at once if another
 * one runs. a NULL: nobody asked, the log has how it ended; then 0, FG_EBUSY or
 * another FG_E*. Takes work->arg in any case.
 */
int job_start(struct jobs *js, const struct server_ask *a,
    const struct job_work *work);

/* ---- for run ---- */

/* So much of total is done; unit is static ("rows"). Cheap. */
void job_at(struct job *j, uint64_t done, uint64_t total, const char *unit);
/* A line that the asker gets at once, such as one of what was found. */
void job_note(struct job *j, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The text of the answer. */
void job_say(struct job *j, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
bool job_cancelled(struct job *j);

#endif
