#include "gateway/sessions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/num.h"
#include "gateway/session_dicts.h"
#include "gateway/settings.h"
#include "log/log.h"

#define LOGON_TAGS_MAX 100 /* LogonTag, LogonTag1 ... LogonTag99 */

/* What a session's config borrows. */
struct session_text {
	char *logon_fields;
	int32_t *masked;
	size_t nmasked;
	struct session_dicts dicts;
};

struct sessions {
	struct dictset *dicts;
	struct session_text *text;
	size_t ntext;
};

/* LogonTag=553=me, LogonTag1=554=secret: complete fields. */
static int
set_logon_fields(struct session_text *t, const struct conf_section *sec)
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
add_masked(struct session_text *t, const char *list)
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

static int
load_one(struct sessions *s, const struct conf *conf, size_t i,
    struct driver *d)
{
	const struct conf_section *sec = conf_session(conf, i);
	struct session_text *t = &s->text[i];
	struct sess_cfg cfg;
	struct fgsess *fs;
	int err;

	settings_read(&cfg, sec);
	if (!session_dicts_load(&t->dicts, s->dicts, conf, sec, &cfg))
		return FG_EINVAL;
	cfg.validate = cfg.app != NULL &&
	    conf_bool(sec, CONF_ValidateIncomingMessage);
	if (d == NULL)
		return 0;
	if (set_logon_fields(t, sec) != 0 ||
	    add_masked(t, conf_str(conf_gateway(conf), CONF_MaskTags)) != 0 ||
	    add_masked(t, conf_str(sec, CONF_MaskTags)) != 0)
		return FG_ENOMEM;
	cfg.logon_fields = t->logon_fields;
	err = driver_add(d, &cfg, &fs);
	if (err != 0) {
		log_error("%s: cannot be opened in the store: %s", cfg.name,
		    fg_strerror(err));
		return err;
	}
	fs->dict = t->dicts.dict;
	fs->ndict = t->dicts.ndict;
	fs->when_off = when_off(sec);
	fs->keep_order = conf_bool(sec, CONF_PreserveMessageFieldsOrder);
	fs->masked = t->masked;
	fs->nmasked = t->nmasked;
	return 0;
}

int
sessions_load(struct sessions **out, const struct conf *conf, struct driver *d)
{
	size_t i, n = conf_nsessions(conf);
	struct sessions *s;
	int err, first = 0;

	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return FG_ENOMEM;
	s->text = calloc(n + 1, sizeof(*s->text));
	s->ntext = n;
	s->dicts = dictset_new(d == NULL ? NULL : driver_store(d));
	if (s->text == NULL || s->dicts == NULL)
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
sessions_check(const struct conf *conf)
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
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; s->text != NULL && i < s->ntext; i++) {
		free(s->text[i].logon_fields);
		free(s->text[i].masked);
		session_dicts_free(&s->text[i].dicts);
	}
	dictset_free(s->dicts);
	free(s->text);
	free(s);
}
