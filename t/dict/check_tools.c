/* Differences, what is shown, and files written from what was loaded. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "dict/arena.h"
#include "dict/diff.h"
#include "dict/dump.h"
#include "dict/seen.h"
#include "dict/show.h"
#include "dict/write.h"
#include "dict/xml/xml.h"

/* Parties stands in two messages, Subs in Parties only. */
static const char base[] =
    "<fix type='FIX' major='4' minor='4'>\n"
    "<header><field name='BeginString' required='Y'/></header>\n"
    "<trailer><field name='CheckSum' required='Y'/></trailer>\n"
    "<messages>\n"
    "<message name='Order' msgtype='D' msgcat='app'>"
    "<field name='Side' required='Y'/>"
    "<component name='Parties' required='Y'/>"
    "<field name='Text' required='N'/>"
    "<group name='NoLegs' required='N'><field name='Leg' required='Y'/>"
    "</group></message>\n"
    "<message name='Report' msgtype='8' msgcat='app'>"
    "<component name='Parties' required='N'/>"
    "<field name='DataLen' required='N'/><field name='Data' required='N'/>"
    "</message>\n"
    "<message name='Custom' msgtype='U1' msgcat='app'>"
    "<field name='Text' required='N'/></message>\n"
    "</messages>\n"
    "<components><component name='Parties'>"
    "<group name='NoParties' required='Y'>"
    "<field name='Party' required='Y'/><field name='Role' required='N'/>"
    "<group name='NoSubs' required='N'><field name='Sub' required='N'/>"
    "</group></group></component></components>\n"
    "<fields>"
    "<field number='8' name='BeginString' type='STRING'/>"
    "<field number='10' name='CheckSum' type='STRING'/>"
    "<field number='54' name='Side' type='CHAR'>"
    "<value enum='1' description='BUY'/><value enum='2'/></field>"
    "<field number='58' name='Text' type='STRING' allowOtherValues='true'>"
    "<value enum='&lt;&amp;&quot;' description='A &gt; B'/></field>"
    "<field number='95' name='DataLen' type='LENGTH'/>"
    "<field number='96' name='Data' type='DATA'/>"
    "<field number='100' name='NoParties' type='NUMINGROUP'/>"
    "<field number='101' name='Party' type='STRING'/>"
    "<field number='102' name='Role' type='INT'/>"
    "<field number='103' name='NoSubs' type='NUMINGROUP'/>"
    "<field number='104' name='Sub' type='STRING'/>"
    "<field number='110' name='NoLegs' type='NUMINGROUP'/>"
    "<field number='111' name='Leg' type='STRING'/>"
    "</fields></fix>\n";

static struct dict *
load(const char *text, size_t n)
{
	struct dict_faults faults = { 0 };
	struct buf told = { 0 };
	struct dict *d = NULL;
	int err;

	err = dict_xml_load_mem(&d, text, n, 0, &faults);
	dict_faults_write(&faults, "text", &told);
	ck_assert_msg(err == 0, "%.*s\n%.*s", (int)told.len, told.p, (int)n,
	    text);
	buf_free(&told);
	dict_faults_free(&faults);
	return d;
}

static struct dict *
shipped(const char *name)
{
	const char *src = getenv("FG_SRC");
	struct buf text = { 0 };
	char path[4096];
	struct dict *d;

	snprintf(path, sizeof(path), "%s/dict/%s", src == NULL ? "." : src,
	    name);
	ck_assert_int_eq(dict_xml_read(&text, path), 0);
	d = load(text.p, text.len);
	buf_free(&text);
	return d;
}

/* base with its first `from` replaced. */
static struct dict *
changed(const char *from, const char *to)
{
	char text[2 * sizeof(base)];
	const char *at = strstr(base, from);
	int n;

	ck_assert_msg(at != NULL, "%s is not in the text", from);
	n = snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - base), base,
	    to, at + strlen(from));
	return load(text, (size_t)n);
}

static void
ends(struct buf *b)
{
	ck_assert_int_eq(buf_add(b, "", 1), 0);
	b->len--;
}

/* ---- diff ---- */

