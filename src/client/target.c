/* target.c: the processes that events are sent to: over a link (one connection
 * for each client), or a program (one for all). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "client/client.h"
#include "client/fields.h"
#include "log/log.h"

#define HEARTBEAT_S 5
#define OPEN_RETRY  NS_PER_S         /* of a LANE_OPEN that was refused */
#define GIVE_UP     (5 * NS_PER_S)   /* onHandlerDown="park" */
#define EXEC_PREFIX 5                /* bytes of "exec:" */
#define FRACTION    9                /* digits of the seconds of a time */

static mono_t
now(const struct target *t)
{
	return now_of(t->program).mono;
}

/* ---- what is on its way ---- */

static struct flights *
bucket(struct target *t, uint64_t ref)
{
	return &t->flights[ref & (TARGET_BUCKETS - 1)];
}

static void
fly(struct target *t, struct channel *ch, uint64_t ref)
{
	struct flight *f = must(malloc(sizeof(*f)));

	f->ref = ref;
	f->channel = ch;
	LIST_INSERT_HEAD(bucket(t, ref), f, link);
	t->nflight++;
}

/* Whose event it is; NULL: nobody's (any more). */
static struct channel *
land(struct target *t, uint64_t ref)
{
	struct channel *ch;
	struct flight *f;

	LIST_FOREACH(f, bucket(t, ref), link)
		if (f->ref == ref)
			break;
	if (f == NULL)
		return NULL;
	ch = f->channel;
	LIST_REMOVE(f, link);
	t->nflight--;
	free(f);
	return ch;
}

/* Forget those of a channel; NULL: all. */
static void
forget(struct target *t, const struct channel *ch)
{
	struct flight *f, *next;
	size_t i;

	for (i = 0; i < TARGET_BUCKETS && t->nflight > 0; i++)
		for (f = LIST_FIRST(&t->flights[i]); f != NULL; f = next) {
			next = LIST_NEXT(f, link);
			if (ch != NULL && f->channel != ch)
				continue;
			LIST_REMOVE(f, link);
			t->nflight--;
			free(f);
		}
}

/* ---- lanes of a link ---- */

static void
open_later(struct channel *ch)
{
	ch->state = CHANNEL_SHUT;
	ch->open_due = mono_add(now(ch->sender->target), OPEN_RETRY);
}

static void
opened(struct channel *ch, uint64_t number)
{
	ch->state = CHANNEL_OPEN;
	ch->number = number;
	lane_up(ch->lane);
}

static void
on_opened(void *arg, const struct link_msg *m)
{
	struct channel *ch = arg;
	struct target *t = ch->sender->target;
	struct client *c = t->client;
	struct nack n;

	if (m == NULL)
		return; /* on_down follows */
	t->busy = true;
	if (strcmp(m->type, "LANE_ACK") == 0) {
		opened(ch, link_find_u64(m->details, "LANE", 0));
		return;
	}
	nack_read(m, &n);
	if (strcmp(n.code, "UNKNOWN_MESSAGE") == 0) {
		if (!t->plain)
			log_event(LOG_LEVEL_INFO, "lane", NULL, "client %s: %s "
			    "has no lanes: events are sent at least once",
			    c->script->name, t->process->name);
		t->plain = true;
		opened(ch, 0);
	} else if (n.retry) {
		if (ch->open_due.ns == 0) /* once */
			log_event(LOG_LEVEL_WARN, "lane", NULL,
			    "client %s: lane %s of %s: %s; trying again",
			    c->script->name, ch->name, t->process->name,
			    n.text);
		open_later(ch);
	} else {
		client_fail(c, "%s does not open the lane %s: %s: %s",
		    t->process->name, ch->name, n.code, n.text);
	}
}

