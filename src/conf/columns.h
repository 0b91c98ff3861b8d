/* columns.h: the columns of a table as text: "ORDER_ID string, PRICE decimal".
 * Pure. */
#ifndef FG_CONF_COLUMNS_H
#define FG_CONF_COLUMNS_H

#include <stddef.h>

#define COLUMN_NAME_MAX 40  /* bytes */
#define COLUMNS_MAX     256 /* of one table */
#define COLUMNS_ERR_MAX 256 /* bytes of an error text */

/* What a value may be. On disk as their words: never rename one. */
enum column_type {
	COLUMN_STRING,
	COLUMN_INT,       /* 64 bits */
	COLUMN_DECIMAL,   /* digits with '-' and '.', no exponent */
	COLUMN_TIMESTAMP, /* ns since 1970-01-01 UTC */
	COLUMN_BOOL,
};

struct column {
	char name[COLUMN_NAME_MAX + 1];
	enum column_type type;
};

/* "string", "int" ... */
const char *column_type_text(enum column_type type);

/* Parse all of the list: to out, which has room for COLUMNS_MAX, and *n. 0, or
 * FG_EINVAL and a text that says what to write instead. */
int columns_parse(const char *list, struct column *out, size_t *n,
    char err[COLUMNS_ERR_MAX]);

#endif
