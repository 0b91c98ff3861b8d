#include "gateway/retain.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "store/segment.h"

#define MB         (1024 * 1024)
#define REST       1   /* pause as long as it works: the sessions come first */
#define CHAIN_MS   100 /* between two looks at the chain */
#define CHAIN_LOOKS 300

struct run {
	struct job *j;
	struct retain_order *o;
	uint64_t total, before; /* bytes of all, and of those that are done */
	uint64_t commit;        /* the last one that is archived */
	uint64_t deleted;       /* or deleted */
};

void
retain_need(struct retain_order *o, unsigned t, uint64_t seq,
    const char *fmt, ...)
{
	struct retain_need *n = &o->need[t];
	va_list ap;

	if (n->seq != 0 && n->seq <= seq)
		return;
	n->seq = seq;
	va_start(ap, fmt);
	vsnprintf(n->whose, sizeof(n->whose), fmt, ap);
	va_end(ap);
}

static int
at(void *arg, uint64_t bytes)
{
	struct run *k = arg;

	/* A segment is read twice: written, and compared. */
	job_at(k->j, k->before + bytes / 2, k->total, "bytes");
	return job_cancelled(k->j);
}

/* May it go? If not, say whose it is. */
static bool
may_go(struct run *k, unsigned t, const struct store_segment *s)
{
	const struct retain_need *n = &k->o->need[t];

	if (k->o->force || n->seq == 0 || s->last < n->seq)
		return true;
	k->o->held++;
	if (k->o->oldest.t == 0 || s->since.ns < k->o->oldest.since.ns)
		k->o->oldest = (struct retain_held){ t, s->first, s->last,
			s->since };
	job_note(k->j, "%s: rows from %llu on stay: %s needs row %llu",
	    store_segment_table(k->o->store, t), (unsigned long long)s->first,
	    n->whose, (unsigned long long)n->seq);
	return false;
}

/* Commits without a row have no time: they are as old as rows of the same
 * time. */
static bool
is_old(unsigned t, const struct store_segment *s, wall_t before,
    uint64_t commit)
{
	if (s->first == 0)
		return false;
	return t == 0 ? s->last <= commit : s->until.ns < before.ns;
}

static void
say_archived(struct run *k, unsigned t, const struct store_segment *was,
    uint64_t bytes)
{
	char since[WALL_TEXT_MAX + 1], until[WALL_TEXT_MAX + 1];
	const char *name = store_segment_table(k->o->store, t);
	const char *what = k->o->dry_run ? "would be archived" : "archived";

	since[wall_format(since, was->since, 0)] = '\0';
	until[wall_format(until, was->until, 0)] = '\0';
	if (t == 0)
		job_note(k->j, "%s: commits %llu to %llu, %llu MB, %s", name,
		    (unsigned long long)was->first,
		    (unsigned long long)was->last,
		    (unsigned long long)(was->bytes / MB), what);
	else
		job_note(k->j, "%s: rows %llu to %llu, from %s to %s, %llu MB, "
		    "%s", name, (unsigned long long)was->first,
		    (unsigned long long)was->last, since, until,
		    (unsigned long long)(was->bytes / MB), what);
	k->o->archived++;
	k->o->from_bytes += was->bytes;
	k->o->to_bytes += bytes;
}

/* Its chain goes with it: it has to be whole. */
static int
wait_for_chain(struct run *k, unsigned t, uint64_t last)
{
	struct timespec ts = { .tv_nsec = CHAIN_MS * NS_PER_MS };
	int i;

	for (i = 0; i < CHAIN_LOOKS && k->o->chain != NULL &&
	    store_chain_upto(k->o->chain, (enum store_table)t) < last; i++) {
		if (job_cancelled(k->j))
			return FG_ECLOSED;
		nanosleep(&ts, NULL);
	}
	return i < CHAIN_LOOKS ? 0 : FG_ETIMEOUT;
}

