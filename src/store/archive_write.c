/*
 * archive_write.c: an archive file. All numbers are big-endian; a frame is a
 * frame of Zstandard.
 *
 *	magic 8, version 4, zero 4, UUID text 36, table 1, incarnation 8,
 *	number of the segment 8, name's length 1, name
 *	frames of about 1 MiB of blocks each, as block.c has them
 *	frames of other things ("sections"):
 *	    names         id 4, name, NUL; each
 *	    dictionaries  id 4, name, NUL, length 8, text; each
 *	    definition    the columns of a declared table
 *	    ranges        session 4, epoch 4, number of the frame 4, first and
 *	                  last MsgSeqNum 8, 8; each; of FIX_OUT, ascending
 *	    chain         the file of the hash chain
 *	a frame with the index:
 *	    rows 8, blocks 8, first and last sequence 8, 8, first and last
 *	    commit 8, 8, time of the oldest and the newest row 8, 8, bytes of
 *	    blocks 8
 *	    for each section: offset 8, bytes 4, unpacked 8
 *	    for each frame: offset 8, bytes 4, unpacked 4, first and last
 *	    sequence 8, 8, number of blocks 4
 *	offset of the index 8, its bytes 4, unpacked 4, SHA-256 of all before 32,
 *	magic 8
 *
 * What can be read of it without the store that it is from is all of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <zstd.h>

#include "base/err.h"
#include "store/archive_int.h"
#include "store/block.h"

#define LEVEL 3 /* of the compression */
#define FLUSH_BYTES (8u << 20) /* so that the end is no burst of writes */

/* A set of ids. */
struct ids {
	unsigned char *bit;
	size_t n; /* bytes */
};

struct archive_writer {
	char *path;
	int fd;
	uint64_t at; /* bytes written */
	uint64_t flushed;
	struct archive_info info;
	EVP_MD_CTX *hash;
	ZSTD_CCtx *zstd;
	struct buf raw, packed, index, ranges, names, dicts;
	struct buf section[ARCHIVE_SECTIONS]; /* its place, for the index */
	struct archive_frame frame; /* that is being filled */
	uint32_t frames;
	struct block_pack range; /* ranges of that frame; no rows */
	struct ids sessions, dict_ids;
	int err;
};

static void
put_be(struct archive_writer *w, struct buf *b, uint64_t v, unsigned n)
{
	char to[8];
	unsigned i;

	for (i = n; i-- > 0; v >>= 8)
		to[i] = (char)(v & 255);
	if (w->err == 0)
		w->err = buf_add(b, to, n);
}

static void
put(struct archive_writer *w, struct buf *b, const void *p, size_t n)
{
	if (w->err == 0)
		w->err = buf_add(b, p, n);
}

/* ---- the file ---- */

static void
put_file(struct archive_writer *w, const void *v, size_t n)
{
	const char *p = v;
	ssize_t done;

	if (w->err == 0 && EVP_DigestUpdate(w->hash, v, n) != 1)
		w->err = FG_ENOMEM;
	while (w->err == 0 && n > 0) {
		done = write(w->fd, p, n);
		if (done == -1 && errno != EINTR)
			w->err = fg_errno(errno);
		if (done <= 0)
			continue;
		p += done;
		n -= (size_t)done;
		w->at += (uint64_t)done;
	}
	if (w->at - w->flushed >= FLUSH_BYTES && w->err == 0) {
		if (fdatasync(w->fd) == -1)
			w->err = fg_errno(errno);
		w->flushed = w->at;
	}
}

/* Pack n bytes and write them; returns how many they became. */
static uint32_t
put_packed(struct archive_writer *w, const void *p, size_t n)
{
	size_t bound = ZSTD_compressBound(n), len;

	w->packed.len = 0;
	if (w->err == 0)
		w->err = buf_reserve(&w->packed, bound);
	if (w->err != 0)
		return 0;
	len = ZSTD_compress2(w->zstd, w->packed.p, w->packed.cap, p, n);
	if (ZSTD_isError(len) || len > UINT32_MAX) {
		w->err = FG_ENOMEM;
		return 0;
	}
	put_file(w, w->packed.p, len);
	return (uint32_t)len;
}

