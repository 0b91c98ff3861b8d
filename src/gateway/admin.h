/*
 * admin.h: AdminListen: /metrics for Prometheus and /healthz, over HTTP. It has
 * a thread of its own; for each question the loop copies its numbers, once, and
 * the thread makes the text.
 */
#ifndef FG_GATEWAY_ADMIN_H
#define FG_GATEWAY_ADMIN_H

#include "net/net.h"

struct admin;
struct gateway;

/* 0, and *out is owned, or NULL without AdminListen; or FG_E* and a text. */
int admin_open(struct admin **out, struct gateway *g, char err[NET_ERR_MAX]);
/* Copy the numbers if they are asked for. On the loop's thread; NULL is
 * legal. */
void admin_wake(struct admin *a);
/* Before the parts that it asks. NULL is legal. */
void admin_free(struct admin *a);

#endif
