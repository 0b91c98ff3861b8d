#include "ctl/sessions.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

static bool
copy(struct session_info *to, const struct link_val *v)
{
	const char *p;
	size_t n;

	if (!link_get_str(link_find(v, "SESSION"), &p, &n))
		return false;
	to->name = strndup(p, n);
	to->dict = (uint32_t)link_find_u64(v, "DICT_ID", 0);
	to->transport = (uint32_t)link_find_u64(v, "TRANSPORT_DICT_ID", 0);
	to->flags = (unsigned)link_find_u64(v, "DICT_FLAGS", 0);
	return to->name != NULL;
}

int
sessions_ask(struct ctl *c, struct sessions_info *out)
{
	const struct link_val *list;
	struct link_out *o;
	struct link_msg m;
	size_t i, n;
	int code;

	o = wire_begin(c->wire, "SESSIONS", NULL);
	link_map(o, 0);
	code = ctl_ask(c, "SESSIONS_ACK", &m);
	if (code != CTL_OK)
		return code;
	list = link_find(m.details, "SESSIONS");
	n = list == NULL ? 0 : link_count(list);
	*out = (struct sessions_info){ calloc(n + 1, sizeof(*out->s)), 0 };
	for (i = 0; out->s != NULL && i < n; i++)
		out->n += copy(&out->s[out->n], link_at(list, i));
	if (out->s != NULL)
		return CTL_OK;
	ctl_complain("%s", fg_strerror(FG_ENOMEM));
	return CTL_NO_GATEWAY;
}

void
sessions_free(struct sessions_info *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		free(s->s[i].name);
	free(s->s);
	*s = (struct sessions_info){ 0 };
}

const struct session_info *
sessions_find(const struct sessions_info *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (strcmp(s->s[i].name, name) == 0)
			return &s->s[i];
	return NULL;
}
