#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "link/link.h"

static struct link_out *o;
static struct link_in *in;
static struct buf b;
static struct link_msg m;
static const char *why;

static void
setup(void)
{
	o = link_out_new();
	in = link_in_new();
	ck_assert(o != NULL && in != NULL);
	why = NULL;
}

static void
teardown(void)
{
	link_out_free(o);
	link_in_free(in);
	link_out_free(NULL);
	link_in_free(NULL);
	buf_free(&b);
}

/* One message with a value of each kind. */
static void
write_all_kinds(void)
{
	link_begin(o, &b, "ALL", 7);
	link_map(o, 11);
	link_key_str(o, "STR", "text");
	link_key_strn(o, "STRN", "a\0b", 3);
	link_key_u64(o, "U64", UINT64_MAX);
	link_key_bool(o, "YES", true);
	link_key_bool(o, "NO", false);
	link_str(o, "I64");
	link_i64(o, INT64_MIN);
	link_str(o, "NIL");
	link_nil(o);
	link_str(o, "BIN");
	link_bin(o, "\1\2", 2);
	link_str(o, "ARRAY");
	link_array(o, 2);
	link_u64(o, 5);
	link_array(o, 0);
	link_str(o, "MAP");
	link_map(o, 1);
	link_key_u64(o, "X", 300);
	link_key_str(o, "EMPTY", "");
	ck_assert_int_eq(0, link_end(o));
}

static void
read_all_kinds(void)
{
	const struct link_val *v;
	const char *p;
	char text[5];
	size_t n;
	int64_t i;

	ck_assert_str_eq("ALL", m.type);
	ck_assert_uint_eq(7, m.ref);
	ck_assert_int_eq(LINK_MAP, link_kind(m.details));
	ck_assert_uint_eq(11, link_count(m.details));
	ck_assert(link_find_str(m.details, "STR", text, 5));
	ck_assert_str_eq("text", text);
	ck_assert(!link_find_str(m.details, "STR", text, 4));
	ck_assert(!link_find_str(m.details, "STRN", text, 5));
	ck_assert(link_get_str(link_find(m.details, "STRN"), &p, &n));
	ck_assert(n == 3 && memcmp(p, "a\0b", 3) == 0);
	ck_assert(link_find_u64(m.details, "U64", 0) == UINT64_MAX);
	ck_assert_uint_eq(9, link_find_u64(m.details, "STR", 9));
	ck_assert_uint_eq(9, link_find_u64(m.details, "ABSENT", 9));
	ck_assert(link_find_bool(m.details, "YES", false));
	ck_assert(!link_find_bool(m.details, "NO", true));
	ck_assert(link_find_bool(m.details, "STR", true));
	ck_assert(link_get_i64(link_find(m.details, "I64"), &i));
	ck_assert(i == INT64_MIN);
	ck_assert(!link_get_i64(link_find(m.details, "U64"), &i));
	ck_assert_int_eq(LINK_NIL, link_kind(link_find(m.details, "NIL")));
	ck_assert_int_eq(LINK_BIN, link_kind(link_find(m.details, "BIN")));
	ck_assert(link_get_str(link_find(m.details, "BIN"), &p, &n));
	ck_assert(n == 2 && p[0] == 1 && p[1] == 2);
	v = link_find(m.details, "ARRAY");
	ck_assert_uint_eq(2, link_count(v));
	ck_assert(link_get_i64(link_at(v, 0), &i) && i == 5);
	ck_assert_int_eq(LINK_ARRAY, link_kind(link_at(v, 1)));
	ck_assert_ptr_null(link_at(v, 2));
	ck_assert_ptr_null(link_find(v, "X"));
	v = link_find(m.details, "MAP");
	ck_assert_uint_eq(300, link_find_u64(v, "X", 0));
	ck_assert_ptr_nonnull(link_map_at(v, 0, &p, &n));
	ck_assert(n == 1 && p[0] == 'X');
	ck_assert_ptr_null(link_map_at(v, 1, &p, &n));
	ck_assert(link_find_str(m.details, "EMPTY", text, 1));
	ck_assert_str_eq("", text);
}

