/*
 * sign.h: signed Logons, as crypto venues ask for: a template, filled with fields
 * of the Logon, is signed, and the signature goes out as a field of it.
 */
#ifndef FG_GATEWAY_SIGN_H
#define FG_GATEWAY_SIGN_H

#include "conf/conf.h"
#include "session/cfg.h"

#define SIGN_ERR_MAX 512 /* bytes of an error text */

struct sign;

/* By the LogonSignature settings of a session. logon_fields: those that are
 * added to the Logon; borrowed, as sec is. Returns owned, or NULL and err, which
 * says what to do. */
struct sign *sign_new(const struct conf_section *sec, const char *logon_fields,
    char err[SIGN_ERR_MAX]);
void sign_free(struct sign *g); /* NULL is legal */

/* sess_cfg's sign_logon, with arg the struct sign. The key is read each time, so
 * another one may take its place; if it cannot be used, the log says so, and the
 * Logon goes without a signature. */
void sign_logon(void *arg, const char *sending_time, uint64_t seq,
    char out[SESS_SIGNATURE_MAX]);

#endif
