/*
 * row.c: rows as Lua objects. An object is a reference into the row of one
 * call: its number is checked at each use, so that one kept for later is an
 * error and never stale memory.
 */
#include <string.h>

#include "base/decimal.h"
#include "base/near.h"
#include "script/code.h"

#define TYPE_NAME "row"

enum kind { ROW, INSTANCE, GROUP };

struct ref {
	uint64_t call;
	enum kind kind;
	uint32_t from, to; /* fields of the message */
};

static void
push_ref(lua_State *L, enum kind kind, uint32_t from, uint32_t to)
{
	struct ref *ref = lua_newuserdatauv(L, sizeof(*ref), 0);

	ref->call = sandbox_of(L)->call;
	ref->kind = kind;
	ref->from = from;
	ref->to = to;
	luaL_setmetatable(L, TYPE_NAME);
}

void
row_push(lua_State *L)
{
	push_ref(L, ROW, 0, 0);
}

static struct ref *
check_ref(lua_State *L, int index)
{
	struct ref *ref = luaL_checkudata(L, index, TYPE_NAME);
	struct sandbox *sb = sandbox_of(L);

	if (ref->call != sb->call || !sb->running)
		luaL_error(L, "a row is valid only during the call that it was "
		    "given to: keep its values, not the row");
	return ref;
}

/* ---- typed values ---- */

/* Push a field of the message; a number that is none is an error, for the
 * script counts on the type. */
static void
push_field(lua_State *L, const struct dict_field *f, const char *p, size_t n)
{
	struct script_value v = rows_typed(f, p, n);

	if (v.type == SCRIPT_STRING && f != NULL && rows_numeric(f)) {
		lua_pushlstring(L, p, n);
		luaL_error(L, "%s is \"%s\", which is no %s; "
		    "row:raw(\"%s\") gives the text", f->name,
		    lua_tostring(L, -1), dict_type_name(f->type), f->name);
	}
	value_push(L, &v, f == NULL ? "" : f->name);
}

