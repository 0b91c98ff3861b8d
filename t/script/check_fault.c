#include "check_script.h"

#include <string.h>

#include "base/err.h"

#define HEAD "process('G', 'unix:/g')\n"

struct fault {
	const char *text, *faults;
};

START_TEST(every_fault_of_a_streamer_file_is_named)
{
	static const struct fault t[] = {
		{ "stream('A', 'T') {\n where = function(row) retrun 1 end }",
		    "streamer.lua:2: syntax error near '1'\n" },
		{ HEAD "stream('A', 'T') {\n batchsize = 5,\n maxLogon = 2 }",
		    "streamer.lua:3: stream A: there is no option "
		    "\"batchsize\" (did you mean batchSize?)\n"
		    "streamer.lua:4: stream A: there is no option "
		    "\"maxLogon\" (did you mean maxLogons?)\n" },
		{ HEAD "stream('A', 'T') { zzzzzzzz = 1 }",
		    "streamer.lua:2: stream A: there is no option "
		    "\"zzzzzzzz\"\n" },
		{ HEAD "stream('A', 'T')\nstream('B', 'T') {}",
		    "streamer.lua:2: stream is not finished: { ... } is "
		    "missing behind it\n" },
		{ HEAD "fixStrem('A') {}", "streamer.lua:2: there is no global "
		    "\"fixStrem\" (did you mean fixStream?)\n" },
		{ HEAD "stream('A', 'T') { where = function() return true end,"
		  "\n maxLogons = 2, where = nil }",
		    "streamer.lua:3: where is given twice in one { ... } "
		    "(first on line 2)\n" },
		{ HEAD "stream('A', 'T') {\n batchSize = 5\n maxLogons = 2 }",
		    "streamer.lua:4: '}' expected (to close '{' at line 2) "
		    "near 'maxLogons': is there a comma missing before it?\n" },
		{ "while true do end", "streamer.lua:1: the call took more "
		    "than its 10000000 steps\n" },
		{ "local s = string.rep('x', 1 << 30)", "streamer.lua:1: "
		    "string.rep: the result is over the memory limit of "
		    "33554432 bytes\n" },
		{ HEAD "stream('A', 'T') {\n where = true,\n batchSize = '5',\n"
		  " terminateOnError = 1, maxLogons = 0,\n fields = 'A',\n"
		  " toRow = 1 }",
		    "streamer.lua:3: stream A: where must be a function, not a "
		    "boolean\n"
		    "streamer.lua:4: stream A: batchSize must be a whole "
		    "number, not a string\n"
		    "streamer.lua:5: stream A: maxLogons must be 1 to 10000, "
		    "not 0\n"
		    "streamer.lua:5: stream A: terminateOnError must be true "
		    "or false, not a number\n"
		    "streamer.lua:6: stream A: the fields must be a { list }, "
		    "not a string\n"
		    "streamer.lua:7: stream A: toRow must be a function, not a "
		    "number\n" },
		{ HEAD "stream('A', 'T') {}\nstream('A', 'U') {}",
		    "streamer.lua:3: stream A is declared twice (first on line "
		    "2)\n" },
		{ "process('G', 'unix:/g') process('G', 'tcp:h:1')\n"
		  "process('H', 'http:x') process('I', 'exec:x')",
		    "streamer.lua:1: process G is declared twice (first on "
		    "line 1)\n"
		    "streamer.lua:2: process: \"exec:x\" is no address of the "
		    "form unix:PATH, tcp:HOST:PORT or tls:HOST:PORT\n"
		    "streamer.lua:2: process: \"http:x\" is no address of the "
		    "form unix:PATH, tcp:HOST:PORT or tls:HOST:PORT\n" },
		{ "stream('A', 'T') {}", "streamer.lua:1: stream A: no "
		    "process(\"NAME\", \"ADDRESS\") is declared to read T "
		    "of\n" },
		{ HEAD "process('H', 'unix:/h')\nstream('A', 'T') {}",
		    "streamer.lua:3: stream A: say of which process: "
		    "\"G.T\"\n" },
		{ "process('GATE', 'unix:/g')\nstream('A', 'GAET.T') {}",
		    "streamer.lua:2: stream A: there is no process(\"GAET\", "
		    "...) (did you mean GATE?)\n" },
		{ HEAD "stream('A') {}\nstream(1, 'T') {}",
		    "streamer.lua:2: stream A: the table is missing\n"
		    "streamer.lua:3: stream: name must be a text, not a "
		    "number\n" },
		{ HEAD "stream('A', 'T') { fields = { 'X', X = 'Y' } }\n"
		  "stream('B', 'T') { fields = {} }\n"
		  "stream('C', 'T') { fields = { 'X', nil, 'Y' } }\n"
		  "stream('D', 'T') { fields = { { 'X', format = 'zz' } } }\n"
		  "stream('E', 'T') { fields = { { 'X', ass = 'Y' } } }\n"
		  "stream('F', 'T') { fields = { 'X' }, toRow = print }\n",
		    "streamer.lua:2: stream A: two fields are called X\n"
		    "streamer.lua:3: stream B: the list of fields is empty\n"
		    "streamer.lua:4: stream C: the list of fields holds a "
		    "nil\n"
		    "streamer.lua:5: stream D: \"zz\" is no format for numbers "
		    "or times\n"
		    "streamer.lua:6: stream E: a field may have as, prefix and "
		    "format besides its column\n"
		    "streamer.lua:7: stream F: it may have fields or toRow, "
		    "not both\n" },
		{ HEAD "view('V', { form = 'T' })", "streamer.lua:2: view V: "
		    "from = \"TABLE\" is missing\n"
		    "streamer.lua:2: view V: there is no option \"form\" (did "
		    "you mean from?)\n" },
		{ HEAD "stream('A', 'T') 'x'", "streamer.lua:2: stream is "
		    "followed by { ... }, not by a string\n" },
		{ NULL, NULL },
	};
	size_t i;

	for (i = 0; t[i].faults != NULL; i++)
		faulty_streams(t[i].text, t[i].faults);
}
END_TEST

