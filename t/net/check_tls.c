#include "check_net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/tls.h"

static char dir[] = "fgtlsXXXXXX";
static struct loop *l;
static struct end a, b; /* client, server */
static struct tls *client, *server;
static struct tls_cfg ccfg, scfg;
static char names[16][64]; /* of files, for a cfg */
static unsigned nnames;

/* ---- the certificates, made once ---- */

static void
make_certs(void)
{
	const char *src = getenv("FG_SRC");
	char command[512];

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(command, sizeof(command), "sh %s/t/lib/certs.sh %s",
	    src == NULL ? "." : src, dir);
	ck_assert_msg(system(command) == 0, "%s: failed", command);
}

static void
remove_certs(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(0, system(command));
}

static const char *
in_dir(const char *name)
{
	char *p = names[nnames++ % 16];

	if (name == NULL)
		return NULL;
	snprintf(p, sizeof(names[0]), "%s/%s", dir, name);
	return p;
}

/* Each asks for the other's certificate; a test changes what it wants to. */
static void
setup(void)
{
	l = loop_new();
	ck_assert_ptr_nonnull(l);
	end_init(&a, l);
	end_init(&b, l);
	nnames = 0;
	scfg = (struct tls_cfg){ .server = true,
		.verify = TLS_VERIFY_REQUIRED, .cert = in_dir("server.pem"),
		.key = in_dir("server.key"), .ca_file = in_dir("ca.pem") };
	ccfg = (struct tls_cfg){ .verify = TLS_VERIFY_REQUIRED,
		.cert = in_dir("client.pem"), .key = in_dir("client.key"),
		.ca_file = in_dir("ca.pem") };
}

static void
teardown(void)
{
	loop_free(l);
	tls_free(client);
	tls_free(server);
	client = server = NULL;
	end_free(&a);
	end_free(&b);
}

static struct tls *
must(const struct tls_cfg *cfg)
{
	char err[NET_ERR_MAX];
	struct tls *t = tls_new(cfg, err);

	ck_assert_msg(t != NULL, "%s", err);
	return t;
}

static void
on_accept(struct conn *c, void *arg)
{
	ck_assert_ptr_null(b.c);
	b.c = c;
	conn_set_ops(c, &end_ops, &b);
	if (arg != NULL)
		ck_assert_int_eq(0, conn_start_tls(c, arg, NULL, NULL));
}

static struct listener *
start(const char *name, const char *check, const struct conn_limits *lim)
{
	char err[NET_ERR_MAX];
	struct listener *li;

	li = listener_open(l, "127.0.0.1", 0, lim, on_accept, server, err);
	ck_assert_msg(li != NULL, "%s", err);
	end_connect(&a, listener_port(li), lim);
	if (client != NULL)
		ck_assert_int_eq(0, conn_start_tls(a.c, client, name, check));
	return li;
}

static bool
both_up(void *arg)
{
	(void)arg;
	ck_assert_msg(a.nclosed == 0, "client: %s", a.why);
	ck_assert_msg(b.nclosed == 0, "server: %s", b.why);
	return a.nconnected == 1 && b.c != NULL && conn_tls(b.c) != NULL;
}

static void
tls_pair(const struct conn_limits *lim)
{
	struct listener *li;

	server = must(&scfg);
	client = must(&ccfg);
	li = start("localhost", "localhost", lim);
	run_until(l, both_up, NULL);
	listener_free(li);
}

static size_t wanted;

static bool
has_wanted(void *arg)
{
	return ((struct end *)arg)->got.len >= wanted;
}

static bool
both_have_wanted(void *arg)
{
	(void)arg;
	return a.got.len >= wanted && b.got.len >= wanted;
}

static bool
both_closed(void *arg)
{
	(void)arg;
	return a.nclosed > 0 && b.nclosed > 0;
}

static char *
noise(size_t n)
{
	char *p = malloc(n);
	size_t i;

	ck_assert_ptr_nonnull(p);
	for (i = 0; i < n; i++)
		p[i] = (char)(i * 2654435761u >> 13);
	return p;
}

static bool
same(const struct buf *got, const char *p, size_t n)
{
	return got->len == n && memcmp(got->p, p, n) == 0;
}

/* ---- bytes ---- */

