/* cmd_reload.c: `reload`: the settings file again. */
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/opt.h"

int
cmd_reload(struct ctl *c, int argc, char **argv)
{
	const char *reason = NULL;
	bool dry;
	const struct opt opts[] = { { "--reason", OPT_TEXT, &reason } };
	char err[OPT_ERR_MAX];
	struct link_out *o;
	struct link_msg m;
	int code;

	argc = opt_parse(opts, 1, argc, argv, err);
	dry = argc == 1 && strcmp(argv[0], "-n") == 0;
	if (argc != dry)
		return ctl_usage("reload", argc == -1 ? err :
		    "it takes no arguments but -n");
	o = ctl_begin(c, "RELOAD", reason == NULL ? 1 : 2);
	if (o == NULL)
		return CTL_NO_GATEWAY;
	link_key_bool(o, "DRY_RUN", dry);
	if (reason != NULL)
		link_key_str(o, "REASON", reason);
	code = ctl_ask(c, "RELOAD_ACK", &m);
	if (code != CTL_OK)
		return code;
	c->out->reload(stdout, m.details);
	return link_find_u64(m.details, "ERRORS", 1) == 0 ? CTL_OK :
	    CTL_REFUSED;
}
