/*
 * Exactly once, without processes: a client with a cursor sends the rows of a
 * source over a lane to a session; the store is the one in memory, whose durable
 * mark the test moves by hand. A crash throws away the driver, the client and
 * what is not durable, at each point that the design's review names.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "fix/out.h"
#include "gateway/fields.h"
#include "gateway/lanes.h"

#define START_MONO (1000 * NS_PER_S)
#define START_WALL 1767603600000000000LL /* 2026-01-05 09:00:00 UTC */
#define ROWS_MAX   64
#define SENT_MAX   256

static const struct lane_key order_lane = { "ROUTER", "ORDERS", "1",
	"6f1c2a00-0000-4000-8000-000000000000/ORDERS_OUT/1" };

/* What was written to the counterparty. */
struct sent {
	unsigned row; /* its ClOrdID */
	uint64_t number;
	bool poss_dup;
};

/* What the client heard of an event. */
enum heard { NOTHING, ACK, DUPLICATE, NACK, STOPPED, FENCED, DOWN, PARKED_IT };

struct event {
	struct lane *lane;
	struct lane_at at;
};

static struct world {
	struct store *store;
	struct driver *driver;
	struct fgsess *fs;
	struct now now;
	struct fields fields;
	uint64_t peer_seq;
	struct sent sent[SENT_MAX];
	size_t nsent;
	bool fatal;
	int fail_with;        /* what the fault hook answers at "commit" */
	int refuse;           /* error of the effect of row refuse_at */
	uint64_t refuse_at;
	/* The client. */
	struct lane *lane;
	int opened, open_err;
	enum heard heard[ROWS_MAX];
	uint64_t cursor;      /* durable at the source */
} w;

/* ---- the gateway ---- */

static void
op_send(void *arg, struct fgsess *fs, const void *p, size_t n)
{
	const struct fix_field *id, *seq;
	struct fix_msg m = { 0 };
	char text[32];

	(void)arg;
	(void)fs;
	ck_assert_int_eq(0, fields_index(&w.fields, &m, p, n, NULL));
	id = fix_find(&m, 11);
	seq = fix_find(&m, 34);
	if (id == NULL)
		return;
	ck_assert_uint_lt(w.nsent, SENT_MAX);
	snprintf(text, sizeof(text), "%.*s", (int)id->len, fix_value(&m, id));
	w.sent[w.nsent].row = (unsigned)atoi(text);
	snprintf(text, sizeof(text), "%.*s", (int)seq->len,
	    fix_value(&m, seq));
	w.sent[w.nsent].number = (uint64_t)atoi(text);
	w.sent[w.nsent++].poss_dup = fix_get_bool(&m, 43);
}

static void
op_disconnect(void *arg, struct fgsess *fs, const char *why)
{
	(void)arg;
	(void)fs;
	(void)why;
}

static void
op_drop_all(void *arg, const char *why)
{
	(void)arg;
	(void)why;
}

static void
op_fatal(void *arg, const char *why)
{
	(void)arg;
	(void)why;
	w.fatal = true;
}

static struct now
op_now(void *arg)
{
	(void)arg;
	return w.now;
}

static const struct driver_ops ops = { .now = op_now, .send = op_send,
	.disconnect = op_disconnect, .drop_all = op_drop_all,
	.fatal = op_fatal };

static int
fault(void *arg, const char *step)
{
	(void)arg;
	return strcmp(step, "commit") == 0 ? w.fail_with : 0;
}

static void
end(void)
{
	mono_t due;
	int i;

	for (i = 0; i < 8 && driver_end(w.driver, &due); i++)
		;
}

