/* Any bytes as a settings file; what is printed parses to the same. */
#include <string.h>

#include "base/err.h"
#include "conf/conf.h"
#include "fuzz.h"

static char *
print(const struct conf *c, size_t *len)
{
	char *text;
	FILE *f = open_memstream(&text, len);

	FUZZ_CHECK(f != NULL);
	conf_print(c, f, true);
	fclose(f);
	return text;
}

static void
check_faults(const struct conf *c, int err)
{
	const struct conf_fault *f;
	unsigned line = 0;
	size_t i;

	for (i = 0; i < conf_nfaults(c); i++) {
		f = conf_fault(c, i);
		FUZZ_CHECK(f->line >= line && f->text[0] != '\0');
		FUZZ_CHECK(err != 0 || f->severity != CONF_ERROR);
		line = f->line;
	}
}

/* A session can be made of it, which outlives the rest and is no template. */
static void
check_template(const struct conf *c, const struct conf_section *t)
{
	struct conf_extra x = { .kind = CONF_EXTRA_FROM, .name = "made",
		.base = conf_name(t) };
	const struct conf_section *s;
	struct conf *with, *one;
	char text[512] = "";
	enum conf_key k;
	size_t i, n = 0;

	for (i = 0; conf_wildcard(t, i, &k); i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s=V%zu\n",
		    conf_key_name(k), i);
	FUZZ_CHECK(n > 0);
	x.text = text;
	x.len = n;
	if (conf_again(&with, c, &x, 1) == FG_ENOMEM)
		return;
	n = conf_nsessions(c);
	FUZZ_CHECK(conf_nsessions(with) <= n + 1);
	if (conf_nsessions(with) > n) {
		s = conf_session(with, n);
		FUZZ_CHECK(conf_is_extra(s) && !conf_is_template(s));
		FUZZ_CHECK(strcmp(conf_base(s), x.base) == 0);
		FUZZ_CHECK(!conf_wildcard(s, 0, &k));
		FUZZ_CHECK(conf_extract(&one, with, s) == 0);
		FUZZ_CHECK(conf_same(s, conf_session(one, 0)));
		conf_free(one);
	}
	conf_free(with);
}

static void
check_sessions(const struct conf *c)
{
	const struct conf_section *s;
	unsigned n;
	size_t i;

	for (i = 0; i < conf_nsessions(c); i++) {
		s = conf_session(c, i);
		FUZZ_CHECK(conf_name(s) != NULL && conf_line(s) > 0);
		FUZZ_CHECK(conf_str(s, CONF_BeginString) != NULL);
		FUZZ_CHECK(conf_reconnect(s, 1) > 0);
		for (n = 0; conf_str_at(s, CONF_SocketConnectHost, n); n++)
			;
		FUZZ_CHECK(conf_suffix_at(s, CONF_SocketConnectHost, n) ==
		    NULL);
		if (conf_is_template(s))
			check_template(c, s);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct conf *c, *again;
	char *first, *second;
	size_t len, len2;
	int err;

	err = conf_parse(&c, "fuzz.conf", (const char *)data, n);
	if (err == FG_ENOMEM)
		return 0;
	check_faults(c, err);
	first = print(c, &len);
	if (err == 0) {
		check_sessions(c);
		FUZZ_CHECK(conf_parse(&again, "fuzz.conf", first, len) !=
		    FG_ENOMEM);
		second = print(again, &len2);
		FUZZ_CHECK(len == len2 && memcmp(first, second, len) == 0);
		free(second);
		conf_free(again);
	}
	free(first);
	conf_free(c);
	return 0;
}
