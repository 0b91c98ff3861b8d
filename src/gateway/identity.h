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

/* Returns owned; NULL: no memory. */
struct identity_map *identity_new(void);
void identity_free(struct identity_map *m);

/* Add what has the identity of cfg (borrowed until it is removed). 0 or
 * FG_ENOMEM. */
int identity_add(struct identity_map *m, const struct sess_cfg *cfg,
    void *what);
/* Take it out again, if it is there. */
void identity_remove(struct identity_map *m, const struct sess_cfg *cfg);

/* What this message is for, or NULL. */
void *identity_find(const struct identity_map *m, const struct fix_msg *msg);

#endif
