/* Who is trusted: refusals, chains, names; and the files that say so. */
#include "tls_pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- who is refused, and what each side says about it ---- */

struct refusal {
	const char *server, *client; /* certificates; "" none, NULL as usual */
	const char *crl;
	const char *check;
	const char *server_why, *client_why; /* a part of it; NULL: any */
	unsigned versions;
	const char *server_ciphers, *client_ciphers;
};

static const struct refusal refusals[] = {
	{ .client = "", .server_why = "TLS: the peer has no certificate",
	    .client_why = "refused by the peer: " },
	{ .client = "", .server_why = "TLS: the peer has no certificate",
	    .client_why = "refused by the peer: handshake failure",
	    .versions = TLS_1_2 },
	{ .client = "stranger", .server_why = "TLS: its certificate CN=BANZAI:"
	    " unable to get local issuer certificate",
	    .client_why = "refused by the peer: unknown CA" },
	{ .client = "expired", .server_why = "TLS: its certificate CN=BANZAI:"
	    " certificate has expired",
	    .client_why = "refused by the peer: certificate expired" },
	{ .client = "expired", .server_why = "certificate has expired",
	    .client_why = "refused by the peer: certificate expired",
	    .versions = TLS_1_2 },
	{ .client = "revoked", .crl = "crl.pem",
	    .server_why = "TLS: its certificate CN=BANZAI: certificate revoked",
	    .client_why = "refused by the peer: certificate revoked" },
	{ .crl = "crl-old.pem", .server_why = "CRL has expired" },
	{ .client = "deep", .crl = "crl.pem",
	    .server_why = "unable to get certificate CRL" },
	{ .server = "expired", .client_why = "certificate has expired",
	    .server_why = "refused by the peer: certificate expired" },
	{ .server = "stranger", .client_why = "unable to get local issuer",
	    .server_why = "refused by the peer: unknown CA" },
	{ .server = "elsewhere", .check = "localhost",
	    .client_why = "TLS: its certificate CN=elsewhere: hostname mismatch" },
	{ .server = "elsewhere", .check = "127.0.0.1",
	    .client_why = "IP address mismatch" },
	{ .server_ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384",
	    .client_ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256",
	    .versions = TLS_1_2, .server_why = "no shared cipher",
	    .client_why = "refused by the peer: handshake failure" },
};

static void
own(struct tls_cfg *cfg, const char *name)
{
	char file[32];

	if (name == NULL)
		return;
	cfg->cert = cfg->key = NULL;
	if (*name == '\0')
		return;
	snprintf(file, sizeof(file), "%s.pem", name);
	cfg->cert = tp_in_dir(file);
	snprintf(file, sizeof(file), "%s.key", name);
	cfg->key = tp_in_dir(file);
}

START_TEST(who_is_refused_and_why)
{
	const struct refusal *r = &refusals[_i];
	struct listener *li;

	own(&tp.scfg, r->server);
	own(&tp.ccfg, r->client);
	tp.scfg.crl_file = tp_in_dir(r->crl);
	tp.ccfg.versions = r->versions;
	tp.scfg.ciphers = r->server_ciphers;
	tp.ccfg.ciphers = r->client_ciphers;
	tp.server = tp_must(&tp.scfg);
	tp.client = tp_must(&tp.ccfg);
	li = tp_start(NULL, r->check, NULL);
	ck_assert_int_eq(0, conn_send(tp.a.c, "secret", 6));
	run_until(tp.l, tp_both_closed, NULL);
	ck_assert_msg(r->server_why == NULL ||
	    strstr(tp.b.why, r->server_why) != NULL, "server: %s", tp.b.why);
	ck_assert_msg(r->client_why == NULL ||
	    strstr(tp.a.why, r->client_why) != NULL, "client: %s", tp.a.why);
	ck_assert_int_eq(0, tp.b.ndata);
	listener_free(li);
}
END_TEST

