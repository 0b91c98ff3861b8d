/*
 * metrics.h: what Prometheus asks for, as text. Made of a copy of the numbers,
 * so that the loop only has to copy them. Pure.
 */
#ifndef FG_GATEWAY_METRICS_H
#define FG_GATEWAY_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "gateway/stages.h"
#include "gateway/status.h"

struct metrics_session {
	size_t name; /* where it begins in names */
	enum status_health health;
	bool connected, logged_on, enabled, open, gap, pending, halted;
	uint64_t next_in, next_out, epoch;
	uint64_t received, sent, rejected, resends;
	wall_t last_received, last_sent; /* 0: never */
};

struct metrics_table {
	size_t name;
	uint64_t oldest, visible;
	bool has_index;
	uint64_t indexed, chained;
	uint64_t archives, archive_bytes;
};

struct metrics_consumer {
	size_t name, cursor; /* KEY/TABLE */
	enum status_health health;
	bool connected;
	uint64_t behind;
	int64_t age; /* ns */
};

/* All-zero is empty. */
struct metrics {
	struct buf names; /* each with its NUL */
	struct metrics_session *session;
	size_t nsession, session_cap;
	struct metrics_table *table;
	size_t ntable, table_cap;
	struct metrics_consumer *consumer;
	size_t nconsumer, consumer_cap;
	enum status_health health, store_health;
	uint64_t commits, repairs, strangers, waiting, quarantine, links;
	int64_t lag; /* ns */
	uint64_t disk_free;
	uint64_t store_bytes;
	int64_t backup_time; /* of the last backup, seconds; 0: there was none */
	bool backup_gone;    /* log files since then were removed */
	uint64_t log_bytes;
	struct latency waits, stage[STAGE_N];
	struct buf certificates; /* text, of daemon/expiry.h */
};

/* Forget what is in it, and keep its memory. */
void metrics_clear(struct metrics *m);
void metrics_free(struct metrics *m);

/* The next one, all-zero but for its name; NULL: no memory. */
struct metrics_session *metrics_add_session(struct metrics *m,
    const char *name);
struct metrics_table *metrics_add_table(struct metrics *m, const char *name);

struct metrics_consumer *metrics_add_consumer(struct metrics *m,
    const char *name, const char *cursor);

/* Append the text: 0 or FG_ENOMEM. */
int metrics_text(struct buf *out, const struct metrics *m);

#endif