static void
open_lane(struct target *t, struct channel *ch)
{
	struct block *b = ch->sender->block;
	uint64_t acked = lane_acked(ch->lane);
	struct link_out *o;

	if (ch->again || t->plain) {
		opened(ch, 0);
		return;
	}
	o = must(remote_ask(t->remote, "LANE_OPEN", on_opened, ch, NULL));
	link_map(o, 6);
	link_key_str(o, "CONSUMER", b->client->script->name);
	link_key_str(o, "KEY", b->script->key);
	link_key_str(o, "SEND", ch->name);
	link_key_str(o, "SOURCE", b->client->source);
	link_key_u64(o, "ACKED", acked > ch->acked ? acked : ch->acked);
	/* Who is logged on to the stream has its lanes. */
	link_key_bool(o, "TAKEOVER", true);
	if (remote_end(t->remote) == 0)
		ch->state = CHANNEL_OPENING;
	else
		open_later(ch);
}

/* ---- a link ---- */

static void
on_up(void *arg, const struct link_val *hello)
{
	struct target *t = arg;

	(void)hello;
	t->busy = true;
}

static void
all_down(struct target *t)
{
	struct channel *ch;

	forget(t, NULL);
	TAILQ_FOREACH(ch, &t->channels, link) {
		ch->state = CHANNEL_SHUT;
		ch->open_due = ch->backs_off = (mono_t){ 0 };
		lane_down(ch->lane);
	}
	t->down = now(t);
	t->busy = true;
}

static void
on_down(void *arg, const char *why)
{
	struct target *t = arg;

	all_down(t);
	t->plain = false;
	if (strncmp(why, "FENCED", 6) == 0)
		client_lost(t->client, "another process has a lane of it");
}

static void
on_nack(struct target *t, struct channel *ch, const struct link_msg *m)
{
	struct nack n;

	nack_read(m, &n);
	if (n.retry)
		channel_retry(ch, m->ref,
		    strcmp(n.code, "LANE_STOPPED") == 0);
	else if (strcmp(n.code, "FENCED") == 0 ||
	    strcmp(n.code, "NO_LANE") == 0)
		remote_drop(t->remote, n.text); /* it begins anew */
	else
		channel_refused(ch, m->ref, n.code, n.text,
		    link_find(m->details, "PARKED") != NULL);
}

static void
on_message(void *arg, const struct link_msg *m)
{
	struct target *t = arg;
	struct channel *ch = land(t, m->ref);

	if (ch == NULL)
		return;
	t->busy = true;
	if (strcmp(m->type, "EVENT_ACK") == 0 || strcmp(m->type, "ACK") == 0)
		channel_done(ch, m->ref);
	else
		on_nack(t, ch, m);
}

static void
on_drained(void *arg)
{
	struct target *t = arg;

	t->busy = true;
}

static void
put_names(struct link_out *o, const struct channel *ch)
{
	const struct block *b = ch->sender->block;

	if (ch->number != 0) {
		link_key_u64(o, "LANE", ch->number);
		return;
	}
	link_key_str(o, "CLIENT", b->client->script->name);
	link_key_str(o, "KEY", b->script->key);
	link_key_str(o, "SEND", ch->name);
	link_key_str(o, "SOURCE", b->client->source);
}

static int
send_link(struct target *t, struct channel *ch, const struct lane_event *e,
    uint64_t ref)
{
	const struct script_send *s = ch->sender->script;
	const struct event *ev = e->body;
	/* What comes from QUARANTINE is wanted, however old it is. */
	int64_t age = ch->again ? 0 : s->age;
	struct link_out *o = remote_begin(t->remote, s->event, ref);

	link_map(o, ev->nkeys + (ch->number != 0 ? 1 : 4) + 3 +
	    (e->stamp.ns != 0) + (age >= 0));
	put_names(o, ch);
	link_key_u64(o, "SEQUENCE", e->seq);
	link_key_u64(o, "PART", e->part);
	link_key_u64(o, "ATTEMPT", e->attempt);
	if (e->stamp.ns != 0) {
		link_str(o, "TIMESTAMP");
		link_i64(o, e->stamp.ns);
	}
	if (age >= 0)
		link_key_u64(o, "AGE", (uint64_t)age);
	link_values(o, ev->data, ev->len, 2 * ev->nkeys);
	return remote_end(t->remote);
}

/* ---- a program ---- */

static void
exec_up(void *arg)
{
	struct target *t = arg;

	t->busy = true;
}

static void
exec_down(void *arg, const char *why)
{
	(void)why;
	all_down(arg);
}

