/* driver_find.c: sessions by name, for each request of a client, and by id. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gateway/driver_int.h"

/* The place of the first name that is not less. */
static size_t
place(const struct driver *d, const char *name)
{
	size_t lo = 0, hi = d->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (strcmp(d->by_name[mid]->name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

void
driver_name_add(struct driver *d, struct fgsess *fs)
{
	size_t at = place(d, fs->name);

	memmove(d->by_name + at + 1, d->by_name + at,
	    (d->n - at) * sizeof(struct fgsess *));
	d->by_name[at] = fs;
}

void
driver_name_remove(struct driver *d, struct fgsess *fs)
{
	size_t at = place(d, fs->name);

	memmove(d->by_name + at, d->by_name + at + 1,
	    (d->n - at - 1) * sizeof(struct fgsess *));
}

struct fgsess *
driver_by_name(const struct driver *d, const char *name)
{
	size_t at = place(d, name);

	return at < d->n && strcmp(d->by_name[at]->name, name) == 0 ?
	    d->by_name[at] : NULL;
}

/* Ids are those of the store, which counts from 1 and forgets none. */
int
driver_id_add(struct driver *d, struct fgsess *fs)
{
	struct fgsess **by_id;
	size_t n;

	if (fs->id >= d->nby_id) {
		n = fs->id * (size_t)2;
		by_id = realloc(d->by_id, n * sizeof(struct fgsess *));
		if (by_id == NULL)
			return FG_ENOMEM;
		memset(by_id + d->nby_id, 0,
		    (n - d->nby_id) * sizeof(struct fgsess *));
		d->by_id = by_id;
		d->nby_id = n;
	}
	d->by_id[fs->id] = fs;
	return 0;
}

void
driver_id_remove(struct driver *d, struct fgsess *fs)
{
	if (fs->id < d->nby_id && d->by_id[fs->id] == fs)
		d->by_id[fs->id] = NULL;
}

struct fgsess *
driver_by_id(const struct driver *d, uint32_t id)
{
	return id < d->nby_id ? d->by_id[id] : NULL;
}
