#include <stdio.h>

#include "base/err.h"
#include "gateway/control_int.h"

#define REASON_MAX 256
#define WHO_MAX    512

/* The one, or all: an event for each; the last one's answer is ours. */
static void
say(const struct server_ask *a, struct fgsess *fs, enum sess_event ev,
    const char *who, const char *text)
{
	struct driver *d = control_of(a)->g->driver;
	size_t i;

	if (fs != NULL)
		driver_event(d, fs, ev, who);
	for (i = 0; fs == NULL && i < driver_count(d); i++)
		driver_event(d, driver_session(d, i), ev, who);
	control_ack_durable(a, text);
}

static void
set(const struct server_ask *a, bool halt)
{
	struct driver *d = control_of(a)->g->driver;
	char reason[REASON_MAX], who[WHO_MAX];
	struct fgsess *fs = NULL;
	bool all = link_find(a->details, "SESSION") == NULL;
	const char *name;
	int err;

	if (!all) {
		fs = control_session(a);
		if (fs == NULL)
			return;
	}
	name = all ? NULL : fs->name;
	if (!link_find_str(a->details, "REASON", reason, sizeof(reason)) ||
	    reason[0] == '\0') {
		server_nack(a, "BAD_REQUEST", false,
		    "REASON is missing or too long");
		return;
	}
	control_who(a, reason, who, sizeof(who));
	if (!halt && driver_halted_by(d, name) == NULL) {
		if (!all && driver_halted(d, fs) != NULL)
			server_nack(a, "STATE", false, "all sessions are "
			    "halted: fixgatectl resume all");
		else
			server_nack(a, "STATE", false, "%s not halted",
			    all ? "they are" : "it is");
		return;
	}
	err = driver_halt(d, name, halt ? who : NULL);
	if (err != 0)
		server_nack(a, "STORE_FAILED", true, "nothing was changed: %s",
		    fg_strerror(err));
	else if (halt)
		say(a, fs, SESS_EV_HALTED, who, all ?
		    "all sessions are halted" : "halted");
	else
		say(a, fs, SESS_EV_RESUMED, who, all ? "resumed, but for "
		    "those that were halted by name" : "resumed");
}

void
control_halt(const struct server_ask *a)
{
	set(a, true);
}

void
control_resume(const struct server_ask *a)
{
	set(a, false);
}
