/*
 * visitor.c: a connection of a counterparty, from its first byte to its end:
 * who it is, and its bytes as frames to the driver.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gateway/peers_int.h"
#include "gateway/proxy.h"
#include "gateway/template.h"
#include "log/log.h"

#define MADE_MAX      8   /* sessions of templates, in a wake-up */
#define STRANGER_TEXT 160 /* bytes of a stranger's message that are logged */

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

static void
no_stranger(struct visitor *v)
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

	no_stranger(v);
	known_forget(v);
	*(v->prev == NULL ? &p->first : &v->prev->next) = v->next;
	*(v->next == NULL ? &p->last : &v->next->prev) = v->prev;
	p->nvisitors--;
	free(v->tunnel);
	free(v);
}

/* The beginning of what arrived, for the log. */
static const char *
shown(char text[STRANGER_TEXT], const struct route *r, const char *p, size_t n)
{
	char copy[STRANGER_TEXT];

	if (n > sizeof(copy))
		n = sizeof(copy);
	memcpy(copy, p, n);
	driver_mask(r == NULL ? NULL : r->fs, copy, n);
	return log_escape(text, STRANGER_TEXT, copy, n);
}

/* Refused before logon: not a single byte goes back [R7]. */
static void
refuse(struct visitor *v, const char *p, size_t n, const char *why)
{
	char text[STRANGER_TEXT];

	v->told = true;
	if (driver_stranger(v->peers->g->driver, p, n, why))
		log_warnx("%s: refused: %s: %s", conn_peer(v->conn), why,
		    shown(text, NULL, p, n));
	conn_abort(v->conn, why);
}

/* LogMessageWhenSessionNotFound: it is stored all the same. */
static void
refuse_unknown(struct visitor *v, const struct fix_msg *m)
{
	static const char *const why = "no such session";

	if (v->peers->shows_unknown) {
		refuse(v, m->buf, m->len, why);
		return;
	}
	v->told = true;
	if (driver_stranger(v->peers->g->driver, m->buf, m->len, why))
		log_warnx("%s: refused: %s", conn_peer(v->conn), why);
	conn_abort(v->conn, why);
}

static void
bind_route(struct visitor *v, struct route *r)
{
	no_stranger(v);
	v->route = r;
	r->visitor = v;
	conn_limit_out(v->conn, (size_t)conf_int(r->conf,
	    CONF_MaxSendQueueBytes));
	driver_connected(v->peers->g->driver, r->fs, conn_peer(v->conn));
	if (v->secured)
		log_info("%s: %s, %s%s", r->fs->name, conn_tls(v->conn),
		    conn_peer_subject(v->conn) == NULL ? "no certificate" :
		    "certificate of ", conn_peer_subject(v->conn) == NULL ?
		    "" : conn_peer_subject(v->conn));
}

/* AllowedRemoteAddresses: a list of addresses; none: everybody may. */
static bool
is_allowed(const struct conf_section *sec, const char *peer)
{
	const char *at = conf_str(sec, CONF_AllowedRemoteAddresses);
	const char *end = strrchr(peer, ':');
	size_t n, len = end == NULL ? strlen(peer) : (size_t)(end - peer);

	if (at == NULL || *at == '\0')
		return true;
	if (len > 2 && peer[0] == '[') {
		peer++;
		len -= 2;
	}
	for (; *at != '\0'; at += n) {
		at += strspn(at, ", \t");
		n = strcspn(at, ", \t");
		if (n == len && strncmp(at, peer, n) == 0)
			return true;
	}
	return false;
}

/* A stranger's frame passed the checks that all sessions make; now it is known
 * whose it is. */
static bool
is_whole(const struct conf_section *sec, const struct fix_msg *m)
{
	struct fix_frame f;

	return fix_frame_checked(m->buf, m->len, m->len, peers_checks(sec),
	    &f) == 0 && f.garble == FIX_CLEAN;
}

/* One event tells of all tries until the window opens. */
static void
refuse_outside(struct visitor *v, const struct route *r,
    const struct fix_msg *m)
{
	static const char *const why = "outside its schedule";

	refuse(v, m->buf, m->len, why);
	if (strstr(r->fs->last_event, why) == NULL)
		driver_event(v->peers->g->driver, r->fs, SESS_EV_REFUSED, why);
}

