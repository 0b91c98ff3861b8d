#include "daemon/roles.h"

#include <errno.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/names.h"
#include "base/num.h"
#include "log/log.h"

#define USER_MAX 128 /* bytes of a user's name */

/* Peers that no role names have one of these. */
enum { NEAR, FAR, FIRST };

struct role {
	char *name; /* owned, as all of it; NULL: not of the settings */
	uint32_t *uid;
	size_t nuids;
	bool any_user;
	char **certificate; /* NULL ends them */
	char *read, *append, *send;
	bool operate;
};

struct roles {
	bool lua;
	struct role role[FIRST + ROLES_MAX]; /* bits of a uint64_t */
	size_t n;
	unsigned generation; /* from 1 on */
};

/* ---- roles ---- */

struct adding {
	struct role *role;
	const struct role_cfg *cfg;
	bool lua;
};

static void
no_user(const struct adding *a, const char *user)
{
	log_event(LOG_LEVEL_WARN, "role", NULL, a->lua
	    ? "role(\"%s\"): this machine has no user %s"
	    : "[ROLE %s]: this machine has no user %s", a->cfg->name, user);
}

static bool
add_user(const char *p, size_t n, void *arg)
{
	struct adding *a = arg;
	struct role *r = a->role;
	char name[USER_MAX];
	struct passwd *pw;
	uint32_t *list;
	uint64_t uid;

	if (n == 1 && *p == '*') {
		r->any_user = true;
		return true;
	}
	if (n >= sizeof(name))
		return true;
	memcpy(name, p, n);
	name[n] = '\0';
	if (num_parse_u64(p, n, &uid) != 0) {
		pw = getpwnam(name);
		if (pw == NULL) {
			no_user(a, name);
			return true;
		}
		uid = pw->pw_uid;
	}
	list = realloc(r->uid, (r->nuids + 1) * sizeof(*list));
	if (list == NULL)
		return false;
	r->uid = list;
	list[r->nuids++] = (uint32_t)uid;
	return true;
}

/* false: no memory. */
static bool
copy_certificates(struct role *r, const char *const *from)
{
	size_t n = 0, i;

	while (from != NULL && from[n] != NULL)
		n++;
	r->certificate = calloc(n + 1, sizeof(char *));
	for (i = 0; r->certificate != NULL && i < n; i++) {
		r->certificate[i] = strdup(from[i]);
		if (r->certificate[i] == NULL)
			return false;
	}
	return r->certificate != NULL;
}

/* 0 or FG_ENOMEM. */
static int
copy_role(struct role *r, const struct role_cfg *cfg, bool lua)
{
	struct adding a = { r, cfg, lua };

	*r = (struct role){ .name = strdup(cfg->name),
		.read = strdup(cfg->read), .append = strdup(cfg->append),
		.send = strdup(cfg->send), .operate = cfg->operate };
	if (r->name == NULL || r->read == NULL || r->append == NULL ||
	    r->send == NULL || !copy_certificates(r, cfg->certificate))
		return FG_ENOMEM;
	return cfg->users == NULL || names_each(cfg->users, add_user, &a) ? 0 :
	    FG_ENOMEM;
}

static void
forget(struct roles *r)
{
	struct role *o;
	size_t i;

	while (r->n > FIRST) {
		o = &r->role[--r->n];
		for (i = 0; o->certificate != NULL && o->certificate[i]; i++)
			free(o->certificate[i]);
		free(o->certificate);
		free(o->name);
		free(o->read);
		free(o->append);
		free(o->send);
		free(o->uid);
	}
}

int
roles_settle(struct roles *r, const struct role_cfg *role, size_t n)
{
	struct roles *fresh = roles_new(r->lua);
	size_t i;
	int err = fresh == NULL ? FG_ENOMEM : 0;

	for (i = 0; i < n && i < ROLES_MAX && err == 0; i++)
		err = copy_role(&fresh->role[fresh->n++], &role[i], r->lua);
	if (err != 0) {
		roles_free(fresh);
		return err;
	}
	forget(r);
	fresh->generation = r->generation + 1;
	*r = *fresh;
	free(fresh);
	return 0;
}

struct roles *
roles_new(bool lua)
{
	static char all[] = "all";
	struct roles *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->lua = lua;
	r->n = FIRST;
	r->generation = 1;
	r->role[NEAR] = r->role[FAR] = (struct role){ .read = all,
		.append = all, .send = all };
	r->role[NEAR].operate = true;
	return r;
}

void
roles_free(struct roles *r)
{
	if (r == NULL)
		return;
	forget(r);
	free(r);
}

/* ---- peers ---- */

static bool
has_user(const struct role *r, long uid)
{
	size_t i;

	for (i = 0; uid >= 0 && i < r->nuids; i++)
		if (r->uid[i] == (uint32_t)uid)
			return true;
	return false;
}

/* *any: it is for those that have none by their names. */
static bool
has_certificate(const struct role *r, const struct server_conn *sc, bool *any)
{
	bool found = false;
	size_t i;

	*any = false;
	for (i = 0; r->certificate[i] != NULL; i++) {
		if (strcmp(r->certificate[i], "*") == 0)
			*any = true;
		else
			found = found ||
			    server_certificate_is(sc, r->certificate[i]);
	}
	return found;
}

