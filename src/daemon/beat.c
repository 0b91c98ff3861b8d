#include "daemon/beat.h"

#define DEAD_AFTER 3 /* intervals */
#define LATE_AFTER 2

void
beat_start(struct beat *b, uint64_t seconds, mono_t now)
{
	if (seconds > BEAT_MAX_S)
		seconds = BEAT_MAX_S;
	b->interval = (int64_t)seconds * NS_PER_S;
	b->heard = b->said = now;
	b->due = b->interval == 0 ? MONO_NEVER : mono_add(now, b->interval);
}

enum beat_act
beat_look(struct beat *b, mono_t now, bool reads)
{
	enum beat_act act = BEAT_NOTHING;

	if (b->interval == 0) {
		b->due = MONO_NEVER;
		return act;
	}
	/* This process was stopped itself: what came meanwhile is still to be
	 * read. */
	if (!reads || mono_before(mono_add(b->due, b->interval), now))
		b->heard = now;
	if (!mono_before(now, mono_add(b->heard, DEAD_AFTER * b->interval)))
		return BEAT_DEAD;
	if (!mono_before(now, mono_add(b->said, b->interval))) {
		b->said = now;
		act = BEAT_SAY;
	}
	b->due = mono_min(mono_add(b->said, b->interval),
	    mono_add(b->heard, DEAD_AFTER * b->interval));
	return act;
}

bool
beat_is_late(const struct beat *b, mono_t now)
{
	return b->interval != 0 && mono_before(
	    mono_add(b->heard, LATE_AFTER * b->interval), now);
}
