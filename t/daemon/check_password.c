/* Passwords and their texts. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "daemon/password.h"

/* Of "secret \xe9", made by another program. */
#define SALT  "000102030405060708090a0b0c0d0e0f"
#define KEY   "33ee8a41d37a41dbae6d75ae93a10dde81d79e0379370f0e57f588de436555f6"
#define OTHER "scrypt:1024:8:2:" SALT ":" KEY

START_TEST(a_password_is_known_by_its_text_only)
{
	char a[PASSWORD_TEXT_MAX], b[PASSWORD_TEXT_MAX];

	ck_assert_int_eq(0, password_hash(a, "secret", 6));
	ck_assert_int_eq(0, password_hash(b, "secret", 6));
	ck_assert_str_ne(a, b);
	ck_assert_ptr_null(strstr(a, "secret"));
	ck_assert_int_eq(1, password_check(a, "secret", 6));
	ck_assert_int_eq(1, password_check(b, "secret", 6));
	ck_assert_int_eq(0, password_check(a, "secreT", 6));
	ck_assert_int_eq(0, password_check(a, "secret ", 7));
	ck_assert_int_eq(0, password_check(a, "", 0));
	ck_assert_int_eq(1, password_check(OTHER, "secret \xe9", 8));
	ck_assert_int_eq(0, password_check(OTHER, "secret e", 8));
}
END_TEST

START_TEST(lengths_have_limits)
{
	char text[PASSWORD_TEXT_MAX], *p = calloc(1, PASSWORD_MAX + 1);

	ck_assert_ptr_nonnull(p);
	memset(p, 'x', PASSWORD_MAX + 1);
	ck_assert_int_eq(FG_EINVAL, password_hash(text, p, 0));
	ck_assert_int_eq(FG_EINVAL, password_hash(text, p, PASSWORD_MAX + 1));
	ck_assert_int_eq(0, password_hash(text, p, PASSWORD_MAX));
	ck_assert_uint_lt(strlen(text), PASSWORD_TEXT_MAX);
	ck_assert_int_eq(1, password_check(text, p, PASSWORD_MAX));
	ck_assert_int_eq(0, password_check(text, p, PASSWORD_MAX + 1));
	free(p);
}
END_TEST

START_TEST(other_texts_are_no_password)
{
	static const char *const row[] = {
		"", "secret", "scrypt", "scrypt:1024:8:2:",
		"scrypt:1024:8:2:" SALT, "scrypt:1024:8:2:" SALT ":",
		"scrypt:1024:8:2:" KEY ":" SALT, "x" OTHER, OTHER "0",
		OTHER " ", "scrypt:1000:8:2:" SALT ":" KEY,
		"scrypt:1:8:2:" SALT ":" KEY, "scrypt:1024:0:2:" SALT ":" KEY,
		"scrypt:1024:8:0:" SALT ":" KEY,
		/* too much memory, or time */
		"scrypt:1048576:8:1:" SALT ":" KEY,
		"scrypt:1024:8:99:" SALT ":" KEY,
		"scrypt:9999999:8:1:" SALT ":" KEY,
		"scrypt:-1024:8:1:" SALT ":" KEY,
		"scrypt:1024:8:2:" SALT ":Z" KEY,
	};
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		ck_assert_msg(password_check(row[i], "secret", 6) == FG_EINVAL,
		    "%s", row[i]);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("password");
	TCase *tc = tcase_create("password");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 600);
	tcase_add_test(tc, a_password_is_known_by_its_text_only);
	tcase_add_test(tc, lengths_have_limits);
	tcase_add_test(tc, other_texts_are_no_password);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
