/* broken.h: the rules that are broken on purpose, by sim_broken. */
#ifndef FG_T_SIM_BROKEN_H
#define FG_T_SIM_BROKEN_H

enum broken {
	EARLY_RELEASE = 1, /* what leaves does not wait for its commit */
	STALE_NUMBER,      /* the expected number is not stored with the row */
	LONG_GAP_FILL,     /* a gap fill goes one too far */
	NO_POSS_DUP,       /* a resend does not say that it is one */
	SAME_EPOCH,        /* a reset does not begin a new epoch */
	OLD_CONNECTION,    /* what was for the connection before, leaves */
	NO_RECALL,         /* early messages do not get their turn */
	SHORT_GAP_FILL,    /* a gap fill ends one too early */
	OLD_NUMBERS,       /* a window begins with those of yesterday */
	NOISE_COUNTS,      /* a garbled message uses up its number */
	UNUSED_NUMBER,     /* one that is refused does not */
	RESET_ONCE,        /* one without an answer is not asked for again */
};

#endif
