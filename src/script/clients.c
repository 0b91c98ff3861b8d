/* clients.c: a client's file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "script/read.h"

#define WORDS                                                                  \
	(1u << DECL_PROCESS | 1u << DECL_LISTEN | 1u << DECL_ROLE |            \
	    1u << DECL_CLIENT |                                                \
	    1u << DECL_ON_MESSAGE | 1u << DECL_SEND |                          \
	    1u << DECL_SEND_FORMATTED)
#define DAY_S 86400
#define QUARANTINE_MAX 1000000 /* rows of quarantineLimit */

struct clients_reader {
	struct reader r; /* first: Lua gets a pointer to it */
	struct script_clients *out;
	int index; /* of the client to read, -1: all, to check them */
	struct script_client client;
};

/* ---- the client's options ---- */

static void
read_data_source(struct reader *r, unsigned line, void *target)
{
	struct script_client *c = target;

	if (!lua_istable(r->L, -1) || lua_rawlen(r->L, -1) != 2) {
		fault_at(r, line, "%s: dataSource must be { \"PROCESS\", "
		    "\"STREAM\" }", r->what);
		return;
	}
	lua_rawgeti(r->L, -1, 1);
	c->process = read_text(r, line, "dataSource's process");
	lua_rawgeti(r->L, -2, 2);
	c->stream = read_text(r, line, "dataSource's stream");
	lua_pop(r->L, 2);
	if (c->process != NULL)
		read_process(r, line, c->process);
}

static void
read_start_at(struct reader *r, unsigned line, void *target)
{
	struct script_client *c = target;
	const char *s;
	size_t n;

	if (lua_isinteger(r->L, -1) && lua_tointeger(r->L, -1) >= 0) {
		c->start = SCRIPT_START_SEQUENCE;
		c->start_sequence = (uint64_t)lua_tointeger(r->L, -1);
		return;
	}
	s = lua_type(r->L, -1) == LUA_TSTRING ? lua_tolstring(r->L, -1, &n)
					      : "";
	if (strcmp(s, "beginning") == 0)
		c->start = SCRIPT_START_BEGINNING;
	else if (strcmp(s, "live") == 0)
		c->start = SCRIPT_START_LIVE;
	else if (wall_parse(s, strlen(s), &c->start_time) == 0)
		c->start = SCRIPT_START_TIME;
	else
		fault_at(r, line, "%s: startAt must be \"beginning\", \"live\","
		    " a sequence or a time \"YYYYMMDD-HH:MM:SS\"", r->what);
}

static void
read_takeover(struct reader *r, unsigned line, void *target)
{
	struct script_client *c = target;

	if (!lua_isboolean(r->L, -1))
		fault_at(r, line, "%s: takeover must be true or false, not a "
		    "%s", r->what, luaL_typename(r->L, -1));
	c->takeover = lua_toboolean(r->L, -1) ? SCRIPT_TAKEOVER_ALWAYS
					      : SCRIPT_TAKEOVER_NEVER;
}

static void
read_quarantine(struct reader *r, unsigned line, void *target)
{
	bool pair = lua_istable(r->L, -1) && lua_rawlen(r->L, -1) == 2;
	struct script_client *c = target;
	int64_t v[2] = { 0, 0 };
	int i;

	for (i = 0; pair && i < 2; i++) {
		lua_rawgeti(r->L, -1, i + 1);
		if (lua_isinteger(r->L, -1))
			v[i] = lua_tointeger(r->L, -1);
		lua_pop(r->L, 1);
	}
	if (v[0] < 1 || v[1] < 1 || v[0] > QUARANTINE_MAX || v[1] > DAY_S)
		fault_at(r, line, "%s: quarantineLimit must be { rows, seconds "
		    "}, 1 to %d and 1 to %d", r->what, QUARANTINE_MAX, DAY_S);
	c->quarantine_rows = v[0];
	c->quarantine_seconds = v[1];
}

static void
read_logon(struct reader *r, unsigned line, void *target)
{
	struct script_client *c = target;
	size_t i;

	if (lua_istable(r->L, -1))
		out_fields(r->L, -1, r->arena, "logon", &c->logon);
	else
		fault_at(r, line, "%s: logon must be { NAME = value }",
		    r->what);
	for (i = 0; i < c->logon.n; i++)
		if (c->logon.field[i].value.type == SCRIPT_GROUP)
			fault_at(r, line, "%s: logon: %s is a list, and must "
			    "be a plain value", r->what,
			    c->logon.field[i].name);
}

#define AT(member) offsetof(struct script_client, member)