START_TEST(all_kinds_go_out_and_come_back)
{
	write_all_kinds();
	write_all_kinds();
	ck_assert_int_eq((int64_t)b.len / 2,
	    link_decode(in, b.p, b.len, &m, &why));
	read_all_kinds();
	ck_assert_int_eq((int64_t)b.len / 2,
	    link_decode(in, b.p + b.len / 2, b.len / 2, &m, &why));
	read_all_kinds();
}
END_TEST

/* Each input ends at a page that may not be touched. */
static char *
at_page_end(const char *p, size_t n)
{
	static char *page;
	size_t size = (size_t)sysconf(_SC_PAGESIZE);

	if (page == NULL) {
		page = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		ck_assert(page != MAP_FAILED);
		ck_assert_int_eq(0, mprotect(page + size, size, PROT_NONE));
	}
	memcpy(page + size - n, p, n);
	return page + size - n;
}

/* What came in goes out again as it was. */
START_TEST(a_value_is_copied)
{
	struct buf again = { 0 };
	struct link_in *in2 = link_in_new();

	write_all_kinds();
	ck_assert_int_eq((int64_t)b.len, link_decode(in, b.p, b.len, &m, &why));
	link_begin(o, &again, "ALL", 7);
	link_copy(o, m.details);
	ck_assert_int_eq(0, link_end(o));
	ck_assert_int_eq((int64_t)again.len,
	    link_decode(in2, again.p, again.len, &m, &why));
	read_all_kinds();
	ck_assert_uint_eq(b.len, again.len);
	again.len = 0;
	link_begin(o, &again, "NONE", 7);
	link_map(o, 1);
	link_str(o, "NIL");
	link_copy(o, NULL);
	ck_assert_int_eq(0, link_end(o));
	link_in_free(in2);
	buf_free(&again);
}
END_TEST

static const struct link_val *
alone(void)
{
	ck_assert_int_eq(0, link_end(o));
	ck_assert_int_eq((int64_t)b.len, link_decode(in, b.p, b.len, &m, &why));
	return link_find(m.details, "K");
}

static void
begin_alone(void)
{
	b.len = 0;
	link_begin(o, &b, "T", 1);
	link_map(o, 1);
	link_str(o, "K");
}

/* At the edges of each width: the shortest form, and the same number. */
START_TEST(numbers_take_no_more_bytes_than_they_need)
{
	static const struct {
		int64_t n;
		size_t size;
	} row[] = { { 0, 1 }, { 127, 1 }, { 128, 2 }, { 255, 2 }, { 256, 3 },
		{ 65535, 3 }, { 65536, 5 }, { UINT32_MAX, 5 },
		{ (int64_t)UINT32_MAX + 1, 9 }, { INT64_MAX, 9 }, { -1, 1 },
		{ -32, 1 }, { -33, 2 }, { INT8_MIN, 2 }, { INT8_MIN - 1, 3 },
		{ INT16_MIN, 3 }, { INT16_MIN - 1, 5 }, { INT32_MIN, 5 },
		{ (int64_t)INT32_MIN - 1, 9 }, { INT64_MIN, 9 } };
	const struct link_val *v;
	int64_t n;

	begin_alone();
	link_i64(o, row[_i].n);
	v = alone();
	ck_assert_uint_eq(row[_i].size, link_size(v));
	ck_assert(link_get_i64(v, &n) && n == row[_i].n);
	ck_assert_int_eq(n < 0 ? LINK_I64 : LINK_U64, link_kind(v));
}
END_TEST

