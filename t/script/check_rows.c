#include "check_script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "dict/xml/xml.h"

static const struct dict *
shipped(const char *name)
{
	static struct {
		const char *name;
		struct dict *d;
	} loaded[4];
	const char *src = getenv("FG_SRC");
	struct dict_faults faults = { 0 };
	char path[512];
	size_t i;

	for (i = 0; loaded[i].name != NULL; i++)
		if (strcmp(loaded[i].name, name) == 0)
			return loaded[i].d;
	snprintf(path, sizeof(path), "%s/dict/%s.xml", src ? src : ".", name);
	ck_assert_int_eq(0, dict_xml_load(&loaded[i].d, path, 0, &faults));
	dict_faults_free(&faults);
	loaded[i].name = name;
	return loaded[i].d;
}

#define COLUMNS 6

/* A row of FIX_IN. */
struct fix_in {
	const char *column[COLUMNS];
	struct script_value value[COLUMNS];
	char message[1024];
	struct script_row row;
};

static const struct script_row *
fix_in(struct fix_in *f, const char *transport, const char *app,
    const char *message)
{
	static const char *const name[] = { "RX_SEQUENCE", "CONNECTION_NAME",
		"POSS_DUP", "CL_ORD_ID", "FIX_DATA", "PRICE" };
	char *p;

	memset(f, 0, sizeof(*f));
	memcpy(f->column, name, sizeof(name));
	snprintf(f->message, sizeof(f->message), "%s", message);
	while ((p = strchr(f->message, '|')) != NULL)
		*p = '\1';
	f->value[0] = (struct script_value){ .type = SCRIPT_INT, .i = 7 };
	f->value[1] = (struct script_value){ .type = SCRIPT_STRING, .p = "X",
		.len = 1 };
	f->value[2] = (struct script_value){ .type = SCRIPT_BOOL, .b = true };
	f->value[4] = (struct script_value){ .type = SCRIPT_STRING,
		.p = f->message, .len = strlen(f->message) };
	f->value[5] = (struct script_value){ .type = SCRIPT_DECIMAL,
		.p = "1.50", .len = 4 };
	f->row = (struct script_row){ .column = f->column, .value = f->value,
		.n = COLUMNS, .sequence = 7, .transport = shipped(transport),
		.app = shipped(app) };
	return &f->row;
}

#define REPORT                                                                 \
	"8=FIX.4.4|9=1|35=8|34=12|49=V|56=B|37=O1|17=E1|150=F|39=2|54=1|"      \
	"38=002000.00|32=9007199254740993|31=0.00000001|58=a=b|"               \
	"453=2|448=ME|447=D|452=3|802=2|523=x|803=1|523=y|803=2|"              \
	"448=YOU|447=D|452=1|95=3|96=p|q|43=Y|10=000|"

START_TEST(a_message_is_read_by_names_and_types)
{
	static const struct {
		const char *expression;
		int result;
	} t[] = {
		{ "row.Side == '1' and row:label('Side') == 'BUY'", 1 },
		{ "math.type(row.MsgSeqNum) == 'integer' and row.MsgSeqNum == "
		  "12", 1 },
		{ "tostring(row.OrderQty) == '002000.00' and row.OrderQty:eq("
		  "2000) and row:raw('OrderQty') == '002000.00'", 1 },
		{ "tostring(row.LastQty) == '9007199254740993' and row.LastQty "
		  "> 9007199254740992", 1 },
		{ "tostring(row.LastPx) == '0.00000001' and row.LastPx < 1", 1 },
		{ "row.Text == 'a=b' and row.SenderCompID == 'V'", 1 },
		{ "row.RawData == 'p\\1q' and row.RawDataLength == 3", 1 },
		{ "row.PossDupFlag == true and row:raw('PossDupFlag') == 'Y'",
		    1 },
		{ "row:label('MsgType') == 'ExecutionReport'", 1 },
		{ "row:label('Text') == nil and row:label('Price') == nil", 1 },
		{ "row.CONNECTION_NAME == 'X' and row.RX_SEQUENCE == 7 and "
		  "row:sequence() == 7", 1 },
		{ "row.POSS_DUP == true and row:raw('POSS_DUP') == 'Y' and "
		  "row:raw('RX_SEQUENCE') == '7'", 1 },
		{ "row.PRICE:eq(1.5) and row:raw('PRICE') == '1.50'", 1 },
		/* Absent. */
		{ "row.Price == nil and not row:has('Price') and "
		  "row:raw('Price') == nil", 1 },
		{ "row.Price > 1", 0 },
		{ "row.Price <= 1 or 1 <= row.Price or 1 > row.Price", 0 },
		{ "(row.Price or 5) == 5", 1 },
		{ "row.CL_ORD_ID == nil and not row:has('CL_ORD_ID')", 1 },
		{ "row:has('Side') and row:has('NoPartyIDs')", 1 },
		/* A field of a group is none of the message. */
		{ "row.PartyID == nil and not row:has('PartyID')", 1 },
		/* Groups. */
		{ "#row.NoPartyIDs == 2 and row.NoPartyIDs[1].PartyID == 'ME' "
		  "and row.NoPartyIDs[2].PartyRole == 1", 1 },
		{ "row.NoPartyIDs[3] == nil and row.NoPartyIDs[0] == nil", 1 },
		{ "#row.NoPartyIDs[1].NoPartySubIDs == 2 and "
		  "row.NoPartyIDs[1].NoPartySubIDs[2].PartySubID == 'y'", 1 },
		{ "#row.NoPartyIDs[2].NoPartySubIDs == 0", 1 },
		{ "row.NoPartyIDs[1].PartySubID == nil", 1 },
		{ "#row.NoLegs == 0 and row.NoLegs[1] == nil and not "
		  "row:has('NoLegs')", 1 },
		{ "row:raw('NoPartyIDs') == '2'", 1 },
		{ "row.NoPartyIDs[1]:has('PartyRole') and "
		  "row.NoPartyIDs[1]:label('PartyRole') == 'CLIENT_ID'", 1 },
		{ "(function() local n, s = 0, '' for i, p in "
		  "ipairs(row.NoPartyIDs) do n, s = n + i, s .. p.PartyID end "
		  "return n == 3 and s == 'MEYOU' end)()", 1 },
	};
	char body[512], *error;
	struct fix_in f;
	size_t i;
	int r;

	fix_in(&f, "FIX44", "FIX44", REPORT);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		snprintf(body, sizeof(body), "return %s", t[i].expression);
		r = evaluate(body, &f.row, &error);
		ck_assert_msg(r == t[i].result, "%s: %d %s", body, r,
		    r < 0 ? error : "");
		free(error);
	}
}
END_TEST

