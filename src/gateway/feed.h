/* feed.h: rows of a table as ROWS messages of fixgate-link(7): what READ and
 * TAIL answer. */
#ifndef FG_GATEWAY_FEED_H
#define FG_GATEWAY_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "gateway/join.h"
#include "gateway/match.h"
#include "gateway/tables.h"
#include "link/link.h"
#include "store/index.h"
#include "store/store.h"

#define FEED_ROWS  1000         /* looked at for one ROWS */
#define FEED_BYTES (256 * 1024) /* of their data */
/* The same, if only some rows of them are wanted. */
#define FEED_SCAN_ROWS  10000
#define FEED_SCAN_BYTES (4 * 1024 * 1024)
/* How far a clock may have gone back for SINCE and UNTIL to be exact. */
#define FEED_CLOCK_SLACK (600 * NS_PER_S)

/* Which rows, and for which request. */
struct feed_ask {
	uint64_t ref;
	enum store_table table;
	uint32_t session; /* 0: all */
	bool no_admin;    /* not those of session-level messages */
	uint64_t after;
	uint64_t max;     /* rows in the message, 1 or more */
	struct join *join; /* borrowed; NULL: none */
	struct match match; /* not of joined rows */
};

struct feed_got {
	uint64_t n;    /* rows in the message */
	uint64_t upto; /* the last row that was looked at */
};

/* What one thread that packs needs. */
struct feed;

/* Returns owned; NULL: no memory. tables may be NULL. */
struct feed *feed_new(struct store *st, const struct tables *tables);
void feed_free(struct feed *f);
/* Where to look up rows with a value; borrowed; NULL: nowhere. */
void feed_use_index(struct feed *f, struct store_index *ix);
/* Append one ROWS to out. 0 or FG_E*: nothing was appended. */
int feed_pack(struct feed *f, const struct feed_ask *ask, struct buf *out,
    struct feed_got *got);

/* Where to begin so that the first row is the oldest one whose TIMESTAMP is
 * ns or later: *after is the sequence before it. If the clock went back there
 * are several such places, and this is one of them. 0 or FG_E*. */
int feed_find_time(struct store *st, enum store_table t, int64_t ns,
    uint64_t *after);

#endif