START_TEST(texts_and_arrays_of_each_width_come_back)
{
	static const uint32_t sizes[] = { 0, 15, 16, 31, 32, 255, 256, 65535,
		65536, 100000 };
	uint32_t i, n = sizes[_i];
	char *text = malloc(n + 1);
	const struct link_val *v;
	const char *p;
	uint64_t u;
	size_t len;

	ck_assert_ptr_nonnull(text);
	memset(text, 'x', n);
	begin_alone();
	link_strn(o, text, n);
	v = alone();
	ck_assert(link_kind(v) == LINK_STR && link_get_str(v, &p, &len));
	ck_assert(len == n && memcmp(p, text, n) == 0);
	ck_assert_uint_eq(link_size(v), n + (n < 32 ? 1 : n < 256 ? 2 :
	    n < 65536 ? 3 : 5));
	begin_alone();
	link_bin(o, text, n);
	v = alone();
	ck_assert(link_kind(v) == LINK_BIN && link_get_str(v, &p, &len));
	ck_assert(len == n && memcmp(p, text, n) == 0);
	ck_assert_uint_eq(link_size(v), n + (n < 256 ? 2 : n < 65536 ? 3 : 5));
	begin_alone();
	link_array(o, n);
	for (i = 0; i < n; i++)
		link_u64(o, i & 127);
	v = alone();
	ck_assert_uint_eq(link_count(v), n);
	ck_assert(n == 0 || (link_get_u64(link_at(v, n - 1), &u) &&
	    u == ((n - 1) & 127)));
	ck_assert_uint_eq(link_size(v), n + (n < 16 ? 1 : n < 65536 ? 3 : 5));
	begin_alone();
	link_map(o, n);
	for (i = 0; i < n; i++)
		link_key_u64(o, "", i & 127);
	v = alone();
	ck_assert_uint_eq(link_count(v), n);
	ck_assert_uint_eq(link_size(v), 2 * n + (n < 16 ? 1 : n < 65536 ? 3
	    : 5));
	free(text);
}
END_TEST

START_TEST(some_values_of_an_array_are_copied_at_once)
{
	struct buf again = { 0 };
	struct link_in *in2 = link_in_new();
	const struct link_val *v;
	struct link_msg m2;
	uint64_t n;

	link_begin(o, &b, "T", 1);
	link_map(o, 1);
	link_str(o, "A");
	link_array(o, 4);
	link_u64(o, 1);
	link_array(o, 2);
	link_key_str(o, "two", "values");
	link_str(o, "text");
	link_u64(o, 300);
	ck_assert_int_eq(0, link_end(o));
	ck_assert_int_gt(link_decode(in, b.p, b.len, &m, &why), 0);
	v = link_find(m.details, "A");
	ck_assert_uint_eq(1 + 1 + 12 + 5 + 3, link_size(v));
	link_begin(o, &again, "T", 1);
	link_map(o, 1);
	link_str(o, "A");
	link_array(o, 3);
	link_copy_from(o, v, 0, 0);
	link_copy_from(o, v, 1, 3);
	ck_assert_int_eq(0, link_end(o));
	ck_assert_int_gt(link_decode(in2, again.p, again.len, &m2, &why), 0);
	v = link_find(m2.details, "A");
	ck_assert_uint_eq(3, link_count(v));
	ck_assert_uint_eq(2, link_count(link_at(v, 0)));
	ck_assert_int_eq(LINK_STR, link_kind(link_at(v, 1)));
	ck_assert(link_get_u64(link_at(v, 2), &n) && n == 300);
	link_in_free(in2);
	buf_free(&again);
}
END_TEST

START_TEST(every_prefix_needs_more)
{
	size_t n;

	write_all_kinds();
	for (n = 0; n < b.len; n++)
		ck_assert_int_eq(FG_EPARTIAL,
		    link_decode(in, at_page_end(b.p, n), n, &m, &why));
}
END_TEST

static void
walk(const struct link_val *v)
{
	const char *p;
	size_t i, n;

	for (i = 0; i < link_count(v); i++)
		walk(link_kind(v) == LINK_MAP ? link_map_at(v, i, &p, &n)
		                              : link_at(v, i));
	if (link_get_str(v, &p, &n) && n > 0)
		ck_assert_ptr_nonnull(memchr(p, p[n - 1], n));
}

