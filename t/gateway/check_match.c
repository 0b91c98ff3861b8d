/* READ with TAG, VALUE, MSG_TYPE, SINCE and UNTIL: the rows that a plain look at
 * each message finds, and UPTO passes all that was looked at. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "gateway/feed.h"
#include "store/index.h"

#define ROWS     25000 /* more than one READ looks at */
#define MAX_TEXT 200

struct world {
	struct store *st;
	struct feed *feed;
	struct link_in *in;
	struct store_index *index;
	char dir[64];
	char (*text)[MAX_TEXT];
	int64_t time[ROWS];
};

static struct world w;

/* Few values, so that each is found often; some stand in a group, some in a
 * data field, where they are none. */
static int
compose(char *to, unsigned i)
{
	return snprintf(to, MAX_TEXT, "8=FIX.4.4\1" "35=%c\1" "11=A%u\1"
	    "453=1\1" "448=P%d\1" "95=8\1" "96=x\1" "11=A77\1" "37=O%u\1"
	    "10=000\1", "D8G"[i % 3], i % 5000, rand() % 50, i % 7);
}

static void
setup(void)
{
	struct store_cfg cfg = { .durability = STORE_WRITTEN };
	char err[STORE_ERR_MAX];
	struct store_batch *b;
	uint64_t commit;
	unsigned i;

	ck_assert_int_eq(store_open_mem(&w.st, &cfg, err), 0);
	w.text = calloc(ROWS, sizeof(*w.text));
	w.feed = feed_new(w.st, NULL);
	w.in = link_in_new();
	b = store_begin(w.st);
	for (i = 0; i < ROWS; i++) {
		struct store_row row = { .data = w.text[i] };

		row.len = (size_t)compose(w.text[i], i);
		row.time.ns = w.time[i] = (int64_t)(i / 3 + 1) * NS_PER_S;
		store_add(b, STORE_FIX_IN, &row);
	}
	ck_assert_int_eq(store_commit(b, &commit), 0);
}

/* The same with an index of all rows but the last ones. */
static void
setup_index(void)
{
	struct store_index_cfg cfg = { .path = w.dir, .tag = { 11, 37, 96 },
		.n_tag = 3, .generation = 7000 };
	struct timespec pause = { .tv_nsec = 10000000 };

	setup();
	snprintf(w.dir, sizeof(w.dir), "/tmp/fg.match.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(w.dir));
	w.index = store_index_open(w.st, &cfg);
	ck_assert_ptr_nonnull(w.index);
	feed_use_index(w.feed, w.index);
	while (store_index_upto(w.index, STORE_FIX_IN) < ROWS - 5000)
		nanosleep(&pause, NULL);
}

static void
teardown_index(void)
{
	char command[128];

	store_index_close(w.index);
	snprintf(command, sizeof(command), "rm -rf %s", w.dir);
	ck_assert_int_eq(system(command), 0);
}

static void
teardown(void)
{
	link_in_free(w.in);
	feed_free(w.feed);
	free(w.text);
	store_close(w.st);
}

/* All that READ after READ gives: sequences into got; *reads of them. */
static size_t
read_all(struct feed_ask ask, uint64_t *got, unsigned *reads)
{
	struct buf frame = { 0 };
	const struct link_val *rows;
	struct feed_got end;
	struct link_msg m;
	const char *why;
	size_t i, n = 0;

	ask.table = STORE_FIX_IN;
	ask.max = UINT64_MAX;
	for (*reads = 0; ask.after < ROWS; ++*reads) {
		frame.len = 0;
		ck_assert_int_eq(feed_pack(w.feed, &ask, &frame, &end), 0);
		ck_assert_int_gt(link_decode(w.in, frame.p, frame.len, &m,
		    &why), 0);
		rows = link_find(m.details, "ROWS");
		for (i = 0; i < link_count(rows); i++)
			link_get_u64(link_at(link_at(rows, i), 0), &got[n++]);
		ck_assert_uint_gt(end.upto, ask.after);
		ck_assert(n == 0 || got[n - 1] <= end.upto);
		ask.after = end.upto;
	}
	buf_free(&frame);
	return n;
}

static void
want(struct match *m, int32_t tag, const char *value, const char *type)
{
	m->tag = tag;
	m->n = strlen(value);
	memcpy(m->value, value, m->n);
	m->type_n = strlen(type);
	memcpy(m->type, type, m->type_n);
}

/* The model: the field as text, anywhere but in the data field. */
static bool
expected(const struct feed_ask *a, unsigned i)
{
	char field[MAX_TEXT];
	const char *p = w.text[i], *at;

	if ((a->match.since != 0 && w.time[i] < a->match.since) ||
	    (a->match.until != 0 && w.time[i] >= a->match.until))
		return false;
	snprintf(field, sizeof(field), "\1" "35=%.*s\1", (int)a->match.type_n,
	    a->match.type);
	if (a->match.type_n != 0 && strstr(p, field) == NULL)
		return false;
	if (a->match.tag == 0)
		return true;
	snprintf(field, sizeof(field), "\1%d=%.*s\1", a->match.tag,
	    (int)a->match.n, a->match.value);
	for (at = strstr(p, field); at != NULL; at = strstr(at + 1, field))
		if (strncmp(at - 1, "x\1" "11=A77", 8) != 0)
			return true;
	return false;
}

static void
compare(const struct feed_ask *a, unsigned most_reads)
{
	uint64_t *got = calloc(ROWS, sizeof(*got));
	unsigned reads;
	size_t n = read_all(*a, got, &reads), at = 0;
	unsigned i;

	for (i = 0; i < ROWS; i++) {
		if (!expected(a, i))
			continue;
		ck_assert_msg(at < n && got[at] == i + 1, "row %u", i + 1);
		at++;
	}
	ck_assert_uint_eq(at, n);
	ck_assert_uint_gt(n, 0);
	ck_assert_uint_le(reads, most_reads);
	free(got);
}

START_TEST(rows_with_a_field_are_found)
{
	static const struct {
		int32_t tag;
		const char *value, *type;
	} cases[] = { { 11, "A77", "" }, { 11, "A7", "" }, { 448, "P3", "" },
		{ 37, "O0", "8" }, { 96, "x\1" "11=A77", "" },
		{ 0, "", "G" }, { 35, "D", "" } };
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct feed_ask a = { .ref = i };

		want(&a.match, cases[i].tag, cases[i].value, cases[i].type);
		compare(&a, ROWS);
	}
}
END_TEST

