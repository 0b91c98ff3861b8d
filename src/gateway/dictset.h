/*
 * dictset.h: the dictionaries of all sessions: a file is loaded once, however
 * many sessions name it and by whatever path.
 */
#ifndef FG_GATEWAY_DICTSET_H
#define FG_GATEWAY_DICTSET_H

#include <stddef.h>

#include "gateway/driver.h"
#include "store/store.h"

struct dictset;

/* store is borrowed; the texts are kept in it. NULL: they are kept nowhere.
 * Returns owned, or NULL: no memory. */
struct dictset *dictset_new(struct store *store);
void dictset_free(struct dictset *s);

/* Load the file, or find it loaded. It lives as long as the set. NULL: the
 * errors are logged. */
const struct driver_dict *dictset_load(struct dictset *s, const char *path);

/* Dictionaries in memory. */
size_t dictset_count(const struct dictset *s);

#endif
