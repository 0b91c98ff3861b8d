/* flat.h: maps inside of maps as one list, so that it can be a table. */
#ifndef FG_CTL_FLAT_H
#define FG_CTL_FLAT_H

#include "base/buf.h"
#include "link/link.h"

/* All-zero is valid and empty. */
struct flat {
	struct link_out *out;
	struct link_in *in;
	struct buf frame;
};

/*
 * The maps of the array that each of outer has as `inner`, each behind the
 * members of its outer one that keys (ended by NULL) names. behind, if not
 * NULL, names two numbers of the inner map: LAG is how far the second one is
 * behind the first. Borrowed from f; NULL: no memory.
 */
const struct link_val *flat_maps(struct flat *f, const struct link_val *outer,
    const char *inner, const char *const *keys, const char *const *behind);
void flat_free(struct flat *f);

#endif
