#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_dict.h"
#include "dict/build.h"

#define PASS (-1)

/* Header of a good message of a type; the trailer. */
#define HDR(version, type)                                                     \
	"8=" version "|9=1|35=" type "|34=2|49=TW|52=20260105-09:00:00|"       \
	"56=ISLD|"
#define H42(type) HDR("FIX.4.2", type)
#define H44(type) HDR("FIX.4.4", type)
#define H50(type) HDR("FIXT.1.1", type)
#define TRL "10=000|"
#define ORDER42 H42("D") "11=id|21=1|40=1|54=1|55=INTC|60=20260105-09:00:00|"
#define ORDER44 H44("D") "11=id|40=1|54=1|55=INTC|60=20260105-09:00:00.123|"

struct row {
	const char *what;
	const char *text;
	int reason; /* or PASS */
	int32_t tag;
};

static void
judge(const struct dict *transport, const struct dict *app, unsigned flags,
    const struct row *row, size_t n)
{
	struct dict_scratch *s = dict_scratch_new();
	struct dict_reject rej;
	struct parsed p;
	size_t i;
	bool ok;

	ck_assert(s != NULL);
	for (i = 0; i < n; i++) {
		p = parse(row[i].text, app);
		rej = (struct dict_reject){ FIX_REJECT_OTHER, -9 };
		ok = dict_validate(transport, app, flags, &p.m, s, &rej);
		ck_assert_msg(ok == (row[i].reason == PASS) &&
			(ok || ((int)rej.reason == row[i].reason &&
				   rej.tag == row[i].tag)),
		    "%s: %s, reason %d, tag %d", row[i].what,
		    ok ? "passed" : "rejected", (int)rej.reason,
		    (int)rej.tag);
		parsed_free(&p);
	}
	dict_scratch_free(s);
}

#define JUDGE(d, flags, row)                                                   \
	judge(shipped(d), shipped(d), flags, row, sizeof(row) / sizeof(row[0]))

START_TEST(session_level_faults_are_told_as_in_the_acceptance_tests)
{
	static const struct row row[] = {
		{ "heartbeat", H44("0") TRL, PASS, 0 },
		{ "14a: unknown tag", H44("0") "999=HI|" TRL, 0, 999 },
		{ "14a: tag 0", H44("0") "0=HI|" TRL, 0, 0 },
		{ "14a: tag -1", H44("0") "-1=HI|" TRL, 0, -1 },
		{ "14a: tag 5000", H44("0") "5000=HI|" TRL, 0, 5000 },
		{ "14b: no 56 is a required tag missing",
		    "8=FIX.4.4|9=1|35=0|34=2|49=TW|52=20260105-09:00:00|" TRL,
		    1, 56 },
		{ "14b: of several missing the lowest",
		    H44("D") "40=1|54=1|60=20260105-09:00:00|" TRL, 1, 11 },
		{ "14b: header before body",
		    "8=FIX.4.4|9=1|35=D|34=2|49=TW|52=20260105-09:00:00|"
		    "40=1|54=1|60=20260105-09:00:00|" TRL,
		    1, 56 },
		{ "14c: a tag of other messages", H44("0") "55=X|" TRL, 2,
		    55 },
		{ "14d: empty 56 is present",
		    "8=FIX.4.4|9=1|35=0|34=2|49=TW|52=20260105-09:00:00|"
		    "56=|" TRL,
		    4, 56 },
		{ "14e: value not listed", ORDER44 "21=4|" TRL, 5, 21 },
		{ "14e: text not listed", ORDER44 "167=BOO|" TRL, 5, 167 },
		{ "14e: text listed", ORDER44 "167=CS|38=002000.00|" TRL,
		    PASS, 0 },
		{ "14f: a leading + is no number", ORDER44 "38=+200.00|" TRL,
		    6, 38 },
		{ "14g: header behind the body",
		    "8=FIX.4.4|9=1|35=D|11=id|40=1|54=1|55=INTC|"
		    "60=20260105-09:00:00|34=2|49=TW|52=20260105-09:00:00|"
		    "56=ISLD|" TRL,
		    14, 34 },
		{ "14g: one body field in front of it",
		    "8=FIX.4.4|9=1|35=D|55=INTC|34=2|49=TW|"
		    "52=20260105-09:00:00|56=ISLD|11=id|40=1|54=1|"
		    "60=20260105-09:00:00|" TRL,
		    14, 34 },
		{ "body behind the trailer", ORDER44 "10=000|38=1|", 14, 38 },
		{ "14h: a tag twice", ORDER44 "40=1|" TRL, 13, 40 },
		{ "14i: fewer instances than said",
		    ORDER44 "386=3|336=A|336=B|" TRL, 16, 386 },
		{ "more instances than said", ORDER44 "386=1|336=A|336=B|" TRL,
		    16, 386 },
		{ "as many as said", ORDER44 "386=2|336=A|336=B|" TRL, PASS,
		    0 },
		{ "21: a count of 0", ORDER44 "386=0|38=1|" TRL, PASS, 0 },
		{ "15: header and body in other orders",
		    "8=FIX.4.4|9=1|35=D|56=ISLD|49=TW|52=20260105-09:00:00|"
		    "34=2|60=20260105-09:00:00|55=INTC|54=1|40=1|11=id|" TRL,
		    PASS, 0 },
		{ "2q: unknown type", H44("*") "1=x|" TRL, 11, DICT_NO_TAG },
		{ "order is judged before the type",
		    "8=FIX.4.4|9=1|35=*|1=x|34=2|" TRL, 14, 34 },
		{ "an empty header field wins over a bad body value",
		    "8=FIX.4.4|9=1|35=D|34=2|49=TW|52=20260105-09:00:00|"
		    "56=ISLD|115=A|116=|11=id|40=w|54=1|55=INTC|"
		    "60=20260105-09:00:00|" TRL,
		    4, 116 },
		{ "the lowest tag wins, not the first on the wire",
		    ORDER44 "167=BOO|38=x|" TRL, 6, 38 },
		{ "a missing tag wins over a bad one",
		    H44("D") "11=id|40=w|54=1|" TRL, 1, 60 },
	};

	JUDGE("FIX44", DICT_FLAGS_DEFAULT, row);
}
END_TEST

