/* Texts kept by name, in every back end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "contract.h"
#include "world.h"

static struct world w;

static void
define(const char *name, const char *text)
{
	ck_assert_int_eq(0, store_define(w.st, name, text, strlen(text)));
}

static const char *
text_of(const char *name)
{
	size_t len = 0;
	const char *text = store_definition_of(w.st, name, &len);

	if (text != NULL)
		ck_assert_uint_eq(len, strlen(text));
	return text;
}

START_TEST(a_text_is_kept_under_its_name)
{
	const char *name;
	size_t len;

	world_open(&w, _i);
	ck_assert_uint_eq(0, store_definitions(w.st));
	define("B", "two");
	define("A", "one");
	define("C", "");
	define("B", "two again");
	ck_assert_uint_eq(3, store_definitions(w.st));
	ck_assert_str_eq("one", store_definition(w.st, 0, &name, &len));
	ck_assert_str_eq("A", name);
	ck_assert_str_eq("", store_definition(w.st, 2, &name, &len));
	ck_assert_str_eq("two again", text_of("B"));
	ck_assert_ptr_null(text_of("D"));
	ck_assert_int_eq(0, store_undefine(w.st, "A"));
	ck_assert_int_eq(FG_ENOENT, store_undefine(w.st, "A"));
	ck_assert_ptr_null(text_of("A"));
	world_close(&w);
}
END_TEST

START_TEST(it_is_there_after_a_restart)
{
	char name[32];
	int i;

	world_open(&w, _i);
	for (i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "S%d", i);
		define(name, name);
	}
	for (i = 0; i < 300; i += 2) {
		snprintf(name, sizeof(name), "S%d", i);
		ck_assert_int_eq(0, store_undefine(w.st, name));
	}
	define("S1", "changed");
	world_put(&w, STORE_FIX_IN, world_session(&w, "S1"), 1, "x");
	world_reopen(&w);
	ck_assert_uint_eq(150, store_definitions(w.st));
	ck_assert_str_eq("changed", text_of("S1"));
	ck_assert_str_eq("S299", text_of("S299"));
	ck_assert_ptr_null(text_of("S298"));
	world_close(&w);
}
END_TEST

START_TEST(what_is_too_long_or_cannot_be_written_is_not_there)
{
	static char big[STORE_DEF_MAX + 1];
	char name[STORE_DEF_NAME_MAX + 2];

	world_open(&w, _i);
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	ck_assert_int_eq(FG_ELIMIT, store_define(w.st, name, "x", 1));
	ck_assert_int_eq(FG_ELIMIT, store_define(w.st, "A", big, sizeof(big)));
	define("A", "one");
	w.fail_step = "DEFINITION put";
	w.fail_err = FG_ENOSPC;
	ck_assert_int_eq(FG_ENOSPC, store_define(w.st, "A", "two", 3));
	ck_assert_int_eq(FG_ENOSPC, store_undefine(w.st, "A"));
	w.fail_step = NULL;
	ck_assert_str_eq("one", text_of("A"));
	define("A", "two");
	world_close(&w);
}
END_TEST

TCase *
definitions_case(int first, int last)
{
	TCase *tc = tcase_create("definitions");

	tcase_set_timeout(tc, 600);
	tcase_add_loop_test(tc, a_text_is_kept_under_its_name, first,
	    last + 1);
	/* What is in memory only ends with the store. */
	tcase_add_loop_test(tc, it_is_there_after_a_restart,
	    first == WORLD_MEM ? WORLD_WRITTEN : first, last + 1);
	tcase_add_loop_test(tc,
	    what_is_too_long_or_cannot_be_written_is_not_there, first,
	    last + 1);
	return tc;
}
