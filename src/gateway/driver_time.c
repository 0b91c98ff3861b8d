/*
 * driver_time.c: how long messages take from stage to stage. The clock is read
 * once for each stage that something came to, however much did: so it costs
 * next to nothing when there is much to do.
 */
#include "gateway/driver_int.h"

mono_t
driver_clock(const struct driver *d)
{
	return d->ops->clock == NULL ? d->now.mono : d->ops->clock(d->arg);
}

struct stages *
driver_stages(struct driver *d)
{
	return &d->stages;
}

const struct latency *
driver_waits(const struct driver *d)
{
	return &d->waits;
}

void
driver_time_parsed(struct driver *d)
{
	if (d->in_rows > 0)
		stages_add(&d->stages, STAGE_IN_PARSED, driver_clock(d),
		    d->now.mono, d->in_rows);
}

void
driver_time_committed(struct driver *d)
{
	if (d->in_rows > 0)
		arrivals_add(&d->arrivals, d->in_last, d->in_rows,
		    d->now.mono);
	if (d->events > 0)
		stages_add(&d->stages, STAGE_OUT_COMMITTED, driver_clock(d),
		    d->now.mono, d->events);
	d->in_rows = d->events = 0;
}

void
driver_time_failed(struct driver *d)
{
	d->in_rows = d->events = 0;
	d->sent.n = d->acked.n = 0;
	arrivals_clear(&d->arrivals);
}

/* Items come in the order of their times. */
static void
note(struct flushes *f, mono_t since)
{
	if (f->n > 0 && (f->n == FLUSHES_MAX ||
	    f->of[f->n - 1].since.ns == since.ns)) {
		f->of[f->n - 1].n++;
		return;
	}
	f->of[f->n].since = since;
	f->of[f->n++].n = 1;
}

void
driver_time_released(struct driver *d, const struct release_item *it,
    mono_t *now)
{
	if (now->ns == 0)
		*now = driver_clock(d);
	switch (it->kind) {
	case RELEASE_ROWS:
		if (it->last > 0)
			stages_add(&d->stages, STAGE_IN_DURABLE, *now, it->at,
			    it->last);
		break;
	case RELEASE_ANSWER:
		if (it->event) {
			stages_add(&d->stages, STAGE_OUT_DURABLE, *now,
			    it->at, 1);
			note(&d->acked, it->at);
		}
		latency_add(&d->waits, now->ns - it->at.ns, 1);
		break;
	case RELEASE_SEND:
		if (it->event && it->fs->connected &&
		    it->fs->generation == it->generation)
			note(&d->sent, it->at);
		latency_add(&d->waits, now->ns - it->at.ns, 1);
		break;
	case RELEASE_DISCONNECT:
	case RELEASE_RESEND:
		break;
	}
}

static void
count(struct driver *d, struct flushes *f, enum stage stage, mono_t now)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		stages_add(&d->stages, stage, now, f->of[i].since, f->of[i].n);
	f->n = 0;
}

void
driver_flushed(struct driver *d)
{
	mono_t now;

	if (d->sent.n == 0 && d->acked.n == 0)
		return;
	now = driver_clock(d);
	count(d, &d->sent, STAGE_OUT_SENT, now);
	count(d, &d->acked, STAGE_OUT_ACKED, now);
}

struct rows_at {
	struct driver *d;
	enum stage stage;
	mono_t now;
};

static void
add_rows(void *arg, mono_t at, uint64_t n)
{
	struct rows_at *r = arg;

	stages_add(&r->d->stages, r->stage, r->now, at, n);
}

void
driver_rows_at(struct driver *d, enum stage stage, mono_t now,
    uint64_t after, uint64_t upto, uint64_t max)
{
	struct rows_at r = { d, stage, now };

	arrivals_each(&d->arrivals, after, upto, max, add_rows, &r);
}
