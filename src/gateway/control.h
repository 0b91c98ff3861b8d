/*
 * control.h: the control sockets of fixgated: a link (fixgate-link(7)) for
 * fixgatectl and applications: questions, reading and tailing of tables,
 * sending, operating sessions.
 */
#ifndef FG_GATEWAY_CONTROL_H
#define FG_GATEWAY_CONTROL_H

#include "net/net.h"

struct conf;
struct gateway;
struct control;

/* Can it be opened with these settings, as far as is known before? 0 or FG_E*
 * with a text. */
int control_check(const struct conf *conf, char err[NET_ERR_MAX]);
/* Open ControlSocket, ReadOnlyControlSocket and those of LinkListen. 0 and *out
 * owned, or FG_E* with a text. */
int control_open(struct control **out, struct gateway *g,
    char err[NET_ERR_MAX]);
/* Rows became visible: feed the tails. Called on the loop's thread. */
void control_visible(struct control *c);
/* The feeder has something, maybe. Called on the loop's thread. */
void control_wake(struct control *c);
struct metrics;
/* Copy all that the metrics are made of. 0 or FG_ENOMEM. */
int control_metrics(struct control *c, struct metrics *m);
/* Obey the roles of these settings. */
void control_settle(struct control *c, struct conf *conf);
struct retain_order;
/* Note which rows somebody needs. */
void control_needs(struct control *c, struct retain_order *o);
void control_free(struct control *c);

#endif
