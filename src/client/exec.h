/*
 * exec.h: a handler that is a program (exec:command). It reads one event a line
 * from its standard input and answers with lines on its standard output
 * (fixgate-client(8)); what it writes to standard error goes to the log. When
 * it ends it is started again, after 0.1 s, then twice as long each time up to
 * 10 s, until it has answered an event. All on the loop's thread.
 */
#ifndef FG_CLIENT_EXEC_H
#define FG_CLIENT_EXEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/net.h"

struct exec;

struct exec_answer {
	uint64_t n; /* of the event */
	bool ok;
	bool retry;       /* if not ok: send it again later */
	const char *text; /* if not ok: why; valid during the call */
};

struct exec_cfg {
	struct loop *loop;
	const char *name;    /* of the process, for the log */
	const char *command; /* for sh -c */
	/* A callback may call any exec_ function but exec_free. */
	void (*up)(void *arg); /* events may be sent */
	void (*down)(void *arg, const char *why);
	void (*answer)(void *arg, const struct exec_answer *a);
	void (*drained)(void *arg); /* it is no longer full */
	void *arg;
};

/* Returns owned, or NULL: no memory. It is started in the next wake-up. Strings
 * are borrowed. */
struct exec *exec_new(const struct exec_cfg *cfg);
/* Kills the program if it runs; calls nothing. NULL is legal. */
void exec_free(struct exec *e);

bool exec_is_up(const struct exec *e);
/* Why it is not up; "" if it is. */
const char *exec_trouble(const struct exec *e);
/* Does it not read what it was sent? Then wait for drained(). */
bool exec_is_full(const struct exec *e);

/* Send event n: members are the other members of its JSON object, as text
 * ("\"event\":..."). Only while it is up. 0 or FG_E*. */
int exec_send(struct exec *e, uint64_t n, const char *members, size_t len);

/* No more events: it reads the end of its input, and when it ends it is not
 * started again. */
void exec_end(struct exec *e);
/* Is it neither running nor to be started? */
bool exec_is_over(const struct exec *e);

#endif
