/*
 * known.c: who sent a Logon? Its name and password are looked up, on another
 * thread (auth.h), and then the process of LogonCheck is asked. While that
 * takes, the Logon stays unread, so nothing has to be kept of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "daemon/remote.h"
#include "gateway/auth.h"
#include "gateway/peers_int.h"
#include "log/log.h"

#define CREDENTIAL_MAX 1024 /* bytes of a name or password */
#define HEARTBEAT_S    5
#define TAG_COMP_ID    49
#define TAG_USERNAME   553
#define TAG_PASSWORD   554
#define TAG_NEW_PASSWORD 925

/* A process that says who may log on; never forgotten while we run. */
struct judge {
	struct judge *next;
	struct remote *remote; /* NULL: the address is none */
	char trouble[ADDRESS_ERR_MAX];
	char address[];
};

/* The value of a field as text. false: there is none, or it cannot be one. */
static bool
text_of(const struct fix_msg *m, int32_t tag, char out[CREDENTIAL_MAX + 1])
{
	const struct fix_field *f = fix_find(m, tag);

	out[0] = '\0';
	if (f == NULL || f->len == 0 || f->len > CREDENTIAL_MAX ||
	    memchr(fix_value(m, f), 0, f->len) != NULL)
		return false;
	memcpy(out, fix_value(m, f), f->len);
	out[f->len] = '\0';
	return true;
}

static const char missing[] = "Username or Password is missing";

static void
deny(struct visitor *v, const char *why)
{
	snprintf(v->known.why_not, sizeof(v->known.why_not), "%s", why);
}

/* ---- UsersFile, AuthenticateLogonCredentials ---- */

/* Its address without the port. */
static const char *
ip_of(const struct visitor *v, char out[NET_ADDR_MAX])
{
	const char *peer = conn_peer(v->conn), *end = strrchr(peer, ':');

	snprintf(out, NET_ADDR_MAX, "%.*s", end == NULL ? NET_ADDR_MAX :
	    (int)(end - peer), peer);
	return out;
}

static void
on_checked(void *arg, const char *why)
{
	struct visitor *v = arg;
	char ip[NET_ADDR_MAX];

	v->known.is = KNOWN_HALF;
	v->known.secret = false;
	if (why != NULL)
		deny(v, why);
	if (why == NULL || why == auth_wrong)
		auth_tried(v->peers->g->auth, ip_of(v, ip),
		    loop_now(v->peers->g->loop).mono, why == NULL);
	conn_kick(v->conn);
}

/* Why the check cannot be begun; NULL: it is. */
static const char *
begin_check(struct visitor *v, const struct conf_section *sec,
    const struct fix_msg *m)
{
	struct auth *a = v->peers->g->auth;
	char user[CREDENTIAL_MAX + 1], comp_id[CREDENTIAL_MAX + 1];
	char password[CREDENTIAL_MAX + 1], fresh[CREDENTIAL_MAX + 1];
	struct auth_ask ask = { .file = conf_path(sec, CONF_UsersFile),
		.session = conf_name(sec), .base = conf_base(sec),
		.comp_id = comp_id, .user = user, .password = password };
	char ip[NET_ADDR_MAX];
	int err;

	if (!auth_may_try(a, ip_of(v, ip), loop_now(v->peers->g->loop).mono))
		return "too many wrong passwords from this address";
	if (!text_of(m, TAG_USERNAME, user) ||
	    !text_of(m, TAG_PASSWORD, password) ||
	    !text_of(m, TAG_COMP_ID, comp_id))
		return missing;
	text_of(m, TAG_NEW_PASSWORD, fresh);
	if (fix_find(m, TAG_NEW_PASSWORD) != NULL)
		ask.fresh = fresh;
	err = auth_check(a, &ask, on_checked, v);
	explicit_bzero(password, sizeof(password));
	explicit_bzero(fresh, sizeof(fresh));
	switch (err) {
	case 0:
		return NULL;
	case FG_ELIMIT:
		return "too many passwords wait to be checked";
	case FG_EINVAL:
		return "a Username or Password that is too long, or a "
		    "NewPassword that is none";
	}
	return fg_strerror(err);
}

static void
check_user(struct visitor *v, const struct conf_section *sec,
    const struct fix_msg *m)
{
	const char *why = begin_check(v, sec, m);

	/* Who guesses is not helped, and not answered for ever. */
	v->known.secret = why != missing;
	if (why != NULL)
		deny(v, why);
	else
		v->known.is = KNOWN_USER;
}

/* ---- LogonCheck ---- */

static void
nothing(void *arg, const struct link_msg *m)
{
	(void)arg;
	(void)m;
}

static void
on_up(void *arg, const struct link_val *hello)
{
	(void)arg;
	(void)hello;
}

static void
on_down(void *arg, const char *why)
{
	(void)arg;
	(void)why;
}

