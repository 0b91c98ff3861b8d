/*
 * conf.h: fixgate.conf(5), the QuickFIX settings format. One schema table
 * (conf/schema.h) says for each key: type, range, default, unit, where it may stand, and what it means.
 */
#ifndef FG_CONF_CONF_H
#define FG_CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "conf/schema.h"

struct conf;

/* The settings of one section, defaults already in. */
struct conf_section;

enum conf_kind { CONF_GATEWAY, CONF_SESSION, CONF_TABLE };

enum conf_severity { CONF_NOTE, CONF_WARNING, CONF_ERROR };

/* One finding: "file:line: text" (text names the key, what is wrong and what to write instead). */
struct conf_fault {
	enum conf_severity severity;
	const char *file;
	unsigned line; /* 0: the file as a whole */
	const char *text;
};

/*
 * Parse and check the file. Always gives *out (owned), with all faults of the file in it; the return
 * is 0 if there was no CONF_ERROR among them, else FG_EINVAL (do not run with it), or FG_ENOMEM
 * (*out is NULL). A file that cannot be read is a fault, too.
 */
int conf_load(struct conf **out, const char *path);
/* The same from memory; name is for the messages. */
int conf_parse(struct conf **out, const char *name, const char *text,
    size_t len);
void conf_free(struct conf *c);

size_t conf_nfaults(const struct conf *c);
const struct conf_fault *conf_fault(const struct conf *c, size_t i);

/* The effective settings in the same format, which parses to the same. Secrets are masked
 * unless asked for. */
void conf_print(const struct conf *c, FILE *to, bool secrets);

/* [GATEWAY] (with defaults, if the file has none), the sessions, the tables, in file order. */
const struct conf_section *conf_gateway(const struct conf *c);
size_t conf_nsessions(const struct conf *c);
const struct conf_section *conf_session(const struct conf *c, size_t i);
size_t conf_ntables(const struct conf *c);
const struct conf_section *conf_table(const struct conf *c, size_t i);

/* Where the section begins; the table's name, the session's SessionName (effective: given or
 * BeginString:Sender->Target). */
unsigned conf_line(const struct conf_section *s);
const char *conf_name(const struct conf_section *s);

/* Effective values; asking with the wrong type is our bug (assert). conf_str is NULL if
 * the key is not set and has no default. Paths (conf_path) are already resolved: against the file's
 * folder if it exists there, else the working directory. All borrowed from the conf. */
const char *conf_str(const struct conf_section *s, enum conf_key k);
const char *conf_path(const struct conf_section *s, enum conf_key k);
int64_t conf_int(const struct conf_section *s, enum conf_key k);
bool conf_bool(const struct conf_section *s, enum conf_key k);
/* The index of the word in the key's list of words. */
int conf_enum(const struct conf_section *s, enum conf_key k);
bool conf_is_set(const struct conf_section *s, enum conf_key k);

/* Numbered keys (SocketConnectHost, SocketConnectHost1, ...) and AppDataDictionary.X: the
 * i-th (0: without a number), or NULL. */
const char *conf_str_at(const struct conf_section *s, enum conf_key k,
    unsigned i);

#endif
