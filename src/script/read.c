#include "script/read.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/near.h"

#define TEXT_MAX   512
#define LINK_NAME_MAX 127 /* bytes, see fixgate-link(7) */
#define FAULTS_MAX 200 /* nobody reads on */

void
fault_at(struct reader *r, unsigned line, const char *fmt, ...)
{
	char text[TEXT_MAX];
	struct fault *f;
	va_list ap;
	size_t i, cap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (r->nfault == FAULTS_MAX)
		return;
	/* The file is run once for each of its streams. */
	for (i = 0; i < r->nfault; i++)
		if (r->fault[i].line == line &&
		    strcmp(r->fault[i].text, text) == 0)
			return;
	if (r->nfault == r->cap) {
		cap = r->cap == 0 ? 16 : r->cap * 2;
		f = realloc(r->fault, cap * sizeof(*f));
		if (f == NULL) {
			r->no_memory = true;
			return;
		}
		r->fault = f;
		r->cap = cap;
	}
	f = &r->fault[r->nfault];
	f->line = line;
	f->text = strdup(text);
	if (f->text == NULL)
		r->no_memory = true;
	else
		r->nfault++;
}

void *
read_alloc(struct reader *r, size_t n, size_t size)
{
	return out_alloc(r->L, r->arena, n, size);
}

const char *
read_printf(struct reader *r, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return strcpy(read_alloc(r, strlen(text) + 1, 1), text);
}

static unsigned
decl_line(struct reader *r)
{
	const struct decl *d = lua_touserdata(r->L, r->decl);

	return (unsigned)d->line;
}

unsigned
read_line(struct reader *r, const char *name)
{
	return scan_line(&r->scan, name, decl_line(r));
}

const char *
read_text(struct reader *r, unsigned line, const char *name)
{
	const char *s;
	size_t n;

	if (lua_type(r->L, -1) != LUA_TSTRING) {
		fault_at(r, line, "%s: %s must be a text, not a %s", r->what,
		    name, luaL_typename(r->L, -1));
		return NULL;
	}
	s = lua_tolstring(r->L, -1, &n);
	if (n == 0 || strlen(s) != n) {
		fault_at(r, line, "%s: %s is empty or holds a NUL", r->what,
		    name);
		return NULL;
	}
	return strcpy(read_alloc(r, n + 1, 1), s);
}

void
read_check_name(struct reader *r, unsigned line, const char *name,
    const char *text)
{
	const char *p = text == NULL ? "" : text;

	while ((unsigned char)*p >= ' ' && *p != 0x7f)
		p++;
	if (*p != '\0')
		fault_at(r, line, "%s: %s may not have control characters",
		    r->what, name);
	else if (text != NULL && strlen(text) > LINK_NAME_MAX)
		fault_at(r, line, "%s: %s is longer than %d bytes", r->what,
		    name, LINK_NAME_MAX);
}

const char *
read_argument(struct reader *r, int i, const char *name)
{
	const struct decl *d = lua_touserdata(r->L, r->decl);
	const char *s = NULL;

	if (i > d->nargs) {
		fault_at(r, decl_line(r), "%s: the %s is missing", r->what,
		    name);
		return NULL;
	}
	dsl_argument(r->L, r->decl, i);
	s = read_text(r, decl_line(r), name);
	lua_pop(r->L, 1);
	return s;
}

bool
read_process(struct reader *r, unsigned line, const char *name)
{
	struct near near;
	size_t i;

	near_start(&near, name, strlen(name));
	for (i = 0; i < r->nprocess; i++) {
		if (strcmp(r->process[i].name, name) == 0)
			return true;
		near_try(&near, r->process[i].name);
	}
	if (near.best == NULL)
		fault_at(r, line, "%s: there is no process(\"%s\", ...)",
		    r->what, name);
	else
		fault_at(r, line, "%s: there is no process(\"%s\", ...) (did "
		    "you mean %s?)", r->what, name, near.best);
	return false;
}

/* ---- fields ---- */

