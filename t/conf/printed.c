/* Settings as text: what is printed is read again, and shows no secret. */
#include "check_conf.h"

#include <stdlib.h>
#include <string.h>

START_TEST(secrets_are_masked_unless_asked_for)
{
	struct conf *c = parse_clean(HEAD "MaskTags=96, 5000\n[SESSION]\n" ONE
	    ACCEPTOR "LogonTag=553=user\nLogonTag1=554=hunter=2\n"
	    "LogonTag2=5000=token\nProxyPassword=swordfish\n");
	char *masked = print(c, false), *open = print(c, true);
	static const unsigned masks[] = { 554, 925, 1402, 1404, 96, 5000 };
	size_t i;

	ck_assert_ptr_nonnull(strstr(masked, "LogonTag=553=user\n"));
	ck_assert_ptr_nonnull(strstr(masked, "LogonTag1=554=***\n"));
	ck_assert_ptr_nonnull(strstr(masked, "LogonTag2=5000=***\n"));
	ck_assert_ptr_null(strstr(masked, "hunter"));
	ck_assert_ptr_nonnull(strstr(masked, "ProxyPassword=***\n"));
	ck_assert_ptr_null(strstr(masked, "swordfish"));
	ck_assert_ptr_nonnull(strstr(open, "ProxyPassword=swordfish\n"));
	ck_assert_ptr_nonnull(strstr(open, "LogonTag1=554=hunter=2\n"));
	for (i = 0; i < sizeof(masks) / sizeof(masks[0]); i++)
		ck_assert(conf_is_masked(conf_session(c, 0), masks[i]));
	ck_assert(!conf_is_masked(conf_session(c, 0), 553));
	free(masked);
	free(open);
	conf_free(c);
}
END_TEST

START_TEST(a_fault_never_shows_a_secret)
{
	struct conf *c = parse(HEAD "[SESSION]\n" ONE ACCEPTOR
	    "LogonTag=hunter2\nSocketPrivateKeyBytes=hunter2\n");
	size_t i;

	ck_assert_uint_eq(2, conf_nfaults(c));
	for (i = 0; i < 2; i++)
		ck_assert_ptr_null(strstr(conf_fault(c, i)->text, "hunter"));
	conf_free(c);
}
END_TEST

static const char *const files[] = { "nobody", "ours", "quickfix",
	"quickfixj" };

START_TEST(printed_settings_parse_to_the_same)
{
	char path[4096], *first, *second;
	struct conf *c;

	snprintf(path, sizeof(path), "%s/t/conf/%s.conf", getenv("FG_SRC"),
	    files[_i]);
	ck_assert_int_eq(0, conf_load(&c, path));
	first = print(c, true);
	conf_free(c);
	conf_parse(&c, path, first, strlen(first));
	ck_assert_ptr_nonnull(c);
	second = print(c, true);
	ck_assert_msg(strcmp(first, second) == 0, "%s", path);
	conf_free(c);
	free(first);
	free(second);
}
END_TEST

/* What is printed has no finding left that is not about this machine. */
START_TEST(printed_settings_have_no_fault)
{
	struct conf *c = parse_clean(HEAD "[DEFAULT]\n" ACCEPTOR
	    "StartTime=00:00:00\nNonStopSession=Y\nLogonTag=553=u\n"
	    "[SESSION]\n" ONE "[SESSION]\n" ONE "TargetSubID=2\n"
	    "AllowedRemoteAddresses=127.0.0.1, ::1\nMaskTags=1,2\n"
	    "ReconnectInterval=3x5;10\n[TABLE A]\nColumns=B  int,C bool\n"
	    "Key=B\n");
	char *text = print(c, false);

	conf_free(c);
	c = parse_clean(text);
	ck_assert_uint_eq(2, conf_nsessions(c));
	ck_assert_uint_eq(1, conf_ntables(c));
	ck_assert_str_eq("A", conf_name(conf_table(c, 0)));
	ck_assert_str_eq("B int, C bool",
	    conf_str(conf_table(c, 0), CONF_Columns));
	ck_assert_str_eq("B", conf_str(conf_table(c, 0), CONF_Key));
	conf_free(c);
	free(text);
}
END_TEST

START_TEST(every_prefix_of_a_file_is_survived)
{
	static const char text[] = HEAD "[DEFAULT]\n" ACCEPTOR "x=${b}\n"
	    "[SESSION]\n" ONE "LogonTag1=554=a\nAppDataDictionary.FIX.4.4=x\n"
	    "FileStorePath=x\n[TABLE x]\ny=z\n";
	struct conf *c;
	char *copy;
	size_t n;

	for (n = 0; n < sizeof(text); n++) {
		copy = malloc(n + 1); /* exact: reading on is seen by ASan */
		ck_assert_ptr_nonnull(copy);
		memcpy(copy, text, n);
		copy = realloc(copy, n == 0 ? 1 : n);
		conf_parse(&c, "x", copy, n);
		free(copy);
		ck_assert_ptr_nonnull(c);
		conf_free(c);
	}
}
END_TEST

TCase *
printed_cases(void)
{
	TCase *t = tcase_create("printed");

	tcase_add_test(t, secrets_are_masked_unless_asked_for);
	tcase_add_test(t, a_fault_never_shows_a_secret);
	tcase_add_loop_test(t, printed_settings_parse_to_the_same, 0,
	    sizeof(files) / sizeof(files[0]));
	tcase_add_test(t, printed_settings_have_no_fault);
	tcase_add_test(t, every_prefix_of_a_file_is_survived);
	return t;
}
