/*
 * driver_lost.c: CancelOnDisconnect over a restart. A session that was logged on
 * when the gateway died has no row that says how it ended; the last rows of
 * SESSION_EVENT tell.
 */
#include "base/err.h"
#include "gateway/driver_int.h"

#define LOOK_ROWS 100000 /* the last ones; before them nothing is looked for */

static int
note_event(void *arg, const struct store_row *row)
{
	struct fgsess *fs = driver_by_id(arg, row->session);

	if (fs == NULL)
		return 0;
	switch (row->code) {
	case SESS_EV_LOGGED_ON:
		fs->left = SESS_CANCEL_LOST;
		break;
	case SESS_EV_LOGGED_OUT:
		if (fs->left != 0)
			fs->left = SESS_CANCEL_LOGOUT;
		break;
	case SESS_EV_CANCEL:
		fs->left = 0;
		break;
	default:
		break;
	}
	return 0;
}

static bool
is_wanted(const struct driver *d)
{
	size_t i;

	for (i = 0; i < d->n; i++)
		if (d->all[i]->cfg.cancel_on != 0)
			return true;
	return false;
}

int
driver_find_lost(struct driver *d)
{
	uint64_t after = store_visible(d->store, STORE_SESSION_EVENT), upto;
	struct fgsess *fs;
	size_t i;
	int err;

	if (!is_wanted(d))
		return 0;
	driver_now(d);
	after = after > LOOK_ROWS ? after - LOOK_ROWS : 0;
	if (after < store_oldest(d->store, STORE_SESSION_EVENT))
		after = store_oldest(d->store, STORE_SESSION_EVENT) - 1;
	for (i = 0; i < d->n; i++)
		d->all[i]->left = 0;
	for (;; after = upto) {
		err = store_read(d->store, STORE_SESSION_EVENT, after,
		    WAKE_ROWS, WAKE_BYTES, note_event, d, &upto);
		if (err != 0)
			return err;
		if (upto == after)
			break;
	}
	for (i = 0; i < d->n; i++) {
		fs = d->all[i];
		if (fs->left == 0)
			continue;
		sess_was_on(fs->machine, d->now, fs->left ==
		    SESS_CANCEL_LOGOUT);
		heap_update(&d->heap, fs, sess_due(fs->machine));
	}
	return 0;
}
