/* opt.h: options of a command, from a table. Pure. */
#ifndef FG_CTL_OPT_H
#define FG_CTL_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPT_ERR_MAX 160 /* bytes of an error text */

enum opt_kind {
	OPT_FLAG,   /* bool */
	OPT_TEXT,   /* const char *; borrowed from argv */
	OPT_NUMBER, /* struct opt_number */
};

struct opt_number {
	bool given;
	uint64_t v;
};

struct opt {
	const char *name; /* "--after" */
	enum opt_kind kind;
	void *to;
};

/*
 * Take the options out of argv, wherever they stand, as "--name value" or
 * "--name=value"; "--" ends them. What is left is moved to the front; returns
 * its count, or -1 and err.
 */
int opt_parse(const struct opt *opt, size_t n, int argc, char **argv,
    char err[OPT_ERR_MAX]);

#endif
