/*
 * luadec.c: decimals as Lua values. A decimal remembers the text that it was
 * received by and is written as it came: 38=002000.00 stays that.
 *
 * == between a decimal and a Lua number is always false, because Lua asks no
 * metamethod when the types differ; d:eq(1000) is for that.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/err.h"
#include "script/sandbox.h"

#define TYPE_NAME "decimal"

struct value {
	struct decimal d;
	size_t n; /* of text; 0: decimal_format's */
	char text[];
};

void
luadec_push(lua_State *L, struct decimal d, const char *text, size_t n)
{
	char own[DECIMAL_TEXT_MAX];
	struct value *v;

	if (text == NULL) {
		n = decimal_format(own, d);
		text = own;
	}
	v = lua_newuserdatauv(L, sizeof(*v) + n + 1, 0);
	v->d = d;
	v->n = n;
	memcpy(v->text, text, n);
	v->text[n] = '\0';
	luaL_setmetatable(L, TYPE_NAME);
}

const char *
luadec_text(lua_State *L, int index, size_t *n)
{
	const struct value *v = luaL_testudata(L, index, TYPE_NAME);

	if (v == NULL)
		return NULL;
	*n = v->n;
	return v->text;
}

/* Floats that are no decimal: infinite, too large, too small. */
enum kind { DECIMAL, FLOAT, OTHER };

static enum kind
read_value(lua_State *L, int index, struct decimal *d, double *f)
{
	const struct value *v = luaL_testudata(L, index, TYPE_NAME);
	const char *s;
	size_t n;

	*f = 0;
	if (v != NULL) {
		*d = v->d;
		return DECIMAL;
	}
	if (lua_isinteger(L, index)) {
		*d = decimal_from_int(lua_tointeger(L, index));
		return DECIMAL;
	}
	switch (lua_type(L, index)) {
	case LUA_TNUMBER:
		*f = lua_tonumber(L, index);
		return decimal_from_float(*f, d) == 0 ? DECIMAL : FLOAT;
	case LUA_TSTRING:
		s = lua_tolstring(L, index, &n);
		return decimal_parse(s, n, d) == 0 ? DECIMAL : OTHER;
	default:
		return OTHER;
	}
}

static struct decimal
check_value(lua_State *L, int index)
{
	struct decimal d = { 0 };
	double f;

	switch (read_value(L, index, &d, &f)) {
	case DECIMAL:
		break;
	case FLOAT:
		luaL_error(L, "%f is no decimal", f);
		break;
	case OTHER:
		if (lua_type(L, index) == LUA_TSTRING)
			luaL_error(L, "\"%s\" is no decimal",
			    lua_tostring(L, index));
		luaL_error(L, "a decimal or number was expected, not a %s "
		    "value", luaL_typename(L, index));
		break;
	}
	return d;
}

static int
binary(lua_State *L,
    int (*op)(struct decimal, struct decimal, struct decimal *))
{
	struct decimal a = check_value(L, 1), b = check_value(L, 2), r;

	switch (op(a, b, &r)) {
	case 0:
		luadec_push(L, r, NULL, 0);
		return 1;
	case FG_EOVERFLOW:
		return luaL_error(L, "the result has too many digits for a "
		    "decimal");
	default:
		return luaL_error(L, "division by zero");
	}
}

static int
dec_add(lua_State *L)
{
	return binary(L, decimal_add);
}

static int
dec_sub(lua_State *L)
{
	return binary(L, decimal_sub);
}

static int
dec_mul(lua_State *L)
{
	return binary(L, decimal_mul);
}

static int
dec_div(lua_State *L)
{
	return binary(L, decimal_div);
}

static int
dec_unm(lua_State *L)
{
	luadec_push(L, decimal_neg(check_value(L, 1)), NULL, 0);
	return 1;
}

static double
approximate(struct decimal d)
{
	char text[DECIMAL_TEXT_MAX];

	decimal_format(text, d);
	return strtod(text, NULL);
}

/* false: not comparable, every comparison is false. Strings do not compare
 * with numbers in Lua, and not here. */
