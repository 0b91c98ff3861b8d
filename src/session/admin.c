/* admin.c: Heartbeat, TestRequest and SequenceReset. */
#include <inttypes.h>
#include <stdio.h>

#include "session/internal.h"

void
admin_heartbeat(struct sess *s, struct now now, struct sess_acts *a)
{
	struct out_msg o;

	out_start(&o, "0");
	out_send(s, now, &o, false, a);
}

#define TEST_REQ_ID     "TEST" /* as the whole family [6_SendTestRequest] */
#define TEST_REQ_ID_MAX 48

/* The 112 of our last TestRequest. */
static const char *
test_req_id(const struct sess *s, char id[static TEST_REQ_ID_MAX])
{
	if (!s->cfg.test_req_id_unique)
		return TEST_REQ_ID;
	snprintf(id, TEST_REQ_ID_MAX, TEST_REQ_ID "-%" PRIu32 "-%" PRIu64,
	    s->seqs.epoch, s->test_seq);
	return id;
}

void
admin_test_request(struct sess *s, struct now now, struct sess_acts *a)
{
	char id[TEST_REQ_ID_MAX];
	struct out_msg o;

	s->testing = true;
	s->tested = now.mono;
	s->test_seq = s->seqs.next_out;
	out_start(&o, "1");
	out_str(&o, 112, test_req_id(s, id));
	out_send(s, now, &o, false, a);
}

static bool
answers_test(const struct sess *s, const struct rx *rx)
{
	char id[TEST_REQ_ID_MAX];

	return fix_is(rx->m, fix_find(rx->m, 112), test_req_id(s, id));
}

/* Where each TestRequest has a text of its own, a Heartbeat with another one
 * answers an older question, or none. */
bool
admin_shows_life(const struct sess *s, const struct rx *rx)
{
	return !s->testing || !s->cfg.test_req_id_unique ||
	    rx->admin != '0' || answers_test(s, rx);
}

/* Who answers a TestRequest has what came before it. */
static void
heartbeat(struct sess *s, const struct rx *rx, struct sess_acts *a)
{
	seq_accept(s, rx, a);
	if (s->peer_has < s->test_seq && answers_test(s, rx))
		s->peer_has = s->test_seq;
}

/* The text of 112 comes back as it is, be it empty. */
static void
answer_test(struct sess *s, struct now now, const struct rx *rx,
    struct sess_acts *a)
{
	const struct fix_field *f = fix_find(rx->m, 112);
	struct out_msg o;

	seq_accept(s, rx, a);
	out_start(&o, "0");
	if (f != NULL)
		out_bytes(&o, 112, fix_value(rx->m, f), f->len);
	out_send(s, now, &o, false, a);
}

bool
admin_is_gap_fill(const struct rx *rx)
{
	return fix_get_bool(rx->m, 123);
}

static void
refuse_new_number(struct sess *s, struct now now, const struct rx *rx,
    enum fix_reject reason, int32_t tag, struct sess_acts *a)
{
	acts_other(s, a, SESS_OTHER_INVALID, rx->seq,
	    "NewSeqNo is missing or too low");
	reject_send(s, now, rx, reason, tag, a);
}

static void
skip_to(struct sess *s, uint64_t first, uint64_t next, struct sess_acts *a)
{
	if (next > first)
		acts_event(s, a, SESS_EV_SKIPPED, first, next - 1,
		    "the peer skipped %" PRIu64 " numbers", next - first);
	s->seqs.next_in = next;
	s->dirty = true;
}

static bool
jumps_too_far(const struct sess *s, uint64_t next)
{
	return s->cfg.max_sequence_jump != 0 &&
	    next - s->seqs.next_in > s->cfg.max_sequence_jump;
}

/* A gap fill comes in its turn, a reset at any time. One that would go back
 * is rejected and uses no number [11c]. */
static void
sequence_reset(struct sess *s, struct now now, const struct rx *rx,
    struct sess_acts *a)
{
	bool fill = admin_is_gap_fill(rx);
	uint64_t next, least;

	if (fix_get_u64(rx->m, 36, &next) != 0) {
		refuse_new_number(s, now, rx, FIX_REJECT_REQUIRED_MISSING, 36,
		    a);
		return;
	}
	least = s->seqs.next_in;
	if (fill && rx->seq >= least)
		least = rx->seq + 1;
	if (next < least || next > SEQ_MAX || jumps_too_far(s, next)) {
		refuse_new_number(s, now, rx, FIX_REJECT_VALUE, DICT_NO_TAG, a);
		return;
	}
	if (fill && seq_fills(s, rx))
		acts_other(s, a, SESS_OTHER_UNSEQUENCED, rx->seq,
		    "fills a gap from a number that has come");
	else if (fill)
		seq_accept(s, rx, a);
	else
		acts_other(s, a, SESS_OTHER_UNSEQUENCED, rx->seq,
		    "a reset needs no number");
	skip_to(s, s->seqs.next_in, next, a);
}

void
admin_recv(struct sess *s, struct now now, struct rx *rx, struct sess_acts *a)
{
	if (rx->admin == '0')
		heartbeat(s, rx, a);
	else if (rx->admin == '1')
		answer_test(s, now, rx, a);
	else if (rx->admin == '4')
		sequence_reset(s, now, rx, a);
	else
		/* A Reject, and a Logon that came early or again. */
		seq_accept(s, rx, a);
}
