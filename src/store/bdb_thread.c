/*
 * bdb_thread.c: the threads of a store.
 *
 *	writer        synced: takes commits from the queue, writes several,
 *	              flushes the log once, moves the durable mark.
 *	flusher       none, written: keeps the log on disk close behind. Left
 *	              alone, the committing thread would wait for it at every
 *	              change of the log file.
 *	checkpointer  by log volume and at each sealed segment; in between it
 *	              writes old pages, so that no commit has to make room.
 *
 * A full disk in the flusher or the checkpointer is tried again: nothing is
 * lost by it. Any other failed write is final, for nobody knows what the
 * system still has of the data.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/err.h"
#include "store/bdb.h"

#define GROUP_MAX      256             /* commits of one flush */
#define FLUSH_PACE_NS  (2 * NS_PER_MS) /* between two flushes, under load */
#define FLUSH_IDLE     50              /* rounds without a commit, then sleep */
#define FLUSH_BYTES    (256 * 1024)    /* of log: flush in this round */
#define FLUSH_ROUNDS   50              /* or after so many */
#define TRICKLE_BYTES  (8 << 20)       /* of log between two trickles */
#define TRICKLE_CLEAN  50              /* percent of the cache kept clean */
#define RETRY_S        1               /* after a full disk */

static void
sleep_ns(int64_t ns)
{
	struct timespec ts = { ns / NS_PER_S, ns % NS_PER_S };

	nanosleep(&ts, NULL);
}

static void
fail(struct bdb *b, int err, const char *what)
{
	if (err == FG_ENOSPC)
		store_fail(&b->st, err, "store %s: no space left for the %s",
		    b->path, what);
	else
		store_fail(&b->st, err, "store %s: the %s could not be "
		    "written (%s%s%s); restart to recover", b->path, what,
		    fg_strerror(err), b->message[0] == '\0' ? "" : ": ",
		    b->message);
}

/* ---- writer ---- */

/* Take what waits behind the last commit written; 0: stop. */
static size_t
take(struct bdb *b, struct store_commit *group[GROUP_MAX])
{
	struct store *st = &b->st;
	struct store_commit *c;
	size_t n = 0;

	pthread_mutex_lock(&st->lock);
	for (;;) {
		if (st->failed == 0)
			TAILQ_FOREACH (c, &st->pending, link) {
				if (n == GROUP_MAX)
					break;
				group[n++] = c;
			}
		if (n != 0 || b->stop)
			break;
		pthread_cond_wait(&b->queued, &st->lock);
	}
	pthread_mutex_unlock(&st->lock);
	return n;
}

static int
flush(struct bdb *b)
{
	int err = store_fault(&b->st, "flush");

	return err != 0 ? err : bdb_err(b->env->log_flush(b->env, NULL));
}

static void *
writer(void *arg)
{
	struct store_commit *group[GROUP_MAX];
	struct bdb *b = arg;
	uint64_t last;
	size_t i, n;
	int err, bad;

	while ((n = take(b, group)) != 0) {
		last = 0;
		bad = 0;
		for (i = 0; i < n && bad == 0; i++) {
			bad = bdb_write(&b->st, group[i]);
			if (bad == 0)
				last = group[i]->number;
		}
		err = last == 0 ? 0 : flush(b);
		if (err == 0 && last != 0 && store_moved(&b->st, last))
			store_notify(&b->st);
		if (err != 0 || bad != 0)
			fail(b, err != 0 ? err : bad, "rows");
	}
	return NULL;
}

void
bdb_writer_wake(struct bdb *b)
{
	pthread_mutex_lock(&b->st.lock);
	pthread_cond_signal(&b->queued);
	pthread_mutex_unlock(&b->st.lock);
}

/* ---- flusher ---- */

/* Wait for the next commit. */
static void
flusher_sleep(struct bdb *b, uint64_t seen)
{
	pthread_mutex_lock(&b->work_lock);
	b->flusher_asleep = true;
	while (!b->stop && b->volume == seen)
		pthread_cond_wait(&b->work, &b->work_lock);
	b->flusher_asleep = false;
	pthread_mutex_unlock(&b->work_lock);
}

static void *
flusher(void *arg)
{
	struct bdb *b = arg;
	uint64_t seen = 0, flushed = 0, now, written;
	unsigned idle = 0, rounds = 0;
	int err;

	while (!b->stop) {
		now = b->volume;
		idle = now == seen ? idle + 1 : 0;
		seen = now;
		rounds++;
		if (now - flushed >= FLUSH_BYTES
		    || (now != flushed && rounds >= FLUSH_ROUNDS)) {
			written = b->written;
			err = store_fault(&b->st, "log");
			if (err == 0)
				err = bdb_err(b->env->log_flush(b->env, NULL));
			if (err == 0)
				b->flushed = written;
			if (err != 0 && err != FG_ENOSPC) {
				fail(b, err, "log");
				break;
			}
			flushed = now;
			rounds = 0;
		}
		if (idle >= FLUSH_IDLE && seen == flushed)
			flusher_sleep(b, seen);
		else
			sleep_ns(FLUSH_PACE_NS);
	}
	return NULL;
}

