/* metric.h: pieces of the text that Prometheus reads (format 0.0.4). Pure. */
#ifndef FG_DAEMON_METRIC_H
#define FG_DAEMON_METRIC_H

#include <stdint.h>

#include "base/buf.h"
#include "base/latency.h"

/* "# HELP" and "# TYPE" of fixgate_NAME. All: 0 or FG_ENOMEM. */
int metric_head(struct buf *out, const char *name, const char *type,
    const char *help);
/* The head and a value. */
int metric_one(struct buf *out, const char *name, const char *type, uint64_t v,
    const char *help);
/* "fixgate_NAME{KEY="VALUE"} ", with one more label if key2 is not NULL. */
int metric_begin(struct buf *out, const char *name, const char *key,
    const char *value, const char *key2, const char *value2);
/* That, and a number. */
int metric_of(struct buf *out, const char *name, const char *key,
    const char *value, const char *key2, const char *value2, uint64_t v);
/* The samples of a histogram, in seconds; without labels if key is NULL. */
int metric_histogram(struct buf *out, const char *name, const char *key,
    const char *value, const char *key2, const char *value2,
    const struct latency *l);
/* What all programs have: version, lines of the log. */
int metric_program(struct buf *out);

#endif
