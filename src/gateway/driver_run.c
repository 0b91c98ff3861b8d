/*
 * driver_run.c: from the actions of a session machine to rows, states and
 * release items of this wake-up.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gateway/driver_int.h"
#include "log/log.h"

/* Secrets of session-level messages, masked before the row is stored. */
static const int32_t logon_secrets[] = { 96, 554, 925, 1402, 1404 };

/* Carries 554 and 925, too. Masked when received only: what we sent must stay
 * fit to be resent, which a Logon never is. */
#define MSG_USER_REQUEST "BE"

const struct fix_lens *
driver_lens(const struct fgsess *fs)
{
	if (fs->cfg.lens != NULL)
		return fs->cfg.lens;
	return fs->cfg.app == NULL ? sess_std_lens() : dict_lens(fs->cfg.app);
}

uint32_t
driver_dict_id(const struct fgsess *fs, const struct dict *d)
{
	size_t i;

	for (i = 0; i < fs->ndict; i++)
		if (fs->dict[i].dict == d)
			return fs->dict[i].id;
	return 0;
}

static uint32_t
dict_of(const struct fgsess *fs, const struct fix_msg *m, bool ours)
{
	return driver_dict_id(fs, sess_dict(fs->machine, m, ours));
}

/* What the header says of the message: row flags, and whether it may carry
 * secrets. */
static uint16_t
message_flags(const struct fix_msg *m, bool *secret)
{
	const struct fix_field *f;
	uint16_t flags = 0;
	uint32_t i;

	*secret = false;
	for (i = 0; i < m->nfield; i++) {
		f = &m->field[i];
		if (f->tag == 35) {
			if (fix_type_is_admin(fix_value(m, f), f->len))
				flags |= STORE_ADMIN;
			*secret = fix_is(m, f, "A") ||
			    fix_is(m, f, MSG_USER_REQUEST);
		} else if (f->tag == 43 && fix_is(m, f, "Y")) {
			flags |= STORE_POSS_DUP;
		} else if (f->tag == 97 && fix_is(m, f, "Y")) {
			flags |= STORE_POSS_RESEND;
		} else if (!fix_tag_is_header(f->tag)) {
			break;
		}
	}
	return flags;
}

/* Give the row its bytes: the message's own, or a masked copy. */
static void
set_message(struct driver *d, const struct fgsess *fs, struct store_row *row,
    const struct fix_msg *m)
{
	bool secret;
	size_t n;

	row->flags |= message_flags(m, &secret);
	row->data = m->buf;
	row->len = m->len;
	if (!secret)
		return;
	d->mask.len = 0;
	if (buf_add(&d->mask, m->buf, m->len) != 0) {
		row->len = 0; /* rather no bytes than a password */
		return;
	}
	n = fix_mask(d->mask.p, m, logon_secrets,
	    sizeof(logon_secrets) / sizeof(logon_secrets[0]));
	if (fs != NULL)
		n += fix_mask(d->mask.p, m, fs->masked, fs->nmasked);
	row->data = d->mask.p;
	if (n > 0)
		row->flags |= STORE_MASKED;
}

static struct store_row
new_row(const struct driver *d, const struct fgsess *fs,
    const struct sess_act *a)
{
	return (struct store_row){
		.session = fs->id,
		.epoch = a->epoch,
		.msg_seq_num = a->seq,
		.time = d->now.wall,
	};
}

static void
store_in(struct driver *d, struct fgsess *fs, const struct sess_act *a,
    const struct driver_input *in)
{
	struct store_row row = new_row(d, fs, a);

	row.time = in->arrived;
	row.a = (uint64_t)fs->inbound_tag;
	row.dict = dict_of(fs, in->msg, false);
	set_message(d, fs, &row, in->msg);
	d->in_last = store_add(driver_batch(d), STORE_FIX_IN, &row);
	d->in_rows++;
}

/* Overwrite what looks like the value of this field. */
static void
mask_tag(char *p, size_t n, int32_t tag)
{
	char *at, *end = p + n, text[16];
	size_t len;
	bool whole;

	len = (size_t)snprintf(text, sizeof(text), "%" PRId32 "=", tag);
	for (at = p; (at = memmem(at, (size_t)(end - at), text, len)) !=
	    NULL;) {
		whole = at == p || at[-1] < '0' || at[-1] > '9';
		for (at += len; whole && at < end && *at != FIX_SOH; at++)
			*at = '*';
	}
}