int
archive_create(struct archive_writer **out, const char *path,
    const struct archive_info *about)
{
	struct archive_writer *w = calloc(1, sizeof(*w));
	struct buf head = { 0 };
	size_t n = strlen(about->name);
	int err;

	if (w == NULL)
		return FG_ENOMEM;
	w->info = *about;
	w->fd = -1;
	w->path = strdup(path);
	w->hash = EVP_MD_CTX_new();
	w->zstd = ZSTD_createCCtx();
	if (w->path == NULL || w->hash == NULL || w->zstd == NULL ||
	    EVP_DigestInit_ex(w->hash, EVP_sha256(), NULL) != 1 ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(w->zstd,
	    ZSTD_c_compressionLevel, LEVEL)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_checksumFlag,
	    1)))
		w->err = FG_ENOMEM;
	if (w->err == 0) {
		w->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
		    0640);
		w->err = w->fd == -1 ? fg_errno(errno) : 0;
	}
	put(w, &head, ARCHIVE_MAGIC, ARCHIVE_MAGIC_N);
	put_be(w, &head, ARCHIVE_VERSION, 4);
	put_be(w, &head, 0, 4);
	put(w, &head, about->uuid, 36);
	put_be(w, &head, about->table, 1);
	put_be(w, &head, about->incarnation, 8);
	put_be(w, &head, about->segment, 8);
	put_be(w, &head, n, 1);
	put(w, &head, about->name, n);
	put_file(w, head.p, head.len);
	buf_free(&head);
	err = w->err;
	if (err != 0)
		archive_abandon(w);
	else
		*out = w;
	return err;
}

static void
free_writer(struct archive_writer *w)
{
	size_t i;

	if (w->fd != -1)
		close(w->fd);
	for (i = 0; i < ARCHIVE_SECTIONS; i++)
		buf_free(&w->section[i]);
	buf_free(&w->raw);
	buf_free(&w->packed);
	buf_free(&w->index);
	buf_free(&w->ranges);
	buf_free(&w->names);
	buf_free(&w->dicts);
	block_pack_free(&w->range);
	free(w->sessions.bit);
	free(w->dict_ids.bit);
	EVP_MD_CTX_free(w->hash);
	ZSTD_freeCCtx(w->zstd);
	free(w->path);
	free(w);
}

void
archive_abandon(struct archive_writer *w)
{
	if (w == NULL)
		return;
	if (w->fd != -1)
		unlink(w->path);
	free_writer(w);
}

/* ---- blocks ---- */

static void
set_id(struct archive_writer *w, struct ids *s, uint32_t id)
{
	size_t n = (size_t)id / 8 + 1, cap;
	unsigned char *p;

	if (id == 0)
		return;
	if (n > s->n) {
		cap = n < s->n * 2 ? s->n * 2 : n + 64;
		p = realloc(s->bit, cap);
		if (p == NULL) {
			w->err = FG_ENOMEM;
			return;
		}
		memset(p + s->n, 0, cap - s->n);
		s->bit = p;
		s->n = cap;
	}
	s->bit[id / 8] |= (unsigned char)(1u << id % 8);
}

static bool
has_id(const struct ids *s, uint32_t id)
{
	return id / 8 < s->n && (s->bit[id / 8] & 1u << id % 8) != 0;
}

bool
archive_has_session(const struct archive_writer *w, uint32_t id)
{
	return has_id(&w->sessions, id);
}

bool
archive_has_dict(const struct archive_writer *w, uint32_t id)
{
	return has_id(&w->dict_ids, id);
}

static void
put_ranges(struct archive_writer *w)
{
	const struct block_range *r;
	size_t i;

	for (i = 0; i < w->range.n_range; i++) {
		r = &w->range.range[i];
		put_be(w, &w->ranges, r->session, 4);
		put_be(w, &w->ranges, r->epoch, 4);
		put_be(w, &w->ranges, w->frames, 4);
		put_be(w, &w->ranges, r->first, 8);
		put_be(w, &w->ranges, r->last, 8);
	}
	block_pack_clear(&w->range);
}

/* Write the frame that was filled. */
static void
end_frame(struct archive_writer *w)
{
	struct archive_frame *f = &w->frame;

	if (f->blocks == 0)
		return;
	f->at = w->at;
	f->raw = (uint32_t)w->raw.len;
	f->packed = put_packed(w, w->raw.p, w->raw.len);
	put_be(w, &w->index, f->at, 8);
	put_be(w, &w->index, f->packed, 4);
	put_be(w, &w->index, f->raw, 4);
	put_be(w, &w->index, f->first, 8);
	put_be(w, &w->index, f->last, 8);
	put_be(w, &w->index, f->blocks, 4);
	put_ranges(w);
	w->frames++;
	w->raw.len = 0;
	*f = (struct archive_frame){ 0 };
}

static void
note_row(struct archive_writer *w, const struct store_row *row)
{
	struct archive_info *i = &w->info;

	if (i->rows++ == 0 || row->time.ns < i->since.ns)
		i->since = row->time;
	if (i->rows == 1 || row->time.ns > i->until.ns)
		i->until = row->time;
	set_id(w, &w->sessions, row->session);
	set_id(w, &w->dict_ids, row->dict);
	if (i->table == STORE_FIX_OUT &&
	    block_pack_range(&w->range, row) != 0)
		w->err = FG_ENOMEM;
}