START_TEST(no_change_of_a_byte_does_harm)
{
	size_t i, good = 0;
	int64_t rc;
	char *p;
	int x;

	write_all_kinds();
	for (i = 0; i < b.len; i++)
		for (x = 1; x < 256; x++) {
			p = at_page_end(b.p, b.len);
			p[i] ^= (char)x;
			rc = link_decode(in, p, b.len, &m, &why);
			ck_assert(rc > 0 || rc == FG_EPARTIAL
			    || rc == FG_EGARBLED);
			if (rc == FG_EGARBLED)
				ck_assert_ptr_nonnull(why);
			if (rc > 0)
				walk(m.details);
			good += rc > 0;
		}
	ck_assert_uint_gt(good, 0);
}
END_TEST

#define TYPE_T "\xacMESSAGE_TYPE\xa1T"

START_TEST(hostile_frames_are_refused_before_anything_is_allocated)
{
	static const struct {
		const char *body;
		size_t len;
		const char *why;
	} row[] = {
#define BODY(s, text) { s, sizeof(s) - 1, text }
		BODY("", "cut off within a value"),
		BODY("\xdd\x10\0\0\0",
		    "more entries announced than bytes follow"),
		BODY("\xdd\xff\xff\xff\xff",
		    "more entries announced than bytes follow"),
		BODY("\xdf\xff\xff\xff\xff",
		    "more entries announced than bytes follow"),
		BODY("\xdf\x80\0\0\0",
		    "more entries announced than bytes follow"),
		BODY("\x81\xa1K", "cut off within a value"),
		BODY("\xdb\xff\xff\xff\xff", "cut off within a value"),
		BODY("\xc6\xff\xff\xff\xff", "cut off within a value"),
		BODY("\xcf\0\0\0", "cut off within a value"),
		BODY("\xc1", "a type of value that is not used here"),
		BODY("\xd4\1\1", "a type of value that is not used here"),
		BODY("\xc7\0\1", "a type of value that is not used here"),
		BODY("\x81\1\1", "a key that is not a string"),
		BODY("\x80\x80", "bytes behind the value"),
		BODY("\x90", "not a map"),
		BODY("\x80", "no MESSAGE_TYPE"),
		BODY("\x81\xacMESSAGE_TYPE\xa0", "no MESSAGE_TYPE"),
		BODY("\x81\xacMESSAGE_TYPE\xa2\0T", "no MESSAGE_TYPE"),
		BODY("\x81\xacMESSAGE_TYPE\1", "no MESSAGE_TYPE"),
		BODY("\x82" TYPE_T "\xaaSOURCE_REF\xff",
		    "SOURCE_REF is not an unsigned number"),
		BODY("\x82" TYPE_T "\xa7" "DETAILS\x90",
		    "DETAILS is not a map"),
	};
	struct buf f = { 0 };
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		f.len = 0;
		ck_assert_int_eq(0, buf_add(&f, "\0\0\0", 3));
		ck_assert_int_eq(0, buf_add(&f, &(char){ (char)row[i].len },
		    1));
		ck_assert_int_eq(0, buf_add(&f, row[i].body, row[i].len));
		ck_assert_int_eq(FG_EGARBLED, link_decode(in,
		    at_page_end(f.p, f.len), f.len, &m, &why));
		ck_assert_str_eq(row[i].why, why);
	}
	buf_free(&f);
}
END_TEST

START_TEST(a_frame_that_is_too_long_is_refused_by_its_head)
{
	ck_assert_int_eq(FG_EPARTIAL,
	    link_decode(in, "\x02\x00\x00\x00", 4, &m, &why));
	ck_assert_int_eq(FG_EGARBLED,
	    link_decode(in, "\x02\x00\x00\x01", 4, &m, &why));
	ck_assert_str_eq("the frame is too long", why);
}
END_TEST

/* In a message, n arrays around nothing. */
static int64_t
decode_nested(unsigned n)
{
	unsigned i;

	b.len = 0;
	link_begin(o, &b, "T", 1);
	link_map(o, 1);
	link_str(o, "K");
	for (i = 0; i < n; i++)
		link_array(o, i + 1 < n ? 1 : 0);
	ck_assert_int_eq(0, link_end(o));
	return link_decode(in, b.p, b.len, &m, &why);
}

