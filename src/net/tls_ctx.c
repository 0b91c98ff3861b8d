/* tls_ctx.c: the rules of one side: versions, ciphers, whom to ask. */
#include "net/tls_int.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define DEPTH    9 /* certificates between the peer's and the root */
#define STRENGTH 2 /* OpenSSL's level: 112 bits, RSA from 2048, no SHA-1 */
#define CIPHERS  "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:" \
    "ECDHE+AES:!aNULL:!SHA1:!PSK"
#define FIXS_CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!PSK"

const char *
tls_reason(void)
{
	unsigned long e = ERR_peek_error();
	const char *s = e == 0 ? NULL : ERR_reason_error_string(e);

	if (e != 0 && ERR_SYSTEM_ERROR(e))
		s = strerror(ERR_GET_REASON(e));
	ERR_clear_error();
	return s == NULL ? "no reason is known" : s;
}

static int
fail(char err[NET_ERR_MAX], const char *what, const char *value)
{
	snprintf(err, NET_ERR_MAX, "%s \"%.150s\": %s", what, value,
	    tls_reason());
	return FG_EINVAL;
}

/* A list is asked of every issuer that has one, and the peer's own issuer must
 * have one. Whose certificate is bad is kept for the log. */
static int
on_verify(int ok, X509_STORE_CTX *s)
{
	int depth = X509_STORE_CTX_get_error_depth(s);
	SSL *ssl;

	if (ok)
		return 1;
	if (X509_STORE_CTX_get_error(s) == X509_V_ERR_UNABLE_TO_GET_CRL
	    && depth > 0) {
		X509_STORE_CTX_set_error(s, X509_V_OK);
		return 1;
	}
	ssl = X509_STORE_CTX_get_ex_data(s,
	    SSL_get_ex_data_X509_STORE_CTX_idx());
	tls_bad_cert(SSL_get_app_data(ssl), X509_STORE_CTX_get0_cert(s),
	    depth == 0 ? NULL : X509_STORE_CTX_get_current_cert(s));
	return 0;
}

static void
set_verify(SSL_CTX *ctx, const struct tls_cfg *cfg)
{
	int mode = SSL_VERIFY_NONE;

	if (cfg->verify != TLS_VERIFY_NONE)
		mode = SSL_VERIFY_PEER;
	if (cfg->verify == TLS_VERIFY_REQUIRED)
		mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	SSL_CTX_set_verify(ctx, mode, on_verify);
	SSL_CTX_set_verify_depth(ctx, DEPTH);
}

static int
set_versions(SSL_CTX *ctx, unsigned versions)
{
	int low, high;

	if (versions == 0)
		versions = TLS_1_2 | TLS_1_3;
	low = (versions & TLS_1_2) != 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
	high = (versions & TLS_1_3) != 0 ? TLS1_3_VERSION : TLS1_2_VERSION;
	return SSL_CTX_set_min_proto_version(ctx, low) == 1 &&
	    SSL_CTX_set_max_proto_version(ctx, high) == 1 ? 0 : FG_EINVAL;
}

/* One name that the standards know, to the list of its version. */
static int
add_name(const char *p, size_t n, struct buf *ciphers, struct buf *suites)
{
	char name[64];
	const char *own;
	struct buf *to;

	snprintf(name, sizeof(name), "%.*s", (int)n, p);
	own = OPENSSL_cipher_name(name);
	if (strcmp(own, "(NONE)") == 0)
		return FG_EINVAL;
	/* In TLS 1.3 both names are the same. */
	to = strcmp(own, name) == 0 && strncmp(own, "TLS_", 4) == 0 ?
	    suites : ciphers;
	return buf_printf(to, "%s%s", to->len == 0 ? "" : ":", own);
}

static int
set_names(SSL_CTX *ctx, const char *p, char err[NET_ERR_MAX])
{
	struct buf ciphers = { 0 }, suites = { 0 };
	size_t n;
	int rc = 0;

	for (; *p != '\0' && rc == 0; p += n) {
		p += strspn(p, ", \t");
		n = strcspn(p, ", \t");
		if (n > 0)
			rc = add_name(p, n, &ciphers, &suites);
		if (rc == FG_EINVAL)
			snprintf(err, NET_ERR_MAX, "cipher suite \"%.*s\": "
			    "unknown, or too weak", n > 64 ? 64 : (int)n, p);
	}
	if (rc == 0 && ciphers.len > 0 &&
	    SSL_CTX_set_cipher_list(ctx, ciphers.p) != 1)
		rc = fail(err, "ciphers", ciphers.p);
	if (rc == 0 && suites.len > 0 &&
	    SSL_CTX_set_ciphersuites(ctx, suites.p) != 1)
		rc = fail(err, "cipher suites of TLS 1.3", suites.p);
	if (rc == 0 && ciphers.len == 0)
		SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
	if (rc == 0 && suites.len == 0)
		SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	buf_free(&ciphers);
	buf_free(&suites);
	return rc;
}