START_TEST(older_versions_are_judged_by_their_own_rules)
{
	static const struct row row42[] = {
		{ "order", ORDER42 TRL, PASS, 0 },
		{ "55 is required", H42("D") "11=id|21=1|40=1|54=1|"
		    "60=20260105-09:00:00|" TRL, 1, 55 },
		{ "value", ORDER42 "59=w|" TRL, 5, 59 },
		{ "CHAR is one byte", ORDER42 "59=11|" TRL, 6, 59 },
		{ "repeated", ORDER42 "40=1|" TRL, 13, 40 },
		{ "count", ORDER42 "386=3|336=A|336=B|" TRL, 16, 386 },
		{ "two groups of no instances",
		    H42("d") "320=1|323=4|322=x|393=0|55=I|167=OPT|58=t|"
			     "146=0|" TRL,
		    PASS, 0 },
		{ "a word list", ORDER42 "18=1 G|" TRL, PASS, 0 },
		{ "a word not listed", ORDER42 "18=1 w|" TRL, 5, 18 },
		{ "two spaces", ORDER42 "18=1  G|" TRL, 6, 18 },
	};
	static const struct row row40[] = {
		{ "115 and 116", HDR("FIX.4.0", "0") TRL, PASS, 0 },
		{ "144 is not known and not of the body",
		    "8=FIX.4.0|9=1|35=0|34=2|144=L|49=TW|"
		    "52=20260105-09:00:00|56=ISLD|" TRL,
		    0, 144 },
		{ "CHAR may be long",
		    HDR("FIX.4.0", "D") "11=long id|21=1|55=INTC|54=1|38=1|"
					"40=1|" TRL,
		    PASS, 0 },
		{ "values are checked", HDR("FIX.4.0", "D")
		    "11=id|21=4|55=INTC|54=1|38=1|40=1|" TRL, 5, 21 },
		{ "TIME is a stamp", HDR("FIX.4.0", "D")
		    "11=id|21=1|55=INTC|54=1|38=1|40=1|126=20040415|" TRL,
		    6, 126 },
	};

	JUDGE("FIX42", DICT_FLAGS_DEFAULT, row42);
	JUDGE("FIX40", DICT_FLAGS_DEFAULT, row40);
}
END_TEST

