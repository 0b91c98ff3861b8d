/* segment.c: segment.h, for whatever back end. */
#include "store/segment.h"

#include <stdio.h>

#include "base/err.h"
#include "store/impl.h"

const char *
store_segment_table(struct store *st, unsigned t)
{
	return t == BLOCK_TABLE_STATE ? "STATE" : store_table_name(st, t);
}

int
store_segment(struct store *st, unsigned t, uint64_t number,
    struct store_segment *out)
{
	return st->ops->seg == NULL ? FG_ENOENT
	    : st->ops->seg->next(st, t, number, out);
}

int
store_seal(struct store *st, unsigned t)
{
	return st->ops->seg == NULL ? 0 : st->ops->seg->seal(st, t);
}

void
store_seal_daily(struct store *st, bool yes)
{
	st->daily = yes;
}

static int
none(char err[STORE_ERR_MAX])
{
	snprintf(err, STORE_ERR_MAX, "this store has no files");
	return FG_ESTATE;
}

int
store_archive(struct store *st, unsigned t, uint64_t number,
    const struct store_archive_how *how, struct store_segment *out,
    char err[STORE_ERR_MAX])
{
	return st->ops->seg == NULL ? none(err)
	    : st->ops->seg->archive(st, t, number, how, out, err);
}

int
store_archive_drop(struct store *st, unsigned t, uint64_t number,
    char err[STORE_ERR_MAX])
{
	return st->ops->seg == NULL ? none(err)
	    : st->ops->seg->drop(st, t, number, err);
}

uint64_t
store_kept_from(struct store *st, unsigned t)
{
	return st->ops->seg == NULL ? 1 : st->ops->seg->kept_from(st, t);
}

void
store_archived(struct store *st, unsigned t, uint64_t *files, uint64_t *bytes)
{
	*files = *bytes = 0;
	if (st->ops->seg != NULL)
		st->ops->seg->archived(st, t, files, bytes);
}

void
store_archive_sum(struct store *st, struct store_archive_sum *out)
{
	*out = (struct store_archive_sum){ 0 };
	if (st->ops->seg != NULL)
		st->ops->seg->sum(st, out);
}
