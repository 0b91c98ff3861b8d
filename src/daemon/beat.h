/*
 * beat.h: HEARTBEATs of a link (fixgate-link(7)): who has nothing to say for an
 * interval says so, and who is silent for three is taken for dead. Plain data,
 * no clock: each end looks when the time that the last look named has come.
 */
#ifndef FG_DAEMON_BEAT_H
#define FG_DAEMON_BEAT_H

#include <stdbool.h>

#include "base/clock.h"

#define BEAT_MAX_S 3600 /* longest interval */

struct beat {
	int64_t interval; /* ns; 0: no heartbeats */
	mono_t heard, said;
	mono_t due; /* of the next look */
};

enum beat_act { BEAT_NOTHING, BEAT_SAY, BEAT_DEAD };

/* seconds: 0 for none. */
void beat_start(struct beat *b, uint64_t seconds, mono_t now);
/* reads: is input of the peer being read now? Who does not listen hears
 * nothing. b->due is set. */
enum beat_act beat_look(struct beat *b, mono_t now, bool reads);
/* Has the peer missed a heartbeat? */
bool beat_is_late(const struct beat *b, mono_t now);

#endif
