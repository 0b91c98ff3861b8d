/* tls_pair.h: two ends over TLS, and their certificates. */
#ifndef FG_T_NET_TLS_PAIR_H
#define FG_T_NET_TLS_PAIR_H

#include "check_net.h"
#include "net/tls.h"

struct tls_pair {
	char dir[12]; /* of the certificates: t/lib/certs.sh */
	struct loop *l;
	struct end a, b; /* client, server */
	struct tls *client, *server;
	struct tls_cfg ccfg, scfg;
};

extern struct tls_pair tp;

/* Fixtures: the certificates, once; each side asks for the other's, a test
 * changes what it wants to. */
void tp_make_certs(void);
void tp_remove_certs(void);
void tp_setup(void);
void tp_teardown(void);

/* The path of a certificate, for a cfg; NULL of NULL. */
const char *tp_in_dir(const char *name);
struct tls *tp_must(const struct tls_cfg *cfg);
/* For a listener: the next connection is tp.b, under the server in arg. */
void tp_accept(struct conn *c, void *arg);
/* Connect, under tp.client and tp.server; either may be NULL. */
struct listener *tp_start(const char *name, const char *check,
    const struct conn_limits *lim);
/* All of it, until both are up. */
void tp_connect(const struct conn_limits *lim);

/* For run_until. */
bool tp_both_up(void *arg);
bool tp_both_have_wanted(void *arg);
bool tp_both_closed(void *arg);

/* tls_trust.c: add its cases. */
void tls_trust_add(TCase *t);

#endif
