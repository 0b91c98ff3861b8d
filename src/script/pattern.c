/* pattern.c: the functions of the string library that take patterns. */
#include <ctype.h>
#include <string.h>

#include "script/match.h"

#define SPECIALS   "^$*+?.([%-"
#define STEP_BYTES 16 /* searched or copied in one step */

/* Push capture i; without captures the first is the whole match. */
static void
push_capture(struct match *m, int i, const char *s, const char *e)
{
	if (i >= m->ncap) {
		if (i != 0)
			luaL_error(m->L, "invalid capture index %%%d", i + 1);
		lua_pushlstring(m->L, s, (size_t)(e - s));
	} else if (m->cap[i].len == MATCH_POSITION) {
		lua_pushinteger(m->L, m->cap[i].at - m->s + 1);
	} else if (m->cap[i].len == MATCH_OPEN) {
		luaL_error(m->L, "unfinished capture");
	} else {
		lua_pushlstring(m->L, m->cap[i].at, (size_t)m->cap[i].len);
	}
}

/* Push all captures (the whole match if whole and there are none). */
static int
push_captures(struct match *m, bool whole, const char *s, const char *e)
{
	int i, n = m->ncap == 0 && whole ? 1 : m->ncap;

	luaL_checkstack(m->L, n, "too many captures");
	for (i = 0; i < n; i++)
		push_capture(m, i, s, e);
	return n;
}

/* Where argument arg says to start, from 0; > n: nowhere. */
static size_t
start_at(lua_State *L, int arg, size_t n)
{
	lua_Integer i = luaL_optinteger(L, arg, 1);

	if (i > 0)
		return (size_t)i - 1;
	if (i == 0 || i < -(lua_Integer)n)
		return 0;
	return n + (size_t)i;
}

static int
find_plain(lua_State *L, const char *s, size_t n, size_t at, const char *p,
    size_t np)
{
	const char *r;

	sandbox_charge(L, (n - at) / STEP_BYTES);
	r = memmem(s + at, n - at, p, np);
	if (r == NULL) {
		lua_pushnil(L);
		return 1;
	}
	lua_pushinteger(L, r - s + 1);
	lua_pushinteger(L, r - s + (lua_Integer)np);
	return 2;
}

static bool
is_plain(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] != '\0' && strchr(SPECIALS, p[i]) != NULL)
			return false;
	return true;
}

static int
search(lua_State *L, bool find)
{
	size_t n, np, at;
	const char *s = luaL_checklstring(L, 1, &n), *e;
	const char *p = luaL_checklstring(L, 2, &np);
	struct match m = match_new(L, s, n, p, np);
	bool anchored = np > 0 && *p == '^';

	at = start_at(L, 3, n);
	if (at > n) {
		lua_pushnil(L);
		return 1;
	}
	if (find && (lua_toboolean(L, 4) || is_plain(p, np)))
		return find_plain(L, s, n, at, p, np);
	p += anchored;
	for (s += at; s <= m.end; s++) {
		e = match_at(&m, s, p);
		if (e != NULL && find) {
			lua_pushinteger(L, s - m.s + 1);
			lua_pushinteger(L, e - m.s);
			return push_captures(&m, false, s, e) + 2;
		}
		if (e != NULL)
			return push_captures(&m, true, s, e);
		if (anchored)
			break;
	}
	lua_pushnil(L);
	return 1;
}

static int
pattern_find(lua_State *L)
{
	return search(L, true);
}

static int
pattern_match(lua_State *L)
{
	return search(L, false);
}

/* Upvalues: subject, pattern, where to go on, where the last match ended (0:
 * none), all from 1. */
static int
next_match(lua_State *L)
{
	size_t n, np;
	const char *s = lua_tolstring(L, lua_upvalueindex(1), &n), *e;
	const char *p = lua_tolstring(L, lua_upvalueindex(2), &np);
	struct match m = match_new(L, s, n, p, np);
	lua_Integer last = lua_tointeger(L, lua_upvalueindex(4));

	for (s += lua_tointeger(L, lua_upvalueindex(3)) - 1; s <= m.end; s++) {
		e = match_at(&m, s, p);
		if (e == NULL || e - m.s + 1 == last)
			continue;
		lua_pushinteger(L, e - m.s + 1);
		lua_copy(L, -1, lua_upvalueindex(3));
		lua_copy(L, -1, lua_upvalueindex(4));
		return push_captures(&m, true, s, e);
	}
	return 0;
}

