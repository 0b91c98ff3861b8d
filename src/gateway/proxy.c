/*
 * proxy.c: the two forms of the header,
 *
 *	PROXY TCP4 192.0.2.1 192.0.2.9 40000 5001\r\n
 *
 * and in binary
 *
 *	signature 12 | version 4 bits, command 4 | family 4, transport 4 |
 *	length of the rest 2 | addresses | further fields
 */
#include "gateway/proxy.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"

#define V1_MAX   107 /* bytes, with its CR LF */
#define V1_WORDS 6
#define V2_HEAD  16
#define V2_MAX   4096
#define V2_LOCAL 0x20
#define V2_PROXY 0x21
#define V2_TCP4  0x11
#define V2_TCP6  0x21

static const char v1_begin[] = "PROXY ";
static const char v2_begin[] = "\r\n\r\n\0\r\nQUIT\n";

/* Do the bytes that are there begin like this? */
static bool
begins(const char *p, size_t n, const char *with, size_t len)
{
	return memcmp(p, with, n < len ? n : len) == 0;
}

static int
say(char addr[PROXY_ADDR_MAX], int family, const void *in, unsigned port)
{
	char host[INET6_ADDRSTRLEN];

	if (inet_ntop(family, in, host, sizeof(host)) == NULL)
		return FG_EINVAL;
	snprintf(addr, PROXY_ADDR_MAX, family == AF_INET6 ? "[%s]:%u" :
	    "%s:%u", host, port);
	return 0;
}

/* The line without its CR LF, as words; how many. */
static size_t
split(char *line, char *word[V1_WORDS])
{
	size_t n = 0;
	char *p = line;

	while (p != NULL && n < V1_WORDS)
		word[n++] = strsep(&p, " ");
	return p == NULL ? n : V1_WORDS + 1;
}

static bool
is_port(const char *text, uint64_t *port)
{
	return num_parse_u64(text, strlen(text), port) == 0 &&
	    *port <= UINT16_MAX;
}

static int
parse_line(char *line, char addr[PROXY_ADDR_MAX])
{
	struct in6_addr from, to;
	char *word[V1_WORDS];
	size_t n = split(line, word);
	uint64_t port, other;
	int family;

	if (n >= 2 && strcmp(word[1], "UNKNOWN") == 0)
		return 0;
	if (n != V1_WORDS)
		return FG_EINVAL;
	if (strcmp(word[1], "TCP4") == 0)
		family = AF_INET;
	else if (strcmp(word[1], "TCP6") == 0)
		family = AF_INET6;
	else
		return FG_EINVAL;
	if (inet_pton(family, word[2], &from) != 1 ||
	    inet_pton(family, word[3], &to) != 1 || !is_port(word[4], &port) ||
	    !is_port(word[5], &other))
		return FG_EINVAL;
	return say(addr, family, &from, (unsigned)port);
}

static int
parse_v1(const char *p, size_t n, size_t *len, char addr[PROXY_ADDR_MAX])
{
	size_t most = n < V1_MAX ? n : V1_MAX;
	const char *end = memmem(p, most, "\r\n", 2);
	char line[V1_MAX];

	if (end == NULL)
		return n < V1_MAX ? FG_EPARTIAL : FG_EINVAL;
	*len = (size_t)(end - p) + 2;
	memcpy(line, p, *len - 2);
	line[*len - 2] = '\0';
	return strlen(line) == *len - 2 ? parse_line(line, addr) : FG_EINVAL;
}

static unsigned
u16(const char *p)
{
	return (unsigned)(unsigned char)p[0] << 8 | (unsigned char)p[1];
}

static int
parse_v2(const char *p, size_t n, size_t *len, char addr[PROXY_ADDR_MAX])
{
	unsigned command, family, rest;

	if (n < V2_HEAD)
		return FG_EPARTIAL;
	command = (unsigned char)p[12];
	family = (unsigned char)p[13];
	rest = u16(p + 14);
	if ((command != V2_LOCAL && command != V2_PROXY) || rest > V2_MAX)
		return FG_EINVAL;
	if (n < V2_HEAD + rest)
		return FG_EPARTIAL;
	*len = V2_HEAD + rest;
	p += V2_HEAD;
	if (command == V2_PROXY && family == V2_TCP4)
		return rest < 12 ? FG_EINVAL : say(addr, AF_INET, p,
		    u16(p + 8));
	if (command == V2_PROXY && family == V2_TCP6)
		return rest < 36 ? FG_EINVAL : say(addr, AF_INET6, p,
		    u16(p + 32));
	return 0;
}

int
proxy_parse(const char *p, size_t n, size_t *len, char addr[PROXY_ADDR_MAX])
{
	addr[0] = '\0';
	if (begins(p, n, v1_begin, sizeof(v1_begin) - 1))
		return parse_v1(p, n, len, addr);
	if (begins(p, n, v2_begin, sizeof(v2_begin) - 1))
		return parse_v2(p, n, len, addr);
	return FG_EINVAL;
}
