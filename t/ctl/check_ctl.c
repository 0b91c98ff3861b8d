#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "ctl/ctl.h"
#include "ctl/json_line.h"
#include "ctl/line.h"
#include "ctl/list.h"
#include "ctl/opt.h"
#include "ctl/row.h"

static struct link_out *out;
static struct link_in *in;
static struct buf frame, text;

/* ---- options and commands ---- */

START_TEST(options_stand_anywhere_and_leave_the_rest)
{
	char args[][16] = { "--flag", "a", "--text", "x", "b", "--number=7",
		"--", "--c" };
	char *argv[8];
	bool flag = false;
	const char *word = NULL;
	struct opt_number number = { 0 };
	const struct opt opts[] = { { "--flag", OPT_FLAG, &flag },
		{ "--text", OPT_TEXT, &word },
		{ "--number", OPT_NUMBER, &number } };
	char err[OPT_ERR_MAX];
	size_t i;

	for (i = 0; i < 8; i++)
		argv[i] = args[i];
	ck_assert_int_eq(3, opt_parse(opts, 3, 8, argv, err));
	ck_assert_str_eq("a", argv[0]);
	ck_assert_str_eq("b", argv[1]);
	ck_assert_str_eq("--c", argv[2]);
	ck_assert(flag);
	ck_assert_str_eq("x", word);
	ck_assert(number.given && number.v == 7);
}
END_TEST

START_TEST(wrong_options_are_named)
{
	static struct {
		char arg[16];
		const char *says;
	} row[] = {
		{ "--nope", "unknown option '--nope'" },
		{ "--flags", "unknown option '--flags'" },
		{ "--flag=1", "--flag takes no value" },
		{ "--number", "--number needs a value" },
		{ "--number=x", "--number needs a number, not 'x'" },
		{ "--number=-1", "--number needs a number, not '-1'" },
	};
	bool flag;
	struct opt_number number;
	const struct opt opts[] = { { "--flag", OPT_FLAG, &flag },
		{ "--number", OPT_NUMBER, &number } };
	char err[OPT_ERR_MAX], *argv[1];
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		argv[0] = row[i].arg;
		ck_assert_int_eq(-1, opt_parse(opts, 2, 1, argv, err));
		ck_assert_str_eq(row[i].says, err);
	}
}
END_TEST

START_TEST(commands_are_found_by_their_words)
{
	static struct {
		char one[16], two[16];
		const char *name;
		int words;
	} row[] = {
		{ "status", "", "status", 1 },
		{ "session", "show", "session show", 2 },
		{ "session", "reset", "session reset", 2 },
		{ "session", "", NULL, 0 },
		{ "session", "sho", NULL, 0 },
		{ "stat", "", NULL, 0 },
		{ "", "", NULL, 0 },
	};
	const struct ctl_cmd *cmd;
	char *argv[2];
	size_t i;
	int words;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		argv[0] = row[i].one;
		argv[1] = row[i].two;
		cmd = ctl_find(row[i].two[0] == '\0' ? 1 : 2, argv, &words);
		if (row[i].name == NULL) {
			ck_assert_msg(cmd == NULL, "%s", row[i].one);
			continue;
		}
		ck_assert_str_eq(row[i].name, cmd->name);
		ck_assert_int_eq(row[i].words, words);
	}
}
END_TEST

/* ---- lines of send ---- */

/* What line_put sends: "TYPE;name=value;..." or "raw:...". */
static const char *
put_line(const struct line *l)
{
	const struct link_val *fields, *pair;
	const char *p, *why;
	struct link_msg m;
	size_t i, n;

	frame.len = text.len = 0;
	link_begin(out, &frame, "EVENT_FIX_SEND", 1);
	line_put(out, "S", l);
	ck_assert_int_eq(0, link_end(out));
	ck_assert(link_decode(in, frame.p, frame.len, &m, &why) > 0);
	if (link_get_str(link_find(m.details, "FIX_DATA"), &p, &n))
		buf_printf(&text, "raw:%.*s", (int)n, p);
	if (link_get_str(link_find(m.details, "MSG_TYPE"), &p, &n))
		buf_printf(&text, "%.*s", (int)n, p);
	fields = link_find(m.details, "FIELDS");
	for (i = 0; fields != NULL && i < link_count(fields); i++) {
		pair = link_at(fields, i);
		ck_assert(link_get_str(link_at(pair, 0), &p, &n));
		buf_printf(&text, ";%.*s", (int)n, p);
		ck_assert(link_get_str(link_at(pair, 1), &p, &n));
		buf_printf(&text, "=%.*s", (int)n, p);
	}
	buf_add(&text, "", 1);
	return text.p;
}

