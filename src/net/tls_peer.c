/* tls_peer.c: whose certificate the peer has. */
#include "net/tls_int.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define FINGERPRINT "SHA256:"

/* As RFC 2253 writes it, but with UTF-8 as it is. Returns owned by OpenSSL, or
 * NULL. */
static char *
subject_text(X509 *cert, long *len)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p, *copy = NULL;

	if (bio == NULL)
		return NULL;
	if (X509_NAME_print_ex(bio, X509_get_subject_name(cert), 0,
	    XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0) {
		*len = BIO_get_mem_data(bio, &p);
		copy = OPENSSL_strndup(p, (size_t)*len);
	}
	BIO_free(bio);
	return copy;
}

void
tls_subject(char *out, size_t cap, X509 *cert)
{
	char *text;
	long len = 0;

	text = subject_text(cert, &len);
	snprintf(out, cap, "%s", text == NULL ? "" : text);
	OPENSSL_free(text);
}

void
tls_bad_cert(struct conn_tls *t, X509 *cert, X509 *issuer)
{
	size_t n;

	if (cert == NULL)
		return;
	tls_subject(t->subject, sizeof(t->subject) / 2, cert);
	n = strlen(t->subject);
	if (issuer == NULL)
		return;
	n += (size_t)snprintf(t->subject + n, sizeof(t->subject) - n,
	    ", issued by ");
	tls_subject(t->subject + n, sizeof(t->subject) - n, issuer);
}

/* Only a certificate that passed the checks says who somebody is. */
static X509 *
checked(const struct conn *c)
{
	const struct conn_tls *t = c->tls;

	if (t == NULL || !t->up || SSL_get_verify_result(t->ssl) != X509_V_OK)
		return NULL;
	return SSL_get0_peer_certificate(t->ssl);
}

const char *
conn_peer_subject(const struct conn *c)
{
	return checked(c) == NULL ? NULL : c->tls->subject;
}

static bool
is_subject(X509 *cert, const char *name)
{
	char *text;
	long len = 0;
	bool same;

	text = subject_text(cert, &len);
	same = text != NULL && strlen(text) == (size_t)len &&
	    strcmp(text, name) == 0;
	OPENSSL_free(text);
	return same;
}

static bool
is_text(const ASN1_STRING *s, const char *name, bool any_case)
{
	unsigned char *p = NULL;
	int len = ASN1_STRING_to_UTF8(&p, s);
	bool same;

	if (len < 0) {
		ERR_clear_error();
		return false;
	}
	same = (size_t)len == strlen(name) && (any_case ?
	    strncasecmp((char *)p, name, (size_t)len) == 0 :
	    memcmp(p, name, (size_t)len) == 0);
	OPENSSL_free(p);
	return same;
}

static bool
is_common_name(X509 *cert, const char *name)
{
	X509_NAME *subject = X509_get_subject_name(cert);
	int at = -1;

	while ((at = X509_NAME_get_index_by_NID(subject, NID_commonName, at))
	    >= 0)
		if (is_text(X509_NAME_ENTRY_get_data(
		    X509_NAME_get_entry(subject, at)), name, false))
			return true;
	return false;
}

static bool
is_alternative(X509 *cert, const char *name)
{
	GENERAL_NAMES *all = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL,
	    NULL);
	const ASN1_STRING *s;
	bool found = false;
	int i, type;

	for (i = 0; all != NULL && i < sk_GENERAL_NAME_num(all); i++) {
		s = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(all, i),
		    &type);
		if (type == GEN_DNS || type == GEN_URI || type == GEN_EMAIL)
			found = found || is_text(s, name, type == GEN_DNS);
	}
	GENERAL_NAMES_free(all);
	return found;
}

/* Colons between the digits may be left out. */
static bool
is_fingerprint(X509 *cert, const char *digits)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	static const char hex[] = "0123456789abcdef";
	unsigned n = 0, i;

	if (X509_digest(cert, EVP_sha256(), md, &n) != 1)
		return false;
	for (i = 0; i < n; i++) {
		if (i > 0 && *digits == ':')
			digits++;
		if (strncasecmp(digits, (char[]){ hex[md[i] >> 4],
		    hex[md[i] & 15] }, 2) != 0)
			return false;
		digits += 2;
	}
	return *digits == '\0';
}

bool
conn_peer_is(const struct conn *c, const char *name)
{
	X509 *cert = checked(c);

	if (cert == NULL || *name == '\0')
		return false;
	if (strncmp(name, FINGERPRINT, sizeof(FINGERPRINT) - 1) == 0)
		return is_fingerprint(cert, name + sizeof(FINGERPRINT) - 1);
	return is_subject(cert, name) || is_common_name(cert, name) ||
	    is_alternative(cert, name);
}
