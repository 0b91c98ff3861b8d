/* tls_file.c: certificates, keys and lists out of their files. */
#include "net/tls_int.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

#define JKS_MAGIC   0xfeedfeedu /* what Java's own keystores begin with */
#define JCEKS_MAGIC 0xcecececeu

static int
fail(char err[NET_ERR_MAX], const char *path, const char *why)
{
	snprintf(err, NET_ERR_MAX, "%.120s: %s", path, why);
	ERR_clear_error();
	return FG_EINVAL;
}

/* The password of a key file. Without one OpenSSL must not ask the terminal. */
static int
on_password(char *to, int cap, int writing, void *arg)
{
	const char *password = arg;
	size_t len;

	(void)writing;
	if (password == NULL)
		return -1;
	len = strlen(password);
	if (len > (size_t)cap)
		return -1;
	memcpy(to, password, len);
	return (int)len;
}

/* ---- PKCS#12 ---- */

struct keystore {
	EVP_PKEY *key;
	X509 *cert;
	STACK_OF(X509) *others;
};

static void
keystore_free(struct keystore *k)
{
	EVP_PKEY_free(k->key);
	X509_free(k->cert);
	sk_X509_pop_free(k->others, X509_free);
}

static bool
is_jks(FILE *f)
{
	unsigned char b[4];
	uint32_t magic;
	size_t n = fread(b, 1, sizeof(b), f);

	rewind(f);
	magic = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
	    (uint32_t)b[2] << 8 | b[3];
	return n == sizeof(b) && (magic == JKS_MAGIC || magic == JCEKS_MAGIC);
}

static int
keystore_read(struct keystore *k, const char *path, const char *password,
    char err[NET_ERR_MAX])
{
	FILE *f = fopen(path, "rb");
	PKCS12 *p12;
	int ok = 0;

	memset(k, 0, sizeof(*k));
	if (f == NULL)
		return fail(err, path, strerror(errno));
	if (is_jks(f)) {
		fclose(f);
		snprintf(err, NET_ERR_MAX, "%.60s: a Java keystore (JKS); "
		    "convert it: keytool -importkeystore -srckeystore %.60s "
		    "-destkeystore new.p12 -deststoretype PKCS12", path, path);
		return FG_EINVAL;
	}
	p12 = d2i_PKCS12_fp(f, NULL);
	fclose(f);
	if (p12 == NULL)
		return fail(err, path, "not a PKCS#12 keystore");
	if (PKCS12_verify_mac(p12, password, -1) != 1 &&
	    (password != NULL || PKCS12_verify_mac(p12, "", -1) != 1)) {
		PKCS12_free(p12);
		return fail(err, path, "the password is wrong");
	}
	ok = PKCS12_parse(p12, password, &k->key, &k->cert, &k->others);
	PKCS12_free(p12);
	return ok == 1 ? 0 : fail(err, path, tls_reason());
}

static int
own_keystore(SSL_CTX *ctx, const struct tls_cfg *cfg, char err[NET_ERR_MAX])
{
	struct keystore k;
	int rc = keystore_read(&k, cfg->keystore, cfg->password, err);

	if (rc != 0)
		return rc;
	if (k.key == NULL || k.cert == NULL)
		rc = fail(err, cfg->keystore,
		    "there is no certificate with its key in it");
	else if (SSL_CTX_use_cert_and_key(ctx, k.cert, k.key, k.others, 1) != 1)
		rc = fail(err, cfg->keystore, tls_reason());
	keystore_free(&k);
	return rc;
}

static int
trust_keystore(X509_STORE *store, const struct tls_cfg *cfg,
    char err[NET_ERR_MAX])
{
	struct keystore k;
	int i, n, rc;

	rc = keystore_read(&k, cfg->truststore, cfg->trust_password, err);
	if (rc != 0)
		return rc;
	n = k.others == NULL ? 0 : sk_X509_num(k.others);
	for (i = 0; i < n && rc == 0; i++)
		if (X509_STORE_add_cert(store, sk_X509_value(k.others, i)) != 1)
			rc = fail(err, cfg->truststore, tls_reason());
	if (rc == 0 && n == 0)
		rc = fail(err, cfg->truststore, "there is no certificate in it");
	keystore_free(&k);
	return rc;
}

