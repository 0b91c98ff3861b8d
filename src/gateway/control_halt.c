#include "gateway/control_halt.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "link/link.h"

#define REASON_MAX 256
#define WHO_MAX    512
#define EVENT_MAX  (WHO_MAX + CANCEL_WHY_MAX + 64)
#define TEXT_MAX   480 /* bytes of an answer */

/* A HALT or RESUME, and its answer, which waits for the commit. */
struct order {
	struct control_defer defer;
	bool halt, cancel;
	const char *who;       /* during the request only */
	char id[CANCEL_ID_MAX];
	unsigned asked, left;  /* sessions that were asked to cancel, or not */
	char names[TEXT_MAX];  /* of those that were not, and why */
	char text[TEXT_MAX];
};

static void
put_done(struct control_defer *w, const struct server_ask *a,
    const struct release_done *done)
{
	struct order *o = (struct order *)w;
	struct link_out *out;

	if (a == NULL)
		return;
	if (done->err != 0) {
		server_nack(a, "STORE_FAILED", true,
		    "nothing was changed: %s", fg_strerror(done->err));
		return;
	}
	out = server_answer(a, "ACK");
	link_map(out, o->cancel ? 4 : 1);
	link_key_str(out, "TEXT", o->text);
	if (o->cancel) {
		link_key_str(out, "CL_ORD_ID", o->id);
		link_key_u64(out, "ASKED", o->asked);
		link_key_u64(out, "NOT_ASKED", o->left);
	}
	server_done(a->conn);
}

/* Its orders are to be cancelled, too; what became of that, for the event. */
static void
cancel(struct order *o, struct control *c, struct fgsess *fs,
    char said[EVENT_MAX])
{
	char why[CANCEL_WHY_MAX];
	size_t n = strlen(o->names);

	if (cancel_all(c, fs, o->id, why)) {
		o->asked++;
		snprintf(said, EVENT_MAX, "%s; OrderMassCancelRequest %s",
		    o->who, o->id);
		return;
	}
	o->left++;
	snprintf(said, EVENT_MAX, "%s; orders not cancelled: %s", o->who, why);
	snprintf(o->names + n, sizeof(o->names) - n, "%s%.60s (%s)",
	    n == 0 ? "" : ", ", fs->name, why);
}

static void
one(struct order *o, struct control *c, struct fgsess *fs)
{
	char said[EVENT_MAX];

	snprintf(said, sizeof(said), "%s", o->who);
	if (o->cancel)
		cancel(o, c, fs, said);
	driver_event(c->g->driver, fs, o->halt ? SESS_EV_HALTED :
	    SESS_EV_RESUMED, said);
}

static void
say(struct order *o, bool all)
{
	size_t n;

	if (!o->halt)
		snprintf(o->text, sizeof(o->text), "%s", all ? "resumed, but "
		    "for those that were halted by name" : "resumed");
	else
		snprintf(o->text, sizeof(o->text), "%s", all ?
		    "all sessions are halted" : "halted");
	if (!o->cancel)
		return;
	n = strlen(o->text);
	n += (size_t)snprintf(o->text + n, sizeof(o->text) - n, "; %u asked to "
	    "cancel all orders (`fixgatectl find ClOrdID=%s` shows what "
	    "comes)", o->asked, o->id);
	if (o->left > 0)
		snprintf(o->text + n, sizeof(o->text) - n, "; not asked: "
		    "%.260s", o->names);
}

/* The one, or all: an event for each. */
static void
answer(const struct server_ask *a, struct fgsess *fs, bool halt, bool cancels,
    const char *who)
{
	struct control *c = control_of(a);
	struct driver *d = c->g->driver;
	struct order *o = control_defer(a, sizeof(*o), put_done);
	size_t i;

	if (o == NULL)
		return;
	o->halt = halt;
	o->cancel = cancels;
	o->who = who;
	cancel_id(o->id, loop_now(c->g->loop).wall);
	if (fs != NULL)
		one(o, c, fs);
	for (i = 0; fs == NULL && i < driver_count(d); i++)
		one(o, c, driver_session(d, i));
	say(o, fs == NULL);
	if (driver_when_durable(d, control_deferred, o) == 0)
		return;
	control_nack_err(a, FG_ENOMEM);
	control_defer_free(o);
}

/* What HALT and RESUME ask for first. false: a NACK was sent. */
static bool
check(const struct server_ask *a, struct fgsess *fs, bool halt, bool cancels)
{
	struct driver *d = control_of(a)->g->driver;
	char why[CANCEL_WHY_MAX];

	if (!halt && driver_halted_by(d, fs == NULL ? NULL : fs->name) ==
	    NULL) {
		if (fs != NULL && driver_halted(d, fs) != NULL)
			server_nack(a, "STATE", false, "all sessions are "
			    "halted: fixgatectl resume all");
		else
			server_nack(a, "STATE", false, "%s not halted",
			    fs == NULL ? "they are" : "it is");
		return false;
	}
	/* Of many, those that can are asked: the others say why not. */
	if (cancels && fs != NULL &&
	    !cancel_check(control_of(a), fs, why)) {
		server_nack(a, "STATE", false, "nothing was changed: the "
		    "orders of %s cannot be cancelled: %s; halt it without "
		    "--cancel", fs->name, why);
		return false;
	}
	return true;
}

static void
set(const struct server_ask *a, bool halt)
{
	struct driver *d = control_of(a)->g->driver;
	char reason[REASON_MAX], who[WHO_MAX];
	struct fgsess *fs = NULL;
	bool cancels = halt && link_find_bool(a->details, "CANCEL", false);
	int err;

	if (link_find(a->details, "SESSION") != NULL) {
		fs = control_session(a);
		if (fs == NULL)
			return;
	}
	if (!link_find_str(a->details, "REASON", reason, sizeof(reason)) ||
	    reason[0] == '\0') {
		server_nack(a, "BAD_REQUEST", false,
		    "REASON is missing or too long");
		return;
	}
	control_who(a, reason, who, sizeof(who));
	if (!check(a, fs, halt, cancels))
		return;
	err = driver_halt(d, fs == NULL ? NULL : fs->name, halt ? who : NULL);
	if (err != 0)
		server_nack(a, "STORE_FAILED", true, "nothing was changed: %s",
		    fg_strerror(err));
	else
		answer(a, fs, halt, cancels, who);
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
