#include "daemon/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"

#define PORT_MAX 65535

static int
bad(char err[ADDRESS_ERR_MAX], const char *text, const char *why)
{
	snprintf(err, ADDRESS_ERR_MAX, "\"%.100s\" is no address: %s", text,
	    why);
	return FG_EINVAL;
}

/* "HOST:PORT", an IPv6 address in brackets. */
static int
parse_tcp(struct address *a, const char *p, const char *text,
    char err[ADDRESS_ERR_MAX])
{
	const char *colon = strrchr(p, ':');
	size_t len = colon == NULL ? 0 : (size_t)(colon - p);
	uint64_t port;

	if (len >= 2 && p[0] == '[' && p[len - 1] == ']') {
		p++;
		len -= 2;
	} else if (len > 0 && memchr(p, ':', len) != NULL) {
		return bad(err, text, "an IPv6 address stands in brackets, "
		    "tcp:[::1]:5001");
	}
	if (len == 0 || len >= ADDRESS_MAX)
		return bad(err, text, a->tls ? "it is tls:HOST:PORT" :
		    "it is tcp:HOST:PORT");
	if (num_parse_u64(colon + 1, strlen(colon + 1), &port) != 0 ||
	    port < 1 || port > PORT_MAX)
		return bad(err, text, "the port is a number from 1 to 65535");
	memcpy(a->host, p, len);
	a->host[len] = '\0';
	a->port = (uint16_t)port;
	return 0;
}

int
address_parse(struct address *a, const char *text, char err[ADDRESS_ERR_MAX])
{
	memset(a, 0, sizeof(*a));
	if (strncmp(text, "tcp:", 4) == 0)
		return parse_tcp(a, text + 4, text, err);
	a->tls = strncmp(text, "tls:", 4) == 0;
	if (a->tls)
		return parse_tcp(a, text + 4, text, err);
	if (strncmp(text, "unix:", 5) != 0)
		return bad(err, text,
		    "it is unix:PATH, tcp:HOST:PORT or tls:HOST:PORT");
	text += 5;
	if (text[0] == '\0' || strlen(text) >= ADDRESS_MAX)
		return bad(err, text, "the path of a unix socket has 1 to 107 "
		    "characters");
	memcpy(a->host, text, strlen(text));
	return 0;
}

bool
address_is_number(const struct address *a)
{
	struct in6_addr in;

	return inet_pton(AF_INET, a->host, &in) == 1 ||
	    inet_pton(AF_INET6, a->host, &in) == 1;
}

bool
address_is_guarded(const struct address *a)
{
	return a->tls || address_is_local(a);
}

bool
address_is_local(const struct address *a)
{
	struct in6_addr in6;
	struct in_addr in;

	if (a->port == 0 || strcmp(a->host, "localhost") == 0)
		return true;
	if (inet_pton(AF_INET, a->host, &in) == 1)
		return (ntohl(in.s_addr) >> 24) == 127;
	return inet_pton(AF_INET6, a->host, &in6) == 1 &&
	    IN6_IS_ADDR_LOOPBACK(&in6);
}
