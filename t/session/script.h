/*
 * script.h: messages as a scenario file writes them ("35=D|11=id", see
 * scenario.c), turned into bytes.
 */
#ifndef FG_T_SESSION_SCRIPT_H
#define FG_T_SESSION_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

#define SCRIPT_LINE   4096 /* bytes */
#define SCRIPT_BYTES  (2 * SCRIPT_LINE)
#define SCRIPT_FIELDS 128

/* Where we are; all borrowed. */
struct script {
	const char *path;
	int line;
	const char *version; /* as "4.2" */
	const char *begin_string, *appl_ver_id;
	const struct now *now;
};

struct script_field {
	int32_t tag;
	char text[512];
};

struct script_msg {
	struct script_field t[SCRIPT_FIELDS];
	size_t n;
};

/* Print the place and the text, and end the program. */
void script_fail(const struct script *sc, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), noreturn));
/* Before 4.2? */
bool script_is_old(const struct script *sc);
/* "30s" or "5ms", in ns. */
int64_t script_duration(const struct script *sc, const char *s);

/* line is changed. */
void script_read(const struct script *sc, char *line, struct script_msg *m);
/* Is the field there, or left out on purpose? */
bool script_has(const struct script_msg *m, int32_t tag);
/* Its text, or NULL. */
const char *script_text(const struct script_msg *m, int32_t tag);
/* Put a header field in its place, unless script_has it. */
void script_fill(const struct script *sc, struct script_msg *m, int32_t tag,
    const char *value);
/* Into SCRIPT_BYTES at out; returns the length. 8, 9 and 10 are added unless
 * given. */
size_t script_write(const struct script *sc, const struct script_msg *m,
    char *out);
/* With '|' for SOH and a NUL. */
void script_show(char *out, const char *p, size_t n);

#endif
