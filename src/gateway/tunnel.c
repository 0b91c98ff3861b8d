#include "gateway/tunnel.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

#define HTTP_MAX  8192 /* bytes of a proxy's answer */
#define SHOWN     80   /* bytes of its first line */
#define NAME_MAX5 255  /* bytes of a name in SOCKS 5 */

static int refuse(char err[TUNNEL_ERR_MAX], const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static int
refuse(char err[TUNNEL_ERR_MAX], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err, TUNNEL_ERR_MAX, fmt, ap);
	va_end(ap);
	return FG_EINVAL;
}

/* ---- HTTP ---- */

static int
base64(struct buf *out, const char *text, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = (const unsigned char *)text;
	char four[4];
	uint32_t v;
	size_t i;
	int rc = 0;

	for (i = 0; i < n && rc == 0; i += 3) {
		v = (uint32_t)p[i] << 16;
		v |= i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0;
		v |= i + 2 < n ? p[i + 2] : 0;
		four[0] = digits[v >> 18];
		four[1] = digits[v >> 12 & 63];
		four[2] = i + 1 < n ? digits[v >> 6 & 63] : '=';
		four[3] = i + 2 < n ? digits[v & 63] : '=';
		rc = buf_add(out, four, sizeof(four));
	}
	return rc;
}

static int
authorization(const struct tunnel *t, struct buf *out)
{
	struct buf both = { 0 };
	int rc;

	rc = buf_printf(&both, "%s:%s", t->user,
	    t->password == NULL ? "" : t->password);
	if (rc == 0)
		rc = buf_puts(out, "Proxy-Authorization: Basic ");
	if (rc == 0)
		rc = base64(out, both.p, both.len);
	if (rc == 0)
		rc = buf_puts(out, "\r\n");
	buf_free(&both);
	return rc;
}

static int
http_ask(const struct tunnel *t, struct buf *out)
{
	bool six = strchr(t->host, ':') != NULL;
	char target[512];
	int rc;

	snprintf(target, sizeof(target), "%s%.400s%s:%u", six ? "[" : "",
	    t->host, six ? "]" : "", (unsigned)t->port);
	rc = buf_printf(out, "CONNECT %s HTTP/%s\r\nHost: %s\r\n", target,
	    t->http, target);
	if (rc == 0 && t->user != NULL)
		rc = authorization(t, out);
	return rc == 0 ? buf_puts(out, "\r\n") : rc;
}

static int
http_answer(const char *p, size_t n, size_t *eat, char err[TUNNEL_ERR_MAX])
{
	const char *end = memmem(p, n, "\r\n\r\n", 4);
	size_t line = end == NULL ? n : (size_t)(end - p), i;

	if (memcmp(p, "HTTP/1.", n < 7 ? n : 7) != 0)
		return refuse(err, "the proxy does not speak HTTP");
	if (end == NULL)
		return n < HTTP_MAX ? FG_EPARTIAL :
		    refuse(err, "the proxy's answer does not end");
	*eat = line + 4;
	if (line >= 12 && memcmp(p + 8, " 2", 2) == 0)
		return 0;
	for (i = 0; i < line && i < SHOWN && p[i] >= ' ' && p[i] <= '~'; i++)
		;
	return refuse(err, "the proxy says: %.*s", (int)i, p);
}

/* ---- SOCKS 4 ---- */

static int
put(struct buf *out, unsigned byte)
{
	char c = (char)byte;

	return buf_add(out, &c, 1);
}

static int
put_port(struct buf *out, uint16_t port)
{
	uint16_t be = htons(port);

	return buf_add(out, (const char *)&be, sizeof(be));
}

static int
put_text(struct buf *out, const char *text)
{
	return buf_add(out, text, strlen(text) + 1);
}

/* With 4a the proxy looks up the name, behind an address that cannot be. */
static int
socks4_ask(const struct tunnel *t, struct buf *out, char err[TUNNEL_ERR_MAX])
{
	struct in_addr in = { htonl(1) };
	bool number = inet_pton(AF_INET, t->host, &in) == 1;

	if (!number && t->kind == TUNNEL_SOCKS4)
		return refuse(err, "SOCKS 4 needs an IPv4 address, not %.60s: "
		    "write ProxyVersion=4a or 5", t->host);
	if (put(out, 4) != 0 || put(out, 1) != 0 ||
	    put_port(out, t->port) != 0 ||
	    buf_add(out, (const char *)&in, sizeof(in)) != 0 ||
	    put_text(out, t->user == NULL ? "" : t->user) != 0 ||
	    (!number && put_text(out, t->host) != 0))
		return FG_ENOMEM;
	return 0;
}

static int
socks4_answer(const char *p, size_t n, size_t *eat, char err[TUNNEL_ERR_MAX])
{
	if (p[0] != 0)
		return refuse(err, "the proxy does not speak SOCKS 4");
	if (n < 8)
		return FG_EPARTIAL;
	*eat = 8;
	if (p[1] == 0x5a)
		return 0;
	return refuse(err, "the proxy refuses: code %u",
	    (unsigned)(unsigned char)p[1]);
}

/* ---- SOCKS 5 ---- */

static int
put_name(struct buf *out, const char *text)
{
	size_t n = strlen(text);

	return n > NAME_MAX5 ? FG_EINVAL : put(out, (unsigned)n) != 0 ?
	    FG_ENOMEM : buf_add(out, text, n);
}

