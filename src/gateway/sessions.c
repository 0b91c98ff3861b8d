#include "gateway/sessions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/num.h"
#include "gateway/peers.h"
#include "gateway/session_dicts.h"
#include "gateway/settings.h"
#include "log/log.h"

#define LOGON_TAGS_MAX 100 /* LogonTag, LogonTag1 ... LogonTag99 */

/* A session with what its config borrows. */
struct unit {
	TAILQ_ENTRY(unit) link;
	struct conf *conf; /* held */
	const struct conf_section *sec;
	char *logon_fields;
	int32_t *masked;
	size_t nmasked;
	struct session_dicts dicts;
	struct fgsess *fs;
};

struct sessions {
	struct dictset *dicts;
	TAILQ_HEAD(, unit) units;
};

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

static void
unit_free(struct sessions *s, struct unit *t)
{
	TAILQ_REMOVE(&s->units, t, link);
	free(t->logon_fields);
	free(t->masked);
	session_dicts_free(&t->dicts);
	conf_free(t->conf);
	free(t);
}

/* The unit's session: its settings as the machine wants them. 0 or FG_E*; the
 * error is logged. */
static int
read_unit(struct sessions *s, struct unit *t, struct sess_cfg *cfg)
{
	settings_read(cfg, t->sec);
	if (!session_dicts_load(&t->dicts, s->dicts, t->conf, t->sec, cfg))
		return FG_EINVAL;
	cfg->validate = cfg->app != NULL &&
	    conf_bool(t->sec, CONF_ValidateIncomingMessage);
	if (set_logon_fields(t, t->sec) != 0 || add_masked(t,
	    conf_str(conf_gateway(t->conf), CONF_MaskTags)) != 0 ||
	    add_masked(t, conf_str(t->sec, CONF_MaskTags)) != 0)
		return FG_ENOMEM;
	cfg->logon_fields = t->logon_fields;
	return 0;
}

static int
start_unit(struct unit *t, const struct sess_cfg *cfg, struct driver *d)
{
	struct fgsess *fs;
	int err;

	err = driver_add(d, cfg, &fs);
	if (err != 0) {
		log_error("%s: cannot be opened in the store: %s", cfg->name,
		    fg_strerror(err));
		return err;
	}
	fs->unit = t;
	fs->dict = t->dicts.dict;
	fs->ndict = t->dicts.ndict;
	fs->when_off = when_off(t->sec);
	fs->keep_order = conf_bool(t->sec, CONF_PreserveMessageFieldsOrder);
	fs->masked = t->masked;
	fs->nmasked = t->nmasked;
	t->fs = fs;
	return 0;
}

/* d NULL: only to see that it could be. */
static int
load_one(struct sessions *s, struct conf *conf, size_t i, struct driver *d)
{
	struct unit *t = calloc(1, sizeof(*t));
	struct sess_cfg cfg;
	int err;

	if (t == NULL)
		return FG_ENOMEM;
	t->conf = conf_hold(conf);
	t->sec = conf_session(conf, i);
	TAILQ_INSERT_TAIL(&s->units, t, link);
	err = read_unit(s, t, &cfg);
	return err != 0 || d == NULL ? err : start_unit(t, &cfg, d);
}

int
sessions_load(struct sessions **out, struct conf *conf, struct driver *d)
{
	size_t i, n = conf_nsessions(conf);
	struct sessions *s;
	int err, first = 0;

	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return FG_ENOMEM;
	TAILQ_INIT(&s->units);
	s->dicts = dictset_new(d == NULL ? NULL : driver_store(d));
	if (s->dicts == NULL)
		first = FG_ENOMEM;
	for (i = 0; i < n && first != FG_ENOMEM; i++) {
		err = load_one(s, conf, i, d);
		if (first == 0)
			first = err;
	}
	if (first != 0) {
		sessions_free(s);
		return first;
	}
	*out = s;
	return 0;
}

int
sessions_open(struct sessions *s, struct peers *p, char err[NET_ERR_MAX])
{
	struct unit *t;
	int rc = 0;

	snprintf(err, NET_ERR_MAX, "no memory for the sessions");
	TAILQ_FOREACH(t, &s->units, link)
		if (rc == 0)
			rc = peers_add(p, t->fs, t->sec);
	TAILQ_FOREACH(t, &s->units, link)
		if (rc == 0)
			rc = peers_listen(p, t->sec, err);
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
	unit_free(s, fs->unit);
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
sessions_free(struct sessions *s)
{
	struct unit *t;

	if (s == NULL)
		return;
	while ((t = TAILQ_FIRST(&s->units)) != NULL)
		unit_free(s, t);
	dictset_free(s->dicts);
	free(s);
}
