/* out.c: what a script returns, as values that outlive the call. */
#include <stdlib.h>
#include <string.h>

#include "script/code.h"
#include "base/decimal.h"

#define DEPTH_MAX 16 /* groups inside each other */

static void take_value(lua_State *L, int index, struct arena *a,
    const char *what, unsigned depth, struct script_value *v);

void *
out_alloc(lua_State *L, struct arena *a, size_t n, size_t size)
{
	void *p = arena_alloc(a, n, size);

	if (p == NULL)
		luaL_error(L, "not enough memory");
	return p;
}

static const char *
copy(lua_State *L, struct arena *a, const char *p, size_t n)
{
	char *q = out_alloc(L, a, n + 1, 1);

	memcpy(q, p, n);
	return q;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct script_field *)a)->name,
	    ((const struct script_field *)b)->name);
}

static size_t
count_keys(lua_State *L, int index, const char *what)
{
	size_t n = 0, len;
	const char *name;

	for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
		if (lua_type(L, -2) != LUA_TSTRING) {
			luaL_error(L, "%s: a field has a name, not a %s",
			    what, luaL_typename(L, -2));
		}
		name = lua_tolstring(L, -2, &len);
		if (len == 0 || strlen(name) != len)
			luaL_error(L, "%s: a field's name may not be empty or "
			    "hold a NUL", what);
		n++;
	}
	return n;
}

static void
take_fields(lua_State *L, int index, struct arena *a, const char *what,
    unsigned depth, struct script_fields *out)
{
	struct script_field *f;
	size_t len;
	const char *name;

	luaL_checkstack(L, 8, "nested too deeply");
	out->n = count_keys(L, index, what);
	sandbox_charge(L, out->n);
	f = out_alloc(L, a, out->n, sizeof(*f));
	out->field = f;
	for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
		name = lua_tolstring(L, -2, &len);
		f->name = copy(L, a, name, len);
		take_value(L, lua_gettop(L), a, f->name, depth, &f->value);
		f++;
	}
	qsort((void *)(uintptr_t)out->field, out->n, sizeof(*f), by_name);
}

/* A list of tables: the instances of a group. */
static void
take_list(lua_State *L, int index, struct arena *a, const char *what,
    unsigned depth, struct script_value *v)
{
	struct script_fields *list;
	struct script_value one;
	size_t i;

	if (depth == DEPTH_MAX)
		luaL_error(L, "%s: groups are nested more than %d deep", what,
		    DEPTH_MAX);
	v->type = SCRIPT_GROUP;
	v->len = lua_rawlen(L, index);
	sandbox_charge(L, v->len);
	list = out_alloc(L, a, v->len, sizeof(*list));
	v->group = list;
	for (i = 0; i < v->len; i++) {
		lua_rawgeti(L, index, (lua_Integer)i + 1);
		if (row_take(L, -1, a, &one) && one.len == 1)
			list[i] = one.group[0];
		else if (lua_istable(L, -1))
			take_fields(L, lua_gettop(L), a, what, depth + 1,
			    &list[i]);
		else
			luaL_error(L, "%s: a group is a list of tables, and "
			    "[%d] is a %s", what, (int)i + 1,
			    luaL_typename(L, -1));
		lua_pop(L, 1);
	}
	lua_pushnil(L);
	for (i = 0; lua_next(L, index) != 0; i++)
		lua_pop(L, 1);
	if (i != v->len)
		luaL_error(L, "%s: a group is a list of tables, without names "
		    "and holes", what);
}

static void
take_number(lua_State *L, int index, struct arena *a, const char *what,
    struct script_value *v)
{
	char text[DECIMAL_FLOAT_MAX];
	int n;

	if (lua_isinteger(L, index)) {
		v->type = SCRIPT_INT;
		v->i = lua_tointeger(L, index);
		return;
	}
	n = decimal_float(text, lua_tonumber(L, index));
	if (n < 0)
		luaL_error(L, "%s: %f cannot be sent", what,
		    lua_tonumber(L, index));
	v->type = SCRIPT_DECIMAL;
	v->len = (size_t)n;
	v->p = copy(L, a, text, v->len);
}

static void
take_value(lua_State *L, int index, struct arena *a, const char *what,
    unsigned depth, struct script_value *v)
{
	const char *p;

	memset(v, 0, sizeof(*v));
	switch (lua_type(L, index)) {
	case LUA_TNIL:
		return;
	case LUA_TBOOLEAN:
		v->type = SCRIPT_BOOL;
		v->b = lua_toboolean(L, index);
		return;
	case LUA_TNUMBER:
		take_number(L, index, a, what, v);
		return;
	case LUA_TTABLE:
		take_list(L, index, a, what, depth, v);
		return;
	case LUA_TSTRING:
		v->type = SCRIPT_STRING;
		p = lua_tolstring(L, index, &v->len);
		v->p = copy(L, a, p, v->len);
		return;
	default:
		break;
	}
	p = luadec_text(L, index, &v->len);
	if (p != NULL) {
		v->type = SCRIPT_DECIMAL;
		v->p = copy(L, a, p, v->len);
	} else if (!row_take(L, index, a, v)) {
		luaL_error(L, "%s: a %s cannot be sent", what,
		    luaL_typename(L, index));
	}
}

void
out_fields(lua_State *L, int index, struct arena *a, const char *what,
    struct script_fields *out)
{
	take_fields(L, lua_absindex(L, index), a, what, 0, out);
}

static void
project(lua_State *L, const struct projected *p, struct arena *a,
    struct script_value *v)
{
	row_get(L, p->source, strlen(p->source), a, v);
	if (v->type == SCRIPT_ABSENT)
		return;
	if (p->format.mask != NULL) {
		format_value(L, p->format.mask, p->name, a, v);
	} else if (p->format.function != LUA_NOREF) {
		lua_rawgeti(L, LUA_REGISTRYINDEX, p->format.function);
		value_push(L, v, p->source);
		lua_call(L, 1, 1);
		take_value(L, lua_absindex(L, -1), a, p->name, 0, v);
		lua_pop(L, 1);
	}
}

void
out_project(lua_State *L, const struct script_out *how, bool absent,
    struct arena *a, struct script_fields *out)
{
	const struct script_row *row = sandbox_of(L)->rows->row;
	size_t i, n = how->field == NULL ? row->n : how->nfield;
	struct script_field *f = out_alloc(L, a, n, sizeof(*f));

	out->field = f;
	for (i = 0; i < n; i++) {
		if (how->field == NULL) {
			f->name = row->column[i];
			f->value = row->value[i];
		} else {
			f->name = how->field[i].name;
			project(L, &how->field[i], a, &f->value);
		}
		f += absent || f->value.type != SCRIPT_ABSENT;
	}
	out->n = (size_t)(f - out->field);
}
