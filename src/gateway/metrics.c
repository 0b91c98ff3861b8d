#include "gateway/metrics.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "daemon/metric.h"

void
metrics_clear(struct metrics *m)
{
	m->names.len = m->certificates.len = 0;
	m->nsession = m->ntable = m->nconsumer = 0;
}

void
metrics_free(struct metrics *m)
{
	buf_free(&m->names);
	buf_free(&m->certificates);
	free(m->session);
	free(m->table);
	free(m->consumer);
	memset(m, 0, sizeof(*m));
}

/* Room for one more in an array of n; the array, or NULL. */
static void *
room(void *array, size_t n, size_t *cap, size_t size)
{
	size_t more = *cap == 0 ? 64 : *cap * 2;
	void *p;

	if (n < *cap)
		return array;
	p = realloc(array, more * size);
	if (p != NULL)
		*cap = more;
	return p;
}

struct metrics_session *
metrics_add_session(struct metrics *m, const char *name)
{
	struct metrics_session *s = room(m->session, m->nsession,
	    &m->session_cap, sizeof(*s));

	if (s == NULL)
		return NULL;
	m->session = s;
	s += m->nsession;
	*s = (struct metrics_session){ .name = m->names.len };
	if (buf_add(&m->names, name, strlen(name) + 1) != 0)
		return NULL;
	m->nsession++;
	return s;
}

struct metrics_table *
metrics_add_table(struct metrics *m, const char *name)
{
	struct metrics_table *t = room(m->table, m->ntable, &m->table_cap,
	    sizeof(*t));

	if (t == NULL)
		return NULL;
	m->table = t;
	t += m->ntable;
	*t = (struct metrics_table){ .name = m->names.len };
	if (buf_add(&m->names, name, strlen(name) + 1) != 0)
		return NULL;
	m->ntable++;
	return t;
}

struct metrics_consumer *
metrics_add_consumer(struct metrics *m, const char *name, const char *cursor)
{
	struct metrics_consumer *c = room(m->consumer, m->nconsumer,
	    &m->consumer_cap, sizeof(*c));

	if (c == NULL)
		return NULL;
	m->consumer = c;
	c += m->nconsumer;
	*c = (struct metrics_consumer){ .name = m->names.len,
		.cursor = m->names.len + strlen(name) + 1 };
	if (buf_add(&m->names, name, strlen(name) + 1) != 0 ||
	    buf_add(&m->names, cursor, strlen(cursor) + 1) != 0)
		return NULL;
	m->nconsumer++;
	return c;
}

/* ---- text ---- */

/* Where an array of n ends, which may not be there. */
#define END(array, n) ((array) == NULL ? NULL : (array) + (n))

static int
seconds(struct buf *out, const char *name, const char *type, int64_t ns,
    const char *help)
{
	int err = metric_head(out, name, type, help);

	return err != 0 ? err : buf_printf(out,
	    "fixgate_%s %lld.%09lld\n", name, (long long)ns / NS_PER_S,
	    (long long)ns % NS_PER_S);
}

/* What there is of a session; those of one name must stand together, so each
 * has a pass of its own. */
#define SESSION_METRICS(X)                                                     \
	X(session_health, "gauge", s->health,                                  \
	    "0 healthy, 1 warning, 2 error, as fixgatectl status says.")       \
	X(session_enabled, "gauge", s->enabled,                                \
	    "1 unless an operator or the settings stopped it.")                \
	X(session_in_schedule, "gauge", s->open,                               \
	    "1 if its schedule lets it be connected.")                         \
	X(session_connected, "gauge", s->connected,                            \
	    "1 if it has a connection.")                                       \
	X(session_logged_on, "gauge", s->logged_on, "1 if it is logged on.")   \
	X(session_next_in, "gauge", s->next_in,                                \
	    "Sequence number that is expected next.")                          \
	X(session_next_out, "gauge", s->next_out,                              \
	    "Sequence number of the next message out.")                        \
	X(session_epoch, "gauge", s->epoch,                                    \
	    "Which of its sequences of numbers; grows by each reset.")         \
	X(session_received_total, "counter", s->received,                      \
	    "Messages received since start.")                                  \
	X(session_sent_total, "counter", s->sent,                              \
	    "Messages sent since start, resent ones not counted.")             \
	X(session_rejected_total, "counter", s->rejected,                      \
	    "Messages received that were rejected.")                           \
	X(session_resends_total, "counter", s->resends,                        \
	    "ResendRequests of the counterparty that were obeyed.")            \
	X(session_gap, "gauge", s->gap,                                        \
	    "1 while messages are missing that were asked for again.")         \
	X(session_halted, "gauge", s->halted,                                  \
	    "1 while it is halted.")                                           \
	X(session_pending, "gauge", s->pending,                                \
	    "1 while messages wait for its logon.")

