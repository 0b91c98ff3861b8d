/*
 * proxy.h: the PROXY protocol of a balancer, versions 1 and 2: a header before
 * all other bytes of a connection that says whose it is. Pure.
 */
#ifndef FG_GATEWAY_PROXY_H
#define FG_GATEWAY_PROXY_H

#include <stddef.h>

#define PROXY_ADDR_MAX 64 /* bytes of an address, "[::1]:5001", with its NUL */

/*
 * The header at the beginning of n bytes: *len is its length and addr the
 * client's address, or "" if it does not say (LOCAL, UNKNOWN, other families).
 * 0; FG_EPARTIAL: more is needed; FG_EINVAL: it is none.
 */
int proxy_parse(const char *p, size_t n, size_t *len,
    char addr[PROXY_ADDR_MAX]);

#endif
