/* print.c: settings as a file that says the same. */
#include <string.h>

#include "base/num.h"
#include "conf/internal.h"

#define MASK "***"

/* A value that is a secret shows its tag only, if it has one. */
static void
print_masked(const struct conf_section *s, const struct conf_entry *e,
    FILE *to)
{
	size_t n = strcspn(e->value, "=");
	const struct conf_entry *mask = section_find(s, CONF_MaskTags, "");
	uint64_t tag;

	if (e->key != CONF_LogonTag)
		fprintf(to, "%s=" MASK "\n", e->name);
	else if (num_parse_u64(e->value, n, &tag) == 0 &&
	    !form_is_masked(mask == NULL ? NULL : mask->value, tag))
		fprintf(to, "%s=%s\n", e->name, e->value);
	else
		fprintf(to, "%s=%.*s=" MASK "\n", e->name, (int)n, e->value);
}

static void
print_key(const struct conf_section *s, enum conf_key k, FILE *to,
    bool secrets)
{
	const struct conf_entry *e;
	unsigned i;

	for (i = 0; (e = section_at(s, k, i)) != NULL; i++) {
		if (e->bad)
			continue;
		if ((conf_rules[k].flags & CONF_SECRET) && !secrets)
			print_masked(s, e, to);
		else
			fprintf(to, "%s=%s\n", e->name, e->path != NULL
			    ? e->path : e->value);
	}
}

static void
print_section(const struct conf_section *s, const char *head, unsigned where,
    FILE *to, bool secrets)
{
	bool named = s->kind == CONF_TABLE || s->kind == CONF_ROLE;
	enum conf_key k;

	fprintf(to, "[%s%s%s]\n", head, named ? " " : "",
	    named ? s->name : "");
	for (k = 0; k < CONF_NKEYS; k++)
		if (conf_rules[k].class == CONF_OBEYED &&
		    (conf_rules[k].where & where))
			print_key(s, k, to, secrets);
}

void
conf_print(const struct conf *c, FILE *to, bool secrets)
{
	size_t i;

	print_section(&c->gateway, "GATEWAY", CONF_IN_GATEWAY, to, secrets);
	for (i = 0; i < c->nsessions; i++) {
		fputc('\n', to);
		print_section(&c->session[i], "SESSION", CONF_IN_SESSION, to,
		    secrets);
	}
	for (i = 0; i < c->ntables; i++) {
		fputc('\n', to);
		print_section(&c->table[i], "TABLE", CONF_IN_TABLE, to,
		    secrets);
	}
	for (i = 0; i < c->nroles; i++) {
		fputc('\n', to);
		print_section(&c->role[i], "ROLE", CONF_IN_ROLE, to, secrets);
	}
}
