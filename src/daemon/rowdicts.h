/*
 * rowdicts.h: the dictionaries under which rows were accepted, fetched over a
 * link once each (DICT_GET), and which of them a session has for headers and
 * trailers (SESSIONS). All on the loop's thread.
 */
#ifndef FG_DAEMON_ROWDICTS_H
#define FG_DAEMON_ROWDICTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/remote.h"
#include "dict/dict.h"

struct rowdicts;

/* stream is put into the requests, as STREAM; NULL: none is. ready is called
 * when an answer came. Returns owned; NULL: no memory. Pointers are
 * borrowed. */
struct rowdicts *rowdicts_new(struct remote *r, const char *stream,
    void (*ready)(void *arg), void *arg);
void rowdicts_free(struct rowdicts *rd);

/* The connection is a new one. source is that of the rows' table: another
 * store has other dictionaries. */
void rowdicts_up(struct rowdicts *rd, const char *source);
/* Ask for the sessions again: their settings may have been changed. */
void rowdicts_refresh(struct rowdicts *rd);

/*
 * The dictionaries of a row by its DICT_ID and CONNECTION_NAME. true: here they
 * are, NULL if they cannot be had; valid until rowdicts_up. false: they have
 * been asked for.
 */
bool rowdicts_get(struct rowdicts *rd, uint32_t id, const char *session,
    size_t len, const struct dict **transport, const struct dict **app);

#endif
