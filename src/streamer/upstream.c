/*
 * upstream.c: the processes that have the tables, and a tail at them for each
 * logon.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "log/log.h"
#include "streamer/streamer.h"

#define HEARTBEAT_S  5
#define WINDOW_START 16 /* rows of a new tail until their size is known */

/* ---- tables ---- */

static const struct link_val *
find_table(const struct link_val *list, const char *key, const char *name)
{
	const struct link_val *v, *text;
	const char *p;
	size_t i, n;

	for (i = 0; i < link_count(list); i++) {
		v = link_at(list, i);
		if (link_kind(v) != LINK_MAP)
			continue;
		text = link_find(v, key);
		if (link_get_str(text, &p, &n) && strlen(name) == n &&
		    memcmp(name, p, n) == 0)
			return v;
	}
	return NULL;
}

void
upstream_go_on(struct upstream *u)
{
	struct streamer *st = u->st;
	struct logon *l, *next;
	size_t i;

	for (i = 0; i < st->nstream; i++) {
		if (st->stream[i]->up != u)
			continue;
		for (l = LIST_FIRST(&st->stream[i]->logons); l != NULL;
		    l = next) {
			next = LIST_NEXT(l, of_stream);
			if (l->state == LOGON_WAITING)
				upstream_tail(l);
		}
	}
}

static void
on_tables(void *arg, const struct link_msg *m)
{
	struct upstream *u = arg;
	struct streamer *st = u->st;
	const struct link_val *list, *v;
	struct stream *s;
	size_t i;

	if (m == NULL)
		return;
	list = link_find(m->details, u->gateway ? "TABLES" : "STREAMS");
	if (list == NULL || link_kind(list) != LINK_ARRAY) {
		log_event(LOG_LEVEL_WARN, "process", NULL, "%s at %s: its %s "
		    "cannot be read: it is no gateway or streamer, or of "
		    "another version", u->process->name, u->process->address,
		    m->type);
		return;
	}
	for (i = 0; i < st->nstream; i++) {
		s = st->stream[i];
		if (s->up != u)
			continue;
		v = find_table(list, u->gateway ? "TABLE" : "STREAM",
		    s->table);
		if (v == NULL)
			stream_no_table(s);
		else
			stream_table(s, v, s->view != NULL ? NULL :
			    link_find(v, "COLUMNS"), false);
		stream_view(s, list);
		if ((!u->ready || s->fresh) && s->dicts != NULL)
			rowdicts_up(s->dicts, s->source);
		s->fresh = false;
	}
	u->ready = true;
	upstream_go_on(u);
}

void
upstream_look(struct upstream *u)
{
	struct link_out *o;

	if (!remote_is_up(u->remote))
		return;
	o = remote_ask(u->remote, u->gateway ? "TABLES" : "STREAM_LIST",
	    on_tables, u, NULL);
	if (o == NULL)
		return;
	link_map(o, 0);
	remote_end(u->remote);
}

const char *
upstream_trouble(const struct upstream *u)
{
	if (!remote_is_up(u->remote))
		return remote_trouble(u->remote);
	return u->ready ? NULL : "it has not said yet which tables it has";
}

/* ---- tails ---- */

/* Where the client wants to begin. */
static void
put_start(struct link_out *o, const struct logon *l)
{
	if (l->acked)
		link_key_u64(o, "AFTER", l->upto);
	else if (l->from == FROM_TIME)
		link_key_u64(o, "TIME", l->at);
	else if (l->from == FROM_BEGINNING)
		link_key_str(o, "FROM", "beginning");
	else if (l->from == FROM_LIVE)
		link_key_str(o, "FROM", "live");
	else
		link_key_u64(o, "AFTER", l->at);
}

/* What the gateway is to put beside the rows of a view. */
static void
put_join(struct link_out *o, const struct script_view *v)
{
	size_t i;

	link_str(o, "JOIN");
	link_map(o, (uint32_t)v->njoin);
	for (i = 0; i < v->njoin; i++) {
		link_str(o, v->join[i].name);
		link_map(o, 2);
		link_key_str(o, "TABLE", v->join[i].table);
		link_key_str(o, "ON", v->join[i].on);
	}
}

static void
put_tail(struct link_out *o, const struct logon *l)
{
	const struct script_view *v = l->stream->view;

	link_map(o, 6 + (v != NULL));
	if (v != NULL)
		put_join(o, v);
	link_key_str(o, "TABLE", l->stream->table);
	link_key_bool(o, "ADMIN", l->stream->script->admin);
	link_key_u64(o, "CREDIT", l->granted);
	link_key_str(o, "CONSUMER", l->client);
	link_key_str(o, "STREAM", l->stream->script->name);
	put_start(o, l);
}

