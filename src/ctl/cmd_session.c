/* cmd_session.c: `session`: what they are, and orders to them. */
#include "ctl/ctl.h"
#include "ctl/order.h"

static const char one[] = "exactly one SESSION is needed";

int
cmd_session_show(struct ctl *c, int argc, char **argv)
{
	struct link_out *o;
	struct link_msg m;
	int code;

	if (argc > 1)
		return ctl_usage("session show", "one SESSION at most");
	o = ctl_begin(c, "SESSIONS", (unsigned)argc);
	if (o == NULL)
		return CTL_NO_GATEWAY;
	if (argc == 1)
		link_key_str(o, "SESSION", argv[0]);
	code = ctl_ask(c, "SESSIONS_ACK", &m);
	if (code != CTL_OK)
		return code;
	c->out->sessions(stdout, link_find(m.details, "SESSIONS"), argc == 1);
	return CTL_OK;
}

/* Begin an order about the session name, with n more members, and the reason,
 * if there is one. NULL: there is no gateway. */
static struct link_out *
begin(struct ctl *c, const char *type, const char *name, const char *reason,
    unsigned n)
{
	struct link_out *o = ctl_begin(c, type, 1u + (reason != NULL) + n);

	if (o == NULL)
		return NULL;
	link_key_str(o, "SESSION", name);
	if (reason != NULL)
		link_key_str(o, "REASON", reason);
	return o;
}

int
cmd_session_schedule(struct ctl *c, int argc, char **argv)
{
	struct link_msg m;
	int code;

	if (argc != 1)
		return ctl_usage("session schedule", one);
	if (begin(c, "SESSION_SCHEDULE", argv[0], NULL, 0) == NULL)
		return CTL_NO_GATEWAY;
	code = ctl_ask(c, "SESSION_SCHEDULE_ACK", &m);
	if (code == CTL_OK)
		c->out->schedule(stdout, m.details);
	return code;
}

/* What is said of a session without more ado. */
static int
simple(struct ctl *c, const char *command, const char *type, int argc,
    char **argv)
{
	const char *reason = NULL;
	const struct opt opts[] = { { "--reason", OPT_TEXT, &reason } };
	char err[OPT_ERR_MAX];

	argc = opt_parse(opts, 1, argc, argv, err);
	if (argc != 1)
		return ctl_usage(command, argc == -1 ? err : one);
	return begin(c, type, argv[0], reason, 0) == NULL ? CTL_NO_GATEWAY
	    : ctl_done(c);
}

int
cmd_session_start(struct ctl *c, int argc, char **argv)
{
	return simple(c, "session start", "SESSION_START", argc, argv);
}

/* Enable or disable: until it is said anew, restarts or not. */
int
cmd_session_enable(struct ctl *c, int argc, char **argv)
{
	return simple(c, "session enable", "SESSION_ENABLE", argc, argv);
}

int
cmd_session_disable(struct ctl *c, int argc, char **argv)
{
	return simple(c, "session disable", "SESSION_DISABLE", argc, argv);
}

int
cmd_session_stop(struct ctl *c, int argc, char **argv)
{
	const char *text = NULL, *reason = NULL;
	const struct opt opts[] = { { "--text", OPT_TEXT, &text },
		{ "--reason", OPT_TEXT, &reason } };
	char err[OPT_ERR_MAX];
	struct link_out *o;

	argc = opt_parse(opts, 2, argc, argv, err);
	if (argc != 1)
		return ctl_usage("session stop", argc == -1 ? err : one);
	o = begin(c, "SESSION_STOP", argv[0], reason, text != NULL);
	if (o == NULL)
		return CTL_NO_GATEWAY;
	if (text != NULL)
		link_key_str(o, "TEXT", text);
	return ctl_done(c);
}

/* Numbers are the contract with the counterparty. */
static const char numbers[] = "this changes the sequence numbers; agree it with "
    "the counterparty, then add --yes";

int
cmd_session_reset(struct ctl *c, int argc, char **argv)
{
	const struct order order = { .command = "session reset", .nargs = 1,
		.args = one, .audit = "SESSION_EVENT", .warning = numbers };
	const char *reason;

	if (order_parse(&order, argc, argv, &reason) != CTL_OK)
		return CTL_USAGE;
	return begin(c, "SESSION_RESET", argv[0], reason, 0) == NULL ?
	    CTL_NO_GATEWAY : ctl_done(c);
}

int
cmd_session_seq(struct ctl *c, int argc, char **argv)
{
	struct opt_number in = { 0 }, out = { 0 };
	const struct opt opts[] = { { "--next-in", OPT_NUMBER, &in },
		{ "--next-out", OPT_NUMBER, &out } };
	const struct order order = { .command = "session seq", .nargs = 1,
		.args = one, .audit = "SESSION_EVENT", .warning = numbers,
		.opt = opts, .nopts = 2 };
	const char *reason;
	struct link_out *o;

	if (order_parse(&order, argc, argv, &reason) != CTL_OK)
		return CTL_USAGE;
	if (!in.given && !out.given)
		return ctl_usage(order.command,
		    "--next-in N or --next-out N is needed");
	if ((in.given && in.v == 0) || (out.given && out.v == 0))
		return ctl_usage(order.command, "numbers begin at 1");
	o = begin(c, "SESSION_SEQ", argv[0], reason, in.given + out.given);
	if (o == NULL)
		return CTL_NO_GATEWAY;
	if (in.given)
		link_key_u64(o, "NEXT_IN", in.v);
	if (out.given)
		link_key_u64(o, "NEXT_OUT", out.v);
	return ctl_done(c);
}

int
cmd_session_create(struct ctl *c, int argc, char **argv)
{
	const char *reason = NULL;
	const struct opt opts[] = { { "--reason", OPT_TEXT, &reason } };
	char err[OPT_ERR_MAX];
	struct link_out *o;
	int i;

	argc = opt_parse(opts, 1, argc, argv, err);
	if (argc < 2)
		return ctl_usage("session create", argc == -1 ? err :
		    "a NAME and its settings, Key=Value, are needed");
	o = begin(c, "SESSION_CREATE", argv[0], reason, 1);
	if (o == NULL)
		return CTL_NO_GATEWAY;
	link_str(o, "SETTINGS");
	link_array(o, (uint32_t)argc - 1);
	for (i = 1; i < argc; i++)
		link_str(o, argv[i]);
	return ctl_done(c);
}

int
cmd_session_delete(struct ctl *c, int argc, char **argv)
{
	const struct order order = { .command = "session delete", .nargs = 1,
		.args = one, .audit = "SESSION_EVENT", .warning = "this logs "
		"the session out for good; its rows and numbers stay in the "
		"store; if you mean it, add --yes" };
	const char *reason;

	if (order_parse(&order, argc, argv, &reason) != CTL_OK)
		return CTL_USAGE;
	return begin(c, "SESSION_DELETE", argv[0], reason, 0) == NULL ?
	    CTL_NO_GATEWAY : ctl_done(c);
}
