/* control_create.c: SESSION_CREATE, _DELETE, _ENABLE and _DISABLE. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gateway/control_int.h"
#include "gateway/create.h"

#define WHO_MAX    512
#define REASON_MAX 256

/* false: a NACK was sent. */
static bool
is_possible(const struct server_ask *a)
{
	if (!driver_is_down(control_of(a)->g->driver))
		return true;
	server_nack(a, "STORE_FAILED", true, "the store is being repaired");
	return false;
}

/* The settings as lines. */
static bool
get_settings(const struct server_ask *a, struct buf *text)
{
	const struct link_val *list = link_find(a->details, "SETTINGS");
	const char *p;
	size_t i, n;

	if (list == NULL || link_kind(list) != LINK_ARRAY)
		return false;
	for (i = 0; i < link_count(list); i++)
		if (!link_get_str(link_at(list, i), &p, &n) ||
		    memchr(p, '\n', n) != NULL || memchr(p, '\0', n) != NULL ||
		    buf_add(text, p, n) != 0 || buf_add(text, "\n", 1) != 0)
			return false;
	return true;
}

static bool
is_name(const char *name)
{
	for (; *name != '\0'; name++)
		if ((unsigned char)*name < ' ' || *name == 127)
			return false;
	return true;
}

static void
refuse(const struct server_ask *a, const char *name, int err,
    const struct buf *said)
{
	switch (err) {
	case FG_EEXIST:
		server_nack(a, "STATE", false, "there is a session %s already, "
		    "or one is being logged out", name);
		break;
	case FG_EINVAL:
		server_nack(a, "BAD_REQUEST", false, "%s",
		    said->len == 0 ? "the settings are not possible" : said->p);
		break;
	default:
		server_nack(a, "STORE_FAILED", true, "%s: nothing was changed: "
		    "%s", name, fg_strerror(err));
	}
}

/* Answer when what was said of the session is durable. */
static void
answer(const struct server_ask *a, struct fgsess *fs, enum sess_event ev,
    const char *who, const char *text, const struct buf *note)
{
	struct driver *d = control_of(a)->g->driver;
	struct control_later *l = control_later(a, fs, text);

	if (l != NULL && note != NULL && note->len > 0)
		l->note = strndup(note->p, note->len);
	if (l != NULL && driver_event_then(d, fs, ev, who, control_order_done,
	    l) == 0)
		return;
	if (l != NULL)
		control_later_free(l);
	server_nack(a, "STORE_FAILED", true, "%s: it was done, but the store "
	    "cannot be written now", fs->name);
}

void
control_session_create(const struct server_ask *a)
{
	struct buf text = { 0 }, said = { 0 };
	char name[CONTROL_NAME_MAX], who[WHO_MAX];
	struct fgsess *fs;
	int err;

	if (!is_possible(a))
		return;
	if (!link_find_str(a->details, "SESSION", name, sizeof(name)) ||
	    *name == '\0' || !is_name(name) || !get_settings(a, &text)) {
		server_nack(a, "BAD_REQUEST", false, "SESSION or SETTINGS is "
		    "missing, too long, or has control characters");
		buf_free(&text);
		return;
	}
	err = create_session(control_of(a)->g, name, text.len == 0 ? "" :
	    text.p, text.len, &fs, &said);
	if (err == 0) {
		control_who_why(a, "session create", who, sizeof(who));
		answer(a, fs, SESS_EV_ADDED, who, "created", &said);
	} else {
		refuse(a, name, err, &said);
	}
	buf_free(&text);
	buf_free(&said);
}

/* It was created, but could not come up when the gateway started. */
static bool
forget_absent(const struct server_ask *a)
{
	struct gateway *g = control_of(a)->g;
	char name[CONTROL_NAME_MAX];

	if (!link_find_str(a->details, "SESSION", name, sizeof(name)) ||
	    driver_by_name(g->driver, name) != NULL ||
	    create_forget(g, name) != 0)
		return false;
	server_ack(a, "deleted; it was not running");
	return true;
}

void
control_session_delete(const struct server_ask *a)
{
	struct gateway *g = control_of(a)->g;
	char who[WHO_MAX], reason[REASON_MAX];
	struct fgsess *fs;
	int err;

	if (!is_possible(a) || forget_absent(a))
		return;
	fs = control_session(a);
	if (fs == NULL)
		return;
	if (!link_find_str(a->details, "REASON", reason, sizeof(reason)) ||
	    *reason == '\0') {
		server_nack(a, "BAD_REQUEST", false,
		    "REASON is missing or too long");
		return;
	}
	err = create_forget(g, fs->name);
	if (err == FG_ENOENT) {
		server_nack(a, "STATE", false, "%s is in the settings file: "
		    "take it out there, then fixgatectl reload", fs->name);
	} else if (err != 0) {
		refuse(a, fs->name, err, NULL);
	} else {
		control_who_why(a, "session delete", who, sizeof(who));
		answer(a, fs, SESS_EV_REMOVED, who, "deleted", NULL);
		create_remove(g, fs);
	}
}

static void
enable(const struct server_ask *a, bool on)
{
	struct gateway *g = control_of(a)->g;
	struct fgsess *fs;
	char who[WHO_MAX];
	int err;

	if (!is_possible(a))
		return;
	fs = control_session(a);
	if (fs == NULL)
		return;
	if (peers_is_leaving(fs)) {
		refuse(a, fs->name, FG_EEXIST, NULL);
		return;
	}
	control_who_why(a, on ? "session enable" : "session disable", who,
	    sizeof(who));
	err = create_enable(g, fs, on, who);
	if (err != 0)
		refuse(a, fs->name, err, NULL);
	else
		answer(a, fs, on ? SESS_EV_ENABLED : SESS_EV_DISABLED, who,
		    on ? "enabled" : "disabled", NULL);
}

void
control_session_enable(const struct server_ask *a)
{
	enable(a, true);
}

void
control_session_disable(const struct server_ask *a)
{
	enable(a, false);
}