START_TEST(lines_are_pairs_or_raw_or_nothing)
{
	static const struct {
		const char *line;
		enum line_kind kind;
		const char *says;
	} row[] = {
		{ "MsgType=D ClOrdID=1 Side=BUY", LINE_MESSAGE,
		    "D;ClOrdID=1;Side=BUY" },
		{ "  35=D\t11=1 \r", LINE_MESSAGE, "D;11=1" },
		{ "35=D Text='a b' 58=\"c\\\"d\"", LINE_MESSAGE,
		    "D;Text=a b;58=c\"d" },
		{ "35=D 'Text=a | b'", LINE_MESSAGE, "D;Text=a | b" },
		{ "35=D Text=a=b", LINE_MESSAGE, "D;Text=a=b" },
		{ "35=D|58=a b|", LINE_MESSAGE, "raw:35=D|58=a b|" },
		{ "35=D\00158=a b\001", LINE_MESSAGE,
		    "raw:35=D\00158=a b\001" },
		{ "", LINE_NOTHING, "" },
		{ "   ", LINE_NOTHING, "" },
		{ "# a remark with | and '", LINE_NOTHING, "" },
		{ "ClOrdID=1", LINE_BAD, "MsgType is missing" },
		{ "35=D hello", LINE_BAD, "'hello' is not NAME=VALUE" },
		{ "35=D =x", LINE_BAD, "'=x' is not NAME=VALUE" },
		{ "35=D Text='a", LINE_BAD, "a quote is not closed" },
	};
	static struct line l;
	char err[LINE_ERR_MAX], line[128];
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		strcpy(line, row[i].line);
		ck_assert_msg(line_parse(&l, line, strlen(line), err) ==
		    row[i].kind, "%s", row[i].line);
		if (row[i].kind == LINE_MESSAGE)
			ck_assert_str_eq(row[i].says, put_line(&l));
		if (row[i].kind == LINE_BAD)
			ck_assert_msg(strstr(err, row[i].says) != NULL, "%s",
			    err);
	}
}
END_TEST

START_TEST(a_line_with_too_many_fields_is_refused)
{
	static struct line l;
	char err[LINE_ERR_MAX];
	size_t i;

	text.len = 0;
	buf_puts(&text, "35=D");
	for (i = 0; i <= LINE_FIELDS; i++)
		buf_puts(&text, " 1=2");
	ck_assert_int_eq(LINE_BAD, line_parse(&l, text.p, text.len, err));
	ck_assert(strstr(err, "more than") != NULL);
}
END_TEST

/* ---- rows ---- */

#define MESSAGE "35=A\00158=\xe9\033\001554=secret\001"

static struct row
make_row(void)
{
	static const char *const columns[][2] = { { "RX_SEQUENCE", "int" },
		{ "TIMESTAMP", "time" }, { "CONNECTION_NAME", "text" },
		{ "ADMIN", "bool" }, { "CL_ORD_ID", "text" },
		{ "FIX_DATA", "fix" } };
	const char *why;
	struct link_msg m;
	size_t i;

	frame.len = 0;
	link_begin(out, &frame, "ROWS", 1);
	link_map(out, 2);
	link_str(out, "COLUMNS");
	link_array(out, 6);
	for (i = 0; i < 6; i++) {
		link_array(out, 2);
		link_str(out, columns[i][0]);
		link_str(out, columns[i][1]);
	}
	link_str(out, "ROW");
	link_array(out, 6);
	link_u64(out, 7);
	link_i64(out, 1767603600123456789);
	link_str(out, "VENUE");
	link_bool(out, true);
	link_nil(out);
	link_bin(out, MESSAGE, sizeof(MESSAGE) - 1);
	ck_assert_int_eq(0, link_end(out));
	ck_assert(link_decode(in, frame.p, frame.len, &m, &why) > 0);
	return (struct row){ link_find(m.details, "COLUMNS"),
		link_find(m.details, "ROW") };
}