static const struct {
	const char *what, *from, *to, *want;
} diffs[] = {
	{ "the version", "minor='4'", "minor='3'",
	    "~ version FIX.4.4 -> FIX.4.3\n" },
	{ "a field that became optional", "Side' required='Y'",
	    "Side' required='N'",
	    "~ message D Order\n    ~ 54 Side: required -> optional\n" },
	{ "a member less", "<field name='DataLen' required='N'/>", "",
	    "~ message 8 Report\n    - 95 DataLen\n" },
	{ "a member more", "msgtype='U1' msgcat='app'>",
	    "msgtype='U1' msgcat='app'><field name='Side' required='Y'/>",
	    "~ message U1 Custom\n    + 54 Side, required\n" },
	{ "members in another order",
	    "<field name='Party' required='Y'/>"
	    "<field name='Role' required='N'/>",
	    "<field name='Role' required='N'/>"
	    "<field name='Party' required='Y'/>",
	    "~ message 8 Report\n"
	    "    ~ 100 NoParties\n"
	    "        ~ order: 102 Role where 101 Party was\n"
	    "~ message D Order\n"
	    "    ~ 100 NoParties: as above\n" },
	{ "a member of a group in a group", "Sub' required='N'",
	    "Sub' required='Y'",
	    "~ message 8 Report\n"
	    "    ~ 100 NoParties\n"
	    "        ~ 103 NoSubs\n"
	    "            ~ 104 Sub: optional -> required\n"
	    "~ message D Order\n"
	    "    ~ 100 NoParties: as above\n" },
	{ "a group that became a field",
	    "<group name='NoLegs' required='N'><field name='Leg' "
	    "required='Y'/></group>", "<field name='NoLegs' required='N'/>",
	    "~ message D Order\n    ~ 110 NoLegs: group -> field\n" },
	{ "a message less", "<message name='Custom' msgtype='U1' "
	    "msgcat='app'><field name='Text' required='N'/></message>", "",
	    "- message U1 Custom\n" },
	{ "a message more", "</messages>", "<message name='New' msgtype='UX' "
	    "msgcat='app'><field name='Text' required='N'/></message>"
	    "</messages>", "+ message UX New\n" },
	{ "another name of a message", "name='Custom'", "name='Own'",
	    "~ message U1 Custom\n    name Custom -> Own\n" },
	{ "a type", "name='Role' type='INT'", "name='Role' type='STRING'",
	    "~ field 102 Role\n    type INT -> STRING\n" },
	{ "a value more", "<value enum='2'/>",
	    "<value enum='2'/><value enum='3' description='C'/>",
	    "~ field 54 Side\n    + 3 C\n" },
	{ "a value less", "<value enum='1' description='BUY'/>", "",
	    "~ field 54 Side\n    - 1 BUY\n" },
	{ "another label", "'BUY'", "'BID'",
	    "~ field 54 Side\n    ~ 1: label BUY -> BID\n" },
	{ "a list that is closed", " allowOtherValues='true'", "",
	    "~ field 58 Text\n    other values are not allowed any more\n" },
	{ "a field more", "</fields>",
	    "<field number='9999' name='Venue' type='INT'/></fields>",
	    "+ field 9999 Venue, INT\n" },
	{ "the header", "<header>",
	    "<header><field name='Text' required='N'/>",
	    "~ header\n    + 58 Text, optional\n" },
	{ "nothing", "'BUY'", "'BUY'", "" },
};

START_TEST(every_difference_is_told_once)
{
	struct dict *a = load(base, strlen(base));
	struct dict *b = changed(diffs[_i].from, diffs[_i].to);
	struct buf text = { 0 };

	ck_assert_int_eq(dict_diff(a, b, &text), 0);
	ends(&text);
	ck_assert_msg(strcmp(text.p, diffs[_i].want) == 0, "%s:\n%s",
	    diffs[_i].what, text.p);
	buf_free(&text);
	dict_free(a);
	dict_free(b);
}
END_TEST