START_TEST(depth_is_limited)
{
	/* The message and its DETAILS are two levels; an empty one is none. */
	ck_assert_int_gt(decode_nested(23), 0);
	ck_assert_int_eq(FG_EGARBLED, decode_nested(24));
	ck_assert_str_eq("nested too deep", why);
}
END_TEST

START_TEST(the_number_of_values_is_limited)
{
	unsigned i;

	link_begin(o, &b, "T", 1);
	link_map(o, 1);
	link_str(o, "K");
	link_array(o, 1u << 20);
	for (i = 0; i < 1u << 20; i++)
		link_nil(o);
	ck_assert_int_eq(0, link_end(o));
	ck_assert_int_eq(FG_EGARBLED, link_decode(in, b.p, b.len, &m, &why));
	ck_assert_str_eq("too many values", why);
}
END_TEST

START_TEST(of_equal_keys_the_first_wins_and_unknown_ones_do_no_harm)
{
	static const char frame[] = "\0\0\0\x33\x83\xacMESSAGE_TYPE\xa1T"
	    "\xa7UNKNOWN\xc0\xa7" "DETAILS\x83\xa1K\1\xa1K\2\xa1Z\xcb"
	    "\0\0\0\0\0\0\0\0";

	ck_assert_int_eq((int64_t)sizeof(frame) - 1,
	    link_decode(in, frame, sizeof(frame) - 1, &m, &why));
	ck_assert_uint_eq(0, m.ref);
	ck_assert_uint_eq(1, link_find_u64(m.details, "K", 0));
	ck_assert_int_eq(LINK_FLOAT, link_kind(link_find(m.details, "Z")));
}
END_TEST

START_TEST(a_message_may_come_without_details)
{
	static const char frame[] = "\0\0\0\x10\x81" TYPE_T;

	ck_assert_int_eq((int64_t)sizeof(frame) - 1,
	    link_decode(in, frame, sizeof(frame) - 1, &m, &why));
	ck_assert_int_eq(LINK_MAP, link_kind(m.details));
	ck_assert_uint_eq(0, link_count(m.details));
	ck_assert_ptr_null(link_find(m.details, "K"));
}
END_TEST

START_TEST(a_wrong_count_or_too_much_leaves_the_buffer_as_it_was)
{
	static char big[1 << 20];
	unsigned i;

	ck_assert_int_eq(0, buf_puts(&b, "before"));
	link_begin(o, &b, "T", 1);
	link_map(o, 1);
	link_str(o, "K");
	ck_assert_int_eq(FG_ESTATE, link_end(o)); /* no value */
	link_begin(o, &b, "T", 1);
	link_map(o, 0);
	link_str(o, "K"); /* not announced */
	ck_assert_int_eq(FG_ESTATE, link_end(o));
	link_begin(o, &b, "T", 1);
	link_array(o, 40);
	for (i = 0; i < 40; i++)
		link_bin(o, big, sizeof(big));
	ck_assert_int_eq(FG_ELIMIT, link_end(o));
	ck_assert(b.len == 6 && memcmp(b.p, "before", 6) == 0);
	link_begin(o, &b, "T", 1); /* the error does not stay */
	link_map(o, 0);
	ck_assert_int_eq(0, link_end(o));
}
END_TEST

/* Its length is what was put into it; those inside count as one. */
START_TEST(an_open_array_counts_itself)
{
	const struct link_val *v;
	uint64_t n;
	int i;

	link_begin(o, &b, "OPEN", 1);
	link_map(o, 2);
	link_str(o, "A");
	link_array_open(o);
	for (i = 0; i < _i; i++) {
		link_array(o, 2);
		link_u64(o, (uint64_t)i);
		link_map(o, 1);
		link_key_str(o, "K", "v");
	}
	link_array_close(o, (uint32_t)_i);
	link_key_u64(o, "B", 7);
	ck_assert_int_eq(0, link_end(o));
	ck_assert(link_decode(in, b.p, b.len, &m, &why) > 0);
	v = link_find(m.details, "A");
	ck_assert_uint_eq(link_count(v), (size_t)_i);
	for (i = 0; i < _i; i++)
		ck_assert(link_get_u64(link_at(link_at(v, (size_t)i), 0), &n) &&
		    n == (uint64_t)i);
	ck_assert_uint_eq(link_find_u64(m.details, "B", 0), 7);
}
END_TEST