/* A counterparty that comes back at once: its old connection is closed, but we
 * have not read to its end. The Logon stays unread until then. */
static bool
is_early(struct visitor *v, const struct route *r)
{
	if (r->visitor == NULL || !conn_is_left(r->visitor->conn))
		return false;
	conn_kick(v->conn);
	return true;
}

/* PeerCertificateName=*: the CompID of whoever it is; a template's is in the
 * Logon. */
static bool
has_comp_id(const struct visitor *v, const struct conf_section *sec,
    const struct fix_msg *m)
{
	const struct fix_field *f = m == NULL ? NULL : fix_find(m, 49);
	const char *name = conf_str(sec, CONF_TargetCompID);
	char own[NET_ERR_MAX];

	if (strcmp(name, "*") != 0)
		return conn_peer_is(v->conn, name);
	if (f == NULL || f->len >= sizeof(own) ||
	    memchr(fix_value(m, f), 0, f->len) != NULL)
		return false;
	memcpy(own, fix_value(m, f), f->len);
	own[f->len] = '\0';
	return conn_peer_is(v->conn, own);
}

/* PeerCertificateName: whose certificate a session's peer has. Also when its
 * port changes from plain to TLS, somebody may still be there without. */
static const char *
why_not_tls(const struct visitor *v, const struct conf_section *sec,
    const struct fix_msg *m)
{
	struct tls_cfg cfg;
	const char *name;
	unsigned i;

	if (!conf_tls(sec, &cfg))
		return NULL;
	if (conn_tls(v->conn) == NULL)
		return "this session needs TLS";
	if (conf_str_at(sec, CONF_PeerCertificateName, 0) == NULL)
		return NULL;
	for (i = 0; (name = conf_str_at(sec, CONF_PeerCertificateName, i)); i++)
		if (strcmp(name, "*") == 0 ? has_comp_id(v, sec, m) :
		    conn_peer_is(v->conn, name))
			return NULL;
	return "the certificate is not that of PeerCertificateName";
}

/* What holds of every Logon; NULL: nothing is wrong. */
static const char *
why_not(const struct visitor *v, const struct conf_section *sec,
    const struct fix_msg *m)
{
	if (!is_whole(sec, m))
		return "BodyLength or CheckSum is wrong";
	if (!is_allowed(sec, conn_peer(v->conn)))
		return "the address is not in AllowedRemoteAddresses";
	if (v->peers->halted)
		return "the disk of the store is full";
	return why_not_tls(v, sec, m);
}

/* One event tells of all tries until somebody logs on. */
static void
refuse_user(struct visitor *v, const struct route *r, const struct fix_msg *m,
    const char *why)
{
	refuse(v, m->buf, m->len, why);
	if (strstr(r->fs->last_event, why) == NULL)
		driver_event(v->peers->g->driver, r->fs, SESS_EV_REFUSED, why);
}

/* Each one that is made waits for the disk: only some in a wake-up, for those
 * that are logged on. */
static bool
may_make(struct peers *p)
{
	mono_t now = loop_now(p->g->loop).mono;

	if (p->made_at.ns != now.ns)
		p->made = 0;
	p->made_at = now;
	return p->made++ < MADE_MAX;
}

/* No session is for this Logon, but perhaps a template. NULL: it was refused,
 * or stays for later. */
static struct route *
make_route(struct visitor *v, const struct fix_msg *m)
{
	struct gateway *g = v->peers->g;
	struct unit *t = template_find(g->sessions, m);
	struct fgsess *fs = NULL;
	struct buf said = { 0 };
	const char *why;

	if (t == NULL) {
		refuse_unknown(v, m);
		return NULL;
	}
	why = why_not(v, template_section(t), m);
	if (why == NULL && !known_look(v, template_section(t), m, &why) &&
	    why == NULL)
		return NULL; /* it waits */
	if (why == NULL && !may_make(v->peers)) {
		conn_kick(v->conn);
		return NULL;
	}
	if (why == NULL)
		fs = template_use(g, t, m, conn_peer(v->conn), &said);
	if (fs == NULL)
		refuse(v, m->buf, m->len, why != NULL ? why :
		    buf_add(&said, "", 1) != 0 ? "no memory" : said.p);
	buf_free(&said);
	return fs == NULL ? NULL : fs->owner;
}

