/* tls.c: the settings of TLS, whichever engine's names they have. */
#include <string.h>

#include "conf/internal.h"

/* QuickFIX's CertificateVerifyLevel. */
enum level { LEVEL_NONE, LEVEL_REQUIRED, LEVEL_OPTIONAL };

/* How the versions are written: QuickFIX's, QuickFIX/J's, QuickFIX/n's. */
static const struct {
	const char *words;
	unsigned versions;
} spelling[] = {
	{ "TLSv1.2|TLSv1_2|TLS1.2|TLSv12|TLS12", TLS_1_2 },
	{ "TLSv1.3|TLSv1_3|TLS1.3|TLSv13|TLS13", TLS_1_3 },
	{ "all|TLS|Default|None", TLS_1_2 | TLS_1_3 },
	/* Known, and not spoken. */
	{ "SSLv2|SSLv3|SSLv2Hello|SSL2|SSL3|Ssl30|TLSv1|TLSv1.0|TLSv1.1|"
	    "TLSv1_1|TLS1|TLS10|TLS11", 0 },
};

static bool
add_version(const char *p, size_t n, unsigned *versions)
{
	char word[16], sign = '+';
	const char *canon;
	size_t i, len;

	if (n > 0 && (*p == '+' || *p == '-')) {
		sign = *p++;
		n--;
	}
	if (n >= sizeof(word))
		return false;
	memcpy(word, p, n);
	word[n] = '\0';
	for (i = 0; i < sizeof(spelling) / sizeof(spelling[0]); i++)
		if (schema_word(spelling[i].words, word, &canon, &len) >= 0) {
			if (sign == '+')
				*versions |= spelling[i].versions;
			else
				*versions &= ~spelling[i].versions;
			return true;
		}
	return false;
}

/* "TLSv1.2,TLSv1.3", "all -SSLv2", "Tls12|Tls13". */
bool
tls_versions(const char *value, int64_t *versions)
{
	static const char *const between = ", |:\t";
	unsigned found = 0;
	size_t n;

	for (; *value != '\0'; value += n) {
		value += strspn(value, between);
		n = strcspn(value, between);
		if (n > 0 && !add_version(value, n, &found))
			return false;
	}
	*versions = found;
	return found != 0;
}

static bool
is_on(const struct conf_section *s)
{
	return conf_bool(s, CONF_SocketUseSSL) ||
	    conf_enum(s, CONF_TLSProfile) == CONF_TLS_FIXS;
}

static bool
has_trust(const struct tls_cfg *t)
{
	return t->ca_file != NULL || t->ca_dir != NULL || t->truststore != NULL;
}

static enum tls_verify
verify_of(const struct conf_section *s, const struct tls_cfg *t)
{
	if (conf_enum(s, CONF_TLSProfile) == CONF_TLS_FIXS)
		return TLS_VERIFY_REQUIRED;
	if (conf_is_set(s, CONF_CertificateVerifyLevel))
		switch ((enum level)conf_int(s, CONF_CertificateVerifyLevel)) {
		case LEVEL_NONE:
			return TLS_VERIFY_NONE;
		case LEVEL_REQUIRED:
			return TLS_VERIFY_REQUIRED;
		case LEVEL_OPTIONAL:
			return TLS_VERIFY_OPTIONAL;
		}
	if (!t->server)
		return TLS_VERIFY_REQUIRED;
	if (conf_is_set(s, CONF_NeedClientAuth))
		return conf_bool(s, CONF_NeedClientAuth) ?
		    TLS_VERIFY_REQUIRED : TLS_VERIFY_NONE;
	return has_trust(t) ? TLS_VERIFY_REQUIRED : TLS_VERIFY_NONE;
}

static unsigned
versions_of(const struct conf_section *s)
{
	const struct conf_entry *e = section_good(s, CONF_SSLProtocol);
	unsigned versions = e == NULL ? TLS_1_2 | TLS_1_3 : (unsigned)e->num;

	if (conf_enum(s, CONF_SocketMinimumTLSVersion) == CONF_TLS13)
		versions &= ~(unsigned)TLS_1_2;
	return versions;
}

