/* control_metrics.c: /metrics: sessions, tables, consumers, certificates. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "gateway/control_int.h"
#include "gateway/metrics.h"
#include "gateway/peers.h"
#include "gateway/quarantine.h"
#include "gateway/sessions.h"
#include "store/backup.h"
#include "store/chain.h"
#include "store/index.h"
#include "store/segment.h"

static enum status_health
worse(enum status_health a, enum status_health b)
{
	return a > b ? a : b;
}

static int
add_session(const struct control *c, struct metrics *m,
    const struct fgsess *fs)
{
	struct metrics_session *s = metrics_add_session(m, fs->name);
	struct sess_seqs seqs = sess_seqs(fs->machine);
	char advice[STATUS_ADVICE_MAX];
	wall_t since;

	if (s == NULL)
		return FG_ENOMEM;
	s->health = control_judge_session(c, fs, false, advice);
	s->connected = fs->connected;
	s->logged_on = sess_state(fs->machine) == SESS_ON;
	s->enabled = peers_is_enabled(fs);
	s->open = peers_is_open(fs, &since);
	s->gap = sess_gap(fs->machine) != 0;
	s->pending = fs->pending_tail > fs->pending_done;
	s->halted = fs->halted;
	s->next_in = seqs.next_in;
	s->next_out = seqs.next_out;
	s->epoch = seqs.epoch;
	s->received = fs->received;
	s->sent = fs->sent;
	s->rejected = fs->rejected;
	s->resends = fs->resends;
	s->last_received = fs->last_received;
	s->last_sent = fs->last_sent;
	m->health = worse(m->health, s->health);
	return 0;
}

static int
add_tables(const struct gateway *g, struct metrics *m)
{
	struct store *st = g->store;
	struct metrics_table *t;
	enum store_table id;
	const char *name;
	unsigned i;

	for (i = 1; i < store_tables(st); i++) {
		id = (enum store_table)i;
		name = store_table_name(st, id);
		if (name == NULL)
			continue;
		t = metrics_add_table(m, name);
		if (t == NULL)
			return FG_ENOMEM;
		t->oldest = store_oldest(st, id);
		t->visible = store_visible(st, id);
		t->has_index = g->index != NULL && (id == STORE_FIX_IN ||
		    id == STORE_FIX_OUT);
		t->indexed = store_index_upto(g->index, id);
		t->chained = store_chain_upto(g->chain, id);
		store_archived(st, i, &t->archives, &t->archive_bytes);
	}
	return 0;
}

static int
add_consumers(struct control *c, struct metrics *m)
{
	char cursor[LANE_NAME_MAX + STORE_NAME_MAX + 2], text[STATUS_ADVICE_MAX];
	char name[LANE_NAME_MAX + 1];
	const struct control_consumer *w;
	struct metrics_consumer *to;
	const struct lane *l;
	struct buf b = { 0 };
	size_t i, n;
	int err = control_consumers(c, false, &b);

	w = (const void *)b.p;
	n = b.len / sizeof(*w);
	for (i = 0; i < n && err == 0; i++, w++) {
		if (w->changed)
			continue; /* it counts other rows */
		snprintf(cursor, sizeof(cursor), "%s/%s", w->key, w->table);
		to = metrics_add_consumer(m, w->name, cursor);
		if (to == NULL) {
			err = FG_ENOMEM;
			break;
		}
		to->health = w->health;
		to->connected = w->connected;
		to->behind = w->behind;
		to->age = w->age;
		m->health = worse(m->health, w->health);
	}
	buf_free(&b);
	for (l = lane_first(c->g->driver); l != NULL; l = l->next)
		m->health = worse(m->health, control_judge_lane(c, l, name,
		    text));
	return err;
}

/* Ours, and those of who is connected. */
static int
add_certificates(struct control *c, struct metrics *m)
{
	struct driver *d = c->g->driver;
	char text[EXPIRY_TEXT_MAX];
	struct buf list = { 0 };
	struct tls_expiry x;
	size_t i;
	int err = sessions_expiry(c->g->sessions, &list);

	for (i = 0; i < driver_count(d) && err == 0; i++) {
		if (!peers_expiry(driver_session(d, i), &x))
			continue;
		x.file = driver_session(d, i)->name;
		err = buf_add(&list, &x, sizeof(x));
	}
	for (i = 0; i < expiry_count(&list) && err == 0; i++)
		m->health = worse(m->health, control_judge_expiry(
		    expiry_at(&list, i), text));
	if (err == 0)
		err = expiry_metrics(&m->certificates, &list);
	buf_free(&list);
	return err;
}

int
control_metrics(struct control *c, struct metrics *m)
{
	struct driver *d = c->g->driver;
	char advice[STATUS_ADVICE_MAX];
	struct store_covered covered;
	struct server_conn *sc;
	int err = 0;
	size_t i;

	metrics_clear(m);
	m->store_health = control_judge_store(c, advice);
	m->quarantine = quarantine_open(c->quarantine);
	m->health = worse(m->store_health,
	    status_of_quarantine(m->quarantine, advice));
	m->health = worse(m->health, control_judge_backup(c, advice));
	m->commits = store_durable(c->g->store);
	m->repairs = driver_repairs(d);
	m->waiting = driver_waiting(d);
	m->lag = driver_lag(d, loop_now(c->g->loop).mono);
	m->waits = *driver_waits(d);
	memcpy(m->stage, driver_stages(d)->all, sizeof(m->stage));
	m->strangers = peers_strangers(c->g->peers);
	store_backed_up(c->g->store, &covered);
	m->backup_time = covered.time.ns / NS_PER_S;
	m->backup_gone = covered.gone;
	m->log_bytes = covered.kept_bytes;
	m->disk_free = disk_bytes_free(c->g->disk);
	m->links = 0;
	for (sc = server_first(c->server); sc != NULL; sc = server_next(sc))
		m->links++;
	for (i = 0; i < driver_count(d) && err == 0; i++)
		err = add_session(c, m, driver_session(d, i));
	if (err == 0)
		err = add_consumers(c, m);
	if (err == 0)
		err = add_certificates(c, m);
	return err != 0 ? err : add_tables(c->g, m);
}