START_TEST(a_pair_of_dictionaries_shares_the_work)
{
	static const struct row row[] = {
		{ "heartbeat", H50("0") TRL, PASS, 0 },
		{ "14a", H50("0") "999=HI|" TRL, 0, 999 },
		{ "14b", "8=FIXT.1.1|9=1|35=0|34=2|49=TW|"
		    "52=20260105-09:00:00|" TRL, 1, 56 },
		{ "14c: the transport judges it", H50("0") "58=X|" TRL, 2,
		    58 },
		{ "an order",
		    "8=FIXT.1.1|9=1|35=D|34=2|49=TW|52=20260105-09:00:00|"
		    "56=ISLD|1128=7|11=id|40=1|54=1|55=INTC|"
		    "60=20260105-09:00:00|" TRL,
		    PASS, 0 },
		{ "header required", "8=FIXT.1.1|9=1|35=D|34=2|49=TW|"
		    "52=20260105-09:00:00|11=id|40=1|54=1|55=INTC|"
		    "60=20260105-09:00:00|" TRL, 1, 56 },
		{ "14b: 54 is the lowest of the missing",
		    H50("D") "11=id|40=1|60=20260105-09:00:00|" TRL, 1, 54 },
		{ "repeated, not adjacent",
		    H50("D") "11=id|40=1|54=1|40=1|55=INTC|"
			     "60=20260105-09:00:00|" TRL,
		    13, 40 },
		{ "count", H50("D") "11=id|40=1|54=1|55=INTC|"
		    "60=20260105-09:00:00|386=3|336=A|336=B|" TRL, 16, 386 },
		{ "unknown type", H50("*") TRL, 11, DICT_NO_TAG },
		{ "Logon with message types",
		    H50("A") "98=0|108=30|1137=9|384=2|372=D|385=R|372=8|"
			     "385=S|" TRL,
		    PASS, 0 },
	};

	judge(shipped("FIXT11"), shipped("FIX50"), DICT_FLAGS_DEFAULT, row,
	    sizeof(row) / sizeof(row[0]));
}
END_TEST

#define PARTY(id) "448=" id "|447=D|452=1|"

START_TEST(groups_are_judged_instance_by_instance)
{
	static const struct row row[] = {
		{ "one level", ORDER44 "453=2|" PARTY("A") PARTY("B") TRL,
		    PASS, 0 },
		{ "two levels",
		    ORDER44 "453=2|448=A|802=2|523=x|803=1|523=y|803=2|" PARTY(
			"B") TRL,
		    PASS, 0 },
		{ "inner count",
		    ORDER44 "453=2|448=A|802=3|523=x|803=1|523=y|" PARTY(
			"B") TRL,
		    16, 802 },
		{ "a bad value inside", ORDER44 "453=1|448=A|447=w w|" TRL, 6,
		    447 },
		{ "a value not listed inside", ORDER44 "453=1|448=A|447=z|" TRL,
		    5, 447 },
		{ "an empty value inside", ORDER44 "453=1|448=A|447=|" TRL, 4,
		    447 },
		{ "twice in one instance",
		    ORDER44 "453=1|448=A|447=D|447=D|" TRL, 13, 447 },
		{ "out of order in an instance",
		    ORDER44 "453=1|448=A|452=1|447=D|" TRL, 15, 447 },
		{ "the count before what is inside",
		    ORDER44 "453=2|448=A|447=z|" TRL, 16, 453 },
		{ "no delimiter", ORDER44 "453=1|447=D|448=A|" TRL, 1, 448 },
		{ "a foreign field inside is the fault, not the count",
		    ORDER44 "453=2|448=A|6000=x|447=D|448=B|" TRL, 0, 6000 },
		{ "the field behind a group ends it",
		    ORDER44 "453=1|" PARTY("A") "38=x|" TRL, 6, 38 },
		{ "a count that is no number", ORDER44 "453=x|448=A|" TRL, 6,
		    453 },
		{ "a negative count", ORDER44 "453=-1|" TRL, 6, 453 },
		{ "a counter twice", ORDER44 "453=1|448=A|453=1|448=A|" TRL,
		    13, 453 },
		{ "a member without its counter", ORDER44 "448=A|" TRL, 2,
		    448 },
		{ "members behind a count of 0", ORDER44 "453=0|448=A|" TRL,
		    16, 453 },
		{ "a group in the header",
		    "8=FIX.4.4|9=1|35=0|34=2|49=TW|52=20260105-09:00:00|"
		    "56=ISLD|627=2|628=A|630=1|628=B|" TRL,
		    PASS, 0 },
		{ "its count",
		    "8=FIX.4.4|9=1|35=0|34=2|49=TW|52=20260105-09:00:00|"
		    "56=ISLD|627=3|628=A|630=1|628=B|" TRL,
		    16, 627 },
		{ "a header field behind a group of the body",
		    ORDER44 "453=1|448=A|50=x|" TRL, 14, 50 },
		{ "required in each instance",
		    H44("AE") "571=x|570=N|55=I|32=1|31=1|75=20260105|"
			      "60=20260105-09:00:00|552=2|54=1|37=a|54=2|" TRL,
		    1, 37 },
		{ "required message level first",
		    H44("AE") "571=x|570=N|55=I|32=1|31=1|"
			      "60=20260105-09:00:00|552=1|54=1|" TRL,
		    1, 75 },
		{ "a component around a group makes it required",
		    H44("AN") "710=x|724=0|1=a|581=1|715=20260105|"
			      "60=20260105-09:00:00|" TRL,
		    1, 453 },
	};

	JUDGE("FIX44", DICT_FLAGS_DEFAULT, row);
}
END_TEST

