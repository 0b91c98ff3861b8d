#include "gateway/sign.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/num.h"
#include "log/log.h"

#define KEY_MAX       4096 /* bytes of a key file */
#define SIGNATURE_MAX 64   /* bytes; both kinds have less, or as many */
#define TEXT_MAX      (2 * SIGNATURE_MAX + 1) /* of it as base64 or hex */
#define SOH           '\001'

struct sign {
	const struct conf_section *sec;
	const char *logon_fields;
};

/* What the Logon says that is not in the settings. */
struct logon_says {
	const char *sending_time;
	uint64_t seq;
};

static int
why(char err[SIGN_ERR_MAX], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err, SIGN_ERR_MAX, fmt, ap);
	va_end(ap);
	return FG_EINVAL;
}

/* ---- the text that is signed ---- */

/* A field of complete fields, "553=me" SOH "554=secret" SOH; NULL: none. */
static const char *
find_field(const char *fields, uint64_t tag, size_t *n)
{
	const char *p = fields, *eq;
	uint64_t t;

	while (p != NULL && *p != '\0') {
		eq = strchr(p, '=');
		if (eq == NULL)
			break;
		*n = strcspn(eq + 1, "\001");
		if (num_parse_u64(p, (size_t)(eq - p), &t) == 0 && t == tag)
			return eq + 1;
		p = eq + 1 + *n;
		p += *p == SOH;
	}
	return NULL;
}

static int
add_setting(struct buf *to, const struct sign *g, enum conf_key key)
{
	const char *text = conf_str(g->sec, key);

	return text == NULL ? FG_ENOENT : buf_puts(to, text);
}

/* The value of a field of the Logon. FG_ENOENT: it has none of that tag. */
static int
add_field(struct buf *to, const struct sign *g, uint64_t tag,
    const struct logon_says *says)
{
	const char *p;
	size_t n;

	switch (tag) {
	case 8:
		return add_setting(to, g, CONF_BeginString);
	case 34:
		return buf_printf(to, "%" PRIu64, says->seq);
	case 35:
		return buf_puts(to, "A");
	case 49:
		return add_setting(to, g, CONF_SenderCompID);
	case 50:
		return add_setting(to, g, CONF_SenderSubID);
	case 52:
		return buf_puts(to, says->sending_time);
	case 56:
		return add_setting(to, g, CONF_TargetCompID);
	case 57:
		return add_setting(to, g, CONF_TargetSubID);
	case 98:
		return buf_puts(to, "0");
	case 108:
		return add_setting(to, g, CONF_HeartBtInt);
	default:
		p = find_field(g->logon_fields, tag, &n);
		return p == NULL ? FG_ENOENT : buf_add(to, p, n);
	}
}

/* {TAG} is a field, '|' is SOH, all else stands for itself. */
static int
fill(struct buf *to, const struct sign *g, const struct logon_says *says,
    char err[SIGN_ERR_MAX])
{
	const char *p = conf_str(g->sec, CONF_LogonSignatureTemplate), *end;
	uint64_t tag;
	int bad = 0;

	for (; *p != '\0' && bad == 0; p++) {
		if (*p != '{') {
			bad = buf_add(to, *p == '|' ? "\001" : p, 1);
			continue;
		}
		end = strchr(p, '}');
		if (end == NULL || num_parse_u64(p + 1, (size_t)(end - p - 1),
		    &tag) != 0)
			return why(err, "LogonSignatureTemplate: {TAG} names a "
			    "field of the Logon by its number, as {52}; here "
			    "is %.20s", p);
		bad = add_field(to, g, tag, says);
		if (bad == FG_ENOENT)
			return why(err, "LogonSignatureTemplate: the Logon has "
			    "no field %" PRIu64 "; LogonTag=%" PRIu64
			    "=... adds one", tag, tag);
		p = end;
	}
	return bad;
}

/* ---- the signature ---- */

/* The content of the key file; its length, or -1 and err. */
static ssize_t
read_key(const struct sign *g, char key[KEY_MAX], char err[SIGN_ERR_MAX])
{
	const char *path = conf_path(g->sec, CONF_LogonSignatureKeyFile);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd == -1 ? -1 : read(fd, key, KEY_MAX);

	if (n == -1)
		why(err, "LogonSignatureKeyFile: %s: %s", path,
		    strerror(errno));
	if (fd != -1)
		close(fd);
	if (n != KEY_MAX && n != 0)
		return n;
	why(err, "LogonSignatureKeyFile: %s: %s", path, n == 0 ? "is empty" :
	    "is no key: it is too long");
	return -1;
}

