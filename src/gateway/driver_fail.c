/*
 * driver_fail.c: the store failed: all is thrown away, and what is durable is
 * where it begins again.
 */
#include "base/err.h"
#include "gateway/driver_int.h"
#include "log/log.h"

void
driver_pop(struct driver *d, const struct release_item *it)
{
	if (it->kind == RELEASE_SEND)
		it->fs->unsent -= it->len;
	if (it->fs != NULL)
		it->fs->queued--;
	release_pop(&d->rel);
}

void
driver_drop_release(struct driver *d, int err)
{
	const struct release_item *it;
	struct release_done done = { .err = err };

	while ((it = release_any(&d->rel)) != NULL) {
		if (it->kind == RELEASE_ANSWER && it->fn != NULL)
			it->fn(it->arg, &done);
		driver_pop(d, it);
	}
	d->unsynced = 0;
}

/* What is durable has happened, and its askers may not hear otherwise: they
 * would ask again, and it would be sent twice. */
static void
answer_durable(struct driver *d)
{
	uint64_t durable = store_durable(d->store);
	const struct release_item *it;
	const char *p;

	while ((it = release_head(&d->rel, durable, &p)) != NULL) {
		if (it->kind == RELEASE_ANSWER && it->fn != NULL)
			it->fn(it->arg, &it->done);
		driver_pop(d, it);
	}
}

/* Is nothing queued that a commit may yet have brought to disk? */
static bool
is_undone(const struct driver *d)
{
	const char *p;

	return release_head(&d->rel, UINT64_MAX, &p) == NULL;
}

static void
stop_session(struct fgsess *fs)
{
	fs->connected = false;
	fs->generation++;
	fs->answering = fs->resending = fs->choked = fs->in_work = false;
	fs->paced = fs->peer_left = fs->owed = fs->holding = false;
	fs->hold_at = 0;
	early_clear(&fs->early);
	fs->recall = 0;
}

/* New machines from the store. 0 or FG_E*: try again later. */
static int
rebuild(struct driver *d)
{
	struct store_state st;
	struct sess *old;
	size_t i;
	int err;

	err = store_recover(d->store);
	if (err == 0)
		driver_drop_release(d, d->failure);
	for (i = 0; i < d->n && err == 0; i++) {
		old = d->all[i]->machine;
		err = store_session_state(d->store, d->all[i]->id, &st);
		if (err == 0)
			err = driver_machine(d, d->all[i], &st);
		if (err != 0)
			d->all[i]->machine = old;
		else
			sess_free(old);
		heap_update(&d->heap, d->all[i],
		    sess_due(d->all[i]->machine));
	}
	if (err == 0)
		err = driver_lanes_recover(d);
	if (err == 0)
		err = driver_start(d);
	return err == 0 ? driver_find_lost(d) : err;
}

/*
 * A commit failed. What is not durable never happened: no number of it was seen
 * outside, and the machines, which are ahead of the disk, are thrown away. That
 * it did not happen is certain, and said to who asked, once store_recover has
 * taken it back; who asked for what only a restart can tell hears nothing.
 */
void
driver_fail(struct driver *d, int err)
{
	char text[STORE_ERR_MAX] = "";
	size_t i;

	store_failed(d->store, text);
	if (d->batch != NULL)
		store_abort(d->batch);
	d->batch = NULL;
	driver_time_failed(d);
	d->down = true;
	d->work = NULL;
	d->work_tail = &d->work;
	log_event(LOG_LEVEL_ERROR, "store", NULL, "store: %s%s%s: all "
	    "connections are dropped, nothing that was not stored has left",
	    fg_strerror(err), text[0] == '\0' ? "" : ": ", text);
	d->failure = err;
	answer_durable(d);
	if (is_undone(d))
		driver_drop_release(d, err);
	for (i = 0; i < d->n; i++)
		stop_session(d->all[i]);
	d->ops->drop_all(d->arg, "the store failed");
	if (err != FG_ENOSPC) {
		d->ops->fatal(d->arg, "the store cannot be written; restart "
		    "recovers what is durable");
		return;
	}
	d->retry_at = d->now.mono;
}

void
driver_repair(struct driver *d)
{
	int err;

	if (mono_before(d->now.mono, d->retry_at))
		return;
	err = rebuild(d);
	if (err != 0) {
		d->retry_at = mono_add(d->now.mono, RETRY_NS);
		return;
	}
	d->down = false;
	d->repairs++;
	d->retry_at = MONO_NEVER;
	log_event(LOG_LEVEL_WARN, "store", NULL, "store: writable again; "
	    "sessions go on from what is stored");
}