static void
exec_answered(void *arg, const struct exec_answer *a)
{
	struct target *t = arg;
	struct channel *ch = land(t, a->n);

	if (ch == NULL) { /* or it came again on a new lane */
		log_event(LOG_LEVEL_DEBUG, "lane", NULL, "%s answers event "
		    "%llu, which does not wait for an answer", t->process->name,
		    (unsigned long long)a->n);
		return;
	}
	t->busy = true;
	if (a->ok)
		channel_done(ch, a->n);
	else if (a->retry)
		channel_retry(ch, a->n, false);
	else
		channel_refused(ch, a->n, "NACK", a->text, false);
}

static void
start_exec(struct target *t)
{
	struct exec_cfg cfg = { .loop = t->program->start.loop,
		.name = t->process->name,
		.command = t->process->address + EXEC_PREFIX, .up = exec_up,
		.down = exec_down, .answer = exec_answered,
		.drained = on_drained, .arg = t };

	t->exec = must(exec_new(&cfg));
}

static int
put_member(struct buf *to, const char *name, const char *text)
{
	int err = buf_printf(to, "\"%s\":", name);

	if (err == 0)
		err = fields_json_text(to, text, strlen(text));
	return err != 0 ? err : buf_puts(to, ",");
}

static int
send_exec(struct target *t, struct channel *ch, const struct lane_event *e,
    uint64_t n)
{
	const struct block *b = ch->sender->block;
	const struct event *ev = e->body;
	struct buf *to = &t->line;
	char time[WALL_TEXT_MAX];
	int err;

	to->len = 0;
	err = put_member(to, "event", ch->sender->script->event);
	if (err == 0)
		err = put_member(to, "source", b->client->source);
	if (err == 0)
		err = put_member(to, "client", b->client->script->name);
	if (err == 0)
		err = put_member(to, "key", b->script->key);
	if (err == 0)
		err = put_member(to, "send", ch->name);
	if (err == 0)
		err = buf_printf(to, "\"seq\":%llu,\"part\":%u,\"attempt\":%u,",
		    (unsigned long long)e->seq, e->part, e->attempt);
	if (err == 0 && e->stamp.ns != 0)
		err = buf_printf(to, "\"timestamp\":\"%.*s\",",
		    (int)wall_format(time, e->stamp, FRACTION), time);
	if (err == 0)
		err = buf_puts(to, "\"details\":");
	if (err == 0)
		err = buf_add(to, ev->data, ev->len);
	return err != 0 ? err : exec_send(t->exec, n, to->p, to->len);
}

/* ---- both ---- */

bool
target_is_up(const struct target *t)
{
	return target_is_exec(t) ? t->exec != NULL && exec_is_up(t->exec)
				: remote_is_up(t->remote);
}

const char *
target_trouble(const struct target *t)
{
	if (!target_is_exec(t))
		return remote_trouble(t->remote);
	return t->exec == NULL ? "not started yet" : exec_trouble(t->exec);
}

static bool
is_full(const struct target *t)
{
	return target_is_exec(t) ? exec_is_full(t->exec)
			       : remote_is_full(t->remote);
}

/* An event that cannot be sent at all is as good as refused. */
static void
send_failed(struct target *t, struct channel *ch, uint64_t ref, int err)
{
	if (err == FG_ENOMEM)
		must_be_0(err);
	(void)land(t, ref);
	if (err == FG_ELIMIT)
		channel_refused(ch, ref, "TOO_BIG",
		    "it is longer than the process takes", false);
	/* Else the connection is lost, which is told soon. */
}

/* A gateway looks at the age itself; what comes from QUARANTINE is wanted,
 * however old it is. */
static bool
is_too_old(const struct target *t, const struct channel *ch,
    const struct lane_event *e)
{
	int64_t age = ch->sender->script->age;

	return target_is_exec(t) && age > 0 && !ch->again &&
	    e->stamp.ns != 0 &&
	    now_of(t->program).wall.ns - e->stamp.ns > age * NS_PER_S;
}

