/* value.c: is this a value of the key, and in which form is it kept? */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "conf/internal.h"

/* Values are shown in messages up to this many bytes. */
#define SHOWN "%.60s"

/* Defaults of QuickFIX/J that are not those of QuickFIX. */
static const struct {
	enum conf_key key;
	const char *value;
} j_defaults[] = {
	{ CONF_ReconnectInterval, "5" },
	{ CONF_TestRequestDelayMultiplier, "0.5" },
};

static void
parse_bool(struct conf *c, struct conf_entry *e)
{
	static const char *const words = "N|no|false|Y|yes|true";
	const char *canon;
	size_t len;
	int i = schema_word(words, e->value, &canon, &len);

	if (i < 0) {
		fault_add(c, CONF_ERROR, e->line, "%s=" SHOWN ": write Y or N",
		    e->name, e->value);
		e->bad = true;
		return;
	}
	e->num = i >= 3;
	if (i % 3 != 0)
		fault_add(c, CONF_NOTE, e->line,
		    "%s=" SHOWN " is taken as %s: QuickFIX knows Y and N only",
		    e->name, e->value, e->num ? "Y" : "N");
	e->value = e->num ? "Y" : "N";
}

/* TimestampPrecision of QuickFIX/J. */
static bool
parse_precision(struct conf_entry *e)
{
	const char *canon;
	size_t len;
	int i = schema_word("SECONDS|MILLIS|MICROS|NANOS", e->value, &canon,
	    &len);

	if (i >= 0)
		e->num = 3 * i;
	return i >= 0;
}

static void
parse_int(struct conf *c, struct conf_entry *e)
{
	const struct conf_rule *r = &conf_rules[e->key];
	bool ok;

	ok = (r->flags & CONF_PRECISION) && parse_precision(e);
	if (!ok)
		ok = num_parse_i64(e->value, strlen(e->value), &e->num) == 0;
	if (!ok || e->num < r->low || e->num > r->high) {
		fault_add(c, CONF_ERROR, e->line,
		    "%s=" SHOWN ": write a number from %lld to %lld%s%s%s",
		    e->name, e->value, (long long)r->low, (long long)r->high,
		    *r->unit != '\0' ? " (" : "", r->unit,
		    *r->unit != '\0' ? ")" : "");
		e->bad = true;
		return;
	}
	e->value = conf_keepf(c, "%lld", (long long)e->num);
}

/* "a|b|c" as people say it. */
static const char *
word_list(struct conf *c, const char *words)
{
	struct buf b = { 0 };
	const char *kept, *p = words;
	size_t n;

	for (;;) {
		n = strcspn(p, "|");
		if (buf_add(&b, p, n) != 0)
			c->err = FG_ENOMEM;
		if (p[n] == '\0')
			break;
		p += n + 1;
		if (buf_puts(&b, strchr(p, '|') != NULL ? ", " : " or ") != 0)
			c->err = FG_ENOMEM;
	}
	kept = conf_keep(c, b.p, b.len);
	buf_free(&b);
	return kept;
}

static void
parse_word(struct conf *c, struct conf_entry *e)
{
	const struct conf_rule *r = &conf_rules[e->key];
	const char *canon;
	size_t len;

	e->num = schema_word(r->words, e->value, &canon, &len);
	if (e->num < 0) {
		e->num = 0;
		fault_add(c, CONF_ERROR, e->line, "%s=" SHOWN ": write %s",
		    e->name, e->value, word_list(c, r->words));
		e->bad = true;
		return;
	}
	e->value = conf_keep(c, canon, len);
}

static void
parse_path(struct conf *c, struct conf_entry *e)
{
	const char *canon;
	size_t len;

	if ((conf_rules[e->key].flags & CONF_TARGET) &&
	    schema_word("stderr|syslog", e->value, &canon, &len) >= 0)
		e->path = e->value = conf_keep(c, canon, len);
	else
		e->path = path_resolve(c, e->value);
}

void
value_parse(struct conf *c, struct conf_entry *e)
{
	switch (conf_rules[e->key].type) {
	case CONF_TYPE_NONE:
		break;
	case CONF_TYPE_BOOL:
		parse_bool(c, e);
		break;
	case CONF_TYPE_INT:
		parse_int(c, e);
		break;
	case CONF_TYPE_STR:
		form_check(c, e);
		break;
	case CONF_TYPE_PATH:
		parse_path(c, e);
		break;
	case CONF_TYPE_WORD:
		parse_word(c, e);
		break;
	}
}

static void
check_refused(struct conf *c, const struct conf_entry *e)
{
	const struct conf_rule *r = &conf_rules[e->key];
	const char *canon;
	size_t len;

	if (schema_word(r->words, e->value, &canon, &len) >= 0)
		return;
	if (*r->words == '\0')
		fault_add(c, CONF_ERROR, e->line, "%s is not supported: %s",
		    e->name, r->text);
	else
		fault_add(c, CONF_ERROR, e->line,
		    "%s is supported only as %s: %s", e->name,
		    word_list(c, r->words), r->text);
}

static const char *
home(unsigned where)
{
	if (where & CONF_IN_SESSION)
		return "[DEFAULT] and [SESSION]";
	if (where & CONF_IN_GATEWAY)
		return "[GATEWAY]";
	return where & CONF_IN_TABLE ? "[TABLE NAME]" : "[ROLE NAME]";
}

static void
check_entry(struct conf *c, struct conf_section *s, struct conf_entry *e)
{
	const struct conf_rule *r;

	if (e->bad || e->key == CONF_NKEYS)
		return;
	r = &conf_rules[e->key];
	if (r->class == CONF_IGNORED || r->class == CONF_FAMILY)
		return;
	if (!(r->where & section_where(s->kind))) {
		fault_add(c, CONF_ERROR, e->line, "%s is a setting of %s: move "
		    "it there", e->name, home(r->where));
		e->bad = true;
	} else if (r->class == CONF_REFUSED) {
		check_refused(c, e);
	} else {
		value_parse(c, e);
	}
}

static void
add_j_defaults(struct conf *c, struct conf_section *s)
{
	size_t i;

	for (i = 0; i < sizeof(j_defaults) / sizeof(j_defaults[0]); i++)
		if (section_find(s, j_defaults[i].key, "") == NULL)
			section_set(c, s, j_defaults[i].key,
			    j_defaults[i].value);
}

static void
add_defaults(struct conf *c, struct conf_section *s)
{
	unsigned here = section_where(s->kind);
	const struct conf_rule *r;
	enum conf_key k;

	if (s->kind == CONF_SESSION &&
	    section_find(s, CONF_Dialect, "")->num == CONF_QUICKFIXJ)
		add_j_defaults(c, s);
	for (k = 0; k < CONF_NKEYS; k++) {
		r = &conf_rules[k];
		if (r->class == CONF_OBEYED && (r->where & here) &&
		    r->dflt != NULL && section_at(s, k, 0) == NULL)
			section_set(c, s, k, r->dflt);
	}
}

void
value_check(struct conf *c, struct conf_section *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		check_entry(c, s, &s->entry[i]);
	if (s->kind == CONF_SESSION &&
	    section_find(s, CONF_Dialect, "") == NULL)
		section_set(c, s, CONF_Dialect, conf_rules[CONF_Dialect].dflt);
	if (c->err == 0)
		add_defaults(c, s);
}
