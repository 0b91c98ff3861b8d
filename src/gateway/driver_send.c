/*
 * driver_send.c: what comes from inside: application messages to send, and the
 * operator's requests.
 *
 * A row of OUT_PENDING holds the fields of the message, the first being 35.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "gateway/driver_int.h"
#include "log/log.h"

int
driver_answer(struct driver *d, struct fgsess *fs,
    const struct release_done *done, release_fn fn, void *arg)
{
	struct release_item it = { .kind = RELEASE_ANSWER, .fs = fs,
		.at = d->now.mono, .event = d->event, .fn = fn, .arg = arg,
		.done = *done };

	if (release_add(&d->rel, &it, NULL, 0) != 0)
		return FG_ENOMEM;
	if (fs != NULL)
		fs->queued++;
	return 0;
}

bool
driver_is_backlogged(const struct fgsess *fs)
{
	return fs->pending_tail > fs->pending_done;
}

/* Store without a number, until the session is logged on. */
static int
park(struct driver *d, struct fgsess *fs, const char *type,
    const char *fields, size_t len, release_fn fn, void *arg)
{
	struct release_done done = { 0 };
	struct store_row row = { .session = fs->id, .time = d->now.wall };
	uint64_t seq;

	d->mask.len = 0;
	if (buf_printf(&d->mask, "35=%s\001", type) != 0 ||
	    buf_add(&d->mask, fields, len) != 0)
		return FG_ENOMEM;
	row.data = d->mask.p;
	row.len = d->mask.len;
	done.epoch = sess_seqs(fs->machine).epoch;
	seq = store_add(driver_batch(d), STORE_OUT_PENDING, &row);
	if (!driver_is_backlogged(fs)) {
		/* Nobody will look for its rows in those before. */
		fs->pending_done = seq - 1;
		driver_set_state(d, fs);
	}
	fs->pending_tail = seq;
	return driver_answer(d, fs, &done, fn, arg);
}

int
driver_send_now(struct driver *d, struct fgsess *fs, const char *type,
    const char *fields, size_t len, struct release_done *done)
{
	int err;

	err = sess_send(fs->machine, d->now, type, fields, len, &d->acts,
	    &done->msg_seq_num);
	if (err != 0) {
		sess_acts_clear(&d->acts);
		return err;
	}
	d->sent_row = 0;
	driver_run(d, fs, NULL);
	done->tx_seq = d->sent_row;
	done->epoch = sess_seqs(fs->machine).epoch;
	return 0;
}

static int
send_event(struct driver *d, struct fgsess *fs, const char *msg_type,
    const char *fields, size_t len, release_fn fn, void *arg)
{
	struct release_done done = { 0 };
	bool on = sess_state(fs->machine) == SESS_ON;
	int err;

	if (d->down || d->low)
		return FG_ENOSPC;
	if (fs->halted)
		return FG_EBUSY;
	driver_now(d);
	if (!on && fs->when_off == DRIVER_OFF_REJECT)
		return FG_ESTATE;
	if (driver_is_backlogged(fs) || (!on && fs->when_off == DRIVER_OFF_QUEUE)) {
		err = sess_check(fs->machine, msg_type, fields, len);
		return err != 0 ? err :
		    park(d, fs, msg_type, fields, len, fn, arg);
	}
	err = driver_send_now(d, fs, msg_type, fields, len, &done);
	return err != 0 ? err : driver_answer(d, fs, &done, fn, arg);
}

int
driver_send(struct driver *d, struct fgsess *fs, const char *msg_type,
    const char *fields, size_t len, release_fn fn, void *arg)
{
	int err;

	d->event = true;
	err = send_event(d, fs, msg_type, fields, len, fn, arg);
	d->event = false;
	d->events += err == 0;
	return err;
}

int
driver_send_halted(struct driver *d, struct fgsess *fs, const char *msg_type,
    const char *fields, size_t len)
{
	struct release_done done = { 0 };

	if (d->down)
		return FG_ENOSPC;
	if (sess_state(fs->machine) != SESS_ON)
		return FG_ESTATE;
	driver_now(d);
	return driver_send_now(d, fs, msg_type, fields, len, &done);
}

