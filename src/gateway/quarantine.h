/*
 * quarantine.h: which rows of QUARANTINE are events that were given up, and
 * what became of each. Ahead of the disk, as the driver is; read again from the
 * store when a failed commit took something back.
 */
#ifndef FG_GATEWAY_QUARANTINE_H
#define FG_GATEWAY_QUARANTINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/driver.h"
#include "gateway/parked.h"

struct quarantine;

struct quarantine_entry {
	uint64_t seq; /* of the parked row */
	enum parked_state state;
	uint32_t attempt; /* the last one */
	uint64_t hash;    /* of the event */
};

/* Returns owned, or NULL: no memory. d is borrowed. */
struct quarantine *quarantine_new(struct driver *d);
void quarantine_free(struct quarantine *q);

/* How many events were ever given up, and how many wait for somebody. */
size_t quarantine_count(struct quarantine *q);
size_t quarantine_open(struct quarantine *q);
const struct quarantine_entry *quarantine_at(struct quarantine *q, size_t i);
const struct quarantine_entry *quarantine_find(struct quarantine *q,
    uint64_t seq);

/* The row of an event that was given up before, or 0. */
uint64_t quarantine_row_of(struct quarantine *q, const struct parked *k);

/* An event was parked in this wake-up. 0 or FG_ENOMEM. */
int quarantine_note(struct quarantine *q, uint64_t seq,
    const struct parked *k);
/* Say what became of one, with a row. code and reason may be empty. 0, or
 * FG_ENOSPC and others. */
int quarantine_settle(struct quarantine *q, uint64_t seq,
    enum parked_state state, uint32_t attempt, const char *code,
    const char *reason);

#endif
