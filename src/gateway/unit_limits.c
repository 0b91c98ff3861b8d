/* unit_limits.c: what of a session can change while it is logged on: whether it
 * is enabled, and its limits. */
#include <stdio.h>

#include "base/err.h"
#include "gateway/limits.h"
#include "gateway/sessions_int.h"
#include "log/log.h"

#define TEXT_MAX 1024

static const struct conf_section *
section_of(const struct unit *t)
{
	return t->limits_conf == NULL ? t->sec :
	    conf_session(t->limits_conf, 0);
}

bool
unit_same_limits(const struct unit *a, const struct unit *b)
{
	return conf_same_limits(section_of(a), section_of(b));
}

/* 0 or FG_ENOMEM: all stays as it was. */
static int
take_limits(struct unit *t, const struct unit *fresh)
{
	struct limits *limits;
	struct conf *conf;
	int err = conf_extract(&conf, fresh->conf, fresh->sec);

	if (err != 0)
		return err;
	err = limits_new(&limits, conf_session(conf, 0));
	if (err != 0) {
		conf_free(conf);
		return err;
	}
	limits_free(t->limits);
	conf_free(t->limits_conf);
	t->limits = t->fs->limits = limits;
	t->limits_conf = conf;
	return 0;
}

void
unit_change(struct unit *t, const struct unit *fresh, const char *who)
{
	char text[TEXT_MAX];

	if (!unit_same_limits(t, fresh)) {
		if (take_limits(t, fresh) != 0) {
			log_event(LOG_LEVEL_ERROR, "memory", t->cfg.name,
			    "no memory: its old limits hold");
			return;
		}
		snprintf(text, sizeof(text), "%.900s (its limits)", who);
		driver_event(t->sessions->g->driver, t->fs, SESS_EV_CHANGED,
		    text);
	}
	if (t->enabled != fresh->enabled)
		unit_enable(t, fresh->enabled, who);
}