static void
text_is(const char *want)
{
	buf_add(&text, "", 1);
	ck_assert_str_eq(want, text.p);
}

START_TEST(a_plain_row_is_one_printable_line)
{
	struct row r = make_row();

	text.len = 0;
	ck_assert_int_eq(0, row_plain(&text, &r));
	text_is("7 20260105-09:00:00.123 VENUE "
	    "35=A|58=\\xe9\\x1b|554=******|");
	ck_assert(row_is_admin(&r));
}
END_TEST

START_TEST(a_json_row_has_all_columns_and_loses_no_byte)
{
	struct row r = make_row();

	text.len = 0;
	ck_assert_int_eq(0, row_json(&text, &r));
	text_is("{\"RX_SEQUENCE\":7,"
	    "\"TIMESTAMP\":\"20260105-09:00:00.123456789\","
	    "\"CONNECTION_NAME\":\"VENUE\",\"ADMIN\":true,"
	    "\"CL_ORD_ID\":null,"
	    "\"FIX_DATA\":\"35=A\\u000158=\\u00E9\\u001B\\u0001"
	    "554=******\\u0001\"}");
}
END_TEST

/* ---- a line of append ---- */

START_TEST(numbers_with_a_fraction_keep_their_text)
{
	static const char *const row[][2] = {
		{ "{\"P\": 1.50}", "1.50" },
		{ "{\"P\":-0.000 }", "-0.000" },
		{ "{\"P\": 12345678901234567890}", "12345678901234567890" },
		{ "{\"P\": 1E+3}", "1E+3" },
		{ "{\"P\": 0.1000000000000000055511151231257827}",
		    "0.1000000000000000055511151231257827" },
		{ "{\"P\": \"\\\\\", \"Q\": 2.0}", "\\" },
		{ "{\"P\": \"a \\\" 1.50\"}", "a \" 1.50" },
	};
	char err[JSON_LINE_ERR_MAX];
	json_t *j;
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		j = json_line(row[i][0], strlen(row[i][0]), err);
		ck_assert_msg(j != NULL, "%s: %s", row[i][0], err);
		ck_assert_pstr_eq(row[i][1],
		    json_string_value(json_object_get(j, "P")));
		json_decref(j);
	}
}
END_TEST

START_TEST(other_values_are_what_they_are)
{
	static const char line[] = "{\"I\": -9223372036854775808, "
	    "\"S\": \"a\\u0000b\", \"T\": true, \"F\": false, "
	    "\"N\": null}";
	char err[JSON_LINE_ERR_MAX];
	json_t *j = json_line(line, strlen(line), err);
	struct link_msg m;
	const char *why, *p;
	int64_t v;
	size_t n;

	ck_assert_ptr_nonnull(j);
	frame.len = 0;
	link_begin(out, &frame, "X", 1);
	json_line_put(out, j);
	ck_assert_int_eq(0, link_end(out));
	json_decref(j);
	ck_assert(link_decode(in, frame.p, frame.len, &m, &why) > 0);
	ck_assert_uint_eq(5, link_count(m.details));
	ck_assert(link_get_i64(link_find(m.details, "I"), &v));
	ck_assert_int_eq(INT64_MIN, v);
	ck_assert(link_get_str(link_find(m.details, "S"), &p, &n));
	ck_assert_uint_eq(3, n);
	ck_assert(memcmp("a\0b", p, 3) == 0);
	ck_assert(link_find_bool(m.details, "T", false));
	ck_assert(!link_find_bool(m.details, "F", true));
	ck_assert_int_eq(LINK_NIL, link_kind(link_find(m.details, "N")));
}
END_TEST

