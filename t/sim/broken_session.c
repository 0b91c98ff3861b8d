/* broken_session.c: those of the session machine; see broken.c. */
#include "broken.h"
#include "session/internal.h"

extern int sim_broken; /* sim.h, whose structs have names of internal.h */

void __real_sess_window_begins(struct sess *s, struct now now, wall_t opens,
    struct sess_acts *a);
void __wrap_sess_window_begins(struct sess *s, struct now now, wall_t opens,
    struct sess_acts *a);
void __real_sess_garbled(struct sess *s, struct now now,
    const struct fix_msg *m, enum fix_garble why, struct sess_acts *a);
void __wrap_sess_garbled(struct sess *s, struct now now,
    const struct fix_msg *m, enum fix_garble why, struct sess_acts *a);
void __real_seq_use(struct sess *s, const struct rx *rx);
void __wrap_seq_use(struct sess *s, const struct rx *rx);
void __real_logon_send(struct sess *s, struct now now, struct sess_acts *a);
void __wrap_logon_send(struct sess *s, struct now now, struct sess_acts *a);

void
__wrap_sess_window_begins(struct sess *s, struct now now, wall_t opens,
    struct sess_acts *a)
{
	if (sim_broken != OLD_NUMBERS)
		__real_sess_window_begins(s, now, opens, a);
}

void
__wrap_sess_garbled(struct sess *s, struct now now, const struct fix_msg *m,
    enum fix_garble why, struct sess_acts *a)
{
	if (sim_broken == NOISE_COUNTS)
		s->seqs.next_in++;
	__real_sess_garbled(s, now, m, why, a);
}

void
__wrap_seq_use(struct sess *s, const struct rx *rx)
{
	if (sim_broken != UNUSED_NUMBER)
		__real_seq_use(s, rx);
}

void
__wrap_logon_send(struct sess *s, struct now now, struct sess_acts *a)
{
	if (sim_broken == RESET_ONCE)
		s->seqs.asked_reset = false;
	__real_logon_send(s, now, a);
}
