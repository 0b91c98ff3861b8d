#include "check_script.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

static const char *const columns[] = { "A", "PRICE" };
static const struct script_value values[] = {
	{ .type = SCRIPT_STRING, .p = "text", .len = 4 },
	{ .type = SCRIPT_DECIMAL, .p = "002000.00", .len = 9 },
};
static const struct script_row row = { .column = columns, .value = values,
	.n = 2, .sequence = 12 };

#define AT "streamer.lua:3: stream S, row 12: "

struct test {
	const char *body;
	int result;
	const char *error;
};

static void
run_all(const struct test *t, size_t n)
{
	char *error;
	size_t i;
	int r;

	for (i = 0; i < n; i++) {
		r = evaluate(t[i].body, &row, &error);
		ck_assert_msg(r == t[i].result, "%s: %d %s", t[i].body, r,
		    error);
		if (r < 0 && t[i].error != NULL)
			ck_assert_str_eq(t[i].error, error);
		free(error);
	}
}

#define RUN_ALL(t) run_all(t, sizeof(t) / sizeof((t)[0]))

START_TEST(what_could_leave_the_sandbox_is_not_there)
{
	static const struct test t[] = {
		{ "return io.open('/etc/passwd') ~= nil", FG_EINVAL,
		    AT "there is no global \"io\"" },
		{ "return os.execute ~= nil or os.exit ~= nil or os.getenv ~= "
		  "nil or os.remove ~= nil or os.rename ~= nil or os.tmpname "
		  "~= nil or os.setlocale ~= nil", 0, NULL },
		{ "return debug", FG_EINVAL,
		    AT "there is no global \"debug\"" },
		{ "return require", FG_EINVAL, NULL },
		{ "return package", FG_EINVAL, NULL },
		{ "return load('x')", FG_EINVAL, NULL },
		{ "return loadfile", FG_EINVAL, NULL },
		{ "return loadstring", FG_EINVAL, NULL },
		{ "return dofile", FG_EINVAL, NULL },
		{ "return collectgarbage", FG_EINVAL, NULL },
		{ "return coroutine", FG_EINVAL, NULL },
		{ "return warn", FG_EINVAL, NULL },
		{ "return string.dump ~= nil", 0, NULL },
		{ "return getmetatable('') == false", 1, NULL },
		{ "return getmetatable(_G) == false", 1, NULL },
		{ "return getmetatable(nil) == false", 1, NULL },
		{ "return getmetatable(row) == false", 1, NULL },
		{ "return getmetatable(row.PRICE) == false", 1, NULL },
		{ "setmetatable(_G, nil)", FG_EINVAL,
		    AT "cannot change a protected metatable" },
		{ "getmetatable('').__index = 1", FG_EINVAL, NULL },
		{ "setmetatable(row, {})", FG_EINVAL, NULL },
		{ "rawset(row, 'A', 1)", FG_EINVAL, NULL },
		{ "row.A = 1", FG_EINVAL, AT "a row cannot be changed" },
		{ "setmetatable({}, { __gc = function() while true do end end "
		  "})", FG_EINVAL, AT "a metatable may not have __gc" },
		{ "return select('#', xpcall(function(...) return ... end, "
		  "error, 1, 2)) == 3", 1, NULL },
		{ "local ok, e = xpcall(error, function(e) return e.x end, "
		  "{ x = 7 }) return not ok and e == 7", 1, NULL },
		{ "return ('x'):rep(3) == 'xxx' and #'abc' == 3", 1, NULL },
		{ "stream('T', 'U')", FG_EINVAL, AT "stream may only be called "
		    "while the file is loaded" },
	};

	RUN_ALL(t);
}
END_TEST

