/*
 * wire.h: the connection to fixgated or another process of fixgate: whole
 * messages out and in, with poll(2). For programs that have nothing else to do
 * meanwhile.
 */
#ifndef FG_CTL_WIRE_H
#define FG_CTL_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link/link.h"

#define WIRE_ERR_MAX 512 /* bytes of an error text */

struct wire;

/* Connect and exchange HELLOs; to a path, or an address as below. Returns owned,
 * or NULL and err, which says what to do. */
struct wire *wire_open(const char *path, char err[WIRE_ERR_MAX]);
/* The same to another process, at an address of fixgate-lua(5); program is its
 * name, static. */
struct wire *wire_open_process(const char *where, const char *program,
    char err[WIRE_ERR_MAX]);
/* Is it an address (unix:, tcp:, tls:), no path? */
bool wire_is_address(const char *where);
void wire_close(struct wire *w);
/* Why the last call failed. */
const char *wire_error(const struct wire *w);

/* Start a message; put its DETAILS (a map) to what is returned, then wire_end.
 * *ref, if asked, is the SOURCE_REF that its answer will carry. */
struct link_out *wire_begin(struct wire *w, const char *type, uint64_t *ref);
/* The same for a message about an earlier one, with its SOURCE_REF. */
struct link_out *wire_begin_ref(struct wire *w, const char *type,
    uint64_t ref);
/* Queue it. 0 or FG_E*. */
int wire_end(struct wire *w);

/*
 * Write what is queued and wait: until messages came, or fd is readable (if it
 * is not -1; then *ready), or the time is over, or a signal came. 0 or FG_E*;
 * FG_ETIMEOUT after timeout_ms (-1: never); FG_EPARTIAL after a signal.
 */
int wire_wait(struct wire *w, int fd, bool *ready, int timeout_ms);
/* The next message that came: 1, valid until the next call of wire_wait or
 * wire_next; 0: none; or FG_E*. */
int wire_next(struct wire *w, struct link_msg *m);
/* Both, until a message is there. 0 or FG_E*. */
int wire_recv(struct wire *w, struct link_msg *m);

/* "the gateway", or the program. */
const char *wire_peer(const struct wire *w);

#endif
