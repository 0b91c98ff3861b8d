/* reject.c: Reject and BusinessMessageReject. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "session/internal.h"

#define CODE_MAX_FEW 11 /* largest SessionRejectReason of 4.2 [R2] */
#define TEXT_MAX     100
#define OTHER_REASON         0 /* 380 */
#define UNSUPPORTED_MSG_TYPE 3 /* BusinessRejectReason */

/* The way back: who it was on behalf of is now whom to deliver to. */
static void
reverse_route(const struct sess *s, const struct rx *rx, struct out_msg *o)
{
	static const struct {
		int32_t from, to;
		bool location;
	} turn[] = {
		{ 115, 128, false },
		{ 116, 129, false },
		{ 144, 145, true },
		{ 128, 115, false },
		{ 129, 116, false },
		{ 145, 144, true },
	};
	const struct fix_field *f;
	size_t i;

	for (i = 0; i < sizeof(turn) / sizeof(turn[0]); i++) {
		if (turn[i].location && !s->ver->routing_locations)
			continue;
		f = fix_find(rx->m, turn[i].from);
		if (f != NULL && f->len > 0)
			out_head(o, turn[i].to, fix_value(rx->m, f), f->len);
	}
}

/* 35=3 in the form of the version [R2]; a Reject is never rejected. */
static void
send_reject(struct sess *s, struct now now, const struct rx *rx,
    enum fix_reject reason, const char *text, int32_t tag,
    struct sess_acts *a)
{
	enum reject_form form = s->ver->reject;
	char with_tag[TEXT_MAX];
	struct out_msg o;

	snprintf(with_tag, sizeof(with_tag), tag == DICT_NO_TAG ? "%s" :
	    "%s (%" PRId32 ")", text, tag);
	acts_event(s, a, SESS_EV_REJECTED, rx->seq, 0, "%s", with_tag);
	if (a->err == 0) {
		a->act[a->n - 1].reason = (int)reason + 1;
		a->act[a->n - 1].tag = tag;
	}
	if (rx->admin == '3')
		return;
	out_start(&o, "3");
	reverse_route(s, rx, &o);
	out_u64(&o, 45, rx->seq);
	out_str(&o, 58, form == REJECT_TEXT ? with_tag : text);
	if (form != REJECT_TEXT) {
		if (tag != DICT_NO_TAG)
			out_i64(&o, 371, tag);
		if (rx->type_len > 0)
			out_bytes(&o, 372, rx->type, rx->type_len);
		/* "Other" came with 4.4; without a code it says as much. */
		if (reason != FIX_REJECT_OTHER &&
		    (form == REJECT_ALL_CODES || reason <= CODE_MAX_FEW))
			out_u64(&o, 373, reason);
	}
	out_send(s, now, &o, false, a);
}

void
reject_send(struct sess *s, struct now now, const struct rx *rx,
    enum fix_reject reason, int32_t tag, struct sess_acts *a)
{
	send_reject(s, now, rx, reason, fix_reject_text(reason), tag, a);
}

/* Is what stands where a field should begin the rest of a value with a SOH? */
static bool
is_cut_value(const struct fix_msg *m)
{
	const char *p = m->buf + m->garble_off;
	size_t n = m->len - m->garble_off;
	const char *end = memchr(p, FIX_SOH, n);

	return end != NULL && memchr(p, '=', (size_t)(end - p)) == NULL;
}

void
reject_garbled(struct sess *s, struct now now, const struct rx *rx,
    enum fix_garble why, struct sess_acts *a)
{
	if (why == FIX_BAD_TAG && is_cut_value(rx->m))
		reject_send(s, now, rx, FIX_REJECT_SOH_IN_DATA, DICT_NO_TAG,
		    a);
	else
		send_reject(s, now, rx, FIX_REJECT_OTHER, fix_garble_text(why),
		    DICT_NO_TAG, a);
}

/* A BusinessMessageReject, or what the version has instead. */
static void
refuse(struct sess *s, struct now now, const struct rx *rx, const char *text,
    uint64_t reason, struct sess_acts *a)
{
	bool business = s->ver->business_reject;
	struct out_msg o;

	out_start(&o, business ? "j" : "3");
	reverse_route(s, rx, &o);
	out_u64(&o, 45, rx->seq);
	out_str(&o, 58, text);
	if (business) {
		out_bytes(&o, 372, rx->type, rx->type_len);
		out_u64(&o, 380, reason);
		if (s->ver->fixt && s->cfg.default_appl_ver_id != NULL)
			out_str(&o, 1137, s->cfg.default_appl_ver_id);
	}
	/* A Reject is no message of an application: a resend does not hold it. */
	if (business)
		out_send_app(s, now, &o, a);
	else
		out_send(s, now, &o, false, a);
}

/* The capitals differ, and counterparties compare [2r]. */
void
reject_unsupported(struct sess *s, struct now now, const struct rx *rx,
    struct sess_acts *a)
{
	acts_event(s, a, SESS_EV_REJECTED, rx->seq, 0, "MsgType %.*s is not in "
	    "AcceptMsgTypes", (int)rx->type_len, rx->type);
	refuse(s, now, rx, s->ver->business_reject ?
	    "Unsupported Message Type" : "Unsupported message type",
	    UNSUPPORTED_MSG_TYPE, a);
}

void
reject_throttled(struct sess *s, struct now now, const struct rx *rx,
    struct sess_acts *a)
{
	acts_event(s, a, SESS_EV_REJECTED, rx->seq, 0, "more than "
	    "ThrottleNoMsgs");
	refuse(s, now, rx, "Throttle limit exceeded", OTHER_REASON, a);
}