START_TEST(versions_that_do_not_meet)
{
	struct listener *li;

	tp.scfg.versions = TLS_1_3;
	tp.ccfg.versions = TLS_1_2;
	tp.server = tp_must(&tp.scfg);
	tp.client = tp_must(&tp.ccfg);
	li = tp_start(NULL, NULL, NULL);
	run_until(tp.l, tp_both_closed, NULL);
	ck_assert_str_eq("TLS: unsupported protocol", tp.b.why);
	ck_assert_str_eq("TLS: refused by the peer: protocol version",
	    tp.a.why);
	listener_free(li);
}
END_TEST

START_TEST(a_peer_may_have_no_certificate)
{
	tp.scfg.verify = _i == 0 ? TLS_VERIFY_NONE : TLS_VERIFY_OPTIONAL;
	tp.ccfg.cert = tp.ccfg.key = NULL;
	tp_connect(NULL);
	ck_assert_ptr_null(conn_peer_subject(tp.b.c));
	ck_assert(!conn_peer_is(tp.b.c, "BANZAI"));
}
END_TEST

/* It is taken, but it is nobody's name. */
START_TEST(an_unchecked_certificate_names_nobody)
{
	own(&tp.scfg, "stranger");
	tp.ccfg.verify = TLS_VERIFY_NONE;
	tp_connect(NULL);
	ck_assert_ptr_null(conn_peer_subject(tp.a.c));
	ck_assert(!conn_peer_is(tp.a.c, "BANZAI"));
}
END_TEST

START_TEST(chains_and_lists_are_followed)
{
	own(&tp.ccfg, "deep");
	tp_connect(NULL);
	ck_assert_str_eq("CN=DEEP", conn_peer_subject(tp.b.c));
}
END_TEST

START_TEST(a_list_lets_the_others_in)
{
	tp.scfg.crl_file = tp_in_dir("crl.pem");
	tp_connect(NULL);
	ck_assert_str_eq("O=Banzai Ltd,CN=BANZAI", conn_peer_subject(tp.b.c));
}
END_TEST

START_TEST(the_peer_has_these_names_and_no_others)
{
	static const char *const yes[] = { "BANZAI", "fix:banzai",
		"banzai.EXAMPLE", "O=Banzai Ltd,CN=BANZAI" };
	static const char *const no[] = { "", "banzai", "BANZAI ", "BANZA",
		"fix:BANZAI", "Banzai Ltd", "CN=BANZAI", "SHA256:",
		"SHA256:00", "*" };
	char command[160], digits[128] = "", plain[128] = "SHA256:";
	size_t i, n = 7;
	FILE *f;

	tp_connect(NULL);
	for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		ck_assert_msg(conn_peer_is(tp.b.c, yes[i]), "%s", yes[i]);
	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		ck_assert_msg(!conn_peer_is(tp.b.c, no[i]), "%s", no[i]);
	snprintf(command, sizeof(command), "openssl x509 -in %s/client.pem "
	    "-noout -fingerprint -sha256 | sed 's/.*=/SHA256:/'", tp.dir);
	f = popen(command, "r");
	ck_assert_ptr_nonnull(fgets(digits, sizeof(digits), f));
	pclose(f);
	digits[strcspn(digits, "\n")] = '\0';
	ck_assert(conn_peer_is(tp.b.c, digits));
	for (i = 7; digits[i] != '\0'; i++)
		if (digits[i] != ':')
			plain[n++] = digits[i];
	ck_assert(conn_peer_is(tp.b.c, plain));
	plain[n - 1] = plain[n - 1] == '0' ? '1' : '0';
	ck_assert(!conn_peer_is(tp.b.c, plain));
	plain[n - 1] = '\0';
	ck_assert(!conn_peer_is(tp.b.c, plain));
}
END_TEST

/* ---- files ---- */

struct bad_file {
	const char *cert, *key, *keystore, *password, *ca, *trust, *crl;
	const char *err; /* a part of it */
	const char *ciphers, *suites, *names;
};