static bool
compare(lua_State *L, int *c)
{
	enum kind k[2];
	struct decimal d[2];
	double f[2];
	int i;

	for (i = 0; i < 2; i++) {
		if (lua_isnil(L, i + 1))
			return false;
		k[i] = lua_type(L, i + 1) == LUA_TSTRING
		    ? OTHER
		    : read_value(L, i + 1, &d[i], &f[i]);
		if (k[i] == OTHER)
			luaL_error(L, "attempt to compare a decimal with a %s",
			    luaL_typename(L, i + 1));
	}
	if (k[0] == DECIMAL && k[1] == DECIMAL) {
		*c = decimal_cmp(d[0], d[1]);
		return true;
	}
	for (i = 0; i < 2; i++)
		if (k[i] == DECIMAL)
			f[i] = approximate(d[i]);
	*c = f[0] < f[1] ? -1 : f[0] > f[1];
	return !isnan(f[0]) && !isnan(f[1]);
}

static int
dec_lt(lua_State *L)
{
	int c;

	lua_pushboolean(L, compare(L, &c) && c < 0);
	return 1;
}

static int
dec_le(lua_State *L)
{
	int c;

	lua_pushboolean(L, compare(L, &c) && c <= 0);
	return 1;
}

static int
dec_eq(lua_State *L)
{
	int c;

	luaL_checkany(L, 2);
	if (luaL_testudata(L, 1, TYPE_NAME) == NULL ||
	    lua_type(L, 2) == LUA_TSTRING ||
	    (lua_type(L, 2) != LUA_TNUMBER &&
		luaL_testudata(L, 2, TYPE_NAME) == NULL))
		lua_pushboolean(L, 0);
	else
		lua_pushboolean(L, compare(L, &c) && c == 0);
	return 1;
}

static int
dec_tostring(lua_State *L)
{
	struct value *v = luaL_checkudata(L, 1, TYPE_NAME);

	lua_pushlstring(L, v->text, v->n);
	return 1;
}

static int
dec_concat(lua_State *L)
{
	int i;

	for (i = 1; i <= 2; i++) {
		if (!lua_isstring(L, i) &&
		    luaL_testudata(L, i, TYPE_NAME) == NULL)
			return luaL_error(L, "attempt to concatenate a %s "
			    "value", luaL_typename(L, i));
		luaL_tolstring(L, i, NULL);
	}
	lua_concat(L, 2);
	return 1;
}

/* d:round(n): half to even. */
static int
dec_round(lua_State *L)
{
	struct value *v = luaL_checkudata(L, 1, TYPE_NAME);
	lua_Integer digits = luaL_optinteger(L, 2, 0);
	struct decimal r;

	luaL_argcheck(L, digits >= 0 && digits <= DECIMAL_SCALE_MAX, 2,
	    "0 to 38 digits");
	if (decimal_round(v->d, (int)digits, &r) != 0)
		return luaL_error(L, "the result has too many digits for a "
		    "decimal");
	luadec_push(L, r, NULL, 0);
	return 1;
}

/* d:number(): the nearest Lua number, an integer if it is one. */
static int
dec_number(lua_State *L)
{
	struct value *v = luaL_checkudata(L, 1, TYPE_NAME);
	struct decimal whole;

	if (decimal_round(v->d, 0, &whole) == 0 &&
	    decimal_cmp(whole, v->d) == 0 && whole.coef >= INT64_MIN &&
	    whole.coef <= INT64_MAX)
		lua_pushinteger(L, (lua_Integer)whole.coef);
	else
		lua_pushnumber(L, approximate(v->d));
	return 1;
}

/* decimal(x) */
static int
dec_new(lua_State *L)
{
	luaL_checkany(L, 1);
	luadec_push(L, check_value(L, 1), NULL, 0);
	return 1;
}

void
luadec_open(lua_State *L)
{
	static const luaL_Reg meta[] = {
		{ "__add", dec_add }, { "__sub", dec_sub },
		{ "__mul", dec_mul }, { "__div", dec_div },
		{ "__unm", dec_unm }, { "__lt", dec_lt }, { "__le", dec_le },
		{ "__eq", dec_eq }, { "__tostring", dec_tostring },
		{ "__concat", dec_concat }, { NULL, NULL },
	};
	static const luaL_Reg methods[] = {
		{ "eq", dec_eq }, { "number", dec_number },
		{ "round", dec_round }, { NULL, NULL },
	};

	luaL_newmetatable(L, TYPE_NAME);
	luaL_setfuncs(L, meta, 0);
	lua_newtable(L);
	luaL_setfuncs(L, methods, 0);
	lua_setfield(L, -2, "__index");
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_pop(L, 1);
	lua_pushcfunction(L, dec_new);
	lua_setfield(L, -2, TYPE_NAME);
}