START_TEST(switches_change_what_is_judged)
{
	static const struct row empty[] = {
		{ "empty passes", H44("1") "112=|" TRL, PASS, 0 },
		{ "missing does not", H44("1") TRL, 1, 112 },
	};
	static const struct row user[] = {
		{ "unknown user tag", H44("0") "5000=x|" TRL, PASS, 0 },
		{ "and empty", H44("0") "5000=|" TRL, 4, 5000 },
		{ "and in a group",
		    ORDER44 "453=2|448=A|5000=x|447=D|448=B|" TRL, PASS, 0 },
		{ "unknown tag of the standard", H44("0") "999=x|" TRL, 0,
		    999 },
		{ "tag 0", H44("0") "0=x|" TRL, 0, 0 },
	};
	static const struct row any[] = {
		{ "unknown tag", H44("0") "999=x|999=y|" TRL, PASS, 0 },
		{ "misplaced tag", H44("0") "55=x|" TRL, PASS, 0 },
		{ "misplaced and wrong", H44("0") "54=x|" TRL, 5, 54 },
		{ "user tag", H44("0") "5000=x|" TRL, 0, 5000 },
		{ "tag -1", H44("0") "-1=x|" TRL, 0, -1 },
	};
	static const struct row values[] = {
		{ "value", ORDER44 "59=w|" TRL, PASS, 0 },
		{ "form", ORDER44 "59=ww|" TRL, 6, 59 },
	};
	static const struct row order[] = {
		{ "header behind the body",
		    "8=FIX.4.4|9=1|35=0|34=2|112=x|49=TW|"
		    "52=20260105-09:00:00|56=ISLD|" TRL,
		    PASS, 0 },
	};
	static const struct row loose[] = {
		{ "out of order in an instance",
		    ORDER44 "453=1|448=A|452=1|447=D|" TRL, PASS, 0 },
		{ "twice in one", ORDER44 "453=1|448=A|447=D|447=D|" TRL, 13,
		    447 },
	};

	JUDGE("FIX44", DICT_FLAGS_DEFAULT & ~DICT_FIELDS_HAVE_VALUES, empty);
	JUDGE("FIX44", DICT_FLAGS_DEFAULT & ~DICT_USER_DEFINED_FIELDS, user);
	JUDGE("FIX44", DICT_FLAGS_DEFAULT | DICT_ALLOW_UNKNOWN_MSG_FIELDS,
	    any);
	JUDGE("FIX44", DICT_FLAGS_DEFAULT | DICT_ALLOW_UNKNOWN_ENUM_VALUES,
	    values);
	JUDGE("FIX44", DICT_FLAGS_DEFAULT & ~DICT_FIELDS_OUT_OF_ORDER, order);
	JUDGE("FIX44", DICT_FLAGS_DEFAULT & ~DICT_UNORDERED_GROUP_FIELDS,
	    loose);
}
END_TEST

