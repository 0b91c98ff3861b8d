/*
 * resend.c: answering a ResendRequest. The rows come from the driver, and the
 * numbers asked for are answered in order:
 *
 *	first ... next-1 | next ... last
 *	     answered    |  to come; from fill on (if set) by one gap fill
 *
 * What the application sends meanwhile is numbered, stored and held, so that it
 * cannot overtake; then it is fetched and sent as it is: for the first time. If
 * it has waited too long for that, as one that may have been sent before.
 */
#include <inttypes.h>

#include "base/err.h"
#include "session/internal.h"

bool
resend_running(const struct sess *s)
{
	return s->resend.last != 0;
}

void
resend_hold(struct sess *s, uint64_t seq)
{
	if (s->resend.held_first == 0)
		s->resend.held_first = seq;
}

void
resend_cancel(struct sess *s)
{
	s->resend = (struct resend){ .id = s->resend.id + 1 };
}

static void
gap_fill(struct sess *s, struct now now, uint64_t first, uint64_t next,
    struct sess_acts *a)
{
	struct out_msg o;

	out_start(&o, "4");
	out_u64(&o, 36, next);
	out_str(&o, 123, "Y");
	out_repeat(s, now, &o, first, NULL, 0, a);
}

/* By how many messages does a range exceed MaxResendMessages? */
static uint64_t
too_many(const struct sess *s, uint64_t first, uint64_t last)
{
	uint64_t n = last - first + 1, most = s->cfg.max_resend;

	return most == 0 || n <= most ? 0 : n - most;
}

static void
start(struct sess *s, uint64_t first, uint64_t last, bool held,
    struct sess_acts *a)
{
	uint64_t skipped = held ? 0 : too_many(s, first, last);

	s->resend.fill = skipped > 0 ? first : 0;
	first += skipped;
	s->resend.first = s->resend.next = first;
	s->resend.last = last;
	s->resend.held = held;
	s->resend.id++;
	acts_add(s, a, SESS_RESEND, first, last);
	if (a->err == 0)
		a->act[a->n - 1].code = s->resend.id;
}

/* What a running resend will answer anyway is not asked for twice; other
 * numbers wait for its end, as one range. */
static void
later(struct resend *r, uint64_t first, uint64_t last)
{
	if (!r->held && first >= r->next && last <= r->last)
		return;
	if (r->again_first == 0 || first < r->again_first)
		r->again_first = first;
	if (last > r->again_last)
		r->again_last = last;
}

void
resend_range(struct sess *s, struct now now, uint64_t first, uint64_t last,
    struct sess_acts *a)
{
	if (!s->cfg.persist_messages)
		gap_fill(s, now, first, last + 1, a);
	else if (resend_running(s))
		later(&s->resend, first, last);
	else
		start(s, first, last, false, a);
}

/* A peer that asks for the same again and again does not understand what it
 * gets: one of us has to end this. */
static bool
is_asked_too_often(struct sess *s, uint64_t first, uint64_t last)
{
	struct resend *r = &s->resend;

	if (first != r->same_first || last != r->same_last)
		r->same = 0;
	r->same_first = first;
	r->same_last = last;
	return ++r->same > s->cfg.repeated_resend_limit &&
	    s->cfg.repeated_resend_limit != 0;
}

/* Some dictionaries take a negative one, and there may be none. */
static bool
read_number(struct sess *s, struct now now, const struct rx *rx, int32_t tag,
    uint64_t *n, struct sess_acts *a)
{
	if (fix_get_u64(rx->m, tag, n) == 0)
		return true;
	acts_other(s, a, SESS_OTHER_INVALID, rx->seq,
	    "BeginSeqNo or EndSeqNo is missing or is no number");
	seq_use(s, rx);
	reject_send(s, now, rx, fix_find(rx->m, tag) == NULL ?
	    FIX_REJECT_REQUIRED_MISSING : FIX_REJECT_VALUE, tag, a);
	return false;
}

void
resend_recv(struct sess *s, struct now now, struct rx *rx,
    struct sess_acts *a)
{
	uint64_t first, last, most = s->seqs.next_out - 1;

	if (!read_number(s, now, rx, 7, &first, a) ||
	    !read_number(s, now, rx, 16, &last, a))
		return;
	seq_accept_any(s, rx, a);
	if (rx->poss_dup && s->cfg.ignore_poss_dup_resend_requests)
		return;
	if (is_asked_too_often(s, first, last)) {
		logout_start(s, now, "the same ResendRequest came too often",
		    "the peer asked for the same too often", a);
		return;
	}
	if (first == 0)
		first = 1;
	if (s->peer_has < first - 1 && first - 1 <= most)
		s->peer_has = first - 1;
	if (last == 0 || last > most || last == s->ver->resend_to_end)
		last = most;
	if (s->cfg.cme_enhanced_resend && first <= last &&
	    last - first >= CME_RESEND_MAX) {
		reject_send(s, now, rx, FIX_REJECT_VALUE, 16, a);
		return;
	}
	if (first <= last && too_many(s, first, last) > 0)
		acts_event(s, a, SESS_EV_RESEND, first, last, "the peer asked "
		    "for more than MaxResendMessages: the oldest %" PRIu64
		    " are gap-filled", too_many(s, first, last));
	else
		acts_event(s, a, SESS_EV_RESEND, first, last,
		    "the peer asked for it");
	if (first <= last)
		resend_range(s, now, first, last, a);
}

struct stored {
	const char *type;
	size_t type_len;
	const char *time; /* 52 */
	size_t time_len;
};

