#include "session/session.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "session/internal.h"

const char *
sess_state_text(enum sess_state st)
{
	static const char *const text[] = {
#define X(name, t) t,
		SESS_STATES(X)
#undef X
	};

	return text[st];
}

const char *
sess_event_text(enum sess_event ev)
{
	static const char *const text[] = {
#define X(name, t) t,
		SESS_EVENTS(X)
#undef X
	};

	return text[ev];
}

const char *
sess_other_text(enum sess_other o)
{
	static const char *const text[] = {
#define X(name, t) t,
		SESS_OTHERS(X)
#undef X
	};

	return text[o];
}

void
sess_cfg_default(struct sess_cfg *c)
{
	*c = (struct sess_cfg){
		.role = SESS_ACCEPTOR,
		.heart_bt_int = 30,
		.logon_timeout = 10,
		.logout_timeout = 2,
		.test_request_delay = 200,
		.heart_beat_timeout = 1400,
		.logout_responder_closes = true,
		.check_latency = true,
		.max_latency = 120,
		.check_comp_id = true,
		.persist_messages = true,
		.requires_orig_sending_time = true,
		.resend_timeout = 30,
		.validate_numbers = true,
		.resend_rejects = true,
		.repeated_resend_limit = 20,
		.throttle_interval = 1000,
		.timestamp_digits = 3,
		.validate = true,
		.reject_invalid = true,
		.dict_flags = DICT_FLAGS_DEFAULT,
		.max_early = 10000,
		.max_early_bytes = 16 << 20,
	};
}

struct sess *
sess_new(const struct sess_cfg *cfg, const struct sess_seqs *seqs,
    struct dict_scratch *scratch)
{
	struct sess *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->cfg = *cfg;
	s->ver = version_find(cfg->begin_string);
	s->scratch = scratch;
	s->own_app = cfg->app != NULL ? cfg->app : cfg->transport;
	s->peer_app = s->own_app;
	s->seqs = *seqs;
	/* Of what was sent before the restart nothing is known. */
	s->last_app = seqs->next_out - 1;
	s->state = SESS_DOWN;
	s->heart_bt_int = cfg->heart_bt_int;
	return s;
}

void
sess_free(struct sess *s)
{
	free(s);
}

/* The connection is gone. */
static void
cancel_arm(struct sess *s, struct now now)
{
	unsigned how = s->logged_out ? SESS_CANCEL_LOGOUT : SESS_CANCEL_LOST;

	if (s->was_on && (s->cfg.cancel_on & how) != 0) {
		s->cancels = true;
		s->cancel_at = mono_add(now.mono,
		    (int64_t)s->cfg.cancel_after * NS_PER_S);
	}
	s->was_on = false;
}

void
sess_was_on(struct sess *s, struct now now, bool logged_out)
{
	s->was_on = true;
	s->logged_out = logged_out;
	cancel_arm(s, now);
}

static void
cancel(struct sess *s, struct now now, struct sess_acts *a)
{
	if (!s->cancels || mono_before(now.mono, s->cancel_at))
		return;
	s->cancels = false;
	acts_event(s, a, SESS_EV_CANCEL, 0, 0, "%s, and it did not log on "
	    "again within %" PRIu32 " s", s->logged_out ?
	    "the session logged out" : "the connection was lost",
	    s->cfg.cancel_after);
}

void
sess_enter(struct sess *s, struct now now, enum sess_state st,
    enum sess_event ev, const char *text, struct sess_acts *a)
{
	acts_state(s, a);
	acts_event(s, a, ev, 0, 0, "%s", text);
	s->state = st;
	s->entered = now.mono;
	switch (st) {
	case SESS_DOWN:
		resend_cancel(s);
		seq_forget(s, a);
		s->gap = (struct gap){ 0 };
		s->lingers = s->reset_open = false;
		cancel_arm(s, now);
		break;
	case SESS_ON:
		s->was_on = true;
		s->logged_out = s->cancels = false;
		break;
	case SESS_LOGON_WAIT:
	case SESS_LOGON_SENT:
	case SESS_LOGOUT_SENT:
		break;
	case SESS_ENDING:
		if (!s->lingers)
			acts_add(s, a, SESS_DISCONNECT, 0, 0);
		break;
	}
}

