/* again.c: events and rows of QUARANTINE that an operator wants done again: they
 * are asked for now and then, sent on no lane, and it is told what became of
 * them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "client/client.h"
#include "log/log.h"

#define PENDING_NS (5 * NS_PER_S) /* between looks */

static mono_t
now(const struct client *c)
{
	return now_of(c->program).mono;
}

void
again_clear(struct client *c)
{
	struct redo *r;

	while ((r = TAILQ_FIRST(&c->redos)) != NULL) {
		TAILQ_REMOVE(&c->redos, r, link);
		free(r);
	}
}

static struct redo *
find_redo(const struct client *c, uint64_t quarantine)
{
	struct redo *r;

	TAILQ_FOREACH(r, &c->redos, link)
		if (r->quarantine == quarantine)
			break;
	return r;
}

static void
add_redo(struct client *c, uint64_t quarantine)
{
	struct redo *r = must(calloc(1, sizeof(*r)));

	r->quarantine = quarantine;
	r->left = 1; /* that all was sent */
	TAILQ_INSERT_TAIL(&c->redos, r, link);
}

void
again_done(struct client *c, uint64_t quarantine, bool ok, const char *text)
{
	struct redo *r = find_redo(c, quarantine);

	if (r == NULL)
		return;
	if (!ok && !r->failed) {
		r->failed = true;
		snprintf(r->text, sizeof(r->text), "%s", text);
	}
	if (--r->left == 0)
		log_event(LOG_LEVEL_INFO, "quarantine", NULL,
		    "client %s: event %llu of QUARANTINE %s%s", c->script->name,
		    (unsigned long long)quarantine,
		    r->failed ? "stays there: " : "is done", r->text);
}

/* ---- events ---- */

static struct block *
find_block(struct client *c, const struct link_val *row)
{
	char key[NAME_MAX_BYTES + 1];
	struct block *b;

	if (!link_find_str(row, "KEY", key, sizeof(key)))
		return NULL;
	for (b = c->block; b < c->block + c->nblock; b++)
		if (strcmp(b->script->key, key) == 0)
			return b;
	return NULL;
}

/* The send of a lane. */
static struct sender *
find_sender(struct block *b, const char *lane)
{
	struct sender *s;
	size_t n;

	for (s = b == NULL ? NULL : b->sender; s != NULL &&
	    s < b->sender + b->script->nsend; s++) {
		n = strlen(s->script->id);
		if (strncmp(lane, s->script->id, n) == 0 && (lane[n] == '\0' ||
		    (lane[n] == '/' && s->script->lane_on != NULL)))
			return s;
	}
	return NULL;
}

/* The keys of the message that was kept, as an event. */
static struct event *
read_message(struct program *p, const char *bytes, size_t len)
{
	struct link_in *in = must(link_in_new());
	const struct link_val *v;
	struct event *ev = NULL;
	const char *why, *key;
	struct link_msg m;
	size_t i, n, keylen;

	if (link_decode(in, bytes, len, &m, &why) > 0) {
		n = link_count(m.details);
		p->scratch.len = 0;
		link_values_begin(p->out, &p->scratch, 2 * (uint32_t)n);
		for (i = 0; i < n; i++) {
			v = link_map_at(m.details, i, &key, &keylen);
			link_strn(p->out, key == NULL ? "" : key, keylen);
			link_copy(p->out, v);
		}
		must_be_0(link_values_end(p->out));
		ev = event_new(&p->scratch, (uint32_t)n);
	}
	link_in_free(in);
	return ev;
}

static struct event *
read_event(struct sender *s, const struct link_val *row)
{
	struct program *p = s->block->client->program;
	const char *bytes;
	size_t len;

	if (!link_get_str(link_find(row, "DETAILS"), &bytes, &len) || len == 0)
		return NULL;
	if (!target_is_exec(s->target))
		return read_message(p, bytes, len);
	p->scratch.len = 0;
	must_be_0(buf_add(&p->scratch, bytes, len));
	return event_new(&p->scratch, 0);
}

void
again_put(struct sender *s, const struct lane_event *e)
{
	struct client *c = s->block->client;
	const struct event *ev = e->body;
	struct redo *r = find_redo(c, ev->quarantine);

	if (s->again == NULL) {
		s->again = channel_new(s, s->script->id, true);
		target_add(s->target, s->again);
	}
	if (s->busy.ns == 0)
		s->busy = now(c);
	r->left++;
	must_be_0(lane_put(s->again->lane, e));
	s->target->busy = true;
}

/* NULL, or why it cannot be sent. */
static const char *
send_event(struct client *c, const struct link_val *row, uint64_t quarantine,
    struct lane_event *e)
{
	char send[NAME_MAX_BYTES + 1] = "";
	struct sender *s;
	struct event *ev;

	(void)link_find_str(row, "SEND", send, sizeof(send));
	s = find_sender(find_block(c, row), send);
	if (s == NULL)
		return "the client has no such send any more";
	ev = read_event(s, row);
	if (ev == NULL)
		return "its content cannot be read";
	ev->quarantine = quarantine;
	e->body = ev;
	e->len = ev->len;
	again_put(s, e);
	return NULL;
}

/* ---- rows ---- */

