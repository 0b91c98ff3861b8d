/*
 * tls.h: TLS 1.2 and 1.3 under connections. A struct tls is what one side of
 * them has and asks for: its certificate and key, whom it trusts, what it
 * accepts. conn_start_tls puts a connection under it.
 *
 * Sessions are never resumed, so every connection is checked against the
 * certificates and revocation lists of now.
 */
#ifndef FG_NET_TLS_H
#define FG_NET_TLS_H

#include <stdbool.h>
#include <sys/types.h>

#include "net/net.h"

enum tls_verify {
	TLS_VERIFY_NONE,     /* a server asks for no certificate, a client
	                      * takes any */
	TLS_VERIFY_OPTIONAL, /* a certificate that is sent must be good */
	TLS_VERIFY_REQUIRED,
};

enum tls_version { TLS_1_2 = 1 << 0, TLS_1_3 = 1 << 1 };

/* All strings may be NULL: not given. */
struct tls_cfg {
	bool server;
	bool fixs; /* the ciphers of FIX over TLS only */
	enum tls_verify verify;
	unsigned versions;    /* enum tls_version; 0: all */
	const char *cert;     /* PEM: the certificate, then those between it
	                       * and the root */
	const char *key;      /* PEM; NULL: it stands in cert */
	const char *keystore; /* PKCS#12, instead of both */
	const char *password; /* of key or keystore */
	const char *ca_file;  /* PEM: whom to trust; with none of the three, a
	                       * client trusts whom the system trusts */
	const char *ca_dir;   /* as openssl rehash makes it */
	const char *truststore; /* PKCS#12 */
	const char *trust_password;
	const char *crl_file; /* PEM: revoked certificates; the peer's issuer
	                       * must have a list there */
	const char *crl_dir;
	const char *ciphers;  /* of TLS 1.2, in OpenSSL's notation */
	const char *suites;   /* of TLS 1.3 */
	const char *names;    /* instead of both: as the standards name them,
	                       * with commas between; a version that has none
	                       * of them is not spoken */
};

struct tls;

/* Reads the files. Returns owned, or NULL and err, which says what is wrong
 * with which file. */
struct tls *tls_new(const struct tls_cfg *cfg, char err[NET_ERR_MAX]);
bool tls_same_cfg(const struct tls_cfg *a, const struct tls_cfg *b);
const struct tls_cfg *tls_cfg(const struct tls *t);
/* Read the files anew. 0, or FG_EINVAL and err. Nothing changes until
 * tls_commit: then connections from now on are under what was read. */
int tls_prepare(struct tls *t, char err[NET_ERR_MAX]);
void tls_commit(struct tls *t);
void tls_forget(struct tls *t);
/* Connections under it live on. NULL is legal. */
void tls_free(struct tls *t);

/* What runs out first, of each kind. */
enum tls_expires {
	TLS_EXPIRES_OWN,       /* our certificate, and those up to the root */
	TLS_EXPIRES_AUTHORITY, /* of a file of authorities, if it is said */
	TLS_EXPIRES_LIST,      /* of revoked certificates */
	TLS_EXPIRES_PEER,      /* the certificate of who is connected */
};
struct tls_expiry {
	enum tls_expires kind;
	const char *file;  /* borrowed of the tls; NULL: a peer's */
	char subject[128]; /* cut to fit; of a list "" */
	int days;          /* until then, below 0 if it is over */
};
/* false: there is none. */
bool tls_expiry(const struct tls *t, enum tls_expires kind,
    struct tls_expiry *x);
bool conn_peer_expiry(const struct conn *c, struct tls_expiry *x);

/* Of an accepted connection in its accept_fn, or in data() (what is not taken of
 * what came so far is TLS already), of an outgoing one right after
 * conn_connect. data() and connected() come after the handshake; one that fails
 * is a closed() with the reason. name: what the client asks for (SNI); check:
 * the host name or address that the server's certificate must be for. Both may
 * be NULL, and are of no use to a server. 0 or FG_ENOMEM. */
int conn_start_tls(struct conn *c, const struct tls *t, const char *name,
    const char *check);

/*
 * The same for a program that has no loop: over a connected socket, which
 * blocks during the handshake (for as long as its timeouts say) and not any
 * more afterwards. Returns owned, or NULL and err; the socket stays the
 * caller's. SIGPIPE must be ignored.
 */
struct tls_stream;
struct tls_stream *tls_stream_open(const struct tls *t, int fd,
    const char *name, const char *check, char err[NET_ERR_MAX]);
/* As read(2) and write(2) of a socket that does not block. */
ssize_t tls_stream_read(struct tls_stream *s, void *p, size_t n);
ssize_t tls_stream_write(struct tls_stream *s, const void *p, size_t n);
/* May there be more to read than poll(2) knows of? */
bool tls_stream_has_more(const struct tls_stream *s);
/* Why the last call failed, if TLS is the reason; else NULL. */
const char *tls_stream_fault(const struct tls_stream *s);
/* NULL is legal. */
void tls_stream_free(struct tls_stream *s);

/* "TLSv1.3 TLS_AES_256_GCM_SHA384"; NULL: there was no handshake. */
const char *conn_tls(const struct conn *c);
/* The subject of the peer's checked certificate, "CN=broker,O=Broker Ltd" (cut
 * to fit); NULL: there is none. Valid as long as c. */
const char *conn_peer_subject(const struct conn *c);
/* Is the peer's checked certificate one for this name? It is its whole subject
 * as above, its common name, one of its alternative names (DNS, URI, e-mail
 * address), or "SHA256:" and its fingerprint in hexadecimal digits. */
bool conn_peer_is(const struct conn *c, const char *name);

#endif