/* ---- PEM ---- */

static int
own_pem(SSL_CTX *ctx, const struct tls_cfg *cfg, char err[NET_ERR_MAX])
{
	const char *key = cfg->key == NULL ? cfg->cert : cfg->key;
	unsigned long e;

	if (SSL_CTX_use_certificate_chain_file(ctx, cfg->cert) != 1)
		return fail(err, cfg->cert, tls_reason());
	SSL_CTX_set_default_passwd_cb(ctx, on_password);
	SSL_CTX_set_default_passwd_cb_userdata(ctx, (void *)cfg->password);
	if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) == 1)
		return 0;
	e = ERR_peek_error();
	if (ERR_GET_LIB(e) == ERR_LIB_X509 &&
	    ERR_GET_REASON(e) == X509_R_KEY_VALUES_MISMATCH)
		return fail(err, key, "the key is not that of the certificate");
	if (ERR_SYSTEM_ERROR(e) || ERR_GET_LIB(e) == ERR_LIB_SSL)
		return fail(err, key, tls_reason());
	return fail(err, key, cfg->password == NULL ?
	    "no private key, or one that needs a password" :
	    "no private key, or the password is wrong");
}

int
tls_load_own(SSL_CTX *ctx, const struct tls_cfg *cfg, char err[NET_ERR_MAX])
{
	if (cfg->keystore != NULL)
		return own_keystore(ctx, cfg, err);
	if (cfg->cert != NULL)
		return own_pem(ctx, cfg, err);
	if (!cfg->server)
		return 0;
	snprintf(err, NET_ERR_MAX, "there is no certificate");
	return FG_EINVAL;
}

/* The names of those whom it trusts help a client to choose its certificate. */
static int
name_issuers(SSL_CTX *ctx, const char *path, char err[NET_ERR_MAX])
{
	STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(path);

	if (names == NULL)
		return fail(err, path, tls_reason());
	SSL_CTX_set_client_CA_list(ctx, names);
	return 0;
}

static int
load_lists(X509_STORE *store, const struct tls_cfg *cfg, char err[NET_ERR_MAX])
{
	X509_LOOKUP *look;

	if (cfg->crl_file != NULL) {
		look = X509_STORE_add_lookup(store, X509_LOOKUP_file());
		if (look == NULL || X509_load_crl_file(look, cfg->crl_file,
		    X509_FILETYPE_PEM) < 1)
			return fail(err, cfg->crl_file, tls_reason());
	}
	if (cfg->crl_dir != NULL &&
	    X509_STORE_load_path(store, cfg->crl_dir) != 1)
		return fail(err, cfg->crl_dir, tls_reason());
	if (cfg->crl_file != NULL || cfg->crl_dir != NULL)
		X509_STORE_set_flags(store,
		    X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
	return 0;
}

int
tls_load_trust(SSL_CTX *ctx, const struct tls_cfg *cfg, char err[NET_ERR_MAX])
{
	X509_STORE *store = SSL_CTX_get_cert_store(ctx);
	int rc = 0;

	if (cfg->ca_file != NULL) {
		if (X509_STORE_load_file(store, cfg->ca_file) != 1)
			return fail(err, cfg->ca_file, tls_reason());
		if (cfg->server && cfg->verify != TLS_VERIFY_NONE)
			rc = name_issuers(ctx, cfg->ca_file, err);
	}
	if (rc == 0 && cfg->ca_dir != NULL &&
	    X509_STORE_load_path(store, cfg->ca_dir) != 1)
		rc = fail(err, cfg->ca_dir, tls_reason());
	if (rc == 0 && cfg->truststore != NULL)
		rc = trust_keystore(store, cfg, err);
	if (cfg->ca_file == NULL && cfg->ca_dir == NULL &&
	    cfg->truststore == NULL) {
		if (!cfg->server)
			SSL_CTX_set_default_verify_paths(ctx);
		else if (cfg->verify != TLS_VERIFY_NONE) {
			snprintf(err, NET_ERR_MAX,
			    "there is nobody whose certificates are trusted");
			return FG_EINVAL;
		}
	}
	/* A certificate in the file is trusted, even if it is no root. */
	X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
	return rc == 0 ? load_lists(store, cfg, err) : rc;
}
