/* dicts.h: the dictionaries of the source tree, by version, for tests. */
#ifndef FG_T_SESSION_DICTS_H
#define FG_T_SESSION_DICTS_H

#include "dict/dict.h"
#include "session/session.h"

#define DICTS_APPL 3 /* application dictionaries of FIXT.1.1 */

void dicts_free(void);
/* Returns the BeginString; version is "4.0" to "4.4" or "5.0" to "5.0SP2", and
 * *appl_ver_id NULL before that. Borrowed; a NULL dictionary: its file cannot
 * be loaded. */
const char *dicts_find(const char *version, const struct dict **transport,
    const struct dict **app, const char **appl_ver_id);
struct dict_scratch *dicts_scratch(void);
/* FIXT.1.1: the application dictionaries of the ApplVerIDs in ids ("79"), to
 * table; returns how many. */
size_t dicts_appl(const char *ids, struct sess_appl table[DICTS_APPL]);

#endif
