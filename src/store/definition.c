/* definition.c: texts kept by name: few, so all of them are in memory. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "store/impl.h"

/* The place of the first name that is not less. */
static size_t
place(const struct store *st, const char *name)
{
	size_t lo = 0, hi = st->n_def, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (strcmp(st->def[mid].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void
clear(struct store_def *d)
{
	free(d->name);
	free(d->text);
}

static bool
is_at(const struct store *st, size_t i, const char *name)
{
	return i < st->n_def && strcmp(st->def[i].name, name) == 0;
}

/* There is room for one more. */
static int
reserve(struct store *st)
{
	struct store_def *p;
	size_t cap;

	if (st->n_def < st->cap_def)
		return 0;
	cap = st->cap_def == 0 ? 16 : 2 * st->cap_def;
	p = realloc(st->def, cap * sizeof(*p));
	if (p == NULL)
		return FG_ENOMEM;
	st->def = p;
	st->cap_def = cap;
	return 0;
}

static int
copy(struct store_def *d, const char *name, const char *text, size_t len)
{
	d->name = strdup(name);
	d->text = malloc(len + 1);
	d->len = len;
	if (d->name != NULL && d->text != NULL) {
		memcpy(d->text, text, len);
		d->text[len] = '\0';
		return 0;
	}
	clear(d);
	return FG_ENOMEM;
}

/* Takes what is in d. */
static void
know(struct store *st, const struct store_def *d)
{
	size_t i = place(st, d->name);

	if (is_at(st, i, d->name)) {
		clear(&st->def[i]);
	} else {
		memmove(st->def + i + 1, st->def + i,
		    (st->n_def - i) * sizeof(*d));
		st->n_def++;
	}
	st->def[i] = *d;
}

int
store_known_def(struct store *st, const char *name, const char *text,
    size_t len)
{
	struct store_def d;
	int err = reserve(st);

	if (err == 0)
		err = copy(&d, name, text, len);
	if (err == 0)
		know(st, &d);
	return err;
}

int
store_define(struct store *st, const char *name, const char *text, size_t len)
{
	struct store_def d;
	int err;

	assert(!st->batch.open);
	if (strlen(name) > STORE_DEF_NAME_MAX || len > STORE_DEF_MAX)
		return FG_ELIMIT;
	if (st->failed != 0)
		return st->failed;
	err = reserve(st);
	if (err == 0)
		err = copy(&d, name, text, len);
	if (err != 0)
		return err;
	err = st->ops->put_def(st, name, text, len);
	if (err == 0)
		know(st, &d);
	else
		clear(&d);
	return err;
}

int
store_undefine(struct store *st, const char *name)
{
	size_t i = place(st, name);
	int err;

	assert(!st->batch.open);
	if (!is_at(st, i, name))
		return FG_ENOENT;
	if (st->failed != 0)
		return st->failed;
	err = st->ops->put_def(st, name, NULL, 0);
	if (err != 0)
		return err;
	clear(&st->def[i]);
	st->n_def--;
	memmove(st->def + i, st->def + i + 1,
	    (st->n_def - i) * sizeof(*st->def));
	return 0;
}

size_t
store_definitions(const struct store *st)
{
	return st->n_def;
}

const char *
store_definition(const struct store *st, size_t i, const char **name,
    size_t *len)
{
	*name = st->def[i].name;
	*len = st->def[i].len;
	return st->def[i].text;
}

const char *
store_definition_of(const struct store *st, const char *name, size_t *len)
{
	size_t i = place(st, name);

	return is_at(st, i, name) ? store_definition(st, i, &name, len) : NULL;
}

void
store_def_fini(struct store *st)
{
	size_t i;

	for (i = 0; i < st->n_def; i++)
		clear(&st->def[i]);
	free(st->def);
}
