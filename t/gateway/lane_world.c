#include "lane_world.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "wakes.h"

const struct lane_key lw_lane = { "ROUTER", "ORDERS", "1",
	"6f1c2a00-0000-4000-8000-000000000000/ORDERS_OUT/1" };

struct lane_world lw;
char lw_me, lw_other;

/* ---- the gateway ---- */

static void
op_send(void *arg, struct fgsess *fs, const void *p, size_t n)
{
	const struct fix_field *id, *seq;
	struct fix_msg m = { 0 };
	char text[32];

	(void)arg;
	(void)fs;
	ck_assert_int_eq(0, fields_index(&lw.fields, &m, p, n, NULL));
	id = fix_find(&m, 11);
	seq = fix_find(&m, 34);
	if (id == NULL)
		return;
	ck_assert_uint_lt(lw.nsent, SENT_MAX);
	snprintf(text, sizeof(text), "%.*s", (int)id->len, fix_value(&m, id));
	lw.sent[lw.nsent].row = (unsigned)atoi(text);
	snprintf(text, sizeof(text), "%.*s", (int)seq->len,
	    fix_value(&m, seq));
	lw.sent[lw.nsent].number = (uint64_t)atoi(text);
	lw.sent[lw.nsent++].poss_dup = fix_get_bool(&m, 43);
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
	lw.fatal = true;
}

static struct now
op_now(void *arg)
{
	(void)arg;
	return lw.now;
}

static const struct driver_ops ops = { .now = op_now, .send = op_send,
	.disconnect = op_disconnect, .drop_all = op_drop_all,
	.fatal = op_fatal };

static int
fault(void *arg, const char *step)
{
	(void)arg;
	return strcmp(step, "commit") == 0 ? lw.fail_with : 0;
}

void
lw_end(void)
{
	wakes_end(lw.driver);
}

static void
peer(const char *type, const char *body)
{
	wakes_peer(lw.driver, lw.fs, lw.peer_seq++, lw.now.wall, type, body);
}

static void
lw_start(void)
{
	struct sess_cfg cfg = wakes_cfg();

	lw.driver = driver_new(lw.store, &ops);
	ck_assert_int_eq(0, driver_add(lw.driver, &cfg, &lw.fs));
	ck_assert_int_eq(0, driver_start(lw.driver));
}

void
lw_logon(void)
{
	uint64_t got = 1, i;
	char range[64];

	for (i = 0; i < lw.nsent; i++)
		if (lw.sent[i].number >= got)
			got = lw.sent[i].number + 1;
	driver_connected(lw.driver, lw.fs, "test");
	lw.peer_seq = sess_seqs(lw.fs->machine).next_in;
	peer("A", "98=0|108=30|");
	lw_end();
	snprintf(range, sizeof(range), "7=%llu|16=0|",
	    (unsigned long long)got);
	peer("2", range);
	lw_end();
}

void
lw_crash(bool power)
{
	if (power) {
		store_mem_power_cut(lw.store);
		lw_end();
		ck_assert(lw.fatal);
		lw.fatal = false;
	}
	driver_free(lw.driver);
	if (power)
		ck_assert_int_eq(0, store_recover(lw.store));
	else
		store_mem_release(lw.store, UINT64_MAX); /* it was written */
	lw.lane = NULL;
	memset(lw.heard, 0, sizeof(lw.heard));
	lw_start();
	store_mem_release(lw.store, UINT64_MAX);
}

/* ---- the client ---- */

static void
opened(void *arg, const struct release_done *done)
{
	(void)arg;
	lw.opened++;
	lw.open_err = done->err;
}

int
lw_open_lane(void *owner, uint64_t acked, bool takeover)
{
	struct lane *l;
	void *before;
	int err = lane_open(lw.driver, &lw_lane, owner, acked, takeover, &l,
	    &before, opened, NULL);

	if (err == 0)
		lw.lane = l;
	return err;
}

static void
on_effect(void *arg, const struct release_done *done)
{
	struct event *e = arg;

	lw.heard[e->at.seq] = done->err == 0 ? ACK : NACK;
	if (done->err != 0)
		lane_stop(e->lane, e->at, "TEST");
	free(e);
}

