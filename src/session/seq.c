/* seq.c: numbers: in turn, too high, too low, and gaps. */
#include <inttypes.h>
#include <stdio.h>

#include "session/internal.h"

#define LOW_TEXT_MAX 100 /* the text of a "too low" Logout */

void
seq_accept(struct sess *s, const struct rx *rx, struct sess_acts *a)
{
	if (rx->seq > s->seqs.next_in)
		acts_event(s, a, SESS_EV_SKIPPED, s->seqs.next_in, rx->seq - 1,
		    "the peer left out %" PRIu64 " numbers",
		    rx->seq - s->seqs.next_in);
	acts_add(s, a, SESS_STORE_IN, rx->seq, 0);
	if (rx->seq >= s->seqs.next_in)
		s->seqs.next_in = rx->seq + 1;
	s->dirty = true;
}

bool
seq_in_turn(const struct sess *s, const struct rx *rx)
{
	if (rx->seq == s->seqs.next_in)
		return true;
	return !s->cfg.validate_numbers && rx->seq <= SEQ_MAX &&
	    (rx->seq > s->seqs.next_in || !rx->poss_dup);
}

void
seq_use(struct sess *s, const struct rx *rx)
{
	if (rx->seq != s->seqs.next_in)
		return;
	s->seqs.next_in++;
	s->dirty = true;
}

void
seq_accept_any(struct sess *s, const struct rx *rx, struct sess_acts *a)
{
	if (rx->seq == s->seqs.next_in)
		seq_accept(s, rx, a);
	else
		acts_other(s, a, SESS_OTHER_UNSEQUENCED, rx->seq,
		    "obeyed whatever its number is");
}

/*
 * ResendRequests have room beyond MaxEarlyMessages. The number of one that is
 * dropped is missing, and must be asked for, by a request with a number of its
 * own: where both sides have a gap and ask for few messages at a time, each
 * would add to the other's gap as fast as it closes its own.
 */
static void
keep(struct sess *s, const struct rx *rx, struct sess_acts *a)
{
	struct early *e = &s->early;
	bool counts = rx->admin != '2';

	if ((counts && e->counted >= s->cfg.max_early) || rx->seq > SEQ_MAX ||
	    e->bytes + rx->m->len > s->cfg.max_early_bytes) {
		acts_other(s, a, SESS_OTHER_EARLY_DROPPED, rx->seq,
		    "more early messages than are kept");
		return;
	}
	if (e->n == 0 || rx->seq < e->first)
		e->first = rx->seq;
	if (e->n == 0 || rx->seq > e->last)
		e->last = rx->seq;
	e->n++;
	e->counted += counts;
	e->bytes += rx->m->len;
	acts_add(s, a, SESS_KEEP, rx->seq, 0);
}

void
seq_recalled(struct sess *s, const struct rx *rx)
{
	struct early *e = &s->early;

	if (e->n > 0)
		e->n--;
	if (e->counted > 0 && rx->admin != '2')
		e->counted--;
	e->bytes -= e->bytes < rx->m->len ? e->bytes : rx->m->len;
}

void
seq_forget(struct sess *s, struct sess_acts *a)
{
	if (s->early.n > 0)
		acts_add(s, a, SESS_FORGET, 0, 0);
	s->early = (struct early){ 0 };
}

/* How many numbers we ask for at once; 0: for all. */
static uint32_t
most_at_once(const struct sess *s)
{
	uint32_t chunk = s->cfg.resend_chunk;

	if (s->cfg.cme_enhanced_resend && (chunk == 0 ||
	    chunk > CME_RESEND_MAX))
		return CME_RESEND_MAX;
	return chunk;
}

/* Ask from the expected number on: what comes meanwhile is kept. */
void
seq_ask(struct sess *s, struct now now, struct sess_acts *a)
{
	uint64_t first = s->seqs.next_in, last = s->gap.end - 1;
	uint32_t chunk = most_at_once(s);
	struct out_msg o;

	if (chunk != 0 && last - first >= chunk)
		last = first + chunk - 1;
	s->gap.upto = chunk != 0 || s->cfg.closed_resend_interval ? last : 0;
	if (s->gap.upto != 0)
		acts_event(s, a, SESS_EV_GAP_OPEN, first, last,
		    "asked for %" PRIu64 " to %" PRIu64, first, last);
	else
		acts_event(s, a, SESS_EV_GAP_OPEN, first, last,
		    "asked for %" PRIu64 " and all after it", first);
	out_start(&o, "2");
	out_u64(&o, 7, first);
	out_u64(&o, 16, s->gap.upto != 0 ? last : s->ver->resend_to_end);
	out_send(s, now, &o, false, a);
}

static void
open_gap(struct sess *s, struct now now, uint64_t end)
{
	s->gap = (struct gap){ .end = end, .top = end, .asked = now.mono,
	    .asks = 1 };
}

/* Another early message while a gap is open. */
static void
note_hole(struct gap *g, uint64_t seq)
{
	if (seq > g->top + 1) {
		if (g->hole == 0)
			g->hole = g->top + 1;
		g->hole_end = seq;
	}
	if (seq > g->top)
		g->top = seq;
}

void
seq_too_high(struct sess *s, struct now now, const struct rx *rx,
    struct sess_acts *a)
{
	keep(s, rx, a);
	if (s->gap.end == 0) {
		open_gap(s, now, rx->seq);
	} else {
		note_hole(&s->gap, rx->seq);
		if (!s->cfg.send_redundant_resend_requests)
			return;
	}
	seq_ask(s, now, a);
}

void
seq_await(struct sess *s, struct now now, const struct rx *rx,
    struct sess_acts *a)
{
	keep(s, rx, a);
	open_gap(s, now, rx->seq);
	acts_event(s, a, SESS_EV_GAP_OPEN, s->seqs.next_in, rx->seq - 1,
	    "our Logon asked for %" PRIu64 " and all after it",
	    s->seqs.next_in);
}

