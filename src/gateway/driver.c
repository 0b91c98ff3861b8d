/*
 * driver.c: a wake-up of the gateway, from inputs to what may leave.
 *
 *	inputs -> machine -> actions -> rows + states  \
 *	                             -> release items   > driver_end:
 *	                                               /   commit, then release
 *	                                               what is durable, in order
 *
 * One transaction per wake-up; nothing of a wake-up leaves before its
 * transaction is durable, nor before what earlier wake-ups want to let out.
 */
#include "gateway/driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gateway/driver_int.h"
#include "log/log.h"

#define STEP_ROUNDS 4 /* of resend work in one wake-up */

/* ---- life ---- */

struct driver *
driver_new(struct store *store, const struct driver_ops *ops)
{
	struct driver *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	d->store = store;
	d->ops = ops;
	d->work_tail = &d->work;
	d->retry_at = MONO_NEVER;
	d->other_left = OTHER_PER_S;
	d->events_left = EVENTS_PER_S;
	d->scratch = dict_scratch_new();
	if (d->scratch == NULL) {
		free(d);
		return NULL;
	}
	return d;
}

void
driver_set_arg(struct driver *d, void *arg)
{
	d->arg = arg;
}


void
driver_free(struct driver *d)
{
	struct fgsess *fs;
	size_t i;

	if (d == NULL)
		return;
	if (d->batch != NULL)
		store_abort(d->batch);
	driver_drop_release(d, FG_ECLOSED);
	driver_lanes_free(d);
	for (i = 0; i < d->n; i++)
		driver_session_free(d->all[i]);
	while ((fs = d->leaving) != NULL) {
		d->leaving = fs->work_next;
		driver_session_free(fs);
	}
	free(d->all);
	free(d->by_name);
	free(d->by_id);
	heap_free(&d->heap);
	release_free(&d->rel);
	sess_acts_free(&d->acts);
	dict_scratch_free(d->scratch);
	fields_free(&d->kept);
	fields_free(&d->own);
	buf_free(&d->mask);
	free(d);
}

size_t
driver_count(const struct driver *d)
{
	return d->n;
}

struct fgsess *
driver_session(const struct driver *d, size_t i)
{
	return d->all[i];
}

struct store *
driver_store(const struct driver *d)
{
	return d->store;
}

size_t
driver_waiting(const struct driver *d)
{
	return release_count(&d->rel);
}

int64_t
driver_lag(const struct driver *d, mono_t now)
{
	const struct release_item *it = release_any(&d->rel);

	return it == NULL || mono_before(now, it->at) ? 0 :
	    now.ns - it->at.ns;
}

/* ---- inputs ---- */

/* The time of this wake-up; each input asks for it. */
void
driver_now(struct driver *d)
{
	d->now = d->ops->now(d->arg);
	if (!mono_before(d->now.mono, d->other_refill)) {
		d->other_refill = mono_add(d->now.mono, NS_PER_S);
		d->other_left = OTHER_PER_S;
		if (d->other_lost > 0)
			log_event(LOG_LEVEL_WARN, "unsaid", NULL,
			    "%llu more dropped messages were not stored (over "
			    "%d a second)", (unsigned long long)d->other_lost,
			    OTHER_PER_S);
		d->other_lost = 0;
		d->events_left = EVENTS_PER_S;
		if (d->events_unsaid > 0)
			log_event(LOG_LEVEL_WARN, "unsaid", NULL,
			    "%llu more events of sessions were not logged "
			    "(over %d a second); they are in SESSION_EVENT",
			    (unsigned long long)d->events_unsaid, EVENTS_PER_S);
		d->events_unsaid = 0;
	}
}

struct store_batch *
driver_batch(struct driver *d)
{
	if (d->batch == NULL)
		d->batch = store_begin(d->store);
	return d->batch;
}

void
driver_connected(struct driver *d, struct fgsess *fs, const char *peer)
{
	driver_now(d);
	fs->generation++;
	fs->connected = true;
	log_event(LOG_LEVEL_INFO, "connection", fs->name, "connection with %s",
	    peer);
	sess_connected(fs->machine, d->now, &d->acts);
	driver_run(d, fs, NULL);
}

