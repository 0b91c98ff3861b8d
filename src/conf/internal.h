/* internal.h: what the files of conf share. */
#ifndef FG_CONF_INTERNAL_H
#define FG_CONF_INTERNAL_H

#include <stdarg.h>

#include "base/buf.h"
#include "conf/conf.h"
#include "schedule/schedule.h"

/* ---- schema.c ---- */

enum conf_class {
	CONF_OBEYED,
	CONF_ALIAS,
	CONF_IGNORED,
	CONF_FAMILY,
	CONF_REFUSED
};

enum conf_type {
	CONF_TYPE_NONE,
	CONF_TYPE_BOOL,
	CONF_TYPE_INT,
	CONF_TYPE_STR,
	CONF_TYPE_PATH,
	CONF_TYPE_WORD
};

enum conf_where {
	CONF_IN_SESSION = 1 << 0,
	CONF_IN_GATEWAY = 1 << 1,
	CONF_IN_TABLE = 1 << 2,
	CONF_IN_ROLE = 1 << 3
};

enum conf_flag {
	CONF_NUMBERED = 1 << 0,
	CONF_SUFFIXED = 1 << 1,
	CONF_SECRET = 1 << 2,
	CONF_READ = 1 << 3,
	CONF_TARGET = 1 << 4,
	CONF_STEPS = 1 << 5,
	CONF_PRECISION = 1 << 6
};

struct conf_rule {
	const char *name;
	enum conf_class class;
	enum conf_type type;
	unsigned where, flags;
	int64_t low, high;
	const char *dflt;  /* or NULL */
	const char *unit;  /* "seconds" */
	const char *words; /* the words, or the harmless values, "a|b" */
	const char *text;  /* what it is about, or what to do instead */
	enum conf_key of;  /* what an alias stands for */
};

extern const struct conf_rule conf_rules[CONF_NKEYS];

/* The key that a name of n bytes means (aliases resolved), and where in the
 * name its number or suffix begins (n: none). CONF_NKEYS: unknown. */
enum conf_key schema_find(const char *name, size_t n, size_t *suffix);
/* The known key or section most like the name, or NULL. */
const char *schema_nearest(const char *name, size_t n);
const char *schema_nearest_section(const char *name, size_t n);
/* The index of a word in "a|b|c", compared without case, or -1; *canon
 * is the start of the word in the list, *len its length. */
int schema_word(const char *words, const char *value, const char **canon,
    size_t *len);

/* ---- conf.c, section.c ---- */

/* One setting of a section. All strings belong to the conf. */
struct conf_entry {
	enum conf_key key;  /* CONF_NKEYS: unknown, kept for ${name} */
	const char *name;   /* whole, number or suffix too */
	const char *suffix; /* "1", "FIX.4.4" or "" */
	const char *value;  /* canonical, once value_check has seen it */
	const char *path;   /* resolved; of PATHs only */
	int64_t num;        /* of BOOL, INT, WORD and STEPS */
	unsigned line;      /* 0: a default */
	bool bad;           /* named in a fault: there, but not to be used */
};

struct conf_section {
	enum conf_kind kind;
	const char *name;
	unsigned line;
	struct conf_entry *entry;
	size_t n, cap;
	struct schedule schedule; /* of a session */
	struct schedule_holiday *holiday; /* owned */
	bool extra;
	const char *base; /* the template of an extra, or NULL */
};

struct conf_unknown {
	const char *name;
	unsigned line;
	bool used; /* by a ${name} */
};

struct conf_block;
struct conf_zone;

struct conf {
	const char *file;
	const char *text; /* of the file */
	size_t len;
	unsigned lines;   /* of it; those of extras come behind */
	struct conf_section gateway;
	struct conf_section defaults; /* as they are at its end */
	struct conf_section *session;
	size_t nsessions;
	struct conf_section *table;
	size_t ntables;
	struct conf_section *role;
	size_t nroles;
	struct conf_fault *fault;
	size_t nfaults, fault_cap, nerrors;
	struct conf_unknown *unknown;
	size_t nunknown;
	struct buf ignored; /* names of meaningless keys, " A, B," */
	size_t nignored;
	unsigned ignored_line;
	struct conf_block *blocks;
	struct conf_zone *zones;
	unsigned holds; /* beyond the first */
	int err; /* sticky: FG_ENOMEM */
};

/* An empty one; NULL without memory. */
struct conf *conf_new(const char *name);

/* Keep a copy of n bytes, NUL added, until conf_free. Never NULL: without
 * memory c->err is set and the text is empty. */
