#include <check.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "conf/internal.h"

#define HEAD "[GATEWAY]\nStorePath=/tmp\n"
#define ACCEPTOR                                                               \
	"ConnectionType=acceptor\nSocketAcceptPort=5001\nUseDataDictionary=N\n"
#define ONE "BeginString=FIX.4.4\nSenderCompID=US\nTargetCompID=THEM\n"

static struct conf *
parse(const char *text)
{
	struct conf *c;

	conf_parse(&c, "test.conf", text, strlen(text));
	ck_assert_ptr_nonnull(c);
	return c;
}

/* Parse what must have no finding at all. */
static struct conf *
parse_clean(const char *text)
{
	struct conf *c = parse(text);

	if (conf_nfaults(c) != 0)
		ck_abort_msg("line %u: %s", conf_fault(c, 0)->line,
		    conf_fault(c, 0)->text);
	return c;
}

static char *
print(const struct conf *c, bool secrets)
{
	size_t len;
	char *text;
	FILE *f = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(f);
	conf_print(c, f, secrets);
	fclose(f);
	return text;
}

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

#define BASE                                                                   \
	"[GATEWAY]\nStorePath=/tmp\n"                                         \
	"[DEFAULT]\nBeginString=FIX.4.4\nSenderCompID=US\nNonStopSession=Y\n"     \
	"UseDataDictionary=N\nHeartBtInt=17\n[SESSION]\nTargetCompID=A\n"         \
	"ConnectionType=acceptor\nSocketAcceptPort=5001\nSessionName=A\n"         \
	"LogonTimeout=9\n"

/* The file BASE, and one extra. */
static struct conf *
with_extra(enum conf_extra_kind kind, const char *name, const char *text)
{
	const struct conf_extra x = { kind, name, "A", kind == CONF_EXTRA_OVER ?
	    text : NULL, text, strlen(text) };
	struct conf *base, *c;

	ck_assert_int_eq(0, conf_parse(&base, "test.conf", BASE, strlen(BASE)));
	conf_again(&c, base, &x, 1);
	conf_free(base);
	return c;
}

#define TEMPLATE                                                                \
	"[SESSION]\nTargetCompID=*\nConnectionType=acceptor\n"                    \
	"SocketAcceptPort=5002\nSessionName=A\nLogonTimeout=9\n"                 \
	"SessionQualifier=*\nAcceptorTemplate=Y\nMaxTemplateSessions=7\n"

/* A template A with SenderCompID US, more of the file, and what is made of the
 * template. */
static struct conf *
from_template(const char *more, const char *name, const char *text)
{
	const struct conf_extra x = { CONF_EXTRA_FROM, name, "A", NULL, text,
		strlen(text) };
	char all[2048];
	struct conf *base, *c;

	snprintf(all, sizeof(all), "[GATEWAY]\nStorePath=.\n[DEFAULT]\nBeginString=FIX.4.4\n"
	    "SenderCompID=US\nNonStopSession=Y\nUseDataDictionary=N\n"
	    TEMPLATE "%s", more);
	ck_assert_int_eq(0, conf_parse(&base, "test.conf", all, strlen(all)));
	conf_again(&c, base, &x, 1);
	conf_free(base);
	return c;
}

START_TEST(a_session_is_made_of_a_template)
{
	struct conf *c = from_template("", "B", "TargetCompID=B\n");
	const struct conf_section *s = conf_session(c, 1);
	enum conf_key k;
	struct conf *one;

	ck_assert_uint_eq(0, conf_nfaults(c));
	ck_assert(conf_is_template(conf_session(c, 0)));
	ck_assert(conf_wildcard(conf_session(c, 0), 0, &k));
	ck_assert_int_eq(CONF_TargetCompID, k);
	ck_assert(!conf_wildcard(conf_session(c, 0), 1, &k));
	ck_assert(!conf_is_template(s));
	ck_assert_str_eq("B", conf_name(s));
	ck_assert_str_eq("A", conf_base(s));
	ck_assert_str_eq("B", conf_str(s, CONF_TargetCompID));
	ck_assert_ptr_null(conf_str(s, CONF_SessionQualifier));
	ck_assert_int_eq(9, conf_int(s, CONF_LogonTimeout));
	ck_assert_int_eq(5002, conf_int(s, CONF_SocketAcceptPort));
	ck_assert_int_eq(1000, conf_int(s, CONF_MaxTemplateSessions));
	ck_assert_int_eq(0, conf_extract(&one, c, s));
	ck_assert(conf_same(s, conf_session(one, 0)));
	conf_free(c);
	ck_assert_str_eq("A", conf_base(conf_session(one, 0)));
	conf_free(one);
}
END_TEST

