/*
 * log.h: one line per event, for the operator. Lines go to stderr until
 * log_open says otherwise. All calls keep errno. Thread-safe.
 */
#ifndef FG_LOG_LOG_H
#define FG_LOG_LOG_H

#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG };

/* Where lines go: "stderr", "syslog", or a file's path (appended to). 0 or
 * FG_E* (the old target stays). name is the program's; borrowed for ever. */
int log_open(const char *name, const char *target);

/* LOG_LOGFMT (the default) for programs, LOG_TEXT for people: log/line.h. */
enum log_format { LOG_LOGFMT, LOG_TEXT };
void log_set_format(enum log_format format);

/* Reopen the file, after it was rotated. */
int log_reopen(void);

void log_set_level(enum log_level level);

/*
 * At most LOG_PER_S lines a second come from one place in the code (debug lines
 * do not count): the rest is counted, and a line says how many they were when
 * the second is over. That is noticed at the next line, or by log_tick.
 */
#define LOG_PER_S 100
void log_tick(void);
/* Lines written, and left out, since start. */
void log_counts(uint64_t *lines, uint64_t *unsaid);

/*
 * event is a word that stands in the daemon's manual page, by which programs
 * find the line; session is the name of the session that it is about, or NULL.
 */
void log_event(enum log_level level, const char *event, const char *session,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Copy n bytes of a peer's data to out as printable text: SOH becomes '|',
 * other control bytes and bytes over 126 \xNN, '\' doubled; cut with "..." to
 * fit cap (>= 8). Always NUL-terminated; returns out. */
char *log_escape(char *out, size_t cap, const char *p, size_t n);

#endif