#define TWO "process('S', 'unix:/s') process('G', 'unix:/g')\n"
#define SOURCE "dataSource = { 'S', 'T' }, "

START_TEST(every_fault_of_a_client_file_is_named)
{
	static const struct fault t[] = {
		{ TWO "streamerClient('C') { onMessage { send('G', 'E') } }",
		    "client.lua:2: streamerClient C: dataSource = { "
		    "\"PROCESS\", \"STREAM\" } is missing\n" },
		{ TWO "streamerClient('C') { " SOURCE "}",
		    "client.lua:2: streamerClient C: it has no onMessage\n" },
		{ TWO "streamerClient('C') { " SOURCE "onMessage { } }",
		    "client.lua:2: streamerClient C, onMessage: it sends "
		    "nothing\n" },
		{ TWO "streamerClient('C') { " SOURCE "\n"
		  "onMessage { send('G', 'E') },\n"
		  "onMessage { send('G', 'E') } }",
		    "client.lua:3: streamerClient C has several onMessage, so "
		    "each needs a key: onMessage(\"KEY\")\n"
		    "client.lua:4: streamerClient C has several onMessage, so "
		    "each needs a key: onMessage(\"KEY\")\n" },
		{ TWO "streamerClient('C') { " SOURCE "\n"
		  "onMessage('K') { send('G', 'E') },\n"
		  "onMessage('K') { send('G', 'E') } }",
		    "client.lua:4: streamerClient C: two onMessage have the "
		    "key \"K\" (first on line 3)\n" },
		{ TWO "streamerClient('C') { " SOURCE "onMessage {\n"
		  "send('G', 'E'),\nsend('G', 'E') } }",
		    "client.lua:4: streamerClient C, onMessage: two sends have "
		    "the id \"G/E\": give them id = \"...\"\n" },
		{ TWO "streamerClient('C') { " SOURCE "\n"
		  "onMessage('A') { send('G', 'E') }\n"
		  "onMessage('B') { send('G', 'E') } }",
		    "client.lua:4: '}' expected (to close '{' at line 2) near "
		    "'onMessage': is there a comma missing before it?\n" },
		{ TWO "streamerClient('C') { " SOURCE
		  "onMessage { sned('G', 'E') } }",
		    "client.lua:2: there is no global \"sned\" (did you mean "
		    "send?)\n" },
		{ TWO "streamerClient('C', { selectOn = 'X' }) { " SOURCE
		  "onMessage { send('G', 'E') } }",
		    "client.lua:2: streamerClient C, onMessage: the client has "
		    "selectOn = \"X\", so onMessage needs a value: "
		    "onMessage(\"VALUE\")\n" },
		{ TWO "streamerClient('C') { " SOURCE
		  "onMessage('K') { where = 'V', send('G', 'E') } }",
		    "client.lua:2: streamerClient C, onMessage K: where may be "
		    "a value only if the client has selectOn\n" },
		{ TWO "streamerClient('C') { " SOURCE
		  "onMessage('K'), onMessage('L') { send('G', 'E') } }\n"
		  "send('G', 'E')\nonMessage { send('G', 'F') }",
		    "client.lua:2: streamerClient C, onMessage K is not "
		    "finished: { ... } is missing behind it\n"
		    "client.lua:3: send stands in no onMessage\n"
		    "client.lua:4: onMessage stands in no streamerClient\n"
		    "client.lua:4: send stands in no onMessage\n" },
		{ TWO "streamerClient('C') { dataSource = 'S', isReplayble = "
		  "true, startAt = 'now', sentWarningRange = { 60, 5 },\n"
		  "takeover = 1, onMessage { send('H', 'E', { di = 'x', "
		  "onHandlerDown = 'stop' }) } }",
		    "client.lua:2: streamerClient C: dataSource = { "
		    "\"PROCESS\", \"STREAM\" } is missing\n"
		    "client.lua:2: streamerClient C: dataSource must be { "
		    "\"PROCESS\", \"STREAM\" }\n"
		    "client.lua:2: streamerClient C: sentWarningRange must be "
		    "{ low, high } between 1 and 86400\n"
		    "client.lua:2: streamerClient C: startAt must be "
		    "\"beginning\", \"live\", a sequence or a time "
		    "\"YYYYMMDD-HH:MM:SS\"\n"
		    "client.lua:2: streamerClient C: there is no option "
		    "\"isReplayble\" (did you mean isReplayable?)\n"
		    "client.lua:3: streamerClient C, onMessage: send: "
		    "onHandlerDown must be \"wait\" or \"park\"\n"
		    "client.lua:3: streamerClient C, onMessage: send: there is "
		    "no option \"di\" (did you mean id?)\n"
		    "client.lua:3: streamerClient C, onMessage: send: there is "
		    "no process(\"H\", ...)\n"
		    "client.lua:3: streamerClient C: takeover must be true or "
		    "false, not a number\n" },
		{ TWO "streamerClient('C') { " SOURCE "onMessage {\n"
		  "sendFormatted('G', 'E'), send('G'), 5 } }",
		    "client.lua:2: streamerClient C, onMessage: entry [3] is "
		    "no send (it is a number)\n"
		    "client.lua:3: streamerClient C, onMessage: send: the "
		    "event is missing\n"
		    "client.lua:3: streamerClient C, onMessage: "
		    "sendFormatted: the list of fields is missing\n" },
		{ NULL, NULL },
	};
	size_t i;

	for (i = 0; t[i].faults != NULL; i++)
		faulty_clients(t[i].text, t[i].faults);
}
END_TEST

