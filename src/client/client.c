/* client.c: the life of a streamer client: from the connection to its streamer
 * to the rows, and back. */
#include "client/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/near.h"
#include "log/log.h"

#define HEARTBEAT_S   5

static mono_t
now(const struct client *c)
{
	return now_of(c->program).mono;
}

/* ---- logging on ---- */

static void
begin(struct client *c)
{
	if (c->standby) {
		c->state = CLIENT_PROBING;
		client_logon(c);
	} else if (c->script->replayable) {
		position_ask(c);
	} else {
		c->state = CLIENT_LOGGING_ON;
		client_logon(c);
	}
}

/* What a row's block needs. */
static void
start_block(struct block *b, uint64_t after)
{
	struct client *c = b->client;
	struct sender *s;

	if (b->settle != NULL)
		return;
	if (!c->script->replayable)
		b->cursor = after;
	b->settle = must(settle_new(b->cursor));
	b->put = b->put_asked = b->cursor;
	b->put_at = now(c);
	for (s = b->sender; s < b->sender + b->script->nsend; s++)
		if (s->script->lane_on == NULL)
			(void)channel_get(s, NULL, 0);
}

/* selectOn must be a column, or no block would ever run. false: c was told. */
static bool
check_select(struct client *c)
{
	const char *name = c->script->select_on;
	struct near near;
	size_t i;

	if (name == NULL || c->maps ||
	    row_columns_find(&c->columns, name) < c->columns.n)
		return true;
	near_start(&near, name, strlen(name));
	for (i = 0; i < c->columns.n; i++)
		near_try(&near, c->columns.name[i]);
	client_fail(c, "%s:%u: selectOn: stream %s has no column %s%s%s%s",
	    c->file, c->script->line, c->script->stream, name,
	    near.best == NULL ? "" : " (did you mean ",
	    near.best == NULL ? "" : near.best, near.best == NULL ? "" : "?)");
	return false;
}

static void
logged_on(struct client *c, const struct link_msg *m, const char *source)
{
	uint64_t after = link_find_u64(m->details, "AFTER", 0);
	const struct link_val *columns;
	size_t i;
	int err;

	if (c->source[0] != '\0' && strcmp(c->source, source) != 0) {
		client_fail(c, "stream %s has rows of %s now, not of %s",
		    c->script->stream, source, c->source);
		return;
	}
	row_columns_free(&c->columns);
	columns = link_find(m->details, "COLUMNS");
	c->maps = columns == NULL;
	err = c->maps ? 0 : row_columns_read(&c->columns, columns);
	if (err == FG_ENOMEM)
		must_be_0(err);
	if (err != 0) {
		client_fail(c, "stream %s: its columns cannot be read",
		    c->script->stream);
		return;
	}
	if (!check_select(c))
		return;
	snprintf(c->source, sizeof(c->source), "%s", source);
	for (i = 0; i < c->nblock; i++)
		start_block(&c->block[i], after);
	for (i = 0; i < c->ntarget; i++)
		c->target[i]->busy = true;
	for (i = 0; i < c->program->nexec; i++)
		c->program->exec[i]->busy = true;
	c->state = CLIENT_ON;
	c->credit = 0;
	c->upto = after;
	c->visible = link_find_u64(m->details, "VISIBLE", after);
	c->more = c->visible > after;
	c->pending_due = now(c);
	client_say(c, HEALTH_HEALTHY, "");
	log_event(LOG_LEVEL_INFO, "client-logged-on", NULL, "client %s: logged "
	    "on to stream %s behind row %llu of %llu", c->script->name,
	    c->script->stream, (unsigned long long)after,
	    (unsigned long long)c->visible);
}

static void
refused(struct client *c, const struct link_msg *m)
{
	struct nack n;

	nack_read(m, &n);
	if (strcmp(n.code, "CLIENT_LOGGED_ON") == 0 &&
	    c->script->takeover != SCRIPT_TAKEOVER_ALWAYS)
		client_lost(c, "another process is logged on as this client");
	else if (n.retry || strcmp(n.code, "CLIENT_GONE") == 0)
		client_later(c, m);
	else
		client_fail(c, "stream %s: %s: %s", c->script->stream, n.code,
		    n.text);
}

