/* channel.c: the lanes of a send, and what answers mean for them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "client/client.h"
#include "log/log.h"

#define CHANNELS_MAX 1000 /* values of laneOn of one send */

static mono_t
now(const struct sender *s)
{
	return now_of(s->block->client->program).mono;
}

/* ---- channels ---- */

/* Is the name one that a lane may have? */
static bool
is_name(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((unsigned char)p[i] < ' ' || p[i] == 0x7f)
			return false;
	return n > 0 && n <= NAME_MAX_BYTES;
}

static uint64_t
acked_of(const struct block *b, const char *name)
{
	size_t i;

	for (i = 0; i < b->nacked; i++)
		if (strcmp(b->acked[i].name, name) == 0)
			return b->acked[i].seq;
	return 0;
}

struct channel *
channel_new(struct sender *s, const char *name, bool again)
{
	struct channel *ch = must(calloc(1, sizeof(*ch)));

	ch->sender = s;
	ch->again = again;
	snprintf(ch->name, sizeof(ch->name), "%s", name);
	ch->lane = must(lane_new(&s->window));
	ch->acked = acked_of(s->block, name);
	TAILQ_INIT(&ch->parks);
	return ch;
}

void
channel_free(struct channel *ch)
{
	if (ch == NULL)
		return;
	if (ch->sender->target != NULL)
		target_remove(ch->sender->target, ch);
	park_free(ch);
	lane_free(ch->lane);
	free(ch);
}

struct channel *
channel_get(struct sender *s, const char *value, size_t n)
{
	char name[2 * NAME_MAX_BYTES + 2];
	struct channel *ch;
	int len;

	if (value == NULL) {
		value = "";
		n = 0;
	}
	if (n > NAME_MAX_BYTES)
		return NULL;
	len = snprintf(name, sizeof(name), "%s%s%.*s", s->script->id,
	    s->script->lane_on == NULL ? "" : "/", (int)n, value);
	if (len < 0 || (size_t)len >= sizeof(name) ||
	    !is_name(name, (size_t)len))
		return NULL;
	for (ch = s->channel; ch != NULL; ch = ch->next)
		if (strcmp(ch->name, name) == 0)
			return ch;
	if (s->nchannel == CHANNELS_MAX)
		return NULL;
	ch = channel_new(s, name, false);
	ch->next = s->channel;
	s->channel = ch;
	s->nchannel++;
	target_add(s->target, ch);
	return ch;
}

/* ---- answers ---- */

/* An event of the row is answered for good. */
static void
settled(struct channel *ch, uint64_t seq)
{
	struct sender *s = ch->sender;

	if (sender_queued(s) == 0)
		s->busy = (mono_t){ 0 };
	if (!ch->again)
		(void)settle_done(s->block->settle, seq);
}

/* An event has its answer, for good. */
static void
answered(struct sender *s, const struct lane_event *e)
{
	s->answered = now(s);
	if (e->came.ns != 0)
		latency_add(&s->answered_after, s->answered.ns - e->came.ns,
		    1);
}

void
channel_done(struct channel *ch, uint64_t ref)
{
	struct sender *s = ch->sender;
	struct lane_event e;
	struct event *ev;

	if (lane_answer(ch->lane, ref, LANE_DONE, now(s), &e) != 0)
		return;
	ev = e.body;
	answered(s, &e);
	ch->backs_off = (mono_t){ 0 };
	settled(ch, e.seq);
	if (ev->quarantine != 0)
		again_done(s->block->client, ev->quarantine, true, "");
	free(ev);
}

void
channel_retry(struct channel *ch, uint64_t ref, bool stopped)
{
	struct lane_event e;

	if (lane_answer(ch->lane, ref, stopped ? LANE_STOPPED : LANE_RETRY,
	    now(ch->sender), &e) == 0 && ch->backs_off.ns == 0)
		ch->backs_off = now(ch->sender);
}

void
channel_refused(struct channel *ch, uint64_t ref, const char *code,
    const char *text, bool parked)
{
	struct sender *s = ch->sender;
	struct client *c = s->block->client;
	struct lane_event e;
	struct event *ev;

	if (lane_answer(ch->lane, ref, parked ? LANE_DONE : LANE_ASIDE, now(s),
	    &e) != 0)
		return;
	ev = e.body;
	answered(s, &e);
	ch->backs_off = (mono_t){ 0 };
	log_event(LOG_LEVEL_WARN, "event-refused", NULL, "client %s, row %llu: "
	    "%s refused %s: %s: %s", c->script->name, (unsigned long long)e.seq,
	    s->script->process, s->script->event, code, text);
	if (ev->quarantine != 0) {
		settled(ch, e.seq);
		again_done(c, ev->quarantine, false, text);
		free(ev);
		return;
	}
	if (parked) {
		settled(ch, e.seq);
		free(ev);
		park_count(c);
		return;
	}
	park_event(ch, &e, code, text);
	if (sender_queued(s) == 0)
		s->busy = (mono_t){ 0 };
}

void
channel_give_up(struct channel *ch)
{
	struct sender *s = ch->sender;
	struct lane_event e;
	char text[TEXT_MAX];

	snprintf(text, sizeof(text), "%s is not there: %.400s",
	    s->script->process, target_trouble(s->target));
	while (!ch->again && lane_take(ch->lane, &e) == 0)
		park_event(ch, &e, "HANDLER_DOWN", text);
	if (sender_queued(s) == 0)
		s->busy = (mono_t){ 0 };
}