/* The role's own key first, then the one of both. */
static const char *
own_file(const struct conf_section *s, bool server, enum conf_key of_server,
    enum conf_key of_client, enum conf_key of_both)
{
	const char *path = conf_path(s, server ? of_server : of_client);

	return path == NULL ? conf_path(s, of_both) : path;
}

bool
conf_tls(const struct conf_section *s, struct tls_cfg *t)
{
	memset(t, 0, sizeof(*t));
	if (!is_on(s))
		return false;
	t->server = conf_enum(s, CONF_ConnectionType) == CONF_ACCEPTOR;
	t->fixs = conf_enum(s, CONF_TLSProfile) == CONF_TLS_FIXS;
	t->cert = own_file(s, t->server, CONF_ServerCertificateFile,
	    CONF_ClientCertificateFile, CONF_SocketCertificateFile);
	t->key = own_file(s, t->server, CONF_ServerCertificateKeyFile,
	    CONF_ClientCertificateKeyFile, CONF_SocketPrivateKeyFile);
	t->keystore = conf_path(s, CONF_SocketKeyStore);
	t->password = conf_str(s, CONF_SocketKeyStorePassword);
	t->ca_file = conf_path(s, CONF_CertificationAuthoritiesFile);
	t->ca_dir = conf_path(s, CONF_CertificationAuthoritiesDirectory);
	t->truststore = conf_path(s, CONF_SocketTrustStore);
	t->trust_password = conf_str(s, CONF_SocketTrustStorePassword);
	t->crl_file = conf_path(s, CONF_CertificateRevocationListFile);
	t->crl_dir = conf_path(s, CONF_CertificateRevocationListDirectory);
	t->ciphers = conf_str(s, CONF_SSLCipherSuite);
	t->suites = conf_str(s, CONF_TLSCipherSuites);
	t->names = conf_str(s, CONF_CipherSuites);
	t->versions = versions_of(s);
	t->verify = verify_of(s, t);
	return true;
}

bool
tls_same(const struct conf_section *a, const struct conf_section *b)
{
	static const enum conf_key keys[] = { CONF_TLSProfile,
		CONF_SocketCertificateFile, CONF_SocketPrivateKeyFile,
		CONF_ServerCertificateFile, CONF_ServerCertificateKeyFile,
		CONF_SocketKeyStore, CONF_SocketKeyStorePassword,
		CONF_CertificationAuthoritiesFile,
		CONF_CertificationAuthoritiesDirectory, CONF_SocketTrustStore,
		CONF_SocketTrustStorePassword,
		CONF_CertificateRevocationListFile,
		CONF_CertificateRevocationListDirectory,
		CONF_CertificateVerifyLevel, CONF_NeedClientAuth,
		CONF_SSLProtocol, CONF_SocketMinimumTLSVersion,
		CONF_SSLCipherSuite, CONF_TLSCipherSuites, CONF_CipherSuites };
	size_t i;

	if (!is_on(a) || !is_on(b))
		return is_on(a) == is_on(b);
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!conf_same_key(a, b, keys[i]))
			return false;
	return true;
}

/* ---- what spans keys ---- */

static void
demand_certificate(struct conf *c, const struct conf_section *s,
    const struct tls_cfg *t)
{
	if (t->cert != NULL && t->keystore != NULL)
		fault_add(c, CONF_ERROR, s->line, "SocketKeyStore and a "
		    "certificate file: write one of them");
	else if (t->cert == NULL && t->key != NULL)
		fault_add(c, CONF_ERROR, s->line, "a private key without its "
		    "certificate: write SocketCertificateFile=cert.pem");
	else if (t->cert == NULL && t->keystore == NULL &&
	    (t->server || t->fixs))
		fault_add(c, CONF_ERROR, s->line, "TLS, but no certificate%s: "
		    "write SocketCertificateFile=cert.pem and "
		    "SocketPrivateKeyFile=key.pem",
		    t->server ? "" : ", which TLSProfile=FIXS needs");
}

