/* Declared tables: definitions that may and may not follow each other, values
 * that a column takes, and rows as bytes. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "conf/conf.h"
#include "gateway/table.h"

#define COLUMNS "ID string, N int, PRICE decimal, AT timestamp, OK bool"

static struct table t;
static struct link_out *out;
static struct link_in *in;
static struct buf frame, row;

static void
setup(void)
{
	char err[TABLE_ERR_MAX];

	memset(&t, 0, sizeof(t));
	t.name = "ORDERS";
	ck_assert_int_eq(table_init(&t, COLUMNS, "ID", err), 0);
	out = link_out_new();
	in = link_in_new();
	ck_assert(out != NULL && in != NULL);
	frame.len = row.len = 0;
}

static void
teardown(void)
{
	table_fini(&t);
	link_out_free(out);
	link_in_free(in);
	buf_free(&frame);
	buf_free(&row);
}

static const struct link_val *
details(void)
{
	struct link_msg m;
	const char *why;

	ck_assert_int_eq(link_end(out), 0);
	ck_assert(link_decode(in, frame.p, frame.len, &m, &why) > 0);
	return m.details;
}

/* What a row reads as, nil as "-", separated by blanks. */
static const char *
shown(void)
{
	static char text[512];
	struct store_row r = { .data = row.p, .len = row.len };
	const struct link_val *v;
	const char *p;
	size_t i, n, at = 0;
	int64_t s;
	uint64_t u;
	bool b;

	frame.len = 0;
	link_begin(out, &frame, "X", 1);
	link_map(out, 1);
	link_str(out, "ROW");
	link_array(out, (uint32_t)t.n);
	table_put(out, &t, &r);
	v = link_find(details(), "ROW");
	text[0] = '\0';
	for (i = 0; i < t.n; i++) {
		const struct link_val *x = link_at(v, i);
		char *to = text + at;
		size_t room = sizeof(text) - at;

		if (link_get_str(x, &p, &n))
			snprintf(to, room, "%.*s ", (int)n, p);
		else if (link_get_u64(x, &u))
			snprintf(to, room, "%llu ", (unsigned long long)u);
		else if (link_get_i64(x, &s))
			snprintf(to, room, "%lld ", (long long)s);
		else if (link_get_bool(x, &b))
			snprintf(to, room, "%s ", b ? "true" : "false");
		else
			snprintf(to, room, "- ");
		at += strlen(to);
	}
	return text;
}

enum kind { STR, I64, U64, FLAG, NIL, LIST };

static void
put(enum kind kind, const char *text, int64_t i)
{
	switch (kind) {
	case STR:
		link_str(out, text);
		break;
	case I64:
		link_i64(out, i);
		break;
	case U64:
		link_u64(out, (uint64_t)i);
		break;
	case FLAG:
		link_bool(out, i != 0);
		break;
	case NIL:
		link_nil(out);
		break;
	case LIST:
		link_array(out, 0);
		break;
	}
}

