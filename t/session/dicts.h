/* dicts.h: the dictionaries of the source tree, by version, for tests. */
#ifndef FG_T_SESSION_DICTS_H
#define FG_T_SESSION_DICTS_H

#include "dict/dict.h"

void dicts_free(void);
/* NULL where there is none. version is "4.2", for example. Borrowed. */
void dicts_find(const char *version, const struct dict **transport,
    const struct dict **app);
struct dict_scratch *dicts_scratch(void);

#endif
