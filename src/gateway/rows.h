/*
 * rows.h: rows of the store as fixgate-link(7) shows them: COLUMNS of a table,
 * and the array of a row's values. What is not stored (SENDER_ID, CL_ORD_ID
 * ...) is read out of the message, here.
 */
#ifndef FG_GATEWAY_ROWS_H
#define FG_GATEWAY_ROWS_H

#include "gateway/join.h"
#include "gateway/table.h"
#include "link/link.h"
#include "store/store.h"

/* Put the array of [name, type]. Types: "int"; "time" (ns since 1970-01-01
 * UTC); "bool"; "text"; "decimal"; "fix" (the bytes of a message). user is the
 * declared table, or NULL; those of what is joined, if not NULL, follow. */
void rows_columns(struct link_out *o, enum store_table t,
    const struct table *user, const struct join *join);

/* Put the values of a row, nil where it has none. name is its session's, or
 * NULL. */
void rows_put(struct link_out *o, enum store_table t,
    const struct store_row *row, const char *name,
    const struct table *user);

#endif
