/*
 * sessions.h: from settings to sessions: each [SESSION] section becomes a
 * session of the driver, with its dictionaries, which are loaded once per file.
 */
#ifndef FG_GATEWAY_SESSIONS_H
#define FG_GATEWAY_SESSIONS_H

#include "conf/conf.h"
#include "gateway/driver.h"
#include "net/net.h"

struct gateway;
struct sessions;
struct tls;

/* Add all sessions of the configuration to the driver. Errors are logged, all
 * of them. 0 and *out (owned; keep it as long as the driver), or FG_E*. conf is
 * held while a session has its settings from there. */
int sessions_load(struct sessions **out, struct conf *conf, struct driver *d);
/* The same without a driver: check the dictionaries only. 0, or FG_E*. */
int sessions_check(struct conf *conf);
void sessions_free(struct sessions *s);

/* Give them to the transport, and open all listeners. 0, or FG_E* with a text
 * for the operator. */
int sessions_open(struct sessions *s, struct gateway *g,
    char err[NET_ERR_MAX]);
/* Before the loop is freed. NULL is legal. */
void sessions_close(struct sessions *s);
/* Let them obey their schedules. */
void sessions_begin(struct sessions *s);

/* What secures the connections of a session; NULL: nothing. */
struct tls *sessions_tls(const struct fgsess *fs);

/* Append what their files hold, and those of links, to a list of
 * daemon/expiry.h. 0 or FG_ENOMEM. */
int sessions_expiry(void *sessions, struct buf *list);

/* The driver's removed op: what fs was made of goes, and what takes its place
 * comes. */
void sessions_gone(struct sessions *s, struct fgsess *fs);

#endif
