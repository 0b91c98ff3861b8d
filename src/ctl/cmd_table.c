/* cmd_table.c: `table list`. */
#include "ctl/ctl.h"
#include "ctl/list.h"

int
cmd_table_list(struct ctl *c, int argc, char **argv)
{
	static const struct list_column columns[] = {
		{ "TABLE", "TABLE", LIST_VALUE },
		{ "OLDEST", "OLDEST", LIST_VALUE },
		{ "NEWEST", "VISIBLE", LIST_VALUE },
		{ "KEY", "KEY", LIST_VALUE },
		{ "COLUMNS", "COLUMNS", LIST_VALUE },
	};
	struct link_out *o;
	struct link_msg m;
	int code;

	if (argc > 1)
		return ctl_usage("table list", "one TABLE at most");
	o = ctl_begin(c, "TABLES", (unsigned)argc);
	if (o == NULL)
		return CTL_NO_GATEWAY;
	if (argc == 1)
		link_key_str(o, "TABLE", argv[0]);
	code = ctl_ask(c, "TABLES_ACK", &m);
	if (code != CTL_OK)
		return code;
	return list_print(c, link_find(m.details, "TABLES"), columns,
	    sizeof(columns) / sizeof(columns[0]));
}
