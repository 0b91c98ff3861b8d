/*
 * driver_work.c: what one wake-up cannot finish: resends and OUT_PENDING. It
 * goes on in steps, no faster than the disk releases and the peer reads.
 */
#include "base/err.h"
#include "gateway/driver_int.h"
#include "log/log.h"

void
driver_work(struct driver *d, struct fgsess *fs)
{
	if (fs->in_work || fs->removed)
		return;
	fs->in_work = true;
	fs->work_next = NULL;
	*d->work_tail = fs;
	d->work_tail = &fs->work_next;
}

static int
stored_row(void *arg, const struct store_row *row)
{
	struct driver *d = ((void **)arg)[0];
	struct fgsess *fs = ((void **)arg)[1];
	size_t *sent = ((void **)arg)[2];

	if (fs->halted && !(row->flags & STORE_ADMIN)) {
		fs->held_back = true;
		fs->resend_next = row->msg_seq_num;
		return 1;
	}
	if (!(row->flags & STORE_ADMIN))
		++*sent;
	sess_stored(fs->machine, d->now, row->msg_seq_num, row->data, row->len,
	    &d->acts);
	return 0;
}

/* MaxResendRate: a tenth of a second's worth at once. */
#define PACES_PER_S 10

static size_t
pace(const struct fgsess *fs)
{
	size_t n = fs->resend_rate / PACES_PER_S;

	if (fs->resend_rate == 0 || n > WAKE_ROWS)
		return WAKE_ROWS;
	return n == 0 ? 1 : n;
}

static void
rest(struct driver *d, struct fgsess *fs, size_t sent)
{
	if (fs->resend_rate == 0 || sent == 0)
		return;
	fs->paced = d->paced = true;
	fs->resend_at = mono_add(d->now.mono,
	    (int64_t)sent * NS_PER_S / fs->resend_rate);
}

mono_t
driver_paced(struct driver *d)
{
	mono_t due = MONO_NEVER;
	struct fgsess *fs;
	size_t i;

	if (!d->paced)
		return due;
	d->paced = false;
	for (i = 0; i < d->n; i++) {
		fs = d->all[i];
		if (!fs->paced)
			continue;
		if (mono_before(d->now.mono, fs->resend_at)) {
			d->paced = true;
			due = mono_min(due, fs->resend_at);
			continue;
		}
		fs->paced = false;
		driver_work(d, fs);
	}
	return due;
}

/* A bounded piece of a resend. A reset or a Logout of ours has ended those
 * before it, and the machine may wait for another one already. */
static void
resend_step(struct driver *d, struct fgsess *fs)
{
	size_t sent = 0;
	void *arg[] = { d, fs, &sent };
	uint64_t next;
	int err;

	if (fs->resend_id != sess_resend_id(fs->machine) ||
	    fs->resend_epoch != sess_seqs(fs->machine).epoch) {
		fs->resending = false;
		return;
	}
	err = store_read_out(d->store, fs->id, fs->resend_epoch,
	    fs->resend_next, fs->resend_last, pace(fs), WAKE_BYTES,
	    stored_row, arg, &next);
	if (err != 0) {
		log_event(LOG_LEVEL_ERROR, "store", fs->name, "stored messages "
		    "%llu-%llu cannot be read: %s",
		    (unsigned long long)fs->resend_next,
		    (unsigned long long)fs->resend_last, fg_strerror(err));
		fs->resending = false;
		sess_acts_clear(&d->acts);
		d->ops->disconnect(d->arg, fs, "the store cannot be read");
		return;
	}
	if (!fs->held_back)
		fs->resend_next = next;
	rest(d, fs, sent);
	if (fs->resend_next > fs->resend_last) {
		fs->resending = false;
		sess_stored_end(fs->machine, d->now, &d->acts);
	}
	driver_run(d, fs, NULL);
}

void
driver_answered(struct driver *d, struct fgsess *fs)
{
	if (!fs->answering && !fs->holding)
		return;
	fs->answering = fs->holding = false;
	driver_recall(d, fs);
	if (fs->answering)
		return;
	heap_update(&d->heap, fs, sess_due(fs->machine));
	if (d->ops->answered != NULL)
		d->ops->answered(d->arg, fs);
}

static bool
try_step(struct driver *d, struct fgsess *fs)
{
	if (fs->unsent >= UNSENT_MAX || (d->ops->is_full != NULL &&
	    d->ops->is_full(d->arg, fs))) {
		fs->choked = true;
		return false;
	}
	if (!fs->resending)
		return driver_pending_step(d, fs);
	if (fs->paced || fs->held_back)
		return false;
	resend_step(d, fs);
	return true; /* or else OUT_PENDING, after it */
}

/* One step. false: no more, or not before driver_drained or driver_paced. */
static bool
step(struct driver *d, struct fgsess *fs)
{
	bool began = fs->resending, more = try_step(d, fs);

	/* Or the peer reads slowly, or MaxResendRate makes it wait. */
	if (began)
		driver_answered(d, fs);
	driver_look_left(d, fs);
	return more;
}

void
driver_drained(struct driver *d, struct fgsess *fs)
{
	if (fs->choked)
		driver_work(d, fs);
	fs->choked = false;
}

/* Each session with work left gets one step, in turns: when this wake-up has
 * taken its share, the rest are the first of the next one. */
void
driver_work_step(struct driver *d)
{
	struct fgsess *fs, *list = d->work, **tail = d->work_tail;
	size_t before = release_bytes(&d->rel);

	d->work = NULL;
	d->work_tail = &d->work;
	while ((fs = list) != NULL && !driver_is_full(d) &&
	    release_bytes(&d->rel) - before < WAKE_BYTES) {
		list = fs->work_next;
		fs->in_work = false;
		if (step(d, fs))
			driver_work(d, fs);
	}
	if (list == NULL)
		return;
	*tail = d->work;
	if (d->work == NULL)
		d->work_tail = tail;
	d->work = list;
}
