/* compare.c: what the files would change for cursors that are stored (-n). */
#include "client/compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "daemon/remote.h"
#include "log/log.h"
#include "net/net.h"

#define WAIT_NS  NS_PER_S /* for a streamer to answer */
#define NAME_CAP 160      /* bytes of a name that is shown */

struct comparison;

/* One client, and its streamer. */
struct compared {
	struct comparison *all;
	const struct script_client *script;
	const char *path;
	struct remote *remote;
	bool answered;
};

struct comparison {
	struct loop *loop;
	struct compared *client;
	size_t n, waits;
};

/* ---- cursors ---- */

static bool
find_text(const struct link_val *map, const char *key, char out[NAME_CAP])
{
	return link_find_str(map, key, out, NAME_CAP);
}

static const struct script_block *
find_block(const struct script_client *s, const char *key)
{
	size_t i;

	for (i = 0; i < s->nblock; i++)
		if (strcmp(s->block[i].key, key) == 0)
			return &s->block[i];
	return NULL;
}

/* Is the lane one of a send of the block? */
static bool
has_send(const struct script_block *b, const char *lane, size_t n)
{
	const struct script_send *s;
	size_t len;

	for (s = b->send; s < b->send + b->nsend; s++) {
		len = strlen(s->id);
		if (n >= len && memcmp(lane, s->id, len) == 0 &&
		    (n == len || (s->lane_on != NULL && lane[len] == '/')))
			return true;
	}
	return false;
}

/* Lanes that no send of the block has any more. */
static void
compare_sends(const struct compared *c, const struct script_block *b,
    const struct link_val *cursor)
{
	const struct link_val *acked = link_find(cursor, "ACKED");
	const char *lane;
	size_t i, n;

	if (acked == NULL || link_kind(acked) != LINK_MAP)
		return;
	for (i = 0; i < link_count(acked); i++) {
		(void)link_map_at(acked, i, &lane, &n);
		if (lane == NULL || has_send(b, lane, n))
			continue;
		printf("%s:%u: note: client %s (key %s): no send has the id "
		    "%.*s any more; one that was renamed sends the rows behind "
		    "the cursor anew\n", c->path, b->line, c->script->name,
		    b->key, (int)n, lane);
	}
}

static void
compare_cursor(const struct compared *c, const struct link_val *cursor)
{
	char key[NAME_CAP], source[NAME_CAP] = "";
	const struct script_block *b;

	if (!find_text(cursor, "KEY", key))
		return;
	(void)find_text(cursor, "SOURCE", source);
	b = find_block(c->script, key);
	if (b != NULL) {
		compare_sends(c, b, cursor);
		return;
	}
	printf("%s:%u: note: client %s: no block has the key %s any more, "
	    "whose cursor is at row %llu of %s\n", c->path, c->script->line,
	    c->script->name, key, (unsigned long long)link_find_u64(cursor,
	    "SEQUENCE", 0), source);
}

static bool
is_ours(const struct compared *c, const struct link_val *cursor,
    const char *key)
{
	char text[NAME_CAP];

	return find_text(cursor, "CONSUMER", text) &&
	    strcmp(text, c->script->name) == 0 &&
	    (key == NULL || (find_text(cursor, "KEY", text) &&
	    strcmp(text, key) == 0));
}

static void
compare_block(const struct compared *c, const struct script_block *b,
    const struct link_val *cursors)
{
	size_t i;

	for (i = 0; i < link_count(cursors); i++)
		if (is_ours(c, link_at(cursors, i), b->key))
			return;
	printf("%s:%u: note: client %s (key %s) has no cursor yet: %s\n",
	    c->path, b->line, c->script->name, b->key,
	    c->script->start == SCRIPT_START_NONE ?
	    "it does not start until it has startAt, or fixgatectl cursor set "
	    "says where it begins" : "it begins where startAt says");
}

static void
compare(const struct compared *c, const struct link_val *cursors)
{
	size_t i;

	if (cursors == NULL || link_kind(cursors) != LINK_ARRAY)
		return;
	for (i = 0; i < link_count(cursors); i++)
		if (is_ours(c, link_at(cursors, i), NULL))
			compare_cursor(c, link_at(cursors, i));
	for (i = 0; i < c->script->nblock; i++)
		compare_block(c, &c->script->block[i], cursors);
}

/* ---- asking ---- */

static void
on_list(void *arg, const struct link_msg *m)
{
	struct compared *c = arg;

	if (m == NULL || c->answered)
		return;
	if (strcmp(m->type, "CURSOR_LIST_ACK") != 0)
		return; /* its process is not there, so the time will end it */
	c->answered = true;
	compare(c, link_find(m->details, "CURSORS"));
	if (--c->all->waits == 0)
		loop_stop(c->all->loop);
}

static void
on_up(void *arg, const struct link_val *hello)
{
	struct compared *c = arg;
	struct link_out *o;

	(void)hello;
	o = remote_ask(c->remote, "CURSOR_LIST", on_list, c, NULL);
	if (o == NULL)
		return;
	link_map(o, 1);
	link_key_str(o, "STREAM", c->script->stream);
	(void)remote_end(c->remote);
}

static void
on_time(void *arg)
{
	const struct comparison *all = arg;

	loop_stop(all->loop);
}

static void
add(struct comparison *all, const struct files *f, const char *path,
    const struct script_client *s)
{
	const struct start_process *p = start_find(&f->processes, s->process);
	struct compared *c = &all->client[all->n];
	struct remote_cfg cfg = { .loop = all->loop, .name = p->name,
		.address = p->address, .at = p->at, .self = s->name,
		.role = "check", .up = on_up, .arg = c };

	if (!s->replayable)
		return;
	*c = (struct compared){ .all = all, .script = s, .path = path };
	c->remote = remote_new(&cfg);
	if (c->remote == NULL)
		return;
	all->n++;
	all->waits++;
}

static void
ask_all(struct comparison *all, const struct files *f)
{
	struct timer *t = timer_new(all->loop, on_time, all);
	size_t i, k;

	for (i = 0; i < f->n; i++)
		for (k = 0; k < f->file[i]->nclient; k++)
			add(all, f, f->path[i], &f->file[i]->client[k]);
	if (t != NULL && all->waits > 0) {
		timer_set(t, mono_add(loop_now(all->loop).mono, WAIT_NS));
		loop_run(all->loop);
	}
	for (i = 0; i < all->n; i++) {
		if (!all->client[i].answered)
			printf("%s:%u: note: client %s: its cursors cannot be "
			    "asked for: process %s %s%s\n",
			    all->client[i].path, all->client[i].script->line,
			    all->client[i].script->name,
			    all->client[i].script->process,
			    remote_is_up(all->client[i].remote) ?
			    "does not know them now" : "is not there: ",
			    remote_trouble(all->client[i].remote));
		remote_free(all->client[i].remote);
	}
	if (t != NULL)
		timer_free(t);
}

void
compare_cursors(const struct files *f)
{
	struct comparison all = { .loop = loop_new() };

	all.client = calloc(f->nclient + 1, sizeof(*all.client));
	log_set_level(LOG_LEVEL_ERROR); /* what is wrong is said once */
	if (all.loop != NULL && all.client != NULL)
		ask_all(&all, f);
	if (all.loop != NULL)
		loop_free(all.loop);
	free(all.client);
}
