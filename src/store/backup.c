#include "store/backup.h"

#include <stdio.h>

#include "base/err.h"
#include "store/impl.h"

int
store_backup(struct store *st, const char *dir, unsigned how,
    const struct store_work *work, struct store_backup *out,
    char err[STORE_ERR_MAX])
{
	int rc;

	err[0] = '\0';
	*out = (struct store_backup){ 0 };
	rc = st->ops->backup == NULL ? FG_ESTATE
	    : st->ops->backup(st, dir, how, work, out, err);
	if (rc != 0 && err[0] == '\0')
		snprintf(err, STORE_ERR_MAX, "backup %s: %s", dir,
		    fg_strerror(rc));
	return rc;
}

void
store_backed_up(struct store *st, struct store_covered *out)
{
	pthread_mutex_lock(&st->lock);
	*out = st->covered;
	pthread_mutex_unlock(&st->lock);
}

void
store_origin(struct store *st, struct store_origin *out)
{
	pthread_mutex_lock(&st->lock);
	*out = st->origin;
	pthread_mutex_unlock(&st->lock);
}
