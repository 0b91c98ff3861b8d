/*
 * table.c: tables by number and name: the store's own, and those that were
 * declared.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "store/impl.h"

static const struct {
	enum store_table table;
	const char *name, *sequence;
} own[] = {
#define X(name, num, seq) { STORE_##name, #name, seq },
	STORE_TABLES(X)
#undef X
};

#define N_OWN (sizeof(own) / sizeof(own[0]))

/* Files of the store that a table's would be taken for. */
static const char *const taken[] = { "STATE", "FIX_OUT_INDEX" };

const char *
store_table_name(struct store *st, enum store_table t)
{
	const char *name = NULL;
	size_t i;

	for (i = 0; i < N_OWN; i++)
		if (own[i].table == t)
			return own[i].name;
	if (st == NULL || t >= STORE_TABLES_MAX)
		return NULL;
	pthread_mutex_lock(&st->lock);
	name = st->table[t].name;
	pthread_mutex_unlock(&st->lock);
	return name;
}

enum store_table
store_table_by_name(struct store *st, const char *name)
{
	enum store_table found = 0;
	size_t i;
	unsigned t;

	for (i = 0; i < N_OWN; i++)
		if (strcmp(own[i].name, name) == 0)
			return own[i].table;
	if (st == NULL)
		return 0;
	pthread_mutex_lock(&st->lock);
	for (t = STORE_USER_FIRST; t < st->n_tables && found == 0; t++)
		if (strcmp(st->table[t].name, name) == 0)
			found = (enum store_table)t;
	pthread_mutex_unlock(&st->lock);
	return found;
}

const char *
store_table_sequence(enum store_table t)
{
	size_t i;

	for (i = 0; i < N_OWN; i++)
		if (own[i].table == t)
			return own[i].sequence;
	return t >= STORE_USER_FIRST && t < STORE_TABLES_MAX ? "SEQUENCE" :
	    NULL;
}

const char *
store_table_definition(struct store *st, enum store_table t)
{
	const char *text;

	if (t >= STORE_TABLES_MAX)
		return NULL;
	pthread_mutex_lock(&st->lock);
	text = st->table[t].definition;
	pthread_mutex_unlock(&st->lock);
	return text;
}

uint64_t
store_table_incarnation(struct store *st, enum store_table t)
{
	assert(t < STORE_TABLES_MAX);
	return st->table[t].incarnation;
}

unsigned
store_tables(struct store *st)
{
	return st->n_tables;
}

void
store_table_init(struct store *st)
{
	unsigned t;

	for (t = 0; t < STORE_TABLES_MAX; t++) {
		st->next[t] = 1;
		st->table[t].incarnation = 1;
	}
	st->n_tables = STORE_TABLE_END;
}

void
store_table_fini(struct store *st)
{
	unsigned t;

	for (t = 0; t < STORE_TABLES_MAX; t++) {
		free(st->table[t].name);
		free(st->table[t].definition);
	}
}

static bool
is_name(const char *name)
{
	size_t i;

	if (name[0] < 'A' || name[0] > 'Z')
		return false;
	if (strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") !=
	    strlen(name) || strlen(name) > STORE_NAME_MAX)
		return false;
	for (i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (strcmp(taken[i], name) == 0)
			return false;
	return store_table_by_name(NULL, name) == 0;
}

/* With the lock held. The numbers between the store's own and the first of
 * these have no names. */
static int
know(struct store *st, enum store_table t, const char *name,
    const char *definition)
{
	struct store_table_ref *r = &st->table[t];
	char *text = strdup(definition);

	if (text == NULL || (r->name == NULL
	    && (r->name = strdup(name)) == NULL)) {
		free(text);
		return FG_ENOMEM;
	}
	free(r->definition);
	r->definition = text;
	if (t >= st->n_tables)
		st->n_tables = t + 1;
	return 0;
}

int
store_known_table(struct store *st, enum store_table t, const char *name,
    const char *definition)
{
	if (t < STORE_USER_FIRST || t >= STORE_TABLES_MAX || !is_name(name)
	    || store_table_by_name(st, name) != 0)
		return FG_EDAMAGED;
	return know(st, t, name, definition);
}

int
store_table_define(struct store *st, const char *name, const char *definition,
    enum store_table *t)
{
	unsigned n = st->n_tables;
	int err;

	assert(!st->batch.open);
	if (!is_name(name))
		return FG_EINVAL;
	*t = store_table_by_name(st, name);
	if (*t != 0 && strcmp(st->table[*t].definition, definition) == 0)
		return 0;
	if (*t == 0)
		*t = (enum store_table)(n < STORE_USER_FIRST ? STORE_USER_FIRST
		    : n);
	if (*t >= STORE_TABLES_MAX || strlen(definition) > STORE_DEFINITION_MAX)
		return FG_ELIMIT;
	if (st->failed != 0)
		return st->failed;
	err = st->ops->put_table(st, *t, name, definition);
	if (err != 0)
		return err;
	pthread_mutex_lock(&st->lock);
	err = know(st, *t, name, definition);
	pthread_mutex_unlock(&st->lock);
	return err;
}
