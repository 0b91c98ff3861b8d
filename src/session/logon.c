/* logon.c: Logon, both ways. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "session/appl.h"
#include "session/internal.h"

#define TEXT_MAX 120 /* of a Logout */

/* The settings under which a session that starts at 1 says so to the peer. */
static bool
begins_with_reset(const struct sess *s)
{
	return s->ver->reset_flag && s->seqs.next_in == 1 &&
	    s->seqs.next_out == 1 && (s->cfg.reset_on_logon ||
	    s->cfg.reset_on_logout || s->cfg.reset_on_disconnect);
}

/* Complete fields, in the place of the first of them. */
static void
put_fields(struct sess *s, struct out_msg *o, const char *text)
{
	struct fields w = fields_over(s, text, strlen(text));
	struct field f;

	if (fields_next(&w, &f) == 1)
		out_whole(o, f.tag, text, strlen(text));
}

static void
sign(struct sess *s, struct now now, char out[SESS_SIGNATURE_MAX])
{
	char time[WALL_TEXT_MAX];
	size_t n = wall_format(time, now.wall, out_digits(s));

	time[n] = '\0';
	s->cfg.sign_logon(s->cfg.sign_arg, time, s->seqs.next_out, out);
}

static void
put_logon(struct sess *s, struct now now, uint64_t heart_bt_int, bool reset,
    struct sess_acts *a)
{
	char signature[SESS_SIGNATURE_MAX] = "";
	struct out_msg o;

	out_start(&o, "A");
	out_str(&o, 98, "0");
	out_u64(&o, 108, heart_bt_int);
	if (reset)
		out_str(&o, 141, "Y");
	if (s->cfg.next_expected && s->ver->next_expected)
		out_u64(&o, 789, s->seqs.next_in);
	if (s->cfg.logon_fields != NULL)
		put_fields(s, &o, s->cfg.logon_fields);
	if (s->cfg.sign_logon != NULL)
		sign(s, now, signature);
	put_fields(s, &o, signature);
	if (s->ver->fixt && s->cfg.default_appl_ver_id != NULL)
		out_str(&o, 1137, s->cfg.default_appl_ver_id);
	out_send(s, now, &o, false, a);
}

void
logon_send(struct sess *s, struct now now, struct sess_acts *a)
{
	s->reset_sent = begins_with_reset(s);
	/* Without an answer the peer would go on with its numbers of the past
	 * epoch: ours would be too low for it, or its messages come again. */
	if (s->seqs.asked_reset && s->seqs.next_in == 1) {
		seq_reset(s, now, "the reset was not answered", a);
		s->seqs.asked_reset = s->reset_sent = true;
	}
	put_logon(s, now, s->cfg.heart_bt_int, s->reset_sent, a);
}

void
logon_send_reset(struct sess *s, struct now now, const char *why,
    struct sess_acts *a)
{
	seq_reset(s, now, why, a);
	s->seqs.asked_reset = true;
	s->reset_sent = s->reset_open = true;
	sess_enter(s, now, SESS_LOGON_SENT, SESS_EV_LOGGED_OUT,
	    "until the reset is answered", a);
	put_logon(s, now, s->cfg.heart_bt_int, true, a);
}

/* Close without a byte [R7]. */
void
logon_refuse(struct sess *s, struct now now, enum sess_other why, uint64_t seq,
    const char *text, struct sess_acts *a)
{
	acts_other(s, a, why, seq, text);
	sess_enter(s, now, SESS_ENDING, SESS_EV_REFUSED, text, a);
}

