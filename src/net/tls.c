/*
 * tls.c: TLS between a connection and its socket. OpenSSL reads and writes the
 * socket by our own BIO: it does not block, raises no SIGPIPE, and remembers
 * how the peer began, in case that was no TLS at all.
 */
#include "net/tls_int.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/err.h"
#include "log/log.h"

#define RECORD_ALERT     0x15 /* how the bytes of a handshake begin */
#define RECORD_HANDSHAKE 0x16

/* ---- the socket as a BIO ---- */

/* What was shown to the owner and not taken before TLS began. */
static ssize_t
take_before(struct conn_tls *t, char *p, size_t n)
{
	size_t left = t->before.len - t->before_at;

	if (n > left)
		n = left;
	if (n > 0)
		memcpy(p, t->before.p + t->before_at, n);
	t->before_at += n;
	return (ssize_t)n;
}

static int
bio_read(BIO *b, char *p, int n)
{
	struct conn *c = BIO_get_data(b);
	struct conn_tls *t = c->tls;
	ssize_t got = take_before(t, p, (size_t)n);
	size_t keep;

	if (got == 0)
		got = io_recv(c, p, (size_t)n);
	BIO_clear_retry_flags(b);
	if (got == IO_AGAIN)
		BIO_set_retry_read(b);
	if (got > 0 && !t->up && t->nfirst < sizeof(t->first)) {
		keep = sizeof(t->first) - t->nfirst;
		if (keep > (size_t)got)
			keep = (size_t)got;
		memcpy(t->first + t->nfirst, p, keep);
		t->nfirst += keep;
	}
	return got < 0 ? -1 : (int)got;
}

static int
bio_write(BIO *b, const char *p, int n)
{
	ssize_t put = io_put(BIO_get_data(b), p, (size_t)n);

	BIO_clear_retry_flags(b);
	if (put == IO_AGAIN)
		BIO_set_retry_write(b);
	return put < 0 ? -1 : (int)put;
}

static long
bio_ctrl(BIO *b, int cmd, long num, void *ptr)
{
	(void)b;
	(void)num;
	(void)ptr;
	return cmd == BIO_CTRL_FLUSH;
}

/* Made once for all threads, and never freed. */
static BIO_METHOD *method;

static void
make_method(void)
{
	method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK,
	    "connection");
	if (method == NULL)
		return;
	BIO_meth_set_read(method, bio_read);
	BIO_meth_set_write(method, bio_write);
	BIO_meth_set_ctrl(method, bio_ctrl);
}

static BIO *
bio_new(struct conn *c)
{
	static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;
	BIO *b = NULL;

	if (CRYPTO_THREAD_run_once(&once, make_method) == 1 && method != NULL)
		b = BIO_new(method);
	if (b != NULL) {
		BIO_set_data(b, c);
		BIO_set_init(b, 1);
	}
	return b;
}

/* ---- what went wrong ---- */

static bool
spoke_tls(const struct conn_tls *t)
{
	return t->nfirst == 0 || t->first[0] == RECORD_HANDSHAKE ||
	    t->first[0] == RECORD_ALERT;
}

/* Its certificate was looked at and is not good: on_verify knows whose. */
static void
fault_verify(struct conn_tls *t, long result)
{
	snprintf(t->fault, sizeof(t->fault), "TLS: its certificate %.150s: %s",
	    t->subject[0] == '\0' ? "(no subject)" : t->subject,
	    X509_verify_cert_error_string(result));
}

void
tls_handshake_fault(struct conn_tls *t, int sys)
{
	unsigned long e = ERR_peek_error();
	long result = SSL_get_verify_result(t->ssl);
	char text[sizeof(t->first) * 4 + 1];
	int reason = ERR_GET_REASON(e);

	if (!spoke_tls(t)) {
		log_escape(text, sizeof(text), (const char *)t->first, t->nfirst);
		snprintf(t->fault, sizeof(t->fault),
		    "TLS: the peer speaks no TLS, it sent \"%s\"", text);
	} else if (e != 0 && ERR_GET_LIB(e) == ERR_LIB_SSL &&
	    reason > SSL_AD_REASON_OFFSET) {
		snprintf(t->fault, sizeof(t->fault),
		    "TLS: refused by the peer: %s",
		    SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET));
	} else if (e != 0 && ERR_GET_LIB(e) == ERR_LIB_SSL &&
	    reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
		snprintf(t->fault, sizeof(t->fault),
		    "TLS: the peer has no certificate");
	} else if (e != 0 && result != X509_V_OK && !t->up) {
		fault_verify(t, result);
	} else if (e != 0) {
		snprintf(t->fault, sizeof(t->fault), "TLS: %s",
		    ERR_reason_error_string(e) == NULL ? "it failed" :
		    ERR_reason_error_string(e));
	} else {
		snprintf(t->fault, sizeof(t->fault), "TLS: %s", sys == 0 ?
		    "the peer closed the connection" : strerror(sys));
	}
	ERR_clear_error();
}

const char *
tls_fault(const struct conn *c)
{
	return c->tls->fault[0] == '\0' ? NULL : c->tls->fault;
}

/* What a call of OpenSSL's that moved nothing means: 0, IO_AGAIN or
 * IO_BROKEN. */
