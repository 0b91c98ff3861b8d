/*
 * progress.h: how far long work is, as a line that is drawn again on standard
 * error; nothing at all where that is no terminal, nor in the first moments.
 * One at a time.
 */
#ifndef FG_CTL_PROGRESS_H
#define FG_CTL_PROGRESS_H

#include <stdint.h>

/* what is static: "append"; unit: "lines". total 0: not known. */
void progress_begin(const char *what, const char *unit, uint64_t total);
/* What is known of it only now; unit is copied. Legal without progress_begin. */
void progress_of(uint64_t total, const char *unit);
/* So much is done; cheap. Legal without progress_begin. */
void progress_at(uint64_t done);
/* Take the line away, for something else to be printed; it comes back. */
void progress_hide(void);
void progress_end(void);

#endif
