/* logout.c: Logout, both ways. */
#include <stdio.h>

#include "session/internal.h"

#define TEXT_SHOWN 200 /* bytes of the peer's Text that the event repeats */

static void
put_logout(struct sess *s, struct now now, const char *text,
    struct sess_acts *a)
{
	struct out_msg o;

	out_start(&o, "5");
	if (text != NULL)
		out_str(&o, 58, text);
	out_send(s, now, &o, false, a);
}

void
logout_start(struct sess *s, struct now now, const char *text,
    const char *why, struct sess_acts *a)
{
	if (s->state == SESS_LOGOUT_SENT)
		return;
	/* Engines lose what comes behind a Logout that they have answered. The
	 * peer asks again for the rest when it is back. */
	resend_cancel(s);
	put_logout(s, now, text, a);
	s->logged_out = true;
	sess_enter(s, now, SESS_LOGOUT_SENT, SESS_EV_LOGGED_OUT, why, a);
}

void
logout_now(struct sess *s, struct now now, const char *text,
    struct sess_acts *a)
{
	bool on = s->state == SESS_ON || s->state == SESS_LOGOUT_SENT;

	if (s->state != SESS_LOGOUT_SENT)
		put_logout(s, now, text, a);
	sess_enter(s, now, SESS_ENDING,
	    on ? SESS_EV_LOGGED_OUT : SESS_EV_REFUSED, text, a);
}

void
logout_recv_text(struct sess *s, struct now now, const struct rx *rx,
    struct sess_acts *a)
{
	const struct fix_field *f = fix_find(rx->m, 58);
	char text[TEXT_SHOWN + sizeof("Logout of the peer: ")];

	snprintf(text, sizeof(text), "Logout of the peer%s%.*s",
	    f == NULL ? "" : ": ",
	    f == NULL ? 0 : (int)(f->len < TEXT_SHOWN ? f->len : TEXT_SHOWN),
	    f == NULL ? "" : fix_value(rx->m, f));
	s->logged_out = true;
	sess_enter(s, now, SESS_ENDING, SESS_EV_LOGGED_OUT, text, a);
}

/* Obeyed whatever its number is [R3]; answered unless it is the answer [R8]. */
void
logout_recv(struct sess *s, struct now now, struct rx *rx, struct sess_acts *a)
{
	seq_accept_any(s, rx, a);
	if (s->state != SESS_LOGOUT_SENT) {
		put_logout(s, now, NULL, a);
		s->lingers = !s->cfg.logout_responder_closes;
	}
	logout_recv_text(s, now, rx, a);
	if (s->cfg.reset_on_logout)
		seq_reset_used(s, now, "ResetOnLogout", a);
}
