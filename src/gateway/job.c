#include "gateway/job.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/thread.h"
#include "log/log.h"

#define TEXT_MAX  1024
#define NOTE_MAX  1024
#define NOTES_MAX (256 * 1024) /* bytes that wait to be sent */
#define EACH_NS   (500 * NS_PER_MS)

struct job {
	struct jobs *jobs;
	struct job_work work;
	struct server_conn *conn; /* held; NULL: nobody asked */
	const char *type;         /* of the request; static */
	uint64_t ref;
	pthread_t thread;
	_Atomic bool cancelled;
	_Atomic bool ended; /* what is not atomic is the loop's again */
	_Atomic uint64_t at, total;
	_Atomic(const char *) unit;
	int err;
	char text[TEXT_MAX];
	pthread_mutex_t lock; /* all below */
	struct buf notes;     /* each with its NUL */
	uint32_t n_notes;
	uint64_t unsaid;      /* for which there was no room */
};

struct jobs {
	struct loop *loop;
	struct timer *timer;
	void (*notify)(void *arg);
	void *arg;
	struct job *job; /* NULL: none runs */
	bool stopping;   /* none is to begin */
};

/* ---- the job's thread ---- */

void
job_at(struct job *j, uint64_t done, uint64_t total, const char *unit)
{
	j->at = done;
	j->total = total;
	j->unit = unit;
}

bool
job_cancelled(struct job *j)
{
	return j->cancelled;
}

void
job_note(struct job *j, const char *fmt, ...)
{
	char text[NOTE_MAX];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if (n >= NOTE_MAX)
		n = NOTE_MAX - 1;
	pthread_mutex_lock(&j->lock);
	if (j->notes.len + (size_t)n + 1 > NOTES_MAX ||
	    buf_add(&j->notes, text, (size_t)n + 1) != 0)
		j->unsaid++;
	else
		j->n_notes++;
	pthread_mutex_unlock(&j->lock);
}

void
job_say(struct job *j, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(j->text, sizeof(j->text), fmt, ap);
	va_end(ap);
}

static void *
run(void *arg)
{
	struct job *j = arg;
	struct jobs *js = j->jobs;

	j->err = j->work.run(j, j->work.arg);
	j->ended = true;
	js->notify(js->arg);
	return NULL;
}

/* ---- the loop's ---- */

/* Array of the notes that wait. */
static void
put_notes(struct job *j, struct link_out *o)
{
	const char *p = j->notes.p;
	uint32_t i;

	link_str(o, "NOTES");
	link_array(o, j->n_notes + (j->unsaid != 0));
	for (i = 0; i < j->n_notes; i++) {
		link_str(o, p);
		p += strlen(p) + 1;
	}
	if (j->unsaid != 0)
		link_str(o, "... and more than could be sent");
	j->notes.len = 0;
	j->n_notes = 0;
	j->unsaid = 0;
}

static void
send_progress(struct job *j)
{
	const char *unit = j->unit;
	struct server_ask a;
	struct link_out *o;

	if (j->conn == NULL || !server_is_open(j->conn) ||
	    server_is_full(j->conn))
		return;
	a = server_ask_later(j->conn, j->type, j->ref);
	o = server_answer(&a, "PROGRESS");
	link_map(o, 4);
	link_key_u64(o, "DONE", j->at);
	link_key_u64(o, "TOTAL", j->total);
	link_key_str(o, "UNIT", unit == NULL ? "" : unit);
	pthread_mutex_lock(&j->lock);
	put_notes(j, o);
	pthread_mutex_unlock(&j->lock);
	server_done(j->conn);
}

static void
on_timer(void *arg)
{
	struct jobs *js = arg;

	if (js->job == NULL)
		return;
	send_progress(js->job);
	timer_set(js->timer, mono_add(loop_now(js->loop).mono, EACH_NS));
}

static void
answer(struct job *j)
{
	struct server_ask a = server_ask_later(j->conn, j->type, j->ref);
	const char *text = j->text;
	struct link_out *o;

	if (j->err != 0) {
		server_nack(&a, j->cancelled ? "CANCELLED" : "FAILED", false,
		    "%s", text[0] == '\0' ? fg_strerror(j->err) : text);
		return;
	}
	o = server_answer(&a, "ACK");
	link_map(o, 1 + j->work.nresult);
	link_key_str(o, "TEXT", text);
	if (j->work.nresult != 0)
		j->work.result(j->work.arg, o);
	server_done(j->conn);
}

