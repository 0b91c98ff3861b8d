/* The keys: their rules, their defaults, and the forms of their values. */
#include "check_conf.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

START_TEST(every_key_is_found_by_its_name_in_any_case)
{
	char name[128];
	size_t suffix, i, n;
	enum conf_key k, want;

	for (k = 0; k < CONF_NKEYS; k++) {
		n = strlen(conf_rules[k].name);
		for (i = 0; i < n; i++)
			name[i] = (char)(i % 2
			    ? toupper((unsigned char)conf_rules[k].name[i])
			    : tolower((unsigned char)conf_rules[k].name[i]));
		want = conf_rules[k].class == CONF_ALIAS ? conf_rules[k].of
							 : k;
		if (conf_rules[k].class == CONF_FAMILY)
			name[n++] = 'X';
		ck_assert_msg(schema_find(name, n, &suffix) == want, "%s",
		    conf_rules[k].name);
		ck_assert_uint_eq(n, suffix);
	}
	ck_assert_int_eq(CONF_NKEYS, schema_find("MaxLatency1", 11, &suffix));
	ck_assert_int_eq(CONF_NKEYS, schema_find("Jdbc", 4, &suffix));
	ck_assert_int_eq(CONF_NKEYS, schema_find("", 0, &suffix));
}
END_TEST

START_TEST(every_default_obeys_its_own_rule)
{
	struct conf *c = parse(HEAD);
	struct conf_entry e;
	enum conf_key k;

	for (k = 0; k < CONF_NKEYS; k++) {
		if (conf_rules[k].dflt == NULL)
			continue;
		memset(&e, 0, sizeof(e));
		e.key = k;
		e.name = conf_rules[k].name;
		e.suffix = "";
		e.value = conf_rules[k].dflt;
		value_parse(c, &e);
		ck_assert_msg(!e.bad, "%s", e.name);
		ck_assert_str_eq(conf_rules[k].dflt, e.value);
	}
	conf_free(c);
}
END_TEST

START_TEST(words_have_the_numbers_of_their_enums)
{
	static const struct {
		enum conf_key key;
		const char *word;
		int n;
	} row[] = {
		{ CONF_ConnectionType, "initiator", CONF_INITIATOR },
		{ CONF_ConnectionType, "acceptor", CONF_ACCEPTOR },
		{ CONF_Dialect, "quickfix", CONF_QUICKFIX },
		{ CONF_Dialect, "quickfixj", CONF_QUICKFIXJ },
		{ CONF_HostSelectionPolicy, "ROUNDROBIN", CONF_HOST_ROUNDROBIN },
		{ CONF_HostSelectionPolicy, "PRIORITY", CONF_HOST_PRIORITY },
		{ CONF_ThrottleAction, "reject", CONF_THROTTLE_REJECT },
		{ CONF_ThrottleAction, "logout", CONF_THROTTLE_LOGOUT },
		{ CONF_CancelOnDisconnect, "none", CONF_CANCEL_NONE },
		{ CONF_CancelOnDisconnect, "disconnect",
		    CONF_CANCEL_DISCONNECT },
		{ CONF_CancelOnDisconnect, "logout", CONF_CANCEL_LOGOUT },
		{ CONF_CancelOnDisconnect, "both", CONF_CANCEL_BOTH },
		{ CONF_ProxyType, "http", CONF_PROXY_HTTP },
		{ CONF_ProxyType, "socks", CONF_PROXY_SOCKS },
		{ CONF_ProxyVersion, "1.0", CONF_PROXY_1_0 },
		{ CONF_ProxyVersion, "1.1", CONF_PROXY_1_1 },
		{ CONF_ProxyVersion, "4", CONF_PROXY_4 },
		{ CONF_ProxyVersion, "4a", CONF_PROXY_4A },
		{ CONF_ProxyVersion, "5", CONF_PROXY_5 },
		{ CONF_ValidationProfile, "strict", CONF_PROFILE_STRICT },
		{ CONF_ValidationProfile, "quickfix", CONF_PROFILE_QUICKFIX },
		{ CONF_SendWhenLoggedOff, "queue", CONF_LOGGED_OFF_QUEUE },
		{ CONF_SendWhenLoggedOff, "number", CONF_LOGGED_OFF_NUMBER },
		{ CONF_SendWhenLoggedOff, "reject", CONF_LOGGED_OFF_REJECT },
		{ CONF_Durability, "none", CONF_DURABILITY_NONE },
		{ CONF_Durability, "written", CONF_DURABILITY_WRITTEN },
		{ CONF_Durability, "synced", CONF_DURABILITY_SYNCED },
		{ CONF_LogLevel, "error", CONF_LOG_ERROR },
		{ CONF_LogLevel, "warn", CONF_LOG_WARN },
		{ CONF_LogLevel, "info", CONF_LOG_INFO },
		{ CONF_LogLevel, "debug", CONF_LOG_DEBUG },
		{ CONF_LogFormat, "logfmt", CONF_LOG_LOGFMT },
		{ CONF_LogFormat, "text", CONF_LOG_TEXT },
		{ CONF_IdleStrategy, "block", CONF_IDLE_BLOCK },
		{ CONF_IdleStrategy, "adaptive", CONF_IDLE_ADAPTIVE },
	};
	const char *canon;
	size_t i, len;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		ck_assert_int_eq(row[i].n, schema_word(
		    conf_rules[row[i].key].words, row[i].word, &canon, &len));
}
END_TEST

