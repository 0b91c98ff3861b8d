/*
 * input.h: the lines of a file or of standard input, as they come.
 */
#ifndef FG_CTL_INPUT_H
#define FG_CTL_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct input {
	int fd;
	const char *name; /* for people */
	bool eof;
	struct buf buf;
	size_t eaten;
	uint64_t taken;  /* bytes before buf */
	uint64_t lineno; /* of the last line that was taken */
};

/* The next whole line without its end, or NULL. At the end of the input a last
 * line needs none. */
char *input_line(struct input *in, size_t *n);
/* Read more, if fd has some. CTL_OK, or CTL_USAGE with a complaint. */
int input_read(struct input *in);
/* Have all lines been taken? */
bool input_is_over(const struct input *in);

#endif
