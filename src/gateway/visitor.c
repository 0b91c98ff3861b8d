/*
 * visitor.c: a connection of a counterparty, from its first byte to its end.
 * Its first frame goes to introduce.c, the others go to the driver.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gateway/peers_int.h"
#include "gateway/proxy.h"
#include "log/log.h"

#define HEAD_MAX 48 /* bytes, within which a message says its type */

/* ---- strangers: connections before their Logon ---- */

/* The oldest stranger's deadline is the next one. */
static void
set_logon_timer(struct peers *p)
{
	timer_set(p->logon_timer, p->stranger == NULL ? MONO_NEVER :
	    p->stranger->deadline);
}

void
visitors_time_out(void *arg)
{
	struct peers *p = arg;
	struct now now = loop_now(p->g->loop);
	struct visitor *v;

	for (v = p->stranger; v != NULL; v = v->next)
		if (v->stranger && !mono_before(now.mono, v->deadline))
			conn_abort(v->conn, "no Logon within LogonTimeout");
	set_logon_timer(p);
}

struct visitor *
visitor_new(struct peers *p, struct conn *c, struct route *r)
{
	struct visitor *v = calloc(1, sizeof(*v));

	if (v == NULL)
		return NULL;
	v->peers = p;
	v->conn = c;
	v->route = r;
	v->stranger = r == NULL;
	v->deadline = mono_add(loop_now(p->g->loop).mono, p->logon_timeout_ns);
	v->prev = p->last;
	if (p->last != NULL)
		p->last->next = v;
	else
		p->first = v;
	p->last = v;
	p->nvisitors++;
	if (v->stranger && p->nstrangers++ == 0) {
		p->stranger = v;
		set_logon_timer(p);
	}
	return v;
}

void
visitor_no_stranger(struct visitor *v)
{
	struct peers *p = v->peers;

	if (!v->stranger)
		return;
	v->stranger = false;
	p->nstrangers--;
	if (p->stranger != v)
		return;
	while (v != NULL && !v->stranger)
		v = v->next;
	p->stranger = v;
	set_logon_timer(p);
}

void
visitor_free(struct visitor *v)
{
	struct peers *p = v->peers;

	visitor_no_stranger(v);
	known_forget(v);
	*(v->prev == NULL ? &p->first : &v->prev->next) = v->next;
	*(v->next == NULL ? &p->last : &v->next->prev) = v->prev;
	p->nvisitors--;
	free(v->tunnel);
	free(v);
}

/* The beginning of what arrived, for the log. */
const char *
visitor_shown(char text[VISITOR_TEXT], const struct route *r, const char *p,
    size_t n)
{
	char copy[VISITOR_TEXT];

	if (n > sizeof(copy))
		n = sizeof(copy);
	memcpy(copy, p, n);
	driver_mask(r == NULL ? NULL : r->fs, copy, n);
	return log_escape(text, VISITOR_TEXT, copy, n);
}

/* ---- frames ---- */

/* Does it begin as a handshake does, where none is expected? */
static bool
is_tls(const struct visitor *v, const char *p, size_t n)
{
	return !v->secured && n >= 2 && p[0] == 0x16 && p[1] == 0x03;
}

/* A run of garbage comes in pieces: the first of a kind is a line of the log,
 * the end of the run another. */
static void
garbled(struct visitor *v, enum fix_garble g, const char *p, size_t n)
{
	char text[VISITOR_TEXT];

	if (v->route == NULL) {
		introduce_refuse(v, p, n, is_tls(v, p, n) ?
		    "TLS, but this port has SocketUseSSL=N" :
		    fix_garble_text(g));
		return;
	}
	if (v->noise == 0 || g != v->noise_kind)
		log_event(LOG_LEVEL_WARN, "dropped", v->route->fs->name,
		    "dropped %zu bytes: %s: %s", n, fix_garble_text(g),
		    visitor_shown(text, v->route, p, n));
	v->noise += n;
	v->noise_kind = g;
	driver_garbled(v->peers->g->driver, v->route->fs, g, p, n);
}

static void
noise_ends(struct visitor *v)
{
	if (v->noise > VISITOR_TEXT)
		log_event(LOG_LEVEL_WARN, "dropped", v->route->fs->name,
		    "dropped %llu bytes in all before the next good message",
		    (unsigned long long)v->noise);
	v->noise = 0;
}

/* One frame. false: stop looking at this connection. */
static bool
take_frame(struct visitor *v, const struct fix_frame *f, const char *p)
{
	struct fix_msg m = { 0 };
	int err;

	if (f->garble != FIX_CLEAN) {
		garbled(v, f->garble, f->len == 0 ? p : p + f->skip,
		    f->len == 0 ? f->skip : f->len);
		return v->route != NULL;
	}
	err = fields_index(&v->peers->fields, &m, p + f->skip, f->len,
	    v->route == NULL ? sess_std_lens() : driver_lens(v->route->fs));
	if (err != 0) {
		garbled(v, err == FG_EGARBLED ? m.garble : FIX_TOO_LONG,
		    p + f->skip, f->len);
		return v->route != NULL;
	}
	if (v->route == NULL) {
		if (!introduce_first(v, &m))
			return v->route != NULL;
		/* The session's own dictionary may know more data fields. */
		if (fields_index(&v->peers->fields, &m, p + f->skip, f->len,
		    driver_lens(v->route->fs)) != 0)
			return true;
	}
	noise_ends(v);
	driver_recv(v->peers->g->driver, v->route->fs, &m);
	return true;
}

