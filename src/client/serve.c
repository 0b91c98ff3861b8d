/* serve.c: STATUS and CLIENT_LIST, for operators. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "client/client.h"
#include "log/log.h"

static const char program[] = "fixgate-client " PACKAGE_VERSION;

/* ---- CLIENT_LIST ---- */

static void
put_sender(struct link_out *o, const struct sender *s)
{
	link_map(o, 9);
	link_key_str(o, "SEND", s->script->id);
	link_key_str(o, "PROCESS", s->script->process);
	link_key_str(o, "EVENT", s->script->event);
	link_key_bool(o, "UP", target_is_up(s->target));
	link_key_str(o, "HEALTH", health_name(s->health));
	link_key_u64(o, "UNANSWERED", s->window.unanswered);
	link_key_u64(o, "QUEUED", sender_queued(s));
	link_key_u64(o, "HANDLED", sender_handled(s));
	link_key_str(o, "TEXT", s->text);
}

static void
put_block(struct link_out *o, const struct block *b)
{
	const struct settle *st = b->settle;
	size_t i;

	link_map(o, 5);
	link_key_str(o, "KEY", b->script->key);
	link_key_u64(o, "CURSOR", st == NULL ? b->cursor : settle_cursor(st));
	link_key_u64(o, "SEEN", st == NULL ? b->cursor : settle_seen(st));
	link_key_u64(o, "HELD", st == NULL ? 0 : settle_held(st));
	link_str(o, "SENDS");
	link_array(o, (uint32_t)b->script->nsend);
	for (i = 0; i < b->script->nsend; i++)
		put_sender(o, &b->sender[i]);
}

static void
put_client(struct link_out *o, const struct client *c)
{
	size_t i;

	link_map(o, 9);
	link_key_str(o, "CLIENT", c->script->name);
	link_key_str(o, "PROCESS", c->script->process);
	link_key_str(o, "STREAM", c->script->stream);
	link_key_str(o, "STATE", client_state_text(c));
	link_key_str(o, "HEALTH", health_name(client_health(c)));
	link_key_str(o, "TEXT", c->text);
	link_key_str(o, "SOURCE", c->source);
	link_key_u64(o, "VISIBLE", c->visible);
	link_str(o, "BLOCKS");
	link_array(o, (uint32_t)c->nblock);
	for (i = 0; i < c->nblock; i++)
		put_block(o, &c->block[i]);
}

static void
on_client_list(const struct server_ask *a)
{
	const struct program *p = a->arg;
	struct link_out *o = server_answer(a, "CLIENT_LIST_ACK");
	size_t i;

	link_map(o, 1);
	link_str(o, "CLIENTS");
	link_array(o, (uint32_t)p->nclient);
	for (i = 0; i < p->nclient; i++)
		put_client(o, p->client[i]);
	server_done(a->conn);
}

/* ---- STATUS ---- */

static void
put_advice(struct link_out *o, enum health h, const char *client,
    const char *send, const char *text)
{
	char subject[2 * NAME_MAX_BYTES + 32];

	snprintf(subject, sizeof(subject), "client %s%s%s", client,
	    send == NULL ? "" : ", send ", send == NULL ? "" : send);
	link_map(o, 3);
	link_key_str(o, "LEVEL", health_name(h));
	link_key_str(o, "SUBJECT", subject);
	link_key_str(o, "TEXT", text);
}

/* How many there are; written if o is given. */
static uint32_t
advise(struct link_out *o, const struct client *c)
{
	const char *name = c->script->name;
	const struct sender *s;
	const struct block *b;
	uint32_t n = 0;

	if (c->level != HEALTH_HEALTHY) {
		n++;
		if (o != NULL)
			put_advice(o, c->level, name, NULL, c->text);
	}
	for (b = c->block; b < c->block + c->nblock; b++)
		for (s = b->sender; s < b->sender + b->script->nsend; s++) {
			if (s->health == HEALTH_HEALTHY)
				continue;
			n++;
			if (o != NULL)
				put_advice(o, s->health, name, s->script->id,
				    s->text);
		}
	return n;
}

static void
on_status(const struct server_ask *a)
{
	const struct program *p = a->arg;
	int64_t now = now_of(p).wall.ns;
	enum health h = HEALTH_HEALTHY;
	struct link_out *o;
	uint32_t n = 0;
	size_t i;

	for (i = 0; i < p->nclient; i++) {
		if (client_health(p->client[i]) > h)
			h = client_health(p->client[i]);
		n += advise(NULL, p->client[i]);
	}
	o = server_answer(a, "STATUS_ACK");
	link_map(o, 7);
	link_key_str(o, "HEALTH", health_name(h));
	link_key_str(o, "PROGRAM", "fixgate-client");
	link_key_str(o, "VERSION", PACKAGE_VERSION);
	link_str(o, "STARTED");
	link_i64(o, p->start.started.ns);
	link_str(o, "NOW");
	link_i64(o, now);
	link_str(o, "UPTIME_S");
	link_i64(o, (now - p->start.started.ns) / NS_PER_S);
	link_str(o, "ADVICE");
	link_array(o, n);
	for (i = 0; i < p->nclient; i++)
		advise(o, p->client[i]);
	server_done(a->conn);
}

/* ---- listening ---- */

static const struct server_request requests[] = {
	{ "CLIENT_LIST", on_client_list, SERVER_READS },
	{ "STATUS", on_status, SERVER_READS },
};

/* Whoever has any right may ask all of that. */
static bool
may(const struct server_ask *a, const struct server_request *r)
{
	const struct program *p = a->arg;
	char text[ROLES_ERR_MAX];

	(void)r;
	if (roles_ask(p->roles, a->conn, a->type, RIGHT_ANY, "", text))
		return true;
	server_nack(a, "NO_RIGHT", false, "%s", text);
	return false;
}

/* The address was checked when the files were loaded. */
static int
listen_one(struct program *p, const struct script_process *l)
{
	char err[NET_ERR_MAX], text[ADDRESS_ERR_MAX];
	struct address a;
	int r = address_parse(&a, l->address, text);

	if (r != 0) {
		log_event(LOG_LEVEL_ERROR, "start", NULL, "listen(\"%s\"): %s",
		    l->address, text);
		return r;
	}
	r = server_listen(p->server, &a, err);
	if (r != 0)
		log_event(LOG_LEVEL_ERROR, "start", NULL, "listen(\"%s\"): %s",
		    l->address, err);
	return r;
}

int
serve_start(struct program *p)
{
	const struct server_cfg cfg = { .loop = p->start.loop,
		.kind = "client", .name = p->start.name, .program = program,
		.request = requests,
		.nrequest = sizeof(requests) / sizeof(requests[0]), .may = may,
		.arg = p };
	const struct script_clients *f;
	size_t i, k;
	int err = 0;

	p->server = must(server_new(&cfg));
	p->roles = must(roles_new(true));
	must_be_0(role_files_settle(p->roles, &p->files.roles));
	for (i = 0; i < p->files.n && err == 0; i++)
		for (f = p->files.file[i], k = 0; k < f->nlisten && err == 0;
		    k++)
			err = listen_one(p, &f->listen[k]);
	return err;
}