static void
peer(const char *type, const char *body)
{
	char raw[512], fields[256];
	struct fields f = { 0 };
	struct fix_msg m = { 0 };
	struct fix_out o;
	const char *msg;
	size_t len, i;

	snprintf(fields, sizeof(fields), "%s", body);
	for (i = 0; fields[i] != '\0'; i++)
		if (fields[i] == '|')
			fields[i] = FIX_SOH;
	fix_out_begin(&o, raw, sizeof(raw));
	fix_out_str(&o, 35, type);
	fix_out_u64(&o, 34, w.peer_seq++);
	fix_out_str(&o, 49, "BROKER");
	fix_out_time(&o, 52, w.now.wall, 3);
	fix_out_str(&o, 56, "EXCHANGE");
	fix_out_fields(&o, fields, strlen(fields));
	ck_assert_int_eq(0, fix_out_end(&o, "FIX.4.4", &msg, &len));
	ck_assert_int_eq(0, fields_index(&f, &m, msg, len, NULL));
	driver_recv(w.driver, w.fs, &m);
	fields_free(&f);
}

static void
start(void)
{
	struct sess_cfg cfg;

	w.driver = driver_new(w.store, &ops);
	sess_cfg_default(&cfg);
	cfg.name = "FIX.4.4:EXCHANGE->BROKER";
	cfg.role = SESS_ACCEPTOR;
	cfg.begin_string = "FIX.4.4";
	cfg.sender_comp_id = "EXCHANGE";
	cfg.target_comp_id = "BROKER";
	ck_assert_int_eq(0, driver_add(w.driver, &cfg, &w.fs));
	ck_assert_int_eq(0, driver_start(w.driver));
}

/* The peer logs on and asks for all that it does not have. */
static void
logon(void)
{
	uint64_t got = 1, i;
	char range[64];

	for (i = 0; i < w.nsent; i++)
		if (w.sent[i].number >= got)
			got = w.sent[i].number + 1;
	driver_connected(w.driver, w.fs, "test");
	w.peer_seq = sess_seqs(w.fs->machine).next_in;
	peer("A", "98=0|108=30|");
	end();
	snprintf(range, sizeof(range), "7=%llu|16=0|",
	    (unsigned long long)got);
	peer("2", range);
	end();
}

/* The process dies, and what is not durable if the power went, too. */
static void
crash(bool power)
{
	if (power) {
		store_mem_power_cut(w.store);
		end();
		ck_assert(w.fatal);
		w.fatal = false;
	}
	driver_free(w.driver);
	if (power)
		ck_assert_int_eq(0, store_recover(w.store));
	else
		store_mem_release(w.store, UINT64_MAX); /* it was written */
	w.lane = NULL;
	memset(w.heard, 0, sizeof(w.heard));
	start();
	store_mem_release(w.store, UINT64_MAX);
}

/* ---- the client ---- */

static void
opened(void *arg, const struct release_done *done)
{
	(void)arg;
	w.opened++;
	w.open_err = done->err;
}

static int
open_lane(void *owner, uint64_t acked, bool takeover)
{
	struct lane *l;
	void *before;
	int err = lane_open(w.driver, &order_lane, owner, acked, takeover, &l,
	    &before, opened, NULL);

	if (err == 0)
		w.lane = l;
	return err;
}

static void
on_effect(void *arg, const struct release_done *done)
{
	struct event *e = arg;

	w.heard[e->at.seq] = done->err == 0 ? ACK : NACK;
	if (done->err != 0)
		lane_stop(e->lane, e->at);
	free(e);
}

static void
on_duplicate(void *arg, const struct release_done *done)
{
	uint64_t row = ((struct event *)arg)->at.seq;

	on_effect(arg, done);
	if (done->err == 0)
		w.heard[row] = DUPLICATE;
}

/* What the gateway does with a row's event, as control_event.c does it. */
static void
effect(struct event *e)
{
	struct parked k = { .state = PARKED, .row_seq = e->at.seq };
	char body[32];
	uint64_t seq;
	int err = w.refuse_at == e->at.seq ? w.refuse : 0;

	snprintf(body, sizeof(body), "11=%u\001", (unsigned)e->at.seq);
	if (err == 0)
		err = driver_send(w.driver, w.fs, "D", body, strlen(body),
		    on_effect, e);
	if (err == 0) {
		lane_done(w.driver, e->lane, e->at);
		return;
	}
	if (err == FG_EINVAL) {
		ck_assert_int_eq(0, lane_park(w.driver, e->lane, e->at, NULL,
		    &k, &seq));
		w.heard[e->at.seq] = PARKED_IT;
	} else {
		lane_stop(e->lane, e->at);
		w.heard[e->at.seq] = NACK;
	}
	free(e);
}

