#include "check_fix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t
wire(char *out, const char *text)
{
	size_t n = strlen(text), i;

	ck_assert_uint_lt(n, TEXT_MAX);
	for (i = 0; i < n; i++)
		out[i] = text[i] == '|' ? '\001' : text[i];
	return n;
}

size_t
wire_message(char *out, const char *text)
{
	char whole[TEXT_MAX];
	unsigned sum = 0;
	size_t n, i;
	int used;

	used = snprintf(whole, sizeof(whole), "8=FIX.4.4|9=%zu|%s",
	    strlen(text), text);
	ck_assert(used > 0 && (size_t)used < sizeof(whole) - 8);
	n = wire(out, whole);
	for (i = 0; i < n; i++)
		sum += (unsigned char)out[i];
	snprintf(whole, sizeof(whole), "10=%03u|", sum % 256);
	return n + wire(out + n, whole);
}

int
main(void)
{
	Suite *s = suite_create("fix");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, frame_tests());
	suite_add_tcase(s, msg_tests());
	suite_add_tcase(s, out_tests());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