/* Of a secret that is a line of text. */
static int
sign_hmac(const char *key, size_t n, bool base64, const struct buf *text,
    unsigned char out[SIGNATURE_MAX], size_t *len, char err[SIGN_ERR_MAX])
{
	unsigned char secret[KEY_MAX];
	unsigned done = 0;
	int size;

	while (n > 0 && (key[n - 1] == '\n' || key[n - 1] == '\r'))
		n--;
	memcpy(secret, key, n);
	size = (int)n;
	if (base64) {
		size = n % 4 != 0 ? -1 : EVP_DecodeBlock(secret,
		    (const unsigned char *)key, (int)n);
		if (size < 0)
			return why(err, "LogonSignatureKeyFile: its line is "
			    "no base64; LogonSignature=hmac-sha256 takes it "
			    "as it is");
		while (n > 0 && key[--n] == '=')
			size--;
	}
	if (HMAC(EVP_sha256(), secret, size, (const unsigned char *)text->p,
	    text->len, out, &done) == NULL)
		done = 0;
	OPENSSL_cleanse(secret, sizeof(secret));
	*len = done;
	return done != 0 ? 0 : why(err, "LogonSignature: HMAC failed");
}

/* Of a private key in PEM. */
static int
sign_ed25519(const char *key, size_t n, const struct buf *text,
    unsigned char out[SIGNATURE_MAX], size_t *len, char err[SIGN_ERR_MAX])
{
	BIO *bio = BIO_new_mem_buf(key, (int)n);
	EVP_PKEY *pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	*len = SIGNATURE_MAX;
	ok = pkey != NULL && ctx != NULL &&
	    EVP_PKEY_get_id(pkey) == EVP_PKEY_ED25519 &&
	    EVP_DigestSignInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
	    EVP_DigestSign(ctx, out, len, (const unsigned char *)text->p,
	        text->len) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	BIO_free(bio);
	return ok ? 0 : why(err, "LogonSignatureKeyFile: has no Ed25519 "
	    "private key without a password; openssl genpkey -algorithm "
	    "ed25519 makes one");
}

static void
encode(const struct sign *g, const unsigned char *p, size_t n,
    char out[TEXT_MAX])
{
	size_t i;

	if (conf_enum(g->sec, CONF_LogonSignatureEncoding) ==
	    CONF_SIGN_BASE64) {
		EVP_EncodeBlock((unsigned char *)out, p, (int)n);
		return;
	}
	for (i = 0; i < n; i++)
		snprintf(out + 2 * i, 3, "%02x", p[i]);
}

/* 0, or FG_E* and err. */
static int
sign(const struct sign *g, const struct logon_says *says, char out[TEXT_MAX],
    char err[SIGN_ERR_MAX])
{
	enum conf_signature kind =
	    (enum conf_signature)conf_enum(g->sec, CONF_LogonSignature);
	unsigned char signature[SIGNATURE_MAX];
	struct buf text = { 0 };
	char key[KEY_MAX];
	size_t len = 0;
	ssize_t n = -1;
	int bad = fill(&text, g, says, err);

	if (bad == FG_ENOMEM)
		why(err, "LogonSignature: %s", fg_strerror(bad));
	if (bad == 0)
		n = read_key(g, key, err);
	if (n == -1)
		bad = FG_EINVAL;
	else if (kind == CONF_SIGN_ED25519)
		bad = sign_ed25519(key, (size_t)n, &text, signature, &len,
		    err);
	else
		bad = sign_hmac(key, (size_t)n, kind == CONF_SIGN_HMAC_BASE64,
		    &text, signature, &len, err);
	if (bad == 0)
		encode(g, signature, len, out);
	OPENSSL_cleanse(key, sizeof(key));
	if (text.p != NULL)
		OPENSSL_cleanse(text.p, text.len); /* it may have a password */
	buf_free(&text);
	return bad;
}

/* ---- both ends ---- */

struct sign *
sign_new(const struct conf_section *sec, const char *logon_fields,
    char err[SIGN_ERR_MAX])
{
	const struct logon_says says = { "20260101-00:00:00", 1 };
	struct sign *g = calloc(1, sizeof(*g));
	char text[TEXT_MAX];

	if (g == NULL) {
		why(err, "%s", fg_strerror(FG_ENOMEM));
		return NULL;
	}
	g->sec = sec;
	g->logon_fields = logon_fields;
	if (sign(g, &says, text, err) == 0)
		return g;
	free(g);
	return NULL;
}

void
sign_free(struct sign *g)
{
	free(g);
}

void
sign_logon(void *arg, const char *sending_time, uint64_t seq,
    char out[SESS_SIGNATURE_MAX])
{
	const struct sign *g = arg;
	const struct logon_says says = { sending_time, seq };
	int64_t tag = conf_int(g->sec, CONF_LogonSignatureTag);
	char text[TEXT_MAX], err[SIGN_ERR_MAX];

	out[0] = '\0';
	if (sign(g, &says, text, err) != 0)
		log_event(LOG_LEVEL_ERROR, "sign", conf_name(g->sec),
		    "the Logon is not signed: %s", err);
	else if (tag == 96) /* data, with its length */
		snprintf(out, SESS_SIGNATURE_MAX, "95=%zu\00196=%s\001",
		    strlen(text), text);
	else
		snprintf(out, SESS_SIGNATURE_MAX, "%" PRId64 "=%s\001", tag,
		    text);
}
