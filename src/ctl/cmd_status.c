/* cmd_status.c: `status`, once or again and again. */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "ctl/opt.h"

#define EVERY_DEFAULT 2 /* seconds */
#define EVERY_MAX     3600

static int
ask_status(struct ctl *c, struct link_msg *m)
{
	struct link_out *o;

	o = wire_begin(c->wire, "STATUS", NULL);
	link_map(o, 0);
	return ctl_ask(c, "STATUS_ACK", m);
}

static int
show(struct ctl *c, const struct link_msg *m)
{
	char health[16];

	c->out->status(stdout, m->details);
	if (!link_find_str(m->details, "HEALTH", health, sizeof(health)) ||
	    strcmp(health, "HEALTHY") != 0)
		return CTL_UNHEALTHY;
	return CTL_OK;
}

/* Top of an empty screen; into a pipe, one after the other. */
static void
begin_screen(const struct ctl *c)
{
	if (c->out == &ctl_output_text && isatty(STDOUT_FILENO))
		printf("\033[H\033[2J");
}

/* Again and again until it is interrupted; a gateway that is away is asked again
 * as well. Ends only when nobody reads. */
static int
watch(struct ctl *c, unsigned every)
{
	const struct timespec pause = { .tv_sec = every };
	struct link_msg m;
	int code;

	for (;;) {
		code = c->wire == NULL ? ctl_connect(c) : CTL_OK;
		if (code == CTL_OK)
			code = ask_status(c, &m);
		if (code == CTL_OK) {
			begin_screen(c);
			show(c, &m);
		} else {
			wire_close(c->wire);
			c->wire = NULL;
		}
		if (fflush(stdout) != 0)
			return code;
		nanosleep(&pause, NULL);
	}
}

int
cmd_status(struct ctl *c, int argc, char **argv)
{
	struct opt_number every = { .v = EVERY_DEFAULT };
	bool again = false;
	const struct opt opts[] = { { "--watch", OPT_FLAG, &again },
		{ "--every", OPT_NUMBER, &every } };
	char err[OPT_ERR_MAX];
	struct link_msg m;
	int code;

	argc = opt_parse(opts, 2, argc, argv, err);
	if (argc != 0)
		return ctl_usage("status", argc == -1 ? err :
		    "it takes no arguments");
	if (every.given && (every.v == 0 || every.v > EVERY_MAX))
		return ctl_usage("status", "--every needs 1 to 3600 seconds");
	if (again || every.given)
		return watch(c, (unsigned)every.v);
	code = ctl_connect(c);
	if (code == CTL_OK)
		code = ask_status(c, &m);
	return code == CTL_OK ? show(c, &m) : code;
}