static void
job_free(struct job *j)
{
	if (j->work.free != NULL)
		j->work.free(j->work.arg);
	if (j->conn != NULL)
		server_release(j->conn);
	pthread_mutex_destroy(&j->lock);
	buf_free(&j->notes);
	free(j);
}

void
jobs_wake(struct jobs *js)
{
	struct job *j = js->job;

	if (j == NULL || !j->ended)
		return;
	pthread_join(j->thread, NULL);
	js->job = NULL;
	timer_set(js->timer, MONO_NEVER);
	if (j->err != 0 && !j->cancelled)
		log_event(LOG_LEVEL_WARN, "job", NULL, "%s failed: %s",
		    j->work.what,
		    j->text[0] == '\0' ? fg_strerror(j->err) : j->text);
	else
		log_event(LOG_LEVEL_INFO, "job", NULL, "%s %s%s%s",
		    j->work.what, j->cancelled ? "cancelled" : "done",
		    j->text[0] == '\0' ? "" : ": ", j->text);
	if (j->work.done != NULL)
		j->work.done(j->work.arg, j->err);
	if (j->conn != NULL && server_is_open(j->conn)) {
		if (j->notes.len != 0)
			send_progress(j);
		answer(j);
	}
	job_free(j);
}

void
jobs_closed(struct jobs *js, const struct server_conn *sc)
{
	if (js != NULL && js->job != NULL && js->job->conn == sc)
		js->job->cancelled = true;
}

void
jobs_stop(struct jobs *js)
{
	js->stopping = true;
	if (js->job == NULL)
		return;
	log_event(LOG_LEVEL_INFO, "job", NULL, "%s is ended, for the gateway "
	    "stops", js->job->work.what);
	js->job->cancelled = true;
}

const char *
jobs_running(const struct jobs *js)
{
	return js->job == NULL ? NULL : js->job->work.what;
}

/* ---- start and end ---- */

static int
start(struct jobs *js, const struct server_ask *a, const struct job_work *work)
{
	struct job *j;
	int err;

	if (js->stopping)
		return FG_ECLOSED;
	if (js->job != NULL)
		return FG_EBUSY;
	j = calloc(1, sizeof(*j));
	if (j == NULL)
		return FG_ENOMEM;
	j->jobs = js;
	j->work = *work;
	pthread_mutex_init(&j->lock, NULL);
	if (a != NULL) {
		j->conn = a->conn;
		j->type = a->type;
		j->ref = a->ref;
		server_hold(j->conn);
	}
	err = thread_start(&j->thread, run, j);
	if (err != 0) {
		j->work.free = NULL; /* the caller's, as it was not begun */
		job_free(j);
		return err;
	}
	js->job = j;
	timer_set(js->timer, mono_add(loop_now(js->loop).mono, EACH_NS));
	return 0;
}

int
job_start(struct jobs *js, const struct server_ask *a,
    const struct job_work *work)
{
	int err = start(js, a, work);

	if (err == 0)
		return 0;
	if (a != NULL && err == FG_EBUSY)
		server_nack(a, "BUSY", true, "a %s is running: try again when it "
		    "is done", jobs_running(js));
	else if (a != NULL && err == FG_ECLOSED)
		server_nack(a, "CANCELLED", false, "the gateway stops");
	else if (a != NULL)
		server_nack(a, "FAILED", false, "the %s cannot be started: %s",
		    work->what, fg_strerror(err));
	if (work->free != NULL)
		work->free(work->arg);
	return err;
}

struct jobs *
jobs_new(struct loop *l, void (*notify)(void *arg), void *arg)
{
	struct jobs *js = calloc(1, sizeof(*js));

	if (js == NULL)
		return NULL;
	js->loop = l;
	js->notify = notify;
	js->arg = arg;
	js->timer = timer_new(l, on_timer, js);
	if (js->timer == NULL) {
		free(js);
		return NULL;
	}
	return js;
}

void
jobs_free(struct jobs *js)
{
	if (js == NULL)
		return;
	if (js->job != NULL) {
		js->job->cancelled = true;
		pthread_join(js->job->thread, NULL);
		job_free(js->job);
	}
	timer_free(js->timer);
	free(js);
}
