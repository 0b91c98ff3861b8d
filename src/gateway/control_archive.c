/* control_archive.c: ARCHIVE, what STATUS says of it, and which rows somebody still
 * needs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gateway/control_int.h"
#include "gateway/job.h"
#include "gateway/quarantine.h"
#include "gateway/retain.h"
#include "gateway/tables.h"
#include "log/log.h"
#include "store/segment.h"

#define HELD_MAX   (RETAIN_WHOSE_MAX + 160)
#define CURSOR_SET 1u /* flag of a cursor's mark: it has a position */

/* "cursor\tCONSUMER\tKEY\tSOURCE", SOURCE being one of these tables. */
static void
need_cursor(struct control *c, struct retain_order *o, const char *name,
    const struct store_mark *m)
{
	char source[CONTROL_SOURCE_MAX];
	const char *last = strrchr(name, '\t');
	unsigned t, n = store_tables(c->g->store);

	for (t = 1; t < n; t++) {
		if (store_table_name(c->g->store, (enum store_table)t) == NULL)
			continue;
		control_source(c, (enum store_table)t, source);
		if (strcmp(source, last + 1) == 0)
			retain_need(o, t, m->seq + 1, "client %.*s",
			    (int)(last - name - 7), name + 7);
	}
}

static void
need_quarantine(struct control *c, struct retain_order *o)
{
	const struct quarantine_entry *e;
	size_t i, n = quarantine_count(c->quarantine);

	for (i = 0; i < n; i++) {
		e = quarantine_at(c->quarantine, i);
		if (e->state == PARKED || e->state == PARKED_RETRY)
			retain_need(o, STORE_QUARANTINE, e->seq, "an event in "
			    "quarantine (fixgatectl quarantine list)");
	}
}

void
control_needs(struct control *c, struct retain_order *o)
{
	struct driver *d = c->g->driver;
	struct store *st = c->g->store;
	uint32_t id, last = store_last_id(st);
	const struct fgsess *fs;
	const struct table *t;
	struct store_mark m;
	const char *name;
	unsigned i;
	size_t k;

	for (id = 1; id <= last; id++) {
		name = store_mark_name(st, id);
		if (name != NULL && strncmp(name, "cursor\t", 7) == 0 &&
		    store_mark_state(st, id, &m) == 0 &&
		    (m.flags & CURSOR_SET) != 0)
			need_cursor(c, o, name, &m);
	}
	need_quarantine(c, o);
	for (k = 0; k < driver_count(d); k++) {
		fs = driver_session(d, k);
		if (fs->pending_tail > fs->pending_done)
			retain_need(o, STORE_OUT_PENDING, fs->pending_done + 1,
			    "session %s, which is to log on,", fs->name);
	}
	for (i = STORE_USER_FIRST; i < store_tables(st); i++) {
		t = tables_get(c->g->tables, (enum store_table)i);
		o->keyed[i] = t != NULL && t->key != t->n;
		if (o->keyed[i])
			retain_need(o, i, 1, "whoever joins with this table, "
			    "which has a key,");
	}
}

/* Who needs what was held in the last run, still. */
static void
held_by(struct control *c, const struct retain_held *h, char text[HELD_MAX])
{
	struct retain_order *o = h->t == 0 ? NULL : calloc(1, sizeof(*o));
	const struct retain_need *n;

	text[0] = '\0';
	if (o == NULL)
		return;
	control_needs(c, o);
	n = &o->need[h->t];
	if (n->seq != 0 && n->seq <= h->last)
		snprintf(text, HELD_MAX, "%s: rows from %llu on stay: %s needs "
		    "row %llu", store_segment_table(c->g->store, h->t),
		    (unsigned long long)h->first, n->whose,
		    (unsigned long long)n->seq);
	free(o);
}

void
control_put_archive(struct control *c, struct link_out *out)
{
	const struct retain_state *s = retain_state(c->g->retain);
	struct store_archive_sum sum;
	char text[HELD_MAX];

	store_archive_sum(c->g->store, &sum);
	held_by(c, &s->held, text);
	link_str(out, "ARCHIVE");
	link_map(out, 9);
	link_key_u64(out, "FILES", sum.files);
	link_key_u64(out, "ROWS", sum.rows);
	link_key_u64(out, "BYTES", sum.bytes);
	link_key_u64(out, "SINCE", (uint64_t)sum.since.ns);
	link_key_u64(out, "RAN", (uint64_t)s->ran.ns);
	link_key_str(out, "RESULT", s->result);
	link_key_bool(out, "FAILED", s->failed);
	link_key_u64(out, "DUE", (uint64_t)s->due.ns);
	link_key_str(out, "HELD", text);
}

enum status_health
control_judge_archive(const struct control *c, char text[STATUS_ADVICE_MAX])
{
	const struct retain_state *s = retain_state(c->g->retain);

	return status_of_archive(s->failed ? s->result : NULL, text);
}

static void
done(void *arg, int err)
{
	struct retain_order *o = arg;

	retain_ran(o->owner, o, err);
	if (err != 0)
		log_event(LOG_LEVEL_ERROR, "archive", NULL, "%s",
		    o->why[0] != '\0' ? o->why : fg_strerror(err));
	else if (!o->dry_run)
		log_event(LOG_LEVEL_INFO, "archive", NULL, "%llu segments "
		    "archived, %llu deleted", (unsigned long long)o->archived,
		    (unsigned long long)o->deleted);
}

static void
result(void *arg, struct link_out *out)
{
	struct retain_order *o = arg;

	link_key_u64(out, "ARCHIVED", o->archived);
	link_key_u64(out, "DELETED", o->deleted);
	link_key_u64(out, "HELD", o->held);
	link_key_u64(out, "BYTES", o->from_bytes);
	link_key_u64(out, "ARCHIVE_BYTES", o->to_bytes);
}

void
control_archive(const struct server_ask *a)
{
	struct control *c = control_of(a);
	struct retain_order *o = calloc(1, sizeof(*o));
	const struct job_work work = { .what = "archive", .run = retain_run,
		.done = done, .nresult = 5, .result = result, .free = free,
		.arg = o };
	uint64_t before = link_find_u64(a->details, "BEFORE", 0);
	uint64_t gone = link_find_u64(a->details, "DELETE_BEFORE", 0);

	if (o == NULL) {
		server_nack(a, "FAILED", true, "%s", fg_strerror(FG_ENOMEM));
		return;
	}
	if ((before == 0 && gone == 0) || before > INT64_MAX ||
	    gone > INT64_MAX) {
		free(o);
		server_nack(a, "BAD_REQUEST", false, "BEFORE or DELETE_BEFORE "
		    "is needed, nanoseconds since 1970");
		return;
	}
	o->owner = c->g->retain;
	o->store = c->g->store;
	o->chain = c->g->chain;
	o->archive_before.ns = (int64_t)before;
	o->delete_before.ns = (int64_t)gone;
	o->force = link_find_bool(a->details, "FORCE", false);
	o->dry_run = link_find_bool(a->details, "DRY_RUN", false);
	control_needs(c, o);
	job_start(c->g->jobs, a, &work);
}
