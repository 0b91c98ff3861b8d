#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "check_dict.h"
#include "dict/xml/xml.h"

/* A small file: line 1 is the root, line 2 is F, line 3 is M, and so on. */
#define DOC(f, m, rest)                                                        \
	"<fix major='5' minor='0'>\n"                                          \
	"<fields><field number='1' name='A' type='STRING'/>"                   \
	"<field number='2' name='B' type='INT'/>" f "</fields>\n"              \
	"<messages><message name='M' msgtype='M' msgcat='app'>" m              \
	"</message></messages>\n" rest "</fix>\n"
#define M1 "<field name='A' required='Y'/>"

struct row {
	const char *what;
	const char *text;
	unsigned flags;
	int err;
	const char *faults; /* as dict_faults_write has them, name "f" */
};

static struct dict *
load(const struct row *row)
{
	struct dict_faults faults = { 0 };
	struct buf text = { 0 };
	struct dict *d = NULL;
	int err;

	err = dict_xml_load_mem(&d, row->text, strlen(row->text), row->flags,
	    &faults);
	ck_assert_int_eq(0, dict_faults_write(&faults, "f", &text));
	buf_puts(&text, "");
	ck_assert_msg(err == row->err && text.len == strlen(row->faults) &&
		(text.len == 0 ||
		    memcmp(text.p, row->faults, text.len) == 0),
	    "%s: error %d\n%.*sexpected\n%s", row->what, err, (int)text.len,
	    text.len == 0 ? "" : text.p, row->faults);
	ck_assert((err == 0) == (d != NULL));
	dict_faults_free(&faults);
	buf_free(&text);
	return d;
}

static void
load_all(const struct row *row, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		dict_free(load(&row[i]));
}

#define LOAD_ALL(row) load_all(row, sizeof(row) / sizeof(row[0]))

START_TEST(all_the_faults_of_a_file_are_told_in_one_run)
{
	static const struct row row[] = {
		{ "no fault", DOC("", M1, ""), 0, 0, "" },
		{ "several",
		    "<fix major='5'>\n"
		    "<fields>\n"
		    "<field number='0' name='A' type='STRING'/>\n"
		    "<field number='2' type='INT'/>\n"
		    "<field number='3' name='C' type='TENOR'><value/></field>\n"
		    "<field number='x' name='D' type='INT'/>\n"
		    "<field number='5' name='' type='INT'/>\n"
		    "<field number='2147483648' name='E' type='INT'/>\n"
		    "</fields><messages>\n"
		    "<message name='M'/>\n"
		    "<message msgtype='M'/>\n"
		    "<message name='N' msgtype='N'>\n"
		    "<field name='Q' required='N'/>\n"
		    "<field required='N'/>\n"
		    "<component name='K' required='C'/>\n"
		    "</message>\n"
		    "</messages></fix>",
		    0, FG_EINVAL,
		    "f:3: field A: number 0 is no tag\n"
		    "f:4: field without name\n"
		    "f:5: value without enum\n"
		    "f:5: warning: field C: unknown type TENOR is treated as "
		    "STRING\n"
		    "f:6: field D: number x is no tag\n"
		    "f:7: field without name\n"
		    "f:8: field E: number 2147483648 is no tag\n"
		    "f:10: message without msgtype\n"
		    "f:11: message without name\n"
		    "f:13: field Q is not defined\n"
		    "f:14: field without name\n"
		    "f:15: warning: required='C' of K means N\n"
		    "f:15: component K is not defined\n" },
		{ "lenient drops what is optional",
		    DOC("",
			M1 "<field name='Q' required='N'/>\n"
			   "<component name='K'/>\n<group name='G' "
			   "required='N'><field name='A'/></group>",
			""),
		    DICT_LENIENT, 0,
		    "f:3: warning: field Q is not defined\n"
		    "f:4: warning: component K is not defined\n"
		    "f:5: warning: field G is not defined\n" },
		{ "but not what is required",
		    DOC("", "<field name='Q' required='Y'/>", ""),
		    DICT_LENIENT, FG_EINVAL, "f:3: field Q is not defined\n" },
	};

	LOAD_ALL(row);
}
END_TEST