static const struct option options[] = {
	{ "dataSource", OPTION_READ, 0, 0, 0, read_data_source },
	{ "eventHandlerBuffer", OPTION_INT, AT(event_handler_buffer), 1, 100000,
	    NULL },
	{ "isReplayable", OPTION_BOOL, AT(replayable), 0, 0, NULL },
	{ "logon", OPTION_READ, 0, 0, 0, read_logon },
	{ "quarantineLimit", OPTION_READ, 0, 0, 0, read_quarantine },
	{ "receiveWarningRange", OPTION_RANGE, AT(receive_warning), 1, DAY_S,
	    NULL },
	{ "selectOn", OPTION_TEXT, AT(select_on), 0, 0, NULL },
	{ "sentWarningRange", OPTION_RANGE, AT(sent_warning), 1, DAY_S, NULL },
	{ "startAt", OPTION_READ, 0, 0, 0, read_start_at },
	{ "takeover", OPTION_READ, 0, 0, 0, read_takeover },
	{ "updateFrequency", OPTION_INT, AT(update_frequency), 10, 3600000,
	    NULL },
	{ NULL, OPTION_BOOL, 0, 0, 0, NULL },
};

/* ---- onMessage ---- */

struct block_draft {
	struct script_block b;
	const char *where_value; /* where = "VALUE" */
};

static void
read_where(struct reader *r, unsigned line, void *target)
{
	struct block_draft *d = target;

	if (lua_isfunction(r->L, -1)) {
		lua_pushvalue(r->L, -1);
		d->b.where = luaL_ref(r->L, LUA_REGISTRYINDEX);
		d->b.has_where = true;
	} else if (lua_isinteger(r->L, -1)) {
		d->where_value = read_printf(r, "%lld",
		    (long long)lua_tointeger(r->L, -1));
	} else if (lua_type(r->L, -1) == LUA_TSTRING) {
		d->where_value = read_text(r, line, "where");
	} else {
		fault_at(r, line, "%s: where must be a function, or the value "
		    "of selectOn", r->what);
	}
}

static const struct option block_options[] = {
	{ "key", OPTION_TEXT, offsetof(struct block_draft, b.key), 0, 0, NULL },
	{ "where", OPTION_READ, 0, 0, 0, read_where },
	{ NULL, OPTION_BOOL, 0, 0, 0, NULL },
};

/* The body of the block is at the top: its sends. */
static void
read_sends(struct reader *r, struct script_block *b)
{
	lua_State *L = r->L;
	struct script_send *s;
	lua_Integer i, last = 0;
	struct decl *d;

	for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1))
		if (lua_isinteger(L, -2) && lua_tointeger(L, -2) > last)
			last = lua_tointeger(L, -2);
	/* Entries may be nil, and only those that are not are there. */
	s = read_alloc(r, (size_t)(last > 1000 ? 0 : last), sizeof(*s));
	b->send = s;
	for (i = 1; i <= last && last <= 1000; i++) {
		lua_rawgeti(L, -1, i);
		d = dsl_test(L, -1);
		if (d != NULL && (d->kind == DECL_SEND ||
		    d->kind == DECL_SEND_FORMATTED)) {
			read_send(r, d, &s[b->nsend++]);
		} else {
			fault_at(r, b->line, "%s: entry [%d] is no send (it is "
			    "a %s)", r->what, (int)i, luaL_typename(L, -1));
		}
		lua_pop(L, 1);
	}
	if (b->nsend == 0)
		fault_at(r, b->line, "%s: it sends nothing", r->what);
	read_check_ids(r, b);
}

/* onMessage("X"): the key and, of a selective client, the value. */
static const char *
read_block_name(struct reader *r, const struct decl *d)
{
	const char *s = NULL;

	if (d->nargs == 0)
		return NULL;
	if (d->nargs > 1)
		fault_at(r, (unsigned)d->line, "%s: onMessage takes one text "
		    "and { ... }", r->what);
	dsl_argument(r->L, r->decl, 1);
	if (lua_isinteger(r->L, -1))
		s = read_printf(r, "%lld", (long long)lua_tointeger(r->L, -1));
	else
		s = read_text(r, (unsigned)d->line, "onMessage's key");
	lua_pop(r->L, 1);
	return s;
}

/* The declaration at the top. */
static void
read_block(struct reader *r, const struct script_client *c, struct decl *d,
    struct script_block *b)
{
	struct block_draft draft = { .b = { .where = LUA_NOREF } };
	const char *name, *what = r->what;
	int decl = r->decl;

