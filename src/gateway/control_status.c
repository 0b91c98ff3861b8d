/* control_status.c: STATUS: is all well, and if not, what to look at. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "gateway/control_int.h"
#include "gateway/peers.h"
#include "gateway/quarantine.h"
#include "gateway/sessions.h"
#include "gateway/template.h"
#include "store/backup.h"
#include "store/index.h"

struct advice {
	enum status_health level;
	const char *subject; /* borrowed; NULL: it is name */
	char name[LANE_NAME_MAX + 1];
	char text[STATUS_ADVICE_MAX];
};

enum status_health
control_judge_store(const struct control *c, char text[STATUS_ADVICE_MAX])
{
	char err[STORE_ERR_MAX] = "";
	struct status_store s = {
		.down = driver_is_down(c->g->driver),
		.stalled = driver_is_stalled(c->g->driver),
		.error = err,
		.waiting = driver_waiting(c->g->driver),
		.lag = driver_lag(c->g->driver, loop_now(c->g->loop).mono),
		.disk = disk_level(c->g->disk),
		.disk_free = disk_bytes_free(c->g->disk),
	};
	int e;

	e = store_failed(c->g->store, err);
	if (e == 0)
		err[0] = '\0';
	else if (err[0] == '\0')
		snprintf(err, sizeof(err), "%s", fg_strerror(e));
	s.no_space = e == FG_ENOSPC;
	return status_of_store(&s, text);
}

enum status_health
control_judge_backup(const struct control *c, char text[STATUS_ADVICE_MAX])
{
	struct store_covered k;

	store_backed_up(c->g->store, &k);
	return status_of_backup(&(struct status_backup){ .time = k.time,
	    .gone = k.gone }, text);
}

/* Judge all; the advices go to b as an array of struct advice. */
/* Add one to b. */
static int
advise(struct buf *b, enum status_health *worst, const struct advice *a)
{
	if (a->level > *worst)
		*worst = a->level;
	return a->text[0] == '\0' ? 0 : buf_add(b, a, sizeof(*a));
}

enum status_health
control_judge_expiry(const struct tls_expiry *x, char text[EXPIRY_TEXT_MAX])
{
	switch (expiry_judge(x, "fixgatectl reload", text)) {
	case EXPIRY_FAR:
		return STATUS_HEALTHY;
	case EXPIRY_SOON:
		return STATUS_WARNING;
	case EXPIRY_NOW:
		break;
	}
	return STATUS_ERROR;
}

static int
judge_consumers(const struct buf *consumers, struct buf *b,
    enum status_health *worst)
{
	const struct control_consumer *w = (const void *)consumers->p;
	size_t i, n = consumers->len / sizeof(*w);
	struct advice a;
	int err = 0;

	for (i = 0; i < n && err == 0; i++) {
		a.level = w[i].health;
		a.subject = w[i].name;
		memcpy(a.text, w[i].advice, sizeof(a.text));
		err = advise(b, worst, &a);
	}
	return err;
}

static int
judge_lanes(struct control *c, struct buf *b, enum status_health *worst)
{
	const struct lane *l;
	struct advice a;
	int err = 0;

	for (l = lane_first(c->g->driver); l != NULL && err == 0;
	    l = l->next) {
		a.level = control_judge_lane(c, l, a.name, a.text);
		a.subject = NULL;
		err = advise(b, worst, &a);
	}
	return err;
}

static int
judge_expiry(const struct tls_expiry *x, const char *subject, struct buf *b,
    enum status_health *worst)
{
	_Static_assert(STATUS_ADVICE_MAX >= EXPIRY_TEXT_MAX, "one text");
	struct advice a = { .subject = subject };

	a.level = control_judge_expiry(x, a.text);
	return advise(b, worst, &a);
}

/* Ours, and those of who is connected. */
static int
judge_certificates(struct control *c, struct buf *b,
    enum status_health *worst)
{
	struct driver *d = c->g->driver;
	struct buf list = { 0 };
	struct tls_expiry x;
	size_t i;
	int err = sessions_expiry(c->g->sessions, &list);

