/*
 * numbered.h: rows whose bytes follow from their number, so that whoever reads
 * them knows what they should be; and stores of many small files of them.
 */
#ifndef T_STORE_NUMBERED_H
#define T_STORE_NUMBERED_H

#include "world.h"

#define NUMBERED_BYTES 900 /* of the longest */

/* What row n has; returns its length. */
size_t numbered_text(uint64_t n, char out[NUMBERED_BYTES]);
/* For store_read: this is the row behind *arg, which counts them. */
int numbered_row(void *arg, const struct store_row *row);

/* Make a bare store with such sizes of its segments and log files, which keep
 * them for good. */
void numbered_open(struct world *w, int kind, uint64_t segment, uint32_t log);

/* For store_work: give up at the *arg-th call. */
int numbered_give_up(void *arg, uint64_t done, uint64_t total);

#endif
