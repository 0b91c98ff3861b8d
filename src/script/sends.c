/* sends.c: send() and sendFormatted() of a client's file. */
#include <string.h>

#include "script/read.h"

#define AGE_MAX (365 * 86400) /* s */

static void
read_handler_down(struct reader *r, unsigned line, void *target)
{
	struct script_send *s = target;
	const char *v = lua_type(r->L, -1) == LUA_TSTRING
	    ? lua_tostring(r->L, -1)
	    : "";

	s->park = strcmp(v, "park") == 0;
	if (!s->park && strcmp(v, "wait") != 0)
		fault_at(r, line, "%s: onHandlerDown must be \"wait\" or "
		    "\"park\"", r->what);
}

static const struct option send_options[] = {
	{ "age", OPTION_INT, offsetof(struct script_send, age), 0, AGE_MAX,
	    NULL },
	{ "id", OPTION_TEXT, offsetof(struct script_send, id), 0, 0, NULL },
	{ "laneOn", OPTION_TEXT, offsetof(struct script_send, lane_on), 0, 0,
	    NULL },
	{ "onHandlerDown", OPTION_READ, 0, 0, 0, read_handler_down },
	{ NULL, OPTION_BOOL, 0, 0, 0, NULL },
};

/* What follows target and event: a function or the fields, and options. */
static void
read_send_rest(struct reader *r, const struct decl *d, struct script_send *s)
{
	bool fields = d->kind == DECL_SEND_FORMATTED;
	int i;

	if (fields && d->nargs < 3)
		fault_at(r, s->line, "%s: the list of fields is missing",
		    r->what);
	for (i = 3; i <= d->nargs; i++) {
		dsl_argument(r->L, r->decl, i);
		if (fields && i == 3)
			read_fields(r, s->line, s->how);
		else if (lua_istable(r->L, -1))
			read_options(r, send_options, NULL, false, s);
		else if (!fields && lua_isfunction(r->L, -1) &&
		    s->how->function == LUA_NOREF) {
			lua_pushvalue(r->L, -1);
			s->how->function =
			    luaL_ref(r->L, LUA_REGISTRYINDEX);
		} else {
			fault_at(r, s->line, "%s: argument %d is a %s", r->what,
			    i, luaL_typename(r->L, -1));
		}
		lua_pop(r->L, 1);
	}
}

/* They would end the connection, or be answered never. */
static bool
is_of_links(const char *event)
{
	return strcmp(event, "HELLO") == 0 || strcmp(event, "GOODBYE") == 0 ||
	    strcmp(event, "HEARTBEAT") == 0;
}

void
read_send(struct reader *r, struct decl *d, struct script_send *s)
{
	const char *what = r->what;
	int decl = r->decl;

	r->decl = lua_gettop(r->L);
	d->used = true;
	s->line = (unsigned)d->line;
	s->age = -1;
	s->how = read_alloc(r, 1, sizeof(*s->how));
	s->how->function = LUA_NOREF;
	r->what = read_printf(r, "%s: %s", what, dsl_word(d->kind));
	s->process = read_argument(r, 1, "process");
	s->event = read_argument(r, 2, "event");
	if (s->process != NULL)
		read_process(r, s->line, s->process);
	if (s->event != NULL && is_of_links(s->event))
		fault_at(r, s->line, "%s: %s is a message of the link itself",
		    r->what, s->event);
	read_send_rest(r, d, s);
	if (s->id == NULL && s->process != NULL && s->event != NULL)
		s->id = read_printf(r, "%s/%s", s->process, s->event);
	read_check_name(r, s->line, "id", s->id);
	if (s->id != NULL && s->id[0] == '#')
		fault_at(r, s->line, "%s: an id may not begin with #",
		    r->what);
	r->what = what;
	r->decl = decl;
}

/* A send with laneOn has lanes id/VALUE. */
static bool
may_be_lane(const struct script_send *s, const char *id)
{
	size_t n = s->id == NULL ? 0 : strlen(s->id);

	return s->lane_on != NULL && n > 0 && id != NULL &&
	    strncmp(id, s->id, n) == 0 && id[n] == '/';
}

void
read_check_ids(struct reader *r, const struct script_block *b)
{
	size_t i, k;

	for (i = 0; i < b->nsend; i++)
		for (k = 0; k < i; k++)
			if (b->send[i].id != NULL && b->send[k].id != NULL &&
			    strcmp(b->send[i].id, b->send[k].id) == 0)
				fault_at(r, b->send[i].line, "%s: two sends "
				    "have the id \"%s\": give them id = "
				    "\"...\"", r->what, b->send[i].id);
	for (i = 0; i < b->nsend; i++)
		for (k = 0; k < b->nsend; k++)
			if (may_be_lane(&b->send[i], b->send[k].id))
				fault_at(r, b->send[k].line, "%s: the id "
				    "\"%s\" is what a lane of the send \"%s\" "
				    "may be called: give it another one",
				    r->what, b->send[k].id, b->send[i].id);
}