START_TEST(the_quickfix_profile_is_as_lax_as_quickfix)
{
	static const struct row row[] = {
		{ "values inside groups", ORDER44 "453=1|448=A|447=w w|" TRL,
		    PASS, 0 },
		{ "order inside groups",
		    ORDER44 "453=1|448=A|452=1|447=D|" TRL, PASS, 0 },
		{ "any member opens an instance",
		    ORDER44 "453=1|447=D|448=A|" TRL, 16, 453 },
		{ "the count", ORDER44 "453=2|448=A|" TRL, 16, 453 },
		{ "forms that it does not check", ORDER44 "541=soon|" TRL,
		    PASS, 0 },
		{ "those that it does", ORDER44 "44=x|" TRL, 6, 44 },
		{ "required in a group that is required",
		    H44("AE") "571=x|570=N|55=I|32=1|31=1|75=20260105|"
			      "60=20260105-09:00:00|552=2|54=1|37=a|54=2|" TRL,
		    1, 37 },
	};

	JUDGE("FIX44", DICT_FLAGS_DEFAULT | DICT_PROFILE_QUICKFIX, row);
}
END_TEST

/* A dictionary with one field (100) of the type, in message Z. */
static struct dict *
typed(const char *type, const char *minor)
{
	struct dict_faults faults = { 0 };
	struct dict_build *b = dict_build_new(0, &faults);
	struct dict_list *l;
	struct dict *d = NULL;
	int i;
	static const char *const head[] = { "BeginString", "BodyLength",
		"MsgType" };
	static const int32_t tag[] = { 8, 9, 35 };

	dict_build_root(b, NULL, "4", minor, NULL);
	for (i = 0; i < 3; i++) {
		dict_build_field(b, 1, tag[i], head[i], "STRING", false);
		dict_build_add_field(b, dict_build_header(b), 1, head[i],
		    true);
	}
	dict_build_field(b, 1, 10, "CheckSum", "STRING", false);
	dict_build_add_field(b, dict_build_trailer(b), 1, "CheckSum", true);
	dict_build_field(b, 1, 100, "X", type, false);
	l = dict_build_message(b, 1, "Z", "Z");
	dict_build_add_field(b, l, 1, "X", true);
	ck_assert_int_eq(0, dict_build_finish(b, &d));
	ck_assert_uint_eq(0, faults.errors);
	dict_build_free(b);
	dict_faults_free(&faults);
	return d;
}

