/*
 * segment.h: the files that the tables of a store are in, and how old ones leave
 * it: sealed, archived (archive.h), and deleted for good. Reading goes on
 * meanwhile, and does not see the difference.
 *
 * All calls are legal on any thread, one of them at a time. t is a table's
 * number, or 0: commits without a row, of which "rows" are the numbers.
 */
#ifndef FG_STORE_SEGMENT_H
#define FG_STORE_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

struct store_segment {
	uint64_t number;      /* in the names of its files */
	uint64_t first, last; /* rows; 0: it has none */
	uint64_t rows;        /* roughly, of one that is not archived */
	uint64_t last_commit;
	wall_t since, until;  /* of the oldest and the newest row; 0: none */
	uint64_t bytes;       /* of its files */
	bool hot;             /* rows are still added */
	bool archived;
	bool missing;         /* its archive is not where archives are */
};

/* The first segment of a table with that number or a higher one. 0, FG_ENOENT
 * or another FG_E*. */
int store_segment(struct store *st, unsigned t, uint64_t number,
    struct store_segment *out);

/* Rows to come go to a new segment, if the last one has any. 0, FG_EBUSY (rows
 * come in too fast for it now) or another FG_E*. */
int store_seal(struct store *st, unsigned t);
/* From now on: seal what was begun on an earlier day (UTC), with the next row. */
void store_seal_daily(struct store *st, bool yes);

struct store_archive_how {
	/* Called now and then: bytes done; non-zero ends it, FG_ECLOSED. May be
	 * NULL. */
	int (*at)(void *arg, uint64_t bytes);
	void *arg;
	unsigned rest; /* pause so many times as long as it works */
};

/*
 * Archive a sealed segment, the oldest that is not archived: its rows are then
 * in ArchivePath, and the files of the segment are gone. *out: as archived. 0;
 * FG_ESTATE: it is not sealed, or not the oldest; FG_ECLOSED; or another FG_E*:
 * the segment is as it was. With a text.
 */
int store_archive(struct store *st, unsigned t, uint64_t number,
    const struct store_archive_how *how, struct store_segment *out,
    char err[STORE_ERR_MAX]);

/* Delete the oldest segment of a table, which is archived, and its chain, for
 * good. 0, FG_ESTATE (it is not archived) or another FG_E*, with a text. */
int store_archive_drop(struct store *st, unsigned t, uint64_t number,
    char err[STORE_ERR_MAX]);

/* Rows before this one were deleted for good; 1: none were. */
uint64_t store_kept_from(struct store *st, unsigned t);
/* The table's name, and STATE for 0. */
const char *store_segment_table(struct store *st, unsigned t);
/* What is archived of a table: files, and their bytes. */
void store_archived(struct store *st, unsigned t, uint64_t *files,
    uint64_t *bytes);

/* What is archived of all tables, and can be read. */
struct store_archive_sum {
	uint64_t files, bytes;
	uint64_t rows;
	wall_t since; /* of the oldest row; 0: there is none */
};
void store_archive_sum(struct store *st, struct store_archive_sum *out);

#endif
