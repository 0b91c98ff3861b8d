#include "script/library.h"

#include <lualib.h>
#include <string.h>

#include "base/near.h"
#include "log/log.h"
#include "script/code.h"

#define STEP_BYTES 16 /* bytes that a C function handles in one step */
#define LINE_MAX_BYTES 1024 /* of a line that a script logs */

static const char globals_key;

/* What a function of the library costs, besides the bytes of its strings. */
enum cost {
	COST_PLAIN,
	COST_REP,    /* argument 2 copies of 1 and 3 */
	COST_RANGE,  /* elements from argument 2 to 3 */
	COST_CONCAT, /* elements from argument 3 to 4, or all */
	COST_ALL,    /* all elements of the table */
	COST_SHIFT,  /* all elements, if there is a third argument */
	COST_SORT,
};

struct function {
	const char *name;
	enum cost cost;
};

static const struct function string_functions[] = {
	{ "byte", COST_PLAIN }, { "char", COST_PLAIN }, { "format", COST_PLAIN },
	{ "len", COST_PLAIN }, { "lower", COST_PLAIN }, { "pack", COST_PLAIN },
	{ "packsize", COST_PLAIN }, { "rep", COST_REP },
	{ "reverse", COST_PLAIN }, { "sub", COST_PLAIN },
	{ "unpack", COST_PLAIN }, { "upper", COST_PLAIN }, { NULL, 0 },
};
static const struct function table_functions[] = {
	{ "concat", COST_CONCAT }, { "insert", COST_SHIFT },
	{ "move", COST_RANGE }, { "pack", COST_PLAIN },
	{ "remove", COST_ALL }, { "sort", COST_SORT },
	{ "unpack", COST_RANGE }, { NULL, 0 },
};
static const struct function utf8_functions[] = {
	{ "char", COST_PLAIN }, { "codepoint", COST_PLAIN },
	{ "codes", COST_PLAIN }, { "len", COST_PLAIN },
	{ "offset", COST_PLAIN }, { NULL, 0 },
};
static const struct function os_functions[] = {
	{ "clock", COST_PLAIN }, { "date", COST_PLAIN }, { "time", COST_PLAIN },
	{ NULL, 0 },
};
static const char *const base_functions[] = { "assert", "error", "getmetatable",
	"ipairs", "next", "pairs", "pcall", "rawequal", "rawget", "rawlen",
	"rawset", "select", "tonumber", "tostring", "type", "_VERSION", NULL };

/* Elements from..to as the arguments at these indexes say. */
static uint64_t
range(lua_State *L, int from, lua_Integer def_to)
{
	lua_Integer first = luaL_optinteger(L, from, 1);
	lua_Integer last = luaL_optinteger(L, from + 1, def_to);

	return last < first ? 0 : (uint64_t)last - (uint64_t)first + 1;
}

static uint64_t
product(uint64_t a, uint64_t b)
{
	uint64_t v;

	return __builtin_mul_overflow(a, b, &v) ? UINT64_MAX : v;
}

static uint64_t
sort_cost(uint64_t n)
{
	uint64_t log = 1;

	while (n >> log != 0)
		log++;
	return product(n, log);
}

/* Repeating the empty string would be free of memory, and not of time. */
static uint64_t
rep_cost(lua_State *L)
{
	lua_Integer n = luaL_checkinteger(L, 2);
	size_t len, sep = 0;

	luaL_checklstring(L, 1, &len);
	if (!lua_isnoneornil(L, 3))
		luaL_checklstring(L, 3, &sep);
	if (n <= 0)
		return 0;
	if (product((uint64_t)n, len + sep) >
	    sandbox_of(L)->limits.memory)
		luaL_error(L, "string.rep: the result is over the memory limit "
		    "of %I bytes", (LUAI_UACINT)sandbox_of(L)->limits.memory);
	return (uint64_t)n;
}

/* The table of argument 1. A __len of its own could say any length. */
static uint64_t
length(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	if (luaL_getmetafield(L, 1, "__len") != LUA_TNIL)
		luaL_error(L, "the table has a __len of its own");
	return lua_rawlen(L, 1);
}

