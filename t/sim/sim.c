/*
 * sim.c: many seeds of two gateways in trouble, then the same with rules that
 * are broken on purpose, each of which must be found.
 *
 *	SEED=n   this one alone
 *	SEEDS=n  so many, from FIRST (0)
 *	SHOW=1   what leaves the gateways, and their log
 *	BREAK=n  with this rule broken; fails if it is found, like any fault
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../session/dicts.h"
#include "log/log.h"
#include "sim.h"

#define SEEDS        1000
#define BREAK_SEEDS  1000 /* within which a broken rule must be found */
#define BREAKS       12
#define BAD_STEPS    400
#define DAY_NS       (86400 * NS_PER_S)
/* The window ends, and the next one begins after more time than the clocks
 * differ (fixgate.conf(5), Schedule): else one side alone is in the new one. */
#define EDGE_S       (17 * 3600)
#define START_S      (EDGE_S + SKEW_S + 1)
#define SKEW_S       4
#define GOOD_SECONDS 300 /* within which all must be well again */

struct sim sim;
int sim_broken;
uint64_t sim_count[SIM_EVENT_END];
bool sim_verbose;

/* xorshift64* */
uint32_t
sim_rnd(uint32_t n)
{
	sim.rnd ^= sim.rnd >> 12;
	sim.rnd ^= sim.rnd << 25;
	sim.rnd ^= sim.rnd >> 27;
	return (uint32_t)((sim.rnd * UINT64_C(2685821657736338717)) >> 33) % n;
}

bool
sim_one_in(uint32_t n)
{
	return sim_rnd(n) == 0;
}

void
sim_fail(const char *fmt, ...)
{
	va_list ap;

	printf("rule %d, seed %" PRIu64 ", step %" PRIu64 "%s%s%s: ",
	    sim_broken, sim.seed, sim.steps, sim.noise ? ", noise" : "",
	    sim.kind == SIM_WINDOWS ? ", windows" :
	    sim.kind == SIM_RESET_TIMES ? ", reset times" : "",
	    sim.resets ? ", resets" : "");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	_exit(1);
}

/* ---- settings of a seed ---- */

struct version {
	const char *begin_string, *dict;
};

/* Reads the dictionary; the same for all who want it. */
static void
set_dict(struct sess_cfg *c, const struct version *v)
{
	const char *appl_ver_id;

	c->validate = true;
	dicts_find(v->dict, &c->transport, &c->app, &appl_ver_id);
	if (c->transport == NULL || c->app == NULL)
		sim_fail("no dictionary %s", v->dict);
}

static void
configure(int link, int gate, const struct version *v, uint32_t resets)
{
	const char *version = v->begin_string;
	static const char *const names[2][SIM_LINKS] = { { "A0", "A1" },
		{ "B0", "B1" } };
	struct sim_end *e = &sim.link[link].end[gate];
	struct sess_cfg *c = &e->cfg;

	sess_cfg_default(c);
	c->name = names[gate][link];
	c->role = sim.link[link].caller == gate ? SESS_INITIATOR :
	    SESS_ACCEPTOR;
	c->begin_string = version;
	if (strcmp(version, "FIXT.1.1") == 0)
		c->default_appl_ver_id = "9";
	c->sender_comp_id = names[gate][link];
	c->target_comp_id = names[!gate][link];
	c->validate = false;
	if (sim.wrong && sim_one_in(2))
		set_dict(c, v);
	c->heart_bt_int = 2;
	c->strict_admin_numbers = sim_one_in(6);
	c->test_req_id_unique = sim_one_in(4);
	c->refused_logon_logout = sim_one_in(4);
	c->max_early = 1 + sim_rnd(50);
	c->send_redundant_resend_requests = sim_one_in(4);
	c->last_msg_seq_num_processed = sim_one_in(3);
	c->next_expected = sim_one_in(3);
	c->resend_chunk = sim_one_in(2) ? 0 : 1 + sim_rnd(20);
	c->closed_resend_interval = sim_one_in(3);
	c->cme_enhanced_resend = sim_one_in(6);
	/* Those that every dictionary takes. */
	c->timestamp_digits = sim.wrong ? 3 * sim_rnd(2) : sim_rnd(10);
	c->logout_responder_closes = !sim_one_in(4);
	/* FIX.4.0 has no ResetSeqNumFlag: both have to do it. */
	c->reset_on_logon = resets == 1 && (c->role == SESS_INITIATOR ||
	    strcmp(version, "FIX.4.0") == 0);
	c->reset_on_logout = resets == 2;
	c->reset_on_disconnect = resets == 3;
	e->when_off = sim_one_in(2) ? DRIVER_OFF_QUEUE : DRIVER_OFF_NUMBER;
}