START_TEST(the_session_of_the_file_holds_against_that_of_a_template)
{
	static const char *const more[] = {
		"[SESSION]\nTargetCompID=B\nConnectionType=acceptor\n"
		"SocketAcceptPort=5002\nSessionName=X\n",
		"[SESSION]\nTargetCompID=C\nConnectionType=acceptor\n"
		"SocketAcceptPort=5002\nSessionName=B\n",
	};
	struct conf *c;
	size_t i;

	for (i = 0; i < 2; i++) {
		c = from_template(more[i], "B", "TargetCompID=B\n");
		ck_assert_uint_eq(0, conf_nfaults(c));
		ck_assert_uint_eq(2, conf_nsessions(c));
		ck_assert(!conf_is_extra(conf_session(c, 1)));
		conf_free(c);
	}
	/* What is wrong with one is said of it. */
	c = from_template("", "B", "TargetCompID=B\nMaxLatency=x\n");
	ck_assert_uint_eq(1, conf_nfaults(c));
	ck_assert_str_eq("B", conf_fault(c, 0)->session);
	conf_free(c);
}
END_TEST

START_TEST(an_extra_session_is_like_one_at_the_end_of_the_file)
{
	struct conf *c = with_extra(CONF_EXTRA_NEW, "B", "TargetCompID=B\n"
	    "ConnectionType=acceptor\nSocketAcceptPort=5001\nCheckLatency=N");
	const struct conf_section *s;
	struct conf *one;

	ck_assert_uint_eq(2, conf_nsessions(c));
	s = conf_session(c, 1);
	ck_assert(conf_is_extra(s));
	ck_assert(!conf_is_extra(conf_session(c, 0)));
	ck_assert_str_eq("B", conf_name(s));
	ck_assert_str_eq("US", conf_str(s, CONF_SenderCompID));
	ck_assert_int_eq(17, conf_int(s, CONF_HeartBtInt));
	ck_assert_int_eq(10, conf_int(s, CONF_LogonTimeout));
	ck_assert(!conf_bool(s, CONF_CheckLatency));
	ck_assert_uint_eq(0, conf_nfaults(c));
	conf_free(c);
	c = with_extra(CONF_EXTRA_NEW, "B", "TargetCompID=B\n"
	    "ConnectionType=acceptor\nSocketAcceptPort=5001\nCheckLatency=N");
	s = conf_session(c, 1);
	ck_assert_int_eq(0, conf_extract(&one, c, s));
	ck_assert_uint_eq(1, conf_nsessions(one));
	ck_assert(conf_same(s, conf_session(one, 0)));
	ck_assert(conf_same(conf_gateway(c), conf_gateway(one)));
	conf_free(c);
	ck_assert_str_eq("B", conf_name(conf_session(one, 0)));
	ck_assert(conf_schedule(conf_session(one, 0))->non_stop);
	conf_free(one);
	c = with_extra(CONF_EXTRA_FROM, "B", "TargetCompID=B\n");
	ck_assert_uint_eq(1, conf_nsessions(c)); /* A is no template */
	conf_free(c);
	c = with_extra(CONF_EXTRA_OVER, "A", "N");
	ck_assert_uint_eq(0, conf_nfaults(c));
	ck_assert_uint_eq(1, conf_nsessions(c));
	ck_assert(!conf_bool(conf_session(c, 0), CONF_Enabled));
	conf_free(c);
	c = with_extra(CONF_EXTRA_OVER, "Z", "N");
	ck_assert_uint_eq(0, conf_nfaults(c));
	ck_assert(conf_bool(conf_session(c, 0), CONF_Enabled));
	conf_free(c);
}
END_TEST

