/* The first byte says what is asked of a proxy, all others are what it answers:
 * it does not matter in which pieces they come, and nothing that follows the
 * tunnel is taken for a part of it. */
#include <string.h>

#include "base/err.h"
#include "fuzz.h"
#include "gateway/tunnel.h"

#define WITH_USER 4 /* bits of the first byte */
#define OLD_HTTP  8
#define HOST_AT   4 /* its number is in the bits above */

struct run {
	int rc;
	size_t eaten;
	struct buf out;
	char err[TUNNEL_ERR_MAX];
};

static struct tunnel
ask_for(uint8_t what)
{
	static const char *const host[] = { "192.0.2.1", "2001:db8::1",
		"exchange.example", "" };
	static char long_name[300]; /* longer than SOCKS 5 can say */
	struct tunnel t = { .kind = what & 3, .port = 5001,
		.http = what & OLD_HTTP ? "1.0" : "1.1" };
	unsigned i = what >> HOST_AT & 7;

	memset(long_name, 'x', sizeof(long_name) - 1);
	if (what & WITH_USER) {
		t.user = "user";
		t.password = i == 0 ? NULL : "secret";
	}
	t.host = i < sizeof(host) / sizeof(host[0]) ? host[i] : long_name;
	return t;
}

/* All that was not eaten is there, up to byte n; again as long as some is
 * eaten, as the gateway does. */
static void
feed(struct run *r, struct tunnel *t, const uint8_t *p, size_t n)
{
	size_t left, eat;
	char *copy;

	do {
		left = n - r->eaten;
		copy = malloc(left > 0 ? left : 1);
		FUZZ_CHECK(copy != NULL);
		memcpy(copy, p + r->eaten, left);
		eat = SIZE_MAX;
		r->rc = tunnel_run(t, copy, left, &eat, &r->out, r->err);
		FUZZ_CHECK(eat <= left);
		free(copy);
		r->eaten += eat;
	} while (r->rc == FG_EPARTIAL && eat > 0);
}

static void
check_end(const struct run *r)
{
	FUZZ_CHECK(r->rc == 0 || r->rc == FG_EPARTIAL || r->rc == FG_EINVAL);
	if (r->rc != FG_EINVAL)
		return;
	FUZZ_CHECK(memchr(r->err, '\0', sizeof(r->err)) != NULL);
	FUZZ_CHECK(r->err[0] != '\0');
	for (const char *p = r->err; *p != '\0'; p++)
		FUZZ_CHECK(*p >= ' ' && *p <= '~');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct run whole = { .err = "" }, pieces = { .err = "" };
	struct tunnel t, u;
	size_t i;

	if (n == 0)
		return 0;
	t = u = ask_for(data[0]);
	data++;
	n--;
	feed(&whole, &t, data, 0);
	feed(&pieces, &u, data, 0);
	if (whole.rc == FG_EPARTIAL)
		feed(&whole, &t, data, n);
	for (i = 1; i <= n && pieces.rc == FG_EPARTIAL; i++)
		feed(&pieces, &u, data, i);
	check_end(&whole);
	FUZZ_CHECK(whole.rc == pieces.rc);
	FUZZ_CHECK(whole.out.len == pieces.out.len);
	FUZZ_CHECK(whole.out.len == 0 ||
	    memcmp(whole.out.p, pieces.out.p, whole.out.len) == 0);
	FUZZ_CHECK(whole.rc == FG_EINVAL || whole.eaten == pieces.eaten);
	buf_free(&whole.out);
	buf_free(&pieces.out);
	return 0;
}
