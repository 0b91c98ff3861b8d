/*
 * peers.c: the transport as a whole: what the driver lets out, the operator's
 * wishes, start and stop. The connections themselves are in visitor.c.
 */
#include "gateway/peers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gateway/control.h"
#include "gateway/peers_int.h"
#include "gateway/sessions.h"
#include "gateway/template.h"
#include "log/log.h"

/* ---- what the driver asks and releases ---- */

static struct now
op_now(void *arg)
{
	struct peers *p = arg;

	return loop_now(p->g->loop);
}

static mono_t
op_clock(void *arg)
{
	(void)arg;
	return loop_clock();
}

static void
op_send(void *arg, struct fgsess *fs, const void *p, size_t n)
{
	struct route *r = fs->owner;
	int err;

	(void)arg;
	if (r->visitor == NULL)
		return;
	err = conn_send(r->visitor->conn, p, n);
	if (err != 0 && err != FG_ECLOSED)
		log_event(LOG_LEVEL_WARN, "send", fs->name, "cannot send %zu "
		    "bytes: %s; they and what comes after them are in FIX_OUT",
		    n, fg_strerror(err));
}

static bool
op_is_full(void *arg, struct fgsess *fs)
{
	struct route *r = fs->owner;

	(void)arg;
	return r->visitor != NULL && conn_is_full(r->visitor->conn);
}

static void
op_answered(void *arg, struct fgsess *fs)
{
	struct peers *p = arg;
	struct route *r = fs->owner;

	if (r->visitor == NULL || p->stalled)
		return;
	conn_pause(r->visitor->conn, false);
	conn_kick(r->visitor->conn);
}

/* The connection is drained on its own; the session is free at once, so that
 * the counterparty can log on again. */
static void
op_disconnect(void *arg, struct fgsess *fs, const char *why)
{
	struct peers *p = arg;
	struct route *r = fs->owner;

	(void)why;
	if (r->visitor == NULL)
		return;
	conn_end(r->visitor->conn);
	r->left = r->visitor->left;
	r->visitor->route = NULL;
	r->visitor = NULL;
	r->ended_next = p->ended;
	p->ended = r;
}

static void
op_drop_all(void *arg, const char *why)
{
	struct peers *p = arg;
	struct route *r, *next;
	struct visitor *v;

	for (v = p->first; v != NULL; v = v->next) {
		if (v->route != NULL && v->route->visitor == v) {
			v->route->visitor = NULL;
			if (v->route->initiator)
				initiate_later(v->route);
			v->route = NULL;
		}
		conn_abort(v->conn, why);
	}
	/* The driver has forgotten their connections, but they try again. */
	while ((r = p->ended) != NULL) {
		p->ended = r->ended_next;
		if (r->initiator)
			initiate_later(r);
	}
	for (r = TAILQ_FIRST(&p->routes); r != NULL; r = next) {
		next = TAILQ_NEXT(r, link);
		peers_check_left(r);
	}
}

static void
op_visible(void *arg)
{
	struct peers *p = arg;
	struct route *r;

	while ((r = p->ended) != NULL) {
		p->ended = r->ended_next;
		driver_disconnected(p->g->driver, r->fs, r->left ?
		    "closed by peer" : "closed by us");
		if (r->initiator)
			initiate_later(r);
		peers_check_left(r);
	}
	if (p->stalled && !driver_is_stalled(p->g->driver))
		visitors_stall(p, false);
	if (p->g->control != NULL)
		control_visible(p->g->control);
}

static void
op_fatal(void *arg, const char *why)
{
	struct peers *p = arg;

	log_event(LOG_LEVEL_ERROR, "fatal", NULL, "%s", why);
	p->g->exit_code = EXIT_FAILURE;
	loop_stop(p->g->loop);
}

static void
route_free(struct route *r)
{
	if (r->retry != NULL)
		timer_free(r->retry);
	window_free(r);
	TAILQ_REMOVE(&r->peers->routes, r, link);
	free(r);
}

static void
op_removed(void *arg, struct fgsess *fs)
{
	struct peers *p = arg;

	if (fs->owner != NULL)
		route_free(fs->owner);
	sessions_gone(p->g->sessions, fs);
}

const struct driver_ops peers_driver_ops = {
	.now = op_now,
	.clock = op_clock,
	.send = op_send,
	.is_full = op_is_full,
	.answered = op_answered,
	.disconnect = op_disconnect,
	.drop_all = op_drop_all,
	.visible = op_visible,
	.removed = op_removed,
	.fatal = op_fatal,
};

/* ---- life ---- */

/* ValidateLengthAndChecksum, and QuickFIX/J's ValidateChecksum. */
unsigned
peers_checks(const struct conf_section *sec)
{
	if (!conf_bool(sec, CONF_ValidateLengthAndChecksum))
		return 0;
	return conf_bool(sec, CONF_ValidateChecksum) ? FIX_CHECK_ALL :
	    FIX_CHECK_LENGTH;
}

