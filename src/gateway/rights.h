/* rights.h: the [ROLE]s of the settings as roles of the control sockets. */
#ifndef FG_GATEWAY_RIGHTS_H
#define FG_GATEWAY_RIGHTS_H

#include "conf/conf.h"
#include "daemon/roles.h"

/* Returns owned, or NULL: no memory. */
struct roles *rights_new(const struct conf *conf);
/* Obey another one. 0 or FG_ENOMEM: all stays as it was. */
int rights_settle(struct roles *r, const struct conf *conf);

#endif
