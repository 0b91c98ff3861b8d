/*
 * The release discipline: what a wake-up wants to let out waits for its commit.
 * The store is the one in memory, whose durable mark the test moves by hand;
 * the transport is two lists. The cases a-g are those of the design's review.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "fix/out.h"
#include "gateway/driver.h"
#include "gateway/fields.h"

#define START_MONO (1000 * NS_PER_S)
#define START_WALL 1767603600000000000LL /* 2026-01-05 09:00:00 UTC */

/* What left, one line each: "send 35=0 34=2" or "disconnect" or "drop". */
struct world {
	struct store *store;
	struct driver *driver;
	struct fgsess *fs;
	struct now now;
	struct fields fields;
	char left[64][96];
	size_t nleft;
	uint64_t peer_seq;
	int answered, answer_err;
	int answers; /* calls of ops.answered */
	uint64_t answer_seq;
	bool fatal, is_full;
	int fail_with; /* what the fault hook answers at "commit" */
	int no_recovery; /* and at "recover" */
};

static struct world w;

static void
note(const char *text)
{
	ck_assert_uint_lt(w.nleft, 64);
	snprintf(w.left[w.nleft++], sizeof(w.left[0]), "%s", text);
}

static void
op_send(void *arg, struct fgsess *fs, const void *p, size_t n)
{
	const struct fix_field *type, *seq;
	struct fix_msg m = { 0 };
	char line[96];

	(void)arg;
	(void)fs;
	ck_assert_int_eq(0, fields_index(&w.fields, &m, p, n, NULL));
	type = fix_find(&m, 35);
	seq = fix_find(&m, 34);
	snprintf(line, sizeof(line), "send 35=%.*s 34=%.*s%s", (int)type->len,
	    fix_value(&m, type), (int)seq->len, fix_value(&m, seq),
	    fix_get_bool(&m, 43) ? " 43=Y" : "");
	note(line);
}

static bool
op_is_full(void *arg, struct fgsess *fs)
{
	(void)arg;
	(void)fs;
	return w.is_full;
}

static void
op_answered(void *arg, struct fgsess *fs)
{
	(void)arg;
	(void)fs;
	w.answers++;
}

static void
op_disconnect(void *arg, struct fgsess *fs, const char *why)
{
	(void)arg;
	(void)fs;
	(void)why;
	note("disconnect");
}

static void
op_drop_all(void *arg, const char *why)
{
	(void)arg;
	(void)why;
	note("drop");
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
	.is_full = op_is_full, .answered = op_answered,
	.disconnect = op_disconnect, .drop_all = op_drop_all,
	.fatal = op_fatal };

