#include "gateway/rights.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/num.h"
#include "log/log.h"

#define ROLES_MAX (CONF_ROLES_MAX + 2) /* bits of a uint64_t */
#define USER_MAX  128 /* bytes of a user's name */

/* Peers that no role names have one of these. */
enum { NEAR, FAR, FIRST };

struct role {
	const struct conf_section *sec; /* NULL: not of the settings */
	uint32_t *uid; /* owned */
	size_t nuids;
	bool any_user;
	const char *read, *append, *send; /* lists, or "none"; of the conf */
	bool operate;
};

struct rights {
	struct conf *conf; /* held */
	struct role role[ROLES_MAX];
	size_t n;
	unsigned generation; /* from 1 on */
};

/* ---- roles ---- */

static bool
add_user(const char *p, size_t n, void *arg)
{
	struct role *r = arg;
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
			log_event(LOG_LEVEL_WARN, "role", NULL,
			    "[ROLE %s]: this machine has no user %s",
			    conf_name(r->sec), name);
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

/* 0 or FG_ENOMEM. */
static int
read_role(struct role *r, const struct conf_section *sec)
{
	const char *users = conf_str(sec, CONF_Users);

	*r = (struct role){ .sec = sec, .read = conf_str(sec, CONF_Read),
		.append = conf_str(sec, CONF_Append),
		.send = conf_str(sec, CONF_Send),
		.operate = conf_bool(sec, CONF_Operate) };
	return users == NULL || conf_each(users, add_user, r) ? 0 : FG_ENOMEM;
}

static void
forget(struct rights *r)
{
	while (r->n > 0)
		free(r->role[--r->n].uid);
	conf_free(r->conf);
	r->conf = NULL;
}

int
rights_settle(struct rights *r, struct conf *conf)
{
	struct rights fresh = { .conf = conf_hold(conf), .n = FIRST,
		.generation = r->generation + 1 };
	const struct role all = { .read = "all", .append = "all",
		.send = "all", .operate = true };
	size_t i;
	int err = 0;

	fresh.role[NEAR] = fresh.role[FAR] = all;
	fresh.role[FAR].operate = false;
	for (i = 0; i < conf_nroles(conf) && err == 0; i++)
		err = read_role(&fresh.role[fresh.n++], conf_role(conf, i));
	if (err != 0) {
		forget(&fresh);
		return err;
	}
	forget(r);
	*r = fresh;
	return 0;
}

struct rights *
rights_new(struct conf *conf)
{
	struct rights *r = calloc(1, sizeof(*r));

	if (r != NULL && rights_settle(r, conf) != 0) {
		free(r);
		return NULL;
	}
	return r;
}

void
rights_free(struct rights *r)
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
	const char *name;
	unsigned i;
	bool found = false;

	*any = false;
	for (i = 0; (name = conf_str_at(r->sec, CONF_Certificate, i)); i++) {
		if (strcmp(name, "*") == 0)
			*any = true;
		else
			found = found || server_certificate_is(sc, name);
	}
	return found;
}

static uint64_t
roles_of(const struct rights *r, const struct server_conn *sc)
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
	return *name == '\0' || strcmp(list, "all") == 0 ||
	    conf_in_list(list, name);
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
		break;
	}
	return r->operate || is_listed(r->read, "") ||
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
	else if (right == RIGHT_ANY)
		snprintf(out, cap, "Read=, Append=, Send= or Operate=Y");
	else
		snprintf(out, cap, "%s%.120s", key[right],
		    *name == '\0' ? "TABLE" : name);
}

static void
put_roles(const struct rights *r, uint64_t roles, struct buf *b)
{
	const char *comma = "";
	size_t i;

	if (roles == 1 << NEAR || roles == 1 << FAR)
		(void)buf_puts(b, "no [ROLE]");
	for (i = FIRST; i < r->n; i++) {
		if ((roles & UINT64_C(1) << i) == 0)
			continue;
		(void)buf_printf(b, "%s[ROLE %s]", comma,
		    conf_name(r->role[i].sec));
		comma = ", ";
	}
}

static void
explain(const struct rights *r, const struct server_conn *sc,
    const char *request, uint64_t roles, const char *want,
    char text[RIGHTS_ERR_MAX])
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
	snprintf(text, RIGHTS_ERR_MAX, "%.30s needs the right %s, and %s has "
	    "%.*s: a [ROLE] of fixgate.conf gives it", request, want, who,
	    has.len > 60 ? 60 : (int)has.len, has.p == NULL ? "" : has.p);
	buf_free(&has);
}

bool
rights_ask(struct rights *r, struct server_conn *sc, const char *request,
    enum right right, const char *name, char text[RIGHTS_ERR_MAX])
{
	struct server_note *note = server_note(sc);
	char want[160], shown[RIGHTS_ERR_MAX];
	size_t i;

	if (note->generation != r->generation)
		*note = (struct server_note){ roles_of(r, sc), r->generation,
			0 };
	for (i = 0; i < r->n; i++)
		if ((note->value & UINT64_C(1) << i) != 0 &&
		    role_may(&r->role[i], right, name))
			return true;
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