/* What is wrong with this Logon, or NULL; *interval is its 108. */
static const char *
logon_fault(struct sess *s, struct rx *rx, uint64_t *interval)
{
	const struct fix_field *f;
	struct dict_reject rej;

	if (!recv_valid(s, rx, &rej) && s->cfg.reject_invalid)
		return fix_reject_text(rej.reason);
	if (!rx->has_seq)
		return "Logon without MsgSeqNum";
	if (fix_get_time(rx->m, 52, &rx->sent) != 0)
		return "Logon without a usable SendingTime";
	if (!recv_time_ok(s, rx))
		return fix_reject_text(FIX_REJECT_SENDING_TIME);
	if (!recv_comp_ids_ok(s, rx))
		return fix_reject_text(FIX_REJECT_COMPID);
	f = fix_find(rx->m, 98);
	if (f != NULL && !fix_is(rx->m, f, "0"))
		return "encryption (98) is not supported";
	if (fix_get_u64(rx->m, 108, interval) != 0 || *interval > UINT32_MAX)
		return "Logon without a usable HeartBtInt";
	if (s->cfg.role == SESS_ACCEPTOR && s->cfg.heart_bt_int_override)
		*interval = s->cfg.heart_bt_int;
	if (s->cfg.role == SESS_ACCEPTOR &&
	    *interval < s->cfg.heart_bt_int_min)
		return "HeartBtInt (108) is too small";
	if (s->ver->fixt && fix_find(rx->m, 1137) == NULL)
		return "Logon without DefaultApplVerID";
	if (!appl_logon_ok(s, rx))
		return "no AppDataDictionary for the DefaultApplVerID (1137) "
		    "of the Logon";
	return NULL;
}

static const char *
before_logon_fault(const struct sess *s, const struct rx *rx)
{
	if (!recv_begin_string_ok(s, rx))
		return "wrong BeginString";
	if (rx->admin != 'A')
		return "the first message is not a Logon";
	return NULL;
}

/* A peer that says it starts again, and does not, is told so. */
static bool
reset_contradicts(struct sess *s, struct now now, const struct rx *rx,
    struct sess_acts *a)
{
	if (!fix_get_bool(rx->m, 141) || rx->seq == 1)
		return false;
	acts_other(s, a, SESS_OTHER_REFUSED, rx->seq,
	    "ResetSeqNumFlag with a MsgSeqNum other than 1");
	logout_now(s, now,
	    "ResetSeqNumFlag (141) needs MsgSeqNum 1", a);
	return true;
}

/* The peer's 789, or 0. */
static uint64_t
peer_expects(const struct sess *s, const struct rx *rx)
{
	uint64_t next;

	return s->cfg.next_expected && s->ver->next_expected &&
	    fix_get_u64(rx->m, 789, &next) == 0 ? next : 0;
}

/* It expects numbers that we have not given away: it knows another past. */
static bool
expects_too_much(struct sess *s, struct now now, const struct rx *rx,
    struct sess_acts *a)
{
	char text[TEXT_MAX];
	uint64_t next = peer_expects(s, rx);

	if (next <= s->seqs.next_out)
		return false;
	snprintf(text, sizeof(text), "NextExpectedMsgSeqNum (789) too high, "
	    "expecting %" PRIu64 " but received %" PRIu64, s->seqs.next_out,
	    next);
	acts_other(s, a, SESS_OTHER_REFUSED, rx->seq, text);
	logout_now(s, now, text, a);
	return true;
}

/* Logged on; the number of the Logon decides what comes now, and the number
 * that the peer expects: it gets all from there to before next_out. */
static void
established(struct sess *s, struct now now, const struct rx *rx,
    uint64_t interval, uint64_t next_out, struct sess_acts *a)
{
	uint64_t next = peer_expects(s, rx);

	appl_logon(s, rx);
	s->heart_bt_int = (uint32_t)interval;
	s->last_in = now.mono;
	s->testing = s->reset_open = false;
	sess_enter(s, now, SESS_ON, SESS_EV_LOGGED_ON, "logged on", a);
	if (rx->seq > s->seqs.next_in && next != 0)
		seq_await(s, now, rx, a);
	else if (rx->seq > s->seqs.next_in)
		seq_too_high(s, now, rx, a);
	if (next != 0 && s->peer_has < next - 1)
		s->peer_has = next - 1;
	if (next != 0 && next < next_out)
		resend_range(s, now, next, next_out - 1, a);
}

void
logon_refuse_known(struct sess *s, struct now now, const struct rx *rx,
    const char *fault, struct sess_acts *a)
{
	if (!s->cfg.refused_logon_logout || !recv_comp_ids_ok(s, rx)) {
		logon_refuse(s, now, SESS_OTHER_REFUSED, rx->seq, fault, a);
		return;
	}
	acts_other(s, a, SESS_OTHER_REFUSED, rx->seq, fault);
	logout_now(s, now, fault, a);
}

