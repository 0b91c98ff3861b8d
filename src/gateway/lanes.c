#include "gateway/lanes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gateway/driver_int.h"
#include "log/log.h"

#define PARK_MAX 100              /* events that a lane gives up ... */
#define PARK_NS  (60 * NS_PER_S)  /* ... in so long: then it stops */

static bool
is_before(struct lane_at a, struct lane_at b)
{
	return a.seq < b.seq || (a.seq == b.seq && a.part < b.part);
}

/* ---- names ---- */

bool
lane_is_name(const char *text)
{
	size_t i;

	for (i = 0; text[i] != '\0'; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 127)
			return false;
	return i > 0 && i <= LANE_NAME_MAX;
}

int
lane_name(char out[STORE_MARK_NAME_MAX + 1], const char *kind,
    const struct lane_key *k)
{
	if (!lane_is_name(k->consumer) || !lane_is_name(k->key) ||
	    !lane_is_name(k->source) ||
	    (k->send != NULL && !lane_is_name(k->send)))
		return FG_EINVAL;
	snprintf(out, STORE_MARK_NAME_MAX + 1, "%s\t%s\t%s\t%s%s%s", kind,
	    k->consumer, k->key, k->send == NULL ? "" : k->send,
	    k->send == NULL ? "" : "\t", k->source);
	return 0;
}

/* ---- who has it ---- */

static struct lane *
find(const struct driver *d, const char *name)
{
	struct lane *l;

	for (l = d->lanes; l != NULL; l = l->next)
		if (strcmp(l->name, name) == 0)
			break;
	return l;
}

/* The lane as the store has it. 0 or FG_E*. */
static int
load(struct driver *d, struct lane *l)
{
	struct store_mark m;
	int err = store_mark_state(d->store, l->mark, &m);

	if (err != 0)
		return err;
	l->token = m.token;
	l->handled = (struct lane_at){ m.seq, m.part };
	return 0;
}

/* Marks count from 1, with the sessions, and are never forgotten. */
static int
index_mark(struct driver *d, struct lane *l)
{
	struct lane **v;
	size_t n = l->mark + (size_t)1;

	if (l->mark >= d->nby_mark) {
		n *= 2;
		v = realloc(d->by_mark, n * sizeof(struct lane *));
		if (v == NULL)
			return FG_ENOMEM;
		memset(v + d->nby_mark, 0,
		    (n - d->nby_mark) * sizeof(struct lane *));
		d->by_mark = v;
		d->nby_mark = n;
	}
	d->by_mark[l->mark] = l;
	return 0;
}

const struct lane *
lane_first(const struct driver *d)
{
	return d->lanes;
}

struct lane *
lane_by_mark(const struct driver *d, uint32_t mark)
{
	return mark < d->nby_mark ? d->by_mark[mark] : NULL;
}

void
lane_names(const struct lane *l, struct parked *k)
{
	const char *p = strchr(l->name, '\t');
	int i;

	for (i = PARKED_CONSUMER; i <= PARKED_SOURCE && p != NULL; i++) {
		k->text[i].p = p + 1;
		k->text[i].len = strcspn(p + 1, "\t");
		p = strchr(p + 1, '\t');
	}
}

static int
get(struct driver *d, const char *name, struct lane **out)
{
	struct store_mark m;
	struct lane *l = find(d, name);
	bool is_new;
	int err;

	*out = l;
	if (l != NULL)
		return 0;
	l = calloc(1, sizeof(*l) + strlen(name) + 1);
	if (l == NULL)
		return FG_ENOMEM;
	memcpy(l->name, name, strlen(name) + 1);
	err = store_mark(d->store, name, &l->mark, &m, &is_new);
	if (err == 0)
		err = load(d, l);
	if (err == 0)
		err = index_mark(d, l);
	if (err != 0) {
		free(l);
		return err;
	}
	l->next = d->lanes;
	d->lanes = *out = l;
	return 0;
}

/* The mark as it is here goes to the commit of this wake-up. */
static void
put(struct driver *d, const struct lane *l)
{
	store_set_mark(driver_batch(d), &(struct store_mark){ .id = l->mark,
	    .seq = l->handled.seq, .part = l->handled.part,
	    .token = l->token, .time = d->now.wall });
}

static bool
is_of_fix_in(const struct driver *d, const char *source)
{
	char now[LANE_SOURCE_MAX + 1];

	snprintf(now, sizeof(now), "%s/%s/%llu", store_uuid(d->store),
	    store_table_name(d->store, STORE_FIX_IN), (unsigned long long)
	    store_table_incarnation(d->store, STORE_FIX_IN));
	return strcmp(now, source) == 0;
}