void
driver_disconnected(struct driver *d, struct fgsess *fs, const char *why)
{
	if (!fs->connected)
		return;
	driver_now(d);
	fs->connected = false;
	fs->generation++;
	fs->answering = fs->resending = fs->choked = false;
	fs->peer_left = fs->owed = fs->holding = false;
	fs->hold_at = 0;
	early_clear(&fs->early);
	fs->recall = 0;
	sess_disconnected(fs->machine, d->now, why, &d->acts);
	driver_run(d, fs, NULL);
}

void
driver_cannot_connect(struct fgsess *fs, const char *why)
{
	log_event(LOG_LEVEL_WARN, "connect", fs->name, "cannot connect: %s",
	    why);
	/* since stays: it has been off for as long as before. */
	fs->last_code = SESS_EV_DISCONNECTED;
	snprintf(fs->last_event, sizeof(fs->last_event), "cannot connect: %s",
	    why);
}

bool
driver_is_answering(const struct fgsess *fs)
{
	return fs->answering;
}

/* Messages of the session are enough, and not as many as the others. */
static void
note_clock(struct driver *d, struct fgsess *fs, const struct fix_msg *m)
{
	const struct fix_field *type = fix_find(m, 35);
	wall_t sent;

	if (type == NULL || !fix_type_is_admin(fix_value(m, type), type->len) ||
	    fix_get_time(m, 52, &sent) != 0 || __builtin_sub_overflow(
	    d->now.wall.ns, sent.ns, &fs->clock_off))
		return;
	fs->clock_seen = d->now.wall;
}

void
driver_recv(struct driver *d, struct fgsess *fs, const struct fix_msg *m)
{
	struct driver_input in = { .msg = m };

	driver_now(d);
	in.arrived = d->now.wall;
	fs->received++;
	fs->last_received = d->now.wall;
	note_clock(d, fs, m);
	sess_recv(fs->machine, d->now, m, d->now.wall, 0, &d->acts);
	driver_run(d, fs, &in);
}

void
driver_refuse(struct driver *d, struct fgsess *fs, const struct fix_msg *m,
    const char *why)
{
	struct driver_input in = { .msg = m };

	driver_now(d);
	in.arrived = d->now.wall;
	sess_refuse(fs->machine, d->now, m, why, &d->acts);
	driver_run(d, fs, &in);
}

void
driver_garbled(struct driver *d, struct fgsess *fs, enum fix_garble why,
    const char *p, size_t n)
{
	struct fix_msg m = { .buf = p, .len = (uint32_t)n };
	struct driver_input in = { .msg = &m };
	struct fix_msg read = m;

	driver_now(d);
	in.arrived = d->now.wall;
	if (fs->cfg.reject_garbled)
		(void)fields_index(&d->own, &read, p, n, driver_lens(fs));
	sess_garbled(fs->machine, d->now, &read, why, &d->acts);
	driver_run(d, fs, &in);
}

bool
driver_stranger(struct driver *d, const char *p, size_t n, const char *why)
{
	struct store_row row = { .code = SESS_OTHER_BEFORE_LOGON };
	struct fix_msg m = { .buf = p, .len = (uint32_t)n };

	driver_now(d);
	row.time = d->now.wall;
	return driver_other(d, NULL, &row, &m, why, strlen(why));
}

void
driver_set_low(struct driver *d, bool low)
{
	d->low = low;
}

bool
driver_is_full(const struct driver *d)
{
	return d->batch != NULL && (store_batch_rows(d->batch) >= WAKE_ROWS ||
	    store_batch_bytes(d->batch) >= WAKE_BYTES);
}

bool
driver_is_stalled(const struct driver *d)
{
	return d->unsynced + release_bytes(&d->rel) >= STALL_BYTES ||
	    release_count(&d->rel) >= STALL_ITEMS;
}

bool
driver_is_down(const struct driver *d)
{
	return d->down;
}

unsigned
driver_repairs(const struct driver *d)
{
	return d->repairs;
}

/* ---- end of a wake-up ---- */

static void
run_timers(struct driver *d)
{
	struct fgsess *fs;

	while ((fs = heap_top(&d->heap)) != NULL &&
	    !mono_before(d->now.mono, fs->due)) {
		/* Who is not read cannot show that it lives. */
		driver_answered(d, fs);
		sess_tick(fs->machine, d->now, &d->acts);
		driver_run(d, fs, NULL);
		if (heap_top(&d->heap) == fs &&
		    !mono_before(d->now.mono, fs->due))
			break; /* nothing moved: the next wake-up */
	}
}

