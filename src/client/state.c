/* state.c: what state a client is in, what is wrong with it, and what it forgets
 * then. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "log/log.h"

#define RETRY_LATER   NS_PER_S        /* after a NACK with RETRY */
#define RETRY_STANDBY (2 * NS_PER_S)  /* is the other one gone? */
#define RETRY_FAILED  (10 * NS_PER_S) /* somebody may have mended it */

static mono_t
now(const struct client *c)
{
	return now_of(c->program).mono;
}

const char *
client_state_text(const struct client *c)
{
	switch (c->state) {
	case CLIENT_DOWN:
		return "streamer down";
	case CLIENT_ASKING:
	case CLIENT_PLACING:
	case CLIENT_LOGGING_ON:
		return "logging on";
	case CLIENT_PROBING:
		return "standby";
	case CLIENT_ON:
		return c->more ? "replay" : "live";
	case CLIENT_WAITING:
		return c->standby ? "standby" : "waiting";
	case CLIENT_STOPPED:
		return "stopped";
	case CLIENT_LEAVING:
		return "leaving";
	}
	return "";
}

enum health
client_health(const struct client *c)
{
	enum health h = c->level;
	const struct block *b;
	size_t i;

	for (b = c->block; b < c->block + c->nblock; b++)
		for (i = 0; i < b->script->nsend; i++)
			if (b->sender[i].health > h)
				h = b->sender[i].health;
	return h;
}

void
client_say(struct client *c, enum health level, const char *text)
{
	bool new = strcmp(c->text, text) != 0;

	c->level = level;
	snprintf(c->text, sizeof(c->text), "%s", text);
	if (new && level == HEALTH_ERROR)
		log_event(LOG_LEVEL_ERROR, "client", NULL, "client %s: %s",
		    c->script->name, text);
	else if (new && text[0] != '\0')
		log_event(LOG_LEVEL_WARN, "client", NULL, "client %s: %s",
		    c->script->name, text);
}

static void
wait_for(struct client *c, int64_t ns)
{
	c->state = CLIENT_WAITING;
	c->again = mono_add(now(c), ns);
}

/* ---- forgetting ---- */

void
client_log_off(struct client *c)
{
	if (c->ref == 0 || !remote_is_up(c->remote))
		return;
	link_map(remote_begin(c->remote, "STREAM_LOGOFF", c->ref), 0);
	(void)remote_end(c->remote);
	c->ref = 0;
	c->credit = 0;
}

void
client_clear(struct block *b)
{
	size_t i;

	remote_forget(b->client->remote, b);
	b->putting = false;
	for (i = 0; i < b->script->nsend; i++)
		sender_clear(&b->sender[i]);
	channel_free(b->faults);
	b->faults = NULL;
	settle_free(b->settle);
	b->settle = NULL;
	b->put = 0;
}

static bool
has_lanes(const struct target *t)
{
	const struct channel *ch;

	TAILQ_FOREACH(ch, &t->channels, link)
		if (ch->state != CHANNEL_SHUT)
			return true;
	return false;
}

/* It begins again at its cursors. Lanes end with their connection. */
void
client_reset(struct client *c)
{
	size_t i;

	c->reset = false;
	if (!c->moved)
		position_put(c, now(c));
	c->moved = false;
	client_log_off(c);
	remote_forget(c->remote, c);
	for (i = 0; i < c->ntarget; i++)
		if (has_lanes(c->target[i]))
			remote_drop(c->target[i]->remote,
			    "its lanes are given up");
	for (i = 0; i < c->nblock; i++)
		client_clear(&c->block[i]);
	again_clear(c);
	c->pending_asked = false;
	c->source[0] = '\0';
}

void
nack_read(const struct link_msg *m, struct nack *n)
{
	const char *p = "";
	size_t len = 0;

	if (!link_find_str(m->details, "CODE", n->code, sizeof(n->code)))
		n->code[0] = '\0';
	(void)link_get_str(link_find(m->details, "TEXT"), &p, &len);
	if (len >= sizeof(n->text))
		len = sizeof(n->text) - 1;
	memcpy(n->text, p, len);
	n->text[len] = '\0';
	n->retry = link_find_bool(m->details, "RETRY", false);
}

/* false: it has ended already, and nothing is said. */
static bool
say_error(struct client *c, const char *fmt, va_list ap)
{
	char text[TEXT_MAX];

	if (c->state == CLIENT_STOPPED || c->state == CLIENT_LEAVING)
		return false;
	vsnprintf(text, sizeof(text), fmt, ap);
	client_say(c, HEALTH_ERROR, text);
	c->reset = true;
	return true;
}

void
client_fail(struct client *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (say_error(c, fmt, ap))
		wait_for(c, RETRY_FAILED);
	va_end(ap);
}

void
client_stop(struct client *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (say_error(c, fmt, ap))
		c->state = CLIENT_STOPPED;
	va_end(ap);
}

void
client_lost(struct client *c, const char *why)
{
	char text[TEXT_MAX];

	if (c->state == CLIENT_STOPPED || c->state == CLIENT_LEAVING)
		return;
	if (c->script->takeover == SCRIPT_TAKEOVER_ALWAYS) {
		client_stop(c, "%s: stopped, for with takeover = true each "
		    "would take the other's place for ever. If this process is "
		    "the right one, end the other and start this one again",
		    why);
		return;
	}
	snprintf(text, sizeof(text), "%s: standing by until that one is gone",
	    why);
	client_say(c, HEALTH_WARNING, text);
	wait_for(c, RETRY_STANDBY);
	c->standby = true;
	c->reset = true;
}

void
client_later(struct client *c, const struct link_msg *m)
{
	char text[TEXT_MAX];
	struct nack n;

	nack_read(m, &n);
	if (c->state == CLIENT_STOPPED || c->state == CLIENT_LEAVING)
		return;
	snprintf(text, sizeof(text), "stream %s: %s: %s; trying again",
	    c->script->stream, n.code, n.text);
	client_say(c, HEALTH_WARNING, text);
	wait_for(c, RETRY_LATER);
}
