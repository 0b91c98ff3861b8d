/*
 * rows.h: rows as they stand in messages (fixgate-link(7), Tables) and as
 * scripts see them (script/script.h), and back.
 */
#ifndef FG_DAEMON_ROWS_H
#define FG_DAEMON_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "dict/arena.h"
#include "link/link.h"
#include "script/script.h"

#define ROW_TYPES(X)                                                           \
	X(INT, "int")                                                          \
	X(TIME, "time") /* an integer in messages, FIX's text for scripts */   \
	X(BOOL, "bool")                                                        \
	X(TEXT, "text")                                                        \
	X(DECIMAL, "decimal")                                                  \
	X(FIX, "fix")                                                          \
	X(ANY, "any") /* each value says what it is */

enum row_type {
#define X(name, text) ROW_##name,
	ROW_TYPES(X)
#undef X
};

const char *row_type_text(enum row_type t);

/* The columns of a table or stream; owned. All-zero is none. */
struct row_columns {
	size_t n;
	const char **name;
	enum row_type *type;
};

/* From COLUMNS: an array of [name, type]. Types that are not known are "any".
 * 0 and *c, FG_EINVAL or FG_ENOMEM. */
int row_columns_read(struct row_columns *c, const struct link_val *columns);
void row_columns_free(struct row_columns *c);
bool row_columns_same(const struct row_columns *a,
    const struct row_columns *b);
/* c->n: there is none. */
size_t row_columns_find(const struct row_columns *c, const char *name);

/* Memory of one row that was read; all-zero is valid. */
struct row_in {
	struct script_value *value;
	const char **name;  /* of a map's values */
	char *text;         /* of times */
	size_t cap;         /* values that there is room for */
	struct arena arena; /* of groups and names */
};

/*
 * The values of a row from index first of the array on, as row->column and
 * row->value, valid until the next call, and as long as c and the message. 0,
 * FG_EINVAL (it has not as many, or they are of no type that a row can have) or
 * FG_ENOMEM. row_in_map: of a map, whose keys are the columns.
 */
int row_in_read(struct row_in *in, const struct row_columns *c,
    const struct link_val *array, size_t first, struct script_row *row);
int row_in_map(struct row_in *in, const struct link_val *map,
    struct script_row *row);
void row_in_free(struct row_in *in);

/* A map of plain values as fields, in memory of the arena. 0, FG_EINVAL or
 * FG_ENOMEM. */
int row_fields_copy(struct arena *a, const struct link_val *map,
    struct script_fields *out);

/* Put a value into a column of a type; fields as a map of "any". */
void row_put(struct link_out *o, const struct script_value *v,
    enum row_type t);
void row_put_fields(struct link_out *o, const struct script_fields *f);
/* About how many bytes that takes. */
size_t row_size(const struct script_value *v);

#endif
