/*
 * introduce.c: the first message of a connection says whose it is: that session
 * has it from then on, or it is refused. Also of those that are made here.
 */
#include <string.h>

#include "base/err.h"
#include "gateway/peers_int.h"
#include "gateway/template.h"
#include "log/log.h"

#define MADE_MAX 8 /* sessions of templates, in a wake-up */

/* Refused before logon: not a single byte goes back [R7]. */
void
introduce_refuse(struct visitor *v, const char *p, size_t n, const char *why)
{
	char text[VISITOR_TEXT];

	v->told = true;
	if (driver_stranger(v->peers->g->driver, p, n, why))
		log_event(LOG_LEVEL_WARN, "refused", NULL, "%s: refused: %s: "
		    "%s", conn_peer(v->conn), why,
		    visitor_shown(text, NULL, p, n));
	conn_abort(v->conn, why);
}

/* LogMessageWhenSessionNotFound: it is stored all the same. */
static void
refuse_unknown(struct visitor *v, const struct fix_msg *m)
{
	static const char *const why = "no such session";

	if (v->peers->shows_unknown) {
		introduce_refuse(v, m->buf, m->len, why);
		return;
	}
	v->told = true;
	if (driver_stranger(v->peers->g->driver, m->buf, m->len, why))
		log_event(LOG_LEVEL_WARN, "refused", NULL, "%s: refused: %s",
		    conn_peer(v->conn), why);
	conn_abort(v->conn, why);
}

static void
bind_route(struct visitor *v, struct route *r)
{
	visitor_no_stranger(v);
	v->route = r;
	r->visitor = v;
	conn_limit_out(v->conn, (size_t)conf_int(r->conf,
	    CONF_MaxSendQueueBytes));
	driver_connected(v->peers->g->driver, r->fs, conn_peer(v->conn));
	if (v->secured)
		log_event(LOG_LEVEL_INFO, "tls", r->fs->name, "%s, %s%s",
		    conn_tls(v->conn),
		    conn_peer_subject(v->conn) == NULL ? "no certificate" :
		    "certificate of ", conn_peer_subject(v->conn) == NULL ? "" :
		    conn_peer_subject(v->conn));
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

/* It is the session's counterparty that tries: it is told why, or one event
 * tells of all tries for the same reason. */
static void
refuse_known(struct visitor *v, struct route *r, const struct fix_msg *m,
    const char *why)
{
	char text[VISITOR_TEXT];

	if (r->fs->cfg.refused_logon_logout && r->visitor == NULL &&
	    !v->known.secret) {
		v->told = true;
		log_event(LOG_LEVEL_WARN, "refused", r->fs->name, "%s: refused "
		    "with a Logout: %s: %s", conn_peer(v->conn), why,
		    visitor_shown(text, r, m->buf, m->len));
		bind_route(v, r);
		driver_refuse(v->peers->g->driver, r->fs, m, why);
		return;
	}
	introduce_refuse(v, m->buf, m->len, why);
	if (strstr(r->fs->last_event, why) == NULL)
		driver_event(v->peers->g->driver, r->fs, SESS_EV_REFUSED, why);
}

/* A counterparty that comes back at once: its old connection is closed, but we
 * have not read to its end. The Logon stays unread until then. It does not wait
 * for answers there. */
static bool
is_early(struct visitor *v, const struct route *r)
{
	if (r->visitor == NULL || !conn_is_left(r->visitor->conn))
		return false;
	if (r->visitor->left)
		conn_abort(r->visitor->conn, "closed by peer");
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
		introduce_refuse(v, m->buf, m->len, why != NULL ? why :
		    buf_add(&said, "", 1) != 0 ? "no memory" : said.p);
	buf_free(&said);
	return fs == NULL ? NULL : fs->owner;
}

/* Why nobody can have the session; NULL: its counterparty can. */
static const char *
why_never(const struct route *r)
{
	if (r->initiator)
		return "this session is an initiator here";
	if (r->fs->held)
		return "the session is held since its store was restored; "
		    "fixgatectl status says what to do";
	return NULL;
}

/* Why its counterparty cannot have it now. */
static const char *
why_not_now(const struct route *r)
{
	if (!r->enabled)
		return "the session is stopped";
	if (!r->hours.open)
		return "outside its schedule";
	return NULL;
}

bool
introduce_first(struct visitor *v, const struct fix_msg *m)
{
	struct route *r;
	const char *why, *later;

	if (!fix_is(m, fix_find(m, 35), "A")) {
		introduce_refuse(v, m->buf, m->len,
		    "the first message is not a Logon");
		return false;
	}
	r = identity_find(v->peers->who, m);
	if (r == NULL)
		r = make_route(v, m);
	if (r == NULL)
		return false;
	window_look(r);
	why = why_not(v, r->conf, m);
	if (why == NULL)
		why = why_never(r);
	later = why_not_now(r);
	if (why != NULL) {
		introduce_refuse(v, m->buf, m->len, why);
	} else if (later != NULL && !r->fs->cfg.refused_logon_logout) {
		if (r->enabled)
			refuse_known(v, r, m, later);
		else
			introduce_refuse(v, m->buf, m->len, later);
	} else if (is_early(v, r)) {
		return false;
	} else if (r->visitor != NULL) {
		introduce_refuse(v, m->buf, m->len,
		    "the session is connected already");
	} else if (!known_look(v, r->conf, m, &why)) {
		if (why != NULL)
			refuse_known(v, r, m, why);
	} else if (later != NULL) {
		refuse_known(v, r, m, later);
	} else {
		bind_route(v, r);
		return true;
	}
	return false;
}

void
introduce_up(struct visitor *v)
{
	const char *why = why_not_tls(v, v->route->conf, NULL);

	if (why != NULL) {
		conn_abort(v->conn, why);
		return;
	}
	v->route->dialing = NULL;
	bind_route(v, v->route);
}

/* That it only looked in is no warning: monitors do that all day. */
void
introduce_never(struct visitor *v, const char *why)
{
	bool tls = v->secured && conn_tls(v->conn) == NULL;

	if (!tls && !v->began && mono_before(loop_now(v->peers->g->loop).mono,
	    v->deadline))
		log_event(LOG_LEVEL_INFO, "refused", NULL, "%s: left without a "
		    "byte: %s", conn_peer(v->conn), why);
	else if (driver_stranger(v->peers->g->driver, "", 0, why))
		log_event(LOG_LEVEL_WARN, "refused", NULL, "%s: refused: %s",
		    conn_peer(v->conn), why);
}
