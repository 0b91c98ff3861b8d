/* file.c: what spans sections, and what is said once for a file. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "conf/internal.h"

struct named {
	const char *text;
	const struct conf_section *s;
};

static int
compare(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int d = strcmp(x->text, y->text);

	if (d != 0)
		return d;
	return x->s->line < y->s->line ? -1 : x->s->line > y->s->line;
}

/* What tells a session from the others: an acceptor sees no qualifier. */
static const char *
identity(struct conf *c, const struct conf_section *s)
{
	static const enum conf_key keys[] = { CONF_BeginString,
		CONF_SenderCompID, CONF_SenderSubID, CONF_SenderLocationID,
		CONF_TargetCompID, CONF_TargetSubID, CONF_TargetLocationID,
		CONF_SessionQualifier };
	const struct conf_entry *e = section_find(s, CONF_ConnectionType, "");
	size_t n = sizeof(keys) / sizeof(keys[0]), i;
	struct buf b = { 0 };
	const char *kept;

	if (e != NULL && e->num == CONF_ACCEPTOR)
		n--;
	for (i = 0; i < n; i++) {
		e = section_find(s, keys[i], "");
		if (buf_printf(&b, "%s\001", e == NULL ? "" : e->value) != 0)
			c->err = FG_ENOMEM;
	}
	kept = conf_keep(c, b.p, b.len);
	buf_free(&b);
	return kept;
}

static bool
is_complete(const struct conf_section *s)
{
	return section_find(s, CONF_BeginString, "") != NULL &&
	    section_find(s, CONF_SenderCompID, "") != NULL &&
	    section_find(s, CONF_TargetCompID, "") != NULL;
}

/* Else it is made of the identity, which is looked at for itself. */
static bool
is_given(const struct conf_section *s)
{
	const struct conf_entry *e = section_find(s, CONF_SessionName, "");

	return e != NULL && e->line != 0;
}

static void
check_names(struct conf *c, struct named *list, size_t n)
{
	size_t i;

	qsort(list, n, sizeof(*list), compare);
	for (i = 1; i < n; i++)
		if (strcmp(list[i - 1].text, list[i].text) == 0 &&
		    (list[i].s->extra || (is_given(list[i - 1].s) &&
		    is_given(list[i].s))))
			fault_add(c, CONF_ERROR, list[i].s->line,
			    "SessionName=%.200s is the name of the session "
			    "%s, too: choose another", list[i].text,
			    fault_where(c, list[i - 1].s));
}

static bool
listens(const struct conf_section *s)
{
	const struct conf_entry *type, *port;

	type = section_find(s, CONF_ConnectionType, "");
	port = section_find(s, CONF_SocketAcceptPort, "");
	return type != NULL && type->num == CONF_ACCEPTOR && port != NULL &&
	    !port->bad && port->num != 0;
}

/* What comes before a Logon says whose connection it is. */
static void
check_same_start(struct conf *c, const struct conf_section *s,
    const struct conf_section *other)
{
	const struct conf_entry *a, *b;

	a = section_find(s, CONF_SocketAcceptHost, "");
	b = section_find(other, CONF_SocketAcceptHost, "");
	if (a != NULL && b != NULL && strcmp(a->value, b->value) != 0)
		return;
	a = section_good(s, CONF_UseTCPProxy);
	b = section_good(other, CONF_UseTCPProxy);
	if (a != NULL && b != NULL && a->num != b->num)
		fault_add(c, CONF_ERROR, s->line, "another UseTCPProxy than the "
		    "session %s, on the same port: write the same, or another "
		    "SocketAcceptPort", fault_where(c, other));
	if (!tls_same(s, other))
		fault_add(c, CONF_ERROR, s->line, "other settings of TLS than "
		    "the session %s, on the same port: write the same, or "
		    "another SocketAcceptPort", fault_where(c, other));
}

