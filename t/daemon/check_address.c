/* check_address: where a link leads to. */
#include <check.h>
#include <string.h>

#include "base/err.h"
#include "daemon/address.h"
#include "ends.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static const struct {
	const char *text, *host;
	int port; /* -1: wrong */
	bool local;
} addresses[] = {
	{ "unix:/run/x.sock", "/run/x.sock", 0, true },
	{ "tcp:localhost:5001", "localhost", 5001, true },
	{ "tcp:127.0.0.9:1", "127.0.0.9", 1, true },
	{ "tcp:[::1]:65535", "::1", 65535, true },
	{ "tcp:10.0.0.1:5001", "10.0.0.1", 5001, false },
	{ "tcp:0.0.0.0:5001", "0.0.0.0", 5001, false },
	{ "tcp:[::]:5001", "::", 5001, false },
	{ "tcp:example.org:5001", "example.org", 5001, false },
	{ "tcp:127.0.0.1.example.org:1", "127.0.0.1.example.org", 1, false },
	{ "tcp:localhost:0", NULL, -1, false },
	{ "tcp:localhost:65536", NULL, -1, false },
	{ "tcp:localhost:x", NULL, -1, false },
	{ "tcp:localhost", NULL, -1, false },
	{ "tcp::5001", NULL, -1, false },
	{ "tcp:::1:5001", NULL, -1, false },
	{ "unix:", NULL, -1, false },
	{ "tls:localhost:5001", "localhost", 5001, true },
	{ "tls:[::1]:5001", "::1", 5001, true },
	{ "tls:example.org:5001", "example.org", 5001, false },
	{ "tls:localhost", NULL, -1, false },
	{ "/run/x.sock", NULL, -1, false },
	{ "", NULL, -1, false },
};

START_TEST(addresses_are_read)
{
	struct address a;
	char err[ADDRESS_ERR_MAX] = "";

	if (addresses[_i].port == -1) {
		ck_assert_int_eq(FG_EINVAL,
		    address_parse(&a, addresses[_i].text, err));
		ck_assert_str_ne("", err);
		return;
	}
	ck_assert_int_eq(0, address_parse(&a, addresses[_i].text, err));
	ck_assert_str_eq(addresses[_i].host, a.host);
	ck_assert_uint_eq((unsigned)addresses[_i].port, a.port);
	ck_assert(address_is_local(&a) == addresses[_i].local);
	ck_assert(a.tls == (strncmp(addresses[_i].text, "tls:", 4) == 0));
	ck_assert(address_is_guarded(&a) == (addresses[_i].local || a.tls));
}
END_TEST

TCase *
addresses_case(void)
{
	TCase *t = tcase_create("address");

	tcase_set_timeout(t, 600);
	tcase_add_loop_test(t, addresses_are_read, 0, COUNT(addresses));
	return t;
}
