/*
 * control_cancel.c: HALT with CANCEL: an OrderMassCancelRequest for all orders of
 * a session. It is the operator's, so neither a halt nor a limit keeps it back.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "gateway/compose.h"
#include "gateway/control_halt.h"

#define MASS_CANCEL "q"

static bool
cannot(char why[CANCEL_WHY_MAX], const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static bool
cannot(char why[CANCEL_WHY_MAX], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, CANCEL_WHY_MAX, fmt, ap);
	va_end(ap);
	return false;
}

static int
add(struct compose *f, const char *name, const char *value)
{
	return compose_field(f, name, strlen(name), value, strlen(value));
}

void
cancel_id(char out[CANCEL_ID_MAX], wall_t now)
{
	char time[40];
	size_t n = wall_format(time, now, 3), i, k = 2;

	memcpy(out, "MC", 2);
	for (i = 0; i < n && k < CANCEL_ID_MAX - 1; i++)
		if (time[i] >= '0' && time[i] <= '9')
			out[k++] = time[i];
	out[k] = '\0';
}

/* Its fields to f->out. false: why. */
static bool
compose(struct compose *f, const char *id, wall_t now,
    char why[CANCEL_WHY_MAX])
{
	char time[40];

	time[wall_format(time, now, 3)] = '\0';
	f->out->len = 0;
	if (add(f, "ClOrdID", id) == 0 &&
	    add(f, "TransactTime", time) == 0 &&
	    add(f, "MassCancelRequestType", "7") == 0 && /* all orders */
	    compose_order(f, MASS_CANCEL) == 0)
		return true;
	return cannot(why, "its dictionary: %.120s", f->err);
}

bool
cancel_check(struct control *c, const struct fgsess *fs,
    char why[CANCEL_WHY_MAX])
{
	const struct sess_cfg *cfg = sess_config(fs->machine);
	struct compose f = { .app = cfg->app, .transport = cfg->transport,
		.out = &c->scratch };

	if (cfg->app == NULL)
		return cannot(why, "it has no dictionary, which would say "
		    "whether there is an OrderMassCancelRequest");
	if (dict_msg_by_type(cfg->app, MASS_CANCEL, 1) == NULL)
		return cannot(why, "its dictionary (%.20s) has no "
		    "OrderMassCancelRequest: cancel its orders one by one",
		    dict_version(cfg->app));
	if (sess_state(fs->machine) != SESS_ON)
		return cannot(why, "it is not logged on");
	return compose(&f, "1", loop_now(c->g->loop).wall, why);
}

bool
cancel_all(struct control *c, struct fgsess *fs, const char *id,
    char why[CANCEL_WHY_MAX])
{
	const struct sess_cfg *cfg = sess_config(fs->machine);
	struct compose f = { .app = cfg->app, .transport = cfg->transport,
		.out = &c->scratch };
	int err;

	if (!cancel_check(c, fs, why) ||
	    !compose(&f, id, loop_now(c->g->loop).wall, why))
		return false;
	err = driver_send_halted(c->g->driver, fs, MASS_CANCEL, c->scratch.p,
	    c->scratch.len);
	return err == 0 ? true : cannot(why, "%s", fg_strerror(err));
}
