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