/* Each ends, within the limits of one call. */
START_TEST(no_call_runs_for_ever)
{
	static const struct test t[] = {
		{ "while true do end", FG_ELIMIT,
		    AT "the call took more than its 1000000 steps" },
		{ "while true do pcall(function() while true do end end) end",
		    FG_ELIMIT, NULL },
		{ "while pcall(error) or true do end", FG_ELIMIT, NULL },
		{ "local function f() while true do pcall(f) end end f()",
		    FG_ELIMIT, NULL },
		{ "xpcall(function() while true do end end, function() while "
		  "true do end end)", FG_ELIMIT, NULL },
		{ "local ok = pcall(function() while true do end end) return "
		  "true", FG_ELIMIT, NULL },
		{ "return string.rep('x', 1 << 30) == ''", FG_EINVAL,
		    AT "string.rep: the result is over the memory limit of "
		    "33554432 bytes" },
		{ "return ('').rep('', 1 << 60) == ''", FG_ELIMIT, NULL },
		{ "local s = 'x' while true do s = s .. s end", FG_ENOMEM,
		    "streamer.lua:2: stream S, row 12: not enough memory (the "
		    "limit is 33554432 bytes)" },
		{ "local t = {} for i = 1, 1 << 40 do t[i] = { i } end",
		    FG_ELIMIT, NULL },
		{ "local t = {} while true do pcall(function() t[#t + 1] = "
		  "('x'):rep(1000000) .. #t end) end", FG_ELIMIT, NULL },
		{ "local function f() return 1 + f() end f()", FG_ENOMEM,
		    NULL },
		{ "local t = setmetatable({}, {}) getmetatable(t).__index = t "
		  "return t.x", FG_EINVAL, NULL },
		{ "table.move({}, 1, 1 << 40, 2)", FG_ELIMIT, NULL },
		{ "table.concat({}, '', 1, 1 << 40)", FG_ELIMIT, NULL },
		{ "table.unpack({}, 1, 1 << 40)", FG_ELIMIT, NULL },
		{ "table.insert(setmetatable({}, { __len = function() return "
		  "1 << 40 end }), 1, 1)", FG_EINVAL,
		    AT "the table has a __len of its own" },
		{ "table.sort(setmetatable({}, { __len = function() return "
		  "1 << 30 end }))", FG_EINVAL, NULL },
		{ "return string.find(string.rep('a', 400), "
		  "'.-.-.-.-.-b') ~= nil", FG_ELIMIT, NULL },
		{ "return string.rep('(', 5000):find(string.rep('%(*', 250)) "
		  "~= nil", FG_EINVAL, NULL },
		{ "return string.rep('a', 300):match('a*a*a*a*a*a*b') ~= nil",
		    FG_ELIMIT, NULL },
		{ "return string.rep('a', 3000):gsub('a*a*a*b', '') == ''",
		    FG_ELIMIT, NULL },
		{ "while true do utf8.len(('x'):rep(100000)) end", FG_ELIMIT,
		    NULL },
		{ "string.format('%1000d', 1)", FG_EINVAL, NULL },
		{ "error({})", FG_EINVAL, AT "error was called with a table" },
		{ "error(setmetatable({}, { __tostring = function() while true "
		  "do end end }))", FG_EINVAL, NULL },
		{ "error('a\\nb')", FG_EINVAL, AT "a\\x0ab" },
	};

	RUN_ALL(t);
}
END_TEST

START_TEST(patterns_mean_what_they_mean_in_lua)
{
	static const struct test t[] = {
		{ "return ('key = value'):match('^(%w+)%s*=%s*(%w+)$') == "
		  "'key'", 1, NULL },
		{ "local a, b = ('key=value'):match('(%w+)=(%w+)') return a == "
		  "'key' and b == 'value'", 1, NULL },
		{ "return ('hello'):find('l') == 3 and ('a.b'):find('.', 1, "
		  "true) == 2", 1, NULL },
		{ "local s, e, c = ('  x1'):find('(%a%d)') return s == 3 and e "
		  "== 4 and c == 'x1'", 1, NULL },
		{ "return ('abc'):match('()b()') == 2", 1, NULL },
		{ "return ('THE (quick) fox'):find('%((%a+)%)') == 5", 1,
		    NULL },
		{ "return ('f(a(b)c)d'):match('%b()') == '(a(b)c)'", 1, NULL },
		{ "return ('||x||'):match('%b||') == '||'", 1, NULL },
		{ "return ('THE (quick) fox'):gsub('%f[%a]%a+', 'w') == 'w (w) "
		  "w'", 1, NULL },
		{ "return ('abcabc'):match('(abc)%1') == 'abc'", 1, NULL },
		{ "return ('aaab'):match('a-b') == 'aaab'", 1, NULL },
		{ "return ('ab'):match('ax?b') == 'ab'", 1, NULL },
		{ "return ('x]y'):match('[]]') == ']'", 1, NULL },
		{ "return ('x-y'):match('[a-c-]') == '-'", 1, NULL },
		{ "return ('x'):match('[^a-w]') == 'x'", 1, NULL },
		{ "return ('a,b,,c'):gsub(',', ';') == 'a;b;;c'", 1, NULL },
		{ "return ('abc'):gsub('%w', '%0%0') == 'aabbcc'", 1, NULL },
		{ "return ('abc'):gsub('', '-') == '-a-b-c-'", 1, NULL },
		{ "return ('$a $b'):gsub('%$(%w)', { a = 1 }) == '1 $b'", 1,
		    NULL },
		{ "return ('abc'):gsub('b', function(x) return x:upper() end) "
		  "== 'aBc'", 1, NULL },
		{ "local n = 0 for k, v in ('a=1, b=2'):gmatch('(%w)=(%w)') do "
		  "n = n + tonumber(v) end return n == 3", 1, NULL },
		{ "local n = 0 for _ in ('abc'):gmatch('') do n = n + 1 end "
		  "return n == 4", 1, NULL },
		{ "return select(2, ('aaa'):gsub('a', 'b', 2)) == 2", 1, NULL },
		{ "return ('abc'):find('b', -1) == nil and ('abc'):find('', "
		  "10) == nil", 1, NULL },
		{ "return ('a\\0b'):find('%z') == nil and ('a\\0b'):find('\\0')"
		  " == 2", 1, NULL },
		{ "return ('x'):match('[a')", FG_EINVAL,
		    AT "malformed pattern (missing ']')" },
		{ "return ('x'):match('%')", FG_EINVAL,
		    AT "malformed pattern (ends with '%')" },
		{ "return ('x'):match('(')", FG_EINVAL,
		    AT "unfinished capture" },
		{ "return ('x'):match(')')", FG_EINVAL,
		    AT "invalid pattern capture" },
		{ "return ('x'):match('%1')", FG_EINVAL,
		    AT "invalid capture index %1" },
		{ "return ('x'):match('%bx')", FG_EINVAL, NULL },
		{ "return ('x'):match('%f')", FG_EINVAL, NULL },
		{ "return ('x'):gsub('x', '%2')", FG_EINVAL, NULL },
	};

	RUN_ALL(t);
}
END_TEST