static const struct bad_file bad_files[] = {
	{ .cert = "none.pem", .err = "/none.pem: No such file or directory" },
	{ .key = "none.key", .err = "/none.key: No such file or directory" },
	{ .cert = "ca.key", .err = "/ca.key: no start line" },
	{ .key = "client.key", .err = "/client.key: the key is not that of the "
	    "certificate" },
	{ .key = "locked.key", .err = "/locked.key: no private key, or one that "
	    "needs a password" },
	{ .key = "locked.key", .password = "wrong",
	    .err = "/locked.key: no private key, or the password is wrong" },
	{ .key = "ca.pem", .err = "/ca.pem: no private key" },
	{ .cert = "weak.pem", .key = "weak.key",
	    .err = "/weak.pem: ee key too small" },
	{ .keystore = "server.p12", .password = "wrong",
	    .err = "/server.p12: the password is wrong" },
	{ .keystore = "server.p12", .err = "/server.p12: the password is wrong" },
	{ .keystore = "server.pem", .err = "/server.pem: not a PKCS#12 keystore" },
	{ .keystore = "none.p12", .err = "/none.p12: No such file" },
	{ .keystore = "trust.p12", .password = "secret",
	    .err = "/trust.p12: there is no certificate with its key in it" },
	{ .keystore = "old.jks", .err = "keytool -importkeystore -srckeystore" },
	{ .ca = "none.pem", .err = "/none.pem: " },
	{ .ca = "server.key", .err = "/server.key: " },
	{ .trust = "old.jks", .err = "-deststoretype PKCS12" },
	{ .crl = "ca.pem", .err = "/ca.pem: " },
	{ .ciphers = "NO-SUCH", .err = "ciphers \"NO-SUCH\": no cipher match" },
	{ .suites = "NO-SUCH", .err = "\"NO-SUCH\": no cipher match" },
	{ .names = "TLS_AES_128_GCM_SHA256, TLS_NO_SUCH",
	    .err = "cipher suite \"TLS_NO_SUCH\": unknown" },
};

START_TEST(a_bad_file_is_named)
{
	const struct bad_file *f = &bad_files[_i];
	char err[NET_ERR_MAX] = "";
	struct tls *t;

	if (f->cert != NULL)
		tp.scfg.cert = tp_in_dir(f->cert);
	if (f->key != NULL)
		tp.scfg.key = tp_in_dir(f->key);
	if (f->ca != NULL)
		tp.scfg.ca_file = tp_in_dir(f->ca);
	tp.scfg.keystore = tp_in_dir(f->keystore);
	tp.scfg.password = f->password;
	tp.scfg.truststore = tp_in_dir(f->trust);
	tp.scfg.crl_file = tp_in_dir(f->crl);
	tp.scfg.ciphers = f->ciphers;
	tp.scfg.suites = f->suites;
	tp.scfg.names = f->names;
	t = tls_new(&tp.scfg, err);
	ck_assert_ptr_null(t);
	ck_assert_msg(strstr(err, f->err) != NULL, "%s", err);
}
END_TEST

START_TEST(a_server_needs_a_certificate_and_whom_to_trust)
{
	char err[NET_ERR_MAX];

	tp.scfg.cert = tp.scfg.key = NULL;
	ck_assert_ptr_null(tls_new(&tp.scfg, err));
	ck_assert_str_eq("there is no certificate", err);
	tp.scfg.cert = tp_in_dir("server.pem");
	tp.scfg.key = tp_in_dir("server.key");
	tp.scfg.ca_file = NULL;
	ck_assert_ptr_null(tls_new(&tp.scfg, err));
	ck_assert_str_eq("there is nobody whose certificates are trusted", err);
}
END_TEST

START_TEST(keystores_and_locked_keys_are_opened)
{
	tp.scfg.password = "secret";
	tp.scfg.key = tp_in_dir("locked.key");
	tp.ccfg.cert = tp.ccfg.key = tp.ccfg.ca_file = NULL;
	tp.ccfg.keystore = tp_in_dir("client.p12");
	tp.ccfg.truststore = tp_in_dir("trust.p12");
	tp.ccfg.password = tp.ccfg.trust_password = "secret";
	tp_connect(NULL);
	ck_assert_str_eq("O=Banzai Ltd,CN=BANZAI", conn_peer_subject(tp.b.c));
}
END_TEST

