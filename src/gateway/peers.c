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
#include "log/log.h"

/* ---- what the driver asks and releases ---- */

static struct now
op_now(void *arg)
{
	struct peers *p = arg;

	return loop_now(p->g->loop);
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
		log_warnx("%s: cannot send %zu bytes: %s; they and what comes "
		    "after them are in FIX_OUT", fs->name, n,
		    fg_strerror(err));
}

static bool
op_is_full(void *arg, struct fgsess *fs)
{
	struct route *r = fs->owner;

	(void)arg;
	return r->visitor != NULL && conn_is_full(r->visitor->conn);
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
	r->visitor->route = NULL;
	r->visitor = NULL;
	p->ended[p->nended++] = fs;
}

static void
op_drop_all(void *arg, const char *why)
{
	struct peers *p = arg;
	struct visitor *v;
	struct route *r;

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
	while (p->nended > 0) {
		r = p->ended[--p->nended]->owner;
		if (r->initiator)
			initiate_later(r);
	}
}

static void
op_visible(void *arg)
{
	struct peers *p = arg;
	struct fgsess *fs;

	while (p->nended > 0) {
		fs = p->ended[--p->nended];
		driver_disconnected(p->g->driver, fs, "closed by us");
		if (((struct route *)fs->owner)->initiator)
			initiate_later(fs->owner);
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

	log_error("%s", why);
	p->g->exit_code = EXIT_FAILURE;
	loop_stop(p->g->loop);
}

const struct driver_ops peers_driver_ops = {
	.now = op_now,
	.send = op_send,
	.is_full = op_is_full,
	.disconnect = op_disconnect,
	.drop_all = op_drop_all,
	.visible = op_visible,
	.fatal = op_fatal,
};

/* ---- life ---- */

/* ValidateLengthAndChecksum, and QuickFIX/J's ValidateChecksum. */
static unsigned
frame_checks(const struct conf_section *sec)
{
	if (!conf_bool(sec, CONF_ValidateLengthAndChecksum))
		return 0;
	return conf_bool(sec, CONF_ValidateChecksum) ? FIX_CHECK_ALL :
	    FIX_CHECK_LENGTH;
}

static int
setup_route(struct peers *p, size_t i)
{
	struct route *r = &p->route[i];

	r->peers = p;
	r->fs = driver_session(p->g->driver, i);
	r->fs->owner = r;
	r->conf = conf_session(p->g->conf, i);
	r->initiator = r->fs->cfg.role == SESS_INITIATOR;
	r->enabled = conf_bool(r->conf, CONF_Enabled);
	r->max_message = (size_t)conf_int(r->conf, CONF_MaxMessageSize);
	r->limits.in_max = r->max_message + 1;
	r->limits.nodelay = conf_bool(r->conf, CONF_SocketNodelay);
	r->next_try = MONO_NEVER;
	if (window_setup(r) != 0)
		return FG_ENOMEM;
	if (r->max_message > p->max_message)
		p->max_message = r->max_message;
	r->checks = frame_checks(r->conf);
	p->checks &= r->checks;
	if (r->initiator)
		return initiate_setup(r);
	identity_add(p->who, &r->fs->cfg, i);
	return 0;
}

struct peers *
peers_new(struct gateway *g)
{
	struct peers *p = calloc(1, sizeof(*p));
	size_t i, n = driver_count(g->driver);

	if (p == NULL)
		return NULL;
	p->g = g;
	p->checks = FIX_CHECK_ALL;
	p->route = calloc(n + 1, sizeof(*p->route));
	p->ended = calloc(n + 1, sizeof(*p->ended));
	p->who = identity_new(n);
	p->logon_timer = timer_new(g->loop, visitors_time_out, p);
	p->max_strangers = (size_t)conf_int(conf_gateway(g->conf),
	    CONF_MaxUnauthenticated);
	p->logon_timeout_ns = conf_int(conf_gateway(g->conf),
	    CONF_LogonTimeout) * NS_PER_S;
	if (p->route == NULL || p->ended == NULL || p->who == NULL ||
	    p->logon_timer == NULL)
		goto fail;
	for (i = 0; i < n; i++)
		if (setup_route(p, i) != 0)
			goto fail;
	return p;
fail:
	peers_free(p);
	return NULL;
}

void
peers_begin(struct peers *p)
{
	size_t i;

	for (i = 0; i < driver_count(p->g->driver); i++)
		window_begin(&p->route[i]);
}

void
peers_free(struct peers *p)
{
	size_t i;

	if (p == NULL)
		return;
	listen_free(p);
	for (i = 0; p->route != NULL && i < driver_count(p->g->driver); i++) {
		if (p->route[i].retry != NULL)
			timer_free(p->route[i].retry);
		window_free(&p->route[i]);
	}
	while (p->first != NULL)
		visitor_free(p->first);
	if (p->logon_timer != NULL)
		timer_free(p->logon_timer);
	if (p->stop_timer != NULL)
		timer_free(p->stop_timer);
	identity_free(p->who);
	fields_free(&p->fields);
	free(p->route);
	free(p->ended);
	free(p);
}

/* ---- operator ---- */

void
peers_enable(struct peers *p, struct fgsess *fs, bool on, const char *who)
{
	struct route *r = fs->owner;

	if (r->enabled == on)
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
	size_t i;

	if (p->halted == on)
		return;
	p->halted = on;
	for (i = 0; i < driver_count(p->g->driver); i++) {
		r = &p->route[i];
		if (on)
			initiate_stop(r);
		if (on && r->visitor != NULL)
			driver_logout(p->g->driver, r->fs,
			    "no space to store messages", NULL, NULL);
		else if (!on && r->initiator && r->enabled)
			initiate_now(r);
	}
}

bool
peers_is_enabled(const struct fgsess *fs)
{
	return ((const struct route *)fs->owner)->enabled;
}

bool
peers_is_open(const struct fgsess *fs, wall_t *since)
{
	const struct route *r = fs->owner;

	if (r->open)
		*since = r->opened;
	else if (!window_opens(r, since))
		since->ns = INT64_MAX;
	return r->open;
}

const struct schedule *
peers_schedule(const struct fgsess *fs)
{
	return ((const struct route *)fs->owner)->schedule;
}

const char *
peers_address(const struct fgsess *fs)
{
	const struct route *r = fs->owner;

	return r->visitor == NULL ? "" : conn_peer(r->visitor->conn);
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
	size_t i;

	p->stopped = done;
	p->stopped_arg = arg;
	listen_free(p);
	for (i = 0; i < driver_count(p->g->driver); i++) {
		r = &p->route[i];
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
