/* cmd_export.c: `export`: messages of a time to standard output. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "ctl/ctl.h"
#include "ctl/list.h"
#include "ctl/offline.h"
#include "ctl/progress.h"
#include "ctl/query.h"

enum format { FORMAT_FIX, FORMAT_JSON, FORMAT_CSV };

/* Columns of CSV; TABLE and SEQUENCE are before them. */
static const char *const columns[] = { "TIMESTAMP", "CONNECTION_NAME", "EPOCH",
	"MSG_SEQ_NUM", "MSG_TYPE", "SENDER_ID", "TARGET_ID", "POSS_DUP",
	"POSS_RESEND", "ADMIN", "CL_ORD_ID", "ORIG_CL_ORD_ID", "FIX_DATA" };

/* The message, secrets masked; *p is owned. */
static int
message_of(const struct row *r, char **p, size_t *n)
{
	const char *data;

	*p = NULL;
	if (!link_get_str(row_get(r, "FIX_DATA"), &data, n))
		return 0;
	*p = malloc(*n + 1);
	if (*p == NULL)
		return FG_ENOMEM;
	memcpy(*p, data, *n);
	row_mask(*p, *n);
	return 0;
}

static int
put_fix(struct buf *to, const struct row *r)
{
	char *p;
	size_t n;
	int err = message_of(r, &p, &n);

	if (err == 0 && p != NULL)
		err = buf_add(to, p, n);
	if (err == 0 && p != NULL)
		err = buf_add(to, "\n", 1);
	free(p);
	return err;
}

/* RFC 4180: quoted if need be, quotes doubled. */
static int
put_quoted(struct buf *to, const char *p, size_t n)
{
	bool quoted = false;
	size_t i;
	int err;

	for (i = 0; i < n; i++)
		quoted = quoted || strchr(",\"\r\n", p[i]) != NULL;
	if (!quoted)
		return buf_add(to, p, n);
	err = buf_add(to, "\"", 1);
	for (i = 0; i < n && err == 0; i++)
		err = p[i] == '"' ? buf_add(to, "\"\"", 2)
		    : buf_add(to, p + i, 1);
	return err != 0 ? err : buf_add(to, "\"", 1);
}

static int
put_cell(struct buf *to, const struct row *r, const char *column)
{
	const struct link_val *v = row_get(r, column);
	struct buf text = { 0 };
	const char *p;
	char *message, time[WALL_TEXT_MAX];
	int64_t ns;
	size_t n;
	bool b;
	int err = buf_add(to, ",", 1);

	if (err != 0 || v == NULL || link_kind(v) == LINK_NIL)
		return err;
	if (strcmp(column, "TIMESTAMP") == 0 && link_get_i64(v, &ns))
		return buf_add(to, time, wall_format(time, (wall_t){ ns }, 9));
	if (link_get_bool(v, &b))
		return buf_add(to, b ? "Y" : "N", 1);
	if (strcmp(column, "FIX_DATA") == 0) {
		err = message_of(r, &message, &n);
		if (err == 0 && message != NULL)
			err = row_escape(&text, message, n);
		free(message);
		if (err == 0)
			err = put_quoted(to, text.p, text.len);
		buf_free(&text);
		return err;
	}
	if (link_get_str(v, &p, &n))
		return put_quoted(to, p, n);
	return list_cell(to, v, LIST_VALUE);
}

static int
put_csv(struct buf *to, const struct row *r, const char *table)
{
	size_t i;
	int err = buf_printf(to, "%s,%" PRIu64, table, query_sequence(r));

	for (i = 0; i < sizeof(columns) / sizeof(columns[0]) && err == 0; i++)
		err = put_cell(to, r, columns[i]);
	return err != 0 ? err : buf_add(to, "\r\n", 2);
}

static int
put_json(struct buf *to, const struct row *r, const char *table)
{
	struct buf row = { 0 };
	int err = buf_printf(to, "{\"TABLE\": \"%s\", ", table);

	if (err == 0)
		err = row_json(&row, r);
	if (err == 0)
		err = buf_add(to, row.p + 1, row.len - 1);
	if (err == 0)
		err = buf_add(to, "\n", 1);
	buf_free(&row);
	return err;
}

static int
put_row(struct buf *to, const struct row *r, const char *table,
    enum format format)
{
	switch (format) {
	case FORMAT_FIX:
		return put_fix(to, r);
	case FORMAT_JSON:
		return put_json(to, r, table);
	case FORMAT_CSV:
		return put_csv(to, r, table);
	}
	return 0;
}

static void
print_head(void)
{
	size_t i;

	printf("TABLE,SEQUENCE");
	for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		printf(",%s", columns[i]);
	printf("\r\n");
}

static uint64_t
passed(const struct query_merge *m)
{
	uint64_t n = 0;
	int i;

	for (i = 0; i < QUERY_TABLES; i++)
		if (m->table[i] != NULL)
			n += query_done(m->table[i]);
	return n;
}

static int
export_all(struct ctl *c, const struct query *q, const char *only,
    enum format format)
{
	struct query_merge m;
	struct buf line = { 0 };
	const char *table;
	struct row r;
	int code = query_begin(&m, c, q, only), got = 0, err;

	if (code != CTL_OK)
		return code;
	progress_begin("export", "rows", 0);
	if (format == FORMAT_CSV)
		print_head();
	while ((got = query_merged(&m, &r, &table)) == 1) {
		line.len = 0;
		err = put_row(&line, &r, table, format);
		if (err != 0) {
			ctl_complain("%s", fg_strerror(err));
			code = CTL_NO_GATEWAY;
			break;
		}
		if (fwrite(line.p, 1, line.len, stdout) != line.len)
			break;
		progress_at(passed(&m));
	}
	if (got == -1)
		code = m.code;
	progress_end();
	query_end(&m);
	buf_free(&line);
	return code;
}

static bool
read_format(const char *text, enum format *format)
{
	static const char *const names[] = { "fix", "json", "csv" };
	unsigned i;

	for (i = 0; i < 3; i++)
		if (strcmp(text, names[i]) == 0) {
			*format = (enum format)i;
			return true;
		}
	return false;
}

int
cmd_export(struct ctl *c, int argc, char **argv)
{
	struct query q = { 0 };
	const char *text = c->out == &ctl_output_json ? "json" : "fix", *why;
	const char *archive = NULL;
	struct opt opts[QUERY_OPTS + 2] = { [QUERY_OPTS] = { "--format",
		OPT_TEXT, &text }, { "--archive", OPT_TEXT, &archive } };
	char err[OPT_ERR_MAX];
	enum format format;
	uint64_t n = 0;

	query_opts(&q, opts);
	argc = opt_parse(opts, QUERY_OPTS + 2, argc, argv, err);
	if (argc == -1 || argc > 1)
		return ctl_usage("export", argc == -1 ? err :
		    "one TABLE at most");
	why = query_times(&q);
	if (why == NULL && !read_format(text, &format))
		why = "--format needs fix, json or csv";
	if (why == NULL && argc == 1 && strncmp(argv[0], "FIX_", 4) != 0)
		why = "TABLE must be FIX_IN, FIX_OUT or FIX_IN_OTHER; tail "
		    "prints the others";
	if (why == NULL && archive != NULL && format != FORMAT_FIX)
		why = "with --archive the format is fix";
	if (why != NULL)
		return ctl_usage("export", why);
	if (archive != NULL)
		return offline_print(archive, &q, argc == 1 ? argv[0] : NULL,
		    0, OFFLINE_FIX, &n);
	return export_all(c, &q, argc == 1 ? argv[0] : NULL, format);
}