#define AT "streamer.lua:3: stream S, row 7: "

START_TEST(wrong_uses_of_a_row_are_errors)
{
	static const struct {
		const char *body, *error;
	} t[] = {
		{ "return row.LastQyt", AT "the row has no field \"LastQyt\" "
		    "(did you mean LastQty?)" },
		{ "return row.CONNECTON_NAME", AT "the row has no field "
		    "\"CONNECTON_NAME\" (did you mean CONNECTION_NAME?)" },
		{ "return row:has('Nothing like it')", AT "the row has no "
		    "field \"Nothing like it\"" },
		{ "return row.NoPartyIDs.PartyID", AT "a group has instances: "
		    "[1], [2] ... (\"PartyID\" was asked for)" },
		{ "return row.NoPartyIDs[1].CONNECTION_NAME", NULL },
		{ "return row[1]", AT "a field has a name, not a number" },
		{ "return row.HeartBtInt == 0", AT "HeartBtInt is \"x\", which "
		    "is no INT; row:raw(\"HeartBtInt\") gives the text" },
		{ "return row.Text.x.y", NULL },
		{ "return 5", "streamer.lua:2: stream S, row 7: where must return true or false, not a "
		    "number" },
		{ "return #row", AT "only groups have a length" },
		{ "return row.Price + 1 > 2", AT "attempt to perform arithmetic"
		    " on a nil value (field 'Price')" },
	};
	struct fix_in f;
	char *error;
	size_t i;

	fix_in(&f, "FIX44", "FIX44", "8=FIX.4.4|9=1|35=A|108=x|58=t|10=000|");
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		ck_assert_msg(evaluate(t[i].body, &f.row, &error) ==
		    FG_EINVAL, "%s", t[i].body);
		if (t[i].error != NULL)
			ck_assert_str_eq(t[i].error, error);
		free(error);
	}
}
END_TEST

START_TEST(a_row_kept_for_later_is_an_error)
{
	struct script_streams *s = streams("process('G', 'unix:/g')\n"
	    "local old, group\n"
	    "fixStream('S') { where = function(row)\n"
	    "  if old then return (group or old).PartyID == 1 end\n"
	    "  old, group = row, row.NoPartyIDs[1]\n"
	    "  return true end }\n");
	struct fix_in f;

	fix_in(&f, "FIX44", "FIX44", REPORT);
	ck_assert_int_eq(1, script_where(&s->stream[0], &f.row, NULL));
	ck_assert_int_eq(FG_EINVAL, script_where(&s->stream[0], &f.row, NULL));
	ck_assert_str_eq("streamer.lua:4: stream S, row 7: a row is valid only "
	    "during the call that it was given to: keep its values, not the "
	    "row", script_error(s->stream[0].code));
	script_streams_free(s);
}
END_TEST

