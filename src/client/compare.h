/* compare.h: what the files would change for cursors that are stored. */
#ifndef FG_CLIENT_COMPARE_H
#define FG_CLIENT_COMPARE_H

#include "client/files.h"

/* Ask the streamers, for a second at most; print a line for each block without
 * a cursor, and for each cursor or lane that is no longer used. */
void compare_cursors(const struct files *f);

#endif
