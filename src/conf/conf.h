/*
 * conf.h: fixgate.conf(5), the QuickFIX settings format. One schema table
 * (conf/schema.def) says for each key: type, range, default, unit, and where it
 * may stand.
 */
#ifndef FG_CONF_CONF_H
#define FG_CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "conf/schema.h"
#include "net/tls.h"
#include "schedule/schedule.h"

struct conf;

/* The settings of one section, defaults already in. */
struct conf_section;

enum conf_kind { CONF_GATEWAY, CONF_SESSION, CONF_TABLE, CONF_ROLE };

enum conf_severity { CONF_NOTE, CONF_WARNING, CONF_ERROR };

/* One finding; for people: "file:line: error: text". The text names the key,
 * what is wrong and what to write instead. */
struct conf_fault {
	enum conf_severity severity;
	const char *file;
	unsigned line; /* 0: the file as a whole */
	const char *text;
	const char *session; /* NULL, or the name of the extra that it is in;
	                      * then file says so, too, and line is 0 */
};

/* "note", "warning", "error". */
const char *conf_severity_text(enum conf_severity severity);

/*
 * Parse and check the file. Always gives *out (owned), with all faults of the
 * file in it; the return is 0 if there was no CONF_ERROR among them, else
 * FG_EINVAL (do not run with it), or FG_ENOMEM (*out is NULL). A file that
 * cannot be read is a fault, too.
 */
int conf_load(struct conf **out, const char *path);
/* The same from memory; name is for the messages and relative paths. */
int conf_parse(struct conf **out, const char *name, const char *text,
    size_t len);
/* What is said of sessions outside of the file. All borrowed. */
struct conf_extra {
	enum conf_extra_kind {
		CONF_EXTRA_NEW,  /* a session with the settings in text */
		CONF_EXTRA_FROM, /* the same, and else those of the file's
		                  * template base; nothing without that one, or
		                  * if the file has such a session itself */
		CONF_EXTRA_OVER  /* only enabled, of a session of the file */
	} kind;
	const char *name; /* the session's */
	const char *base;
	const char *enabled; /* "Y" or "N" instead of its Enabled; or NULL */
	const char *text; /* lines of a section, without SessionName */
	size_t len;
};

/* The same with extras: a new one stands behind the last line of the file, so
 * [DEFAULT] holds for it and every rule does. */
int conf_load_with(struct conf **out, const char *path,
    const struct conf_extra *extra, size_t n);
/* And of the text that from was made of. */
int conf_again(struct conf **out, const struct conf *from,
    const struct conf_extra *extra, size_t n);

/* One of its sessions alone, which does not need from any more: session 0 of
 * *out. 0 or FG_ENOMEM. */
int conf_extract(struct conf **out, const struct conf *from,
    const struct conf_section *s);

/* One more conf_free is needed to free it. Returns c. */
struct conf *conf_hold(struct conf *c);
void conf_free(struct conf *c);

size_t conf_nfaults(const struct conf *c);
const struct conf_fault *conf_fault(const struct conf *c, size_t i);

/* The effective settings in the same format, which parses to the same. Secrets
 * are masked unless asked for. */
void conf_print(const struct conf *c, FILE *to, bool secrets);

/* [GATEWAY] (with defaults, if the file has none), the sessions, the tables,
 * the roles, in file order. */
const struct conf_section *conf_gateway(const struct conf *c);
size_t conf_nsessions(const struct conf *c);
const struct conf_section *conf_session(const struct conf *c, size_t i);
size_t conf_ntables(const struct conf *c);
const struct conf_section *conf_table(const struct conf *c, size_t i);
#define CONF_ROLES_MAX 60
size_t conf_nroles(const struct conf *c);
const struct conf_section *conf_role(const struct conf *c, size_t i);

/* Is it an extra? */
bool conf_is_extra(const struct conf_section *s);
/* Is it no session, but what sessions are made of (CONF_EXTRA_FROM)? */
bool conf_is_template(const struct conf_section *s);
/* The name of the template that an extra was made of; NULL: of none. */
const char *conf_base(const struct conf_section *s);
/* Of a template: which IDs are *, in any order; false: no i-th. */
bool conf_wildcard(const struct conf_section *s, size_t i, enum conf_key *k);
/* Where the section begins; the table's or role's name, or the session's SessionName
 * (effective: given or "FIX.4.4:SENDER->TARGET"). */
