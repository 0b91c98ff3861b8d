/* tls_expiry.c: until when what is under TLS holds. */
#include "net/tls_int.h"

#include <limits.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

/* Below 0 if it is over; true: it can be told. */
static bool
days_until(const ASN1_TIME *end, int *days)
{
	int seconds = 0;

	if (end == NULL || ASN1_TIME_diff(days, &seconds, NULL, end) != 1)
		return false;
	if (seconds < 0 && *days == 0)
		*days = -1;
	return true;
}

/* Does it end before what x has? Then x has it. */
static void
take(struct tls_expiry *x, X509 *cert)
{
	int days;

	if (!days_until(X509_get0_notAfter(cert), &days) || days >= x->days)
		return;
	x->days = days;
	tls_subject(x->subject, sizeof(x->subject), cert);
}

/* Ours, and those between it and the root. */
static bool
own(const struct tls *t, struct tls_expiry *x)
{
	X509 *cert = SSL_CTX_get0_certificate(t->ctx);
	STACK_OF(X509) *chain = NULL;
	int i;

	if (cert == NULL)
		return false;
	x->file = t->cfg.cert != NULL ? t->cfg.cert : t->cfg.keystore;
	take(x, cert);
	if (SSL_CTX_get0_chain_certs(t->ctx, &chain) == 1)
		for (i = 0; i < sk_X509_num(chain); i++)
			take(x, sk_X509_value(chain, i));
	return x->file != NULL;
}

static STACK_OF(X509_OBJECT) *
trusted(const struct tls *t)
{
	return X509_STORE_get0_objects(SSL_CTX_get_cert_store(t->ctx));
}

/* Of a file of authorities, the first to go of those that have not gone: an old
 * one beside others does no harm. */
static bool
authority(const struct tls *t, struct tls_expiry *x)
{
	STACK_OF(X509_OBJECT) *all = trusted(t);
	struct tls_expiry gone = *x;
	X509 *cert;
	int i, days;

	x->file = t->cfg.ca_file != NULL ? t->cfg.ca_file : t->cfg.truststore;
	if (x->file == NULL)
		return false;
	gone.file = x->file;
	for (i = 0; i < sk_X509_OBJECT_num(all); i++) {
		cert = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(all, i));
		if (cert == NULL ||
		    !days_until(X509_get0_notAfter(cert), &days))
			continue;
		take(days < 0 ? &gone : x, cert);
	}
	if (x->days == INT_MAX)
		*x = gone;
	return x->days != INT_MAX;
}

static bool
list(const struct tls *t, struct tls_expiry *x)
{
	STACK_OF(X509_OBJECT) *all = trusted(t);
	X509_CRL *crl;
	int i, days;

	x->file = t->cfg.crl_file != NULL ? t->cfg.crl_file : t->cfg.crl_dir;
	for (i = 0; i < sk_X509_OBJECT_num(all); i++) {
		crl = X509_OBJECT_get0_X509_CRL(sk_X509_OBJECT_value(all, i));
		if (crl != NULL && days_until(X509_CRL_get0_nextUpdate(crl),
		    &days) && days < x->days)
			x->days = days;
	}
	return x->file != NULL && x->days != INT_MAX;
}

bool
tls_expiry(const struct tls *t, enum tls_expires kind, struct tls_expiry *x)
{
	*x = (struct tls_expiry){ .kind = kind, .days = INT_MAX };
	switch (kind) {
	case TLS_EXPIRES_OWN:
		return own(t, x);
	case TLS_EXPIRES_AUTHORITY:
		return authority(t, x);
	case TLS_EXPIRES_LIST:
		return list(t, x);
	case TLS_EXPIRES_PEER:
		break;
	}
	return false;
}

bool
conn_peer_expiry(const struct conn *c, struct tls_expiry *x)
{
	const struct conn_tls *t = c->tls;
	X509 *cert;

	*x = (struct tls_expiry){ .kind = TLS_EXPIRES_PEER, .days = INT_MAX };
	if (t == NULL || !t->up)
		return false;
	cert = SSL_get0_peer_certificate(t->ssl);
	if (cert != NULL)
		take(x, cert);
	return x->days != INT_MAX;
}
