#include "gateway/tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "log/log.h"

struct tables {
	struct store *store;
	const char *conf_path;
	struct table table[STORE_TABLES_MAX]; /* by number; no columns: none */
};

const struct table *
tables_get(const struct tables *ts, enum store_table t)
{
	if (ts == NULL || (unsigned)t >= STORE_TABLES_MAX ||
	    ts->table[t].column == NULL)
		return NULL;
	return &ts->table[t];
}

/* May the table, if the store has it, become this one? */
static int
check_old(const struct tables *ts, const struct table *is,
    char err[TABLE_ERR_MAX])
{
	enum store_table t = store_table_by_name(ts->store, is->name);
	const char *text = t == 0 ? NULL
	    : store_table_definition(ts->store, t);
	struct table was = { 0 };
	int e;

	if (text == NULL)
		return 0;
	e = table_init_from(&was, text, err);
	if (e == 0)
		e = table_may_become(&was, is, err);
	table_fini(&was);
	return e;
}

static int
define(struct tables *ts, struct table *t, char err[TABLE_ERR_MAX])
{
	struct buf text = { 0 };
	int e;

	e = table_definition(t, &text);
	if (e == 0)
		e = store_table_define(ts->store, t->name, text.p, &t->number);
	buf_free(&text);
	if (e != 0)
		snprintf(err, TABLE_ERR_MAX, "%s", fg_strerror(e));
	return e;
}

static int
declare(struct tables *ts, const struct conf_section *sec)
{
	struct table t = { .name = conf_name(sec), .declared = true };
	char err[TABLE_ERR_MAX] = "no memory";
	int e;

	e = table_init(&t, conf_str(sec, CONF_Columns), conf_str(sec, CONF_Key),
	    err);
	if (e == 0)
		e = check_old(ts, &t, err);
	if (e == 0)
		e = define(ts, &t, err);
	if (e == 0) {
		ts->table[t.number] = t;
		return 0;
	}
	log_event(LOG_LEVEL_ERROR, "table", NULL, "%s:%u: [TABLE %s]: %s",
	    ts->conf_path, conf_line(sec), t.name, err);
	table_fini(&t);
	return e;
}

/* One that is in the store but not in the settings any more. */
static int
recall(struct tables *ts, enum store_table t)
{
	const char *text = store_table_definition(ts->store, t);
	char err[TABLE_ERR_MAX] = "no memory";
	struct table *to = &ts->table[t];
	int e;

	if (text == NULL || to->column != NULL)
		return 0;
	to->name = store_table_name(ts->store, t);
	to->number = t;
	e = table_init_from(to, text, err);
	if (e != 0)
		log_event(LOG_LEVEL_ERROR, "table", NULL,
		    "the store's definition of table %s: %s", to->name, err);
	return e;
}

int
tables_load(struct tables **out, const struct conf *conf,
    const char *conf_path, struct store *st)
{
	struct tables *ts = calloc(1, sizeof(*ts));
	unsigned t;
	size_t i;
	int e = 0, first = 0;

	if (ts == NULL)
		return FG_ENOMEM;
	ts->store = st;
	ts->conf_path = conf_path;
	for (i = 0; i < conf_ntables(conf); i++) {
		e = declare(ts, conf_table(conf, i));
		first = first != 0 ? first : e;
	}
	for (t = STORE_USER_FIRST; t < store_tables(st) && first == 0; t++)
		first = recall(ts, (enum store_table)t);
	if (first != 0) {
		tables_free(ts);
		return first;
	}
	*out = ts;
	return 0;
}

void
tables_free(struct tables *ts)
{
	size_t i;

	if (ts == NULL)
		return;
	for (i = 0; i < STORE_TABLES_MAX; i++)
		table_fini(&ts->table[i]);
	free(ts);
}
