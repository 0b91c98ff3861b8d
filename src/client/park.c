/* park.c: events and rows that cannot be done go to QUARANTINE in the store of
 * the cursor, and what an operator wants done again comes back from there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "client/client.h"
#include "client/fields.h"
#include "log/log.h"

#define RETRY_NS   NS_PER_S       /* after an EVENT_PARK that was refused */
#define PENDING_NS (5 * NS_PER_S) /* between looks for what is to be done */

static mono_t
now(const struct client *c)
{
	return now_of(c->program).mono;
}

void
park_count(struct client *c)
{
	int64_t oldest, window = c->script->quarantine_seconds * NS_PER_S;
	size_t max = (size_t)c->script->quarantine_rows + 1;

	/* The ring holds one more than may be; its oldest is the first of as
	 * many. */
	oldest = c->parked[c->parked_at];
	c->parked[c->parked_at] = now(c).ns;
	c->parked_at = (c->parked_at + 1) % max;
	if (c->nparked < max)
		c->nparked++;
	if (c->nparked < max)
		return;
	oldest = c->parked[c->parked_at];
	if (now(c).ns - oldest > window)
		return;
	client_stop(c, "more than %lld of its rows went to QUARANTINE within "
	    "%lld s (quarantineLimit), so it takes no more of them. See "
	    "fixgatectl quarantine list, mend what is wrong, and start this "
	    "process again", (long long)c->script->quarantine_rows,
	    (long long)c->script->quarantine_seconds);
}

/* ---- into QUARANTINE ---- */

static void
insert(struct channel *ch, struct park *new)
{
	struct client *c = ch->sender->block->client;

	TAILQ_INSERT_TAIL(&ch->parks, new, link);
	c->nparks++;
	c->park_due = (mono_t){ 0 };
	park_count(c);
}

static struct park *
new_park(uint64_t seq, const char *code, const char *reason)
{
	struct park *p = must(calloc(1, sizeof(*p)));

	p->seq = seq;
	snprintf(p->code, sizeof(p->code), "%s", code);
	snprintf(p->reason, sizeof(p->reason), "%s", reason);
	return p;
}

/* The event as people see it: a message, or the JSON object. */
static void
keep_event(struct channel *ch, const struct event *ev, struct buf *to)
{
	struct sender *s = ch->sender;
	struct link_out *o = s->block->client->program->out;

	if (target_is_exec(s->target)) {
		must_be_0(buf_add(to, ev->data, ev->len));
		return;
	}
	link_begin(o, to, s->script->event, 0);
	link_map(o, ev->nkeys);
	link_values(o, ev->data, ev->len, 2 * ev->nkeys);
	must_be_0(link_end(o));
}

void
park_event(struct channel *ch, const struct lane_event *e, const char *code,
    const char *reason)
{
	struct park *p = new_park(e->seq, code, reason);

	p->part = e->part;
	p->attempt = e->attempt;
	keep_event(ch, e->body, &p->details);
	free(e->body);
	insert(ch, p);
}

void
park_row(struct channel *ch, const struct script_row *row, const char *code,
    const char *reason)
{
	struct park *p = new_park(row->sequence, code, reason);
	struct script_field *f = must(calloc(row->n + 1, sizeof(*f)));
	struct script_fields all = { f, row->n };
	size_t i;

	log_warnx("client %s: a row goes to QUARANTINE: %s",
	    ch->sender->block->client->script->name, reason);
	for (i = 0; i < row->n; i++)
		f[i] = (struct script_field){ row->column[i],
			row->value[i] };
	must_be_0(fields_json(&p->details, &all));
	free(f);
	insert(ch, p);
}

static void
drop(struct channel *ch, struct park *p)
{
	TAILQ_REMOVE(&ch->parks, p, link);
	ch->sender->block->client->nparks--;
	buf_free(&p->details);
	free(p);
}

