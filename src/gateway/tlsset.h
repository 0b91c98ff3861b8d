/*
 * tlsset.h: what TLS has of files, for all sessions: certificates, keys and
 * lists are read once, however many sessions name them.
 */
#ifndef FG_GATEWAY_TLSSET_H
#define FG_GATEWAY_TLSSET_H

#include "base/buf.h"
#include "net/tls.h"

struct tlsset;

/* Returns owned, or NULL: no memory. NULL is legal to free. */
struct tlsset *tlsset_new(void);
void tlsset_free(struct tlsset *s);

/* Read, or find it read. It is the caller's, too, until tlsset_put. NULL: err
 * says what is wrong. */
struct tls *tlsset_get(struct tlsset *s, const struct tls_cfg *cfg,
    char err[NET_ERR_MAX]);
void tlsset_put(struct tlsset *s, struct tls *t); /* NULL is legal */

/* Append what its files hold to a list of daemon/expiry.h. 0 or FG_ENOMEM. */
int tlsset_expiry(const struct tlsset *s, struct buf *list);

/* t is the caller's, too. NULL is legal. */
struct tls *tlsset_hold(struct tlsset *s, struct tls *t);

/* Files may have changed: each is read again by the next tlsset_get that finds
 * it. Nothing else changes until tlsset_commit: then new connections are under
 * what was read. */
void tlsset_refresh(struct tlsset *s);
void tlsset_commit(struct tlsset *s);
void tlsset_forget(struct tlsset *s);

#endif
