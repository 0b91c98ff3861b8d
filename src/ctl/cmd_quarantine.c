/* cmd_quarantine.c: `quarantine`: events that were given up. */
#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "ctl/ctl.h"
#include "ctl/json.h"
#include "ctl/list.h"
#include "ctl/order.h"
#include "ctl/row.h"

static const char one[] = "the SEQUENCE of one event is needed";

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

/* ---- the event as it was kept ---- */

/* A field of EVENT_FIX_SEND that nobody is to see: its name or tag. */
static bool
is_secret(const char *name)
{
	static const char *const names[] = { "Password", "NewPassword",
		"EncryptedPassword", "EncryptedNewPassword" };
	uint64_t tag = 0;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	(void)num_parse_u64(name, strlen(name), &tag);
	for (i = 0; i < row_nsecrets; i++)
		if ((uint64_t)row_secrets[i] == tag)
			return true;
	return false;
}

/* In FIELDS, and groups in it: lists of [name, value], or objects. */
static void
mask_fields(json_t *j)
{
	const char *name;
	json_t *v;
	size_t i;
	void *at;

	for (at = json_object_iter(j); at != NULL;
	    at = json_object_iter_next(j, at)) {
		if (is_secret(json_object_iter_key(at)))
			json_object_iter_set_new(j, at, json_string("*"));
		else
			mask_fields(json_object_iter_value(at));
	}
	name = json_string_value(json_array_get(j, 0));
	if (json_array_size(j) == 2 && name != NULL && is_secret(name))
		json_array_set_new(j, 1, json_string("*"));
	json_array_foreach (j, i, v)
		mask_fields(v);
}

/* FIX_DATA: its fields end with SOH, or '|' if there is none. */
static void
mask_message(json_t *details, const struct link_val *v)
{
	struct buf b = { 0 };
	const char *p;
	size_t n, i;
	bool bar;

	if (v == NULL || !link_get_str(v, &p, &n) || buf_add(&b, p, n) != 0)
		return;
	bar = memchr(b.p == NULL ? "" : b.p, '\1', n) == NULL;
	for (i = 0; bar && i < n; i++)
		if (b.p[i] == '|')
			b.p[i] = '\1';
	row_mask(b.p, n);
	for (i = 0; bar && i < n; i++)
		if (b.p[i] == '\1')
			b.p[i] = '|';
	json_object_set_new(details, "FIX_DATA", json_text(b.p, n));
	buf_free(&b);
}

/* A message, its details without secrets; or text of a client's. */
static json_t *
details_of(const struct link_val *v)
{
	struct link_in *in;
	struct link_msg m;
	const char *p, *why;
	json_t *j;
	size_t n;

	if (v == NULL)
		return json_null();
	in = link_in_new();
	if (in == NULL)
		return NULL;
	if (link_get_str(v, &p, &n) &&
	    link_decode(in, p, n, &m, &why) == (int64_t)n) {
		j = json_value(m.details);
		mask_fields(json_object_get(j, "FIELDS"));
		mask_message(j, link_find(m.details, "FIX_DATA"));
	} else {
		j = json_value(v);
	}
	link_in_free(in);
	return j;
}

static int
put_details(struct buf *to, const struct link_val *v)
{
	json_t *j = details_of(v);

	if (!json_is_string(j))
		return json_put(to, j);
	json_decref(j);
	return list_cell(to, v, LIST_VALUE);
}

static bool
is_key(const char *key, size_t n, const char *name)
{
	return n == strlen(name) && memcmp(key, name, n) == 0;
}

static int
put_json(struct buf *to, const struct link_val *row)
{
	json_t *j = json_value(row);
	int err;

	json_object_set_new(j, "DETAILS", details_of(link_find(row,
	    "DETAILS")));
	err = json_put(to, j);
	return err != 0 ? err : buf_puts(to, "\n");
}

/* A member on a line. */
static int
put_lines(struct buf *to, const struct link_val *row)
{
	const struct link_val *v;
	const char *key;
	size_t i, n;
	int err = 0;

	for (i = 0; i < link_count(row) && err == 0; i++) {
		v = link_map_at(row, i, &key, &n);
		err = buf_printf(to, "%-13.*s ", (int)n, key);
		if (err == 0 && is_key(key, n, "DETAILS"))
			err = put_details(to, v);
		else if (err == 0)
			err = list_cell(to, v, is_key(key, n, "TIME")
			    ? LIST_TIME : LIST_VALUE);
		if (err == 0)
			err = buf_puts(to, "\n");
	}
	return err;
}

/* All about one. */
static int
print_one(const struct ctl *c, const struct link_val *rows)
{
	const struct link_val *row = link_at(rows, 0);
	struct buf text = { 0 };
	int err = c->out == &ctl_output_json ? put_json(&text, row)
					     : put_lines(&text, row);

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
		return ctl_usage("quarantine show", one);
	o = ctl_begin(c, "QUARANTINE_LIST", 2);
	if (o == NULL)
		return CTL_NO_GATEWAY;
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
decide(struct ctl *c, const char *type, const struct order *order, int argc,
    char **argv)
{
	struct link_out *o;
	const char *reason;
	uint64_t seq;

	if (order_parse(order, argc, argv, &reason) != CTL_OK)
		return CTL_USAGE;
	seq = sequence_of(1, argv);
	if (seq == 0)
		return ctl_usage(order->command, order->args);
	o = ctl_begin(c, type, 2);
	if (o == NULL)
		return CTL_NO_GATEWAY;
	link_key_u64(o, "SEQUENCE", seq);
	link_key_str(o, "REASON", reason);
	return ctl_done(c);
}

int
cmd_quarantine_retry(struct ctl *c, int argc, char **argv)
{
	const struct order order = { .command = "quarantine retry", .nargs = 1,
		.args = one, .audit = "QUARANTINE", .warning = "it is done "
		"now, although later events were done before it; if that is "
		"right, add --yes" };

	return decide(c, "QUARANTINE_RETRY", &order, argc, argv);
}

int
cmd_quarantine_drop(struct ctl *c, int argc, char **argv)
{
	const struct order order = { .command = "quarantine drop", .nargs = 1,
		.args = one, .audit = "QUARANTINE", .warning = "it is never "
		"done then; if that is right, add --yes" };

	return decide(c, "QUARANTINE_DROP", &order, argc, argv);
}