void
driver_mask(const struct fgsess *fs, char *p, size_t n)
{
	size_t i;

	for (i = 0; i < sizeof(logon_secrets) / sizeof(logon_secrets[0]); i++)
		mask_tag(p, n, logon_secrets[i]);
	for (i = 0; fs != NULL && i < fs->nmasked; i++)
		mask_tag(p, n, fs->masked[i]);
}

bool
driver_other(struct driver *d, struct fgsess *fs, struct store_row *row,
    const struct fix_msg *m, const char *why, size_t len)
{
	if (m->nfield == 0 && d->other_left-- <= 0) {
		d->other_lost++;
		return false;
	}
	set_message(d, fs, row, m);
	if (row->len > OTHER_DATA_MAX)
		row->len = OTHER_DATA_MAX;
	if (row->data != d->mask.p) {
		d->mask.len = 0;
		if (buf_add(&d->mask, row->data, row->len) != 0)
			return false;
	}
	if (m->nfield == 0)
		driver_mask(fs, d->mask.p, row->len);
	d->mask.len = row->len;
	if (buf_add(&d->mask, why, len) != 0)
		return false;
	row->a = row->len;
	row->data = d->mask.p;
	row->len = d->mask.len;
	store_add(driver_batch(d), STORE_FIX_IN_OTHER, row);
	return true;
}

static void
store_other(struct driver *d, struct fgsess *fs, const struct sess_act *a,
    const struct driver_input *in)
{
	struct store_row row = new_row(d, fs, a);

	row.time = in->arrived;
	row.code = (uint16_t)a->code;
	row.dict = dict_of(fs, in->msg, false);
	fs->rejected++;
	driver_other(d, fs, &row, in->msg, d->acts.bytes.p + a->off, a->len);
}

static void
store_out(struct driver *d, struct fgsess *fs, const struct sess_act *a)
{
	struct store_row row = new_row(d, fs, a);
	const char *p = d->acts.bytes.p + a->off;
	struct fix_msg m = { 0 };

	row.a = (uint64_t)fs->outbound_tag;
	if (fields_index(&d->own, &m, p, a->len, driver_lens(fs)) == 0) {
		row.dict = dict_of(fs, &m, true);
		set_message(d, fs, &row, &m);
	} else {
		row.data = p;
		row.len = a->len;
	}
	if ((row.flags & (STORE_ADMIN | STORE_MASKED)) == STORE_MASKED) {
		row.data = p;
		row.flags &= (uint16_t)~STORE_MASKED;
	}
	d->sent_row = store_add(driver_batch(d), STORE_FIX_OUT, &row);
	fs->sent++;
}

/* May each message of a peer be the cause of one? */
static bool
is_frequent(int ev)
{
	return ev == SESS_EV_REJECTED || ev == SESS_EV_RESEND ||
	    ev == SESS_EV_GAP_OPEN || ev == SESS_EV_GAP_CLOSED ||
	    ev == SESS_EV_SKIPPED;
}

void
driver_remember(struct driver *d, struct fgsess *fs, int code, const char *line)
{
	bool ended = fs->last_code == SESS_EV_REFUSED ||
	    fs->last_code == SESS_EV_LOGGED_OUT ||
	    fs->last_code == SESS_EV_TIMEOUT;

	if (code == SESS_EV_DISCONNECTED && ended)
		return;
	fs->last_code = code;
	fs->since = d->now.wall;
	snprintf(fs->last_event, sizeof(fs->last_event), "%s", line);
}

static void
note_event(struct driver *d, struct fgsess *fs, const struct sess_act *a)
{
	struct store_row row = new_row(d, fs, a);
	char text[sizeof(fs->last_event) - 32], line[sizeof(fs->last_event)];

	row.msg_seq_num = 0;
	row.code = (uint16_t)a->code;
	row.a = a->seq;
	row.b = a->seq2;
	row.data = d->acts.bytes.p + a->off;
	row.len = a->len;
	store_add(driver_batch(d), STORE_SESSION_EVENT, &row);
	log_escape(text, sizeof(text), a->len == 0 ? "" : row.data, a->len);
	snprintf(line, sizeof(line), "%s%s%s", sess_event_text(a->code),
	    a->len == 0 ? "" : ": ", text);
	driver_remember(d, fs, a->code, line);
	if (a->reason != 0)
		rejects_add(&fs->rejects, a->tag, (enum fix_reject)(a->reason -
		    1));
	if (!is_frequent(a->code) || d->events_left-- > 0)
		log_event(a->code == SESS_EV_IN_DOUBT ? LOG_LEVEL_WARN :
		    LOG_LEVEL_INFO, sess_event_text(a->code), fs->name, "%s",
		    line);
	else
		d->events_unsaid++;
	if (a->code == SESS_EV_LOGGED_ON) {
		fs->logged_on_at = d->now.wall;
		fs->rejects = (struct rejects){ 0 };
		driver_work(d, fs);
	}
}

