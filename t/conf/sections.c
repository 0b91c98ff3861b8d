/* What a session takes from which section. */
#include "check_conf.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

START_TEST(a_session_takes_its_own_then_the_default_section_then_the_schema)
{
	struct conf *c = parse_clean(HEAD "[DEFAULT]\n" ACCEPTOR
	    "MaxLatency=30\nLogoutTimeout=5\n[SESSION]\n" ONE
	    "MaxLatency=60\n");
	const struct conf_section *s = conf_session(c, 0);

	ck_assert_int_eq(60, conf_int(s, CONF_MaxLatency));
	ck_assert_int_eq(5, conf_int(s, CONF_LogoutTimeout));
	ck_assert_int_eq(10, conf_int(s, CONF_LogonTimeout));
	ck_assert(conf_is_set(s, CONF_LogoutTimeout));
	ck_assert(!conf_is_set(s, CONF_LogonTimeout));
	ck_assert(!conf_is_set(s, CONF_HeartBtInt));
	ck_assert_int_eq(0, conf_int(s, CONF_HeartBtInt));
	ck_assert(conf_bool(s, CONF_SocketNodelay));
	ck_assert(conf_str(s, CONF_TargetSubID) == NULL);
	ck_assert_int_eq(CONF_ACCEPTOR, conf_enum(s, CONF_ConnectionType));
	conf_free(c);
}
END_TEST

START_TEST(default_holds_only_for_the_sessions_after_it)
{
	struct conf *c = parse(HEAD "[SESSION]\n" ONE ACCEPTOR
	    "[DEFAULT]\nMaxLatency=7\n[SESSION]\n" ONE ACCEPTOR
	    "TargetSubID=DESK\n");

	ck_assert_uint_eq(2, conf_nsessions(c));
	ck_assert_int_eq(120, conf_int(conf_session(c, 0), CONF_MaxLatency));
	ck_assert_int_eq(7, conf_int(conf_session(c, 1), CONF_MaxLatency));
	ck_assert_uint_eq(1, conf_nfaults(c));
	ck_assert_int_eq(CONF_WARNING, conf_fault(c, 0)->severity);
	conf_free(c);
}
END_TEST

START_TEST(blanks_line_ends_and_case_of_keys_do_not_count)
{
	struct conf *c = parse_clean("\xef\xbb\xbf# by an editor\r\n"
	    "  [ GATEWAY ]\r\n\tstorepath\t=  /tmp \r\n[SESSION]\r\n"
	    "BEGINSTRING = FIX.4.4\r\nsendercompid=A B\r\nTargetCompID=\xfc=#1"
	    "\r\n   # ACCEPTOR\r\nConnectionType=ACCEPTOR\r\n"
	    "SocketAcceptPort=05001\r\nUseDataDictionary=n");
	const struct conf_section *s = conf_session(c, 0);

	ck_assert_str_eq("/tmp", conf_path(conf_gateway(c), CONF_StorePath));
	ck_assert_str_eq("A B", conf_str(s, CONF_SenderCompID));
	ck_assert_str_eq("\xfc=#1", conf_str(s, CONF_TargetCompID));
	ck_assert_int_eq(5001, conf_int(s, CONF_SocketAcceptPort));
	ck_assert_uint_eq(4, conf_line(s));
	conf_free(c);
}
END_TEST

START_TEST(the_last_of_two_equal_keys_wins_and_an_empty_one_unsets)
{
	struct conf *c = parse(HEAD "[DEFAULT]\n" ACCEPTOR
	    "TargetSubID=DESK\n[SESSION]\n" ONE
	    "MaxLatency=1\nMaxLatency=2\nTargetSubID=\n");
	const struct conf_section *s = conf_session(c, 0);

	ck_assert_int_eq(2, conf_int(s, CONF_MaxLatency));
	ck_assert(conf_str(s, CONF_TargetSubID) == NULL);
	ck_assert_uint_eq(2, conf_nfaults(c));
	conf_free(c);
}
END_TEST

START_TEST(numbered_keys_come_in_the_order_of_their_numbers)
{
	struct conf *c = parse_clean(HEAD "[SESSION]\n" ONE
	    "ConnectionType=initiator\nHeartBtInt=30\nUseDataDictionary=N\n"
	    "SocketConnectHost10=c\nSocketConnectPort10=3\n"
	    "SocketConnectHost2=b\nSocketConnectPort2=2\n"
	    "SocketConnectPort=1\nSocketConnectHost=a\n");
	const struct conf_section *s = conf_session(c, 0);
	static const char *const host[] = { "a", "b", "c" };
	static const char *const suffix[] = { "", "2", "10" };
	unsigned i;

	for (i = 0; i < 3; i++) {
		ck_assert_str_eq(host[i],
		    conf_str_at(s, CONF_SocketConnectHost, i));
		ck_assert_int_eq(i + 1,
		    conf_int_at(s, CONF_SocketConnectPort, i));
		ck_assert_str_eq(suffix[i],
		    conf_suffix_at(s, CONF_SocketConnectPort, i));
	}
	ck_assert(conf_str_at(s, CONF_SocketConnectHost, 3) == NULL);
	ck_assert_int_eq(0, conf_int_at(s, CONF_SocketConnectPort, 3));
	ck_assert(conf_suffix_at(s, CONF_SocketConnectPort, 3) == NULL);
	conf_free(c);
}
END_TEST

