/* Values there and back: what a script returned is what the next one sees. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "daemon/rows.h"

#define STRING(s) { .type = SCRIPT_STRING, .p = s, .len = sizeof(s) - 1 }
#define DECIMAL(s) { .type = SCRIPT_DECIMAL, .p = s, .len = sizeof(s) - 1 }

static struct link_out *o;
static struct link_in *in;
static struct buf buf;
static struct row_in row_in;
static struct row_columns cols;
static struct script_row row;
static const struct link_val *row_val; /* of the message that was decoded */

static void
setup(void)
{
	o = link_out_new();
	in = link_in_new();
}

static void
teardown(void)
{
	row_columns_free(&cols);
	row_in_free(&row_in);
	buf_free(&buf);
	link_out_free(o);
	link_in_free(in);
}

/* Start { COLUMNS, ROW }; the row's n values follow, then done(). */
static void
begin(const char *const (*col)[2], uint32_t ncol, uint32_t n)
{
	uint32_t i;

	buf.len = 0;
	link_begin(o, &buf, "X", 1);
	link_map(o, 2);
	link_str(o, "COLUMNS");
	link_array(o, ncol);
	for (i = 0; i < ncol; i++) {
		link_array(o, 2);
		link_str(o, col[i][0]);
		link_str(o, col[i][1]);
	}
	link_str(o, "ROW");
	link_array(o, n);
}

static void
done(void)
{
	struct link_msg m;
	const char *why;

	ck_assert_int_eq(0, link_end(o));
	ck_assert_int_gt(link_decode(in, buf.p, buf.len, &m, &why), 0);
	row_val = link_find(m.details, "ROW");
	row_columns_free(&cols);
	ck_assert_int_eq(0, row_columns_read(&cols,
	    link_find(m.details, "COLUMNS")));
}

static void
is_text(const struct script_value *v, enum script_type t, const char *text)
{
	ck_assert_int_eq(t, v->type);
	ck_assert_uint_eq(strlen(text), v->len);
	ck_assert_mem_eq(text, v->p, v->len);
}

START_TEST(columns_have_the_types_of_the_manual)
{
	static const char *const c[][2] = { { "A", "int" }, { "B", "time" },
		{ "C", "fix" }, { "D", "new" } };

	begin(c, 4, 0);
	done();
	ck_assert_uint_eq(4, cols.n);
	ck_assert_int_eq(ROW_INT, cols.type[0]);
	ck_assert_int_eq(ROW_TIME, cols.type[1]);
	ck_assert_int_eq(ROW_FIX, cols.type[2]);
	ck_assert_int_eq(ROW_ANY, cols.type[3]);
	ck_assert_uint_eq(2, row_columns_find(&cols, "C"));
	ck_assert_uint_eq(4, row_columns_find(&cols, "X"));
}
END_TEST

START_TEST(typed_values_come_back)
{
	static const char *const c[][2] = { { "I", "int" }, { "T", "time" },
		{ "D", "decimal" }, { "B", "bool" }, { "F", "fix" },
		{ "N", "text" } };
	const struct script_value v[] = {
		{ .type = SCRIPT_INT, .i = -5 },
		STRING("20261126-12:00:00.000000001"), DECIMAL("002000.00"),
		{ .type = SCRIPT_BOOL, .b = true }, STRING("8=F\1\xff"),
		{ .type = SCRIPT_ABSENT } };
	int64_t t;
	size_t i;

	begin(c, 6, 8);
	link_u64(o, 17); /* values may stand behind others */
	link_nil(o);
	for (i = 0; i < 6; i++)
		row_put(o, &v[i], (enum row_type[]){ ROW_INT, ROW_TIME,
		    ROW_DECIMAL, ROW_BOOL, ROW_FIX, ROW_TEXT }[i]);
	done();
	ck_assert(link_get_i64(link_at(row_val, 3), &t));
	ck_assert_int_eq(1795694400000000001, t);
	ck_assert_int_eq(0, row_in_read(&row_in, &cols, row_val, 2, &row));
	ck_assert_uint_eq(6, row.n);
	ck_assert_str_eq("D", row.column[2]);
	ck_assert_int_eq(-5, row.value[0].i);
	is_text(&row.value[1], SCRIPT_STRING, "20261126-12:00:00.000000001");
	is_text(&row.value[2], SCRIPT_DECIMAL, "002000.00");
	ck_assert(row.value[3].b);
	is_text(&row.value[4], SCRIPT_STRING, "8=F\1\xff");
	ck_assert_int_eq(SCRIPT_ABSENT, row.value[5].type);
	ck_assert_int_eq(FG_EINVAL, row_in_read(&row_in, &cols, row_val, 3,
	    &row));
}
END_TEST