START_TEST(what_is_defined_twice_is_never_picked_silently)
{
	static const struct row row[] = {
		{ "a field", DOC("<field number='1' name='A' type='INT'/>", M1,
			""), 0, 0,
		    "f:2: warning: field A is defined twice (line 2)\n" },
		{ "a name with two tags",
		    DOC("\n<field number='7' name='A' type='INT'/>", M1, ""),
		    DICT_LENIENT, FG_EINVAL,
		    "f:3: field A has two tags, 1 and 7\n" },
		{ "a tag with two names",
		    DOC("\n<field number='1' name='C' type='INT'/>", M1, ""),
		    0, FG_EINVAL,
		    "f:3: field C: tag 1 is also that of A (line 2)\n" },
		{ "the same, lenient",
		    DOC("\n<field number='1' name='C' type='INT'/>", M1, ""),
		    DICT_LENIENT, 0,
		    "f:3: warning: field C: tag 1 is also that of A (line "
		    "2)\n" },
		{ "a message type",
		    DOC("", M1, "<messages><message name='N' msgtype='M'>"
		    "<field name='B'/></message></messages>"), 0, 0,
		    "f:4: warning: message N: MsgType M is also that of M "
		    "(line 3); their members are united\n" },
		{ "a component",
		    DOC("", M1, "<components><component name='K'/>"
		    "<component name='K'/></components>"), 0, FG_EINVAL,
		    "f:4: component K is defined twice (line 4)\n" },
		{ "a member", DOC("", M1 "\n<field name='A'/>", ""), 0, 0,
		    "f:4: warning: A stands twice at one level; the first "
		    "place counts\n" },
	};

	LOAD_ALL(row);
}
END_TEST

START_TEST(components_inside_themselves_are_refused)
{
	static const struct row row[] = {
		{ "itself", DOC("", M1, "<components><component name='K'>\n"
		    "<component name='K'/></component></components>"),
		    DICT_LENIENT, FG_EINVAL,
		    "f:5: component K contains itself\n" },
		{ "by another, through a group",
		    DOC("", "<component name='K'/>",
			"<components><component name='K'>\n"
			"<component name='L'/></component>\n"
			"<component name='L'><group name='B'>\n"
			"<component name='K'/></group></component>"
			"</components>"),
		    0, FG_EINVAL,
		    "f:6: group B has no members\n"
		    "f:7: component K contains itself\n" },
		{ "one that two use is no cycle",
		    DOC("",
			"<component name='K'/><component name='L'/>",
			"<components><component name='K'>"
			"<component name='L'/></component>"
			"<component name='L'/></components>"),
		    0, 0, "" },
	};

	LOAD_ALL(row);
}
END_TEST

START_TEST(nesting_has_a_limit)
{
	char *text = malloc(1 << 20), *p = text;
	struct dict_faults faults = { 0 };
	struct dict *d = NULL;
	int i;

	/* A chain of components, each in the next. */
	p += sprintf(p, "<fix major='5'><fields><field number='1' name='A' "
			"type='INT'/></fields><messages/><components>"
			"<component name='C0'><field name='A'/></component>");
	for (i = 1; i < 10000; i++)
		p += sprintf(p, "<component name='C%d'>"
				"<component name='C%d'/></component>",
		    i, i - 1);
	sprintf(p, "</components></fix>");
	ck_assert_int_eq(FG_EINVAL,
	    dict_xml_load_mem(&d, text, strlen(text), 0, &faults));
	ck_assert_uint_gt(faults.errors, 0);
	dict_faults_free(&faults);
	/* Groups in groups, of one counter. */
	p = text + sprintf(text, "<fix major='5'><fields><field number='1' "
				 "name='A' type='INT'/></fields><messages>"
				 "<message name='M' msgtype='M'>");
	for (i = 0; i < 200; i++)
		p += sprintf(p, "<group name='A'>");
	for (i = 0; i < 200; i++)
		p += sprintf(p, "</group>");
	sprintf(p, "</message></messages></fix>");
	ck_assert_int_eq(FG_EINVAL,
	    dict_xml_load_mem(&d, text, strlen(text), 0, &faults));
	ck_assert(d == NULL);
	dict_faults_free(&faults);
	free(text);
}
END_TEST

