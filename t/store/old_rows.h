/* old_rows.h: a store with segments that can be archived, for the tests. */
#ifndef T_STORE_OLD_ROWS_H
#define T_STORE_OLD_ROWS_H

#include "store/segment.h"
#include "world.h"

#define ROWS 2000

extern struct world w;
extern char err[STORE_ERR_MAX];
extern const struct store_archive_how quick;

/* Open one with ROWS rows of a session in FIX_IN and FIX_OUT; and remove it. */
void old_begin(int kind);
void old_end(void);
/* Rows from ... to. */
void old_put(uint32_t session, uint64_t from, uint64_t to);
/* The oldest segment that is not archived. */
struct store_segment old_oldest(enum store_table t);
/* Archive all that are sealed; returns how many. */
unsigned old_archive_all(unsigned t);
/* A row is what it was; arg is the number of the next one. */
int old_count(void *arg, const struct store_row *row);
/* All rows are there, from anywhere, in pieces, and as resends. */
void old_all_there(uint64_t from, uint64_t to);

#endif
