/* check_tunnel: what proxies say, in pieces, wrong and right. */
#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gateway/tunnel.h"

/* In memory of its own size, so that reading on is noticed. */
static int
run(struct tunnel *t, const char *p, size_t n, size_t *eat, struct buf *out,
    char err[TUNNEL_ERR_MAX])
{
	char *copy = malloc(n == 0 ? 1 : n);
	int rc;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, p, n);
	rc = tunnel_run(t, copy, n, eat, out, err);
	free(copy);
	return rc;
}

/* To a proxy whose answers are these n bytes, one after the other. */
static int
talk(struct tunnel *t, const char *p, size_t n, struct buf *out, size_t *used,
    char err[TUNNEL_ERR_MAX])
{
	size_t eat, have = 0;
	int rc;

	*used = 0;
	rc = run(t, "", 0, &eat, out, err);
	while (rc == FG_EPARTIAL && *used + have < n) {
		rc = run(t, p + *used, ++have, &eat, out, err);
		*used += eat;
		have -= eat;
	}
	return rc;
}

#define B(text) text, sizeof(text) - 1

static const struct good {
	enum tunnel_kind kind;
	const char *host, *user, *password;
	const char *answer;
	size_t nanswer;
	const char *said;
	size_t nsaid;
} good[] = {
	{ TUNNEL_HTTP, "fix.example.com", NULL, NULL,
	    B("HTTP/1.0 200 OK\r\n\r\n"),
	    B("CONNECT fix.example.com:5001 HTTP/1.1\r\n"
		"Host: fix.example.com:5001\r\n\r\n") },
	{ TUNNEL_HTTP, "::1", "Aladdin", "open sesame",
	    B("HTTP/1.1 299 Fine\r\nA: b\r\n\r\n"),
	    B("CONNECT [::1]:5001 HTTP/1.1\r\nHost: [::1]:5001\r\n"
		"Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
		"\r\n\r\n") },
	{ TUNNEL_SOCKS4, "192.0.2.1", "joe", NULL,
	    B("\0\x5a\0\0\0\0\0\0"),
	    B("\4\1\x13\x89\xc0\0\2\1joe\0") },
	{ TUNNEL_SOCKS4A, "a.b", NULL, NULL, B("\0\x5a\0\0\0\0\0\0"),
	    B("\4\1\x13\x89\0\0\0\1\0a.b\0") },
	{ TUNNEL_SOCKS5, "192.0.2.1", NULL, NULL,
	    B("\5\0\5\0\0\1\0\0\0\0\0\0"),
	    B("\5\1\0\5\1\0\1\xc0\0\2\1\x13\x89") },
	{ TUNNEL_SOCKS5, "a.b", "joe", "pw",
	    B("\5\2\1\0\5\0\0\3\2xy\0\0"),
	    B("\5\2\0\2\1\3joe\2pw\5\1\0\3\3" "a.b\x13\x89") },
	{ TUNNEL_SOCKS5, "::1", "joe", NULL, /* who need not say who he is */
	    B("\5\0\5\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	    B("\5\2\0\2\5\1\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"
		"\x13\x89") },
};

START_TEST(a_tunnel_is_made)
{
	const struct good *g = &good[_i];
	struct tunnel t = { .kind = g->kind, .http = "1.1", .user = g->user,
		.password = g->password, .host = g->host, .port = 5001 };
	char err[TUNNEL_ERR_MAX] = "";
	struct buf out = { 0 };
	size_t used;

	ck_assert_int_eq(talk(&t, g->answer, g->nanswer, &out, &used, err), 0);
	ck_assert_uint_eq(used, g->nanswer);
	ck_assert_uint_eq(out.len, g->nsaid);
	ck_assert_int_eq(memcmp(out.p, g->said, g->nsaid), 0);
	buf_free(&out);
}
END_TEST

static const struct {
	enum tunnel_kind kind;
	const char *host, *user, *answer;
	size_t n;
	const char *err;
} bad[] = {
	{ TUNNEL_HTTP, "a", NULL, B("HTTP/1.1 407 No\x07\r\n\r\n"),
	    "the proxy says: HTTP/1.1 407 No" },
	{ TUNNEL_HTTP, "a", NULL, B("\5\0"), "does not speak HTTP" },
	{ TUNNEL_HTTP, "a", NULL, B("HTTP/1.1\r\n\r\n"), "the proxy says" },
	{ TUNNEL_SOCKS4, "a.b", NULL, B(""), "needs an IPv4 address" },
	{ TUNNEL_SOCKS4, "192.0.2.1", NULL, B("\0\x5b\0\0\0\0\0\0"),
	    "code 91" },
	{ TUNNEL_SOCKS4A, "a", NULL, B("\5"), "does not speak SOCKS 4" },
	{ TUNNEL_SOCKS5, "a", NULL, B("\0"), "does not speak SOCKS 5" },
	{ TUNNEL_SOCKS5, "a", NULL, B("\5\xff"), "write ProxyUser" },
	{ TUNNEL_SOCKS5, "a", NULL, B("\5\2"), "write ProxyUser" },
	{ TUNNEL_SOCKS5, "a", "joe", B("\5\xff"), "another way to log in" },
	{ TUNNEL_SOCKS5, "a", "joe", B("\5\2\1\1"), "does not take ProxyUser" },
	{ TUNNEL_SOCKS5, "a", NULL, B("\5\0\5\5\0\1\0"),
	    "connection refused (5)" },
	{ TUNNEL_SOCKS5, "a", NULL, B("\5\0\5\x63\0\1\0"), "code (99)" },
};

START_TEST(a_refusal_is_told)
{
	struct tunnel t = { .kind = bad[_i].kind, .http = "1.1",
		.user = bad[_i].user, .host = bad[_i].host, .port = 5001 };
	char err[TUNNEL_ERR_MAX] = "";
	struct buf out = { 0 };
	size_t used;

	ck_assert_int_eq(talk(&t, bad[_i].answer, bad[_i].n, &out, &used, err),
	    FG_EINVAL);
	ck_assert_msg(strstr(err, bad[_i].err) != NULL, "%s", err);
	buf_free(&out);
}
END_TEST

START_TEST(what_is_too_long_is_refused)
{
	char text[9000], err[TUNNEL_ERR_MAX];
	struct tunnel http = { .kind = TUNNEL_HTTP, .http = "1.1",
		.host = "a" };
	struct tunnel socks = { .kind = TUNNEL_SOCKS5, .host = text };
	struct buf out = { 0 };
	size_t eat;

	memset(text, 'x', sizeof(text));
	text[300] = '\0';
	ck_assert_int_eq(run(&socks, "", 0, &eat, &out, err), FG_EPARTIAL);
	ck_assert_int_eq(run(&socks, "\5\0", 2, &eat, &out, err), FG_EINVAL);
	text[300] = 'x';
	memcpy(text, "HTTP/1.1 200 ", 13);
	ck_assert_int_eq(run(&http, "", 0, &eat, &out, err), FG_EPARTIAL);
	ck_assert_int_eq(run(&http, text, 8191, &eat, &out, err), FG_EPARTIAL);
	ck_assert_int_eq(run(&http, text, 8192, &eat, &out, err), FG_EINVAL);
	buf_free(&out);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tunnel");
	TCase *t = tcase_create("tunnel");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, a_tunnel_is_made, 0,
	    (int)(sizeof(good) / sizeof(good[0])));
	tcase_add_loop_test(t, a_refusal_is_told, 0,
	    (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(t, what_is_too_long_is_refused);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
