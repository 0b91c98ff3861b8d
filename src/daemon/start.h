/*
 * start.h: the command line, start and stop of a daemon whose settings are Lua
 * files (fixgate-lua(5)): fixgate-streamer and fixgate-client.
 *
 * main() reads the options, loads the files, checks them, and unless it was
 * only to check them:
 *
 *	if (start_begin(&st) == 0) {
 *		... listeners, remotes ...
 *		start_run(&st, text);
 *	}
 *	start_end(&st);
 */
#ifndef FG_DAEMON_START_H
#define FG_DAEMON_START_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/clock.h"
#include "daemon/address.h"
#include "net/net.h"
#include "script/script.h"

#define START_USAGE    2   /* exit status of a wrong command line */
#define START_NAME_MAX 128 /* bytes of a process's name */

struct http;

struct start {
	/* By start_options; strings are argv's, borrowed. */
	const char *program;         /* "fixgate-streamer" */
	char name[START_NAME_MAX];   /* of the process, on links */
	const char **file;           /* freed by start_end */
	size_t nfile;
	bool check; /* -n: check the files only */
	bool debug;
	bool text; /* -L text: the log is not logfmt */
	const char *log_target, *pid_path, *user; /* NULL: none */
	const char *admin; /* -m: the address of metrics, or NULL */
	/* By the caller: called once, on SIGTERM or SIGINT; it may loop_stop
	 * later. NULL: loop_stop at once. */
	void (*stop)(void *arg);
	/* SIGHUP, after the log and certificates. NULL: nothing more. */
	void (*hangup)(void *arg);
	void *arg;
	/* By the caller, for -m: append the numbers, see daemon/metric.h; on
	 * the loop. Its health as a word, or NULL: no memory. */
	const char *(*metrics)(void *arg, struct buf *out);
	void *metrics_arg;
	bool confine; /* start_run: it runs no programs, see daemon.h */
	/* By start_begin. */
	struct loop *loop;
	struct pidfile *pid;
	struct http *http;
	struct timer *tick;
	struct expiry_watch *expiry;
	struct buf numbers; /* of metrics, with its health: */
	const char *health;
	wall_t started;
	bool stopping;
};

/* Read the command line; exits for -V and for a wrong one. */
void start_options(struct start *st, const char *program, int argc,
    char **argv);

/* The files were read: say what is wrong with them on standard error. Frees
 * faults. */
void start_complain(const struct start *st, struct buf *faults, int err);

/* The text of a file; 0, or FG_E* with a line in faults. */
int start_read(const char *path, struct buf *text, struct buf *faults);

/* Log, pid file, loop, signals, user. 0 or FG_E*, with a line in the log or on
 * standard error. */
int start_begin(struct start *st);
/* Say that it is ready, with a text for the log, and run until it is stopped: 0.
 * Or FG_E*, and a line in the log. */
int start_run(struct start *st, const char *text);
/* After everything that uses the loop. Legal if start_begin failed, and
 * without it. */
void start_end(struct start *st);

/* ---- the processes of all files ---- */

struct start_process {
	const char *name, *address; /* of the script */
	const char *file;           /* the first that declares it */
	unsigned line;
	bool exec;         /* address + 5 is a command */
	struct address at; /* unless exec */
};

/* All-zero is valid and empty. */
struct start_processes {
	struct start_process *process;
	size_t n;
};

/*
 * Add those of a file (borrowed). Files may declare the same process, at the
 * same address; what is not possible is a line in faults. 0, FG_EINVAL or
 * FG_ENOMEM.
 */
int start_add(struct start_processes *ps, const char *file,
    const struct script_process *process, size_t n, struct buf *faults);
/* NULL: there is none of that name. */
const struct start_process *start_find(const struct start_processes *ps,
    const char *name);
void start_free(struct start_processes *ps);
/* A copy with its strings, but no file; for free(3). NULL: no memory. */
struct start_process *start_copy(const struct start_process *p);
/* Is it the same, at the same address? */
bool start_same(const struct start_process *a, const struct start_process *b);
/* Say in the log that the files were not taken, and why: lines of faults, or
 * err. */
void start_refuse(const struct buf *faults, int err);

#endif