static const struct {
	const char *type, *good, *bad; /* divided by '|' */
} forms[] = {
	{ "STRING", "x|a b|\xc3\xa4", "" },
	{ "CHAR", "x| ", "xx|\xc3\xa4" },
	{ "BOOLEAN", "Y|N", "y|1|YN" },
	{ "INT",
	    "0|-1|007|1234567890123456|12345678901234567|"
	    "9223372036854775807|-9223372036854775808",
	    "+1|-|1.0|x|9223372036854775808| 1|1 " },
	{ "Length", "0|1|18446744073709551615",
	    "-1|x|+1|18446744073709551616" },
	{ "NUMINGROUP", "0|2", "-1|2.0" },
	{ "SEQNUM", "0|1|18446744073709551615", "-1|x" },
	{ "TAGNUM", "1|100093", "0|01|-1|x" },
	{ "DAY-OF-MONTH", "1|31|09|9", "0|32|00|x|310|1x" },
	{ "FLOAT", "1|-1|1.5|.5|23.|-.5|00.10|123456789012345678.9",
	    "+1|1e5|.|-|-.|1.2.3|x|1,5" },
	{ "Price", "-0.01", "x" },
	{ "QTY", "002000.00", "+200.00" },
	{ "AMT", "1", "x" },
	{ "PERCENTAGE", "0.05", "5%" },
	{ "PRICEOFFSET", "-1", "x" },
	{ "CURRENCY", "USD|USDT|1INCH", "" },
	{ "COUNTRY", "US|de", "USA|1A|U" },
	{ "LANGUAGE", "en", "eng" },
	{ "EXCHANGE", "XNYS|N", "" },
	{ "MULTIPLECHARVALUE", "1|1 2", "12|1  2| 1|1 " },
	{ "MULTIPLESTRINGVALUE", "ab|ab c", "a  b| a|a " },
	{ "MULTIPLEVALUESTRING", "1 2", "1  2" },
	{ "UTCTIMESTAMP",
	    "20260105-09:00:00|20240229-23:59:60|"
	    "20260105-09:00:00.123|20260105-09:00:00.123456|"
	    "20260105-09:00:00.123456789|"
	    "20260105-09:00:00.123456789012",
	    "20260105|20260105-09:00|20260231-09:00:00|"
	    "20260105-24:00:00|20260105-09:60:00|20260105-09:00:61|"
	    "20260105-09:00:00.|20260105-09:00:00.1|"
	    "20260105-09:00:00.1234|20260105-09:00:00.1234567890123|"
	    "20260105 09:00:00|20261305-09:00:00|20260100-09:00:00|"
	    "20250229-09:00:00|19000229-09:00:00|2026010x-09:00:00" },
	{ "UTCTIMEONLY", "09:00:00|09:00:00.123",
	    "9:00:00|09:00|09:00:00.12|24:00:00|09200200|09:00200" },
	{ "UTCDATE", "20260105", "20260132|2026015|x" },
	{ "UTCDATEONLY", "20260105", "20260132" },
	{ "DATE", "20260105", "20260132" },
	{ "LOCALMKTDATE", "20260105", "20260105-09:00:00" },
	{ "LOCALMKTTIME", "09:00:00", "09:00" },
	{ "MONTHYEAR", "202601|20260131|202601w5",
	    "2026|202613|20260132|202601w6|202601w0|202600w1" },
	{ "TZTIMEONLY",
	    "09:00Z|09:00:00Z|09:00:00.123+05|09:00-05:30",
	    "09:00|09:00:00|09:00+5|09:00+05:3|09:00+24|9:00Z" },
	{ "TZTIMESTAMP",
	    "20260105-09:00:00Z|20260105-09:00:00.123-05:30",
	    "20260105-09:00:00|20260105-09:00Z" },
	{ "XID", "a1", "" },
	{ "XIDREF", "a1", "" },
};

/* Validate one value of field 100. */
static void
judge_form(const struct dict *d, const char *value, bool good)
{
	struct dict_scratch *s = dict_scratch_new();
	struct dict_reject rej;
	struct parsed p;
	char text[128];

	snprintf(text, sizeof(text), "8=F|9=1|35=Z|100=%s|10=0|", value);
	p = parse(text, d);
	ck_assert_msg(dict_validate(d, d, DICT_FLAGS_DEFAULT, &p.m, s,
			  &rej) == good,
	    "%s: '%s'", dict_type_name(dict_field_by_tag(d, 100)->type),
	    value);
	if (!good)
		ck_assert(rej.tag == 100 && rej.reason == FIX_REJECT_FORMAT);
	parsed_free(&p);
	dict_scratch_free(s);
}

/* Each of the values, which are divided by '|'. */
static void
judge_forms(const struct dict *d, const char *values, bool good)
{
	char list[512], *one, *rest = NULL;

	ck_assert_uint_lt(strlen(values), sizeof(list));
	strcpy(list, values);
	for (one = strtok_r(list, "|", &rest); one != NULL;
	    one = strtok_r(NULL, "|", &rest))
		judge_form(d, one, good);
}

START_TEST(each_type_has_its_form)
{
	struct dict *d;
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		d = typed(forms[i].type, "4");
		judge_forms(d, forms[i].good, true);
		judge_forms(d, forms[i].bad, false);
		dict_free(d);
	}
}
END_TEST

START_TEST(char_is_a_string_before_fix_4_2)
{
	static const struct row row[] = { { "4.1", "8=F|9=1|35=Z|100=xx|10=0|",
	    PASS, 0 } };
	struct dict *d = typed("CHAR", "1");

	judge(d, d, DICT_FLAGS_DEFAULT, row, 1);
	dict_free(d);
}
END_TEST

