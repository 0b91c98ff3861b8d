#include "gateway/control.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gateway/control_int.h"
#include "log/log.h"

#define FRAMES_PER_WAKE 256 /* of one connection */
#define FRAME_HEAD      4   /* bytes of the length before a frame */
#define RETRY_NS        (200 * NS_PER_MS) /* between looks at a busy disk */

#define MODE_FULL       0660
#define MODE_RESTRICTED 0666

enum request_flag {
	ALSO_RESTRICTED = 1 << 0, /* legal on ReadOnlyControlSocket */
	WAITS_FOR_DISK = 1 << 1,  /* not before the driver takes more rows */
};

static void
control_goodbye(const struct control_ask *a)
{
	conn_end(a->cc->conn);
}

static void control_hello(const struct control_ask *a);

static const struct request {
	const char *type;
	void (*handle)(const struct control_ask *a);
	unsigned flags;
} requests[] = {
	{ "CREDIT", control_credit, ALSO_RESTRICTED },
	{ "DICT_GET", control_dict_get, ALSO_RESTRICTED },
	{ "EVENT_FIX_SEND", control_fix_send, WAITS_FOR_DISK },
	{ "GOODBYE", control_goodbye, ALSO_RESTRICTED },
	{ "HELLO", control_hello, ALSO_RESTRICTED },
	{ "READ", control_read, ALSO_RESTRICTED },
	{ "SESSIONS", control_sessions, ALSO_RESTRICTED },
	{ "SESSION_RESET", control_session_reset, WAITS_FOR_DISK },
	{ "SESSION_SCHEDULE", control_session_schedule, ALSO_RESTRICTED },
	{ "SESSION_SEQ", control_session_seq, WAITS_FOR_DISK },
	{ "SESSION_START", control_session_start, WAITS_FOR_DISK },
	{ "SESSION_STOP", control_session_stop, WAITS_FOR_DISK },
	{ "STATUS", control_status, ALSO_RESTRICTED },
	{ "TAIL", control_tail, ALSO_RESTRICTED },
	{ "UNTAIL", control_untail, ALSO_RESTRICTED },
};

/* ---- answers ---- */

struct link_out *
control_begin(struct control *c, const char *type, uint64_t ref)
{
	c->to.len = 0;
	link_begin(c->out, &c->to, type, ref);
	return c->out;
}

void
control_done(struct control *c, struct control_conn *cc)
{
	int err;

	err = link_end(c->out);
	if (cc->conn == NULL)
		return;
	if (err == 0)
		err = conn_send(cc->conn, c->to.p, c->to.len);
	if (err != 0 && err != FG_ECLOSED)
		conn_abort(cc->conn, fg_strerror(err));
}

void
control_nack(const struct control_ask *a, const char *type, const char *code,
    bool retry, const char *fmt, ...)
{
	char text[512];
	struct link_out *o;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	o = control_begin(a->control, type, a->ref);
	link_map(o, 3);
	link_key_str(o, "CODE", code);
	link_key_str(o, "TEXT", text);
	link_key_bool(o, "RETRY", retry);
	control_done(a->control, a->cc);
}

void
control_ack(const struct control_ask *a, const char *text)
{
	struct link_out *o;

	o = control_begin(a->control, "ACK", a->ref);
	link_map(o, 1);
	link_key_str(o, "TEXT", text);
	control_done(a->control, a->cc);
}

/* The connection is of no more use: say why, and end it. */
static void
fail(struct control *c, struct control_conn *cc, uint64_t ref,
    const char *code, const char *text)
{
	struct link_out *o;

	o = control_begin(c, "ERROR", ref);
	link_map(o, 3);
	link_key_str(o, "CODE", code);
	link_key_str(o, "TEXT", text);
	link_key_bool(o, "FATAL", true);
	control_done(c, cc);
	conn_end(cc->conn);
}

struct fgsess *
control_session(const struct control_ask *a, const char *nack)
{
	char name[CONTROL_NAME_MAX];
	struct fgsess *fs;

	if (!link_find_str(a->details, "SESSION", name, sizeof(name))) {
		control_nack(a, nack, "BAD_REQUEST", false,
		    "SESSION is missing");
		return NULL;
	}
	fs = driver_by_name(a->control->g->driver, name);
	if (fs == NULL)
		control_nack(a, nack, "NO_SESSION", false, "there is no "
		    "session %s; `fixgatectl session show` lists them", name);
	return fs;
}

void
control_who(const struct control_ask *a, const char *reason, char *out,
    size_t cap)
{
	char text[CONTROL_NAME_MAX + 256 + 32];

	snprintf(text, sizeof(text), "%s (uid %ld): %s",
	    a->cc->name[0] == '\0' ? "control" : a->cc->name,
	    conn_peer_uid(a->cc->conn), reason);
	log_escape(out, cap, text, strlen(text)); /* it is logged, too */
}

/* ---- connections ---- */