void
driver_set_state(struct driver *d, struct fgsess *fs)
{
	struct sess_seqs q = sess_seqs(fs->machine);

	store_set_state(driver_batch(d), &(struct store_state){
		.session = fs->id, .epoch = q.epoch, .next_in = q.next_in,
		.next_out = q.next_out, .pending = fs->pending_done,
		.created = q.created });
}

/* Queue an item for release with the bytes of the action. */
static void
queue(struct driver *d, struct fgsess *fs, enum release_kind kind,
    const struct sess_act *a)
{
	struct release_item it = { .kind = kind, .fs = fs, .id = a->code,
		.generation = fs->generation, .at = d->now.mono,
		.first = a->seq, .last = a->seq2, .epoch = a->epoch,
		.event = d->event };

	if (release_add(&d->rel, &it, d->acts.bytes.p + a->off, a->len) != 0) {
		d->acts.err = FG_ENOMEM;
		return;
	}
	fs->queued++;
	if (kind == RELEASE_SEND)
		fs->unsent += a->len;
}

/* One action. Returns the number of an early message to recall, or 0. */
static uint64_t
run_one(struct driver *d, struct fgsess *fs, const struct sess_act *a,
    const struct driver_input *in)
{
	switch (a->kind) {
	case SESS_STORE_IN:
		store_in(d, fs, a, in);
		break;
	case SESS_STORE_OTHER:
		store_other(d, fs, a, in);
		break;
	case SESS_STORE_OUT:
		store_out(d, fs, a);
		break;
	case SESS_SEND:
		queue(d, fs, RELEASE_SEND, a);
		break;
	case SESS_STATE:
		driver_set_state(d, fs);
		break;
	case SESS_EVENT:
		note_event(d, fs, a);
		break;
	case SESS_RESEND:
		queue(d, fs, RELEASE_RESEND, a);
		if (in != NULL)
			fs->answering = true;
		break;
	case SESS_KEEP:
		if (early_keep(&fs->early, a->seq, in->arrived, in->msg->buf,
		    in->msg->len) != 0)
			log_event(LOG_LEVEL_WARN, "memory", fs->name,
			    "no memory to keep early message %llu; it will be "
			    "asked for again", (unsigned long long)a->seq);
		break;
	case SESS_RECALL:
		return a->seq;
	case SESS_FORGET:
		early_clear(&fs->early);
		fs->recall = 0;
		break;
	case SESS_DISCONNECT:
		queue(d, fs, RELEASE_DISCONNECT, a);
		break;
	}
	return 0;
}

/* Run the list once. Returns the number to recall, or 0. */
static uint64_t
run_list(struct driver *d, struct fgsess *fs, const struct driver_input *in)
{
	uint64_t recall = 0, r;
	size_t i;

	for (i = 0; i < d->acts.n; i++) {
		r = run_one(d, fs, &d->acts.act[i], in);
		if (r != 0)
			recall = r;
	}
	if (d->acts.err != 0) {
		log_event(LOG_LEVEL_ERROR, "memory", fs->name, "no memory for "
		    "the session's actions: disconnecting");
		sess_acts_clear(&d->acts);
		d->acts.err = 0;
		d->ops->disconnect(d->arg, fs, "out of memory");
	}
	sess_acts_clear(&d->acts);
	return recall;
}

void
driver_run(struct driver *d, struct fgsess *fs, const struct driver_input *in)
{
	uint64_t recall = run_list(d, fs, in);

	if (recall != 0)
		fs->recall = recall;
	driver_recall(d, fs);
	heap_update(&d->heap, fs, sess_due(fs->machine));
}

void
driver_recall(struct driver *d, struct fgsess *fs)
{
	struct early_msg kept;
	struct fix_msg m = { 0 };
	uint64_t recall;

	while (fs->recall != 0 && !fs->answering) {
		recall = fs->recall;
		fs->recall = 0;
		if (!early_take(&fs->early, recall, &kept))
			break;
		if (fields_index(&d->kept, &m, kept.p, kept.len,
		    driver_lens(fs)) == 0) {
			sess_recv(fs->machine, d->now, &m, kept.arrived,
			    SESS_RECALLED, &d->acts);
			fs->recall = run_list(d, fs, &(struct driver_input){
				.msg = &m, .arrived = kept.arrived });
		}
		free(kept.p);
	}
}
