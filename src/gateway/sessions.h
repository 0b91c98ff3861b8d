/*
 * sessions.h: from settings to sessions: each [SESSION] section becomes a
 * session of the driver, with its dictionaries, which are loaded once per file.
 */
#ifndef FG_GATEWAY_SESSIONS_H
#define FG_GATEWAY_SESSIONS_H

#include "conf/conf.h"
#include "gateway/driver.h"

struct sessions;

/* Add all sessions of the configuration to the driver. Errors are logged, all
 * of them. 0 and *out (owned; keep it as long as the driver), or FG_E*. */
int sessions_load(struct sessions **out, const struct conf *conf,
    struct driver *d);
/* The same without a driver: check the dictionaries only. 0, or FG_E*. */
int sessions_check(const struct conf *conf);
void sessions_free(struct sessions *s);

#endif
