/*
 * known.c: who sent a Logon? Its name and password are looked up in UsersFile,
 * on another thread, and then the process of LogonCheck is asked. While that
 * takes, the Logon stays unread, so nothing has to be kept of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "daemon/remote.h"
#include "gateway/peers_int.h"
#include "log/log.h"

#define CREDENTIAL_MAX 1024 /* bytes of a name or password */
#define HEARTBEAT_S    5
#define TAG_COMP_ID    49
#define TAG_USERNAME   553
#define TAG_PASSWORD   554

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

static void
deny(struct visitor *v, const char *why)
{
	snprintf(v->known.why_not, sizeof(v->known.why_not), "%s", why);
}

/* ---- UsersFile ---- */

static void
wake(void *arg)
{
	loop_wake(arg);
}

static void
check_user(struct visitor *v, const char *file, const struct fix_msg *m)
{
	char user[CREDENTIAL_MAX + 1], comp_id[CREDENTIAL_MAX + 1];
	char password[CREDENTIAL_MAX + 1];
	const struct credentials_ask ask = { file, comp_id, user, password };
	struct peers *p = v->peers;
	int err;

	if (!text_of(m, TAG_USERNAME, user) ||
	    !text_of(m, TAG_PASSWORD, password) ||
	    !text_of(m, TAG_COMP_ID, comp_id)) {
		deny(v, "Username or Password is missing");
		return;
	}
	if (p->credentials == NULL)
		p->credentials = credentials_new(wake, p->g->loop);
	err = p->credentials == NULL ? FG_ENOMEM :
	    credentials_ask(p->credentials, &ask, p->nchecks + 1);
	explicit_bzero(password, sizeof(password));
	if (err != 0) {
		deny(v, fg_strerror(err));
		return;
	}
	v->known.check = ++p->nchecks;
	v->known.is = KNOWN_USER;
}

static void
on_checked(void *arg, uint64_t serial, const char *why)
{
	struct peers *p = arg;
	struct visitor *v;

	for (v = p->first; v != NULL; v = v->next)
		if (v->known.check == serial)
			break;
	if (v == NULL)
		return;
	v->known.is = KNOWN_HALF;
	if (why != NULL)
		deny(v, why);
	conn_kick(v->conn);
}

void
known_wake(struct peers *p)
{
	if (p->credentials != NULL)
		credentials_take(p->credentials, on_checked, p);
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
		log_error("LogonCheck=%s: %s: nobody can log on", address,
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
	const char *file = conf_path(sec, CONF_UsersFile);
	const char *address = conf_str(sec, CONF_LogonCheck);
	struct known *k = &v->known;

	*why = NULL;
	if (k->is == KNOWN_NEW && file != NULL)
		check_user(v, file, m);
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

void
known_forget(struct visitor *v)
{
	struct judge *j;

	for (j = v->peers->judge; j != NULL; j = j->next)
		if (j->remote != NULL)
			remote_forget(j->remote, v);
}

void
known_free(struct peers *p)
{
	struct judge *j;

	credentials_free(p->credentials);
	while ((j = p->judge) != NULL) {
		p->judge = j->next;
		remote_free(j->remote);
		free(j);
	}
}
