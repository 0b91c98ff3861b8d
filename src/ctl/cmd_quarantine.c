/* cmd_quarantine.c: `quarantine`: events that were given up. */
#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "ctl/ctl.h"
#include "ctl/json.h"
#include "ctl/list.h"
#include "ctl/opt.h"

static void
ask_list(struct ctl *c, bool all, uint64_t after)
{
	struct link_out *o = wire_begin(c->wire, "QUARANTINE_LIST", NULL);

	link_map(o, 2);
	link_key_bool(o, "ALL", all);
	link_key_u64(o, "AFTER", after);
}

int
cmd_quarantine_list(struct ctl *c, int argc, char **argv)
{
	static const struct list_column columns[] = {
		{ "SEQUENCE", "SEQUENCE", LIST_VALUE },
		{ "TIME", "TIME", LIST_TIME },
		{ "STATE", "STATE", LIST_VALUE },
		{ "CLIENT", "CONSUMER", LIST_VALUE },
		{ "KEY", "KEY", LIST_VALUE },
		{ "SEND", "SEND", LIST_VALUE },
		{ "ROW", "ROW_SEQUENCE", LIST_VALUE },
		{ "EVENT", "EVENT", LIST_VALUE },
		{ "CODE", "CODE", LIST_VALUE },
		{ "REASON", "REASON", LIST_VALUE },
	};
	const struct link_val *rows;
	uint64_t after = 0, next;
	bool all = false, more = true;
	const struct opt opts[] = { { "--all", OPT_FLAG, &all } };
	char err[OPT_ERR_MAX];
	struct link_msg m;
	int code;

	argc = opt_parse(opts, 1, argc, argv, err);
	if (argc != 0)
		return ctl_usage("quarantine list",
		    argc == -1 ? err : "it takes no names");
	code = ctl_connect(c);
	while (code == CTL_OK && more) {
		ask_list(c, all, after);
		code = ctl_ask(c, "QUARANTINE_LIST_ACK", &m);
		if (code != CTL_OK)
			break;
		rows = link_find(m.details, "ROWS");
		code = list_print(c, rows, columns,
		    sizeof(columns) / sizeof(columns[0]));
		next = rows == NULL || link_count(rows) == 0 ? after
		    : link_find_u64(link_at(rows, link_count(rows) - 1),
		    "SEQUENCE", after);
		more = link_find_bool(m.details, "MORE", false) && next > after;
		after = next;
	}
	return code;
}

/* The event as it was kept: a message, whose details are shown as JSON; or text
 * of a client's. */
static int
put_details(struct buf *to, const struct link_val *v)
{
	struct link_in *in = link_in_new();
	struct link_msg m;
	const char *p, *why;
	size_t n;
	int err;

	if (in == NULL)
		return FG_ENOMEM;
	if (link_get_str(v, &p, &n) &&
	    link_decode(in, p, n, &m, &why) == (int64_t)n)
		err = json_put(to, json_value(m.details));
	else
		err = list_cell(to, v, LIST_VALUE);
	link_in_free(in);
	return err;
}

static bool
is_key(const char *key, size_t n, const char *name)
{
	return n == strlen(name) && memcmp(key, name, n) == 0;
}

/* All about one, a member on a line. */
static int
print_one(const struct ctl *c, const struct link_val *rows)
{
	const struct link_val *row = link_at(rows, 0), *v;
	struct buf text = { 0 };
	const char *key;
	size_t i, n;
	int err = 0;

	if (c->out == &ctl_output_json)
		return list_print(c, rows, NULL, 0);
	for (i = 0; i < link_count(row) && err == 0; i++) {
		v = link_map_at(row, i, &key, &n);
		err = buf_printf(&text, "%-13.*s ", (int)n, key);
		if (err == 0 && is_key(key, n, "DETAILS"))
			err = put_details(&text, v);
		else if (err == 0)
			err = list_cell(&text, v, is_key(key, n, "TIME")
			    ? LIST_TIME : LIST_VALUE);
		if (err == 0)
			err = buf_puts(&text, "\n");
	}
	if (err == 0)
		fwrite(text.p, 1, text.len, stdout);
	buf_free(&text);
	return err == 0 ? CTL_OK : CTL_REFUSED;
}

/* The number of argv[0], or 0. */
static uint64_t
sequence_of(int argc, char **argv)
{
	uint64_t seq;

	return argc == 1 && num_parse_u64(argv[0], strlen(argv[0]), &seq) == 0
	    ? seq : 0;
}

int
cmd_quarantine_show(struct ctl *c, int argc, char **argv)
{
	uint64_t seq = sequence_of(argc, argv);
	const struct link_val *rows;
	struct link_out *o;
	struct link_msg m;
	int code;

	if (seq == 0)
		return ctl_usage("quarantine show",
		    "the SEQUENCE of one event is needed");
	code = ctl_connect(c);
	if (code != CTL_OK)
		return code;
	o = wire_begin(c->wire, "QUARANTINE_LIST", NULL);
	link_map(o, 2);
	link_key_bool(o, "ALL", true);
	link_key_u64(o, "SEQUENCE", seq);
	code = ctl_ask(c, "QUARANTINE_LIST_ACK", &m);
	if (code != CTL_OK)
		return code;
	rows = link_find(m.details, "ROWS");
	if (rows != NULL && link_count(rows) == 1)
		return print_one(c, rows);
	ctl_complain("%" PRIu64 " is no event in QUARANTINE; `fixgatectl "
	    "quarantine list --all` shows them", seq);
	return CTL_REFUSED;
}

static int
order(struct ctl *c, int argc, char **argv, const char *name, const char *type,
    const char *warning)
{
	const char *reason = NULL, *why = NULL;
	bool yes = false;
	const struct opt opts[] = { { "--reason", OPT_TEXT, &reason },
		{ "--yes", OPT_FLAG, &yes } };
	char err[OPT_ERR_MAX];
	struct link_out *o;
	uint64_t seq;
	int code;

	argc = opt_parse(opts, 2, argc, argv, err);
	seq = sequence_of(argc, argv);
	if (argc == -1)
		why = err;
	else if (seq == 0)
		why = "the SEQUENCE of one event is needed";
	else if (reason == NULL || *reason == '\0')
		why = "--reason TEXT is needed: it goes to QUARANTINE";
	else if (!yes)
		why = warning;
	if (why != NULL)
		return ctl_usage(name, why);
	code = ctl_connect(c);
	if (code != CTL_OK)
		return code;
	o = wire_begin(c->wire, type, NULL);
	link_map(o, 2);
	link_key_u64(o, "SEQUENCE", seq);
	link_key_str(o, "REASON", reason);
	return ctl_done(c);
}

int
cmd_quarantine_retry(struct ctl *c, int argc, char **argv)
{
	return order(c, argc, argv, "quarantine retry", "QUARANTINE_RETRY",
	    "it is done now, although later events were done before it; if "
	    "that is right, add --yes");
}

int
cmd_quarantine_drop(struct ctl *c, int argc, char **argv)
{
	return order(c, argc, argv, "quarantine drop", "QUARANTINE_DROP",
	    "it is never done then; if that is right, add --yes");
}
