/* Any bytes as the header of a balancer: what follows it changes nothing, no
 * part of it is a header, and the address is fit for a log. */
#include <string.h>

#include "base/err.h"
#include "fuzz.h"
#include "gateway/proxy.h"

/* In memory of its own size, so that a sanitizer sees who reads on. */
static int
parse(const uint8_t *p, size_t n, size_t *len, char addr[PROXY_ADDR_MAX])
{
	char *copy = malloc(n > 0 ? n : 1);
	int rc;

	FUZZ_CHECK(copy != NULL);
	memcpy(copy, p, n);
	*len = 0;
	memset(addr, '?', PROXY_ADDR_MAX);
	rc = proxy_parse(copy, n, len, addr);
	free(copy);
	FUZZ_CHECK(rc == 0 || rc == FG_EPARTIAL || rc == FG_EINVAL);
	return rc;
}

static void
check_address(const char addr[PROXY_ADDR_MAX])
{
	size_t n = strnlen(addr, PROXY_ADDR_MAX);

	FUZZ_CHECK(n < PROXY_ADDR_MAX);
	FUZZ_CHECK(strspn(addr, "0123456789abcdef.:[]") == n);
	FUZZ_CHECK(n == 0 || strrchr(addr, ':') != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char addr[PROXY_ADDR_MAX], again[PROXY_ADDR_MAX];
	size_t len, part_len, i;
	int rc = parse(data, n, &len, addr), part;

	if (rc == 0) {
		FUZZ_CHECK(len > 0 && len <= n);
		check_address(addr);
	}
	/* Byte by byte: more is needed until it is decided, for good. */
	for (i = 0; i <= n; i++) {
		part = parse(data, i, &part_len, again);
		if (part == FG_EPARTIAL)
			continue;
		FUZZ_CHECK(part == rc);
		FUZZ_CHECK(rc != 0 || (i == len && part_len == len &&
		    strcmp(again, addr) == 0));
		return 0;
	}
	FUZZ_CHECK(rc == FG_EPARTIAL);
	return 0;
}
