/*
 * clocks.h: is our clock right? SendingTimes of all counterparties say what
 * theirs are; if most of them agree that ours is off, they will be refused for
 * it, one like the other.
 */
#ifndef FG_GATEWAY_CLOCKS_H
#define FG_GATEWAY_CLOCKS_H

struct gateway;
struct clocks;

/* Look at them from time to time, and write it to the log when they begin to
 * disagree, and when they agree again. Returns owned, NULL: no memory. */
struct clocks *clocks_new(struct gateway *g);
void clocks_free(struct clocks *c); /* NULL is legal */

#endif
