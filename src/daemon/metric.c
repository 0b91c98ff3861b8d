#include "daemon/metric.h"

#include <inttypes.h>
#include <stddef.h>

#include "log/log.h"

int
metric_head(struct buf *out, const char *name, const char *type,
    const char *help)
{
	return buf_printf(out, "# HELP fixgate_%s %s\n# TYPE fixgate_%s %s\n",
	    name, help, name, type);
}

int
metric_one(struct buf *out, const char *name, const char *type, uint64_t v,
    const char *help)
{
	int err = metric_head(out, name, type, help);

	return err != 0 ? err : buf_printf(out, "fixgate_%s %" PRIu64 "\n",
	    name, v);
}

/* A label's value: backslash, quote and line feed are escaped, and bytes that
 * are no ASCII (it must be UTF-8) are '?'. */
static int
put_value(struct buf *out, const char *p)
{
	int err = 0;

	for (; *p != '\0' && err == 0; p++) {
		if (*p == '\n')
			err = buf_puts(out, "\\n");
		else if (*p == '"' || *p == '\\')
			err = buf_printf(out, "\\%c", *p);
		else
			err = buf_add(out, *p < 0 ? "?" : p, 1);
	}
	return err;
}

int
metric_begin(struct buf *out, const char *name, const char *key,
    const char *value, const char *key2, const char *value2)
{
	int err = buf_printf(out, "fixgate_%s{%s=\"", name, key);

	if (err == 0)
		err = put_value(out, value);
	if (err == 0 && key2 != NULL)
		err = buf_printf(out, "\",%s=\"", key2);
	if (err == 0 && key2 != NULL)
		err = put_value(out, value2);
	return err != 0 ? err : buf_puts(out, "\"} ");
}

int
metric_of(struct buf *out, const char *name, const char *key,
    const char *value, const char *key2, const char *value2, uint64_t v)
{
	int err = metric_begin(out, name, key, value, key2, value2);

	return err != 0 ? err : buf_printf(out, "%" PRIu64 "\n", v);
}

/* KEY="VALUE" and the second, if they are there. */
static int
put_labels(struct buf *out, const char *key, const char *value,
    const char *key2, const char *value2)
{
	int err = 0;

	if (key != NULL)
		err = buf_printf(out, "%s=\"", key);
	if (err == 0 && key != NULL)
		err = put_value(out, value);
	if (err == 0 && key2 != NULL)
		err = buf_printf(out, "\",%s=\"", key2);
	if (err == 0 && key2 != NULL)
		err = put_value(out, value2);
	if (err == 0 && key != NULL)
		err = buf_puts(out, "\"");
	return err != 0 ? err : buf_add(out, "", 1);
}

/* Cumulative, as the format wants it. */
static int
put_buckets(struct buf *out, const char *name, const char *labels,
    const struct latency *l)
{
	const char *comma = labels[0] == '\0' ? "" : ",";
	uint64_t sum = 0;
	unsigned i;
	int err = 0;

	for (i = 0; err == 0 && i < LATENCY_BOUNDS; i++) {
		sum += l->count[i];
		err = buf_printf(out, "fixgate_%s_bucket{%s%sle=\"%.9g\"} %"
		    PRIu64 "\n", name, labels, comma,
		    (double)latency_bound(i) / NS_PER_S, sum);
	}
	return err != 0 ? err : buf_printf(out, "fixgate_%s_bucket{%s%s"
	    "le=\"+Inf\"} %" PRIu64 "\n", name, labels, comma, l->n);
}

int
metric_histogram(struct buf *out, const char *name, const char *key,
    const char *value, const char *key2, const char *value2,
    const struct latency *l)
{
	const char *open = key == NULL ? "" : "{";
	const char *close = key == NULL ? "" : "}";
	struct buf labels = { 0 };
	int err = put_labels(&labels, key, value, key2, value2);

	if (err == 0)
		err = put_buckets(out, name, labels.p, l);
	if (err == 0)
		err = buf_printf(out, "fixgate_%s_sum%s%s%s %.9g\n"
		    "fixgate_%s_count%s%s%s %" PRIu64 "\n", name, open,
		    labels.p, close, (double)l->sum / NS_PER_S, name, open,
		    labels.p, close, l->n);
	buf_free(&labels);
	return err;
}

int
metric_program(struct buf *out)
{
	uint64_t lines, unsaid;
	int err;

	log_counts(&lines, &unsaid);
	err = metric_head(out, "build_info", "gauge", "Always 1.");
	if (err == 0)
		err = metric_of(out, "build_info", "version", PACKAGE_VERSION,
		    NULL, NULL, 1);
	if (err == 0)
		err = metric_one(out, "log_lines_total", "counter", lines,
		    "Lines that were logged.");
	if (err == 0)
		err = metric_one(out, "log_unsaid_total", "counter", unsaid,
		    "Lines left out, because there were too many alike.");
	return err;
}
