/*
 * driver_left.c: a counterparty that goes, with a Logout or by closing its side
 * of the connection, right behind its last messages: what answers them waits
 * for the disk, or for rows of a resend, and is to reach it.
 */
#include <string.h>

#include "gateway/driver_int.h"
#include "log/log.h"

#define WHY     "closed by peer"
#define HOLD_NS (10 * NS_PER_S) /* without progress; seen when it is to beat */

static bool
is_resending(const struct fgsess *fs)
{
	return sess_is_resending(fs->machine) && !fs->held_back;
}

void
driver_look_left(struct driver *d, struct fgsess *fs)
{
	struct release_item it = { .kind = RELEASE_DISCONNECT, .fs = fs,
		.generation = fs->generation, .at = d->now.mono };

	if (!fs->peer_left || fs->owed || is_resending(fs))
		return;
	fs->owed = true;
	if (release_add(&d->rel, &it, WHY, strlen(WHY)) == 0)
		fs->queued++;
	else
		d->ops->disconnect(d->arg, fs, "no memory");
}

bool
driver_holds_logout(struct driver *d, struct fgsess *fs)
{
	driver_now(d);
	if (!is_resending(fs)) {
		fs->hold_at = 0;
		return false;
	}
	if (fs->hold_at != fs->resend_next)
		fs->hold_since = d->now.mono;
	fs->hold_at = fs->resend_next;
	fs->holding = !fs->paced && mono_before(d->now.mono,
	    mono_add(fs->hold_since, HOLD_NS));
	return fs->holding;
}

bool
driver_peer_left(struct driver *d, struct fgsess *fs)
{
	if (!fs->connected || d->down)
		return false;
	if (fs->peer_left)
		return true;
	if (fs->queued == 0 && !is_resending(fs))
		return false;
	driver_now(d);
	fs->peer_left = true;
	log_event(LOG_LEVEL_INFO, "connection", fs->name, "the peer has closed "
	    "its side; what answers its last messages is on its way");
	driver_look_left(d, fs);
	return true;
}
