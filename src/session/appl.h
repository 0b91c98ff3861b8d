/* appl.h: which dictionary describes an application message (FIXT.1.1). */
#ifndef FG_SESSION_APPL_H
#define FG_SESSION_APPL_H

#include "session/internal.h"

/* The dictionary of a received message; false and *rej: there is none. */
bool appl_find(const struct sess *s, const struct rx *rx,
    const struct dict **app, struct dict_reject *rej);
/* Is there a dictionary for what the Logon says of messages to come? */
bool appl_logon_ok(const struct sess *s, const struct rx *rx);
/* Take it. */
void appl_logon(struct sess *s, const struct rx *rx);

#endif