static void
check_verify(struct conf *c, const struct conf_section *s,
    const struct tls_cfg *t)
{
	const struct conf_entry *level, *need, *name;

	level = section_good(s, CONF_CertificateVerifyLevel);
	need = section_good(s, CONF_NeedClientAuth);
	name = section_at(s, CONF_PeerCertificateName, 0);
	if (level != NULL && need != NULL && t->server &&
	    (level->num == LEVEL_REQUIRED) != (need->num != 0))
		fault_add(c, CONF_ERROR, level->line,
		    "CertificateVerifyLevel=%s and NeedClientAuth=%s say "
		    "different things: take one of them out", level->value,
		    need->value);
	if (t->server && t->verify != TLS_VERIFY_NONE && !has_trust(t))
		fault_add(c, CONF_ERROR, s->line, "clients are to have a "
		    "certificate, but nobody is trusted to give it to them: "
		    "write CertificationAuthoritiesFile=ca.pem");
	if (name != NULL && t->verify != TLS_VERIFY_REQUIRED)
		fault_add(c, CONF_ERROR, name->line, "%s, but the peer need "
		    "not have a certificate: write CertificateVerifyLevel=1",
		    name->name);
	if (!t->server && t->verify == TLS_VERIFY_NONE && level != NULL)
		fault_add(c, CONF_WARNING, level->line,
		    "CertificateVerifyLevel=0: whoever answers is believed");
}

/* What TLSProfile=FIXS leaves no choice about. */
static void
check_fixs(struct conf *c, const struct conf_section *s)
{
	static const struct {
		enum conf_key key;
		int64_t must; /* -1: must not be there */
		const char *text;
	} row[] = {
		{ CONF_SocketUseSSL, 1, "there is no FIXS without TLS" },
		{ CONF_CertificateVerifyLevel, LEVEL_REQUIRED,
		    "both sides have a certificate" },
		{ CONF_NeedClientAuth, 1, "both sides have a certificate" },
		{ CONF_TLSCheckHostName, 1, "the host's name is checked" },
		{ CONF_SSLCipherSuite, -1, "FIXS has its own ciphers" },
		{ CONF_TLSCipherSuites, -1, "FIXS has its own ciphers" },
		{ CONF_CipherSuites, -1, "FIXS has its own ciphers" },
	};
	const struct conf_entry *e;
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		e = section_good(s, row[i].key);
		if (e != NULL && e->line != 0 && e->num != row[i].must)
			fault_add(c, CONF_ERROR, e->line,
			    "%s=%.60s against TLSProfile=FIXS, where %s: take "
			    "it out", e->name, e->value, row[i].text);
	}
}

/* A file that names certificates means TLS, whether or not its engine has a
 * switch for it. */
static void
check_off(struct conf *c, const struct conf_section *s)
{
	static const enum conf_key keys[] = { CONF_ServerCertificateFile,
		CONF_ClientCertificateFile, CONF_SocketCertificateFile,
		CONF_SocketKeyStore, CONF_PeerCertificateName };
	const struct conf_entry *e, *type;
	size_t i;

	type = section_good(s, CONF_ConnectionType);
	if (conf_is_set(s, CONF_SocketUseSSL) || type == NULL)
		return;
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		e = section_at(s, keys[i], 0);
		/* QuickFIX has both roles' in [DEFAULT]. */
		if (e == NULL || keys[i] == (type->num == CONF_ACCEPTOR ?
		    CONF_ClientCertificateFile : CONF_ServerCertificateFile))
			continue;
		fault_add(c, CONF_ERROR, e->line, "%s, but no TLS: write "
		    "SocketUseSSL=Y (or N, if it is not meant)", e->name);
		return;
	}
}

void
check_tls(struct conf *c, struct conf_section *s)
{
	struct tls_cfg t;

	if (section_good(s, CONF_ConnectionType) == NULL)
		return;
	if (!conf_tls(s, &t)) {
		check_off(c, s);
		return;
	}
	demand_certificate(c, s, &t);
	check_verify(c, s, &t);
	if (t.fixs)
		check_fixs(c, s);
	if (t.names != NULL && (t.ciphers != NULL || t.suites != NULL))
		fault_add(c, CONF_ERROR, s->line, "CipherSuites beside "
		    "SSLCipherSuite or TLSCipherSuites: take one out");
	if (t.versions == 0)
		fault_add(c, CONF_ERROR, s->line, "SSLProtocol and "
		    "SocketMinimumTLSVersion leave no version of TLS");
}
