#include "dict/xml/index.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

int
index_add(struct index *x, const char *key, const char *scenario,
    const xmlNode *node)
{
	struct def *grown;

	if (x->n == x->cap) {
		grown = realloc(x->def, (x->cap * 2 + 64) * sizeof(*grown));
		if (grown == NULL)
			return FG_ENOMEM;
		x->def = grown;
		x->cap = x->cap * 2 + 64;
	}
	x->def[x->n] = (struct def){ key, scenario, node, x->n };
	x->n++;
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const struct def *x = a, *y = b;
	int c = strcmp(x->key, y->key);

	if (c == 0)
		c = strcmp(x->scenario, y->scenario);
	if (c == 0)
		c = x->order < y->order ? -1 : x->order > y->order;
	return c;
}

void
index_sort(struct index *x)
{
	if (x->n > 0)
		qsort(x->def, x->n, sizeof(*x->def), compare);
}

void
index_free(struct index *x)
{
	free(x->def);
	*x = (struct index){ 0 };
}

/* The first definition not before this key and scenario, of this key or not. */
static const struct def *
lower_bound(const struct index *x, const char *key, const char *scenario)
{
	const struct def wanted = { .key = key, .scenario = scenario };
	size_t lo = 0, hi = x->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (compare(&x->def[mid], &wanted) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return &x->def[lo];
}

const struct def *
index_find(const struct index *x, const char *key, const char *wanted,
    const char *chosen)
{
	const char *order[] = { wanted, chosen, "base" };
	const struct def *d;
	size_t i;

	if (x->n == 0)
		return NULL;
	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (order[i] == NULL)
			continue;
		d = lower_bound(x, key, order[i]);
		if (d < x->def + x->n && strcmp(d->key, key) == 0 &&
		    strcmp(d->scenario, order[i]) == 0)
			return d;
	}
	d = lower_bound(x, key, "");
	return d < x->def + x->n && strcmp(d->key, key) == 0 ? d : NULL;
}
