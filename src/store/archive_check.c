/* archive_check.c: is an archive file what was written? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/err.h"
#include "store/archive_int.h"

#define COPY_BYTES (256u << 10)

static int
check_hash(const struct archive *a)
{
	unsigned char want[ARCHIVE_HASH], got[EVP_MAX_MD_SIZE];
	uint64_t at = 0, end = a->info.bytes - ARCHIVE_HASH - ARCHIVE_MAGIC_N;
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	char *p = malloc(COPY_BYTES);
	size_t n;
	int err = 0;

	if (md == NULL || p == NULL ||
	    EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1)
		err = FG_ENOMEM;
	for (; err == 0 && at < end; at += n) {
		n = end - at < COPY_BYTES ? (size_t)(end - at) : COPY_BYTES;
		err = archive_bytes(a, at, p, n);
		if (err == 0 && EVP_DigestUpdate(md, p, n) != 1)
			err = FG_ENOMEM;
	}
	if (err == 0 && EVP_DigestFinal_ex(md, got, NULL) != 1)
		err = FG_ENOMEM;
	if (err == 0)
		err = archive_bytes(a, end, want, sizeof(want));
	if (err == 0 && memcmp(want, got, sizeof(want)) != 0)
		err = FG_EDAMAGED;
	EVP_MD_CTX_free(md);
	free(p);
	return err;
}

struct check {
	const struct archive *a;
	uint64_t blocks, rows, raw, last, commit;
	struct block_pack pack; /* sessions of the frame so far */
	uint32_t frame;
	struct buf ranges;      /* struct archive_range, of the frames before */
	int err;
};

/* ---- what is found by: its parts have to fit the rows ---- */

static int
end_frame(struct check *k)
{
	const struct block_range *g = k->pack.range;
	struct archive_range r;
	size_t i;
	int err = 0;

	for (i = 0; i < k->pack.n_range && err == 0; i++) {
		r = (struct archive_range){ .session = g[i].session,
			.epoch = g[i].epoch, .frame = k->frame,
			.first = g[i].first, .last = g[i].last };
		err = buf_add(&k->ranges, &r, sizeof(r));
	}
	block_pack_clear(&k->pack);
	return err;
}

/* The frame of a block, which is the one before or a later one. */
static int
enter_frame(struct check *k, uint64_t first, uint64_t last)
{
	const struct archive *a = k->a;
	int err = 0;

	while (err == 0 && k->frame < a->n_frame && first > a->frame[k->frame]
	    .last) {
		err = end_frame(k);
		k->frame++;
	}
	return err != 0 ? err : k->frame < a->n_frame && first >= a->frame[
	    k->frame].first && last <= a->frame[k->frame].last ? 0
	    : FG_EDAMAGED;
}

static int
check_ranges(struct check *k)
{
	const struct archive *a = k->a;
	struct archive_range *r;
	size_t i, n;
	int err = end_frame(k);

	r = (struct archive_range *)(void *)k->ranges.p;
	n = k->ranges.len / sizeof(*r);
	if (err != 0 || a->info.table != STORE_FIX_OUT)
		return err;
	if (n != a->n_range)
		return FG_EDAMAGED;
	if (n != 0)
		qsort(r, n, sizeof(*r), archive_by_session);
	for (i = 0; i < n; i++)
		if (archive_by_session(&r[i], &a->range[i]) != 0 ||
		    r[i].first != a->range[i].first ||
		    r[i].last != a->range[i].last)
			return FG_EDAMAGED;
	return 0;
}

static int
check_block(void *arg, const void *p, size_t n)
{
	struct check *k = arg;
	struct block_rows b;
	struct store_row row;
	uint32_t i;

	k->err = block_open(&b, p, n);
	if (k->err == 0 && k->blocks != 0 && (b.head.first <= k->last ||
	    b.head.commit < k->commit))
		k->err = FG_EDAMAGED;
	if (k->err == 0)
		k->err = enter_frame(k, b.head.first,
		    block_head_last(&b.head));
	for (i = 0; k->err == 0 && i < b.head.rows; i++) {
		k->err = block_row(&b, i, &row);
		if (k->err == 0 && k->a->info.table == STORE_FIX_OUT)
			k->err = block_pack_range(&k->pack, &row);
	}
	if (k->err != 0)
		return 1;
	k->blocks++;
	k->rows += b.head.rows;
	k->raw += n;
	k->commit = b.head.commit;
	k->last = b.head.first + (b.head.rows == 0 ? 0 : b.head.rows - 1);
	return 0;
}

int
archive_check(struct archive *a, char text[STORE_ERR_MAX])
{
	const struct archive_info *i = &a->info;
	struct check k = { .a = a };
	int err = check_hash(a);

	if (err != 0) {
		snprintf(text, STORE_ERR_MAX, "%.400s: %s", a->path, err ==
		    FG_EDAMAGED ? "its bytes are not those that were written "
		    "(SHA-256); restore the file from a copy"
		    : fg_strerror(err));
		return err;
	}
	err = archive_blocks(a, 0, check_block, &k);
	if (err == 0)
		err = k.err;
	if (err == 0 && (k.blocks != i->blocks || k.rows != i->rows ||
	    k.raw != i->raw || k.last != i->last ||
	    k.commit != i->last_commit))
		err = FG_EDAMAGED;
	if (err == 0)
		err = check_ranges(&k);
	block_pack_free(&k.pack);
	buf_free(&k.ranges);
	return err == 0 ? 0 : archive_say(a->path, err, text);
}
