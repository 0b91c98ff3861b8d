/* streams.c: a streamer's file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "script/read.h"

#define WORDS                                                                  \
	(1u << DECL_PROCESS | 1u << DECL_LISTEN | 1u << DECL_ROLE |            \
	    1u << DECL_STREAM |                                                \
	    1u << DECL_FIX_STREAM | 1u << DECL_VIEW)
#define FIX_TABLE  "FIX_IN"
#define FIX_COLUMN "FIX_DATA"
#define JOINS_MAX  16 /* of a view; a gateway takes no more */

/* A stream as its declaration says. */
struct draft {
	struct script_stream s;
	const char *table; /* "PROCESS.TABLE" */
	int where, on_parsing_error;
	struct script_out to_row;
};

struct streams_reader {
	struct reader r; /* first: Lua gets a pointer to it */
	struct script_streams *out;
	int index; /* of the stream to read, -1: all, to check them */
	struct draft draft;
};

static void
read_to_row(struct reader *r, unsigned line, void *target)
{
	struct draft *d = target;

	if (!lua_isfunction(r->L, -1)) {
		fault_at(r, line, "%s: toRow must be a function, not a %s",
		    r->what, luaL_typename(r->L, -1));
		return;
	}
	if (d->to_row.field != NULL)
		fault_at(r, line, "%s: it may have fields or toRow, not both",
		    r->what);
	lua_pushvalue(r->L, -1);
	d->to_row.function = luaL_ref(r->L, LUA_REGISTRYINDEX);
}

#define AT(member) offsetof(struct draft, member)

static const struct option options[] = {
	{ "admin", OPTION_BOOL, AT(s.admin), 0, 0, NULL },
	{ "batchSize", OPTION_INT, AT(s.batch_size), 1, 100000, NULL },
	{ "fields", OPTION_FIELDS, AT(to_row), 0, 0, NULL },
	{ "logoffTimeout", OPTION_INT, AT(s.logoff_timeout), 1, 86400000,
	    NULL },
	{ "maxLogons", OPTION_INT, AT(s.max_logons), 1, 10000, NULL },
	{ "terminateOnError", OPTION_BOOL, AT(s.terminate_on_error), 0, 0,
	    NULL },
	{ "toRow", OPTION_READ, 0, 0, 0, read_to_row },
	{ "where", OPTION_FUNCTION, AT(where), 0, 0, NULL },
	{ NULL, OPTION_BOOL, 0, 0, 0, NULL },
};

static const struct option fix_options[] = {
	{ "column", OPTION_TEXT, AT(s.column), 0, 0, NULL },
	{ "onParsingError", OPTION_FUNCTION, AT(on_parsing_error), 0, 0,
	    NULL },
	{ "table", OPTION_TEXT, AT(table), 0, 0, NULL },
	{ NULL, OPTION_BOOL, 0, 0, 0, NULL },
};

/* "PROCESS.TABLE", or "TABLE" if there is only one process. */
static void
read_source(struct reader *r, unsigned line, const char *text,
    const char **process, const char **table)
{
	const char *point = strchr(text, '.');

	if (point != NULL) {
		*process = read_printf(r, "%.*s", (int)(point - text), text);
		*table = point + 1;
		if (**table == '\0' || point == text)
			fault_at(r, line, "%s: \"%s\" names no table", r->what,
			    text);
		else
			read_process(r, line, *process);
		return;
	}
	*table = text;
	if (r->nprocess == 1)
		*process = r->process[0].name;
	else if (r->nprocess == 0)
		fault_at(r, line, "%s: no process(\"NAME\", \"ADDRESS\") is "
		    "declared to read %s of", r->what, text);
	else
		fault_at(r, line, "%s: say of which process: \"%s.%s\"",
		    r->what, r->process[0].name, text);
}

static void
read_body(struct reader *r, const struct decl *decl, struct draft *d)
{
	dsl_body(r->L, r->decl);
	if (d->s.fix) {
		read_options(r, options, fix_options, false, d);
		read_options(r, fix_options, options, false, d);
	} else {
		read_options(r, options, NULL, false, d);
	}
	lua_pop(r->L, 1);
	if (d->table != NULL)
		read_source(r, (unsigned)decl->line, d->table, &d->s.process,
		    &d->s.table);
}

