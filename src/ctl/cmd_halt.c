#include <string.h>

#include "ctl/ctl.h"
#include "ctl/opt.h"

static int
order(struct ctl *c, const char *name, const char *type, const char *warning,
    int argc, char **argv)
{
	const char *reason = NULL, *why = NULL;
	bool yes = false, all;
	const struct opt opts[] = { { "--reason", OPT_TEXT, &reason },
		{ "--yes", OPT_FLAG, &yes } };
	char err[OPT_ERR_MAX];
	struct link_out *o;
	int code;

	argc = opt_parse(opts, 2, argc, argv, err);
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
	link_map(o, all ? 1 : 2);
	link_key_str(o, "REASON", reason);
	if (!all)
		link_key_str(o, "SESSION", argv[0]);
	return ctl_done(c);
}

int
cmd_halt(struct ctl *c, int argc, char **argv)
{
	return order(c, "halt", "HALT", "no order leaves until it is resumed, "
	    "after restarts, too; those that have left are not cancelled; if "
	    "you mean it, add --yes", argc, argv);
}

int
cmd_resume(struct ctl *c, int argc, char **argv)
{
	return order(c, "resume", "RESUME", "what was accepted before the "
	    "halt and waits leaves at once; if you mean it, add --yes", argc,
	    argv);
}