unsigned conf_line(const struct conf_section *s);
const char *conf_file(const struct conf *c);
const char *conf_name(const struct conf_section *s);

/*
 * Effective values; asking with the wrong type is our bug (assert). All
 * borrowed from the conf. conf_str is NULL, and the others 0, if the key is not
 * set and has no default. Paths are already resolved: against the file's folder
 * if it exists there, else the working directory. conf_enum gives the index of
 * the word (schema.h). conf_is_set: set in the file, by [DEFAULT] too.
 */
const char *conf_str(const struct conf_section *s, enum conf_key k);
const char *conf_path(const struct conf_section *s, enum conf_key k);
int64_t conf_int(const struct conf_section *s, enum conf_key k);
/* Of a setting that is a fraction: "1.4" is 1400. */
uint32_t conf_thousandths(const struct conf_section *s, enum conf_key k);
bool conf_bool(const struct conf_section *s, enum conf_key k);
int conf_enum(const struct conf_section *s, enum conf_key k);
bool conf_is_set(const struct conf_section *s, enum conf_key k);

/*
 * Keys that may stand several times: SocketConnectHost, SocketConnectHost1, ...
 * in the order of their numbers (host i belongs to port i), and
 * AppDataDictionary, AppDataDictionary.FIX.4.4, ... in the order of their
 * suffixes. i counts from 0 without holes; past the end NULL (conf_int_at: 0).
 * conf_str_at gives numbers, too, as text. conf_suffix_at is "" for the key
 * alone, else "1", "FIX.4.4". A FIXT session has an AppDataDictionary without
 * suffix, that of its DefaultApplVerID.
 */
const char *conf_str_at(const struct conf_section *s, enum conf_key k,
    unsigned i);
const char *conf_path_at(const struct conf_section *s, enum conf_key k,
    unsigned i);
int64_t conf_int_at(const struct conf_section *s, enum conf_key k, unsigned i);
const char *conf_suffix_at(const struct conf_section *s, enum conf_key k,
    unsigned i);
/* The one with this suffix, or else the one without. */
const char *conf_str_with(const struct conf_section *s, enum conf_key k,
    const char *suffix);
int64_t conf_int_with(const struct conf_section *s, enum conf_key k,
    const char *suffix);

/* ReconnectInterval: seconds to wait before try n (1: the first one after a
 * connection ended or failed); the last step holds from there on. */
unsigned conf_reconnect(const struct conf_section *s, unsigned n);

/* When a session is open; the borrowed zones and holidays are the conf's. */
const struct schedule *conf_schedule(const struct conf_section *s);

/* Do two sections, of one conf or of two, say the same: each obeyed setting but
 * Enabled and the limits of what is sent, and what the files that they name hold
 * of holidays? Or only those limits, or one setting? */
bool conf_same(const struct conf_section *a, const struct conf_section *b);
bool conf_same_limits(const struct conf_section *a,
    const struct conf_section *b);
bool conf_same_key(const struct conf_section *a, const struct conf_section *b,
    enum conf_key k);
/* Is it a setting that [GATEWAY] may have? */
bool conf_is_gateways(enum conf_key k);
const char *conf_key_name(enum conf_key k);

/* Does the field belong to those that are never shown: 554, 925, 1402, 1404 and
 * the section's MaskTags? */
bool conf_is_masked(const struct conf_section *s, unsigned tag);

/* How a session's connections are secured; strings are borrowed. false: they
 * are not. */
bool conf_tls(const struct conf_section *s, struct tls_cfg *t);

/* A row of the table of settings, for people. Strings are static. */
#define CONF_VALUE_MAX 128
struct conf_setting {
	const char *name;
	const char *family; /* "*": the name begins a whole family, else "" */
	const char *class;  /* "obeyed", "alias", "meaningless", "refused" */
	const char *where;  /* the sections that may have it */
	char value[CONF_VALUE_MAX]; /* what may be written; of a refused one,
	                             * what does no harm */
	const char *dflt;   /* NULL: none */
	const char *text;   /* of an alias, what it stands for; of others what
	                     * it is about, or to do instead; NULL: nothing */
};

/* Row i, from 0; false: there is none. */
bool conf_setting(size_t i, struct conf_setting *s);
/* The known name most like this one of n bytes, or NULL. */
const char *conf_setting_nearest(const char *name, size_t n);

#endif
