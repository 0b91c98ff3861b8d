#include <string.h>

#include "ctl/ctl.h"
#include "ctl/opt.h"

int
cmd_session_show(struct ctl *c, int argc, char **argv)
{
	struct link_out *o;
	struct link_msg m;
	int code;

	if (argc > 1)
		return ctl_usage("session show", "one SESSION at most");
	code = ctl_connect(c);
	if (code != CTL_OK)
		return code;
	o = wire_begin(c->wire, "SESSIONS", NULL);
	link_map(o, (uint32_t)argc);
	if (argc == 1)
		link_key_str(o, "SESSION", argv[0]);
	code = ctl_ask(c, "SESSIONS_ACK", &m);
	if (code != CTL_OK)
		return code;
	c->out->sessions(stdout, link_find(m.details, "SESSIONS"), argc == 1);
	return CTL_OK;
}

/* Begin an order about the session name, with n more entries in its DETAILS;
 * NULL: there is no gateway. */
static struct link_out *
begin_order(struct ctl *c, const char *type, const char *name, unsigned n)
{
	struct link_out *o;

	if (ctl_connect(c) != CTL_OK)
		return NULL;
	o = wire_begin(c->wire, type, NULL);
	link_map(o, 1 + n);
	link_key_str(o, "SESSION", name);
	return o;
}

int
cmd_session_schedule(struct ctl *c, int argc, char **argv)
{
	struct link_msg m;
	int code;

	if (argc != 1)
		return ctl_usage("session schedule",
		    "exactly one SESSION is needed");
	if (begin_order(c, "SESSION_SCHEDULE", argv[0], 0) == NULL)
		return CTL_NO_GATEWAY;
	code = ctl_ask(c, "SESSION_SCHEDULE_ACK", &m);
	if (code == CTL_OK)
		c->out->schedule(stdout, m.details);
	return code;
}

int
cmd_session_start(struct ctl *c, int argc, char **argv)
{
	const char *reason = NULL;
	const struct opt opts[] = { { "--reason", OPT_TEXT, &reason } };
	char err[OPT_ERR_MAX];
	struct link_out *o;

	argc = opt_parse(opts, 1, argc, argv, err);
	if (argc != 1)
		return ctl_usage("session start", argc == -1 ? err :
		    "exactly one SESSION is needed");
	o = begin_order(c, "SESSION_START", argv[0], reason != NULL);
	if (o == NULL)
		return CTL_NO_GATEWAY;
	if (reason != NULL)
		link_key_str(o, "REASON", reason);
	return ctl_done(c);
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
		return ctl_usage("session stop",
		    argc == -1 ? err : "exactly one SESSION is needed");
	o = begin_order(c, "SESSION_STOP", argv[0], (text != NULL) +
	    (reason != NULL));
	if (o == NULL)
		return CTL_NO_GATEWAY;
	if (reason != NULL)
		link_key_str(o, "REASON", reason);
	if (text != NULL)
		link_key_str(o, "TEXT", text);
	return ctl_done(c);
}

/* Numbers are the contract with the counterparty: changing them needs a name, a
 * reason for the audit, and a yes. */
static const char *
check_dangerous(int argc, const char *reason, bool yes)
{
	if (argc != 1)
		return "exactly one SESSION is needed";
	if (reason == NULL || *reason == '\0')
		return "--reason TEXT is needed: it goes to SESSION_EVENT";
	if (!yes)
		return "this changes the sequence numbers; agree it with the "
		    "counterparty, then add --yes";
	return NULL;
}

int
cmd_session_reset(struct ctl *c, int argc, char **argv)
{
	const char *reason = NULL, *why;
	bool yes = false;
	const struct opt opts[] = { { "--reason", OPT_TEXT, &reason },
		{ "--yes", OPT_FLAG, &yes } };
	char err[OPT_ERR_MAX];
	struct link_out *o;

	argc = opt_parse(opts, 2, argc, argv, err);
	why = argc == -1 ? err : check_dangerous(argc, reason, yes);
	if (why != NULL)
		return ctl_usage("session reset", why);
	o = begin_order(c, "SESSION_RESET", argv[0], 1);
	if (o == NULL)
		return CTL_NO_GATEWAY;
	link_key_str(o, "REASON", reason);
	return ctl_done(c);
}