void
logon_recv_first(struct sess *s, struct now now, struct rx *rx,
    struct sess_acts *a)
{
	const char *fault;
	uint64_t interval, next_out;
	bool says_reset;

	fault = before_logon_fault(s, rx);
	if (fault != NULL) {
		logon_refuse(s, now, SESS_OTHER_BEFORE_LOGON, rx->seq, fault,
		    a);
		return;
	}
	fault = logon_fault(s, rx, &interval);
	if (fault != NULL) {
		logon_refuse_known(s, now, rx, fault, a);
		return;
	}
	if (reset_contradicts(s, now, rx, a))
		return;
	says_reset = fix_get_bool(rx->m, 141);
	if (says_reset) {
		seq_reset_used(s, now, "ResetSeqNumFlag of the peer", a);
	} else if (s->cfg.reset_on_logon) {
		seq_reset_used(s, now, "ResetOnLogon", a);
		says_reset = s->cfg.echo_141_always && s->ver->reset_flag;
	}
	if (rx->seq < s->seqs.next_in && !seq_in_turn(s, rx)) {
		seq_too_low(s, now, rx, a);
		return;
	}
	if (expects_too_much(s, now, rx, a))
		return;
	if (seq_in_turn(s, rx))
		seq_accept(s, rx, a);
	next_out = s->seqs.next_out;
	put_logon(s, now, interval, says_reset, a);
	established(s, now, rx, interval, next_out, a);
}

/* The answer is no: a Logout or a Reject. */
static void
turned_down(struct sess *s, struct now now, struct rx *rx, struct sess_acts *a)
{
	if (rx->has_seq)
		seq_accept_any(s, rx, a);
	else
		acts_other(s, a, SESS_OTHER_INVALID, 0,
		    "Received message without MsgSeqNum");
	if (rx->admin == '5')
		logout_recv_text(s, now, rx, a);
	else
		sess_enter(s, now, SESS_ENDING, SESS_EV_REFUSED,
		    "the peer rejected our Logon", a);
}

void
logon_recv_answer(struct sess *s, struct now now, struct rx *rx,
    struct sess_acts *a)
{
	const char *fault;
	uint64_t interval;

	if (rx->admin == '5' || rx->admin == '3') {
		turned_down(s, now, rx, a);
		return;
	}
	if (s->reset_open && rx->admin != 'A') {
		acts_other(s, a, SESS_OTHER_UNSEQUENCED, rx->seq,
		    "sent before the answer to our reset");
		return;
	}
	fault = before_logon_fault(s, rx);
	if (fault == NULL)
		fault = logon_fault(s, rx, &interval);
	if (fault != NULL) {
		logon_refuse(s, now, rx->admin == 'A' ? SESS_OTHER_REFUSED :
		    SESS_OTHER_BEFORE_LOGON, rx->seq, fault, a);
		return;
	}
	if (reset_contradicts(s, now, rx, a))
		return;
	if (fix_get_bool(rx->m, 141) && !s->reset_sent)
		seq_reset(s, now, "ResetSeqNumFlag of the peer", a);
	if (rx->seq < s->seqs.next_in && !seq_in_turn(s, rx)) {
		seq_too_low(s, now, rx, a);
		return;
	}
	if (expects_too_much(s, now, rx, a))
		return;
	if (seq_in_turn(s, rx))
		seq_accept(s, rx, a);
	established(s, now, rx, interval, s->seqs.next_out, a);
}

/* Start again in the middle of a session [SessionReset]. */
void
logon_recv_reset(struct sess *s, struct now now, struct rx *rx,
    struct sess_acts *a)
{
	const char *fault;
	uint64_t interval;

	fault = logon_fault(s, rx, &interval);
	if (fault != NULL) {
		acts_other(s, a, SESS_OTHER_REFUSED, rx->seq, fault);
		logout_now(s, now, fault, a);
		return;
	}
	if (reset_contradicts(s, now, rx, a))
		return;
	seq_reset(s, now, "ResetSeqNumFlag of the peer", a);
	if (expects_too_much(s, now, rx, a))
		return;
	seq_accept(s, rx, a);
	appl_logon(s, rx);
	s->heart_bt_int = (uint32_t)interval;
	put_logon(s, now, interval, true, a);
}