/* A port cannot be had on all addresses and on one of them again. */
static void
check_ports(struct conf *c, struct named *list)
{
	const struct conf_entry *one, *other;
	size_t i, n = 0;

	for (i = 0; i < c->nsessions; i++)
		if (listens(&c->session[i])) {
			list[n].s = &c->session[i];
			list[n++].text = section_find(&c->session[i],
			    CONF_SocketAcceptPort, "")->value;
		}
	qsort(list, n, sizeof(*list), compare);
	for (i = 1; i < n; i++) {
		if (strcmp(list[i - 1].text, list[i].text) == 0)
			check_same_start(c, list[i].s, list[i - 1].s);
		one = section_find(list[i - 1].s, CONF_SocketAcceptHost, "");
		other = section_find(list[i].s, CONF_SocketAcceptHost, "");
		if (strcmp(list[i - 1].text, list[i].text) == 0 &&
		    (one == NULL) != (other == NULL))
			fault_add(c, CONF_ERROR, list[i].s->line,
			    "SocketAcceptPort=%s is on %s here, and on %s for "
			    "the session %s: write the same "
			    "SocketAcceptHost for both", list[i].text,
			    other == NULL ? "all addresses" : other->value,
			    one == NULL ? "all addresses" : one->value,
			    fault_where(c, list[i - 1].s));
	}
}

static void
check_clashes(struct conf *c)
{
	struct named *list = calloc(c->nsessions + 1, sizeof(*list));
	size_t i, n = 0;

	if (list == NULL) {
		c->err = FG_ENOMEM;
		return;
	}
	for (i = 0; i < c->nsessions; i++)
		if (is_complete(&c->session[i])) {
			list[n].s = &c->session[i];
			list[n++].text = identity(c, &c->session[i]);
		}
	qsort(list, n, sizeof(*list), compare);
	for (i = 1; i < n; i++)
		if (strcmp(list[i - 1].text, list[i].text) == 0)
			fault_add(c, CONF_ERROR, list[i].s->line,
			    "the same BeginString, CompIDs and SubIDs as the "
			    "session %s: they could not be told apart",
			    fault_where(c, list[i - 1].s));
	for (i = n = 0; i < c->nsessions; i++) {
		list[n].s = &c->session[i];
		list[n++].text = c->session[i].name;
	}
	check_names(c, list, n);
	check_ports(c, list);
	free(list);
}

bool
file_has(struct conf *c, const struct conf_section *s)
{
	const char *own = identity(c, s);
	const struct conf_section *o;
	size_t i;

	for (i = 0; i < c->nsessions; i++) {
		o = &c->session[i];
		if (!o->extra && !conf_is_template(o) &&
		    (strcmp(o->name, s->name) == 0 ||
		    strcmp(identity(c, o), own) == 0))
			return true;
	}
	return false;
}

static void
report_unknown(struct conf *c)
{
	const struct conf_unknown *u;
	const char *near;
	size_t i;

	for (i = 0; i < c->nunknown; i++) {
		u = &c->unknown[i];
		if (u->used)
			continue;
		near = schema_nearest(u->name, strlen(u->name));
		if (near == NULL)
			fault_add(c, CONF_WARNING, u->line,
			    "unknown setting %.100s: it has no effect",
			    u->name);
		else
			fault_add(c, CONF_WARNING, u->line,
			    "unknown setting %.100s: it has no effect (do you "
			    "mean %s?)", u->name, near);
	}
}

static void
report_ignored(struct conf *c)
{
	size_t len = c->ignored.len;

	if (c->nignored == 0)
		return;
	/* " A, B," without the first blank and the last comma */
	fault_add(c, CONF_NOTE, c->ignored_line, "%zu setting%s of other "
	    "engines' stores, logs and threads mean%s nothing here: %.*s",
	    c->nignored, c->nignored == 1 ? "" : "s",
	    c->nignored == 1 ? "s" : "", (int)(len - 2), c->ignored.p + 1);
	if (strcasestr(c->ignored.p, " FileStorePath,") != NULL)
		fault_add(c, CONF_NOTE, c->ignored_line, "FileStorePath: "
		    "the numbers and messages kept there are not taken over: "
		    "set the session's next numbers with fixgatectl(8), or "
		    "agree on a reset");
}

void
check_file(struct conf *c)
{
	if (c->nsessions == 0)
		fault_add(c, CONF_WARNING, 0,
		    "no [SESSION]: nobody can connect");
	check_clashes(c);
	report_unknown(c);
	report_ignored(c);
}