/* { "COLUMN", as = "NAME", prefix = "P_", format = "0.00" or function } */
static void
read_long_field(struct reader *r, unsigned line, struct projected *p)
{
	static const char *const names[] = { "as", "format", "prefix", NULL };
	lua_State *L = r->L;
	const char *prefix = NULL;
	int i;

	lua_rawgeti(L, -1, 1);
	p->source = read_text(r, line, "a field's column");
	lua_pop(L, 1);
	p->name = p->source;
	for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
		if (lua_isinteger(L, -2) && lua_tointeger(L, -2) == 1)
			continue;
		for (i = 0; names[i] != NULL; i++)
			if (lua_type(L, -2) == LUA_TSTRING &&
			    strcmp(lua_tostring(L, -2), names[i]) == 0)
				break;
		if (names[i] == NULL)
			fault_at(r, line, "%s: a field may have as, prefix and "
			    "format besides its column", r->what);
		else if (i == 0)
			p->name = read_text(r, line, "as");
		else if (i == 2)
			prefix = read_text(r, line, "prefix");
		else if (lua_isfunction(L, -1)) {
			lua_pushvalue(L, -1);
			p->format.function = luaL_ref(L, LUA_REGISTRYINDEX);
		} else {
			p->format.mask = read_text(r, line, "format");
		}
	}
	if (p->format.mask != NULL && !format_valid(p->format.mask))
		fault_at(r, line, "%s: \"%s\" is no format for numbers or "
		    "times", r->what, p->format.mask);
	if (prefix != NULL && p->name != NULL)
		p->name = read_printf(r, "%s%s", prefix, p->name);
}

static void
read_positional(struct reader *r, unsigned line, struct projected *p)
{
	if (lua_istable(r->L, -1)) {
		read_long_field(r, line, p);
	} else {
		p->source = read_text(r, line, "a field");
		p->name = p->source;
	}
}

static int
by_name(const void *a, const void *b)
{
	const struct projected *x = a, *y = b;

	return strcmp(x->name == NULL ? "" : x->name,
	    y->name == NULL ? "" : y->name);
}

static void
same_names(struct reader *r, unsigned line, const struct script_out *out)
{
	size_t i, k;

	for (i = 0; i < out->nfield; i++)
		for (k = 0; k < i; k++)
			if (out->field[i].name != NULL &&
			    out->field[k].name != NULL &&
			    strcmp(out->field[i].name,
				out->field[k].name) == 0)
				fault_at(r, line, "%s: two fields are called "
				    "%s", r->what, out->field[i].name);
}

/* The largest integer key: a hole ends Lua's own length. */
static size_t
last_index(lua_State *L)
{
	lua_Integer last = 0;

	for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1))
		if (lua_isinteger(L, -2) && lua_tointeger(L, -2) > last)
			last = lua_tointeger(L, -2);
	return (size_t)last;
}

/* Positional fields come first, in their order; those with a name of their own
 * follow by name, for Lua keeps no order of them. */
void
read_fields(struct reader *r, unsigned line, struct script_out *out)
{
	lua_State *L = r->L;
	size_t all = 0, i, last;
	struct projected *p;

	if (!lua_istable(L, -1)) {
		fault_at(r, line, "%s: the fields must be a { list }, not a %s",
		    r->what, luaL_typename(L, -1));
		return;
	}
	for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1))
		all++;
	last = last_index(L);
	if (all == 0 || last > all) {
		fault_at(r, line, "%s: the list of fields %s", r->what,
		    all == 0 ? "is empty" : "holds a nil");
		return;
	}
	out->field = p = read_alloc(r, all, sizeof(*p));
	out->nfield = all;
	for (i = 0; i < all; i++)
		p[i].format.function = LUA_NOREF;
	for (i = 1; i <= last; i++, p++) {
		lua_rawgeti(L, -1, (lua_Integer)i);
		read_positional(r, line, p);
		lua_pop(L, 1);
	}
	for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
		if (lua_isinteger(L, -2))
			continue;
		read_positional(r, line, p);
		lua_pushvalue(L, -2);
		p->name = read_text(r, line, "a field's name");
		lua_pop(L, 1);
		p++;
	}
	qsort(out->field + last, all - last, sizeof(*p), by_name);
	same_names(r, line, out);
}

/* ---- options ---- */

