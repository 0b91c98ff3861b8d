#include "check_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "gateway/rows.h"
#include "session/session.h"

#define MESSAGE                                                                \
	"8=FIX.4.4\0019=5\00135=F\00134=7\00149=ME\00150=DESK\00152=x\001"     \
	"56=YOU\00157=ALGO\00111=A2\00141=A1\00110=000\001"

static struct link_out *out;
static struct link_in *in;
static struct buf frame;

/* The row as a client reads it: COLUMNS and values. */
static const struct link_val *
show(enum store_table t, const struct store_row *row, const char *name)
{
	const char *why;
	struct link_msg m;

	frame.len = 0;
	link_begin(out, &frame, "ROWS", 1);
	link_map(out, 2);
	link_str(out, "COLUMNS");
	rows_columns(out, t, NULL, NULL);
	link_str(out, "ROW");
	rows_put(out, t, row, name, NULL);
	ck_assert_int_eq(0, link_end(out));
	ck_assert(link_decode(in, frame.p, frame.len, &m, &why) > 0);
	return m.details;
}

static const struct link_val *
cell(const struct link_val *details, const char *column)
{
	const struct link_val *columns = link_find(details, "COLUMNS");
	const char *p;
	size_t i, n;

	for (i = 0; i < link_count(columns); i++) {
		ck_assert(link_get_str(link_at(link_at(columns, i), 0), &p,
		    &n));
		if (n == strlen(column) && memcmp(p, column, n) == 0)
			return link_at(link_find(details, "ROW"), i);
	}
	return NULL;
}

static void
is_text(const struct link_val *details, const char *column, const char *text)
{
	const char *p;
	size_t n;

	ck_assert_msg(link_get_str(cell(details, column), &p, &n), "%s",
	    column);
	ck_assert_msg(n == strlen(text) && memcmp(p, text, n) == 0,
	    "%s is %.*s", column, (int)n, p);
}

static void
is_number(const struct link_val *details, const char *column, uint64_t want)
{
	uint64_t v;

	ck_assert_msg(link_get_u64(cell(details, column), &v) && v == want,
	    "%s", column);
}

START_TEST(every_table_has_a_value_for_each_of_its_columns)
{
	struct store_row row = { .seq = 1, .data = MESSAGE,
		.len = sizeof(MESSAGE) - 1 };
	const struct link_val *d;
	const char *p;
	size_t n;
	int t;

	for (t = 1; t < STORE_TABLE_END; t++) {
		d = show((enum store_table)t, &row, "S");
		ck_assert_uint_eq(link_count(link_find(d, "COLUMNS")),
		    link_count(link_find(d, "ROW")));
		ck_assert(link_get_str(link_at(
		    link_at(link_find(d, "COLUMNS"), 0), 0), &p, &n));
		ck_assert(strlen(store_table_sequence((enum store_table)t)) ==
		    n && memcmp(p, store_table_sequence((enum store_table)t),
			n) == 0);
	}
}
END_TEST

START_TEST(columns_that_are_not_stored_are_read_from_the_message)
{
	struct store_row row = { .seq = 12, .session = 3, .epoch = 2,
		.msg_seq_num = 7, .time = { 1000000001 },
		.flags = STORE_POSS_DUP | STORE_MASKED, .dict = 4,
		.data = MESSAGE, .len = sizeof(MESSAGE) - 1 };
	const struct link_val *d = show(STORE_FIX_IN, &row, "VENUE");
	bool b;

	is_number(d, "RX_SEQUENCE", 12);
	is_number(d, "TIMESTAMP", 1000000001);
	is_text(d, "CONNECTION_NAME", "VENUE");
	is_number(d, "EPOCH", 2);
	is_text(d, "SENDER_ID", "ME");
	is_text(d, "TARGET_ID", "YOU");
	is_text(d, "MSG_TYPE", "F");
	is_number(d, "MSG_SEQ_NUM", 7);
	is_text(d, "CL_ORD_ID", "A2");
	is_text(d, "ORIG_CL_ORD_ID", "A1");
	is_text(d, "INTERNAL_TARGET", "ALGO");
	is_number(d, "DICT_ID", 4);
	is_number(d, "SIZE", sizeof(MESSAGE) - 1);
	is_text(d, "FIX_DATA", MESSAGE);
	ck_assert(link_get_bool(cell(d, "POSS_DUP"), &b) && b);
	ck_assert(link_get_bool(cell(d, "MASKED"), &b) && b);
	ck_assert(link_get_bool(cell(d, "POSS_RESEND"), &b) && !b);
	ck_assert(link_get_bool(cell(d, "ADMIN"), &b) && !b);
	d = show(STORE_FIX_OUT, &row, "VENUE");
	is_number(d, "TX_SEQUENCE", 12);
	is_text(d, "SOURCE_ID", "DESK");
	row.a = 11; /* the routing tag of its session was another */
	is_text(show(STORE_FIX_OUT, &row, "VENUE"), "SOURCE_ID", "A2");
	is_text(show(STORE_FIX_IN, &row, "VENUE"), "INTERNAL_TARGET", "A2");
}
END_TEST