void
peers_tune(struct conn_limits *lim, const struct conf_section *sec)
{
	lim->nodelay = conf_bool(sec, CONF_SocketNodelay);
	lim->keep_alive = conf_bool(sec, CONF_SocketKeepAlive);
	lim->traffic_class = (int)conf_int(sec, CONF_SocketTrafficClass);
	lim->send_buffer = (int)conf_int(sec, CONF_SocketSendBufferSize);
	lim->receive_buffer = (int)conf_int(sec, CONF_SocketReceiveBufferSize);
}

static int
setup_route(struct route *r)
{
	r->initiator = r->fs->cfg.role == SESS_INITIATOR;
	r->enabled = conf_bool(r->conf, CONF_Enabled);
	r->max_message = (size_t)conf_int(r->conf, CONF_MaxMessageSize);
	r->limits.in_max = r->max_message + 1;
	peers_tune(&r->limits, r->conf);
	r->next_try = MONO_NEVER;
	r->checks = peers_checks(r->conf);
	if (window_setup(r) != 0)
		return FG_ENOMEM;
	if (r->initiator)
		return initiate_setup(r);
	return identity_add(r->peers->who, &r->fs->cfg, r);
}

/* What holds for a stranger, who may be anybody. */
static void
settle_strangers(struct peers *p)
{
	const struct conf_section *sec;
	struct route *r;
	size_t i, size;

	p->max_message = 0;
	p->checks = FIX_CHECK_ALL;
	p->shows_unknown = true;
	TAILQ_FOREACH(r, &p->routes, link) {
		p->shows_unknown &= r->initiator || conf_bool(r->conf,
		    CONF_LogMessageWhenSessionNotFound);
		if (r->max_message > p->max_message)
			p->max_message = r->max_message;
		p->checks &= r->checks;
		known_settle(p, r->conf);
	}
	for (i = 0; (sec = template_at(p->g->sessions, i)) != NULL; i++) {
		size = (size_t)conf_int(sec, CONF_MaxMessageSize);
		if (size > p->max_message)
			p->max_message = size;
		p->checks &= peers_checks(sec);
		known_settle(p, sec);
		p->shows_unknown &= conf_bool(sec,
		    CONF_LogMessageWhenSessionNotFound);
	}
	listen_settle(p);
}

void
peers_templates(struct peers *p)
{
	settle_strangers(p);
}

int
peers_add(struct peers *p, struct fgsess *fs, const struct conf_section *sec)
{
	struct route *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return FG_ENOMEM;
	r->peers = p;
	r->fs = fs;
	r->conf = sec;
	TAILQ_INSERT_TAIL(&p->routes, r, link);
	if (setup_route(r) != 0) {
		identity_remove(p->who, &fs->cfg);
		route_free(r);
		return FG_ENOMEM;
	}
	fs->owner = r;
	settle_strangers(p);
	return 0;
}

void
peers_stay_off(struct fgsess *fs)
{
	((struct route *)fs->owner)->enabled = false;
}

void
peers_remove(struct peers *p, struct fgsess *fs, const char *text)
{
	struct route *r = fs->owner;

	if (r->leaving)
		return;
	r->leaving = true;
	r->enabled = false;
	initiate_stop(r);
	driver_logout(p->g->driver, fs, text, NULL, NULL);
	peers_check_left(r);
}

bool
peers_is_leaving(const struct fgsess *fs)
{
	return ((const struct route *)fs->owner)->leaving;
}

void
peers_check_left(struct route *r)
{
	struct peers *p = r->peers;

	if (!r->leaving || r->fs->removed || r->fs->connected ||
	    r->visitor != NULL || r->dialing != NULL)
		return;
	if (r->edge != NULL)
		timer_set(r->edge, MONO_NEVER);
	identity_remove(p->who, &r->fs->cfg);
	driver_remove(p->g->driver, r->fs);
	settle_strangers(p);
}

void
peers_settle(struct peers *p, const struct conf_section *sec)
{
	p->max_strangers = (size_t)conf_int(sec, CONF_MaxUnauthenticated);
	p->logon_timeout_ns = conf_int(sec, CONF_LogonTimeout) * NS_PER_S;
}

struct peers *
peers_new(struct gateway *g)
{
	struct peers *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->g = g;
	TAILQ_INIT(&p->routes);
	p->checks = FIX_CHECK_ALL;
	p->who = identity_new();
	p->logon_timer = timer_new(g->loop, visitors_time_out, p);
	peers_settle(p, conf_gateway(g->conf));
	if (p->who != NULL && p->logon_timer != NULL)
		return p;
	peers_free(p);
	return NULL;
}

void
peers_begin(struct fgsess *fs)
{
	window_begin(fs->owner);
}

