/*
 * Any bytes as the life of a session: each byte is something that happens,
 * those behind it say how. The driver of t/session checks the actions.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../session/mem.h"
#include "base/err.h"
#include "fix/out.h"
#include "fuzz.h"

#define MSG_CAP  1024
#define RAW_MAX  64
#define MAX_ROWS 4000 /* the lists of the test driver are searched linearly */

struct input {
	const uint8_t *p;
	size_t n;
};

static unsigned
take(struct input *in)
{
	if (in->n == 0)
		return 0;
	in->n--;
	return *in->p++;
}

/* A number near a given one, sometimes a far one. */
static uint64_t
near_number(struct input *in, uint64_t v)
{
	unsigned b = take(in);

	if (b == 255)
		return UINT64_MAX;
	if (b == 254)
		return 0;
	return b < 200 ? v + b % 8 : v - b % 8;
}

static void
put_fields(struct input *in, struct mem *m, struct fix_out *o)
{
	struct sess_seqs q = sess_seqs(m->s);
	unsigned mask = take(in);
	wall_t t = m->now.wall;

	t.ns -= (int64_t)(take(in) % 4) * NS_PER_S;
	if (mask & 1)
		fix_out_char(o, 43, 'Y');
	if (mask & 2)
		fix_out_time(o, 122, t, 3);
	if (mask & 4)
		fix_out_char(o, 123, (mask & 8) != 0 ? 'Y' : 'N');
	if (mask & 16)
		fix_out_u64(o, 36, near_number(in, q.next_in));
	if (mask & 32) {
		fix_out_u64(o, 7, near_number(in, q.next_out / 2));
		fix_out_u64(o, 16, near_number(in, q.next_out));
	}
	if (mask & 64) {
		fix_out_str(o, 98, "0");
		fix_out_u64(o, 108, take(in) % 32);
	}
	if (mask & 128)
		fix_out_char(o, 141, 'Y');
}

static void
message(struct input *in, struct mem *m)
{
	static const char types[] = "012345ADDDj";
	char bytes[MSG_CAP], type[2] = { 0 };
	wall_t sent = m->now.wall;
	struct fix_out o;
	const char *msg;
	unsigned odd;
	size_t len;

	type[0] = types[take(in) % (sizeof(types) - 1)];
	odd = take(in);
	fix_out_begin(&o, bytes, sizeof(bytes));
	fix_out_str(&o, 35, type);
	if (odd != 1)
		fix_out_u64(&o, 34, near_number(in, sess_seqs(m->s).next_in));
	fix_out_str(&o, 49, odd == 2 ? "WHOM" : "THEM");
	if (odd == 3)
		sent.ns += 500 * NS_PER_S;
	if (odd != 4)
		fix_out_time(&o, 52, sent, 3);
	fix_out_str(&o, 56, odd == 5 ? "" : "US");
	put_fields(in, m, &o);
	FUZZ_CHECK(fix_out_end(&o, odd == 6 ? "FIX.4.3" : "FIX.4.2", &msg,
	    &len) == 0);
	mem_receive(m, msg, len);
}

static void
raw(struct input *in, struct mem *m)
{
	size_t n = take(in) % RAW_MAX;

	if (n > in->n)
		n = in->n;
	mem_receive(m, (const char *)in->p, n);
	in->p += n;
	in->n -= n;
}

static void
order(struct input *in, struct mem *m)
{
	char fields[RAW_MAX + 1] = "11=x\001";
	size_t n = take(in) % RAW_MAX;
	uint64_t seq;

	if (n > 0 && n <= in->n) {
		memcpy(fields, in->p, n);
		fields[n] = '\0';
		in->p += n;
		in->n -= n;
	}
	(void)mem_send(m, "D", fields, &seq);
}

static void
operate(struct input *in, struct mem *m)
{
	struct sess_acts a = { 0 };

	switch (take(in) % 3) {
	case 0:
		sess_logout(m->s, m->now, NULL, &a);
		break;
	case 1:
		sess_reset(m->s, m->now, "fuzz", &a);
		break;
	default:
		/* Lower numbers would break what the driver checks. */
		(void)sess_set_seqs(m->s, m->now,
		    sess_seqs(m->s).next_in + 1, sess_seqs(m->s).next_out + 1,
		    "fuzz", &a);
		break;
	}
	mem_run(m, &a, NULL, m->now.wall);
	sess_acts_free(&a);
}

static void
happen(struct input *in, struct mem *m)
{
	if (m->closed)
		mem_disconnect(m);
	if (sess_state(m->s) == SESS_DOWN)
		mem_connect(m);
	switch (take(in) % 12) {
	case 0:
		raw(in, m);
		break;
	case 1:
		order(in, m);
		break;
	case 2:
		mem_pass(m, (int64_t)take(in) * NS_PER_S / 4);
		break;
	case 3:
		mem_rows(m, take(in) % 4);
		break;
	case 4:
		mem_disconnect(m);
		if (take(in) % 2 == 0)
			operate(in, m);
		break;
	case 5:
		operate(in, m);
		break;
	default:
		message(in, m);
		break;
	}
	FUZZ_CHECK(sess_seqs(m->s).next_in >= 1);
	FUZZ_CHECK(sess_seqs(m->s).epoch == m->committed.epoch);
	FUZZ_CHECK(sess_seqs(m->s).next_in == m->committed.next_in);
	FUZZ_CHECK(sess_seqs(m->s).next_out == m->committed.next_out);
}

static void
configure(struct input *in, struct sess_cfg *c)
{
	unsigned b = take(in);

	sess_cfg_default(c);
	c->name = "fuzz";
	c->role = (b & 1) != 0 ? SESS_INITIATOR : SESS_ACCEPTOR;
	c->begin_string = "FIX.4.2";
	c->sender_comp_id = "US";
	c->target_comp_id = "THEM";
	c->validate = false;
	c->reset_on_logon = (b & 2) != 0;
	c->reset_on_logout = (b & 4) != 0;
	c->reset_on_disconnect = (b & 8) != 0;
	c->send_redundant_resend_requests = (b & 16) != 0;
	c->persist_messages = (b & 32) == 0;
	c->accept_msg_types = (b & 64) != 0 ? "D,8" : NULL;
	c->max_early = 8;
	c->heart_bt_int = 10;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct sess_seqs one = { .next_in = 1, .next_out = 1,
		.epoch = 1 };
	struct input in = { data, n };
	struct sess_cfg c;
	struct mem m;

	configure(&in, &c);
	mem_open(&m, &c, &one, NULL);
	m.pause_rows = n % 2 == 0;
	m.now.mono.ns = 100 * NS_PER_S;
	m.now.wall.ns = INT64_C(1767603600) * NS_PER_S;
	while (in.n > 0 && m.sent.n + m.other.n < MAX_ROWS)
		happen(&in, &m);
	mem_close(&m);
	return 0;
}
