/* script.c: the calls of a loaded file's functions. */
#include "script/script.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "log/log.h"
#include "script/code.h"

/* A call on its way into Lua and back. */
struct call {
	struct script_code *code;
	const struct script_row *row;
	const struct script_fields *logon;
	int function;
	const struct script_out *how;
	const char *why;
	bool indexed; /* the row is set, and its message read */
	int answer;
	struct script_fields fields;
	struct script_fields *part;
};

static int
run(struct call *c, lua_CFunction f, int line)
{
	struct script_code *code = c->code;
	int err;

	arena_reset(&code->out);
	code->sb->function = c->function;
	if (!c->indexed)
		rows_set(&code->rows, c->row, code->message_column);
	err = sandbox_call(code->sb, f, c, line, c->row->sequence);
	return err != 0 ? err : c->answer;
}

static void
push_logon(lua_State *L, const struct script_fields *logon)
{
	size_t i;

	lua_newtable(L);
	for (i = 0; logon != NULL && i < logon->n; i++) {
		value_push(L, &logon->field[i].value, logon->field[i].name);
		lua_setfield(L, -2, logon->field[i].name);
	}
}

/* where(row, logon) */
static int
call_where(lua_State *L)
{
	struct call *c = lua_touserdata(L, 1);
	int nargs = 1;
	lua_Debug ar;

	lua_rawgeti(L, LUA_REGISTRYINDEX, c->function);
	lua_pushvalue(L, -1);
	lua_getinfo(L, ">u", &ar);
	row_push(L);
	if (ar.nparams > 1 || ar.isvararg) {
		push_logon(L, c->logon);
		nargs++;
	}
	lua_call(L, nargs, 1);
	if (!lua_isboolean(L, -1) && !lua_isnil(L, -1))
		return luaL_error(L, "where must return true or false, not a "
		    "%s", luaL_typename(L, -1));
	c->answer = lua_toboolean(L, -1);
	return 0;
}

/* onParsingError(row, text) */
static int
call_on_parsing_error(lua_State *L)
{
	struct call *c = lua_touserdata(L, 1);

	lua_rawgeti(L, LUA_REGISTRYINDEX, c->function);
	row_push(L);
	lua_pushstring(L, c->why);
	lua_call(L, 2, 0);
	return 0;
}

/* By its name, or by its type. */
static bool
is_type(struct rows *r, const char *name)
{
	return r->shape.type != NULL &&
	    (strcmp(dict_msg_name(r->shape.type), name) == 0 ||
	    strcmp(dict_msg_type(r->shape.type), name) == 0);
}

static bool
has_type(const struct dict *d, const char *name)
{
	return dict_msg_by_name(d, name) != NULL ||
	    dict_msg_by_type(d, name, strlen(name)) != NULL;
}

/* A message that no dictionary knows would be waited for in vain. */
static void
look_for_type(struct script_code *code, const struct script_row *row)
{
	if (code->knows_type || code->asked == row->app)
		return;
	code->asked = row->app;
	code->knows_type = has_type(row->app, code->msg_type) ||
	    has_type(row->transport, code->msg_type);
	if (!code->knows_type && !code->lacks_type)
		log_event(LOG_LEVEL_WARN, "row", NULL, "%s, row %llu: its "
		    "dictionary has no message %s, so the stream takes none",
		    code->sb->what, (unsigned long long)row->sequence,
		    code->msg_type);
	code->lacks_type = !code->knows_type;
}

bool
script_lacks_message(const struct script_stream *s)
{
	return s->code != NULL && s->code->lacks_type;
}

/* 1: the message is one of those; 0: it is not, or it cannot be read. */
static int
take_message(struct call *c)
{
	struct script_code *code = c->code;

	rows_set(&code->rows, c->row, code->message_column);
	c->indexed = rows_index(&code->rows, &c->why) == 0;
	if (c->indexed && code->msg_type != NULL)
		look_for_type(code, c->row);
	if (c->indexed)
		return code->msg_type == NULL ||
		    is_type(&code->rows, code->msg_type);
	if (code->on_parsing_error == LUA_NOREF) {
		log_event(LOG_LEVEL_WARN, "row", NULL, "%s, row %llu: %s",
		    code->sb->what, (unsigned long long)c->row->sequence,
		    c->why);
		return 0;
	}
	c->function = code->on_parsing_error;
	return run(c, call_on_parsing_error, code->line);
}

int
script_where(const struct script_stream *s, const struct script_row *row,
    const struct script_fields *logon)
{
	struct call c = { .code = s->code, .row = row, .logon = logon };
	int take = s->fix ? take_message(&c) : 1;

	if (take != 1 || s->code->where == LUA_NOREF)
		return take;
	c.function = s->code->where;
	return run(&c, call_where, s->code->line);
}