/* The declaration at r->decl. */
static void
read_stream(struct reader *r, const struct decl *decl, struct draft *d)
{
	memset(d, 0, sizeof(*d));
	d->where = d->on_parsing_error = d->to_row.function = LUA_NOREF;
	d->s.line = (unsigned)decl->line;
	d->s.fix = decl->kind == DECL_FIX_STREAM;
	d->s.batch_size = SCRIPT_BATCH_SIZE;
	d->s.max_logons = SCRIPT_MAX_LOGONS;
	d->s.logoff_timeout = SCRIPT_LOGOFF_TIMEOUT;
	d->s.terminate_on_error = true;
	r->what = dsl_word(decl->kind);
	d->s.name = read_argument(r, 1, "name");
	if (d->s.name == NULL)
		return;
	read_check_name(r, d->s.line, "the name", d->s.name);
	r->what = read_printf(r, "%s %s", dsl_word(decl->kind), d->s.name);
	if (!d->s.fix) {
		d->table = read_argument(r, 2, "table");
	} else {
		d->table = FIX_TABLE;
		d->s.column = FIX_COLUMN;
		if (decl->nargs > 1)
			d->s.msg_type = read_argument(r, 2, "message type");
	}
	if (decl->nargs > 2)
		fault_at(r, d->s.line, "%s: it takes two texts and { ... }",
		    r->what);
	if (decl->body)
		read_body(r, decl, d);
}

/* ---- views ---- */

static void
read_join(struct reader *r, unsigned line, void *target);

struct view_draft {
	struct script_view v;
	const char *from;
};

static const struct option view_options[] = {
	{ "from", OPTION_TEXT, offsetof(struct view_draft, from), 0, 0, NULL },
	{ "join", OPTION_READ, 0, 0, 0, read_join },
	{ NULL, OPTION_BOOL, 0, 0, 0, NULL },
};

static const struct option join_options[] = {
	{ "on", OPTION_TEXT, offsetof(struct script_join, on), 0, 0, NULL },
	{ "table", OPTION_TEXT, offsetof(struct script_join, table), 0, 0,
	    NULL },
	{ NULL, OPTION_BOOL, 0, 0, 0, NULL },
};

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct script_join *)a)->name,
	    ((const struct script_join *)b)->name);
}

static void
read_join(struct reader *r, unsigned line, void *target)
{
	struct view_draft *d = target;
	struct script_join *j;
	lua_State *L = r->L;

	if (!lua_istable(L, -1)) {
		fault_at(r, line, "%s: join must be { NAME = { table = ..., "
		    "on = ... } }", r->what);
		return;
	}
	for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1))
		d->v.njoin++;
	j = read_alloc(r, d->v.njoin, sizeof(*j));
	d->v.join = j;
	for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1), j++) {
		j->name = "";
		if (lua_type(L, -2) != LUA_TSTRING || !lua_istable(L, -1)) {
			fault_at(r, line, "%s: join must be { NAME = { table "
			    "= ..., on = ... } }", r->what);
			continue;
		}
		j->name = read_printf(r, "%s", lua_tostring(L, -2));
		read_options(r, join_options, NULL, false, j);
		if (j->table == NULL || j->on == NULL)
			fault_at(r, line, "%s: join %s needs table and on",
			    r->what, j->name);
	}
	qsort((void *)(uintptr_t)d->v.join, d->v.njoin, sizeof(*j), by_name);
}

static void
check_joins(struct reader *r, const struct script_view *v)
{
	if (v->njoin == 0)
		fault_at(r, v->line, "%s: join = { NAME = { table = ..., on = "
		    "... } } is missing", r->what);
	else if (v->njoin > JOINS_MAX)
		fault_at(r, v->line, "%s: it joins %zu tables, and may join "
		    "%d", r->what, v->njoin, JOINS_MAX);
}

static void
read_views(struct reader *r, struct script_streams *out)
{
	int i, n = read_count(r, DECL_VIEW, DECL_VIEW);
	struct view_draft d;
	struct decl *decl;

	out->view = read_alloc(r, (size_t)n, sizeof(*out->view));
	for (i = 0; i < n; i++) {
		decl = read_push(r, DECL_VIEW, DECL_VIEW, i);
		memset(&d, 0, sizeof(d));
		d.v.line = (unsigned)decl->line;
		r->what = "view";
		d.v.name = read_argument(r, 1, "name");
		read_check_name(r, d.v.line, "the name", d.v.name);
		if (d.v.name != NULL && decl->body) {
			r->what = read_printf(r, "view %s", d.v.name);
			dsl_body(r->L, r->decl);
			read_options(r, view_options, NULL, false, &d);
			lua_pop(r->L, 1);
			if (d.from == NULL)
				fault_at(r, d.v.line, "%s: from = \"TABLE\" is "
				    "missing", r->what);
			else
				read_source(r, d.v.line, d.from, &d.v.process,
				    &d.v.table);
			if (d.from != NULL)
				check_joins(r, &d.v);
		}
		out->view[out->nview++] = d.v;
		lua_settop(r->L, r->decl - 1);
	}
}

/* ---- the file ---- */

static void
check_names(struct reader *r, const struct script_streams *out, size_t n)
{
	const struct script_stream *s = &out->stream[n];
	size_t i;

	for (i = 0; i < n && s->name != NULL; i++)
		if (out->stream[i].name != NULL &&
		    strcmp(out->stream[i].name, s->name) == 0)
			fault_at(r, s->line, "stream %s is declared twice "
			    "(first on line %u)", s->name,
			    out->stream[i].line);
}

