/*
 * line.h: a message as text, for `send`: NAME=VALUE pairs, or a raw FIX body
 * with '|' or SOH between the fields. Pure.
 */
#ifndef FG_CTL_LINE_H
#define FG_CTL_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "link/link.h"

#define LINE_FIELDS  1024 /* most fields of one message */
#define LINE_ERR_MAX 160  /* bytes of an error text */

struct line_text {
	const char *p;
	size_t n;
};

struct line {
	struct line_text raw;  /* all of it; then there are no fields */
	struct line_text type; /* MsgType; n is 0 if it was not given */
	struct line_text name[LINE_FIELDS], value[LINE_FIELDS];
	size_t nfields;
};

enum line_kind { LINE_MESSAGE, LINE_NOTHING, LINE_BAD };

/*
 * Parse n bytes (without their newline): pairs separated by blanks, quotes as
 * in a shell; or raw, if an unquoted '|' or an SOH is in it. Empty lines and
 * those that begin with '#' are nothing. Quotes are taken out in place; *l
 * borrows the bytes. LINE_BAD: err says why.
 */
enum line_kind line_parse(struct line *l, char *p, size_t n,
    char err[LINE_ERR_MAX]);
/* The same from words that a shell has split. */
enum line_kind line_from_words(struct line *l, char **word, int n,
    char err[LINE_ERR_MAX]);
enum line_kind line_from_raw(struct line *l, const char *p, size_t n);

/* Put it as the DETAILS of an EVENT_FIX_SEND. */
void line_put(struct link_out *o, const char *session, const struct line *l);

#endif
