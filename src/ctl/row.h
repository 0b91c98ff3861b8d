/*
 * row.h: a row of a table as text. Pure: appends to a buffer. Secrets (554,
 * 925, 1402, 1404) are masked in every form.
 */
#ifndef FG_CTL_ROW_H
#define FG_CTL_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "link/link.h"

/* COLUMNS and one of ROWS of fixgate-link(7); borrowed. */
struct row {
	const struct link_val *columns, *values;
};

/* The value in a column, or NULL. */
const struct link_val *row_get(const struct row *r, const char *column);
/* An integer column; 0 if there is none. */
uint64_t row_number(const struct row *r, const char *column);
bool row_is_admin(const struct row *r);

/* Sequence, time, session, and what the row is about, without its message. */
int row_head(struct buf *to, const struct row *r);
/* One line, without its end: the head and the message, SOH as '|'. */
int row_plain(struct buf *to, const struct row *r);
/* One line, without its end: a JSON object with all columns. Bytes over 127 of
 * a message become the character of that number. */
int row_json(struct buf *to, const struct row *r);

/* Printable text of a peer's bytes: no control byte reaches a terminal. */
int row_escape(struct buf *to, const char *p, size_t n);

extern const int32_t row_secrets[]; /* tags */
extern const size_t row_nsecrets;

/* Overwrite the values of secret fields in the message, in place. */
void row_mask(char *p, size_t n);

#endif