/* 1: archived; 0: not now; or FG_E*. */
static int
archive_one(struct run *k, unsigned t, struct store_segment *s)
{
	struct store_archive_how how = { .at = at, .arg = k, .rest = REST };
	struct store *st = k->o->store;
	struct store_segment was = *s;
	int err;

	if (k->o->dry_run) {
		say_archived(k, t, s, 0);
		return !s->hot;
	}
	if (s->hot) {
		err = store_seal(st, t);
		if (err == FG_EBUSY)
			return 0;
		if (err == 0)
			err = store_segment(st, t, s->number, &was);
		if (err != 0 || was.hot)
			return err;
	}
	err = wait_for_chain(k, t, was.last);
	if (err == 0)
		err = store_archive(st, t, was.number, &how, s, k->o->why);
	else
		snprintf(k->o->why, sizeof(k->o->why), "%s: the hash chain is "
		    "too far behind: %s", store_segment_table(st, t),
		    fg_strerror(err));
	if (err != 0)
		return err;
	k->before += was.bytes;
	say_archived(k, t, &was, s->bytes);
	return 1;
}

static int
archive_table(struct run *k, unsigned t)
{
	struct store_segment s;
	uint64_t number = 0;
	int rc = 0;

	while (!job_cancelled(k->j) && store_segment(k->o->store, t, number,
	    &s) == 0) {
		number = s.number + 1;
		if (!s.archived) {
			if (!is_old(t, &s, k->o->archive_before, k->commit)
			    || !may_go(k, t, &s))
				return 0;
			rc = archive_one(k, t, &s);
			if (rc <= 0)
				return rc;
		}
		if (t != 0 && s.last_commit > k->commit)
			k->commit = s.last_commit;
	}
	return job_cancelled(k->j) ? FG_ECLOSED : 0;
}

static int
delete_table(struct run *k, unsigned t)
{
	struct store_segment s;
	int err = 0;

	while (err == 0 && !k->o->keyed[t] && store_segment(k->o->store, t, 0,
	    &s) == 0 && s.archived && is_old(t, &s, k->o->delete_before,
	    k->deleted) && may_go(k, t, &s)) {
		if (job_cancelled(k->j))
			return FG_ECLOSED;
		job_note(k->j, "%s: rows %llu to %llu %s",
		    store_segment_table(k->o->store, t),
		    (unsigned long long)s.first, (unsigned long long)s.last,
		    k->o->dry_run ? "would be deleted" : "are deleted");
		k->o->deleted++;
		if (t != 0 && s.last_commit > k->deleted)
			k->deleted = s.last_commit;
		if (k->o->dry_run)
			break;
		err = store_archive_drop(k->o->store, t, s.number, k->o->why);
	}
	return err;
}

/* Roughly, for the bar. */
static void
sum_up(struct run *k)
{
	struct store_segment s;
	uint64_t number;
	unsigned t;

	for (t = 1; t < store_tables(k->o->store); t++)
		for (number = 0; store_segment_table(k->o->store, t) != NULL &&
		    store_segment(k->o->store, t, number, &s) == 0;
		    number = s.number + 1) {
			if (s.archived)
				continue;
			if (!is_old(t, &s, k->o->archive_before, 0))
				break;
			k->total += s.bytes;
		}
}

/* Table 0, the commits without a row, comes last: after those that tell how old
 * they are. */
static int
each_table(struct run *k, int (*fn)(struct run *, unsigned))
{
	unsigned t, n = store_tables(k->o->store);
	int err = 0;

	for (t = 1; t < n && err == 0; t++)
		if (store_segment_table(k->o->store, t) != NULL)
			err = fn(k, t);
	return err == 0 ? fn(k, 0) : err;
}

int
retain_run(struct job *j, void *arg)
{
	struct retain_order *o = arg;
	struct run k = { .j = j, .o = o };
	int err = 0;

	if (o->archive_before.ns != 0) {
		sum_up(&k);
		err = each_table(&k, archive_table);
	}
	if (err == 0 && o->delete_before.ns != 0)
		err = each_table(&k, delete_table);
	if (err != 0)
		job_say(j, "%s", o->why[0] != '\0' ? o->why
		    : fg_strerror(err));
	else
		job_say(j, "segments: %llu %s (%llu MB, %llu MB in the "
		    "archive), %llu %s; %llu tables have more that stays",
		    (unsigned long long)o->archived, o->dry_run
		    ? "would be archived" : "archived",
		    (unsigned long long)(o->from_bytes / MB),
		    (unsigned long long)(o->to_bytes / MB),
		    (unsigned long long)o->deleted, o->dry_run
		    ? "would be deleted" : "deleted",
		    (unsigned long long)o->held);
	return err;
}
