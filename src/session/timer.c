/* timer.c: what is due and when: heartbeats, timeouts, asking again. */
#include "session/internal.h"

#define RESEND_ASKS     3 /* without progress, then we give up */
#define CME_RESEND_ASKS 2 /* the third one of the same would end the session */

static mono_t
after_s(mono_t t, uint32_t seconds)
{
	return mono_add(t, (int64_t)seconds * NS_PER_S);
}

static mono_t
after_beats(const struct sess *s, mono_t t, uint32_t thousandths)
{
	int64_t ns;

	if (__builtin_mul_overflow((int64_t)s->heart_bt_int * thousandths,
	    NS_PER_MS, &ns))
		return MONO_NEVER;
	return mono_add(t, ns);
}

/* After 1.2 intervals of silence we ask [6_SendTestRequest]. */
static mono_t
ask_due(const struct sess *s)
{
	return s->cfg.disable_heart_beat_check ? MONO_NEVER :
	    after_beats(s, s->last_in, 1000 + s->cfg.test_request_delay);
}

/* When the peer's silence matters next, or ours. No Heartbeat while a
 * TestRequest is open; after 2.4 intervals in all we close. */
static mono_t
beat_due(const struct sess *s)
{
	if (s->heart_bt_int == 0)
		return MONO_NEVER;
	if (s->testing)
		return after_beats(s, s->tested, s->cfg.heart_beat_timeout -
		    s->cfg.test_request_delay);
	return mono_min(after_s(s->last_out, s->heart_bt_int), ask_due(s));
}

static mono_t
gap_due(const struct sess *s)
{
	return s->gap.end == 0 ? MONO_NEVER :
	    after_s(s->gap.asked, s->cfg.resend_timeout);
}

mono_t
timer_due(const struct sess *s)
{
	switch (s->state) {
	case SESS_DOWN:
		break;
	case SESS_ENDING:
		return s->lingers ? after_s(s->entered, s->cfg.logout_timeout) :
		    MONO_NEVER;
	case SESS_LOGON_WAIT:
	case SESS_LOGON_SENT:
		return after_s(s->entered, s->cfg.logon_timeout);
	case SESS_ON:
		return mono_min(beat_due(s), gap_due(s));
	case SESS_LOGOUT_SENT:
		return after_s(s->entered, s->cfg.logout_timeout);
	}
	return MONO_NEVER;
}

static void
beat(struct sess *s, struct now now, struct sess_acts *a)
{
	if (s->testing) {
		if (s->cfg.send_logout_before_timeout)
			logout_now(s, now,
			    "Timed out waiting for heartbeat", a);
		else
			sess_enter(s, now, SESS_ENDING, SESS_EV_TIMEOUT,
			    "the peer fell silent", a);
	} else if (!mono_before(now.mono, ask_due(s)))
		admin_test_request(s, now, a);
	else
		admin_heartbeat(s, now, a);
}

static unsigned
most_asks(const struct sess *s)
{
	return s->cfg.cme_enhanced_resend ? CME_RESEND_ASKS : RESEND_ASKS;
}

void
timer_logged_on(struct sess *s, struct now now, struct sess_acts *a)
{
	if (!mono_before(now.mono, beat_due(s)))
		beat(s, now, a);
	if (s->state != SESS_ON || mono_before(now.mono, gap_due(s)))
		return;
	if (s->gap.asks < most_asks(s)) {
		s->gap.asks++;
		s->gap.asked = now.mono;
		seq_ask(s, now, a);
		return;
	}
	logout_start(s, now, "ResendRequest was not satisfied",
	    "the peer did not resend what we asked for", a);
}