static void
event_of(void *owner, struct lane *l, uint64_t row, uint32_t part)
{
	struct event *e = malloc(sizeof(*e));

	*e = (struct event){ l, { row, part } };
	switch (lane_look(w.driver, l, owner, e->at)) {
	case LANE_NEW:
		effect(e);
		return;
	case LANE_DUPLICATE:
		w.heard[row] = NOTHING;
		ck_assert_int_eq(0, driver_when_durable(w.driver,
		    on_duplicate, e));
		return;
	case LANE_STOPPED:
		w.heard[row] = STOPPED;
		break;
	case LANE_FENCED:
		w.heard[row] = FENCED;
		break;
	case LANE_DOWN:
		w.heard[row] = DOWN;
		break;
	}
	free(e);
}

static char me, other;

static void
event(uint64_t row)
{
	event_of(&me, w.lane, row, 0);
}

/* The cursor follows the acknowledgements. */
static void
put_cursor(void)
{
	while (w.heard[w.cursor + 1] == ACK ||
	    w.heard[w.cursor + 1] == DUPLICATE ||
	    w.heard[w.cursor + 1] == PARKED_IT)
		w.cursor++;
}

/* Start again, and send all rows up to last from the cursor on. */
static void
resume(uint64_t last)
{
	uint64_t i;

	ck_assert_int_eq(0, open_lane(&me, w.cursor, false));
	end();
	for (i = w.cursor + 1; i <= last; i++)
		event(i);
	end();
	put_cursor();
	ck_assert_uint_eq(last, w.cursor);
}

/* Each row is on the wire once without 43=Y or at least once with it, always
 * under the same number, and the peer has each once. */
static void
reconcile(unsigned last)
{
	unsigned row, originals;
	uint64_t number;
	size_t i;

	for (row = 1; row <= last; row++) {
		originals = 0;
		number = 0;
		for (i = 0; i < w.nsent; i++) {
			if (w.sent[i].row != row)
				continue;
			ck_assert(number == 0 || number == w.sent[i].number);
			number = w.sent[i].number;
			originals += !w.sent[i].poss_dup;
		}
		ck_assert_msg(number != 0, "row %u was lost", row);
		ck_assert_msg(originals <= 1, "row %u was sent twice", row);
	}
	for (i = 0; i < w.nsent; i++)
		for (row = 0; row < i; row++)
			ck_assert((w.sent[i].number == w.sent[row].number) ==
			    (w.sent[i].row == w.sent[row].row));
}

static void
setup(void)
{
	struct store_cfg sc = { .durability = STORE_SYNCED, .fault = fault };
	char err[STORE_ERR_MAX];

	memset(&w, 0, sizeof(w));
	ck_assert_int_eq(0, store_open_mem(&w.store, &sc, err));
	w.now.mono.ns = START_MONO;
	w.now.wall.ns = START_WALL;
	start();
	logon();
	ck_assert_int_eq(0, open_lane(&me, 0, false));
	end();
	ck_assert_int_eq(1, w.opened);
}

static void
teardown(void)
{
	driver_free(w.driver);
	store_close(w.store);
	fields_free(&w.fields);
}

/* ---- crash points of an outbound event ---- */

START_TEST(crash_before_the_event_is_taken)
{
	event(1);
	end();
	put_cursor();
	/* event 2 is in the socket */
	crash(_i);
	logon();
	resume(3);
	reconcile(3);
}
END_TEST

START_TEST(crash_before_the_commit)
{
	event(1);
	end();
	put_cursor();
	event(2); /* the wake-up does not end */
	crash(_i);
	logon();
	resume(3);
	reconcile(3);
	ck_assert_int_eq(ACK, w.heard[2]);
}
END_TEST

