/* load.c: running a file, and what its declarations have in common. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "script/library.h"
#include "script/read.h"

#define MEMORY_DEFAULT     (32u << 20) /* bytes */
#define STEPS_DEFAULT      1000000
#define LOAD_STEPS_DEFAULT 10000000

const char *
read_path(struct arena *a, const char *path)
{
	size_t n = strlen(path) + 1;
	char *p = arena_alloc(a, n, 1);

	return p == NULL ? NULL : memcpy(p, path, n);
}

int
read_begin(struct reader *r, const char *path, const char *text, size_t len,
    const struct script_limits *limits, struct arena *arena, unsigned words)
{
	size_t i;

	memset(r, 0, sizeof(*r));
	r->path = path;
	r->text = text;
	r->len = len;
	r->arena = arena;
	r->words = words;
	r->what = "";
	if (limits != NULL)
		r->limits = *limits;
	if (r->limits.memory == 0)
		r->limits.memory = MEMORY_DEFAULT;
	if (r->limits.steps == 0)
		r->limits.steps = STEPS_DEFAULT;
	if (r->limits.load_steps == 0)
		r->limits.load_steps = LOAD_STEPS_DEFAULT;
	if (scan_source(&r->scan, text, len) != 0)
		return FG_ENOMEM;
	for (i = 0; i < r->scan.n; i++)
		if (r->scan.key[i].first != 0)
			fault_at(r, r->scan.key[i].line, "%.*s is given twice "
			    "in one { ... } (first on line %u)",
			    (int)r->scan.key[i].len, r->scan.key[i].name,
			    r->scan.key[i].first);
	return 0;
}

static int
by_line(const void *a, const void *b)
{
	const struct fault *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return strcmp(x->text, y->text);
}

int
read_end(struct reader *r, struct buf *faults)
{
	int err = r->no_memory ? FG_ENOMEM : r->nfault > 0 ? FG_EINVAL : 0;
	size_t i;

	if (r->nfault > 0)
		qsort(r->fault, r->nfault, sizeof(*r->fault), by_line);
	for (i = 0; i < r->nfault; i++) {
		if (buf_printf(faults, "%s:%u: %s\n", r->path,
		    r->fault[i].line, r->fault[i].text) != 0)
			err = FG_ENOMEM;
		free(r->fault[i].text);
	}
	free(r->fault);
	scan_free(&r->scan);
	return err;
}

/* The text of a syntax error, with what is the reason more often than not. */
static int
syntax_error(lua_State *L)
{
	const char *text = lua_tostring(L, -1);

	if (strstr(text, "'}' expected") != NULL &&
	    strstr(text, "near '='") == NULL)
		lua_pushfstring(L, "%s: is there a comma missing before it?",
		    text);
	return lua_error(L);
}

static int
run_file(lua_State *L)
{
	const struct reader *r = lua_touserdata(L, 1);
	char chunk[80];

	dsl_open(L, r->words);
	library_lock(L);
	snprintf(chunk, sizeof(chunk), "@%s", sandbox_of(L)->file);
	if (luaL_loadbufferx(L, r->text, r->len, chunk, "t") != LUA_OK)
		return syntax_error(L);
	library_globals(L);
	lua_setupvalue(L, -2, 1);
	lua_call(L, 0, 0);
	return 0;
}

/* "path:line: text" of the sandbox as a fault. */
static void
fault_of(struct reader *r, const struct sandbox *sb)
{
	const char *text = sb->err + strlen(r->path) + 1;
	char *end;
	unsigned line = (unsigned)strtoul(text, &end, 10);

	fault_at(r, line, "%s", end + 2);
}

struct script_code *
read_run(struct reader *r, const char *what, lua_CFunction f)
{
	struct script_limits load = r->limits;
	struct script_code *c = calloc(1, sizeof(*c));
	struct sandbox *sb;

	load.steps = load.load_steps;
	sb = c == NULL ? NULL : sandbox_new(r->path, &load);
	if (sb == NULL) {
		free(c);
		r->no_memory = true;
		return NULL;
	}
	c->sb = sb;
	c->where = c->on_parsing_error = c->to_row.function = LUA_NOREF;
	r->L = sb->L;
	if (sandbox_call(sb, run_file, r, 1, 0) != 0 ||
	    sandbox_call(sb, f, r, 1, 0) != 0) {
		fault_of(r, sb);
		script_code_free(c);
		return NULL;
	}
	snprintf(sb->what, sizeof(sb->what), "%s", what);
	sb->limits.steps = r->limits.steps;
	sb->rows = &c->rows;
	return c;
}

