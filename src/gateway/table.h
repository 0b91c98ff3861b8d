/*
 * table.h: a table that a configuration declares: its typed columns, and its
 * rows as bytes. Pure.
 *
 * The data of a store_row is the values in the order of the columns: a byte
 * that is 0 for nil, else 1 and the value: a string or decimal as its length of
 * 4 bytes and its bytes; an int or timestamp as 8 bytes; a bool as a byte. What
 * is missing at the end is nil, so columns may be added there.
 */
#ifndef FG_GATEWAY_TABLE_H
#define FG_GATEWAY_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "conf/columns.h"
#include "link/link.h"
#include "store/store.h"

#define TABLE_ERR_MAX 320       /* bytes of an error text */
#define TABLE_ROW_MAX (1u << 20) /* bytes of a row's data */

struct table {
	const char *name;        /* borrowed */
	enum store_table number; /* of the store */
	struct column *column;   /* owned */
	size_t n;
	size_t key;    /* place of the key column; n: none */
	bool declared; /* by this configuration; else only read */
};

struct table_value {
	bool set; /* else nil */
	bool b;
	int64_t i;     /* int, timestamp */
	const char *p; /* string, decimal; borrowed */
	size_t len;
};

/* Set columns and key; key may be NULL. 0, FG_ENOMEM, or FG_EINVAL and why. */
int table_init(struct table *t, const char *columns, const char *key,
    char err[TABLE_ERR_MAX]);
void table_fini(struct table *t);

/* The definition as the store keeps it, NUL-terminated, and back. 0, FG_ENOMEM,
 * or FG_EDAMAGED. */
int table_definition(const struct table *t, struct buf *out);
int table_init_from(struct table *t, const char *definition,
    char err[TABLE_ERR_MAX]);

/* May rows that were written as was be read as is? Only columns at the end may
 * have come. Else FG_EINVAL, and what to do. */
int table_may_become(const struct table *was, const struct table *is,
    char err[TABLE_ERR_MAX]);

/* Append a row; there is a value for each column. 0 or FG_ENOMEM. */
int table_encode(const struct table *t, const struct table_value *v,
    struct buf *out);
/* Read a row; v has room for all columns, and borrows. 0 or FG_EDAMAGED (what
 * was read before that is in v, the rest is nil). */
int table_decode(const struct table *t, const char *p, size_t n,
    struct table_value *v);

/*
 * A row to insert, from a map of column names and values: append it to out.
 * What is not named is nil. An int is an integer; a decimal is text, or an
 * integer; a timestamp is FIX's UTC text, or an integer of ns; a string is
 * text. 0, FG_ENOMEM, or FG_EINVAL and a text with table, column and value.
 */
int table_read(const struct table *t, const struct link_val *columns,
    struct buf *out, char err[TABLE_ERR_MAX]);

/* Put the values of a row, or [name, type] of each column: t->n of them. */
void table_put(struct link_out *o, const struct table *t,
    const struct store_row *row);
const char *table_link_type(enum column_type type);
void table_put_columns(struct link_out *o, const struct table *t);

#endif
