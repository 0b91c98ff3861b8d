#include "check_script.h"

#include <math.h>
#include <string.h>

#include "base/decimal.h"
#include "base/err.h"

static struct decimal
number(const char *text)
{
	struct decimal d;

	ck_assert_msg(decimal_parse(text, strlen(text), &d) == 0,
	    "\"%s\" is no decimal", text);
	return d;
}

static void
is(const char *expected, struct decimal d)
{
	char text[DECIMAL_TEXT_MAX];

	ck_assert_uint_eq(strlen(expected), decimal_format(text, d));
	ck_assert_str_eq(expected, text);
}

#define NINES "99999999999999999999999999999999999999" /* 38 */

START_TEST(a_decimal_keeps_its_digits)
{
	static const struct {
		const char *in, *out;
	} row[] = {
		{ "0", "0" }, { "100", "100" }, { "-1.50", "-1.50" },
		{ "0.00000001", "0.00000001" },
		{ "9007199254740993", "9007199254740993" },
		{ "123456789.12345678", "123456789.12345678" },
		{ "002000.00", "2000.00" }, { ".5", "0.5" }, { "5.", "5" },
		{ "-.25", "-0.25" }, { NINES, NINES },
		{ "-0." NINES, "-0." NINES }, { "0000" NINES, NINES },
		{ "-0", "0" },
	};
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		is(row[i].out, number(row[i].in));
}
END_TEST

START_TEST(what_is_no_decimal_is_refused)
{
	static const struct {
		const char *in;
		int err;
	} row[] = {
		{ "", FG_EINVAL }, { ".", FG_EINVAL }, { "-", FG_EINVAL },
		{ "-.", FG_EINVAL }, { "+1", FG_EINVAL }, { "1e5", FG_EINVAL },
		{ " 1", FG_EINVAL }, { "1 ", FG_EINVAL }, { "1.2.3", FG_EINVAL },
		{ "0x10", FG_EINVAL }, { "1,5", FG_EINVAL }, { "--1", FG_EINVAL },
		{ "nan", FG_EINVAL }, { NINES "0", FG_EOVERFLOW },
		{ "0.0" NINES, FG_EOVERFLOW }, { NINES "0x", FG_EINVAL },
	};
	struct decimal d;
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		ck_assert_msg(decimal_parse(row[i].in, strlen(row[i].in),
		    &d) == row[i].err, "\"%s\"", row[i].in);
}
END_TEST

/* A result of NULL: FG_EOVERFLOW. */
static const struct {
	const char *a, *b, *add, *sub, *mul;
} sums[] = {
	{ "0.1", "0.2", "0.3", "-0.1", "0.02" },
	{ "1.10", "1", "2.10", "0.10", "1.10" },
	{ "-5", "3", "-2", "-8", "-15" },
	{ "9007199254740993", "1", "9007199254740994", "9007199254740992",
	    "9007199254740993" },
	{ "123456789.12345678", "0.00000001", "123456789.12345679",
	    "123456789.12345677", "1.2345678912345678" },
	{ NINES, "1", NULL, "99999999999999999999999999999999999998", NINES },
	{ NINES, "10", NULL, "99999999999999999999999999999999999989", NULL },
	{ NINES, "0.1", NULL, NULL, "9999999999999999999999999999999999999.9" },
	{ "10000000000000000000.0000000000", "10000000000.000000",
	    "10000000010000000000.0000000000",
	    "9999999990000000000.0000000000",
	    "100000000000000000000000000000" },
	{ "0", NINES, NINES, "-" NINES, "0" },
};

START_TEST(sums_and_products_are_exact_or_refused)
{
	struct decimal a, b, r;
	size_t i, k;
	int err;

	for (i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
		const char *expected[] = { sums[i].add, sums[i].sub,
			sums[i].mul };

		a = number(sums[i].a);
		b = number(sums[i].b);
		for (k = 0; k < 3; k++) {
			err = k == 0 ? decimal_add(a, b, &r)
			    : k == 1 ? decimal_sub(a, b, &r)
				     : decimal_mul(a, b, &r);
			if (expected[k] == NULL) {
				ck_assert_int_eq(FG_EOVERFLOW, err);
				continue;
			}
			ck_assert_int_eq(0, err);
			if (k == 2 && r.scale == a.scale + b.scale)
				ck_assert_int_eq(0,
				    decimal_cmp(number(expected[k]), r));
			else
				is(expected[k], r);
		}
	}
}
END_TEST

