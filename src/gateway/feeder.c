#include "gateway/feeder.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/thread.h"

TAILQ_HEAD(feeder_jobs, feeder_job);

struct feeder {
	struct feed *feed; /* the thread's */
	void (*notify)(void *arg);
	void *arg;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock; /* all below */
	pthread_cond_t more;
	struct feeder_jobs todo, done;
	bool stop;
};

/* The next job to do; NULL: the thread ends. */
static struct feeder_job *
next_job(struct feeder *f)
{
	struct feeder_job *j = NULL;

	pthread_mutex_lock(&f->lock);
	while (!f->stop && TAILQ_EMPTY(&f->todo))
		pthread_cond_wait(&f->more, &f->lock);
	if (!f->stop) {
		j = TAILQ_FIRST(&f->todo);
		TAILQ_REMOVE(&f->todo, j, link);
	}
	pthread_mutex_unlock(&f->lock);
	return j;
}

/* true: whoever takes them has to be told. */
static bool
put_done(struct feeder *f, struct feeder_job *j)
{
	bool first;

	pthread_mutex_lock(&f->lock);
	first = TAILQ_EMPTY(&f->done);
	TAILQ_INSERT_TAIL(&f->done, j, link);
	pthread_mutex_unlock(&f->lock);
	return first;
}

static void *
run(void *arg)
{
	struct feeder *f = arg;
	struct feeder_job *j;

	while ((j = next_job(f)) != NULL) {
		j->err = feed_pack(f->feed, &j->ask, &j->frame, &j->got);
		if (put_done(f, j))
			f->notify(f->arg);
	}
	return NULL;
}

struct feeder *
feeder_new(struct store *st, const struct tables *tables,
    void (*notify)(void *arg), void *arg)
{
	struct feeder *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->notify = notify;
	f->arg = arg;
	TAILQ_INIT(&f->todo);
	TAILQ_INIT(&f->done);
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->more, NULL);
	f->feed = feed_new(st, tables);
	f->started = f->feed != NULL &&
	    thread_start(&f->thread, run, f) == 0;
	if (!f->started) {
		feeder_free(f);
		return NULL;
	}
	return f;
}

void
feeder_use_index(struct feeder *f, struct store_index *ix)
{
	feed_use_index(f->feed, ix);
}

int
feeder_ask(struct feeder *f, const struct feed_ask *ask, void *owner,
    uint64_t serial)
{
	struct feeder_job *j = calloc(1, sizeof(*j));

	if (j == NULL)
		return FG_ENOMEM;
	j->ask = *ask;
	j->ask.join = join_hold(ask->join);
	j->owner = owner;
	j->serial = serial;
	pthread_mutex_lock(&f->lock);
	TAILQ_INSERT_TAIL(&f->todo, j, link);
	pthread_cond_signal(&f->more);
	pthread_mutex_unlock(&f->lock);
	return 0;
}

void
feeder_take(struct feeder *f, void (*fn)(void *arg,
    const struct feeder_job *j), void *arg)
{
	struct feeder_jobs done = TAILQ_HEAD_INITIALIZER(done);
	struct feeder_job *j;

	pthread_mutex_lock(&f->lock);
	TAILQ_CONCAT(&done, &f->done, link);
	pthread_mutex_unlock(&f->lock);
	while ((j = TAILQ_FIRST(&done)) != NULL) {
		TAILQ_REMOVE(&done, j, link);
		fn(arg, j);
		join_release(j->ask.join);
		buf_free(&j->frame);
		free(j);
	}
}

void
feeder_stop(struct feeder *f)
{
	struct feeder_job *j;

	if (!f->started)
		return;
	pthread_mutex_lock(&f->lock);
	f->stop = true;
	pthread_cond_signal(&f->more);
	pthread_mutex_unlock(&f->lock);
	pthread_join(f->thread, NULL);
	f->started = false;
	TAILQ_FOREACH(j, &f->todo, link)
		j->err = FG_ECLOSED;
	TAILQ_CONCAT(&f->done, &f->todo, link);
}

static void
nothing(void *arg, const struct feeder_job *j)
{
	(void)arg;
	(void)j;
}

void
feeder_free(struct feeder *f)
{
	if (f == NULL)
		return;
	feeder_stop(f);
	feeder_take(f, nothing, NULL);
	feed_free(f->feed);
	pthread_cond_destroy(&f->more);
	pthread_mutex_destroy(&f->lock);
	free(f);
}
