/*
 * order.h: orders that cannot be taken back. Each needs a reason, which is kept
 * with it, and says what it does unless it has --yes.
 */
#ifndef FG_CTL_ORDER_H
#define FG_CTL_ORDER_H

#include "ctl/opt.h"

#define ORDER_OPTS_MAX 4 /* besides --reason and --yes */

struct order {
	const char *command; /* "session delete" */
	int nargs;           /* so many names it needs ... */
	const char *args;    /* ... or this is said */
	const char *audit;   /* where the reason is kept: "SESSION_EVENT" */
	const char *warning; /* said if there is no --yes */
	const struct opt *opt; /* its other options */
	size_t nopts;
};

/* Take the options out of argv; *reason borrows from it. CTL_OK, or CTL_USAGE
 * with a complaint. */
int order_parse(const struct order *o, int argc, char **argv,
    const char **reason);

#endif