void
seq_missed(struct sess *s, struct now now, const struct rx *rx,
    struct sess_acts *a)
{
	if (rx->seq > SEQ_MAX)
		return;
	keep(s, rx, a);
	if (s->gap.end != 0) {
		note_hole(&s->gap, rx->seq);
		return;
	}
	if (!s->cfg.strict_admin_numbers)
		return;
	open_gap(s, now, rx->seq);
	seq_ask(s, now, a);
}

bool
seq_fills(const struct sess *s, const struct rx *rx)
{
	uint64_t next;

	return rx->admin == '4' && rx->poss_dup && s->gap.end != 0 &&
	    rx->seq < s->seqs.next_in && admin_is_gap_fill(rx) &&
	    fix_get_u64(rx->m, 36, &next) == 0 && next > s->seqs.next_in;
}

/* It does not say when it was first sent, or not so that it can be read. */
static void
refuse_no_orig(struct sess *s, struct now now, const struct rx *rx,
    struct sess_acts *a)
{
	const struct fix_field *f = fix_find(rx->m, 122);
	enum fix_reject reason = FIX_REJECT_REQUIRED_MISSING;

	if (f != NULL)
		reason = f->len == 0 ? FIX_REJECT_EMPTY : FIX_REJECT_FORMAT;
	acts_other(s, a, SESS_OTHER_INVALID, rx->seq,
	    "PossDupFlag without a usable OrigSendingTime");
	reject_send(s, now, rx, reason, 122, a);
}

/* A duplicate must say when it was first sent, and not later than now. */
static void
duplicate(struct sess *s, struct now now, const struct rx *rx,
    struct sess_acts *a)
{
	wall_t orig;
	bool has_orig = fix_get_time(rx->m, 122, &orig) == 0;

	if (rx->admin == '4' ||
	    (!has_orig && !s->cfg.requires_orig_sending_time) ||
	    (has_orig && orig.ns <= rx->sent.ns)) {
		acts_other(s, a, SESS_OTHER_DUPLICATE, rx->seq,
		    "was processed before");
	} else if (!has_orig) {
		refuse_no_orig(s, now, rx, a);
	} else {
		acts_other(s, a, SESS_OTHER_INVALID, rx->seq,
		    "OrigSendingTime is later than SendingTime");
		reject_send(s, now, rx, FIX_REJECT_SENDING_TIME, DICT_NO_TAG,
		    a);
		logout_start(s, now, NULL,
		    "OrigSendingTime is later than SendingTime", a);
	}
}

void
seq_too_low(struct sess *s, struct now now, const struct rx *rx,
    struct sess_acts *a)
{
	char text[LOW_TEXT_MAX];

	if (rx->poss_dup && (s->state == SESS_ON ||
	    s->state == SESS_LOGOUT_SENT)) {
		duplicate(s, now, rx, a);
		return;
	}
	snprintf(text, sizeof(text), "MsgSeqNum too low, expecting %" PRIu64
	    " but received %" PRIu64, s->seqs.next_in, rx->seq);
	acts_other(s, a, SESS_OTHER_TOO_LOW, rx->seq, text);
	logout_now(s, now, text, a);
}

/* A request with an end is followed by the next one: for the rest of the gap,
 * or for what is missing behind it. */
static void
move_gap(struct sess *s, struct now now, struct sess_acts *a)
{
	struct gap *g = &s->gap;
	uint64_t next = s->seqs.next_in;

	if (g->end != 0 && next >= g->end) {
		acts_state(s, a);
		acts_event(s, a, SESS_EV_GAP_CLOSED, g->end, 0,
		    "all that was missing has come");
		g->end = 0;
	} else if (g->end != 0) {
		g->asked = now.mono;
		g->asks = 1;
		if (g->upto != 0 && next > g->upto)
			seq_ask(s, now, a);
	}
	if (g->end == 0 && g->upto != 0 && g->hole != 0 && next >= g->hole &&
	    next < g->hole_end) {
		open_gap(s, now, g->hole_end);
		g->top = s->early.last;
		seq_ask(s, now, a);
	}
}

void
seq_moved(struct sess *s, struct now now, uint64_t before,
    struct sess_acts *a)
{
	uint64_t next = s->seqs.next_in;

	if (next == before || s->state == SESS_ENDING)
		return;
	move_gap(s, now, a);
	if (s->early.n == 0)
		return;
	if (next > s->early.last)
		seq_forget(s, a);
	else if (next >= s->early.first)
		acts_add(s, a, SESS_RECALL, next, 0);
}

void
seq_reset(struct sess *s, struct now now, const char *why,
    struct sess_acts *a)
{
	/* Nobody will ask for the numbers of a past epoch. */
	if (s->last_app > s->peer_has)
		acts_event(s, a, SESS_EV_IN_DOUBT, s->peer_has + 1,
		    s->last_app, "the peer is not known to have these");
	s->last_app = s->peer_has = s->test_seq = 0;
	acts_event(s, a, SESS_EV_RESET, s->seqs.next_in, s->seqs.next_out, "%s",
	    why);
	seq_forget(s, a);
	resend_cancel(s);
	s->gap = (struct gap){ 0 };
	s->seqs = (struct sess_seqs){ .next_in = 1, .next_out = 1,
	    .epoch = s->seqs.epoch + 1, .created = now.wall };
	s->dirty = true;
}

void
seq_reset_used(struct sess *s, struct now now, const char *why,
    struct sess_acts *a)
{
	if (s->seqs.next_in != 1 || s->seqs.next_out != 1)
		seq_reset(s, now, why, a);
}