int
archive_add(struct archive_writer *w, const void *block, size_t n)
{
	struct archive_info *i = &w->info;
	struct block_rows b;
	struct store_row row;
	uint64_t last;
	uint32_t k;
	int err = w->err;

	if (err == 0)
		err = block_open(&b, block, n);
	if (err == 0 && (b.head.table != i->table || n > ARCHIVE_RAW_MAX ||
	    (i->blocks != 0 && (b.head.first <= i->last ||
	    b.head.commit < i->last_commit))))
		err = FG_EDAMAGED;
	if (err != 0)
		return w->err = err;
	if (w->raw.len != 0 && w->raw.len + n > ARCHIVE_RAW)
		end_frame(w);
	for (k = 0; k < b.head.rows && w->err == 0; k++) {
		err = block_row(&b, k, &row);
		if (err != 0)
			return w->err = err;
		note_row(w, &row);
	}
	last = b.head.rows == 0 ? b.head.first
	    : b.head.first + b.head.rows - 1;
	if (i->blocks++ == 0) {
		i->first = b.head.first;
		i->first_commit = b.head.commit;
	}
	i->last = last;
	i->last_commit = b.head.commit;
	i->raw += n;
	if (w->frame.blocks++ == 0)
		w->frame.first = b.head.first;
	w->frame.last = last;
	put(w, &w->raw, block, n);
	return w->err;
}

/* ---- what else ---- */

int
archive_add_session(struct archive_writer *w, uint32_t id, const char *name)
{
	put_be(w, &w->names, id, 4);
	put(w, &w->names, name, strlen(name) + 1);
	return w->err;
}

int
archive_add_dict(struct archive_writer *w, uint32_t id, const char *name,
    const void *text, size_t n)
{
	put_be(w, &w->dicts, id, 4);
	put(w, &w->dicts, name, strlen(name) + 1);
	put_be(w, &w->dicts, n, 8);
	put(w, &w->dicts, text, n);
	return w->err;
}

static void
put_section(struct archive_writer *w, enum archive_section s, const void *p,
    size_t n)
{
	uint64_t at;
	uint32_t packed;

	end_frame(w);
	at = w->at;
	packed = n == 0 ? 0 : put_packed(w, p, n);
	w->section[s].len = 0;
	put_be(w, &w->section[s], at, 8);
	put_be(w, &w->section[s], packed, 4);
	put_be(w, &w->section[s], n, 8);
}

int
archive_add_definition(struct archive_writer *w, const char *text)
{
	put_section(w, ARCHIVE_DEFINITION, text, strlen(text));
	return w->err;
}

int
archive_add_chain(struct archive_writer *w, const void *p, size_t n)
{
	put_section(w, ARCHIVE_CHAIN, p, n);
	return w->err;
}

static void
put_index(struct archive_writer *w)
{
	const struct archive_info *i = &w->info;
	struct buf all = { 0 }, end = { 0 };
	unsigned char hash[EVP_MAX_MD_SIZE];
	uint64_t at = w->at;
	uint32_t packed;
	unsigned n;
	size_t s;

	put_be(w, &all, i->rows, 8);
	put_be(w, &all, i->blocks, 8);
	put_be(w, &all, i->first, 8);
	put_be(w, &all, i->last, 8);
	put_be(w, &all, i->first_commit, 8);
	put_be(w, &all, i->last_commit, 8);
	put_be(w, &all, (uint64_t)i->since.ns, 8);
	put_be(w, &all, (uint64_t)i->until.ns, 8);
	put_be(w, &all, i->raw, 8);
	for (s = 0; s < ARCHIVE_SECTIONS; s++)
		put(w, &all, w->section[s].p, w->section[s].len);
	put(w, &all, w->index.p, w->index.len);
	packed = put_packed(w, all.p, all.len);
	put_be(w, &end, at, 8);
	put_be(w, &end, packed, 4);
	put_be(w, &end, all.len, 4);
	put_file(w, end.p, end.len);
	if (w->err == 0 && EVP_DigestFinal_ex(w->hash, hash, &n) != 1)
		w->err = FG_ENOMEM;
	end.len = 0;
	put(w, &end, hash, ARCHIVE_HASH);
	put(w, &end, ARCHIVE_END, ARCHIVE_MAGIC_N);
	EVP_DigestInit_ex(w->hash, EVP_sha256(), NULL);
	put_file(w, end.p, end.len);
	buf_free(&all);
	buf_free(&end);
}

int
archive_finish(struct archive_writer *w)
{
	int err;

	end_frame(w);
	put_section(w, ARCHIVE_NAMES, w->names.p, w->names.len);
	put_section(w, ARCHIVE_DICTS, w->dicts.p, w->dicts.len);
	put_section(w, ARCHIVE_RANGES, w->ranges.p, w->ranges.len);
	if (w->section[ARCHIVE_DEFINITION].len == 0)
		put_section(w, ARCHIVE_DEFINITION, "", 0);
	if (w->section[ARCHIVE_CHAIN].len == 0)
		put_section(w, ARCHIVE_CHAIN, "", 0);
	put_index(w);
	if (w->err == 0 && fsync(w->fd) == -1)
		w->err = fg_errno(errno);
	err = w->err;
	if (err != 0)
		archive_abandon(w);
	else
		free_writer(w);
	return err;
}
