/*
 * query.h: rows of FIX_IN and FIX_OUT that were asked for by field, time,
 * session and type: what find, export, chain and replay have in common.
 */
#ifndef FG_CTL_QUERY_H
#define FG_CTL_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "ctl/ctl.h"
#include "ctl/opt.h"
#include "ctl/row.h"

#define QUERY_FIELDS 16
#define QUERY_OPTS   4

struct query_field {
	int32_t tag;
	char value[256];
};

/* All-zero: every row. */
struct query {
	const char *session, *type;
	const char *since_text, *until_text; /* as they were given */
	int64_t since, until;
	struct query_field field[QUERY_FIELDS];
	size_t n;
	bool no_admin;
};

/* --since, --until, --session and --type of a command. */
void query_opts(struct query *q, struct opt opts[QUERY_OPTS]);
/* Read what they were given; NULL, or why not. */
const char *query_times(struct query *q);
/* Add FIELD=VALUE, by tag or by a name that is usual or of a dictionary of the
 * gateway. An enum ctl_exit; the reason was printed. */
int query_add(struct ctl *c, struct query *q, const char *text);

/* A table being read, over a connection of its own. */
struct query_table;

/* q is borrowed. Rows from after + 1 on, up to the newest of now. Returns
 * owned; NULL: no memory. */
struct query_table *query_open(struct ctl *c, const struct query *q,
    const char *table, uint64_t after);
void query_close(struct query_table *t);
/* The next row, valid until the next call: 1; 0: that was all; -1: the reason
 * was printed. */
int query_next(struct query_table *t, struct row *r);
/* Why: an enum ctl_exit. */
int query_code(const struct query_table *t);
/* Rows passed by, and rows in all, as far as known. */
uint64_t query_done(const struct query_table *t);

/* Several tables as one, by time. */
#define QUERY_TABLES 2
struct query_merge {
	struct query_table *table[QUERY_TABLES];
	struct row row[QUERY_TABLES];
	int has[QUERY_TABLES]; /* as query_next; 2: not asked yet */
	int last;              /* whose row was given */
	int code;              /* after -1 */
};

/* table NULL: FIX_IN and FIX_OUT. An enum ctl_exit. */
int query_begin(struct query_merge *m, struct ctl *c, const struct query *q,
    const char *table);
/* As query_next; *table is the name of the row's. */
int query_merged(struct query_merge *m, struct row *r, const char **table);
void query_end(struct query_merge *m);

/* The sequence of a row: its first column. */
uint64_t query_sequence(const struct row *r);

#endif
