/* logon.c: a client at a stream, from STREAM_LOGON to STREAM_LOGOFF. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/near.h"
#include "log/log.h"
#include "streamer/streamer.h"

/* Those of a connection; made with its first. */
struct peer {
	struct logons logons;
};

static struct streamer *
streamer_of(const struct logon *l)
{
	return l->stream->up->st;
}

/* ---- life ---- */

static void
logon_free(struct logon *l)
{
	struct stream *s = l->stream;

	upstream_untail(l);
	LIST_REMOVE(l, of_stream);
	LIST_REMOVE(l, of_peer);
	s->nlogon--;
	if (s->nlogon == 0)
		timer_set(s->look, MONO_NEVER);
	arena_free(&l->arena);
	free(l);
}

static void
log_off(struct logon *l, const char *why)
{
	if (l->acked)
		log_event(LOG_LEVEL_INFO, "client-logged-off", NULL,
		    "stream %s: client %s logged off after row %" PRIu64 ": %s",
		    l->stream->script->name, l->client, l->upto, why);
	logon_free(l);
}

/* The logon is over, and the client is told. */
static void
end(struct logon *l, const char *code, bool retry, const char *text)
{
	struct link_out *o;

	o = server_begin(streamer_of(l)->server, "STREAM_END", l->ref);
	link_map(o, 3);
	link_key_str(o, "CODE", code);
	link_key_str(o, "TEXT", text);
	link_key_bool(o, "RETRY", retry);
	server_done(l->conn);
	log_off(l, text);
}

void
logon_fail(struct logon *l, const char *code, bool retry, const char *text)
{
	struct server_ask a;

	if (l->acked) {
		end(l, code, retry, text);
		return;
	}
	a = server_ask_later(l->conn, "STREAM_LOGON", l->ref);
	server_nack(&a, code, retry, "%s", text);
	logon_free(l);
}

void
logon_closed(void *arg, struct server_conn *sc)
{
	struct peer *p = server_data(sc);
	struct logon *l;

	(void)arg;
	if (p == NULL)
		return;
	while ((l = LIST_FIRST(&p->logons)) != NULL)
		log_off(l, "its connection was closed");
	free(p);
	server_set_data(sc, NULL);
}

void
logon_look(struct stream *s)
{
	struct logon *l, *next;

	for (l = LIST_FIRST(&s->logons); l != NULL; l = next) {
		next = LIST_NEXT(l, of_stream);
		if (server_is_left(l->conn))
			logon_fail(l, "CLIENT_GONE", true, "the client has "
			    "hung up or missed a heartbeat");
	}
}

bool
logon_feed(void *arg, struct server_conn *sc)
{
	struct peer *p = server_data(sc);
	struct logon *l;

	(void)arg;
	if (p != NULL)
		LIST_FOREACH(l, &p->logons, of_peer)
			upstream_feed(l);
	return false;
}

/* ---- STREAM_LOGON ---- */

