/* rights.c: what a client may ask: role() of the files. */
#include <string.h>

#include "streamer/streamer.h"

/* What is not here needs RIGHT_ANY if it reads, else RIGHT_OPERATE. RIGHT_READ
 * is of the stream that STREAM names. */
static const struct {
	const char *type;
	enum right right;
} needs[] = {
	{ "CURSOR_GET", RIGHT_READ },
	{ "CURSOR_PUT", RIGHT_READ },
	{ "EVENT_PARK", RIGHT_READ },
	{ "QUARANTINE_DONE", RIGHT_READ },
	{ "QUARANTINE_LIST", RIGHT_READ },
	{ "QUARANTINE_PENDING", RIGHT_READ },
	{ "STREAM_LOGON", RIGHT_READ },
};

static bool
ask(const struct server_ask *a, enum right right, const char *name)
{
	struct streamer *st = a->arg;
	char text[ROLES_ERR_MAX];

	if (roles_ask(st->roles, a->conn, a->type, right, name, text))
		return true;
	server_nack(a, "NO_RIGHT", false, "%s", text);
	return false;
}

/* The table in "UUID/TABLE/INCARNATION". */
static size_t
table_in(const char *source, const char **p)
{
	*p = strchr(source, '/');
	return *p == NULL ? 0 : strcspn(++*p, "/");
}

/* SOURCE says whose rows it is about, and must not say another thing than
 * STREAM. */
static bool
is_of_stream(const struct server_ask *a, const struct stream *s)
{
	char source[SOURCE_MAX];
	const char *its, *table;
	size_t n;

	if (s == NULL || s->source[0] == '\0' ||
	    !link_find_str(a->details, "SOURCE", source, sizeof(source)))
		return true; /* it is refused for that */
	n = table_in(source, &its);
	return n == table_in(s->source, &table) &&
	    (n == 0 || memcmp(its, table, n) == 0);
}

/* The rows of one stream, or of all if none is named. */
static bool
may_read(const struct server_ask *a)
{
	struct streamer *st = a->arg;
	char name[NAME_MAX_BYTES];

	/* It shows what all clients put there. */
	if (strcmp(a->type, "QUARANTINE_LIST") == 0)
		return ask(a, RIGHT_READ, "QUARANTINE");
	if (!link_find_str(a->details, "STREAM", name, sizeof(name)))
		return ask(a, RIGHT_READ, "*");
	return ask(a, RIGHT_READ, name) &&
	    (is_of_stream(a, stream_find(st, name)) ||
	    ask(a, RIGHT_READ, "*"));
}

bool
rights_may(const struct server_ask *a, const struct server_request *r)
{
	enum right right = (r->flags & SERVER_READS) != 0 ? RIGHT_ANY :
	    RIGHT_OPERATE;
	size_t i;

	for (i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if (strcmp(needs[i].type, r->type) == 0)
			right = needs[i].right;
	if (right == RIGHT_READ && !may_read(a))
		return false;
	/* An operator's: also back. */
	if (link_find_bool(a->details, "FORCE", false))
		return ask(a, RIGHT_OPERATE, "");
	return right == RIGHT_READ || ask(a, right, "");
}

void
rights_look(struct streamer *st)
{
	char text[ROLES_ERR_MAX];
	struct logon *l, *next;
	size_t i;

	for (i = 0; i < st->nstream; i++)
		for (l = LIST_FIRST(&st->stream[i]->logons); l != NULL;
		    l = next) {
			next = LIST_NEXT(l, of_stream);
			if (!roles_ask(st->roles, l->conn, "STREAM_LOGON",
			    RIGHT_READ, st->stream[i]->script->name, text))
				logon_fail(l, "NO_RIGHT", false, text);
		}
}