START_TEST(a_quotient_has_18_digits_half_to_even)
{
	static const struct {
		const char *a, *b, *out;
	} row[] = {
		{ "1", "4", "0.25" }, { "100", "5", "20" }, { "0", "7", "0" },
		{ "1", "3", "0.333333333333333333" },
		{ "2", "3", "0.666666666666666667" },
		{ "-2", "3", "-0.666666666666666667" },
		{ "1.00", "0.01", "100" }, { "7.5", "-2.5", "-3" },
		{ "0.000000000000000001", "2", "0" },
		{ "0.000000000000000003", "2", "0.000000000000000002" },
		{ "0.00000000000000000100", "1.9", "0.000000000000000001" },
		{ "0.0000000000000000000000000001", "1", "0" },
		{ "123456789012345678", "1", "123456789012345678" },
		{ NINES, NINES, "1" }, { "5", "1000000", "0.000005" },
	};
	struct decimal r;
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		ck_assert_int_eq(0, decimal_div(number(row[i].a),
		    number(row[i].b), &r));
		is(row[i].out, r);
	}
	ck_assert_int_eq(FG_EINVAL, decimal_div(number("1"), number("0.00"),
	    &r));
	ck_assert_int_eq(FG_EOVERFLOW, decimal_div(number(NINES),
	    number("0." "00000000000000000000000000000000000001"), &r));
}
END_TEST

START_TEST(decimals_compare_by_value)
{
	static const struct {
		const char *a, *b;
		int cmp;
	} row[] = {
		{ "1", "1.00", 0 }, { "0", "-0.0", 0 }, { "1", "2", -1 },
		{ "-1", "1", -1 }, { "-1", "-2", 1 }, { "0.1", "0.09", 1 },
		{ NINES, "0." NINES, 1 }, { "-" NINES, "0", -1 },
		{ "9007199254740993", "9007199254740992", 1 },
		{ "0.00000000000000000000000000000000000001", "0", 1 },
	};
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		ck_assert_int_eq(row[i].cmp,
		    decimal_cmp(number(row[i].a), number(row[i].b)));
		ck_assert_int_eq(-row[i].cmp,
		    decimal_cmp(number(row[i].b), number(row[i].a)));
	}
}
END_TEST

START_TEST(rounding_is_half_to_even)
{
	static const struct {
		const char *in;
		int digits;
		const char *out;
	} row[] = {
		{ "1.005", 2, "1.00" }, { "1.015", 2, "1.02" },
		{ "1.0151", 2, "1.02" }, { "-2.5", 0, "-2" },
		{ "-3.5", 0, "-4" }, { "7", 3, "7.000" }, { "0.999", 1, "1.0" },
	};
	struct decimal r;
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		ck_assert_int_eq(0, decimal_round(number(row[i].in),
		    row[i].digits, &r));
		is(row[i].out, r);
	}
	ck_assert_int_eq(FG_EOVERFLOW, decimal_round(number(NINES), 1, &r));
}
END_TEST

START_TEST(a_float_goes_out_by_its_shortest_text_without_exponent)
{
	static const struct {
		double in;
		const char *out;
	} row[] = {
		{ 100.0, "100" }, { 1e15, "1000000000000000" },
		{ 0.00000001, "0.00000001" }, { 0.1 + 0.2, "0.30000000000000004" },
		{ 123456789.12345678, "123456789.12345678" }, { -0.0, "0" },
		{ -1.5, "-1.5" }, { 200.0 / 2, "100" }, { 1e22, "10000000000000000000000" },
		{ 9007199254740992.0, "9007199254740992" }, { 0.1, "0.1" },
		{ 12.34, "12.34" }, { 1e-5, "0.00001" },
	};
	char text[DECIMAL_FLOAT_MAX];
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		ck_assert_int_eq((int)strlen(row[i].out),
		    decimal_float(text, row[i].in));
		ck_assert_str_eq(row[i].out, text);
	}
	ck_assert_int_eq(FG_EINVAL, decimal_float(text, NAN));
	ck_assert_int_eq(FG_EINVAL, decimal_float(text, -INFINITY));
	ck_assert_int_eq(309, decimal_float(text, 1.7976931348623157e308));
	ck_assert_int_eq(326, decimal_float(text, 4.9406564584124654e-324));
}
END_TEST

TCase *
decimal_cases(void)
{
	TCase *t = tcase_create("decimal");

	tcase_add_test(t, a_decimal_keeps_its_digits);
	tcase_add_test(t, what_is_no_decimal_is_refused);
	tcase_add_test(t, sums_and_products_are_exact_or_refused);
	tcase_add_test(t, a_quotient_has_18_digits_half_to_even);
	tcase_add_test(t, decimals_compare_by_value);
	tcase_add_test(t, rounding_is_half_to_even);
	tcase_add_test(t,
	    a_float_goes_out_by_its_shortest_text_without_exponent);
	return t;
}
