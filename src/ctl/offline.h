/* offline.h: rows of archive files that were moved elsewhere: no gateway. */
#ifndef FG_CTL_OFFLINE_H
#define FG_CTL_OFFLINE_H

#include "ctl/query.h"

enum offline_how {
	OFFLINE_FIX,  /* the message, a line each */
	OFFLINE_ROWS, /* table, sequence, time, session, message */
};

/* Print what q asks for of a file, or of the .arc files of a folder, in the
 * order of their names; only: of this table, or NULL. *n grows by the rows. An
 * enum ctl_exit; what could not be read was complained about, and the rest
 * printed. */
int offline_print(const char *path, const struct query *q, const char *only,
    uint64_t seq, enum offline_how how, uint64_t *n);

#endif
