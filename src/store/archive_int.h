/* archive_int.h: what the writer and the reader of archive files share. */
#ifndef FG_STORE_ARCHIVE_INT_H
#define FG_STORE_ARCHIVE_INT_H

#include "store/archive.h"
#include "store/impl.h"

#define ARCHIVE_MAGIC   "fgarc\r\n\032"
#define ARCHIVE_END     "fgarcend"
#define ARCHIVE_MAGIC_N 8
#define ARCHIVE_VERSION 1
#define ARCHIVE_HASH    32 /* bytes of a SHA-256 */
#define ARCHIVE_TRAILER (8 + 4 + 4 + ARCHIVE_HASH + ARCHIVE_MAGIC_N)
#define ARCHIVE_INDEX_HEAD 72 /* bytes before the sections */
#define ARCHIVE_FRAME   (8 + 4 + 4 + 8 + 8 + 4) /* bytes of one in the index */
#define ARCHIVE_RANGE   (4 + 4 + 4 + 8 + 8)
#define ARCHIVE_RAW     (1u << 20)  /* bytes of blocks of one frame, about */
#define ARCHIVE_RAW_MAX (200u << 20) /* a frame has one block at least */

/* Parts behind the blocks, each a frame of its own. The numbers are on disk. */
enum archive_section {
	ARCHIVE_NAMES,
	ARCHIVE_DICTS,
	ARCHIVE_DEFINITION,
	ARCHIVE_RANGES,
	ARCHIVE_CHAIN,
	ARCHIVE_SECTIONS,
};

/* Where a frame is. */
struct archive_frame {
	uint64_t at;
	uint32_t packed, raw;
	uint64_t first, last; /* sequences */
	uint32_t blocks;
};

/* What a frame of FIX_OUT has of a session and epoch. */
struct archive_range {
	uint32_t session, epoch, frame;
	uint64_t first, last; /* MsgSeqNum */
};

struct archive_part {
	uint64_t at, raw;
	uint32_t packed;
};

/* An unpacked frame, shared by count. */
struct archive_loaded {
	atomic_uint refs;
	size_t frame, n;
	char p[];
};

struct archive {
	char *path;
	int fd;
	struct archive_info info;
	struct archive_part section[ARCHIVE_SECTIONS];
	struct archive_frame *frame;
	size_t n_frame;
	struct archive_range *range; /* by session, epoch, frame */
	size_t n_range;
	struct buf names, definition;
	pthread_mutex_t lock; /* of: */
	struct archive_loaded *last;
};

/* ---- archive.c ---- */

int archive_bytes(const struct archive *a, uint64_t at, void *to, size_t n);
/* Unpack what is there into to, which has room for exactly raw bytes. */
int archive_unpack(const struct archive *a, uint64_t at, uint32_t packed,
    void *to, size_t raw);
/* The error as text; returns it. */
int archive_say(const char *path, int err, char text[STORE_ERR_MAX]);
int archive_by_session(const void *x, const void *y);

/* ---- archive_read.c ---- */

void archive_let_go(struct archive_loaded *l);
/* For the store: as bdb_read and bdb_read_out of one segment. *more: false if
 * it is not to go on with the next one. */
int archive_read(struct archive *a, uint64_t from, uint64_t to,
    struct store_reader *r, uint64_t *upto, bool *more);
int archive_read_out(struct archive *a, struct store_out *o,
    struct store_reader *r);
/* Does it have a row of o's session and epoch with o->next or before? */
bool archive_out_before(const struct archive *a, const struct store_out *o);
/* Does it have one of the range? */
bool archive_out_has(const struct archive *a, const struct store_out *o);

#endif