START_TEST(bytes_go_there_and_back_in_both_versions)
{
	static const struct {
		unsigned versions;
		const char *begins;
	} row[] = { { 0, "TLSv1.3 " }, { TLS_1_3, "TLSv1.3 " },
		{ TLS_1_2, "TLSv1.2 " } };

	ccfg.versions = row[_i].versions;
	tls_pair(NULL);
	ck_assert_int_eq(0, strncmp(conn_tls(a.c), row[_i].begins, 8));
	ck_assert_str_eq(conn_tls(a.c), conn_tls(b.c));
	ck_assert_str_eq("O=Venue Ltd,CN=venue", conn_peer_subject(a.c));
	b.echo = true;
	ck_assert_int_eq(0, conn_send(a.c, "hello", 5));
	wanted = 5;
	run_until(l, has_wanted, &a);
	ck_assert(same(&a.got, "hello", 5));
	ck_assert_uint_eq(0, conn_queued(a.c));
}
END_TEST

START_TEST(ciphers_by_their_standard_names)
{
	static const struct {
		const char *names, *what;
	} row[] = {
		{ "TLS_CHACHA20_POLY1305_SHA256",
		    "TLSv1.3 TLS_CHACHA20_POLY1305_SHA256" },
		{ "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
		    "TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256" },
		{ "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, "
		    "TLS_AES_128_GCM_SHA256", "TLSv1.3 TLS_AES_128_GCM_SHA256" },
	};

	scfg.names = row[_i].names;
	tls_pair(NULL);
	ck_assert_str_eq(row[_i].what, conn_tls(b.c));
}
END_TEST

/* What a wake-up reads ends within a record, at its end, or behind several. */
START_TEST(large_transfers_both_ways_arrive_whole)
{
	static const struct {
		size_t bite, leave;
	} row[] = { { 0, 0 }, { 1000, 0 }, { 40000, 0 }, { 0, 100 },
		{ 0, 30000 }, { 100000, 70000 } };
	size_t n = 3u << 20;
	char *p = noise(n);

	if (_i % 2 == 1)
		ccfg.versions = TLS_1_2;
	tls_pair(NULL);
	a.bite = row[_i].bite * 16;
	b.bite = row[_i].bite;
	a.leave = b.leave = row[_i].leave;
	wanted = n - row[_i].leave;
	ck_assert_int_eq(0, conn_send(a.c, p, n));
	ck_assert_int_eq(0, conn_send(b.c, p, n));
	run_until(l, both_have_wanted, NULL);
	ck_assert(same(&a.got, p, wanted));
	ck_assert(same(&b.got, p, wanted));
	free(p);
}
END_TEST

/* The last record was read of the socket long ago, which is silent: what is
 * left of it must come all the same. */
START_TEST(unread_bytes_are_bounded_and_none_stays_behind)
{
	struct conn_limits lim = { .in_max = 1000 };
	char *p = noise(16000);
	const char *in;

	tls_pair(&lim);
	b.mute = true;
	ck_assert_int_eq(0, conn_send(a.c, p, 16000));
	while (conn_in(b.c, &in) < 1000) {
		loop_again(l);
		run_until(l, is_up, &b);
	}
	ck_assert_uint_eq(1000, conn_in(b.c, &in));
	b.mute = false;
	conn_eat(b.c, 1000);
	wanted = 15000;
	run_until(l, has_wanted, &b);
	ck_assert(same(&b.got, p + 1000, wanted));
	free(p);
}
END_TEST

START_TEST(a_paused_connection_loses_nothing)
{
	char *p = noise(100000);

	tls_pair(NULL);
	conn_pause(b.c, true);
	ck_assert_int_eq(0, conn_send(a.c, p, 100000));
	conn_end(a.c);
	loop_again(l);
	run_until(l, is_up, &b);
	ck_assert_uint_eq(0, b.got.len);
	conn_pause(b.c, false);
	run_until(l, both_closed, NULL);
	ck_assert(same(&b.got, p, 100000));
	ck_assert_str_eq("closed by peer", b.why);
	ck_assert_str_eq("closed", a.why);
	free(p);
}
END_TEST

START_TEST(what_is_sent_early_arrives)
{
	struct listener *li;

	server = must(&scfg);
	client = must(&ccfg);
	li = start(NULL, NULL, NULL);
	ck_assert_int_eq(0, conn_send(a.c, "early", 5));
	wanted = 5;
	run_until(l, has_wanted, &b);
	ck_assert(same(&b.got, "early", 5));
	listener_free(li);
}
END_TEST

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
	cfg->cert = in_dir(file);
	snprintf(file, sizeof(file), "%s.key", name);
	cfg->key = in_dir(file);
}

