#include "check_script.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"

static const char example[] =
    "-- client.lua\n"
    "process(\"STREAMER\", \"unix:/run/fixgate/streamer.sock\")\n"
    "process(\"GATEWAY\",  \"unix:/run/fixgate/gateway.sock\")\n"
    "process(\"RISK\",     \"exec:/usr/local/bin/risk --json\")\n"
    "\n"
    "streamerClient(\"ORDERS_OUT\") {\n"
    "  dataSource = { \"STREAMER\", \"ORDERS_OUT\" },\n"
    "  eventHandlerBuffer = 500,\n"
    "  onMessage {\n"
    "    where = function(order) return order.QUANTITY > 0 end,\n"
    "    send(\"GATEWAY\", \"EVENT_FIX_SEND\", function(order)\n"
    "      return { SESSION = \"BROKER\", MsgType = \"NewOrderSingle\",\n"
    "               ClOrdID = order.ORDER_ID, Symbol = order.SYMBOL, Side = "
    "\"1\", OrderQty = order.QUANTITY,\n"
    "               NoPartyIDs = { { PartyID = \"ME\", PartyIDSource = \"D\", "
    "PartyRole = 3 } } }\n"
    "    end),\n"
    "  },\n"
    "}\n"
    "streamerClient(\"QUOTES\", { selectOn = \"SYMBOL\" }) {\n"
    "  dataSource = { \"STREAMER\", \"QUOTE_STREAM\" },\n"
    "  onMessage(\"VODL\") { sendFormatted(\"RISK\", \"VODL_QUOTE\", { "
    "\"SYMBOL\", BID_PRICE = \"PRICE\" }) },\n"
    "}\n";

static const char *const columns[] = { "ORDER_ID", "SYMBOL", "QUANTITY",
	"PRICE" };

static struct script_row
order(struct script_value v[4], const char *symbol, const char *quantity)
{
	memset(v, 0, 4 * sizeof(*v));
	v[0] = (struct script_value){ .type = SCRIPT_INT, .i = 42 };
	v[1] = (struct script_value){ .type = SCRIPT_STRING, .p = symbol,
		.len = strlen(symbol) };
	v[2] = (struct script_value){ .type = SCRIPT_DECIMAL, .p = quantity,
		.len = strlen(quantity) };
	v[3] = (struct script_value){ .type = SCRIPT_DECIMAL, .p = "9.50",
		.len = 4 };
	return (struct script_row){ .column = columns, .value = v, .n = 4,
		.sequence = 3 };
}

START_TEST(the_example_of_the_design_loads_and_sends)
{
	struct script_clients *all = clients(example);
	const struct script_client *c = &all->client[0], *q = &all->client[1];
	const struct script_fields *part;
	struct script_value v[4];
	struct script_row row = order(v, "VODL", "100.00");

	ck_assert_uint_eq(3, all->nprocess);
	ck_assert_uint_eq(2, all->nclient);
	ck_assert_str_eq("ORDERS_OUT", c->name);
	ck_assert_str_eq("STREAMER", c->process);
	ck_assert_str_eq("ORDERS_OUT", c->stream);
	ck_assert_int_eq(500, c->event_handler_buffer);
	ck_assert_uint_eq(1, c->nblock);
	ck_assert_str_eq("ORDERS_OUT", c->block[0].key);
	ck_assert_uint_eq(1, c->block[0].nsend);
	ck_assert_str_eq("GATEWAY/EVENT_FIX_SEND", c->block[0].send[0].id);
	ck_assert_int_eq(1, script_block_takes(c, &c->block[0], &row));
	ck_assert_int_eq(1, script_send_values(&c->block[0].send[0], &row,
	    &part));
	ck_assert_str_eq("ClOrdID=42|MsgType='NewOrderSingle'|NoPartyIDs="
	    "[{PartyID='ME'|PartyIDSource='D'|PartyRole=3}]|OrderQty=100.00d|"
	    "SESSION='BROKER'|Side='1'|Symbol='VODL'", fields_text(part));

	ck_assert_str_eq("SYMBOL", q->select_on);
	ck_assert_str_eq("VODL", q->block[0].key);
	ck_assert_str_eq("VODL", q->block[0].value);
	ck_assert_int_eq(1, script_block_takes(q, &q->block[0], &row));
	ck_assert_int_eq(1, script_send_values(&q->block[0].send[0], &row,
	    &part));
	ck_assert_str_eq("SYMBOL='VODL'|BID_PRICE=9.50d", fields_text(part));
	row = order(v, "VOD", "0");
	ck_assert_int_eq(0, script_block_takes(q, &q->block[0], &row));
	ck_assert_int_eq(0, script_block_takes(c, &c->block[0], &row));
	script_clients_free(all);
}
END_TEST

