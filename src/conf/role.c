/* role.c: [ROLE NAME]: who has it, and what may be done with it. */
#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <string.h>

#include "base/names.h"
#include "base/num.h"
#include "conf/internal.h"

#define NAME_BYTES 40 /* of a role's name */
#define ITEM_MAX   128 /* bytes of an item of a list */

/* What check_item looks at. */
struct listing {
	struct conf *c;
	const struct conf_entry *e;
};

static bool
is_table(struct conf *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->ntables; i++)
		if (strcmp(c->table[i].name, name) == 0)
			return true;
	return table_is_taken(name);
}

static bool
is_session(struct conf *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->nsessions; i++)
		if (c->session[i].name != NULL &&
		    strcmp(c->session[i].name, name) == 0)
			return true;
	return false;
}

static bool
is_user(const char *name)
{
	uint64_t uid;

	if (num_parse_u64(name, strlen(name), &uid) == 0)
		return uid < UINT32_MAX;
	errno = 0;
	/* Where accounts cannot be asked for, it is not known. */
	return getpwnam(name) != NULL || (errno != 0 && errno != ENOENT);
}

static bool
check_item(const char *p, size_t n, void *arg)
{
	const struct listing *l = arg;
	const char *name = conf_keep(l->c, p, n);

	if (n >= ITEM_MAX) {
		fault_add(l->c, CONF_ERROR, l->e->line, "%s: names have less "
		    "than %d bytes", l->e->name, ITEM_MAX);
		return true;
	}
	if (p[n - 1] == '*')
		return true;
	if (l->e->key == CONF_Users && !is_user(name))
		fault_add(l->c, CONF_ERROR, l->e->line, "Users: this machine "
		    "has no user %s: write names or numbers of users, or *",
		    name);
	else if (l->e->key == CONF_Send && !is_session(l->c, name))
		fault_add(l->c, CONF_NOTE, l->e->line, "Send: the file has no "
		    "session %s: unless it is made while running, take it out",
		    name);
	else if ((l->e->key == CONF_Read || l->e->key == CONF_Append) &&
	    !is_table(l->c, name))
		fault_add(l->c, CONF_ERROR, l->e->line, "%s: there is no table "
		    "%s: write names of tables, all or none", l->e->name,
		    name);
	return true;
}

static void
check_list(struct conf *c, const struct conf_section *s, enum conf_key k)
{
	const struct conf_entry *e = section_good(s, k);
	struct listing l = { c, e };

	if (e == NULL || strcmp(e->value, "none") == 0 ||
	    strcmp(e->value, "all") == 0)
		return;
	if (!names_each(e->value, check_item, &l))
		fault_add(c, CONF_ERROR, e->line, "%s=%.60s: write names with "
		    "commas between them", e->name, e->value);
}

static void
check_name(struct conf *c, const struct conf_section *s)
{
	size_t n = strlen(s->name), i;

	for (i = 0; i < n; i++)
		if (!isalnum((unsigned char)s->name[i]) &&
		    strchr("_-.", s->name[i]) == NULL)
			break;
	if (n == 0 || i < n || n > NAME_BYTES)
		fault_add(c, CONF_ERROR, s->line, "[ROLE %.60s] is no name of "
		    "a role: write letters, digits, _ - and ., at most %d of "
		    "them", s->name, NAME_BYTES);
	for (i = 0; &c->role[i] != s; i++)
		if (strcmp(c->role[i].name, s->name) == 0)
			fault_add(c, CONF_ERROR, s->line, "[ROLE %s] is there "
			    "twice (line %u): take one out", s->name,
			    c->role[i].line);
}

void
check_role(struct conf *c, struct conf_section *s)
{
	check_name(c, s);
	check_list(c, s, CONF_Users);
	check_list(c, s, CONF_Read);
	check_list(c, s, CONF_Append);
	check_list(c, s, CONF_Send);
	if (section_at(s, CONF_Users, 0) == NULL &&
	    section_at(s, CONF_Certificate, 0) == NULL)
		fault_add(c, CONF_ERROR, s->line, "[ROLE %s]: nobody has it: "
		    "write Users=NAME, or Certificate=NAME for links over TLS",
		    s->name);
}