static void
push_group_value(lua_State *L, const struct script_value *v)
{
	const struct script_field *f;
	size_t i, k;

	luaL_checkstack(L, 4, "groups nested too deeply");
	lua_createtable(L, (int)v->len, 0);
	for (i = 0; i < v->len; i++) {
		lua_newtable(L);
		for (k = 0; k < v->group[i].n; k++) {
			f = &v->group[i].field[k];
			value_push(L, &f->value, f->name);
			lua_setfield(L, -2, f->name);
		}
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

void
value_push(lua_State *L, const struct script_value *v, const char *name)
{
	struct decimal d;

	switch (v->type) {
	case SCRIPT_ABSENT:
		lua_pushnil(L);
		break;
	case SCRIPT_BOOL:
		lua_pushboolean(L, v->b);
		break;
	case SCRIPT_INT:
		lua_pushinteger(L, v->i);
		break;
	case SCRIPT_DECIMAL:
		if (decimal_parse(v->p, v->len, &d) != 0)
			luaL_error(L, "%s is no decimal of up to 38 digits; "
			    "row:raw(\"%s\") gives the text", name, name);
		luadec_push(L, d, v->p, v->len);
		break;
	case SCRIPT_STRING:
		lua_pushlstring(L, v->p, v->len);
		break;
	case SCRIPT_GROUP:
		push_group_value(L, v);
		break;
	}
}

/* ---- finding a name ---- */

/* What a name means in a row or instance. */
struct place {
	const struct script_value *column; /* NULL: a field of the message */
	const struct dict_field *field;
	uint32_t at; /* of the field, if found */
	bool found;
	bool group;
};

static void
unknown_name(lua_State *L, const struct rows *r, enum kind kind,
    const char *name, size_t n)
{
	const struct dict *d[2] = { r->row->app, r->row->transport };
	struct near near;
	size_t i, k;

	near_start(&near, name, n);
	for (i = 0; kind == ROW && i < r->row->n; i++)
		near_try(&near, r->row->column[i]);
	for (k = 0; r->fix != NULL && k < 2; k++)
		for (i = 0; i < dict_nfields(d[k]); i++)
			near_try(&near, dict_field_at(d[k], i)->name);
	if (near.best == NULL)
		luaL_error(L, "the row has no field \"%s\"", name);
	luaL_error(L, "the row has no field \"%s\" (did you mean %s?)", name,
	    near.best);
}

static bool
find_column(const struct rows *r, const char *name, struct place *at)
{
	size_t i;

	/* Most are told apart by their first letter: this is for each row. */
	for (i = 0; i < r->row->n; i++)
		if (r->row->column[i][0] == name[0] &&
		    strcmp(r->row->column[i], name) == 0) {
			at->column = &r->row->value[i];
			at->found = at->column->type != SCRIPT_ABSENT;
			return true;
		}
	return false;
}

static void
find_field(lua_State *L, struct rows *r, const struct ref *ref,
    struct place *at)
{
	uint32_t i = ref->from, to = ref->to;
	const char *why;

	if (rows_index(r, &why) != 0)
		luaL_error(L, "%s", why);
	if (ref->kind == ROW)
		to = r->m.nfield;
	while (i < to && r->m.field[i].tag != at->field->tag)
		i = r->end[i];
	at->found = i < to;
	at->at = i;
	at->group = at->field->type == DICT_NUMINGROUP ||
	    (at->found && r->end[i] > i + 1) ||
	    (at->field->type == DICT_INT &&
		dict_shape_counts(&r->shape, at->field));
}

/* Raises if there is no such name, unless the row has names of its own. */
static struct place
find(lua_State *L, const struct ref *ref, const char *name, size_t n)
{
	struct rows *r = sandbox_of(L)->rows;
	struct place at = { 0 };

	if (ref->kind == ROW && find_column(r, name, &at))
		return at;
	if (r->fix != NULL) {
		at.field = dict_field_by_name(r->row->app, name);
		if (at.field == NULL)
			at.field = dict_field_by_name(r->row->transport, name);
	}
	if (at.field == NULL && ref->kind == ROW && r->row->own_names)
		return at;
	if (at.field == NULL)
		unknown_name(L, r, ref->kind, name, n);
	find_field(L, r, ref, &at);
	return at;
}

/* ---- the objects ---- */

static int
index_group(lua_State *L, const struct ref *g)
{
	const struct rows *r = sandbox_of(L)->rows;
	lua_Integer i = lua_tointeger(L, 2);
	uint32_t from, to;

	if (!lua_isinteger(L, 2))
		return luaL_error(L, "a group has instances: [1], [2] ... "
		    "(\"%s\" was asked for)", luaL_tolstring(L, 2, NULL));
	from = i < 1 ? g->to : rows_instance(r, g->from, g->to, i, &to);
	if (from == g->to)
		lua_pushnil(L);
	else
		push_ref(L, INSTANCE, from, to);
	return 1;
}

static int
row_index(lua_State *L)
{
	const struct ref *ref = check_ref(L, 1);
	const struct rows *r = sandbox_of(L)->rows;
	const struct fix_field *f;
	const char *name;
	struct place at;
	size_t n;

	if (ref->kind == GROUP)
		return index_group(L, ref);
	if (lua_type(L, 2) != LUA_TSTRING)
		return luaL_error(L, "a field has a name, not a %s",
		    luaL_typename(L, 2));
	lua_pushvalue(L, 2);
	if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
		return 1; /* a method */
	name = lua_tolstring(L, 2, &n);
	at = find(L, ref, name, n);
	if (at.column != NULL) {
		value_push(L, at.column, name);
	} else if (at.group) {
		push_ref(L, GROUP, at.found ? at.at + 1 : 0,
		    at.found ? r->end[at.at] : 0);
	} else if (at.found) {
		f = &r->m.field[at.at];
		push_field(L, at.field, fix_value(&r->m, f), f->len);
	} else {
		lua_pushnil(L);
	}
	return 1;
}

static int
row_newindex(lua_State *L)
{
	return luaL_error(L, "a row cannot be changed");
}

static int
row_len(lua_State *L)
{
	const struct ref *ref = check_ref(L, 1);

	if (ref->kind != GROUP)
		return luaL_error(L, "only groups have a length");
	lua_pushinteger(L,
	    rows_instances(sandbox_of(L)->rows, ref->from, ref->to));
	return 1;
}

/* ---- methods ---- */

static struct place
find_argument(lua_State *L)
{
	const struct ref *ref = check_ref(L, 1);
	const char *name;
	size_t n;

	luaL_argcheck(L, ref->kind != GROUP, 1, "a group has no fields");
	name = luaL_checklstring(L, 2, &n);
	return find(L, ref, name, n);
}

/* row:raw(name): the text as received. */
static int
row_raw(lua_State *L)
{
	struct place at = find_argument(L);
	const struct rows *r = sandbox_of(L)->rows;

	if (!at.found) {
		lua_pushnil(L);
	} else if (at.column == NULL) {
		lua_pushlstring(L, fix_value(&r->m, &r->m.field[at.at]),
		    r->m.field[at.at].len);
	} else if (at.column->type == SCRIPT_BOOL) {
		lua_pushstring(L, at.column->b ? "Y" : "N");
	} else if (at.column->type == SCRIPT_INT) {
		lua_pushinteger(L, at.column->i);
		lua_tostring(L, -1);
	} else if (at.column->type == SCRIPT_GROUP) {
		return luaL_error(L, "a group has no text");
	} else {
		lua_pushlstring(L, at.column->p, at.column->len);
	}
	return 1;
}

static int
row_has(lua_State *L)
{
	struct place at = find_argument(L);

	lua_pushboolean(L, at.found);
	return 1;
}

/* row:label(name): what the dictionary calls the value. */
static int
row_label(lua_State *L)
{
	struct place at = find_argument(L);
	const struct rows *r = sandbox_of(L)->rows;
	const struct fix_field *f;
	const char *label = NULL;

	if (at.column == NULL && at.found) {
		f = &r->m.field[at.at];
		label = f->tag == 35 && r->shape.type != NULL
		    ? dict_msg_name(r->shape.type)
		    : dict_value_label(at.field, fix_value(&r->m, f), f->len);
	}
	lua_pushstring(L, label);
	return 1;
}

static int
row_sequence(lua_State *L)
{
	check_ref(L, 1);
	lua_pushinteger(L,
	    (lua_Integer)sandbox_of(L)->rows->row->sequence);
	return 1;
}

void
row_open(lua_State *L)
{
	static const luaL_Reg methods[] = {
		{ "has", row_has }, { "label", row_label }, { "raw", row_raw },
		{ "sequence", row_sequence }, { NULL, NULL },
	};

	luaL_newmetatable(L, TYPE_NAME);
	lua_newtable(L);
	luaL_setfuncs(L, methods, 0);
	lua_pushcclosure(L, row_index, 1);
	lua_setfield(L, -2, "__index");
	lua_pushcfunction(L, row_newindex);
	lua_setfield(L, -2, "__newindex");
	lua_pushcfunction(L, row_len);
	lua_setfield(L, -2, "__len");
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_pop(L, 1);
}

/* ---- as values ---- */

static void take_group(lua_State *L, const struct rows *r, uint32_t from,
    uint32_t to, struct arena *out, struct script_value *v);

/* The fields from..to of one level. Tags without a name are left out. */
static void
take_fields(lua_State *L, const struct rows *r, uint32_t from, uint32_t to,
    struct arena *out, struct script_fields *fields)
{
	const struct dict_field *f;
	struct script_field *to_field;
	uint32_t i, n = 0;

	for (i = from; i < to; i = r->end[i])
		n++;
	to_field = out_alloc(L, out, n, sizeof(*to_field));
	fields->field = to_field;
	for (i = from; i < to; i = r->end[i]) {
		f = dict_field_by_tag(r->shape.body, r->m.field[i].tag);
		if (f == NULL)
			f = dict_field_by_tag(r->shape.transport,
			    r->m.field[i].tag);
		if (f == NULL)
			continue;
		to_field->name = f->name;
		if (r->end[i] > i + 1)
			take_group(L, r, i + 1, r->end[i], out,
			    &to_field->value);
		else
			to_field->value = rows_typed(f,
			    fix_value(&r->m, &r->m.field[i]),
			    r->m.field[i].len);
		to_field++;
	}
	fields->n = (size_t)(to_field - fields->field);
}

static void
take_group(lua_State *L, const struct rows *r, uint32_t from, uint32_t to,
    struct arena *out, struct script_value *v)
{
	struct script_fields *list;
	uint32_t first, stop;
	size_t i;

	v->type = SCRIPT_GROUP;
	v->len = (size_t)rows_instances(r, from, to);
	list = out_alloc(L, out, v->len, sizeof(*list));
	v->group = list;
	for (i = 0; i < v->len; i++) {
		first = rows_instance(r, from, to, (int64_t)i + 1, &stop);
		take_fields(L, r, first, stop, out, &list[i]);
	}
}

void
row_get(lua_State *L, const char *name, size_t n, struct arena *out,
    struct script_value *v)
{
	const struct rows *r = sandbox_of(L)->rows;
	struct ref whole = { .kind = ROW };
	struct place at = find(L, &whole, name, n);

	memset(v, 0, sizeof(*v));
	if (at.column != NULL)
		*v = *at.column;
	else if (at.group && at.found)
		take_group(L, r, at.at + 1, r->end[at.at], out, v);
	else if (at.found)
		*v = rows_typed(at.field, fix_value(&r->m, &r->m.field[at.at]),
		    r->m.field[at.at].len);
}

bool
row_take(lua_State *L, int index, struct arena *out, struct script_value *v)
{
	struct script_fields *one;
	const struct ref *ref;

	if (luaL_testudata(L, index, TYPE_NAME) == NULL)
		return false;
	ref = check_ref(L, index);
	if (ref->kind == ROW)
		return false;
	if (ref->kind == GROUP) {
		take_group(L, sandbox_of(L)->rows, ref->from, ref->to, out, v);
		return true;
	}
	one = out_alloc(L, out, 1, sizeof(*one));
	take_fields(L, sandbox_of(L)->rows, ref->from, ref->to, out, one);
	v->type = SCRIPT_GROUP;
	v->group = one;
	v->len = 1;
	return true;
}
