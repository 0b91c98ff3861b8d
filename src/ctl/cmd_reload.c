#include <string.h>

#include "ctl/ctl.h"

int
cmd_reload(struct ctl *c, int argc, char **argv)
{
	bool dry = argc == 1 && strcmp(argv[0], "-n") == 0;
	struct link_out *o;
	struct link_msg m;
	int code;

	if (argc != dry)
		return ctl_usage("reload", "it takes no arguments but -n");
	code = ctl_connect(c);
	if (code != CTL_OK)
		return code;
	o = wire_begin(c->wire, "RELOAD", NULL);
	link_map(o, 1);
	link_key_bool(o, "DRY_RUN", dry);
	code = ctl_ask(c, "RELOAD_ACK", &m);
	if (code != CTL_OK)
		return code;
	c->out->reload(stdout, m.details);
	return link_find_u64(m.details, "ERRORS", 1) == 0 ? CTL_OK :
	    CTL_REFUSED;
}