START_TEST(crash_committed_and_not_durable)
{
	event(1);
	end();
	put_cursor();
	store_mem_hold(w.store);
	event(2);
	end();
	ck_assert_uint_eq(1, w.nsent);
	ck_assert_int_eq(NOTHING, w.heard[2]);
	crash(_i);
	logon();
	resume(3);
	reconcile(3);
	/* only a power cut takes it back */
	ck_assert_int_eq(_i ? ACK : DUPLICATE, w.heard[2]);
}
END_TEST

START_TEST(crash_durable_and_not_released)
{
	event(1);
	end();
	put_cursor();
	store_mem_hold(w.store);
	event(2);
	end();
	store_mem_release(w.store, UINT64_MAX); /* the driver does not look */
	ck_assert_uint_eq(1, w.nsent);
	crash(_i);
	logon();
	resume(3);
	reconcile(3);
	ck_assert_int_eq(DUPLICATE, w.heard[2]);
}
END_TEST

START_TEST(crash_sent_and_not_acknowledged)
{
	event(1);
	event(2);
	end();
	w.heard[2] = NOTHING; /* the answer is in the socket */
	put_cursor();
	ck_assert_uint_eq(1, w.cursor);
	crash(_i);
	logon();
	resume(3);
	reconcile(3);
	ck_assert_int_eq(DUPLICATE, w.heard[2]);
}
END_TEST

START_TEST(crash_acknowledged_and_the_cursor_not_put)
{
	event(1);
	event(2);
	end();
	crash(_i);
	logon();
	resume(3);
	reconcile(3);
	ck_assert_int_eq(DUPLICATE, w.heard[1]);
	ck_assert_int_eq(DUPLICATE, w.heard[2]);
	ck_assert_int_eq(ACK, w.heard[3]);
}
END_TEST

/* The order that is forbidden cannot come about: an answer waits for the disk,
 * and the cursor for the answer. */
START_TEST(the_cursor_never_leads_handled)
{
	store_mem_hold(w.store);
	event(1);
	end();
	put_cursor();
	ck_assert_uint_eq(0, w.cursor);
	event(1); /* even as a duplicate */
	end();
	put_cursor();
	ck_assert_uint_eq(0, w.cursor);
	store_mem_release(w.store, UINT64_MAX);
	end();
	put_cursor();
	ck_assert_uint_eq(1, w.cursor);
}
END_TEST

START_TEST(crash_while_it_waits_for_a_logon)
{
	driver_disconnected(w.driver, w.fs, "lost");
	event(1);
	end();
	ck_assert_int_eq(ACK, w.heard[1]);
	crash(_i);
	resume(2); /* both wait, without a number */
	ck_assert_uint_eq(0, w.nsent);
	crash(_i);
	logon();
	resume(3);
	reconcile(3);
}
END_TEST

START_TEST(crash_with_an_event_in_quarantine)
{
	w.refuse = FG_EINVAL;
	w.refuse_at = 2;
	event(1);
	event(2);
	event(3);
	end();
	w.heard[2] = NOTHING;
	put_cursor();
	crash(_i);
	logon();
	resume(4);
	ck_assert_int_eq(DUPLICATE, w.heard[2]); /* and no second row */
	ck_assert_uint_eq(1, store_visible(w.store, STORE_QUARANTINE));
	ck_assert_uint_eq(3, w.nsent);
}
END_TEST

START_TEST(quarantine_and_handled_are_one_commit)
{
	uint64_t rows;

	w.refuse = FG_EINVAL;
	w.refuse_at = 2;
	event(1);
	end();
	put_cursor();
	store_mem_hold(w.store);
	event(2);
	end();
	rows = store_visible(w.store, STORE_QUARANTINE);
	ck_assert_uint_eq(0, rows);
	crash(true);
	logon();
	resume(3);
	ck_assert_int_eq(PARKED_IT, w.heard[2]);
	ck_assert_uint_eq(1, store_visible(w.store, STORE_QUARANTINE));
}
END_TEST