static int
fault(void *arg, const char *step)
{
	(void)arg;
	if (strcmp(step, "recover") == 0)
		return w.no_recovery;
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
pass(int64_t ns)
{
	w.now.mono.ns += ns;
	w.now.wall.ns += ns;
}

/* The peer sends; the wake-up is not ended. */
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
answered(void *arg, const struct release_done *done)
{
	(void)arg;
	w.answered++;
	w.answer_err = done->err;
	w.answer_seq = done->msg_seq_num;
}

static int
send_order(const char *id)
{
	static char body[256 * 1024];

	snprintf(body, sizeof(body), "11=%s\001", id);
	return driver_send(w.driver, w.fs, "D", body, strlen(body), answered,
	    NULL);
}

static void
logon(void)
{
	driver_connected(w.driver, w.fs, "test");
	w.peer_seq = 1;
	peer("A", "98=0|108=30|");
	end();
}

static void
setup(void)
{
	struct store_cfg sc = { .durability = STORE_SYNCED, .fault = fault };
	char err[STORE_ERR_MAX];
	struct sess_cfg cfg;

	memset(&w, 0, sizeof(w));
	ck_assert_int_eq(0, store_open_mem(&w.store, &sc, err));
	w.driver = driver_new(w.store, &ops);
	w.now.mono.ns = START_MONO;
	w.now.wall.ns = START_WALL;
	sess_cfg_default(&cfg);
	cfg.name = "FIX.4.4:EXCHANGE->BROKER";
	cfg.role = SESS_ACCEPTOR;
	cfg.begin_string = "FIX.4.4";
	cfg.sender_comp_id = "EXCHANGE";
	cfg.target_comp_id = "BROKER";
	ck_assert_int_eq(0, driver_add(w.driver, &cfg, &w.fs));
	ck_assert_int_eq(0, driver_start(w.driver));
}

static void
teardown(void)
{
	driver_free(w.driver);
	store_close(w.store);
	fields_free(&w.fields);
}

#define LEFT(i, text) ck_assert_str_eq(text, w.left[i])

START_TEST(a_rows_are_invisible_until_they_are_durable)
{
	uint64_t before;

	logon();
	before = store_visible(w.store, STORE_FIX_IN);
	store_mem_hold(w.store);
	peer("D", "11=1|");
	end();
	ck_assert_uint_eq(before, store_visible(w.store, STORE_FIX_IN));
	store_mem_release(w.store, UINT64_MAX);
	end();
	ck_assert_uint_eq(before + 1, store_visible(w.store, STORE_FIX_IN));
}
END_TEST

START_TEST(b_sends_of_a_dead_connection_do_not_reach_the_next_one)
{
	logon();
	ck_assert_uint_eq(1, w.nleft);
	store_mem_hold(w.store);
	peer("1", "112=A|");
	end();
	driver_disconnected(w.driver, w.fs, "lost");
	end();
	driver_connected(w.driver, w.fs, "test");
	peer("A", "98=0|108=30|");
	end();
	ck_assert_uint_eq(1, w.nleft);
	store_mem_release(w.store, UINT64_MAX);
	end();
	ck_assert_uint_eq(2, w.nleft);
	LEFT(1, "send 35=A 34=3"); /* 2 was the Heartbeat: only in FIX_OUT */
}
END_TEST

START_TEST(c_a_disconnect_stays_behind_the_logout_that_waits)
{
	logon();
	store_mem_hold(w.store);
	peer("5", "");
	end();
	ck_assert_uint_eq(1, w.nleft);
	store_mem_release(w.store, UINT64_MAX);
	end();
	ck_assert_uint_eq(3, w.nleft);
	LEFT(1, "send 35=5 34=2");
	LEFT(2, "disconnect");
}
END_TEST

START_TEST(d_a_failed_commit_throws_away_what_ran_ahead)
{
	struct sess_seqs before;
	uint64_t in, out;

	logon();
	before = sess_seqs(w.fs->machine);
	in = store_visible(w.store, STORE_FIX_IN);
	out = store_visible(w.store, STORE_FIX_OUT);
	w.fail_with = FG_ENOSPC;
	peer("1", "112=A|");
	peer("1", "112=B|");
	ck_assert_int_eq(0, send_order("1"));
	end();
	ck_assert_uint_eq(2, w.nleft);
	LEFT(1, "drop");
	ck_assert_int_eq(1, w.answered);
	ck_assert_int_eq(FG_ENOSPC, w.answer_err);
	w.fail_with = 0;
	end();
	ck_assert(!driver_is_down(w.driver));
	ck_assert_uint_eq(before.next_in, sess_seqs(w.fs->machine).next_in);
	ck_assert_uint_eq(before.next_out, sess_seqs(w.fs->machine).next_out);
	ck_assert_int_eq(SESS_DOWN, sess_state(w.fs->machine));
	/* the sequences are used again, by what comes next */
	driver_connected(w.driver, w.fs, "test");
	w.peer_seq = before.next_in;
	peer("A", "98=0|108=30|");
	end();
	ck_assert_uint_eq(in + 1, store_visible(w.store, STORE_FIX_IN));
	ck_assert_uint_eq(out + 1, store_visible(w.store, STORE_FIX_OUT));
}
END_TEST

START_TEST(d_a_power_cut_takes_back_numbers_that_nobody_saw)
{
	uint64_t next;

	logon();
	next = sess_seqs(w.fs->machine).next_out;
	store_mem_hold(w.store);
	ck_assert_int_eq(0, send_order("1"));
	end();
	ck_assert_uint_eq(1, w.nleft);
	store_mem_power_cut(w.store);
	end();
	ck_assert(w.fatal);
	ck_assert_int_eq(0, w.answered); /* only the restart will tell */
	driver_free(w.driver);
	w.driver = NULL;
	ck_assert_int_eq(1, w.answered);
	ck_assert_int_eq(FG_ECLOSED, w.answer_err);
	ck_assert_int_eq(0, store_recover(w.store));
	{
		struct store_state st;
		uint32_t id;
		bool is_new;

		ck_assert_int_eq(0, store_session(w.store,
		    "FIX.4.4:EXCHANGE->BROKER", &id, &st, &is_new));
		ck_assert_uint_eq(next, st.next_out);
	}
}
END_TEST

START_TEST(d_what_is_durable_is_no_failure_to_who_asked_for_it)
{
	logon();
	store_mem_hold(w.store);
	ck_assert_int_eq(0, send_order("1"));
	end();
	store_mem_release(w.store, UINT64_MAX);
	store_mem_power_cut(w.store); /* before the driver looks again */
	end();
	ck_assert(w.fatal);
	ck_assert_int_eq(1, w.answered);
	ck_assert_int_eq(0, w.answer_err);
	ck_assert_uint_eq(2, w.answer_seq);
}
END_TEST

START_TEST(d_who_asked_hears_of_a_failure_when_it_is_taken_back)
{
	logon();
	store_mem_hold(w.store);
	ck_assert_int_eq(0, send_order("1"));
	end();
	w.fail_with = w.no_recovery = FG_ENOSPC;
	peer("1", "112=A|");
	end();
	end();
	ck_assert(driver_is_down(w.driver));
	ck_assert_int_eq(0, w.answered);
	w.fail_with = w.no_recovery = 0;
	pass(1 * NS_PER_S);
	end();
	ck_assert(!driver_is_down(w.driver));
	ck_assert_int_eq(1, w.answered);
	ck_assert_int_eq(FG_ENOSPC, w.answer_err);
}
END_TEST

START_TEST(d_only_a_full_disk_is_waited_for)
{
	static const int errs[] = { FG_ENOMEM, FG_EIO, FG_EDAMAGED };

	logon();
	w.fail_with = errs[_i];
	peer("1", "112=A|");
	end();
	ck_assert(w.fatal);
}
END_TEST

START_TEST(d_no_order_is_taken_while_the_store_is_repaired)
{
	logon();
	w.fail_with = w.no_recovery = FG_ENOSPC;
	peer("1", "112=A|");
	end();
	end();
	ck_assert(driver_is_down(w.driver));
	ck_assert_int_eq(FG_ENOSPC, send_order("1"));
	ck_assert_int_eq(FG_ENOSPC, driver_logout(w.driver, w.fs, NULL,
	    answered, NULL));
	ck_assert_int_eq(FG_ENOSPC, driver_reset(w.driver, w.fs, "test",
	    answered, NULL));
	ck_assert_int_eq(FG_ENOSPC, driver_set_seqs(w.driver, w.fs, 1, 1,
	    "test", answered, NULL));
	pass(1 * NS_PER_S);
	end();
	w.fail_with = w.no_recovery = 0;
	pass(1 * NS_PER_S);
	end();
	ck_assert(!driver_is_down(w.driver));
	ck_assert_int_eq(0, w.answered);
}
END_TEST

START_TEST(e_a_resend_is_answered_from_durable_rows_only)
{
	logon();
	store_mem_hold(w.store);
	ck_assert_int_eq(0, send_order("1"));
	ck_assert_int_eq(0, send_order("2"));
	peer("2", "7=2|16=0|");
	end();
	ck_assert_uint_eq(1, w.nleft);
	store_mem_release(w.store, UINT64_MAX);
	end();
	ck_assert_uint_eq(5, w.nleft);
	LEFT(1, "send 35=D 34=2");
	LEFT(2, "send 35=D 34=3");
	LEFT(3, "send 35=D 34=2 43=Y");
	LEFT(4, "send 35=D 34=3 43=Y");
}
END_TEST

START_TEST(e_a_resend_of_a_past_epoch_ends_no_other_one)
{
	uint64_t durable;

	logon();
	durable = store_durable(w.store);
	store_mem_hold(w.store);
	peer("2", "7=1|16=0|");
	end();
	w.peer_seq = 1;
	peer("A", "98=0|108=30|141=Y|");
	ck_assert_int_eq(0, send_order("1"));
	end();
	peer("2", "7=2|16=0|");
	end();
	store_mem_release(w.store, durable + 1);
	end();
	store_mem_release(w.store, UINT64_MAX);
	end();
	ck_assert_uint_eq(4, w.nleft);
	LEFT(1, "send 35=A 34=1");
	LEFT(2, "send 35=D 34=2");
	LEFT(3, "send 35=D 34=2 43=Y");
}
END_TEST

START_TEST(e_a_resend_waits_for_a_peer_that_reads_slowly)
{
	logon();
	ck_assert_int_eq(0, send_order("1"));
	end();
	w.is_full = true;
	peer("2", "7=2|16=0|");
	end();
	ck_assert_uint_eq(2, w.nleft);
	w.is_full = false;
	driver_drained(w.driver, w.fs);
	end();
	ck_assert_uint_eq(3, w.nleft);
	LEFT(2, "send 35=D 34=2 43=Y");
}
END_TEST

#define LONG_ORDER  200000 /* bytes */
#define LONG_ORDERS 20

START_TEST(e_a_resend_waits_for_the_disk)
{
	static char id[LONG_ORDER];
	uint64_t durable;
	size_t before;
	int i;

	logon();
	memset(id, 'x', sizeof(id) - 1);
	for (i = 0; i < LONG_ORDERS; i++)
		ck_assert_int_eq(0, send_order(id));
	end();
	durable = store_durable(w.store);
	store_mem_hold(w.store);
	peer("2", "7=2|16=0|");
	end();
	peer("1", "112=A|"); /* a commit that what is resent stays behind */
	end();
	before = w.nleft;
	store_mem_release(w.store, durable + 1);
	end();
	ck_assert_uint_eq(before, w.nleft);
	ck_assert_uint_lt(driver_waiting(w.driver), LONG_ORDERS / 2);
	store_mem_release(w.store, UINT64_MAX);
	end();
	end();
	ck_assert_uint_eq(before + 1 + LONG_ORDERS, w.nleft);
	LEFT(before, "send 35=0 34=22");
	LEFT(before + 1, "send 35=D 34=2 43=Y");
	LEFT(before + LONG_ORDERS, "send 35=D 34=21 43=Y");
}
END_TEST

START_TEST(e_what_is_behind_a_resend_request_waits_for_its_first_step)
{
	logon();
	ck_assert_int_eq(0, send_order("1"));
	end();
	store_mem_hold(w.store);
	peer("2", "7=2|16=0|");
	end();
	ck_assert(driver_is_answering(w.fs));
	ck_assert_int_eq(0, w.answers);
	store_mem_release(w.store, UINT64_MAX);
	end();
	ck_assert(!driver_is_answering(w.fs));
	ck_assert_int_eq(1, w.answers);
	w.is_full = true; /* the peer may write before it reads */
	peer("2", "7=2|16=0|");
	ck_assert(driver_is_answering(w.fs));
	end();
	ck_assert(!driver_is_answering(w.fs));
	peer("2", "7=2|16=0|"); /* noted: one is running */
	ck_assert(!driver_is_answering(w.fs));
	driver_disconnected(w.driver, w.fs, "lost");
	w.is_full = false;
	driver_connected(w.driver, w.fs, "test");
	peer("A", "98=0|108=30|");
	end();
	peer("2", "7=1|16=0|");
	ck_assert(driver_is_answering(w.fs));
	driver_disconnected(w.driver, w.fs, "lost");
	ck_assert(!driver_is_answering(w.fs));
}
END_TEST

START_TEST(e_a_peer_that_waits_is_read_before_it_is_taken_for_dead)
{
	logon();
	ck_assert_int_eq(0, send_order("1"));
	end();
	store_mem_hold(w.store);
	peer("2", "7=2|16=0|");
	end();
	pass(30 * NS_PER_S);
	end();
	ck_assert(!driver_is_answering(w.fs));
	ck_assert_int_eq(1, w.answers);
}
END_TEST

START_TEST(f_nothing_is_acknowledged_before_it_is_stored)
{
	logon();
	store_mem_hold(w.store);
	ck_assert_int_eq(0, send_order("1"));
	peer("1", "112=A|");
	end();
	ck_assert_int_eq(0, w.answered);
	ck_assert_uint_eq(1, w.nleft);
	store_mem_release(w.store, UINT64_MAX);
	end();
	ck_assert_int_eq(1, w.answered);
	ck_assert_int_eq(0, w.answer_err);
	ck_assert_uint_eq(2, w.answer_seq);
	ck_assert_uint_eq(3, w.nleft);
}
END_TEST

START_TEST(g_a_message_held_too_long_is_not_sent_with_a_stale_time)
{
	logon();
	store_mem_hold(w.store);
	ck_assert_int_eq(0, send_order("1"));
	end();
	pass(61 * NS_PER_S); /* MaxLatency is 120 */
	store_mem_release(w.store, UINT64_MAX);
	end();
	LEFT(1, "disconnect");
	ck_assert_int_eq(1, w.answered);
	ck_assert_int_eq(0, w.answer_err); /* it is stored, a resend brings it */
}
END_TEST

START_TEST(a_message_for_a_session_that_is_off_waits_without_a_number)
{
	ck_assert_int_eq(0, send_order("1"));
	end();
	ck_assert_int_eq(1, w.answered);
	ck_assert_uint_eq(0, w.answer_seq);
	ck_assert_uint_eq(1, sess_seqs(w.fs->machine).next_out);
	logon();
	ck_assert_uint_eq(2, w.nleft);
	LEFT(0, "send 35=A 34=1");
	LEFT(1, "send 35=D 34=2");
	/* and is not sent again at the next logon */
	driver_disconnected(w.driver, w.fs, "lost");
	driver_connected(w.driver, w.fs, "test");
	peer("A", "98=0|108=30|");
	end();
	ck_assert_uint_eq(3, w.nleft);
	LEFT(2, "send 35=A 34=3");
}
END_TEST

START_TEST(what_waits_is_not_looked_for_among_all_that_ever_waited)
{
	struct fgsess *fs = w.fs, *other;
	struct sess_cfg cfg = *sess_config(fs->machine);
	struct store_state st;
	int i;

	cfg.name = "other";
	ck_assert_int_eq(0, driver_add(w.driver, &cfg, &other));
	w.fs = other;
	for (i = 0; i < 1000; i++)
		ck_assert_int_eq(0, send_order("1"));
	end();
	w.fs = fs;
	ck_assert_int_eq(0, send_order("1"));
	end();
	ck_assert_int_eq(0, store_session_state(w.store, fs->id, &st));
	ck_assert_uint_eq(1000, st.pending);
	ck_assert_uint_eq(1, st.next_out);
	logon();
	LEFT(1, "send 35=D 34=2");
}
END_TEST

START_TEST(a_start_knows_what_waits)
{
	struct sess_cfg cfg = *sess_config(w.fs->machine), cfg2;
	struct fgsess *other;
	int i;

	cfg2 = cfg;
	cfg2.name = "other";
	ck_assert_int_eq(0, driver_add(w.driver, &cfg2, &w.fs));
	for (i = 0; i < 1000; i++)
		ck_assert_int_eq(0, send_order("1"));
	end();
	driver_free(w.driver);
	w.driver = driver_new(w.store, &ops);
	ck_assert_int_eq(0, driver_add(w.driver, &cfg2, &other));
	ck_assert_int_eq(0, driver_add(w.driver, &cfg, &w.fs));
	ck_assert_int_eq(0, driver_start(w.driver));
	ck_assert_uint_eq(0, other->pending_done);
	ck_assert_uint_eq(1000, other->pending_tail);
	ck_assert_uint_eq(1000, w.fs->pending_done); /* nothing of it */
}
END_TEST

START_TEST(a_session_may_refuse_messages_while_it_is_off)
{
	w.fs->when_off = DRIVER_OFF_REJECT;
	ck_assert_int_eq(FG_ESTATE, send_order("1"));
	w.fs->when_off = DRIVER_OFF_NUMBER;
	ck_assert_int_eq(0, send_order("1"));
	end();
	ck_assert_uint_eq(1, w.answer_seq);
}
END_TEST

START_TEST(early_messages_get_their_rows_in_order)
{
	uint64_t before;

	logon();
	before = store_visible(w.store, STORE_FIX_IN);
	w.peer_seq = 3;
	peer("D", "11=3|");
	peer("D", "11=4|");
	end();
	ck_assert_uint_eq(before, store_visible(w.store, STORE_FIX_IN));
	LEFT(1, "send 35=2 34=2");
	w.peer_seq = 2;
	peer("D", "11=2|");
	end();
	ck_assert_uint_eq(before + 3, store_visible(w.store, STORE_FIX_IN));
	ck_assert_uint_eq(5, sess_seqs(w.fs->machine).next_in);
}
END_TEST

START_TEST(reading_stops_when_too_much_waits_for_the_disk)
{
	char body[4096];
	int i;

	logon();
	store_mem_hold(w.store);
	memset(body, 'x', sizeof(body));
	memcpy(body, "58=", 3);
	memcpy(body + 200, "|", 2);
	for (i = 0; i < 1000000 && !driver_is_stalled(w.driver); i++) {
		peer("D", body);
		if (i % 64 == 0)
			end();
	}
	ck_assert(driver_is_stalled(w.driver));
	store_mem_release(w.store, UINT64_MAX);
	end();
	ck_assert(!driver_is_stalled(w.driver));
}
END_TEST

START_TEST(sessions_are_found_by_name)
{
	static const char *const names[] = { "D", "B", "C", "A", "E", "BB" };
	struct sess_cfg cfg = *sess_config(w.fs->machine);
	struct fgsess *fs;
	size_t i;

	for (i = 0; i < 6; i++) {
		cfg.name = names[i];
		ck_assert_int_eq(0, driver_add(w.driver, &cfg, &fs));
	}
	for (i = 0; i < 6; i++) {
		fs = driver_by_name(w.driver, names[i]);
		ck_assert_ptr_nonnull(fs);
		ck_assert_str_eq(names[i], fs->name);
	}
	ck_assert_ptr_eq(w.fs, driver_by_name(w.driver, w.fs->name));
	ck_assert_ptr_null(driver_by_name(w.driver, ""));
	ck_assert_ptr_null(driver_by_name(w.driver, "AA"));
	ck_assert_ptr_null(driver_by_name(w.driver, "ZZ"));
}
END_TEST

START_TEST(why_a_session_ended_stays_to_be_seen)
{
	driver_connected(w.driver, w.fs, "test");
	peer("0", "");
	end();
	driver_disconnected(w.driver, w.fs, "closed by us");
	end();
	ck_assert_str_eq("refused: the first message is not a Logon",
	    w.fs->last_event);
	logon();
	driver_disconnected(w.driver, w.fs, "closed by peer");
	end();
	ck_assert_str_eq("disconnected: closed by peer", w.fs->last_event);
}
END_TEST

START_TEST(heartbeats_and_timeouts_come_from_the_timers)
{
	mono_t due;

	logon();
	driver_end(w.driver, &due);
	ck_assert_int_eq(START_MONO + 30 * NS_PER_S, due.ns);
	pass(30 * NS_PER_S);
	end();
	LEFT(1, "send 35=0 34=2");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("release");
	TCase *tc = tcase_create("release");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 600); /* sanitizers on a busy machine */
	tcase_add_test(tc, a_rows_are_invisible_until_they_are_durable);
	tcase_add_test(tc, b_sends_of_a_dead_connection_do_not_reach_the_next_one);
	tcase_add_test(tc, c_a_disconnect_stays_behind_the_logout_that_waits);
	tcase_add_test(tc, d_a_failed_commit_throws_away_what_ran_ahead);
	tcase_add_test(tc, d_a_power_cut_takes_back_numbers_that_nobody_saw);
	tcase_add_test(tc, d_what_is_durable_is_no_failure_to_who_asked_for_it);
	tcase_add_test(tc,
	    d_who_asked_hears_of_a_failure_when_it_is_taken_back);
	tcase_add_loop_test(tc, d_only_a_full_disk_is_waited_for, 0, 3);
	tcase_add_test(tc, d_no_order_is_taken_while_the_store_is_repaired);
	tcase_add_test(tc, e_a_resend_is_answered_from_durable_rows_only);
	tcase_add_test(tc, e_a_resend_of_a_past_epoch_ends_no_other_one);
	tcase_add_test(tc, e_a_resend_waits_for_a_peer_that_reads_slowly);
	tcase_add_test(tc, e_a_resend_waits_for_the_disk);
	tcase_add_test(tc,
	    e_what_is_behind_a_resend_request_waits_for_its_first_step);
	tcase_add_test(tc,
	    e_a_peer_that_waits_is_read_before_it_is_taken_for_dead);
	tcase_add_test(tc, f_nothing_is_acknowledged_before_it_is_stored);
	tcase_add_test(tc, g_a_message_held_too_long_is_not_sent_with_a_stale_time);
	tcase_add_test(tc,
	    a_message_for_a_session_that_is_off_waits_without_a_number);
	tcase_add_test(tc,
	    what_waits_is_not_looked_for_among_all_that_ever_waited);
	tcase_add_test(tc, a_start_knows_what_waits);
	tcase_add_test(tc, a_session_may_refuse_messages_while_it_is_off);
	tcase_add_test(tc, early_messages_get_their_rows_in_order);
	tcase_add_test(tc, reading_stops_when_too_much_waits_for_the_disk);
	tcase_add_test(tc, sessions_are_found_by_name);
	tcase_add_test(tc, why_a_session_ended_stays_to_be_seen);
	tcase_add_test(tc, heartbeats_and_timeouts_come_from_the_timers);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
