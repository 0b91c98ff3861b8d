/*
 * create.h: sessions that an operator creates, deletes, enables and disables
 * for good: the store keeps it (definitions.h), and a restart finds it.
 */
#ifndef FG_GATEWAY_CREATE_H
#define FG_GATEWAY_CREATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct conf_extra;
struct fgsess;
struct gateway;

/* Create it with these settings, lines as in the settings file. 0 and *out;
 * FG_EEXIST; FG_EINVAL: the settings, a dictionary or the port; or other FG_E*.
 * said gets the faults, warnings too, a line each. */
int create_session(struct gateway *g, const char *name, const char *text,
    size_t len, struct fgsess **out, struct buf *said);
/* The same of a template: x is kept, which is of the kind CONF_EXTRA_FROM. */
int create_from(struct gateway *g, const struct conf_extra *x,
    struct fgsess **out, struct buf *said);
/* Forget it, so that it is not there after a restart. FG_ENOENT: it was not created but is of the file. */
int create_forget(struct gateway *g, const char *name);
/* Log the session out and remove it. */
void create_remove(struct gateway *g, struct fgsess *fs);
/* Enable or disable it; who goes to the event. 0 or FG_E*. */
int create_enable(struct gateway *g, struct fgsess *fs, bool on,
    const char *who);

#endif