static void
unref(struct control_conn *cc)
{
	if (--cc->refs == 0)
		free(cc);
}

struct control_later *
control_later(const struct control_ask *a, const struct fgsess *fs,
    const char *text)
{
	struct control_later *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->cc = a->cc;
	l->cc->refs++;
	l->ref = a->ref;
	l->name = fs->name;
	l->text = text;
	return l;
}

void
control_later_free(struct control_later *l)
{
	unref(l->cc);
	free(l);
}

static void
control_hello(const struct control_ask *a)
{
	struct gateway *g = a->control->g;
	struct link_out *o;

	if (link_find_u64(a->details, "VERSION", 0) != LINK_VERSION) {
		fail(a->control, a->cc, a->ref, "BAD_VERSION",
		    "this gateway speaks version 1 of fixgate-link(7)");
		return;
	}
	if (!link_find_str(a->details, "NAME", a->cc->name,
		sizeof(a->cc->name)))
		a->cc->name[0] = '\0';
	a->cc->greeted = true;
	o = control_begin(a->control, "HELLO_ACK", a->ref);
	link_map(o, 6);
	link_key_u64(o, "VERSION", LINK_VERSION);
	link_key_str(o, "NAME", "GATEWAY");
	link_key_str(o, "PROGRAM", "fixgated " PACKAGE_VERSION);
	link_key_str(o, "STORE_UUID", store_uuid(g->store));
	link_key_u64(o, "MAX_FRAME", CONTROL_FRAME_MAX);
	link_key_bool(o, "READ_ONLY", a->cc->read_only);
	control_done(a->control, a->cc);
}

static const struct request *
find_request(const char *type)
{
	size_t i;

	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (strcmp(requests[i].type, type) == 0)
			return &requests[i];
	return NULL;
}

static bool
disk_is_busy(const struct control *c)
{
	return driver_is_full(c->g->driver) || driver_is_stalled(c->g->driver);
}

/* false: it stays in the input until the driver takes more. */
static bool
dispatch(struct control *c, struct control_conn *cc, const struct link_msg *m)
{
	const struct control_ask a = { c, cc, m->ref, m->details };
	const struct request *r = find_request(m->type);
	const char *nack;

	if (!cc->greeted && (r == NULL || r->handle != control_hello)) {
		fail(c, cc, m->ref, "BAD_REQUEST", "HELLO must come first");
		return true;
	}
	nack = strncmp(m->type, "EVENT_", 6) == 0 ? "EVENT_NACK" : "NACK";
	if (r == NULL) {
		control_nack(&a, nack, "UNKNOWN_MESSAGE", false,
		    "%.64s is no message of this gateway", m->type);
		return true;
	}
	if (cc->read_only && (r->flags & ALSO_RESTRICTED) == 0) {
		control_nack(&a, nack, "READ_ONLY", false, "%s needs the full "
		    "ControlSocket; this one is for reading", m->type);
		return true;
	}
	if ((r->flags & WAITS_FOR_DISK) != 0 && disk_is_busy(c))
		return false;
	r->handle(&a);
	return true;
}

/* Bytes of the frame at p, 0: more are needed, -1: the connection was ended. */
static int64_t
take_frame(struct control *c, struct control_conn *cc, const char *p, size_t n)
{
	const char *why = NULL;
	struct link_msg m;
	uint32_t size;
	int64_t used;

	if (n < FRAME_HEAD)
		return 0;
	memcpy(&size, p, sizeof(size));
	if (ntohl(size) > CONTROL_FRAME_MAX) {
		fail(c, cc, 0, "TOO_BIG", "the frame is longer than MAX_FRAME");
		return -1;
	}
	used = link_decode(c->in, p, n, &m, &why);
	if (used == FG_EPARTIAL)
		return 0;
	if (used < 0) {
		log_warnx("control: %s sent no frame of fixgate-link(7): %s",
		    conn_peer(cc->conn), why == NULL ?
		    fg_strerror((int)used) : why);
		fail(c, cc, 0, "BAD_REQUEST", why == NULL ? "garbled" : why);
		return -1;
	}
	if (dispatch(c, cc, &m))
		return used;
	cc->waiting = true;
	return 0;
}

/* Rows that become visible say when the disk goes on; after a failure of the
 * store there may be none. */
static void
arm_retry(struct control *c)
{
	timer_set(c->retry, mono_add(loop_now(c->g->loop).mono, RETRY_NS));
}

static void
on_retry(void *arg)
{
	struct control *c = arg;
	struct control_conn *cc;

	for (cc = c->first; cc != NULL; cc = cc->next)
		if (cc->waiting)
			conn_kick(cc->conn);
}

