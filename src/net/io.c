/* io.c: bytes to and from a socket, through TLS where it is under it. */
#include "net/internal.h"

#include <errno.h>

#include <string.h>

ssize_t
io_recv(struct conn *c, char *p, size_t n)
{
	ssize_t got;

	do
		got = recv(c->fd, p, n, 0);
	while (got == -1 && errno == EINTR);
	if (got >= 0)
		return got;
	return errno == EAGAIN || errno == EWOULDBLOCK ? IO_AGAIN : IO_BROKEN;
}

ssize_t
io_put(struct conn *c, const char *p, size_t n)
{
	ssize_t put;

	do
		put = send(c->fd, p, n, MSG_NOSIGNAL);
	while (put == -1 && errno == EINTR);
	if (put >= 0)
		return put;
	return errno == EAGAIN || errno == EWOULDBLOCK ? IO_AGAIN : IO_BROKEN;
}

ssize_t
io_read(struct conn *c, char *p, size_t n)
{
	return c->tls == NULL ? io_recv(c, p, n) : tls_read(c, p, n);
}

ssize_t
io_write(struct conn *c, const char *p, size_t n)
{
	return c->tls == NULL ? io_put(c, p, n) : tls_write(c, p, n);
}

const char *
io_why(const struct conn *c)
{
	const char *why = c->tls == NULL ? NULL : tls_fault(c);

	return why == NULL ? strerror(errno) : why;
}
