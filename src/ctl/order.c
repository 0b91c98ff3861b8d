#include "ctl/order.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"

int
order_parse(const struct order *o, int argc, char **argv, const char **reason)
{
	bool yes = false;
	struct opt opts[2 + ORDER_OPTS_MAX] = {
		{ "--reason", OPT_TEXT, reason }, { "--yes", OPT_FLAG, &yes } };
	char err[OPT_ERR_MAX];
	const char *why = NULL;

	assert(o->nopts <= ORDER_OPTS_MAX);
	if (o->nopts > 0)
		memcpy(opts + 2, o->opt, o->nopts * sizeof(*opts));
	*reason = NULL;
	argc = opt_parse(opts, 2 + o->nopts, argc, argv, err);
	if (argc == -1) {
		why = err;
	} else if (argc != o->nargs) {
		why = o->args;
	} else if (*reason == NULL || **reason == '\0') {
		snprintf(err, sizeof(err), "--reason TEXT is needed: it goes "
		    "to %s", o->audit);
		why = err;
	} else if (!yes) {
		why = o->warning;
	}
	return why == NULL ? CTL_OK : ctl_usage(o->command, why);
}
