/*
 * definitions.h: what operators said of sessions, to be kept: the store has it
 * as texts by the names of the sessions, the conf takes it as extras.
 */
#ifndef FG_GATEWAY_DEFINITIONS_H
#define FG_GATEWAY_DEFINITIONS_H

#include "conf/conf.h"
#include "store/store.h"

/* Keep it, instead of what there is of that name. 0 or FG_E*. */
int definitions_put(struct store *st, const struct conf_extra *x);
/* What is kept of a session; false: nothing. Borrowed from the store, but for
 * the base (owned; may be NULL). */
bool definitions_get(const struct store *st, const char *name,
    struct conf_extra *x, char **base);

/* A conf out of the file, or of the text of from if that is not NULL, with all
 * that is kept, and with more (may be NULL) instead of what is kept of its
 * name. As conf_load. */
int definitions_conf(struct conf **out, const struct store *st,
    const char *path, const struct conf *from, const struct conf_extra *more);
/* At the start: of the text of from, which has no errors. What is kept and does
 * not fit to it is left out, and logged. 0 or FG_E*. */
int definitions_load(struct conf **out, const struct store *st,
    const struct conf *from);

#endif