START_TEST(who_is_refused_and_why)
{
	const struct refusal *r = &refusals[_i];
	struct listener *li;

	own(&scfg, r->server);
	own(&ccfg, r->client);
	scfg.crl_file = in_dir(r->crl);
	ccfg.versions = r->versions;
	scfg.ciphers = r->server_ciphers;
	ccfg.ciphers = r->client_ciphers;
	server = must(&scfg);
	client = must(&ccfg);
	li = start(NULL, r->check, NULL);
	ck_assert_int_eq(0, conn_send(a.c, "secret", 6));
	run_until(l, both_closed, NULL);
	ck_assert_msg(r->server_why == NULL ||
	    strstr(b.why, r->server_why) != NULL, "server: %s", b.why);
	ck_assert_msg(r->client_why == NULL ||
	    strstr(a.why, r->client_why) != NULL, "client: %s", a.why);
	ck_assert_int_eq(0, b.ndata);
	listener_free(li);
}
END_TEST

START_TEST(versions_that_do_not_meet)
{
	struct listener *li;

	scfg.versions = TLS_1_3;
	ccfg.versions = TLS_1_2;
	server = must(&scfg);
	client = must(&ccfg);
	li = start(NULL, NULL, NULL);
	run_until(l, both_closed, NULL);
	ck_assert_str_eq("TLS: unsupported protocol", b.why);
	ck_assert_str_eq("TLS: refused by the peer: protocol version", a.why);
	listener_free(li);
}
END_TEST

START_TEST(a_peer_may_have_no_certificate)
{
	scfg.verify = _i == 0 ? TLS_VERIFY_NONE : TLS_VERIFY_OPTIONAL;
	ccfg.cert = ccfg.key = NULL;
	tls_pair(NULL);
	ck_assert_ptr_null(conn_peer_subject(b.c));
	ck_assert(!conn_peer_is(b.c, "BANZAI"));
}
END_TEST

/* It is taken, but it is nobody's name. */
START_TEST(an_unchecked_certificate_names_nobody)
{
	own(&scfg, "stranger");
	ccfg.verify = TLS_VERIFY_NONE;
	tls_pair(NULL);
	ck_assert_ptr_null(conn_peer_subject(a.c));
	ck_assert(!conn_peer_is(a.c, "BANZAI"));
}
END_TEST

START_TEST(chains_and_lists_are_followed)
{
	own(&ccfg, "deep");
	tls_pair(NULL);
	ck_assert_str_eq("CN=DEEP", conn_peer_subject(b.c));
}
END_TEST

START_TEST(a_list_lets_the_others_in)
{
	scfg.crl_file = in_dir("crl.pem");
	tls_pair(NULL);
	ck_assert_str_eq("O=Banzai Ltd,CN=BANZAI", conn_peer_subject(b.c));
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

	tls_pair(NULL);
	for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		ck_assert_msg(conn_peer_is(b.c, yes[i]), "%s", yes[i]);
	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		ck_assert_msg(!conn_peer_is(b.c, no[i]), "%s", no[i]);
	snprintf(command, sizeof(command), "openssl x509 -in %s/client.pem "
	    "-noout -fingerprint -sha256 | sed 's/.*=/SHA256:/'", dir);
	f = popen(command, "r");
	ck_assert_ptr_nonnull(fgets(digits, sizeof(digits), f));
	pclose(f);
	digits[strcspn(digits, "\n")] = '\0';
	ck_assert(conn_peer_is(b.c, digits));
	for (i = 7; digits[i] != '\0'; i++)
		if (digits[i] != ':')
			plain[n++] = digits[i];
	ck_assert(conn_peer_is(b.c, plain));
	plain[n - 1] = plain[n - 1] == '0' ? '1' : '0';
	ck_assert(!conn_peer_is(b.c, plain));
	plain[n - 1] = '\0';
	ck_assert(!conn_peer_is(b.c, plain));
}
END_TEST

/* ---- peers that speak something else ---- */

static bool
server_closed(void *arg)
{
	(void)arg;
	return b.nclosed > 0;
}