START_TEST(values_that_were_kept_are_put_into_a_message)
{
	struct buf kept = { 0 };
	const struct link_val *v;
	uint64_t five;

	link_values_begin(o, &kept, 4);
	link_key_u64(o, "FIVE", 5);
	link_str(o, "LIST");
	link_array(o, 2);
	link_bool(o, true);
	link_nil(o);
	ck_assert_int_eq(0, link_values_end(o));
	link_begin(o, &b, "M", 1);
	link_map(o, 3);
	link_key_str(o, "A", "a");
	link_values(o, kept.p, kept.len, 4);
	ck_assert_int_eq(0, link_end(o));
	ck_assert_int_eq((int64_t)b.len, link_decode(in, b.p, b.len, &m,
	    &why));
	ck_assert_uint_eq(3, link_count(m.details));
	ck_assert(link_get_u64(link_find(m.details, "FIVE"), &five));
	ck_assert_uint_eq(5, five);
	v = link_find(m.details, "LIST");
	ck_assert_uint_eq(2, link_count(v));

	/* Too few of them, and where fewer are expected. */
	link_values_begin(o, &kept, 2);
	link_str(o, "X");
	ck_assert_int_eq(FG_ESTATE, link_values_end(o));
	link_begin(o, &b, "M", 1);
	link_map(o, 1);
	link_values(o, kept.p, kept.len, 4);
	ck_assert_int_eq(FG_ESTATE, link_end(o));
	buf_free(&kept);
}
END_TEST

START_TEST(an_open_array_that_is_used_wrongly_is_an_error)
{
	link_begin(o, &b, "OPEN", 1);
	link_map(o, 1);
	link_str(o, "A");
	link_array_open(o);
	if (_i == 0)
		link_array(o, 1); /* its value is missing */
	if (_i == 1)
		link_array_open(o);
	if (_i != 2)
		link_array_close(o, _i == 0 ? 1 : 0);
	if (_i == 3)
		link_array_close(o, 0);
	ck_assert_int_eq(FG_ESTATE, link_end(o));
	ck_assert_uint_eq(b.len, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("link");
	TCase *t = tcase_create("link");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 600);
	tcase_add_test(t, all_kinds_go_out_and_come_back);
	tcase_add_test(t, a_value_is_copied);
	tcase_add_loop_test(t, numbers_take_no_more_bytes_than_they_need, 0,
	    20);
	tcase_add_loop_test(t, texts_and_arrays_of_each_width_come_back, 0, 10);
	tcase_add_test(t, some_values_of_an_array_are_copied_at_once);
	tcase_add_test(t, every_prefix_needs_more);
	tcase_add_test(t, no_change_of_a_byte_does_harm);
	tcase_add_test(t,
	    hostile_frames_are_refused_before_anything_is_allocated);
	tcase_add_test(t, a_frame_that_is_too_long_is_refused_by_its_head);
	tcase_add_test(t, depth_is_limited);
	tcase_add_test(t, the_number_of_values_is_limited);
	tcase_add_test(t,
	    of_equal_keys_the_first_wins_and_unknown_ones_do_no_harm);
	tcase_add_test(t, a_message_may_come_without_details);
	tcase_add_test(t,
	    a_wrong_count_or_too_much_leaves_the_buffer_as_it_was);
	tcase_add_loop_test(t, an_open_array_counts_itself, 0, 3);
	tcase_add_loop_test(t,
	    an_open_array_that_is_used_wrongly_is_an_error, 0, 4);
	tcase_add_test(t, values_that_were_kept_are_put_into_a_message);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
