#include "check_conf.h"

#include <stdlib.h>
#include <string.h>

struct conf *
parse(const char *text)
{
	struct conf *c;

	conf_parse(&c, "test.conf", text, strlen(text));
	ck_assert_ptr_nonnull(c);
	return c;
}

struct conf *
parse_clean(const char *text)
{
	struct conf *c = parse(text);

	if (conf_nfaults(c) != 0)
		ck_abort_msg("line %u: %s", conf_fault(c, 0)->line,
		    conf_fault(c, 0)->text);
	return c;
}

char *
print(const struct conf *c, bool secrets)
{
	size_t len;
	char *text;
	FILE *f = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(f);
	conf_print(c, f, secrets);
	fclose(f);
	return text;
}

int
main(void)
{
	Suite *s = suite_create("conf");
	SRunner *r;
	int failed;

	suite_add_tcase(s, sections_cases());
	suite_add_tcase(s, keys_cases());
	suite_add_tcase(s, printed_cases());
	suite_add_tcase(s, extra_cases());
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