START_TEST(no_tls_is_refused_with_its_first_bytes)
{
	static const struct {
		const char *sends;
		size_t n;
		const char *why;
	} row[] = {
		{ "8=FIX.4.4\0019=100\00135=A\001553=me\001554=secret\001", 39,
		    "TLS: the peer speaks no TLS, it sent "
		    "\"8=FIX.4.4|9=100|35=A|553\"" },
		{ "GET / HTTP/1.1\r\n\r\n", 18,
		    "TLS: the peer speaks no TLS, it sent "
		    "\"GET / HTTP/1.1\\x0d\\x0a\\x0d\\x0a\"" },
		{ "\x16\x03\x01\xff\xff\xff\xff\xff\xff\xff", 10, "TLS: " },
		{ "\x16\x03\x01\0\5\1\0\0\1\0", 10, "TLS: " },
		{ "\x15\x03\x03\0\2\2\x28", 7, "TLS: " },
		{ "\0\0\0\0\0\0\0\0", 8, "TLS: the peer speaks no TLS" },
		{ "\x16\x03\x01\0", 4, "TLS: the peer closed the connection" },
		{ "", 0, "TLS: the peer closed the connection" },
	};
	struct listener *li;

	ck_assert_int_lt(_i, 8);
	server = must(&scfg);
	li = start(NULL, NULL, NULL);
	ck_assert_int_eq(0, conn_send(a.c, row[_i].sends, row[_i].n));
	run_until(l, is_up, &b);
	if (row[_i].n < 5) {
		loop_again(l);
		run_until(l, is_up, &b);
		conn_end(a.c);
	}
	run_until(l, server_closed, NULL);
	ck_assert_msg(strstr(b.why, row[_i].why) == b.why, "%s", b.why);
	ck_assert_int_eq(0, b.ndata);
	listener_free(li);
}
END_TEST

START_TEST(a_server_without_tls_is_noticed)
{
	struct listener *li;

	client = must(&ccfg);
	li = start(NULL, NULL, NULL);
	b.echo = true;
	run_until(l, is_closed, &a);
	ck_assert_msg(strncmp(a.why, "TLS: ", 5) == 0, "%s", a.why);
	ck_assert_int_eq(0, a.nconnected);
	listener_free(li);
}
END_TEST

START_TEST(a_server_that_says_nothing_is_left)
{
	char err[NET_ERR_MAX];
	struct listener *li;

	client = must(&ccfg);
	b.mute = true;
	li = listener_open(l, "127.0.0.1", 0, NULL, on_accept, NULL, err);
	ck_assert_msg(li != NULL, "%s", err);
	a.c = conn_connect(l, "127.0.0.1", listener_port(li), 1000, NULL,
	    &end_ops, &a, err);
	ck_assert_int_eq(0, conn_start_tls(a.c, client, NULL, NULL));
	run_until(l, is_closed, &a);
	ck_assert_str_eq("TLS: the handshake timed out", a.why);
	listener_free(li);
}
END_TEST

START_TEST(a_handshake_can_be_given_up)
{
	struct listener *li;

	server = must(&scfg);
	li = start(NULL, NULL, NULL);
	run_until(l, is_up, &b);
	if (_i == 0)
		conn_abort(b.c, "no Logon");
	else
		conn_end(b.c);
	run_until(l, both_closed, NULL);
	ck_assert_str_eq(_i == 0 ? "no Logon" : "closed", b.why);
	listener_free(li);
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
		scfg.cert = in_dir(f->cert);
	if (f->key != NULL)
		scfg.key = in_dir(f->key);
	if (f->ca != NULL)
		scfg.ca_file = in_dir(f->ca);
	scfg.keystore = in_dir(f->keystore);
	scfg.password = f->password;
	scfg.truststore = in_dir(f->trust);
	scfg.crl_file = in_dir(f->crl);
	scfg.ciphers = f->ciphers;
	scfg.suites = f->suites;
	scfg.names = f->names;
	t = tls_new(&scfg, err);
	ck_assert_ptr_null(t);
	ck_assert_msg(strstr(err, f->err) != NULL, "%s", err);
}
END_TEST

START_TEST(a_server_needs_a_certificate_and_whom_to_trust)
{
	char err[NET_ERR_MAX];

	scfg.cert = scfg.key = NULL;
	ck_assert_ptr_null(tls_new(&scfg, err));
	ck_assert_str_eq("there is no certificate", err);
	scfg.cert = in_dir("server.pem");
	scfg.key = in_dir("server.key");
	scfg.ca_file = NULL;
	ck_assert_ptr_null(tls_new(&scfg, err));
	ck_assert_str_eq("there is nobody whose certificates are trusted", err);
}
END_TEST

START_TEST(keystores_and_locked_keys_are_opened)
{
	scfg.password = "secret";
	scfg.key = in_dir("locked.key");
	ccfg.cert = ccfg.key = ccfg.ca_file = NULL;
	ccfg.keystore = in_dir("client.p12");
	ccfg.truststore = in_dir("trust.p12");
	ccfg.password = ccfg.trust_password = "secret";
	tls_pair(NULL);
	ck_assert_str_eq("O=Banzai Ltd,CN=BANZAI", conn_peer_subject(b.c));
}
END_TEST