int
bdb_flushed(struct store *st, bool now, uint64_t *commit)
{
	struct bdb *b = (struct bdb *)st;
	uint64_t written = b->written;
	int err = 0;

	if (st->cfg.durability == STORE_SYNCED) {
		*commit = st->durable;
		return 0;
	}
	if (now && b->flushed < written) {
		err = bdb_err(b->env->log_flush(b->env, NULL));
		if (err == 0)
			b->flushed = written;
	}
	*commit = b->flushed;
	return err;
}

/* ---- checkpointer ---- */

static int
checkpoint(struct bdb *b, uint64_t *last)
{
	uint64_t now = b->volume;
	uint64_t visible[STORE_TABLES_MAX];
	bool sealed = b->sealed;
	struct timespec began;
	int n, ret;

	b->trickled = now;
	if (!sealed && now - *last < b->st.cfg.checkpoint_bytes) {
		ret = b->env->memp_trickle(b->env, TRICKLE_CLEAN, &n);
	} else {
		b->sealed = false;
		clock_gettime(CLOCK_REALTIME, &began);
		pthread_mutex_lock(&b->st.lock);
		memcpy(visible, b->st.visible, sizeof(visible));
		visible[BLOCK_TABLE_STATE] = b->st.durable;
		pthread_mutex_unlock(&b->st.lock);
		/* Without force it does nothing if all of the log came while
		 * the last one was at work. */
		ret = b->env->txn_checkpoint(b->env, 0, 0,
		    sealed ? DB_FORCE : 0);
		*last = now;
		if (ret == 0) {
			if (sealed)
				bdb_seg_retire(b, visible);
			bdb_damage_mark(b, &began);
			return bdb_log_tidy(b);
		}
	}
	return bdb_err(ret);
}

static bool
checkpointer_due(const struct bdb *b)
{
	return b->stop || b->sealed || b->volume - b->trickled >= TRICKLE_BYTES;
}

static void *
checkpointer(void *arg)
{
	struct bdb *b = arg;
	struct timespec until;
	uint64_t last = 0;
	int err;

	pthread_mutex_lock(&b->work_lock);
	while (!b->stop) {
		if (!checkpointer_due(b)) {
			pthread_cond_wait(&b->work, &b->work_lock);
			continue;
		}
		pthread_mutex_unlock(&b->work_lock);
		err = checkpoint(b, &last);
		if (err != 0 && err != FG_ENOSPC) {
			fail(b, err, "checkpoint");
			return NULL;
		}
		pthread_mutex_lock(&b->work_lock);
		if (err == FG_ENOSPC && !b->stop) {
			clock_gettime(CLOCK_REALTIME, &until);
			until.tv_sec += RETRY_S;
			pthread_cond_timedwait(&b->work, &b->work_lock,
			    &until);
		}
	}
	pthread_mutex_unlock(&b->work_lock);
	return NULL;
}

/* ---- all ---- */

void
bdb_threads_wrote(struct bdb *b, uint64_t bytes)
{
	uint64_t now = atomic_fetch_add(&b->volume, bytes) + bytes;

	if (!b->flusher_asleep && !b->sealed
	    && now - b->trickled < TRICKLE_BYTES)
		return;
	pthread_mutex_lock(&b->work_lock);
	pthread_cond_broadcast(&b->work);
	pthread_mutex_unlock(&b->work_lock);
}

static int
start(pthread_t *t, void *(*run)(void *), struct bdb *b, bool *has)
{
	int sys = pthread_create(t, NULL, run, b);

	*has = sys == 0;
	return fg_errno(sys);
}

int
bdb_threads_start(struct bdb *b)
{
	int err;

	err = b->st.cfg.durability == STORE_SYNCED
	    ? start(&b->writer, writer, b, &b->has_writer)
	    : start(&b->flusher, flusher, b, &b->has_flusher);
	if (err == 0)
		err = start(&b->checkpointer, checkpointer, b,
		    &b->has_checkpointer);
	return err;
}

void
bdb_threads_stop(struct bdb *b)
{
	pthread_mutex_lock(&b->st.lock);
	pthread_mutex_lock(&b->work_lock);
	b->stop = true;
	pthread_cond_broadcast(&b->work);
	pthread_cond_broadcast(&b->queued);
	pthread_mutex_unlock(&b->work_lock);
	pthread_mutex_unlock(&b->st.lock);
	if (b->has_writer)
		pthread_join(b->writer, NULL);
	if (b->has_flusher)
		pthread_join(b->flusher, NULL);
	if (b->has_checkpointer)
		pthread_join(b->checkpointer, NULL);
}
