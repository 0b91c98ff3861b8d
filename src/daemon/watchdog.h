/*
 * watchdog.h: a thread that looks whether a script is stuck in a function of
 * the C library, where its budget of steps does not reach: then the process
 * says which, and ends with _exit(EXIT_FAILURE), to be started again by init.
 */
#ifndef FG_DAEMON_WATCHDOG_H
#define FG_DAEMON_WATCHDOG_H

#include <stddef.h>
#include <stdint.h>

#include "script/script.h"

#define WATCHDOG_NS (2 * NS_PER_S) /* that a call may compute */

struct watchdog;

struct watchdog_code {
	const struct script_code *code;
	const char *kind, *name; /* "stream", "EXECUTIONS"; borrowed */
};

/* Look after n scripts (the list is copied) that the calling thread runs. Returns
 * owned, or NULL: no memory or thread. */
struct watchdog *watchdog_new(const struct watchdog_code *code, size_t n,
    int64_t limit_ns);
/* Before the scripts are freed. Legal with NULL. */
void watchdog_free(struct watchdog *w);

#endif