static int
call_to_row(lua_State *L)
{
	struct call *c = lua_touserdata(L, 1);

	if (c->function == LUA_NOREF) {
		out_project(L, c->how, true, &c->code->out, &c->fields);
		c->answer = 1;
		return 0;
	}
	lua_rawgeti(L, LUA_REGISTRYINDEX, c->function);
	row_push(L);
	lua_call(L, 1, 1);
	if (lua_isnil(L, -1))
		return 0;
	if (!lua_istable(L, -1))
		return luaL_error(L, "toRow must return a table or nil, not a "
		    "%s", luaL_typename(L, -1));
	out_fields(L, -1, &c->code->out, "toRow", &c->fields);
	c->answer = 1;
	return 0;
}

int
script_to_row(const struct script_stream *s, const struct script_row *row,
    struct script_fields *out)
{
	struct call c = { .code = s->code, .row = row,
		.function = s->code->to_row.function,
		.how = &s->code->to_row };
	int r = run(&c, call_to_row, s->code->line);

	*out = c.fields;
	return r;
}

/* ---- clients ---- */

static bool
has_value(const struct script_row *row, const char *column, const char *value)
{
	const struct script_value *v;
	char text[24];
	size_t i;

	for (i = 0; i < row->n; i++) {
		v = &row->value[i];
		if (strcmp(row->column[i], column) != 0)
			continue;
		if (v->type == SCRIPT_BOOL)
			return strcmp(value, v->b ? "Y" : "N") == 0;
		if (v->type == SCRIPT_INT) {
			snprintf(text, sizeof(text), "%lld", (long long)v->i);
			return strcmp(value, text) == 0;
		}
		return (v->type == SCRIPT_STRING ||
		    v->type == SCRIPT_DECIMAL) && v->len == strlen(value) &&
		    memcmp(v->p, value, v->len) == 0;
	}
	return false;
}

int
script_block_takes(const struct script_client *cl, const struct script_block *b,
    const struct script_row *row)
{
	struct call c = { .code = cl->code, .row = row, .function = b->where };

	if (b->value != NULL && !has_value(row, cl->select_on, b->value))
		return 0;
	if (!b->has_where)
		return 1;
	return run(&c, call_where, (int)b->line);
}

/* Is the table at the top a list of events, not one? */
static bool
is_list(lua_State *L)
{
	bool list;

	lua_rawgeti(L, -1, 1);
	list = lua_istable(L, -1);
	lua_pop(L, 1);
	return list;
}

static void
take_list(lua_State *L, struct call *c)
{
	size_t i, n = lua_rawlen(L, -1);

	c->part = out_alloc(L, &c->code->out, n, sizeof(*c->part));
	for (i = 0; i < n; i++) {
		lua_rawgeti(L, -1, (lua_Integer)i + 1);
		if (!lua_istable(L, -1))
			luaL_error(L, "event [%d] of the list is a %s, not a "
			    "table", (int)i + 1, luaL_typename(L, -1));
		out_fields(L, -1, &c->code->out, "send", &c->part[i]);
		lua_pop(L, 1);
	}
	c->answer = (int)n;
}

static int
call_send(lua_State *L)
{
	struct call *c = lua_touserdata(L, 1);

	if (c->function != LUA_NOREF) {
		lua_rawgeti(L, LUA_REGISTRYINDEX, c->function);
		row_push(L);
		lua_call(L, 1, 1);
		if (lua_isnil(L, -1))
			return 0;
		if (!lua_istable(L, -1))
			return luaL_error(L, "the function of a send must "
			    "return a table, a list of tables or nil, not a %s",
			    luaL_typename(L, -1));
		if (is_list(L)) {
			take_list(L, c);
			return 0;
		}
	}
	c->part = out_alloc(L, &c->code->out, 1, sizeof(*c->part));
	if (c->function != LUA_NOREF)
		out_fields(L, -1, &c->code->out, "send", c->part);
	else
		out_project(L, c->how, false, &c->code->out, c->part);
	c->answer = 1;
	return 0;
}

int
script_send_values(const struct script_send *s, const struct script_row *row,
    const struct script_fields **part)
{
	struct call c = { .code = s->code, .row = row,
		.function = s->how->function, .how = s->how };
	int n = run(&c, call_send, (int)s->line);

	*part = c.part;
	return n;
}

/* ---- both ---- */

const char *
script_error(const struct script_code *code)
{
	return code->sb->err;
}

int64_t
script_running(const struct script_code *code, uint64_t *row)
{
	int64_t started = atomic_load(&code->sb->started);

	*row = atomic_load(&code->sb->row);
	return started;
}