static void
on_logon(void *arg, const struct link_msg *m)
{
	struct client *c = arg;
	char source[SOURCE_MAX] = "";
	bool is_it;

	if (m == NULL || (c->state != CLIENT_PROBING &&
	    c->state != CLIENT_PLACING && c->state != CLIENT_LOGGING_ON))
		return;
	if (strcmp(m->type, "STREAM_LOGON_ACK") != 0) {
		c->ref = 0;
		refused(c, m);
		return;
	}
	(void)link_find_str(m->details, "SOURCE", source, sizeof(source));
	is_it = !c->script->replayable ||
	    strcmp(source, c->asked_source) == 0;
	if (c->state == CLIENT_PROBING) {
		log_event(LOG_LEVEL_INFO, "client-logged-off", NULL,
		    "client %s: the other process is gone", c->script->name);
		client_log_off(c);
		c->standby = false;
		begin(c);
	} else if (!is_it) {
		client_fail(c, "stream %s has rows of %s, but its cursor is "
		    "one of %s", c->script->stream, source, c->asked_source);
	} else if (c->state == CLIENT_PLACING) {
		client_log_off(c);
		position_place(c, link_find_u64(m->details, "AFTER", 0));
	} else {
		logged_on(c, m, source);
	}
}

/* Exactly one key: where it begins. */
static void
put_from(struct link_out *o, const struct client *c)
{
	const struct script_client *s = c->script;

	if (c->state == CLIENT_PLACING && s->start == SCRIPT_START_TIME) {
		link_str(o, "TIME");
		link_i64(o, s->start_time.ns);
	} else if (c->state == CLIENT_PLACING &&
	    s->start == SCRIPT_START_BEGINNING) {
		link_key_str(o, "FROM", "beginning");
	} else if (c->state != CLIENT_LOGGING_ON || !s->replayable) {
		link_key_str(o, "FROM", "live");
	} else {
		link_key_u64(o, "AFTER", position_lowest(c));
	}
}

void
client_logon(struct client *c)
{
	const struct script_client *s = c->script;
	bool takeover = s->takeover != SCRIPT_TAKEOVER_DEAD;
	bool source = s->replayable && c->state == CLIENT_LOGGING_ON;
	struct link_out *o;

	o = must(remote_ask(c->remote, "STREAM_LOGON", on_logon, c, &c->ref));
	link_map(o, 4 + source + takeover + (s->logon.n > 0));
	link_key_str(o, "STREAM", s->stream);
	link_key_str(o, "CLIENT", s->name);
	link_key_str(o, "KEY", c->block[0].script->key);
	put_from(o, c);
	if (source)
		link_key_str(o, "SOURCE", c->asked_source);
	if (takeover)
		link_key_bool(o, "TAKEOVER",
		    s->takeover == SCRIPT_TAKEOVER_ALWAYS);
	if (s->logon.n > 0) {
		link_str(o, "FIELDS");
		row_put_fields(o, &s->logon);
	}
	(void)remote_end(c->remote);
}

/* ---- the connection to the streamer ---- */

static void
on_up(void *arg, const struct link_val *hello)
{
	struct client *c = arg;

	(void)hello;
	if (c->state == CLIENT_DOWN)
		begin(c);
}

static void
on_down(void *arg, const char *why)
{
	struct client *c = arg;
	char text[TEXT_MAX];

	c->ref = 0;
	c->credit = 0;
	if (c->state == CLIENT_STOPPED || c->state == CLIENT_LEAVING ||
	    c->reset)
		return;
	snprintf(text, sizeof(text), "its streamer %s is not there: %.300s",
	    c->script->process, why);
	client_say(c, HEALTH_WARNING, text);
	c->state = CLIENT_DOWN;
}

static void
on_message(void *arg, const struct link_msg *m)
{
	struct client *c = arg;
	char code[32] = "";

	if (m->ref != c->ref || c->ref == 0 || c->state != CLIENT_ON)
		return;
	if (strcmp(m->type, "STREAM_ROWS") == 0) {
		feed_rows(c, m);
		return;
	}
	if (strcmp(m->type, "STREAM_END") != 0)
		return;
	c->ref = 0;
	(void)link_find_str(m->details, "CODE", code, sizeof(code));
	if (strcmp(code, "FENCED") == 0)
		client_lost(c, "another process took its place");
	else
		refused(c, m);
}

/* ---- work ---- */

static void
look(struct client *c, mono_t at)
{
	struct block *b;
	size_t i;

	c->look_due = mono_add(at, c->script->update_frequency * NS_PER_MS);
	for (b = c->block; b < c->block + c->nblock; b++)
		for (i = 0; i < b->script->nsend; i++)
			sender_look(&b->sender[i], at);
}