START_TEST(a_tag_may_stand_in_a_group_and_beside_it)
{
	static const struct row row[] = {
		{ "beside and inside", "8=F|9=1|35=N|55=A|73=2|11=x|55=B|"
		    "11=y|10=0|", PASS, 0 },
		{ "behind, when the instance has one",
		    "8=F|9=1|35=N|73=1|11=x|55=B|55=A|10=0|", PASS, 0 },
		{ "behind, when it comes too late in the instance",
		    "8=F|9=1|35=N|73=1|11=x|58=t|55=A|10=0|", PASS, 0 },
		{ "a third one is too many",
		    "8=F|9=1|35=N|73=1|11=x|55=B|55=A|55=C|10=0|", 13, 55 },
		{ "a delimiter that is also a field of the message",
		    "8=F|9=1|35=N|55=A|73=1|11=x|11=z|10=0|", PASS, 0 },
		{ "members of both levels behind a count of 0",
		    "8=F|9=1|35=N|73=0|55=A|10=0|", PASS, 0 },
		{ "a group that starts in components of components",
		    "8=F|9=1|35=N|55=A|78=2|79=x|80=1|79=y|10=0|", PASS, 0 },
		{ "a custom header field", "8=F|9=1|35=N|9001=5|55=A|10=0|",
		    PASS, 0 },
		{ "in the body", "8=F|9=1|35=N|55=A|9001=5|10=0|", 14, 9001 },
		{ "open values", "8=F|9=1|35=N|55=A|65=zz|10=0|", PASS, 0 },
		{ "a long type", "8=F|9=1|35=U1000|55=A|10=0|", PASS, 0 },
		{ "which is another", "8=F|9=1|35=U1001|55=A|10=0|", 11,
		    DICT_NO_TAG },
		{ "a large tag", "8=F|9=1|35=N|55=A|100093=x|10=0|", PASS, 0 },
		{ "known but misplaced",
		    "8=F|9=1|35=U1000|55=A|100093=x|10=0|", 2, 100093 },
		{ "required through two components",
		    "8=F|9=1|35=C|10=0|", 1, 79 },
		{ "optional in a component that is optional",
		    "8=F|9=1|35=O|10=0|", PASS, 0 },
		{ "long values", "8=F|9=1|35=N|55=A|66=ABCDEFGHIJ|10=0|",
		    PASS, 0 },
		{ "longer than those", "8=F|9=1|35=N|55=A|66=ABCDEFGHIJK|"
		    "10=0|", 5, 66 },
		{ "the start of one", "8=F|9=1|35=N|55=A|66=ABCDEFGH|10=0|", 5,
		    66 },
	};
	struct dict *d = from_file("scopes", 0);

	judge(d, d, DICT_FLAGS_DEFAULT, row, sizeof(row) / sizeof(row[0]));
	dict_free(d);
}
END_TEST

START_TEST(data_may_hold_anything)
{
	static const struct row row[] = {
		{ "raw data", H44("A") "98=0|108=30|95=3|96=a|b|" TRL, PASS,
		    0 },
		{ "encoded text", ORDER44 "354=4|355=|58=|" TRL, PASS, 0 },
	};

	JUDGE("FIX44", DICT_FLAGS_DEFAULT, row);
}
END_TEST

TCase *
validate_cases(void)
{
	TCase *t = tcase_create("validate");

	tcase_add_test(t,
	    session_level_faults_are_told_as_in_the_acceptance_tests);
	tcase_add_test(t, older_versions_are_judged_by_their_own_rules);
	tcase_add_test(t, a_pair_of_dictionaries_shares_the_work);
	tcase_add_test(t, groups_are_judged_instance_by_instance);
	tcase_add_test(t, switches_change_what_is_judged);
	tcase_add_test(t, the_quickfix_profile_is_as_lax_as_quickfix);
	tcase_add_test(t, each_type_has_its_form);
	tcase_add_test(t, char_is_a_string_before_fix_4_2);
	tcase_add_test(t, a_tag_may_stand_in_a_group_and_beside_it);
	tcase_add_test(t, data_may_hold_anything);
	return t;
}