START_TEST(what_is_no_dictionary_is_refused)
{
	static const struct row row[] = {
		{ "a DOCTYPE",
		    "<!DOCTYPE fix [<!ENTITY a 'b'>]>\n<fix major='5'/>", 0,
		    FG_EINVAL, "f:1: a DOCTYPE is not allowed\n" },
		{ "a DOCTYPE that names a file",
		    "<?xml version='1.0'?>\n<!DOCTYPE fix SYSTEM "
		    "'/etc/passwd'>\n<fix major='5'/>",
		    0, FG_EINVAL, "f:2: a DOCTYPE is not allowed\n" },
		{ "another root", "<html/>", 0, FG_EINVAL,
		    "f:1: the root element is html, neither fix nor "
		    "repository\n" },
		{ "no sections", "<fix major='5'/>", 0, FG_EINVAL,
		    "f:0: no fields are defined\n"
		    "f:1: there is no section fields\n"
		    "f:1: there is no section messages\n" },
		{ "no header before FIX.5.0",
		    "<fix major='4' minor='4'><fields><field number='1' "
		    "name='A' type='INT'/></fields><messages/></fix>",
		    0, FG_EINVAL,
		    "f:0: there is no header\nf:0: there is no trailer\n" },
		{ "no version",
		    "<fix><fields><field number='1' name='A' type='INT'/>"
		    "</fields><messages/><header/><trailer/></fix>",
		    DICT_LENIENT, 0,
		    "f:0: warning: there is no header\n"
		    "f:0: warning: there is no trailer\n"
		    "f:1: warning: fix without major\n" },
		{ "an empty group", DOC("", "<group name='B'/>", ""), 0,
		    FG_EINVAL, "f:3: group B has no members\n" },
		{ "an empty group, lenient", DOC("", "<group name='B'/>", ""),
		    DICT_LENIENT, 0,
		    "f:3: warning: group B has no members\n" },
		{ "a data field without length",
		    DOC("<field number='9' name='D' type='DATA'/>", M1, ""), 0,
		    0,
		    "f:2: warning: data field D (9) has no length field and "
		    "ends at the first SOH\n" },
		{ "odd elements, each once",
		    DOC("",
			"<anyFields/>\n<anyFields/>" M1, "<actors/>"), 0, 0,
		    "f:3: warning: element anyFields in message is unknown "
		    "and ignored\n"
		    "f:5: warning: element actors in fix is unknown and "
		    "ignored\n" },
		{ "an odd type of root",
		    "<fix type='Order Entry' major='2026'><header/><trailer/>"
		    "<fields><field number='1' name='A' type='INT'/></fields>"
		    "<messages/></fix>",
		    DICT_LENIENT, 0,
		    "f:0: warning: there is no header\n"
		    "f:0: warning: there is no trailer\n"
		    "f:1: warning: type='Order Entry' is neither FIX nor "
		    "FIXT\n" },
	};

	LOAD_ALL(row);
}
END_TEST

START_TEST(bad_xml_is_told_with_its_line)
{
	static const char *const row[] = { "", "<fix", "<fix>\n<fields>\n</fix>",
		"<fix a='1' a='2'/>", "<fix>&nbsp;</fix>", "\xff\xfe", "<fix/>x" };
	struct dict_faults faults = { 0 };
	struct dict *d = NULL;
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		ck_assert_int_eq(FG_EINVAL, dict_xml_load_mem(&d, row[i],
		    strlen(row[i]), DICT_LENIENT, &faults));
		ck_assert_uint_eq(1, faults.n);
		ck_assert(strncmp(faults.fault[0].text, "no well-formed XML: ",
			      20) == 0);
		if (i == 2)
			ck_assert_uint_eq(3, faults.fault[0].line);
		dict_faults_free(&faults);
	}
}
END_TEST

START_TEST(a_file_may_be_missing_or_too_long)
{
	struct dict_faults faults = { 0 };
	struct dict *d = NULL;
	char *text;

	ck_assert_int_eq(FG_ENOENT,
	    dict_xml_load(&d, "/nonexistent/FIX44.xml", 0, &faults));
	ck_assert_uint_eq(1, faults.errors);
	text = calloc(1, DICT_XML_MAX + 1);
	ck_assert_int_eq(FG_ELIMIT,
	    dict_xml_load_mem(&d, text, DICT_XML_MAX + 1, 0, &faults));
	ck_assert_uint_eq(2, faults.errors);
	free(text);
	dict_faults_free(&faults);
}
END_TEST

