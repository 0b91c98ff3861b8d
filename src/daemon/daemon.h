/*
 * daemon.h: what the daemons share at start and stop. For start-up code: each
 * function says in the log what went wrong, and the caller gives up.
 */
#ifndef FG_DAEMON_DAEMON_H
#define FG_DAEMON_DAEMON_H

/* First of all: standard input from /dev/null, also taking the place of closed
 * standard descriptors, and umask 027. 0 or FG_E*. */
int daemon_begin(void);

/* Become the user for good: its groups, gid and uid, with no way back. Legal
 * for root, and for the user itself (then only checked). 0 or FG_E*. */
int daemon_drop(const char *user);

/* No core files, and no debugger but root's: there are passwords in memory.
 * Again after daemon_drop, which takes it back. */
void daemon_keep_secrets(void);
/* After all of start: no more programs, processes, other users, mounts, traces
 * ... for all threads. What cannot be done is logged. */
void daemon_confine(void);

/* Tell the init system (sd_notify(3)); without $NOTIFY_SOCKET nothing
 * happens. */
void daemon_ready(void);
void daemon_stopping(void);

/* Tell it twice in each $WATCHDOG_USEC that the loop still turns. Returns owned,
 * or NULL: nobody asks for it (or no memory). */
struct loop;
struct alive;
struct alive *alive_new(struct loop *l);
/* Before the loop; NULL is legal. */
void alive_free(struct alive *w);

struct pidfile;

/* Lock the file and write the pid into it. A file that a dead process left is
 * taken over; FG_EBUSY: a living one holds it. 0 and *out owned, or FG_E*. */
int pidfile_open(struct pidfile **out, const char *path);
/* Remove the file, or empty it where the directory is no longer ours. NULL is
 * legal. */
void pidfile_free(struct pidfile *p);

#endif
