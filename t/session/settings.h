/* settings.h: the "set" lines of the scenarios. */
#ifndef FG_T_SESSION_SETTINGS_H
#define FG_T_SESSION_SETTINGS_H

#include "session/session.h"

/* Set Key=value, as in fixgate.conf; false: there is no such setting here. The
 * value is kept. */
bool settings_set(struct sess_cfg *c, const char *key, const char *value);

#endif