static void
set_schedule(enum sim_schedule kind)
{
	const struct schedule_time none = { SCHEDULE_UNSET,
		SCHEDULE_EVERY_DAY, NULL };
	const struct schedule_time edge = { EDGE_S, SCHEDULE_EVERY_DAY, NULL };
	const struct schedule_time start = { START_S, SCHEDULE_EVERY_DAY,
		NULL };

	sim.kind = kind;
	sim.schedule = (struct schedule){ .non_stop = kind != SIM_WINDOWS,
		.start = kind == SIM_WINDOWS ? start : none,
		.end = kind == SIM_WINDOWS ? edge : none,
		.logon = none, .logout = none,
		.reset = kind == SIM_RESET_TIMES ? edge : none,
		.weekdays = SCHEDULE_ALL_DAYS };
	/* The edge is in the time of trouble. */
	if (kind != SIM_NO_SCHEDULE)
		sim.now.wall.ns += EDGE_S * NS_PER_S -
		    sim.now.wall.ns % DAY_NS -
		    (int64_t)sim_rnd(BAD_STEPS) * sim.step_ns;
}

static void
world_open(uint64_t seed)
{
	static const struct version versions[] = { { "FIX.4.0", "4.0" },
		{ "FIX.4.1", "4.1" }, { "FIX.4.2", "4.2" },
		{ "FIX.4.3", "4.3" }, { "FIX.4.4", "4.4" },
		{ "FIXT.1.1", "5.0SP2" } };
	const struct version *version;
	uint32_t resets;
	int k, i;

	memset(&sim, 0, sizeof(sim));
	sim.seed = seed;
	sim.rnd = UINT64_C(0x9e3779b97f4a7c15) * (seed + 1);
	sim.now.mono.ns = 1000 * NS_PER_S;
	sim.now.wall.ns = INT64_C(1767603600) * NS_PER_S;
	sim.step_ns = (10 + sim_rnd(150)) * NS_PER_MS;
	sim.resets = sim_one_in(3);
	sim.in_bytes = sim_one_in(8);
	sim.noise = sim_one_in(4);
	sim.wrong = sim_one_in(3);
	if (!sim.resets && sim_one_in(3))
		set_schedule(sim_one_in(3) ? SIM_RESET_TIMES : SIM_WINDOWS);
	sim_count[SIM_IN_BYTES] += sim.in_bytes;
	for (k = 0; k < SIM_LINKS; k++) {
		sim.link[k].caller = (int)sim_rnd(2);
		version = &versions[sim_rnd(6)];
		resets = sim.resets ? sim_rnd(8) : 0;
		for (i = 0; i < 2; i++)
			configure(k, i, version, resets);
	}
	for (i = 0; i < 2; i++) {
		sim.gate[i].id = i;
		sim_gate_open(&sim.gate[i]);
	}
}

/* ---- trouble ---- */

/* Both ends number orders, and lose them with the connection: both ask. */
static void
simultaneous_resend(int link)
{
	int i, n;

	for (i = 0; i < 2; i++)
		for (n = 0; n < 3 && sim_gate_is_up(&sim.gate[i]); n++)
			sim_gate_order(&sim.gate[i], link);
	for (i = 0; i < 2; i++)
		if (sim_gate_is_up(&sim.gate[i]))
			sim_gate_end(&sim.gate[i]);
	sim_net_cut(&sim.link[link]);
	sim_count[SIM_BOTH_RESEND]++;
}