static const struct value {
	const char *column;
	enum kind kind;
	const char *text;
	int64_t i;
	const char *want; /* the row; NULL: refused */
	const char *err;
} values[] = {
    {"N", I64, NULL, -5, "k -5 - - - ", NULL},
    {"N", I64, NULL, INT64_MIN, "k -9223372036854775808 - - - ", NULL},
    {"N", U64, NULL, INT64_MAX, "k 9223372036854775807 - - - ", NULL},
    {"N", U64, NULL, -1, NULL,
	"ORDERS.N is of type int, not 18446744073709551615: give an integer of 64 "
	"bits"},
    {"N", STR, "5", 0, NULL, "ORDERS.N is of type int, not '5'"},
    {"PRICE", STR, "-12.50", 0, "k - -12.50 - - ", NULL},
    {"PRICE", STR, ".5", 0, "k - .5 - - ", NULL},
    {"PRICE", I64, NULL, -7, "k - -7 - - ", NULL},
    {"PRICE", STR, "1e5", 0, NULL,
	"ORDERS.PRICE is of type decimal, not '1e5': give digits with - and ., no "
	"exponent"},
    {"PRICE", STR, "1.2.3", 0, NULL, "'1.2.3'"},
    {"PRICE", STR, "+1", 0, NULL, "'+1'"},
    {"PRICE", STR, "-", 0, NULL, "'-'"},
    {"PRICE", STR, "", 0, NULL, "''"},
    {"PRICE", STR, "1\x01", 0, NULL, "'1.'"},
    {"AT", STR, "19700101-00:00:01.5", 0, "k - - 1500000000 - ", NULL},
    {"AT", I64, NULL, -3, "k - - -3 - ", NULL},
    {"AT", STR, "yesterday", 0, NULL, "ORDERS.AT is of type timestamp"},
    {"OK", FLAG, NULL, 0, "k - - - false ", NULL},
    {"OK", FLAG, NULL, 1, "k - - - true ", NULL},
    {"OK", STR, "Y", 0, NULL, "ORDERS.OK is of type bool, not 'Y'"},
    {"OK", NIL, NULL, 0, "k - - - - ", NULL},
    {"N", LIST, NULL, 0, NULL, "a list or map"},
    {"PRISE", STR, "1", 0, NULL,
	"ORDERS has no column PRISE; did you mean PRICE?"},
    {"SEQUENCE", I64, NULL, 1, NULL, "ORDERS has no column SEQUENCE"},
    {"ID", NIL, NULL, 0, NULL, "ORDERS.ID is the key: it must have a value"},
};

START_TEST(values_of_a_row)
{
	const struct value *v = &values[_i];
	char err[TABLE_ERR_MAX] = "";
	const struct link_val *columns;
	int e;

	link_begin(out, &frame, "X", 1);
	link_map(out, 1);
	link_str(out, "COLUMNS");
	link_map(out, strcmp(v->column, "ID") == 0 ? 1 : 2);
	if (strcmp(v->column, "ID") != 0)
		link_key_str(out, "ID", "k");
	link_str(out, v->column);
	put(v->kind, v->text, v->i);
	columns = link_find(details(), "COLUMNS");
	ck_assert_int_eq(buf_add(&row, "x", 1), 0);
	e = table_read(&t, columns, &row, err);
	if (v->want == NULL) {
		ck_assert_int_eq(e, FG_EINVAL);
		ck_assert_msg(strstr(err, v->err) != NULL, "%s", err);
		ck_assert_uint_eq(row.len, 1); /* nothing was added */
		return;
	}
	ck_assert_msg(e == 0, "%s", err);
	buf_shift(&row, 1);
	ck_assert_str_eq(shown(), v->want);
}
END_TEST

START_TEST(what_is_no_map_is_no_row)
{
	char err[TABLE_ERR_MAX];

	ck_assert_int_eq(table_read(&t, NULL, &row, err), FG_EINVAL);
	ck_assert(strstr(err, "map") != NULL);
}
END_TEST

/* A row reads the same after columns were added, and what is cut or has a
 * wrong byte never reads beyond its end. */
START_TEST(rows_outlive_added_columns_and_damage)
{
	struct table_value v[COLUMNS_MAX] = {
		{ .set = true, .p = "k", .len = 1 },
		{ .set = true, .i = -2 },
		{ .set = true, .p = "1.5", .len = 3 },
	}, got[COLUMNS_MAX];
	char err[TABLE_ERR_MAX], *copy;
	size_t n;

	ck_assert_int_eq(table_encode(&t, v, &row), 0);
	ck_assert_str_eq(shown(), "k -2 1.5 - - ");
	table_fini(&t);
	ck_assert_int_eq(table_init(&t, COLUMNS ", MORE string", NULL, err), 0);
	ck_assert_str_eq(shown(), "k -2 1.5 - - - ");
	for (n = 0; n < row.len; n++) {
		copy = malloc(n == 0 ? 1 : n); /* reading on is seen by ASan */
		ck_assert_ptr_nonnull(copy);
		memcpy(copy, row.p, n);
		(void)table_decode(&t, copy, n, got);
		free(copy);
	}
	row.p[0] = 7;
	ck_assert_int_eq(table_decode(&t, row.p, row.len, got), FG_EDAMAGED);
	ck_assert(!got[0].set);
}
END_TEST