START_TEST(faults_are_counted_beyond_those_kept)
{
	struct dict_faults faults = { 0 };
	struct buf text = { 0 };
	int i;

	for (i = DICT_FAULTS_MAX + 5; i > 0; i--)
		dict_faults_add(&faults, i % 2 == 0, (unsigned)i, "x\n%d", i);
	dict_faults_sort(&faults);
	ck_assert_uint_eq(DICT_FAULTS_MAX, faults.n);
	ck_assert_uint_eq(6, faults.fault[0].line);
	ck_assert_str_eq("x?6", faults.fault[0].text);
	ck_assert_int_eq(0, dict_faults_write(&faults, "f", &text));
	ck_assert_mem_eq("f: and 5 faults more\n", text.p + text.len - 21, 21);
	buf_free(&text);
	dict_faults_free(&faults);
}
END_TEST

START_TEST(versions_are_spelled_as_in_the_standard)
{
	static const char *const row[][2] = { { "FIX40", "FIX.4.0" },
		{ "FIX44", "FIX.4.4" }, { "FIX50", "FIX.5.0" },
		{ "FIX50SP1", "FIX.5.0SP1" }, { "FIX50SP2", "FIX.5.0SP2" },
		{ "FIXT11", "FIXT.1.1" } };
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		ck_assert_str_eq(row[i][1], dict_version(shipped(row[i][0])));
}
END_TEST

START_TEST(lookups_find_what_is_there)
{
	const struct dict *d = shipped("FIX44");
	const struct dict_field *f = dict_field_by_tag(d, 54);
	const struct dict_msg *m;

	ck_assert_str_eq("Side", f->name);
	ck_assert_int_eq(DICT_CHAR, f->type);
	ck_assert(f == dict_field_by_name(d, "Side"));
	ck_assert_str_eq("SELL", dict_value_label(f, "2xyz", 1));
	ck_assert_str_eq("2", dict_value_by_label(f, "SELL"));
	ck_assert(dict_value_label(f, "~", 1) == NULL);
	ck_assert(dict_value_by_label(f, "sell") == NULL);
	ck_assert(dict_field_by_tag(d, 5000) == NULL);
	ck_assert(dict_field_by_tag(d, -1) == NULL);
	ck_assert(dict_field_by_tag(d, 0) == NULL);
	ck_assert(dict_field_by_tag(d, INT32_MAX) == NULL);
	ck_assert(dict_field_by_name(d, "side") == NULL);
	m = dict_msg_by_type(d, "AE", 2);
	ck_assert_str_eq("TradeCaptureReport", dict_msg_name(m));
	ck_assert_str_eq("AE", dict_msg_type(m));
	ck_assert(m == dict_msg_by_name(d, "TradeCaptureReport"));
	ck_assert(!dict_msg_is_admin(m));
	ck_assert(dict_msg_is_admin(dict_msg_by_type(d, "A", 1)));
	ck_assert(dict_msg_by_type(d, "AE", 1) != m);
	ck_assert(dict_msg_by_type(d, "*", 1) == NULL);
	ck_assert(dict_msg_by_type(d, "", 0) == NULL);
	ck_assert(dict_msg_by_name(d, "NoSuch") == NULL);
	ck_assert(dict_tag_is_header(d, 49) && !dict_tag_is_header(d, 55));
	ck_assert(dict_tag_is_header(d, 628));
	ck_assert(dict_tag_is_trailer(d, 10) && !dict_tag_is_trailer(d, 49));
	ck_assert_str_eq("PRICEOFFSET", dict_type_name(DICT_PRICEOFFSET));
	ck_assert_str_eq("Invalid MsgType",
	    fix_reject_text(FIX_REJECT_MSG_TYPE));
}
END_TEST

