#include "daemon/server_int.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "daemon/secure.h"
#include "log/log.h"

#define FRAMES_PER_WAKE 256 /* of one connection */
#define STRANGERS_MAX   64  /* in their handshake */
#define FRAME_HEAD      4   /* bytes of the length before a frame */
#define IN_MAX          (SERVER_FRAME_MAX + FRAME_HEAD + 1)
#define RETRY_NS        (200 * NS_PER_MS) /* between looks while stalled */

/* ---- requests ---- */

static void
on_timer(void *arg)
{
	struct server_conn *sc = arg;
	struct link_out *o;
	const char *p;

	switch (beat_look(&sc->beat, server_now(sc->server),
	    conn_in(sc->conn, &p) < IN_MAX)) {
	case BEAT_NOTHING:
		break;
	case BEAT_SAY:
		o = server_begin(sc->server, "HEARTBEAT", 0);
		link_map(o, 0);
		server_done(sc);
		break;
	case BEAT_DEAD:
		conn_abort(sc->conn, "no heartbeat came");
		return;
	}
	timer_set(sc->timer, sc->beat.due);
}

/* false: no memory for it. */
static bool
start_heartbeat(struct server_conn *sc, uint64_t seconds)
{
	beat_start(&sc->beat, seconds, server_now(sc->server));
	if (seconds == 0)
		return true;
	sc->timer = timer_new(sc->server->cfg.loop, on_timer, sc);
	if (sc->timer != NULL)
		timer_set(sc->timer, sc->beat.due);
	return sc->timer != NULL;
}

static void
put_hello(struct server_conn *sc, uint64_t ref)
{
	const struct server_cfg *cfg = &sc->server->cfg;
	bool beats = sc->beat.interval != 0;
	struct link_out *o;

	o = server_begin(sc->server, "HELLO_ACK", ref);
	link_map(o, 5 + cfg->nhello + beats);
	link_key_u64(o, "VERSION", LINK_VERSION);
	link_key_str(o, "NAME", cfg->name);
	link_key_str(o, "PROGRAM", cfg->program);
	link_key_u64(o, "MAX_FRAME", SERVER_FRAME_MAX);
	link_key_bool(o, "READ_ONLY", sc->read_only);
	if (beats)
		link_key_u64(o, "HEARTBEAT",
		    (uint64_t)(sc->beat.interval / NS_PER_S));
	if (cfg->nhello != 0)
		cfg->hello(cfg->arg, o);
	server_done(sc);
}

static void
hello(struct server_conn *sc, const struct link_msg *m)
{
	char text[96];

	if (sc->greeted) {
		server_fail(sc, m->ref, "BAD_REQUEST",
		    "HELLO comes once, first of all");
		return;
	}
	if (link_find_u64(m->details, "VERSION", 0) != LINK_VERSION) {
		snprintf(text, sizeof(text), "this %s speaks version %d of "
		    "fixgate-link(7)", sc->server->cfg.kind, LINK_VERSION);
		server_fail(sc, m->ref, "BAD_VERSION", text);
		return;
	}
	if (!link_find_str(m->details, "NAME", sc->name, sizeof(sc->name)))
		sc->name[0] = '\0';
	sc->greeted = true;
	if (start_heartbeat(sc, link_find_u64(m->details, "HEARTBEAT", 0)))
		put_hello(sc, m->ref);
	else
		conn_abort(sc->conn, fg_strerror(FG_ENOMEM));
}

static const struct server_request *
find_request(const struct server *s, const char *type)
{
	size_t i;

	for (i = 0; i < s->cfg.nrequest; i++)
		if (strcmp(s->cfg.request[i].type, type) == 0)
			return &s->cfg.request[i];
	return NULL;
}

static enum server_busy
is_busy(const struct server *s)
{
	return s->cfg.busy == NULL ? SERVER_READY : s->cfg.busy(s->cfg.arg);
}

