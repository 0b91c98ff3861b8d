/*
 * driver_halt.c: the switch that stops orders: of a halted session no message of
 * an application leaves, neither a new one, nor one that waits in OUT_PENDING,
 * nor one that the counterparty asks for again; those of the session do.
 *
 * It is kept in the store as a definition, "TAB halt" for all or "TAB halt TAB
 * NAME" (no session has such a name), whose text is the reason.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "gateway/driver_int.h"

#define HALT_ALL  "\thalt"
#define NAME_MAX_ STORE_DEF_NAME_MAX

static void
name_of(char out[NAME_MAX_], const char *session)
{
	snprintf(out, NAME_MAX_, HALT_ALL "%s%s", session == NULL ? "" : "\t",
	    session == NULL ? "" : session);
}

const char *
driver_halted_by(const struct driver *d, const char *session)
{
	char name[NAME_MAX_];
	size_t len;

	name_of(name, session);
	return store_definition_of(d->store, name, &len);
}

const char *
driver_halted(const struct driver *d, const struct fgsess *fs)
{
	const char *reason;

	if (!fs->halted)
		return NULL;
	reason = driver_halted_by(d, NULL);
	return reason != NULL ? reason : driver_halted_by(d, fs->name);
}

void
driver_halt_look(struct driver *d, struct fgsess *fs)
{
	bool was = fs->halted;

	fs->halted = driver_halted_by(d, NULL) != NULL ||
	    driver_halted_by(d, fs->name) != NULL;
	if (!was || fs->halted)
		return;
	fs->held_back = false;
	driver_work(d, fs);
}

int
driver_halt(struct driver *d, const char *session, const char *reason)
{
	char name[NAME_MAX_];
	size_t i;
	int err;

	err = driver_settle(d);
	if (err != 0)
		return err;
	driver_now(d);
	name_of(name, session);
	err = reason == NULL ? store_undefine(d->store, name) :
	    store_define(d->store, name, reason, strlen(reason));
	for (i = 0; i < d->n; i++)
		driver_halt_look(d, d->all[i]);
	return err;
}
