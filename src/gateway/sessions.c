#include "gateway/sessions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/num.h"
#include "daemon/secure.h"
#include "gateway/limits.h"
#include "gateway/reload.h"
#include "gateway/sessions_int.h"
#include "gateway/settings.h"
#include "log/log.h"

#define LOGON_TAGS_MAX 100 /* LogonTag, LogonTag1 ... LogonTag99 */

/* LogonTag=553=me, LogonTag1=554=secret: complete fields. */
static int
set_logon_fields(struct unit *t, const struct conf_section *sec)
{
	struct buf b = { 0 };
	const char *field;
	unsigned i;

	for (i = 0; i < LOGON_TAGS_MAX; i++) {
		field = conf_str_at(sec, CONF_LogonTag, i);
		if (field != NULL && buf_printf(&b, "%s\001", field) != 0)
			return FG_ENOMEM;
	}
	if (buf_add(&b, "", 1) != 0)
		return FG_ENOMEM;
	t->logon_fields = b.p;
	return 0;
}

static int
add_masked(struct unit *t, const char *list)
{
	int32_t *masked;
	uint64_t tag;
	size_t n;

	for (; list != NULL && *list != '\0'; list += n) {
		list += strspn(list, ", \t");
		n = strcspn(list, ", \t");
		if (num_parse_u64(list, n, &tag) != 0 || tag > INT32_MAX)
			continue;
		masked = realloc(t->masked, (t->nmasked + 1) * sizeof(*masked));
		if (masked == NULL)
			return FG_ENOMEM;
		t->masked = masked;
		t->masked[t->nmasked++] = (int32_t)tag;
	}
	return 0;
}

static enum driver_when_off
when_off(const struct conf_section *sec)
{
	switch ((enum conf_logged_off)conf_enum(sec, CONF_SendWhenLoggedOff)) {
	case CONF_LOGGED_OFF_NUMBER:
		return DRIVER_OFF_NUMBER;
	case CONF_LOGGED_OFF_REJECT:
		return DRIVER_OFF_REJECT;
	case CONF_LOGGED_OFF_QUEUE:
		break;
	}
	return DRIVER_OFF_QUEUE;
}

void
unit_free(struct unit *t)
{
	if (t == NULL)
		return;
	unit_free(t->next);
	free(t->logon_fields);
	sign_free(t->sign);
	limits_free(t->limits);
	conf_free(t->limits_conf);
	free(t->masked);
	session_dicts_free(&t->dicts);
	tlsset_put(t->sessions->tls, t->tls);
	conf_free(t->conf);
	free(t);
}

static void
fault(struct sessions *s, const struct unit *t, const char *text)
{
	const char *file = conf_file(t->conf);

	if (s->fault != NULL)
		s->fault(s->fault_arg, true, file, conf_line(t->sec), text);
	else
		log_event(LOG_LEVEL_ERROR, "settings", NULL, "%s:%u: %s", file,
		    conf_line(t->sec), text);
}

/* Its certificates and keys. */
static int
load_tls(struct sessions *s, struct unit *t)
{
	char err[NET_ERR_MAX], text[NET_ERR_MAX + 8];
	struct tls_cfg cfg;

	if (!conf_tls(t->sec, &cfg))
		return 0;
	t->tls = tlsset_get(s->tls, &cfg, err);
	if (t->tls != NULL)
		return 0;
	snprintf(text, sizeof(text), "TLS: %s", err);
	fault(s, t, text);
	return FG_EINVAL;
}

/* What signs its Logon. */
static int
load_sign(struct sessions *s, struct unit *t)
{
	char err[SIGN_ERR_MAX];

	if (conf_enum(t->sec, CONF_LogonSignature) == CONF_SIGN_NONE)
		return 0;
	t->sign = sign_new(t->sec, t->logon_fields, err);
	if (t->sign == NULL) {
		fault(s, t, err);
		return FG_EINVAL;
	}
	t->cfg.sign_logon = sign_logon;
	t->cfg.sign_arg = t->sign;
	return 0;
}

void
sessions_on_fault(struct sessions *s, dictset_fault_fn fn, void *arg)
{
	dictset_on_fault(s->dicts, fn, arg);
	s->fault = fn;
	s->fault_arg = arg;
}

