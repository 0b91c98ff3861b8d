/*
 * secure.h: links over TLS (tls:HOST:PORT). Both sides have a certificate, and
 * both check the other's. The files lie in one folder of the process:
 *
 *	cert.pem  our certificate, then those between it and the root
 *	key.pem   its private key
 *	ca.pem    whose certificates are trusted
 *	crl.pem   those that were revoked; need not be there
 *
 * All on one thread.
 */
#ifndef FG_DAEMON_SECURE_H
#define FG_DAEMON_SECURE_H

#include "base/buf.h"
#include "net/tls.h"

#define SECURE_DIR FG_CONF_DIR "/tls" /* unless it is said */

/* Before the others; borrowed. */
void secure_folder(const char *dir);
/* What a listener, or who connects, is under; read at the first call. NULL: err
 * says which file is wrong. Valid until secure_free. */
const struct tls *secure_get(bool server, char err[NET_ERR_MAX]);
/* Read the files anew, if they were read. What is wrong is said in the log, and
 * all stays as it was. */
void secure_hangup(void);
/* Append what its files hold, if they were read, to a list of expiry.h. 0 or
 * FG_ENOMEM; arg is not used. */
int secure_expiry(void *arg, struct buf *list);
void secure_free(void);

#endif
