/* template.c: a section that is no session, but what sessions are made of. */
#include <string.h>

#include "conf/internal.h"

/* An acceptor sees no SessionQualifier: it is legal, and says nothing. */
static const enum conf_key ids[] = { CONF_SenderCompID, CONF_SenderSubID,
	CONF_SenderLocationID, CONF_TargetCompID, CONF_TargetSubID,
	CONF_TargetLocationID, CONF_SessionQualifier };
#define N_IDS (sizeof(ids) / sizeof(ids[0]))

static const struct conf_entry *
wildcard(const struct conf_section *s, enum conf_key k)
{
	const struct conf_entry *e = section_find(s, k, "");

	return e != NULL && strcmp(e->value, "*") == 0 ? e : NULL;
}

bool
conf_is_template(const struct conf_section *s)
{
	const struct conf_entry *e = section_good(s, CONF_AcceptorTemplate);

	return e != NULL && e->num != 0;
}

bool
conf_wildcard(const struct conf_section *s, size_t i, enum conf_key *k)
{
	size_t j;

	for (j = 0; j < N_IDS; j++)
		if (ids[j] != CONF_SessionQualifier &&
		    wildcard(s, ids[j]) != NULL && i-- == 0) {
			*k = ids[j];
			return true;
		}
	return false;
}

void
check_template(struct conf *c, struct conf_section *s)
{
	const struct conf_entry *type = section_good(s, CONF_ConnectionType);
	const struct conf_entry *e;
	enum conf_key k;
	size_t i;

	if (!conf_is_template(s)) {
		for (i = 0; i < N_IDS; i++)
			if ((e = wildcard(s, ids[i])) != NULL)
				fault_add(c, CONF_ERROR, e->line, "%s=* stands "
				    "for any only with AcceptorTemplate=Y",
				    e->name);
		return;
	}
	e = section_good(s, CONF_AcceptorTemplate);
	if (type != NULL && type->num != CONF_ACCEPTOR)
		fault_add(c, CONF_ERROR, e->line, "AcceptorTemplate=Y of an "
		    "initiator: write ConnectionType=acceptor");
	else if (!conf_wildcard(s, 0, &k))
		fault_add(c, CONF_ERROR, e->line, "AcceptorTemplate=Y, but no "
		    "CompID, SubID or LocationID is *: it would be one "
		    "session: write TargetCompID=*");
}

void
template_strip(struct conf_section *s)
{
	static const enum conf_key own[] = { CONF_AcceptorTemplate,
		CONF_MaxTemplateSessions };
	struct conf_entry *e;
	size_t i;

	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if ((e = section_find(s, own[i], "")) != NULL)
			section_remove(s, e);
	e = section_find(s, CONF_SessionQualifier, "");
	if (e != NULL && strcmp(e->value, "*") == 0)
		section_remove(s, e);
}
