#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "contract.h"
#include "disk.h"
#include "world.h"

START_TEST(tables_have_names)
{
	ck_assert_str_eq("FIX_IN", store_table_name(NULL, STORE_FIX_IN));
	ck_assert_str_eq("RX_SEQUENCE", store_table_sequence(STORE_FIX_IN));
	ck_assert_int_eq(STORE_OUT_PENDING,
	    store_table_by_name(NULL, "OUT_PENDING"));
	ck_assert_int_eq(0, store_table_by_name(NULL, "STATE"));
	ck_assert_ptr_null(store_table_name(NULL, STORE_TABLE_END));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("store");
	TCase *tc = tcase_create("names");
	SRunner *sr;
	int failed;

	tcase_add_test(tc, tables_have_names);
	suite_add_tcase(s, tc);
	suite_add_tcase(s, contract_case(WORLD_MEM, WORLD_SYNCED));
	suite_add_tcase(s, tables_case(WORLD_MEM, WORLD_SYNCED));
	suite_add_tcase(s, marks_case(WORLD_MEM, WORLD_SYNCED));
	suite_add_tcase(s, definitions_case(WORLD_MEM, WORLD_SYNCED));
	suite_add_tcase(s, disk_case());
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
