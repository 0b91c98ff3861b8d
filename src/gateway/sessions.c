#include "gateway/sessions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/num.h"
#include "gateway/session_dicts.h"
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

static unsigned
dict_flags(const struct conf_section *sec)
{
	static const struct {
		enum conf_key key;
		enum dict_flag flag;
	} row[] = {
		{ CONF_ValidateFieldsOutOfOrder, DICT_FIELDS_OUT_OF_ORDER },
		{ CONF_ValidateFieldsHaveValues, DICT_FIELDS_HAVE_VALUES },
		{ CONF_ValidateUserDefinedFields, DICT_USER_DEFINED_FIELDS },
		{ CONF_AllowUnknownMsgFields, DICT_ALLOW_UNKNOWN_MSG_FIELDS },
		{ CONF_AllowUnknownEnumValues, DICT_ALLOW_UNKNOWN_ENUM_VALUES },
		{ CONF_ValidateUnorderedGroupFields,
		    DICT_UNORDERED_GROUP_FIELDS },
		{ CONF_FirstFieldInGroupIsDelimiter,
		    DICT_FIRST_FIELD_IS_DELIMITER },
	};
	unsigned flags = 0;
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (conf_bool(sec, row[i].key))
			flags |= row[i].flag;
	if (conf_enum(sec, CONF_ValidationProfile) == CONF_PROFILE_QUICKFIX)
		flags |= DICT_PROFILE_QUICKFIX;
	return flags;
}

static void
set_cfg(struct sess_cfg *c, const struct conf_section *sec)
{
	sess_cfg_default(c);
	c->name = conf_name(sec);
	c->role = conf_enum(sec, CONF_ConnectionType) == CONF_INITIATOR ?
	    SESS_INITIATOR : SESS_ACCEPTOR;
	c->begin_string = conf_str(sec, CONF_BeginString);
	c->default_appl_ver_id = conf_str(sec, CONF_DefaultApplVerID);
	c->sender_comp_id = conf_str(sec, CONF_SenderCompID);
	c->sender_sub_id = conf_str(sec, CONF_SenderSubID);
	c->sender_location_id = conf_str(sec, CONF_SenderLocationID);
	c->target_comp_id = conf_str(sec, CONF_TargetCompID);
	c->target_sub_id = conf_str(sec, CONF_TargetSubID);
	c->target_location_id = conf_str(sec, CONF_TargetLocationID);
	if (conf_is_set(sec, CONF_HeartBtInt))
		c->heart_bt_int = (uint32_t)conf_int(sec, CONF_HeartBtInt);
	c->logon_timeout = (uint32_t)conf_int(sec, CONF_LogonTimeout);
	c->logout_timeout = (uint32_t)conf_int(sec, CONF_LogoutTimeout);
	c->check_latency = conf_bool(sec, CONF_CheckLatency);
	c->max_latency = (uint32_t)conf_int(sec, CONF_MaxLatency);
	c->check_comp_id = conf_bool(sec, CONF_CheckCompID);
	c->reset_on_logon = conf_bool(sec, CONF_ResetOnLogon);
	c->reset_on_logout = conf_bool(sec, CONF_ResetOnLogout);
	c->reset_on_disconnect = conf_bool(sec, CONF_ResetOnDisconnect);
	c->send_redundant_resend_requests =
	    conf_bool(sec, CONF_SendRedundantResendRequests);
	c->persist_messages = conf_bool(sec, CONF_PersistMessages);
	c->requires_orig_sending_time =
	    conf_bool(sec, CONF_RequiresOrigSendingTime);
	c->send_logout_before_timeout =
	    conf_bool(sec, CONF_SendLogoutBeforeDisconnectFromTimeout);
	c->timestamp_digits = (unsigned)conf_int(sec, CONF_TimestampPrecision);
	c->reject_invalid = conf_bool(sec, CONF_RejectInvalidMessage);
	c->reject_garbled = conf_bool(sec, CONF_RejectGarbledMessage);
	c->dict_flags = dict_flags(sec);
	c->accept_msg_types = conf_str(sec, CONF_AcceptMsgTypes);
	c->max_early = (uint32_t)conf_int(sec, CONF_MaxEarlyMessages);
	c->max_early_bytes = (uint32_t)conf_int(sec, CONF_MaxEarlyBytes);
}

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

	set_cfg(&cfg, sec);
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
