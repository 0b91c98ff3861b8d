/* retain_daily.c: RetainDays and ArchiveDays: a look soon after the start, or a
 * change of them, and then every day. */
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "gateway/control.h"
#include "gateway/gateway.h"
#include "gateway/retain.h"
#include "log/log.h"
#include "store/segment.h"

#define FIRST_NS (2 * NS_PER_S)
#define AGAIN_NS (10 * 60 * NS_PER_S) /* another long work runs */
#define DAY_NS   (86400 * NS_PER_S)
#define AFTER_NS (10 * 60 * NS_PER_S) /* midnight, UTC */

struct retain {
	struct gateway *g;
	struct timer *timer;
	int64_t retain, keep; /* days; 0: for ever */
	struct retain_state state;
};

void
retain_ran(struct retain *r, const struct retain_order *o, int err)
{
	struct retain_state *s = &r->state;

	if (o->dry_run)
		return;
	s->ran = loop_now(r->g->loop).wall;
	s->failed = err != 0 && err != FG_ECLOSED;
	s->held = o->oldest;
	if (err == 0)
		snprintf(s->result, sizeof(s->result), "%llu segments "
		    "archived, %llu deleted",
		    (unsigned long long)o->archived,
		    (unsigned long long)o->deleted);
	else
		snprintf(s->result, sizeof(s->result), "%s",
		    o->why[0] != '\0' ? o->why : fg_strerror(err));
}

const struct retain_state *
retain_state(const struct retain *r)
{
	return &r->state;
}

/* In so many ns, or MONO_NEVER. */
static void
set_due(struct retain *r, int64_t ns)
{
	struct now now = loop_now(r->g->loop);

	r->state.due.ns = ns == INT64_MAX ? 0 : now.wall.ns + ns;
	timer_set(r->timer, mono_add(now.mono, ns));
}

static void
done(void *arg, int err)
{
	struct retain_order *o = arg;

	retain_ran(o->owner, o, err);
	if (err != 0 && err != FG_ECLOSED)
		log_event(LOG_LEVEL_ERROR, "archive", NULL, "%s; it is tried "
		    "again tomorrow", o->why[0] != '\0' ? o->why
		    : fg_strerror(err));
}

static void
look(void *arg)
{
	struct retain *r = arg;
	struct gateway *g = r->g;
	struct now now = loop_now(g->loop);
	struct retain_order *o = calloc(1, sizeof(*o));
	struct job_work work = { .what = "archive", .run = retain_run,
		.done = done, .free = free, .arg = o };
	int64_t again = AGAIN_NS;

	if (o != NULL) {
		o->owner = r;
		o->store = g->store;
		o->chain = g->chain;
		if (r->retain != 0)
			o->archive_before.ns = now.wall.ns - r->retain *
			    DAY_NS;
		if (r->keep != 0)
			o->delete_before.ns = now.wall.ns - r->keep * DAY_NS;
		control_needs(g->control, o);
		if (job_start(g->jobs, NULL, &work) == 0)
			again = DAY_NS - now.wall.ns % DAY_NS + AFTER_NS;
	}
	set_due(r, again);
}

void
retain_settle(struct retain *r, const struct conf_section *sec)
{
	int64_t retain = conf_int(sec, CONF_RetainDays);
	int64_t keep = conf_int(sec, CONF_ArchiveDays);

	if (retain == r->retain && keep == r->keep)
		return;
	r->retain = retain;
	r->keep = keep;
	store_seal_daily(r->g->store, retain != 0);
	set_due(r, retain == 0 && keep == 0 ? INT64_MAX : FIRST_NS);
}

struct retain *
retain_new(struct gateway *g)
{
	struct retain *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->g = g;
	r->timer = timer_new(g->loop, look, r);
	if (r->timer == NULL) {
		free(r);
		return NULL;
	}
	retain_settle(r, conf_gateway(g->conf));
	return r;
}

void
retain_free(struct retain *r)
{
	if (r == NULL)
		return;
	timer_free(r->timer);
	free(r);
}