/* The row for one send, or for all of its block. 0 or FG_E*. */
static int
feed_row(struct block *b, const char *send, const struct script_row *row,
    const struct lane_event *e, uint64_t quarantine)
{
	struct sender *s = find_sender(b, send + 1);
	int r = 1;

	if (s != NULL)
		return feed_again(s, row, e, quarantine);
	r = script_block_takes(b->client->script, b->script, row);
	for (s = b->sender; r > 0 && s < b->sender + b->script->nsend; s++)
		if (feed_again(s, row, e, quarantine) != 0)
			r = FG_EINVAL;
	return r < 0 ? r : 0;
}

static const char *
send_row(struct client *c, const struct link_val *row, uint64_t quarantine,
    struct lane_event *e)
{
	char send[NAME_MAX_BYTES + 1] = "";
	struct block *b = find_block(c, row);
	struct link_in *in = must(link_in_new());
	struct script_row r = { .sequence = e->seq, .own_names = c->maps };
	const char *bytes, *bad, *why = "its content cannot be read";
	struct row_in values = { 0 };
	struct link_msg m;
	size_t len;
	int err;

	(void)link_find_str(row, "SEND", send, sizeof(send));
	if (b == NULL || (strcmp(send, "#where") != 0 &&
	    find_sender(b, send + 1) == NULL)) {
		why = "the client has no such block or send any more";
	} else if (link_get_str(link_find(row, "DETAILS"), &bytes, &len) &&
	    link_decode(in, bytes, len, &m, &bad) > 0 &&
	    link_find(m.details, "ROW") != NULL &&
	    row_in_map(&values, link_find(m.details, "ROW"), &r) == 0) {
		(void)link_get_i64(link_find(m.details, "TIMESTAMP"),
		    &e->stamp.ns);
		err = feed_row(b, send, &r, e, quarantine);
		why = err == 0 ? NULL : script_error(c->script->code);
	}
	row_in_free(&values);
	link_in_free(in);
	return why;
}

/* ---- asking ---- */

static void
take_pending(struct client *c, const struct link_val *row)
{
	uint64_t quarantine = link_find_u64(row, "SEQUENCE", 0);
	char source[SOURCE_MAX] = "", event[NAME_MAX_BYTES + 1] = "";
	struct lane_event e = {
		.seq = link_find_u64(row, "ROW_SEQUENCE", 0),
		.part = (uint32_t)link_find_u64(row, "PART", 0),
		.attempt = (uint32_t)link_find_u64(row, "ATTEMPT", 0) + 1 };
	const char *why;

	if (quarantine == 0 || find_redo(c, quarantine) != NULL)
		return;
	add_redo(c, quarantine);
	(void)link_find_str(row, "SOURCE", source, sizeof(source));
	(void)link_find_str(row, "EVENT", event, sizeof(event));
	if (strcmp(source, c->source) != 0)
		why = "it is of a table that is no longer there";
	else if (event[0] == '\0')
		why = send_row(c, row, quarantine, &e);
	else
		why = send_event(c, row, quarantine, &e);
	again_done(c, quarantine, why == NULL, why == NULL ? "" : why);
}

static void
on_pending(void *arg, const struct link_msg *m)
{
	struct client *c = arg;
	const struct link_val *rows;
	size_t i;

	c->pending_asked = false;
	if (m == NULL || c->state != CLIENT_ON ||
	    strcmp(m->type, "QUARANTINE_PENDING_ACK") != 0)
		return;
	rows = link_find(m->details, "ROWS");
	if (rows == NULL || link_kind(rows) != LINK_ARRAY)
		return;
	for (i = 0; i < link_count(rows); i++)
		take_pending(c, link_at(rows, i));
}

static void
ask_pending(struct client *c)
{
	struct link_out *o;

	o = must(remote_ask(c->remote, "QUARANTINE_PENDING", on_pending, c,
	    NULL));
	link_map(o, 2);
	link_key_str(o, "CONSUMER", c->script->name);
	link_key_str(o, "STREAM", c->script->stream);
	c->pending_asked = remote_end(c->remote) == 0;
}

/* It is known what became of one; forget it, or try again. */
static void
on_redone(void *arg, const struct link_msg *m)
{
	struct client *c = arg;
	struct redo *r;

	/* In order: the first that was asked. */
	TAILQ_FOREACH(r, &c->redos, link)
		if (r->asked)
			break;
	if (r == NULL)
		return;
	r->asked = false;
	if (m == NULL || link_find_bool(m->details, "RETRY", false))
		return;
	TAILQ_REMOVE(&c->redos, r, link);
	free(r);
}

/* One at a time: they are rare. */
static void
work_redos(struct client *c)
{
	struct link_out *o;
	struct redo *r;

	TAILQ_FOREACH(r, &c->redos, link)
		if (r->asked)
			return;
	TAILQ_FOREACH(r, &c->redos, link)
		if (r->left == 0)
			break;
	if (r == NULL)
		return;
	o = must(remote_ask(c->remote, "QUARANTINE_DONE", on_redone, c,
	    NULL));
	link_map(o, 4);
	link_key_u64(o, "SEQUENCE", r->quarantine);
	link_key_str(o, "STREAM", c->script->stream);
	link_key_bool(o, "OK", !r->failed);
	link_key_str(o, "TEXT", r->text);
	r->asked = remote_end(c->remote) == 0;
}

void
again_work(struct client *c, mono_t at)
{
	work_redos(c);
	if (c->state != CLIENT_ON || mono_before(at, c->pending_due))
		return;
	c->pending_due = mono_add(at, PENDING_NS);
	if (!c->pending_asked)
		ask_pending(c);
}