/* The settings as the machine wants them. */
static int
read_unit(struct sessions *s, struct unit *t)
{
	struct sess_cfg *cfg = &t->cfg;

	settings_read(cfg, t->sec);
	if (!session_dicts_load(&t->dicts, s->dicts, t->conf, t->sec, cfg))
		return FG_EINVAL;
	if (load_tls(s, t) != 0)
		return FG_EINVAL;
	cfg->validate = cfg->app != NULL &&
	    conf_bool(t->sec, CONF_ValidateIncomingMessage);
	if (set_logon_fields(t, t->sec) != 0 || add_masked(t,
	    conf_str(conf_gateway(t->conf), CONF_MaskTags)) != 0 ||
	    add_masked(t, conf_str(t->sec, CONF_MaskTags)) != 0)
		return FG_ENOMEM;
	cfg->logon_fields = t->logon_fields;
	return load_sign(s, t);
}

int
unit_new(struct sessions *s, struct conf *conf, const struct conf_section *sec,
    struct unit **out)
{
	struct unit *t = calloc(1, sizeof(*t));
	int err;

	*out = NULL;
	if (t == NULL)
		return FG_ENOMEM;
	t->sessions = s;
	t->conf = conf_hold(conf);
	t->sec = sec;
	t->enabled = conf_bool(sec, CONF_Enabled);
	err = read_unit(s, t);
	if (err == 0)
		*out = t;
	else
		unit_free(t);
	return err;
}

int
unit_new_alone(struct sessions *s, const struct conf *conf,
    const struct conf_section *sec, struct unit **out)
{
	struct conf *one;
	int err;

	*out = NULL;
	err = conf_extract(&one, conf, sec);
	if (err != 0)
		return err;
	err = unit_new(s, one, conf_session(one, 0), out);
	conf_free(one);
	return err;
}

bool
unit_same(const struct unit *a, const struct unit *b)
{
	size_t i;

	if (!conf_same(a->sec, b->sec) || a->dicts.ndict != b->dicts.ndict ||
	    a->nmasked != b->nmasked)
		return false;
	for (i = 0; i < a->dicts.ndict; i++)
		if (a->dicts.dict[i].dict != b->dicts.dict[i].dict)
			return false;
	for (i = 0; i < a->nmasked; i++)
		if (a->masked[i] != b->masked[i])
			return false;
	return true;
}

/* Make it a session of the driver. */
static int
enter(struct sessions *s, struct unit *t, struct driver *d)
{
	struct fgsess *fs;
	int err;

	err = limits_new(&t->limits, t->sec);
	if (err == 0)
		err = driver_add(d, &t->cfg, &fs);
	if (err != 0) {
		log_event(LOG_LEVEL_ERROR, "store", t->cfg.name,
		    "cannot be opened in the store: %s", fg_strerror(err));
		return err;
	}
	fs->unit = t;
	fs->limits = t->limits;
	fs->dict = t->dicts.dict;
	fs->ndict = t->dicts.ndict;
	fs->when_off = when_off(t->sec);
	fs->inbound_tag = (int32_t)conf_int(t->sec, CONF_InboundRoutingTag);
	fs->outbound_tag = (int32_t)conf_int(t->sec, CONF_OutboundRoutingTag);
	fs->keep_order = conf_bool(t->sec, CONF_PreserveMessageFieldsOrder);
	fs->resend_rate = (uint32_t)conf_int(t->sec, CONF_MaxResendRate);
	fs->max_queued_age = conf_int(t->sec, CONF_MaxQueuedAge);
	fs->max_event_age = conf_int(t->sec, CONF_MaxEventAge);
	fs->masked = t->masked;
	fs->nmasked = t->nmasked;
	t->fs = fs;
	TAILQ_INSERT_TAIL(&s->units, t, link);
	return 0;
}

int
unit_start(struct sessions *s, struct unit *t)
{
	struct gateway *g = s->g;
	int err;

	err = enter(s, t, g->driver);
	if (err != 0) {
		unit_free(t);
		return err;
	}
	err = peers_add(g->peers, t->fs, t->sec);
	if (err != 0) {
		log_event(LOG_LEVEL_ERROR, "session", t->cfg.name, "%s",
		    fg_strerror(err));
		driver_remove(g->driver, t->fs);
		return err;
	}
	if (t->stopped)
		peers_stay_off(t->fs);
	peers_begin(t->fs);
	return 0;
}

void
unit_enable(struct unit *t, bool on, const char *who)
{
	t->enabled = on;
	peers_enable(t->sessions->g->peers, t->fs, on, who);
}

void
unit_leave(struct sessions *s, struct unit *t, const char *text,
    struct unit *next)
{
	s->nleaving++;
	t->next = next;
	peers_remove(s->g->peers, t->fs, text);
}

/* ---- all of them ---- */

static int
load_one(struct sessions *s, struct conf *conf, const struct conf_section *sec,
    struct driver *d)
{
	struct unit *t;
	int err;

