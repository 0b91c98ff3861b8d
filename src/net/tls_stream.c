/* tls_stream.c: TLS on a socket of a program that has no loop. */
#include "net/tls_int.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"

/* What it has in common with a connection: the certificate that was bad, and
 * the text about it. */
struct tls_stream {
	struct conn_tls t;
};

static int
set_blocking(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);

	return flags == -1 ? -1 : fcntl(fd, F_SETFL, on ? flags & ~O_NONBLOCK :
	    flags | O_NONBLOCK);
}

struct tls_stream *
tls_stream_open(const struct tls *tls, int fd, const char *name,
    const char *check, char err[NET_ERR_MAX])
{
	struct tls_stream *s = calloc(1, sizeof(*s));

	snprintf(err, NET_ERR_MAX, "%s", fg_strerror(FG_ENOMEM));
	if (s == NULL)
		return NULL;
	s->t.ssl = SSL_new(tls->ctx);
	if (s->t.ssl == NULL || SSL_set_fd(s->t.ssl, fd) != 1 ||
	    tls_expect(s->t.ssl, name, check) != 0)
		goto fail;
	SSL_set_app_data(s->t.ssl, &s->t);
	ERR_clear_error();
	errno = 0;
	if (SSL_connect(s->t.ssl) != 1) {
		if (errno == EAGAIN)
			errno = ETIMEDOUT;
		tls_handshake_fault(&s->t, errno);
		snprintf(err, NET_ERR_MAX, "%s", s->t.fault);
		goto fail;
	}
	s->t.up = true;
	if (set_blocking(fd, false) == 0)
		return s;
fail:
	tls_stream_free(s);
	return NULL;
}

/* What a call that moved nothing means. */
static ssize_t
outcome(struct tls_stream *s, int rc, int sys)
{
	switch (SSL_get_error(s->t.ssl, rc)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		errno = EAGAIN;
		return -1;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_SYSCALL:
		errno = sys == 0 ? ECONNRESET : sys;
		return -1;
	}
	tls_handshake_fault(&s->t, sys);
	errno = EPROTO;
	return -1;
}

ssize_t
tls_stream_read(struct tls_stream *s, void *p, size_t n)
{
	size_t got;
	int rc;

	ERR_clear_error();
	errno = 0;
	rc = SSL_read_ex(s->t.ssl, p, n, &got);
	return rc == 1 ? (ssize_t)got : outcome(s, rc, errno);
}

ssize_t
tls_stream_write(struct tls_stream *s, const void *p, size_t n)
{
	size_t put;
	int rc;

	ERR_clear_error();
	errno = 0;
	rc = SSL_write_ex(s->t.ssl, p, n, &put);
	return rc == 1 ? (ssize_t)put : outcome(s, rc, errno);
}

bool
tls_stream_has_more(const struct tls_stream *s)
{
	return SSL_has_pending(s->t.ssl) == 1;
}

const char *
tls_stream_fault(const struct tls_stream *s)
{
	return s->t.fault[0] == '\0' ? NULL : s->t.fault;
}

void
tls_stream_free(struct tls_stream *s)
{
	if (s == NULL)
		return;
	if (s->t.up)
		SSL_shutdown(s->t.ssl);
	SSL_free(s->t.ssl);
	ERR_clear_error();
	free(s);
}