START_TEST(what_is_no_row_is_said_to_be_none)
{
	static const char *const row[][2] = {
		{ "", "not JSON" }, { "{\"A\": 1.2.3}", "not JSON" },
		{ "{\"A\": 01}", "not JSON" }, { "{\"A\": .5}", "not JSON" },
		{ "{\"A\": -}", "not JSON" }, { "{\"A\": 1} x", "not JSON" },
		{ "{\"A\": 1, \"A\": 2}", "not JSON" },
		{ "{\"A\": \"\xff\"}", "not JSON" },
		{ "{\"A\": \"b", "not JSON" }, { "{\"A\": \"\\", "not JSON" },
		{ "[1]", "a row is an object" },
		{ "{\"A\": {}}", "A: a value is text" },
		{ "{\"B\": 1.5, \"A\": [2.5]}", "A: a value is text" },
	};
	char err[JSON_LINE_ERR_MAX];
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		ck_assert_ptr_null(json_line(row[i][0], strlen(row[i][0]),
		    err));
		ck_assert_msg(strncmp(row[i][1], err, strlen(row[i][1])) == 0,
		    "%s: %s", row[i][0], err);
	}
}
END_TEST

START_TEST(secrets_are_masked_wherever_they_stand)
{
	static const struct {
		const char *in, *out;
	} row[] = {
		{ "554=x", "554=*" },
		{ "35=A\001554=abc\001925=d\00158=y\001",
		    "35=A\001554=***\001925=*\00158=y\001" },
		{ "5540=abc\001", "5540=abc\001" },
		{ "58=554=abc\001", "58=554=abc\001" },
		{ "1401=5\0011402=a\001b=c\00158=y\001",
		    "1401=5\0011402=*****\00158=y\001" },
		{ "1403=99\0011404=ab\00158=y\001",
		    "1403=99\0011404=********" },
		{ "1401=1\0011402=abc\00158=y\001",
		    "1401=1\0011402=***\00158=y\001" },
		{ "554=", "554=" },
		{ "", "" },
	};
	char copy[64];
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		strcpy(copy, row[i].in);
		row_mask(copy, strlen(copy));
		ck_assert_str_eq(row[i].out, copy);
	}
}
END_TEST

/* ---- lists ---- */

/* Two maps: {A: 5, B: "x\\ny", C: nil, M: {s: 7}}, {A: 10, B: ...}. */
static const struct link_val *
make_list(void)
{
	const char *why;
	struct link_msg m;
	int i;

	frame.len = 0;
	link_begin(out, &frame, "X", 1);
	link_map(out, 1);
	link_str(out, "LIST");
	link_array(out, 2);
	for (i = 0; i < 2; i++) {
		link_map(out, 5);
		link_key_u64(out, "A", i == 0 ? 5 : 10);
		link_key_str(out, "B", i == 0 ? "x\ny" : "");
		link_str(out, "C");
		link_nil(out);
		link_key_u64(out, "TIME", i == 0 ? 1767603600123456789 : 0);
		link_str(out, "M");
		link_map(out, 1);
		link_key_u64(out, "s", 7);
	}
	ck_assert_int_eq(0, link_end(out));
	ck_assert(link_decode(in, frame.p, frame.len, &m, &why) > 0);
	return link_find(m.details, "LIST");
}

START_TEST(a_list_is_a_table_for_people)
{
	static const struct list_column columns[] = {
		{ "NUMBER", "A", LIST_VALUE }, { "B", "B", LIST_VALUE },
		{ "C", "C", LIST_VALUE }, { "WHEN", "TIME", LIST_TIME },
		{ "M", "M", LIST_VALUE }, { "NONE", "?", LIST_VALUE }
	};

	text.len = 0;
	ck_assert_int_eq(0, list_text(&text, make_list(), columns, 6));
	text_is("NUMBER  B       C  WHEN                   M    NONE\n"
	    "     5  x\\x0ay  -  20260105-09:00:00.123  s=7  -\n"
	    "    10  -       -  never                  s=7  -\n");
	text.len = 0;
	ck_assert_int_eq(0, list_text(&text, NULL, columns, 2));
	text_is("NUMBER  B\n");
}
END_TEST

START_TEST(a_list_is_lines_for_programs)
{
	text.len = 0;
	ck_assert_int_eq(0, list_json(&text, make_list()));
	text_is("{\"A\":5,\"B\":\"x\\ny\",\"C\":null,"
	    "\"TIME\":\"20260105-09:00:00.123456789\",\"M\":{\"s\":7}}\n"
	    "{\"A\":10,\"B\":\"\",\"C\":null,\"TIME\":null,"
	    "\"M\":{\"s\":7}}\n");
}
END_TEST

