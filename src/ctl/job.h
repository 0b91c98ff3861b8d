/*
 * job.h: asking for long work of the gateway, and waiting for it: PROGRESS as a
 * bar on a terminal, what was found as lines, then the answer.
 */
#ifndef FG_CTL_JOB_H
#define FG_CTL_JOB_H

#include "ctl/ctl.h"

/* Send what was put with wire_begin. what is static, for the bar: "backup".
 * CTL_OK: *m is the ACK, valid until the next wire call, and its text is not
 * printed yet; else the reason was printed. *notes, if asked: how many lines
 * were printed. */
int job_wait(struct ctl *c, const char *what, struct link_msg *m,
    uint64_t *notes);
/* The same, and print the text of the ACK. */
int job_done(struct ctl *c, const char *what);

#endif