static int
has_event(void *arg, const struct store_row *row)
{
	*(bool *)arg |= row->code == SESS_EV_EXPIRED;
	return 0;
}

START_TEST(what_waits_too_long_for_a_logon_goes_to_quarantine)
{
	bool said = false;
	uint64_t upto;
	size_t i;

	w.fs->max_queued_age = 60;
	driver_disconnected(w.driver, w.fs, "lost");
	event(1);
	event(2);
	end();
	ck_assert_int_eq(ACK, w.heard[2]);
	w.now.mono.ns += 50 * NS_PER_S;
	w.now.wall.ns += 50 * NS_PER_S;
	event(3);
	end();
	w.now.mono.ns += 11 * NS_PER_S;
	w.now.wall.ns += 11 * NS_PER_S;
	logon();
	ck_assert_uint_lt(0, w.nsent);
	ck_assert_uint_eq(2, store_visible(w.store, STORE_QUARANTINE));
	ck_assert_int_eq(0, store_read(w.store, STORE_SESSION_EVENT, 0, 99,
	    9999, has_event, &said, &upto));
	ck_assert(said);
	driver_disconnected(w.driver, w.fs, "lost");
	logon(); /* once */
	ck_assert_uint_eq(2, store_visible(w.store, STORE_QUARANTINE));
	for (i = 0; i < w.nsent; i++)
		ck_assert_uint_eq(3, w.sent[i].row);
}
END_TEST

/* ---- lanes ---- */

START_TEST(a_retryable_nack_stops_its_lane)
{
	w.refuse = FG_ESTATE;
	w.refuse_at = 2;
	event(1);
	event(2);
	event(3);
	event(4);
	end();
	ck_assert_int_eq(ACK, w.heard[1]);
	ck_assert_int_eq(NACK, w.heard[2]);
	ck_assert_int_eq(STOPPED, w.heard[3]);
	ck_assert_int_eq(STOPPED, w.heard[4]);
	ck_assert_uint_eq(2, w.lane->stop.seq);
	event(3); /* not before 2 */
	ck_assert_int_eq(STOPPED, w.heard[3]);
	event(2); /* refused again */
	ck_assert_int_eq(NACK, w.heard[2]);
	event(3);
	ck_assert_int_eq(STOPPED, w.heard[3]);
	w.refuse = 0;
	event(2);
	event(3);
	event(4);
	end();
	put_cursor();
	ck_assert_uint_eq(4, w.cursor);
	ck_assert(w.nsent == 4 && w.sent[1].row == 2 && w.sent[2].row == 3);
	reconcile(4);
}
END_TEST

START_TEST(a_failed_commit_stops_the_lane_at_its_first_event)
{
	event(1);
	end();
	w.fail_with = FG_ENOSPC;
	event(2);
	event(3);
	end();
	ck_assert_int_eq(NACK, w.heard[2]);
	ck_assert_int_eq(NACK, w.heard[3]);
	w.fail_with = 0;
	end();
	ck_assert(!driver_is_down(w.driver));
	event(4);
	ck_assert_int_eq(STOPPED, w.heard[4]);
	ck_assert_uint_eq(2, w.lane->stop.seq);
	ck_assert_uint_eq(1, w.lane->handled.seq);
	logon();
	event(2);
	event(3);
	event(4);
	end();
	reconcile(4);
	ck_assert_int_eq(ACK, w.heard[2]);
}
END_TEST

START_TEST(what_comes_while_the_store_is_down_has_to_come_again)
{
	w.fail_with = FG_ENOSPC;
	event(1);
	end();
	ck_assert(driver_is_down(w.driver) || w.heard[1] == NACK);
	driver_set_low(w.driver, true);
	w.fail_with = 0;
	end();
	event(1);
	ck_assert_int_eq(DOWN, w.heard[1]);
	driver_set_low(w.driver, false);
	event(2);
	ck_assert_int_eq(STOPPED, w.heard[2]);
	logon();
	event(1);
	event(2);
	end();
	reconcile(2);
}
END_TEST

