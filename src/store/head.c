#include "store/head.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/err.h"

#define SIGNATURE      64 /* bytes of Ed25519's */
#define SIGNATURE_TEXT 88 /* of base64 */
#define WORD           "fixgate-head 1"
#define TIME_DIGITS    9

struct head_key {
	EVP_PKEY *pkey;
};

/* ---- keys ---- */

static int
wrap(struct head_key **out, EVP_PKEY *pkey)
{
	struct head_key *k = NULL;
	int err = pkey == NULL ? FG_EFORMAT : EVP_PKEY_get_id(pkey) !=
	    EVP_PKEY_ED25519 ? FG_EINVAL : 0;

	if (err == 0 && (k = calloc(1, sizeof(*k))) == NULL)
		err = FG_ENOMEM;
	if (err != 0) {
		EVP_PKEY_free(pkey);
		return err;
	}
	k->pkey = pkey;
	*out = k;
	return 0;
}

/* Nobody is there to be asked for a passphrase. */
static int
no_passphrase(char *to, int n, int writing, void *arg)
{
	(void)to;
	(void)n;
	(void)writing;
	(void)arg;
	return 0;
}

static int
from_file(struct head_key **out, const char *path, bool private,
    char text[STORE_ERR_MAX])
{
	FILE *f = fopen(path, "re");
	int err;

	if (f == NULL) {
		snprintf(text, STORE_ERR_MAX, "key %s: %s", path,
		    strerror(errno));
		return fg_errno(errno);
	}
	err = wrap(out, private ? PEM_read_PrivateKey(f, NULL,
	    no_passphrase, NULL) : PEM_read_PUBKEY(f, NULL, NULL, NULL));
	fclose(f);
	if (err == FG_EFORMAT)
		snprintf(text, STORE_ERR_MAX, "key %s: has no %s key in PEM; "
		    "%s", path, private ? "private" : "public", private
		    ? "openssl genpkey -algorithm ed25519 makes one"
		    : "openssl pkey -pubout makes it of the private one");
	else if (err == FG_EINVAL)
		snprintf(text, STORE_ERR_MAX, "key %s: is no Ed25519 key",
		    path);
	else if (err != 0)
		snprintf(text, STORE_ERR_MAX, "key %s: %s", path,
		    fg_strerror(err));
	return err;
}

int
head_key_private(struct head_key **out, const char *path,
    char text[STORE_ERR_MAX])
{
	return from_file(out, path, true, text);
}

int
head_key_public(struct head_key **out, const char *path,
    char text[STORE_ERR_MAX])
{
	return from_file(out, path, false, text);
}

int
head_key_from_pem(struct head_key **out, const char *pem, size_t n)
{
	BIO *b = BIO_new_mem_buf(pem, (int)n);
	int err = FG_ENOMEM;

	if (b != NULL)
		err = wrap(out, PEM_read_bio_PUBKEY(b, NULL, NULL, NULL));
	BIO_free(b);
	return err;
}

int
head_key_pem(const struct head_key *k, struct buf *out)
{
	BIO *b = BIO_new(BIO_s_mem());
	char *p;
	long n;
	int err = FG_ENOMEM;

	if (b != NULL && PEM_write_bio_PUBKEY(b, k->pkey) == 1 &&
	    (n = BIO_get_mem_data(b, &p)) > 0)
		err = buf_add(out, p, (size_t)n);
	BIO_free(b);
	return err;
}

void
head_key_free(struct head_key *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_free(k->pkey);
	free(k);
}

/* ---- lines ---- */

static int
sign(char to[SIGNATURE_TEXT + 1], const char *text, size_t n,
    const struct head_key *k)
{
	unsigned char sig[SIGNATURE];
	size_t len = sizeof(sig);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool ok = c != NULL &&
	    EVP_DigestSignInit(c, NULL, NULL, NULL, k->pkey) == 1 &&
	    EVP_DigestSign(c, sig, &len, (const unsigned char *)text, n) == 1;

	EVP_MD_CTX_free(c);
	if (!ok)
		return FG_EIO;
	EVP_EncodeBlock((unsigned char *)to, sig, (int)len);
	return 0;
}

static bool
fits(const char *text, size_t n, const char *base64, const struct head_key *k)
{
	unsigned char sig[SIGNATURE_TEXT], again[SIGNATURE_TEXT + 1];
	EVP_MD_CTX *c;
	bool ok;

	if (strlen(base64) != SIGNATURE_TEXT || EVP_DecodeBlock(sig,
	    (const unsigned char *)base64, SIGNATURE_TEXT) < SIGNATURE)
		return false;
	EVP_EncodeBlock(again, sig, SIGNATURE);
	if (memcmp(again, base64, SIGNATURE_TEXT) != 0)
		return false;
	c = EVP_MD_CTX_new();
	ok = c != NULL &&
	    EVP_DigestVerifyInit(c, NULL, NULL, NULL, k->pkey) == 1 &&
	    EVP_DigestVerify(c, sig, SIGNATURE, (const unsigned char *)text,
	    n) == 1;
	EVP_MD_CTX_free(c);
	return ok;
}

