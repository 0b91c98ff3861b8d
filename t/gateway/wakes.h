/*
 * wakes.h: what the tests of the driver share: wake-ups, and the session
 * EXCHANGE with its counterparty BROKER.
 */
#ifndef T_GATEWAY_WAKES_H
#define T_GATEWAY_WAKES_H

#include "gateway/driver.h"

#define START_MONO (1000 * NS_PER_S)
#define START_WALL 1767603600000000000LL /* 2026-01-05 09:00:00 UTC */

struct sess_cfg wakes_cfg(void);
/* End this wake-up, and those for which there is work. */
void wakes_end(struct driver *d);
/* The counterparty sends a message ("11=1|38=5|"); the wake-up is not ended. */
void wakes_peer(struct driver *d, struct fgsess *fs, uint64_t seq, wall_t now,
    const char *type, const char *body);

#endif