void
script_code_free(struct script_code *c)
{
	if (c == NULL)
		return;
	sandbox_free(c->sb);
	rows_free(&c->rows);
	arena_free(&c->out);
	free(c);
}

int
read_count(struct reader *r, enum decl_kind a, enum decl_kind b)
{
	int i, n = 0, all = dsl_count(r->L);
	const struct decl *d;

	for (i = 1; i <= all; i++) {
		d = dsl_push(r->L, i);
		n += d->kind == a || d->kind == b;
		lua_pop(r->L, 1);
	}
	return n;
}

struct decl *
read_push(struct reader *r, enum decl_kind a, enum decl_kind b, int i)
{
	int k, all = dsl_count(r->L);
	struct decl *d;

	for (k = 1; k <= all; k++) {
		d = dsl_push(r->L, k);
		if ((d->kind == a || d->kind == b) && i-- == 0) {
			r->decl = lua_gettop(r->L);
			return d;
		}
		lua_pop(r->L, 1);
	}
	return NULL;
}

static bool
address_ok(const char *address, bool exec)
{
	static const char *const schemes[] = { "unix:", "tcp:", "tls:",
		"exec:" };
	size_t i, n;

	for (i = 0; i < (exec ? 4 : 3); i++) {
		n = strlen(schemes[i]);
		if (strncmp(address, schemes[i], n) == 0)
			return address[n] != '\0';
	}
	return false;
}

void
read_processes(struct reader *r, enum decl_kind kind, bool exec,
    const struct script_process **list, size_t *n)
{
	int i, count = read_count(r, kind, kind);
	struct script_process *p;
	const struct decl *d;
	size_t k;

	*list = p = read_alloc(r, (size_t)count, sizeof(*p));
	*n = 0;
	for (i = 0; i < count; i++) {
		d = read_push(r, kind, kind, i);
		r->what = dsl_word(kind);
		p->line = (unsigned)d->line;
		if (kind == DECL_PROCESS)
			p->name = read_argument(r, 1, "name");
		p->address = read_argument(r, kind == DECL_PROCESS ? 2 : 1,
		    "address");
		lua_pop(r->L, 1);
		if (p->address == NULL ||
		    (kind == DECL_PROCESS && p->name == NULL))
			continue;
		if (!address_ok(p->address, exec))
			fault_at(r, p->line, "%s: \"%s\" is no address of the "
			    "form unix:PATH, tcp:HOST:PORT%s", r->what,
			    p->address, exec
			    ? ", tls:HOST:PORT or exec:COMMAND"
			    : " or tls:HOST:PORT");
		for (k = 0; kind == DECL_PROCESS && k < *n; k++)
			if (strcmp((*list)[k].name, p->name) == 0)
				fault_at(r, p->line, "process %s is declared "
				    "twice (first on line %u)", p->name,
				    (*list)[k].line);
		p++;
		++*n;
	}
}

void
read_unfinished(struct reader *r)
{
	int i, n = dsl_count(r->L);
	const struct decl *d;

	for (i = 1; i <= n; i++) {
		d = dsl_push(r->L, i);
		lua_pop(r->L, 1);
		switch (d->kind) {
		case DECL_ROLE:
		case DECL_STREAM:
		case DECL_FIX_STREAM:
		case DECL_VIEW:
		case DECL_CLIENT:
			if (!d->body)
				fault_at(r, (unsigned)d->line, "%s is not "
				    "finished: { ... } is missing behind it",
				    dsl_word(d->kind));
			break;
		case DECL_ON_MESSAGE:
		case DECL_SEND:
		case DECL_SEND_FORMATTED:
			if (!d->used)
				fault_at(r, (unsigned)d->line, "%s stands in "
				    "no %s", dsl_word(d->kind),
				    d->kind == DECL_ON_MESSAGE
				    ? "streamerClient"
				    : "onMessage");
			break;
		case DECL_PROCESS:
		case DECL_LISTEN:
		case DECL_KINDS:
			break;
		}
	}
}