static void
reset(struct sim_link *l)
{
	int i;

	sim_count[SIM_RESET]++;
	for (i = 0; i < 2; i++)
		if (sim_gate_is_up(&sim.gate[i]))
			(void)driver_reset(sim.gate[i].driver, l->end[i].fs,
			    "sim", NULL, NULL);
}

static void
operate(struct sim_link *l, int i)
{
	if (sim.resets && sim_one_in(2))
		reset(l);
	else if (sim_gate_is_up(&sim.gate[i]) && driver_logout(
	    sim.gate[i].driver, l->end[i].fs, "sim", NULL, NULL) == 0)
		sim_count[SIM_LOGOUT]++;
}

/* The caller is gone, and calls again before the other end knows. */
static void
forget(struct sim_link *l)
{
	struct sim_gate *g = &sim.gate[l->caller];
	struct sim_end *e = &l->end[l->caller];

	if (!e->open || l->visitor)
		return;
	sim_net_forget(l, l->caller);
	if (sim_gate_is_up(g))
		driver_disconnected(g->driver, e->fs, "lost");
}

static void
half_open(struct sim_link *l)
{
	l->dead = l->end[0].open && l->end[1].open && !l->visitor;
	sim_count[SIM_HALF_OPEN] += l->dead;
}

/* All connections are lost, and it is a day later. */
static void
night(void)
{
	int64_t on, edge = EDGE_S * NS_PER_S;
	int k;

	on = DAY_NS - sim.now.wall.ns % DAY_NS + edge -
	    (int64_t)sim_rnd(100) * sim.step_ns;
	if (sim.kind == SIM_NO_SCHEDULE ||
	    sim.now.wall.ns % DAY_NS < START_S * NS_PER_S)
		return;
	for (k = 0; k < SIM_LINKS; k++)
		sim_net_cut(&sim.link[k]);
	sim.now.wall.ns += on;
	sim.now.mono.ns += on;
	sim_count[SIM_NIGHT]++;
}

static void
disturb(void)
{
	int k = (int)sim_rnd(SIM_LINKS), i = (int)sim_rnd(2);
	struct sim_link *l = &sim.link[k];

	switch (sim_rnd(200)) {
	case 0:
	case 1:
		sim_count[SIM_CUT] += l->end[0].open && l->end[1].open;
		sim_net_cut(l);
		break;
	case 2:
		half_open(l);
		break;
	case 3:
		forget(l);
		break;
	case 4:
	case 5:
		if (sim.gate[i].down == 0)
			sim_gate_crash(&sim.gate[i], sim_one_in(2));
		break;
	case 6:
		l->storm = 1 + (int)sim_rnd(10);
		sim_count[SIM_STORM]++;
		break;
	case 7:
		simultaneous_resend(k);
		break;
	case 8:
		operate(l, i);
		break;
	case 9: /* less than MaxLatency, or all would be refused */
		sim_count[SIM_CLOCK]++;
		sim.gate[i].skew = (int64_t)sim_rnd(sim.kind ==
		    SIM_NO_SCHEDULE ? 40 * 1000 : SKEW_S * 1000) * NS_PER_MS;
		break;
	case 10:
		night();
		break;
	default:
		break;
	}
}

static void
step(void)
{
	struct sim_gate *g;
	int i, k;

	sim.now.mono.ns += sim.step_ns;
	sim.now.wall.ns += sim.step_ns;
	if (sim.trouble)
		disturb();
	for (k = 0; k < SIM_LINKS; k++)
		sim_net_step(&sim.link[k]);
	for (i = 0; i < 2; i++) {
		g = &sim.gate[i];
		if (g->dead && g->down == 0)
			sim_gate_crash(g, true);
		if (g->down > 0 && --g->down == 0)
			sim_gate_restart(g);
		if (g->down > 0)
			continue;
		sim_gate_look(g);
		sim_gate_disk(g);
		for (k = 0; sim.trouble && k < SIM_LINKS; k++)
			if (sim_one_in(4))
				sim_gate_order(g, k);
		sim_gate_end(g);
	}
}