void
peers_free(struct peers *p)
{
	struct route *r;

	if (p == NULL)
		return;
	listen_free(p);
	while ((r = TAILQ_FIRST(&p->routes)) != NULL)
		route_free(r);
	while (p->first != NULL)
		visitor_free(p->first);
	known_free(p);
	if (p->logon_timer != NULL)
		timer_free(p->logon_timer);
	if (p->stop_timer != NULL)
		timer_free(p->stop_timer);
	identity_free(p->who);
	fields_free(&p->fields);
	free(p);
}

/* ---- operator ---- */

void
peers_enable(struct peers *p, struct fgsess *fs, bool on, const char *who)
{
	struct route *r = fs->owner;

	if (r->enabled == on || r->leaving)
		return;
	r->enabled = on;
	driver_event(p->g->driver, fs, on ? SESS_EV_STARTED : SESS_EV_STOPPED,
	    who);
	if (!on) {
		initiate_stop(r);
		driver_logout(p->g->driver, fs, NULL, NULL, NULL);
	} else if (r->initiator && r->visitor == NULL) {
		initiate_now(r);
	}
}

void
peers_halt(struct peers *p, bool on)
{
	struct route *r;

	if (p->halted == on)
		return;
	p->halted = on;
	TAILQ_FOREACH(r, &p->routes, link) {
		if (on)
			initiate_stop(r);
		if (on && r->visitor != NULL)
			driver_logout(p->g->driver, r->fs,
			    "no space to store messages", NULL, NULL);
		else if (!on && r->initiator && r->enabled)
			initiate_now(r);
	}
}

int
peers_let_go(struct peers *p, struct fgsess *fs)
{
	struct route *r = fs->owner;
	int err;

	if (!fs->held)
		return 0;
	err = driver_let_go(p->g->driver, fs);
	if (err == 0 && r->initiator && r->enabled && r->visitor == NULL)
		initiate_now(r);
	return err;
}

bool
peers_is_enabled(const struct fgsess *fs)
{
	return ((const struct route *)fs->owner)->enabled;
}

bool
peers_is_created(const struct fgsess *fs)
{
	return conf_is_extra(((const struct route *)fs->owner)->conf);
}

const char *
peers_template(const struct fgsess *fs)
{
	const char *name = conf_base(((const struct route *)fs->owner)->conf);

	return name == NULL ? "" : name;
}

bool
peers_is_open(const struct fgsess *fs, wall_t *since)
{
	const struct route *r = fs->owner;

	if (r->hours.open)
		*since = r->hours.opened;
	else if (!window_opens(r, since))
		since->ns = INT64_MAX;
	return r->hours.open;
}

const struct schedule *
peers_schedule(const struct fgsess *fs)
{
	return ((const struct route *)fs->owner)->hours.schedule;
}

const char *
peers_address(const struct fgsess *fs)
{
	const struct route *r = fs->owner;

	return r->visitor == NULL ? "" : conn_peer(r->visitor->conn);
}

bool
peers_expiry(const struct fgsess *fs, struct tls_expiry *x)
{
	const struct route *r = fs->owner;

	return r->visitor != NULL && conn_peer_expiry(r->visitor->conn, x);
}

mono_t
peers_next_try(const struct fgsess *fs)
{
	return ((const struct route *)fs->owner)->next_try;
}

size_t
peers_strangers(const struct peers *p)
{
	return p->nstrangers;
}

void
peers_check_stopped(struct peers *p)
{
	void (*fn)(void *) = p->stopped;

	if (fn == NULL || p->nvisitors > 0)
		return;
	p->stopped = NULL;
	fn(p->stopped_arg);
}

static void
stop_limit(void *arg)
{
	struct peers *p = arg;
	struct visitor *v;

	for (v = p->first; v != NULL; v = v->next)
		conn_abort(v->conn, "shutdown");
	peers_check_stopped(p);
}

void
peers_shutdown(struct peers *p, void (*done)(void *arg), void *arg)
{
	uint32_t longest = 0;
	struct visitor *v;
	struct route *r;

	p->stopped = done;
	p->stopped_arg = arg;
	listen_free(p);
	TAILQ_FOREACH(r, &p->routes, link) {
		r->enabled = false;
		initiate_stop(r);
		if (r->visitor == NULL)
			continue;
		driver_logout(p->g->driver, r->fs, NULL, NULL, NULL);
		if (r->fs->cfg.logout_timeout > longest)
			longest = r->fs->cfg.logout_timeout;
	}
	for (v = p->first; v != NULL; v = v->next)
		if (v->route == NULL || v->route->visitor != v)
			conn_abort(v->conn, "shutdown");
	p->stop_timer = timer_new(p->g->loop, stop_limit, p);
	if (p->stop_timer != NULL)
		timer_set(p->stop_timer, mono_add(loop_now(p->g->loop).mono,
		    (longest + SHUTDOWN_EXTRA_S) * NS_PER_S));
	peers_check_stopped(p);
}
