/* net.c: the connections between the gateways, and what befalls them. */
#include <string.h>

#include "fix/frame.h"
#include "sim.h"

#define MESSAGE_MAX 65536

static void
wait_again(struct sim_link *l)
{
	l->wait = l->storm > 0 ? 1 : 1 + (int)sim_rnd(20);
}

void
sim_net_forget(struct sim_link *l, int end)
{
	struct sim_end *e = &l->end[end];

	e->open = e->told = e->close = false;
	e->in.len = e->out.len = e->wrong_at = 0;
	if (l->end[!end].open)
		l->dead = !l->visitor || end != l->caller;
	if (end == l->caller) {
		l->visitor = false;
		wait_again(l);
	}
}

/* The gateway closes its socket, or hears that it is closed. */
static void
hang_up(struct sim_link *l, int end, const char *why)
{
	struct sim_gate *g = &sim.gate[end];
	struct sim_end *e = &l->end[end];
	bool told = e->told;

	if (!e->open)
		return;
	e->open = e->told = e->close = false;
	e->in.len = e->wrong_at = 0;
	if (end == l->caller) {
		if (l->visitor)
			e->out.len = 0; /* it was for no one */
		l->visitor = false;
		wait_again(l);
	}
	if (told && sim_gate_is_up(g))
		driver_disconnected(g->driver, e->fs, why);
}

void
sim_net_cut(struct sim_link *l)
{
	int i;

	for (i = 0; i < 2; i++) {
		hang_up(l, i, "reset by peer");
		l->end[i].out.len = 0;
	}
	l->dead = false;
}

/* Noise: who has not logged on is turned away for it. */
static void
garbled(struct sim_link *l, int to, enum fix_garble why, const char *p,
    size_t n)
{
	struct sim_end *e = &l->end[to];

	if (!sim.noise)
		sim_fail("a garbled message arrived: %.*s", (int)n, p);
	sim_count[SIM_GARBLED]++;
	if (e->told)
		driver_garbled(sim.gate[to].driver, e->fs, why, p, n);
	else
		sim_net_cut(l);
}

static void
take_message(struct sim_link *l, int to, const struct fix_frame *f)
{
	struct sim_gate *g = &sim.gate[to];
	struct sim_end *e = &l->end[to];
	const char *p = e->in.p + f->skip;
	struct fix_msg m = { 0 };

	if (f->garble != FIX_CLEAN) {
		garbled(l, to, f->garble, f->len == 0 ? e->in.p : p,
		    f->len == 0 ? f->skip : f->len);
		return;
	}
	if (fields_index(&g->fields, &m, p, f->len, driver_lens(e->fs)) != 0) {
		garbled(l, to, m.garble, p, f->len);
		return;
	}
	if (!e->told) {
		e->told = true;
		driver_connected(g->driver, e->fs, "sim");
	}
	driver_recv(g->driver, e->fs, &m);
}

/* A byte that came in the last n of them is another. Only one of a message: two
 * could make up for each other in the CheckSum. */
static void
disturb(struct sim_end *e, size_t n)
{
	if (!sim.trouble || !sim.noise || e->wrong_at != 0 || !sim_one_in(60))
		return;
	e->wrong_at = e->in.len - sim_rnd((uint32_t)n);
	e->in.p[e->wrong_at - 1] ^= (char)(1 + sim_rnd(127));
}

static void
eat(struct sim_end *e, size_t n)
{
	if (e->in.len == 0)
		return; /* the connection is gone */
	buf_shift(&e->in, n);
	e->wrong_at = e->wrong_at > n ? e->wrong_at - n : 0;
}

