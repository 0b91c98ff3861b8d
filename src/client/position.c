/* position.c: where a client is: CURSOR_GET, where one without a cursor begins,
 * CURSOR_PUT. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "client/client.h"
#include "log/log.h"

#define PUT_EVERY (NS_PER_S / 2)
#define PUT_AGAIN (5 * NS_PER_S) /* while rows are not settled */

/* The table of a source "UUID/TABLE/INCARNATION". */
static void
table_of(const char *source, char *out, size_t cap)
{
	const char *p = strchr(source, '/');

	if (p == NULL)
		p = source;
	else
		p++;
	snprintf(out, cap, "%.*s", (int)strcspn(p, "/"), p);
}

/* What a NACK says about it. */
static void
refused(struct client *c, const struct link_msg *m, const char *what)
{
	struct nack n;

	nack_read(m, &n);
	client_fail(c, "%s: %s: %s", what, n.code, n.text);
}

/* ---- CURSOR_GET ---- */

static void
take_acked(struct block *b, const struct link_val *map)
{
	size_t i, len, n;
	const char *key;
	struct acked *a;
	uint64_t seq;

	free(b->acked);
	b->acked = NULL;
	b->nacked = 0;
	if (map == NULL || link_kind(map) != LINK_MAP)
		return;
	n = link_count(map);
	b->acked = must(calloc(n + 1, sizeof(*b->acked)));
	for (i = 0; i < n; i++) {
		if (!link_get_u64(link_map_at(map, i, &key, &len), &seq) ||
		    key == NULL || len > NAME_MAX_BYTES)
			continue;
		a = &b->acked[b->nacked++];
		memcpy(a->name, key, len);
		a->name[len] = '\0';
		a->seq = seq;
	}
}

/* false: it cannot be used, and c was told. */
static bool
take_cursor(struct block *b, const struct link_msg *m)
{
	struct client *c = b->client;
	char source[SOURCE_MAX] = "", stored[SOURCE_MAX] = "", table[64];

	(void)link_find_str(m->details, "SOURCE", source, sizeof(source));
	(void)link_find_str(m->details, "STORED_SOURCE", stored,
	    sizeof(stored));
	b->token = link_find_u64(m->details, "TOKEN", 0);
	b->has_cursor = link_get_u64(link_find(m->details, "SEQUENCE"),
	    &b->cursor);
	take_acked(b, link_find(m->details, "ACKED"));
	if (source[0] == '\0') {
		client_fail(c, "CURSOR_ACK of stream %s has no SOURCE",
		    c->script->stream);
		return false;
	}
	table_of(source, table, sizeof(table));
	if (b->has_cursor && strcmp(source, stored) != 0) {
		client_fail(c, "the cursor (key %s) is one of %s, but the "
		    "rows are %s now: they are not the ones that it counted. "
		    "Say where to go on: fixgatectl cursor set %s %s %s "
		    "SEQUENCE", b->script->key, stored, source,
		    c->script->name, b->script->key, table);
		return false;
	}
	if (!b->has_cursor && c->script->start == SCRIPT_START_NONE) {
		client_fail(c, "it has no cursor (key %s) in stream %s, and so "
		    "does not start: give it startAt = \"live\", \"beginning\", "
		    "a sequence or a time (%s:%u), or fixgatectl cursor set "
		    "%s %s %s SEQUENCE", b->script->key, c->script->stream,
		    c->file, c->script->line, c->script->name, b->script->key,
		    table);
		return false;
	}
	snprintf(c->asked_source, sizeof(c->asked_source), "%s", source);
	return true;
}

/* Nobody else puts the cursor while the client runs: it is where it was put last,
 * or was about to be, or a person has moved it. */
static bool
is_moved(const struct block *b, uint64_t at)
{
	return at != b->put && at != b->put_asked;
}

/* Is what the blocks know still true? */
static bool
is_continued(const struct client *c)
{
	const struct block *b;

	if (strcmp(c->source, c->asked_source) != 0)
		return false;
	for (b = c->block; b < c->block + c->nblock; b++)
		if (b->settle == NULL || !b->has_cursor ||
		    is_moved(b, b->cursor))
			return false;
	return true;
}

static void ask_place(struct client *c);

static void
was_moved(struct client *c)
{
	c->moved = true; /* reset() leaves it where it is */
	client_say(c, HEALTH_WARNING, "its cursor was moved; it goes on from "
	    "there");
	c->state = CLIENT_WAITING;
	c->again = now_of(c->program).mono;
	c->reset = true;
}

