/*
 * driver_send.c: what comes from inside: application messages to send, those
 * that wait in OUT_PENDING for their session to log on, and the operator's requests.
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
		.at = d->now.mono, .fn = fn, .arg = arg, .done = *done };

	if (release_add(&d->rel, &it, NULL, 0) != 0)
		return FG_ENOMEM;
	if (fs != NULL)
		fs->queued++;
	return 0;
}

static bool
is_backlogged(const struct fgsess *fs)
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
	if (!is_backlogged(fs)) {
		/* Nobody will look for its rows in those before. */
		fs->pending_done = seq - 1;
		driver_set_state(d, fs);
	}
	fs->pending_tail = seq;
	return driver_answer(d, fs, &done, fn, arg);
}

/* Through the machine: a number and a FIX_OUT row now. */
static int
send_now(struct driver *d, struct fgsess *fs, const char *type,
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

int
driver_send(struct driver *d, struct fgsess *fs, const char *msg_type,
    const char *fields, size_t len, release_fn fn, void *arg)
{
	struct release_done done = { 0 };
	bool on = sess_state(fs->machine) == SESS_ON;
	int err;

	if (d->down || d->low)
		return FG_ENOSPC;
	driver_now(d);
	if (!on && fs->when_off == DRIVER_OFF_REJECT)
		return FG_ESTATE;
	if (is_backlogged(fs) || (!on && fs->when_off == DRIVER_OFF_QUEUE)) {
		err = sess_check(fs->machine, msg_type, fields, len);
		return err != 0 ? err :
		    park(d, fs, msg_type, fields, len, fn, arg);
	}
	err = send_now(d, fs, msg_type, fields, len, &done);
	return err != 0 ? err : driver_answer(d, fs, &done, fn, arg);
}

/* ---- OUT_PENDING ---- */

/* Rows are copied while reading, and sent after: the reader may hold a lock. */
struct pending_read {
	uint32_t session;
	struct buf rows; /* struct pending_row, bytes, struct pending_row ... */
	int err;
};

struct pending_row {
	uint64_t seq;
	size_t len;
};

static int
copy_pending(void *arg, const struct store_row *row)
{
	struct pending_read *r = arg;
	struct pending_row head = { .seq = row->seq, .len = row->len };

	if (row->session != r->session)
		return 0;
	if (buf_add(&r->rows, &head, sizeof(head)) != 0 ||
	    buf_add(&r->rows, row->data, row->len) != 0)
		r->err = FG_ENOMEM;
	return r->err;
}

/* Number and send one waiting row; its mark commits with its number. A row that
 * never can be sent is passed by. 0, or FG_ENOMEM: try again. */
static int
send_pending(struct driver *d, struct fgsess *fs, uint64_t seq, const char *p,
    size_t len)
{
	struct release_done done;
	const char *soh;
	char type[64];
	int err = FG_EINVAL;

	soh = memchr(p, FIX_SOH, len);
	if (soh != NULL && soh - p > 3) {
		snprintf(type, sizeof(type), "%.*s", (int)(soh - p - 3), p + 3);
		soh++;
		err = send_now(d, fs, type, soh, len - (size_t)(soh - p),
		    &done);
	}
	if (err != 0)
		log_error("%s: OUT_PENDING row %llu cannot be sent: %s",
		    fs->name, (unsigned long long)seq, fg_strerror(err));
	if (err == FG_ENOMEM)
		return err;
	fs->pending_done = seq;
	return 0;
}

bool
driver_pending_step(struct driver *d, struct fgsess *fs)
{
	struct pending_read r = { .session = fs->id };
	uint64_t upto, before = fs->pending_done;
	struct pending_row head;
	size_t at;
	int err;

	if (!is_backlogged(fs) || sess_state(fs->machine) != SESS_ON)
		return false;
	err = store_read(d->store, STORE_OUT_PENDING, before, PENDING_CHUNK,
	    WAKE_BYTES, copy_pending, &r, &upto);
	if (err == 0)
		err = r.err;
	if (err != 0)
		log_error("%s: OUT_PENDING cannot be read: %s", fs->name,
		    fg_strerror(err));
	for (at = 0; err == 0 && at < r.rows.len;
	    at += sizeof(head) + head.len) {
		memcpy(&head, r.rows.p + at, sizeof(head));
		err = send_pending(d, fs, head.seq,
		    r.rows.p + at + sizeof(head), head.len);
	}
	buf_free(&r.rows);
	if (err != 0 || upto == before)
		return false; /* not visible yet: its release wakes us */
	fs->pending_done = upto;
	driver_set_state(d, fs);
	return is_backlogged(fs);
}

static int
note_pending(void *arg, const struct store_row *row)
{
	struct fgsess *fs = driver_by_id(arg, row->session);

	if (fs != NULL)
		fs->pending_tail = row->seq;
	return 0;
}

int
driver_start(struct driver *d)
{
	uint64_t after = UINT64_MAX, upto;
	size_t i;
	int err;

	d->started = true;
	for (i = 0; i < d->n; i++) {
		d->all[i]->pending_tail = 0;
		if (d->all[i]->pending_done < after)
			after = d->all[i]->pending_done;
	}
	if (after < store_oldest(d->store, STORE_OUT_PENDING))
		after = store_oldest(d->store, STORE_OUT_PENDING) - 1;
	for (; d->n > 0; after = upto) {
		err = store_read(d->store, STORE_OUT_PENDING, after, WAKE_ROWS,
		    WAKE_BYTES, note_pending, d, &upto);
		if (err != 0)
			return err;
		if (upto == after)
			break;
	}
	for (i = 0; i < d->n; i++)
		if (!is_backlogged(d->all[i]) &&
		    d->all[i]->pending_done < after)
			d->all[i]->pending_done = after;
	return 0;
}

/* As driver_start does it for all. */
int
driver_find_pending(struct driver *d, struct fgsess *fs, bool is_new)
{
	uint64_t after = fs->pending_done, upto;
	int err;

	if (is_new)
		after = store_visible(d->store, STORE_OUT_PENDING);
	if (after < store_oldest(d->store, STORE_OUT_PENDING))
		after = store_oldest(d->store, STORE_OUT_PENDING) - 1;
	for (;; after = upto) {
		err = store_read(d->store, STORE_OUT_PENDING, after, WAKE_ROWS,
		    WAKE_BYTES, note_pending, d, &upto);
		if (err != 0)
			return err;
		if (upto == after)
			break;
	}
	if (!is_backlogged(fs) && fs->pending_done < after)
		fs->pending_done = after;
	return 0;
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
	log_info("%s: %s", fs->name, line);
}
