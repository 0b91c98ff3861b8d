/*
 * recv.c: what a message must pass while we are logged on, in the order of
 * R11: BeginString, dictionary, SendingTime, CompIDs, number. Form was checked
 * by fix_frame, the logon state by sess_recv.
 */
#include <string.h>

#include "base/err.h"
#include "session/appl.h"
#include "session/internal.h"

void
recv_read(struct rx *rx, const struct fix_msg *m, wall_t arrived,
    unsigned flags)
{
	const struct fix_field *type = fix_find(m, 35);

	*rx = (struct rx){ .m = m, .type = "", .arrived = arrived,
	    .recalled = (flags & SESS_RECALLED) != 0 };
	if (type != NULL) {
		rx->type = fix_value(m, type);
		rx->type_len = type->len;
	}
	if (fix_type_is_admin(rx->type, rx->type_len))
		rx->admin = rx->type[0];
	rx->has_seq = fix_get_u64(m, 34, &rx->seq) == 0;
	if (!rx->has_seq)
		rx->seq = 0;
	rx->poss_dup = fix_get_bool(m, 43);
}

bool
recv_begin_string_ok(const struct sess *s, const struct rx *rx)
{
	return fix_is(rx->m, fix_find(rx->m, 8), s->cfg.begin_string);
}

bool
recv_comp_ids_ok(const struct sess *s, const struct rx *rx)
{
	return !s->cfg.check_comp_id ||
	    (fix_is(rx->m, fix_find(rx->m, 49), s->cfg.target_comp_id) &&
	    fix_is(rx->m, fix_find(rx->m, 56), s->cfg.sender_comp_id));
}

/* 52 against the time of arrival: an early message does not age here. */
bool
recv_time_ok(const struct sess *s, const struct rx *rx)
{
	int64_t off, max;

	if (!s->cfg.check_latency)
		return true;
	max = (int64_t)s->cfg.max_latency * NS_PER_S;
	if (__builtin_sub_overflow(rx->arrived.ns, rx->sent.ns, &off))
		return false;
	return off <= max && off >= -max;
}

bool
recv_valid(const struct sess *s, const struct rx *rx, struct dict_reject *rej)
{
	const struct dict *app;

	if (!s->cfg.validate || s->cfg.transport == NULL)
		return true;
	return appl_find(s, rx, &app, rej) && dict_validate(s->cfg.transport,
	    app, s->cfg.dict_flags, rx->m, s->scratch, rej);
}

/* Not 2 and 5, which are obeyed at any number unless StrictAdminSeqNum says
 * otherwise, nor a reset without 123 [R3]. */
static bool
is_numbered(const struct sess *s, const struct rx *rx)
{
	if (rx->admin == '2' || rx->admin == '5')
		return s->cfg.strict_admin_numbers;
	return rx->admin != '4' || admin_is_gap_fill(rx);
}

static void
refuse_invalid(struct sess *s, struct now now, const struct rx *rx,
    enum fix_reject reason, int32_t tag, struct sess_acts *a)
{
	acts_other(s, a, SESS_OTHER_INVALID, rx->seq, fix_reject_text(reason));
	if (rx->admin != '4')
		seq_use(s, rx);
	reject_send(s, now, rx, reason, tag, a);
}

/*
 * A garbled message is dropped, and its number stays expected [R6]. With
 * RejectGarbledMessage one that tells its number is used up and answered.
 */
void
recv_garbled(struct sess *s, struct now now, const struct fix_msg *m,
    enum fix_garble why, struct sess_acts *a)
{
	uint64_t before = s->seqs.next_in;
	struct rx rx;

	recv_read(&rx, m, now.wall, 0);
	if (!s->cfg.reject_garbled || !rx.has_seq || rx.admin == '4' ||
	    rx.admin == 'A') {
		acts_other(s, a, SESS_OTHER_GARBLED, 0, fix_garble_text(why));
		return;
	}
	acts_other(s, a, SESS_OTHER_GARBLED, rx.seq, fix_garble_text(why));
	seq_use(s, &rx);
	reject_garbled(s, now, &rx, why, a);
	seq_moved(s, now, before, a);
}

/* Without a number there is nothing that a Reject could name. */
static bool
check_form(struct sess *s, struct now now, const struct rx *rx,
    struct sess_acts *a)
{
	if (!recv_begin_string_ok(s, rx) && rx->admin != '5') {
		acts_other(s, a, SESS_OTHER_INVALID, 0,
		    "Incorrect BeginString");
		logout_start(s, now, "Incorrect BeginString",
		    "the peer changed BeginString", a);
		return false;
	}
	if (!rx->has_seq) {
		acts_other(s, a, SESS_OTHER_INVALID, 0,
		    "Received message without MsgSeqNum");
		logout_start(s, now, "Received message without MsgSeqNum",
		    "a message without MsgSeqNum", a);
		return false;
	}
	return true;
}

/* The dictionary; a duplicate of what was processed is not looked at again. */
static bool
check_content(struct sess *s, struct now now, struct rx *rx,
    struct sess_acts *a)
{
	struct dict_reject rej;
	int err;