	for (i = 0; i < expiry_count(&list) && err == 0; i++)
		err = judge_expiry(expiry_at(&list, i),
		    expiry_at(&list, i)->file, b, worst);
	buf_free(&list);
	for (i = 0; i < driver_count(d) && err == 0; i++)
		if (peers_expiry(driver_session(d, i), &x))
			err = judge_expiry(&x, driver_session(d, i)->name, b,
			    worst);
	return err;
}

static enum status_health
judge(struct control *c, const struct buf *consumers, struct buf *b)
{
	struct driver *d = c->g->driver;
	enum status_health worst;
	size_t i, made, most;
	struct advice a;

	a.subject = "store";
	a.level = worst = control_judge_store(c, a.text);
	if (a.level != STATUS_HEALTHY && buf_add(b, &a, sizeof(a)) != 0)
		return STATUS_ERROR;
	a.subject = "backup";
	a.level = control_judge_backup(c, a.text);
	if (advise(b, &worst, &a) != 0)
		return STATUS_ERROR;
	a.subject = "archive";
	a.level = control_judge_archive(c, a.text);
	if (advise(b, &worst, &a) != 0)
		return STATUS_ERROR;
	a.subject = "quarantine";
	a.level = status_of_quarantine(quarantine_open(c->quarantine), a.text);
	if (a.level > worst)
		worst = a.level;
	if (a.level != STATUS_HEALTHY && buf_add(b, &a, sizeof(a)) != 0)
		return STATUS_ERROR;
	if (judge_certificates(c, b, &worst) != 0)
		return STATUS_ERROR;
	for (i = 0; (a.subject = template_name(c->g->sessions, i, &made,
	    &most)) != NULL; i++) {
		a.level = status_of_template(made, most, a.text);
		if (a.level > worst)
			worst = a.level;
		if (a.text[0] != '\0' && buf_add(b, &a, sizeof(a)) != 0)
			return STATUS_ERROR;
	}
	for (i = 0; i < driver_count(d); i++) {
		a.subject = driver_session(d, i)->name;
		a.level = control_judge_session(c, driver_session(d, i), true,
		    a.text);
		if (a.level > worst)
			worst = a.level;
		if (a.text[0] != '\0' && buf_add(b, &a, sizeof(a)) != 0)
			return STATUS_ERROR;
	}
	if (judge_consumers(consumers, b, &worst) != 0 ||
	    judge_lanes(c, b, &worst) != 0)
		return STATUS_ERROR;
	return worst;
}

static void
put_advice(struct link_out *o, const struct buf *b)
{
	const struct advice *a = (const void *)b->p;
	size_t i, n = b->len / sizeof(*a);

	link_str(o, "ADVICE");
	link_array(o, (uint32_t)n);
	for (i = 0; i < n; i++) {
		link_map(o, 3);
		link_key_str(o, "LEVEL", status_health_text(a[i].level));
		link_key_str(o, "SUBJECT", a[i].subject == NULL ? a[i].name
		    : a[i].subject);
		link_key_str(o, "TEXT", a[i].text);
	}
}

static bool
is_indexed(const struct control *c, enum store_table t)
{
	return c->g->index != NULL && (t == STORE_FIX_IN || t == STORE_FIX_OUT);
}

static void
put_tables(struct control *c, struct link_out *o)
{
	struct store *st = c->g->store;
	unsigned i, n = 0, end = store_tables(st);
	const char *name;

	for (i = 1; i < end; i++)
		n += store_table_name(st, (enum store_table)i) != NULL;
	link_str(o, "TABLES");
	link_array(o, n);
	for (i = 1; i < end; i++) {
		name = store_table_name(st, (enum store_table)i);
		if (name == NULL)
			continue;
		link_map(o, is_indexed(c, (enum store_table)i) ? 4 : 3);
		link_key_str(o, "TABLE", name);
		if (is_indexed(c, (enum store_table)i))
			link_key_u64(o, "INDEXED", store_index_upto(c->g->index,
			    (enum store_table)i));
		link_key_u64(o, "OLDEST",
		    store_oldest(st, (enum store_table)i));
		link_key_u64(o, "VISIBLE",
		    store_visible(st, (enum store_table)i));
	}
}