START_TEST(lists_are_kept_in_one_form)
{
	struct conf *c = parse_clean(HEAD "[SESSION]\n" ONE ACCEPTOR
	    "AcceptMsgTypes=D, F ,AE\nMaskTags= 96\n"
	    "AllowedRemoteAddresses=127.0.0.1 , 0:0::1,2001:DB8::A\n");
	const struct conf_section *s = conf_session(c, 0);

	ck_assert_str_eq("D,F,AE", conf_str(s, CONF_AcceptMsgTypes));
	ck_assert_str_eq("127.0.0.1,::1,2001:db8::a",
	    conf_str(s, CONF_AllowedRemoteAddresses));
	conf_free(c);
}
END_TEST

START_TEST(a_fixt_session_has_the_dictionary_of_its_default_version)
{
	static const char *const given[] = {
		"AppDataDictionary=FIX44.xml\n",
		"AppDataDictionary.FIX.5.0SP2=FIX44.xml\n"
		"AppDataDictionary.FIX.4.2=FIX42.xml\n" };
	char file[4096], text[1024];
	const struct conf_section *s;
	struct conf *c;
	size_t i;

	snprintf(file, sizeof(file), "%s/t/conf/x.conf", getenv("FG_SRC"));
	for (i = 0; i < 2; i++) {
		conf_parse(&c, file, text, (size_t)snprintf(text, sizeof(text),
		    HEAD "[SESSION]\nBeginString=FIXT.1.1\nSenderCompID=A\n"
		    "TargetCompID=B\nDefaultApplVerID=FIX.5.0SP2\n"
		    "ConnectionType=acceptor\nSocketAcceptPort=0\n"
		    "TransportDataDictionary=dict/FIXT11.xml\n%s", given[i]));
		ck_assert_ptr_nonnull(c);
		ck_assert_uint_eq(0, conf_nfaults(c));
		s = conf_session(c, 0);
		ck_assert_str_eq("", conf_suffix_at(s,
		    CONF_AppDataDictionary, 0));
		ck_assert_ptr_nonnull(strstr(conf_path(s,
		    CONF_AppDataDictionary), "t/conf/FIX44.xml"));
		ck_assert_str_eq("9", conf_str(s, CONF_DefaultApplVerID));
		conf_free(c);
	}
}
END_TEST