static ssize_t
outcome(struct conn *c, int rc, int sys)
{
	struct conn_tls *t = c->tls;

	switch (SSL_get_error(t->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		return IO_AGAIN;
	case SSL_ERROR_WANT_WRITE:
		t->stuck = true;
		return IO_AGAIN;
	case SSL_ERROR_ZERO_RETURN:
		if (t->up)
			return 0;
		break;
	case SSL_ERROR_SYSCALL:
		errno = sys;
		if (t->up)
			return sys == 0 ? 0 : IO_BROKEN;
		break;
	}
	tls_handshake_fault(t, sys);
	return IO_BROKEN;
}

/* ---- the connection's side ---- */

int
tls_expect(SSL *ssl, const char *name, const char *check)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);

	if (name != NULL && SSL_set_tlsext_host_name(ssl, name) != 1)
		return FG_ENOMEM;
	if (check == NULL || X509_VERIFY_PARAM_set1_ip_asc(param, check) == 1)
		return 0;
	ERR_clear_error();
	X509_VERIFY_PARAM_set_hostflags(param,
	    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return X509_VERIFY_PARAM_set1_host(param, check, 0) == 1 ? 0 :
	    FG_ENOMEM;
}

int
conn_start_tls(struct conn *c, const struct tls *tls, const char *name,
    const char *check)
{
	struct conn_tls *t = calloc(1, sizeof(*t));
	BIO *bio;

	if (t == NULL)
		return FG_ENOMEM;
	t->last = IO_AGAIN;
	t->server = tls->cfg.server;
	t->ssl = SSL_new(tls->ctx);
	bio = bio_new(c);
	if (t->ssl == NULL || bio == NULL ||
	    buf_add(&t->before, c->unread, c->nunread) != 0)
		goto fail;
	SSL_set_app_data(t->ssl, t);
	SSL_set_bio(t->ssl, bio, bio);
	bio = NULL;
	if (tls_expect(t->ssl, name, check) != 0)
		goto fail;
	if (t->server)
		SSL_set_accept_state(t->ssl);
	else
		SSL_set_connect_state(t->ssl);
	c->tls = t;
	if (c->nunread > 0)
		conn_turn_later(c, TURN_READ);
	c->nunread = 0;
	if (c->state == CONN_OPEN)
		conn_shake(c);
	return 0;
fail:
	buf_free(&t->before);
	ERR_clear_error();
	BIO_free(bio);
	SSL_free(t->ssl);
	free(t);
	return FG_ENOMEM;
}

void
tls_drop(struct conn *c)
{
	if (c->tls == NULL)
		return;
	SSL_free(c->tls->ssl);
	buf_free(&c->tls->before);
	free(c->tls);
	c->tls = NULL;
}

ssize_t
tls_handshake(struct conn *c)
{
	struct conn_tls *t = c->tls;
	ssize_t got;
	int rc;

	t->stuck = false;
	ERR_clear_error();
	errno = 0;
	rc = SSL_do_handshake(t->ssl);
	if (rc != 1) {
		got = outcome(c, rc, errno);
		if (got == IO_BROKEN)
			t->over = true;
		return got;
	}
	t->up = true;
	t->more = true; /* its first data may have come along */
	snprintf(t->what, sizeof(t->what), "%s %s", SSL_get_version(t->ssl),
	    SSL_get_cipher_name(t->ssl));
	if (SSL_get0_peer_certificate(t->ssl) != NULL)
		tls_subject(t->subject, sizeof(t->subject),
		    SSL_get0_peer_certificate(t->ssl));
	return 1;
}

ssize_t
tls_read(struct conn *c, char *p, size_t n)
{
	struct conn_tls *t = c->tls;
	size_t got = 0, all = 0;
	ssize_t last;
	int rc = 1;

	if (t->over)
		return io_recv(c, p, n); /* to be thrown away */
	t->more = t->stuck = false;
	if (t->last != IO_AGAIN)
		return t->last;
	while (all < n) {
		ERR_clear_error();
		errno = 0;
		rc = SSL_read_ex(t->ssl, p + all, n - all, &got);
		if (rc != 1)
			break;
		all += got;
	}
	if (all == n) {
		t->more = true;
		return (ssize_t)all;
	}
	last = outcome(c, rc, errno);
	if (all == 0) {
		t->last = last;
		return last;
	}
	/* Data first, then what came after it. */
	t->last = last;
	t->more = last != IO_AGAIN;
	return (ssize_t)all;
}

ssize_t
tls_write(struct conn *c, const char *p, size_t n)
{
	struct conn_tls *t = c->tls;
	size_t put = 0;
	int rc;

	if (!t->up || t->over) {
		errno = EPIPE;
		return IO_BROKEN;
	}
	ERR_clear_error();
	errno = 0;
	rc = SSL_write_ex(t->ssl, p, n, &put);
	if (rc == 1)
		return (ssize_t)put;
	switch (SSL_get_error(t->ssl, rc)) {
	case SSL_ERROR_WANT_WRITE:
		return IO_AGAIN;
	case SSL_ERROR_SYSCALL:
		if (errno == 0)
			errno = EPIPE;
		return IO_BROKEN;
	default:
		tls_handshake_fault(t, errno);
		return IO_BROKEN;
	}
}

/* Say that no more comes; if the socket takes it, well, the end of the stream
 * says the same. */
void
tls_end(struct conn *c)
{
	if (!c->tls->up || c->tls->over)
		return;
	ERR_clear_error();
	SSL_shutdown(c->tls->ssl);
	ERR_clear_error();
}

bool
tls_has_more(const struct conn *c)
{
	return c->tls->more;
}

bool
tls_is_stuck(const struct conn *c)
{
	return c->tls->stuck;
}

const char *
conn_tls(const struct conn *c)
{
	return c->tls == NULL || !c->tls->up ? NULL : c->tls->what;
}