static void
on_data(struct conn *conn, void *arg)
{
	struct control_conn *cc = arg;
	struct control *c = cc->control;
	const char *p;
	int64_t used = 1;
	size_t n, left = FRAMES_PER_WAKE;

	cc->waiting = false;
	while (used > 0 && left-- > 0 && !conn_is_full(conn)) {
		n = conn_in(conn, &p);
		used = take_frame(c, cc, p, n);
		if (used > 0)
			conn_eat(conn, (size_t)used);
	}
	if (used == -1)
		return;
	if (cc->waiting && !driver_is_stalled(c->g->driver))
		used = 1; /* the driver's share of this wake-up is used up */
	else if (cc->waiting)
		arm_retry(c);
	if (control_feed(c, cc) || (used > 0 && !conn_is_full(conn)))
		conn_kick(conn);
}

static void
on_drained(struct conn *conn, void *arg)
{
	(void)arg;
	conn_kick(conn);
}

static void
on_closed(struct conn *conn, void *arg, const char *why)
{
	struct control_conn *cc = arg, **p;

	(void)conn;
	log_debug("control: %s closed: %s", cc->name, why);
	cc->conn = NULL;
	for (p = &cc->control->first; *p != cc; p = &(*p)->next)
		;
	*p = cc->next;
	unref(cc);
}

static const struct conn_ops conn_ops = {
	.data = on_data,
	.drained = on_drained,
	.closed = on_closed,
};

/* Of connections that the loop still has when control is gone. */
static void
on_data_gone(struct conn *conn, void *arg)
{
	(void)conn;
	(void)arg;
}

static void
on_closed_gone(struct conn *conn, void *arg, const char *why)
{
	(void)conn;
	(void)arg;
	(void)why;
}

static const struct conn_ops gone_ops = {
	.data = on_data_gone,
	.closed = on_closed_gone,
};

static void
accepted(struct control *c, struct conn *conn, bool read_only)
{
	struct control_conn *cc = calloc(1, sizeof(*cc));

	if (cc == NULL) {
		conn_abort(conn, fg_strerror(FG_ENOMEM));
		return;
	}
	cc->control = c;
	cc->conn = conn;
	cc->refs = 1;
	cc->read_only = read_only;
	cc->next = c->first;
	c->first = cc;
	conn_set_ops(conn, &conn_ops, cc);
}

static void
on_accept_full(struct conn *conn, void *arg)
{
	accepted(arg, conn, false);
}

static void
on_accept_restricted(struct conn *conn, void *arg)
{
	accepted(arg, conn, true);
}

/* ---- life ---- */

static int
listen_on(struct control *c, struct listener **out, enum conf_key key,
    unsigned mode, accept_fn fn, char err[NET_ERR_MAX])
{
	static const struct conn_limits limits = {
		.in_max = CONTROL_FRAME_MAX + FRAME_HEAD + 1,
	};
	const char *path = conf_path(conf_gateway(c->g->conf), key);

	if (path == NULL)
		return 0;
	*out = listener_open_unix(c->g->loop, path, mode, &limits, fn, c, err);
	return *out == NULL ? FG_EIO : 0;
}

int
control_open(struct control **out, struct gateway *g, char err[NET_ERR_MAX])
{
	struct control *c = calloc(1, sizeof(*c));
	int e = FG_ENOMEM;

	*out = NULL;
	snprintf(err, NET_ERR_MAX, "%s", fg_strerror(FG_ENOMEM));
	if (c == NULL)
		return FG_ENOMEM;
	c->g = g;
	c->out = link_out_new();
	c->in = link_in_new();
	c->retry = timer_new(g->loop, on_retry, c);
	if (c->out == NULL || c->in == NULL || c->retry == NULL)
		goto fail;
	e = listen_on(c, &c->full, CONF_ControlSocket, MODE_FULL,
	    on_accept_full, err);
	if (e == 0)
		e = listen_on(c, &c->restricted, CONF_ReadOnlyControlSocket,
		    MODE_RESTRICTED, on_accept_restricted, err);
	if (e != 0)
		goto fail;
	*out = c;
	return 0;
fail:
	control_free(c);
	return e;
}

void
control_visible(struct control *c)
{
	struct control_conn *cc;
	bool busy;

	if (c == NULL)
		return;
	busy = driver_is_stalled(c->g->driver);
	for (cc = c->first; cc != NULL; cc = cc->next)
		if (control_feed(c, cc) || (cc->waiting && !busy))
			conn_kick(cc->conn);
}

void
control_free(struct control *c)
{
	struct control_conn *cc;

	if (c == NULL)
		return;
	listener_free(c->full);
	listener_free(c->restricted);
	while ((cc = c->first) != NULL) {
		c->first = cc->next;
		conn_set_ops(cc->conn, &gone_ops, NULL);
		conn_abort(cc->conn, "the gateway ends");
		cc->control = NULL;
		cc->conn = NULL;
		unref(cc);
	}
	if (c->retry != NULL)
		timer_free(c->retry);
	link_out_free(c->out);
	link_in_free(c->in);
	buf_free(&c->to);
	buf_free(&c->scratch);
	free(c);
}