/* A hundred READs of 1000 rows have to become a few. */
START_TEST(what_does_not_match_is_passed_quickly)
{
	struct feed_ask a = { 0 };

	want(&a.match, 11, "A77", "");
	compare(&a, ROWS / FEED_SCAN_ROWS + 1);
}
END_TEST

START_TEST(times_bound_it_and_are_jumped_to)
{
	struct feed_ask a = { 0 };

	a.match.since = 4000 * NS_PER_S;
	a.match.until = 4100 * NS_PER_S;
	compare(&a, 2);
	want(&a.match, 37, "O3", "D");
	compare(&a, 4);
	a.match.until = 0;
	compare(&a, 10); /* 256 rows that were looked up in each */
	a.match.since = 0;
	a.match.until = 7 * NS_PER_S;
	compare(&a, 2);
}
END_TEST

/* As many READs as rows were found, at most: nothing is read through. */
START_TEST(rows_that_are_looked_up_come_at_once)
{
	struct timespec pause = { .tv_nsec = 10000000 };
	struct feed_ask a = { 0 };

	while (store_index_upto(w.index, STORE_FIX_IN) < ROWS)
		nanosleep(&pause, NULL);
	want(&a.match, 11, "A77", "");
	compare(&a, 1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("match");
	TCase *c = tcase_create("match"), *x = tcase_create("index");
	unsigned seed = (unsigned)time(NULL);
	const char *given = getenv("FG_SEED");
	SRunner *sr;
	int failed;

	if (given != NULL)
		seed = (unsigned)strtoul(given, NULL, 10);
	printf("seed %u\n", seed);
	srand(seed);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 600);
	tcase_add_test(c, rows_with_a_field_are_found);
	tcase_add_test(c, what_does_not_match_is_passed_quickly);
	tcase_add_test(c, times_bound_it_and_are_jumped_to);
	suite_add_tcase(s, c);
	tcase_add_checked_fixture(x, NULL, teardown);
	tcase_add_checked_fixture(x, setup_index, teardown_index);
	tcase_set_timeout(x, 600);
	tcase_add_test(x, rows_with_a_field_are_found);
	tcase_add_test(x, times_bound_it_and_are_jumped_to);
	tcase_add_test(x, rows_that_are_looked_up_come_at_once);
	suite_add_tcase(s, x);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