START_TEST(data_fields_know_their_lengths)
{
	static const struct {
		const char *dict;
		int32_t data, length;
	} row[] = {
		{ "FIX40", 89, 93 }, { "FIX44", 96, 95 }, { "FIX44", 355, 354 },
		{ "FIX50", 213, 212 }, { "FIXT11", 1402, 1401 },
		{ "FIX50SP2", 1527, 1525 }, { "FIX50SP2", 1697, 1678 },
		{ "FIX50SP2", 2371, 2372 }, { "FIX50SP2", 42486, 43110 },
		{ "FIX50SP2", 42982, 43111 },
	};
	const struct fix_lens *l;
	size_t i, j;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		l = dict_lens(shipped(row[i].dict));
		for (j = 0; j < l->n; j++)
			if (l->pair[j].data_tag == row[i].data)
				break;
		ck_assert(j < l->n);
		ck_assert_int_eq(row[i].length, l->pair[j].length_tag);
	}
}
END_TEST

START_TEST(values_of_two_definitions_are_merged)
{
	static const struct row row = { "merge",
		DOC("<field number='4' name='V' type='CHAR'><value enum='a' "
		    "description='ONE'/></field>\n"
		    "<field number='4' name='V' type='CHAR'><value enum='b'/>"
		    "<value enum='a' description='ONE'/></field>",
		    M1, ""),
		0, 0, "f:3: warning: field V is defined twice (line 2)\n" };
	struct dict *d = load(&row);
	const struct dict_field *f = dict_field_by_tag(d, 4);

	ck_assert_uint_eq(2, f->nvalues);
	ck_assert_str_eq("a", f->values[0].value);
	ck_assert_str_eq("ONE", f->values[0].label);
	ck_assert_str_eq("b", f->values[1].value);
	ck_assert(f->values[1].label == NULL);
	dict_free(d);
}
END_TEST

START_TEST(bytes_of_other_systems_are_read)
{
	static const char text[] =
	    "\xef\xbb\xbf<?xml version='1.0'?>\r\n<!-- \xc3\xa4 -->\r\n"
	    "<fix major='5'>\r\n<fields>\r\n<field number='1' name='A' "
	    "type='MONTH-YEAR'><value enum='&lt;&#228;'/></field>\r\n"
	    "</fields>\r\n<messages/></fix>";
	struct dict_faults faults = { 0 };
	struct dict *d = NULL;

	ck_assert_int_eq(0,
	    dict_xml_load_mem(&d, text, strlen(text), 0, &faults));
	ck_assert_uint_eq(0, faults.n);
	ck_assert_int_eq(DICT_MONTHYEAR, dict_field_by_tag(d, 1)->type);
	ck_assert_str_eq("<\xc3\xa4", dict_field_by_tag(d, 1)->values->value);
	dict_free(d);
}
END_TEST

/* Load text, and judge the message by it. */
static bool
judged_good(const char *text, const char *message, unsigned flags)
{
	struct dict_scratch *scratch = dict_scratch_new();
	struct dict_faults faults = { 0 };
	struct dict_reject rej;
	struct dict *d = NULL;
	struct parsed p;
	bool good;

	ck_assert_int_eq(0,
	    dict_xml_load_mem(&d, text, strlen(text), 0, &faults));
	p = parse(message, d);
	good = dict_validate(d, d, flags, &p.m, scratch, &rej);
	parsed_free(&p);
	dict_scratch_free(scratch);
	dict_faults_free(&faults);
	dict_free(d);
	return good;
}

#define ORDER_OF(version)                                                      \
	"<fix " version "><header>"                                            \
	"<field name='H'/><field name='L'/><field name='T'/></header>"         \
	"<trailer><field name='E'/></trailer><messages>"                       \
	"<message name='D' msgtype='D'><field name='C'/></message></messages>" \
	"<fields><field number='8' name='H' type='STRING'/>"                   \
	"<field number='9' name='L' type='LENGTH'/>"                           \
	"<field number='35' name='T' type='STRING'/>"                          \
	"<field number='10' name='E' type='STRING'/>"                          \
	"<field number='58' name='C' type='CHAR'/></fields></fix>"

START_TEST(a_char_is_a_string_before_fix_4_2_only)
{
	static const char two[] = "8=X|9=5|35=D|58=ab|10=000|";
	const unsigned f = DICT_FLAGS_DEFAULT;

	ck_assert(judged_good(ORDER_OF("major='4' minor='1'"), two, f));
	ck_assert(judged_good(ORDER_OF("major='4'"), two, f));
	ck_assert(!judged_good(ORDER_OF("major='4' minor='2'"), two, f));
	ck_assert(!judged_good(ORDER_OF("major='5'"), two, f));
	ck_assert(!judged_good(ORDER_OF("major='Latest'"), two, f));
	ck_assert(!judged_good(ORDER_OF("type='V' major='1'"), two, f));
}
END_TEST