static int
socks5_greet(const struct tunnel *t, struct buf *out)
{
	return t->user == NULL ? buf_add(out, "\5\1\0", 3) :
	    buf_add(out, "\5\2\0\2", 4);
}

static int
socks5_log_in(const struct tunnel *t, struct buf *out)
{
	if (put(out, 1) != 0)
		return FG_ENOMEM;
	if (put_name(out, t->user) != 0)
		return FG_EINVAL;
	return put_name(out, t->password == NULL ? "" : t->password);
}

static int
socks5_ask(const struct tunnel *t, struct buf *out)
{
	struct in6_addr in;
	int rc = buf_add(out, "\5\1\0", 3);

	if (rc != 0)
		return rc;
	if (inet_pton(AF_INET, t->host, &in) == 1)
		rc = put(out, 1) != 0 ? FG_ENOMEM :
		    buf_add(out, (const char *)&in, 4);
	else if (inet_pton(AF_INET6, t->host, &in) == 1)
		rc = put(out, 4) != 0 ? FG_ENOMEM :
		    buf_add(out, (const char *)&in, 16);
	else
		rc = put(out, 3) != 0 ? FG_ENOMEM : put_name(out, t->host);
	return rc == 0 ? put_port(out, t->port) : rc;
}

/* Version, code, 0, and an address of one of three kinds. */
static int
socks5_answer(const char *p, size_t n, size_t *eat, char err[TUNNEL_ERR_MAX])
{
	static const char *const text[] = { "", "general failure",
		"not allowed", "network unreachable", "host unreachable",
		"connection refused", "TTL expired", "command not supported",
		"address type not supported" };
	unsigned code;
	size_t len;

	if (n < 5)
		return FG_EPARTIAL;
	code = (unsigned char)p[1];
	len = p[3] == 1 ? 4 : p[3] == 4 ? 16 : 1 + (size_t)(unsigned char)p[4];
	if (code != 0)
		return refuse(err, "the proxy refuses: %s (%u)",
		    code < sizeof(text) / sizeof(text[0]) ? text[code] : "code",
		    code);
	if (n < 4 + len + 2)
		return FG_EPARTIAL;
	*eat = 4 + len + 2;
	return 0;
}

enum { S5_GREETED = 1, S5_LOGGED_IN, S5_ASKED };

static int
socks5_method(struct tunnel *t, unsigned method, struct buf *out,
    char err[TUNNEL_ERR_MAX])
{
	int rc;

	if (method == 0) {
		t->step = S5_ASKED;
		rc = socks5_ask(t, out);
	} else if (method == 2 && t->user != NULL) {
		t->step = S5_LOGGED_IN;
		rc = socks5_log_in(t, out);
	} else {
		return refuse(err, "the proxy wants another way to log in%s",
		    t->user == NULL ? ": write ProxyUser" : "");
	}
	if (rc == FG_EINVAL)
		return refuse(err, "a name is too long for SOCKS 5");
	return rc == 0 ? FG_EPARTIAL : rc;
}

static int
socks5_run(struct tunnel *t, const char *p, size_t n, size_t *eat,
    struct buf *out, char err[TUNNEL_ERR_MAX])
{
	unsigned code;
	int rc;

	if (t->step != S5_LOGGED_IN && p[0] != 5)
		return refuse(err, "the proxy does not speak SOCKS 5");
	if (n < 2)
		return FG_EPARTIAL;
	code = (unsigned char)p[1];
	switch (t->step) {
	case S5_GREETED:
		*eat = 2;
		return socks5_method(t, code, out, err);
	case S5_LOGGED_IN:
		*eat = 2;
		if (code != 0)
			return refuse(err, "the proxy does not take ProxyUser "
			    "and ProxyPassword");
		t->step = S5_ASKED;
		rc = socks5_ask(t, out);
		if (rc == FG_EINVAL)
			return refuse(err, "a name is too long for SOCKS 5");
		return rc == 0 ? FG_EPARTIAL : rc;
	default:
		return socks5_answer(p, n, eat, err);
	}
}

/* ---- all of them ---- */

static int
begin(struct tunnel *t, struct buf *out, char err[TUNNEL_ERR_MAX])
{
	int rc = 0;

	t->step = 1;
	switch (t->kind) {
	case TUNNEL_HTTP:
		rc = http_ask(t, out);
		break;
	case TUNNEL_SOCKS4:
	case TUNNEL_SOCKS4A:
		rc = socks4_ask(t, out, err);
		break;
	case TUNNEL_SOCKS5:
		rc = socks5_greet(t, out);
		break;
	}
	return rc == 0 ? FG_EPARTIAL : rc;
}

int
tunnel_run(struct tunnel *t, const char *p, size_t n, size_t *eat,
    struct buf *out, char err[TUNNEL_ERR_MAX])
{
	*eat = 0;
	if (t->step == 0)
		return begin(t, out, err);
	if (n == 0)
		return FG_EPARTIAL;
	switch (t->kind) {
	case TUNNEL_HTTP:
		return http_answer(p, n, eat, err);
	case TUNNEL_SOCKS4:
	case TUNNEL_SOCKS4A:
		return socks4_answer(p, n, eat, err);
	case TUNNEL_SOCKS5:
		break;
	}
	return socks5_run(t, p, n, eat, out, err);
}