/* ---- senders ---- */

void
sender_start(struct sender *s, struct block *b,
    const struct script_send *script)
{
	const struct script_client *c = b->client->script;

	*s = (struct sender){ .script = script, .block = b };
	s->window.max = (size_t)c->event_handler_buffer;
}

void
sender_clear(struct sender *s)
{
	struct channel *ch;

	while ((ch = s->channel) != NULL) {
		s->channel = ch->next;
		channel_free(ch);
	}
	channel_free(s->again);
	channel_free(s->script_faults);
	s->again = s->script_faults = NULL;
	s->nchannel = 0;
	s->busy = (mono_t){ 0 };
}

size_t
sender_queued(const struct sender *s)
{
	const struct channel *ch;
	size_t n = s->again == NULL ? 0 : lane_queued(s->again->lane);

	for (ch = s->channel; ch != NULL; ch = ch->next)
		n += lane_queued(ch->lane);
	return n;
}

size_t
sender_flowing(const struct sender *s)
{
	const struct channel *ch;
	size_t n = 0;

	for (ch = s->channel; ch != NULL; ch = ch->next)
		if (ch->backs_off.ns == 0)
			n += lane_queued(ch->lane);
	return n;
}

uint64_t
sender_handled(const struct sender *s)
{
	const struct settle *st = s->block->settle;
	uint64_t at = st == NULL ? s->block->cursor : settle_seen(st), first;
	const struct channel *ch;

	for (ch = s->channel; ch != NULL; ch = ch->next) {
		first = lane_first(ch->lane);
		if (first != 0 && first <= at)
			at = first - 1;
	}
	return at;
}

/* ---- health ---- */

static struct health_range
range_of(const struct script_range *r)
{
	return (struct health_range){ r->low * NS_PER_S, r->high * NS_PER_S };
}

/* The one that was asked first; NULL: none was. */
static const struct channel *
first_back(const struct sender *s)
{
	const struct channel *ch, *first = NULL;

	for (ch = s->channel; ch != NULL; ch = ch->next)
		if (ch->backs_off.ns != 0 && (first == NULL ||
		    mono_before(ch->backs_off, first->backs_off)))
			first = ch;
	return first;
}

/* Of one lane of several, while the others go on. */
static void
say_lane(struct sender *s, const struct channel *ch, mono_t at)
{
	snprintf(s->text, sizeof(s->text), "%s asks for later on the lane %s, "
	    "for %lld s now, and %zu events of it wait",
	    s->script->process, ch->name,
	    (long long)((at.ns - ch->backs_off.ns) / NS_PER_S),
	    lane_queued(ch->lane));
}

static void
say_why(struct sender *s, size_t queued, mono_t at)
{
	int64_t ns = at.ns - (mono_before(s->answered, s->busy) ? s->busy.ns
	    : s->answered.ns);
	long long seconds = ns / NS_PER_S;

	if (!target_is_up(s->target))
		snprintf(s->text, sizeof(s->text), "%s is not there, and %zu "
		    "events wait: %.300s", s->script->process, queued,
		    target_trouble(s->target));
	else if (first_back(s) != NULL)
		snprintf(s->text, sizeof(s->text), "%s asks for later; "
		    "nothing was done for %lld s, and %zu events wait",
		    s->script->process, seconds, queued);
	else
		snprintf(s->text, sizeof(s->text), "%s has answered nothing "
		    "for %lld s; %zu events wait for an answer, %zu in all",
		    s->script->process, seconds, s->window.unanswered, queued);
}

void
sender_look(struct sender *s, mono_t at)
{
	const struct script_client *c = s->block->client->script;
	struct health_range sent = range_of(&c->sent_warning);
	struct health_range receive = range_of(&c->receive_warning);
	struct health_facts f = { .sent = s->sent, .answered = s->answered,
		.waiting = s->busy, .unanswered = s->window.unanswered };
	size_t queued = sender_queued(s);
	const struct channel *back =
	    s->script->lane_on == NULL ? NULL : first_back(s);
	enum health was = s->health, lane = back == NULL ? HEALTH_HEALTHY :
	    health_in(&receive, at.ns - back->backs_off.ns);

	/* What cannot be sent waits for an answer, too. */
	f.full = f.unanswered >= s->window.max ||
	    (queued > 0 && f.unanswered == 0);
	if (f.unanswered == 0)
		f.unanswered = queued;
	/* Nothing may have been sent since it had something to send. */
	if (mono_before(f.sent, f.waiting))
		f.sent = f.waiting;
	s->health = health_look(&f, &sent, &receive, at);
	s->text[0] = '\0';
	if (lane != HEALTH_HEALTHY && s->health <= lane) {
		s->health = lane;
		say_lane(s, back, at);
	} else if (s->health != HEALTH_HEALTHY) {
		say_why(s, queued, at);
	}
	if (s->health == was)
		return;
	if (s->health == HEALTH_HEALTHY)
		log_event(LOG_LEVEL_INFO, "health", NULL, "client %s: send %s "
		    "is HEALTHY again", c->name, s->script->id);
	else
		log_event(LOG_LEVEL_WARN, "health", NULL, "client %s: send %s: "
		    "%s: %s", c->name, s->script->id, health_name(s->health),
		    s->text);
}
