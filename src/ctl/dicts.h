/* dicts.h: the dictionaries under which rows were accepted, fetched from the
 * gateway once each. */
#ifndef FG_CTL_DICTS_H
#define FG_CTL_DICTS_H

#include <stdint.h>

#include "dict/dict.h"

struct dicts;

/* socket is borrowed. A connection of its own is made when the first is
 * wanted: the other one may be in the middle of a tail. Returns owned; NULL:
 * no memory. */
struct dicts *dicts_new(const char *socket);
void dicts_free(struct dicts *d);
/* Dictionary id, or NULL (said once why); lives as long as d. */
const struct dict *dicts_get(struct dicts *d, uint32_t id);

#endif
