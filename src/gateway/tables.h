/* tables.h: the declared tables of a gateway. Fixed once loaded: any thread may
 * read. */
#ifndef FG_GATEWAY_TABLES_H
#define FG_GATEWAY_TABLES_H

#include "conf/conf.h"
#include "gateway/table.h"
#include "store/store.h"

struct tables;

/* Declare the configuration's tables in the store, and learn those that earlier
 * ones declared. 0 and *out owned; or FG_E*, with a line in the log. */
int tables_load(struct tables **out, const struct conf *conf,
    const char *conf_path, struct store *st);
void tables_free(struct tables *ts);

/* NULL: no declared table has this number. ts may be NULL. */
const struct table *tables_get(const struct tables *ts, enum store_table t);

#endif
