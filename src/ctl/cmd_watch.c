/* cmd_watch.c: `streams` and `clients`: how the streamers and the clients are,
 * how far, and what to do. */
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/flat.h"
#include "ctl/list.h"
#include "ctl/opt.h"

#define STREAMER "unix:/run/fixgate/streamer.sock" /* unless told otherwise */
#define CLIENT	 "unix:/run/fixgate/client.sock"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Ask a process; its answer is *m. An enum ctl_exit. */
static int
ask(struct ctl *c, const char *name, int argc, char **argv, const char *where,
    const char *type, struct link_msg *m)
{
	const struct opt opts[] = { { "--process", OPT_TEXT, &where } };
	char err[WIRE_ERR_MAX], wanted[32];
	_Static_assert(WIRE_ERR_MAX >= OPT_ERR_MAX, "one text for both");

	argc = opt_parse(opts, 1, argc, argv, err);
	if (argc != 0)
		return ctl_usage(name, argc == -1 ? err :
		    "it takes no arguments");
	c->wire = wire_open_process(where, strcmp(name, "streams") == 0
	    ? "fixgate-streamer" : "fixgate-client", err);
	if (c->wire == NULL) {
		ctl_complain("%s", err);
		return CTL_NO_GATEWAY;
	}
	link_map(wire_begin(c->wire, type, NULL), 0);
	snprintf(wanted, sizeof(wanted), "%s_ACK", type);
	return ctl_ask(c, wanted, m);
}

/* A line for each that is not healthy; returns whether there is one. */
static bool
advise(struct ctl *c, const struct link_val *maps, const char *key,
    const char *and)
{
	struct buf line = { 0 };
	const struct link_val *map;
	bool any = false;
	char health[16];
	size_t i;

	for (i = 0; maps != NULL && i < link_count(maps); i++) {
		map = link_at(maps, i);
		if (!link_find_str(map, "HEALTH", health, sizeof(health)) ||
		    strcmp(health, "HEALTHY") == 0)
			continue;
		any = true;
		if (c->out == &ctl_output_json)
			continue;
		line.len = 0;
		list_cell(&line, link_find(map, key), LIST_VALUE);
		if (and != NULL) {
			buf_puts(&line, " ");
			list_cell(&line, link_find(map, and), LIST_VALUE);
		}
		buf_puts(&line, ": ");
		list_cell(&line, link_find(map, "TEXT"), LIST_VALUE);
		printf("%s %.*s\n", health, (int)line.len, line.p);
	}
	buf_free(&line);
	return any;
}

/* Print it as a table behind an empty line, if there is something in it. */
static int
print_more(struct ctl *c, const struct link_val *maps,
    const struct list_column *columns, size_t n)
{
	if (maps == NULL) {
		ctl_complain("the answer cannot be shown");
		return CTL_REFUSED;
	}
	if (link_count(maps) == 0)
		return CTL_OK;
	putchar('\n');
	return list_print(c, maps, columns, n);
}

int
cmd_streams(struct ctl *c, int argc, char **argv)
{
	static const struct list_column of_stream[] = {
		{ "STREAM", "STREAM", LIST_VALUE },
		{ "PROCESS", "PROCESS", LIST_VALUE },
		{ "TABLE", "TABLE", LIST_VALUE },
		{ "HEALTH", "HEALTH", LIST_VALUE },
		{ "NEWEST", "VISIBLE", LIST_VALUE },
		{ "SOURCE", "SOURCE", LIST_VALUE },
	};
	static const struct list_column of_logon[] = {
		{ "STREAM", "STREAM", LIST_VALUE },
		{ "CLIENT", "CLIENT", LIST_VALUE },
		{ "KEY", "KEY", LIST_VALUE },
		{ "ROW", "UPTO", LIST_VALUE },
		{ "LAG", "LAG", LIST_VALUE },
		{ "REPLAY", "MORE", LIST_VALUE },
		{ "SINCE", "SINCE", LIST_TIME },
	};
	static const char *const keys[] = { "STREAM", NULL };
	const struct link_val *streams;
	struct flat flat = { 0 };
	struct link_msg m;
	int code;

	code = ask(c, "streams", argc, argv, STREAMER, "STREAM_LIST", &m);
	if (code != CTL_OK)
		return code;
	streams = link_find(m.details, "STREAMS");
	code = list_print(c, streams, of_stream, COUNT(of_stream));
	if (code == CTL_OK && c->out != &ctl_output_json)
		code = print_more(c, flat_maps(&flat, streams, "LOGONS", keys,
		    NULL), of_logon, COUNT(of_logon));
	flat_free(&flat);
	if (advise(c, streams, "STREAM", NULL) && code == CTL_OK)
		code = CTL_UNHEALTHY;
	return code;
}

static int
print_blocks(struct ctl *c, const struct link_val *clients)
{
	static const struct list_column of_block[] = {
		{ "CLIENT", "CLIENT", LIST_VALUE },
		{ "KEY", "KEY", LIST_VALUE },
		{ "CURSOR", "CURSOR", LIST_VALUE },
		{ "SEEN", "SEEN", LIST_VALUE },
		{ "LAG", "LAG", LIST_VALUE },
		{ "HELD", "HELD", LIST_VALUE },
	};
	static const struct list_column of_send[] = {
		{ "CLIENT", "CLIENT", LIST_VALUE },
		{ "KEY", "KEY", LIST_VALUE },
		{ "SEND", "SEND", LIST_VALUE },
		{ "PROCESS", "PROCESS", LIST_VALUE },
		{ "HEALTH", "HEALTH", LIST_VALUE },
		{ "UNANSWERED", "UNANSWERED", LIST_VALUE },
		{ "QUEUED", "QUEUED", LIST_VALUE },
		{ "HANDLED", "HANDLED", LIST_VALUE },
	};
	static const char *const client[] = { "CLIENT", NULL };
	static const char *const block[] = { "CLIENT", "KEY", NULL };
	static const char *const behind[] = { "SEEN", "CURSOR" };
	const struct link_val *blocks, *sends;
	struct flat f = { 0 }, g = { 0 };
	int code;

	blocks = flat_maps(&f, clients, "BLOCKS", client, behind);
	code = print_more(c, blocks, of_block, COUNT(of_block));
	sends = flat_maps(&g, blocks, "SENDS", block, NULL);
	if (code == CTL_OK)
		code = print_more(c, sends, of_send, COUNT(of_send));
	if (code == CTL_OK && advise(c, sends, "CLIENT", "SEND"))
		code = CTL_UNHEALTHY;
	flat_free(&f);
	flat_free(&g);
	return code;
}

int
cmd_clients(struct ctl *c, int argc, char **argv)
{
	static const struct list_column of_client[] = {
		{ "CLIENT", "CLIENT", LIST_VALUE },
		{ "PROCESS", "PROCESS", LIST_VALUE },
		{ "STREAM", "STREAM", LIST_VALUE },
		{ "STATE", "STATE", LIST_VALUE },
		{ "HEALTH", "HEALTH", LIST_VALUE },
	};
	const struct link_val *clients;
	struct link_msg m;
	int code;

	code = ask(c, "clients", argc, argv, CLIENT, "CLIENT_LIST", &m);
	if (code != CTL_OK)
		return code;
	clients = link_find(m.details, "CLIENTS");
	code = list_print(c, clients, of_client, COUNT(of_client));
	if (code == CTL_OK && c->out != &ctl_output_json)
		code = print_blocks(c, clients);
	if (advise(c, clients, "CLIENT", NULL) && code == CTL_OK)
		code = CTL_UNHEALTHY;
	return code;
}