START_TEST(the_parts_of_a_row_are_events_of_their_own)
{
	event_of(&me, w.lane, 1, 0);
	event_of(&me, w.lane, 1, 1);
	event_of(&me, w.lane, 2, 0);
	end();
	ck_assert_uint_eq(3, w.nsent);
	event_of(&me, w.lane, 1, 1);
	end();
	ck_assert_int_eq(DUPLICATE, w.heard[1]);
	event_of(&me, w.lane, 2, 1);
	end();
	ck_assert_uint_eq(4, w.nsent);
	ck_assert(w.lane->handled.seq == 2 && w.lane->handled.part == 1);
}
END_TEST

START_TEST(who_lost_the_lane_has_no_effect_any_more)
{
	struct lane *mine = w.lane;
	uint64_t token = mine->token;

	event(1);
	end();
	ck_assert_int_eq(FG_EBUSY, open_lane(&other, 1, false));
	ck_assert_int_eq(0, open_lane(&other, 1, true));
	/* 2 ... 4 were in the socket of the old one */
	event_of(&me, mine, 2, 0);
	ck_assert_int_eq(FENCED, w.heard[2]);
	event_of(&other, w.lane, 2, 0);
	event_of(&me, mine, 3, 0);
	ck_assert_int_eq(FENCED, w.heard[3]);
	event_of(&other, w.lane, 3, 0);
	end();
	ck_assert_uint_gt(w.lane->token, token);
	reconcile(3);
	ck_assert_uint_eq(3, w.nsent);
	token = w.lane->token;
	crash(false);
	ck_assert_int_eq(0, open_lane(&me, 3, false));
	ck_assert_uint_gt(w.lane->token, token); /* over restarts, too */
	ck_assert_uint_eq(3, w.lane->handled.seq);
}
END_TEST

START_TEST(a_lane_whose_owner_left_is_free)
{
	lane_leave(w.driver, &me);
	event(1);
	ck_assert_int_eq(FENCED, w.heard[1]);
	ck_assert_int_eq(0, open_lane(&other, 0, false));
}
END_TEST

START_TEST(a_store_that_went_back_is_noticed)
{
	event(1);
	event(2);
	end();
	/* 3 was acknowledged by a store that was then replaced by a copy */
	lane_leave(w.driver, &me);
	ck_assert_int_eq(FG_ESTATE, open_lane(&me, 3, false));
	ck_assert_int_eq(0, open_lane(&me, 2, false));
}
END_TEST

START_TEST(sequences_of_another_incarnation_are_another_lane)
{
	struct lane_key again = order_lane, second = order_lane;
	struct lane *a, *b;
	void *before;

	event(1);
	event(2);
	end();
	again.source = "6f1c2a00-0000-4000-8000-000000000000/ORDERS_OUT/2";
	second.send = "2";
	ck_assert_int_eq(0, lane_open(w.driver, &again, &me, 0, false, &a,
	    &before, NULL, NULL));
	ck_assert_int_eq(0, lane_open(w.driver, &second, &me, 0, false, &b,
	    &before, NULL, NULL));
	ck_assert(a != w.lane && b != w.lane && a != b);
	ck_assert_uint_eq(0, a->handled.seq);
	/* Two sends of a row are two events. */
	event_of(&me, b, 1, 0);
	end();
	ck_assert_int_eq(ACK, w.heard[1]);
	ck_assert_uint_eq(3, w.nsent);
}
END_TEST

