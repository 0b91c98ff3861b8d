/*
 * source.h: where blocks come from: an open store, the directory of a closed
 * one, an archive. verify reads all of them in this way.
 */
#ifndef FG_STORE_SOURCE_H
#define FG_STORE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "store/block.h"

struct store_chain;

/* A block; borrowed until the callback returns. */
struct block_at {
	uint64_t seg; /* first sequence of its segment: its file's name */
	uint64_t key;
	const void *p;
	size_t n;
	bool damaged;  /* what could be made out of a damaged file */
	bool archived; /* it is in an archive */
};

/* Non-zero stops. */
typedef int (*block_cb)(void *arg, const struct block_at *b);
/* A record of a file; non-zero stops. */
typedef int (*record_cb)(void *arg, const void *key, size_t klen,
    const void *value, size_t len);

/* A table of a source. */
struct source_table {
	unsigned number; /* BLOCK_TABLE_STATE, enum store_table ... */
	char name[STORE_NAME_MAX + 1];
	uint64_t incarnation; /* 0: not known */
	uint64_t last; /* what is behind is not to be looked at; UINT64_MAX:
	                * all is */
	uint64_t kept; /* the oldest segment that META says is archived */
	uint64_t gone; /* segments up to this one were deleted for good, as META
	                * says; 0: it does not */
};

struct block_source;

struct block_source_ops {
	/* Blocks of a table with keys from ... to, ascending. 0, what cb
	 * returned, or FG_E* with why: all before the bad place was given. */
	int (*blocks)(struct block_source *s, const struct source_table *t,
	    uint64_t from, uint64_t to, block_cb cb, void *arg);
	/* The chain file of the first segment at or behind first, to be closed
	 * by the caller; NULL: there is none. *seg: of that segment. */
	FILE *(*chain)(struct block_source *s, const struct source_table *t,
	    uint64_t first, uint64_t *seg);
	/* Records of META, SESSION, DICT, TABLE, FIX_OUT_INDEX.n: 0, what cb
	 * returned, FG_ENOENT: there is no such file, or FG_E* with why. NULL:
	 * it has none. */
	int (*records)(struct block_source *s, const char *file, record_cb cb,
	    void *arg);
	/* The number of the first file "NAME.n" with n >= first; 0: none. May be
	 * NULL where records is. */
	uint64_t (*next)(struct block_source *s, const char *name,
	    uint64_t first);
	void (*close)(struct block_source *s);
};

struct block_source {
	const struct block_source_ops *ops;
	char uuid[37]; /* "": not known */
	struct source_table *table;
	size_t n_table;
	bool partial;  /* it is a part of a store, and has no more than rows */
	struct buf uuids; /* of all that it is of, 37 bytes each; or none */
	struct buf wrong; /* what was found as it was opened: two texts each,
	                   * of which file, and what */
	bool replayed; /* so is its log, if it was not closed */
	bool moving; /* there is no SESSION that fits the rows */
	char why[STORE_ERR_MAX]; /* of the last failure */
};

/* A closed store, and its archives; archive NULL: they are in it; over: of
 * source_replay, or NULL. Nothing is written. 0 and *out owned, or FG_E* and a
 * text: FG_EBUSY: a process has it. */
int source_dir_open(struct block_source **out, const char *path,
    const char *archive, const char *over, char err[STORE_ERR_MAX]);
/* Replay the log of a store that was not closed, and that no process has, on a
 * copy of what it changes, in a new folder of tmp: *out, owned; *bytes of it. 0,
 * or FG_E* and a text. */
int source_replay(char **out, const char *path, const char *tmp,
    uint64_t *bytes, char err[STORE_ERR_MAX]);
/* Remove the folder; frees its name. NULL is legal. */
void source_replay_remove(char *dir);
/* An open one, on disk, as it is now; path is the store's. Rows of commits up to
 * *commit are all there. META and SESSION are those of one moment. 0 or FG_E*. */
int source_store_open(struct block_source **out, struct store *st,
    struct store_chain *ch, const char *path, uint64_t *commit);
/* Archives without their store: a file or a folder of them. 0 and *out owned, or
 * FG_E* and a text. */
int source_arc_open(struct block_source **out, const char *path,
    char err[STORE_ERR_MAX]);
static inline void
source_close(struct block_source *s)
{
	if (s != NULL)
		s->ops->close(s);
}

/* The lowest number from first on of files "name.n" and suffix; 0: none. */
uint64_t source_next_number(const char *dir, const char *name, uint64_t first,
    const char *suffix);
/* Append a table; its last is UINT64_MAX. 0 or FG_ENOMEM. */
int source_add_table(struct block_source *s, unsigned number, const char *name,
    uint64_t incarnation);

#endif