START_TEST(what_one_adds_the_other_lacks)
{
	struct dict *a = load(base, strlen(base));
	struct dict *b = changed("</fields>",
	    "<field number='9999' name='Venue' type='INT'/></fields>");
	struct buf text = { 0 };

	ck_assert_int_eq(dict_diff(b, a, &text), 0);
	ends(&text);
	ck_assert_str_eq(text.p, "- field 9999 Venue\n");
	buf_free(&text);
	dict_free(a);
	dict_free(b);
}
END_TEST

/* ---- write ---- */

static void
same_again(const struct dict *d)
{
	struct buf file = { 0 }, before = { 0 }, after = { 0 };
	struct dict *again;

	ck_assert_int_eq(dict_write(d, &file), 0);
	again = load(file.p, file.len);
	ck_assert_int_eq(dict_dump(d, &before), 0);
	ck_assert_int_eq(dict_dump(again, &after), 0);
	ck_assert_uint_eq(before.len, after.len);
	ck_assert(memcmp(before.p, after.p, before.len) == 0);
	dict_free(again);
	buf_free(&file);
	buf_free(&before);
	buf_free(&after);
}

static const char *const files[] = { "FIX40.xml", "FIX41.xml", "FIX42.xml",
	"FIX43.xml", "FIX44.xml", "FIX50.xml", "FIX50SP1.xml", "FIX50SP2.xml",
	"FIXT11.xml" };

START_TEST(a_shipped_dictionary_written_and_loaded_is_the_same)
{
	struct dict *d = shipped(files[_i]);

	same_again(d);
	dict_free(d);
}
END_TEST

START_TEST(what_xml_must_quote_survives)
{
	struct dict *d = load(base, strlen(base));

	same_again(d);
	dict_free(d);
}
END_TEST

static const char *const roots[] = {
	"type='FIX' major='5' minor='0' servicepack='2'",
	"type='FIXT' major='1' minor='1'",
	"type='Order Entry' major='2026' minor='02'",
	"major='4' minor='2'",
	"type='FIX' major='4'",
};

START_TEST(every_root_survives)
{
	struct dict *d = changed("type='FIX' major='4' minor='4'", roots[_i]);

	same_again(d);
	dict_free(d);
}
END_TEST

START_TEST(a_group_of_two_places_is_written_once)
{
	struct dict *d = load(base, strlen(base));
	struct buf file = { 0 };
	const char *first;

	ck_assert_int_eq(dict_write(d, &file), 0);
	ends(&file);
	first = strstr(file.p, "<group name=\"NoParties\"");
	ck_assert_ptr_nonnull(first);
	ck_assert_ptr_null(strstr(first + 1, "<group name=\"NoParties\""));
	ck_assert_ptr_nonnull(strstr(file.p,
	    "<component name=\"NoPartiesGrp1\" required=\"Y\"/>"));
	ck_assert_ptr_nonnull(strstr(file.p,
	    "<component name=\"NoPartiesGrp1\" required=\"N\"/>"));
	buf_free(&file);
	dict_free(d);
}
END_TEST

/* ---- show ---- */

static const struct {
	const char *what, *want; /* NULL: not found */
} shows[] = {
	{ "Order", "message D Order\n"
	    "    54  Side                             CHAR, required\n"
	    "   100  NoParties                        group, required\n"
	    "       101  Party                        STRING, required\n"
	    "       102  Role                         INT\n"
	    "       103  NoSubs                       group\n"
	    "           104  Sub                      STRING\n"
	    "    58  Text                             STRING\n"
	    "   110  NoLegs                           group\n"
	    "       111  Leg                          STRING, required\n" },
	{ "Side", "field 54 Side, CHAR\n  1        BUY\n  2        \n"
	    "  in: D\n" },
	{ "104", "field 104 Sub, STRING\n  in: 8 D\n" },
	{ "96", "field 96 Data, DATA\n  its length is in 95\n  in: 8\n" },
	{ "CheckSum", "field 10 CheckSum, STRING\n  in: trailer\n" },
	{ "header", "header\n"
	    "     8  BeginString                      STRING, required\n" },
	{ "Side=1", "field 54 Side, CHAR\n  1        BUY\n" },
	{ "54=BUY", "field 54 Side, CHAR\n  1        BUY\n" },
	{ "side=buy", "field 54 Side, CHAR\n  1        BUY\n" },
	{ "custom", "message U1 Custom\n"
	    "    58  Text                             STRING\n" },
	{ "8", "message 8 Report\n"
	    "   100  NoParties                        group\n"
	    "       101  Party                        STRING, required\n"
	    "       102  Role                         INT\n"
	    "       103  NoSubs                       group\n"
	    "           104  Sub                      STRING\n"
	    "    95  DataLen                          LENGTH\n"
	    "    96  Data                             DATA\n"
	    "field 8 BeginString, STRING\n  in: header\n" },
	{ "Side=9", NULL }, { "Nobody=1", NULL }, { "Nobody", NULL },
	{ "99999999999999999999", NULL }, { "", NULL }, { "=", NULL },
};