START_TEST(names_are_those_of_the_rows_own_dictionary)
{
	struct fix_in f;
	char *error;

	/* 32 is LastShares in 4.2 and LastQty later. */
	fix_in(&f, "FIX42", "FIX42", "8=FIX.4.2|9=1|35=8|32=5|10=000|");
	ck_assert_int_eq(1, evaluate("return row.LastShares:eq(5) and "
	    "#row.NoContraBrokers == 0", &f.row, &error));
	ck_assert_int_eq(FG_EINVAL, evaluate("return row.LastQty", &f.row,
	    &error));
	free(error);
	/* Header fields are the transport's. */
	fix_in(&f, "FIXT11", "FIX50SP2",
	    "8=FIXT.1.1|9=1|35=8|1128=9|32=5|10=000|");
	ck_assert_int_eq(1, evaluate("return row.LastQty:eq(5) and "
	    "row.ApplVerID == '9' and row.BeginString == 'FIXT.1.1'", &f.row,
	    &error));
}
END_TEST

START_TEST(a_fix_stream_takes_its_message_type)
{
	static const struct {
		const char *message;
		int result;
	} t[] = {
		{ "8=FIX.4.4|9=1|35=8|39=2|10=000|", 1 },
		{ "8=FIX.4.4|9=1|35=D|39=2|10=000|", 0 },
		{ "8=FIX.4.4|9=1|39=2|10=000|", 0 },
	};
	struct script_streams *s = streams("process('G', 'unix:/g')\n"
	    "fixStream('S', 'ExecutionReport') { }\n");
	struct fix_in f;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		fix_in(&f, "FIX44", "FIX44", t[i].message);
		ck_assert_int_eq(t[i].result, script_where(&s->stream[0],
		    &f.row, NULL));
	}
	script_streams_free(s);
}
END_TEST

START_TEST(onParsingError_hears_of_what_cannot_be_read)
{
	struct script_streams *s = streams("process('G', 'unix:/g')\n"
	    "fixStream('S') { }\n"
	    "fixStream('T') { onParsingError = function(row, err)\n"
	    "  error(row.CONNECTION_NAME .. ': ' .. err, 0) end }\n"
	    "fixStream('U') { onParsingError = function(row, err) end }\n");
	struct fix_in f;

	fix_in(&f, "FIX44", "FIX44", "8=FIX.4.4|garbage");
	ck_assert_int_eq(0, script_where(&s->stream[0], &f.row, NULL));
	ck_assert_int_eq(FG_EINVAL, script_where(&s->stream[1], &f.row, NULL));
	ck_assert_str_eq("streamer.lua:4: stream T, row 7: X: the message is "
	    "garbled", script_error(s->stream[1].code));
	ck_assert_int_eq(0, script_where(&s->stream[2], &f.row, NULL));
	script_streams_free(s);
}
END_TEST

START_TEST(fields_and_toRow_make_rows)
{
	struct script_streams *s = streams("process('G', 'unix:/g')\n"
	    "fixStream('A') { fields = { 'FIX_DATA', 'Side', Z = 'OrderQty', "
	    "B = 'CL_ORD_ID', G = 'NoPartyIDs' } }\n"
	    "fixStream('B') { toRow = function(row)\n"
	    "  if row.Side == '2' then return nil end\n"
	    "  return { QTY = row.OrderQty * 2, SEQ = row.RX_SEQUENCE, F = "
	    "200 / 2, DUP = row.PossDupFlag, PARTIES = row.NoPartyIDs, "
	    "LIST = { { X = 1, A = 'a' } }, NONE = row.Price } end }\n"
	    "stream('C', 'FIX_IN') { fields = { "
	    "{ 'PRICE', as = 'P', prefix = 'X_', format = '#,##0.000' }, "
	    "{ 'RX_SEQUENCE', format = '000' }, "
	    "{ 'CONNECTION_NAME', format = function(v) return v .. '!' end } "
	    "} }\n"
	    "stream('D', 'FIX_IN') { }\n"
	    "stream('E', 'FIX_IN') { toRow = function() return 1 end }\n"
	    "stream('F', 'FIX_IN') { fields = { 'NOPE' } }\n");
	struct script_fields out;
	struct fix_in f;

	fix_in(&f, "FIX44", "FIX44",
	    "8=FIX.4.4|35=8|54=1|38=002.00|453=1|448=ME|452=3|43=N|10=0|");
	ck_assert_int_eq(1, script_to_row(&s->stream[0], &f.row, &out));
	f.message[0] = '\0'; /* what was made is still there */
	ck_assert_uint_eq(5, out.n);
	ck_assert_str_eq("B", out.field[2].name);
	ck_assert_int_eq(SCRIPT_ABSENT, out.field[2].value.type);
	ck_assert_uint_eq(5, s->stream[0].ncolumn_out);
	ck_assert_str_eq("Z", s->stream[0].column_out[4]);
	ck_assert_ptr_null(s->stream[2].source_out[0]); /* formatted */
	out.field++;
	out.n--;
	ck_assert_str_eq("Side='1'|B=-|G=[{PartyID='ME'|PartyRole=3}]|"
	    "Z=002.00d", fields_text(&out));

	fix_in(&f, "FIX44", "FIX44",
	    "8=FIX.4.4|35=8|54=1|38=002.00|453=1|448=ME|452=3|43=N|10=0|");
	ck_assert_int_eq(1, script_to_row(&s->stream[1], &f.row, &out));
	ck_assert_str_eq("DUP=false|F=100d|LIST=[{A='a'|X=1}]|PARTIES="
	    "[{PartyID='ME'|PartyRole=3}]|QTY=4.00d|SEQ=7",
	    fields_text(&out));
	fix_in(&f, "FIX44", "FIX44", "8=FIX.4.4|35=8|54=2|10=0|");
	ck_assert_int_eq(0, script_to_row(&s->stream[1], &f.row, &out));
	ck_assert_int_eq(1, script_to_row(&s->stream[2], &f.row, &out));
	ck_assert_str_eq("X_P='1.500'|RX_SEQUENCE='007'|CONNECTION_NAME='X!'",
	    fields_text(&out));
	ck_assert_int_eq(1, script_to_row(&s->stream[3], &f.row, &out));
	ck_assert_uint_eq(COLUMNS, out.n);
	ck_assert_int_eq(FG_EINVAL, script_to_row(&s->stream[4], &f.row,
	    &out));
	ck_assert_str_eq("streamer.lua:8: stream E, row 7: toRow must return "
	    "a table or nil, not a number", script_error(s->stream[4].code));
	ck_assert_int_eq(FG_EINVAL, script_to_row(&s->stream[5], &f.row,
	    &out));
	script_streams_free(s);
}
END_TEST

