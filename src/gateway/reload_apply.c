/* reload_apply.c: doing what reload.c has found. */
#include <stdio.h>

#include "daemon/expiry.h"
#include "daemon/secure.h"
#include "gateway/control.h"
#include "gateway/disk.h"
#include "gateway/reload_int.h"
#include "gateway/retain.h"
#include "log/log.h"

static int
open_port(struct reload *r, const struct unit *t)
{
	const struct conf_section *sec = t->sec;
	struct conf_fault f = { .severity = CONF_ERROR };
	char text[NET_ERR_MAX];
	int err;

	err = peers_listen(r->g->peers, sec, t->tls, text);
	if (err == 0)
		return 0;
	f.file = r->g->conf_path;
	f.line = conf_line(sec);
	f.text = text;
	reload_add_fault(r, &f, true);
	peers_tidy(r->g->peers);
	return err;
}

/* The one thing that can fail: before anything is changed. */
static int
open_ports(struct reload *r)
{
	const struct unit *t;
	size_t i;
	int err = 0;

	for (i = 0; i < r->nchanges && err == 0; i++) {
		t = r->change[i].fresh;
		if (t != NULL && !r->change[i].only_enabled)
			err = open_port(r, t);
	}
	TAILQ_FOREACH(t, &r->templates, link)
		if (err == 0)
			err = open_port(r, t);
	return err;
}

static void
apply_gateway(struct reload *r)
{
	const struct conf_section *sec = conf_gateway(r->conf);
	struct gateway *g = r->g;

	log_set_level((enum log_level)conf_enum(sec, CONF_LogLevel));
	log_set_format((enum log_format)conf_enum(sec, CONF_LogFormat));
	loop_set_spin(g->loop,
	    conf_enum(sec, CONF_IdleStrategy) == CONF_IDLE_ADAPTIVE ?
	    conf_int(sec, CONF_SpinMicros) * NS_PER_US : 0);
	disk_settle(g->disk, sec);
	retain_settle(g->retain, sec);
	peers_settle(g->peers, sec);
	control_settle(g->control, r->conf);
	conf_free(g->sessions->conf);
	g->sessions->conf = conf_hold(r->conf);
	units_free(&g->sessions->templates);
	TAILQ_CONCAT(&g->sessions->templates, &r->templates, link);
	peers_templates(g->peers);
}

static void
apply_one(struct reload *r, struct change *c, const char *who)
{
	struct sessions *s = r->g->sessions;
	struct driver *d = r->g->driver;
	struct unit *fresh = c->fresh;

	if (c->only_enabled) {
		unit_change(c->old, fresh, who);
		return;
	}
	c->fresh = NULL; /* not ours any more */
	if (c->old != NULL) {
		driver_event(d, c->old->fs, fresh == NULL ? SESS_EV_REMOVED :
		    SESS_EV_CHANGED, who);
		unit_leave(s, c->old, fresh == NULL ?
		    "this session was removed" :
		    "the settings of this session change", fresh);
	} else if (unit_start(s, fresh) == 0) {
		driver_event(d, fresh->fs, SESS_EV_ADDED, who);
	}
}

/* The event of it: how many, and which settings. */
static void
note(const struct reload *r, const char *who)
{
	char text[1024];
	size_t i, n;

	n = (size_t)snprintf(text, sizeof(text), "%.512s: %zu sessions added, "
	    "%zu changed, %zu removed", who, r->list[RELOAD_ADDED].n,
	    r->list[RELOAD_CHANGED].n, r->list[RELOAD_REMOVED].n);
	for (i = 0; i < r->list[RELOAD_NOW].n && n < sizeof(text); i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, ", %s",
		    r->list[RELOAD_NOW].name[i]);
	driver_event_gateway(r->g->driver, SESS_EV_RELOADED, text);
}

int
reload_apply(struct reload *r, const char *who)
{
	size_t i;
	int err = open_ports(r);

	if (err != 0)
		return err;
	apply_gateway(r);
	tlsset_commit(r->g->sessions->tls);
	secure_hangup();
	expiry_look(r->g->expiry);
	note(r, who);
	for (i = 0; i < r->nchanges; i++)
		apply_one(r, &r->change[i], who);
	if (!reload_is_busy(r->g))
		peers_tidy(r->g->peers);
	log_event(LOG_LEVEL_INFO, "reload", NULL, "%s: %zu sessions added, %zu "
	    "changed, %zu removed, %zu untouched", r->g->conf_path,
	    r->list[RELOAD_ADDED].n, r->list[RELOAD_CHANGED].n,
	    r->list[RELOAD_REMOVED].n, r->list[RELOAD_UNTOUCHED].n);
	for (i = 0; i < r->list[RELOAD_RESTART].n; i++)
		log_event(LOG_LEVEL_WARN, "reload", NULL, "%s: %s changed: it "
		    "needs a restart", r->g->conf_path,
		    r->list[RELOAD_RESTART].name[i]);
	return 0;
}

static void
log_faults(const struct reload *r)
{
	const struct conf_fault *f;
	char where[32];
	size_t i;

	for (i = 0; i < r->nfaults; i++) {
		f = reload_fault(r, i);
		where[0] = '\0';
		if (f->line != 0)
			snprintf(where, sizeof(where), ":%u", f->line);
		log_event(f->severity == CONF_ERROR ? LOG_LEVEL_ERROR :
		    LOG_LEVEL_WARN, "settings", NULL, "%s%s: %s", f->file,
		    where, f->text);
	}
}

void
reload_now(struct gateway *g, const char *who)
{
	struct reload *r;

	if (reload_is_busy(g)) {
		g->sessions->again = true;
		return;
	}
	if (reload_plan(&r, g) != 0) {
		log_event(LOG_LEVEL_ERROR, "reload", NULL, "%s: no memory to "
		    "read it again", g->conf_path);
		return;
	}
	if (r->nerrors == 0)
		reload_apply(r, who);
	log_faults(r);
	if (r->nerrors != 0)
		log_event(LOG_LEVEL_ERROR, "reload", NULL, "%s has errors: "
		    "nothing was changed", g->conf_path);
	reload_free(r);
}
