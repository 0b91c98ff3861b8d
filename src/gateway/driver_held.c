/*
 * driver_held.c: the sessions of a store that was restored. If log files were
 * missing, numbers may have been used behind its last commit: each session is
 * held, it does not connect, until an operator says its numbers.
 *
 * Definitions of the store have it: "TAB restored" the UUID for which this was
 * done, "TAB held TAB NAME" why a session is held.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "gateway/driver_int.h"
#include "store/backup.h"

#define RESTORED "\trestored"
#define HELD     "\theld\t"
#define TEXT_MAX 200

const char *
driver_held(const struct driver *d, const struct fgsess *fs)
{
	char name[STORE_DEF_NAME_MAX];
	size_t len;

	if (!fs->held)
		return NULL;
	snprintf(name, sizeof(name), HELD "%s", fs->name);
	return store_definition_of(d->store, name, &len);
}

void
driver_held_look(struct driver *d, struct fgsess *fs)
{
	fs->held = true;
	fs->held = driver_held(d, fs) != NULL;
}

static int
hold(struct driver *d, const char *session, const char *text)
{
	char name[STORE_DEF_NAME_MAX];

	snprintf(name, sizeof(name), HELD "%s", session);
	return store_define(d->store, name, text, strlen(text));
}

/* Those that the store knows, and those that are new in the settings: they may
 * have been there. */
static int
hold_all(struct driver *d, const char *text)
{
	uint32_t id, last = store_last_id(d->store);
	const char *name;
	size_t i;
	int err = 0;

	for (id = 1; id <= last && err == 0; id++) {
		name = store_session_name(d->store, id);
		if (name != NULL)
			err = hold(d, name, text);
	}
	for (i = 0; i < d->n && err == 0; i++) {
		err = hold(d, d->all[i]->name, text);
		driver_held_look(d, d->all[i]);
	}
	return err;
}

int
driver_restored(struct driver *d)
{
	const char *uuid = store_uuid(d->store), *known;
	char text[TEXT_MAX], when[WALL_TEXT_MAX];
	struct store_origin o;
	size_t i, len;
	int n, err;

	store_origin(d->store, &o);
	known = store_definition_of(d->store, RESTORED, &len);
	if (o.time.ns == 0 || (known != NULL && strcmp(known, uuid) == 0))
		return 0;
	n = (int)wall_format(when, o.time, 0);
	snprintf(text, sizeof(text), "at %.*s UTC up to commit %llu of store "
	    "%s, %s its last one", n, when, (unsigned long long)o.commit,
	    o.uuid, o.complete ? "which was" : "maybe not");
	err = driver_settle(d);
	if (err == 0 && !o.complete)
		err = hold_all(d, text);
	if (err != 0)
		return err;
	driver_now(d);
	for (i = 0; i < d->n; i++)
		driver_event(d, d->all[i], SESS_EV_RESTORED, text);
	err = driver_settle(d);
	return err != 0 ? err : store_define(d->store, RESTORED, uuid,
	    strlen(uuid));
}

int
driver_let_go(struct driver *d, struct fgsess *fs)
{
	char name[STORE_DEF_NAME_MAX];
	int err;

	if (!fs->held)
		return 0;
	err = driver_settle(d);
	if (err != 0)
		return err;
	snprintf(name, sizeof(name), HELD "%s", fs->name);
	err = store_undefine(d->store, name);
	driver_held_look(d, fs);
	return err;
}
