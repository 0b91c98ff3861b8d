/* verify_int.h: what the parts of verify share. */
#ifndef FG_STORE_VERIFY_INT_H
#define FG_STORE_VERIFY_INT_H

#include "base/buf.h"
#include "store/verify.h"

/* The newest state of a session or mark that blocks have. */
struct verify_state {
	uint64_t commit;
	struct store_state s;
};

struct verify {
	const struct verify_cfg *cfg;
	struct block_source *src;
	struct verify_result *r;
	struct chain_hash *hash;
	bool cancelled;
	const struct head *closed; /* when it was, if nobody had it since */
	bool is_other; /* the chain has another store's identity: it was said */
	bool unclean; /* not closed: its log may have more than its files */
	struct verify_index *index; /* of FIX_OUT, while that is read */

	bool has_meta;
	struct buf was; /* UUIDs before restores, 37 bytes each */

	/* Commits: a bit for each that was seen; what is up to floor may be in
	 * what is not kept any more. */
	struct buf seen;
	uint64_t last_commit, floor;
	/* Up to states_at, the commit that SESSION is of. */
	uint64_t states_at;
	struct verify_state *state; /* id - 1 */
	size_t n_state;
	uint32_t dicts, sessions; /* highest ids that there are */
};

void verify_say_bad(struct verify *v, const char *table, uint64_t row,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void verify_note(struct verify *v, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- verify_table.c ---- */

/* 0 or FG_E*. */
int verify_table(struct verify *v, const struct source_table *t);

/* ---- verify_index.c: of FIX_OUT; 0 or FG_E* ---- */

int verify_index_begin(struct verify *v, const struct source_table *t);
int verify_index_block(struct verify *v, const struct block_at *b);
/* whole: all blocks were as they have to be. */
int verify_index_end(struct verify *v, bool whole);

/* ---- verify_rest.c ---- */

/* What has to be known of the other files before the blocks are read. */
int verify_rest_before(struct verify *v);
/* A block that was read: its states, its dictionaries. Returns the row whose
 * dictionary is unknown, or 0. 0 or FG_ENOMEM in *err. */
int verify_rest_block(struct verify *v, const struct block_at *b);
/* SESSION, DICT and the commits, when all were read. */
int verify_rest_after(struct verify *v);

#endif