void
sess_connected(struct sess *s, struct now now, struct sess_acts *a)
{
	assert(s->state == SESS_DOWN);
	if (s->cfg.role == SESS_ACCEPTOR) {
		sess_enter(s, now, SESS_LOGON_WAIT, SESS_EV_CONNECTED,
		    "the peer connected", a);
		return;
	}
	sess_enter(s, now, SESS_LOGON_SENT, SESS_EV_CONNECTED,
	    "connected to the peer", a);
	if (s->cfg.reset_on_logon)
		seq_reset_used(s, now, "ResetOnLogon", a);
	logon_send(s, now, a);
	acts_state(s, a);
}

void
sess_disconnected(struct sess *s, struct now now, const char *text,
    struct sess_acts *a)
{
	if (s->state == SESS_DOWN)
		return;
	sess_enter(s, now, SESS_DOWN, SESS_EV_DISCONNECTED, text, a);
	if (s->reset_pending)
		seq_reset(s, now, s->reset_who, a);
	else if (s->cfg.reset_on_disconnect)
		seq_reset_used(s, now, "ResetOnDisconnect", a);
	s->reset_pending = false;
	acts_state(s, a);
}

void
sess_recv(struct sess *s, struct now now, const struct fix_msg *m,
    wall_t arrived, unsigned flags, struct sess_acts *a)
{
	struct rx rx;

	recv_read(&rx, m, arrived, flags);
	switch (s->state) {
	case SESS_DOWN:
	case SESS_ENDING:
		acts_other(s, a, SESS_OTHER_REFUSED, rx.seq,
		    "the session has ended");
		break;
	case SESS_LOGON_WAIT:
		logon_recv_first(s, now, &rx, a);
		break;
	case SESS_LOGON_SENT:
		logon_recv_answer(s, now, &rx, a);
		break;
	case SESS_ON:
	case SESS_LOGOUT_SENT:
		recv_logged_on(s, now, &rx, a);
		break;
	}
	acts_state(s, a);
}

void
sess_refuse(struct sess *s, struct now now, const struct fix_msg *m,
    const char *text, struct sess_acts *a)
{
	struct rx rx;

	recv_read(&rx, m, now.wall, 0);
	if (s->state == SESS_LOGON_WAIT)
		logon_refuse_known(s, now, &rx, text, a);
	acts_state(s, a);
}

void
sess_garbled(struct sess *s, struct now now, const struct fix_msg *m,
    enum fix_garble why, struct sess_acts *a)
{
	switch (s->state) {
	case SESS_DOWN:
	case SESS_ENDING:
		acts_other(s, a, SESS_OTHER_GARBLED, 0, fix_garble_text(why));
		break;
	case SESS_ON:
	case SESS_LOGOUT_SENT:
		recv_garbled(s, now, m, why, a);
		acts_state(s, a);
		break;
	case SESS_LOGON_WAIT:
	case SESS_LOGON_SENT:
		if (s->reset_open) {
			acts_other(s, a, SESS_OTHER_GARBLED, 0,
			    fix_garble_text(why));
			break;
		}
		/* What begins with noise is no FIX counterparty [R6]. */
		logon_refuse(s, now, SESS_OTHER_GARBLED, 0,
		    fix_garble_text(why), a);
		break;
	}
}

void
sess_tick(struct sess *s, struct now now, struct sess_acts *a)
{
	cancel(s, now, a);
	if (mono_before(now.mono, timer_due(s)))
		return;
	switch (s->state) {
	case SESS_DOWN:
		break;
	case SESS_ENDING:
		if (s->lingers)
			acts_add(s, a, SESS_DISCONNECT, 0, 0);
		s->lingers = false;
		break;
	case SESS_LOGON_WAIT:
	case SESS_LOGON_SENT:
		sess_enter(s, now, SESS_ENDING, SESS_EV_TIMEOUT,
		    "no Logon came within LogonTimeout", a);
		break;
	case SESS_ON:
		timer_logged_on(s, now, a);
		break;
	case SESS_LOGOUT_SENT:
		sess_enter(s, now, SESS_ENDING, SESS_EV_TIMEOUT,
		    "no Logout came within LogoutTimeout", a);
		break;
	}
	acts_state(s, a);
}

void
sess_released(struct sess *s, struct now now)
{
	if (mono_before(s->last_out, now.mono))
		s->last_out = now.mono;
}

