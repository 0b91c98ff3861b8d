/* settings.h: what a session's machine obeys, out of its section. */
#ifndef FG_GATEWAY_SETTINGS_H
#define FG_GATEWAY_SETTINGS_H

#include "conf/conf.h"
#include "session/session.h"

/* All but the dictionaries and logon_fields; strings are borrowed of sec. */
void settings_read(struct sess_cfg *c, const struct conf_section *sec);

#endif
