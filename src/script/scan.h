/* scan.h: the named entries of the table constructors in a Lua source, because
 * Lua takes the last of two equal names in silence. For libscript only. */
#ifndef FG_SCRIPT_SCAN_H
#define FG_SCRIPT_SCAN_H

#include <stdbool.h>
#include <stddef.h>

struct scan_key {
	const char *name; /* borrowed from the source, not ended by NUL */
	size_t len;
	unsigned line;
	unsigned table; /* number of the constructor */
	unsigned first; /* line of the same name before, or 0 */
};

/* All-zero is an empty scan. */
struct scan {
	struct scan_key *key; /* in the order of the source */
	size_t n, cap;
};

/* 0 or FG_ENOMEM. What is no Lua is not noticed. */
int scan_source(struct scan *s, const char *text, size_t len);
void scan_free(struct scan *s);

/* The line of the first entry with this name at or below a line; else that
 * line. */
unsigned scan_line(const struct scan *s, const char *name, unsigned from);

#endif