static const struct change {
	const char *was, *was_key, *is, *is_key, *err;
} changes[] = {
    {"A int", NULL, "A int", NULL, NULL},
    {"A int", "A", "A int", "A", NULL},
    {"A int", NULL, "A int, B bool", NULL, NULL},
    {"A int, B bool", NULL, "A int", NULL, "column 2, B bool, is gone"},
    {"A int", NULL, "A string", NULL,
	"column 1 is A string now, but A int in the store"},
    {"A int, B int", NULL, "B int, A int", NULL, "column 1 is B int now"},
    {"A int, B int", NULL, "A int, X int, B int", NULL,
	"column 2 is X int now, but B int in the store: put that back (new "
	"columns go to the end), or give the table another name"},
    {"A int", NULL, "A int", "A",
	"its key is A now, but no Key in the store"},
    {"A int", "A", "A int", NULL, "its key is no Key now, but A in the store"},
    {"A int, B int", "A", "A int, B int", "B", "its key is B now, but A"},
    {"A int", NULL, "A int, B int", "B", "its key is B now, but no Key"},
};

START_TEST(changes_of_a_definition)
{
	const struct change *c = &changes[_i];
	struct table was = { 0 }, is = { 0 }, kept = { 0 };
	char err[TABLE_ERR_MAX] = "";
	struct buf text = { 0 };

	ck_assert_int_eq(table_init(&was, c->was, c->was_key, err), 0);
	ck_assert_int_eq(table_init(&is, c->is, c->is_key, err), 0);
	/* as the store keeps it */
	ck_assert_int_eq(table_definition(&was, &text), 0);
	ck_assert_int_eq(table_init_from(&kept, text.p, err), 0);
	ck_assert_int_eq(table_may_become(&was, &kept, err), 0);
	if (c->err == NULL) {
		ck_assert_int_eq(table_may_become(&kept, &is, err), 0);
	} else {
		ck_assert_int_eq(table_may_become(&kept, &is, err), FG_EINVAL);
		ck_assert_msg(strstr(err, c->err) != NULL, "%s", err);
	}
	buf_free(&text);
	table_fini(&was);
	table_fini(&is);
	table_fini(&kept);
}
END_TEST

START_TEST(a_definition_that_is_none_is_damage)
{
	struct table x = { 0 };
	char err[TABLE_ERR_MAX] = "";

	ck_assert_int_eq(table_init_from(&x, "A float", err), FG_EDAMAGED);
	ck_assert_int_eq(table_init_from(&x, "A int; key B", err),
	    FG_EDAMAGED);
	ck_assert_int_eq(table_init_from(&x, "", err), FG_EDAMAGED);
}
END_TEST

/* The names that conf refuses are those that the store has. */
START_TEST(no_table_of_the_store_can_be_declared)
{
	char text[256];
	struct conf *c;
	size_t i;
	int n, found = 0, number;

	for (number = 1; number < STORE_TABLE_END; number++) {
		n = snprintf(text, sizeof(text), "[TABLE %s]\nColumns=A int\n",
		    store_table_name(NULL, (enum store_table)number));
		ck_assert_int_eq(conf_parse(&c, "x", text, (size_t)n),
		    FG_EINVAL);
		for (i = 0; i < conf_nfaults(c); i++)
			found += strstr(conf_fault(c, i)->text,
			    "the gateway has a table of that name") != NULL;
		conf_free(c);
	}
	ck_assert_int_eq(found, STORE_TABLE_END - 1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("table");
	TCase *c = tcase_create("table");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(c, values_of_a_row, 0,
	    (int)(sizeof(values) / sizeof(values[0])));
	tcase_add_test(c, what_is_no_map_is_no_row);
	tcase_add_test(c, rows_outlive_added_columns_and_damage);
	tcase_add_loop_test(c, changes_of_a_definition, 0,
	    (int)(sizeof(changes) / sizeof(changes[0])));
	tcase_add_test(c, a_definition_that_is_none_is_damage);
	tcase_add_test(c, no_table_of_the_store_can_be_declared);
	suite_add_tcase(s, c);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