static void
wrong_type(struct reader *r, unsigned line, const char *name,
    const char *expected)
{
	fault_at(r, line, "%s: %s must be %s, not a %s", r->what, name,
	    expected, luaL_typename(r->L, -1));
}

static void
read_int(struct reader *r, unsigned line, const struct option *o, int64_t *to)
{
	int64_t v;

	if (!lua_isinteger(r->L, -1)) {
		wrong_type(r, line, o->name, "a whole number");
		return;
	}
	v = lua_tointeger(r->L, -1);
	if (v < o->min || v > o->max)
		fault_at(r, line, "%s: %s must be %lld to %lld, not %lld",
		    r->what, o->name, (long long)o->min, (long long)o->max,
		    (long long)v);
	*to = v;
}

static void
read_range(struct reader *r, unsigned line, const struct option *o,
    struct script_range *to)
{
	int64_t v[2] = { 0, 0 };
	int i, ok = lua_istable(r->L, -1) && lua_rawlen(r->L, -1) == 2;

	for (i = 0; ok && i < 2; i++) {
		lua_rawgeti(r->L, -1, i + 1);
		ok = lua_isinteger(r->L, -1);
		v[i] = lua_tointeger(r->L, -1);
		lua_pop(r->L, 1);
	}
	if (!ok || v[0] < o->min || v[1] > o->max || v[0] > v[1])
		fault_at(r, line, "%s: %s must be { low, high } between %lld "
		    "and %lld", r->what, o->name, (long long)o->min,
		    (long long)o->max);
	to->low = v[0];
	to->high = v[1];
}

/* The value at the top. */
static void
read_option(struct reader *r, const struct option *o, void *target)
{
	unsigned line = read_line(r, o->name);
	void *to = (char *)target + o->offset;

	switch (o->type) {
	case OPTION_BOOL:
		if (lua_isboolean(r->L, -1))
			*(bool *)to = lua_toboolean(r->L, -1);
		else
			wrong_type(r, line, o->name, "true or false");
		break;
	case OPTION_INT:
		read_int(r, line, o, to);
		break;
	case OPTION_TEXT:
		*(const char **)to = read_text(r, line, o->name);
		break;
	case OPTION_FUNCTION:
		if (!lua_isfunction(r->L, -1)) {
			wrong_type(r, line, o->name, "a function");
			break;
		}
		lua_pushvalue(r->L, -1);
		*(int *)to = luaL_ref(r->L, LUA_REGISTRYINDEX);
		break;
	case OPTION_RANGE:
		read_range(r, line, o, to);
		break;
	case OPTION_FIELDS:
		read_fields(r, line, to);
		break;
	case OPTION_READ:
		o->read(r, line, target);
		break;
	}
}

static const struct option *
find_option(const struct option *o, const char *name, struct near *near)
{
	for (; o != NULL && o->name != NULL; o++) {
		if (strcmp(o->name, name) == 0)
			return o;
		near_try(near, o->name);
	}
	return NULL;
}

void
read_options(struct reader *r, const struct option *options,
    const struct option *other, bool list, void *target)
{
	lua_State *L = r->L;
	const struct option *o;
	struct near near;
	const char *name;
	size_t n;

	for (o = options; o->name != NULL; o++) {
		lua_pushstring(L, o->name);
		if (lua_rawget(L, -2) != LUA_TNIL)
			read_option(r, o, target);
		lua_pop(L, 1);
	}
	for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
		if (lua_type(L, -2) != LUA_TSTRING) {
			if (!list)
				fault_at(r, decl_line(r), "%s: there is a "
				    "value without a name", r->what);
			continue;
		}
		name = lua_tolstring(L, -2, &n);
		near_start(&near, name, n);
		if (find_option(options, name, &near) != NULL ||
		    find_option(other, name, &near) != NULL)
			continue;
		if (near.best == NULL)
			fault_at(r, read_line(r, name), "%s: there is no "
			    "option \"%s\"", r->what, name);
		else
			fault_at(r, read_line(r, name), "%s: there is no "
			    "option \"%s\" (did you mean %s?)", r->what, name,
			    near.best);
	}
}