static int
set_ciphers(SSL_CTX *ctx, const struct tls_cfg *cfg, char err[NET_ERR_MAX])
{
	const char *list = cfg->fixs ? FIXS_CIPHERS : CIPHERS;

	if (cfg->names != NULL && !cfg->fixs)
		return set_names(ctx, cfg->names, err);
	if (cfg->ciphers != NULL && !cfg->fixs)
		list = cfg->ciphers;
	if (SSL_CTX_set_cipher_list(ctx, list) != 1)
		return fail(err, "ciphers", list);
	if (cfg->suites != NULL &&
	    SSL_CTX_set_ciphersuites(ctx, cfg->suites) != 1)
		return fail(err, "cipher suites of TLS 1.3", cfg->suites);
	return 0;
}

/* A context of OpenSSL's as cfg wants it, or NULL and err. */
static SSL_CTX *
tls_ctx_new(const struct tls_cfg *cfg, char err[NET_ERR_MAX])
{
	SSL_CTX *ctx;

	snprintf(err, NET_ERR_MAX, "out of memory");
	ctx = SSL_CTX_new(cfg->server ? TLS_server_method()
	                              : TLS_client_method());
	if (ctx == NULL)
		return NULL;
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
	    SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
	    SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_security_level(ctx, STRENGTH);
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_dh_auto(ctx, 1);
	set_verify(ctx, cfg);
	if (set_versions(ctx, cfg->versions) == 0 &&
	    set_ciphers(ctx, cfg, err) == 0 &&
	    tls_load_own(ctx, cfg, err) == 0 &&
	    tls_load_trust(ctx, cfg, err) == 0)
		return ctx;
	SSL_CTX_free(ctx);
	ERR_clear_error();
	return NULL;
}

static const size_t string_at[] = {
	offsetof(struct tls_cfg, cert), offsetof(struct tls_cfg, key),
	offsetof(struct tls_cfg, keystore), offsetof(struct tls_cfg, password),
	offsetof(struct tls_cfg, ca_file), offsetof(struct tls_cfg, ca_dir),
	offsetof(struct tls_cfg, truststore),
	offsetof(struct tls_cfg, trust_password),
	offsetof(struct tls_cfg, crl_file), offsetof(struct tls_cfg, crl_dir),
	offsetof(struct tls_cfg, ciphers), offsetof(struct tls_cfg, suites),
	offsetof(struct tls_cfg, names),
};
#define NSTRING (sizeof(string_at) / sizeof(string_at[0]))

static char **
string(struct tls_cfg *cfg, size_t i)
{
	return (char **)(void *)((char *)cfg + string_at[i]);
}

/* The copy's strings are its own. 0 or FG_ENOMEM: free it all the same. */
static int
cfg_copy(struct tls_cfg *to, const struct tls_cfg *from)
{
	char **s;
	size_t i;
	int rc = 0;

	*to = *from;
	for (i = 0; i < NSTRING; i++) {
		s = string(to, i);
		if (*s == NULL)
			continue;
		*s = strdup(*s);
		if (*s == NULL)
			rc = FG_ENOMEM;
	}
	return rc;
}

struct tls *
tls_new(const struct tls_cfg *cfg, char err[NET_ERR_MAX])
{
	struct tls *t = calloc(1, sizeof(*t));

	snprintf(err, NET_ERR_MAX, "out of memory");
	if (t == NULL)
		return NULL;
	if (cfg_copy(&t->cfg, cfg) == 0)
		t->ctx = tls_ctx_new(&t->cfg, err);
	if (t->ctx != NULL)
		return t;
	tls_free(t);
	return NULL;
}

bool
tls_same_cfg(const struct tls_cfg *a, const struct tls_cfg *b)
{
	const char *x, *y;
	size_t i;

	if (a->server != b->server || a->fixs != b->fixs ||
	    a->verify != b->verify || a->versions != b->versions)
		return false;
	for (i = 0; i < NSTRING; i++) {
		x = *string((struct tls_cfg *)a, i);
		y = *string((struct tls_cfg *)b, i);
		if (x == NULL || y == NULL ? x != y : strcmp(x, y) != 0)
			return false;
	}
	return true;
}

const struct tls_cfg *
tls_cfg(const struct tls *t)
{
	return &t->cfg;
}

int
tls_prepare(struct tls *t, char err[NET_ERR_MAX])
{
	tls_forget(t);
	t->next = tls_ctx_new(&t->cfg, err);
	return t->next == NULL ? FG_EINVAL : 0;
}

void
tls_commit(struct tls *t)
{
	if (t->next == NULL)
		return;
	SSL_CTX_free(t->ctx);
	t->ctx = t->next;
	t->next = NULL;
}

void
tls_forget(struct tls *t)
{
	SSL_CTX_free(t->next);
	t->next = NULL;
}

void
tls_free(struct tls *t)
{
	size_t i;

	if (t == NULL)
		return;
	for (i = 0; i < NSTRING; i++)
		free(*string(&t->cfg, i));
	tls_forget(t);
	SSL_CTX_free(t->ctx);
	free(t);
}
