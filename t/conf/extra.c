/* Sessions that no file has: made of a template, or created while running. */
#include "check_conf.h"

#include <string.h>

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

TCase *
extra_cases(void)
{
	TCase *t = tcase_create("extra");

	tcase_add_test(t,
	    an_extra_session_is_like_one_at_the_end_of_the_file);
	tcase_add_test(t, a_session_is_made_of_a_template);
	tcase_add_test(t,
	    the_session_of_the_file_holds_against_that_of_a_template);
	tcase_add_test(t, faults_of_an_extra_name_it);
	tcase_add_test(t, sections_are_the_same_whatever_their_lines);
	return t;
}