/* ---- what commands print ---- */

static const struct link_val *
status_details(void)
{
	const char *why;
	struct link_msg m;

	frame.len = 0;
	link_begin(out, &frame, "STATUS_ACK", 1);
	link_map(out, 7);
	link_key_str(out, "HEALTH", "WARNING");
	link_key_str(out, "PROGRAM", "fixgated");
	link_key_str(out, "VERSION", "9");
	link_key_u64(out, "UPTIME_S", 90061);
	link_key_u64(out, "STARTED", 1767603600000000000);
	link_str(out, "SESSIONS");
	link_array(out, 1);
	link_map(out, 5);
	link_key_str(out, "SESSION", "VENUE");
	link_key_str(out, "ROLE", "initiator");
	link_key_str(out, "STATE", "not connected");
	link_key_u64(out, "NEXT_IN", 12);
	link_key_str(out, "LAST_EVENT", "refused:\033[1m");
	link_str(out, "ADVICE");
	link_array(out, 1);
	link_map(out, 3);
	link_key_str(out, "LEVEL", "WARNING");
	link_key_str(out, "SUBJECT", "VENUE");
	link_key_str(out, "TEXT", "call them");
	ck_assert_int_eq(0, link_end(out));
	ck_assert(link_decode(in, frame.p, frame.len, &m, &why) > 0);
	return m.details;
}

static char *
printed(const struct ctl_output *o)
{
	char *p = NULL;
	size_t n;
	FILE *f = open_memstream(&p, &n);

	o->status(f, status_details());
	fclose(f);
	return p;
}

START_TEST(status_is_one_screen_with_advice)
{
	char *p = printed(&ctl_output_text);

	ck_assert_msg(strstr(p, "WARNING  fixgated 9, up 1d1h1m1s\n") == p,
	    "%s", p);
	ck_assert_msg(strstr(p, "VENUE   initiator not connected       12 ") !=
	    NULL, "%s", p);
	ck_assert_msg(strstr(p, "refused:.[1m") != NULL, "%s", p);
	ck_assert_msg(strstr(p, "  WARNING VENUE: call them\n") != NULL, "%s",
	    p);
	free(p);
}
END_TEST

START_TEST(status_is_one_json_object)
{
	char *p = printed(&ctl_output_json);

	ck_assert_msg(strstr(p, "{\"HEALTH\":\"WARNING\",") == p, "%s", p);
	ck_assert_msg(strstr(p, "\"STARTED\":\"20260105-09:00:00.000000000\"")
	    != NULL, "%s", p);
	ck_assert_ptr_eq(strchr(p, '\n'), p + strlen(p) - 1);
	free(p);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ctl");
	TCase *tc = tcase_create("ctl");
	SRunner *sr;
	int failed;

	out = link_out_new();
	in = link_in_new();
	tcase_add_test(tc, options_stand_anywhere_and_leave_the_rest);
	tcase_add_test(tc, wrong_options_are_named);
	tcase_add_test(tc, commands_are_found_by_their_words);
	tcase_add_test(tc, lines_are_pairs_or_raw_or_nothing);
	tcase_add_test(tc, a_line_with_too_many_fields_is_refused);
	tcase_add_test(tc, a_plain_row_is_one_printable_line);
	tcase_add_test(tc, a_json_row_has_all_columns_and_loses_no_byte);
	tcase_add_test(tc, a_list_is_a_table_for_people);
	tcase_add_test(tc, a_list_is_lines_for_programs);
	tcase_add_test(tc, numbers_with_a_fraction_keep_their_text);
	tcase_add_test(tc, other_values_are_what_they_are);
	tcase_add_test(tc, what_is_no_row_is_said_to_be_none);
	tcase_add_test(tc, secrets_are_masked_wherever_they_stand);
	tcase_add_test(tc, status_is_one_screen_with_advice);
	tcase_add_test(tc, status_is_one_json_object);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	link_out_free(out);
	link_in_free(in);
	buf_free(&frame);
	buf_free(&text);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
