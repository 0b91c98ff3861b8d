/* tls_int.h: what the files of TLS share. The only ones with OpenSSL's SSL. */
#ifndef FG_NET_TLS_INT_H
#define FG_NET_TLS_INT_H

#include <openssl/ssl.h>

#include "net/internal.h"
#include "net/tls.h"

struct tls {
	struct tls_cfg cfg; /* strings are owned */
	SSL_CTX *ctx;
	SSL_CTX *next; /* prepared, or NULL */
};

/* TLS of one connection. */
struct conn_tls {
	SSL *ssl;
	bool server;
	bool up;      /* the handshake is done */
	bool over;    /* no more TLS: it failed */
	bool more;    /* the last read left bytes behind */
	bool stuck;   /* reading has to write first */
	struct buf before; /* bytes that were read before TLS began */
	size_t before_at;
	ssize_t last; /* what the next read returns, if it is not IO_AGAIN */
	unsigned char first[24]; /* what the peer sent first, for the log: no
	                           * further than a password might be */
	size_t nfirst;
	char subject[NET_ERR_MAX];
	char what[64];  /* "TLSv1.3 TLS_AES_256_GCM_SHA384" */
	char fault[NET_ERR_MAX];
};

/* tls_file.c. 0, or FG_EINVAL and err. */
int tls_load_own(SSL_CTX *ctx, const struct tls_cfg *cfg,
    char err[NET_ERR_MAX]);
int tls_load_trust(SSL_CTX *ctx, const struct tls_cfg *cfg,
    char err[NET_ERR_MAX]);

/* tls_peer.c: whose certificate it is. */
void tls_subject(char *out, size_t cap, X509 *cert);
/* The checks found it bad; issuer: it is that one's fault, or NULL. */
void tls_bad_cert(struct conn_tls *t, X509 *cert, X509 *issuer);

/* tls.c: what the client asks for, and whose certificate it must be; both may be
 * NULL. 0 or FG_ENOMEM. */
int tls_expect(SSL *ssl, const char *name, const char *check);
/* Why the handshake, or what came after it, failed, to t->fault. */
void tls_handshake_fault(struct conn_tls *t, int sys);

/* tls_ctx.c: OpenSSL's reason for the last error, and forget all errors. */
const char *tls_reason(void);

#endif