static void
copy(const char *from, const char *to)
{
	char command[128];

	snprintf(command, sizeof(command), "cp %s/%s %s/%s", dir, from, dir,
	    to);
	ck_assert_int_eq(0, system(command));
}

/* Until that runs out. */
static int
days_of(enum tls_expires kind)
{
	struct tls_expiry x;

	ck_assert(tls_expiry(server, kind, &x));
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
	scfg.cert = in_dir("now.pem");
	scfg.key = in_dir("now.key");
	tls_pair(NULL);
	ck_assert_int_ge(days_of(TLS_EXPIRES_OWN), 198);
	ck_assert_int_le(days_of(TLS_EXPIRES_OWN), 200);
	ck_assert_int_ge(days_of(TLS_EXPIRES_AUTHORITY), 398);
	ck_assert(!tls_expiry(server, TLS_EXPIRES_LIST, &x));
	ck_assert(conn_peer_expiry(a.c, &x));
	ck_assert_str_eq("O=Venue Ltd,CN=venue", x.subject);
	ck_assert_int_ge(x.days, 198);
	/* Half of it is there: nothing changes. */
	copy("renewed.pem", "now.pem");
	ck_assert_int_ne(0, tls_prepare(server, err));
	tls_commit(server);
	ck_assert_msg(strstr(err, "the key is not that") != NULL, "%s", err);
	copy("renewed.key", "now.key");
	ck_assert_int_eq(0, tls_prepare(server, err));
	ck_assert_int_le(days_of(TLS_EXPIRES_OWN), 200);
	tls_commit(server);
	ck_assert_int_ge(days_of(TLS_EXPIRES_OWN), 248);
	/* The old connection lives on. */
	b.echo = true;
	ck_assert_int_eq(0, conn_send(a.c, "hello", 5));
	wanted = 5;
	run_until(l, has_wanted, &a);
	conn_end(a.c);
	run_until(l, both_closed, NULL);
	end_free(&a);
	end_free(&b);
	end_init(&a, l);
	end_init(&b, l);
	li = start("localhost", "localhost", NULL);
	run_until(l, both_up, NULL);
	ck_assert_str_eq("O=Venue Ltd,CN=venue 2", conn_peer_subject(a.c));
	listener_free(li);
}
END_TEST

Suite *
tls_suite(void)
{
	Suite *s = suite_create("tls");
	TCase *t = tcase_create("tls");

	tcase_add_unchecked_fixture(t, make_certs, remove_certs);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 600);
	tcase_add_loop_test(t, bytes_go_there_and_back_in_both_versions, 0, 3);
	tcase_add_loop_test(t, ciphers_by_their_standard_names, 0, 3);
	tcase_add_loop_test(t, large_transfers_both_ways_arrive_whole, 0, 6);
	tcase_add_test(t, unread_bytes_are_bounded_and_none_stays_behind);
	tcase_add_test(t, a_paused_connection_loses_nothing);
	tcase_add_test(t, what_is_sent_early_arrives);
	tcase_add_loop_test(t, who_is_refused_and_why, 0,
	    sizeof(refusals) / sizeof(refusals[0]));
	tcase_add_test(t, versions_that_do_not_meet);
	tcase_add_loop_test(t, a_peer_may_have_no_certificate, 0, 2);
	tcase_add_test(t, an_unchecked_certificate_names_nobody);
	tcase_add_test(t, chains_and_lists_are_followed);
	tcase_add_test(t, a_list_lets_the_others_in);
	tcase_add_test(t, the_peer_has_these_names_and_no_others);
	tcase_add_loop_test(t, no_tls_is_refused_with_its_first_bytes, 0, 8);
	tcase_add_test(t, a_server_without_tls_is_noticed);
	tcase_add_test(t, a_server_that_says_nothing_is_left);
	tcase_add_loop_test(t, a_handshake_can_be_given_up, 0, 2);
	tcase_add_loop_test(t, a_bad_file_is_named, 0,
	    sizeof(bad_files) / sizeof(bad_files[0]));
	tcase_add_test(t, a_server_needs_a_certificate_and_whom_to_trust);
	tcase_add_test(t, keystores_and_locked_keys_are_opened);
	tcase_add_test(t, new_files_are_for_new_connections);
	suite_add_tcase(s, t);
	return s;
}