START_TEST(two_clients_on_one_session_get_numbers_in_the_order_of_arrival)
{
	struct lane_key key = order_lane;
	struct lane *l;
	void *before;

	key.consumer = "HEDGER";
	ck_assert_int_eq(0, lane_open(w.driver, &key, &other, 0, false, &l,
	    &before, NULL, NULL));
	event(1);
	event_of(&other, l, 11, 0);
	event(2);
	event_of(&other, l, 12, 0);
	end();
	ck_assert_uint_eq(4, w.nsent);
	ck_assert(w.sent[0].row == 1 && w.sent[1].row == 11 &&
	    w.sent[2].row == 2 && w.sent[3].row == 12);
	crash(true);
	logon();
	ck_assert_int_eq(0, lane_open(w.driver, &key, &other, 0, false, &l,
	    &before, NULL, NULL));
	ck_assert_uint_eq(12, l->handled.seq);
	resume(3);
	event_of(&other, l, 12, 0);
	event_of(&other, l, 13, 0);
	end();
	ck_assert_int_eq(DUPLICATE, w.heard[12]);
	ck_assert_int_eq(ACK, w.heard[13]);
	reconcile(3);
}
END_TEST

START_TEST(a_broken_script_does_not_park_a_whole_day)
{
	struct parked k = { .state = PARKED };
	struct lane_at at = { 0, 0 };
	uint64_t seq;
	int err = 0;

	while (err == 0 && at.seq < 1000) {
		at.seq++;
		err = lane_park(w.driver, w.lane, at, NULL, &k, &seq);
	}
	ck_assert_int_eq(FG_ELIMIT, err);
	ck_assert_uint_eq(101, at.seq);
	ck_assert_uint_eq(100, w.lane->handled.seq);
	end();
	w.now.mono.ns += 61 * NS_PER_S;
	end();
	ck_assert_int_eq(0, lane_park(w.driver, w.lane, at, NULL, &k, &seq));
}
END_TEST

START_TEST(names_that_would_be_taken_for_others_are_refused)
{
	struct lane_key k = order_lane;
	char name[STORE_MARK_NAME_MAX + 1];

	ck_assert_int_eq(0, lane_name(name, "lane", &k));
	k.consumer = "A\tB";
	ck_assert_int_eq(FG_EINVAL, lane_name(name, "lane", &k));
	k.consumer = "";
	ck_assert_int_eq(FG_EINVAL, lane_name(name, "lane", &k));
	k = order_lane;
	k.send = NULL;
	ck_assert_int_eq(0, lane_name(name, "cursor", &k));
	ck_assert_str_eq("cursor\tROUTER\tORDERS\t6f1c2a00-0000-4000-8000-"
	    "000000000000/ORDERS_OUT/1", name);
}
END_TEST

int
main(void)
{
	const TTest *const crashes[] = {
		crash_before_the_event_is_taken,
		crash_before_the_commit,
		crash_committed_and_not_durable,
		crash_durable_and_not_released,
		crash_sent_and_not_acknowledged,
		crash_acknowledged_and_the_cursor_not_put,
		crash_while_it_waits_for_a_logon,
		crash_with_an_event_in_quarantine,
	};
	const TTest *const once[] = {
		the_cursor_never_leads_handled,
		quarantine_and_handled_are_one_commit,
		what_waits_too_long_for_a_logon_goes_to_quarantine,
		a_retryable_nack_stops_its_lane,
		a_failed_commit_stops_the_lane_at_its_first_event,
		what_comes_while_the_store_is_down_has_to_come_again,
		the_parts_of_a_row_are_events_of_their_own,
		who_lost_the_lane_has_no_effect_any_more,
		a_lane_whose_owner_left_is_free,
		a_store_that_went_back_is_noticed,
		sequences_of_another_incarnation_are_another_lane,
		two_clients_on_one_session_get_numbers_in_the_order_of_arrival,
		a_broken_script_does_not_park_a_whole_day,
		names_that_would_be_taken_for_others_are_refused,
	};
	Suite *s = suite_create("lanes");
	TCase *tc = tcase_create("exactly once");
	SRunner *sr;
	size_t i;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	for (i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
		tcase_add_loop_test(tc, crashes[i], 0, 2); /* process, power */
	for (i = 0; i < sizeof(once) / sizeof(once[0]); i++)
		tcase_add_test(tc, once[i]);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
