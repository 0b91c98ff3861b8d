/*
 * copy.h: files are copied so that what has a name is whole and on the disk: to
 * a temporary name, flushed, renamed; with its SHA-256.
 */
#ifndef FG_STORE_COPY_H
#define FG_STORE_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/backup.h"

#define COPY_SHA_TEXT 65   /* bytes of a SHA-256 as text, with its NUL */
#define COPY_PATH_MAX 4096

/* A copy under way; all-zero but for why and work. */
struct copy {
	const struct store_work *work; /* may be NULL */
	char *why;                     /* STORE_ERR_MAX bytes: the first error */
	uint64_t done, total;          /* of all files, for work */
	uint64_t bytes;                /* written */
	int fd;                        /* of the file under way */
	uint64_t unflushed;
	void *sha;
	char path[COPY_PATH_MAX];
};

/* What is kept of a file: its length and the hash of it. */
struct copy_sum {
	uint64_t size;
	char sha[COPY_SHA_TEXT];
};

/* Say why, unless it was said; returns err. */
int copy_why(struct copy *c, int err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* So many more bytes of total are done. 0, or FG_ECLOSED: give up. */
int copy_at(struct copy *c, size_t n);
/* dir/name, or dir/sub/name; FG_ELIMIT if too long. */
int copy_path(struct copy *c, char out[COPY_PATH_MAX], const char *dir,
    const char *sub, const char *name);

/* Write a file piece by piece, from its start on. copy_end: the file has its
 * name, or err is not 0, and nothing is left of it. 0 or FG_E*. */
int copy_begin(struct copy *c, const char *to);
int copy_add(struct copy *c, const void *p, size_t n);
int copy_end(struct copy *c, int err, struct copy_sum *out);

/* Copy at most max bytes of a file; pages: they are pages of Berkeley DB, and
 * each has to be whole. FG_EDAMAGED: one is not. */
int copy_file(struct copy *c, const char *from, const char *to, uint64_t max,
    bool pages, struct copy_sum *out);
/* The same without writing: what does the file's beginning hash to? The file
 * may have less than size. */
int copy_hash(struct copy *c, const char *path, uint64_t size,
    struct copy_sum *out);
/* Of bytes in memory. */
int copy_sum_of(struct copy *c, const void *p, size_t n, struct copy_sum *out);
/* A file with this text. */
int copy_text(struct copy *c, const char *to, const char *text, size_t n);
/* Flush the names of a directory. */
int copy_sync_dir(struct copy *c, const char *dir);
/* Remove a directory of files and these files. */
void copy_remove_dir(const char *dir);

#endif