START_TEST(reconnect_goes_through_its_steps_and_stays_at_the_last)
{
	static const struct {
		const char *text;
		unsigned want[6];
	} row[] = {
		{ "30", { 30, 30, 30, 30, 30, 30 } },
		{ "5;10", { 5, 10, 10, 10, 10, 10 } },
		{ "3x5;10", { 5, 5, 5, 10, 10, 10 } },
		{ "2*1;2x3;60", { 1, 1, 3, 3, 60, 60 } },
	};
	static const char *const bad[] = { "", "0", "x5", "5x", "3x0", ";5",
		"5;", "0x5", "-1", "5,10", "86401", "5 s" };
	int64_t seconds;
	size_t i;
	unsigned n;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		for (n = 1; n <= 6; n++) {
			ck_assert(form_steps(row[i].text, n, &seconds));
			ck_assert_int_eq(row[i].want[n - 1], seconds);
		}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!form_steps(bad[i], 1, &seconds), "%s", bad[i]);
}
END_TEST

START_TEST(the_dialect_decides_the_defaults_that_differ)
{
	struct conf *c = parse_clean(HEAD "[DEFAULT]\n" ACCEPTOR ONE
	    "[SESSION]\nTargetSubID=A\n"
	    "[SESSION]\nTargetSubID=B\nDialect=QuickFIXJ\n"
	    "[SESSION]\nTargetSubID=C\nDialect=quickfixj\n"
	    "ReconnectInterval=7\n");

	ck_assert_uint_eq(30, conf_reconnect(conf_session(c, 0), 1));
	ck_assert_uint_eq(5, conf_reconnect(conf_session(c, 1), 1));
	ck_assert_uint_eq(7, conf_reconnect(conf_session(c, 2), 1));
	conf_free(c);
}
END_TEST

START_TEST(timestamps_have_the_digits_that_either_key_asks_for)
{
	static const struct {
		const char *text;
		int digits;
	} row[] = {
		{ "", 3 },
		{ "MillisecondsInTimeStamp=N\n", 0 },
		{ "MillisecondsInTimeStamp=Y\n", 3 },
		{ "TimestampPrecision=6\n", 6 },
		{ "TimestampPrecision=nanos\n", 9 },
		{ "TimestampPrecision=SECONDS\n", 0 },
		{ "TimestampPrecision=6\nMillisecondsInTimeStamp=N\n", 6 },
	};
	char text[512];
	struct conf *c;
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		snprintf(text, sizeof(text), HEAD "[SESSION]\n" ONE ACCEPTOR
		    "%s", row[i].text);
		c = parse_clean(text);
		ck_assert_int_eq(row[i].digits,
		    conf_int(conf_session(c, 0), CONF_TimestampPrecision));
		conf_free(c);
	}
}
END_TEST

START_TEST(a_session_without_a_name_is_called_by_its_identity)
{
	struct conf *c = parse_clean(HEAD "[DEFAULT]\n" ACCEPTOR
	    "BeginString=FIX.4.4\nSenderCompID=US\n"
	    "[SESSION]\nTargetCompID=A\n"
	    "[SESSION]\nTargetCompID=B\nTargetSubID=DESK\n"
	    "[SESSION]\nTargetCompID=C\nSenderLocationID=L\n"
	    "[SESSION]\nTargetCompID=D\nSessionQualifier=Q\n"
	    "[SESSION]\nTargetCompID=E\nSessionName=BROKER\n");
	static const char *const want[] = { "FIX.4.4:US->A",
		"FIX.4.4:US->B/DESK", "FIX.4.4:US//L->C", "FIX.4.4:US->D:Q",
		"BROKER" };
	size_t i;

	for (i = 0; i < 5; i++) {
		ck_assert_str_eq(want[i], conf_name(conf_session(c, i)));
		ck_assert_str_eq(want[i],
		    conf_str(conf_session(c, i), CONF_SessionName));
	}
	conf_free(c);
}
END_TEST

START_TEST(equal_identities_are_found_wherever_they_stand)
{
	static const struct {
		const char *second;
		bool clash;
	} row[] = {
		{ "", true },
		{ "SessionQualifier=Q\n", true }, /* not on the wire */
		{ "ConnectionType=initiator\nHeartBtInt=1\n"
		  "SocketConnectHost=a\nSocketConnectPort=1\n"
		  "SessionQualifier=Q\n", false },
		{ "TargetSubID=DESK\n", false },
		{ "SenderLocationID=L\n", false },
		{ "BeginString=FIX.4.2\n", false },
	};
	char text[1024];
	struct conf *c;
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		snprintf(text, sizeof(text), HEAD "[DEFAULT]\n" ACCEPTOR ONE
		    "[SESSION]\n[SESSION]\nTargetCompID=OTHER\n"
		    "[SESSION]\n%s", row[i].second);
		c = parse(text);
		ck_assert_uint_eq(row[i].clash, conf_nfaults(c));
		if (row[i].clash)
			ck_assert_uint_eq(13, conf_fault(c, 0)->line);
		conf_free(c);
	}
}
END_TEST

