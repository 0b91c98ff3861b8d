/*
 * driver_pending.c: messages that wait in OUT_PENDING for their session to log
 * on. A row holds the fields of the message, the first being 35.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "gateway/driver_int.h"
#include "gateway/parked.h"
#include "log/log.h"

/* Rows are copied while reading, and sent after: the reader may hold a lock. */
struct pending_read {
	uint32_t session;
	struct buf rows; /* struct pending_row, bytes, struct pending_row ... */
	int err;
};

struct pending_row {
	uint64_t seq;
	wall_t time;
	size_t len;
};

static int
copy_pending(void *arg, const struct store_row *row)
{
	struct pending_read *r = arg;
	struct pending_row head = { row->seq, row->time, row->len };

	if (row->session != r->session)
		return 0;
	if (buf_add(&r->rows, &head, sizeof(head)) != 0 ||
	    buf_add(&r->rows, row->data, row->len) != 0)
		r->err = FG_ENOMEM;
	return r->err;
}

/* It is given up: whoever asked for it has its answer already, so somebody else
 * must see it. Its details are the row, for QUARANTINE_RETRY. */
static int
give_up(struct driver *d, struct fgsess *fs, const struct pending_row *head,
    const char *p, const char *code, const char *reason)
{
	struct parked k = { .state = PARKED, .row_seq = head->seq };
	struct store_row row = { .session = fs->id, .time = d->now.wall };
	int err;

	parked_set(&k, PARKED_PROCESS, "GATEWAY");
	parked_set(&k, PARKED_EVENT, "OUT_PENDING");
	parked_set(&k, PARKED_CODE, code);
	parked_set(&k, PARKED_REASON, reason);
	k.text[PARKED_DETAILS].p = p;
	k.text[PARKED_DETAILS].len = head->len;
	err = parked_pack(&k, &row, &d->mask);
	if (err == 0)
		store_add(driver_batch(d), STORE_QUARANTINE, &row);
	return err;
}

static bool
is_expired(const struct driver *d, const struct fgsess *fs,
    const struct pending_row *head)
{
	return fs->max_queued_age != 0 && d->now.wall.ns - head->time.ns >
	    (int64_t)fs->max_queued_age * NS_PER_S;
}

/* Number and send one waiting row; its mark commits with its number. 0, or
 * FG_ENOMEM: try again. */
static int
send_pending(struct driver *d, struct fgsess *fs,
    const struct pending_row *head, const char *p, unsigned *expired)
{
	struct release_done done;
	const char *soh = memchr(p, FIX_SOH, head->len);
	char type[64];
	int err = FG_EINVAL;

	if (is_expired(d, fs, head)) {
		err = give_up(d, fs, head, p, "TOO_OLD",
		    "it waited longer than MaxQueuedAge for a logon");
		*expired += err == 0;
		return err;
	}
	if (soh != NULL && soh - p > 3) {
		snprintf(type, sizeof(type), "%.*s", (int)(soh - p - 3), p + 3);
		soh++;
		err = driver_send_now(d, fs, type, soh,
		    head->len - (size_t)(soh - p), &done);
	}
	if (err == 0 || err == FG_ENOMEM)
		return err;
	log_event(LOG_LEVEL_ERROR, "quarantine", fs->name, "OUT_PENDING row "
	    "%llu cannot be sent, and is in QUARANTINE: %s",
	    (unsigned long long)head->seq, fg_strerror(err));
	return give_up(d, fs, head, p, "BAD_FIELD", fg_strerror(err));
}

static void
say_expired(struct driver *d, struct fgsess *fs, unsigned expired)
{
	char text[96];

	if (expired == 0)
		return;
	snprintf(text, sizeof(text), "%u waited longer than %llu s, and are in "
	    "QUARANTINE", expired, (unsigned long long)fs->max_queued_age);
	driver_event(d, fs, SESS_EV_EXPIRED, text);
}

bool
driver_pending_step(struct driver *d, struct fgsess *fs)
{
	struct pending_read r = { .session = fs->id };
	uint64_t upto, before = fs->pending_done;
	struct pending_row head;
	unsigned expired = 0;
	size_t at;
	int err;

	if (fs->halted)
		return false;
	if (!driver_is_backlogged(fs) || sess_state(fs->machine) != SESS_ON)
		return false;
	err = store_read(d->store, STORE_OUT_PENDING, before, PENDING_CHUNK,
	    WAKE_BYTES, copy_pending, &r, &upto);
	if (err == 0)
		err = r.err;
	if (err != 0)
		log_event(LOG_LEVEL_ERROR, "store", fs->name,
		    "OUT_PENDING cannot be read: %s", fg_strerror(err));
	for (at = 0; err == 0 && at < r.rows.len;
	    at += sizeof(head) + head.len) {
		memcpy(&head, r.rows.p + at, sizeof(head));
		err = send_pending(d, fs, &head, r.rows.p + at + sizeof(head),
		    &expired);
		if (err == 0)
			fs->pending_done = head.seq;
	}
	say_expired(d, fs, expired);
	buf_free(&r.rows);
	if (err != 0 || upto == before)
		return false; /* not visible yet: its release wakes us */
	fs->pending_done = upto;
	driver_set_state(d, fs);
	return driver_is_backlogged(fs);
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
		if (!driver_is_backlogged(d->all[i]) &&
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
	if (!driver_is_backlogged(fs) && fs->pending_done < after)
		fs->pending_done = after;
	return 0;
}
