/*
 * roles.c: role("NAME") { ... }: who may do what at the addresses of listen().
 */
#include <string.h>

#include "script/read.h"

#define LIST_MAX 500 /* bytes of a list */

struct draft {
	struct script_role role;
	const char **certificate;
};

/* The item at the top as text; NULL, with a fault, if it is none. */
static const char *
read_item(struct reader *r, unsigned line, const char *name, bool numbers)
{
	if (numbers && lua_isinteger(r->L, -1))
		return read_printf(r, "%lld",
		    (long long)lua_tointeger(r->L, -1));
	return read_text(r, line, name);
}

/* Is it one item of a list with commas? Else a fault. */
static bool
is_item(struct reader *r, unsigned line, const char *name, const char *s)
{
	if (strchr(s, ',') == NULL && s[0] != ' ' && s[0] != '\t' &&
	    s[strlen(s) - 1] != ' ' && s[strlen(s) - 1] != '\t')
		return true;
	fault_at(r, line, "%s: %s: \"%.60s\" is not one name: write "
	    "{ \"A\", \"B\" } for several", r->what, name, s);
	return false;
}

/* "A", or { "A", "B" } at the top, as "A,B". */
static const char *
read_list(struct reader *r, unsigned line, const char *name, bool numbers)
{
	lua_State *L = r->L;
	lua_Integer i, n;
	const char *list = NULL, *s;

	if (!lua_istable(L, -1)) {
		s = read_item(r, line, name, numbers);
		return s != NULL && is_item(r, line, name, s) ? s : NULL;
	}
	n = (lua_Integer)lua_rawlen(L, -1);
	if (n == 0)
		fault_at(r, line, "%s: %s: the list is empty", r->what, name);
	for (i = 1; i <= n; i++) {
		lua_rawgeti(L, -1, i);
		s = read_item(r, line, name, numbers);
		lua_pop(L, 1);
		if (s == NULL || !is_item(r, line, name, s))
			return NULL;
		if (list != NULL && strlen(list) + strlen(s) > LIST_MAX) {
			fault_at(r, line, "%s: %s: the list is longer than %d "
			    "bytes", r->what, name, LIST_MAX);
			return NULL;
		}
		list = list == NULL ? s : read_printf(r, "%s,%s", list, s);
	}
	return list;
}

static void
read_users(struct reader *r, unsigned line, void *target)
{
	struct draft *d = target;

	d->role.users = read_list(r, line, "users", true);
}

static void
read_streams(struct reader *r, unsigned line, void *target)
{
	struct draft *d = target;

	d->role.read = read_list(r, line, "read", false);
}

/* A name may hold anything, so these are no list with commas. */
static void
read_certificates(struct reader *r, unsigned line, void *target)
{
	struct draft *d = target;
	lua_State *L = r->L;
	bool many = lua_istable(L, -1);
	size_t i, n = many ? (size_t)lua_rawlen(L, -1) : 1;

	d->certificate = read_alloc(r, n + 1, sizeof(*d->certificate));
	if (n == 0)
		fault_at(r, line, "%s: certificates: the list is empty",
		    r->what);
	for (i = 0; i < n; i++) {
		if (many)
			lua_rawgeti(L, -1, (lua_Integer)i + 1);
		d->certificate[i] = read_text(r, line, "certificates");
		if (many)
			lua_pop(L, 1);
	}
}

#define AT(member) offsetof(struct draft, member)

static const struct option options[] = {
	{ "certificates", OPTION_READ, 0, 0, 0, read_certificates },
	{ "operate", OPTION_BOOL, AT(role.operate), 0, 0, NULL },
	{ "users", OPTION_READ, 0, 0, 0, read_users },
	{ NULL, OPTION_BOOL, 0, 0, 0, NULL },
};

/* Of a streamer's file. */
static const struct option stream_options[] = {
	{ "read", OPTION_READ, 0, 0, 0, read_streams },
	{ NULL, OPTION_BOOL, 0, 0, 0, NULL },
};

static void
read_role(struct reader *r, const struct decl *decl, bool streams,
    struct draft *d)
{
	r->what = "role";
	d->role.name = read_argument(r, 1, "name");
	if (d->role.name == NULL || !decl->body)
		return;
	r->what = read_printf(r, "role %s", d->role.name);
	dsl_body(r->L, r->decl);
	read_options(r, options, streams ? stream_options : NULL, false, d);
	if (streams)
		read_options(r, stream_options, options, false, d);
	lua_pop(r->L, 1);
	if (d->role.users == NULL && d->certificate == NULL)
		fault_at(r, d->role.line, "%s: nobody has it: write users = "
		    "\"NAME\", or certificates = \"NAME\" for links over TLS",
		    r->what);
	d->role.certificate = d->certificate;
}

void
read_roles(struct reader *r, bool streams, const struct script_role **list,
    size_t *n)
{
	int i, count = read_count(r, DECL_ROLE, DECL_ROLE);
	struct script_role *role;
	const struct decl *decl;
	struct draft d;

	*list = role = read_alloc(r, (size_t)count, sizeof(*role));
	for (i = 0; i < count; i++) {
		decl = read_push(r, DECL_ROLE, DECL_ROLE, i);
		d = (struct draft){ .role = { .line = (unsigned)decl->line,
			.read = "none" } };
		read_role(r, decl, streams, &d);
		role[i] = d.role;
		lua_settop(r->L, r->decl - 1);
	}
	*n = (size_t)count;
}
