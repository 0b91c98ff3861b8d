/* invariants.c: what must hold at every moment, and at the end. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "gateway/driver_int.h"
#include "sim.h"

#define INCORRECT "Value is incorrect" /* a Reject says, and its row */

/* What FIX_OUT has of a message that leaves. */
struct stored {
	const char *p;
	size_t n;
	uint64_t order;
	bool found, same;
};

static uint64_t
order_of(const char *p, size_t n)
{
	const char *at = memmem(p, n, "\00111=", 4);
	uint64_t id = 0;

	for (at = at == NULL ? NULL : at + 4; at != NULL && *at != '\001'; at++)
		id = id * 10 + (uint64_t)(*at - '0');
	return id;
}

static int
compare(void *arg, const struct store_row *row)
{
	struct stored *s = arg;

	s->found = true;
	s->order = order_of(row->data, row->len);
	s->same = row->len == s->n && memcmp(row->data, s->p, s->n) == 0;
	return 0;
}

/* Is it in FIX_OUT, durably, in this epoch or one that has just ended? */
static bool
is_stored(struct sim_gate *g, const struct sim_end *e, uint64_t seq,
    struct stored *s, bool exact)
{
	uint32_t epoch = sess_seqs(e->fs->machine).epoch;
	uint64_t next;
	int i;

	for (i = 0; i < 8 && epoch > 0; i++, epoch--) {
		s->found = false;
		if (store_read_out(g->store, e->fs->id, epoch, seq, seq, 1,
		    65536, compare, s, &next) == 0 && s->found &&
		    (s->same || (!exact && s->order == order_of(s->p, s->n))))
			return true;
	}
	return false;
}

void
sim_check_sent(struct sim_gate *g, int link, const char *p, size_t n)
{
	struct sim_end *e = &sim.link[link].end[g->id];
	struct stored s = { .p = p, .n = n };
	struct fix_msg m = { 0 };
	uint64_t seq;

	if (sim_verbose)
		printf("%" PRIu64 " %s: %.*s\n", sim.steps, e->fs->name, (int)n,
		    p);
	if (fields_index(&g->fields, &m, p, n, driver_lens(e->fs)) != 0 ||
	    fix_get_u64(&m, 34, &seq) != 0)
		sim_fail("gateway %d sends nonsense", g->id);
	if (e->first && !fix_is(&m, fix_find(&m, 35), "A") &&
	    !fix_is(&m, fix_find(&m, 35), "5") &&
	    !fix_is(&m, fix_find(&m, 35), "3"))
		sim_fail("the first message on a connection is no Logon: %.*s",
		    (int)n, p);
	if (fix_get_bool(&m, 43)) {
		/* A gap fill stands for others; an order is the stored one. */
		if (!fix_get_bool(&m, 123) && !is_stored(g, e, seq, &s, false))
			sim_fail("number %" PRIu64 " is resent and is not what "
			    "was stored", seq);
		return;
	}
	if (!is_stored(g, e, seq, &s, true))
		sim_fail("number %" PRIu64 " of %s left, and is not durable as "
		    "it is: %.*s", seq, e->fs->name, (int)n, p);
}

/* ---- tables ---- */

static struct sim_end *
end_of(struct sim_gate *g, const struct store_row *row, int *link)
{
	int k;

	for (k = 0; k < SIM_LINKS; k++)
		if (sim.link[k].end[g->id].fs->id == row->session) {
			*link = k;
			return &sim.link[k].end[g->id];
		}
	sim_fail("a row of no session");
}

/* A number is used once in an epoch. */
static void
check_number(const char *table, const struct store_row *row, uint64_t *epoch,
    uint64_t *seq)
{
	if (row->epoch < *epoch || (row->epoch == *epoch &&
	    row->msg_seq_num <= *seq))
		sim_fail("%s: number %" PRIu64 " of epoch %" PRIu32 " after %"
		    PRIu64 " of %" PRIu64, table, row->msg_seq_num, row->epoch,
		    *seq, *epoch);
	*epoch = row->epoch;
	*seq = row->msg_seq_num;
}

static int
check_in(void *arg, const struct store_row *row)
{
	struct sim_gate *g = arg;
	struct sim_end *e, *from;
	uint64_t id;
	int k;

	e = end_of(g, row, &k);
	from = &sim.link[k].end[!g->id];
	check_number("FIX_IN", row, &e->in_epoch, &e->in_seq);
	if ((row->flags & STORE_ADMIN) != 0) {
		e->rejects += memmem(row->data, row->len, INCORRECT,
		    strlen(INCORRECT)) != NULL;
		return 0;
	}
	id = order_of(row->data, row->len);
	if (id > from->given)
		sim_fail("order %" PRIu64 " was never given", id);
	if (from->wrong[id] && e->cfg.validate)
		sim_fail("order %" PRIu64 " of %s is wrong, and in FIX_IN", id,
		    from->cfg.name);
	/* One that resets alone is sent again what it had. */
	if (id <= e->order && (!sim.resets ||
	    (row->flags & STORE_POSS_DUP) == 0))
		sim_fail("order %" PRIu64 " of %s after %" PRIu64, id,
		    from->cfg.name, e->order);
	if (id > e->order)
		e->order = id;
	from->received[id] = true;
	return 0;
}

/* What was refused: by the dictionary, or a duplicate that says it was sent
 * before its time. A good order that got lost by it is missed in the end. */