	err = unit_new(s, conf, sec, &t);
	if (err != 0)
		return err;
	if (conf_is_template(sec)) {
		TAILQ_INSERT_TAIL(&s->templates, t, link);
		return 0;
	}
	if (d != NULL)
		err = enter(s, t, d);
	if (d == NULL || err != 0)
		unit_free(t);
	return err;
}

static int
load_all(struct sessions *s, struct conf *conf, struct driver *d)
{
	size_t i, n = conf_nsessions(conf);
	const struct conf_section *sec;
	int err, first = 0;

	s->dicts = dictset_new(d == NULL ? NULL : driver_store(d));
	s->tls = tlsset_new();
	if (s->dicts == NULL || s->tls == NULL)
		return FG_ENOMEM;
	for (i = 0; i < n && first != FG_ENOMEM; i++) {
		sec = conf_session(conf, i);
		err = load_one(s, conf, sec, d);
		/* What was created later shall not keep the others away. */
		if (err != 0 && err != FG_ENOMEM && conf_is_extra(sec))
			log_event(LOG_LEVEL_ERROR, "definition", NULL,
			    "%s was created, and is left out now",
			    conf_name(sec));
		else if (first == 0)
			first = err;
	}
	return first;
}

int
sessions_load(struct sessions **out, struct conf *conf, struct driver *d)
{
	struct sessions *s = calloc(1, sizeof(*s));
	int err;

	if (s == NULL)
		return FG_ENOMEM;
	TAILQ_INIT(&s->units);
	TAILQ_INIT(&s->templates);
	s->conf = conf_hold(conf);
	err = load_all(s, conf, d);
	if (err != 0)
		sessions_free(s);
	else
		*out = s;
	return err;
}

static void
reload_again(void *arg)
{
	struct sessions *s = arg;

	s->again = false;
	reload_now(s->g, "SIGHUP");
}

int
sessions_open(struct sessions *s, struct gateway *g, char err[NET_ERR_MAX])
{
	struct unit *t;
	int rc = 0;

	s->g = g;
	snprintf(err, NET_ERR_MAX, "no memory for the sessions");
	s->later = timer_new(g->loop, reload_again, s);
	if (s->later == NULL)
		return FG_ENOMEM;
	TAILQ_FOREACH(t, &s->units, link)
		if (rc == 0)
			rc = peers_add(g->peers, t->fs, t->sec);
	peers_templates(g->peers);
	TAILQ_FOREACH(t, &s->units, link)
		if (rc == 0)
			rc = peers_listen(g->peers, t->sec, t->tls, err);
	TAILQ_FOREACH(t, &s->templates, link)
		if (rc == 0)
			rc = peers_listen(g->peers, t->sec, t->tls, err);
	return rc;
}

void
sessions_begin(struct sessions *s)
{
	struct unit *t;

	TAILQ_FOREACH(t, &s->units, link)
		peers_begin(t->fs);
}

void
sessions_gone(struct sessions *s, struct fgsess *fs)
{
	struct unit *t = fs->unit, *next = t->next;

	t->next = NULL;
	TAILQ_REMOVE(&s->units, t, link);
	unit_free(t);
	if (s->nleaving > 0)
		s->nleaving--;
	if (next != NULL && s->g->stopping)
		unit_free(next);
	else if (next != NULL)
		unit_start(s, next);
	if (s->nleaving > 0)
		return;
	peers_tidy(s->g->peers);
	dictset_tidy(s->dicts);
	if (s->again)
		timer_set(s->later, loop_now(s->g->loop).mono);
}

int
sessions_expiry(void *arg, struct buf *list)
{
	const struct sessions *s = arg;
	int err = tlsset_expiry(s->tls, list);

	return err == 0 ? secure_expiry(NULL, list) : err;
}

struct tls *
sessions_tls(const struct fgsess *fs)
{
	return ((const struct unit *)fs->unit)->tls;
}

int
sessions_check(struct conf *conf)
{
	struct sessions *s;
	int err;

	err = sessions_load(&s, conf, NULL);
	if (err == 0)
		sessions_free(s);
	return err;
}

void
sessions_close(struct sessions *s)
{
	if (s != NULL && s->later != NULL)
		timer_free(s->later);
}

void
units_free(struct unit_list *list)
{
	struct unit *t;

	while ((t = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, t, link);
		unit_free(t);
	}
}

void
sessions_free(struct sessions *s)
{
	if (s == NULL)
		return;
	units_free(&s->units);
	units_free(&s->templates);
	dictset_free(s->dicts);
	tlsset_free(s->tls);
	conf_free(s->conf);
	free(s);
}
