#include <string.h>

#include "ctl/ctl.h"
#include "ctl/opt.h"

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

static int
order(struct ctl *c, const char *name, const char *type, const char *warning,
    int argc, char **argv)
{
	const char *reason = NULL, *why = NULL;
	bool yes = false, cancel = false, halt = strcmp(type, "HALT") == 0;
	const struct opt opts[] = { { "--reason", OPT_TEXT, &reason },
		{ "--yes", OPT_FLAG, &yes },
		{ "--cancel", OPT_FLAG, &cancel } };
	char err[OPT_ERR_MAX];
	struct link_out *o;
	bool all;
	int code;

	argc = opt_parse(opts, halt ? 3 : 2, argc, argv, err);
	if (argc != 1)
		why = argc == -1 ? err : "exactly one SESSION, or all, is "
		    "needed";
	else if (reason == NULL || *reason == '\0')
		why = "--reason TEXT is needed: it goes to SESSION_EVENT";
	else if (!yes)
		why = warning;
	if (why != NULL)
		return ctl_usage(name, why);
	code = ctl_connect(c);
	if (code != CTL_OK)
		return code;
	all = strcmp(argv[0], "all") == 0;
	o = wire_begin(c->wire, type, NULL);
	link_map(o, 1 + !all + cancel);
	link_key_str(o, "REASON", reason);
	if (cancel)
		link_key_bool(o, "CANCEL", true);
	if (!all)
		link_key_str(o, "SESSION", argv[0]);
	return done(c);
}

int
cmd_halt(struct ctl *c, int argc, char **argv)
{
	return order(c, "halt", "HALT", "no order leaves until it is resumed, "
	    "after restarts, too; those that have left are cancelled with "
	    "--cancel only; if you mean it, add --yes", argc, argv);
}

int
cmd_resume(struct ctl *c, int argc, char **argv)
{
	return order(c, "resume", "RESUME", "what was accepted before the "
	    "halt and waits leaves at once; if you mean it, add --yes", argc,
	    argv);
}