static void
reach(struct judge *j, struct loop *loop)
{
	struct remote_cfg cfg = { .loop = loop, .name = "LogonCheck",
		.address = j->address, .self = "GATEWAY", .role = "gateway",
		.heartbeat = HEARTBEAT_S, .up = on_up, .down = on_down,
		.message = nothing };

	if (address_parse(&cfg.at, j->address, j->trouble) != 0)
		return;
	if (!address_is_local(&cfg.at)) {
		snprintf(j->trouble, sizeof(j->trouble), "it would get "
		    "passwords over the network: use unix:PATH, or an address "
		    "of this machine");
		return;
	}
	j->remote = remote_new(&cfg);
	if (j->remote == NULL)
		snprintf(j->trouble, sizeof(j->trouble), "%s",
		    fg_strerror(FG_ENOMEM));
}

static struct judge *
find_judge(struct peers *p, const char *address)
{
	size_t n = strlen(address) + 1;
	struct judge *j;

	for (j = p->judge; j != NULL; j = j->next)
		if (strcmp(j->address, address) == 0)
			return j;
	j = calloc(1, sizeof(*j) + n);
	if (j == NULL)
		return NULL;
	memcpy(j->address, address, n);
	reach(j, p->g->loop);
	if (j->remote == NULL)
		log_event(LOG_LEVEL_ERROR, "logon-check", NULL,
		    "LogonCheck=%s: %s: nobody can log on", address,
		    j->trouble);
	j->next = p->judge;
	p->judge = j;
	return j;
}

void
known_settle(struct peers *p, const struct conf_section *sec)
{
	const char *address = conf_str(sec, CONF_LogonCheck);

	if (address != NULL)
		find_judge(p, address);
}

static void
on_answer(void *arg, const struct link_msg *m)
{
	struct visitor *v = arg;
	char text[100];

	v->known.is = KNOWN_YES;
	if (m == NULL) {
		deny(v, "the process of LogonCheck was lost");
	} else if (strcmp(m->type, "LOGON_CHECK_ACK") != 0 ||
	    !link_find_bool(m->details, "OK", false)) {
		if (!link_find_str(m->details, "TEXT", text, sizeof(text)))
			strcpy(text, "no reason given");
		snprintf(v->known.why_not, sizeof(v->known.why_not),
		    "refused by LogonCheck: %s", text);
	}
	conn_kick(v->conn);
}

/* A text that may be absent. */
static void
put_text(struct link_out *o, const char *key, const char *s)
{
	link_str(o, key);
	if (s == NULL || *s == '\0')
		link_nil(o);
	else
		link_text(o, s, strlen(s));
}

static void
put_check(struct link_out *o, const struct visitor *v, const struct fix_msg *m)
{
	const struct route *r = identity_find(v->peers->who, m);
	char text[CREDENTIAL_MAX + 1];

	link_map(o, 7);
	put_text(o, "SESSION", r == NULL ? NULL : r->fs->name);
	text_of(m, TAG_COMP_ID, text);
	put_text(o, "COMP_ID", text);
	text_of(m, TAG_USERNAME, text);
	put_text(o, "USERNAME", text);
	text_of(m, TAG_PASSWORD, text);
	put_text(o, "PASSWORD", text);
	explicit_bzero(text, sizeof(text));
	put_text(o, "ADDRESS", conn_peer(v->conn));
	put_text(o, "CERTIFICATE", conn_peer_subject(v->conn));
	link_str(o, "FIX_DATA");
	link_bin(o, m->buf, m->len);
}

static void
ask_judge(struct visitor *v, const char *address, const struct fix_msg *m)
{
	struct judge *j = find_judge(v->peers, address);
	struct link_out *o = NULL;

	if (j != NULL && j->remote != NULL && remote_is_up(j->remote))
		o = remote_ask(j->remote, "LOGON_CHECK", on_answer, v, NULL);
	if (o != NULL) {
		put_check(o, v, m);
		if (remote_end(j->remote) == 0) {
			v->known.is = KNOWN_ASKED;
			return;
		}
	}
	deny(v, "the process of LogonCheck is not reached");
}

/* ---- both ---- */

bool
known_look(struct visitor *v, const struct conf_section *sec,
    const struct fix_msg *m, const char **why)
{
	const char *address = conf_str(sec, CONF_LogonCheck);
	struct known *k = &v->known;

	*why = NULL;
	if (k->is == KNOWN_NEW && (conf_path(sec, CONF_UsersFile) != NULL ||
	    conf_bool(sec, CONF_AuthenticateLogonCredentials)))
		check_user(v, sec, m);
	else if (k->is == KNOWN_NEW)
		k->is = KNOWN_HALF;
	if (k->is == KNOWN_HALF && k->why_not[0] == '\0') {
		if (address == NULL)
			k->is = KNOWN_YES;
		else
			ask_judge(v, address, m);
	}
	if (k->why_not[0] != '\0')
		*why = k->why_not;
	return k->is == KNOWN_YES && *why == NULL;
}

bool
known_is_asked(const struct visitor *v)
{
	return v->known.is == KNOWN_USER || v->known.is == KNOWN_ASKED;
}

void
known_forget(struct visitor *v)
{
	struct judge *j;

	if (v->known.is == KNOWN_USER)
		auth_forget(v->peers->g->auth, v);
	for (j = v->peers->judge; j != NULL; j = j->next)
		if (j->remote != NULL)
			remote_forget(j->remote, v);
}

void
known_free(struct peers *p)
{
	struct judge *j;

	while ((j = p->judge) != NULL) {
		p->judge = j->next;
		remote_free(j->remote);
		free(j);
	}
}
