#include "check_net.h"

#include <stdio.h>
#include <stdlib.h>

int
main(void)
{
	SRunner *r = srunner_create(loop_suite());
	int failed;

	srunner_add_suite(r, child_suite());
	srunner_add_suite(r, conn_suite());
	srunner_add_suite(r, listener_suite());
	if (system("command -v openssl >/dev/null") == 0)
		srunner_add_suite(r, tls_suite());
	else
		printf("SKIP: tls: no openssl command\n");
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
