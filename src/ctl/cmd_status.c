#include <string.h>

#include "ctl/ctl.h"

int
cmd_status(struct ctl *c, int argc, char **argv)
{
	struct link_out *o;
	struct link_msg m;
	char health[16];
	int code;

	(void)argv;
	if (argc != 0)
		return ctl_usage("status", "it takes no arguments");
	code = ctl_connect(c);
	if (code != CTL_OK)
		return code;
	o = wire_begin(c->wire, "STATUS", NULL);
	link_map(o, 0);
	code = ctl_ask(c, "STATUS_ACK", &m);
	if (code != CTL_OK)
		return code;
	c->out->status(stdout, m.details);
	if (!link_find_str(m.details, "HEALTH", health, sizeof(health)) ||
	    strcmp(health, "HEALTHY") != 0)
		return CTL_UNHEALTHY;
	return CTL_OK;
}