/* false: it stays in the input until we are not busy. */
static bool
dispatch(struct server *s, struct server_conn *sc, const struct link_msg *m)
{
	const struct server_request *r = find_request(s, m->type);
	const struct server_ask a = { s->cfg.arg, s, sc,
		r == NULL ? m->type : r->type, m->ref, m->details };

	if (strcmp(m->type, "HELLO") == 0) {
		hello(sc, m);
	} else if (!sc->greeted) {
		server_fail(sc, m->ref, "BAD_REQUEST", "HELLO must come first");
	} else if (strcmp(m->type, "GOODBYE") == 0) {
		conn_end(sc->conn);
	} else if (strcmp(m->type, "HEARTBEAT") == 0) {
		; /* that it came is all */
	} else if (r == NULL) {
		server_nack(&a, "UNKNOWN_MESSAGE", false,
		    "%.64s is no message of this %s", m->type, s->cfg.kind);
	} else if (sc->read_only && (r->flags & SERVER_READS) == 0) {
		server_nack(&a, "READ_ONLY", false, "%s needs the full "
		    "ControlSocket; this one is for reading", m->type);
	} else if (s->cfg.may != NULL && !s->cfg.may(&a, r)) {
		; /* it was answered */
	} else if ((r->flags & SERVER_WAITS) != 0 &&
	    is_busy(s) != SERVER_READY) {
		return false;
	} else {
		r->handle(&a);
	}
	return true;
}

/* Bytes of the frame at p, 0: more are needed, -1: the connection was ended. */
static int64_t
take_frame(struct server *s, struct server_conn *sc, const char *p, size_t n)
{
	const char *why = NULL;
	struct link_msg m;
	uint32_t size;
	int64_t used;

	if (n < FRAME_HEAD)
		return 0;
	memcpy(&size, p, sizeof(size));
	if (ntohl(size) > SERVER_FRAME_MAX) {
		log_event(LOG_LEVEL_WARN, "link", NULL, "link: %s sent a frame "
		    "that is too long", conn_peer(sc->conn));
		server_fail(sc, 0, "TOO_BIG",
		    "the frame is longer than MAX_FRAME");
		return -1;
	}
	used = link_decode(s->in, p, n, &m, &why);
	if (used == FG_EPARTIAL)
		return 0;
	if (used < 0) {
		why = why == NULL ? fg_strerror((int)used) : why;
		log_event(LOG_LEVEL_WARN, "link", NULL, "link: %s sent no "
		    "frame of fixgate-link(7): %s", conn_peer(sc->conn), why);
		server_fail(sc, 0, "BAD_REQUEST", why);
		return -1;
	}
	if (dispatch(s, sc, &m))
		return used;
	sc->waiting = true;
	return 0;
}

/* server_push says when we go on; after a failure it may not come. */
static void
arm_retry(struct server *s)
{
	timer_set(s->retry, mono_add(server_now(s), RETRY_NS));
}

static void
on_retry(void *arg)
{
	struct server *s = arg;
	struct server_conn *sc;

	for (sc = s->first; sc != NULL; sc = sc->next)
		if (sc->waiting)
			conn_kick(sc->conn);
}

static bool
feed(struct server *s, struct server_conn *sc)
{
	return s->cfg.feed != NULL && sc->conn != NULL &&
	    !conn_is_full(sc->conn) && s->cfg.feed(s->cfg.arg, sc);
}

static void
on_data(struct conn *conn, void *arg)
{
	struct server_conn *sc = arg;
	struct server *s = sc->server;
	const char *p;
	int64_t used = 1;
	size_t n, left = FRAMES_PER_WAKE;

	sc->waiting = false;
	sc->beat.heard = server_now(s);
	while (used > 0 && left-- > 0 && !sc->paused && !conn_is_full(conn)) {
		n = conn_in(conn, &p);
		used = take_frame(s, sc, p, n);
		if (used > 0)
			conn_eat(conn, (size_t)used);
	}
	if (used == -1)
		return;
	if (sc->waiting && is_busy(s) != SERVER_STALLED)
		used = 1; /* this wake-up's share is used up */
	else if (sc->waiting)
		arm_retry(s);
	if (feed(s, sc) || (used > 0 && !sc->paused && !conn_is_full(conn)))
		conn_kick(conn);
}

static void
on_drained(struct conn *conn, void *arg)
{
	(void)arg;
	conn_kick(conn);
}

/* ---- connections ---- */

/* conn is gone, or will be without our being told. */
static void
detach(struct server_conn *sc)
{
	struct server *s = sc->server;
	struct server_conn **p;

	for (p = &s->first; *p != sc; p = &(*p)->next)
		;
	*p = sc->next;
	sc->conn = NULL;
	if (sc->timer != NULL)
		timer_free(sc->timer);
	sc->timer = NULL;
	if (s->cfg.closed != NULL)
		s->cfg.closed(s->cfg.arg, sc);
	server_release(sc);
}

static void
on_closed(struct conn *conn, void *arg, const char *why)
{
	struct server_conn *sc = arg;

	if (sc->secured && conn_tls(conn) == NULL)
		log_event(LOG_LEVEL_WARN, "link", NULL, "link: %s: refused: %s",
		    conn_peer(conn), why);
	else
		log_event(LOG_LEVEL_DEBUG, "link", NULL, "link: %s closed: %s",
		    sc->name, why);
	detach(sc);
}