static bool
is_too_old(const struct sess *s, struct now now, const struct stored *st)
{
	wall_t sent;

	return s->cfg.max_resend_age != 0 &&
	    wall_parse(st->time, st->time_len, &sent) == 0 &&
	    now.wall.ns - sent.ns > s->cfg.max_resend_age * NS_PER_S;
}

/* Of the session-level messages only a Reject tells the peer anything new. */
static bool
is_worth_repeating(const struct sess *s, struct now now,
    const struct stored *st)
{
	if (fix_type_is_admin(st->type, st->type_len))
		return st->type[0] == '3' && s->cfg.resend_rejects;
	return !is_too_old(s, now, st) && (s->cfg.gap_fill_types == NULL ||
	    !recv_type_listed(s->cfg.gap_fill_types, st->type, st->type_len));
}

#define TRAILER_LEN 7 /* 10=nnn and SOH */

/* Take a stored message apart for out_repeat: header fields into o, what
 * differs in a repetition into *st, the body as it is. */
static int
take_apart(struct sess *s, const char *msg, size_t len, struct out_msg *o,
    struct stored *st)
{
	struct fields w;
	struct field f;

	*st = (struct stored){ 0 };
	if (len < TRAILER_LEN)
		return FG_EDAMAGED;
	w = fields_over(s, msg, len - TRAILER_LEN);
	while (fields_next(&w, &f) == 1) {
		if (!fix_tag_is_header(f.tag)) {
			out_run(o, f.whole, w.n - w.at + f.whole_len);
			break;
		}
		if (f.tag == 35) {
			st->type = f.value;
			st->type_len = f.len;
		} else if (f.tag == 52) {
			st->time = f.value;
			st->time_len = f.len;
		} else if (f.tag != 8 && f.tag != 9 && f.tag != 34 &&
		    f.tag != 43 && f.tag != 122 && !(f.tag == 369 &&
		    s->cfg.last_msg_seq_num_processed)) {
			out_head(o, f.tag, f.value, f.len);
		}
	}
	return st->type == NULL || st->time == NULL ? FG_EDAMAGED : o->err;
}

static void
send_held(struct sess *s, struct now now, uint64_t seq, const char *msg,
    size_t len, struct sess_acts *a)
{
	size_t off = a->bytes.len;

	if (buf_add(&a->bytes, msg, len) != 0) {
		a->err = FG_ENOMEM;
		return;
	}
	acts_bytes(s, a, SESS_SEND, seq, off, len);
	s->last_out = now.mono;
}

/* Would the peer, if it is as strict as we are, refuse its SendingTime? */
static bool
is_stale(const struct sess *s, struct now now, const struct stored *st)
{
	wall_t sent;

	return s->cfg.check_latency &&
	    wall_parse(st->time, st->time_len, &sent) == 0 &&
	    now.wall.ns - sent.ns > (int64_t)s->cfg.max_latency * NS_PER_S / 2;
}

void
sess_stored(struct sess *s, struct now now, uint64_t seq, const char *msg,
    size_t len, struct sess_acts *a)
{
	struct resend *r = &s->resend;
	struct stored st;
	struct out_msg o;
	bool app;

	if (seq < r->next || seq > r->last || s->state == SESS_ENDING)
		return;
	out_start(&o, "");
	if (take_apart(s, msg, len, &o, &st) != 0)
		return;
	app = !fix_type_is_admin(st.type, st.type_len);
	o.type = st.type;
	o.type_len = st.type_len;
	if (r->held) {
		if (app && is_stale(s, now, &st))
			out_repeat(s, now, &o, seq, st.time, st.time_len, a);
		else if (app)
			send_held(s, now, seq, msg, len, a);
		r->next = seq + 1;
		return;
	}
	if (r->fill == 0 && r->next < seq)
		r->fill = r->next;
	if (is_worth_repeating(s, now, &st)) {
		if (r->fill != 0)
			gap_fill(s, now, r->fill, seq, a);
		r->fill = 0;
		out_repeat(s, now, &o, seq, st.time, st.time_len, a);
	} else if (r->fill == 0) {
		r->fill = seq;
	}
	r->next = seq + 1;
}

/*
 * More was asked for, or held: fetch that too. In turns, so that neither waits
 * for ever; and no resend goes past a held message, which is sent as
 * a new one first.
 */
static void
go_on(struct sess *s, struct sess_acts *a)
{
	struct resend *r = &s->resend;
	uint64_t first, last, sent;

	sent = (r->held_first != 0 ? r->held_first : s->seqs.next_out) - 1;
	if (r->again_first != 0 && r->again_first <= sent &&
	    (r->held || r->held_first == 0)) {
		first = r->again_first;
		last = r->again_last < sent ? r->again_last : sent;
		r->again_first = last < r->again_last ? last + 1 : 0;
		if (r->again_first == 0)
			r->again_last = 0;
		start(s, first, last, false, a);
	} else if (r->held_first != 0) {
		first = r->held_first;
		r->held_first = 0;
		start(s, first, s->seqs.next_out - 1, true, a);
	}
}

void
sess_stored_end(struct sess *s, struct now now, struct sess_acts *a)
{
	struct resend *r = &s->resend;

	if (!resend_running(s) || s->state == SESS_ENDING)
		return;
	if (!r->held) {
		if (r->fill == 0 && r->next <= r->last)
			r->fill = r->next;
		if (r->fill != 0)
			gap_fill(s, now, r->fill, r->last + 1, a);
	}
	r->last = 0;
	go_on(s, a);
}
