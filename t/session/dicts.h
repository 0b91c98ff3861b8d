/* dicts.h: the dictionaries of the source tree, by version, for tests. */
#ifndef FG_T_SESSION_DICTS_H
#define FG_T_SESSION_DICTS_H

#include "dict/dict.h"

void dicts_free(void);
/* Returns the BeginString; version is "4.0" to "4.4" or "5.0". Borrowed; NULL
 * if a file cannot be loaded. */
const char *dicts_find(const char *version, const struct dict **transport,
    const struct dict **app);
struct dict_scratch *dicts_scratch(void);

#endif
