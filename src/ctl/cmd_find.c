/* cmd_find.c: `find` and `show`: messages of both directions by their fields,
 * and one row. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "ctl/ctl.h"
#include "ctl/dicts.h"
#include "ctl/pretty.h"
#include "ctl/offline.h"
#include "ctl/query.h"
#include "dict/pretty.h"
#include "fix/msg.h"

#define FIELDS_MAX 16384 /* shown of one message */

static int
no_memory(void)
{
	ctl_complain("%s", fg_strerror(FG_ENOMEM));
	return CTL_NO_GATEWAY;
}

/* A JSON object of a row, with the table as its first member. */
static int
json_of(struct buf *to, const struct row *r, const char *table)
{
	size_t at = to->len;
	struct buf row = { 0 };
	int err = buf_printf(to, "{\"TABLE\": \"%s\", ", table);

	if (err == 0)
		err = row_json(&row, r);
	if (err == 0)
		err = buf_add(to, row.p + 1, row.len - 1);
	if (err != 0)
		to->len = at;
	buf_free(&row);
	return err;
}

static int
put_found(struct ctl *c, struct buf *line, const struct row *r,
    const char *table, struct dicts *dicts)
{
	int err;

	line->len = 0;
	if (c->out == &ctl_output_json)
		err = json_of(line, r, table);
	else {
		err = buf_printf(line, "%-7s ", table);
		if (err == 0)
			err = dicts != NULL ? row_pretty(line, r, dicts)
			    : row_plain(line, r);
	}
	if (err == 0)
		err = buf_add(line, "\n", 1);
	return err;
}

static int
find_all(struct ctl *c, const struct query *q, struct dicts *dicts)
{
	struct query_merge m;
	struct buf line = { 0 };
	const char *table;
	struct row r;
	int code = query_begin(&m, c, q, NULL), got = 0;

	while (code == CTL_OK && (got = query_merged(&m, &r, &table)) == 1) {
		if (put_found(c, &line, &r, table, dicts) != 0)
			code = no_memory();
		else if (fwrite(line.p, 1, line.len, stdout) != line.len)
			break;
	}
	if (got == -1)
		code = m.code;
	query_end(&m);
	buf_free(&line);
	return code;
}

int
cmd_find(struct ctl *c, int argc, char **argv)
{
	struct query q = { 0 };
	bool pretty = false;
	const char *archive = NULL, *why;
	struct opt opts[QUERY_OPTS + 2] = { [QUERY_OPTS] = { "--pretty",
		OPT_FLAG, &pretty }, { "--archive", OPT_TEXT, &archive } };
	struct dicts *dicts = NULL;
	char err[OPT_ERR_MAX];
	uint64_t n = 0;
	int i, code = CTL_OK;

	query_opts(&q, opts);
	argc = opt_parse(opts, QUERY_OPTS + 2, argc, argv, err);
	if (argc < 1)
		return ctl_usage("find", argc == -1 ? err :
		    "a FIELD=VALUE is needed");
	why = query_times(&q);
	if (why == NULL && pretty && c->out == &ctl_output_json)
		why = "--pretty or --json, not both";
	if (why == NULL && archive != NULL && (pretty ||
	    c->out == &ctl_output_json))
		why = "with --archive neither --pretty nor --json";
	if (why != NULL)
		return ctl_usage("find", why);
	for (i = 0; i < argc && code == CTL_OK; i++)
		code = query_add(c, &q, argv[i]);
	if (code != CTL_OK)
		return code;
	if (archive != NULL)
		return offline_print(archive, &q, NULL, 0, OFFLINE_ROWS, &n);
	if (pretty && (dicts = dicts_new(c->socket)) == NULL)
		return no_memory();
	code = find_all(c, &q, dicts);
	dicts_free(dicts);
	return code;
}

/* ---- show ---- */

/* The message by names, as the last member of the row's object. */
static int
put_fields(struct buf *to, const struct row *r, struct dicts *dicts)
{
	struct fix_msg m = { .cap = FIELDS_MAX };
	const struct dict *d;
	const char *p;
	size_t n;
	int err;

	d = dicts_get(dicts, (uint32_t)row_number(r, "DICT_ID"));
	if (d == NULL || !link_get_str(row_get(r, "FIX_DATA"), &p, &n))
		return 0;
	m.field = calloc(m.cap, sizeof(*m.field));
	if (m.field == NULL)
		return FG_ENOMEM;
	to->len--; /* the brace */
	fix_parse(&m, p, n, dict_lens(d));
	err = buf_puts(to, ", \"FIELDS\": ");
	if (err == 0)
		err = dict_json(d, d, &m, row_secrets, row_nsecrets, to);
	if (err == 0)
		err = buf_puts(to, "}");
	free(m.field);
	return err;
}

static int
show_row(struct ctl *c, const struct row *r, const char *table)
{
	struct dicts *dicts = dicts_new(c->socket);
	struct buf text = { 0 };
	int err;

	if (dicts == NULL)
		return no_memory();
	if (c->out == &ctl_output_json) {
		err = json_of(&text, r, table);
		if (err == 0)
			err = put_fields(&text, r, dicts);
	} else
		err = row_pretty(&text, r, dicts);
	if (err == 0)
		printf("%.*s\n", (int)text.len, text.p);
	buf_free(&text);
	dicts_free(dicts);
	return err == 0 ? CTL_OK : no_memory();
}

int
cmd_show(struct ctl *c, int argc, char **argv)
{
	const char *archive = NULL;
	const struct opt opts[] = { { "--archive", OPT_TEXT, &archive } };
	char err[OPT_ERR_MAX];
	struct query q = { 0 };
	struct query_table *t;
	uint64_t seq, n = 0;
	struct row r;
	int got, code;

	argc = opt_parse(opts, 1, argc, argv, err);
	if (argc == -1)
		return ctl_usage("show", err);
	if (argc != 2 || num_parse_u64(argv[1], strlen(argv[1]), &seq) != 0 ||
	    seq == 0)
		return ctl_usage("show", "a TABLE and a SEQUENCE are needed");
	if (archive != NULL) {
		code = offline_print(archive, &q, argv[0], seq, OFFLINE_ROWS,
		    &n);
		if (code == CTL_OK && n == 0) {
			ctl_complain("%s: has no row %s of %s", archive,
			    argv[1], argv[0]);
			code = CTL_REFUSED;
		}
		return code;
	}
	t = query_open(c, &q, argv[0], seq - 1);
	if (t == NULL)
		return no_memory();
	got = query_next(t, &r);
	code = got == -1 ? query_code(t) : CTL_OK;
	if (got == 1 && query_sequence(&r) == seq)
		code = show_row(c, &r, argv[0]);
	else if (got != -1) {
		ctl_complain("%s has no row %s", argv[0], argv[1]);
		code = CTL_REFUSED;
	}
	query_close(t);
	return code;
}
