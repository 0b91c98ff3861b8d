/*
 * Two machines, an initiator and an acceptor, on a bad network: bytes wait for
 * a while and get lost with their connection, either side crashes and starts
 * again from what it had committed, resends come in pieces. The loop index of a
 * failed test is its seed: SEED=n runs that one alone, SEEDS=n so many.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

#define SEEDS      400
#define BAD_STEPS  400
#define GOOD_STEPS 1000 /* 50 s, so that a lost resend is asked for again */
#define STEP_NS    (50 * NS_PER_MS)
#define WIRE_MAX   (1 << 20)
#define CONNECT_S  1 /* ReconnectInterval of this world */

struct side {
	struct mem m;
	struct sess_cfg cfg;
	uint64_t orders; /* numbered so far, as ClOrdID */
	char *wire;      /* bytes on their way to the other side */
	size_t n;
};

struct world {
	struct side a, b; /* a connects to b */
	bool up;
	int down_for; /* steps until the next attempt */
	uint64_t rnd;
	bool trouble;
};

/* xorshift64* */
static uint32_t
rnd(struct world *w, uint32_t n)
{
	w->rnd ^= w->rnd >> 12;
	w->rnd ^= w->rnd << 25;
	w->rnd ^= w->rnd >> 27;
	return (uint32_t)((w->rnd * UINT64_C(2685821657736338717)) >> 33) % n;
}

static void
side_open(struct world *w, struct side *d, enum sess_role role,
    const char *own, const char *other)
{
	struct sess_seqs one = { .next_in = 1, .next_out = 1, .epoch = 1 };

	sess_cfg_default(&d->cfg);
	d->cfg.name = own;
	d->cfg.role = role;
	d->cfg.begin_string = "FIX.4.4";
	d->cfg.sender_comp_id = own;
	d->cfg.target_comp_id = other;
	d->cfg.validate = false;
	d->cfg.heart_bt_int = 2;
	d->cfg.max_early = 1 + rnd(w, 50);
	d->cfg.send_redundant_resend_requests = rnd(w, 4) == 0;
	mem_open(&d->m, &d->cfg, &one, NULL);
	d->m.now.mono.ns = 1000 * NS_PER_S;
	d->m.now.wall.ns = INT64_C(1767603600) * NS_PER_S;
	d->m.pause_rows = rnd(w, 3) != 0;
	d->wire = malloc(WIRE_MAX);
	ck_assert_ptr_nonnull(d->wire);
}

static void
side_close(struct side *d)
{
	mem_close(&d->m);
	free(d->wire);
}

static void
cut(struct world *w)
{
	if (!w->up)
		return;
	w->up = false;
	w->a.n = w->b.n = 0;
	mem_disconnect(&w->a.m);
	mem_disconnect(&w->b.m);
	w->a.m.sent_at = w->a.m.sent.n;
	w->b.m.sent_at = w->b.m.sent.n;
	w->down_for = (int)rnd(w, 3 * CONNECT_S * NS_PER_S / STEP_NS);
}

/* The process ends; what it had not committed is gone, and its last action
 * with it. */
static void
crash(struct world *w, struct side *d)
{
	struct sess_acts lost = { 0 };
	uint64_t seq;

	if (rnd(w, 2) == 0) {
		sess_send(d->m.s, d->m.now, "D", "11=lost\001", 8, &lost,
		    &seq);
		sess_acts_free(&lost);
	}
	sess_free(d->m.s);
	d->m.s = sess_new(&d->cfg, &d->m.committed, NULL);
	ck_assert_ptr_nonnull(d->m.s);
	mem_list_free(&d->m.kept);
	d->m.row_last = 0;
	cut(w);
}

static void
order(struct side *d)
{
	char fields[64];
	uint64_t seq;

	snprintf(fields, sizeof(fields), "11=%" PRIu64 "\00154=1\001",
	    ++d->orders);
	ck_assert_int_eq(0, mem_send(&d->m, "D", fields, &seq));
}

static void
collect(struct side *d)
{
	const struct mem_msg *m;

	while ((m = mem_taken(&d->m)) != NULL) {
		ck_assert(d->n + m->len < WIRE_MAX);
		memcpy(d->wire + d->n, m->p, m->len);
		d->n += m->len;
	}
}

