/*
 * limits.h: what a session may send: how much, how big, how dear, and which
 * messages, before they get a number. Pure, but for the memory.
 */
#ifndef FG_GATEWAY_LIMITS_H
#define FG_GATEWAY_LIMITS_H

#include "base/clock.h"
#include "conf/conf.h"
#include "fix/msg.h"

#define LIMITS_ERR_MAX 256 /* bytes of a text */

struct limits;

enum limits_found {
	LIMITS_FREE,
	LIMITS_OVER, /* not to be sent */
	LIMITS_WAIT, /* not now: SendRateAction=wait */
};

/* Of a session's settings. 0 and *out owned, which is NULL if there are none;
 * or FG_ENOMEM. sec must outlive it. */
int limits_new(struct limits **out, const struct conf_section *sec);
void limits_free(struct limits *l);

/* May a message with these fields be sent now? If not, text says why. l may be
 * NULL. */
enum limits_found limits_check(struct limits *l, mono_t now, const char *type,
    const struct fix_msg *m, char text[LIMITS_ERR_MAX]);
/* The message that was checked last was accepted. */
void limits_count(struct limits *l, mono_t now);

#endif
