/* cmd_cursor.c: `cursor`: how far clients are, and setting that by hand. */
#include <string.h>

#include "base/num.h"
#include "ctl/ctl.h"
#include "ctl/list.h"
#include "ctl/order.h"

int
cmd_cursor_show(struct ctl *c, int argc, char **argv)
{
	static const struct list_column columns[] = {
		{ "CLIENT", "CONSUMER", LIST_VALUE },
		{ "KEY", "KEY", LIST_VALUE },
		{ "SEQUENCE", "SEQUENCE", LIST_VALUE },
		{ "TIME", "TIME", LIST_TIME },
		{ "ACKED", "ACKED", LIST_VALUE },
		{ "SOURCE", "SOURCE", LIST_VALUE },
	};
	struct link_msg m;
	int code;

	(void)argv;
	if (argc != 0)
		return ctl_usage("cursor show", "it takes no arguments");
	if (ctl_begin(c, "CURSOR_LIST", 0) == NULL)
		return CTL_NO_GATEWAY;
	code = ctl_ask(c, "CURSOR_LIST_ACK", &m);
	if (code != CTL_OK)
		return code;
	return list_print(c, link_find(m.details, "CURSORS"), columns,
	    sizeof(columns) / sizeof(columns[0]));
}

/* SOURCE of the table now. An enum ctl_exit. */
static int
find_source(struct ctl *c, const char *table, char *out, size_t cap)
{
	const struct link_val *tables;
	struct link_out *o;
	struct link_msg m;
	int code;

	o = wire_begin(c->wire, "TABLES", NULL);
	link_map(o, 1);
	link_key_str(o, "TABLE", table);
	code = ctl_ask(c, "TABLES_ACK", &m);
	if (code != CTL_OK)
		return code;
	tables = link_find(m.details, "TABLES");
	if (tables != NULL && link_count(tables) == 1 &&
	    link_find_str(link_at(tables, 0), "SOURCE", out, cap))
		return CTL_OK;
	ctl_complain("the answer has no SOURCE of %s", table);
	return CTL_REFUSED;
}

/* A client does over again, or leaves out, what is between the old and the new
 * place. */
static const char moves[] = "rows are done again or left out by this; stop the "
    "client, then add --yes";

static int
put_cursor(struct ctl *c, char **argv, uint64_t sequence, const char *reason)
{
	char source[160];
	struct link_out *o;
	int code;

	code = ctl_connect(c);
	if (code == CTL_OK)
		code = find_source(c, argv[2], source, sizeof(source));
	if (code != CTL_OK)
		return code;
	o = wire_begin(c->wire, "CURSOR_PUT", NULL);
	link_map(o, 6);
	link_key_str(o, "CONSUMER", argv[0]);
	link_key_str(o, "KEY", argv[1]);
	link_key_str(o, "SOURCE", source);
	link_key_u64(o, "SEQUENCE", sequence);
	link_key_bool(o, "FORCE", true);
	link_key_str(o, "REASON", reason);
	return ctl_done(c);
}

int
cmd_cursor_set(struct ctl *c, int argc, char **argv)
{
	const struct order order = { .command = "cursor set", .nargs = 4,
		.args = "CLIENT, KEY, TABLE and SEQUENCE are needed",
		.audit = "the log", .warning = moves };
	const char *reason;
	uint64_t sequence;

	if (order_parse(&order, argc, argv, &reason) != CTL_OK)
		return CTL_USAGE;
	if (num_parse_u64(argv[3], strlen(argv[3]), &sequence) != 0)
		return ctl_usage(order.command, "SEQUENCE must be a number");
	return put_cursor(c, argv, sequence, reason);
}

int
cmd_cursor_clear(struct ctl *c, int argc, char **argv)
{
	const struct order order = { .command = "cursor clear", .nargs = 3,
		.args = "CLIENT, KEY and TABLE are needed",
		.audit = "the log", .warning = moves };
	struct link_out *o;
	const char *reason;

	if (order_parse(&order, argc, argv, &reason) != CTL_OK)
		return CTL_USAGE;
	o = ctl_begin(c, "CURSOR_CLEAR", 4);
	if (o == NULL)
		return CTL_NO_GATEWAY;
	link_key_str(o, "CONSUMER", argv[0]);
	link_key_str(o, "KEY", argv[1]);
	link_key_str(o, "TABLE", argv[2]);
	link_key_str(o, "REASON", reason);
	return ctl_done(c);
}
