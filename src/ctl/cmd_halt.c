/* cmd_halt.c: `halt` and `resume`: whether orders leave. */
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/order.h"

static const char one[] = "exactly one SESSION, or all, is needed";

/* ACK; orders that could not be cancelled are not all well. */
static int
done(struct ctl *c)
{
	struct link_msg m;
	char text[512];
	int code = ctl_ask(c, "ACK", &m);

	if (code != CTL_OK)
		return code;
	if (!link_find_str(m.details, "TEXT", text, sizeof(text)))
		text[0] = '\0';
	c->out->done(stdout, text);
	return link_find_u64(m.details, "NOT_ASKED", 0) > 0 ? CTL_UNHEALTHY :
	    CTL_OK;
}

/* To the session that is named, or to all. */
static int
tell(struct ctl *c, const char *type, const char *name, const char *reason,
    bool cancel)
{
	bool all = strcmp(name, "all") == 0;
	struct link_out *o = ctl_begin(c, type, 1u + !all + cancel);

	if (o == NULL)
		return CTL_NO_GATEWAY;
	link_key_str(o, "REASON", reason);
	if (cancel)
		link_key_bool(o, "CANCEL", true);
	if (!all)
		link_key_str(o, "SESSION", name);
	return done(c);
}

int
cmd_halt(struct ctl *c, int argc, char **argv)
{
	bool cancel = false;
	const struct opt opt = { "--cancel", OPT_FLAG, &cancel };
	const struct order order = { .command = "halt", .nargs = 1,
		.args = one, .audit = "SESSION_EVENT", .warning = "no order "
		"leaves until it is resumed, after restarts, too; those that "
		"have left are cancelled with --cancel only; if you mean it, "
		"add --yes", .opt = &opt, .nopts = 1 };
	const char *reason;

	return order_parse(&order, argc, argv, &reason) != CTL_OK ? CTL_USAGE :
	    tell(c, "HALT", argv[0], reason, cancel);
}

int
cmd_resume(struct ctl *c, int argc, char **argv)
{
	const struct order order = { .command = "resume", .nargs = 1,
		.args = one, .audit = "SESSION_EVENT", .warning = "what was "
		"accepted before the halt and waits leaves at once; if you "
		"mean it, add --yes" };
	const char *reason;

	return order_parse(&order, argc, argv, &reason) != CTL_OK ? CTL_USAGE :
	    tell(c, "RESUME", argv[0], reason, false);
}
