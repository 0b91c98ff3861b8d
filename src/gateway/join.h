/*
 * join.h: rows of keyed tables beside those of another table.
 *
 * A row is joined with the last version of the key that was committed with it
 * or before it. Commits keep their numbers, so it is the same version whenever
 * the row is read.
 */
#ifndef FG_GATEWAY_JOIN_H
#define FG_GATEWAY_JOIN_H

#include "gateway/tables.h"
#include "link/link.h"
#include "store/store.h"

#define JOIN_ERR_MAX 320 /* bytes of an error text */
#define JOINS_MAX    16  /* tables beside one */

struct join; /* which tables, by which columns; does not change */

/*
 * From a map {name: {TABLE, ON}} of a request for table t. 0 and *out owned by
 * who has the last hold; FG_ENOMEM; FG_ENOENT (a table) or FG_EINVAL and why.
 */
int join_read(struct join **out, const struct link_val *map,
    enum store_table t, struct store *st, const struct tables *tables,
    char err[JOIN_ERR_MAX]);
/* Loop thread; join may be NULL. */
struct join *join_hold(struct join *join);
void join_release(struct join *join);
/* Name of its i-th table; NULL: there is none, or no join. */
const char *join_table(const struct join *join, size_t i);

/* ---- one thread: the feeder's ---- */

struct join_cache; /* where the versions of each key are */

/* Returns owned; NULL: no memory. */
struct join_cache *join_cache_new(struct store *st);
void join_cache_free(struct join_cache *c);
/* Learn the versions that came, up to at least those that may be seen now. 0 or
 * FG_E*. */
int join_refresh(struct join_cache *c, const struct join *join);
/* How many columns there are, put as [name, type], and as values for a row of
 * the first table, whose values (its columns' order) and commit are given. 0 or
 * FG_E*. */
size_t join_width(const struct join *join);
void join_put_columns(struct link_out *o, const struct join *join);
int join_put(struct join_cache *c, struct link_out *o,
    const struct join *join, const struct link_val *values, uint64_t commit);

#endif