/* ---- operator ---- */

static int
operated(struct driver *d, struct fgsess *fs, release_fn fn, void *arg)
{
	struct release_done done = { .epoch = sess_seqs(fs->machine).epoch,
		.msg_seq_num = sess_seqs(fs->machine).next_out };

	driver_run(d, fs, NULL);
	return driver_answer(d, fs, &done, fn, arg);
}

int
driver_logout(struct driver *d, struct fgsess *fs, const char *text,
    release_fn fn, void *arg)
{
	if (d->down)
		return FG_ENOSPC; /* all connections are gone already */
	driver_now(d);
	sess_logout(fs->machine, d->now, text, &d->acts);
	return operated(d, fs, fn, arg);
}

int
driver_reset(struct driver *d, struct fgsess *fs, const char *who,
    release_fn fn, void *arg)
{
	if (d->down)
		return FG_ENOSPC;
	driver_now(d);
	sess_reset(fs->machine, d->now, who, &d->acts);
	return operated(d, fs, fn, arg);
}

int
driver_set_seqs(struct driver *d, struct fgsess *fs, uint64_t next_in,
    uint64_t next_out, const char *who, release_fn fn, void *arg)
{
	int err;

	if (d->down)
		return FG_ENOSPC;
	driver_now(d);
	err = sess_set_seqs(fs->machine, d->now, next_in, next_out, who,
	    &d->acts);
	if (err != 0) {
		sess_acts_clear(&d->acts);
		return err;
	}
	return operated(d, fs, fn, arg);
}

/* ---- the schedule: peers looks again while the store is down ---- */

void
driver_window_begins(struct driver *d, struct fgsess *fs, wall_t opens)
{
	if (d->down)
		return;
	driver_now(d);
	sess_window_begins(fs->machine, d->now, opens, &d->acts);
	driver_run(d, fs, NULL);
}

void
driver_window_ends(struct driver *d, struct fgsess *fs)
{
	if (d->down)
		return;
	driver_now(d);
	sess_window_ends(fs->machine, d->now, &d->acts);
	driver_run(d, fs, NULL);
}

void
driver_reset_open(struct driver *d, struct fgsess *fs)
{
	if (d->down)
		return;
	driver_now(d);
	sess_reset_open(fs->machine, d->now, &d->acts);
	driver_run(d, fs, NULL);
}

void
driver_event(struct driver *d, struct fgsess *fs, enum sess_event ev,
    const char *text)
{
	struct store_row row = { .session = fs->id,
		.epoch = sess_seqs(fs->machine).epoch, .code = (uint16_t)ev,
		.data = text, .len = strlen(text) };
	char line[sizeof(fs->last_event)];

	if (d->down)
		return;
	driver_now(d);
	row.time = d->now.wall;
	store_add(driver_batch(d), STORE_SESSION_EVENT, &row);
	snprintf(line, sizeof(line), "%s: %s", sess_event_text(ev), text);
	driver_remember(d, fs, ev, line);
	log_event(LOG_LEVEL_INFO, sess_event_text(ev), fs->name, "%s", line);
}

void
driver_event_gateway(struct driver *d, enum sess_event ev, const char *text)
{
	struct store_row row = { .code = (uint16_t)ev, .data = text,
		.len = strlen(text) };

	if (!d->down) {
		driver_now(d);
		row.time = d->now.wall;
		store_add(driver_batch(d), STORE_SESSION_EVENT, &row);
	}
	log_event(LOG_LEVEL_INFO, sess_event_text(ev), NULL, "%s: %s",
	    sess_event_text(ev), text);
}

int
driver_event_then(struct driver *d, struct fgsess *fs, enum sess_event ev,
    const char *text, release_fn fn, void *arg)
{
	const struct release_done done = {
		.epoch = sess_seqs(fs->machine).epoch,
		.msg_seq_num = sess_seqs(fs->machine).next_out };

	if (d->down)
		return FG_ENOSPC;
	driver_event(d, fs, ev, text);
	return driver_answer(d, fs, &done, fn, arg);
}
