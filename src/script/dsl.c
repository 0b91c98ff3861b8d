#include "script/dsl.h"

#include <lauxlib.h>

#include "script/library.h"
#include "script/sandbox.h"

#define TYPE_NAME "declaration"
#define ARGS      1 /* user values */
#define BODY      2

static const char list_key;

static const char *const words[] = {
#define X(name, word) word,
	DECLARATIONS(X)
#undef X
};

const char *
dsl_word(enum decl_kind kind)
{
	return words[kind];
}

/* Words whose last argument may be the body. */
static bool
takes_body(enum decl_kind kind)
{
	return kind == DECL_ROLE || kind == DECL_STREAM || kind == DECL_FIX_STREAM ||
	    kind == DECL_VIEW || kind == DECL_ON_MESSAGE;
}

static int
current_line(lua_State *L)
{
	lua_Debug ar;

	if (lua_getstack(L, 1, &ar) == 0)
		return 0;
	lua_getinfo(L, "l", &ar);
	return ar.currentline;
}

/* Upvalue: the kind. */
static int
declare(lua_State *L)
{
	enum decl_kind kind =
	    (enum decl_kind)lua_tointeger(L, lua_upvalueindex(1));
	int i, n = lua_gettop(L);
	struct decl *d;

	if (sandbox_of(L)->rows != NULL)
		return luaL_error(L, "%s may only be called while the file is "
		    "loaded", words[kind]);
	d = lua_newuserdatauv(L, sizeof(*d), 2);
	*d = (struct decl){ .kind = kind, .line = current_line(L) };
	luaL_setmetatable(L, TYPE_NAME);
	if (takes_body(kind) && n > 0 && lua_istable(L, n)) {
		lua_pushvalue(L, n--);
		lua_setiuservalue(L, -2, BODY);
		d->body = true;
	}
	d->nargs = n;
	lua_newtable(L);
	for (i = 1; i <= n; i++) {
		lua_pushvalue(L, i);
		lua_rawseti(L, -2, i);
	}
	lua_setiuservalue(L, -2, ARGS);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &list_key);
	lua_pushvalue(L, -2);
	lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
	lua_pop(L, 1);
	return 1;
}

/* declaration { ... } */
static int
set_body(lua_State *L)
{
	struct decl *d = luaL_checkudata(L, 1, TYPE_NAME);

	if (!takes_body(d->kind) && d->kind != DECL_CLIENT)
		return luaL_error(L, "%s takes no { ... } behind it",
		    words[d->kind]);
	if (!lua_istable(L, 2))
		return luaL_error(L, "%s is followed by { ... }, not by a %s",
		    words[d->kind], luaL_typename(L, 2));
	if (d->body)
		return luaL_error(L, "%s has two bodies { ... }",
		    words[d->kind]);
	lua_settop(L, 2);
	lua_setiuservalue(L, 1, BODY);
	d->body = true;
	return 1;
}

void
dsl_open(lua_State *L, unsigned mask)
{
	int kind;

	lua_newtable(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &list_key);
	luaL_newmetatable(L, TYPE_NAME);
	lua_pushcfunction(L, set_body);
	lua_setfield(L, -2, "__call");
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_pop(L, 1);
	library_globals(L);
	for (kind = 0; kind < DECL_KINDS; kind++) {
		if ((mask & 1u << kind) == 0)
			continue;
		lua_pushinteger(L, kind);
		lua_pushcclosure(L, declare, 1);
		lua_setfield(L, -2, words[kind]);
	}
	lua_pop(L, 1);
}

int
dsl_count(lua_State *L)
{
	int n;

	lua_rawgetp(L, LUA_REGISTRYINDEX, &list_key);
	n = (int)lua_rawlen(L, -1);
	lua_pop(L, 1);
	return n;
}

struct decl *
dsl_push(lua_State *L, int i)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &list_key);
	lua_rawgeti(L, -1, i);
	lua_remove(L, -2);
	return lua_touserdata(L, -1);
}

struct decl *
dsl_test(lua_State *L, int index)
{
	return luaL_testudata(L, index, TYPE_NAME);
}

void
dsl_argument(lua_State *L, int index, int i)
{
	lua_getiuservalue(L, index, ARGS);
	lua_rawgeti(L, -1, i);
	lua_remove(L, -2);
}

void
dsl_body(lua_State *L, int index)
{
	lua_getiuservalue(L, index, BODY);
}
