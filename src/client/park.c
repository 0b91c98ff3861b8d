/* park.c: events and rows that cannot be done go to QUARANTINE in the store of
 * the cursor. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "client/client.h"
#include "log/log.h"

#define RETRY_NS  NS_PER_S  /* after an EVENT_PARK that was refused */
#define KEPT_MAX (3u << 20) /* bytes; a gateway takes frames of 4 MiB */

static mono_t
now(const struct client *c)
{
	return now_of(c->program).mono;
}

void
park_count(struct client *c)
{
	int64_t window = c->script->quarantine_seconds * NS_PER_S;
	size_t max = (size_t)c->script->quarantine_rows + 1;

	/* The ring holds one more than may be: when it is full, the time of the
	 * oldest is next to that of the newest. */
	c->parked[c->parked_at] = now(c).ns;
	c->parked_at = (c->parked_at + 1) % max;
	if (c->nparked < max)
		c->nparked++;
	if (c->nparked < max)
		return;
	if (now(c).ns - c->parked[c->parked_at] > window)
		return;
	client_stop(c, "more than %lld of its rows went to QUARANTINE within "
	    "%lld s (quarantineLimit), so it takes no more of them. See "
	    "fixgatectl quarantine list, mend what is wrong, and start this "
	    "process again, or send it SIGHUP if its file was mended", (long long)c->script->quarantine_rows,
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
}

/* What is too long for the store is not kept; that it came is. */
static void
cut_long(struct park *p)
{
	char reason[sizeof(p->reason)];

	if (p->details.len <= KEPT_MAX)
		return;
	snprintf(reason, sizeof(reason), "its %zu bytes are too many to be "
	    "kept, so it cannot be tried again: %.400s", p->details.len,
	    p->reason);
	strcpy(p->reason, reason);
	buf_free(&p->details);
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
	cut_long(p);
	free(e->body);
	insert(ch, p);
}

void
park_row(struct channel *ch, const struct script_row *row, wall_t stamp,
    const char *reason)
{
	struct client *c = ch->sender->block->client;
	struct park *p = new_park(row->sequence, "SCRIPT_ERROR", reason);
	struct link_out *o = c->program->out;
	size_t i;

	log_event(LOG_LEVEL_WARN, "quarantine", NULL, "client %s: a row goes "
	    "to QUARANTINE: %s", c->script->name, reason);
	link_begin(o, &p->details, "ROW", 0);
	link_map(o, 2);
	link_str(o, "TIMESTAMP");
	link_i64(o, stamp.ns);
	link_str(o, "ROW");
	link_map(o, (uint32_t)row->n);
	for (i = 0; i < row->n; i++) {
		link_str(o, row->column[i]);
		row_put(o, &row->value[i], ROW_ANY);
	}
	must_be_0(link_end(o));
	cut_long(p);
	c->made += p->details.len;
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
	struct nack n;

	p->asked = false;
	if (m == NULL)
		return;
	if (strcmp(m->type, "EVENT_ACK") == 0) {
		(void)settle_done(b->settle, p->seq);
		drop(ch, p);
		c->park_due = (mono_t){ 0 }; /* there may be another one */
		if (!link_find_bool(m->details, "DUPLICATE", false))
			park_count(c);
		return;
	}
	nack_read(m, &n);
	c->park_due = mono_add(now(c), RETRY_NS);
	if (!n.retry)
		client_fail(c, "row %llu cannot be put into QUARANTINE: %s: "
		    "%s", (unsigned long long)p->seq, n.code, n.text);
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

void
park_work(struct client *c, mono_t at)
{
	if (c->nparks > 0 && !mono_before(at, c->park_due))
		work_parks(c);
}