const char *conf_keep(struct conf *c, const char *p, size_t n);
const char *conf_keepf(struct conf *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The conf_where of the settings that a section of this kind has. */
unsigned section_where(enum conf_kind kind);
/* The entry of key (and suffix), or NULL. */
struct conf_entry *section_find(const struct conf_section *s, enum conf_key k,
    const char *suffix);
/* An entry without a suffix that may be used: there, and named in no fault. */
const struct conf_entry *section_good(const struct conf_section *s,
    enum conf_key k);
/* By whole name, without case. */
struct conf_entry *section_find_name(const struct conf_section *s,
    const char *name, size_t n);
/* The i-th entry of the key in the order of its numbers or suffixes. */
struct conf_entry *section_at(const struct conf_section *s, enum conf_key k,
    unsigned i);
/* A new entry, the strings of which are kept; NULL without memory. */
struct conf_entry *section_add(struct conf *c, struct conf_section *s,
    const struct conf_entry *e);
/* Set the effective value of a key that has no number. */
void section_set(struct conf *c, struct conf_section *s, enum conf_key k,
    const char *value);
void section_remove(struct conf_section *s, struct conf_entry *e);

/* ---- fault.c ---- */

/* Add a finding, unless the same one is there for that line. */
void fault_add(struct conf *c, enum conf_severity severity, unsigned line,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Put them into the order of their lines; then those of extras get their
 * names. */
void fault_sort(struct conf *c);
/* "at line 12", or which extra it is; kept. */
const char *fault_where(struct conf *c, const struct conf_section *s);

/* ---- the steps of conf_parse ---- */

/* Lines to sections: parse.c */
void parse_text(struct conf *c, const char *text, size_t len);
/* A session out of an extra, or NULL: a fault says why. */
struct conf_section *parse_extra(struct conf *c, const struct conf_extra *x,
    const struct conf_section *base);
/* ${name} to its value in all entries of the section: expand.c */
void expand_section(struct conf *c, struct conf_section *s);
/* The entries one by one, then the defaults: value.c */
void value_check(struct conf *c, struct conf_section *s);
/* One value by the rule of its key; e gets the canonical form. */
void value_parse(struct conf *c, struct conf_entry *e);
/* The forms that only one key has: form.c */
void form_check(struct conf *c, struct conf_entry *e);
/* Step n (from 1) of "3x5;10"; false: no such list. */
bool form_steps(const char *value, unsigned n, int64_t *seconds);
/* Is a field by its nature, or by the list, a secret? */
bool form_is_masked(const char *mask_tags, uint64_t tag);
/* What spans keys: check.c */
void check_gateway(struct conf *c);
void check_session(struct conf *c, struct conf_section *s);
/* Name, columns and key of a table: table.c */
void check_table(struct conf *c, struct conf_section *s);
/* Whether the gateway itself has a table of that name. */
bool table_is_taken(const char *name);
/* Who has a role, and what it may: role.c */
void check_role(struct conf *c, struct conf_section *s);
/* TLS of a session, and the versions of SSLProtocol: tls.c */
void check_tls(struct conf *c, struct conf_section *s);
bool tls_versions(const char *value, int64_t *versions);
/* Can two acceptors have one listener? */
bool tls_same(const struct conf_section *a, const struct conf_section *b);
/* The schedule of a session: schedule.c */
void check_schedule(struct conf *c, struct conf_section *s);
/* HH:MM:SS of n bytes as a second of the day; SCHEDULE_UNSET: it is none. */
int32_t schedule_second(const char *p, size_t n);
/* HolidayCalendar, to s->holiday: calendar.c */
void calendar_load(struct conf *c, struct conf_section *s,
    const struct conf_entry *e);
/* What spans sessions, and what is said once for a file: file.c */
void check_file(struct conf *c);
/* Has the file a session of this one's name or identity? */
bool file_has(struct conf *c, const struct conf_section *s);
/* AcceptorTemplate, and IDs that are *: template.c */
void check_template(struct conf *c, struct conf_section *s);
/* What a session does not have of its template. */
void template_strip(struct conf_section *s);
/* Dictionaries of a session: path.c */
void check_dictionaries(struct conf *c, struct conf_section *s);
/* The path that a value of the file means. */
const char *path_resolve(struct conf *c, const char *value);

/* ---- zone.c ---- */

/* The zone of the name (NULL: that of the host), read once for a conf, which
 * keeps it; *out is NULL for UTC. 0, FG_ENOENT or what zone_parse gives. */
int zone_get(struct conf *c, const char *name, const struct zone **out);
void zones_free(struct conf *c);

#endif