void
park_free(struct channel *ch)
{
	struct park *p;

	remote_forget(ch->sender->block->client->remote, ch);
	while ((p = TAILQ_FIRST(&ch->parks)) != NULL)
		drop(ch, p);
}

static void
on_parked(void *arg, const struct link_msg *m)
{
	struct channel *ch = arg;
	struct block *b = ch->sender->block;
	struct client *c = b->client;
	struct park *p = TAILQ_FIRST(&ch->parks);
	char code[32] = "", text[TEXT_MAX / 2] = "";

	p->asked = false;
	if (m == NULL)
		return;
	if (strcmp(m->type, "EVENT_ACK") == 0) {
		(void)settle_done(b->settle, p->seq);
		drop(ch, p);
		c->park_due = (mono_t){ 0 }; /* there may be another one */
		return;
	}
	(void)link_find_str(m->details, "CODE", code, sizeof(code));
	(void)link_find_str(m->details, "TEXT", text, sizeof(text));
	c->park_due = mono_add(now(c), RETRY_NS);
	if (!link_find_bool(m->details, "RETRY", false))
		client_fail(c, "row %llu cannot be put into QUARANTINE: %s: "
		    "%s", (unsigned long long)p->seq, code, text);
}

static void
ask_park(struct channel *ch, struct park *p)
{
	struct block *b = ch->sender->block;
	struct client *c = b->client;
	const struct script_send *s = ch->sender->script;
	bool row = ch->name[0] == '#'; /* no event was made of it */
	struct link_out *o;

	o = must(remote_ask(c->remote, "EVENT_PARK", on_parked, ch, NULL));
	link_map(o, 13);
	link_key_str(o, "CONSUMER", c->script->name);
	link_key_str(o, "KEY", b->script->key);
	link_key_str(o, "SEND", ch->name);
	link_key_str(o, "SOURCE", c->source);
	link_key_str(o, "STREAM", c->script->stream);
	link_key_u64(o, "SEQUENCE", p->seq);
	link_key_u64(o, "PART", p->part);
	link_key_u64(o, "ATTEMPT", p->attempt);
	link_key_str(o, "PROCESS", row ? "" : s->process);
	link_key_str(o, "EVENT", row ? "" : s->event);
	link_key_str(o, "CODE", p->code);
	link_key_str(o, "REASON", p->reason);
	link_str(o, "DETAILS");
	link_bin(o, p->details.p, p->details.len);
	p->asked = remote_end(c->remote) == 0;
	c->park_due = mono_add(now(c), RETRY_NS);
}

/* One at a time: they are rare. */
static void
work_channel(struct channel *ch)
{
	struct park *p = ch == NULL ? NULL : TAILQ_FIRST(&ch->parks);

	if (p != NULL && !p->asked)
		ask_park(ch, p);
}

static void
work_parks(struct client *c)
{
	struct channel *ch;
	struct sender *s;
	struct block *b;

	for (b = c->block; b < c->block + c->nblock; b++) {
		work_channel(b->faults);
		for (s = b->sender; s < b->sender + b->script->nsend; s++) {
			work_channel(s->script_faults);
			for (ch = s->channel; ch != NULL; ch = ch->next)
				work_channel(ch);
		}
	}
}

/* ---- and back ---- */

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
	TAILQ_INSERT_TAIL(&c->redos, r, link);
}

void
park_again_done(struct client *c, uint64_t quarantine, bool ok,
    const char *text)
{
	struct redo *r = find_redo(c, quarantine);

	if (r == NULL)
		return;
	r->over = true;
	r->ok = ok;
	snprintf(r->text, sizeof(r->text), "%s", text);
	log_info("client %s: event %llu of QUARANTINE %s%s", c->script->name,
	    (unsigned long long)quarantine, ok ? "is done" : "stays there: ",
	    text);
}