#define HEAD "process('S', 'unix:/s') process('G', 'unix:/g')\n"

START_TEST(options_that_are_not_given_have_their_defaults)
{
	struct script_clients *all = clients(HEAD
	    "streamerClient('C') { dataSource = { 'S', 'T' },\n"
	    "onMessage { send('G', 'E') } }\n");
	const struct script_client *c = &all->client[0];
	const struct script_send *s = &c->block[0].send[0];

	ck_assert(c->replayable);                       /* A2.13, ours */
	ck_assert_int_eq(SCRIPT_START_NONE, c->start);
	ck_assert_int_eq(50, c->event_handler_buffer);  /* A2.14 */
	ck_assert_int_eq(5, c->sent_warning.low);       /* A2.16 */
	ck_assert_int_eq(60, c->sent_warning.high);
	ck_assert_int_eq(5, c->receive_warning.low);    /* A2.17 */
	ck_assert_int_eq(60, c->receive_warning.high);
	ck_assert_int_eq(2000, c->update_frequency);    /* A2.18 */
	ck_assert_int_eq(SCRIPT_TAKEOVER_DEAD, c->takeover);
	ck_assert_int_eq(100, c->quarantine_rows);
	ck_assert_int_eq(60, c->quarantine_seconds);
	ck_assert_ptr_null(c->select_on);
	ck_assert_uint_eq(0, c->logon.n);
	ck_assert_int_eq(-1, s->age);
	ck_assert(!s->park && s->lane_on == NULL);
	script_clients_free(all);
}
END_TEST

START_TEST(every_option_of_a_client_is_read)
{
	struct script_clients *all = clients(HEAD
	    "streamerClient('C', { selectOn = 'SYMBOL' }"
	    ") { dataSource = { 'S', 'T' }, eventHandlerBuffer = 1,\n"
	    "sentWarningRange = { 1, 2 }, receiveWarningRange = { 3, 4 },\n"
	    "updateFrequency = 100, startAt = 'live', takeover = false,\n"
	    "quarantineLimit = { 7, 8 }, logon = { DESK = 'EQ', A = 1 },\n"
	    "onMessage(1) { key = 'K', send('G', 'E', { id = 'one', laneOn = "
	    "'SESSION', age = 5, onHandlerDown = 'park' }),\n"
	    "send('G', 'E', function() end, { id = 'two' }) },\n"
	    "onMessage('L', { where = 'VALUE', send('G', 'E') }),\n"
	    "onMessage { where = 'M', sendFormatted('G', 'E', { 'A' }, { age = "
	    "0 }) } }\n"
	    "streamerClient('D') { dataSource = { 'S', 'T' }, startAt = 12,\n"
	    "takeover = true, onMessage { send('G', 'E') } }\n"
	    "streamerClient('E') { dataSource = { 'S', 'T' },\n"
	    "startAt = '20260105-09:00:00', onMessage { send('G', 'E') } }\n"
	    "streamerClient('F') { dataSource = { 'S', 'T' },\n"
	    "startAt = 'beginning', onMessage { send('G', 'E') } }\n"
	    "streamerClient('G') { dataSource = { 'S', 'T' },\n"
	    "isReplayable = false, onMessage { send('G', 'E') } }\n");
	const struct script_client *c = &all->client[0];

	ck_assert(c->replayable);
	ck_assert(!all->client[4].replayable);
	ck_assert_int_eq(1, c->event_handler_buffer);
	ck_assert_int_eq(2, c->sent_warning.high);
	ck_assert_int_eq(3, c->receive_warning.low);
	ck_assert_int_eq(100, c->update_frequency);
	ck_assert_int_eq(SCRIPT_START_LIVE, c->start);
	ck_assert_int_eq(SCRIPT_TAKEOVER_NEVER, c->takeover);
	ck_assert_int_eq(7, c->quarantine_rows);
	ck_assert_int_eq(8, c->quarantine_seconds);
	ck_assert_str_eq("A=1|DESK='EQ'", fields_text(&c->logon));
	ck_assert_uint_eq(3, c->nblock);
	ck_assert_str_eq("K", c->block[0].key);
	ck_assert_str_eq("1", c->block[0].value);
	ck_assert_str_eq("one", c->block[0].send[0].id);
	ck_assert_str_eq("SESSION", c->block[0].send[0].lane_on);
	ck_assert_int_eq(5, c->block[0].send[0].age);
	ck_assert(c->block[0].send[0].park);
	ck_assert_str_eq("two", c->block[0].send[1].id);
	ck_assert_str_eq("L", c->block[1].key);
	ck_assert_str_eq("VALUE", c->block[1].value);
	ck_assert_str_eq("M", c->block[2].key);
	ck_assert_str_eq("M", c->block[2].value);
	ck_assert_int_eq(0, c->block[2].send[0].age);
	ck_assert_int_eq(SCRIPT_START_SEQUENCE, all->client[1].start);
	ck_assert_uint_eq(12, all->client[1].start_sequence);
	ck_assert_int_eq(SCRIPT_TAKEOVER_ALWAYS, all->client[1].takeover);
	ck_assert_int_eq(SCRIPT_START_TIME, all->client[2].start);
	ck_assert_int_eq(1767603600, all->client[2].start_time.ns / NS_PER_S);
	ck_assert_int_eq(SCRIPT_START_BEGINNING, all->client[3].start);
	script_clients_free(all);
}
END_TEST