START_TEST(decimals_in_lua_are_exact)
{
	static const struct test t[] = {
		{ "return tostring(row.PRICE) == '002000.00'", 1, NULL },
		{ "return row.PRICE .. '' == '002000.00'", 1, NULL },
		{ "return row.PRICE > 1999 and row.PRICE < 2000.5 and "
		  "2000 <= row.PRICE", 1, NULL },
		{ "return row.PRICE:eq(2000) and row.PRICE == decimal('2000')",
		    1, NULL },
		{ "return row.PRICE == 2000", 0, NULL },
		{ "return row.PRICE:eq('2000')", 0, NULL },
		{ "return tostring(row.PRICE * 2 + 1) == '4001.00'", 1, NULL },
		{ "return tostring(decimal('0.1') + decimal('0.2')) == '0.3'",
		    1, NULL },
		{ "return tostring(decimal(0.1) + 0.2) == '0.3'", 1, NULL },
		{ "return tostring(decimal(1) / 3) == '0.333333333333333333'",
		    1, NULL },
		{ "return tostring(-decimal('1.50')) == '-1.50'", 1, NULL },
		{ "return tostring(decimal('1.005'):round(2)) == '1.00'", 1,
		    NULL },
		{ "return math.type(decimal('5.00'):number()) == 'integer'", 1,
		    NULL },
		{ "return decimal('1e5')", FG_EINVAL,
		    AT "\"1e5\" is no decimal" },
		{ "return decimal(0/0)", FG_EINVAL, NULL },
		{ "return decimal(1) / 0", FG_EINVAL, AT "division by zero" },
		{ "return decimal('99999999999999999999999999999999999999') + "
		  "1", FG_EINVAL, AT "the result has too many digits for a "
		  "decimal" },
		{ "return decimal(1) < math.huge and decimal(1) > -math.huge",
		    1, NULL },
		{ "return decimal(1) < 0/0 or decimal(1) > 0/0", 0, NULL },
		{ "return decimal(1) + {}", FG_EINVAL, AT "a decimal or number "
		    "was expected, not a table value" },
		{ "return decimal(1) < '2'", FG_EINVAL,
		    AT "attempt to compare a decimal with a string" },
		{ "return nil < 1 or nil >= 1 or 1 < nil or nil < nil or "
		  "decimal(1) < nil or nil <= decimal(1)", 0, NULL },
		{ "return decimal(1) .. nil", FG_EINVAL,
		    AT "attempt to concatenate a nil value" },
	};

	RUN_ALL(t);
}
END_TEST

START_TEST(a_failed_call_leaves_the_stream_usable)
{
	struct script_streams *s = streams("process('G', 'unix:/g')\n"
	    "local n = 0\n"
	    "stream('S', 'T') { where = function(row) n = n + 1\n"
	    "if n < 3 then while true do end end return n == 3 end }\n"
	    "stream('O', 'T') { where = function() return n == 0 end }\n");
	uint64_t at;

	ck_assert_int_eq(FG_ELIMIT, script_where(&s->stream[0], &row, NULL));
	ck_assert_int_eq(FG_ELIMIT, script_where(&s->stream[0], &row, NULL));
	ck_assert_int_eq(1, script_where(&s->stream[0], &row, NULL));
	/* Each stream has variables of its own. */
	ck_assert_int_eq(1, script_where(&s->stream[1], &row, NULL));
	ck_assert_int_eq(0, script_running(s->stream[0].code, &at));
	ck_assert_uint_eq(12, at);
	script_streams_free(s);
}
END_TEST

TCase *
sandbox_cases(void)
{
	TCase *t = tcase_create("sandbox");

	tcase_set_timeout(t, 600);
	tcase_add_test(t, what_could_leave_the_sandbox_is_not_there);
	tcase_add_test(t, no_call_runs_for_ever);
	tcase_add_test(t, patterns_mean_what_they_mean_in_lua);
	tcase_add_test(t, decimals_in_lua_are_exact);
	tcase_add_test(t, a_failed_call_leaves_the_stream_usable);
	return t;
}