START_TEST(faults_of_an_extra_name_it)
{
	static const struct {
		const char *name, *text, *want;
	} row[] = {
		{ "B", "TargetCompID=B\nConnectionType=acceptor\n"
		    "SocketAcceptPort=0x\n", "SocketAcceptPort" },
		{ "B", "TargetCompID=B\nConnectionType=initiator\n"
		    "SocketConnectPort=1\n", "SocketConnectHost" },
		{ "B", "TargetCompID=A\nConnectionType=acceptor\n"
		    "SocketAcceptPort=1\n", "at line 9" },
		{ "A", "TargetCompID=B\nConnectionType=acceptor\n"
		    "SocketAcceptPort=1\n", "SessionName=A" },
		{ "B", "[SESSION]\n", "no setting" },
		{ "B", "no value\n", "no setting" },
	};
	const struct conf_fault *f;
	struct conf *c;
	size_t i, j;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		c = with_extra(CONF_EXTRA_NEW, row[i].name, row[i].text);
		for (j = 0; j + 1 < conf_nfaults(c) &&
		    strstr(conf_fault(c, j)->text, row[i].want) == NULL; j++)
			;
		f = conf_fault(c, j);
		ck_assert_int_eq(CONF_ERROR, f->severity);
		ck_assert_str_eq(row[i].name, f->session);
		ck_assert_uint_eq(0, f->line);
		ck_assert_msg(strstr(f->text, row[i].want) != NULL, "%s",
		    f->text);
		conf_free(c);
	}
}
END_TEST

START_TEST(sections_are_the_same_whatever_their_lines)
{
	static const char changed[] = BASE "\n[SESSION]\nTargetCompID=B\n"
	    "ConnectionType=acceptor\nSocketAcceptPort=5001\n# later\n";
	struct conf *a, *b;

	ck_assert_int_eq(0, conf_parse(&a, "test.conf", changed,
	    strlen(changed)));
	ck_assert_int_eq(0, conf_parse(&b, "test.conf", changed,
	    strlen(changed)));
	ck_assert(conf_same(conf_session(a, 0), conf_session(b, 0)));
	ck_assert(conf_same(conf_session(a, 1), conf_session(b, 1)));
	ck_assert(!conf_same(conf_session(a, 0), conf_session(b, 1)));
	ck_assert(!conf_same(conf_session(a, 1), conf_session(b, 0)));
	ck_assert(conf_same_key(conf_session(a, 0), conf_session(b, 1),
	    CONF_HeartBtInt));
	ck_assert(!conf_same_key(conf_session(a, 0), conf_session(b, 1),
	    CONF_LogonTimeout));
	conf_free(a);
	conf_hold(b);
	conf_free(b);
	ck_assert_str_eq("A", conf_name(conf_session(b, 0)));
	conf_free(b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("conf");
	TCase *t = tcase_create("conf");
	SRunner *r;
	int failed;

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
	tcase_add_test(t, secrets_are_masked_unless_asked_for);
	tcase_add_test(t, a_fault_never_shows_a_secret);
	tcase_add_loop_test(t, printed_settings_parse_to_the_same, 0,
	    sizeof(files) / sizeof(files[0]));
	tcase_add_test(t, printed_settings_have_no_fault);
	tcase_add_test(t, every_prefix_of_a_file_is_survived);
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
	tcase_add_test(t,
	    an_extra_session_is_like_one_at_the_end_of_the_file);
	tcase_add_test(t, a_session_is_made_of_a_template);
	tcase_add_test(t,
	    the_session_of_the_file_holds_against_that_of_a_template);
	tcase_add_test(t, faults_of_an_extra_name_it);
	tcase_add_test(t, sections_are_the_same_whatever_their_lines);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
