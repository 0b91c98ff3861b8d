/*
 * identity.h: which session a Logon is for. A session is known by BeginString,
 * SenderCompID, TargetCompID and those sub and location IDs that it is
 * configured with; the message has them from the other side.
 */
#ifndef FG_GATEWAY_IDENTITY_H
#define FG_GATEWAY_IDENTITY_H

#include <stddef.h>

#include "fix/msg.h"
#include "session/session.h"

struct identity_map;

/* Returns owned; NULL: no memory. Room for n sessions. */
struct identity_map *identity_new(size_t n);
void identity_free(struct identity_map *m);

/* Add session number i (its config's strings are borrowed). */
void identity_add(struct identity_map *m, const struct sess_cfg *cfg, size_t i);

/* The number of the session that this message is for, or -1. */
long identity_find(const struct identity_map *m, const struct fix_msg *msg);

#endif
