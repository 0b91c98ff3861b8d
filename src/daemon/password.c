#include "daemon/password.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/err.h"

#define COST_N    16384
#define COST_R    8
#define COST_P    1
#define SALT      16
#define KEY       32
#define N_MAX     (1u << 20)
#define R_MAX     32
#define P_MAX     16
#define BYTES_MAX (256u << 20)

struct cost {
	unsigned n, r, p;
};

static int
derive(const struct cost *c, const char *password, size_t n,
    const unsigned char salt[SALT], unsigned char key[KEY])
{
	return EVP_PBE_scrypt(password, n, salt, SALT, c->n, c->r, c->p,
	    BYTES_MAX, key, KEY) == 1 ? 0 : FG_ENOMEM;
}

static void
put_hex(char *out, const unsigned char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		snprintf(out + 2 * i, 3, "%02x", p[i]);
}

/* n bytes from 2 n digits, and what follows them; NULL: they are not there. */
static const char *
get_hex(unsigned char *p, size_t n, const char *text)
{
	unsigned byte;
	size_t i;

	for (i = 0; i < n; i++) {
		if (strspn(text, "0123456789abcdef") < 2 ||
		    sscanf(text, "%2x", &byte) != 1)
			return NULL;
		p[i] = (unsigned char)byte;
		text += 2;
	}
	return text;
}

int
password_hash(char out[PASSWORD_TEXT_MAX], const char *password, size_t n)
{
	const struct cost cost = { COST_N, COST_R, COST_P };
	unsigned char salt[SALT], key[KEY];
	size_t len;

	if (n == 0 || n > PASSWORD_MAX)
		return FG_EINVAL;
	if (RAND_bytes(salt, SALT) != 1 ||
	    derive(&cost, password, n, salt, key) != 0)
		return FG_ENOMEM;
	len = (size_t)snprintf(out, PASSWORD_TEXT_MAX, "scrypt:%u:%u:%u:",
	    cost.n, cost.r, cost.p);
	put_hex(out + len, salt, SALT);
	len += 2 * (size_t)SALT;
	out[len++] = ':';
	put_hex(out + len, key, KEY);
	OPENSSL_cleanse(key, sizeof(key));
	return 0;
}

static bool
is_bearable(const struct cost *c)
{
	return c->n >= 2 && c->n <= N_MAX && (c->n & (c->n - 1)) == 0 &&
	    c->r >= 1 && c->r <= R_MAX && c->p >= 1 && c->p <= P_MAX &&
	    (uint64_t)c->n * c->r * 128 < BYTES_MAX;
}

int
password_check(const char *text, const char *password, size_t n)
{
	unsigned char salt[SALT], key[KEY], want[KEY];
	struct cost c;
	int at = 0, err;

	if (sscanf(text, "scrypt:%7u:%2u:%2u:%n", &c.n, &c.r, &c.p, &at) != 3 ||
	    at == 0 || !is_bearable(&c))
		return FG_EINVAL;
	text = get_hex(salt, SALT, text + at);
	if (text == NULL || *text != ':')
		return FG_EINVAL;
	text = get_hex(want, KEY, text + 1);
	if (text == NULL || *text != '\0')
		return FG_EINVAL;
	err = derive(&c, password, n > PASSWORD_MAX ? 0 : n, salt, key);
	if (err != 0)
		return err;
	err = n > 0 && n <= PASSWORD_MAX &&
	    CRYPTO_memcmp(key, want, KEY) == 0;
	OPENSSL_cleanse(key, sizeof(key));
	return err;
}
