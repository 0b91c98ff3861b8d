/* near.h: which of some names was meant by one that does not exist. */
#ifndef FG_BASE_NEAR_H
#define FG_BASE_NEAR_H

#include <stddef.h>

#define NEAR_PREFIX   6
#define NEAR_NAME_MAX 63 /* bytes of a name that can be near to another */

struct near {
	char name[NEAR_NAME_MAX + 1];
	unsigned limit;   /* candidates must need fewer edits */
	const char *best; /* borrowed from near_try, or NULL */
};

/* Start a search for what name (len bytes) may mean. */
void near_start(struct near *n, const char *name, size_t len);

/* Offer a candidate; it is borrowed as long as n->best is used. Case does not
 * count; two neighbours exchanged count as one edit, and so does the rest of a
 * name that begins with the other (NEAR_PREFIX bytes at least). */
void near_try(struct near *n, const char *candidate);

#endif