static int
pattern_gmatch(lua_State *L)
{
	size_t n, at;

	luaL_checklstring(L, 1, &n);
	luaL_checkstring(L, 2);
	at = start_at(L, 3, n);
	lua_settop(L, 2);
	lua_pushinteger(L, (lua_Integer)(at > n ? n + 1 : at) + 1);
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, next_match, 4);
	return 1;
}

/* Add the replacement text at argument 3, with %0 ... %9. */
static void
add_text(struct match *m, luaL_Buffer *b, const char *s, const char *e)
{
	size_t n, i;
	const char *r = lua_tolstring(m->L, 3, &n);

	for (i = 0; i < n; i++) {
		if (r[i] != '%') {
			luaL_addchar(b, r[i]);
			continue;
		}
		i++;
		if (i < n && r[i] == '%') {
			luaL_addchar(b, '%');
		} else if (i < n && r[i] == '0') {
			luaL_addlstring(b, s, (size_t)(e - s));
		} else if (i < n && isdigit((unsigned char)r[i])) {
			push_capture(m, r[i] - '1', s, e);
			luaL_tolstring(m->L, -1, NULL);
			lua_remove(m->L, -2);
			luaL_addvalue(b);
		} else {
			luaL_error(m->L, "invalid use of '%%' in replacement "
			    "string");
		}
	}
}

static void
add_replacement(struct match *m, luaL_Buffer *b, const char *s, const char *e)
{
	lua_State *L = m->L;

	switch (lua_type(L, 3)) {
	case LUA_TFUNCTION:
		lua_pushvalue(L, 3);
		lua_call(L, push_captures(m, true, s, e), 1);
		break;
	case LUA_TTABLE:
		push_capture(m, 0, s, e);
		lua_gettable(L, 3);
		break;
	default:
		sandbox_charge(L, lua_rawlen(L, 3) / STEP_BYTES);
		add_text(m, b, s, e);
		return;
	}
	if (!lua_toboolean(L, -1)) {
		lua_pop(L, 1);
		luaL_addlstring(b, s, (size_t)(e - s));
		return;
	}
	if (!lua_isstring(L, -1))
		luaL_error(L, "invalid replacement value (a %s)",
		    luaL_typename(L, -1));
	luaL_addvalue(b);
}

static int
pattern_gsub(lua_State *L)
{
	size_t n, np;
	const char *s = luaL_checklstring(L, 1, &n), *e, *last = NULL;
	const char *p = luaL_checklstring(L, 2, &np);
	struct match m = match_new(L, s, n, p, np);
	lua_Integer max = luaL_optinteger(L, 4, (lua_Integer)n + 1), done = 0;
	bool anchored = np > 0 && *p == '^';
	int type = lua_type(L, 3);
	luaL_Buffer b;

	luaL_argexpected(L, type == LUA_TNUMBER || type == LUA_TSTRING ||
	    type == LUA_TFUNCTION || type == LUA_TTABLE, 3,
	    "string/function/table");
	if (type == LUA_TNUMBER)
		lua_tostring(L, 3);
	p += anchored;
	luaL_buffinit(L, &b);
	while (done < max) {
		e = match_at(&m, s, p);
		if (e != NULL && e != last) {
			done++;
			add_replacement(&m, &b, s, e);
			s = last = e;
		} else if (s < m.end) {
			luaL_addchar(&b, *s++);
		} else {
			break;
		}
		if (anchored)
			break;
	}
	luaL_addlstring(&b, s, (size_t)(m.end - s));
	luaL_pushresult(&b);
	lua_pushinteger(L, done);
	return 2;
}

void
pattern_open(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "find", pattern_find },
		{ "gmatch", pattern_gmatch },
		{ "gsub", pattern_gsub },
		{ "match", pattern_match },
		{ NULL, NULL },
	};

	luaL_setfuncs(L, functions, 0);
}
