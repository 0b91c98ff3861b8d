/* Is an archive file what was written? */
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
	int err;
};

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
	for (i = 0; k->err == 0 && i < b.head.rows; i++)
		k->err = block_row(&b, i, &row);
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
	return err == 0 ? 0 : archive_say(a->path, err, text);
}