static uint64_t
cost_of(lua_State *L, enum cost cost)
{
	switch (cost) {
	case COST_PLAIN:
		return 1;
	case COST_REP:
		return rep_cost(L);
	case COST_RANGE:
		return range(L, 2, (lua_Integer)length(L));
	case COST_CONCAT:
		return range(L, 3, (lua_Integer)length(L));
	case COST_ALL:
		return lua_gettop(L) < 2 ? 1 : length(L) / STEP_BYTES;
	case COST_SHIFT:
		length(L);
		return lua_gettop(L) < 3 ? 1 : length(L) / STEP_BYTES;
	case COST_SORT:
		return sort_cost(length(L));
	}
	return 0;
}

/* Upvalues: the function, its cost. */
static int
charged(lua_State *L)
{
	enum cost cost = (enum cost)lua_tointeger(L, lua_upvalueindex(2));
	int i, n = lua_gettop(L);
	uint64_t bytes = 0;

	for (i = 1; i <= n; i++)
		if (lua_type(L, i) == LUA_TSTRING)
			bytes += lua_rawlen(L, i);
	sandbox_charge(L, bytes / STEP_BYTES);
	sandbox_charge(L, cost_of(L, cost));
	lua_settop(L, n);
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, n, LUA_MULTRET);
	return lua_gettop(L);
}

/* __gc would run without hooks; __len and others are the script's own. */
static int
set_metatable(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	luaL_argexpected(L, lua_isnil(L, 2) || lua_istable(L, 2), 2,
	    "nil or table");
	if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
		return luaL_error(L, "cannot change a protected metatable");
	lua_settop(L, 2);
	if (lua_istable(L, 2)) {
		lua_pushliteral(L, "__gc");
		if (lua_rawget(L, 2) != LUA_TNIL)
			return luaL_error(L, "a metatable may not have __gc");
		lua_settop(L, 2);
	}
	lua_setmetatable(L, 1);
	return 1;
}

/* Lua calls the handler where the error was raised, and without hooks if that
 * was the count hook. Here it is called when f has been left. */
static int
protected_call(lua_State *L)
{
	int n = lua_gettop(L);

	luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_pushvalue(L, 1);
	lua_rotate(L, 3, 1);
	lua_pushboolean(L, 1);
	lua_replace(L, 1);
	if (lua_pcall(L, n - 2, LUA_MULTRET, 0) == LUA_OK) {
		lua_remove(L, 2);
		return lua_gettop(L);
	}
	lua_call(L, 1, 1);
	lua_pushboolean(L, 0);
	lua_replace(L, 1);
	return 2;
}

/* Absent fields are nil, and nil is in no order with anything. */
static int
never(lua_State *L)
{
	lua_pushboolean(L, 0);
	return 1;
}

static int
unknown_global(lua_State *L)
{
	struct near near;
	const char *name;
	size_t n;

	if (lua_type(L, 2) != LUA_TSTRING)
		return 0;
	name = lua_tolstring(L, 2, &n);
	near_start(&near, name, n);
	library_globals(L);
	for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1))
		if (lua_type(L, -2) == LUA_TSTRING)
			near_try(&near, lua_tostring(L, -2));
	if (near.best == NULL)
		return luaL_error(L, "there is no global \"%s\"", name);
	return luaL_error(L, "there is no global \"%s\" (did you mean %s?)",
	    name, near.best);
}

/* Upvalue: the level. The arguments, joined by blanks. */
static int
log_line(lua_State *L)
{
	enum log_level level =
	    (enum log_level)lua_tointeger(L, lua_upvalueindex(1));
	const struct sandbox *sb = sandbox_of(L);
	const char *who = sb->what[0] == '\0' ? sb->path : sb->what;
	int i, n = lua_gettop(L);
	char shown[LINE_MAX_BYTES];
	const char *text;
	luaL_Buffer b;
	size_t len;

	luaL_buffinit(L, &b);
	for (i = 1; i <= n; i++) {
		if (i > 1)
			luaL_addchar(&b, ' ');
		luaL_tolstring(L, i, NULL);
		luaL_addvalue(&b);
	}
	luaL_pushresult(&b);
	text = lua_tolstring(L, -1, &len);
	log_escape(shown, sizeof(shown), text, len);
	switch (level) {
	case LOG_LEVEL_ERROR:
		log_event(LOG_LEVEL_ERROR, "script", NULL, "%s: %s", who,
		    shown);
		break;
	case LOG_LEVEL_WARN:
		log_event(LOG_LEVEL_WARN, "script", NULL, "%s: %s", who, shown);
		break;
	case LOG_LEVEL_INFO:
		log_event(LOG_LEVEL_INFO, "script", NULL, "%s: %s", who, shown);
		break;
	case LOG_LEVEL_DEBUG:
		log_event(LOG_LEVEL_DEBUG, "script", NULL, "%s: %s", who,
		    shown);
		break;
	}
	return 0;
}