START_TEST(masks_write_numbers_and_times)
{
	static const struct {
		const char *mask;
		struct script_value v;
		const char *out; /* NULL: an error */
	} t[] = {
#define DEC(s) { .type = SCRIPT_DECIMAL, .p = s, .len = sizeof(s) - 1 }
#define STR(s) { .type = SCRIPT_STRING, .p = s, .len = sizeof(s) - 1 }
		{ "0.00", DEC("1.005"), "1.00" }, { "0.##", DEC("1.50"), "1.5" },
		{ "0.##", DEC("3.00"), "3" }, { "#,##0", DEC("-1234567.8"),
		    "-1,234,568" },
		{ "#.##", DEC("0.25"), ".25" }, { "0.0#", DEC("2"), "2.0" },
		{ "00000", { .type = SCRIPT_INT, .i = -42 }, "-00042" },
		{ "yyyy-MM-dd HH:mm:ss.SSS", STR("20260105-09:08:07.123456"),
		    "2026-01-05 09:08:07.123" },
		{ "HH:mm", STR("20260105-09:08:07"), "09:08" },
		{ "HH:mm", STR("noon"), NULL }, { "0.00", STR("1.5"), NULL },
		{ "HH:mm", DEC("1.5"), NULL },
	};
	char text[256];
	struct script_streams *s;
	const char *column = "V";
	struct script_fields out;
	struct script_row row;
	size_t i;
	int r;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		snprintf(text, sizeof(text), "process('G', 'unix:/g') stream("
		    "'S', 'T') { fields = { { 'V', format = '%s' } } }",
		    t[i].mask);
		s = streams(text);
		row = (struct script_row){ .column = &column,
			.value = &t[i].v, .n = 1, .sequence = 1 };
		r = script_to_row(&s->stream[0], &row, &out);
		ck_assert_msg(r == (t[i].out == NULL ? FG_EINVAL : 1), "%s",
		    t[i].mask);
		if (r == 1) {
			snprintf(text, sizeof(text), "V='%s'", t[i].out);
			ck_assert_str_eq(text, fields_text(&out));
		}
		script_streams_free(s);
	}
}
END_TEST

TCase *
row_cases(void)
{
	TCase *t = tcase_create("rows");

	tcase_set_timeout(t, 600);
	tcase_add_test(t, a_message_is_read_by_names_and_types);
	tcase_add_test(t, wrong_uses_of_a_row_are_errors);
	tcase_add_test(t, a_row_kept_for_later_is_an_error);
	tcase_add_test(t, names_are_those_of_the_rows_own_dictionary);
	tcase_add_test(t, a_fix_stream_takes_its_message_type);
	tcase_add_test(t, onParsingError_hears_of_what_cannot_be_read);
	tcase_add_test(t, fields_and_toRow_make_rows);
	tcase_add_test(t, masks_write_numbers_and_times);
	return t;
}