START_TEST(a_session_has_only_the_dictionaries_of_its_kind)
{
	char file[4096], text[1024];
	const struct conf_section *s;
	struct conf *c;

	snprintf(file, sizeof(file), "%s/t/conf/x.conf", getenv("FG_SRC"));
	conf_parse(&c, file, text, (size_t)snprintf(text, sizeof(text),
	    HEAD "[DEFAULT]\nSenderCompID=A\nTargetCompID=B\n"
	    "ConnectionType=acceptor\nSocketAcceptPort=0\n"
	    "DataDictionary=FIX44.xml\nDefaultApplVerID=9\n"
	    "TransportDataDictionary=dict/FIXT11.xml\n"
	    "AppDataDictionary=dict/FIX50SP2.xml\n"
	    "[SESSION]\nBeginString=FIX.4.4\n"
	    "[SESSION]\nBeginString=FIXT.1.1\n"));
	ck_assert_ptr_nonnull(c);
	ck_assert_uint_eq(0, conf_nfaults(c));
	s = conf_session(c, 0);
	ck_assert_ptr_nonnull(conf_path(s, CONF_DataDictionary));
	ck_assert_ptr_null(conf_path(s, CONF_TransportDataDictionary));
	ck_assert_ptr_null(conf_path(s, CONF_AppDataDictionary));
	s = conf_session(c, 1);
	ck_assert_ptr_null(conf_path(s, CONF_DataDictionary));
	ck_assert_ptr_nonnull(conf_path(s, CONF_TransportDataDictionary));
	ck_assert_ptr_nonnull(conf_path(s, CONF_AppDataDictionary));
	conf_free(c);
}
END_TEST

START_TEST(the_keys_of_the_schedule_become_windows)
{
	struct conf *c = parse_clean(HEAD "[DEFAULT]\n" ACCEPTOR ONE
	    "[SESSION]\n[SESSION]\nTargetSubID=2\n"
	    "TimeZone=America/New_York\nStartTime=17:00:00\n"
	    "EndTime=07:00:00 Europe/London\nWeekdays=mon,TU\n"
	    "LogonTime=18:30:00\nResetSeqTime=19:00:00 UTC\n");
	const struct schedule *s = conf_schedule(conf_session(c, 1));
	/* Monday 2026-07-06 */
	wall_t t = { 1783296000 * NS_PER_S };
	static const struct {
		int64_t hours10;
		unsigned what;
	} want[] = {
		{ 190, SCHEDULE_RESET },
		{ 210, SCHEDULE_START },
		{ 225, SCHEDULE_LOGON },
		{ 300, SCHEDULE_END },
		{ 430, SCHEDULE_RESET },
		{ 450, SCHEDULE_START },
	};
	wall_t at = t;
	size_t i;

	ck_assert(conf_schedule(conf_session(c, 0))->non_stop);
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		ck_assert_uint_eq(schedule_next(s, at, &at), want[i].what);
		ck_assert_int_eq(at.ns, t.ns + want[i].hours10 * 360 *
		    NS_PER_S);
	}
	conf_free(c);
}
END_TEST

START_TEST(paths_are_beside_the_file_if_there_is_something)
{
	char file[4096], want[4200];
	const char *src = getenv("FG_SRC");
	struct conf *c;
	static const char text[] = "[GATEWAY]\nStorePath=dict\n"
	    "DictionaryPath=nowhere\nLogTarget=SysLog\nPidFile=/run/x.pid\n";

	snprintf(file, sizeof(file), "%s/t/conf/x.conf", src);
	snprintf(want, sizeof(want), "%s/t/conf/dict", src);
	conf_parse(&c, file, text, strlen(text));
	ck_assert_ptr_nonnull(c);
	ck_assert_str_eq(want, conf_path(conf_gateway(c), CONF_StorePath));
	ck_assert_str_eq("nowhere",
	    conf_path(conf_gateway(c), CONF_DictionaryPath));
	ck_assert_str_eq("syslog", conf_path(conf_gateway(c), CONF_LogTarget));
	ck_assert_str_eq("/run/x.pid",
	    conf_path(conf_gateway(c), CONF_PidFile));
	strcat(want, "/control.sock");
	ck_assert_str_eq(want,
	    conf_path(conf_gateway(c), CONF_ControlSocket));
	conf_free(c);
}
END_TEST

TCase *
keys_cases(void)
{
	TCase *t = tcase_create("keys");

	tcase_add_test(t, every_key_is_found_by_its_name_in_any_case);
	tcase_add_test(t, every_default_obeys_its_own_rule);
	tcase_add_test(t, words_have_the_numbers_of_their_enums);
	tcase_add_test(t, lists_are_kept_in_one_form);
	tcase_add_test(t,
	    a_fixt_session_has_the_dictionary_of_its_default_version);
	tcase_add_test(t,
	    a_session_has_only_the_dictionaries_of_its_kind);
	tcase_add_test(t, the_keys_of_the_schedule_become_windows);
	tcase_add_test(t, paths_are_beside_the_file_if_there_is_something);
	return t;
}
