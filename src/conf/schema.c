#include <string.h>
#include <strings.h>

#include "base/near.h"
#include "conf/internal.h"

#define S CONF_IN_SESSION
#define G CONF_IN_GATEWAY
#define T CONF_IN_TABLE
#define R CONF_IN_ROLE
#define NUMBERED CONF_NUMBERED
#define SUFFIXED CONF_SUFFIXED
#define SECRET CONF_SECRET
#define READ CONF_READ
#define TARGET CONF_TARGET
#define STEPS CONF_STEPS
#define PRECISION CONF_PRECISION

#define RULE(id, ...) [CONF_##id] = { .name = #id, __VA_ARGS__ }

const struct conf_rule conf_rules[CONF_NKEYS] = {
#define BOOL(id, in, d)                                                        \
	RULE(id, .type = CONF_TYPE_BOOL, .where = (in), .dflt = (d)),
#define INT(id, in, fl, lo, hi, d, un)                                         \
	RULE(id, .type = CONF_TYPE_INT, .where = (in), .flags = (fl),          \
	    .low = (lo), .high = (hi), .dflt = (d), .unit = (un)),
#define STR(id, in, fl, d)                                                     \
	RULE(id, .type = CONF_TYPE_STR, .where = (in), .flags = (fl),          \
	    .dflt = (d)),
#define PATH(id, in, fl, d)                                                    \
	RULE(id, .type = CONF_TYPE_PATH, .where = (in), .flags = (fl),         \
	    .dflt = (d)),
#define WORD(id, in, d, w)                                                     \
	RULE(id, .type = CONF_TYPE_WORD, .where = (in), .dflt = (d),           \
	    .words = (w)),
#define ALIAS(id, target)                                                      \
	RULE(id, .class = CONF_ALIAS, .of = CONF_##target),
#define IGNORED(id, what)                                                      \
	RULE(id, .class = CONF_IGNORED, .where = S, .text = (what)),
#define FAMILY(id, what)                                                       \
	RULE(id, .class = CONF_FAMILY, .where = S, .text = (what)),
#define REFUSED(id, harmless, advice)                                          \
	RULE(id, .class = CONF_REFUSED, .where = S, .flags = NUMBERED,         \
	    .words = (harmless), .text = (advice)),
#include "conf/schema.def"
};

static const char *const sections[] = { "DEFAULT", "SESSION", "GATEWAY",
	"TABLE", "ROLE" };

static bool
same(const char *name, const char *p, size_t n)
{
	return strlen(name) == n && strncasecmp(name, p, n) == 0;
}

static enum conf_key
find_exact(const char *name, size_t n)
{
	enum conf_key k;

	for (k = 0; k < CONF_NKEYS; k++)
		if (conf_rules[k].class != CONF_FAMILY &&
		    same(conf_rules[k].name, name, n))
			return conf_rules[k].class == CONF_ALIAS
			    ? conf_rules[k].of : k;
	return CONF_NKEYS;
}

static enum conf_key
find_family(const char *name, size_t n)
{
	enum conf_key k;
	size_t len;

	for (k = 0; k < CONF_NKEYS; k++) {
		len = strlen(conf_rules[k].name);
		if (conf_rules[k].class == CONF_FAMILY && n > len &&
		    strncasecmp(conf_rules[k].name, name, len) == 0)
			return k;
	}
	return CONF_NKEYS;
}

enum conf_key
schema_find(const char *name, size_t n, size_t *suffix)
{
	enum conf_key k;
	const char *dot;
	size_t at = n;

	*suffix = n;
	k = find_exact(name, n);
	if (k != CONF_NKEYS)
		return k;
	while (at > 0 && name[at - 1] >= '0' && name[at - 1] <= '9')
		at--;
	if (at < n) {
		k = find_exact(name, at);
		if (k != CONF_NKEYS && (conf_rules[k].flags & CONF_NUMBERED)) {
			*suffix = at;
			return k;
		}
	}
	dot = memchr(name, '.', n);
	if (dot != NULL && dot + 1 < name + n) {
		at = (size_t)(dot - name);
		k = find_exact(name, at);
		if (k != CONF_NKEYS && (conf_rules[k].flags & CONF_SUFFIXED)) {
			*suffix = at + 1;
			return k;
		}
	}
	return find_family(name, n);
}

const char *
schema_nearest(const char *name, size_t n)
{
	struct near near;
	enum conf_key k;

	near_start(&near, name, n);
	for (k = 0; k < CONF_NKEYS; k++)
		if (conf_rules[k].class != CONF_FAMILY)
			near_try(&near, conf_rules[k].name);
	return near.best;
}

const char *
schema_nearest_section(const char *name, size_t n)
{
	struct near near;
	size_t i;

	near_start(&near, name, n);
	for (i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		near_try(&near, sections[i]);
	return near.best;
}

int
schema_word(const char *words, const char *value, const char **canon,
    size_t *len)
{
	const char *p = words;
	size_t n;
	int i;

	for (i = 0;; i++) {
		n = strcspn(p, "|");
		if (n != 0 && same(value, p, n)) {
			*canon = p;
			*len = n;
			return i;
		}
		if (p[n] == '\0')
			return -1;
		p += n + 1;
	}
}
