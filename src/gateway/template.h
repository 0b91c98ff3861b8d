/*
 * template.h: AcceptorTemplate: a Logon that no session is for, but a template,
 * makes a session, which is kept in the store like those that an operator
 * creates (create.h).
 */
#ifndef FG_GATEWAY_TEMPLATE_H
#define FG_GATEWAY_TEMPLATE_H

#include <stddef.h>

#include "base/buf.h"
#include "fix/msg.h"

struct conf_section;
struct fgsess;
struct gateway;
struct sessions;
struct tls;
struct unit;

/* The section of the i-th template; NULL: there are no more. */
const struct conf_section *template_at(const struct sessions *s, size_t i);

/* What secures its connections, or NULL. */
struct tls *template_tls(const struct sessions *s, size_t i);

/* Its name, or NULL; and how many sessions are of it, and may be. */
const char *template_name(const struct sessions *s, size_t i, size_t *made,
    size_t *most);

/* The template that this Logon matches, the most exact one, or NULL. */
struct unit *template_find(const struct sessions *s, const struct fix_msg *m);
const struct conf_section *template_section(const struct unit *t);

/* Make a session of it for the Logon, which came from address. NULL: said gets
 * why not. */
struct fgsess *template_use(struct gateway *g, struct unit *t,
    const struct fix_msg *m, const char *address, struct buf *said);

#endif
