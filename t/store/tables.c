/* Tables that a configuration declares, in every back end. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "contract.h"
#include "world.h"

static struct world w;
static struct world_rows rows;

static void
add(struct store_batch *b, enum store_table t, uint32_t session,
    uint64_t num, const char *text)
{
	store_add(b, t, &(struct store_row){ .session = session, .epoch = 1,
	    .msg_seq_num = num, .data = text, .len = strlen(text) });
}

static struct store_state
state_of(uint32_t session)
{
	struct store_state s;

	ck_assert_int_eq(0, store_session_state(w.st, session, &s));
	return s;
}

static enum store_table
declare(const char *name, const char *definition)
{
	enum store_table t = 0;

	ck_assert_int_eq(0, store_table_define(w.st, name, definition, &t));
	return t;
}

START_TEST(a_declared_table_has_rows_like_any_other)
{
	struct store_batch *b;
	enum store_table orders, views;
	uint64_t commit;
	uint32_t s;
	int pass;

	world_open(&w, _i);
	ck_assert_uint_eq(STORE_TABLE_END, store_tables(w.st));
	orders = declare("ORDERS_OUT", "ID string");
	views = declare("ACCOUNTS", "ID string, NAME string");
	ck_assert_uint_eq(STORE_USER_FIRST, orders);
	ck_assert_uint_eq(STORE_USER_FIRST + 1, views);
	ck_assert_uint_eq(STORE_USER_FIRST + 2, store_tables(w.st));
	ck_assert_int_eq(orders, store_table_by_name(w.st, "ORDERS_OUT"));
	ck_assert_int_eq(0, store_table_by_name(w.st, "ORDERS"));
	ck_assert_str_eq("ACCOUNTS", store_table_name(w.st, views));
	ck_assert_str_eq("SEQUENCE", store_table_sequence(views));
	ck_assert_ptr_null(store_table_name(w.st, STORE_TABLE_END));
	ck_assert_uint_eq(1, store_table_incarnation(w.st, orders));
	s = world_session(&w, "A");
	b = store_begin(w.st);
	add(b, orders, s, 1, "a");
	add(b, STORE_QUARANTINE, s, 2, "q");
	add(b, orders, s, 3, "b");
	store_set_state(b, &(struct store_state){ .session = s, .epoch = 1,
	    .next_in = 5, .next_out = 6 });
	ck_assert_int_eq(0, store_commit(b, &commit));
	world_settle(&w, commit);
	for (pass = 0; pass < (_i == WORLD_MEM ? 1 : 2); pass++) {
		ck_assert_str_eq("1:1:a 2:3:b ",
		    world_read(&w, orders, 0, &rows));
		ck_assert_str_eq("1:2:q ",
		    world_read(&w, STORE_QUARANTINE, 0, &rows));
		ck_assert_str_eq("", world_read(&w, views, 0, &rows));
		ck_assert_uint_eq(5, state_of(s).next_in);
		ck_assert_uint_eq(2, store_visible(w.st, orders));
		ck_assert_uint_eq(1, store_oldest(w.st, orders));
		if (_i != WORLD_MEM)
			world_reopen(&w);
	}
	world_settle(&w, world_put(&w, orders, s, 4, "c"));
	ck_assert_str_eq("3:4:c ", world_read(&w, orders, 2, &rows));
	world_close(&w);
}
END_TEST

START_TEST(the_number_and_the_text_of_a_declared_table_are_kept)
{
	static const char *const bad[] = { "", "orders", "1A", "A B", "FIX_IN",
		"QUARANTINE", "STATE", "FIX_OUT_INDEX", "A.B",
		"A234567890123456789012345678901234567890X" };
	enum store_table t;
	size_t i;

	world_open(&w, _i);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(FG_EINVAL,
		    store_table_define(w.st, bad[i], "", &t));
	ck_assert_uint_eq(16, declare("B", "one"));
	ck_assert_uint_eq(17, declare("A", "two"));
	ck_assert_uint_eq(16, declare("B", "one, and more"));
	if (_i != WORLD_MEM)
		world_reopen(&w);
	ck_assert_str_eq("one, and more", store_table_definition(w.st,
	    (enum store_table)16));
	ck_assert_str_eq("two", store_table_definition(w.st,
	    (enum store_table)17));
	ck_assert_ptr_null(store_table_definition(w.st, STORE_FIX_IN));
	ck_assert_uint_eq(18, declare("C", ""));
	ck_assert_uint_eq(17, declare("A", "two"));
	w.fail_err = FG_ENOSPC;
	w.fail_step = "TABLE put";
	ck_assert_int_eq(FG_ENOSPC, store_table_define(w.st, "D", "", &t));
	ck_assert_int_eq(0, store_table_by_name(w.st, "D"));
	w.fail_step = NULL;
	ck_assert_uint_eq(19, declare("D", ""));
	world_close(&w);
}
END_TEST

TCase *
tables_case(int first, int last)
{
	TCase *tc = tcase_create("tables");

	tcase_set_timeout(tc, 600);
	tcase_add_loop_test(tc, a_declared_table_has_rows_like_any_other,
	    first, last + 1);
	tcase_add_loop_test(tc,
	    the_number_and_the_text_of_a_declared_table_are_kept, first,
	    last + 1);
	return tc;
}
