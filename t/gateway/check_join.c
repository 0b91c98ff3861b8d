/* Rows with those of a keyed table beside them: the version of their commit,
 * whenever they are read. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gateway/feed.h"

#define CONF                                                                   \
	"[GATEWAY]\nStorePath=x\n"                                             \
	"[TABLE ORDERS]\nColumns=ID string, ACCOUNT string\n"                  \
	"[TABLE ACCOUNTS]\nColumns=NAME string, ACCOUNT string\nKey=ACCOUNT\n"

static struct conf *conf;
static struct store *st;
static struct tables *tables;
static struct feed *feed;
static struct join *join;
static struct store_batch *batch;
static struct link_out *out;
static struct link_in *in;
static struct buf frame;

/* {"A": {TABLE ACCOUNTS, ON ACCOUNT}} */
static void
make_join(void)
{
	char err[JOIN_ERR_MAX];
	struct link_msg m;
	const char *why;

	frame.len = 0;
	link_begin(out, &frame, "X", 0);
	link_map(out, 1);
	link_str(out, "A");
	link_map(out, 2);
	link_key_str(out, "TABLE", "ACCOUNTS");
	link_key_str(out, "ON", "ACCOUNT");
	ck_assert_int_eq(0, link_end(out));
	ck_assert(link_decode(in, frame.p, frame.len, &m, &why) > 0);
	ck_assert_int_eq(0, join_read(&join, m.details,
	    store_table_by_name(st, "ORDERS"), st, tables, err));
}

static void
setup(void)
{
	struct store_cfg cfg = { .durability = STORE_SYNCED };
	char err[STORE_ERR_MAX];

	ck_assert_int_eq(0, conf_parse(&conf, "x", CONF, strlen(CONF)));
	ck_assert_int_eq(0, store_open_mem(&st, &cfg, err));
	ck_assert_int_eq(0, tables_load(&tables, conf, "x", st));
	feed = feed_new(st, tables);
	out = link_out_new();
	in = link_in_new();
	ck_assert(feed != NULL && out != NULL && in != NULL);
	make_join();
}

static void
teardown(void)
{
	join_release(join);
	feed_free(feed);
	tables_free(tables);
	store_close(st);
	conf_free(conf);
	link_out_free(out);
	link_in_free(in);
	buf_free(&frame);
}

/* A row of a table with two strings; NULL: nil. */
static void
add(const char *table, const char *first, const char *second)
{
	const struct table *t = tables_get(tables,
	    store_table_by_name(st, table));
	const struct table_value v[2] = {
		{ .set = true, .p = first, .len = strlen(first) },
		{ .set = second != NULL, .p = second,
		    .len = second == NULL ? 0 : strlen(second) },
	};
	struct store_row row = { 0 };
	struct buf data = { 0 };

	if (batch == NULL)
		batch = store_begin(st);
	ck_assert_int_eq(0, table_encode(t, v, &data));
	row.data = data.p;
	row.len = data.len;
	store_add(batch, t->number, &row);
	buf_free(&data);
}

static void
commit(void)
{
	uint64_t number;

	ck_assert_int_eq(0, store_commit(batch, &number));
	batch = NULL;
}

/* The NAMEs beside the orders, "-" for nil, from a fresh reader too. */
static void
names_are(const char *want)
{
	struct feed_ask ask = { .table = store_table_by_name(st, "ORDERS"),
		.max = 100, .join = join };
	const struct link_val *rows;
	char got[256] = "";
	struct feed_got n;
	struct feed *fresh = feed_new(st, tables), *each[2] = { feed, fresh };
	struct link_msg m;
	const char *why, *p;
	size_t i, k, len;

	for (k = 0; k < 2; k++) {
		frame.len = 0;
		got[0] = '\0';
		ck_assert_int_eq(0, feed_pack(each[k], &ask, &frame, &n));
		ck_assert(link_decode(in, frame.p, frame.len, &m, &why) > 0);
		rows = link_find(m.details, "ROWS");
		for (i = 0; i < link_count(rows); i++) {
			ck_assert_uint_eq(8, link_count(link_at(rows, i)));
			if (!link_get_str(link_at(link_at(rows, i), 6), &p,
				&len)) {
				p = "-";
				len = 1;
			}
			strncat(got, p, len);
		}
		ck_assert_str_eq(want, got);
	}
	feed_free(fresh);
}

START_TEST(a_row_has_the_version_of_its_commit)
{
	add("ORDERS", "1", "x"); /* before there was one */
	commit();
	add("ACCOUNTS", "a", "x");
	add("ACCOUNTS", "b", "y");
	commit();
	add("ORDERS", "2", "x");
	add("ORDERS", "3", "y");
	add("ORDERS", "4", "z");  /* there is none */
	add("ORDERS", "5", NULL); /* nil is no key */
	commit();
	names_are("-ab--");
	add("ACCOUNTS", "c", "x");
	commit();
	names_are("-ab--");
	add("ORDERS", "6", "x");
	commit();
	names_are("-ab--c");
}
END_TEST

START_TEST(of_one_commit_the_last_version_counts)
{
	add("ACCOUNTS", "a", "x");
	add("ORDERS", "1", "x");
	add("ACCOUNTS", "b", "x");
	add("ACCOUNTS", "c", "x");
	commit();
	names_are("c");
	add("ACCOUNTS", "d", "x");
	add("ORDERS", "2", "x");
	commit();
	names_are("cd");
}
END_TEST

START_TEST(what_is_not_durable_is_not_there)
{
	add("ACCOUNTS", "a", "x");
	commit();
	store_mem_hold(st);
	add("ACCOUNTS", "b", "x");
	commit();
	add("ORDERS", "1", "x");
	commit();
	names_are("");
	store_mem_power_cut(st);
	ck_assert_int_eq(0, store_recover(st));
	store_mem_release(st, UINT64_MAX);
	add("ORDERS", "1", "x");
	commit();
	names_are("a");
	add("ACCOUNTS", "c", "x");
	add("ORDERS", "2", "x");
	commit();
	names_are("ac");
}
END_TEST

START_TEST(credit_counts_rows)
{
	struct feed_ask ask = { .table = store_table_by_name(st, "ORDERS"),
		.max = 2, .join = join };
	struct feed_got got;
	int i;

	for (i = 0; i < 5; i++)
		add("ORDERS", "x", "x");
	commit();
	for (i = 0; i < 3; i++) {
		frame.len = 0;
		ck_assert_int_eq(0, feed_pack(feed, &ask, &frame, &got));
		ck_assert_uint_eq(i < 2 ? 2 : 1, got.n);
		ck_assert_uint_eq(i < 2 ? 2 * (i + 1) : 5, got.upto);
		ask.after = got.upto;
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("join");
	TCase *tc = tcase_create("join");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_row_has_the_version_of_its_commit);
	tcase_add_test(tc, of_one_commit_the_last_version_counts);
	tcase_add_test(tc, what_is_not_durable_is_not_there);
	tcase_add_test(tc, credit_counts_rows);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