static const struct conn_ops conn_ops = {
	.data = on_data,
	.drained = on_drained,
	.closed = on_closed,
};

/* Of those who have shown no certificate yet there may be some only: else they
 * could take all descriptors. */
static bool
has_room(const struct door *d)
{
	const struct server_conn *sc;
	unsigned n = 0;

	if (d->tls == NULL)
		return true;
	for (sc = d->server->first; sc != NULL; sc = sc->next)
		n += sc->secured && conn_tls(sc->conn) == NULL;
	return n < STRANGERS_MAX;
}

static void
on_accept(struct conn *conn, void *arg)
{
	struct door *d = arg;
	struct server_conn *sc;

	if (!has_room(d)) {
		log_event(LOG_LEVEL_WARN, "link", NULL, "link: %s: refused: "
		    "too many connections without a certificate",
		    conn_peer(conn));
		conn_abort(conn, "too many");
		return;
	}
	sc = calloc(1, sizeof(*sc));
	if (sc == NULL) {
		conn_abort(conn, fg_strerror(FG_ENOMEM));
		return;
	}
	sc->server = d->server;
	sc->conn = conn;
	sc->refs = 1;
	sc->read_only = d->read_only;
	sc->next = d->server->first;
	d->server->first = sc;
	conn_set_ops(conn, &conn_ops, sc);
	sc->secured = d->tls != NULL;
	if (sc->secured && conn_start_tls(conn, d->tls, NULL, NULL) != 0)
		conn_abort(conn, fg_strerror(FG_ENOMEM));
}

/* ---- life ---- */

struct server *
server_new(const struct server_cfg *cfg)
{
	struct server *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->cfg = *cfg;
	s->out = link_out_new();
	s->in = link_in_new();
	s->retry = timer_new(cfg->loop, on_retry, s);
	if (s->out != NULL && s->in != NULL && s->retry != NULL)
		return s;
	server_free(s);
	return NULL;
}

static struct door *
new_door(struct server *s, bool read_only, char err[NET_ERR_MAX])
{
	struct door *d = calloc(1, sizeof(*d));

	snprintf(err, NET_ERR_MAX, "%s", fg_strerror(FG_ENOMEM));
	if (d == NULL)
		return NULL;
	d->server = s;
	d->read_only = read_only;
	d->next = s->doors;
	s->doors = d;
	return d;
}

static const struct conn_limits limits = { .in_max = IN_MAX, .nodelay = true };

int
server_listen_unix(struct server *s, const char *path, unsigned mode,
    bool read_only, char err[NET_ERR_MAX])
{
	struct door *d = new_door(s, read_only, err);

	if (d == NULL)
		return FG_ENOMEM;
	d->listener = listener_open_unix(s->cfg.loop, path, mode, &limits,
	    on_accept, d, err);
	return d->listener == NULL ? FG_EIO : 0;
}

int
server_listen(struct server *s, const struct address *a,
    char err[NET_ERR_MAX])
{
	struct door *d;

	if (a->port == 0)
		return server_listen_unix(s, a->host, SERVER_MODE, false, err);
	d = new_door(s, false, err);
	if (d == NULL)
		return FG_ENOMEM;
	d->tls = a->tls ? secure_get(true, err) : NULL;
	if (a->tls && d->tls == NULL)
		return FG_EINVAL;
	d->listener = listener_open(s->cfg.loop, a->host, a->port, &limits,
	    on_accept, d, err);
	return d->listener == NULL ? FG_EIO : 0;
}

void
server_push(struct server *s)
{
	struct server_conn *sc;
	bool go;

	if (s == NULL)
		return;
	go = is_busy(s) != SERVER_STALLED;
	for (sc = s->first; sc != NULL; sc = sc->next)
		if (feed(s, sc) || (sc->waiting && go))
			conn_kick(sc->conn);
}

void
server_free(struct server *s)
{
	struct server_conn *sc;
	struct door *d;

	if (s == NULL)
		return;
	while ((d = s->doors) != NULL) {
		s->doors = d->next;
		listener_free(d->listener);
		free(d);
	}
	while ((sc = s->first) != NULL) {
		server_hold(sc);
		conn_set_ops(sc->conn, NULL, NULL);
		conn_abort(sc->conn, "the process ends");
		detach(sc);
		sc->server = NULL;
		server_release(sc);
	}
	if (s->retry != NULL)
		timer_free(s->retry);
	link_out_free(s->out);
	link_in_free(s->in);
	buf_free(&s->to);
	free(s);
}
