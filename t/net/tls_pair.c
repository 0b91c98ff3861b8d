#include "tls_pair.h"

#include <stdio.h>
#include <stdlib.h>

struct tls_pair tp = { .dir = "fgtlsXXXXXX" };
static char names[16][64]; /* of files, for a cfg */
static unsigned nnames;

void
tp_make_certs(void)
{
	const char *src = getenv("FG_SRC");
	char command[512];

	ck_assert_ptr_nonnull(mkdtemp(tp.dir));
	snprintf(command, sizeof(command), "sh %s/t/lib/certs.sh %s",
	    src == NULL ? "." : src, tp.dir);
	ck_assert_msg(system(command) == 0, "%s: failed", command);
}

void
tp_remove_certs(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", tp.dir);
	ck_assert_int_eq(0, system(command));
}

const char *
tp_in_dir(const char *name)
{
	char *p = names[nnames++ % 16];

	if (name == NULL)
		return NULL;
	snprintf(p, sizeof(names[0]), "%s/%s", tp.dir, name);
	return p;
}

void
tp_setup(void)
{
	tp.l = loop_new();
	ck_assert_ptr_nonnull(tp.l);
	end_init(&tp.a, tp.l);
	end_init(&tp.b, tp.l);
	nnames = 0;
	tp.scfg = (struct tls_cfg){ .server = true,
		.verify = TLS_VERIFY_REQUIRED, .cert = tp_in_dir("server.pem"),
		.key = tp_in_dir("server.key"),
		.ca_file = tp_in_dir("ca.pem") };
	tp.ccfg = (struct tls_cfg){ .verify = TLS_VERIFY_REQUIRED,
		.cert = tp_in_dir("client.pem"), .key = tp_in_dir("client.key"),
		.ca_file = tp_in_dir("ca.pem") };
}

void
tp_teardown(void)
{
	loop_free(tp.l);
	tls_free(tp.client);
	tls_free(tp.server);
	tp.client = tp.server = NULL;
	end_free(&tp.a);
	end_free(&tp.b);
}

struct tls *
tp_must(const struct tls_cfg *cfg)
{
	char err[NET_ERR_MAX];
	struct tls *t = tls_new(cfg, err);

	ck_assert_msg(t != NULL, "%s", err);
	return t;
}

void
tp_accept(struct conn *c, void *arg)
{
	ck_assert_ptr_null(tp.b.c);
	tp.b.c = c;
	conn_set_ops(c, &end_ops, &tp.b);
	if (arg != NULL)
		ck_assert_int_eq(0, conn_start_tls(c, arg, NULL, NULL));
}

struct listener *
tp_start(const char *name, const char *check, const struct conn_limits *lim)
{
	char err[NET_ERR_MAX];
	struct listener *li;

	li = listener_open(tp.l, "127.0.0.1", 0, lim, tp_accept, tp.server,
	    err);
	ck_assert_msg(li != NULL, "%s", err);
	end_connect(&tp.a, listener_port(li), lim);
	if (tp.client != NULL)
		ck_assert_int_eq(0, conn_start_tls(tp.a.c, tp.client, name,
		    check));
	return li;
}

bool
tp_both_up(void *arg)
{
	(void)arg;
	ck_assert_msg(tp.a.nclosed == 0, "client: %s", tp.a.why);
	ck_assert_msg(tp.b.nclosed == 0, "server: %s", tp.b.why);
	return tp.a.nconnected == 1 && tp.b.c != NULL &&
	    conn_tls(tp.b.c) != NULL;
}

void
tp_connect(const struct conn_limits *lim)
{
	struct listener *li;

	tp.server = tp_must(&tp.scfg);
	tp.client = tp_must(&tp.ccfg);
	li = tp_start("localhost", "localhost", lim);
	run_until(tp.l, tp_both_up, NULL);
	listener_free(li);
}

bool
tp_both_have_wanted(void *arg)
{
	(void)arg;
	return tp.a.got.len >= end_wanted && tp.b.got.len >= end_wanted;
}

bool
tp_both_closed(void *arg)
{
	(void)arg;
	return tp.a.nclosed > 0 && tp.b.nclosed > 0;
}
