/*
 * tunnel.h: what is said to a proxy until it has connected us: HTTP CONNECT and
 * SOCKS 4, 4a and 5. Pure.
 */
#ifndef FG_GATEWAY_TUNNEL_H
#define FG_GATEWAY_TUNNEL_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define TUNNEL_ERR_MAX 160

enum tunnel_kind { TUNNEL_HTTP, TUNNEL_SOCKS4, TUNNEL_SOCKS4A, TUNNEL_SOCKS5 };

/* All strings are borrowed. */
struct tunnel {
	enum tunnel_kind kind;
	const char *http;            /* "1.0" or "1.1" */
	const char *user, *password; /* NULL: none */
	const char *host;            /* to connect to */
	uint16_t port;
	unsigned step;               /* 0 at the beginning */
};

/*
 * Once at the beginning, with no bytes, and with all unread bytes whenever more
 * came: *eat of them are done with, what is in out afterwards is to be sent. 0:
 * the tunnel is there, what comes now is the other side's; FG_EPARTIAL: go on
 * when more comes; FG_EINVAL: it will not be, err says why; FG_ENOMEM.
 */
int tunnel_run(struct tunnel *t, const char *p, size_t n, size_t *eat,
    struct buf *out, char err[TUNNEL_ERR_MAX]);

#endif