/* All cursors are known. */
static void
go_on(struct client *c)
{
	const struct block *b;

	if (c->source[0] != '\0' && !is_continued(c)) {
		was_moved(c);
		return;
	}
	for (b = c->block; b < c->block + c->nblock; b++)
		if (!b->has_cursor) {
			ask_place(c);
			return;
		}
	c->state = CLIENT_LOGGING_ON;
	client_logon(c);
}

/* Somebody else asked for the cursor while the client runs. Only to look, or to
 * move it? */
static void
take_token(struct block *b, const struct link_msg *m)
{
	uint64_t at;

	if (strcmp(m->type, "CURSOR_ACK") != 0)
		return; /* the next CURSOR_PUT asks again */
	b->token = link_find_u64(m->details, "TOKEN", b->token);
	if (!link_get_u64(link_find(m->details, "SEQUENCE"), &at) ||
	    is_moved(b, at))
		was_moved(b->client);
}

static void
on_cursor(void *arg, const struct link_msg *m)
{
	struct block *b = arg;
	struct client *c = b->client;
	char what[64];

	if (m == NULL)
		return; /* the connection is lost, and c is told */
	if (c->state == CLIENT_ON) {
		take_token(b, m);
		return;
	}
	if (c->state != CLIENT_ASKING)
		return;
	if (strcmp(m->type, "CURSOR_ACK") != 0) {
		snprintf(what, sizeof(what), "no cursor of stream %.32s",
		    c->script->stream);
		if (link_find_bool(m->details, "RETRY", false))
			client_later(c, m);
		else
			refused(c, m, what);
		return;
	}
	if (take_cursor(b, m) && --c->waits == 0)
		go_on(c);
}

static void
ask_one(struct block *b)
{
	struct client *c = b->client;
	struct link_out *o;

	o = must(remote_ask(c->remote, "CURSOR_GET", on_cursor, b, NULL));
	link_map(o, 3);
	link_key_str(o, "CONSUMER", c->script->name);
	link_key_str(o, "KEY", b->script->key);
	link_key_str(o, "STREAM", c->script->stream);
	(void)remote_end(c->remote);
}

void
position_ask(struct client *c)
{
	struct block *b;

	c->state = CLIENT_ASKING;
	c->waits = c->nblock;
	for (b = c->block; b < c->block + c->nblock; b++)
		ask_one(b);
}

/* ---- where to begin ---- */

/* The position is stored: it has a cursor now. */
static void
on_placed(void *arg, const struct link_msg *m)
{
	struct block *b = arg;
	struct client *c = b->client;

	if (m == NULL || c->state != CLIENT_PLACING)
		return;
	if (strcmp(m->type, "ACK") == 0) {
		log_event(LOG_LEVEL_INFO, "cursor", NULL, "client %s (key %s): "
		    "begins behind row %llu of stream %s", c->script->name,
		    b->script->key, (unsigned long long)c->place,
		    c->script->stream);
		b->has_cursor = true;
		b->cursor = c->place;
		if (--c->waits == 0)
			go_on(c);
	} else if (link_find_bool(m->details, "RETRY", false)) {
		client_later(c, m);
	} else {
		refused(c, m, "its place cannot be stored");
	}
}

static void
put_place(struct block *b)
{
	struct client *c = b->client;
	struct link_out *o;

	o = must(remote_ask(c->remote, "CURSOR_PUT", on_placed, b, NULL));
	link_map(o, 6);
	link_key_str(o, "CONSUMER", c->script->name);
	link_key_str(o, "KEY", b->script->key);
	link_key_str(o, "STREAM", c->script->stream);
	link_key_str(o, "SOURCE", c->asked_source);
	link_key_u64(o, "SEQUENCE", c->place);
	link_key_u64(o, "TOKEN", b->token);
	(void)remote_end(c->remote);
}

void
position_place(struct client *c, uint64_t after)
{
	struct block *b;

	c->place = after;
	c->waits = 0;
	for (b = c->block; b < c->block + c->nblock; b++)
		c->waits += !b->has_cursor;
	for (b = c->block; b < c->block + c->nblock; b++)
		if (!b->has_cursor)
			put_place(b);
}

static void
ask_place(struct client *c)
{
	c->state = CLIENT_PLACING;
	if (c->script->start == SCRIPT_START_SEQUENCE)
		position_place(c, c->script->start_sequence);
	else
		client_logon(c); /* its answer says where that is */
}

/* ---- CURSOR_PUT ---- */

