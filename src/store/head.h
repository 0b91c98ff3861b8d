/*
 * head.h: heads: where the chain of a table was at some time, as a line of text
 * that can be signed (Ed25519) and kept elsewhere.
 *
 *	fixgate-head 1 TIME UUID TABLE INCARNATION SEQUENCE COMMIT HASH SIGNATURE
 *
 * The signature, in base64, is of the bytes of the line before it, without the
 * space; "-": it is not signed.
 */
#ifndef FG_STORE_HEAD_H
#define FG_STORE_HEAD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/clock.h"
#include "store/chain_hash.h"
#include "store/store.h"

#define HEAD_LINE_MAX 512
#define HEAD_FILE     "HEADS" /* in CHAIN */

struct head_key; /* private or public */

/* From a PEM file; of an Ed25519 key. 0 or FG_E* and a text that names the file
 * and says what to do. */
int head_key_private(struct head_key **out, const char *path,
    char err[STORE_ERR_MAX]);
int head_key_public(struct head_key **out, const char *path,
    char err[STORE_ERR_MAX]);
/* The public key as PEM text: 0 or FG_E*; and back. */
int head_key_pem(const struct head_key *k, struct buf *out);
int head_key_from_pem(struct head_key **out, const char *pem, size_t n);
void head_key_free(struct head_key *k); /* NULL is legal */

struct head {
	wall_t time;
	char uuid[37];
	char table[STORE_NAME_MAX + 1];
	uint64_t incarnation, seq, commit;
	unsigned char hash[CHAIN_HASH];
	bool has_signature;
	bool good; /* the signature fits the key that was given */
	bool kept; /* it was kept elsewhere, and given */
};

/* The line, with its newline; k NULL: not signed. 0 or FG_E*. */
int head_line(char to[HEAD_LINE_MAX], const struct head *h,
    const struct head_key *k);
/* The other way round; k may be NULL. 0 or FG_EGARBLED. */
int head_parse(struct head *h, const char *line, size_t n,
    const struct head_key *k);

/* Heads, by table, sequence and time. */
struct heads {
	struct head *v;
	size_t n, cap;
	size_t garbled; /* lines that are none */
};

/* Add those of a file. 0 or FG_E*. */
int heads_read(struct heads *hs, FILE *f, const struct head_key *k);
/* All that there are so far were kept elsewhere. */
void heads_kept(struct heads *hs);
void heads_sort(struct heads *hs);
void heads_free(struct heads *hs);

#endif