static void
open_log(lua_State *L)
{
	static const struct {
		const char *name;
		enum log_level level;
	} level[] = {
		{ "error", LOG_LEVEL_ERROR },
		{ "warn", LOG_LEVEL_WARN },
		{ "info", LOG_LEVEL_INFO },
		{ "debug", LOG_LEVEL_DEBUG },
	};
	size_t i;

	lua_newtable(L);
	for (i = 0; i < sizeof(level) / sizeof(level[0]); i++) {
		lua_pushinteger(L, level[i].level);
		lua_pushcclosure(L, log_line, 1);
		lua_setfield(L, -2, level[i].name);
	}
	lua_getfield(L, -1, "info");
	lua_setfield(L, -3, "print");
	lua_setfield(L, -2, "log");
}

/* Open a library and put its listed functions, charged, into a new table
 * "name" of the table at the top. */
static void
open_listed(lua_State *L, lua_CFunction open, const char *name,
    const struct function *f)
{
	lua_newtable(L);
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
	lua_pushcfunction(L, open);
	lua_call(L, 0, 1);
	/* Lua looks there for the names in its messages. */
	lua_pushvalue(L, -1);
	lua_setfield(L, -3, name);
	lua_remove(L, -2);
	for (; f->name != NULL; f++) {
		lua_getfield(L, -1, f->name);
		lua_pushinteger(L, f->cost);
		lua_pushcclosure(L, charged, 2);
		lua_setfield(L, -3, f->name);
	}
	if (strcmp(name, "utf8") == 0) {
		lua_getfield(L, -1, "charpattern");
		lua_setfield(L, -3, "charpattern");
	}
	lua_pop(L, 1);
	lua_setfield(L, -2, name);
}

/* luaopen_base fills the state's own globals, which no script ever sees. */
static void
open_base(lua_State *L)
{
	size_t i;

	lua_pushcfunction(L, luaopen_base);
	lua_call(L, 0, 1);
	for (i = 0; base_functions[i] != NULL; i++) {
		lua_getfield(L, -1, base_functions[i]);
		lua_setfield(L, -3, base_functions[i]);
	}
	lua_pop(L, 1);
	lua_pushcfunction(L, set_metatable);
	lua_setfield(L, -2, "setmetatable");
	lua_pushcfunction(L, protected_call);
	lua_setfield(L, -2, "xpcall");
	lua_pushvalue(L, -1);
	lua_setfield(L, -2, "_G");
}

/* Strings find their methods in our table, and nobody can change how. */
static void
lock_strings(lua_State *L)
{
	lua_pushliteral(L, "");
	lua_getmetatable(L, -1);
	lua_getfield(L, -3, "string");
	lua_setfield(L, -2, "__index");
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_pop(L, 2);
}

static void
order_nil(lua_State *L)
{
	lua_pushnil(L);
	lua_newtable(L);
	lua_pushcfunction(L, never);
	lua_setfield(L, -2, "__lt");
	lua_pushcfunction(L, never);
	lua_setfield(L, -2, "__le");
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_setmetatable(L, -2);
	lua_pop(L, 1);
}

void
library_open(lua_State *L)
{
	lua_newtable(L);
	open_base(L);
	open_listed(L, luaopen_string, LUA_STRLIBNAME, string_functions);
	lua_getfield(L, -1, LUA_STRLIBNAME);
	pattern_open(L);
	lua_pop(L, 1);
	lock_strings(L);
	open_listed(L, luaopen_table, LUA_TABLIBNAME, table_functions);
	open_listed(L, luaopen_utf8, LUA_UTF8LIBNAME, utf8_functions);
	open_listed(L, luaopen_os, LUA_OSLIBNAME, os_functions);
	lua_pushcfunction(L, luaopen_math);
	lua_call(L, 0, 1);
	lua_setfield(L, -2, LUA_MATHLIBNAME);
	open_log(L);
	luadec_open(L);
	row_open(L);
	order_nil(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &globals_key);
}

void
library_globals(lua_State *L)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &globals_key);
}

void
library_lock(lua_State *L)
{
	library_globals(L);
	lua_newtable(L);
	lua_pushcfunction(L, unknown_global);
	lua_setfield(L, -2, "__index");
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_setmetatable(L, -2);
	lua_pop(L, 1);
}
