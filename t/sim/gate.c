/* gate.c: one simulated gateway: driver, store, disk, process. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "sim.h"

/* An order whose answer is awaited. */
struct asked {
	struct sim_end *end;
	uint64_t id;
};

static struct sim_end *
end_of(struct sim_gate *g, const struct fgsess *fs)
{
	int k;

	for (k = 0; k < SIM_LINKS; k++)
		if (sim.link[k].end[g->id].fs == fs)
			return &sim.link[k].end[g->id];
	sim_fail("a session that is none");
}

static struct now
op_now(void *arg)
{
	struct sim_gate *g = arg;
	struct now now = sim.now;

	now.wall.ns += g->skew;
	return now;
}

static void
op_send(void *arg, struct fgsess *fs, const void *p, size_t n)
{
	struct sim_gate *g = arg;
	struct sim_end *e = end_of(g, fs);
	int k = 0;

	while (&sim.link[k].end[g->id] != e)
		k++;
	sim_check_sent(g, k, p, n);
	sim.sent++;
	if (e->open && !e->close && buf_add(&e->out, p, n) != 0)
		sim_fail("out of memory");
	e->first = false;
}

static bool
op_is_full(void *arg, struct fgsess *fs)
{
	return end_of(arg, fs)->out.len > 4096;
}

static void
op_disconnect(void *arg, struct fgsess *fs, const char *why)
{
	(void)why;
	end_of(arg, fs)->close = true;
}

static void
op_drop_all(void *arg, const char *why)
{
	struct sim_gate *g = arg;
	int k;

	(void)why;
	sim_count[SIM_DISK_FULL]++;
	for (k = 0; k < SIM_LINKS; k++)
		sim_net_forget(&sim.link[k], g->id);
}

static void
op_fatal(void *arg, const char *why)
{
	(void)why;
	((struct sim_gate *)arg)->dead = true;
}

static const struct driver_ops ops = { .now = op_now, .send = op_send,
	.is_full = op_is_full, .disconnect = op_disconnect,
	.drop_all = op_drop_all, .fatal = op_fatal };

static int
fault(void *arg, const char *step)
{
	struct sim_gate *g = arg;

	return g->full && strcmp(step, "commit") == 0 ? FG_ENOSPC : 0;
}

static void
start(struct sim_gate *g)
{
	struct sim_end *e;
	int k;

	g->driver = driver_new(g->store, &ops);
	if (g->driver == NULL)
		sim_fail("out of memory");
	driver_set_arg(g->driver, g);
	for (k = 0; k < SIM_LINKS; k++) {
		e = &sim.link[k].end[g->id];
		if (driver_add(g->driver, &e->cfg, &e->fs) != 0)
			sim_fail("driver_add");
		e->fs->when_off = e->when_off;
		e->hours = (struct hours){ .schedule = &sim.schedule,
			.open = sim.kind == SIM_NO_SCHEDULE };
		e->look = (mono_t){ 0 };
	}
	if (driver_start(g->driver) != 0)
		sim_fail("driver_start");
	g->dead = false;
}

void
sim_gate_open(struct sim_gate *g)
{
	struct store_cfg cfg = { .durability = STORE_SYNCED, .fault = fault,
		.fault_arg = g };
	char err[STORE_ERR_MAX];

	if (store_open_mem(&g->store, &cfg, err) != 0)
		sim_fail("store: %s", err);
	start(g);
}

void
sim_gate_close(struct sim_gate *g)
{
	int k;

	driver_free(g->driver);
	store_close(g->store);
	fields_free(&g->fields);
	for (k = 0; k < SIM_LINKS; k++) {
		buf_free(&sim.link[k].end[g->id].out);
		buf_free(&sim.link[k].end[g->id].in);
	}
}

bool
sim_gate_is_up(const struct sim_gate *g)
{
	return g->down == 0 && !g->dead;
}