	r->decl = lua_gettop(r->L);
	d->used = true;
	draft.b.line = (unsigned)d->line;
	name = read_block_name(r, d);
	r->what = read_printf(r, "%s, onMessage%s%s", what,
	    name == NULL ? "" : " ", name == NULL ? "" : name);
	if (d->body) {
		dsl_body(r->L, r->decl);
		read_options(r, block_options, NULL, true, &draft);
		read_sends(r, &draft.b);
		lua_pop(r->L, 1);
	} else {
		fault_at(r, draft.b.line, "%s is not finished: { ... } is "
		    "missing behind it", r->what);
	}
	*b = draft.b;
	if (c->select_on != NULL)
		b->value = draft.where_value != NULL ? draft.where_value : name;
	else if (draft.where_value != NULL)
		fault_at(r, b->line, "%s: where may be a value only if the "
		    "client has selectOn", r->what);
	if (c->select_on != NULL && b->value == NULL)
		fault_at(r, b->line, "%s: the client has selectOn = \"%s\", so "
		    "onMessage needs a value: onMessage(\"VALUE\")", r->what,
		    c->select_on);
	if (b->key == NULL)
		b->key = name != NULL ? name : b->value;
	r->what = what;
	r->decl = decl;
}

static void
check_keys(struct reader *r, struct script_client *c, struct script_block *b)
{
	size_t i, k;

	if (c->nblock == 1 && b->key == NULL)
		b->key = c->name;
	for (i = 0; i < c->nblock; i++) {
		read_check_name(r, b[i].line, "key", b[i].key);
		if (b[i].key == NULL)
			fault_at(r, b[i].line, "%s has several onMessage, so "
			    "each needs a key: onMessage(\"KEY\")", r->what);
		for (k = 0; k < i; k++)
			if (b[i].key != NULL && b[k].key != NULL &&
			    strcmp(b[i].key, b[k].key) == 0)
				fault_at(r, b[i].line, "%s: two onMessage have "
				    "the key \"%s\" (first on line %u)",
				    r->what, b[i].key, b[k].line);
	}
}

/* The body of the client is at the top: its blocks. */
static void
read_blocks(struct reader *r, struct script_client *c)
{
	lua_State *L = r->L;
	lua_Integer i, last = 0;
	struct script_block *b;
	struct decl *d;

	for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1))
		if (lua_isinteger(L, -2) && lua_tointeger(L, -2) > last)
			last = lua_tointeger(L, -2);
	b = read_alloc(r, (size_t)(last > 1000 ? 0 : last), sizeof(*b));
	c->block = b;
	for (i = 1; i <= last && last <= 1000; i++) {
		lua_rawgeti(L, -1, i);
		d = dsl_test(L, -1);
		if (d != NULL && d->kind == DECL_ON_MESSAGE)
			read_block(r, c, d, &b[c->nblock++]);
		else
			fault_at(r, c->line, "%s: entry [%d] is no onMessage "
			    "(it is a %s)", r->what, (int)i,
			    luaL_typename(L, -1));
		lua_pop(L, 1);
	}
	if (c->nblock == 0)
		fault_at(r, c->line, "%s: it has no onMessage", r->what);
	check_keys(r, c, b);
}

/* ---- the client ---- */

static void
read_client_body(struct reader *r, const struct decl *d,
    struct script_client *c)
{
	if (d->nargs > 1) {
		dsl_argument(r->L, r->decl, 2);
		if (lua_istable(r->L, -1))
			read_options(r, options, NULL, false, c);
		else
			fault_at(r, c->line, "%s: the second argument must be "
			    "{ options }", r->what);
		lua_pop(r->L, 1);
	}
	if (!d->body)
		return;
	dsl_body(r->L, r->decl);
	read_options(r, options, NULL, true, c);
	if (!c->replayable && c->start != SCRIPT_START_NONE)
		fault_at(r, c->line, "%s: with isReplayable = false it always "
		    "begins live: startAt has no meaning", r->what);
	if (c->process == NULL)
		fault_at(r, c->line, "%s: dataSource = { \"PROCESS\", "
		    "\"STREAM\" } is missing", r->what);
	read_blocks(r, c);
	lua_pop(r->L, 1);
}

/* The declaration at r->decl. */
static void
read_client(struct reader *r, const struct decl *d, struct script_client *c)
{
	memset(c, 0, sizeof(*c));
	c->line = (unsigned)d->line;
	c->replayable = true;
	c->event_handler_buffer = 50;
	c->update_frequency = 2000;
	c->sent_warning = c->receive_warning = (struct script_range){ 5, 60 };
	c->quarantine_rows = 100;
	c->quarantine_seconds = 60;
	r->what = "streamerClient";
	c->name = read_argument(r, 1, "name");
	if (c->name == NULL)
		return;
	read_check_name(r, c->line, "the name", c->name);
	r->what = read_printf(r, "streamerClient %s", c->name);
	read_client_body(r, d, c);
}