	if (!(rx->poss_dup && rx->seq < s->seqs.next_in &&
	    is_numbered(s, rx)) && !recv_valid(s, rx, &rej) && s->cfg.reject_invalid) {
		refuse_invalid(s, now, rx, rej.reason, rej.tag, a);
		return false;
	}
	err = fix_get_time(rx->m, 52, &rx->sent);
	if (err != 0) {
		refuse_invalid(s, now, rx, err == FG_ENOENT ?
		    FIX_REJECT_REQUIRED_MISSING : FIX_REJECT_FORMAT, 52, a);
		return false;
	}
	return true;
}

static bool
check_identity(struct sess *s, struct now now, const struct rx *rx,
    struct sess_acts *a)
{
	enum fix_reject reason;

	if (!recv_time_ok(s, rx))
		reason = FIX_REJECT_SENDING_TIME;
	else if (!recv_comp_ids_ok(s, rx))
		reason = FIX_REJECT_COMPID;
	else
		return true;
	refuse_invalid(s, now, rx, reason, DICT_NO_TAG, a);
	logout_start(s, now, NULL, fix_reject_text(reason), a);
	return false;
}

bool
recv_type_listed(const char *list, const char *type, size_t len)
{
	const char *p = list;
	size_t n;

	for (;;) {
		n = strcspn(p, ",");
		if (n == len && memcmp(p, type, n) == 0)
			return true;
		if (p[n] == '\0')
			return false;
		p += n + 1;
	}
}

static bool
is_accepted(const struct sess *s, const struct rx *rx)
{
	return s->cfg.accept_msg_types == NULL ||
	    recv_type_listed(s->cfg.accept_msg_types, rx->type, rx->type_len);
}

/*
 * ThrottleNoMsgs: at even pace each message would be due one n-th of the
 * interval after the one before; who is ahead of that by a whole interval waits
 * until it has caught up. What we asked for may come as fast as it likes.
 */
static bool
is_throttled(struct sess *s, struct now now, const struct rx *rx)
{
	int64_t interval = s->cfg.throttle_interval * NS_PER_MS, each;

	if (s->cfg.throttle == 0 || rx->recalled || s->gap.end != 0)
		return false;
	each = interval / s->cfg.throttle;
	if (mono_before(s->throttle, now.mono))
		s->throttle = now.mono;
	if (mono_before(mono_add(now.mono, interval - each), s->throttle))
		return true;
	s->throttle = mono_add(s->throttle, each);
	return false;
}

static void
throttle(struct sess *s, struct now now, const struct rx *rx,
    struct sess_acts *a)
{
	acts_other(s, a, SESS_OTHER_REFUSED, rx->seq,
	    "more than ThrottleNoMsgs");
	seq_use(s, rx);
	reject_throttled(s, now, rx, a);
	if (s->cfg.throttle_logout)
		logout_start(s, now, "Throttle limit exceeded",
		    "the peer sent more than ThrottleNoMsgs", a);
}

/* In its turn, or free of turns. */
static void
dispatch(struct sess *s, struct now now, struct rx *rx, struct sess_acts *a)
{
	if (rx->admin == '2' && rx->recalled) {
		seq_accept(s, rx, a); /* it was answered when it came */
	} else if (rx->admin == '2') {
		resend_recv(s, now, rx, a);
	} else if (rx->admin == '5') {
		logout_recv(s, now, rx, a);
	} else if (rx->admin != 0) {
		admin_recv(s, now, rx, a);
	} else if (is_accepted(s, rx)) {
		if (is_throttled(s, now, rx))
			throttle(s, now, rx, a);
		else
			seq_accept(s, rx, a);
	} else {
		acts_other(s, a, SESS_OTHER_REFUSED, rx->seq,
		    "not in AcceptMsgTypes");
		seq_use(s, rx);
		reject_unsupported(s, now, rx, a);
	}
}

/* A ResendRequest is answered nevertheless: two sides that wait for each other
 * would wait for ever. */
static void
too_high(struct sess *s, struct now now, struct rx *rx, struct sess_acts *a)
{
	if (rx->admin != '2') {
		seq_too_high(s, now, rx, a);
		return;
	}
	resend_recv(s, now, rx, a);
	seq_missed(s, now, rx, a);
}

static void
check_number(struct sess *s, struct now now, struct rx *rx,
    struct sess_acts *a)
{
	bool high = rx->seq > s->seqs.next_in;

	if (rx->admin == 'A' && fix_get_bool(rx->m, 141) && !rx->poss_dup)
		logon_recv_reset(s, now, rx, a);
	else if (seq_in_turn(s, rx) ||
	    (!is_numbered(s, rx) && !(high && rx->admin == '2')))
		dispatch(s, now, rx, a);
	else if (high)
		too_high(s, now, rx, a);
	else if (seq_fills(s, rx))
		admin_recv(s, now, rx, a);
	else
		seq_too_low(s, now, rx, a);
}

void
recv_logged_on(struct sess *s, struct now now, struct rx *rx,
    struct sess_acts *a)
{
	uint64_t before = s->seqs.next_in;

	if (rx->recalled) {
		/* Its checks were made when it came. */
		seq_recalled(s, rx);
		check_number(s, now, rx, a);
	} else {
		if (admin_shows_life(s, rx)) {
			s->last_in = now.mono;
			s->testing = false;
		}
		if (check_form(s, now, rx, a) &&
		    check_content(s, now, rx, a) &&
		    check_identity(s, now, rx, a))
			check_number(s, now, rx, a);
	}
	seq_moved(s, now, before, a);
}