void
sim_gate_crash(struct sim_gate *g, bool power_cut)
{
	int k;

	for (k = 0; k < SIM_LINKS; k++)
		sim_net_forget(&sim.link[k], g->id);
	if (!power_cut) {
		sim_count[SIM_RESTART]++;
		store_mem_release(g->store, UINT64_MAX);
	}
	sim_count[SIM_POWER_CUT] += power_cut && driver_waiting(g->driver) > 0;
	driver_free(g->driver);
	g->driver = NULL;
	g->full = g->stalled = false;
	if (power_cut) {
		store_mem_power_cut(g->store);
		if (store_recover(g->store) != 0)
			sim_fail("store_recover");
	}
	store_mem_release(g->store, UINT64_MAX);
	g->down = 1 + (int)sim_rnd(20);
}

void
sim_gate_restart(struct sim_gate *g)
{
	start(g);
}

/* As gateway/window.c does: at the edges, and always before a connection,
 * because a reset may have been lost with its commit. */
static void
look(struct sim_gate *g, struct sim_end *e, bool always)
{
	struct hours was = e->hours;
	struct now now = op_now(g);
	bool on = sess_state(e->fs->machine) == SESS_ON;
	uint32_t epoch = sess_seqs(e->fs->machine).epoch;

	if (driver_is_down(g->driver) ||
	    (!always && mono_before(now.mono, e->look)))
		return;
	hours_look(&e->hours, g->driver, e->fs, now.wall);
	sim_count[SIM_WINDOW] += !was.open && e->hours.open &&
	    was.looked.ns != 0;
	sim_count[SIM_RESET_TIME] += sim.kind == SIM_RESET_TIMES && on &&
	    sess_seqs(e->fs->machine).epoch != epoch;
	e->look = mono_add(now.mono, hours_wait(&e->hours, now.wall));
}

void
sim_gate_look(struct sim_gate *g)
{
	int k;

	for (k = 0; sim.kind != SIM_NO_SCHEDULE && k < SIM_LINKS; k++)
		look(g, &sim.link[k].end[g->id], false);
}

bool
sim_gate_admits(struct sim_gate *g, int link)
{
	struct sim_end *e = &sim.link[link].end[g->id];

	if (sim.kind != SIM_NO_SCHEDULE)
		look(g, e, true);
	return e->hours.open && !driver_is_down(g->driver);
}

/* The disk: fast, slow or full. */
void
sim_gate_disk(struct sim_gate *g)
{
	if (g->stalled && sim_one_in(4))
		store_mem_release(g->store, store_durable(g->store) +
		    sim_rnd(3));
	if (!sim.trouble || (g->stalled && sim_one_in(40))) {
		g->stalled = false;
		store_mem_release(g->store, UINT64_MAX);
	} else if (!g->stalled && sim_one_in(30)) {
		g->stalled = true;
		sim_count[SIM_STALL]++;
		store_mem_hold(g->store);
	}
	g->full = sim.trouble && (g->full ? !sim_one_in(20) : sim_one_in(300));
}

static void
answered(void *arg, const struct release_done *done)
{
	struct asked *a = arg;

	if (done->err == 0)
		a->end->acked[a->id] = true;
	free(a);
}

void
sim_gate_order(struct sim_gate *g, int link)
{
	struct sim_end *e = &sim.link[link].end[g->id];
	struct asked *a;
	char fields[128];
	bool wrong = sim.wrong && sim_one_in(10);
	int n;

	if (e->given + 1 >= SIM_IDS)
		return;
	a = malloc(sizeof(*a));
	if (a == NULL)
		sim_fail("out of memory");
	*a = (struct asked){ .end = e, .id = e->given + 1 };
	n = snprintf(fields, sizeof(fields), "11=%" PRIu64 "\00121=1\00155=X"
	    "\00154=%c\00138=1\00140=1\001%s", a->id, wrong ? '?' : '1',
	    strcmp(e->cfg.begin_string, "FIX.4.2") < 0 ? "" :
	    "60=20260105-09:00:00\001");
	if (driver_send(g->driver, e->fs, "D", fields, (size_t)n, answered,
	    a) != 0) {
		free(a);
		return;
	}
	e->given++;
	e->wrong[e->given] = wrong;
	sim.orders++;
}

void
sim_gate_end(struct sim_gate *g)
{
	mono_t due;
	int i;

	for (i = 0; i < 8 && !g->dead && driver_end(g->driver, &due); i++)
		sim_check_rows(g);
	sim_check_rows(g);
	sim.steps++;
}