/* Would its SendingTime be stale when it left now? */
static bool
is_stale(const struct driver *d, const struct release_item *it)
{
	return it->fs->cfg.check_latency && mono_before(mono_add(it->at,
	    (int64_t)it->fs->cfg.max_latency * NS_PER_S / 2), d->now.mono);
}

static void
release_one(struct driver *d, const struct release_item *it, const char *p)
{
	struct fgsess *fs = it->fs;
	char why[128];

	if (it->kind == RELEASE_ROWS) {
		d->unsynced -= it->first;
		return;
	}
	if (it->kind == RELEASE_ANSWER) {
		if (it->fn != NULL)
			it->fn(it->arg, &it->done);
		if (fs != NULL && it->done.msg_seq_num == 0)
			driver_work(d, fs); /* OUT_PENDING has a row */
		return;
	}
	if (!fs->connected || fs->generation != it->generation)
		return; /* the connection is gone; it is all in FIX_OUT */
	switch (it->kind) {
	case RELEASE_SEND:
		if (is_stale(d, it)) {
			d->ops->disconnect(d->arg, fs,
			    "the disk was too slow for MaxLatency");
			return;
		}
		d->ops->send(d->arg, fs, p, it->len);
		fs->last_sent = d->now.wall;
		sess_released(fs->machine, d->now);
		heap_update(&d->heap, fs, sess_due(fs->machine));
		break;
	case RELEASE_DISCONNECT:
		snprintf(why, sizeof(why), "%.*s", (int)it->len, p);
		d->ops->disconnect(d->arg, fs, why);
		break;
	case RELEASE_RESEND:
		fs->resends++;
		fs->held_back = false;
		fs->resending = true;
		fs->resend_next = it->first;
		fs->resend_last = it->last;
		fs->resend_epoch = it->epoch;
		fs->resend_id = it->id;
		driver_work(d, fs);
		break;
	case RELEASE_ANSWER:
	case RELEASE_ROWS:
		break;
	}
}

static void
release_ready(struct driver *d)
{
	uint64_t durable = store_durable(d->store);
	const struct release_item *it;
	struct release_item copy;
	mono_t now = { 0 };
	const char *p;

	while ((it = release_head(&d->rel, durable, &p)) != NULL) {
		copy = *it;
		driver_time_released(d, &copy, &now);
		release_one(d, &copy, p);
		driver_pop(d, &copy);
		if (copy.kind == RELEASE_SEND)
			driver_drained(d, copy.fs);
	}
}

int
driver_commit(struct driver *d)
{
	struct release_item rows = { .kind = RELEASE_ROWS,
		.at = d->now.mono };
	uint64_t number;
	int err;

	rows.first = store_batch_bytes(driver_batch(d));
	rows.last = d->in_rows;
	driver_time_parsed(d);
	err = store_commit(d->batch, &number);
	d->batch = NULL;
	if (err != 0)
		return err;
	driver_time_committed(d);
	if (rows.first > 0 && release_add(&d->rel, &rows, NULL, 0) == 0)
		d->unsynced += rows.first;
	release_close(&d->rel, number);
	return 0;
}

bool
driver_end(struct driver *d, mono_t *due)
{
	char text[STORE_ERR_MAX];
	struct fgsess *top;
	int rounds, err;
	bool again;

	driver_now(d);
	if (d->down) {
		driver_repair(d);
		driver_sweep(d);
		*due = d->retry_at;
		return false;
	}
	run_timers(d);
	driver_paced(d);
	for (rounds = 0; rounds < STEP_ROUNDS; rounds++) {
		err = store_failed(d->store, text);
		if (err == 0)
			err = driver_commit(d);
		if (err != 0) {
			driver_fail(d, err);
			*due = d->retry_at;
			return false;
		}
		release_ready(d);
		if (d->work == NULL && d->batch == NULL)
			break;
		driver_work_step(d);
	}
	if (d->ops->visible != NULL)
		d->ops->visible(d->arg);
	again = driver_sweep(d);
	top = heap_top(&d->heap);
	*due = d->down ? d->retry_at : top == NULL ? MONO_NEVER : top->due;
	*due = mono_min(*due, driver_paced(d));
	return again || d->work != NULL || d->batch != NULL;
}
