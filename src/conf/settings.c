/* settings.c: the table of settings as text, for people. */
#include <inttypes.h>
#include <stdio.h>

#include "conf/internal.h"

static const char *
where_text(unsigned where)
{
	switch (where) {
	case CONF_IN_SESSION:
		return "SESSION";
	case CONF_IN_GATEWAY:
		return "GATEWAY";
	case CONF_IN_TABLE:
		return "TABLE";
	case CONF_IN_ROLE:
		return "ROLE";
	}
	return "SESSION, GATEWAY";
}

/* What may be written, as in fixgate.conf(5). */
static void
say_value(const struct conf_rule *r, char out[CONF_VALUE_MAX])
{
	switch (r->type) {
	case CONF_TYPE_NONE:
		return;
	case CONF_TYPE_BOOL:
		snprintf(out, CONF_VALUE_MAX, "Y|N");
		return;
	case CONF_TYPE_INT:
		snprintf(out, CONF_VALUE_MAX, "%" PRId64 " to %" PRId64 "%s%s",
		    r->low, r->high, r->unit == NULL ? "" : " ",
		    r->unit == NULL ? "" : r->unit);
		return;
	case CONF_TYPE_WORD:
		snprintf(out, CONF_VALUE_MAX, "%s", r->words);
		return;
	case CONF_TYPE_PATH:
		snprintf(out, CONF_VALUE_MAX, "path");
		return;
	case CONF_TYPE_STR:
		snprintf(out, CONF_VALUE_MAX, "text");
		return;
	}
}

bool
conf_setting(size_t i, struct conf_setting *s)
{
	const struct conf_rule *r;

	if (i >= CONF_NKEYS)
		return false;
	r = &conf_rules[i];
	*s = (struct conf_setting){ .name = r->name, .family = "",
		.where = "SESSION", .dflt = r->dflt, .text = r->text };
	switch (r->class) {
	case CONF_OBEYED:
		s->class = "obeyed";
		s->where = where_text(r->where);
		say_value(r, s->value);
		break;
	case CONF_ALIAS:
		s->class = "alias";
		s->text = conf_rules[r->of].name;
		s->where = where_text(conf_rules[r->of].where);
		break;
	case CONF_FAMILY:
		s->family = "*";
		/* FALLTHROUGH */
	case CONF_IGNORED:
		s->class = "meaningless";
		break;
	case CONF_REFUSED:
		s->class = "refused";
		snprintf(s->value, sizeof(s->value), "%s", r->words);
		break;
	}
	return true;
}

const char *
conf_setting_nearest(const char *name, size_t n)
{
	return schema_nearest(name, n);
}