static int
check_other(void *arg, const struct store_row *row)
{
	struct sim_gate *g = arg;
	struct sim_end *e, *from;
	uint64_t id;
	int k;

	if (row->code != SESS_OTHER_INVALID)
		return 0;
	e = end_of(g, row, &k);
	from = &sim.link[k].end[!g->id];
	id = order_of(row->data, row->len);
	if (id > from->given)
		sim_fail("order %" PRIu64 " was never given", id);
	if (!from->wrong[id] || !e->cfg.validate ||
	    memmem(row->data, row->len, INCORRECT, strlen(INCORRECT)) == NULL)
		return 0;
	e->refused++;
	sim_count[SIM_REFUSED] += !from->received[id];
	from->received[id] = true;
	return 0;
}

static int
check_out(void *arg, const struct store_row *row)
{
	struct sim_end *e;
	int k;

	e = end_of(arg, row, &k);
	check_number("FIX_OUT", row, &e->out_epoch, &e->out_seq);
	return 0;
}

/* A reset leaves behind what was not received: it is in FIX_OUT. */
static void
note_reset(struct sim_link *l, struct sim_end *e)
{
	uint32_t epoch = sess_seqs(e->fs->machine).epoch;

	if (e->epoch != 0 && epoch != e->epoch) {
		if (!sim.resets && sim.kind == SIM_NO_SCHEDULE)
			sim_fail("%s: numbers were reset, and nobody asked",
			    e->fs->name);
		l->end[0].forgiven = l->end[0].given;
		l->end[1].forgiven = l->end[1].given;
	}
	e->epoch = epoch;
}

static void
check_memory(const struct sim_end *e)
{
	const struct early *early = &e->fs->early;
	size_t i, n = 0;

	for (i = early->head; i < early->n; i++)
		n += memmem(early->msg[i].p, early->msg[i].len, "\00135=2\001",
		    6) == NULL;
	if (n > e->cfg.max_early)
		sim_fail("%s keeps %zu early messages, at most %u",
		    e->fs->name, n, e->cfg.max_early);
}

void
sim_check_rows(struct sim_gate *g)
{
	int k;

	if (store_read(g->store, STORE_FIX_IN, g->in_row, SIZE_MAX, SIZE_MAX,
	    check_in, g, &g->in_row) != 0 ||
	    store_read(g->store, STORE_FIX_OUT, g->out_row, SIZE_MAX, SIZE_MAX,
	    check_out, g, &g->out_row) != 0 ||
	    store_read(g->store, STORE_FIX_IN_OTHER, g->other_row, SIZE_MAX,
	    SIZE_MAX, check_other, g, &g->other_row) != 0)
		sim_fail("the store cannot be read");
	for (k = 0; k < SIM_LINKS; k++) {
		note_reset(&sim.link[k], &sim.link[k].end[g->id]);
		check_memory(&sim.link[k].end[g->id]);
	}
	if (release_bytes(&g->driver->rel) > STALL_BYTES)
		sim_fail("the release queue has %zu bytes",
		    release_bytes(&g->driver->rel));
}

/* ---- the end ---- */

/* The numbers are those of this window. */
static bool
is_of_today(const struct sim_end *e)
{
	struct schedule_window w;

	return sim.kind != SIM_WINDOWS || (schedule_window(&sim.schedule,
	    sim.now.wall, &w) && schedule_is_in(&w, sim.now.wall) &&
	    sess_seqs(e->fs->machine).created.ns >= w.start.ns);
}

static const char *say(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

static const char *
say(const char *fmt, ...)
{
	static char text[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return text;
}

static const char *
unsettled(const struct sim_end *from, const struct sim_end *to)
{
	uint64_t id;

	if (sess_state(from->fs->machine) != SESS_ON ||
	    sess_state(to->fs->machine) != SESS_ON)
		return "not logged on";
	if (sess_gap(to->fs->machine) != 0)
		return "a gap is open";
	if (sess_seqs(from->fs->machine).next_out !=
	    sess_seqs(to->fs->machine).next_in)
		return say("%s: %" PRIu64 " is the next number, and %" PRIu64
		    " is expected", from->cfg.name,
		    sess_seqs(from->fs->machine).next_out,
		    sess_seqs(to->fs->machine).next_in);
	if (to->fs->early.head != to->fs->early.n)
		return "early messages are left";
	if (!is_of_today(from))
		return "the numbers are those of yesterday";
	/* No reset left any of them behind. */
	if (from->forgiven == 0 && from->rejects != to->refused)
		return say("%s: %" PRIu64 " Rejects for %" PRIu64 " wrong "
		    "orders", from->cfg.name, from->rejects, to->refused);
	if (from->fs->pending_tail > from->fs->pending_done)
		return "OUT_PENDING is not empty";
	for (id = from->forgiven + 1; id <= from->given; id++)
		if (from->acked[id] && !from->received[id])
			return say("order %" PRIu64 " of %s is lost", id,
			    from->cfg.name);
	return NULL;
}

const char *
sim_unsettled(void)
{
	const char *what;
	int k, i;

	for (i = 0; i < 2; i++)
		if (!sim_gate_is_up(&sim.gate[i]) ||
		    driver_is_down(sim.gate[i].driver))
			return "a gateway is down";
	for (i = 0; i < 2; i++)
		if (driver_waiting(sim.gate[i].driver) > 0)
			return "the release queue is not empty";
	for (k = 0; k < SIM_LINKS; k++)
		for (i = 0; i < 2; i++) {
			what = unsettled(&sim.link[k].end[i],
			    &sim.link[k].end[!i]);
			if (what != NULL)
				return what;
		}
	return NULL;
}
