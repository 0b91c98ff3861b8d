/*
 * forward.c: requests that the process with the table answers: cursors,
 * quarantine, dictionaries.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "streamer/streamer.h"

struct forward {
	LIST_ENTRY(forward) of_upstream;
	struct server_conn *conn;
	uint64_t ref;
	const char *type; /* static */
};

/* Which process? NULL: a NACK was sent. *s: the stream, if one is named. */
static struct upstream *
find_upstream(const struct server_ask *a, struct stream **s)
{
	struct streamer *st = a->arg;
	char name[NAME_MAX_BYTES];

	*s = NULL;
	if (link_find(a->details, "STREAM") == NULL) {
		if (st->nupstream == 1)
			return st->upstream[0];
		server_nack(a, "BAD_REQUEST", false, "STREAM must say for "
		    "which stream: they are of several processes");
		return NULL;
	}
	if (link_find_str(a->details, "STREAM", name, sizeof(name)))
		*s = stream_find(st, name);
	if (*s != NULL)
		return (*s)->up;
	server_nack(a, "NO_STREAM", false, "there is no such stream");
	return NULL;
}

static bool
is_key(const char *key, size_t len, const char *name)
{
	return strlen(name) == len && memcmp(key, name, len) == 0;
}

/* STREAM says of which table it is; TABLE too, if there is none. */
static bool
is_left_out(const char *key, size_t len, const struct stream *s)
{
	return is_key(key, len, "STREAM") ||
	    (s != NULL && is_key(key, len, "TABLE"));
}

/* The details as they are, but with the process's own word for the stream. */
static void
put_details(struct link_out *o, const struct link_val *details,
    const struct upstream *u, const struct stream *s)
{
	size_t i, len, n = link_count(details), left = 0;
	const struct link_val *v;
	const char *key;

	for (i = 0; i < n; i++) {
		link_map_at(details, i, &key, &len);
		left += !is_left_out(key, len, s);
	}
	link_map(o, (uint32_t)(left + (s != NULL)));
	for (i = 0; i < n; i++) {
		v = link_map_at(details, i, &key, &len);
		if (is_left_out(key, len, s))
			continue;
		link_strn(o, key, len);
		link_copy(o, v);
	}
	if (s != NULL)
		link_key_str(o, u->gateway ? "TABLE" : "STREAM",
		    s->table);
}

static void
on_answer(void *arg, const struct link_msg *m)
{
	struct forward *f = arg;
	struct server_ask a;
	struct link_out *o;

	if (server_is_open(f->conn)) {
		a = server_ask_later(f->conn, f->type, f->ref);
		if (m == NULL) {
			server_nack(&a, "SOURCE_DOWN", true, "the connection "
			    "was lost before the answer came: whether it was "
			    "done is not known");
		} else {
			o = server_answer(&a, m->type);
			link_copy(o, m->details);
			server_done(f->conn);
		}
	}
	server_release(f->conn);
	LIST_REMOVE(f, of_upstream);
	free(f);
}

void
forward_end(struct upstream *u)
{
	struct forward *f;

	while ((f = LIST_FIRST(&u->forwards)) != NULL) {
		remote_forget(u->remote, f);
		on_answer(f, NULL);
	}
}

void
forward_ask(const struct server_ask *a)
{
	struct stream *s;
	struct upstream *u = find_upstream(a, &s);
	struct forward *f;
	struct link_out *o;
	int err = FG_ENOMEM;

	if (u == NULL)
		return;
	if (!remote_is_up(u->remote)) {
		server_nack(a, "SOURCE_DOWN", true, "%s at %s: %s",
		    u->process->name, u->process->address,
		    remote_trouble(u->remote));
		return;
	}
	f = malloc(sizeof(*f));
	o = f == NULL ? NULL : remote_ask(u->remote, a->type, on_answer, f,
	    NULL);
	if (o != NULL) {
		*f = (struct forward){ .conn = a->conn, .ref = a->ref,
			.type = a->type };
		put_details(o, a->details, u, s);
		err = remote_end(u->remote);
	}
	if (err == 0) {
		LIST_INSERT_HEAD(&u->forwards, f, of_upstream);
		server_hold(a->conn);
		return;
	}
	free(f);
	server_nack(a, err == FG_ELIMIT ? "TOO_BIG" : "SOURCE_DOWN",
	    err != FG_ELIMIT, "%s cannot be asked: %s", u->process->name,
	    fg_strerror(err));
}
