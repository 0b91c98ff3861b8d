/*
 * expiry.h: certificates that run out: what is said of them, in the status, the
 * metrics and, once a day, the log.
 */
#ifndef FG_DAEMON_EXPIRY_H
#define FG_DAEMON_EXPIRY_H

#include "base/buf.h"
#include "net/net.h"
#include "net/tls.h"

#define EXPIRY_TEXT_MAX 400 /* bytes */

enum expiry { EXPIRY_FAR, EXPIRY_SOON, EXPIRY_NOW };

/* How far it is: a month is time to get another one, a week is not. text says
 * what to do, "" if it is far; how: "fixgatectl reload". */
enum expiry expiry_judge(const struct tls_expiry *x, const char *how,
    char text[EXPIRY_TEXT_MAX]);

/* ---- lists: struct tls_expiry in a buf ---- */

/* Append what t has, but for what is there. 0 or FG_ENOMEM. */
int expiry_add(struct buf *list, const struct tls *t);
size_t expiry_count(const struct buf *list);
const struct tls_expiry *expiry_at(const struct buf *list, size_t i);
/* fixgate_certificate_days of all. 0 or FG_ENOMEM. */
int expiry_metrics(struct buf *out, const struct buf *list);

/* ---- the log ---- */

struct expiry_watch;
/* Append to the list what is in use. 0 or FG_ENOMEM. */
typedef int (*expiry_fn)(void *arg, struct buf *list);
/* What is not far is logged now, and then once a day. Returns owned, or NULL: no
 * memory. */
struct expiry_watch *expiry_watch(struct loop *loop, const char *how,
    expiry_fn fn, void *arg);
/* Now, too: they were read again. NULL is legal, for both. */
void expiry_look(struct expiry_watch *w);
void expiry_free(struct expiry_watch *w);

#endif