START_TEST(a_group_of_orchestra_is_required_by_its_references)
{
	static const char text[] =
	    "<repository version='FIX.5.0'><fields>"
	    "<field id='8' name='H' type='String'/>"
	    "<field id='9' name='L' type='Length'/>"
	    "<field id='35' name='T' type='String'/>"
	    "<field id='10' name='E' type='String'/>"
	    "<field id='78' name='N' type='NumInGroup'/>"
	    "<field id='79' name='A' type='String'/>"
	    "<field id='80' name='Q' type='int'/></fields><components>"
	    "<component id='1' name='StandardHeader'><fieldRef id='8'/>"
	    "<fieldRef id='9'/><fieldRef id='35'/></component>"
	    "<component id='2' name='StandardTrailer'><fieldRef id='10'/>"
	    "</component></components><groups><group id='3' name='G'>"
	    "<numInGroup id='78'/><fieldRef id='79'/>"
	    "<fieldRef id='80' presence='required'/></group></groups>"
	    "<messages><message name='R' msgType='R'><structure>"
	    "<groupRef id='3' presence='required'/></structure></message>"
	    "<message name='O' msgType='O'><structure>"
	    "<groupRef id='3'/></structure></message></messages></repository>";
	static const struct {
		const char *message;
		bool strict, quickfix;
	} row[] = {
		{ "8=X|9=5|35=R|78=1|79=a|80=1|10=000|", true, true },
		{ "8=X|9=5|35=R|10=000|", false, false },
		{ "8=X|9=5|35=O|10=000|", true, true },
		{ "8=X|9=5|35=R|78=1|79=a|10=000|", false, false },
		/* QuickFIX forgets the flags of an optional group. */
		{ "8=X|9=5|35=O|78=1|79=a|10=000|", false, true },
	};
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		ck_assert_msg(judged_good(text, row[i].message,
				  DICT_FLAGS_DEFAULT) == row[i].strict,
		    "%s", row[i].message);
		ck_assert_msg(judged_good(text, row[i].message,
				  DICT_FLAGS_DEFAULT | DICT_PROFILE_QUICKFIX) ==
			row[i].quickfix,
		    "%s, as QuickFIX", row[i].message);
	}
}
END_TEST

START_TEST(a_header_in_a_file_of_version_5_is_that_of_its_messages)
{
	const unsigned f = DICT_FLAGS_DEFAULT;
	static const char text[] = ORDER_OF("major='5' minor='0'");

	ck_assert(judged_good(text, "8=X|9=5|35=D|58=a|10=000|", f));
	ck_assert(!judged_good(text, "8=X|9=5|35=D|49=a|58=a|10=000|", f));
	ck_assert(!judged_good(text, "8=X|9=5|35=D|58=a|9=5|10=000|", f));
}
END_TEST

TCase *
load_cases(void)
{
	TCase *t = tcase_create("load");

	tcase_add_test(t, all_the_faults_of_a_file_are_told_in_one_run);
	tcase_add_test(t, what_is_defined_twice_is_never_picked_silently);
	tcase_add_test(t, components_inside_themselves_are_refused);
	tcase_add_test(t, nesting_has_a_limit);
	tcase_add_test(t, what_is_no_dictionary_is_refused);
	tcase_add_test(t, bad_xml_is_told_with_its_line);
	tcase_add_test(t, a_file_may_be_missing_or_too_long);
	tcase_add_test(t, faults_are_counted_beyond_those_kept);
	tcase_add_test(t, versions_are_spelled_as_in_the_standard);
	tcase_add_test(t, lookups_find_what_is_there);
	tcase_add_test(t, data_fields_know_their_lengths);
	tcase_add_test(t, values_of_two_definitions_are_merged);
	tcase_add_test(t, bytes_of_other_systems_are_read);
	tcase_add_test(t, a_char_is_a_string_before_fix_4_2_only);
	tcase_add_test(t, a_group_of_orchestra_is_required_by_its_references);
	tcase_add_test(t,
	    a_header_in_a_file_of_version_5_is_that_of_its_messages);
	return t;
}