int
head_line(char to[HEAD_LINE_MAX], const struct head *h,
    const struct head_key *k)
{
	char time[WALL_TEXT_MAX + 1], hash[CHAIN_HASH_TEXT];
	char sig[SIGNATURE_TEXT + 1] = "-";
	int n, err = 0;

	time[wall_format(time, h->time, TIME_DIGITS)] = '\0';
	chain_hash_text(hash, h->hash);
	n = snprintf(to, HEAD_LINE_MAX, WORD " %s %s %s %" PRIu64 " %" PRIu64
	    " %" PRIu64 " %s", time, h->uuid, h->table, h->incarnation,
	    h->seq, h->commit, hash);
	if (k != NULL)
		err = sign(sig, to, (size_t)n, k);
	if (err == 0)
		snprintf(to + n, HEAD_LINE_MAX - (size_t)n, " %s\n", sig);
	return err;
}

static bool
get_hash(unsigned char to[CHAIN_HASH], const char *text)
{
	unsigned v;
	size_t i;

	if (strlen(text) != 2 * CHAIN_HASH)
		return false;
	for (i = 0; i < CHAIN_HASH; i++) {
		if (sscanf(text + 2 * i, "%2x", &v) != 1)
			return false;
		to[i] = (unsigned char)v;
	}
	return true;
}

int
head_parse(struct head *h, const char *line, size_t n,
    const struct head_key *k)
{
	char text[HEAD_LINE_MAX], time[64], hash[80], sig[100];
	int at = -1, end = -1;

	if (n == 0 || n >= sizeof(text) || memchr(line, '\0', n) != NULL)
		return FG_EGARBLED;
	memcpy(text, line, n);
	text[n] = '\0';
	*h = (struct head){ 0 };
	if (sscanf(text, WORD " %63s %36s %40s %" SCNu64 " %" SCNu64 " %"
	    SCNu64 " %79s%n %99s%n", time, h->uuid, h->table, &h->incarnation,
	    &h->seq, &h->commit, hash, &at, sig, &end) != 8 || end == -1 ||
	    (size_t)end != n || wall_parse(time, strlen(time), &h->time) != 0
	    || !get_hash(h->hash, hash))
		return FG_EGARBLED;
	h->has_signature = strcmp(sig, "-") != 0;
	h->good = h->has_signature && k != NULL && fits(text, (size_t)at, sig,
	    k);
	return 0;
}

/* ---- many ---- */

static int
add(struct heads *hs, const struct head *h)
{
	size_t cap = hs->cap == 0 ? 64 : hs->cap * 2;
	struct head *v;

	if (hs->n == hs->cap) {
		v = realloc(hs->v, cap * sizeof(*v));
		if (v == NULL)
			return FG_ENOMEM;
		hs->v = v;
		hs->cap = cap;
	}
	hs->v[hs->n++] = *h;
	return 0;
}

int
heads_read(struct heads *hs, FILE *f, const struct head_key *k)
{
	char line[HEAD_LINE_MAX];
	struct head h;
	size_t n;
	int err = 0;

	while (err == 0 && fgets(line, sizeof(line), f) != NULL) {
		n = strcspn(line, "\n");
		if (head_parse(&h, line, n, k) == 0)
			err = add(hs, &h);
		else
			hs->garbled++;
	}
	return err != 0 ? err : ferror(f) ? FG_EIO : 0;
}

static int
by_place(const void *a, const void *b)
{
	const struct head *x = a, *y = b;
	int c = strcmp(x->table, y->table);

	if (c != 0)
		return c;
	if (x->seq != y->seq)
		return x->seq < y->seq ? -1 : 1;
	return x->time.ns < y->time.ns ? -1 : x->time.ns > y->time.ns;
}

void
heads_kept(struct heads *hs)
{
	size_t i;

	for (i = 0; i < hs->n; i++)
		hs->v[i].kept = true;
}

void
heads_sort(struct heads *hs)
{
	if (hs->n != 0)
		qsort(hs->v, hs->n, sizeof(*hs->v), by_place);
}

void
heads_free(struct heads *hs)
{
	free(hs->v);
	*hs = (struct heads){ 0 };
}
