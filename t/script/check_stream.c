#include "check_script.h"

#include <string.h>

/* The examples of the manual and the design, as they stand there. */
static const char example[] =
    "-- streamer.lua\n"
    "process(\"GATEWAY\", \"unix:/run/fixgate/gateway.sock\")\n"
    "listen(\"unix:/run/fixgate/streamer.sock\")\n"
    "\n"
    "stream(\"FIX_IN_X\", \"FIX_IN\") {              -- table FIX_IN\n"
    "  batchSize = 500,\n"
    "  maxLogons = 2,\n"
    "  fields    = { \"FIX_DATA\", CLIENT = \"SENDER_ID\" },\n"
    "  where     = function(row, logon) return row.CONNECTION_NAME == \"X\" "
    "end,\n"
    "}\n"
    "fixStream(\"EXECUTIONS_VODL\", \"ExecutionReport\") {\n"
    "  where          = function(report) return report.LastMkt == \"VODL\" "
    "and report.LastQty > 1000 end,\n"
    "  onParsingError = function(row, err) log.warn(err) end,\n"
    "}\n"
    "view(\"ORDER_VIEW\", { from = \"ORDERS_OUT\", join = { ACCOUNT = { table "
    "= \"ACCOUNTS\", on = \"ACCOUNT_ID\" } } })\n";

START_TEST(the_example_of_the_design_loads)
{
	struct script_streams *s = streams(example);
	const struct script_stream *a = &s->stream[0], *b = &s->stream[1];

	ck_assert_uint_eq(1, s->nprocess);
	ck_assert_str_eq("GATEWAY", s->process[0].name);
	ck_assert_str_eq("unix:/run/fixgate/gateway.sock",
	    s->process[0].address);
	ck_assert_uint_eq(1, s->nlisten);
	ck_assert_str_eq("unix:/run/fixgate/streamer.sock",
	    s->listen[0].address);
	ck_assert_uint_eq(2, s->nstream);
	ck_assert_str_eq("FIX_IN_X", a->name);
	ck_assert_str_eq("GATEWAY", a->process);
	ck_assert_str_eq("FIX_IN", a->table);
	ck_assert_int_eq(500, a->batch_size);
	ck_assert_int_eq(2, a->max_logons);
	ck_assert(!a->fix && a->has_where && a->ncolumn_out == 2);
	ck_assert_str_eq("FIX_DATA", a->column_out[0]);
	ck_assert_str_eq("CLIENT", a->column_out[1]);
	ck_assert_str_eq("FIX_DATA", a->source_out[0]);
	ck_assert_str_eq("SENDER_ID", a->source_out[1]);
	ck_assert_str_eq("EXECUTIONS_VODL", b->name);
	ck_assert(b->fix && b->has_where && b->column_out == NULL);
	ck_assert_str_eq("FIX_IN", b->table);
	ck_assert_str_eq("FIX_DATA", b->column);
	ck_assert_str_eq("ExecutionReport", b->msg_type);
	ck_assert_uint_eq(1, s->nview);
	ck_assert_str_eq("ORDER_VIEW", s->view[0].name);
	ck_assert_str_eq("ORDERS_OUT", s->view[0].table);
	ck_assert_uint_eq(1, s->view[0].njoin);
	ck_assert_str_eq("ACCOUNT", s->view[0].join[0].name);
	ck_assert_str_eq("ACCOUNTS", s->view[0].join[0].table);
	ck_assert_str_eq("ACCOUNT_ID", s->view[0].join[0].on);
	script_streams_free(s);
}
END_TEST

START_TEST(options_that_are_not_given_have_their_defaults)
{
	struct script_streams *s = streams("process('G', 'tcp:h:1')\n"
	    "stream('S', 'T') {}\n");
	const struct script_stream *a = &s->stream[0];

	ck_assert_int_eq(100, a->batch_size);        /* A1.8 */
	ck_assert_int_eq(5000, a->logoff_timeout);   /* A1.9 */
	ck_assert_int_eq(1, a->max_logons);          /* A1.10 */
	ck_assert(a->terminate_on_error);            /* A1.11 */
	ck_assert(!a->admin && !a->has_where && !a->has_to_row);
	ck_assert_ptr_null(a->column_out);
	script_streams_free(s);
}
END_TEST

START_TEST(every_option_of_a_stream_is_read)
{
	struct script_streams *s = streams("process('A', 'unix:/a')\n"
	    "process('B', 'tls:h:1')\n"
	    "fixStream('S') { table = 'B.OTHER', column = 'MSG', admin = true,"
	    " batchSize = 1, logoffTimeout = 2, maxLogons = 3,"
	    " terminateOnError = false, toRow = function() end,"
	    " where = function() return true end }\n"
	    "stream('T', 'A.UP') {}\n");
	const struct script_stream *a = &s->stream[0];

	ck_assert_str_eq("B", a->process);
	ck_assert_str_eq("OTHER", a->table);
	ck_assert_str_eq("MSG", a->column);
	ck_assert_ptr_null(a->msg_type);
	ck_assert(a->admin && !a->terminate_on_error && a->has_to_row);
	ck_assert_int_eq(1, a->batch_size);
	ck_assert_int_eq(2, a->logoff_timeout);
	ck_assert_int_eq(3, a->max_logons);
	ck_assert_str_eq("A", s->stream[1].process);
	ck_assert_str_eq("UP", s->stream[1].table);
	script_streams_free(s);
}
END_TEST

START_TEST(where_sees_what_the_client_gave_at_logon)
{
	static const char *const column[] = { "DESK" };
	static const struct script_value value = { .type = SCRIPT_STRING,
		.p = "EQ", .len = 2 };
	static const struct script_field field[] = {
		{ "DESK", { .type = SCRIPT_STRING, .p = "EQ", .len = 2 } },
	};
	static const struct script_row row = { .column = column,
		.value = &value, .n = 1, .sequence = 1 };
	struct script_fields logon = { .field = field, .n = 1 };
	struct script_streams *s = streams("process('G', 'tcp:h:1')\n"
	    "stream('S', 'T') { where = function(row, logon) return row.DESK "
	    "== logon.DESK end }\n");

	ck_assert_int_eq(1, script_where(&s->stream[0], &row, &logon));
	ck_assert_int_eq(0, script_where(&s->stream[0], &row, NULL));
	script_streams_free(s);
}
END_TEST

TCase *
stream_cases(void)
{
	TCase *t = tcase_create("streams");

	tcase_add_test(t, the_example_of_the_design_loads);
	tcase_add_test(t, options_that_are_not_given_have_their_defaults);
	tcase_add_test(t, every_option_of_a_stream_is_read);
	tcase_add_test(t, where_sees_what_the_client_gave_at_logon);
	return t;
}
