/* Dictionaries are loaded once per file, whatever it is called. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/dictset.h"

static char path[1024];

static void
find_file(void)
{
	const char *src = getenv("FG_SRC");

	snprintf(path, sizeof(path), "%s/dict/FIX40.xml", src ? src : ".");
}

START_TEST(a_file_named_by_many_is_loaded_once)
{
	const struct driver_dict *first, *d;
	struct dictset *s = dictset_new(NULL);
	int i;

	first = dictset_load(s, path);
	ck_assert_ptr_nonnull(first);
	for (i = 0; i < 500; i++) {
		d = dictset_load(s, path);
		ck_assert_ptr_eq(d, first);
		ck_assert_ptr_eq(d->dict, first->dict);
	}
	ck_assert_uint_eq(dictset_count(s), 1);
	dictset_free(s);
}
END_TEST

START_TEST(a_link_and_a_detour_are_the_same_file)
{
	const char *src = getenv("FG_SRC");
	char detour[1024], real[4096], folder[] = "/tmp/check_dictset.XXXXXX";
	char other[64];
	struct dictset *s = dictset_new(NULL);

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(other, sizeof(other), "%s/other.xml", folder);
	ck_assert_ptr_nonnull(realpath(path, real));
	ck_assert_int_eq(symlink(real, other), 0);
	snprintf(detour, sizeof(detour), "%s/t/../dict/FIX40.xml",
	    src ? src : ".");
	ck_assert_ptr_nonnull(dictset_load(s, path));
	ck_assert_ptr_eq(dictset_load(s, detour), dictset_load(s, path));
	ck_assert_ptr_eq(dictset_load(s, other), dictset_load(s, path));
	ck_assert_uint_eq(dictset_count(s), 1);
	dictset_free(s);
	unlink(other);
	rmdir(folder);
}
END_TEST

START_TEST(another_file_is_another_dictionary_that_moves_no_other)
{
	const struct driver_dict *first;
	const struct dict *dict;
	struct dictset *s = dictset_new(NULL);
	char text[1024];
	int minor;

	first = dictset_load(s, path);
	dict = first->dict;
	for (minor = 1; minor <= 4; minor++) {
		snprintf(text, sizeof(text), "%.1000s", path);
		text[strlen(text) - 5] = (char)('0' + minor);
		ck_assert_ptr_nonnull(dictset_load(s, text));
	}
	ck_assert_ptr_eq(dictset_load(s, path), first);
	ck_assert_ptr_eq(first->dict, dict);
	ck_assert_uint_eq(dictset_count(s), 5);
	dictset_free(s);
}
END_TEST

START_TEST(what_cannot_be_loaded_is_none)
{
	struct dictset *s = dictset_new(NULL);

	ck_assert_ptr_null(dictset_load(s, "no/such/file.xml"));
	ck_assert_ptr_null(dictset_load(s, "/dev/null"));
	ck_assert_uint_eq(dictset_count(s), 0);
	dictset_free(s);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("dictset");
	TCase *t = tcase_create("dictset");
	SRunner *r;
	int failed;

	find_file();
	tcase_add_test(t, a_file_named_by_many_is_loaded_once);
	tcase_add_test(t, a_link_and_a_detour_are_the_same_file);
	tcase_add_test(t,
	    another_file_is_another_dictionary_that_moves_no_other);
	tcase_add_test(t, what_cannot_be_loaded_is_none);
	suite_add_tcase(suite, t);
	r = srunner_create(suite);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