static void
send_one(struct target *t, struct channel *ch, const struct lane_event *e,
    uint64_t ref)
{
	struct sender *s = ch->sender;
	int err;

	if (is_too_old(t, ch, e)) {
		channel_refused(ch, ref, "TOO_OLD", "its row is older than age "
		    "allows", false);
		return;
	}
	fly(t, ch, ref);
	if (ch->backs_off.ns == 0)
		s->sent = now(t);
	err = target_is_exec(t) ? send_exec(t, ch, e, ref)
			      : send_link(t, ch, e, ref);
	if (err != 0)
		send_failed(t, ch, ref, err);
}

/* Its client is logged on: make it one that events can be sent on. */
static void
open_channel(struct target *t, struct channel *ch, mono_t at)
{
	if (target_is_exec(t) && t->exec == NULL) {
		start_exec(t);
		t->down = at;
	}
	if (!target_is_up(t))
		return; /* it comes */
	if (mono_before(at, ch->open_due))
		t->due = mono_min(t->due, ch->open_due);
	else if (target_is_exec(t))
		opened(ch, 0);
	else
		open_lane(t, ch);
}

static void
work_channel(struct target *t, struct channel *ch, mono_t at)
{
	const struct lane_event *e;
	struct sender *s = ch->sender;
	mono_t clock = { 0 };
	uint64_t ref;

	if (ch->state == CHANNEL_SHUT && s->block->client->state == CLIENT_ON)
		open_channel(t, ch, at);
	while (target_is_up(t) && !is_full(t)) {
		ref = target_is_exec(t) ? t->n + 1 : remote_ref(t->remote);
		e = lane_send(ch->lane, ref, at);
		if (e == NULL)
			break;
		t->n = ref;
		if (clock.ns == 0)
			clock = loop_clock();
		if (e->sent == 1 && e->came.ns != 0)
			latency_add(&s->sent_after, clock.ns - e->came.ns, 1);
		send_one(t, ch, e, ref);
	}
	if (!target_is_up(t) && s->script->park &&
	    lane_queued(ch->lane) > 0) {
		if (at.ns - t->down.ns >= GIVE_UP)
			channel_give_up(ch);
		else
			t->due = mono_min(t->due, mono_add(t->down, GIVE_UP));
	}
	if (target_is_up(t) && !is_full(t))
		t->due = mono_min(t->due, lane_due(ch->lane));
}

void
target_work(struct target *t, mono_t at)
{
	struct channel *ch, *next;

	if (!t->busy && mono_before(at, t->due))
		return;
	t->busy = false;
	t->due = MONO_NEVER;
	for (ch = TAILQ_FIRST(&t->channels); ch != NULL; ch = next) {
		next = TAILQ_NEXT(ch, link);
		work_channel(t, ch, at);
	}
}

void
target_add(struct target *t, struct channel *ch)
{
	TAILQ_INSERT_TAIL(&t->channels, ch, link);
	t->busy = true;
}

void
target_remove(struct target *t, struct channel *ch)
{
	struct channel *c;

	TAILQ_FOREACH(c, &t->channels, link)
		if (c == ch)
			break;
	if (c == NULL)
		return; /* of events that are put aside only */
	TAILQ_REMOVE(&t->channels, ch, link);
	forget(t, ch);
	if (t->remote != NULL)
		remote_forget(t->remote, ch);
}

/* ---- life ---- */

struct target *
target_new(struct program *p, struct client *c,
    const struct start_process *from)
{
	struct target *t = must(calloc(1, sizeof(*t)));
	struct start_process *process = must(start_copy(from));
	struct remote_cfg remote = { .loop = p->start.loop,
		.name = process->name, .address = process->address,
		.at = process->at, .self = p->start.name, .role = "client",
		.heartbeat = HEARTBEAT_S, .up = on_up, .down = on_down,
		.message = on_message, .drained = on_drained, .arg = t };

	t->program = p;
	t->client = c;
	t->process = process;
	t->due = MONO_NEVER;
	t->down = now(t);
	TAILQ_INIT(&t->channels);
	if (!process->exec)
		t->remote = must(remote_new(&remote));
	return t;
}

void
target_free(struct target *t)
{
	if (t == NULL)
		return;
	forget(t, NULL);
	remote_free(t->remote);
	exec_free(t->exec);
	buf_free(&t->line);
	free(t->process);
	free(t);
}