/* The first message of an accepted connection. false: it was refused, or stays
 * for later. */
static bool
introduce(struct visitor *v, const struct fix_msg *m)
{
	struct route *r;
	const char *why;

	if (!fix_is(m, fix_find(m, 35), "A")) {
		refuse(v, m->buf, m->len, "the first message is not a Logon");
		return false;
	}
	r = identity_find(v->peers->who, m);
	if (r == NULL)
		r = make_route(v, m);
	if (r == NULL)
		return false;
	window_look(r);
	why = why_not(v, r->conf, m);
	if (why != NULL) {
		refuse(v, m->buf, m->len, why);
	} else if (r->initiator) {
		refuse(v, m->buf, m->len, "this session is an initiator here");
	} else if (!r->enabled) {
		refuse(v, m->buf, m->len, "the session is stopped");
	} else if (!r->open) {
		refuse_outside(v, r, m);
	} else if (is_early(v, r)) {
		return false;
	} else if (r->visitor != NULL) {
		refuse(v, m->buf, m->len, "the session is connected already");
	} else if (!known_look(v, r->conf, m, &why)) {
		if (why != NULL)
			refuse_user(v, r, m, why);
	} else {
		bind_route(v, r);
		return true;
	}
	return false;
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
	char text[STRANGER_TEXT];

	if (v->route == NULL) {
		refuse(v, p, n, is_tls(v, p, n) ? "TLS, but this port has "
		    "SocketUseSSL=N" : fix_garble_text(g));
		return;
	}
	if (v->noise == 0 || g != v->noise_kind)
		log_warnx("%s: dropped %zu bytes: %s: %s", v->route->fs->name,
		    n, fix_garble_text(g),
		    shown(text, v->route, p, n));
	v->noise += n;
	v->noise_kind = g;
	driver_garbled(v->peers->g->driver, v->route->fs, g, p, n);
}

static void
noise_ends(struct visitor *v)
{
	if (v->noise > STRANGER_TEXT)
		log_warnx("%s: dropped %llu bytes in all before the next good "
		    "message", v->route->fs->name,
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
		if (!introduce(v, &m))
			return false;
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
	log_warnx("%s", on ? "the disk is behind: reading is paused" :
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
		refuse(v, p, n, "no PROXY header comes first (UseTCPProxy)");
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
		max = v->route == NULL ? v->peers->max_message :
		    v->route->max_message;
		if (fix_frame_checked(p, n, max, v->route == NULL ?
		    v->peers->checks : v->route->checks, &f) == FG_EPARTIAL) {
			conn_eat(c, f.skip);
			return;
		}
		if (!take_frame(v, &f, p))
			return;
		conn_eat(c, f.skip + f.len);
	}
}

void
visitor_is_up(struct visitor *v)
{
	const char *why = why_not_tls(v, v->route->conf, NULL);

	if (why != NULL) {
		conn_abort(v->conn, why);
		return;
	}
	v->route->dialing = NULL;
	bind_route(v, v->route);
}

static void
on_connected(struct conn *c, void *arg)
{
	struct visitor *v = arg;

	(void)c;
	if (v->tunnel != NULL)
		initiate_tunnel(v);
	else
		visitor_is_up(v);
}

/* No first message came: without TLS, in time, or before it went. That it only
 * looked in is no warning: monitors do that all day. */
static void
never_was(struct visitor *v, const char *why)
{
	bool tls = v->secured && conn_tls(v->conn) == NULL;

	if (!tls && !v->began && mono_before(loop_now(v->peers->g->loop).mono,
	    v->deadline))
		log_info("%s: left without a byte: %s", conn_peer(v->conn),
		    why);
	else if (driver_stranger(v->peers->g->driver, "", 0, why))
		log_warnx("%s: refused: %s", conn_peer(v->conn), why);
}

static void
on_closed(struct conn *c, void *arg, const char *why)
{
	struct visitor *v = arg;
	struct peers *p = v->peers;
	struct route *r = v->route;

	(void)c;
	if (v->stranger && !v->told)
		never_was(v, why);
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
};