void
client_work(struct client *c, mono_t at)
{
	if (c->reset)
		client_reset(c);
	if (c->state == CLIENT_WAITING && !mono_before(at, c->again)) {
		c->state = CLIENT_DOWN;
		if (remote_is_up(c->remote))
			begin(c);
	}
	if (c->state == CLIENT_ON)
		feed_credit(c);
	if (c->state == CLIENT_ON || c->state == CLIENT_LEAVING) {
		if (remote_is_up(c->remote)) {
			park_work(c, at);
			again_work(c, at);
		}
		if (!mono_before(at, c->put_due))
			position_put(c, at);
	}
	if (!mono_before(at, c->look_due))
		look(c, at);
}

mono_t
client_due(const struct client *c)
{
	mono_t due = c->look_due;

	if (c->reset)
		return (mono_t){ 0 };
	if (c->state == CLIENT_WAITING)
		due = mono_min(due, c->again);
	if (c->state == CLIENT_ON) {
		due = mono_min(due, c->pending_due);
		if (c->nparks > 0)
			due = mono_min(due, c->park_due);
	}
	if (c->state == CLIENT_ON || c->state == CLIENT_LEAVING)
		due = mono_min(due, position_due(c));
	return due;
}

void
client_leave(struct client *c)
{
	struct block *b;
	size_t i;

	client_log_off(c);
	c->leaves = true;
	if (c->state != CLIENT_STOPPED)
		c->state = CLIENT_LEAVING;
	for (b = c->block; b < c->block + c->nblock; b++)
		for (i = 0; i < b->script->nsend; i++)
			b->sender[i].window.max = 0; /* nothing more is sent */
}

bool
client_is_quiet(const struct client *c)
{
	const struct block *b;
	size_t i;

	for (b = c->block; b < c->block + c->nblock; b++)
		for (i = 0; i < b->script->nsend; i++)
			if (b->sender[i].window.unanswered > 0)
				return false;
	return true;
}

/* ---- life ---- */

/* The way of a send: the program's if it is a program, else the client's. */
static struct target *
target_of(struct client *c, const char *name)
{
	struct program *p = c->program;
	const struct start_process *process =
	    start_find(&p->files.processes, name);
	struct target ***list = process->exec ? &p->exec : &c->target;
	size_t *n = process->exec ? &p->nexec : &c->ntarget, i;

	for (i = 0; i < *n; i++)
		if (start_same((*list)[i]->process, process))
			return (*list)[i];
	*list = must(realloc(*list, (*n + 1) * sizeof(**list)));
	(*list)[*n] = target_new(p, process->exec ? NULL : c, process);
	return (*list)[(*n)++];
}

static void
start_blocks(struct client *c)
{
	const struct script_client *s = c->script;
	struct block *b;
	size_t i, k;

	c->nblock = s->nblock;
	c->block = must(calloc(c->nblock + 1, sizeof(*c->block)));
	for (i = 0; i < c->nblock; i++) {
		b = &c->block[i];
		b->script = &s->block[i];
		b->client = c;
		b->sender = must(calloc(b->script->nsend + 1,
		    sizeof(*b->sender)));
		for (k = 0; k < b->script->nsend; k++) {
			sender_start(&b->sender[k], b, &b->script->send[k]);
			b->sender[k].target = target_of(c,
			    b->script->send[k].process);
		}
	}
}

struct client *
client_start(struct program *p, const char *file,
    const struct script_client *script)
{
	struct client *c = must(calloc(1, sizeof(*c)));
	struct start_process *streamer = must(start_copy(start_find(
	    &p->files.processes, script->process)));
	struct remote_cfg cfg = { .loop = p->start.loop,
		.name = streamer->name, .address = streamer->address,
		.at = streamer->at, .self = p->start.name, .role = "client",
		.heartbeat = HEARTBEAT_S, .up = on_up, .down = on_down,
		.message = on_message, .arg = c };

	*c = (struct client){ .program = p, .script = script, .file = file,
		.streamer = streamer };
	TAILQ_INIT(&c->redos);
	c->parked = must(calloc((size_t)script->quarantine_rows + 1,
	    sizeof(*c->parked)));
	c->look_due = now(c);
	c->level = HEALTH_WARNING;
	snprintf(c->text, sizeof(c->text), "its streamer %s is not reached "
	    "yet", script->process);
	start_blocks(c);
	c->remote = must(remote_new(&cfg));
	return c;
}

void
client_free(struct client *c)
{
	size_t i;

	for (i = 0; i < c->nblock; i++) {
		client_clear(&c->block[i]);
		free(c->block[i].sender);
		free(c->block[i].acked);
	}
	for (i = 0; i < c->ntarget; i++)
		target_free(c->target[i]);
	again_clear(c);
	remote_free(c->remote);
	row_columns_free(&c->columns);
	row_in_free(&c->row);
	free(c->target);
	free(c->block);
	free(c->parked);
	free(c->streamer);
	free(c);
}
