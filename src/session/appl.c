/*
 * appl.c: FIXT.1.1: the dictionary of an application message is that of its
 * ApplVerID (1128), else of the DefaultApplVerID (1137) in the peer's Logon,
 * else that of the setting.
 */
#include "session/appl.h"

#define TAG_APPL_VER_ID		1128
#define TAG_DEFAULT_APPL_VER_ID 1137

static const struct dict *
find(const struct sess *s, const struct fix_msg *m, const struct fix_field *f)
{
	size_t i;

	for (i = 0; i < s->cfg.nappl; i++)
		if (fix_is(m, f, s->cfg.appl[i].ver_id))
			return s->cfg.appl[i].dict;
	return NULL;
}

/* An empty 1128 is left to the validation. */
static const struct dict *
named(const struct sess *s, const struct fix_msg *m,
    const struct dict *otherwise)
{
	const struct fix_field *f = s->cfg.nappl == 0 ? NULL :
	    fix_find(m, TAG_APPL_VER_ID);

	return f == NULL || f->len == 0 ? otherwise : find(s, m, f);
}

bool
appl_find(const struct sess *s, const struct rx *rx, const struct dict **app,
    struct dict_reject *rej)
{
	*app = s->peer_app;
	if (rx->admin == 0)
		*app = named(s, rx->m, s->peer_app);
	*rej = (struct dict_reject){ FIX_REJECT_VALUE, TAG_APPL_VER_ID };
	return *app != NULL;
}

bool
appl_logon_ok(const struct sess *s, const struct rx *rx)
{
	const struct fix_field *f = fix_find(rx->m, TAG_DEFAULT_APPL_VER_ID);

	return s->cfg.nappl == 0 || !s->cfg.validate ||
	    !s->cfg.reject_invalid || (f != NULL && find(s, rx->m, f) != NULL);
}

void
appl_logon(struct sess *s, const struct rx *rx)
{
	const struct fix_field *f = s->cfg.nappl == 0 ? NULL :
	    fix_find(rx->m, TAG_DEFAULT_APPL_VER_ID);
	const struct dict *d = f == NULL ? NULL : find(s, rx->m, f);

	s->peer_app = d != NULL ? d : s->own_app;
}

const struct dict *
sess_dict(const struct sess *s, const struct fix_msg *m, bool ours)
{
	const struct dict *app = ours ? s->own_app : s->peer_app, *d;
	const struct fix_field *type = fix_find(m, 35);

	if (type != NULL && s->cfg.transport != NULL &&
	    fix_type_is_admin(fix_value(m, type), type->len))
		return s->cfg.transport;
	d = named(s, m, app);
	return d != NULL ? d : app;
}
