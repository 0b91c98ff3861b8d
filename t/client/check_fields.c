#include "check_client.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "client/fields.h"

static struct buf b;

static struct script_value
text(const char *p, size_t n)
{
	return (struct script_value){ .type = SCRIPT_STRING, .p = p,
		.len = n };
}

static struct script_value
decimal(const char *p)
{
	return (struct script_value){ .type = SCRIPT_DECIMAL, .p = p,
		.len = strlen(p) };
}

/* b as a text. */
static const char *
result(void)
{
	ck_assert_int_eq(0, buf_add(&b, "", 1));
	return b.p;
}

START_TEST(bytes_are_json_text)
{
	static const struct {
		const char *in, *out;
	} t[] = {
		{ "", "\"\"" },
		{ "VOD.L", "\"VOD.L\"" },
		{ "a\"b\\c\n", "\"a\\\"b\\\\c\\n\"" },
		{ "35=D\00111=x\001", "\"35=D\\u000111=x\\u0001\"" },
		{ "\x7f", "\"\\u007f\"" },
		{ "K\xc3\xb6ln", "\"K\xc3\xb6ln\"" },       /* UTF-8 */
		{ "K\xf6ln", "\"K\xc3\xb6ln\"" },           /* Latin-1 */
		{ "\xe2\x82\xac", "\"\xe2\x82\xac\"" },     /* the euro */
		{ "\xf0\x9f\x92\xb0", "\"\xf0\x9f\x92\xb0\"" },
		{ "\xe2\x82", "\"\xc3\xa2\xc2\x82\"" },     /* cut */
		{ "\xc0\x80", "\"\xc3\x80\xc2\x80\"" },     /* overlong */
		{ "\xe0\x80\x80", "\"\xc3\xa0\xc2\x80\xc2\x80\"" },
		{ "\xed\xa0\x80", "\"\xc3\xad\xc2\xa0\xc2\x80\"" },
		{ "\xf4\x90\x80\x80", "\"\xc3\xb4\xc2\x90\xc2\x80\xc2\x80\"" },
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		b.len = 0;
		ck_assert_int_eq(0, fields_json_text(&b, t[i].in,
		    strlen(t[i].in)));
		ck_assert_str_eq(t[i].out, result());
	}
	b.len = 0;
	ck_assert_int_eq(0, fields_json_text(&b, "a\0b", 3));
	ck_assert_str_eq("\"a\\u0000b\"", result());
	buf_free(&b);
}
END_TEST

START_TEST(decimals_are_json_numbers_with_all_their_digits)
{
	static const struct {
		const char *in, *out;
	} t[] = {
		{ "100.50", "100.50" }, { "0", "0" }, { "-0.0", "-0.0" },
		{ "002000.00", "2000.00" }, { "-007", "-7" }, { "00", "0" },
		{ ".5", "0.5" }, { "-.5", "-0.5" }, { "5.", "5" },
		{ "12345678901234567890.123456789",
		    "12345678901234567890.123456789" },
	};
	struct script_field f = { .name = "D" };
	const struct script_fields all = { &f, 1 };
	char want[64];
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		f.value = decimal(t[i].in);
		b.len = 0;
		ck_assert_int_eq(0, fields_json(&b, &all));
		snprintf(want, sizeof(want), "{\"D\":%s}", t[i].out);
		ck_assert_str_eq(want, result());
	}
	buf_free(&b);
}
END_TEST

/* An order with a group, and a field that is absent. */
static const struct script_fields *
order(void)
{
	static struct script_field party[2], f[7];
	static struct script_fields group[2], all;

	party[0] = (struct script_field){ "PartyID", text("ME", 2) };
	party[1] = (struct script_field){ "PartyRole",
		{ .type = SCRIPT_INT, .i = 3 } };
	group[0] = (struct script_fields){ party, 2 };
	group[1] = (struct script_fields){ party, 1 };
	f[0] = (struct script_field){ "ClOrdID", text("A1", 2) };
	f[1] = (struct script_field){ "MsgType", text("D", 1) };
	f[2] = (struct script_field){ "NoPartyIDs",
		{ .type = SCRIPT_GROUP, .group = group, .len = 2 } };
	f[3] = (struct script_field){ "OrderQty", decimal("1.50") };
	f[4] = (struct script_field){ "SESSION", text("X", 1) };
	f[5] = (struct script_field){ "Text", { .type = SCRIPT_ABSENT } };
	f[6] = (struct script_field){ "YES", { .type = SCRIPT_BOOL,
		.b = true } };
	all = (struct script_fields){ f, 7 };
	return &all;
}