static void
copy(const char *from, const char *to)
{
	char command[128];

	snprintf(command, sizeof(command), "cp %s/%s %s/%s", tp.dir, from,
	    tp.dir, to);
	ck_assert_int_eq(0, system(command));
}

/* Until that runs out. */
static int
days_of(enum tls_expires kind)
{
	struct tls_expiry x;

	ck_assert(tls_expiry(tp.server, kind, &x));
	ck_assert_ptr_nonnull(x.file);
	return x.days;
}

START_TEST(new_files_are_for_new_connections)
{
	char err[NET_ERR_MAX];
	struct tls_expiry x;
	struct listener *li;

	copy("server.pem", "now.pem");
	copy("server.key", "now.key");
	tp.scfg.cert = tp_in_dir("now.pem");
	tp.scfg.key = tp_in_dir("now.key");
	tp_connect(NULL);
	ck_assert_int_ge(days_of(TLS_EXPIRES_OWN), 198);
	ck_assert_int_le(days_of(TLS_EXPIRES_OWN), 200);
	ck_assert_int_ge(days_of(TLS_EXPIRES_AUTHORITY), 398);
	ck_assert(!tls_expiry(tp.server, TLS_EXPIRES_LIST, &x));
	ck_assert(conn_peer_expiry(tp.a.c, &x));
	ck_assert_str_eq("O=Venue Ltd,CN=venue", x.subject);
	ck_assert_int_ge(x.days, 198);
	/* Half of it is there: nothing changes. */
	copy("renewed.pem", "now.pem");
	ck_assert_int_ne(0, tls_prepare(tp.server, err));
	tls_commit(tp.server);
	ck_assert_msg(strstr(err, "the key is not that") != NULL, "%s", err);
	copy("renewed.key", "now.key");
	ck_assert_int_eq(0, tls_prepare(tp.server, err));
	ck_assert_int_le(days_of(TLS_EXPIRES_OWN), 200);
	tls_commit(tp.server);
	ck_assert_int_ge(days_of(TLS_EXPIRES_OWN), 248);
	/* The old connection lives on. */
	tp.b.echo = true;
	ck_assert_int_eq(0, conn_send(tp.a.c, "hello", 5));
	end_wanted = 5;
	run_until(tp.l, end_has_wanted, &tp.a);
	conn_end(tp.a.c);
	run_until(tp.l, tp_both_closed, NULL);
	end_free(&tp.a);
	end_free(&tp.b);
	end_init(&tp.a, tp.l);
	end_init(&tp.b, tp.l);
	li = tp_start("localhost", "localhost", NULL);
	run_until(tp.l, tp_both_up, NULL);
	ck_assert_str_eq("O=Venue Ltd,CN=venue 2", conn_peer_subject(tp.a.c));
	listener_free(li);
}
END_TEST

void
tls_trust_add(TCase *t)
{
	tcase_add_loop_test(t, who_is_refused_and_why, 0,
	    sizeof(refusals) / sizeof(refusals[0]));
	tcase_add_test(t, versions_that_do_not_meet);
	tcase_add_loop_test(t, a_peer_may_have_no_certificate, 0, 2);
	tcase_add_test(t, an_unchecked_certificate_names_nobody);
	tcase_add_test(t, chains_and_lists_are_followed);
	tcase_add_test(t, a_list_lets_the_others_in);
	tcase_add_test(t, the_peer_has_these_names_and_no_others);
	tcase_add_loop_test(t, a_bad_file_is_named, 0,
	    sizeof(bad_files) / sizeof(bad_files[0]));
	tcase_add_test(t, a_server_needs_a_certificate_and_whom_to_trust);
	tcase_add_test(t, keystores_and_locked_keys_are_opened);
	tcase_add_test(t, new_files_are_for_new_connections);
}