static void
check_names(struct reader *r, const struct script_clients *out, size_t n)
{
	const struct script_client *c = &out->client[n];
	size_t i;

	for (i = 0; i < n && c->name != NULL; i++)
		if (out->client[i].name != NULL &&
		    strcmp(out->client[i].name, c->name) == 0)
			fault_at(r, c->line, "streamerClient %s is declared "
			    "twice (first on line %u)", c->name,
			    out->client[i].line);
}

static int
read_all(lua_State *L)
{
	struct clients_reader *cr = lua_touserdata(L, 1);
	struct script_clients *out = cr->out;
	struct reader *r = &cr->r;
	struct decl *d;
	int i, n;

	read_processes(r, DECL_PROCESS, true, &out->process, &out->nprocess);
	read_processes(r, DECL_LISTEN, false, &out->listen, &out->nlisten);
	read_roles(r, false, &out->role, &out->nrole);
	r->process = out->process;
	r->nprocess = out->nprocess;
	n = read_count(r, DECL_CLIENT, DECL_CLIENT);
	out->client = read_alloc(r, (size_t)n, sizeof(*out->client));
	for (i = 0; i < n; i++) {
		d = read_push(r, DECL_CLIENT, DECL_CLIENT, i);
		read_client(r, d, &out->client[i]);
		check_names(r, out, (size_t)i);
		lua_settop(L, r->decl - 1);
	}
	out->nclient = (size_t)n;
	read_unfinished(r);
	return 0;
}

static int
read_one(lua_State *L)
{
	struct clients_reader *cr = lua_touserdata(L, 1);
	const struct script_client *first = &cr->out->client[cr->index];
	struct decl *d = read_push(&cr->r, DECL_CLIENT, DECL_CLIENT, cr->index);

	if (d != NULL)
		read_client(&cr->r, d, &cr->client);
	if (d == NULL || cr->client.name == NULL ||
	    strcmp(cr->client.name, first->name) != 0)
		fault_at(&cr->r, first->line, "streamerClient %s is not "
		    "declared each time that the file is run", first->name);
	return 0;
}

static void
finish(struct clients_reader *cr, struct script_code *code)
{
	struct script_client *c = &cr->out->client[cr->index];
	size_t i, k;

	*c = cr->client;
	c->code = code;
	code->line = (int)c->line;
	/* The arena's own, written before they were const. */
	for (i = 0; i < c->nblock; i++)
		for (k = 0; k < c->block[i].nsend; k++)
			((struct script_send *)(uintptr_t)
			    &c->block[i].send[k])->code = code;
}

struct loaded {
	struct script_clients c; /* first */
	struct arena arena;
};

static void
load_clients(struct clients_reader *cr)
{
	struct script_code *code = read_run(&cr->r, "", read_all);
	char what[128];
	size_t i;

	script_code_free(code);
	for (i = 0; i < cr->out->nclient && cr->r.nfault == 0 &&
	    !cr->r.no_memory; i++) {
		cr->index = (int)i;
		snprintf(what, sizeof(what), "streamerClient %s",
		    cr->out->client[i].name);
		code = read_run(&cr->r, what, read_one);
		if (code != NULL)
			finish(cr, code);
	}
}

int
script_load_clients(struct script_clients **out, const char *path,
    const char *text, size_t len, const struct script_limits *limits,
    struct buf *faults)
{
	struct loaded *l = calloc(1, sizeof(*l));
	struct clients_reader cr = { .index = -1 };
	int err;

	if (l == NULL)
		return FG_ENOMEM;
	cr.out = &l->c;
	path = read_path(&l->arena, path);
	err = path == NULL
	    ? FG_ENOMEM
	    : read_begin(&cr.r, path, text, len, limits, &l->arena, WORDS);
	if (err == 0) {
		load_clients(&cr);
		err = read_end(&cr.r, faults);
	}
	if (err != 0) {
		script_clients_free(&l->c);
		return err;
	}
	*out = &l->c;
	return 0;
}

void
script_clients_free(struct script_clients *c)
{
	struct loaded *l = (struct loaded *)c;
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < c->nclient; i++)
		script_code_free(c->client[i].code);
	arena_free(&l->arena);
	free(l);
}