START_TEST(variables_come_from_the_section_first_and_then_the_environment)
{
	struct conf *c;

	setenv("FG_CHECK_CONF", " from outside ", 1);
	setenv("TargetCompID", "ENVIRONMENT", 1);
	c = parse_clean(HEAD "[SESSION]\n" ONE ACCEPTOR
	    "SenderSubID=${targetcompid}-${a}\na=${b}!\nb=x$y\n"
	    "TargetSubID=${FG_CHECK_CONF}\n");
	ck_assert_str_eq("THEM-x$y!",
	    conf_str(conf_session(c, 0), CONF_SenderSubID));
	ck_assert_str_eq("from outside",
	    conf_str(conf_session(c, 0), CONF_TargetSubID));
	conf_free(c);
}
END_TEST

START_TEST(variables_cannot_blow_up)
{
	char text[4096];
	struct conf *c;
	size_t n;
	int i;

	setenv("FG_CHECK_EMPTY", "", 1); /* no length stops these */
	n = (size_t)snprintf(text, sizeof(text), HEAD "[SESSION]\n" ONE
	    ACCEPTOR "TargetSubID=${a0}\na15=${FG_CHECK_EMPTY}\n");
	for (i = 0; i < 15; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
		    "a%d=${a%d}${a%d}${a%d}${a%d}\n", i, i + 1, i + 1, i + 1,
		    i + 1);
	ck_assert_int_eq(FG_EINVAL, conf_parse(&c, "x", text, n));
	conf_free(c);
	setenv("FG_CHECK_CONF", "line\nSenderCompID=OTHER", 1);
	ck_assert_int_eq(FG_EINVAL, conf_parse(&c, "x", text, (size_t)snprintf(
	    text, sizeof(text), HEAD "[SESSION]\n" ONE ACCEPTOR
	    "TargetSubID=${FG_CHECK_CONF}\n")));
	conf_free(c);
}
END_TEST

START_TEST(faults_come_in_the_order_of_their_lines_and_once)
{
	struct conf *c = parse("[DEFAULT]\n" ACCEPTOR ONE
	    "MaxLatency=x\n[SESSION]\nTargetSubID=A\n[SESSION]\n"
	    "TargetSubID=B\nHeartBtInt=x\n[GATEWAY]\nCacheMB=x\n");
	static const unsigned line[] = { 8, 13, 15 };
	size_t i, n = 0;

	for (i = 0; i < conf_nfaults(c); i++)
		if (conf_fault(c, i)->severity == CONF_ERROR) {
			ck_assert_uint_lt(n, 3);
			ck_assert_uint_eq(line[n++], conf_fault(c, i)->line);
			ck_assert_str_eq("test.conf", conf_fault(c, i)->file);
		}
	ck_assert_uint_eq(3, n);
	conf_free(c);
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_a_fault)
{
	struct conf *c;

	ck_assert_int_eq(FG_EINVAL, conf_load(&c, "/nowhere/fixgate.conf"));
	ck_assert_uint_eq(1, conf_nfaults(c));
	ck_assert_uint_eq(0, conf_fault(c, 0)->line);
	ck_assert_str_eq("/nowhere/fixgate.conf", conf_fault(c, 0)->file);
	conf_free(c);
	ck_assert_int_eq(FG_EINVAL, conf_load(&c, "/"));
	conf_free(c);
	conf_free(NULL);
}
END_TEST

TCase *
sections_cases(void)
{
	TCase *t = tcase_create("sections");

	tcase_add_test(t,
	    a_session_takes_its_own_then_the_default_section_then_the_schema);
	tcase_add_test(t, default_holds_only_for_the_sessions_after_it);
	tcase_add_test(t, blanks_line_ends_and_case_of_keys_do_not_count);
	tcase_add_test(t,
	    the_last_of_two_equal_keys_wins_and_an_empty_one_unsets);
	tcase_add_test(t, numbered_keys_come_in_the_order_of_their_numbers);
	tcase_add_test(t,
	    reconnect_goes_through_its_steps_and_stays_at_the_last);
	tcase_add_test(t, the_dialect_decides_the_defaults_that_differ);
	tcase_add_test(t, timestamps_have_the_digits_that_either_key_asks_for);
	tcase_add_test(t, a_session_without_a_name_is_called_by_its_identity);
	tcase_add_test(t, equal_identities_are_found_wherever_they_stand);
	tcase_add_test(t,
	    variables_come_from_the_section_first_and_then_the_environment);
	tcase_add_test(t, variables_cannot_blow_up);
	tcase_add_test(t, faults_come_in_the_order_of_their_lines_and_once);
	tcase_add_test(t, a_file_that_cannot_be_read_is_a_fault);
	return t;
}
