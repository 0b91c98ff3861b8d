/* cmd_user.c: `user`: those whose password the gateway keeps. */
#include <string.h>

#include "ctl/ask.h"
#include "ctl/ctl.h"
#include "ctl/list.h"
#include "ctl/order.h"

int
cmd_user_list(struct ctl *c, int argc, char **argv)
{
	static const struct list_column columns[] = {
		{ "SESSION", "SESSION", LIST_VALUE },
		{ "USER", "USER", LIST_VALUE } };
	struct link_msg m;
	int code;

	(void)argv;
	if (argc != 0)
		return ctl_usage("user list", "it takes no names");
	if (ctl_begin(c, "USER_LIST", 0) == NULL)
		return CTL_NO_GATEWAY;
	code = ctl_ask(c, "USER_LIST_ACK", &m);
	return code != CTL_OK ? code : list_print(c,
	    link_find(m.details, "USERS"), columns, 2);
}

static const char both[] = "a SESSION and a USER are needed";

/* Begin an order about a user, with n more members. */
static struct link_out *
begin(struct ctl *c, const char *type, char **argv, unsigned n)
{
	struct link_out *o = ctl_begin(c, type, 2 + n);

	if (o != NULL) {
		link_key_str(o, "SESSION", argv[0]);
		link_key_str(o, "USER", argv[1]);
	}
	return o;
}

int
cmd_user_remove(struct ctl *c, int argc, char **argv)
{
	const struct order order = { .command = "user remove", .nargs = 2,
		.args = both, .audit = "SESSION_EVENT", .warning = "the user "
		"cannot log on any more; if you mean it, add --yes" };
	const char *reason;
	struct link_out *o;

	if (order_parse(&order, argc, argv, &reason) != CTL_OK)
		return CTL_USAGE;
	o = begin(c, "USER_REMOVE", argv, 1);
	if (o == NULL)
		return CTL_NO_GATEWAY;
	link_key_str(o, "REASON", reason);
	return ctl_done(c);
}

int
cmd_user_set(struct ctl *c, int argc, char **argv)
{
	const char *why, *reason = NULL;
	const struct opt opts[] = { { "--reason", OPT_TEXT, &reason } };
	char password[ASK_BYTES], err[OPT_ERR_MAX];
	struct link_out *o;

	argc = opt_parse(opts, 1, argc, argv, err);
	if (argc != 2)
		return ctl_usage("user set", argc == -1 ? err : both);
	why = ask_password(password);
	if (why != NULL)
		return ctl_usage("user set", why);
	o = begin(c, "USER_SET", argv, reason == NULL ? 1 : 2);
	if (o == NULL)
		return CTL_NO_GATEWAY;
	link_key_str(o, "PASSWORD", password);
	if (reason != NULL)
		link_key_str(o, "REASON", reason);
	explicit_bzero(password, sizeof(password));
	return ctl_done(c);
}
