/* control_auth.c: USER_SET, USER_REMOVE, USER_LIST. */
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "daemon/password.h"
#include "gateway/auth.h"
#include "gateway/control_int.h"
#include "log/log.h"

#define WHO_MAX 512

/* The answer to a USER_SET, which comes when it is made. */
struct setting {
	struct server_conn *conn; /* held */
	const char *type;         /* static */
	uint64_t ref;
	char session[CONTROL_NAME_MAX], user[AUTH_USER_MAX + 1];
	char who[WHO_MAX];
	struct driver *driver;
};

/* On the session, or if it is a template, on the gateway. */
static void
note(struct driver *d, const char *session, const char *user, const char *how,
    const char *who)
{
	struct fgsess *fs = driver_by_name(d, session);
	char raw[1024], text[1024];

	snprintf(raw, sizeof(raw), "%s of %s %s: %s", user, session, how, who);
	log_escape(text, sizeof(text), raw, strlen(raw));
	if (fs != NULL)
		driver_event(d, fs, SESS_EV_USER, text);
	else
		driver_event_gateway(d, SESS_EV_USER, text);
}

static void
set_done(void *arg, const char *why)
{
	struct setting *s = arg;
	struct server_ask a;

	if (why == NULL)
		note(s->driver, s->session, s->user, "has a new password",
		    s->who);
	if (server_is_open(s->conn)) {
		a = server_ask_later(s->conn, s->type, s->ref);
		if (why == NULL)
			server_ack(&a, "the password is set");
		else
			server_nack(&a, "STORE_FAILED", true, "%s", why);
	}
	server_release(s->conn);
	free(s);
}

/* A session, or a template of the file. */
static bool
is_session(const struct control *c, const char *name)
{
	size_t i;

	if (driver_by_name(c->g->driver, name) != NULL)
		return true;
	for (i = 0; i < conf_nsessions(c->g->conf); i++)
		if (strcmp(conf_name(conf_session(c->g->conf, i)), name) == 0)
			return true;
	return false;
}

static bool
get_names(const struct server_ask *a, char session[CONTROL_NAME_MAX],
    char user[AUTH_USER_MAX + 1])
{
	if (link_find_str(a->details, "SESSION", session, CONTROL_NAME_MAX) &&
	    link_find_str(a->details, "USER", user, AUTH_USER_MAX + 1) &&
	    user[0] != '\0')
		return true;
	server_nack(a, "BAD_REQUEST", false, "SESSION or USER is missing, or "
	    "too long");
	return false;
}

void
control_user_set(const struct server_ask *a)
{
	struct control *c = control_of(a);
	struct setting *s = calloc(1, sizeof(*s));
	char password[PASSWORD_MAX + 1];
	int err = FG_ENOMEM;

	if (s == NULL)
		goto fail;
	if (!get_names(a, s->session, s->user)) {
		free(s);
		return;
	}
	if (!is_session(c, s->session)) {
		server_nack(a, "NO_SESSION", false, "there is no session %s; "
		    "`fixgatectl session show` lists them", s->session);
		free(s);
		return;
	}
	if (!link_find_str(a->details, "PASSWORD", password,
	    sizeof(password))) {
		err = FG_EINVAL;
		goto fail;
	}
	s->conn = a->conn;
	s->type = a->type;
	s->ref = a->ref;
	s->driver = c->g->driver;
	control_who_why(a, "user set", s->who, sizeof(s->who));
	err = auth_set(c->g->auth, s->session, s->user, password, set_done, s);
	OPENSSL_cleanse(password, sizeof(password));
	if (err == 0) {
		server_hold(s->conn);
		return;
	}
fail:
	if (err == FG_EINVAL)
		server_nack(a, "BAD_REQUEST", false, "a user has 1 to %d "
		    "bytes, a password 1 to %d", AUTH_USER_MAX, PASSWORD_MAX);
	else
		control_nack_err(a, err);
	free(s);
}

void
control_user_remove(const struct server_ask *a)
{
	char session[CONTROL_NAME_MAX], user[AUTH_USER_MAX + 1], who[WHO_MAX];
	const char *p;
	size_t n;
	int err;

	if (!get_names(a, session, user))
		return;
	if (!link_get_str(link_find(a->details, "REASON"), &p, &n) || n == 0) {
		server_nack(a, "BAD_REQUEST", false, "REASON is missing");
		return;
	}
	err = auth_remove(control_of(a)->g->auth, session, user);
	if (err == FG_ENOENT) {
		server_nack(a, "NO_USER", false, "%s has no user %s; "
		    "`fixgatectl user list` lists them", session, user);
		return;
	}
	if (err != 0) {
		control_nack_err(a, err);
		return;
	}
	control_who_why(a, "user remove", who, sizeof(who));
	note(control_of(a)->g->driver, session, user, "was removed", who);
	server_ack(a, "removed");
}

void
control_user_list(const struct server_ask *a)
{
	const struct auth *auth = control_of(a)->g->auth;
	char session[STORE_DEF_NAME_MAX], user[AUTH_USER_MAX + 1];
	struct link_out *o;
	size_t n = 0, i;

	while (auth_user(auth, n, session, user))
		n++;
	o = server_answer(a, "USER_LIST_ACK");
	link_map(o, 1);
	link_str(o, "USERS");
	link_array(o, (uint32_t)n);
	for (i = 0; i < n && auth_user(auth, i, session, user); i++) {
		link_map(o, 2);
		link_key_str(o, "SESSION", session);
		link_key_str(o, "USER", user);
	}
	server_done(a->conn);
}