/* Some of the bytes arrive, cut anywhere. */
static void
deliver(struct world *w, struct side *from, struct side *to)
{
	size_t n = from->n;

	collect(from);
	n = from->n;
	if (w->trouble && n > 0)
		n = rnd(w, (uint32_t)n + 1);
	if (n == 0 || to->m.closed)
		return;
	mem_receive(&to->m, from->wire, n);
	from->n -= n;
	memmove(from->wire, from->wire + n, from->n);
}

static void
connect_again(struct world *w)
{
	if (w->down_for-- > 0)
		return;
	w->up = true;
	mem_connect(&w->b.m);
	mem_connect(&w->a.m);
}

static void
step(struct world *w, struct side *d)
{
	if (w->trouble && rnd(w, 4) == 0)
		order(d);
	if (d->m.row_last != 0 && rnd(w, 2) == 0)
		mem_rows(&d->m, 1 + rnd(w, 4));
	mem_pass(&d->m, STEP_NS);
}

static void
disturb(struct world *w)
{
	switch (rnd(w, 60)) {
	case 0:
		cut(w);
		break;
	case 1:
		crash(w, &w->a);
		break;
	case 2:
		crash(w, &w->b);
		break;
	default:
		break;
	}
}

static void
run(struct world *w, int steps)
{
	while (steps-- > 0) {
		step(w, &w->a);
		step(w, &w->b);
		if (!w->up) {
			connect_again(w);
			continue;
		}
		deliver(w, &w->a, &w->b);
		deliver(w, &w->b, &w->a);
		if (w->a.m.closed || w->b.m.closed)
			cut(w);
		else if (w->trouble)
			disturb(w);
	}
}

/* Every order once and in order, and nothing else. */
static void
check_received(const struct side *from, const struct side *to)
{
	char field[64];
	uint64_t next = 1;
	size_t i;

	for (i = 0; i < to->m.in.n; i++) {
		if (!mem_has(to->m.in.v[i].p, to->m.in.v[i].len, "35=D"))
			continue;
		snprintf(field, sizeof(field), "11=%" PRIu64, next++);
		if (!mem_has(to->m.in.v[i].p, to->m.in.v[i].len, field))
			mem_fail("order %s is not the next of %s", field,
			    from->cfg.name);
	}
	if (next != from->orders + 1)
		mem_fail("%" PRIu64 " orders of %s, %" PRIu64 " received",
		    from->orders, from->cfg.name, next - 1);
}

/* Both behave, so neither may find fault with the other. */
static void
check_no_fault(const struct side *d)
{
	size_t i;

	for (i = 0; i < d->m.other.n; i++)
		if (d->m.other.v[i].seq == SESS_OTHER_TOO_LOW ||
		    d->m.other.v[i].seq == SESS_OTHER_INVALID)
			mem_fail("%s: %s", d->cfg.name, d->m.other.v[i].p);
}

START_TEST(two_machines_lose_nothing_on_a_bad_network)
{
	const char *one = getenv("SEED");
	struct world w = { 0 };

	w.rnd = UINT64_C(0x9e3779b97f4a7c15) *
	    (one != NULL ? strtoull(one, NULL, 10) + 1 : (uint64_t)_i + 1);
	side_open(&w, &w.a, SESS_INITIATOR, "BUYER", "SELLER");
	side_open(&w, &w.b, SESS_ACCEPTOR, "SELLER", "BUYER");
	w.trouble = true;
	run(&w, BAD_STEPS);
	w.trouble = false;
	run(&w, GOOD_STEPS);
	ck_assert(sess_state(w.a.m.s) == SESS_ON);
	ck_assert(sess_state(w.b.m.s) == SESS_ON);
	check_received(&w.a, &w.b);
	check_received(&w.b, &w.a);
	check_no_fault(&w.a);
	check_no_fault(&w.b);
	side_close(&w.a);
	side_close(&w.b);
}
END_TEST

static int
seeds(void)
{
	const char *n = getenv("SEEDS");

	if (getenv("SEED") != NULL)
		return 1;
	return n == NULL ? SEEDS : atoi(n);
}

int
main(void)
{
	Suite *s = suite_create("pair");
	TCase *tc = tcase_create("pair");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc, two_machines_lose_nothing_on_a_bad_network, 0,
	    seeds());
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