/* At another streamer the client is known by this streamer's name, too. */
static void
put_logon(struct link_out *o, const struct logon *l)
{
	const struct streamer *st = l->stream->up->st;
	bool take = l->acked || l->take;
	char name[START_NAME_MAX + NAME_MAX_BYTES + 1];

	link_map(o, 5 + (l->source[0] != '\0') + (l->fields.n != 0) +
	    (take || l->keep));
	link_key_str(o, "STREAM", l->stream->table);
	snprintf(name, sizeof(name), "%s/%s", st->start.name, l->client);
	link_key_str(o, "CLIENT", name);
	link_key_str(o, "KEY", l->key);
	link_key_u64(o, "CREDIT", l->granted);
	put_start(o, l);
	if (l->source[0] != '\0')
		link_key_str(o, "SOURCE", l->source);
	if (l->fields.n != 0) {
		link_str(o, "FIELDS");
		row_put_fields(o, &l->fields);
	}
	if (take || l->keep)
		link_key_bool(o, "TAKEOVER", take);
}

/* The tail is lost or refused: a client that is logged on waits for the next
 * try, unless there will be none. */
static void
no_tail(struct logon *l, const char *code, bool retry, const char *text)
{
	l->tail = 0;
	l->granted = 0;
	if (l->acked && retry)
		l->state = LOGON_WAITING;
	else
		logon_fail(l, code, retry, text);
}

static void
refused(struct logon *l, const struct link_val *details)
{
	char code[64], text[TEXT_MAX];

	if (!link_find_str(details, "CODE", code, sizeof(code)))
		strcpy(code, "BAD_REQUEST");
	if (!link_find_str(details, "TEXT", text, sizeof(text)))
		text[0] = '\0';
	no_tail(l, code, link_find_bool(details, "RETRY", false), text);
}

static void
on_tail(void *arg, const struct link_msg *m)
{
	struct logon *l = arg;

	if (m == NULL)
		no_tail(l, "SOURCE_DOWN", true, "the connection to the process "
		    "with the table was lost");
	else if (strcmp(m->type, "NACK") == 0)
		refused(l, m->details);
	else
		logon_opened(l, m->details);
}

void
upstream_tail(struct logon *l)
{
	struct upstream *u = l->stream->up;
	struct link_out *o;

	if (!u->ready) {
		no_tail(l, "SOURCE_DOWN", true, "the process with the table "
		    "is not connected");
		return;
	}
	if (logon_is_other(l, false))
		return;
	if (l->window == 0)
		l->window = WINDOW_START;
	l->granted = l->credit < l->window ? l->credit : l->window;
	l->state = LOGON_OPENING;
	o = remote_ask(u->remote, u->gateway ? "TAIL" : "STREAM_LOGON",
	    on_tail, l, &l->tail);
	if (o != NULL && u->gateway)
		put_tail(o, l);
	else if (o != NULL)
		put_logon(o, l);
	if (o == NULL || remote_end(u->remote) != 0)
		no_tail(l, "SOURCE_DOWN", true, "the process with the table "
		    "cannot be asked");
}

void
upstream_untail(struct logon *l)
{
	struct upstream *u = l->stream->up;

	remote_forget(u->remote, l);
	if (l->tail != 0 && remote_is_up(u->remote)) {
		link_map(remote_begin(u->remote, u->gateway ? "UNTAIL" :
		    "STREAM_LOGOFF", l->tail), 0);
		remote_end(u->remote);
	}
	l->tail = 0;
	l->granted = 0;
}

/* More credit is given when half of it is used: not a message for each row. */
void
upstream_feed(struct logon *l)
{
	struct upstream *u = l->stream->up;
	uint64_t want = l->credit < l->window ? l->credit : l->window;
	struct link_out *o;

	if (l->state != LOGON_ON || want == 0 || l->granted > want / 2 ||
	    server_is_full(l->conn))
		return;
	o = remote_begin(u->remote, "CREDIT", l->tail);
	link_map(o, 1);
	link_key_u64(o, "ROWS", want - l->granted);
	if (remote_end(u->remote) == 0)
		l->granted = want;
}

/* ---- cursors ---- */

/* The client goes on from where it had settled everything. */
static void
take_cursor(struct logon *l, const struct link_val *details)
{
	const struct stream *s = l->stream;
	char source[SOURCE_MAX], text[TEXT_MAX];

	if (!link_find_str(details, "STORED_SOURCE", source, sizeof(source)) ||
	    !link_get_u64(link_find(details, "SEQUENCE"), &l->at)) {
		snprintf(text, sizeof(text), "client %s, key %s has no cursor "
		    "for %s, whose rows are %llu to %llu: say where to begin",
		    l->client, l->key, s->script->name,
		    (unsigned long long)s->oldest,
		    (unsigned long long)s->visible);
		logon_fail(l, "NO_CURSOR", false, text);
		return;
	}
	if (strcmp(source, s->source) != 0) {
		snprintf(text, sizeof(text), "the cursor of client %s, key %s "
		    "is of %s, the rows now are of %s", l->client, l->key,
		    source, s->source);
		logon_fail(l, "SOURCE_CHANGED", false, text);
		return;
	}
	l->token = link_find_u64(details, "TOKEN", 0);
	upstream_tail(l);
}

