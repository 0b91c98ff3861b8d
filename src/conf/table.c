/* table.c: [TABLE NAME]: what spans its keys. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "conf/columns.h"
#include "conf/internal.h"

#define NAME_BYTES 40 /* of a table's name */

/* The store's own, and the files beside them (t/gateway/check_table.c compares
 * with it). */
static const char *const taken[] = { "FIX_IN", "FIX_IN_OTHER", "FIX_OUT",
	"FIX_OUT_INDEX", "OUT_PENDING", "QUARANTINE", "SESSION_EVENT",
	"STATE" };

bool
table_is_taken(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (strcmp(taken[i], name) == 0)
			return true;
	return false;
}

static void
check_name(struct conf *c, const struct conf_section *s)
{
	size_t n = strlen(s->name), i;

	if (table_is_taken(s->name))
		fault_add(c, CONF_ERROR, s->line, "[TABLE %s]: the gateway has "
		    "a table of that name: choose another", s->name);
	for (i = 0; i < n; i++)
		if (!((s->name[i] >= 'A' && s->name[i] <= 'Z') || (i > 0 &&
		    ((s->name[i] >= '0' && s->name[i] <= '9') ||
		    s->name[i] == '_'))))
			break;
	if (n == 0 || i < n || n > NAME_BYTES)
		fault_add(c, CONF_ERROR, s->line, "[TABLE %.60s] is no name of "
		    "a table: write A to Z, 0 to 9 and _, a letter first, at "
		    "most %d of them", s->name, NAME_BYTES);
	for (i = 0; &c->table[i] != s; i++)
		if (strcmp(c->table[i].name, s->name) == 0)
			fault_add(c, CONF_ERROR, s->line, "[TABLE %s] is there "
			    "twice (line %u): take one out", s->name,
			    c->table[i].line);
}

/* One way to write it, which is what the store keeps. */
static const char *
canonical(struct conf *c, const struct column *col, size_t n)
{
	struct buf b = { 0 };
	const char *kept;
	size_t i;

	for (i = 0; i < n; i++)
		if (buf_printf(&b, "%s%s %s", i == 0 ? "" : ", ", col[i].name,
		    column_type_text(col[i].type)) != 0)
			c->err = FG_ENOMEM;
	kept = conf_keep(c, b.p, b.len);
	buf_free(&b);
	return kept;
}

static void
check_key(struct conf *c, const struct conf_section *s,
    const struct column *col, size_t n)
{
	const struct conf_entry *e = section_good(s, CONF_Key);
	size_t i;

	for (i = 0; e != NULL && i < n; i++)
		if (strcmp(col[i].name, e->value) == 0)
			return;
	if (e != NULL)
		fault_add(c, CONF_ERROR, e->line, "Key=%.60s is none of the "
		    "Columns: write the name of one", e->value);
}

void
check_table(struct conf *c, struct conf_section *s)
{
	struct conf_entry *e = section_find(s, CONF_Columns, "");
	struct column *col;
	char err[COLUMNS_ERR_MAX];
	size_t n;

	check_name(c, s);
	if (e == NULL) {
		fault_add(c, CONF_ERROR, s->line, "[TABLE %.60s] has no "
		    "Columns: write Columns=ORDER_ID string, PRICE decimal",
		    s->name);
		return;
	}
	if (e->bad)
		return;
	col = calloc(COLUMNS_MAX, sizeof(*col));
	if (col == NULL) {
		c->err = FG_ENOMEM;
		return;
	}
	if (columns_parse(e->value, col, &n, err) != 0) {
		fault_add(c, CONF_ERROR, e->line, "Columns: %s", err);
		e->bad = true;
	} else {
		e->value = canonical(c, col, n);
		check_key(c, s, col, n);
	}
	free(col);
}
