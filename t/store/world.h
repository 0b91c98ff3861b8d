/* world.h: a store of one of the back ends, for the tests. */
#ifndef T_STORE_WORLD_H
#define T_STORE_WORLD_H

#include <pthread.h>

#include "store/store.h"

enum { WORLD_MEM, WORLD_NONE, WORLD_WRITTEN, WORLD_SYNCED, WORLDS };

struct world {
	int kind;
	struct store *st;
	struct store_cfg cfg;
	char dir[64];
	char err[STORE_ERR_MAX];
	pthread_mutex_t lock;
	pthread_cond_t moved;
	bool held;               /* the store thread stops before it flushes */
	const char *fail_step;   /* this step fails ... */
	int fail_err;            /* ... with it */
	unsigned fail_after;     /* ... after so many that do not */
};

/* Make an empty store; fails the test if it cannot. */
void world_open(struct world *w, int kind);
/* Close and open again, with the cfg as it is now. */
void world_reopen(struct world *w);
/* Close, remove the files. */
void world_close(struct world *w);
/* Remove a directory and all that is in it. */
void world_rmdir(const char *dir);

/* Hold / let go the durable mark; only mem and synced can. */
bool world_can_hold(const struct world *w);
void world_hold(struct world *w);
void world_release(struct world *w);
/* Wait until the commit is durable, or the store failed. */
void world_settle(struct world *w, uint64_t commit);
/* Wait until the store failed; returns why. */
int world_failed(struct world *w);

/* Commit one row of a session with text; returns the commit. */
uint64_t world_put(struct world *w, enum store_table t, uint32_t session,
    uint64_t num, const char *text);
/* The id of a session. */
uint32_t world_session(struct world *w, const char *name);

/* Rows read, as text: "seq:num:data " each. */
struct world_rows {
	char text[8192];
	size_t n;
	uint64_t last;
	unsigned stop_at; /* the callback stops after so many; 0: never */
};

int world_row(void *arg, const struct store_row *row);
/* All rows of a table after a sequence / of a session's FIX_OUT. */
const char *world_read(struct world *w, enum store_table t, uint64_t after,
    struct world_rows *r);
const char *world_read_out(struct world *w, uint32_t session, uint32_t epoch,
    uint64_t first, uint64_t last, struct world_rows *r);

#endif