START_TEST(a_file_must_declare_the_same_each_time)
{
	static const char text[] = HEAD
	    "stream('S' .. os.clock(), 'T') {}";
	struct script_streams *out;
	struct buf faults = { 0 };

	ck_assert_int_eq(FG_EINVAL, script_load_streams(&out, "streamer.lua",
	    text, sizeof(text) - 1, NULL, &faults));
	buf_add(&faults, "", 1);
	ck_assert_ptr_nonnull(strstr(faults.p,
	    " is not declared each time that the file is run\n"));
	buf_free(&faults);
}
END_TEST

START_TEST(names_inside_functions_are_no_entries)
{
	script_streams_free(streams(HEAD "stream('A', 'T') {\n"
	    "where = function(row, logon)\n"
	    "  local a, b = 1, 2 if a == b then a, b = b, a end\n"
	    "  local t = { x = 1, y = { x = 2 }, ['x'] = 3 }\n"
	    "  local s = [[ { x = 1, x = 2 } ]] .. '{ y = 1, y = 2 }'\n"
	    "  -- { z = 1, z = 2 }\n"
	    "  --[==[ { z = 1,\n z = 2 } ]==]\n"
	    "  repeat a, b = 1, 1 until a == b\n"
	    "  return true end, maxLogons = 2 }\n"));
}
END_TEST

TCase *
fault_cases(void)
{
	TCase *t = tcase_create("faults");

	tcase_add_test(t, every_fault_of_a_streamer_file_is_named);
	tcase_add_test(t, every_fault_of_a_client_file_is_named);
	tcase_add_test(t, a_file_must_declare_the_same_each_time);
	tcase_add_test(t, names_inside_functions_are_no_entries);
	return t;
}