static int
session_metrics(struct buf *out, const struct metrics *m)
{
	const struct metrics_session *s, *end = END(m->session, m->nsession);
	int err = 0;

#define X(id, type, value, help)                                               \
	if (err == 0)                                                          \
		err = metric_head(out, #id, type, help);                       \
	for (s = m->session; err == 0 && s < end; s++)                         \
		err = metric_of(out, #id, "session", m->names.p + s->name,     \
		    NULL, NULL, (uint64_t)(value));
	SESSION_METRICS(X)
#undef X
	return err;
}

/* Of sessions that never had one there is none. */
static int
session_times(struct buf *out, const struct metrics *m, const char *name,
    bool sent, const char *help)
{
	const struct metrics_session *s, *end = END(m->session, m->nsession);
	int err = metric_head(out, name, "gauge", help);
	int64_t ns;

	for (s = m->session; err == 0 && s < end; s++) {
		ns = sent ? s->last_sent.ns : s->last_received.ns;
		if (ns <= 0)
			continue;
		err = metric_begin(out, name, "session", m->names.p + s->name,
		    NULL, NULL);
		if (err == 0)
			err = buf_printf(out, "%lld.%03lld\n",
			    (long long)ns / NS_PER_S,
			    (long long)ns % NS_PER_S / NS_PER_MS);
	}
	return err;
}

/* Of tables that have archives. */
static int
archive_metrics(struct buf *out, const struct metrics *m)
{
	const struct metrics_table *t, *end = END(m->table, m->ntable);
	int err = metric_head(out, "archive_files", "gauge",
	    "Archives of the table.");

	for (t = m->table; err == 0 && t < end; t++)
		if (t->archives != 0)
			err = metric_of(out, "archive_files", "table",
			    m->names.p + t->name, NULL, NULL, t->archives);
	if (err == 0)
		err = metric_head(out, "archive_bytes", "gauge",
		    "Bytes of them.");
	for (t = m->table; err == 0 && t < end; t++)
		if (t->archives != 0)
			err = metric_of(out, "archive_bytes", "table",
			    m->names.p + t->name, NULL, NULL,
			    t->archive_bytes);
	return err;
}

static int
table_metrics(struct buf *out, const struct metrics *m, const char *name,
    bool visible, const char *help)
{
	const struct metrics_table *t, *end = END(m->table, m->ntable);
	int err = metric_head(out, name, "gauge", help);

	for (t = m->table; err == 0 && t < end; t++)
		err = metric_of(out, name, "table", m->names.p + t->name,
		    NULL, NULL, visible ? t->visible : t->oldest);
	return err;
}

#define CONSUMER_METRICS(X)                                                    \
	X(consumer_health, c->health,                                          \
	    "0 healthy, 1 warning, as fixgatectl status says.")                \
	X(consumer_connected, c->connected,                                    \
	    "1 if it has a tail or a lane.")                                   \
	X(consumer_behind, c->behind, "Rows that it has not settled.")

static int
consumer_metrics(struct buf *out, const struct metrics *m)
{
	const struct metrics_consumer *c, *end = END(m->consumer, m->nconsumer);
	int err = 0;

#define X(id, value, help)                                                     \
	if (err == 0)                                                          \
		err = metric_head(out, #id, "gauge", help);                    \
	for (c = m->consumer; err == 0 && c < end; c++)                        \
		err = metric_of(out, #id, "consumer", m->names.p + c->name,    \
		    "cursor", m->names.p + c->cursor, (uint64_t)(value));
	CONSUMER_METRICS(X)
#undef X
	if (err == 0)
		err = metric_head(out, "consumer_oldest_seconds", "gauge",
		    "How old the first of them is.");
	for (c = m->consumer; err == 0 && c < end; c++) {
		err = metric_begin(out, "consumer_oldest_seconds", "consumer",
		    m->names.p + c->name, "cursor", m->names.p + c->cursor);
		if (err == 0)
			err = buf_printf(out, "%lld.%03lld\n",
			    (long long)c->age / NS_PER_S,
			    (long long)c->age % NS_PER_S / NS_PER_MS);
	}
	return err;
}

static int
chain_metrics(struct buf *out, const struct metrics *m)
{
	const struct metrics_table *t, *end = END(m->table, m->ntable);
	int err = metric_head(out, "table_chained", "gauge",
	    "Sequence of the newest row that is in the hash chain.");

	for (t = m->table; err == 0 && t < end; t++)
		err = metric_of(out, "table_chained", "table",
		    m->names.p + t->name, NULL, NULL, t->chained);
	return err;
}

/* How far the index is, if there is one. */
static int
index_metrics(struct buf *out, const struct metrics *m)
{
	const struct metrics_table *t, *end = END(m->table, m->ntable);
	int err = metric_head(out, "table_indexed", "gauge",
	    "Sequence of the newest row that the index has.");

	for (t = m->table; err == 0 && t < end; t++)
		if (t->has_index)
			err = metric_of(out, "table_indexed", "table",
			    m->names.p + t->name, NULL, NULL, t->indexed);
	return err;
}

/* Of each stage, and all messages. */
static int
latencies(struct buf *out, const struct metrics *m)
{
	int err = metric_head(out, "latency_seconds", "histogram",
	    "From the wake-up that read a message until it was there.");
	enum stage i;

	for (i = 0; err == 0 && i < STAGE_N; i++)
		err = metric_histogram(out, "latency_seconds", "path",
		    stage_name[i].path, "stage", stage_name[i].text,
		    &m->stage[i]);
	return err;
}

static int
store_metrics(struct buf *out, const struct metrics *m)
{
	int err;

	err = metric_one(out, "store_health", "gauge", m->store_health,
	    "0 healthy, 1 warning, 2 error.");
	if (err == 0)
		err = metric_one(out, "store_commits_total", "counter", m->commits,
		    "Commits that are durable, since the store was made.");
	if (err == 0)
		err = metric_one(out, "store_waiting", "gauge", m->waiting,
		    "Messages and answers that wait for the disk.");
	if (err == 0)
		err = seconds(out, "store_lag_seconds", "gauge", m->lag,
		    "How long the oldest of them has waited.");
	if (err == 0)
		err = metric_head(out, "store_wait_seconds", "histogram",
		    "How long messages and answers waited for the disk.");
	if (err == 0)
		err = metric_histogram(out, "store_wait_seconds", NULL, NULL,
		    NULL, NULL, &m->waits);
	if (err == 0)
		err = metric_one(out, "store_repairs_total", "counter", m->repairs,
		    "How often it could not be written and was repaired.");
	if (err == 0)
		err = metric_one(out, "store_bytes", "gauge", m->store_bytes,
		    "Bytes of the files of the store.");
	if (err == 0)
		err = metric_one(out, "store_log_bytes", "gauge", m->log_bytes,
		    "Bytes of its log files, as of the last checkpoint.");
	if (err == 0)
		err = metric_one(out, "store_backup_time_seconds", "gauge",
		    (uint64_t)m->backup_time, "When the last backup was, since "
		    "1970; 0: never.");
	if (err == 0)
		err = metric_one(out, "store_backup_gone", "gauge",
		    m->backup_gone, "1: log files since the last backup were "
		    "removed, see LogKeepMB.");
	if (err == 0)
		err = metric_one(out, "store_free_bytes", "gauge", m->disk_free,
		    "Bytes free on its disk.");
	if (err == 0)
		err = table_metrics(out, m, "table_newest", true,
		    "Sequence of the newest row that may be seen.");
	if (err == 0)
		err = table_metrics(out, m, "table_oldest", false,
		    "Sequence of the oldest row.");
	if (err == 0)
		err = index_metrics(out, m);
	if (err == 0)
		err = chain_metrics(out, m);
	if (err == 0)
		err = archive_metrics(out, m);
	if (err == 0)
		err = metric_one(out, "quarantine", "gauge", m->quarantine,
		    "Events that were given up and wait for a decision.");
	return err;
}

int
metrics_text(struct buf *out, const struct metrics *m)
{
	int err;

	err = metric_program(out);
	if (err == 0)
		err = metric_one(out, "health", "gauge", m->health, "0 healthy, "
		    "1 warning, 2 error, as fixgatectl status says.");
	if (err == 0)
		err = session_metrics(out, m);
	if (err == 0)
		err = session_times(out, m, "session_last_received_seconds",
		    false, "When its last message came, since 1970.");
	if (err == 0)
		err = session_times(out, m, "session_last_sent_seconds", true,
		    "When its last message left, since 1970.");
	if (err == 0)
		err = metric_one(out, "strangers", "gauge", m->strangers,
		    "Connections that have not logged on.");
	if (err == 0)
		err = store_metrics(out, m);
	if (err == 0)
		err = latencies(out, m);
	if (err == 0)
		err = consumer_metrics(out, m);
	if (err == 0)
		err = metric_one(out, "links", "gauge", m->links,
		    "Connections of applications and operators.");
	if (err == 0)
		err = buf_add(out, m->certificates.p, m->certificates.len);
	return err;
}