uint64_t
position_lowest(const struct client *c)
{
	uint64_t at, lowest = UINT64_MAX;
	const struct block *b;

	for (b = c->block; b < c->block + c->nblock; b++) {
		/* What it has seen is on its way, or done. */
		at = b->settle != NULL ? settle_seen(b->settle) : b->cursor;
		if (at < lowest)
			lowest = at;
	}
	return lowest;
}

static void
on_put(void *arg, const struct link_msg *m)
{
	struct block *b = arg;
	struct client *c = b->client;
	struct nack n;

	b->putting = false;
	if (m == NULL)
		return;
	if (strcmp(m->type, "ACK") == 0) {
		b->put = b->put_asked;
		return;
	}
	nack_read(m, &n);
	if (strcmp(n.code, "FENCED") == 0) {
		/* Somebody asked for it; who is logged on has it. */
		if (c->state == CLIENT_ON)
			ask_one(b);
	} else if (strcmp(n.code, "BACKWARDS") == 0) {
		b->put = b->put_asked; /* it is further already */
	} else if (strcmp(n.code, "SOURCE_CHANGED") == 0) {
		client_fail(c, "the cursor (key %s) cannot be stored: %s",
		    b->script->key, n.text);
	} else if (!n.retry) {
		log_event(LOG_LEVEL_WARN, "cursor", NULL, "client %s (key %s): "
		    "the cursor is not stored: %s: %s", c->script->name,
		    b->script->key, n.code, n.text);
	}
}

/* Has it acknowledged more since the last time? A program has no lanes. */
static bool
has_acked(const struct channel *ch)
{
	return !target_is_exec(ch->sender->target) &&
	    lane_acked(ch->lane) > ch->put;
}

/* {send: sequence} of what was acknowledged since the last time. */
static void
put_acked(struct link_out *o, struct block *b)
{
	struct channel *ch;
	uint32_t n = 0;
	size_t i;

	for (i = 0; i < b->script->nsend; i++)
		for (ch = b->sender[i].channel; ch != NULL; ch = ch->next)
			n += has_acked(ch);
	link_str(o, "ACKED");
	link_map(o, n);
	for (i = 0; i < b->script->nsend; i++)
		for (ch = b->sender[i].channel; ch != NULL; ch = ch->next) {
			if (!has_acked(ch))
				continue;
			ch->put = lane_acked(ch->lane);
			link_key_u64(o, ch->name, ch->put);
		}
}

static void
put_one(struct block *b)
{
	struct client *c = b->client;
	struct link_out *o;

	b->put_asked = settle_cursor(b->settle);
	b->put_at = now_of(c->program).mono;
	o = must(remote_ask(c->remote, "CURSOR_PUT", on_put, b, NULL));
	link_map(o, 7);
	link_key_str(o, "CONSUMER", c->script->name);
	link_key_str(o, "KEY", b->script->key);
	link_key_str(o, "STREAM", c->script->stream);
	link_key_str(o, "SOURCE", c->source);
	link_key_u64(o, "SEQUENCE", b->put_asked);
	link_key_u64(o, "TOKEN", b->token);
	put_acked(o, b);
	b->putting = remote_end(c->remote) == 0;
}

/* One that stands still is put, too: so its client hears of it if somebody has
 * moved it, because of the row that it stands at. */
static mono_t
again_at(const struct block *b)
{
	return settle_held(b->settle) == 0 ? MONO_NEVER :
	    mono_add(b->put_at, PUT_AGAIN);
}

void
position_put(struct client *c, mono_t now)
{
	struct block *b;

	if (!c->script->replayable || !remote_is_up(c->remote))
		return;
	c->put_due = mono_add(now, PUT_EVERY);
	for (b = c->block; b < c->block + c->nblock; b++)
		if (b->settle != NULL && !b->putting &&
		    (settle_cursor(b->settle) > b->put ||
		    !mono_before(now, again_at(b))))
			put_one(b);
}

mono_t
position_due(const struct client *c)
{
	mono_t due = MONO_NEVER;
	const struct block *b;

	if (!c->script->replayable || !remote_is_up(c->remote))
		return due;
	for (b = c->block; b < c->block + c->nblock; b++)
		if (b->settle != NULL && settle_cursor(b->settle) > b->put)
			due = mono_min(due, c->put_due);
		else if (b->settle != NULL && !b->putting)
			due = mono_min(due, again_at(b));
	return due;
}

bool
position_is_put(const struct client *c)
{
	const struct block *b;

	for (b = c->block; c->script->replayable && b < c->block + c->nblock;
	    b++)
		if (b->settle != NULL && settle_cursor(b->settle) > b->put)
			return false;
	return true;
}