START_TEST(a_thing_is_shown_by_any_of_its_names)
{
	struct dict *d = load(base, strlen(base));
	struct buf text = { 0 };
	int err;

	err = dict_show(d, shows[_i].what, &text);
	ends(&text);
	if (shows[_i].want == NULL) {
		ck_assert_int_eq(err, FG_ENOENT);
		ck_assert_uint_eq(text.len, 0);
	} else {
		ck_assert_int_eq(err, 0);
		ck_assert_str_eq(text.p, shows[_i].want);
	}
	buf_free(&text);
	dict_free(d);
}
END_TEST

START_TEST(numbers_of_pairs_stay_when_the_set_grows)
{
	static char at[3000];
	struct seen s = { 0 };
	uint32_t i, *n;

	for (i = 0; i < sizeof(at); i++) {
		n = seen_at(&s, &at[i], i % 2 == 0 ? NULL : &at[0]);
		ck_assert_ptr_nonnull(n);
		ck_assert_uint_eq(*n, 0);
		*n = i + 1;
	}
	for (i = 0; i < sizeof(at); i++)
		ck_assert_uint_eq(*seen_at(&s, &at[i],
		    i % 2 == 0 ? NULL : &at[0]), i + 1);
	seen_free(&s);
}
END_TEST

START_TEST(memory_that_is_used_again_is_zeroed)
{
	static const size_t sizes[] = { 1, 100, 65536, 65537, 200000, 7 };
	struct arena a = { 0 };
	size_t round, i, k;
	char *p, *first = NULL;

	arena_reset(&a); /* of nothing */
	for (round = 0; round < 4; round++) {
		for (i = 0; i < 6; i++) {
			p = arena_alloc(&a, sizes[i], 1);
			ck_assert_ptr_nonnull(p);
			for (k = 0; k < sizes[i]; k++)
				ck_assert_int_eq(0, p[k]);
			memset(p, 0xff, sizes[i]);
			if (round == 0 && i == 0)
				first = p;
			if (i == 0)
				ck_assert_ptr_eq(first, p);
		}
		arena_reset(&a);
		ck_assert_uint_le(a.bytes, 65536);
	}
	arena_free(&a);
	ck_assert_ptr_nonnull(arena_alloc(&a, 1, 100000));
	arena_reset(&a); /* none of the usual size */
	ck_assert_uint_eq(0, a.bytes);
}
END_TEST

int
main(void)
{
#define COUNT(t) ((int)(sizeof(t) / sizeof((t)[0])))
	Suite *suite = suite_create("dict tools");
	TCase *t = tcase_create("dict tools");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 600);
	tcase_add_loop_test(t, every_difference_is_told_once, 0, COUNT(diffs));
	tcase_add_test(t, what_one_adds_the_other_lacks);
	tcase_add_loop_test(t,
	    a_shipped_dictionary_written_and_loaded_is_the_same, 0,
	    COUNT(files));
	tcase_add_test(t, what_xml_must_quote_survives);
	tcase_add_loop_test(t, every_root_survives, 0, COUNT(roots));
	tcase_add_test(t, a_group_of_two_places_is_written_once);
	tcase_add_loop_test(t, a_thing_is_shown_by_any_of_its_names, 0,
	    COUNT(shows));
	tcase_add_test(t, numbers_of_pairs_stay_when_the_set_grows);
	tcase_add_test(t, memory_that_is_used_again_is_zeroed);
	suite_add_tcase(suite, t);
	r = srunner_create(suite);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