static uint64_t
roles_of(const struct roles *r, const struct server_conn *sc)
{
	bool secured = server_certificate(sc) != NULL, any;
	long uid = server_uid(sc);
	uint64_t named = 0, rest = 0;
	size_t i;

	for (i = FIRST; i < r->n; i++) {
		if (secured ? has_certificate(&r->role[i], sc, &any) :
		    has_user(&r->role[i], uid))
			named |= UINT64_C(1) << i;
		if (secured ? any : r->role[i].any_user)
			rest |= UINT64_C(1) << i;
	}
	if (named != 0 || rest != 0)
		return named != 0 ? named : rest;
	return UINT64_C(1) << (uid >= 0 ? NEAR : FAR);
}

/* ---- questions ---- */

static bool
is_listed(const char *list, const char *name)
{
	if (strcmp(list, "none") == 0)
		return false;
	return *name == '\0' || names_have(list, name);
}

static bool
role_may(const struct role *r, enum right right, const char *name)
{
	switch (right) {
	case RIGHT_READ:
		return is_listed(r->read, name);
	case RIGHT_APPEND:
		return is_listed(r->append, name);
	case RIGHT_SEND:
		return is_listed(r->send, name);
	case RIGHT_FEED:
		return is_listed(r->append, "") || is_listed(r->send, "");
	case RIGHT_OPERATE:
		return r->operate;
	case RIGHT_ANY:
		if (r->operate)
			return true;
		break;
	case RIGHT_CONSUME:
		break;
	}
	return is_listed(r->read, "") ||
	    is_listed(r->append, "") || is_listed(r->send, "");
}

/* "Send=BANK" */
static void
wanted(enum right right, const char *name, char *out, size_t cap)
{
	static const char *const key[] = { [RIGHT_READ] = "Read=",
		[RIGHT_APPEND] = "Append=", [RIGHT_SEND] = "Send=" };

	if (right == RIGHT_OPERATE)
		snprintf(out, cap, "Operate=Y");
	else if (right == RIGHT_FEED)
		snprintf(out, cap, "Append= or Send=");
	else if (right == RIGHT_CONSUME)
		snprintf(out, cap, "Read=, Append= or Send=");
	else if (right == RIGHT_ANY)
		snprintf(out, cap, "Read=, Append=, Send= or Operate=Y");
	else
		snprintf(out, cap, "%s%.120s", key[right],
		    *name == '\0' ? "TABLE" : name);
}

/* read = "ORDERS": of a streamer or client, where nobody appends or sends. */
static void
wanted_lua(enum right right, const char *name, char *out, size_t cap)
{
	if (right == RIGHT_OPERATE)
		snprintf(out, cap, "operate = true");
	else if (right == RIGHT_READ && *name != '\0')
		snprintf(out, cap, "read = \"%.120s\"", name);
	else if (right == RIGHT_READ)
		snprintf(out, cap, "read");
	else
		snprintf(out, cap, "read or operate");
}

static void
put_roles(const struct roles *r, uint64_t roles, struct buf *b)
{
	const char *comma = "";
	size_t i;

	if (roles == 1 << NEAR || roles == 1 << FAR)
		(void)buf_puts(b, r->lua ? "no role" : "no [ROLE]");
	for (i = FIRST; i < r->n; i++) {
		if ((roles & UINT64_C(1) << i) == 0)
			continue;
		(void)buf_printf(b, r->lua ? "%srole %s" : "%s[ROLE %s]",
		    comma, r->role[i].name);
		comma = ", ";
	}
}

static void
explain(const struct roles *r, const struct server_conn *sc,
    const char *request, uint64_t roles, const char *want,
    char text[ROLES_ERR_MAX])
{
	const char *cert = server_certificate(sc);
	struct buf has = { 0 };
	char who[128];

	if (cert != NULL)
		snprintf(who, sizeof(who), "%.100s", cert);
	else if (server_uid(sc) >= 0)
		snprintf(who, sizeof(who), "uid %ld", server_uid(sc));
	else
		snprintf(who, sizeof(who), "who comes by tcp:");
	put_roles(r, roles, &has);
	snprintf(text, ROLES_ERR_MAX, "%.30s needs the right %s, and %s has "
	    "%.*s: %s gives it", request, want, who,
	    has.len > 60 ? 60 : (int)has.len, has.p == NULL ? "" : has.p,
	    r->lua ? "a role() of its Lua files" : "a [ROLE] of fixgate.conf");
	buf_free(&has);
}

bool
roles_ask(struct roles *r, struct server_conn *sc, const char *request,
    enum right right, const char *name, char text[ROLES_ERR_MAX])
{
	struct server_note *note = server_note(sc);
	char want[160], shown[ROLES_ERR_MAX];
	size_t i;

	if (note->generation != r->generation)
		*note = (struct server_note){ roles_of(r, sc), r->generation,
			0 };
	for (i = 0; i < r->n; i++)
		if ((note->value & UINT64_C(1) << i) != 0 &&
		    role_may(&r->role[i], right, name))
			return true;
	if (r->lua)
		wanted_lua(right, name, want, sizeof(want));
	else
		wanted(right, name, want, sizeof(want));
	explain(r, sc, request, note->value, want, text);
	if ((note->said & 1u << right) == 0) {
		log_escape(shown, sizeof(shown), text, strlen(text));
		log_event(LOG_LEVEL_WARN, "link", NULL, "link: %s: refused: %s",
		    server_client(sc), shown);
	}
	note->said |= 1u << right;
	return false;
}