/* A Logout by us; why is for the event. */
static void
end_session(struct sess *s, struct now now, const char *text, const char *why,
    struct sess_acts *a)
{
	switch (s->state) {
	case SESS_DOWN:
	case SESS_LOGOUT_SENT:
	case SESS_ENDING:
		break;
	case SESS_LOGON_WAIT:
	case SESS_LOGON_SENT:
		sess_enter(s, now, SESS_ENDING, SESS_EV_LOGGED_OUT,
		    "logout before the Logon was answered", a);
		break;
	case SESS_ON:
		/* Engines of the QuickFIX family count a Logout as the number
		 * that they wait for, and never ask for that one again. */
		if (resend_running(s))
			sess_enter(s, now, SESS_ENDING, SESS_EV_LOGGED_OUT,
			    "closed without a Logout: a resend is not "
			    "finished, and the peer asks again", a);
		else
			logout_start(s, now, text, why, a);
		break;
	}
	acts_state(s, a);
}

void
sess_logout(struct sess *s, struct now now, const char *text,
    struct sess_acts *a)
{
	end_session(s, now, text, "logout by the operator", a);
}

/* Both numbers to 1, after the connection if there is one; text is that of its
 * Logout. */
static void
reset(struct sess *s, struct now now, const char *who, const char *text,
    struct sess_acts *a)
{
	snprintf(s->reset_who, sizeof(s->reset_who), "%s", who);
	switch (s->state) {
	case SESS_DOWN:
	case SESS_LOGON_WAIT:
		seq_reset(s, now, s->reset_who, a);
		acts_state(s, a);
		return;
	case SESS_LOGON_SENT:
	case SESS_ON:
		s->reset_pending = true;
		end_session(s, now, text, who, a);
		return;
	case SESS_LOGOUT_SENT:
	case SESS_ENDING:
		s->reset_pending = true;
		return;
	}
}

void
sess_reset(struct sess *s, struct now now, const char *who,
    struct sess_acts *a)
{
	reset(s, now, who, "the sequence numbers are being reset", a);
}

void
sess_window_begins(struct sess *s, struct now now, wall_t opens,
    struct sess_acts *a)
{
	if (s->seqs.created.ns >= opens.ns || s->reset_pending)
		return;
	if (s->seqs.next_in != 1 || s->seqs.next_out != 1) {
		reset(s, now, "a new window of the schedule", NULL, a);
		return;
	}
	s->seqs.created = now.wall;
	s->dirty = true;
	acts_state(s, a);
}

void
sess_window_ends(struct sess *s, struct now now, struct sess_acts *a)
{
	end_session(s, now, NULL, "outside its schedule", a);
}

void
sess_reset_open(struct sess *s, struct now now, struct sess_acts *a)
{
	if (s->state != SESS_ON || s->cfg.role != SESS_INITIATOR ||
	    !s->ver->reset_flag)
		return;
	logon_send_reset(s, now, "ResetSeqTime", a);
	acts_state(s, a);
}

int
sess_set_seqs(struct sess *s, struct now now, uint64_t next_in,
    uint64_t next_out, const char *who, struct sess_acts *a)
{
	if (s->state != SESS_DOWN)
		return FG_ESTATE;
	if (next_in > SEQ_MAX || next_out > SEQ_MAX)
		return FG_EINVAL;
	/* Numbers that were used are used again: not in the same epoch. */
	if ((next_in != 0 && next_in < s->seqs.next_in) ||
	    (next_out != 0 && next_out < s->seqs.next_out)) {
		s->seqs.epoch++;
		s->seqs.created = now.wall;
	}
	if (next_in != 0)
		s->seqs.next_in = next_in;
	if (next_out != 0)
		s->seqs.next_out = next_out;
	s->dirty = true;
	acts_event(s, a, SESS_EV_SEQ_SET, s->seqs.next_in, s->seqs.next_out,
	    "%s", who);
	acts_state(s, a);
	return a->err;
}

mono_t
sess_due(const struct sess *s)
{
	return s->cancels ? mono_min(s->cancel_at, timer_due(s)) :
	    timer_due(s);
}

enum sess_state
sess_state(const struct sess *s)
{
	return s->state;
}

struct sess_seqs
sess_seqs(const struct sess *s)
{
	return s->seqs;
}

const struct sess_cfg *
sess_config(const struct sess *s)
{
	return &s->cfg;
}

uint64_t
sess_gap(const struct sess *s)
{
	return s->gap.end == 0 ? 0 : s->seqs.next_in;
}

bool
sess_is_resending(const struct sess *s)
{
	return resend_running(s) && (!s->resend.held ||
	    s->resend.again_first != 0);
}

int
sess_resend_id(const struct sess *s)
{
	return s->resend.id;
}

uint32_t
sess_heart_bt_int(const struct sess *s)
{
	return s->heart_bt_int;
}