/* A text of 1 to 127 bytes without control characters. */
static bool
read_name(const struct link_val *details, const char *key,
    char out[NAME_MAX_BYTES])
{
	const char *p;

	if (!link_find_str(details, key, out, NAME_MAX_BYTES) ||
	    out[0] == '\0')
		return false;
	for (p = out; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			return false;
	return true;
}

static bool
read_from(struct logon *l, const struct link_val *v)
{
	static const char *const names[] = { "beginning", "live", "resume" };
	static const enum from froms[] = { FROM_BEGINNING, FROM_LIVE,
		FROM_RESUME };
	const char *p;
	size_t i, n;

	for (i = 0; i < 3; i++)
		if (link_get_str(v, &p, &n) && strlen(names[i]) == n &&
		    memcmp(names[i], p, n) == 0) {
			l->from = froms[i];
			return true;
		}
	return false;
}

/* NULL: they were read; else what is wrong. */
static const char *
read_start(struct logon *l, const struct link_val *details)
{
	const struct link_val *from = link_find(details, "FROM");
	const struct link_val *after = link_find(details, "AFTER");
	const struct link_val *time = link_find(details, "TIME");

	if ((from != NULL) + (after != NULL) + (time != NULL) != 1)
		return "one of FROM, AFTER and TIME says where to begin";
	if (from != NULL && !read_from(l, from))
		return "FROM must be resume, beginning or live";
	if (after != NULL && !link_get_u64(after, &l->at))
		return "AFTER must be a sequence";
	if (time != NULL && !link_get_u64(time, &l->at))
		return "TIME must be in nanoseconds since 1970";
	if (after == NULL && time != NULL)
		l->from = FROM_TIME;
	return NULL;
}

static const char *
read_logon(struct logon *l, const struct link_val *details)
{
	const struct link_val *fields = link_find(details, "FIELDS");
	const struct link_val *take = link_find(details, "TAKEOVER");
	const struct link_val *source = link_find(details, "SOURCE");
	const struct link_val *credit = link_find(details, "CREDIT");
	bool yes;

	if (!read_name(details, "CLIENT", l->client))
		return "CLIENT must be a name of 1 to 127 bytes";
	if (link_find(details, "KEY") == NULL)
		strcpy(l->key, l->client);
	else if (!read_name(details, "KEY", l->key))
		return "KEY must be a name of 1 to 127 bytes";
	if (source != NULL && !link_find_str(details, "SOURCE", l->source,
	    sizeof(l->source)))
		return "SOURCE must be the text that says whose the rows are";
	if (fields != NULL && (link_kind(fields) != LINK_MAP ||
	    row_fields_copy(&l->arena, fields, &l->fields) != 0))
		return "FIELDS must be a map of names and plain values";
	if (take != NULL) {
		if (!link_get_bool(take, &yes))
			return "TAKEOVER must be true or false";
		l->take = yes;
		l->keep = !yes;
	}
	if (credit != NULL && link_kind(credit) != LINK_NIL &&
	    !link_get_u64(credit, &l->credit))
		return "CREDIT must be a number of rows";
	return read_start(l, details);
}

static struct stream *
find_stream(const struct server_ask *a)
{
	struct streamer *st = a->arg;
	char name[NAME_MAX_BYTES];
	struct stream *s = NULL;
	struct near near;
	size_t i;

	if (!read_name(a->details, "STREAM", name)) {
		server_nack(a, "BAD_REQUEST", false,
		    "STREAM must be the name of a stream");
		return NULL;
	}
	s = stream_find(st, name);
	if (s != NULL)
		return s;
	near_start(&near, name, strlen(name));
	for (i = 0; i < st->nstream; i++)
		near_try(&near, st->stream[i]->script->name);
	if (near.best != NULL)
		server_nack(a, "NO_STREAM", false, "there is no stream %s (did "
		    "you mean %s?)", name, near.best);
	else
		server_nack(a, "NO_STREAM", false, "there is no stream %s",
		    name);
	return NULL;
}

static struct logon *
find_logon(const struct server_conn *sc, uint64_t ref)
{
	struct peer *p = server_data(sc);
	struct logon *l;

	if (p == NULL)
		return NULL;
	LIST_FOREACH(l, &p->logons, of_peer)
		if (l->ref == ref)
			return l;
	return NULL;
}

/* May it be served now? false: a NACK was sent. */
static bool
check_stream(const struct server_ask *a, const struct stream *s,
    const struct logon *l)
{
	const char *trouble = upstream_trouble(s->up);

	if (s->ended)
		server_nack(a, "STREAM_ENDED", false, "%s (terminateOnError); "
		    "mend the script and send the streamer SIGHUP", s->why);
	else if (trouble != NULL)
		server_nack(a, "SOURCE_DOWN", true, "%s at %s, which has the "
		    "rows: %s", s->up->process->name, s->up->process->address,
		    trouble);
	else if (s->fresh)
		server_nack(a, "SOURCE_DOWN", true, "%s has not said yet "
		    "whether it has %s", s->up->process->name, s->table);
	else if (s->missing)
		server_nack(a, "NO_TABLE", false, "%s", s->why);
	else if (l->source[0] != '\0' && s->source[0] != '\0' &&
	    strcmp(l->source, s->source) != 0)
		server_nack(a, "SOURCE_CHANGED", false, "the rows now are of "
		    "%s, not of %s: the sequences of one mean nothing for the "
		    "other", s->source, l->source);
	else
		return true;
	return false;
}

/* One of the same name is logged on: who stays? false: that one; a NACK was
 * sent. */
static bool
take_over(const struct server_ask *a, struct stream *s, const struct logon *l)
{
	struct logon *other;

	LIST_FOREACH(other, &s->logons, of_stream)
		if (strcmp(other->client, l->client) == 0)
			break;
	if (other == NULL)
		return true;
	if (!l->take && (l->keep || !server_is_left(other->conn))) {
		server_nack(a, "CLIENT_LOGGED_ON", true, "client %s is logged "
		    "on to %s from %s; with TAKEOVER true its place is taken",
		    l->client, s->script->name, server_peer(other->conn));
		return false;
	}
	log_event(LOG_LEVEL_WARN, "client-fenced", NULL, "stream %s: client "
	    "%s: a new connection, %s, takes its place", s->script->name,
	    l->client, server_peer(a->conn));
	logon_fail(other, "FENCED", false, "a new connection of this client "
	    "has taken its place");
	return true;
}

static struct peer *
peer_of(struct server_conn *sc)
{
	struct peer *p = server_data(sc);

	if (p == NULL) {
		p = calloc(1, sizeof(*p));
		server_set_data(sc, p);
	}
	return p;
}

static void
drop(struct logon *l)
{
	arena_free(&l->arena);
	free(l);
}

/* Of all streams of a process: each is a tail there. */
static size_t
count_tails(const struct upstream *u)
{
	const struct streamer *st = u->st;
	size_t i, n = 0;

	for (i = 0; i < st->nstream; i++)
		if (st->stream[i]->up == u)
			n += st->stream[i]->nlogon;
	return n;
}

/* false: a NACK was sent. */
static bool
admit(const struct server_ask *a, struct stream *s, const struct logon *l)
{
	if (find_logon(a->conn, a->ref) != NULL) {
		server_nack(a, "BAD_REQUEST", false,
		    "this SOURCE_REF is that of a logon already");
		return false;
	}
	if (!check_stream(a, s, l) || !take_over(a, s, l))
		return false;
	if (s->nlogon >= (size_t)s->script->max_logons)
		server_nack(a, "MAX_LOGONS", true, "%zu clients are logged on "
		    "to %s, and more are not allowed (maxLogons)", s->nlogon,
		    s->script->name);
	else if (count_tails(s->up) >= UPSTREAM_TAILS)
		server_nack(a, "MAX_LOGONS", true, "%d clients are logged on "
		    "to streams of %s, and more are not possible",
		    UPSTREAM_TAILS, s->up->process->name);
	else
		return true;
	return false;
}

void
logon_begin(const struct server_ask *a)
{
	struct stream *s = find_stream(a);
	struct logon *l;
	struct peer *p;
	const char *bad;

	if (s == NULL)
		return;
	l = calloc(1, sizeof(*l));
	p = peer_of(a->conn);
	if (l == NULL || p == NULL) {
		free(l);
		server_nack(a, "MAX_LOGONS", true, "%s",
		    fg_strerror(FG_ENOMEM));
		return;
	}
	bad = read_logon(l, a->details);
	if (bad != NULL)
		server_nack(a, "BAD_REQUEST", false, "%s", bad);
	if (bad != NULL || !admit(a, s, l)) {
		drop(l);
		return;
	}
	l->stream = s;
	l->conn = a->conn;
	l->ref = a->ref;
	LIST_INSERT_HEAD(&s->logons, l, of_stream);
	LIST_INSERT_HEAD(&p->logons, l, of_peer);
	if (s->nlogon++ == 0)
		stream_arm(s);
	if (l->from == FROM_RESUME)
		upstream_cursor(l);
	else
		upstream_tail(l);
}

/* ---- the tail is open ---- */

static void
put_columns(struct link_out *o, const struct stream *s)
{
	const struct script_stream *script = s->script;
	bool all = s->form == FORM_ROW;
	size_t i, n = all ? s->in.n : script->ncolumn_out;

	link_str(o, "COLUMNS");
	link_array(o, (uint32_t)n);
	for (i = 0; i < n; i++) {
		link_array(o, 2);
		link_str(o, all ? s->in.name[i] : script->column_out[i]);
		link_str(o, row_type_text(all ? s->in.type[i]
		    : s->out_type[i]));
	}
}

static void
acknowledge(struct logon *l)
{
	const struct stream *s = l->stream;
	bool maps = s->form == FORM_MAP || (s->form == FORM_ROW && s->maps);
	struct link_out *o;

	o = server_begin(streamer_of(l)->server, "STREAM_LOGON_ACK", l->ref);
	link_map(o, 5 + !maps + (l->token != 0));
	link_key_str(o, "STREAM", s->script->name);
	link_key_str(o, "SOURCE", l->source);
	link_key_u64(o, "AFTER", l->upto);
	link_key_u64(o, "OLDEST", l->oldest);
	link_key_u64(o, "VISIBLE", l->visible);
	if (!maps)
		put_columns(o, s);
	if (l->token != 0)
		link_key_u64(o, "TOKEN", l->token);
	server_done(l->conn);
	l->acked = true;
	l->shape = s->shape;
	l->since = loop_now(streamer_of(l)->loop).wall;
	log_event(LOG_LEVEL_INFO, "client-logged-on", NULL,
	    "stream %s: client %s (%s) logged on after row %" PRIu64
	    " of %" PRIu64, s->script->name, l->client, server_peer(l->conn),
	    l->upto, l->visible);
}

bool
logon_is_other(struct logon *l, bool surely)
{
	const struct stream *s = l->stream;
	char text[TEXT_MAX];

	if (!surely && (l->source[0] == '\0' || s->source[0] == '\0' ||
	    strcmp(l->source, s->source) == 0))
		return false;
	snprintf(text, sizeof(text), "the rows now are of %s, not of %s",
	    s->source, l->source);
	logon_fail(l, "SOURCE_CHANGED", false, text);
	return true;
}

void
logon_opened(struct logon *l, const struct link_val *ack)
{
	struct stream *s = l->stream;
	uint64_t after = link_find_u64(ack, "AFTER", 0);

	stream_table(s, ack, link_find(ack, "COLUMNS"), true);
	if (s->missing) {
		logon_fail(l, "NO_TABLE", false, s->why);
		return;
	}
	if (l->source[0] == '\0')
		strcpy(l->source, s->source);
	if (logon_is_other(l, l->acked && after != l->upto))
		return;
	if (l->acked && l->shape != s->shape) {
		logon_fail(l, "COLUMNS_CHANGED", true, "the table has other "
		    "columns now: log on again to learn them");
		return;
	}
	l->oldest = s->oldest;
	l->visible = s->visible;
	l->state = LOGON_ON;
	if (!l->acked) {
		l->upto = after;
		l->more = l->upto < l->visible;
		acknowledge(l);
	}
	upstream_feed(l);
}

/* ---- requests of who is logged on ---- */

static struct logon *
find_asked(const struct server_ask *a)
{
	struct logon *l = find_logon(a->conn, a->ref);

	if (l == NULL)
		server_nack(a, "BAD_REQUEST", false,
		    "no logon with this SOURCE_REF is there");
	return l;
}

/* The feed that follows each request takes it to the tail. */
void
logon_credit(const struct server_ask *a)
{
	struct logon *l = find_asked(a);
	uint64_t rows = link_find_u64(a->details, "ROWS", 0);

	if (l != NULL)
		l->credit = rows > UINT64_MAX - l->credit ? UINT64_MAX
		    : l->credit + rows;
}

void
logon_logoff(const struct server_ask *a)
{
	struct logon *l = find_asked(a);

	if (l == NULL)
		return;
	log_off(l, "as it asked");
	server_ack(a, "");
}
