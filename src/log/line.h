/*
 * line.h: a line of the log as bytes, without its end.
 */
#ifndef FG_LOG_LINE_H
#define FG_LOG_LINE_H

#include <stddef.h>

struct log_line {
	/* NULL: left out, for who adds them himself. */
	const char *time, *program;
	const char *level;
	const char *session; /* NULL: about none */
	const char *event;
	const char *text;
};

/*
 * logfmt: time=... level=... program=... session=... event=... msg=...
 * A value stands in quotes unless it is a plain word. In quotes '"' and '\' have
 * a '\' before them; \n, \r and \t are written so, other control characters and
 * bytes that are not UTF-8 as \u00NN. What does not fit into cap (>= 512) is cut
 * with "...", and the quotes end. Returns its bytes; no NUL.
 */
size_t log_line_logfmt(char *out, size_t cap, const struct log_line *l);

/*
 * For people: TIME PROGRAM LEVEL: SESSION: TEXT, or SESSION: TEXT alone if
 * there is no time. Control characters are \xNN. Cut without "...".
 */
size_t log_line_text(char *out, size_t cap, const struct log_line *l);

#endif