START_TEST(what_a_row_does_not_have_is_nil)
{
	struct store_row row = { .seq = 1, .data = "35=0\001", .len = 5 };
	const struct link_val *d = show(STORE_FIX_IN, &row, NULL);

	ck_assert_int_eq(LINK_NIL, link_kind(cell(d, "CONNECTION_NAME")));
	ck_assert_int_eq(LINK_NIL, link_kind(cell(d, "CL_ORD_ID")));
	is_text(d, "MSG_TYPE", "0");
}
END_TEST

START_TEST(the_reason_behind_a_dropped_message_is_not_part_of_it)
{
	static const char data[] = "35=D\00111=1\001too low";
	struct store_row row = { .seq = 1, .code = SESS_OTHER_TOO_LOW, .a = 10,
		.data = data, .len = sizeof(data) - 1 };
	const struct link_val *d = show(STORE_FIX_IN_OTHER, &row, "S");

	is_text(d, "FIX_DATA", "35=D\00111=1\001");
	is_text(d, "TEXT", "too low");
	is_text(d, "REASON", sess_other_text(SESS_OTHER_TOO_LOW));
	is_text(d, "CL_ORD_ID", "1");
	is_number(d, "SIZE", 10);
}
END_TEST

START_TEST(garbled_bytes_show_the_fields_before_the_fault)
{
	static const char data[] = "8=FIX.4.4\00135=D\001\001garbage";
	struct store_row row = { .seq = 1, .a = sizeof(data) - 1,
		.data = data, .len = sizeof(data) - 1 };
	const struct link_val *d = show(STORE_FIX_IN_OTHER, &row, NULL);

	is_text(d, "MSG_TYPE", "D");
	ck_assert_int_eq(LINK_NIL, link_kind(cell(d, "TEXT")));
}
END_TEST

START_TEST(an_event_has_its_name_text_and_numbers)
{
	struct store_row row = { .seq = 5, .code = SESS_EV_GAP_OPEN, .a = 3,
		.b = 9, .data = "missing", .len = 7 };
	const struct link_val *d = show(STORE_SESSION_EVENT, &row, "S");

	is_text(d, "EVENT", sess_event_text(SESS_EV_GAP_OPEN));
	is_text(d, "TEXT", "missing");
	is_number(d, "FIRST", 3);
	is_number(d, "LAST", 9);
}
END_TEST

START_TEST(text_that_is_not_ascii_comes_as_bytes)
{
	struct store_row row = { .seq = 1, .data = "35=D\00111=\xe9\001",
		.len = 10 };
	const struct link_val *d = show(STORE_FIX_IN, &row, NULL);

	ck_assert_int_eq(LINK_BIN, link_kind(cell(d, "CL_ORD_ID")));
	ck_assert_int_eq(LINK_STR, link_kind(cell(d, "MSG_TYPE")));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("rows");
	TCase *tc = tcase_create("rows");
	SRunner *sr;
	int failed;

	out = link_out_new();
	in = link_in_new();
	tcase_add_test(tc, every_table_has_a_value_for_each_of_its_columns);
	tcase_add_test(tc,
	    columns_that_are_not_stored_are_read_from_the_message);
	tcase_add_test(tc, what_a_row_does_not_have_is_nil);
	tcase_add_test(tc,
	    the_reason_behind_a_dropped_message_is_not_part_of_it);
	tcase_add_test(tc, garbled_bytes_show_the_fields_before_the_fault);
	tcase_add_test(tc, an_event_has_its_name_text_and_numbers);
	tcase_add_test(tc, text_that_is_not_ascii_comes_as_bytes);
	suite_add_tcase(s, tc);
	suite_add_tcase(s, compose_cases());
	suite_add_tcase(s, status_cases());
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	link_out_free(out);
	link_in_free(in);
	buf_free(&frame);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