/* The send of an event of QUARANTINE, by its KEY and SEND. */
static struct sender *
find_sender(struct client *c, const struct link_val *row)
{
	char key[NAME_MAX_BYTES + 1], send[NAME_MAX_BYTES + 1];
	struct sender *s;
	struct block *b;
	size_t n;

	if (!link_find_str(row, "KEY", key, sizeof(key)) ||
	    !link_find_str(row, "SEND", send, sizeof(send)))
		return NULL;
	for (b = c->block; b < c->block + c->nblock; b++)
		for (s = b->sender; strcmp(b->script->key, key) == 0 &&
		    s < b->sender + b->script->nsend; s++) {
			n = strlen(s->script->id);
			if (strncmp(send, s->script->id, n) == 0 &&
			    (send[n] == '\0' || (send[n] == '/' &&
			    s->script->lane_on != NULL)))
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

	if (!link_get_str(link_find(row, "DETAILS"), &bytes, &len))
		return NULL;
	if (!target_is_exec(s->target))
		return read_message(p, bytes, len);
	p->scratch.len = 0;
	must_be_0(buf_add(&p->scratch, bytes, len));
	return event_new(&p->scratch, 0);
}

static void
send_again(struct sender *s, struct event *ev, const struct link_val *row)
{
	struct lane_event e = {
		.seq = link_find_u64(row, "ROW_SEQUENCE", 0),
		.part = (uint32_t)link_find_u64(row, "PART", 0),
		.attempt = (uint32_t)link_find_u64(row, "ATTEMPT", 0) + 1,
		.body = ev, .len = ev->len };

	(void)link_get_i64(link_find(row, "TIME"), &e.stamp.ns);
	if (s->again == NULL) {
		s->again = channel_new(s, s->script->id, true);
		target_add(s->target, s->again);
	}
	if (s->busy.ns == 0)
		s->busy = now(s->block->client);
	must_be_0(lane_put(s->again->lane, &e));
	s->target->busy = true;
}

static void
take_pending(struct client *c, const struct link_val *row)
{
	uint64_t quarantine = link_find_u64(row, "SEQUENCE", 0);
	char source[SOURCE_MAX] = "", event[NAME_MAX_BYTES + 1] = "";
	const char *why = NULL;
	struct event *ev = NULL;
	struct sender *s;

	if (quarantine == 0 || find_redo(c, quarantine) != NULL)
		return;
	add_redo(c, quarantine);
	(void)link_find_str(row, "SOURCE", source, sizeof(source));
	(void)link_find_str(row, "EVENT", event, sizeof(event));
	s = find_sender(c, row);
	if (event[0] == '\0')
		why = "no event was made of the row: set the cursor back, or "
		    "drop it";
	else if (strcmp(source, c->source) != 0)
		why = "it is of a table that is no longer there";
	else if (s == NULL)
		why = "the client has no such send any more";
	else if ((ev = read_event(s, row)) == NULL)
		why = "its content cannot be read";
	if (why != NULL) {
		park_again_done(c, quarantine, false, why);
		return;
	}
	ev->quarantine = quarantine;
	send_again(s, ev, row);
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
	for (i = 0; rows != NULL && i < link_count(rows); i++)
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
		if (r->over)
			break;
	if (r == NULL)
		return;
	o = must(remote_ask(c->remote, "QUARANTINE_DONE", on_redone, c,
	    NULL));
	link_map(o, 4);
	link_key_u64(o, "SEQUENCE", r->quarantine);
	link_key_str(o, "STREAM", c->script->stream);
	link_key_bool(o, "OK", r->ok);
	link_key_str(o, "TEXT", r->text);
	r->asked = remote_end(c->remote) == 0;
}

void
park_work(struct client *c, mono_t at)
{
	if (!remote_is_up(c->remote))
		return;
	if (c->nparks > 0 && !mono_before(at, c->park_due))
		work_parks(c);
	work_redos(c);
	if (c->state != CLIENT_ON || mono_before(at, c->pending_due))
		return;
	c->pending_due = mono_add(at, PENDING_NS);
	if (!c->pending_asked)
		ask_pending(c);
}
