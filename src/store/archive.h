/*
 * archive.h: the blocks of one sealed segment in a compressed file that stands
 * for itself: with the names, dictionaries and definition that its rows need,
 * and the file of its hash chain. Its format is in archive_write.c.
 */
#ifndef FG_STORE_ARCHIVE_H
#define FG_STORE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "store/store.h"

#define ARCHIVE_SUFFIX ".arc"
#define ARCHIVE_UUID   37

struct archive_info {
	char uuid[ARCHIVE_UUID]; /* of the store */
	unsigned table;
	char name[STORE_NAME_MAX + 1]; /* of the table */
	uint64_t incarnation;
	uint64_t segment; /* number in its name */
	uint64_t first, last; /* sequences; of STATE: commits. 0: no block */
	uint64_t rows, blocks;
	uint64_t first_commit, last_commit;
	wall_t since, until; /* of the oldest and newest row */
	uint64_t raw;   /* bytes of blocks */
	uint64_t bytes; /* of the file */
};

/* ---- writing: one thread ---- */

struct archive_writer;

/* Make the file path; of about, what is known before the blocks. 0 and *out
 * owned, or FG_E*. */
int archive_create(struct archive_writer **out, const char *path,
    const struct archive_info *about);
/* Blocks in the order of their keys. */
int archive_add(struct archive_writer *w, const void *block, size_t n);
/* Does a row so far have it? */
bool archive_has_session(const struct archive_writer *w, uint32_t id);
bool archive_has_dict(const struct archive_writer *w, uint32_t id);
/* What the rows need, after the last block. */
int archive_add_session(struct archive_writer *w, uint32_t id,
    const char *name);
int archive_add_dict(struct archive_writer *w, uint32_t id, const char *name,
    const void *text, size_t n);
int archive_add_definition(struct archive_writer *w, const char *text);
int archive_add_chain(struct archive_writer *w, const void *p, size_t n);
/* Write the rest and flush it to the disk. Frees w. On an error the file is
 * removed. */
int archive_finish(struct archive_writer *w);
/* Remove the file; frees w. NULL is legal. */
void archive_abandon(struct archive_writer *w);

/* ---- reading: any thread ---- */

struct archive;

/* 0 and *out owned, or FG_E* and a text that names the file. The index is
 * checked, not yet each byte (archive_check). */
int archive_open(struct archive **out, const char *path,
    char err[STORE_ERR_MAX]);
void archive_close(struct archive *a); /* NULL is legal */
/* Of which store is the file, whole or not? 0, FG_ENOENT, FG_EPARTIAL (it has not
 * even that), FG_EINVAL (it is no archive) or another FG_E*. */
int archive_whose(const char *path, char uuid[ARCHIVE_UUID]);
const struct archive_info *archive_info(const struct archive *a);
const char *archive_path(const struct archive *a);
/* Read the whole file: are its bytes what was written, is each block whole and
 * in its place. 0, or FG_E* and a text. */
int archive_check(struct archive *a, char err[STORE_ERR_MAX]);

/* Blocks with rows from ... on, ascending; cb returns non-zero to stop. 0 or
 * FG_E*. */
typedef int (*archive_block_cb)(void *arg, const void *block, size_t n);
int archive_blocks(struct archive *a, uint64_t from, archive_block_cb cb,
    void *arg);

/* Rows > after, as store_read. */
int archive_rows(struct archive *a, uint64_t after, size_t max_rows,
    size_t max_bytes, store_row_cb cb, void *arg, uint64_t *upto);

/* The name of a session, or NULL; the definition of the table ("" if it has
 * none): valid until archive_close. */
const char *archive_session(const struct archive *a, uint32_t id);
const char *archive_definition(const struct archive *a);
/* Append a dictionary's text, and its name if asked: 0, FG_ENOENT or other FG_E*. */
int archive_dict(struct archive *a, uint32_t id, struct buf *out,
    struct buf *name);
/* Append the file of the hash chain: nothing, if there was none. */
int archive_chain(struct archive *a, struct buf *out);

#endif