static void
on_duplicate(void *arg, const struct release_done *done)
{
	uint64_t row = ((struct event *)arg)->at.seq;

	on_effect(arg, done);
	if (done->err == 0)
		lw.heard[row] = DUPLICATE;
}

/* What the gateway does with a row's event, as control_event.c does it. */
static void
effect(struct event *e)
{
	struct parked k = { .state = PARKED, .row_seq = e->at.seq };
	char body[32];
	uint64_t seq;
	int err = lw.refuse_at == e->at.seq ? lw.refuse : 0;

	snprintf(body, sizeof(body), "11=%u\001", (unsigned)e->at.seq);
	if (err == 0)
		err = driver_send(lw.driver, lw.fs, "D", body, strlen(body),
		    on_effect, e);
	if (err == 0) {
		lane_done(lw.driver, e->lane, e->at);
		return;
	}
	if (err == FG_EINVAL) {
		ck_assert_int_eq(0, lane_park(lw.driver, e->lane, e->at, NULL,
		    &k, &seq));
		lw.heard[e->at.seq] = PARKED_IT;
	} else {
		lane_stop(e->lane, e->at, "TEST");
		lw.heard[e->at.seq] = NACK;
	}
	free(e);
}

void
lw_event_of(void *owner, struct lane *l, uint64_t row, uint32_t part)
{
	struct event *e = malloc(sizeof(*e));

	*e = (struct event){ l, { row, part } };
	switch (lane_look(lw.driver, l, owner, e->at)) {
	case LANE_NEW:
		effect(e);
		return;
	case LANE_DUPLICATE:
		lw.heard[row] = NOTHING;
		ck_assert_int_eq(0, driver_when_durable(lw.driver,
		    on_duplicate, e));
		return;
	case LANE_STOPPED:
		lw.heard[row] = STOPPED;
		break;
	case LANE_FENCED:
		lw.heard[row] = FENCED;
		break;
	case LANE_DOWN:
		lw.heard[row] = DOWN;
		break;
	}
	free(e);
}

void
lw_event(uint64_t row)
{
	lw_event_of(&lw_me, lw.lane, row, 0);
}

void
lw_put_cursor(void)
{
	while (lw.heard[lw.cursor + 1] == ACK ||
	    lw.heard[lw.cursor + 1] == DUPLICATE ||
	    lw.heard[lw.cursor + 1] == PARKED_IT)
		lw.cursor++;
}

void
lw_resume(uint64_t last)
{
	uint64_t i;

	ck_assert_int_eq(0, lw_open_lane(&lw_me, lw.cursor, false));
	lw_end();
	for (i = lw.cursor + 1; i <= last; i++)
		lw_event(i);
	lw_end();
	lw_put_cursor();
	ck_assert_uint_eq(last, lw.cursor);
}

void
lw_reconcile(unsigned last)
{
	unsigned row, originals;
	uint64_t number;
	size_t i;

	for (row = 1; row <= last; row++) {
		originals = 0;
		number = 0;
		for (i = 0; i < lw.nsent; i++) {
			if (lw.sent[i].row != row)
				continue;
			ck_assert(number == 0 || number == lw.sent[i].number);
			number = lw.sent[i].number;
			originals += !lw.sent[i].poss_dup;
		}
		ck_assert_msg(number != 0, "row %u was lost", row);
		ck_assert_msg(originals <= 1, "row %u was sent twice", row);
	}
	for (i = 0; i < lw.nsent; i++)
		for (row = 0; row < i; row++)
			ck_assert((lw.sent[i].number == lw.sent[row].number) ==
			    (lw.sent[i].row == lw.sent[row].row));
}

void
lw_setup(void)
{
	struct store_cfg sc = { .durability = STORE_SYNCED, .fault = fault };
	char err[STORE_ERR_MAX];

	memset(&lw, 0, sizeof(lw));
	ck_assert_int_eq(0, store_open_mem(&lw.store, &sc, err));
	lw.now.mono.ns = START_MONO;
	lw.now.wall.ns = START_WALL;
	lw_start();
	lw_logon();
	ck_assert_int_eq(0, lw_open_lane(&lw_me, 0, false));
	lw_end();
	ck_assert_int_eq(1, lw.opened);
}

void
lw_teardown(void)
{
	driver_free(lw.driver);
	store_close(lw.store);
	fields_free(&lw.fields);
}
