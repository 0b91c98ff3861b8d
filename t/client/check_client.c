#include "check_client.h"

#include <stdlib.h>

int
main(void)
{
	Suite *s = suite_create("client");
	SRunner *r;
	int failed;

	suite_add_tcase(s, settle_cases());
	suite_add_tcase(s, health_cases());
	suite_add_tcase(s, lane_cases());
	suite_add_tcase(s, exec_cases());
	suite_add_tcase(s, fields_cases());
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