void
visitors_stall(struct peers *p, bool on)
{
	struct visitor *v;

	if (p->stalled == on)
		return;
	p->stalled = on;
	log_event(LOG_LEVEL_WARN, "disk", NULL, "%s",
	    on ? "the disk is behind: reading is paused" :
	    "the disk caught up: reading goes on");
	for (v = p->first; v != NULL; v = v->next) {
		conn_pause(v->conn, on);
		if (!on)
			conn_kick(v->conn);
	}
}

/* Take the header of a balancer. false: not whole yet, or refused, or TLS has
 * to begin first. */
static bool
take_header(struct visitor *v)
{
	char addr[PROXY_ADDR_MAX];
	struct port *port = v->header;
	const char *p;
	size_t n = conn_in(v->conn, &p), len;
	int err = proxy_parse(p, n, &len, addr);

	if (err == FG_EPARTIAL)
		return false;
	if (err != 0) {
		introduce_refuse(v, p, n,
		    "no PROXY header comes first (UseTCPProxy)");
		return false;
	}
	v->header = NULL;
	conn_eat(v->conn, len);
	if (addr[0] != '\0')
		conn_set_peer(v->conn, addr);
	if (listen_secure(port, v) != 0)
		conn_abort(v->conn, "no memory");
	return !v->secured;
}

/* A resend that was asked for in front of a Logout comes before its answer. */
static bool
is_held(const struct visitor *v, const struct fix_frame *f, const char *p)
{
	static const char logout[] = "\00135=5\001"; /* behind 8 and 9 */
	size_t n = f->len < HEAD_MAX ? f->len : HEAD_MAX;

	return v->route != NULL && f->garble == FIX_CLEAN && memmem(p + f->skip,
	    n, logout, sizeof(logout) - 1) != NULL &&
	    driver_holds_logout(v->peers->g->driver, v->route->fs);
}

static void
on_data(struct conn *c, void *arg)
{
	struct visitor *v = arg;
	struct driver *d = v->peers->g->driver;
	struct fix_frame f;
	const char *p;
	size_t n, max;

	if (v->tunnel != NULL) {
		initiate_tunnel(v);
		return;
	}
	if (driver_is_down(d) || (!v->stranger && v->route == NULL)) {
		n = conn_in(c, &p);
		conn_eat(c, n);
		return;
	}
	if (v->header != NULL && (conn_in(c, &p) == 0 || !take_header(v)))
		return;
	while ((n = conn_in(c, &p)) > 0) {
		v->began = true;
		if (driver_is_stalled(d)) {
			visitors_stall(v->peers, true);
			return;
		}
		if (driver_is_full(d)) {
			conn_kick(c);
			return;
		}
		if (v->route != NULL && driver_is_answering(v->route->fs)) {
			conn_pause(c, true); /* until op_answered */
			return;
		}
		max = v->route == NULL ? v->peers->max_message :
		    v->route->max_message;
		if (fix_frame_checked(p, n, max, v->route == NULL ?
		    v->peers->checks : v->route->checks, &f) == FG_EPARTIAL) {
			conn_eat(c, f.skip);
			return;
		}
		if (is_held(v, &f, p)) {
			conn_pause(c, true); /* until op_answered */
			return;
		}
		if (!take_frame(v, &f, p))
			return;
		conn_eat(c, f.skip + f.len);
	}
}

/* It has closed its side: is it to get an answer all the same? */
static bool
on_left(struct conn *c, void *arg)
{
	struct visitor *v = arg;

	(void)c;
	if (v->route == NULL)
		return v->stranger && known_is_asked(v);
	v->left = v->route->visitor == v &&
	    driver_peer_left(v->peers->g->driver, v->route->fs);
	return v->left;
}

static void
on_connected(struct conn *c, void *arg)
{
	struct visitor *v = arg;

	(void)c;
	if (v->tunnel != NULL)
		initiate_tunnel(v);
	else
		introduce_up(v);
}

static void
on_closed(struct conn *c, void *arg, const char *why)
{
	struct visitor *v = arg;
	struct peers *p = v->peers;
	struct route *r = v->route;

	(void)c;
	if (v->stranger && !v->told)
		introduce_never(v, why);
	if (r != NULL) {
		if (r->dialing == v)
			r->dialing = NULL;
		if (r->visitor == v) {
			r->visitor = NULL;
			driver_disconnected(p->g->driver, r->fs, why);
		} else {
			driver_cannot_connect(r->fs, why);
		}
		if (r->initiator)
			initiate_later(r);
		peers_check_left(r);
	}
	visitor_free(v);
	peers_check_stopped(p);
}

static void
on_drained(struct conn *c, void *arg)
{
	struct visitor *v = arg;

	(void)c;
	if (v->route != NULL)
		driver_drained(v->peers->g->driver, v->route->fs);
}

const struct conn_ops visitor_ops = {
	.data = on_data,
	.drained = on_drained,
	.connected = on_connected,
	.closed = on_closed,
	.left = on_left,
};
