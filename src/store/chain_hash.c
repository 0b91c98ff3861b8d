#include "store/chain_hash.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/err.h"

#define MULTIPLY 0x9e3779b97f4a7c15ULL /* odd: no two words are taken for one */
#define ENDS     4                     /* bytes of the end of a row */

struct chain_hash {
	EVP_MD *md;
	EVP_MD_CTX *ctx;
};

struct chain_hash *
chain_hash_new(void)
{
	struct chain_hash *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->md = EVP_MD_fetch(NULL, "SHA256", NULL);
	c->ctx = EVP_MD_CTX_new();
	if (c->md == NULL || c->ctx == NULL ||
	    EVP_DigestInit_ex2(c->ctx, c->md, NULL) != 1) {
		chain_hash_free(c);
		return NULL;
	}
	return c;
}

void
chain_hash_free(struct chain_hash *c)
{
	if (c == NULL)
		return;
	EVP_MD_CTX_free(c->ctx);
	EVP_MD_free(c->md);
	free(c);
}

int
chain_hash_block(struct chain_hash *c, unsigned char h[CHAIN_HASH],
    uint64_t key, const void *p, size_t n)
{
	unsigned char head[CHAIN_HASH + sizeof(key)];

	memcpy(head, h, CHAIN_HASH);
	key = htobe64(key);
	memcpy(head + CHAIN_HASH, &key, sizeof(key));
	if (EVP_DigestInit_ex2(c->ctx, NULL, NULL) != 1 ||
	    EVP_DigestUpdate(c->ctx, head, sizeof(head)) != 1 ||
	    EVP_DigestUpdate(c->ctx, p, n) != 1 ||
	    EVP_DigestFinal_ex(c->ctx, h, NULL) != 1)
		return FG_ENOMEM;
	return 0;
}

void
chain_hash_text(char text[CHAIN_HASH_TEXT], const unsigned char h[CHAIN_HASH])
{
	static const char digit[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < CHAIN_HASH; i++) {
		text[2 * i] = digit[h[i] >> 4];
		text[2 * i + 1] = digit[h[i] & 15];
	}
	text[2 * CHAIN_HASH] = '\0';
}

/* Each step can be undone, so no single change of a byte is lost on the way. */
static uint64_t
mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * MULTIPLY;
	return h ^ h >> 29;
}

uint32_t
chain_check(uint64_t seed, const void *p, size_t n)
{
	uint64_t h = mix(seed, n), word;
	const char *at = p;

	for (; n >= sizeof(word); n -= sizeof(word), at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		h = mix(h, htobe64(word));
	}
	if (n != 0) {
		word = 0;
		memcpy(&word, at, n);
		h = mix(h, htobe64(word));
	}
	return (uint32_t)(h ^ h >> 32);
}

static uint32_t
get32(const char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return be32toh(v);
}

/* A block that was changed may say anything of itself. */
size_t
chain_checks(uint32_t check[BLOCK_ROWS_MAX], uint64_t key, const void *v,
    size_t n)
{
	const char *p = v;
	uint64_t before, rows, from, to = 0;
	uint32_t i, n_rows;

	if (n < BLOCK_HEAD) {
		check[0] = chain_check(key, p, n);
		return 1;
	}
	n_rows = get32(p + 4);
	before = BLOCK_HEAD + (uint64_t)get32(p + 16) * BLOCK_STATE;
	rows = before + (uint64_t)n_rows * ENDS;
	if (n_rows == 0 || n_rows > BLOCK_ROWS_MAX || rows > n) {
		check[0] = chain_check(key, p, n);
		return 1;
	}
	for (i = 0; i < n_rows; i++) {
		from = i == 0 ? 0 : to;
		to = get32(p + before + (size_t)i * ENDS);
		if (to > n - rows)
			to = n - rows;
		if (to < from)
			to = from;
		check[i] = chain_check(i == 0 ? chain_check(key, p, rows) : key,
		    p + rows + from, to - from);
	}
	return n_rows;
}