/* What there was within the last minute. */
static void
put_latency(struct control *c, struct link_out *o, mono_t now)
{
	const struct stages *s = driver_stages(c->g->driver);
	struct latency_sum sum;
	uint32_t n = 0;
	enum stage i;

	link_str(o, "LATENCY");
	link_array_open(o);
	for (i = 0; i < STAGE_N; i++) {
		latency_minute_sum(&s->minute[i], now, &sum);
		if (sum.n == 0)
			continue;
		link_map(o, 6);
		link_key_str(o, "PATH", stage_name[i].path);
		link_key_str(o, "STAGE", stage_name[i].text);
		link_key_u64(o, "COUNT", sum.n);
		link_key_u64(o, "P50", (uint64_t)sum.p50);
		link_key_u64(o, "P99", (uint64_t)sum.p99);
		link_key_u64(o, "MAX", (uint64_t)sum.most);
		n++;
	}
	link_array_close(o, n);
}

static void
put_consumers(struct link_out *o, const struct buf *b)
{
	const struct control_consumer *w = (const void *)b->p;
	size_t i, n = b->len / sizeof(*w);

	link_str(o, "CONSUMERS");
	link_array(o, (uint32_t)n);
	for (i = 0; i < n; i++, w++) {
		link_map(o, 11);
		link_key_str(o, "CONSUMER", w->name);
		link_key_str(o, "KEY", w->key);
		link_key_str(o, "STREAM", w->stream);
		link_key_str(o, "TABLE", w->table);
		link_key_bool(o, "CURSOR", w->has_cursor);
		link_key_u64(o, "SEQUENCE", w->seq);
		link_key_u64(o, "BEHIND", w->behind);
		link_key_u64(o, "AGE", (uint64_t)w->age);
		link_key_bool(o, "CONNECTED", w->connected);
		link_key_u64(o, "SEEN", (uint64_t)w->seen.ns);
		link_key_str(o, "HEALTH", status_health_text(w->health));
	}
}

static const char *
durability_text(const struct gateway *g)
{
	static const char *const text[] = { "none", "written", "synced" };

	return text[conf_enum(conf_gateway(g->conf), CONF_Durability)];
}

void
control_status(const struct server_ask *a)
{
	struct control *c = control_of(a);
	struct gateway *g = c->g;
	struct now now = loop_now(g->loop);
	const char *path = conf_path(conf_gateway(g->conf), CONF_StorePath);
	struct buf advices = { 0 }, consumers = { 0 };
	enum status_health health;
	struct link_out *o;

	if (control_consumers(c, true, &consumers) != 0)
		consumers.len = 0;
	health = judge(c, &consumers, &advices);
	o = server_answer(a, "STATUS_ACK");
	link_map(o, 20);
	link_key_str(o, "HEALTH", status_health_text(health));
	link_key_str(o, "PROGRAM", PACKAGE_NAME "d");
	link_key_str(o, "VERSION", PACKAGE_VERSION);
	link_key_u64(o, "STARTED", (uint64_t)g->started.ns);
	link_key_u64(o, "NOW", (uint64_t)now.wall.ns);
	link_key_u64(o, "UPTIME_S",
	    (uint64_t)((now.wall.ns - g->started.ns) / NS_PER_S));
	link_key_str(o, "STORE", path == NULL ? "" : path);
	link_key_str(o, "STORE_UUID", store_uuid(g->store));
	link_key_str(o, "DURABILITY", durability_text(g));
	link_key_u64(o, "WAITING", driver_waiting(g->driver));
	link_key_u64(o, "LAG", (uint64_t)driver_lag(g->driver, now.mono));
	link_key_u64(o, "STORE_BYTES", disk_bytes_used(g->disk));
	link_key_u64(o, "DISK_FREE", disk_bytes_free(g->disk));
	link_key_u64(o, "STRANGERS", peers_strangers(g->peers));
	put_tables(c, o);
	control_put_archive(c, o);
	control_put_sessions(c, o);
	put_consumers(o, &consumers);
	put_latency(c, o, now.mono);
	put_advice(o, &advices);
	server_done(a->conn);
	buf_free(&advices);
	buf_free(&consumers);
}
