#include "daemon/rowdicts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/err.h"
#include "dict/xml/xml.h"
#include "log/log.h"

#define UUID_MAX 64

struct entry {
	LIST_ENTRY(entry) link;
	struct rowdicts *rd;
	uint32_t id;
	bool asked;        /* the answer is not there yet */
	struct dict *dict; /* NULL: it cannot be had */
};

struct session {
	LIST_ENTRY(session) link;
	uint32_t transport; /* 0: none of its own */
	size_t len;
	char name[];
};

LIST_HEAD(sessions, session);

struct rowdicts {
	struct remote *remote;
	const char *stream;
	void (*ready)(void *arg);
	void *arg;
	char uuid[UUID_MAX]; /* of the store */
	LIST_HEAD(, entry) entries;
	struct sessions sessions;
	bool known;  /* the sessions have been listed */
	bool asking; /* they are asked for */
};

static void
free_sessions(struct sessions *list)
{
	struct session *s;

	while ((s = LIST_FIRST(list)) != NULL) {
		LIST_REMOVE(s, link);
		free(s);
	}
}

static void
free_entry(struct entry *e)
{
	LIST_REMOVE(e, link);
	remote_forget(e->rd->remote, e);
	dict_free(e->dict);
	free(e);
}

struct rowdicts *
rowdicts_new(struct remote *r, const char *stream, void (*ready)(void *arg),
    void *arg)
{
	struct rowdicts *rd = calloc(1, sizeof(*rd));

	if (rd == NULL)
		return NULL;
	rd->remote = r;
	rd->stream = stream;
	rd->ready = ready;
	rd->arg = arg;
	return rd;
}

void
rowdicts_free(struct rowdicts *rd)
{
	struct entry *e;

	if (rd == NULL)
		return;
	while ((e = LIST_FIRST(&rd->entries)) != NULL)
		free_entry(e);
	free_sessions(&rd->sessions);
	remote_forget(rd->remote, rd);
	free(rd);
}

void
rowdicts_up(struct rowdicts *rd, const char *source)
{
	size_t n = strcspn(source, "/");
	struct entry *e;

	rd->known = false;
	if (n >= sizeof(rd->uuid))
		n = sizeof(rd->uuid) - 1;
	if (strlen(rd->uuid) == n && memcmp(rd->uuid, source, n) == 0)
		return;
	memcpy(rd->uuid, source, n);
	rd->uuid[n] = '\0';
	while ((e = LIST_FIRST(&rd->entries)) != NULL)
		free_entry(e);
}

static void
put_stream(struct rowdicts *rd, struct link_out *o, uint32_t more)
{
	link_map(o, more + (rd->stream != NULL));
	if (rd->stream != NULL)
		link_key_str(o, "STREAM", rd->stream);
}

/* ---- dictionaries ---- */

static struct dict *
load(uint32_t id, const struct link_msg *m)
{
	struct dict_faults faults = { 0 };
	char why[256] = "it has no text";
	struct dict *dict = NULL;
	const char *text;
	size_t n;
	int err;

	if (strcmp(m->type, "DICT_ACK") != 0) {
		link_find_str(m->details, "TEXT", why, sizeof(why));
	} else if (link_get_str(link_find(m->details, "TEXT"), &text, &n)) {
		err = dict_xml_load_mem(&dict, text, n, DICT_LENIENT, &faults);
		dict_faults_free(&faults);
		if (err == 0)
			return dict;
		strcpy(why, fg_strerror(err));
	}
	log_event(LOG_LEVEL_WARN, "dictionary", NULL, "dictionary %u, under "
	    "which rows were accepted, cannot be had: %s; their messages "
	    "cannot be read", id, why);
	return NULL;
}

static void
on_dict(void *arg, const struct link_msg *m)
{
	struct entry *e = arg;
	struct rowdicts *rd = e->rd;

	e->asked = false;
	if (m == NULL || link_find_bool(m->details, "RETRY", false)) {
		free_entry(e); /* it is asked for again when it is wanted */
		return;
	}
	e->dict = load(e->id, m);
	rd->ready(rd->arg);
}

