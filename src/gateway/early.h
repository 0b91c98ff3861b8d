/*
 * early.h: messages that came before their turn and wait, in memory, for the
 * gap in front of them to close. The session machine bounds their number and bytes.
 */
#ifndef FG_GATEWAY_EARLY_H
#define FG_GATEWAY_EARLY_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

struct early_msg {
	uint64_t seq;
	wall_t arrived;
	char *p; /* owned */
	size_t len;
};

/* Sorted by seq; all-zero is empty. Entries before head are gone. */
struct early {
	struct early_msg *msg;
	size_t head, n, cap;
};

/* Keep a copy; a second one of the same number is ignored. 0 or FG_ENOMEM. */
int early_keep(struct early *e, uint64_t seq, wall_t arrived, const char *p,
    size_t len);

/* Take number seq out, with all lower ones (their turn is over): 1 and *out,
 * whose p the caller frees, or 0. */
int early_take(struct early *e, uint64_t seq, struct early_msg *out);

/* Forget all. */
void early_clear(struct early *e);

#endif