START_TEST(a_send_returns_one_event_or_several_or_none)
{
	static const struct {
		const char *send;
		int result;
		const char *first; /* event, or error */
	} t[] = {
		{ "send('G', 'E')", 1, "ORDER_ID=42|SYMBOL='A'|QUANTITY=1d|"
		    "PRICE=9.50d" },
		{ "send('G', 'E', function() return nil end)", 0, NULL },
		{ "send('G', 'E', function() return {} end)", 1, "" },
		{ "send('G', 'E', function() return { { B = 1 }, { B = 2 }, "
		  "{ B = 3 } } end)", 3, "B=1" },
		{ "send('G', 'E', function(row) return { Q = row.QUANTITY * 3, "
		  "F = 0.1, B = true, D = 'a\\1b' } end)", 1,
		    "B=true|D='a\1b'|F=0.1d|Q=3d" },
		{ "send('G', 'E', function() return false end)", FG_EINVAL,
		    "the function of a send must return a table, a list of "
		    "tables or nil, not a boolean" },
		{ "send('G', 'E', function() return { A = 0 / 0 } end)",
		    FG_EINVAL, NULL },
		{ "send('G', 'E', function() return { A = print } end)",
		    FG_EINVAL, "A: a function cannot be sent" },
		{ "send('G', 'E', function() return { A = { B = 1 } } end)",
		    FG_EINVAL, "A: a group is a list of tables, without names "
		    "and holes" },
		{ "send('G', 'E', function() return { 'A' } end)", FG_EINVAL,
		    "send: a field has a name, not a number" },
		{ "send('G', 'E', function() local t = {} t.A = { t } return t "
		  "end)", FG_EINVAL, "A: groups are nested more than 16 deep" },
		{ "send('G', 'E', function(row) error('no', 0) end)", FG_EINVAL,
		    "no" },
	};
	const struct script_fields *part;
	struct script_clients *all;
	struct script_value v[4];
	struct script_row row = order(v, "A", "1");
	char text[512], error[512];
	size_t i;
	int r;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		snprintf(text, sizeof(text), HEAD "streamerClient('C') { "
		    "dataSource = { 'S', 'T' }, onMessage {\n%s } }",
		    t[i].send);
		all = clients(text);
		r = script_send_values(&all->client[0].block[0].send[0], &row,
		    &part);
		ck_assert_msg(r == t[i].result, "%s: %d %s", t[i].send, r,
		    script_error(all->client[0].code));
		if (r > 0)
			ck_assert_str_eq(t[i].first, fields_text(part));
		if (r < 0 && t[i].first != NULL) {
			snprintf(error, sizeof(error), "client.lua:3: "
			    "streamerClient C, row 3: %s", t[i].first);
			ck_assert_str_eq(error,
			    script_error(all->client[0].code));
		}
		script_clients_free(all);
	}
}
END_TEST

TCase *
client_cases(void)
{
	TCase *t = tcase_create("clients");

	tcase_add_test(t, the_example_of_the_design_loads_and_sends);
	tcase_add_test(t, options_that_are_not_given_have_their_defaults);
	tcase_add_test(t, every_option_of_a_client_is_read);
	tcase_add_test(t, a_send_returns_one_event_or_several_or_none);
	return t;
}