int
cmd_session_seq(struct ctl *c, int argc, char **argv)
{
	const char *reason = NULL, *why;
	bool yes = false;
	struct opt_number in = { 0 }, out = { 0 };
	const struct opt opts[] = { { "--reason", OPT_TEXT, &reason },
		{ "--yes", OPT_FLAG, &yes },
		{ "--next-in", OPT_NUMBER, &in },
		{ "--next-out", OPT_NUMBER, &out } };
	char err[OPT_ERR_MAX];
	struct link_out *o;

	argc = opt_parse(opts, 4, argc, argv, err);
	why = argc == -1 ? err : check_dangerous(argc, reason, yes);
	if (why == NULL && !in.given && !out.given)
		why = "--next-in N or --next-out N is needed";
	if (why == NULL &&
	    ((in.given && in.v == 0) || (out.given && out.v == 0)))
		why = "numbers begin at 1";
	if (why != NULL)
		return ctl_usage("session seq", why);
	o = begin_order(c, "SESSION_SEQ", argv[0], 1u + in.given + out.given);
	if (o == NULL)
		return CTL_NO_GATEWAY;
	link_key_str(o, "REASON", reason);
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
	o = begin_order(c, "SESSION_CREATE", argv[0], 1u + (reason != NULL));
	if (o == NULL)
		return CTL_NO_GATEWAY;
	if (reason != NULL)
		link_key_str(o, "REASON", reason);
	link_str(o, "SETTINGS");
	link_array(o, (uint32_t)argc - 1);
	for (i = 1; i < argc; i++)
		link_str(o, argv[i]);
	return ctl_done(c);
}

int
cmd_session_delete(struct ctl *c, int argc, char **argv)
{
	const char *reason = NULL, *why = NULL;
	bool yes = false;
	const struct opt opts[] = { { "--reason", OPT_TEXT, &reason },
		{ "--yes", OPT_FLAG, &yes } };
	char err[OPT_ERR_MAX];
	struct link_out *o;

	argc = opt_parse(opts, 2, argc, argv, err);
	if (argc != 1)
		why = argc == -1 ? err : "exactly one SESSION is needed";
	else if (reason == NULL || *reason == '\0')
		why = "--reason TEXT is needed: it goes to SESSION_EVENT";
	else if (!yes)
		why = "this logs the session out for good; its rows and "
		    "numbers stay in the store; if you mean it, add --yes";
	if (why != NULL)
		return ctl_usage("session delete", why);
	o = begin_order(c, "SESSION_DELETE", argv[0], 1);
	if (o == NULL)
		return CTL_NO_GATEWAY;
	link_key_str(o, "REASON", reason);
	return ctl_done(c);
}

/* Enable or disable: until it is said anew, restarts or not. */
static int
set_enabled(struct ctl *c, const char *name, const char *type, int argc,
    char **argv)
{
	const char *reason = NULL;
	const struct opt opts[] = { { "--reason", OPT_TEXT, &reason } };
	char err[OPT_ERR_MAX];
	struct link_out *o;

	argc = opt_parse(opts, 1, argc, argv, err);
	if (argc != 1)
		return ctl_usage(name, argc == -1 ? err :
		    "exactly one SESSION is needed");
	o = begin_order(c, type, argv[0], reason != NULL);
	if (o == NULL)
		return CTL_NO_GATEWAY;
	if (reason != NULL)
		link_key_str(o, "REASON", reason);
	return ctl_done(c);
}

int
cmd_session_enable(struct ctl *c, int argc, char **argv)
{
	return set_enabled(c, "session enable", "SESSION_ENABLE", argc, argv);
}

int
cmd_session_disable(struct ctl *c, int argc, char **argv)
{
	return set_enabled(c, "session disable", "SESSION_DISABLE", argc,
	    argv);
}
