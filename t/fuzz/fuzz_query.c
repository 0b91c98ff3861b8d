/* Each line is an argument of fixgatectl find: what is taken for an option, a
 * time or a FIELD=VALUE is what was said, and nothing is lost. No gateway is
 * there, so a field that needs a dictionary is not found. */
#include <string.h>

#include "ctl/query.h"
#include "fuzz.h"

#define ARGS_MAX 64

static struct ctl ctl = { .socket = "/dev/null/no-gateway" };

/* The lines, each in memory of its own size. */
static int
split(const uint8_t *data, size_t n, char *argv[ARGS_MAX])
{
	const char *p = (const char *)data, *end = p + n, *nl;
	int argc = 0;

	while (p < end && argc < ARGS_MAX) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)
			nl = end;
		argv[argc] = strndup(p, (size_t)(nl - p));
		FUZZ_CHECK(argv[argc] != NULL);
		argc++;
		p = nl + 1;
	}
	return argc;
}

/* Does one of the arguments say it? */
static void
check_said(int argc, char **argv, const char *value)
{
	size_t n, len;
	int i;

	if (value == NULL)
		return;
	len = strlen(value);
	for (i = 0; i < argc; i++) {
		n = strlen(argv[i]);
		if (value >= argv[i] && value + len == argv[i] + n)
			return;
	}
	FUZZ_CHECK(!"a value that nobody gave");
}

static void
check_times(struct query *q)
{
	const char *why = query_times(q);

	if (why != NULL) {
		FUZZ_CHECK(strstr(why, "20260105-09:00:00") != NULL);
		return;
	}
	FUZZ_CHECK((q->since_text == NULL) == (q->since == 0));
	FUZZ_CHECK((q->until_text == NULL) == (q->until == 0));
	FUZZ_CHECK(q->since >= 0 && q->until >= 0);
}

static void
check_field(struct query *q, const char *text)
{
	const char *is = strchr(text, '=');
	size_t n = q->n;
	int code = query_add(&ctl, q, text);

	FUZZ_CHECK(q->n <= QUERY_FIELDS);
	if (code == CTL_USAGE) {
		FUZZ_CHECK(q->n == n);
		return;
	}
	FUZZ_CHECK(q->n == n + 1 && is != NULL);
	FUZZ_CHECK(strcmp(q->field[n].value, is + 1) == 0);
	FUZZ_CHECK(code == CTL_NO_GATEWAY ||
	    (code == CTL_OK && q->field[n].tag > 0));
	FUZZ_CHECK(ctl.wire == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *all[ARGS_MAX], *argv[ARGS_MAX], err[OPT_ERR_MAX] = "";
	struct opt opts[QUERY_OPTS + 1];
	struct query q = { 0 };
	bool pretty = false;
	int argc = split(data, n, all), left, i;

	memcpy(argv, all, sizeof(argv));
	query_opts(&q, opts);
	opts[QUERY_OPTS] = (struct opt){ "--pretty", OPT_FLAG, &pretty };
	left = opt_parse(opts, QUERY_OPTS + 1, argc, argv, err);
	FUZZ_CHECK(left >= -1 && left <= argc);
	FUZZ_CHECK((left == -1) == (err[0] != '\0'));
	check_said(argc, all, q.since_text);
	check_said(argc, all, q.until_text);
	check_said(argc, all, q.session);
	check_said(argc, all, q.type);
	check_times(&q);
	for (i = 0; i < left; i++) {
		check_said(argc, all, argv[i]);
		check_field(&q, argv[i]);
	}
	for (i = 0; i < argc; i++)
		free(all[i]);
	return 0;
}