/* Everything, to find all faults. */
static int
read_all(lua_State *L)
{
	struct streams_reader *sr = lua_touserdata(L, 1);
	struct script_streams *out = sr->out;
	struct reader *r = &sr->r;
	struct decl *decl;
	int i, n;

	read_processes(r, DECL_PROCESS, false, &out->process, &out->nprocess);
	r->process = out->process;
	r->nprocess = out->nprocess;
	read_processes(r, DECL_LISTEN, false, &out->listen, &out->nlisten);
	read_roles(r, true, &out->role, &out->nrole);
	read_views(r, out);
	n = read_count(r, DECL_STREAM, DECL_FIX_STREAM);
	out->stream = read_alloc(r, (size_t)n, sizeof(*out->stream));
	for (i = 0; i < n; i++) {
		decl = read_push(r, DECL_STREAM, DECL_FIX_STREAM, i);
		read_stream(r, decl, &sr->draft);
		out->stream[i] = sr->draft.s;
		check_names(r, out, (size_t)i);
		lua_settop(L, r->decl - 1);
	}
	out->nstream = (size_t)n;
	read_unfinished(r);
	return 0;
}

static int
read_one(lua_State *L)
{
	struct streams_reader *sr = lua_touserdata(L, 1);
	const struct script_stream *first = &sr->out->stream[sr->index];
	struct decl *decl;

	decl = read_push(&sr->r, DECL_STREAM, DECL_FIX_STREAM, sr->index);
	if (decl != NULL)
		read_stream(&sr->r, decl, &sr->draft);
	if (decl == NULL || sr->draft.s.name == NULL ||
	    strcmp(sr->draft.s.name, first->name) != 0)
		fault_at(&sr->r, first->line, "stream %s is not declared each "
		    "time that the file is run", first->name);
	return 0;
}

static bool
is_formatted(const struct format *f)
{
	return f->mask != NULL || f->function != LUA_NOREF;
}

static void
finish(struct streams_reader *sr, struct script_code *c)
{
	struct draft *d = &sr->draft;
	struct script_stream *s = &sr->out->stream[sr->index];
	const char **name, **source;
	size_t i;

	*s = d->s;
	s->code = c;
	s->has_where = d->where != LUA_NOREF;
	s->has_to_row = d->to_row.function != LUA_NOREF;
	c->message_column = s->column;
	c->msg_type = s->msg_type;
	c->line = (int)s->line;
	c->where = d->where;
	c->on_parsing_error = d->on_parsing_error;
	c->to_row = d->to_row;
	if (d->to_row.field == NULL)
		return;
	name = arena_alloc(sr->r.arena, d->to_row.nfield, sizeof(*name));
	source = arena_alloc(sr->r.arena, d->to_row.nfield, sizeof(*source));
	if (name == NULL || source == NULL) {
		sr->r.no_memory = true;
		return;
	}
	for (i = 0; i < d->to_row.nfield; i++) {
		name[i] = d->to_row.field[i].name;
		source[i] = is_formatted(&d->to_row.field[i].format) ? NULL :
		    d->to_row.field[i].source;
	}
	s->column_out = name;
	s->source_out = source;
	s->ncolumn_out = d->to_row.nfield;
}

struct loaded {
	struct script_streams s; /* first */
	struct arena arena;
};

static void
load_streams(struct streams_reader *sr)
{
	struct script_code *c = read_run(&sr->r, "", read_all);
	char what[128];
	size_t i;

	script_code_free(c);
	for (i = 0; i < sr->out->nstream && sr->r.nfault == 0 &&
	    !sr->r.no_memory; i++) {
		sr->index = (int)i;
		snprintf(what, sizeof(what), "stream %s",
		    sr->out->stream[i].name);
		c = read_run(&sr->r, what, read_one);
		if (c != NULL)
			finish(sr, c);
	}
}

int
script_load_streams(struct script_streams **out, const char *path,
    const char *text, size_t len, const struct script_limits *limits,
    struct buf *faults)
{
	struct loaded *l = calloc(1, sizeof(*l));
	struct streams_reader sr = { .index = -1 };
	int err;

	if (l == NULL)
		return FG_ENOMEM;
	sr.out = &l->s;
	path = read_path(&l->arena, path);
	err = path == NULL
	    ? FG_ENOMEM
	    : read_begin(&sr.r, path, text, len, limits, &l->arena, WORDS);
	if (err == 0) {
		load_streams(&sr);
		err = read_end(&sr.r, faults);
	}
	if (err != 0) {
		script_streams_free(&l->s);
		return err;
	}
	*out = &l->s;
	return 0;
}

void
script_streams_free(struct script_streams *s)
{
	struct loaded *l = (struct loaded *)s;
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->nstream; i++)
		script_code_free(s->stream[i].code);
	arena_free(&l->arena);
	free(l);
}
