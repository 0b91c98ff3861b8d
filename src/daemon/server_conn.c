/* server_conn.c: answers of a server, and what a connection tells. */
#include "daemon/server_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "net/tls.h"

/* ---- answers ---- */

struct link_out *
server_begin(struct server *s, const char *type, uint64_t ref)
{
	s->to.len = 0;
	link_begin(s->out, &s->to, type, ref);
	return s->out;
}

void
server_put(struct server_conn *sc, const void *p, size_t n)
{
	int err;

	if (sc->server == NULL || sc->conn == NULL)
		return;
	err = conn_send(sc->conn, p, n);
	sc->beat.said = server_now(sc->server);
	if (err != 0 && err != FG_ECLOSED)
		conn_abort(sc->conn, fg_strerror(err));
}

void
server_done(struct server_conn *sc)
{
	struct server *s = sc->server;
	int err;

	if (s == NULL)
		return;
	err = link_end(s->out);
	if (err == 0)
		server_put(sc, s->to.p, s->to.len);
	else if (sc->conn != NULL)
		conn_abort(sc->conn, fg_strerror(err));
}

struct link_out *
server_answer(const struct server_ask *a, const char *type)
{
	return server_begin(a->server, type, a->ref);
}

void
server_nack(const struct server_ask *a, const char *code, bool retry,
    const char *fmt, ...)
{
	char text[512];
	struct link_out *o;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	o = server_answer(a, strncmp(a->type, "EVENT_", 6) == 0 ? "EVENT_NACK"
	    : "NACK");
	link_map(o, 3);
	link_key_str(o, "CODE", code);
	link_key_str(o, "TEXT", text);
	link_key_bool(o, "RETRY", retry);
	server_done(a->conn);
}

void
server_ack(const struct server_ask *a, const char *text)
{
	struct link_out *o;

	o = server_answer(a, "ACK");
	link_map(o, 1);
	link_key_str(o, "TEXT", text);
	server_done(a->conn);
}

void
server_fail(struct server_conn *sc, uint64_t ref, const char *code,
    const char *text)
{
	struct link_out *o;

	if (sc->conn == NULL)
		return;
	o = server_begin(sc->server, "ERROR", ref);
	link_map(o, 3);
	link_key_str(o, "CODE", code);
	link_key_str(o, "TEXT", text);
	link_key_bool(o, "FATAL", true);
	server_done(sc);
	conn_end(sc->conn);
}

/* ---- connections ---- */

void
server_hold(struct server_conn *sc)
{
	sc->refs++;
}

void
server_release(struct server_conn *sc)
{
	if (--sc->refs == 0)
		free(sc);
}

void *
server_data(const struct server_conn *sc)
{
	return sc->data;
}

void
server_set_data(struct server_conn *sc, void *data)
{
	sc->data = data;
}

const char *
server_client(const struct server_conn *sc)
{
	return sc->name;
}

long
server_uid(const struct server_conn *sc)
{
	return sc->conn == NULL ? -1 : conn_peer_uid(sc->conn);
}

const char *
server_peer(const struct server_conn *sc)
{
	return sc->conn == NULL ? "" : conn_peer(sc->conn);
}

const char *
server_certificate(const struct server_conn *sc)
{
	return sc->conn == NULL ? NULL : conn_peer_subject(sc->conn);
}

bool
server_certificate_is(const struct server_conn *sc, const char *name)
{
	return sc->conn != NULL && conn_peer_is(sc->conn, name);
}

struct server_note *
server_note(struct server_conn *sc)
{
	return &sc->note;
}

bool
server_is_full(const struct server_conn *sc)
{
	return sc->conn == NULL || conn_is_full(sc->conn);
}

void
server_pause(struct server_conn *sc)
{
	sc->paused = true;
}

void
server_resume(struct server_conn *sc)
{
	sc->paused = false;
	server_kick(sc);
}

void
server_kick(struct server_conn *sc)
{
	if (sc->conn != NULL)
		conn_kick(sc->conn);
}

bool
server_is_left(const struct server_conn *sc)
{
	return sc->conn == NULL || conn_is_left(sc->conn) ||
	    beat_is_late(&sc->beat, server_now(sc->server));
}

struct server_conn *
server_first(struct server *s)
{
	return s->first;
}

struct server_conn *
server_next(struct server_conn *sc)
{
	return sc->next;
}

bool
server_is_open(const struct server_conn *sc)
{
	return sc->server != NULL && sc->conn != NULL;
}

struct server_ask
server_ask_later(struct server_conn *sc, const char *type, uint64_t ref)
{
	return (struct server_ask){ sc->server->cfg.arg, sc->server, sc, type,
		ref, NULL };
}