START_TEST(groups_and_decimals_without_a_type_come_back)
{
	static const char *const c[][2] = { { "G", "any" }, { "D", "any" } };
	const struct script_field inner[] = { { "ID", STRING("a") },
		{ "PX", DECIMAL("1.50") } };
	const struct script_fields entry[] = { { inner, 2 }, { inner, 1 } };
	const struct script_value group = { .type = SCRIPT_GROUP, .len = 2,
		.group = entry };
	const struct script_value d = DECIMAL("2.0");
	const struct script_fields *g;

	begin(c, 2, 2);
	row_put(o, &group, ROW_ANY);
	row_put(o, &d, ROW_ANY);
	done();
	ck_assert_int_eq(0, row_in_read(&row_in, &cols, row_val, 0, &row));
	ck_assert_int_eq(SCRIPT_GROUP, row.value[0].type);
	ck_assert_uint_eq(2, row.value[0].len);
	g = row.value[0].group;
	ck_assert_uint_eq(2, g[0].n);
	ck_assert_str_eq("PX", g[0].field[1].name);
	is_text(&g[0].field[1].value, SCRIPT_DECIMAL, "1.50");
	is_text(&row.value[1], SCRIPT_DECIMAL, "2.0");
	ck_assert_uint_gt(row_size(&group), row_size(&d));
}
END_TEST

START_TEST(a_map_is_a_row_with_its_keys_as_columns)
{
	const struct script_field f[] = { { "A", STRING("x") },
		{ "B", DECIMAL("7.5") } };
	const struct script_fields fields = { f, 2 };

	begin(NULL, 0, 1);
	row_put_fields(o, &fields);
	done();
	ck_assert_int_eq(0, row_in_map(&row_in, link_at(row_val, 0), &row));
	ck_assert_uint_eq(2, row.n);
	ck_assert_str_eq("B", row.column[1]);
	is_text(&row.value[1], SCRIPT_DECIMAL, "7.5");
	ck_assert_int_eq(FG_EINVAL, row_in_map(&row_in, row_val, &row));
}
END_TEST

START_TEST(what_a_row_cannot_have_is_refused)
{
	static const char *const c[][2] = { { "A", "any" } };
	int i;

	begin(c, 1, 3);
	link_map(o, 1); /* not { DECIMAL } */
	link_key_u64(o, "A", 1);
	link_array(o, 1); /* not of maps */
	link_u64(o, 1);
	link_u64(o, UINT64_MAX);
	done();
	for (i = 0; i < 3; i++)
		ck_assert_int_eq(FG_EINVAL, row_in_read(&row_in, &cols,
		    row_val, (size_t)i, &row));
	ck_assert_int_eq(FG_EINVAL, row_columns_read(&cols, row_val));
	ck_assert_int_eq(FG_EINVAL, row_columns_read(&cols, NULL));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("rows");
	TCase *tc = tcase_create("rows");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, columns_have_the_types_of_the_manual);
	tcase_add_test(tc, typed_values_come_back);
	tcase_add_test(tc, groups_and_decimals_without_a_type_come_back);
	tcase_add_test(tc, a_map_is_a_row_with_its_keys_as_columns);
	tcase_add_test(tc, what_a_row_cannot_have_is_refused);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
