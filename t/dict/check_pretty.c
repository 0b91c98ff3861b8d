#include "check_dict.h"

#include <string.h>

#include "dict/pretty.h"

struct row {
	const char *message;
	const char *pretty;
	const char *json;
};

static const int32_t secrets[] = { 554, 925 };

static void
show_all(const struct dict *transport, const struct dict *app,
    const struct row *row, size_t n)
{
	struct buf out = { 0 };
	struct parsed p;
	size_t i;

	for (i = 0; i < n; i++) {
		p = parse(row[i].message, app);
		ck_assert_int_eq(0,
		    dict_pretty(transport, app, &p.m, secrets, 2, &out));
		ck_assert_int_eq(0, buf_add(&out, "", 1));
		ck_assert_str_eq(row[i].pretty, out.p);
		buf_free(&out);
		ck_assert_int_eq(0,
		    dict_json(transport, app, &p.m, secrets, 2, &out));
		ck_assert_int_eq(0, buf_add(&out, "", 1));
		ck_assert_str_eq(row[i].json, out.p);
		buf_free(&out);
		parsed_free(&p);
	}
}

START_TEST(messages_are_shown_with_names_labels_and_groups)
{
	static const struct row row[] = {
		{ "8=FIX.4.4|9=1|35=D|54=1|55=X|453=2|448=A|447=D|802=2|523=x|"
		  "803=1|523=y|448=B|58=t|10=000|",
		    "     8  BeginString           FIX.4.4\n"
		    "     9  BodyLength            1\n"
		    "    35  MsgType               D (NewOrderSingle)\n"
		    "    54  Side                  1 (BUY)\n"
		    "    55  Symbol                X\n"
		    "   453  NoPartyIDs            2\n"
		    "  -    448  PartyID               A\n"
		    "       447  PartyIDSource         D (PROPRIETARY)\n"
		    "       802  NoPartySubIDs         2\n"
		    "      -    523  PartySubID            x\n"
		    "           803  PartySubIDType        1 (FIRM)\n"
		    "      -    523  PartySubID            y\n"
		    "  -    448  PartyID               B\n"
		    "    58  Text                  t\n"
		    "    10  CheckSum              000\n",
		    "{\"BeginString\":\"FIX.4.4\",\"BodyLength\":\"1\","
		    "\"MsgType\":\"D\",\"Side\":\"1\",\"Symbol\":\"X\","
		    "\"NoPartyIDs\":[{\"PartyID\":\"A\",\"PartyIDSource\":"
		    "\"D\",\"NoPartySubIDs\":[{\"PartySubID\":\"x\","
		    "\"PartySubIDType\":\"1\"},{\"PartySubID\":\"y\"}]},"
		    "{\"PartyID\":\"B\"}],\"Text\":\"t\",\"CheckSum\":"
		    "\"000\"}" },
		{ "35=A|453=0|554=secret|386=0|5000=x|10=0|",
		    "    35  MsgType               A (Logon)\n"
		    "   453  NoPartyIDs            0\n"
		    "   554  Password              ***\n"
		    "   386  NoTradingSessions     0\n"
		    "  5000  ?                     x\n"
		    "    10  CheckSum              0\n",
		    "{\"MsgType\":\"A\",\"NoPartyIDs\":\"0\",\"Password\":"
		    "\"***\",\"NoTradingSessions\":\"0\",\"5000\":\"x\","
		    "\"CheckSum\":\"0\"}" },
		{ "35=D|453=0|54=?|",
		    "    35  MsgType               D (NewOrderSingle)\n"
		    "   453  NoPartyIDs            0\n"
		    "    54  Side                  ?\n",
		    "{\"MsgType\":\"D\",\"NoPartyIDs\":[],\"Side\":\"?\"}" },
		{ "", "", "{}" },
	};

	show_all(shipped("FIX44"), shipped("FIX44"), row,
	    sizeof(row) / sizeof(row[0]));
}
END_TEST

START_TEST(values_cannot_break_out_of_their_line_or_string)
{
	static const struct row row[] = {
		{ "58=a\"b\\c\n\033[m\177|",
		    "    58  Text                  a\"b\\\\c\\x0a\\x1b[m\\x7f\n",
		    "{\"Text\":\"a\\\"b\\\\c\\u000a\\u001b[m\\u007f\"}" },
		{ "58=\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80|",
		    "    58  Text                  \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\n",
		    "{\"Text\":\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"}" },
		{ "58=\xe4|", "    58  Text                  \\xe4\n",
		    "{\"Text\":\"\\u00e4\"}" },
		{ "58=\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80|",
		    "    58  Text                  \\xc0\\xaf\\xed\\xa0\\x80\\xf4\\x90\\x80"
		    "\\x80\n",
		    "{\"Text\":\"\\u00c0\\u00af\\u00ed\\u00a0\\u0080\\u00f4"
		    "\\u0090\\u0080\\u0080\"}" },
		{ "58=\xc2\x9b|", "    58  Text                  \\xc2\\x9b\n",
		    "{\"Text\":\"\\u00c2\\u009b\"}" },
		{ "58=\xe2\x82|", "    58  Text                  \\xe2\\x82\n",
		    "{\"Text\":\"\\u00e2\\u0082\"}" },
		{ "95=3|96=a|b|",
		    "    95  RawDataLength         3\n"
		    "    96  RawData               a\\x01b\n",
		    "{\"RawDataLength\":\"3\",\"RawData\":\"a\\u0001b\"}" },
	};

	show_all(shipped("FIX44"), shipped("FIX44"), row,
	    sizeof(row) / sizeof(row[0]));
}
END_TEST

START_TEST(a_pair_of_dictionaries_names_header_and_body)
{
	static const struct row row[] = {
		{ "8=FIXT.1.1|9=1|35=D|1128=9|54=2|",
		    "     8  BeginString           FIXT.1.1\n"
		    "     9  BodyLength            1\n"
		    "    35  MsgType               D (NewOrderSingle)\n"
		    "  1128  ApplVerID             9 (FIX50_SP2)\n"
		    "    54  Side                  2 (SELL)\n",
		    "{\"BeginString\":\"FIXT.1.1\",\"BodyLength\":\"1\","
		    "\"MsgType\":\"D\",\"ApplVerID\":\"9\",\"Side\":\"2\"}" },
	};

	show_all(shipped("FIXT11"), shipped("FIX50"), row, 1);
}
END_TEST

TCase *
pretty_cases(void)
{
	TCase *t = tcase_create("pretty");

	tcase_add_test(t, messages_are_shown_with_names_labels_and_groups);
	tcase_add_test(t, values_cannot_break_out_of_their_line_or_string);
	tcase_add_test(t, a_pair_of_dictionaries_names_header_and_body);
	return t;
}