static bool
is_up(const struct sim_gate *g)
{
	return sim_gate_is_up(g) && !driver_is_down(g->driver);
}

static void
run(uint64_t seed)
{
	int64_t until;
	const char *what;
	int n;

	world_open(seed);
	sim.trouble = true;
	for (n = 0; n < BAD_STEPS; n++)
		step();
	sim.trouble = false;
	while (!is_up(&sim.gate[0]) || !is_up(&sim.gate[1]))
		step();
	/* A power cut may have left but one of them reset: they talk. */
	for (n = 0; sim.resets && n < SIM_LINKS; n++)
		reset(&sim.link[n]);
	for (n = 0; n < 2; n++)
		sim.gate[n].skew = 0;
	for (n = 0; n < SIM_LINKS; n++)
		sim.link[n].storm = 0;
	until = sim.now.mono.ns + GOOD_SECONDS * NS_PER_S;
	while ((what = sim_unsettled()) != NULL) {
		if (sim.now.mono.ns > until)
			sim_fail("no recovery: %s", what);
		step();
	}
	for (n = 0; n < 2; n++)
		sim_gate_close(&sim.gate[n]);
}

static uint64_t
number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

static void
run_all(uint64_t first, uint64_t n)
{
	struct timespec a, b;
	uint64_t i, steps = 0, sent = 0, orders = 0;
	double s;

	clock_gettime(CLOCK_MONOTONIC, &a);
	for (i = first; i < first + n; i++) {
		run(i);
		steps += sim.steps;
		sent += sim.sent;
		orders += sim.orders;
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	s = (double)(b.tv_sec - a.tv_sec) +
	    (double)(b.tv_nsec - a.tv_nsec) / 1e9;
	printf("%" PRIu64 " seeds: %" PRIu64 " steps, %" PRIu64 " messages, %"
	    PRIu64 " orders in %.1f s (%.0f steps a second)\n", n, steps, sent,
	    orders, s, (double)steps / s);
}

/* Did all of it happen? A few seeds need not have everything. */
static bool
is_thorough(void)
{
	static const char *const text[] = {
#define X(name, text) text,
		SIM_EVENTS(X)
#undef X
	};
	bool all = true;
	int i;

	for (i = 0; i < SIM_EVENT_END; i++) {
		printf("%8" PRIu64 " %s\n", sim_count[i], text[i]);
		all = all && sim_count[i] > 0;
	}
	return all;
}

/* The simulator must find this broken rule. */
static bool
finds(int rule)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		sim_broken = rule;
		run_all(0, BREAK_SEEDS);
		_exit(0);
	}
	if (pid == -1 || waitpid(pid, &status, 0) != pid)
		return false;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 1)
		return true;
	printf("broken rule %d was not found\n", rule);
	return false;
}

int
main(void)
{
	int rule, missed = 0;

	sim_broken = (int)number("BREAK", 0);
	sim_verbose = number("SHOW", 0) != 0;
	if (sim_verbose)
		setvbuf(stdout, NULL, _IOLBF, 0);
	log_set_level(sim_verbose ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR);
	log_open("sim", sim_verbose ? "stderr" : "/dev/null");
	if (getenv("SEED") != NULL) {
		run_all(number("SEED", 0), 1);
		dicts_free();
		return EXIT_SUCCESS;
	}
	run_all(number("FIRST", 0), number("SEEDS", SEEDS));
	if (!is_thorough() && number("SEEDS", SEEDS) >= SEEDS) {
		printf("some of it never happened\n");
		return EXIT_FAILURE;
	}
	for (rule = 1; sim_broken == 0 && getenv("SEEDS") == NULL &&
	    rule <= BREAKS; rule++)
		missed += !finds(rule);
	dicts_free();
	return missed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