static struct entry *
ask_dict(struct rowdicts *rd, uint32_t id)
{
	struct entry *e = calloc(1, sizeof(*e));
	struct link_out *o;

	if (e == NULL)
		return NULL;
	e->rd = rd;
	e->id = id;
	e->asked = true;
	LIST_INSERT_HEAD(&rd->entries, e, link);
	o = remote_ask(rd->remote, "DICT_GET", on_dict, e, NULL);
	if (o != NULL) {
		put_stream(rd, o, 1);
		link_key_u64(o, "ID", id);
		if (remote_end(rd->remote) == 0)
			return e;
	}
	free_entry(e);
	return NULL;
}

static bool
get_dict(struct rowdicts *rd, uint32_t id, const struct dict **d)
{
	struct entry *e;

	*d = NULL;
	if (id == 0)
		return true;
	LIST_FOREACH(e, &rd->entries, link)
		if (e->id == id)
			break;
	if (e == NULL)
		e = ask_dict(rd, id);
	if (e == NULL || e->asked)
		return false;
	*d = e->dict;
	return true;
}

/* ---- sessions ---- */

static struct session *
add_session(struct sessions *list, const char *name, size_t len,
    uint32_t transport)
{
	struct session *s = malloc(sizeof(*s) + len);

	if (s == NULL)
		return NULL;
	memcpy(s->name, name, len);
	s->len = len;
	s->transport = transport;
	LIST_INSERT_HEAD(list, s, link);
	return s;
}

static void
on_sessions(void *arg, const struct link_msg *m)
{
	const struct link_val *list, *v;
	struct rowdicts *rd = arg;
	const char *name;
	size_t i, n, len;

	rd->asking = false;
	if (m == NULL || link_find_bool(m->details, "RETRY", false))
		return;
	free_sessions(&rd->sessions);
	list = link_find(m->details, "SESSIONS");
	n = list != NULL && link_kind(list) == LINK_ARRAY ? link_count(list)
	    : 0;
	for (i = 0; i < n; i++) {
		v = link_at(list, i);
		if (link_kind(v) == LINK_MAP &&
		    link_get_str(link_find(v, "SESSION"), &name, &len))
			add_session(&rd->sessions, name, len, (uint32_t)
			    link_find_u64(v, "TRANSPORT_DICT_ID", 0));
	}
	rd->known = true;
	rd->ready(rd->arg);
}

void
rowdicts_refresh(struct rowdicts *rd)
{
	struct link_out *o;

	if (rd->asking || !remote_is_up(rd->remote))
		return;
	o = remote_ask(rd->remote, "SESSIONS", on_sessions, rd, NULL);
	if (o == NULL)
		return;
	put_stream(rd, o, 0);
	rd->asking = remote_end(rd->remote) == 0;
}

/* false: the sessions are asked for. One that is gone has no transport
 * dictionary that we could know. */
static bool
get_transport(struct rowdicts *rd, const char *name, size_t len, uint32_t *id)
{
	struct session *s;

	*id = 0;
	if (!rd->known) {
		rowdicts_refresh(rd);
		return false;
	}
	LIST_FOREACH(s, &rd->sessions, link)
		if (s->len == len && memcmp(s->name, name, len) == 0)
			break;
	if (s != NULL)
		*id = s->transport;
	return true;
}

bool
rowdicts_get(struct rowdicts *rd, uint32_t id, const char *session,
    size_t len, const struct dict **transport, const struct dict **app)
{
	uint32_t tid;
	bool a, t;

	if (!get_transport(rd, session, len, &tid))
		return false;
	a = get_dict(rd, id, app);
	t = tid == 0 || get_dict(rd, tid, transport);
	if (tid == 0)
		*transport = *app;
	return a && t;
}
