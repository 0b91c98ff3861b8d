/* check_proxy: the header of a balancer, byte by byte. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gateway/proxy.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"

/* In memory of its own size, so that reading on is noticed. */
static int
parse(const char *p, size_t n, size_t *len, char addr[PROXY_ADDR_MAX])
{
	char *copy = malloc(n == 0 ? 1 : n);
	int rc;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, p, n);
	rc = proxy_parse(copy, n, len, addr);
	free(copy);
	return rc;
}

static const struct good {
	const char *bytes;
	size_t n;
	const char *addr;
} good[] = {
#define GOOD(bytes, addr) { bytes, sizeof(bytes) - 1, addr }
	GOOD("PROXY TCP4 192.0.2.1 192.0.2.9 40000 5001\r\n",
	    "192.0.2.1:40000"),
	GOOD("PROXY TCP6 2001:DB8::1 ::1 0 65535\r\n", "[2001:db8::1]:0"),
	GOOD("PROXY UNKNOWN\r\n", ""),
	GOOD("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", ""),
	GOOD(SIGNATURE "\x21\x11\0\x0c\xc0\0\x02\x01\xc0\0\x02\x09"
	    "\x9c\x40\x13\x89", "192.0.2.1:40000"),
	GOOD(SIGNATURE "\x21\x11\0\x10\xc0\0\x02\x01\xc0\0\x02\x09"
	    "\x9c\x40\x13\x89\x04\0\x01x", "192.0.2.1:40000"),
	GOOD(SIGNATURE "\x20\0\0\0", ""),
	GOOD(SIGNATURE "\x21\x31\0\x02zz", ""), /* of a unix socket */
#undef GOOD
};

START_TEST(a_header_is_read_once_it_is_whole)
{
	const struct good *g = &good[_i];
	char addr[PROXY_ADDR_MAX], more[256];
	size_t len = 0, n;

	for (n = 0; n < g->n; n++)
		ck_assert_int_eq(parse(g->bytes, n, &len, addr), FG_EPARTIAL);
	memcpy(more, g->bytes, g->n);
	memcpy(more + g->n, "8=FIX", 5);
	for (n = g->n; n <= g->n + 5; n++) {
		ck_assert_int_eq(parse(more, n, &len, addr), 0);
		ck_assert_uint_eq(len, g->n);
		ck_assert_str_eq(addr, g->addr);
	}
}
END_TEST

static const struct {
	const char *bytes;
	size_t n;
} bad[] = {
#define BAD(bytes) { bytes, sizeof(bytes) - 1 }
	BAD("8=FIX.4.4"), BAD("\r\n\r\n\0\r\nQUIET"), BAD("PROXI"),
	BAD("PROXY\r\n"), BAD("PROXY \r\n"), BAD("PROXY TCP4\r\n"),
	BAD("PROXY TCP4 192.0.2.1 192.0.2.9 40000\r\n"),
	BAD("PROXY TCP4 192.0.2.1 192.0.2.9 40000 5001 6\r\n"),
	BAD("PROXY TCP4 192.0.2.1 192.0.2.9 40000 65536\r\n"),
	BAD("PROXY TCP4 ::1 192.0.2.9 40000 5001\r\n"),
	BAD("PROXY TCP6 192.0.2.1 192.0.2.9 40000 5001\r\n"),
	BAD("PROXY TCP4 192.0.2.1  192.0.2.9 40000 5001\r\n"),
	BAD("PROXY TCP4 192.0.2.1\0 192.0.2.9 40000 5001\r\n"),
	BAD("PROXY UDP4 192.0.2.1 192.0.2.9 40000 5001\r\n"),
	BAD(SIGNATURE "\x11\x11\0\x0c"), /* version 1 in binary */
	BAD(SIGNATURE "\x22\x11\0\x0c"), /* no such command */
	BAD(SIGNATURE "\x21\x11\xff\xff"), /* endless */
	BAD(SIGNATURE "\x21\x11\0\x04\xc0\0\x02\x01"),
	BAD(SIGNATURE "\x21\x21\0\x04\xc0\0\x02\x01"),
#undef BAD
};

START_TEST(what_is_no_header_is_refused)
{
	char addr[PROXY_ADDR_MAX];
	size_t len;

	ck_assert_int_eq(parse(bad[_i].bytes, bad[_i].n, &len, addr),
	    FG_EINVAL);
}
END_TEST

START_TEST(a_line_without_an_end_is_refused)
{
	char line[200], addr[PROXY_ADDR_MAX];
	size_t len;

	memset(line, 'x', sizeof(line));
	memcpy(line, "PROXY ", 6);
	ck_assert_int_eq(parse(line, 106, &len, addr), FG_EPARTIAL);
	ck_assert_int_eq(parse(line, 107, &len, addr), FG_EINVAL);
	ck_assert_int_eq(parse(line, sizeof(line), &len, addr), FG_EINVAL);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("proxy");
	TCase *t = tcase_create("proxy");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, a_header_is_read_once_it_is_whole, 0,
	    (int)(sizeof(good) / sizeof(good[0])));
	tcase_add_loop_test(t, what_is_no_header_is_refused, 0,
	    (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(t, a_line_without_an_end_is_refused);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
