/*
 * peers.h: the FIX transport: listeners, connections to and from
 * counterparties, framing, finding the session of a Logon, reconnecting.
 */
#ifndef FG_GATEWAY_PEERS_H
#define FG_GATEWAY_PEERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "gateway/driver.h"
#include "net/net.h"
#include "net/tls.h"

struct conf_section;
struct gateway;
struct peers;
struct tls;

/* Returns owned; NULL: no memory. */
struct peers *peers_new(struct gateway *g);
/* Obey what [GATEWAY] says of strangers from now on. */
void peers_settle(struct peers *p, const struct conf_section *sec);
/* Add the session with the settings of its section, which are borrowed until it
 * is gone. 0 or FG_ENOMEM. */
int peers_add(struct peers *p, struct fgsess *fs,
    const struct conf_section *sec);
/* Open the listener that an acceptor's section names, unless it is there (one
 * per address and port), under tls (of the sessions' set; may be NULL). 0, or
 * FG_E* with a text that names the address. */
int peers_listen(struct peers *p, const struct conf_section *sec,
    struct tls *tls, char err[NET_ERR_MAX]);
/* The templates (gateway/template.h) are others now: what holds for a stranger
 * is settled anew. */
void peers_templates(struct peers *p);
/* It was stopped before and is to be so again; before peers_begin. */
void peers_stay_off(struct fgsess *fs);
/* Log the session out with this text and remove it; when it is gone,
 * sessions_gone is called. */
void peers_remove(struct peers *p, struct fgsess *fs, const char *text);
/* Close the listeners that no session names any more. */
void peers_tidy(struct peers *p);
bool peers_is_leaving(const struct fgsess *fs);
/* Obey its schedule from now on; an initiator connects, if it is enabled. */
void peers_begin(struct fgsess *fs);
void peers_free(struct peers *p);

/* The driver's ops point here; arg is the struct peers. */
extern const struct driver_ops peers_driver_ops;

/* Operator: allow (and for an initiator, connect now) or forbid a session. who
 * goes to the event. */
void peers_enable(struct peers *p, struct fgsess *fs, bool on,
    const char *who);
/* Its numbers were said: what was held since a restore goes on. 0 or FG_E*. */
int peers_let_go(struct peers *p, struct fgsess *fs);
bool peers_is_enabled(const struct fgsess *fs);
/* Is it none of the settings file? */
bool peers_is_created(const struct fgsess *fs);
/* The template that it was made of, or "". */
const char *peers_template(const struct fgsess *fs);
/* Does its schedule let it be connected now? *since when; or if not, from when
 * on (INT64_MAX: never). */
bool peers_is_open(const struct fgsess *fs, wall_t *since);
const struct schedule *peers_schedule(const struct fgsess *fs);
/* The address of the counterparty, or "" if not connected. */
const char *peers_address(const struct fgsess *fs);
/* Until when the certificate of its counterparty holds; false: there is none. */
bool peers_expiry(const struct fgsess *fs, struct tls_expiry *x);
/* When an initiator tries again, or MONO_NEVER. */
mono_t peers_next_try(const struct fgsess *fs);

/* Log out everybody and let nobody in, until it is called with false. */
void peers_halt(struct peers *p, bool on);

/* Log out everybody; *done is called when no connection is left or after a
 * limit. */
void peers_shutdown(struct peers *p, void (*done)(void *arg), void *arg);

/* Connections that have not logged on (for status). */
size_t peers_strangers(const struct peers *p);

#endif
