/*
 * reload.h: the settings file again, while running. Everything is looked at
 * first, then done: with an error in the file, in a dictionary or about a port
 * nothing changes.
 */
#ifndef FG_GATEWAY_RELOAD_H
#define FG_GATEWAY_RELOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"

struct gateway;
struct reload;
struct unit;

enum reload_what {
	RELOAD_ADDED,
	RELOAD_CHANGED,   /* logged out, then there with its new settings */
	RELOAD_REMOVED,
	RELOAD_UNTOUCHED,
	RELOAD_NOW,       /* a setting of [GATEWAY], obeyed from now on */
	RELOAD_RESTART,   /* one that needs a restart */
	RELOAD_WHATS
};

/* Is an earlier one still logging sessions out? */
bool reload_is_busy(const struct gateway *g);

/* Compare the file with what runs. 0 and *out (owned), with or without errors;
 * or FG_ENOMEM. */
int reload_plan(struct reload **out, struct gateway *g);
void reload_free(struct reload *r);

/* Errors in it: it cannot be applied. */
size_t reload_nerrors(const struct reload *r);
size_t reload_nfaults(const struct reload *r);
/* Borrowed. */
const struct conf_fault *reload_fault(const struct reload *r, size_t i);

/* How many there are of this, and the name of one. */
size_t reload_count(const struct reload *r, enum reload_what what);
const char *reload_name(const struct reload *r, enum reload_what what,
    size_t i);

/* Do it; who goes to SESSION_EVENT. 0, or FG_E*: nothing changed, the reason is
 * among the faults now. */
int reload_apply(struct reload *r, const char *who);

/* All of it, for a signal: what there is to say goes to the log. */
void reload_now(struct gateway *g, const char *who);

#endif