int
lane_open(struct driver *d, const struct lane_key *k, void *owner,
    uint64_t acked, bool takeover, struct lane **out, void **before,
    release_fn fn, void *arg)
{
	char name[STORE_MARK_NAME_MAX + 1];
	struct lane *l;
	int err = lane_name(name, "lane", k);

	*before = NULL;
	*out = NULL;
	if (err != 0)
		return err;
	if (d->down || d->low)
		return FG_ENOSPC;
	driver_now(d);
	err = get(d, name, &l);
	if (err != 0)
		return err;
	*out = l;
	if (l->owner != NULL && l->owner != owner && !takeover)
		return FG_EBUSY;
	if (l->handled.seq < acked)
		return FG_ESTATE;
	err = driver_when_durable(d, fn, arg);
	if (err != 0)
		return err;
	if (l->owner != owner)
		*before = l->owner;
	l->owner = owner;
	l->live = is_of_fix_in(d, k->source) ?
	    store_visible(d->store, STORE_FIX_IN) : UINT64_MAX;
	l->stopped = false;
	l->token++;
	put(d, l);
	return 0;
}

struct lane *
lane_find(const struct driver *d, const struct lane_key *k)
{
	char name[STORE_MARK_NAME_MAX + 1];

	return lane_name(name, "lane", k) != 0 ? NULL : find(d, name);
}

void
lane_leave(struct driver *d, const void *owner)
{
	struct lane *l;

	for (l = d->lanes; l != NULL; l = l->next)
		if (l->owner == owner)
			l->owner = NULL;
}

/* ---- events ---- */

enum lane_say
lane_look(struct driver *d, struct lane *l, const void *owner,
    struct lane_at at)
{
	if (l->owner != owner)
		return LANE_FENCED;
	driver_now(d);
	l->looked = d->now.mono;
	/* While the store is down, what is done here may yet be undone. */
	if (d->down || d->low) {
		lane_stop(l, at, "DISK_FULL");
		return LANE_DOWN;
	}
	if (l->stopped && is_before(l->stop, at))
		return LANE_STOPPED;
	if (l->stopped && !is_before(at, l->stop))
		l->stopped = false;
	return is_before(l->handled, at) ? LANE_NEW : LANE_DUPLICATE;
}

void
lane_done(struct driver *d, struct lane *l, struct lane_at at)
{
	l->handled = at;
	put(d, l);
}

void
lane_stop(struct lane *l, struct lane_at at, const char *why)
{
	if (l->stopped && !is_before(at, l->stop))
		return;
	/* Each try stops it again. */
	if (l->stop.seq != at.seq || l->stop.part != at.part)
		l->stop_since = l->looked;
	l->why = why;
	l->stopped = true;
	l->stop = at;
}

static bool
is_flood(struct driver *d, struct lane *l)
{
	if (l->parked == 0 || !mono_before(d->now.mono,
	    mono_add(l->parked_since, PARK_NS))) {
		l->parked = 0;
		l->parked_since = d->now.mono;
	}
	return l->parked++ >= PARK_MAX;
}

int
lane_park(struct driver *d, struct lane *l, struct lane_at at,
    const struct fgsess *fs, const struct parked *k, uint64_t *seq)
{
	struct store_row row = { .session = fs == NULL ? 0 : fs->id,
		.time = d->now.wall };
	int err;

	if (is_flood(d, l))
		return FG_ELIMIT;
	err = parked_pack(k, &row, &d->mask);
	if (err != 0)
		return err;
	*seq = store_add(driver_batch(d), STORE_QUARANTINE, &row);
	lane_done(d, l, at);
	log_event(LOG_LEVEL_WARN, "quarantine", NULL, "%.*s: event %llu.%u of "
	    "%.*s is in QUARANTINE (%llu): %.*s",
	    (int)k->text[PARKED_CONSUMER].len, k->text[PARKED_CONSUMER].p,
	    (unsigned long long)at.seq, at.part, (int)k->text[PARKED_KEY].len,
	    k->text[PARKED_KEY].p, (unsigned long long)*seq,
	    (int)k->text[PARKED_REASON].len, k->text[PARKED_REASON].p);
	return 0;
}

/* ---- for the driver ---- */

int
driver_lanes_recover(struct driver *d)
{
	struct lane *l;
	int err = 0;

	for (l = d->lanes; l != NULL && err == 0; l = l->next)
		err = load(d, l);
	return err;
}

void
driver_lanes_free(struct driver *d)
{
	struct lane *l;

	while ((l = d->lanes) != NULL) {
		d->lanes = l->next;
		free(l);
	}
	free(d->by_mark);
}