static void
on_cursor(void *arg, const struct link_msg *m)
{
	struct logon *l = arg;

	if (m == NULL)
		no_tail(l, "SOURCE_DOWN", true, "the connection to the process "
		    "with the cursor was lost");
	else if (strcmp(m->type, "CURSOR_ACK") == 0)
		take_cursor(l, m->details);
	else
		refused(l, m->details);
}

void
upstream_cursor(struct logon *l)
{
	struct upstream *u = l->stream->up;
	struct link_out *o;

	l->state = LOGON_CURSOR;
	o = remote_ask(u->remote, "CURSOR_GET", on_cursor, l, NULL);
	if (o != NULL) {
		link_map(o, 3);
		link_key_str(o, "CONSUMER", l->client);
		link_key_str(o, "KEY", l->key);
		link_key_str(o, u->gateway ? "TABLE" : "STREAM",
		    l->stream->table);
	}
	if (o == NULL || remote_end(u->remote) != 0)
		no_tail(l, "SOURCE_DOWN", true, "the process with the cursor "
		    "cannot be asked");
}

/* ---- the connection ---- */

static void
on_dicts(void *arg)
{
	upstream_go_on(arg);
}

/* A gateway has one set of dictionaries; at a streamer, each stream may be of
 * another gateway. */
static void
find_dicts(struct upstream *u, struct stream *s)
{
	if (!s->script->fix)
		return;
	if (u->gateway && u->dicts == NULL)
		u->dicts = rowdicts_new(u->remote, NULL, on_dicts, u);
	if (s->dicts != NULL && s->dicts != u->dicts)
		rowdicts_free(s->dicts);
	s->dicts = u->gateway ? u->dicts :
	    rowdicts_new(u->remote, s->table, on_dicts, u);
	if (s->dicts == NULL)
		log_event(LOG_LEVEL_WARN, "dictionary", NULL, "no memory for "
		    "dictionaries: stream %s cannot be served now",
		    s->script->name);
}

void
upstream_join(struct stream *s)
{
	if (remote_is_up(s->up->remote))
		find_dicts(s->up, s);
}

static void
on_up(void *arg, const struct link_val *hello)
{
	struct upstream *u = arg;
	struct streamer *st = u->st;
	size_t i;

	u->gateway = link_find(hello, "STORE_UUID") != NULL;
	for (i = 0; i < st->nstream; i++)
		if (st->stream[i]->up == u)
			find_dicts(u, st->stream[i]);
	upstream_look(u);
}

/* Those that are being opened have been told. */
static void
on_down(void *arg, const char *why)
{
	struct upstream *u = arg;
	struct streamer *st = u->st;
	struct logon *l;
	size_t i;

	(void)why;
	u->ready = false;
	for (i = 0; i < st->nstream; i++) {
		if (st->stream[i]->up != u)
			continue;
		LIST_FOREACH(l, &st->stream[i]->logons, of_stream) {
			l->state = LOGON_WAITING;
			l->tail = 0;
			l->granted = 0;
		}
	}
}

static struct logon *
find_tail(struct upstream *u, uint64_t ref)
{
	struct streamer *st = u->st;
	struct logon *l;
	size_t i;

	for (i = 0; i < st->nstream; i++)
		if (st->stream[i]->up == u)
			LIST_FOREACH(l, &st->stream[i]->logons, of_stream)
				if (l->tail == ref && l->state == LOGON_ON)
					return l;
	return NULL;
}

/* Rows of a tail that was ended may still come. */
static void
on_message(void *arg, const struct link_msg *m)
{
	struct logon *l = m->ref == 0 ? NULL : find_tail(arg, m->ref);

	if (l == NULL)
		return;
	if (strcmp(m->type, "ROWS") == 0 ||
	    strcmp(m->type, "STREAM_ROWS") == 0)
		rows_take(l, m->details);
	else if (strcmp(m->type, "STREAM_END") == 0 ||
	    strcmp(m->type, "NACK") == 0)
		refused(l, m->details);
}

void
upstream_close(struct upstream *u)
{
	if (u == NULL)
		return;
	forward_end(u);
	rowdicts_free(u->dicts);
	remote_free(u->remote);
	free(u->process);
	free(u);
}

struct upstream *
upstream_open(struct streamer *st, const struct start_process *from)
{
	struct upstream *u = calloc(1, sizeof(*u));
	struct start_process *p = start_copy(from);
	struct remote_cfg cfg = { .loop = st->loop, .self = st->start.name,
		.role = "streamer", .heartbeat = HEARTBEAT_S, .up = on_up,
		.down = on_down, .message = on_message, .arg = u };

	if (u == NULL || p == NULL) {
		free(u);
		free(p);
		return NULL;
	}
	cfg.name = p->name;
	cfg.address = p->address;
	cfg.at = p->at;
	u->st = st;
	u->process = p;
	LIST_INIT(&u->forwards);
	u->remote = remote_new(&cfg);
	if (u->remote != NULL)
		return u;
	upstream_close(u);
	return NULL;
}