static void
receive(struct sim_link *l, int to)
{
	struct sim_end *e = &l->end[to];
	struct fix_frame f;
	int err = 0;

	while (err == 0 && e->open && e->in.len > 0 &&
	    !driver_is_full(sim.gate[to].driver)) {
		/* As gateway/visitor.c does. */
		if (e->told && driver_is_answering(e->fs)) {
			sim_count[SIM_PAUSE]++;
			return;
		}
		err = fix_frame(e->in.p, e->in.len, MESSAGE_MAX, &f);
		if (err == 0 && e->told && f.garble == FIX_CLEAN &&
		    memmem(e->in.p + f.skip, f.len, "\00135=5\001", 6) != NULL &&
		    driver_holds_logout(sim.gate[to].driver, e->fs))
			return;
		if (err == 0)
			take_message(l, to, &f);
		else
			f.len = 0;
		eat(e, f.skip + f.len);
	}
}

/* The other side is closed, and all that it sent was seen. What is still to go
 * there goes, and nobody gets it. */
static void
left(struct sim_link *l, int to)
{
	struct sim_gate *g = &sim.gate[to];
	struct sim_end *e = &l->end[to];

	e->out.len = 0;
	if (!e->told || !driver_peer_left(g->driver, e->fs)) {
		hang_up(l, to, "closed by peer");
		return;
	}
	sim_count[SIM_LEFT]++;
	driver_drained(g->driver, e->fs);
}

/* Some of the bytes arrive, cut anywhere. */
static void
deliver(struct sim_link *l, int to)
{
	struct sim_end *from = &l->end[!to], *e = &l->end[to];
	size_t n = from->out.len;

	if (l->dead || l->visitor || !e->open ||
	    !sim_gate_is_up(&sim.gate[to]) ||
	    driver_is_down(sim.gate[to].driver))
		return;
	if (sim.trouble && sim.in_bytes && n > 0)
		n = 1 + sim_rnd(64);
	else if (sim.trouble && n > 0)
		n = sim_rnd((uint32_t)n + 1);
	if (n > from->out.len)
		n = from->out.len;
	while (n > 0 && e->open) {
		size_t part = sim.in_bytes ? 1 : n;

		if (buf_add(&e->in, from->out.p, part) != 0)
			sim_fail("out of memory");
		buf_shift(&from->out, part);
		n -= part;
		disturb(e, part);
		receive(l, to);
	}
	receive(l, to);
	if (from->open && from->out.len == 0 &&
	    sim_gate_is_up(&sim.gate[!to]))
		driver_drained(sim.gate[!to].driver, from->fs);
	if (!from->open && from->out.len == 0 && e->in.len == 0)
		left(l, to);
}

static void
call(struct sim_link *l)
{
	struct sim_gate *g = &sim.gate[l->caller];
	struct sim_end *from = &l->end[l->caller], *to = &l->end[!l->caller];
	int link = (int)(l - sim.link);

	if (!sim_gate_is_up(g) || driver_is_down(g->driver) || l->wait-- > 0)
		return;
	if (!sim_gate_admits(g, link) ||
	    !sim_gate_is_up(&sim.gate[!l->caller]) ||
	    !sim_gate_admits(&sim.gate[!l->caller], link)) {
		wait_again(l);
		return;
	}
	from->out.len = from->in.len = from->wrong_at = 0;
	from->open = from->told = from->first = true;
	/* Without a Logon it is of no session yet. */
	l->visitor = to->open && to->told;
	sim_count[SIM_DUPLICATE] += l->visitor;
	if (!l->visitor) {
		l->dead = false;
		to->out.len = to->in.len = to->wrong_at = 0;
		to->open = to->first = true;
	}
	driver_connected(g->driver, from->fs, "sim");
}

void
sim_net_step(struct sim_link *l)
{
	int i;

	for (i = 0; i < 2; i++)
		if (l->end[i].close)
			hang_up(l, i, "closed by us");
	if (!l->end[l->caller].open) {
		call(l);
	} else if (l->visitor) {
		if (sim_one_in(3)) /* it is told to go */
			hang_up(l, l->caller, "closed by peer");
	}
	deliver(l, 0);
	deliver(l, 1);
	if (l->storm > 0 && l->end[0].open && sim_one_in(3)) {
		l->storm--;
		sim_net_cut(l);
	}
}
