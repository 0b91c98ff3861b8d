#include "check_rows.h"

#include <string.h>

#include "base/err.h"
#include "dict/build.h"
#include "gateway/compose.h"

static struct dict *dict;
static struct buf bytes;
static struct compose c;

static void
setup(void)
{
	struct dict_faults faults = { 0 };
	struct dict_build *b = dict_build_new(DICT_LENIENT, &faults);
	struct dict_fdef *side, *inst;

	dict_build_root(b, "FIX", "4", "4", NULL);
	dict_build_field(b, 1, 11, "ClOrdID", "STRING", false);
	dict_build_field(b, 2, 34, "MsgSeqNum", "SEQNUM", false);
	side = dict_build_field(b, 3, 54, "Side", "CHAR", false);
	dict_build_value(b, side, "1", "BUY");
	dict_build_value(b, side, "2", "SELL");
	inst = dict_build_field(b, 4, 18, "ExecInst", "MULTIPLEVALUESTRING",
	    false);
	dict_build_value(b, inst, "1", "NOT_HELD");
	dict_build_value(b, inst, "G", "ALL_OR_NONE");
	dict_build_field(b, 5, 354, "EncodedTextLen", "LENGTH", false);
	dict_build_field(b, 6, 355, "EncodedText", "DATA", false);
	dict_build_message(b, 7, "NewOrderSingle", "D");
	ck_assert_int_eq(0, dict_build_finish(b, &dict));
	dict_build_free(b);
	dict_faults_free(&faults);
	memset(&c, 0, sizeof(c));
	bytes.len = 0;
	c.app = c.transport = dict;
	c.out = &bytes;
}

static void
teardown(void)
{
	dict_free(dict);
	buf_free(&bytes);
}

static int
add(const char *name, const char *value)
{
	return compose_field(&c, name, strlen(name), value, strlen(value));
}

static void
wrote(const char *text)
{
	ck_assert_msg(bytes.len == strlen(text) && (bytes.len == 0 ||
	    memcmp(bytes.p, text, bytes.len) == 0), "%.*s", (int)bytes.len,
	    bytes.p);
}

START_TEST(names_become_tags_and_labels_values)
{
	ck_assert_int_eq(0, add("ClOrdID", "A1"));
	ck_assert_int_eq(0, add("Side", "BUY"));
	ck_assert_int_eq(0, add("Side", "2"));
	ck_assert_int_eq(0, add("ExecInst", "ALL_OR_NONE 1"));
	wrote("11=A1\00154=1\00154=2\00118=G 1\001");
}
END_TEST

START_TEST(a_tag_takes_its_value_as_it_is)
{
	ck_assert_int_eq(0, add("54", "BUY"));
	ck_assert_int_eq(0, add("9999", "x y"));
	wrote("54=BUY\0019999=x y\001");
}
END_TEST

START_TEST(wrong_fields_are_refused_with_what_to_do)
{
	static const struct {
		const char *name, *value, *says;
	} row[] = {
		{ "ClOrdId1", "x", "did you mean ClOrdID (11)?" },
		{ "side", "1", "did you mean Side (54)?" },
		{ "Zzzzzzzzzzzz", "x", "give its tag instead" },
		{ "Side", "BYU", "1=BUY, 2=SELL" },
		{ "ExecInst", "1 Q", "ExecInst (18) has no value 'Q'" },
		{ "MsgSeqNum", "4",
		    "MsgSeqNum (34) is written by the session" },
		{ "8", "FIX.4.4", "(8) is written by the session" },
		{ "ClOrdID", "", "ClOrdID (11) has no value" },
		{ "ClOrdID", "a\001b", "has an SOH in its value" },
		{ "0", "x", "0 is no tag" },
		{ "99999999999", "x", "is no tag" },
	};
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		ck_assert_int_eq(FG_EINVAL, add(row[i].name, row[i].value));
		ck_assert_msg(strstr(c.err, row[i].says) != NULL, "%s", c.err);
	}
}
END_TEST

START_TEST(without_a_dictionary_only_tags_are_known)
{
	c.app = c.transport = NULL;
	ck_assert_int_eq(0, add("54", "1"));
	ck_assert_int_eq(FG_EINVAL, add("Side", "1"));
	ck_assert(strstr(c.err, "no dictionary") != NULL);
}
END_TEST

START_TEST(the_length_of_a_data_field_is_added_once)
{
	ck_assert_int_eq(0, add("EncodedText", "a\001b"));
	ck_assert_int_eq(0, add("EncodedTextLen", "2"));
	ck_assert_int_eq(0, add("EncodedText", "cd"));
	wrote("354=3\001355=a\001b\001354=2\001355=cd\001");
}
END_TEST

START_TEST(a_raw_body_loses_what_the_session_writes)
{
	static const struct {
		const char *raw, *type, *body;
	} row[] = {
		{ "35=D|11=A|54=1|", "D", "11=A\00154=1\001" },
		{ "8=FIX.4.4|9=100|35=D|34=2|49=A|52=t|56=B|11=A|10=000|", "D",
		    "11=A\001" },
		{ "35=D\00111=a|b\001", "D", "11=a|b\001" },
		{ "11=A|354=3|355=x|y|54=1", "", "11=A\001354=3\001355=x|y\001"
		    "54=1\001" },
		{ "11=A|354=3|355=x|y", "", "11=A\001354=3\001355=x|y\001" },
		{ "", "", "" },
	};
	char type[COMPOSE_TYPE_MAX];
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		bytes.len = 0;
		type[0] = '\0';
		ck_assert_int_eq(0, compose_raw(&c, row[i].raw,
		    strlen(row[i].raw), type));
		ck_assert_str_eq(row[i].type, type);
		wrote(row[i].body);
	}
}
END_TEST

START_TEST(raw_bodies_that_are_none_are_refused)
{
	static const char *const row[] = { "hello", "11=A||54=1|", "=A|",
		"11|", "ClOrdID=A|", "11=|" };
	char type[COMPOSE_TYPE_MAX] = "D";
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		ck_assert_msg(compose_raw(&c, row[i], strlen(row[i]), type) ==
		    FG_EINVAL, "%s", row[i]);
}
END_TEST

START_TEST(a_message_has_a_name_or_a_type)
{
	char type[COMPOSE_TYPE_MAX];

	ck_assert_int_eq(0, compose_msg_type(&c, "NewOrderSingle", 14, type));
	ck_assert_str_eq("D", type);
	ck_assert_int_eq(0, compose_msg_type(&c, "U7", 2, type));
	ck_assert_str_eq("U7", type);
	ck_assert_int_eq(FG_EINVAL, compose_msg_type(&c, "NewOrdr", 7, type));
	ck_assert_int_eq(FG_EINVAL, compose_msg_type(&c, "", 0, type));
}
END_TEST

TCase *
compose_cases(void)
{
	TCase *tc = tcase_create("compose");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, names_become_tags_and_labels_values);
	tcase_add_test(tc, a_tag_takes_its_value_as_it_is);
	tcase_add_test(tc, wrong_fields_are_refused_with_what_to_do);
	tcase_add_test(tc, without_a_dictionary_only_tags_are_known);
	tcase_add_test(tc, the_length_of_a_data_field_is_added_once);
	tcase_add_test(tc, a_raw_body_loses_what_the_session_writes);
	tcase_add_test(tc, raw_bodies_that_are_none_are_refused);
	tcase_add_test(tc, a_message_has_a_name_or_a_type);
	return tc;
}
