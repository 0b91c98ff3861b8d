/*
 * settle.h: which rows of a block are settled, and the cursor that follows. A
 * row is settled when each of its events is acknowledged or in quarantine; one
 * that makes no event, or that the stream left out, at once. Pure.
 */
#ifndef FG_CLIENT_SETTLE_H
#define FG_CLIENT_SETTLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct settle;

/* Everything up to cursor is settled. Returns owned; NULL: no memory. */
struct settle *settle_new(uint64_t cursor);
void settle_free(struct settle *s);

/* Was the row seen before, or is it behind the cursor? Such a row is not to be
 * handled again. */
bool settle_knows(const struct settle *s, uint64_t seq);

/* A row came that is not known, with so many events to be answered; 0: it is
 * settled. 0, FG_EEXIST (it is known: nothing changes) or FG_ENOMEM. */
int settle_row(struct settle *s, uint64_t seq, uint32_t events);

/* One event of the row is answered for good. 0, or FG_ENOENT: the row has none
 * open. */
int settle_done(struct settle *s, uint64_t seq);

/* The stream has nothing more up to this sequence. Lower than before is
 * legal. */
void settle_upto(struct settle *s, uint64_t seq);

/* All rows up to it are settled; it never goes back. */
uint64_t settle_cursor(const struct settle *s);

/* The last sequence seen: rows after it are new. */
uint64_t settle_seen(const struct settle *s);

/* Rows that are not settled, and those settled behind one that is not. */
size_t settle_held(const struct settle *s);

#endif