START_TEST(groups_are_lists_of_objects)
{
	ck_assert_int_eq(0, fields_json(&b, order()));
	ck_assert_str_eq("{\"ClOrdID\":\"A1\",\"MsgType\":\"D\","
	    "\"NoPartyIDs\":[{\"PartyID\":\"ME\",\"PartyRole\":3},"
	    "{\"PartyID\":\"ME\"}],\"OrderQty\":1.50,\"SESSION\":\"X\","
	    "\"YES\":true}", result());
	buf_free(&b);
}
END_TEST

/* The details of an event, decoded; in holds them. */
static const struct link_val *
details(const char *event, struct link_in *in)
{
	struct link_out *o = link_out_new();
	struct buf packed = { 0 };
	struct link_msg m;
	const char *why;
	uint32_t n;

	ck_assert_int_eq(0, fields_link(o, &packed, event, order(), &n));
	link_begin(o, &b, event, 1);
	link_map(o, n);
	link_values(o, packed.p, packed.len, 2 * n);
	ck_assert_int_eq(0, link_end(o));
	ck_assert_int_gt(link_decode(in, b.p, b.len, &m, &why), 0);
	ck_assert_uint_eq(n, link_count(m.details));
	buf_free(&packed);
	link_out_free(o);
	return m.details;
}

START_TEST(an_event_has_the_details_that_its_handler_wants)
{
	struct link_in *in = link_in_new();
	const struct link_val *d, *f, *pair;
	char s[16];

	d = details("EVENT_FIX_SEND", in);
	ck_assert(link_find_str(d, "SESSION", s, sizeof(s)));
	ck_assert_str_eq("X", s);
	ck_assert(link_find_str(d, "MSG_TYPE", s, sizeof(s)));
	ck_assert_str_eq("D", s);
	f = link_find(d, "FIELDS");
	ck_assert_uint_eq(4, link_count(f));
	pair = link_at(f, 1); /* NoPartyIDs, [[name, value] ...] each */
	ck_assert_uint_eq(2, link_count(link_at(pair, 1)));
	ck_assert_int_eq(LINK_ARRAY, link_kind(link_at(link_at(pair, 1), 0)));
	b.len = 0;

	d = details("EVENT_TABLE_INSERT", in);
	ck_assert_uint_eq(1, link_count(d)); /* there is no TABLE */
	f = link_find(d, "COLUMNS");
	ck_assert_uint_eq(6, link_count(f));
	ck_assert(link_find_str(f, "OrderQty", s, sizeof(s)));
	ck_assert_str_eq("1.50", s);
	b.len = 0;

	d = details("QUOTE", in);
	f = link_find(d, "DETAILS");
	ck_assert_uint_eq(6, link_count(f));
	ck_assert_int_eq(LINK_MAP,
	    link_kind(link_at(link_find(f, "NoPartyIDs"), 0)));
	link_in_free(in);
	buf_free(&b);
}
END_TEST

START_TEST(a_value_of_lane_on_is_a_text)
{
	const struct script_fields *f = order();

	ck_assert_ptr_null(fields_find(f, "Text"));
	ck_assert_ptr_null(fields_find(f, "NOTHING"));
	ck_assert_int_eq(FG_EINVAL, fields_text(&b, fields_find(f,
	    "NoPartyIDs")));
	ck_assert_int_eq(0, fields_text(&b, fields_find(f, "SESSION")));
	ck_assert_int_eq(0, fields_text(&b, fields_find(f, "OrderQty")));
	ck_assert_int_eq(0, fields_text(&b, fields_find(f, "YES")));
	ck_assert_str_eq("X1.50Y", result());
	buf_free(&b);
}
END_TEST

TCase *
fields_cases(void)
{
	TCase *t = tcase_create("fields");

	tcase_add_test(t, bytes_are_json_text);
	tcase_add_test(t, decimals_are_json_numbers_with_all_their_digits);
	tcase_add_test(t, groups_are_lists_of_objects);
	tcase_add_test(t, an_event_has_the_details_that_its_handler_wants);
	tcase_add_test(t, a_value_of_lane_on_is_a_text);
	return t;
}
